"""Executions of the account: which of them are ours is asked for, since they name no id of ours.

A fill whose order nobody can name any more leaves the history incomplete up to its time: it may be
ours. Source: page swap_matchresults (v3) 5d51abec, checked 2025-11-26: windows of 48 hours, 90 days
back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.model.order import ClientOrderId, Fill, VenueOrderId
from reconciler.model.snapshot import FillHistory
from reconciler.venues.asking import Problem
from reconciler.venues.htx.closed import failure
from reconciler.venues.htx.info import Info
from reconciler.venues.htx.lookups import Lookups
from reconciler.venues.htx.replies.fills import Match
from reconciler.venues.htx.replies.orders import Seen

__all__ = ["History"]

HOUR_MS: Final = 60 * 60 * 1000
WINDOW_MS: Final = 47 * HOUR_MS
REACH_MS: Final = 89 * 24 * HOUR_MS
PAGES_MAX: Final = 1_000
NAMES_MAX: Final = 2_000


@dataclass(slots=True)
class History:
    """Reads executions; remembers whose orders they were of.

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
        found: dict[str, Match] = {}
        for code in codes:
            part = await self._matches(code, from_ms, now_ms)
            if isinstance(part, Problem):
                raise await failure(self.info, where, [part])
            found |= {match.fill.fill_id: match for match in part}
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

    async def _matches(self, code: str, from_ms: int, until_ms: int) -> list[Match] | Problem:
        found: list[Match] = []
        start_ms = from_ms
        while start_ms <= until_ms:
            end_ms = min(start_ms + WINDOW_MS, until_ms)
            part = await self._window(code, start_ms, end_ms)
            if isinstance(part, Problem):
                return part
            found += part
            start_ms = end_ms + 1
        return found

    async def _window(self, code: str, start_ms: int, end_ms: int) -> list[Match] | Problem:
        found: dict[str, Match] = {}
        from_id: int | None = None
        for _ in range(PAGES_MAX):
            page = await self.info.matches(code, start_ms, end_ms, from_id)
            if isinstance(page, Problem):
                return page
            fresh = {m.fill.fill_id: m for m in page if m.fill.fill_id not in found}
            if not fresh:
                return list(found.values())
            found |= fresh
            # Where a page goes on is said to be behind the largest number seen.
            from_id = max(match.query_id for match in fresh.values())
        return Problem(what="swap_matchresults", cause="there are too many executions")

    async def _ask_names(self, found: Mapping[str, Match]) -> None:
        wanted = {
            match.fill.venue_order_id: match.fill.instrument
            for match in found.values()
            if match.is_of_api and match.fill.venue_order_id not in self.names
        }
        newest = dict(list(wanted.items())[-NAMES_MAX:])
        answers = await self.lookups.orders(newest) if newest else {}
        for venue_order_id, answer in answers.items():
            if isinstance(answer, Seen):
                self.names[venue_order_id] = answer.order.client_order_id

    def _named(self, match: Match) -> Fill:
        return replace(match.fill, client_order_id=self.names.get(match.fill.venue_order_id))

    def _is_unnamed(self, match: Match) -> bool:
        return match.is_of_api and match.fill.venue_order_id not in self.names
