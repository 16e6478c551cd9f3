"""Commands to the text of requests and back; what does not fit exactly is refused."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Refused
from reconciler.model.command import Batch, BatchKind, ModifyOrder, PlaceOrder
from reconciler.model.order import (
    Execution,
    Terms,
    TimeInForce,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.venues.htx.wire.decode import decode
from reconciler.venues.htx.wire.encode import body_of, canonical
from reconciler.venues.htx.wire.text import json_text
from tests.venues.htx.world import batch, cancel, our, place, terms
from tests.venues.support import NOW_MS

OWN_IDS = {VenueOrderId("77/sl"): "900", VenueOrderId("78/tp"): "901"}
KNOWN_AS = {own_id: known_as for known_as, own_id in OWN_IDS.items()}


def text_of(*commands) -> str:
    return body_of(canonical(batch(*commands)), nonce=NOW_MS, own_ids=OWN_IDS)


def sent(*commands):
    return json.loads(text_of(*commands))


def child(kind: TriggerKind, parent: Terms, trigger: str, price: str) -> PlaceOrder:
    wanted = Terms(
        instrument=parent.instrument,
        side=parent.side.opposite,
        price=Decimal(price),
        quantity=parent.quantity,
        post_only=False,
        reduce_only=True,
        trigger=Trigger(kind=kind, price=Decimal(trigger), execution=Execution.LIMIT),
        options=parent.options,
    )
    return PlaceOrder(client_order_id=our(50), terms=wanted)


def group() -> PlaceOrder:
    parent = terms()
    profit = child(TriggerKind.TAKE_PROFIT, parent, "99000", "98900.5")
    loss = child(TriggerKind.STOP_LOSS, parent, "70000", "69000")
    return place(1, parent, profit, loss)


def test_one_order_and_several_have_paths_of_their_own():
    assert "/swap-api/v1/swap_order" == sent(place(1))["path"]
    assert "/swap-api/v1/swap_batchorder" == sent(place(1), place(2))["path"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "post_only"),
        ({"post_only": False}, "limit"),
        ({"post_only": False, "time_in_force": TimeInForce.IOC}, "ioc"),
    ],
)
def test_each_kind_of_order_has_its_word(changes, kind):
    assert kind == sent(place(1, terms(**changes)))["body"]["order_price_type"]


@pytest.mark.parametrize(
    ("side", "reduce_only", "words"),
    [
        ("buy", False, ("buy", "open")),
        ("sell", True, ("sell", "close")),
        ("sell", False, ("sell", "open")),
        ("buy", True, ("buy", "close")),
    ],
)
def test_both_position_sides_are_opened_and_closed(side, reduce_only, words):
    found = sent(place(1, terms(side=side, reduce_only=reduce_only)))["body"]

    assert words == (found["direction"], found["offset"])


def test_attached_orders_ride_on_their_parent():
    body = sent(group())["body"]

    assert {
        "tp_trigger_price": 99000,
        "tp_order_price": 98900.5,
        "tp_order_price_type": "limit",
        "sl_trigger_price": 70000,
        "sl_order_price": 69000,
        "sl_order_price_type": "limit",
    }.items() <= body.items()


def test_attached_orders_are_read_back_without_ids():
    made = canonical(batch(group()))

    assert made == decode(body_of(made, nonce=NOW_MS, own_ids={}), {}).batch
    assert [our(1), "", ""] == [item.client_order_id for item in made.items]


PRICES = st.decimals("0.0001", "999999", places=4).map(Decimal.normalize)


@st.composite
def orders(draw) -> PlaceOrder:
    post_only = draw(st.booleans())
    return place(
        draw(st.integers(1, 2**31 - 1)),
        terms(
            str(draw(PRICES)),
            draw(st.integers(1, 10**6)),
            side=draw(st.sampled_from(("buy", "sell"))),
            name=draw(st.sampled_from(("BTC-USD", "THETA-USD"))),
            reduce_only=draw(st.booleans()),
            post_only=post_only,
            time_in_force=TimeInForce.GTC
            if post_only
            else draw(st.sampled_from(tuple(TimeInForce))),
            options=(("leverage", str(draw(st.integers(1, 200)))),),
        ),
    )


@given(st.lists(orders(), min_size=1, max_size=10))
def test_what_is_written_is_read_back(found):
    made = canonical(Batch(kind=BatchKind.PLACE, commands=tuple(found)))
    text = body_of(made, nonce=NOW_MS, own_ids={})

    assert made == decode(text, {}).batch


@given(st.lists(orders(), min_size=1, max_size=3))
def test_what_is_sent_is_the_body_and_nothing_else(found):
    text = text_of(*found)
    content = decode(text, {}).content

    assert text.endswith(f'"body":{content}}}')
    assert json.loads(content) == json.loads(text)["body"]


@pytest.mark.parametrize(
    ("commands", "body"),
    [
        (
            [cancel("7", 1), cancel("8", 2)],
            {"contract_code": "BTC-USD", "order_id": "7,8"},
        ),
        (
            [cancel("7", 1), cancel(None, 2)],
            {"contract_code": "BTC-USD", "client_order_id": f"{our(1)},{our(2)}"},
        ),
        (
            [cancel("77/sl"), cancel("78/tp")],
            {"contract_code": "BTC-USD", "order_id": "900,901"},
        ),
    ],
)
def test_a_request_cancels_by_one_kind_of_id(commands, body):
    assert body == sent(*commands)["body"]


@pytest.mark.parametrize(
    "commands", [[cancel("7", 1), cancel("8", 2)], [cancel(None, 1)], [cancel("77/sl", 1)]]
)
def test_cancels_are_read_back(commands):
    made = canonical(batch(*commands))

    assert made == decode(body_of(made, nonce=NOW_MS, own_ids=OWN_IDS), KNOWN_AS).batch


def test_attached_orders_are_cancelled_by_their_own_path():
    assert "/swap-api/v1/swap_tpsl_cancel" == sent(cancel("77/sl"))["path"]


@pytest.mark.parametrize(
    "commands",
    [
        [cancel("7"), cancel("8", name="ETH-USD")],
        [cancel("7"), cancel("77/sl")],
        [place(n) for n in range(1, 12)],
        [place(1, terms(quantity=1, trigger=Trigger(
            kind=TriggerKind.STOP_LOSS, price=Decimal(1), execution=Execution.LIMIT)))],
    ],
)  # fmt: skip
def test_what_no_request_can_say_is_not_written(commands):
    with pytest.raises(AssertionError):
        text_of(*commands)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": Decimal(2)},
        {"options": (("leverage", "6"),)},
        {"trigger": Trigger(
            kind=TriggerKind.STOP_LOSS, price=Decimal(70_000), execution=Execution.MARKET)},
    ],
)  # fmt: skip
def test_an_attached_order_that_the_wire_cannot_say_is_not_written(changes):
    made = group()
    loss = made.children[1]
    odd = replace(loss, terms=replace(loss.terms, **changes))

    with pytest.raises(AssertionError):
        text_of(replace(made, children=(made.children[0], odd)))


def test_nothing_is_modified():
    modify = ModifyOrder(target=VenueOrderId("7"), client_order_id=our(1), terms=terms())

    with pytest.raises(AssertionError):
        canonical(Batch(kind=BatchKind.MODIFY, commands=(modify,)))


GOOD = text_of(place(1, terms("80000.5")))
BATCH = text_of(place(1), place(2))
CANCEL = text_of(cancel("7"), cancel("8"))


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (GOOD, '"volume":3', '"volume":"3"'),
        (GOOD, '"volume":3', '"volume":3.0'),
        (GOOD, '"volume":3', '"volume":0'),
        (GOOD, '"volume":3', '"volume":-3'),
        (GOOD, '"volume":3', '"volume":3e0'),
        (GOOD, '"volume":3', '"volume": 3'),
        (GOOD, '"lever_rate":5', '"lever_rate":5.0'),
        (GOOD, "80000.5", "80000.50"),
        (GOOD, "80000.5", "8.00005e4"),
        (GOOD, "80000.5", '"80000.5"'),
        (GOOD, "80000.5", "0"),
        (GOOD, "80000.5", "NaN"),
        (GOOD, '"direction":"buy"', '"direction":"BUY"'),
        (GOOD, '"offset":"open"', '"offset":"both"'),
        (GOOD, '"post_only"', '"fok"'),
        (GOOD, '"BTC-USD"', '"btc-usd"'),
        (GOOD, '"BTC-USD"', '"BTC-USDT"'),
        (GOOD, '"volume":3', '"volume":3,"channel_code":"x"'),
        (GOOD, '"volume":3', '"volume":3,"volume":4'),
        (GOOD, '"volume":3,', ""),
        (GOOD, "swap_order", "swap_cancelall"),
        (GOOD, "T", " "),
        (GOOD, '"body"', '"Body"'),
        (BATCH, "swap_batchorder", "swap_order"),
        (BATCH, '"orders_data"', '"orders"'),
        (CANCEL, "7,8", "7, 8"),
        (CANCEL, "7,8", ""),
        (CANCEL, "7,8", ",".join("1" * 11)),
        (CANCEL, '"order_id"', '"id"'),
        (CANCEL, "swap_cancel", "swap_tpsl_cancel"),
        ("{", "{", "["),
        ("{}", "{", "{"),
    ],
)  # fmt: skip
def test_a_text_that_is_not_ours_is_refused(text, old, new):
    assert old in text
    with pytest.raises(Refused):
        decode(text.replace(old, new, 1), {})


def test_half_an_attached_order_is_refused():
    text = text_of(group())
    for part in (',"tp_order_price_type":"limit"', ',"sl_trigger_price":70000'):
        assert part in text
        with pytest.raises(Refused):
            decode(text.replace(part, ""), {})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": Decimal("1.50"), "b": [1, "x"]}, '{"a":1.5,"b":[1,"x"]}'),
        (Decimal("0E-18"), "0"),
        ('quo"te', '"quo\\"te"'),
    ],
)
def test_a_value_has_one_spelling(value, text):
    assert text == json_text(value)


@pytest.mark.parametrize("value", [True, None, 1.5, (1,)])
def test_a_value_of_no_request_is_not_written(value):
    with pytest.raises(TypeError):
        json_text(value)
