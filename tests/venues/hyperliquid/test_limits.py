"""The venue's limits, enforced by the simulator: the adapter keeps to them and cancels through."""

import asyncio
from decimal import Decimal

import pytest

from reconciler.model.command import BatchKind, CancelOrder
from reconciler.model.outcome import Accepted, Rejected, RejectReason, Unknown
from reconciler.secret import Secret
from reconciler.venues.hyperliquid.adapter import IP_QUOTA, HyperliquidVenue
from reconciler.venues.pacing import REFUSED_PAUSES_MS, Paces
from tests.venues.hyperliquid.world import NAMES, USER, in_a_world
from tests.venues.support import KEY, settings

LOOK_WEIGHT = 24
BTC = frozenset({"BTC"})


def another(world, paces):
    """Return another adapter on the same venue and clock, as a second venue entry has one."""
    return HyperliquidVenue(
        settings(network="local", port=world.venue._settings.port),
        secrets={"signer": Secret(KEY)},
        clock=world.clock,
        paces=paces,
    )


async def looks(count, *venues):
    for _ in range(count):
        seen = await asyncio.gather(*(venue.snapshot(BTC) for venue in venues))
        assert [()] * len(venues) == [each.problems for each in seen]


def was_refused(world):
    return bool(set(REFUSED_PAUSES_MS) & set(world.clock.slept))


def limited(world, **switches):
    world.control("switches", limit_ips=True, **switches)


def test_two_entries_of_one_process_share_the_weight_a_minute():
    async def story(world):
        limited(world)
        paces = Paces()
        first, second = another(world, paces), another(world, paces)
        await looks(30, first, second)
        await first.close()
        await second.close()

        assert not was_refused(world)
        assert world.clock.slept

    in_a_world(story)


def test_entries_that_do_not_share_it_are_refused_and_wait():
    async def story(world):
        limited(world)
        first, second = another(world, Paces()), another(world, Paces())
        await looks(30, first, second)
        await first.close()
        await second.close()

        assert was_refused(world)

    in_a_world(story)


def test_cancels_do_not_wait_behind_reads():
    async def story(world):
        await world.send(world.buy(1))
        [order] = await world.resting()
        used_up = IP_QUOTA.weight - IP_QUOTA.reserve
        world.venue._http.note_weight("ip", used_up)
        waits = [world.venue.wait_ms(kind, 39) for kind in (BatchKind.PLACE, BatchKind.CANCEL)]
        start_ms = world.clock.now_ms()
        cancel = CancelOrder(instrument="BTC", target=order.venue_order_id, client_order_id=None)

        assert [True, False] == [wait > 0 for wait in waits]
        assert (Accepted(),) == await world.send(cancel)
        assert start_ms == world.clock.now_ms()

    in_a_world(story)


@pytest.mark.parametrize(("items", "room"), [(39, 1), (40, 2)])
def test_a_request_waits_for_as_much_as_it_weighs(items, room):
    async def story(world):
        await world.venue.snapshot(BTC)
        world.clock.time_ms += 120_000
        free = IP_QUOTA.weight - IP_QUOTA.reserve
        world.venue._http.note_weight("ip", free - room)
        assert 0 == world.venue.wait_ms(BatchKind.PLACE, items)
        world.venue._http.note_weight("ip", 1)
        assert 0 < world.venue.wait_ms(BatchKind.PLACE, items)

    in_a_world(story)


def test_an_order_that_came_too_often_is_unknown_and_closes_the_pace():
    async def story(world):
        world.control(
            "faults", add={"kind": "error_before", "path": "/exchange", "status": 429, "times": 1}
        )
        [outcome] = await world.send(world.buy(1))

        assert Unknown(cause="http 429") == outcome
        assert REFUSED_PAUSES_MS[0] == world.venue.wait_ms(BatchKind.CANCEL, 1)

    in_a_world(story)


# the budget of the account


def spend(world, requests):
    world.simulator.world.accounts[USER].requests = requests


async def budget(world):
    markets = await world.venue.markets(NAMES)
    assert markets.budget is not None
    return markets.budget


def test_the_budget_is_what_the_venue_enforces():
    async def story(world):
        limited(world, limit_addresses=True)
        spend(world, 9_998)
        assert (2, 10_002) == ((await budget(world)).left, (await budget(world)).cancels_left)
        first, second = await world.send(world.buy(1), world.buy(2))
        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)
        assert 0 == (await budget(world)).left

    in_a_world(story)


def test_without_budget_orders_are_refused_and_cancels_pass():
    async def story(world):
        limited(world, limit_addresses=True)
        await world.send(world.buy(1))
        [order] = await world.resting()
        spend(world, 10_000)
        outcomes = [(await world.send(world.buy(number)))[0] for number in (2, 3)]
        cancel = CancelOrder(instrument="BTC", target=order.venue_order_id, client_order_id=None)

        # The venue lets one request in ten seconds pass.
        assert isinstance(outcomes[0], Accepted)
        assert isinstance(outcomes[1], Rejected)
        assert RejectReason.BUDGET is outcomes[1].reason
        assert (Accepted(),) == await world.send(cancel)

    in_a_world(story)


def test_what_is_traded_adds_to_the_budget():
    async def story(world):
        before = (await budget(world)).left
        ask = Decimal(world.control("markets", instrument="BTC")["ask"])
        await world.send(world.buy(1, price=ask.to_integral_value() + 100, post_only=False))

        assert before < (await budget(world)).left

    in_a_world(story)
