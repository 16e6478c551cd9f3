"""What can be traded: contracts that somebody named, and their best prices and bands."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal

from reconciler.model.instrument import Instrument
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
        contracts = await self._info.contracts()
        if isinstance(contracts, Problem):
            raise await failure(self._info, self._where, [contracts])
        return frozenset(contracts)

    async def markets(self, codes: frozenset[str], quotes_of: frozenset[str]) -> Markets:
        """Read grids and best prices: see `Venue.markets`; raises `VenueProblem`.

        A name the venue does not have is left out. Without a key the largest order is not known.
        """
        instruments, quotes = await asyncio.gather(
            self._instruments(codes), self._quotes(quotes_of)
        )
        problems = [each for each in (instruments, quotes) if isinstance(each, Problem)]
        if isinstance(instruments, Problem) or isinstance(quotes, Problem):
            raise await failure(self._info, self._where, problems)
        return Markets(instruments=instruments, quotes=quotes)

    async def _instruments(self, codes: frozenset[str]) -> Mapping[str, Instrument] | Problem:
        if not codes:
            return {}
        contracts, states, limits = await asyncio.gather(
            self._info.contracts(), self._info.api_state(), self._limits()
        )
        for answer in (contracts, states, limits):
            if isinstance(answer, Problem):
                return answer
        assert not isinstance(contracts, Problem), "it was looked at"
        assert not isinstance(states, Problem), "it was looked at"
        assert not isinstance(limits, Problem), "it was looked at"
        return {
            code: swap_instrument(
                contracts[code],
                is_open=states.get(code, False),
                quantity_max=limits.get(code),
            )
            for code in sorted(codes & contracts.keys())
        }

    async def _limits(self) -> Mapping[str, Decimal] | Problem:
        return await self._info.order_limits() if self._info.has_keys else {}

    async def _quotes(self, codes: frozenset[str]) -> Mapping[str, Quote] | Problem:
        if not codes:
            return {}
        prices, bands = await asyncio.gather(self._info.best_prices(), self._info.bands())
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
