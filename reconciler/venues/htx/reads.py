"""Looks at an account: open orders, positions and middle prices of the contracts that are named.

A read that failed is a problem of the whole look, never an empty list. Orders are listed contract
by contract: those of a contract that neither specs nor state name stay invisible. A contract that
the venue does not have, by its answers and by its list, is left out and said to be unlisted.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.numbers import divide
from reconciler.model.snapshot import Quote, Sides, VenueSnapshot
from reconciler.ports import Clock
from reconciler.venues.asking import Problem, at_once
from reconciler.venues.htx.closed import failure
from reconciler.venues.htx.info import Info
from reconciler.venues.htx.open_orders import open_orders
from reconciler.venues.htx.replies.errors import NO_CONTRACT
from reconciler.venues.htx.replies.markets import Position
from reconciler.venues.htx.replies.orders import Seen
from reconciler.venues.htx.rules import DELISTED, LEVERAGE, UNLISTED

__all__ = ["snapshot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one contract shows."""

    code: str
    orders: tuple[Seen, ...] | Problem
    position: Position | Problem

    @property
    def may_be_unlisted(self) -> bool:
        """Whether a question was refused for the contract's name, and nothing is there."""
        refused = [
            isinstance(each, Problem) and each.code in NO_CONTRACT
            for each in (self.orders, self.position)
        ]
        is_bare = (refused[0] or self.orders == ()) and (refused[1] or self.position == Position())
        return any(refused) and is_bare


async def snapshot(
    info: Info, codes: Sequence[str], clock: Clock, *, venue: str, where: str
) -> VenueSnapshot:
    """Read what rests and what is held: see `Venue.snapshot`; raises `VenueProblem`."""
    if not info.clock.is_set:
        told = await info.time()
        if isinstance(told, Problem):
            raise await failure(info, where, [told])
    taken_at_ms = info.clock.now_ms()

    async def look(code: str) -> _Look:
        orders, position = await asyncio.gather(open_orders(info, code, clock), info.position(code))
        return _Look(code=code, orders=orders, position=position)

    looks, mids = await asyncio.gather(at_once(codes, look), _mids(info, codes))
    unlisted = await _unlisted(info, looks)
    looks = [each for each in looks if each.code not in unlisted]
    reads = [*(each.orders for each in looks), *(each.position for each in looks), mids]
    problems = [read for read in reads if isinstance(read, Problem)]
    if codes and len(problems) == len(reads):
        raise await failure(info, where, problems)
    seen = [one for each in looks if not isinstance(each.orders, Problem) for one in each.orders]
    held = {each.code: each.position for each in looks if not isinstance(each.position, Problem)}
    return VenueSnapshot(
        venue=venue,
        account="",
        taken_at_ms=taken_at_ms,
        resting=tuple(one.order for one in sorted(seen, key=_age)),
        positions={code: _net(each.sides) for code, each in held.items() if each.leverage},
        sides={code: each.sides for code, each in held.items() if each.leverage},
        shared_options={
            code: ((LEVERAGE, str(each.leverage)),) for code, each in held.items() if each.leverage
        },
        mids={} if isinstance(mids, Problem) else mids,
        unlisted=unlisted,
        problems=tuple(dict.fromkeys(str(problem) for problem in problems)),
    )


async def _unlisted(info: Info, looks: Sequence[_Look]) -> frozenset[str]:
    """Return which contracts are not there; its answers alone are not believed."""
    doubted = frozenset(each.code for each in looks if each.may_be_unlisted)
    if not doubted:
        return frozenset()
    statuses = await info.statuses()
    if isinstance(statuses, Problem):
        return frozenset()
    return frozenset(code for code in doubted if statuses.get(code, DELISTED) in UNLISTED)


async def _mids(info: Info, codes: Sequence[str]) -> Mapping[str, Decimal] | Problem:
    """Return middle prices, the index price where a side of the book is empty."""
    if not codes:
        return {}
    prices = await info.best_prices(frozenset(codes))
    if isinstance(prices, Problem):
        return prices
    found = {code: _middle(prices[code]) for code in codes if code in prices}
    mids = {code: price for code, price in found.items() if price is not None}
    if len(mids) == len(codes):
        return mids
    indexes = await info.indexes(frozenset(codes))
    return indexes if isinstance(indexes, Problem) else {**indexes, **mids}


def _middle(quote: Quote) -> Decimal | None:
    if quote.bid is None or quote.ask is None:
        return None
    return divide(quote.bid + quote.ask, Decimal(2))


def _net(sides: Sides) -> Decimal:
    return sides.long - sides.short


def _age(seen: Seen) -> tuple[int, int, str]:
    order = seen.order
    return (order.placed_at_ms, len(order.venue_order_id), order.venue_order_id)
