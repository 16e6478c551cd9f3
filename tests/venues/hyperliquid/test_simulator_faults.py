"""Faults of the wire and of the venue: what is not proven is unknown."""

import pytest

from reconciler.model.outcome import Rejected, RejectReason, Unknown
from reconciler.model.snapshot import Found, OrderPhase
from tests.venues.hyperliquid.world import LIFE_MS, batch_of, in_a_world


def test_a_lost_reply_is_unknown_and_then_found():
    async def story(world):
        world.control("faults", add={"kind": "lost_reply", "path": "/exchange"})
        prepared = world.prepare(batch_of(world.buy(1)))

        assert (Unknown(cause="connection lost"),) == await world.venue.submit(prepared)
        assert "used" == await world.venue.burn(prepared.nonce)
        found = await world.ask(1)
        assert isinstance(found, Found)
        assert OrderPhase.RESTING is found.phase

    in_a_world(story)


def test_a_lost_request_is_unknown_and_its_nonce_is_burned():
    async def story(world):
        world.control("faults", add={"kind": "lost_request", "path": "/exchange"})
        prepared = world.prepare(batch_of(world.buy(1)))

        assert (Unknown(cause="connection lost"),) == await world.venue.submit(prepared)
        assert "burned" == await world.venue.burn(prepared.nonce)
        assert (Unknown(cause="the nonce was used before"),) == await world.venue.submit(prepared)
        assert () == await world.resting()

    in_a_world(story)


@pytest.mark.parametrize(
    ("fault", "rests"),
    [
        ({"kind": "error_before"}, 0),
        ({"kind": "error_after"}, 2),
        ({"kind": "rate_limited"}, 0),
        ({"kind": "garbled"}, 2),
        ({"kind": "truncated"}, 2),
        ({"kind": "wrong_length"}, 2),
        ({"kind": "partial_batch", "status": 502}, 1),
        ({"kind": "late_execution", "delay_ms": 5}, 0),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else str(value),
)
def test_every_fault_of_the_answer_is_unknown(fault, rests):
    async def story(world):
        world.control("faults", add={**fault, "path": "/exchange"})
        outcomes = await world.send(world.buy(1), world.buy(2))

        assert [Unknown, Unknown] == [type(outcome) for outcome in outcomes]
        assert rests == len(await world.resting())

    in_a_world(story)


def test_a_duplicate_delivery_places_once():
    async def story(world):
        world.control("faults", add={"kind": "duplicate", "path": "/exchange"})
        await world.send(world.buy(1))

        assert 1 == len(await world.resting())

    in_a_world(story)


def test_what_arrives_too_late_is_refused():
    async def story(world):
        world.control("time", advance_ms=LIFE_MS + 1)
        [outcome] = await world.send(world.buy(1))

        assert isinstance(outcome, Rejected)
        assert RejectReason.EXPIRED is outcome.reason
        assert () == await world.resting()

    in_a_world(story)


@pytest.mark.parametrize(
    "kind", ["lost_request", "lost_reply", "error_before", "error_after", "rate_limited"]
)
def test_a_read_survives_a_fault(kind):
    async def story(world):
        await world.send(world.buy(1))
        world.control("faults", add={"kind": kind, "path": "/info"})

        assert 1 == len(await world.resting())

    in_a_world(story)


@pytest.mark.parametrize("kind", ["garbled", "truncated", "error_after"])
def test_reads_that_keep_failing_are_problems(kind):
    async def story(world):
        await world.send(world.buy(1))
        world.control("faults", add={"kind": kind, "type": "frontendOpenOrders", "times": None})
        snapshot = await world.venue.snapshot(frozenset())

        assert () == snapshot.resting
        assert 1 == len(snapshot.problems)

    in_a_world(story)
