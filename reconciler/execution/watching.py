"""A venue that does not let people wait without a word: it tells when an answer takes long.

Everything passes through as it is; nothing is asked twice, and nothing is given up.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from reconciler.diagnostics import Diagnostic
from reconciler.model.capabilities import Capabilities
from reconciler.model.command import Batch, BatchKind, Prepared
from reconciler.model.examination import Examination, Finding
from reconciler.model.order import Options
from reconciler.model.outcome import Outcome
from reconciler.model.snapshot import (
    FillHistory,
    OrderHistory,
    OrderQuery,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.ports import Clock, Examinable, Markets, Progress, Venue

__all__ = ["FIRST_WORD_MS", "NEXT_WORD_MS", "WatchedExaminable", "WatchedVenue", "watched"]

FIRST_WORD_MS = 5_000
NEXT_WORD_MS = 10_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedVenue:
    """A `Venue` in front of another one.

    Attributes:
        name: of the venue entry, as people know it.
    """

    venue: Venue
    name: str
    clock: Clock
    progress: Progress

    @property
    def capabilities(self) -> Capabilities:
        return self.venue.capabilities

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        return await self._watched(self.venue.snapshot(instruments))

    async def everywhere(self) -> frozenset[str]:
        return await self._watched(self.venue.everywhere())

    async def markets(
        self,
        instruments: frozenset[str],
        *,
        quotes_of: frozenset[str] = frozenset(),
        options: frozenset[Options] = frozenset(),
    ) -> Markets:
        asked = self.venue.markets(instruments, quotes_of=quotes_of, options=options)
        return await self._watched(asked)

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        return await self._watched(self.venue.lookup(queries))

    async def fills(self, since_ms: int) -> FillHistory:
        return await self._watched(self.venue.fills(since_ms))

    async def order_history(self, since_ms: int) -> OrderHistory:
        return await self._watched(self.venue.order_history(since_ms))

    def prepare(self, batch: Batch, *, nonce: int, expires_at_ms: int) -> Prepared:
        return self.venue.prepare(batch, nonce=nonce, expires_at_ms=expires_at_ms)

    def decode(self, prepared: Prepared) -> Batch:
        return self.venue.decode(prepared)

    def wait_ms(self, kind: BatchKind, items: int) -> int:
        return self.venue.wait_ms(kind, items)

    async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        return await self._watched(self.venue.submit(prepared))

    async def burn(self, nonce: int) -> str:
        return await self._watched(self.venue.burn(nonce))

    async def check_account(self) -> tuple[Diagnostic, ...]:
        return await self._watched(self.venue.check_account())

    async def warm_up(self) -> None:
        await self.venue.warm_up()

    def signer_address(self) -> str:
        return self.venue.signer_address()

    async def venue_time_ms(self) -> int | None:
        return await self._watched(self.venue.venue_time_ms())

    async def close(self) -> None:
        await self.venue.close()

    async def _watched(self, call: Coroutine[Any, Any, T]) -> T:
        telling = asyncio.ensure_future(self._tell())
        try:
            return await call
        finally:
            telling.cancel()

    async def _tell(self) -> None:
        """Say from time to time how long it has been; cancelled when the answer is there."""
        waited_ms, pause_ms = 0, FIRST_WORD_MS
        while True:  # as long as the call, and every call has its time limits
            await self.clock.sleep_ms(pause_ms)
            waited_ms, pause_ms = waited_ms + pause_ms, NEXT_WORD_MS
            # A read waits for the rate limit by itself, and that is no silence of the venue.
            is_paced = self.venue.wait_ms(BatchKind.PLACE, 1) > 0
            what = f"room in the rate limit of {self.name}" if is_paced else self.name
            self.progress.note(f"Still waiting for {what}, {waited_ms // 1000} s so far.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedExaminable(WatchedVenue):
    """A `Venue` in front of another one that can be examined."""

    examinable: Examinable

    async def examine(self, wanted: Examination) -> tuple[Finding, ...]:
        return await self._watched(self.examinable.examine(wanted))


def watched(venue: Venue, *, name: str, clock: Clock, progress: Progress) -> WatchedVenue:
    """Return a venue in front of another one, examinable when that one is."""
    if isinstance(venue, Examinable):
        return WatchedExaminable(
            venue=venue, examinable=venue, name=name, clock=clock, progress=progress
        )
    return WatchedVenue(venue=venue, name=name, clock=clock, progress=progress)
