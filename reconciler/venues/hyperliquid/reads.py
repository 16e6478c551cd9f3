"""Looks at an account: a snapshot, single orders, fills.

A read that failed is a problem of the whole look, never an empty list: absence is evidence only
when the venue said so. Reads of one look run at the same time.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from reconciler.model.order import Fill, RestingOrder, VenueOrderId
from reconciler.model.snapshot import (
    FillHistory,
    Found,
    Margin,
    Missing,
    NoAnswer,
    OrderHistory,
    OrderQuery,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.venues.asking import Problem, at_once
from reconciler.venues.hyperliquid.info import Info
from reconciler.venues.hyperliquid.replies.account import Clearinghouse
from reconciler.venues.hyperliquid.replies.markets import mids
from reconciler.venues.hyperliquid.replies.orders import Status
from reconciler.venues.hyperliquid.replies.words import phase_of
from reconciler.venues.hyperliquid.rules import dex_of, is_spot
from reconciler.venues.shape import Malformed, Record

__all__ = ["Reads"]

FILLS_PER_REPLY: Final = 2000
FILL_READS_MAX: Final = 32
ORDERS_PER_REPLY: Final = 2000
WHILE_READING_MS: Final = 60 * 60 * 1000
# The newest 10 000 can be read (for-developers/api/info-endpoint, checked 2026-08-22). While they
# are read, new ones push the oldest out of reach: with nearly as many, some may be missing.
FILLS_SURE_MAX: Final = 9_500


class Reads:
    """Looks at one account of one venue entry."""

    def __init__(self, info: Info) -> None:
        self._info = info
        # Dexes on which an order with a client order id was seen: they keep them.
        self._keeping = {""}
        self._is_history_read = False

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        """Read orders, positions and middle prices: see `Venue.snapshot`.

        The first dex is always read, with the spot orders; a builder dex once when an instrument of
        it is named. One that the venue does not have is left out: nothing can rest there.
        """
        dexes = sorted({"", *(dex_of(name) for name in instruments)})
        looks = await asyncio.gather(*(self._look(dex) for dex in dexes))
        draft = _Draft()
        for look in await self._of_listed_dexes(looks):
            draft.add(look)
        if not draft.has_anything:
            raise self._info.unreadable(draft.problems)
        self._learn(draft.resting.values())
        wanted = {*instruments, *draft.positions, *(o.instrument for o in draft.resting.values())}
        middles = draft.middles(wanted)
        return VenueSnapshot(
            venue=self._info.venue,
            account=self._info.account,
            taken_at_ms=min(draft.times_ms, default=0),
            resting=tuple(sorted(draft.resting.values(), key=lambda o: int(o.venue_order_id))),
            positions=draft.positions,
            mids=middles,
            margins=draft.margins(wanted),
            problems=tuple(str(problem) for problem in draft.problems),
        )

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        """Ask for single orders: see `Venue.lookup`.

        The venue's time is read before the statuses: a missing order was missing then or later.
        """
        wanted = list(dict.fromkeys(queries))
        if not wanted:
            return {}
        as_of = await self._info.clearinghouse()
        answers = await at_once(wanted, lambda query: self._status(query, as_of))
        answered = dict(zip(wanted, answers, strict=True))
        doubted = [query for query, answer in answered.items() if self._is_doubted(query, answer)]
        if doubted and not self._is_history_read:
            history = await self._info.order_history()
            self._is_history_read = not isinstance(history, Problem)
            self._learn(() if isinstance(history, Problem) else (each.order for each in history))
        for query in doubted:
            answer = answered[query]
            if isinstance(answer, Missing) and self._is_doubted(query, answer):
                answered[query] = replace(answer, is_id_kept=False)
        return answered

    def _learn(self, orders: Iterable[RestingOrder]) -> None:
        self._keeping |= {dex_of(o.instrument) for o in orders if o.client_order_id is not None}

    def _is_doubted(self, query: OrderQuery, answer: OrderStatus) -> bool:
        """Say whether an order may exist although its client order id leads nowhere.

        Builder dexes are reported to lose them (official SDK, issue 251, unconfirmed), until one is
        seen that came back.
        """
        is_by_ours = query.venue_order_id is None
        return (
            isinstance(answer, Missing)
            and is_by_ours
            and dex_of(query.instrument) not in self._keeping
        )

    async def time_ms(self) -> int | None:
        """Return the venue's time, or None when it could not be read."""
        house = await self._info.clearinghouse()
        return None if isinstance(house, Problem) else house.at_ms

    async def history(self, since_ms: int) -> FillHistory:
        """Read executions, and say how far back they reach: see `Venue.fills`."""
        # Until now by the venue's clock: ours may be days behind.
        house = await self._info.clearinghouse()
        if isinstance(house, Problem):
            raise self._info.unreadable([house])
        found = await self.fills(since_ms, house.at_ms + WHILE_READING_MS)
        is_complete = len(found) <= FILLS_SURE_MAX
        # Others of the oldest moment may be out of reach already.
        reaches_ms = since_ms if is_complete else found[0].at_ms + 1
        return FillHistory(fills=found, reaches_ms=reaches_ms, is_complete=is_complete)

    async def fills(self, since_ms: int, until_ms: int) -> tuple[Fill, ...]:
        """Return the account's executions between two venue times, oldest first, each once.

        The venue keeps the newest 10 000. Raises `VenueProblem` when not all could be read.
        """
        windows = [(since_ms, until_ms)]
        found: dict[str, Fill] = {}
        for _ in range(FILL_READS_MAX):
            if not windows:
                break
            window = windows.pop()
            part = await self._info.fills(*window)
            if isinstance(part, Problem):
                raise self._info.unreadable([part])
            found |= {fill.fill_id: fill for fill in part}
            if len(part) < FILLS_PER_REPLY:
                continue
            windows += _not_shown(part, window)
            if window in windows:
                break  # one moment has more than a reply shows
        if windows:
            too_many = Problem(what="userFillsByTime", cause="too many fills")
            raise self._info.unreadable([too_many])
        return tuple(sorted(found.values(), key=lambda fill: (fill.at_ms, fill.fill_id)))

    async def order_history(self, since_ms: int) -> OrderHistory:
        """Read what became of the newest orders: see `Venue.order_history`.

        Which 2000 are the newest, by placing or by status, is not documented: an order placed after
        the oldest status is among them either way. Entries of one order are read as its history.
        """
        found = await self._info.order_history()
        if isinstance(found, Problem):
            raise self._info.unreadable([found])
        newest: dict[VenueOrderId, Status] = {}
        for status in found:
            known = newest.get(status.order.venue_order_id)
            if known is None or _rank(status) > _rank(known):
                newest[status.order.venue_order_id] = status
        is_whole = len(found) < ORDERS_PER_REPLY
        reaches_ms = since_ms if is_whole else min(status.at_ms for status in found) + 1
        return OrderHistory(
            orders=tuple(_found(status) for status in newest.values()),
            reaches_ms=max(since_ms, reaches_ms),
            is_complete=reaches_ms <= since_ms,
        )

    async def _of_listed_dexes(self, looks: Sequence["_DexLook"]) -> Sequence["_DexLook"]:
        """Leave out the looks at dexes that the venue says it does not have."""
        if not any(look.dex and look.is_unreadable for look in looks):
            return looks
        listed = await self._info.perp_dexs()
        if isinstance(listed, Problem):
            return looks
        return [look for look in looks if not look.is_unreadable or look.dex in {"", *listed}]

    async def _look(self, dex: str) -> "_DexLook":
        resting, house, middles = await asyncio.gather(
            self._info.open_orders(dex), self._info.clearinghouse(dex), self._info.all_mids(dex)
        )
        return _DexLook(dex=dex, resting=resting, house=house, mids=middles)

    async def _status(self, query: OrderQuery, as_of: Clearinghouse | Problem) -> OrderStatus:
        assert query.venue_order_id or query.client_order_id, "an order is asked for by an id"
        by_venue_id = query.venue_order_id is not None
        order_id = int(query.venue_order_id or 0) if by_venue_id else query.client_order_id
        status = await self._info.order_status(order_id or 0)
        if isinstance(status, Problem):
            return NoAnswer(cause=str(status))
        if status is None:
            if isinstance(as_of, Problem):
                return NoAnswer(cause=f"not known to the venue, but {as_of}")
            return Missing(as_of_ms=as_of.at_ms)
        if not _is_answer(status.order, query):
            return NoAnswer(cause="orderStatus: the reply is about another order")
        return _found(status)


@dataclass(frozen=True, slots=True, kw_only=True)
class _DexLook:
    """The three reads of one dex."""

    dex: str
    resting: tuple[RestingOrder, ...] | Problem
    house: Clearinghouse | Problem
    mids: Record | Problem

    @property
    def is_unreadable(self) -> bool:
        """Whether none of it could be read."""
        return all(isinstance(read, Problem) for read in (self.resting, self.house, self.mids))


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A snapshot while it is put together."""

    resting: dict[VenueOrderId, RestingOrder] = field(default_factory=dict)
    positions: dict[str, Decimal] = field(default_factory=dict)
    times_ms: list[int] = field(default_factory=list)
    prices: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    houses: dict[str, Clearinghouse] = field(default_factory=dict)
    has_anything: bool = False

    def add(self, look: _DexLook) -> None:
        """Take what could be read; the rest is a problem."""
        for read in (look.resting, look.house, look.mids):
            if isinstance(read, Problem):
                self.problems.append(read)
            else:
                self.has_anything = True
        if not isinstance(look.resting, Problem):
            self._add_orders(look.resting)
        if not isinstance(look.house, Problem):
            self.positions.update(look.house.positions)
            self.times_ms.append(look.house.at_ms)
            self.houses[look.dex] = look.house
        if not isinstance(look.mids, Problem):
            self.prices.append(look.mids)

    def margins(self, wanted: set[str]) -> dict[str, Margin]:
        """Return what pays for the perps among the wanted instruments."""
        found: dict[str, Margin] = {}
        for name in wanted:
            house = self.houses.get(dex_of(name))
            if is_spot(name) or house is None or house.free is None:
                continue
            found[name] = Margin(
                name=f"the perps of {dex_of(name)}" if dex_of(name) else "perps",
                free=house.free,
                leverage=house.leverages.get(name),
            )
        return found

    def middles(self, wanted: set[str]) -> dict[str, Decimal]:
        """Return the middle prices of the wanted instruments."""
        found: dict[str, Decimal] = {}
        for prices in self.prices:
            try:
                found |= mids(prices, wanted)
            except Malformed as problem:
                self.problems.append(Problem(what="allMids", cause=f"unreadable reply: {problem}"))
        return found

    def _add_orders(self, orders: Sequence[RestingOrder]) -> None:
        for order in orders:
            if self.resting.setdefault(order.venue_order_id, order) != order:
                self.problems.append(
                    Problem(what="frontendOpenOrders", cause="one order is shown in two ways")
                )


def _not_shown(part: Sequence[Fill], window: tuple[int, int]) -> list[tuple[int, int]]:
    """Return what of a window a full reply leaves open.

    It is cut at one end, and which is not documented: what lies between its first and its last
    moment is whole, and those two moments and what lies beyond them are asked for again.
    """
    (start_ms, end_ms), first_ms, last_ms = window, part[0].at_ms, part[-1].at_ms
    if first_ms < last_ms:
        return [(start_ms, first_ms), (last_ms, end_ms)]
    beside = [(start_ms, first_ms - 1), (first_ms, first_ms), (first_ms + 1, end_ms)]
    return [(low, high) for low, high in beside if low <= high]


def _found(status: Status) -> Found:
    return Found(
        order=status.order,
        phase=phase_of(status.word),
        word=status.word,
        at_ms=status.at_ms,
    )


def _rank(status: Status) -> tuple[int, bool]:
    """Return a number that is larger the later a status is; an end comes last."""
    return status.at_ms, phase_of(status.word).is_terminal


def _is_answer(order: RestingOrder, query: OrderQuery) -> bool:
    # An old journal does not say of which instrument an order was that it cancelled.
    if order.instrument != query.instrument and query.instrument:
        return False
    if query.venue_order_id is not None:
        return order.venue_order_id == query.venue_order_id
    return order.client_order_id == query.client_order_id
