"""What happened on an HTX account: all pages, all windows, and whose orders they were."""

import httpx
import pytest

from reconciler.errors import VenueProblem
from reconciler.model.snapshot import OrderPhase
from tests.venues.htx.test_adapter import LOST, body
from tests.venues.htx.world import World, our
from tests.venues.support import NOW_MS, run

HOUR_MS = 60 * 60 * 1000
UNKNOWN = {"status": "error", "err_code": 1017, "err_msg": "no such order", "ts": NOW_MS}
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
    row = {
        "query_id": 1,
        "id": "1-1-1",
        "order_id_str": "1",
        "contract_code": "BTC-USD",
        "direction": "buy",
        "trade_volume": 3,
        "trade_price": 80_000,
        "create_date": NOW_MS,
        "order_source": "web",
    }
    pages = [[row], [row, row | {"query_id": 2, "id": "2-1-1"}], [row]]
    replies = [{"code": 200, "msg": "", "data": page, "ts": NOW_MS} for page in pages]
    world.desk.faults["swap_matchresults"] = [httpx.Response(200, json=each) for each in replies]

    assert ["1-1-1", "2-1-1"] == [each.fill_id for each in fills(world).fills]


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


@pytest.mark.parametrize("word", [None, "API", "openapi", ["api"]])
def test_a_fill_of_a_source_nobody_knows_may_be_ours(word):
    world = world_of()
    order = fill(world, 1)
    world.desk.said[order.id] = {"order_source": word}

    assert [our(1)] == [each.client_order_id for each in fills(world).fills]


def test_a_fill_that_nobody_can_name_leaves_the_history_incomplete():
    world = world_of()
    fill(world, 1)
    for name in ("swap_order_info", "swap_order_detail"):
        world.desk.faults[name] = [httpx.Response(200, json=UNKNOWN)]
    history = fills(world)

    assert (False, NOW_MS + 1) == (history.is_complete, history.reaches_ms)
    assert [None] == [each.client_order_id for each in history.fills]


def test_an_order_that_was_let_go_is_named_by_the_database():
    world = world_of()
    fill(world, 1)
    world.clock.time_ms += 9 * HOUR_MS
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


@pytest.mark.parametrize(("age_ms", "is_proof"), [(8 * HOUR_MS, True), (8 * HOUR_MS + 1, False)])
def test_an_old_order_without_an_id_may_have_lost_ours(age_ms, is_proof):
    world = world_of()
    order = world.desk.place({**body(1), "client_order_id": None})
    world.clock.time_ms += age_ms
    world.desk.fill(order)

    assert is_proof is fills(world).is_complete


def orders(world, since_ms=NOW_MS - HOUR_MS):
    return run(world.venue.order_history(since_ms))


def test_what_became_of_orders_is_told_by_our_ids():
    world = world_of()
    rests, filled, ended = (world.desk.place(body(n, price=str(70_000 + n))) for n in (1, 2, 3))
    world.desk.fill(filled)
    world.clock.time_ms += 60_000
    world.desk.end(ended)
    history = orders(world)

    assert {
        (our(1), str(rests.id), OrderPhase.RESTING),
        (our(2), str(filled.id), OrderPhase.FILLED),
        (our(3), str(ended.id), OrderPhase.CANCELLED_BY_USER),
    } == {
        (each.order.client_order_id, each.order.venue_order_id, each.phase)
        for each in history.orders
    }
    assert (True, NOW_MS - HOUR_MS) == (history.is_complete, history.reaches_ms)


def test_orders_of_people_are_not_asked_for():
    world = world_of()
    world.desk.place({**body(1), "client_order_id": None}, source="web")
    history = orders(world)

    assert ((), True) == (history.orders, history.is_complete)
    assert [] == world.desk.sent("swap_order_info")


def test_the_history_of_orders_reaches_back_less_than_two_hours():
    world = world_of()
    world.desk.end(world.desk.place(body(1)))
    filled = world.desk.place(body(2))
    world.desk.fill(filled)
    world.clock.time_ms += 3 * HOUR_MS
    history = orders(world)

    assert ((), False) == (history.orders, history.is_complete)
    assert world.clock.now_ms() - 2 * HOUR_MS < history.reaches_ms < world.clock.now_ms()


def test_all_pages_of_past_orders_are_read():
    world = world_of()
    for number in range(1, 121):
        world.desk.place(body(number, price=str(70_000 + number)))
    history = orders(world)

    assert {our(number) for number in range(1, 121)} == {
        each.order.client_order_id for each in history.orders
    }
    assert 4 == len(world.desk.sent("swap_hisorders"))


def test_an_order_that_nobody_can_tell_of_leaves_the_history_incomplete():
    world = world_of()
    world.desk.place(body(1))
    for name in ("swap_order_info", "swap_order_detail"):
        world.desk.faults[name] = [httpx.Response(200, json=UNKNOWN)]
    history = orders(world)

    assert ((), NOW_MS + 1, False) == (history.orders, history.reaches_ms, history.is_complete)


@pytest.mark.parametrize("name", ["swap_hisorders", "swap_order_info"])
def test_a_history_of_orders_that_cannot_be_read_is_a_problem(name):
    world = world_of()
    world.desk.place(body(1))
    world.desk.faults[name] = [LOST] * 3

    with pytest.raises(VenueProblem):
        orders(world)
