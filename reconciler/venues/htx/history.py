"""What happened on the account: executions, and what became of orders.

Neither list names our ids, so whose an order is has to be asked for by its venue order id. What
nobody can name any more leaves a history incomplete up to its time: it may be ours. Source: pages
swap_matchresults (v3) 5d51abec and swap_hisorders (v3), checked 2025-11-26: windows of 48 hours, 90
days back, orders that were cancelled for 2 hours.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

from reconciler.model.order import ClientOrderId, Fill, VenueOrderId
from reconciler.model.snapshot import FillHistory, Found, OrderHistory
from reconciler.venues.asking import Problem
from reconciler.venues.htx.closed import failure
from reconciler.venues.htx.info import Info
from reconciler.venues.htx.lookups import Lookups
from reconciler.venues.htx.replies.fills import Match
from reconciler.venues.htx.replies.orders import Seen
from reconciler.venues.htx.rules import ENDED_SHOWN_MS, IDS_ANSWER_MS

__all__ = ["History"]

HOUR_MS: Final = 60 * 60 * 1000
WINDOW_MS: Final = 47 * HOUR_MS
REACH_MS: Final = 89 * 24 * HOUR_MS
PAGES_MAX: Final = 1_000
NAMES_MAX: Final = 2_000


class _Row(Protocol):
    """One row of a list that is read on from its largest number."""

    @property
    def query_id(self) -> int: ...


R = TypeVar("R", bound=_Row)
Ask = Callable[[str, int, int, int | None], Awaitable[Sequence[R] | Problem]]
"""Asks for a page: contract, from, until, and the number it goes on behind."""


@dataclass(slots=True)
class History:
    """Reads lists of the past; remembers whose orders they were of.

    Attributes:
        names: our id of venue orders that were asked for, None where they have none.
    """

    info: Info
    lookups: Lookups
    names: dict[VenueOrderId, ClientOrderId | None] = field(default_factory=dict)

    async def fills(self, codes: Sequence[str], since_ms: int, *, where: str) -> FillHistory:
        """Read the executions of some contracts: see `Venue.fills`; raises `VenueProblem`."""
        now_ms = self.info.clock.now_ms()
        from_ms = max(since_ms, now_ms - REACH_MS)
        rows = await self._rows(self.info.matches, codes, (from_ms, now_ms), where)
        found = {match.fill.fill_id: match for match in rows}
        await self._ask_names(found)
        fills = sorted(
            (self._named(match) for match in found.values()),
            key=lambda fill: (fill.at_ms, fill.fill_id),
        )
        unnamed_ms = [m.fill.at_ms + 1 for m in found.values() if self._is_unnamed(m)]
        return FillHistory(
            fills=tuple(fills),
            reaches_ms=max([from_ms, *unnamed_ms]),
            is_complete=from_ms == since_ms and not unnamed_ms,
        )

    async def orders(self, codes: Sequence[str], since_ms: int, *, where: str) -> OrderHistory:
        """Read what became of orders: see `Venue.order_history`; raises `VenueProblem`.

        Of older ones only what filled is still shown, and a later order of the same address may be
        missing: they are left out, fills tell of them.
        """
        now_ms = self.info.clock.now_ms()
        from_ms = max(since_ms, now_ms - ENDED_SHOWN_MS)
        rows = await self._rows(self.info.past_orders, codes, (from_ms, now_ms), where)
        ours = {row.venue_order_id: row for row in rows if row.is_of_api}
        answers = await self.lookups.orders({key: row.instrument for key, row in ours.items()})
        problems = [answer for answer in answers.values() if isinstance(answer, Problem)]
        if problems:
            raise await failure(self.info, where, problems)
        seen = {key: answer for key, answer in answers.items() if isinstance(answer, Seen)}
        unseen_ms = [row.created_at_ms + 1 for key, row in ours.items() if key not in seen]
        return OrderHistory(
            orders=tuple(self._found(each, now_ms) for each in seen.values()),
            reaches_ms=max([from_ms, *unseen_ms]),
            is_complete=from_ms == since_ms and not unseen_ms,
        )

    async def _rows(
        self, ask: Ask[R], codes: Iterable[str], times_ms: tuple[int, int], where: str
    ) -> list[R]:
        """Read a list of some contracts between two times; raises `VenueProblem`."""
        found: list[R] = []
        first_ms, last_ms = times_ms
        for code in codes:
            for start_ms in range(first_ms, last_ms + 1, WINDOW_MS + 1):
                end_ms = min(start_ms + WINDOW_MS, last_ms)
                part = await _window(ask, code, start_ms, end_ms)
                if isinstance(part, Problem):
                    raise await failure(self.info, where, [part])
                found += part
        return found

    async def _ask_names(self, found: Mapping[str, Match]) -> None:
        wanted = {
            match.fill.venue_order_id: match.fill.instrument
            for match in found.values()
            if match.is_of_api and match.fill.venue_order_id not in self.names
        }
        newest = dict(list(wanted.items())[-NAMES_MAX:])
        answers = await self.lookups.orders(newest) if newest else {}
        for venue_order_id, answer in answers.items():
            if isinstance(answer, Seen) and not self._may_have_lost_its_name(answer):
                self.names[venue_order_id] = answer.order.client_order_id

    def _may_have_lost_its_name(self, seen: Seen) -> bool:
        """Say whether an order without an id is so old that the venue may have let go of it."""
        age_ms = self.info.clock.now_ms() - seen.order.placed_at_ms
        return seen.order.client_order_id is None and age_ms > IDS_ANSWER_MS

    def _named(self, match: Match) -> Fill:
        return replace(match.fill, client_order_id=self.names.get(match.fill.venue_order_id))

    def _is_unnamed(self, match: Match) -> bool:
        return match.is_of_api and match.fill.venue_order_id not in self.names

    def _found(self, seen: Seen, now_ms: int) -> Found:
        at_ms = seen.at_ms or now_ms
        return Found(order=seen.order, phase=seen.phase, word=seen.word, at_ms=at_ms)


async def _window(ask: Ask[R], code: str, start_ms: int, end_ms: int) -> list[R] | Problem:
    """Read all pages of a list between two times that are close enough."""
    found: dict[R, None] = {}
    from_id: int | None = None
    for _ in range(PAGES_MAX):
        page = await ask(code, start_ms, end_ms, from_id)
        if isinstance(page, Problem):
            return page
        fresh = [row for row in page if row not in found]
        if not fresh:
            return list(found)
        found |= dict.fromkeys(fresh)
        # Where a page goes on is said to be behind the largest number seen.
        from_id = max(row.query_id for row in fresh)
    return Problem(what="history", cause="there is too much of it")
