"""Looks at an HTX account: whole lists or none, positions on both sides, closed in plain words."""

import json
from decimal import Decimal

import httpx
import pytest

from reconciler.errors import VenueProblem
from reconciler.model.order import Side, VenueOrderId
from reconciler.model.snapshot import NoAnswer, Sides
from reconciler.venues.htx.open_orders import READINGS_MAX
from tests.venues.htx.test_adapter import LOST, body
from tests.venues.htx.world import World, cancel, our
from tests.venues.support import NOW_MS, run


def test_what_rests_is_shown_with_exact_numbers():
    world = World()
    order = world.desk.place(body(1, price="80000.1", volume=7))
    world.desk.fill(order, 2)
    seen = world.snapshot()
    (shown,) = seen.resting

    assert (Decimal("80000.1"), Decimal(7), Decimal(5)) == (
        shown.price,
        shown.quantity,
        shown.remaining,
    )
    assert (our(1), str(order.id), Side.BUY) == (
        shown.client_order_id,
        shown.venue_order_id,
        shown.side,
    )
    assert ((), "", NOW_MS) == (seen.problems, seen.account, seen.taken_at_ms)


def test_an_order_without_an_id_of_ours_is_shown_without_one():
    world = World()
    world.desk.place({**body(1), "client_order_id": None}, source="web")

    assert [None] == world.resting()


def test_an_order_that_is_being_cancelled_still_rests():
    world = World()
    order = world.desk.place(body(1))
    world.send(cancel(str(order.id)))

    assert [our(1)] == world.resting()


@pytest.mark.parametrize("name", ["BTC-USD", "btc-usd", "Btc-Usd"])
def test_a_contract_is_one_in_any_letter_case(name):
    world = World()
    world.desk.place(body(1))
    world.desk.hold(buy=3)
    seen = world.snapshot(name)

    assert (["BTC-USD"], ["BTC-USD"], ["BTC-USD"]) == (
        [order.instrument for order in seen.resting],
        list(seen.positions),
        list(seen.mids),
    )
    assert ["BTC-USD"] == list(run(world.venue.markets(frozenset({name}))).instruments)


def test_several_contracts_are_read_one_by_one():
    world = World()
    world.desk.place(body(1))
    world.desk.place({**body(2), "contract_code": "ETH-USD", "price": "2500"})

    assert {our(1), our(2)} == set(world.resting("BTC-USD", "ETH-USD"))
    assert [our(1)] == world.resting("BTC-USD")


def test_longs_and_shorts_are_kept_apart():
    world = World()
    world.desk.hold(buy=7, sell=3)
    seen = world.snapshot()

    assert {"BTC-USD": Sides(long=Decimal(7), short=Decimal(3))} == seen.sides
    assert {"BTC-USD": Decimal(4)} == seen.positions


def test_the_leverage_of_a_position_counts_for_every_order():
    world = World()
    world.desk.hold(sell=3, leverage=20)

    assert {"BTC-USD": (("leverage", "20"),)} == world.snapshot().shared_options


def test_a_flat_contract_has_no_leverage_to_agree_with():
    world = World()
    row = SIDE | {"volume": 0, "lever_rate": 20}
    reply = {"status": "ok", "data": [row], "ts": NOW_MS}
    world.desk.faults["swap_position_info"] = [httpx.Response(200, json=reply)]
    seen = world.snapshot()

    assert ({}, {}, {}) == (seen.shared_options, seen.sides, seen.positions)


def test_the_middle_price_lies_between_the_best_prices():
    assert {"BTC-USD": Decimal(90_000)} == World().snapshot().mids


def test_the_index_price_stands_in_for_an_empty_side():
    world = World()
    tick = {"contract_code": "BTC-USD", "bid": [89_000, 1], "ask": None}
    reply = {"status": "ok", "ticks": [tick], "ts": NOW_MS}
    world.desk.faults["bbo"] = [httpx.Response(200, json=reply)]

    assert {"BTC-USD": Decimal(90_000)} == world.snapshot().mids


def place_many(world, count, first=1):
    for number in range(first, first + count):
        world.desk.place(body(number, price=str(70_000 + number)))


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (120, 3)])
def test_all_pages_are_read_and_no_more(count, pages):
    world = World()
    place_many(world, count)

    assert count == len(world.resting())
    assert list(range(1, pages + 1)) == [
        asked["page_index"] for asked in world.desk.sent("swap_openorders")
    ]


def test_an_order_that_goes_between_pages_hides_no_other():
    world = World()
    place_many(world, 60)

    def shift():
        world.desk.after.clear()
        world.desk.end(world.desk.live()[-1])

    world.desk.after["swap_openorders"] = shift
    found = world.resting()

    assert 59 == len(found)
    assert our(10) in found


def test_an_order_that_comes_between_pages_is_shown_once():
    world = World()
    place_many(world, 60)

    def shift():
        world.desk.after.clear()
        world.desk.place(body(99, price="60000"))

    world.desk.after["swap_openorders"] = shift
    found = world.resting()

    assert (61, 61) == (len(found), len(set(found)))


def test_one_that_goes_and_one_that_comes_are_noticed_though_the_number_is_the_same():
    world = World()
    place_many(world, 60)
    oldest = world.desk.orders()[0]

    def shift():
        world.desk.after.clear()
        world.desk.end(oldest)
        world.desk.place(body(99, price="60000"))

    world.desk.after["swap_openorders"] = shift
    found = world.resting()

    assert (60, True) == (len(found), our(99) in found)
    assert 4 == len(world.desk.sent("swap_openorders"))


def test_a_list_that_never_stands_still_is_not_believed():
    world = World()
    place_many(world, 60)
    numbers = iter(range(100, 1_000))

    def come():
        world.desk.place(body(next(numbers), price="50000"))

    world.desk.after["swap_openorders"] = come
    seen = world.snapshot()

    assert ("swap_openorders: the list kept shifting while it was read",) == seen.problems
    assert () == seen.resting
    assert 2 * READINGS_MAX == len(world.desk.sent("swap_openorders"))


def test_a_page_that_fails_makes_the_look_incomplete():
    world = World()
    place_many(world, 60)
    world.desk.faults["swap_openorders"] = [None, LOST, LOST, LOST]
    seen = world.snapshot()

    assert ("swap_openorders: timeout",) == seen.problems
    assert () == seen.resting


@pytest.mark.parametrize(
    "change",
    [
        {"volume": 0},
        {"trade_volume": 9},
        {"direction": "long"},
        {"offset": "both"},
        {"status": None},
        {"order_id_str": 5},
        {"order_id_str": "77/sl"},
        {"order_id_str": "-7"},
        {"price": -1},
    ],
)
def test_one_unreadable_order_spoils_the_list(change):
    world = World()
    world.desk.said[world.desk.place(body(1)).id] = change

    assert "unreadable reply" in world.snapshot().problems[0]


def test_a_position_that_cannot_be_read_makes_the_look_incomplete():
    world = World()
    refusal = {"status": "error", "err_code": 1079, "err_msg": "in settlement", "ts": NOW_MS}
    world.desk.faults["swap_position_info"] = [httpx.Response(200, json=refusal)]

    assert world.snapshot().problems == (
        "swap_position_info: the venue is closed for the moment: in settlement (1079)",
    )


SHOWN = {
    "contract_code": "BTC-USD",
    "volume": 3,
    "price": 1,
    "order_price_type": "limit",
    "direction": "buy",
    "offset": "open",
    "lever_rate": 5,
    "order_id": 7,
    "order_id_str": "7",
    "client_order_id": None,
    "created_at": NOW_MS,
    "trade_volume": 0,
    "status": 3,
}
SIDE = {
    "contract_code": "BTC-USD",
    "direction": "buy",
    "volume": 3,
    "lever_rate": 5,
}


@pytest.mark.parametrize(
    "rows",
    [
        [SIDE, SIDE],
        [SIDE | {"direction": "long"}],
        [SIDE | {"volume": "many"}],
        [SIDE | {"lever_rate": 2.5}],
        {"BTC-USD": SIDE},
    ],
)
def test_a_position_that_cannot_be_true_makes_the_look_incomplete(rows):
    world = World()
    reply = {"status": "ok", "data": rows, "ts": NOW_MS}
    world.desk.faults["swap_position_info"] = [httpx.Response(200, json=reply)]

    assert "swap_position_info: unreadable reply" in world.snapshot().problems[0]


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("bbo", {"ticks": [{"contract_code": "BTC-USD", "bid": [1], "ask": [2, 1]}]}),
        ("bbo", {"ticks": [{"contract_code": "BTC-USD", "bid": "1", "ask": [2, 1]}]}),
        ("swap_contract_info", {"data": [{"contract_code": "BTC-USD", "contract_size": 0}]}),
        ("swap_contract_info", {"data": None}),
    ],
)
def test_a_market_that_cannot_be_true_is_a_problem(name, reply):
    world = World()
    world.desk.faults[name] = [httpx.Response(200, json={"status": "ok", "ts": NOW_MS, **reply})]
    wanted = frozenset({"BTC-USD"})

    with pytest.raises(VenueProblem):
        run(world.venue.markets(wanted, quotes_of=wanted))


def test_a_reply_nested_too_deep_is_no_answer():
    world = World()
    deep = '{"status":"ok","ts":1,"data":' + "[" * 100_000 + "]" * 100_000 + "}"
    world.desk.faults["swap_openorders"] = [httpx.Response(200, text=deep)]

    assert world.snapshot().problems[0].startswith("swap_openorders: unreadable reply")


def test_a_list_without_an_end_is_not_read_for_ever():
    world = World()
    data = {"orders": [SHOWN], "total_page": 9_999, "current_page": 1, "total_size": 9_999}
    reply = json.dumps({"status": "ok", "data": data, "ts": NOW_MS})
    world.desk.faults["swap_openorders"] = [httpx.Response(200, text=reply) for _ in range(500)]

    assert ("swap_openorders: there are too many open orders",) == world.snapshot().problems
    assert 250 > len(world.desk.sent("swap_openorders"))


def test_without_the_time_of_the_venue_nothing_is_signed():
    world = World()
    world.desk.faults["timestamp"] = [LOST] * 9

    assert run(world.venue.venue_time_ms()) is None
    assert (True, []) == (
        isinstance(world.ask(client_order_id=our(1)), NoAnswer),
        world.desk.sent("swap_order_info"),
    )


def maintained(world):
    for name in ("timestamp", "swap_openorders", "swap_position_info", "bbo"):
        world.desk.faults[name] = [httpx.Response(200, json={"status": "maintain"})] * 3


def test_maintenance_is_said_once_and_not_tried_again():
    world = World()
    maintained(world)
    with pytest.raises(VenueProblem) as raised:
        world.snapshot()

    (diagnostic,) = raised.value.diagnostics
    assert "venue-closed" == diagnostic.code
    assert "HTX is closed for maintenance" in diagnostic.why
    assert ["timestamp", "heartbeat"] == [name for name, _ in world.desk.asked]
    assert [] == world.clock.slept


def test_the_end_of_the_maintenance_is_told_where_the_venue_names_it():
    world = World()
    world.snapshot()
    maintained(world)
    data = {"swap_heartbeat": 0, "swap_estimated_recovery_time": 1_760_003_600_000}
    reply = {"status": "ok", "data": data, "ts": NOW_MS}
    world.desk.faults["heartbeat"] = [httpx.Response(200, json=reply)]
    with pytest.raises(VenueProblem) as raised:
        world.snapshot()

    assert "It expects to be open again at 2025-10-09 09:53 UTC." in raised.value.diagnostics[0].why


@pytest.mark.parametrize("recovery", [10**30, 0, -5, "soon", True, None])
def test_an_end_of_the_maintenance_that_cannot_be_is_left_out(recovery):
    world = World()
    maintained(world)
    data = {"swap_heartbeat": 0, "swap_estimated_recovery_time": recovery}
    reply = {"status": "ok", "data": data, "ts": NOW_MS}
    world.desk.faults["heartbeat"] = [httpx.Response(200, json=reply)]
    with pytest.raises(VenueProblem) as raised:
        world.snapshot()

    assert "It expects" not in raised.value.diagnostics[0].why


def test_a_time_that_no_calendar_holds_is_no_time():
    world = World()
    reply = {"status": "ok", "ts": 10**18}
    world.desk.faults["timestamp"] = [httpx.Response(200, json=reply)] * 2

    assert run(world.venue.venue_time_ms()) is None
    assert isinstance(world.ask(client_order_id=our(1)), NoAnswer)


def test_a_number_without_bounds_is_unreadable():
    world = World()
    text = '{"status":"ok","data":{"list":[{"contract_code":"BTC-USD","open_limit":1E999999999,'
    reply = httpx.Response(200, text=text + '"close_limit":1}]},"ts":1}')
    world.desk.faults["swap_order_limit"] = [reply]
    found = run(world.venue.markets(frozenset({"BTC-USD"})))

    assert "open_limit is out of all bounds" in found.unplaceable["BTC-USD"]


def test_a_venue_that_does_not_answer_is_unreadable():
    world = World()
    for name in ("timestamp", "swap_openorders", "swap_position_info", "bbo"):
        world.desk.faults[name] = [LOST] * 3
    with pytest.raises(VenueProblem) as raised:
        world.snapshot()

    assert "venue-unreadable" == raised.value.diagnostics[0].code


def test_a_look_at_nothing_only_reads_the_time():
    world = World()
    run(world.venue.snapshot(frozenset()))

    assert ["timestamp"] == [name for name, _ in world.desk.asked]


def test_reads_are_signed_with_the_venues_time():
    world = World()
    world.desk.now_ms = lambda: NOW_MS + 3_600_000
    seen = world.snapshot()

    assert NOW_MS + 3_600_000 == seen.taken_at_ms
    assert () == seen.problems


def test_a_quiet_look_costs_two_private_reads_a_contract():
    world = World()
    world.snapshot()

    assert ["bbo", "swap_openorders", "swap_position_info", "timestamp"] == sorted(
        name for name, _ in world.desk.asked
    )


def test_a_contract_is_worth_its_size_in_dollars():
    found = run(World().venue.markets(frozenset({"BTC-USD", "ETH-USD", "XYZ-USD"})))
    bitcoin, ether = found.instruments["BTC-USD"], found.instruments["ETH-USD"]

    assert {"BTC-USD", "ETH-USD"} == found.instruments.keys()
    assert (Decimal(500), Decimal(50)) == (
        bitcoin.notional(price=Decimal(90_000), quantity=Decimal(5)),
        ether.notional(price=Decimal(3_000), quantity=Decimal(5)),
    )
    assert bitcoin.is_legal_price(Decimal("90000.1"))
    assert not bitcoin.is_legal_price(Decimal("90000.15"))
    assert not bitcoin.is_legal_quantity(Decimal("1.5"))
    assert (Decimal(9_000), Decimal(500_000)) == (
        bitcoin.largest(is_post_only=False),
        bitcoin.largest(is_post_only=True),
    )


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("swap_contract_info", {"contract_size": 100, "price_tick": 0.1, "contract_status": 3}),
        ("swap_api_state", {"open": 0, "close": 1, "cancel": 1}),
        ("swap_api_state", {"open": 1, "close": 1, "cancel": 0}),
    ],
)
def test_a_contract_that_takes_no_orders_is_closed(name, row):
    world = World()
    reply = {"status": "ok", "data": [{"contract_code": "BTC-USD", **row}], "ts": NOW_MS}
    world.desk.faults[name] = [httpx.Response(200, json=reply)]
    found = run(world.venue.markets(frozenset({"BTC-USD"})))

    assert not found.instruments["BTC-USD"].is_open


def test_best_prices_come_with_the_band_the_venue_takes():
    quotes = run(World().venue.markets(frozenset(), quotes_of=frozenset({"BTC-USD"}))).quotes
    quote = quotes["BTC-USD"]

    assert ("89999.9", "90000.1") == (str(quote.bid), str(quote.ask))
    assert ("93600", "86400") == (str(quote.buy_max), str(quote.sell_min))


@pytest.mark.parametrize("name", ["swap_contract_info", "bbo", "swap_price_limit"])
def test_markets_that_cannot_be_read_are_a_problem(name):
    world = World()
    world.desk.faults[name] = [LOST] * 3
    wanted = frozenset({"BTC-USD"})

    with pytest.raises(VenueProblem):
        run(world.venue.markets(wanted, quotes_of=wanted))


def test_venue_ids_are_text():
    world = World()
    order = world.desk.place(body(1))

    assert VenueOrderId(str(order.id)) == world.snapshot().resting[0].venue_order_id
    assert order.id > 2**53
