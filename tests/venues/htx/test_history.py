"""Executions of an HTX account: all pages, all windows, and whose orders they were."""

import pytest

from reconciler.errors import VenueProblem
from tests.venues.htx.test_adapter import LOST, body
from tests.venues.htx.world import World, our
from tests.venues.support import NOW_MS, run

HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS


def world_of(*names):
    world = World()
    run(world.venue.snapshot(frozenset(names or ("BTC-USD",))))
    world.desk.asked.clear()
    return world


def fills(world, since_ms=NOW_MS - HOUR_MS):
    return run(world.venue.fills(since_ms))


def fill(world, number, **more):
    order = world.desk.place(body(number, **more))
    world.desk.fill(order)
    return order


def test_a_fill_carries_our_id_though_the_venue_leaves_it_out():
    world = world_of()
    order = fill(world, 1)
    history = fills(world)
    (found,) = history.fills

    assert (our(1), str(order.id), "80000", "3") == (
        found.client_order_id,
        found.venue_order_id,
        str(found.price),
        str(found.quantity),
    )
    assert (True, NOW_MS - HOUR_MS) == (history.is_complete, history.reaches_ms)


def test_all_pages_are_read():
    world = world_of()
    for number in range(1, 47):
        fill(world, number)
    found = fills(world).fills

    assert [our(number) for number in range(1, 47)] == sorted(
        (each.client_order_id for each in found), key=int
    )


def test_each_fill_counts_once_when_pages_overlap():
    world = world_of()
    fill(world, 1)
    world.desk._on_swap_matchresults = lambda asked: list(world.desk.matches)

    assert 1 == len(fills(world).fills)


def test_days_are_read_in_windows_that_the_venue_takes():
    world = world_of()
    fill(world, 1)
    world.clock.time_ms += 5 * DAY_MS
    fill(world, 2)
    history = fills(world, NOW_MS - HOUR_MS)

    assert 2 == len(history.fills)
    assert history.is_complete


def test_the_venue_shows_ninety_days():
    world = world_of()
    history = fills(world, NOW_MS - 200 * DAY_MS)

    assert not history.is_complete
    assert NOW_MS - 90 * DAY_MS < history.reaches_ms < NOW_MS - 88 * DAY_MS


def test_every_contract_that_was_named_is_read():
    world = world_of("BTC-USD", "ETH-USD")
    fill(world, 1)
    fill(world, 2, contract_code="ETH-USD", price="2500")

    assert {our(1), our(2)} == {each.client_order_id for each in fills(world).fills}


def test_a_fill_of_a_person_needs_no_name():
    world = world_of()
    order = world.desk.place({**body(1), "client_order_id": None}, source="web")
    world.desk.fill(order)
    history = fills(world)

    assert [None] == [each.client_order_id for each in history.fills]
    assert history.is_complete
    assert [] == world.desk.sent("swap_order_info")


def test_a_fill_that_nobody_can_name_leaves_the_history_incomplete():
    world = world_of()
    order = fill(world, 1)
    world.desk.orders.remove(order)
    history = fills(world)

    assert (False, NOW_MS + 1) == (history.is_complete, history.reaches_ms)
    assert [None] == [each.client_order_id for each in history.fills]


def test_an_order_that_was_let_go_is_named_by_the_database():
    world = world_of()
    order = fill(world, 1)
    world.desk.forgotten.add(order.id)
    history = fills(world)

    assert [our(1)] == [each.client_order_id for each in history.fills]
    assert history.is_complete


def test_a_name_that_is_known_is_not_asked_for_again():
    world = world_of()
    fill(world, 1)
    fills(world)
    fills(world)

    assert 1 == len(world.desk.sent("swap_order_info"))


def test_a_history_that_cannot_be_read_is_a_problem():
    world = world_of()
    world.desk.faults["swap_matchresults"] = [LOST] * 3

    with pytest.raises(VenueProblem):
        fills(world)


def test_names_that_cannot_be_asked_for_leave_the_history_incomplete():
    world = world_of()
    fill(world, 1)
    world.desk.faults["swap_order_info"] = [LOST] * 3

    assert not fills(world).is_complete
