"""Panic under a clock of its own, against the simulator and against venues that misbehave."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from reconciler.diagnostics import Diagnostic
from reconciler.errors import CredentialsProblem, Refused, VenueProblem
from reconciler.execution.emergency import (
    Emergency,
    PanicReport,
    known_instruments,
    known_orders,
    last_expiry_ms,
)
from reconciler.execution.panicking import (
    ANOTHER_ACCOUNT,
    ANSWERED_MS,
    NOT_GONE,
    PATIENCE_MS,
    SIGNER_REFUSED,
    UNREADABLE,
    cancel_all_of_ours,
)
from reconciler.model.command import Batch, BatchKind, CancelOrder, Prepared
from reconciler.model.order import ClientOrderId, VenueOrderId
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason
from reconciler.model.state import IntentOperation
from reconciler.ports import Markets
from tests.execution.fakes import ObedientVenue, finished
from tests.execution.panics import LIFE_MS, TAG, Between, Quiet, emergency, own_id, place, told
from tests.support.build import instrument, placement, record, resting, state, terms
from tests.support.journal import intent, item
from tests.venues.hyperliquid.world import World


def bare(venue: ObedientVenue, *names: str) -> Emergency:
    """Return the emergency of an entry of which nothing is on record."""
    return Emergency(
        venue=venue,
        clock=venue.clock,
        progress=Quiet(),
        tag=TAG,
        instruments=frozenset(names or ("BTC",)),
        known_orders={},
        open_until_ms=0,
        may_know_all=True,
        expires_after_ms=LIFE_MS,
        last_nonce=0,
    )


def test_what_is_ours_is_cancelled() -> None:
    async def story(world: World) -> PanicReport:
        await place(world, 1, 2, 3)
        report = await cancel_all_of_ours(emergency(world))
        assert () == await world.resting()
        return report

    report = told(story)
    assert (3, (), (), "") == (len(report.cancelled), report.gone, report.left, report.problem)


@pytest.mark.parametrize("bit", [0, 7, 31])
def test_an_order_whose_tag_differs_in_one_bit_is_untouched(bit: int) -> None:
    async def story(world: World) -> PanicReport:
        await place(world, 1, tag=TAG ^ (1 << bit))
        report = await cancel_all_of_ours(emergency(world))
        assert 1 == len(await world.resting())
        return report

    report = told(story)
    assert ({}, 1) == (report.cancelled, report.foreign)


def test_an_order_without_an_id_is_untouched() -> None:
    async def story(world: World) -> PanicReport:
        await world.send(replace(world.buy(1), client_order_id=ClientOrderId("0x" + "00" * 16)))
        return await cancel_all_of_ours(emergency(world))

    assert {} == told(story).cancelled


def test_two_empty_looks_everywhere_are_enough_when_nothing_is_open() -> None:
    """A second apart, and after one where something is known to be."""

    async def story(world: World) -> PanicReport:
        report = await cancel_all_of_ours(emergency(world))
        assert 2 == sum(pause == 1000 for pause in world.clock.slept)
        return report

    assert "" == told(story).problem


def test_the_last_open_expiry_is_waited_for() -> None:
    async def story(world: World) -> PanicReport:
        until_ms = world.clock.now_ms() + LIFE_MS
        report = await cancel_all_of_ours(emergency(world, open_until_ms=until_ms))
        assert report.looked_until_ms > until_ms + 2_000
        return report

    assert "" == told(story).problem


def test_without_a_record_the_longest_life_of_a_request_is_waited_for() -> None:
    async def story(world: World) -> PanicReport:
        start_ms = world.clock.now_ms()
        report = await cancel_all_of_ours(emergency(world, may_know_all=False))
        assert report.looked_until_ms > start_ms + LIFE_MS + 2_000
        return report

    assert "" == told(story).problem


def test_an_order_that_arrives_late_is_cancelled() -> None:
    async def story(world: World) -> PanicReport:
        world.control("faults", add={"kind": "late_execution", "delay_ms": 9_000})
        await place(world, 1)
        report = await cancel_all_of_ours(emergency(world, may_know_all=False))
        assert () == await world.resting()
        return report

    assert 1 == len(told(story).cancelled)


def test_of_a_batch_that_is_refused_as_a_whole_the_parts_are_tried() -> None:
    class Strict(Between):
        async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
            if len(prepared.batch.items) > 2:
                refusal = Rejected(reason=RejectReason.SHAPE, text="no")
                return (refusal,) * len(prepared.batch.items)
            return await self.venue.submit(prepared)

    async def story(world: World) -> PanicReport:
        await place(world, *range(1, 6))
        strict = Strict(world)
        return await cancel_all_of_ours(emergency(world, strict))

    assert 5 == len(told(story).cancelled)


def test_an_order_that_vanishes_without_our_cancel_is_told_apart() -> None:
    class Silent(Between):
        async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
            await self.venue.submit(prepared)
            return ()

    async def story(world: World) -> PanicReport:
        await place(world, 1)
        return await cancel_all_of_ours(emergency(world, Silent(world)))

    report = told(story)
    assert (0, 1, "") == (len(report.cancelled), len(report.gone), report.problem)


def test_a_venue_that_only_says_yes_is_not_believed() -> None:
    class Liar(Between):
        async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
            return (Accepted(),) * len(prepared.batch.items)

    async def story(world: World) -> PanicReport:
        await place(world, 1)
        start_ms = world.clock.now_ms()
        report = await cancel_all_of_ours(emergency(world, Liar(world)))
        assert world.clock.now_ms() < start_ms + PATIENCE_MS + 10_000
        return report

    report = told(story)
    assert (1, NOT_GONE) == (len(report.left), report.problem)


def test_a_signer_that_is_refused_ends_it_at_once() -> None:
    class Stranger(Between):
        async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
            return (Rejected(reason=RejectReason.AUTHORITY, text="who"),)

    async def story(world: World) -> PanicReport:
        await place(world, 1)
        stranger = Stranger(world)
        report = await cancel_all_of_ours(emergency(world, stranger))
        assert [1] == stranger.sizes
        return report

    assert SIGNER_REFUSED == told(story).problem


def test_bytes_that_would_cancel_another_order_are_not_sent() -> None:
    class Careless(Between):
        def prepare(self, batch: Batch, *, nonce: int, expires_at_ms: int) -> Prepared:
            stray = CancelOrder(instrument="BTC", target="1", client_order_id=None)  # type: ignore[arg-type]
            wrong = Batch(kind=BatchKind.CANCEL, commands=(stray,))
            return self.venue.prepare(wrong, nonce=nonce, expires_at_ms=expires_at_ms)

    async def story(world: World) -> PanicReport:
        await place(world, 1)
        careless = Careless(world)
        with pytest.raises(Refused):
            await cancel_all_of_ours(emergency(world, careless))
        assert [] == careless.sizes
        return PanicReport()

    told(story)


@pytest.mark.parametrize("kind", ["allMids", "clearinghouseState", "frontendOpenOrders"])
def test_half_a_look_is_never_taken_as_empty(kind: str) -> None:
    async def story(world: World) -> PanicReport:
        fault = {"kind": "error_before", "type": kind, "status": 404, "times": None}
        world.control("faults", add=fault)
        return await cancel_all_of_ours(emergency(world))

    assert told(story).problem in (NOT_GONE, UNREADABLE)


@pytest.mark.parametrize("kind", ["allMids", "clearinghouseState"])
def test_half_a_look_is_enough_to_cancel_what_it_shows(kind: str) -> None:
    async def story(world: World) -> PanicReport:
        await place(world, 1)
        fault = {"kind": "error_before", "type": kind, "status": 404, "times": 3}
        world.control("faults", add=fault)
        start_ms = world.clock.now_ms()
        report = await cancel_all_of_ours(emergency(world, may_know_all=False))
        assert report.looked_until_ms > start_ms + LIFE_MS
        return report

    report = told(story)
    assert (1, "") == (len(report.cancelled), report.problem)


def test_a_venue_that_cannot_be_read_is_given_up() -> None:
    async def story(world: World) -> PanicReport:
        fault = {"kind": "error_before", "path": "/info", "status": 404, "times": None}
        world.control("faults", add=fault)
        return await cancel_all_of_ours(emergency(world))

    assert UNREADABLE == told(story).problem


def test_an_account_without_orders_of_ours_is_clear_whatever_the_key_is() -> None:
    class Locked(ObedientVenue):
        def signer_address(self) -> str:
            raise CredentialsProblem(Diagnostic(code="key", summary="no key", next_step="one"))

    report = finished(cancel_all_of_ours(bare(Locked())))

    assert "" == report.problem


def test_another_key_that_shows_nothing_of_ours_proves_nothing() -> None:
    venue = ObedientVenue()
    theirs = {VenueOrderId("5"): own_id(5)}
    report = finished(
        cancel_all_of_ours(replace(bare(venue), signer="their-key", known_orders=theirs))
    )

    assert ANOTHER_ACCOUNT == report.problem


def test_a_venue_that_tells_of_no_instrument_is_not_asked_for_each() -> None:
    """One answer failed of many: what can be cancelled does not wait for a hundred reads."""

    class Failing(ObedientVenue):
        reads = 0
        before = 0

        async def markets(self, instruments: frozenset[str], **others: Any) -> Markets:
            self.reads += 1
            if self.reads == 1:
                raise VenueProblem(Diagnostic(code="late", summary="timed out", next_step=""))
            return Markets(instruments={name: instrument(name) for name in instruments})

        async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
            self.before = self.before or self.reads
            return await super().submit(prepared)

    names = [f"C{number:03}" for number in range(100)]
    orders = {
        VenueOrderId(str(n)): resting(terms(name=name), oid=str(n), cloid=own_id(n))
        for n, name in enumerate(names, start=1)
    }
    venue = Failing(orders=orders)
    report = finished(cancel_all_of_ours(bare(venue, *names)))

    assert (3, 100, "") == (venue.before, len(report.cancelled), report.problem)


def test_nonces_are_above_every_known_one() -> None:
    async def story(world: World) -> PanicReport:
        await place(world, 1)
        ahead = world.clock.now_ms() + 60_000
        report = await cancel_all_of_ours(emergency(world, last_nonce=ahead))
        assert ahead + 1 == world.control("log")[-1]["nonce"]
        return report

    assert 1 == len(told(story).cancelled)


def test_an_order_on_a_builder_dex_that_nothing_names_is_cancelled() -> None:
    async def story(world: World) -> PanicReport:
        tesla = world.buy(1, instrument="xyz:TSLA")
        await world.send(replace(tesla, client_order_id=own_id(1)))
        report = await cancel_all_of_ours(emergency(world, instruments=frozenset({"BTC"})))
        assert () == await world.resting()
        return report

    assert (1, "") == (len(told(story).cancelled), told(story).problem)


def test_an_order_that_cannot_be_cancelled_keeps_none_from_being_found_elsewhere() -> None:
    class Stubborn(Between):
        async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
            said = prepared.batch.items
            if any(isinstance(c, CancelOrder) and c.instrument == "BTC" for c in said):
                return (Rejected(reason=RejectReason.SHAPE, text="no"),) * len(said)
            return await self.venue.submit(prepared)

    async def story(world: World) -> PanicReport:
        tesla = world.buy(2, instrument="xyz:TSLA")
        await place(world, 1)
        await world.send(replace(tesla, client_order_id=own_id(2)))
        near = frozenset({"BTC"})
        report = await cancel_all_of_ours(emergency(world, Stubborn(world), instruments=near))
        assert ["BTC"] == [order.instrument for order in await world.resting()]
        return report

    assert (1, NOT_GONE) == (len(told(story).cancelled), told(story).problem)


def test_an_order_on_record_that_lost_our_id_is_cancelled_and_no_other() -> None:
    async def story(world: World) -> PanicReport:
        world.control("switches", builder_dex_cloid="drop")
        ours, other = await world.send(
            world.buy(1, instrument="xyz:TSLA"), world.buy(2, instrument="xyz:TSLA")
        )
        assert isinstance(ours, Accepted)
        assert isinstance(other, Accepted)
        known = {ours.venue_order_id: own_id(1)}
        report = await cancel_all_of_ours(emergency(world, known_orders=known))
        assert [other.venue_order_id] == [each.venue_order_id for each in await world.resting()]
        return report

    assert (1, 1) == (len(told(story).cancelled), told(story).foreign)


def test_a_cancel_that_was_taken_is_not_sent_again_while_reads_lag() -> None:
    sent_ms = []

    class Lagging(Between):
        async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
            sent_ms.append(prepared.nonce)
            return (Accepted(),) * len(prepared.batch.items)

    async def story(world: World) -> PanicReport:
        await place(world, 1)
        report = await cancel_all_of_ours(emergency(world, Lagging(world)))
        assert all(later - earlier >= ANSWERED_MS for earlier, later in pairwise(sent_ms))
        return report

    assert NOT_GONE == told(story).problem


@pytest.mark.parametrize(
    "reason",
    [
        RejectReason.BUDGET,
        RejectReason.EXPIRED,
        RejectReason.NOT_NOW,
        RejectReason.NOT_SENT,
        RejectReason.RATE,
    ],
)
def test_cancels_that_came_too_many_are_sent_again_as_they_were(reason: RejectReason) -> None:
    class Busy(Between):
        async def answer(self, prepared: Prepared) -> tuple[Outcome, ...]:
            if len(self.sizes) < 3:
                return (Rejected(reason=reason, text="no"),) * len(prepared.batch.items)
            return await self.venue.submit(prepared)

    async def story(world: World) -> PanicReport:
        await place(world, *range(1, 6))
        busy = Busy(world)
        report = await cancel_all_of_ours(emergency(world, busy))
        assert [5, 5, 5] == busy.sizes
        return report

    assert 5 == len(told(story).cancelled)


# what a state knows


def test_every_instrument_on_record_is_looked_at() -> None:
    known = state(placement("a.x", terms(name="ETH")), records=[record("b.y", name="xyz:TSLA")])

    assert {"ETH", "xyz:TSLA"} <= known_instruments(known)


def test_every_venue_order_on_record_is_known() -> None:
    placed = placement()

    assert {"1": placed.client_order_id} == known_orders(state(placed))


def test_the_last_expiry_is_that_of_open_requests() -> None:
    open_one = intent(state(), item(IntentOperation.PLACE, wanted=terms()))

    assert max(i.expires_at_ms for i in open_one.intents.values()) == last_expiry_ms(open_one)
    assert 0 == last_expiry_ms(state())
