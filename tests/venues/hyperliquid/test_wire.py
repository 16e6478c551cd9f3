"""Commands to actions and back; the last gate."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.command import Batch, BatchKind, CancelOrder, ModifyOrder, PlaceOrder
from reconciler.model.identity import WIDE
from reconciler.model.order import (
    ClientOrderId,
    Execution,
    Side,
    Terms,
    TimeInForce,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.venues.hyperliquid.wire.decode import decode
from reconciler.venues.hyperliquid.wire.encode import action_of, body_of, canonical
from tests.venues.support import DATA

VECTORS = {
    vector["id"]: vector
    for vector in json.loads((DATA / "hyperliquid_signing_vectors.json").read_text())["l1_vectors"]
}
ASSETS = {"BTC": 0, "ETH": 1, "SOL": 5, "abc:XYZ": 110_000, "@107": 10_107}
NAMES = {number: name for name, number in ASSETS.items()}
CLOID = ClientOrderId("0x1234567890abcdef1234567890abcdef")
OTHER = ClientOrderId("0xfedcba0987654321fedcba0987654321")
THIRD = ClientOrderId("0x00000000000000000000000000000abc")
BUILDER = "0x8c967e73e7b15087c42a10d344cff4c96d877f1d"
VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
NONCE = 1_760_000_000_000
EXPIRES = NONCE + 15_000


def terms(price="60000", quantity="0.001", *, instrument="BTC", side=Side.BUY, **more) -> Terms:
    return Terms(
        instrument=instrument,
        side=side,
        price=Decimal(price),
        quantity=Decimal(quantity),
        **more,
    )


def trigger(kind, price, execution=Execution.MARKET) -> Trigger:
    return Trigger(kind=kind, price=Decimal(price), execution=execution)


def stop(price="54000", quantity="0.001", *, at="55000", **more) -> Terms:
    return terms(
        price,
        quantity,
        side=Side.SELL,
        reduce_only=True,
        trigger=trigger(TriggerKind.STOP_LOSS, at),
        **more,
    )


def profit(price="66000", quantity="0.001", **more) -> Terms:
    return replace(stop(price, quantity, **more), trigger=trigger(TriggerKind.TAKE_PROFIT, "66000"))


def place(order: Terms, cloid=CLOID, *children: PlaceOrder) -> PlaceOrder:
    return PlaceOrder(client_order_id=cloid, terms=order, children=children)


def places(*orders: PlaceOrder) -> Batch:
    return Batch(kind=BatchKind.PLACE, commands=orders)


def modify(order: Terms, target="91490942", cloid=CLOID) -> ModifyOrder:
    return ModifyOrder(target=VenueOrderId(target), client_order_id=cloid, terms=order)


def modifies(*orders: ModifyOrder) -> Batch:
    return Batch(kind=BatchKind.MODIFY, commands=orders)


def cancel(target=None, cloid=None, instrument="BTC") -> CancelOrder:
    return CancelOrder(
        instrument=instrument,
        target=None if target is None else VenueOrderId(target),
        client_order_id=cloid,
    )


def cancels(*orders: CancelOrder) -> Batch:
    return Batch(kind=BatchKind.CANCEL, commands=orders)


def body(batch: Batch, *, vault=None) -> str:
    action = action_of(canonical(batch), ASSETS)
    return body_of(action, nonce=NONCE, expires_at_ms=EXPIRES, vault_address=vault)


KNOWN = {
    "gen-order-alo-cloid": places(place(terms())),
    "gen-order-hip3": places(place(terms("12.345", "10", instrument="abc:XYZ", post_only=False))),
    "gen-cancelByCloid": cancels(cancel(cloid=CLOID)),
    "gen-batchModify": modifies(
        modify(terms("60500", "0.002")),
        modify(
            terms("3500.1", "0.25", instrument="ETH", side=Side.SELL, post_only=False),
            OTHER,
            OTHER,
        ),
    ),
}


@pytest.mark.parametrize(("name", "batch"), KNOWN.items(), ids=KNOWN)
def test_an_action_is_the_one_of_the_known_signature(name, batch):
    """Compared as text: the order of the keys is part of what is signed."""
    action = action_of(canonical(batch), ASSETS)

    assert json.dumps(VECTORS[name]["action"]) == json.dumps(action)


def test_a_group_is_the_parent_and_its_children_in_one_action():
    expected = json.loads(json.dumps(VECTORS["gen-order-normalTpsl"]["action"]))
    expected["orders"][2]["c"] = THIRD
    batch = places(
        place(terms(post_only=False), CLOID, place(profit(), OTHER), place(stop(), THIRD))
    )

    assert json.dumps(expected) == json.dumps(action_of(canonical(batch), ASSETS))


def test_a_cancel_by_venue_id_names_the_order_of_the_known_signature():
    expected = VECTORS["gen-cancel"]["action"]
    batch = cancels(
        *(
            cancel(str(each["o"]), instrument=NAMES[each["a"]], cloid=CLOID)
            for each in expected["cancels"]
        )
    )

    assert json.dumps(expected) == json.dumps(action_of(canonical(batch), ASSETS))


def test_protection_of_a_position_is_grouped_and_without_a_quantity():
    batch = places(place(profit(quantity="0"), CLOID), place(stop(quantity="0"), OTHER))
    action = action_of(canonical(batch), ASSETS)

    assert "positionTpsl" == action["grouping"]
    assert ["0", "0"] == [order["s"] for order in json.loads(json.dumps(action))["orders"]]


def test_a_builder_stands_behind_the_grouping():
    options = (
        ("builder.address", BUILDER.upper().replace("X", "x")),
        ("builder.fee_tenth_bps", "10"),
    )
    action = action_of(canonical(places(place(terms(options=options)))), ASSETS)

    assert ["type", "orders", "grouping", "builder"] == list(action)
    assert VECTORS["gen-order-builder"]["action"]["builder"] == action["builder"]


def test_no_builder_means_no_key():
    assert "builder" not in action_of(canonical(places(place(terms()))), ASSETS)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (terms(), {"limit": {"tif": "Alo"}}),
        (terms(post_only=False), {"limit": {"tif": "Gtc"}}),
        (
            terms(post_only=False, time_in_force=TimeInForce.IOC),
            {"limit": {"tif": "Ioc"}},
        ),
        (stop(), {"trigger": {"isMarket": True, "triggerPx": "55000", "tpsl": "sl"}}),
        (
            replace(stop(), trigger=trigger(TriggerKind.TAKE_PROFIT, "1.5", Execution.LIMIT)),
            {"trigger": {"isMarket": False, "triggerPx": "1.5", "tpsl": "tp"}},
        ),
    ],
)
def test_an_order_has_one_type(order, expected):
    action = action_of(canonical(places(place(order))), ASSETS)

    assert json.dumps(expected) == json.dumps(json.loads(json.dumps(action))["orders"][0]["t"])


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("60000.0", "60000"),
        ("6E+4", "60000"),
        ("0.10", "0.1"),
        ("0.00000001", "0.00000001"),
        ("123456789.12345678", "123456789.12345678"),
    ],
)
def test_a_number_is_written_in_one_way(price, expected):
    action = action_of(canonical(places(place(terms(price)))), ASSETS)

    assert expected == json.loads(json.dumps(action))["orders"][0]["p"]


def test_no_action_places_again_what_has_filled():
    """`a` in a modify would; the key is not written at all."""
    action = action_of(canonical(KNOWN["gen-batchModify"]), ASSETS)

    assert ["type", "modifies"] == list(action)


def test_one_modify_is_a_batch_of_one():
    """A single `modify` is answered without the new order's id."""
    action = action_of(canonical(modifies(modify(terms("60500", "0.002")))), ASSETS)

    single = VECTORS["gen-modify-oid"]["action"]
    assert {
        "type": "batchModify",
        "modifies": [{"oid": single["oid"], "order": single["order"]}],
    } == action


@pytest.mark.parametrize("name", ["gen-modify-oid", "gen-modify-cloid"])
def test_a_modify_names_its_order_by_either_id(name):
    single = VECTORS[name]["action"]
    action = action_of(
        canonical(modifies(modify(terms("60500", "0.002"), str(single["oid"])))), ASSETS
    )

    assert [single["oid"]] == [each["oid"] for each in json.loads(json.dumps(action))["modifies"]]


def test_a_fast_cancel_is_never_asked_for():
    """The key `f` has no effect yet, and a trigger order refuses it."""
    by_either = (cancels(cancel("7", CLOID)), cancels(cancel(cloid=CLOID)))

    assert [["type", "cancels"]] * 2 == [list(action_of(canonical(b), ASSETS)) for b in by_either]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (terms(), ("0", True, "60000", "0.001", False)),
        (
            terms("3500.1", "0.25", instrument="ETH", side=Side.SELL, reduce_only=True),
            ("1", False, "3500.1", "0.25", True),
        ),
    ],
)
def test_an_order_says_what_side_price_quantity_and_purpose(order, said):
    (wire,) = json.loads(body(places(place(order))))["action"]["orders"]

    assert said == (str(wire["a"]), wire["b"], wire["p"], wire["s"], wire["r"])
    assert ["a", "b", "p", "s", "r", "t", "c"] == list(wire)


def test_hex_is_in_lower_case():
    upper = ClientOrderId("0x" + CLOID[2:].upper())
    batch = places(place(terms(), upper))

    assert CLOID in body(batch)
    assert upper not in body(batch)
    assert CLOID in body(cancels(cancel(cloid=upper)))
    assert CLOID in body(modifies(modify(terms(), upper, upper)))


def test_a_batch_with_an_unknown_venue_id_cancels_by_ours():
    batch = cancels(cancel("7", CLOID), cancel(None, OTHER))
    action = action_of(canonical(batch), ASSETS)

    assert {
        "type": "cancelByCloid",
        "cancels": [{"asset": 0, "cloid": CLOID}, {"asset": 0, "cloid": OTHER}],
    } == action


FAULTY = {
    "no commands": (places(), "1 to 39"),
    "too many": (places(*(place(terms()) for _ in range(40))), "1 to 39"),
    "too many with children": (
        places(place(terms(), CLOID, *(place(stop()) for _ in range(39)))),
        "1 to 39",
    ),
    "two kinds": (
        Batch(kind=BatchKind.PLACE, commands=(cancel("1"),)),
        "one kind",
    ),
    "a modified trigger": (modifies(modify(stop())), "never modified"),
    "a group among others": (
        places(place(terms(), CLOID, place(stop())), place(terms())),
        "action of its own",
    ),
    "a child that opens": (
        places(place(terms(), CLOID, place(replace(stop(), reduce_only=False)))),
        "reduce-only triggers",
    ),
    "a child that is plain": (
        places(place(terms(), CLOID, place(terms(reduce_only=True)))),
        "reduce-only triggers",
    ),
    "a grandchild": (
        places(place(terms(), CLOID, place(stop(), CLOID, place(stop())))),
        "reduce-only triggers",
    ),
    "a trigger with children": (
        places(place(stop(), CLOID, place(stop()))),
        "a parent is no trigger",
    ),
    "protection among others": (
        places(place(stop(quantity="0")), place(stop())),
        "protection of a position",
    ),
    "protection thrice": (
        places(*(place(stop(quantity="0")) for _ in range(3))),
        "protection of a position",
    ),
    "two builders": (
        places(place(terms()), place(terms(options=(("builder.address", BUILDER),)))),
        "a builder belongs",
    ),
    "a cancel without an id": (cancels(cancel("1"), cancel()), "a cancel has an id"),
}


@pytest.mark.parametrize(("batch", "message"), FAULTY.values(), ids=FAULTY)
def test_a_batch_that_cannot_be_one_action_is_a_fault_of_ours(batch, message):
    with pytest.raises(AssertionError, match=message):
        canonical(batch)


@pytest.mark.parametrize(
    "order",
    [
        terms("0.123456789"),
        terms(quantity="0.123456789"),
        terms("0"),
        terms("-1"),
        terms(quantity="0"),
        stop(at="0"),
        terms(time_in_force=TimeInForce.IOC),
    ],
)
def test_an_order_that_the_wire_cannot_say_is_a_fault_of_ours(order):
    with pytest.raises(AssertionError):
        action_of(canonical(places(place(order))), ASSETS)


def test_an_instrument_without_an_asset_id_is_a_fault_of_ours():
    with pytest.raises(KeyError):
        action_of(canonical(places(place(terms(instrument="DOGE")))), ASSETS)


# The round trip.

money = st.decimals("0.00000001", "999999", places=8)
instruments = st.sampled_from(sorted(ASSETS))
cloids = st.integers(0, 2**128 - 1).map(lambda number: ClientOrderId(f"0x{number:032x}"))
sides = st.sampled_from(Side)
limits = st.sampled_from(
    [(TimeInForce.GTC, True), (TimeInForce.GTC, False), (TimeInForce.IOC, False)]
)
triggers = st.builds(
    Trigger, kind=st.sampled_from(TriggerKind), price=money, execution=st.sampled_from(Execution)
)
builders = st.sampled_from([(), (("builder.address", BUILDER), ("builder.fee_tenth_bps", "10"))])


@st.composite
def plain_terms(draw, options=()):
    time_in_force, post_only = draw(limits)
    return Terms(
        instrument=draw(instruments),
        side=draw(sides),
        price=draw(money),
        quantity=draw(money),
        time_in_force=time_in_force,
        post_only=post_only,
        reduce_only=draw(st.booleans()),
        options=options,
    )


@st.composite
def trigger_terms(draw, options=(), quantity=money):
    return Terms(
        instrument=draw(instruments),
        side=draw(sides),
        price=draw(money),
        quantity=draw(quantity),
        post_only=draw(st.booleans()),
        time_in_force=draw(st.sampled_from(TimeInForce)),
        reduce_only=True,
        trigger=draw(triggers),
        options=options,
    )


@st.composite
def place_batches(draw):
    options = draw(builders)
    form = draw(st.sampled_from(["plain", "group", "position"]))
    if form == "group":
        kinds = st.lists(trigger_terms(), min_size=1, max_size=2)
        children = [place(child, draw(cloids)) for child in draw(kinds)]
        return places(place(draw(plain_terms(options)), draw(cloids), *children))
    kind = trigger_terms(options, st.just(Decimal(0)))
    if form == "plain":
        kind = plain_terms(options) | trigger_terms(options)
    orders = draw(st.lists(kind, min_size=1, max_size=2 if form == "position" else 39))
    return places(*(place(order, draw(cloids)) for order in orders))


modify_batches = st.lists(
    st.builds(
        ModifyOrder,
        target=st.integers(0, 2**50).map(lambda oid: VenueOrderId(str(oid))) | cloids,
        client_order_id=cloids,
        terms=plain_terms(),
    ),
    min_size=1,
    max_size=39,
).map(lambda orders: modifies(*orders))
cancel_batches = st.lists(
    st.builds(
        CancelOrder,
        instrument=instruments,
        target=st.integers(0, 2**50).map(lambda oid: VenueOrderId(str(oid))) | st.none(),
        client_order_id=cloids,
    ),
    min_size=1,
    max_size=39,
).map(lambda orders: cancels(*orders))
batches = place_batches() | modify_batches | cancel_batches
vaults = st.sampled_from([None, VAULT])


@given(batches, vaults)
def test_what_is_read_back_is_what_was_meant(batch, vault):
    request = decode(body(batch, vault=vault), NAMES)

    assert canonical(batch) == request.batch
    assert (NONCE, EXPIRES, vault) == (request.nonce, request.expires_at_ms, request.vault_address)


@given(batches)
def test_what_the_wire_says_is_said_the_same_again(batch):
    once = canonical(batch)

    assert once == canonical(once)
    assert body(batch) == body(once)


@given(batches)
def test_the_body_is_canonical_json(batch):
    text = body(batch)

    assert text == json.dumps(json.loads(text), separators=(",", ":"))
    assert text.isascii()


def test_a_wide_id_is_written_as_it_is():
    cloid = WIDE.encode(tag=1, digest=2, incarnation=3)

    assert cloid == cloid.lower()
    assert cloid in body(places(place(terms(), cloid)))
