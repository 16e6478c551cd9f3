"""Order records, status words and fills."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.order import (
    ClientOrderId,
    Execution,
    RestingOrder,
    Side,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.model.snapshot import OrderPhase
from reconciler.venues.hyperliquid.replies.orders import fills, open_orders, order_status
from reconciler.venues.hyperliquid.replies.shape import Malformed
from reconciler.venues.hyperliquid.replies.words import MEANINGS, PHASES, phase_of
from tests.venues.support import recorded

CLOID = "0x1234567890abcdef1234567890abcdef"
LIMIT = {
    "coin": "BTC",
    "side": "B",
    "limitPx": "29792.0",
    "sz": "4.0",
    "oid": 91490942,
    "timestamp": 1681247412573,
    "triggerCondition": "N/A",
    "isTrigger": False,
    "triggerPx": "0.0",
    "children": [],
    "isPositionTpsl": False,
    "reduceOnly": False,
    "orderType": "Limit",
    "origSz": "5.0",
    "tif": "Gtc",
    "cloid": None,
}
STOP = {
    **LIMIT,
    "side": "A",
    "isTrigger": True,
    "triggerPx": "28000.0",
    "triggerCondition": "Price below 28000",
    "orderType": "Stop Market",
    "reduceOnly": True,
    "tif": None,
    "oid": 91490943,
}
FILL: dict[str, Any] = {
    "coin": "BTC",
    "px": "29792.0",
    "sz": "1.5",
    "side": "B",
    "time": 1681247412573,
    "startPosition": "0.0",
    "dir": "Open Long",
    "closedPnl": "0.0",
    "hash": "0x00",
    "oid": 91490942,
    "crossed": False,
    "fee": "-0.01",
    "tid": 118906512037719,
    "feeToken": "USDC",
    "twapId": None,
}


def only(reply) -> RestingOrder:
    [order] = open_orders(reply)
    return order


def without(record, *keys):
    return {key: value for key, value in record.items() if key not in keys}


def test_an_order_is_read():
    expected = RestingOrder(
        venue_order_id=VenueOrderId("91490942"),
        client_order_id=None,
        instrument="BTC",
        side=Side.BUY,
        price=Decimal(29792),
        quantity=Decimal(5),
        remaining=Decimal(4),
        venue_time_in_force="Gtc",
        placed_at_ms=1681247412573,
    )

    assert expected == only([LIMIT])


def test_recorded_orders_are_read_once_each():
    """A parent is shown with its children, which stand beside it as well."""
    parent, stop, profit = open_orders(recorded("frontendOpenOrders"))

    assert parent.trigger is None
    assert stop.trigger == Trigger(
        kind=TriggerKind.STOP_LOSS, price=Decimal("9.995"), execution=Execution.MARKET
    )
    assert profit.trigger == Trigger(
        kind=TriggerKind.TAKE_PROFIT, price=Decimal("10.004"), execution=Execution.MARKET
    )


def test_a_child_that_only_its_parent_shows_counts():
    parent = {**LIMIT, "children": [STOP]}

    assert ["91490942", "91490943"] == [each.venue_order_id for each in open_orders([parent])]


def test_a_child_inside_its_parent_is_dormant_wherever_else_it_stands():
    orders = open_orders([{**LIMIT, "children": [STOP]}, STOP])

    assert [False, True] == [order.is_dormant for order in orders]


def test_a_trigger_without_a_parent_is_awake():
    (order,) = open_orders([STOP])

    assert not order.is_dormant


def test_a_fired_trigger_says_so():
    fired = {**STOP, "isTrigger": False, "triggerPx": "0.0", "triggerCondition": "Triggered"}

    (order,) = open_orders([{**fired, "tif": "Gtc"}])

    assert (True, None) == (order.has_fired, order.trigger)


def test_a_child_of_a_child_counts():
    child = {**STOP, "children": [{**STOP, "oid": 91490944}]}

    assert 3 == len(open_orders([{**LIMIT, "children": [child]}]))


def test_the_top_level_counts_where_a_child_is_shown_in_two_ways():
    inside = {**STOP, "sz": "1.0"}
    orders = open_orders([{**LIMIT, "children": [inside]}, STOP])

    assert [Decimal(4), Decimal(4)] == [each.remaining for each in orders]


def test_the_order_of_the_reply_does_not_matter():
    assert open_orders([LIMIT, STOP]) == open_orders([STOP, LIMIT])


def test_one_order_in_two_ways_is_malformed():
    with pytest.raises(Malformed, match="two ways"):
        open_orders([LIMIT, {**LIMIT, "sz": "3.0"}])


def test_an_order_twice_the_same_counts_once():
    assert 1 == len(open_orders([LIMIT, LIMIT]))


@pytest.mark.parametrize(
    ("order_type", "kind", "execution"),
    [
        ("Stop Market", TriggerKind.STOP_LOSS, Execution.MARKET),
        ("Stop Limit", TriggerKind.STOP_LOSS, Execution.LIMIT),
        ("Take Profit Market", TriggerKind.TAKE_PROFIT, Execution.MARKET),
        ("Take Profit Limit", TriggerKind.TAKE_PROFIT, Execution.LIMIT),
    ],
)
def test_a_trigger_is_read(order_type, kind, execution):
    expected = Trigger(kind=kind, price=Decimal(28000), execution=execution)

    assert expected == only([{**STOP, "orderType": order_type}]).trigger


def test_a_fired_trigger_reads_back_as_a_plain_order():
    fired = {
        **STOP,
        "isTrigger": False,
        "triggerPx": "0.0",
        "triggerCondition": "Triggered",
        "tif": "Gtc",
    }

    assert only([fired]).trigger is None


@pytest.mark.parametrize("shown", [("0.0", "0.0"), ("5.0", "0.0"), ("0.0", "5.0")])
def test_protection_of_a_position_has_the_quantity_that_is_shown(shown):
    remaining, quantity = shown
    order = only([{**STOP, "isPositionTpsl": True, "sz": remaining, "origSz": quantity}])

    assert order.is_position_sized
    assert order.remaining <= order.quantity


def test_keys_that_are_not_set_may_be_absent():
    bare = without(LIMIT, "cloid", "children", "reduceOnly", "tif", "isPositionTpsl", "triggerPx")

    assert only([{**LIMIT, "tif": None}]) == only([bare])


def test_a_client_order_id_is_in_lower_case():
    order = only([{**LIMIT, "cloid": "0x" + CLOID[2:].upper()}])

    assert ClientOrderId(CLOID) == order.client_order_id


def test_no_orders_are_no_orders():
    assert () == open_orders([])


BAD_RECORDS = {
    "no object": 7,
    "no coin": without(LIMIT, "coin"),
    "an empty coin": {**LIMIT, "coin": ""},
    "no oid": without(LIMIT, "oid"),
    "an oid as text": {**LIMIT, "oid": "91490942"},
    "an oid that is true": {**LIMIT, "oid": True},
    "a negative oid": {**LIMIT, "oid": -1},
    "another side": {**LIMIT, "side": "S"},
    "a price as a number": {**LIMIT, "limitPx": 29792.0},
    "an exponent": {**LIMIT, "limitPx": "1e5"},
    "not a number": {**LIMIT, "limitPx": "NaN"},
    "a negative quantity": {**LIMIT, "sz": "-1.0"},
    "no original quantity": without(LIMIT, "origSz"),
    "more than was placed": {**LIMIT, "sz": "5.1"},
    "no time": without(LIMIT, "timestamp"),
    "a cloid that is a number": {**LIMIT, "cloid": 7},
    "a flag that is a text": {**LIMIT, "reduceOnly": "no"},
    "an unknown trigger": {**STOP, "orderType": "Trailing Stop"},
    "a trigger without a kind": without(STOP, "orderType"),
    "a trigger without a price": without(STOP, "triggerPx"),
    "children that are no list": {**LIMIT, "children": {}},
    "a malformed child": {**LIMIT, "children": [without(STOP, "coin")]},
}


@pytest.mark.parametrize("bad", BAD_RECORDS.values(), ids=BAD_RECORDS)
def test_one_malformed_record_spoils_the_whole_list(bad):
    with pytest.raises(Malformed, match=r"^frontendOpenOrders\[1\]: "):
        open_orders([LIMIT, bad])


@pytest.mark.parametrize("reply", [None, {}, "", 7, {"error": "x"}])
def test_a_reply_that_is_no_list_is_never_an_empty_one(reply):
    with pytest.raises(Malformed):
        open_orders(reply)


def test_a_message_does_not_repeat_what_was_read():
    with pytest.raises(Malformed) as raised:
        open_orders([{**LIMIT, "limitPx": "\x1b[31mred"}])

    assert "frontendOpenOrders[0]: limitPx is not a number" == str(raised.value)


def known(order=LIMIT, status="open", at=1681247412600):
    return {
        "status": "order",
        "order": {"order": order, "status": status, "statusTimestamp": at},
    }


def test_a_known_order_is_read():
    status = order_status(known(status="marginCanceled"))

    assert status is not None
    assert only([LIMIT]) == status.order
    assert ("marginCanceled", 1681247412600) == (status.word, status.at_ms)


def test_an_unknown_order_is_no_order():
    assert order_status({"status": "unknownOid"}) is None


@pytest.mark.parametrize("entry", recorded("historicalOrders"))
def test_recorded_history_is_read(entry):
    status = order_status({"status": "order", "order": entry})

    assert status is not None
    assert phase_of(status.word).is_terminal


@pytest.mark.parametrize(
    "reply",
    [
        None,
        [],
        {},
        {"status": "unknown"},
        {"status": "order"},
        {"status": "order", "order": LIMIT},
        {"status": "order", "order": {"order": LIMIT, "status": "open"}},
        {"status": "order", "order": {"order": LIMIT, "statusTimestamp": 1}},
        {"status": "order", "order": {"order": LIMIT, "status": "", "statusTimestamp": 1}},
        known(order=without(LIMIT, "sz")),
    ],
)
def test_a_malformed_status_is_not_an_unknown_order(reply):
    with pytest.raises(Malformed):
        order_status(reply)


def test_every_word_is_explained():
    assert PHASES.keys() == MEANINGS.keys()


def test_the_live_words_are_the_two_that_are_documented():
    live = {word for word, phase in PHASES.items() if not phase.is_terminal}

    assert {"open", "triggered"} == live


@pytest.mark.parametrize(("word", "phase"), PHASES.items())
def test_a_word_means_what_it_looks_like(word, phase):
    if word.lower().endswith("rejected"):
        assert OrderPhase.REJECTED is phase
    elif word == "siblingFilledCanceled":
        assert OrderPhase.SIBLING_FILLED is phase
    elif word.endswith("Canceled") or word in ("scheduledCancel", "internalCancel"):
        assert OrderPhase.CANCELLED_BY_VENUE is phase
    else:
        assert word in ("open", "triggered", "filled", "canceled")


@given(st.text())
def test_a_new_word_is_unknown(word):
    assert phase_of(f"{word}?") is OrderPhase.UNKNOWN


def test_fills_are_sorted_by_time_whatever_the_venue_s_order():
    later = {**FILL, "time": FILL["time"] + 1, "tid": 1}

    assert fills([FILL, later]) == fills([later, FILL])
    assert [FILL["time"], FILL["time"] + 1] == [fill.at_ms for fill in fills([later, FILL])]


def test_a_fill_is_read():
    [fill] = fills([{**FILL, "cloid": CLOID}])

    assert "1681247412573:BTC:118906512037719" == fill.fill_id
    assert ("91490942", CLOID) == (fill.venue_order_id, fill.client_order_id)
    assert (Side.BUY, Decimal(29792), Decimal("1.5")) == (fill.side, fill.price, fill.quantity)


@pytest.mark.parametrize("key", ["coin", "px", "sz", "side", "time", "oid", "tid"])
def test_a_fill_that_lacks_something_is_malformed(key):
    with pytest.raises(Malformed, match=f"^userFillsByTime\\[1\\]: {key} "):
        fills([FILL, without(FILL, key)])
