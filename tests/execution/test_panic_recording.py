"""What a panic records of its cancels: what is gone, once, and beside the cancelling."""

import asyncio

from reconciler.execution.emergency import PanicReport
from reconciler.execution.panicking import cancel_all_of_ours
from reconciler.model.command import Prepared
from reconciler.model.order import ClientOrderId
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason
from tests.execution.panics import Between, emergency, own_id, place, told
from tests.venues.hyperliquid.world import World


class Secretary:
    """Takes what is to be recorded; `busy` keeps it from coming to an end."""

    def __init__(self, busy: asyncio.Event | None = None) -> None:
        self.busy = busy
        self.taken: list[frozenset[ClientOrderId]] = []

    async def __call__(self, gone: frozenset[ClientOrderId]) -> None:
        self.taken.append(gone)
        if self.busy is not None:
            await self.busy.wait()


def ids(*numbers: int) -> frozenset[ClientOrderId]:
    return frozenset(own_id(number) for number in numbers)


def test_what_was_cancelled_is_recorded_once() -> None:
    secretary = Secretary()

    async def story(world: World) -> PanicReport:
        await place(world, 1, 2)
        return await cancel_all_of_ours(emergency(world, record=secretary))

    told(story)
    assert [ids(1, 2)] == secretary.taken


def test_an_order_that_lost_our_id_is_recorded_under_it() -> None:
    secretary = Secretary()

    async def story(world: World) -> PanicReport:
        world.control("switches", builder_dex_cloid="drop")
        (sent,) = await world.send(world.buy(1, instrument="xyz:TSLA"))
        assert isinstance(sent, Accepted)
        known = {sent.venue_order_id: own_id(1)}
        return await cancel_all_of_ours(emergency(world, known_orders=known, record=secretary))

    told(story)
    assert [ids(1)] == secretary.taken


def test_nothing_is_recorded_of_what_still_rests() -> None:
    secretary = Secretary()

    class Liar(Between):
        async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
            return (Accepted(),) * len(prepared.batch.items)

    async def story(world: World) -> PanicReport:
        await place(world, 1)
        return await cancel_all_of_ours(emergency(world, Liar(world), record=secretary))

    told(story)
    assert [] == secretary.taken


def test_nothing_is_recorded_of_what_the_venue_refused_to_cancel() -> None:
    """Whoever took it away afterwards, it was not us."""
    secretary = Secretary()

    class Stubborn(Between):
        async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
            await self.venue.submit(prepared)
            return (Rejected(reason=RejectReason.SHAPE, text="no"),)

    async def story(world: World) -> PanicReport:
        await place(world, 1)
        return await cancel_all_of_ours(emergency(world, Stubborn(world), record=secretary))

    told(story)
    assert [] == secretary.taken


def test_recording_does_not_hold_up_a_cancel() -> None:
    """A late order is cancelled while the record of the first one is still being written."""

    async def story(world: World) -> PanicReport:
        busy = asyncio.Event()
        secretary = Secretary(busy)

        class Second(Between):
            async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
                if len(self.sizes) == 2:
                    busy.set()
                return await self.venue.submit(prepared)

        await place(world, 1)
        world.control("faults", add={"kind": "late_execution", "delay_ms": 9_000})
        await place(world, 2)
        report = await cancel_all_of_ours(
            emergency(world, Second(world), may_know_all=False, record=secretary)
        )
        assert [ids(1), ids(2)] == secretary.taken
        return report

    assert 2 == len(told(story).cancelled)
