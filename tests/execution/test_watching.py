"""Waiting for a venue: a word after some seconds, none for an answer that comes in time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from reconciler.execution import watching
from reconciler.execution.watching import FIRST_WORD_MS, NEXT_WORD_MS, WatchedVenue
from reconciler.model.command import Batch, BatchKind
from reconciler.model.examination import Examination, Finding
from reconciler.model.snapshot import VenueSnapshot
from reconciler.ports import Examinable, Venue
from tests.execution.fakes import FakeVenue, Listener
from tests.support import build

BATCH = Batch(kind=BatchKind.CANCEL, commands=())
PREPARED = FakeVenue().prepare(BATCH, nonce=1, expires_at_ms=2)
CALLS: dict[str, Callable[[Venue], Coroutine[Any, Any, Any]]] = {
    "snapshot": lambda venue: venue.snapshot(frozenset()),
    "everywhere": lambda venue: venue.everywhere(),
    "markets": lambda venue: venue.markets(frozenset()),
    "lookup": lambda venue: venue.lookup(()),
    "fills": lambda venue: venue.fills(0),
    "order_history": lambda venue: venue.order_history(0),
    "submit": lambda venue: venue.submit(PREPARED),
    "burn": lambda venue: venue.burn(1),
    "check_account": lambda venue: venue.check_account(),
    "venue_time_ms": lambda venue: venue.venue_time_ms(),
    "warm_up": lambda venue: venue.warm_up(),
    "close": lambda venue: venue.close(),
}


class StepClock:
    """Whoever sleeps sleeps until the test lets this much time pass."""

    def __init__(self) -> None:
        self.sleepers: list[tuple[int, asyncio.Event]] = []

    def now_ms(self) -> int:
        return 0

    async def sleep_ms(self, duration_ms: int) -> None:
        awake = asyncio.Event()
        self.sleepers.append((duration_ms, awake))
        await awake.wait()

    async def pass_one(self) -> int:
        """Wake the sleeper, let it work, and return how long it had to sleep."""
        ((duration_ms, awake),) = self.sleepers
        self.sleepers.clear()
        awake.set()
        await settle()
        return duration_ms


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class SilentVenue(FakeVenue):
    """A venue whose open orders come only when the test says so."""

    answer: "asyncio.Future[VenueSnapshot]"

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        self.answer = asyncio.get_running_loop().create_future()
        return await self.answer


def watched(venue: FakeVenue, clock: StepClock, listener: Listener) -> WatchedVenue:
    return watching.watched(venue, name="hl", clock=clock, progress=listener)


def test_somebody_who_waits_is_told_how_long() -> None:
    async def scene() -> tuple[list[int], list[str]]:
        venue, clock, listener = SilentVenue(), StepClock(), Listener()
        looking = asyncio.ensure_future(watched(venue, clock, listener).snapshot(frozenset()))
        await settle()
        slept = [await clock.pass_one() for _ in range(3)]
        venue.answer.set_result(build.snapshot())
        assert build.snapshot() == await looking
        return slept, listener.notes

    slept, notes = asyncio.run(scene())

    assert [FIRST_WORD_MS, NEXT_WORD_MS, NEXT_WORD_MS] == slept
    assert [f"Still waiting for hl, {s} s so far." for s in (5, 15, 25)] == notes


def test_who_waits_for_the_rate_limit_is_told_so() -> None:
    class PacedVenue(SilentVenue):
        def wait_ms(self, kind: BatchKind, items: int) -> int:
            return 1

    async def scene() -> list[str]:
        venue, clock, listener = PacedVenue(), StepClock(), Listener()
        looking = asyncio.ensure_future(watched(venue, clock, listener).snapshot(frozenset()))
        await settle()
        await clock.pass_one()
        venue.answer.set_result(build.snapshot())
        await looking
        return listener.notes

    assert ["Still waiting for room in the rate limit of hl, 5 s so far."] == asyncio.run(scene())


def test_after_an_answer_nobody_is_told_anything() -> None:
    async def scene() -> list[str]:
        venue, clock, listener = SilentVenue(), StepClock(), Listener()
        looking = asyncio.ensure_future(watched(venue, clock, listener).snapshot(frozenset()))
        await settle()
        venue.answer.set_result(build.snapshot())
        await looking
        await clock.pass_one()
        return listener.notes

    assert [] == asyncio.run(scene())


def test_who_gives_up_takes_the_call_with_them() -> None:
    async def scene() -> bool:
        venue = SilentVenue()
        looking = asyncio.ensure_future(
            watched(venue, StepClock(), Listener()).snapshot(frozenset())
        )
        await settle()
        looking.cancel()
        await settle()
        return venue.answer.cancelled()

    assert asyncio.run(scene())


@pytest.mark.parametrize("name", CALLS)
def test_a_call_answers_as_the_venue_behind_it(name: str) -> None:
    async def both() -> tuple[Any, Any]:
        behind = watched(FakeVenue(), StepClock(), Listener())
        return await CALLS[name](FakeVenue()), await CALLS[name](behind)

    plain, behind = asyncio.run(both())

    assert plain == behind


def test_what_needs_no_answer_passes_through() -> None:
    venue = watched(FakeVenue(), StepClock(), Listener())

    assert PREPARED == venue.prepare(BATCH, nonce=1, expires_at_ms=2)
    assert (BATCH, build.IN_PLACE) == (venue.decode(PREPARED), venue.capabilities)
    assert "0xagent" == venue.signer_address()


def test_what_the_rate_limit_has_no_room_for_passes_through() -> None:
    venue = watched(FakeVenue(waits=[700]), StepClock(), Listener())

    assert [700, 0] == [venue.wait_ms(BatchKind.PLACE, 1) for _ in range(2)]


def test_a_venue_that_can_be_examined_is() -> None:
    found = (Finding(subject="clock", said="as ours"),)

    class Open(FakeVenue):
        async def examine(self, wanted: Examination) -> tuple[Finding, ...]:
            return found if wanted.instruments == {"BTC"} else ()

    venue = watched(Open(), StepClock(), Listener())

    assert isinstance(venue, Examinable)
    assert found == asyncio.run(venue.examine(Examination(instruments=frozenset({"BTC"}))))


def test_a_venue_that_cannot_be_examined_does_not_seem_to_be() -> None:
    assert not isinstance(watched(FakeVenue(), StepClock(), Listener()), Examinable)
