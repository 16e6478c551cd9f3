"""What can be traded: contracts that somebody named, and their best prices and bands."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from reconciler.model.snapshot import Quote
from reconciler.ports import Markets
from reconciler.venues.asking import Problem
from reconciler.venues.htx.closed import failure
from reconciler.venues.htx.info import Info
from reconciler.venues.htx.rules import swap_instrument

__all__ = ["Listing"]


class Listing:
    """Looks at markets."""

    def __init__(self, info: Info, where: str) -> None:
        self._info = info
        self._where = where

    async def everywhere(self) -> frozenset[str]:
        """Return the code of every contract; raises `VenueProblem`."""
        statuses = await self._info.statuses()
        if isinstance(statuses, Problem):
            raise await failure(self._info, self._where, [statuses])
        return frozenset(statuses)

    async def markets(self, codes: frozenset[str], quotes_of: frozenset[str]) -> Markets:
        """Read grids and best prices: see `Venue.markets`; raises `VenueProblem`.

        A name the venue does not have is left out. Without a key the largest order is not known.
        """
        grids, quotes = await asyncio.gather(self._grids(codes), self._quotes(quotes_of))
        problems = [each for each in (grids, quotes) if isinstance(each, Problem)]
        if isinstance(grids, Problem) or isinstance(quotes, Problem):
            raise await failure(self._info, self._where, problems)
        return replace(grids, quotes=quotes)

    async def _grids(self, codes: frozenset[str]) -> Markets | Problem:
        if not codes:
            return Markets()
        contracts, states, limits = await asyncio.gather(
            self._info.contracts(codes), self._info.api_state(codes), self._limits(codes)
        )
        if isinstance(contracts, Problem):
            return contracts
        # Who cancels needs neither.
        unread = "; ".join(str(each) for each in (states, limits) if isinstance(each, Problem))
        is_open = {} if isinstance(states, Problem) else states
        largest = {} if isinstance(limits, Problem) else limits
        known = sorted(codes & contracts.keys())
        return Markets(
            instruments={
                code: swap_instrument(
                    contracts[code],
                    is_open=is_open.get(code, False),
                    quantity_max=largest.get(code),
                )
                for code in known
            },
            unplaceable=dict.fromkeys(known, unread) if unread else {},
        )

    async def _limits(self, codes: frozenset[str]) -> Mapping[str, Decimal] | Problem:
        return await self._info.order_limits(codes) if self._info.has_keys else {}

    async def _quotes(self, codes: frozenset[str]) -> Mapping[str, Quote] | Problem:
        if not codes:
            return {}
        prices, bands = await asyncio.gather(self._info.best_prices(codes), self._info.bands(codes))
        if isinstance(prices, Problem):
            return prices
        if isinstance(bands, Problem):
            return bands
        nothing = Quote(bid=None, ask=None)
        return {
            code: Quote(
                bid=prices.get(code, nothing).bid,
                ask=prices.get(code, nothing).ask,
                buy_max=bands[code].buy_max if code in bands else None,
                sell_min=bands[code].sell_min if code in bands else None,
            )
            for code in sorted(codes)
        }
