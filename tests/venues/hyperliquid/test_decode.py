"""The last gate refuses whatever is not exactly one of our requests."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Refused
from reconciler.venues.hyperliquid.wire.decode import decode
from tests.venues.support import DATA

NAMES = {0: "BTC", 1: "ETH"}
CLOID = "0x1234567890abcdef1234567890abcdef"
LIMIT = {"limit": {"tif": "Alo"}}
STOP = {"trigger": {"isMarket": True, "triggerPx": "55000", "tpsl": "sl"}}
VECTORS = json.loads((DATA / "hyperliquid_signing_vectors.json").read_text(encoding="utf-8"))


def order(**changes):
    wire = {"a": 0, "b": True, "p": "60000", "s": "0.001", "r": False, "t": LIMIT, "c": CLOID}
    return {**wire, **changes}


def stop(**changes):
    return order(**{"b": False, "r": True, "t": STOP, **changes})


def action(*orders, **changes):
    return {"type": "order", "orders": list(orders), "grouping": "na", **changes}


def body(what, **changes):
    envelope = {"action": what, "nonce": 1, "expiresAfter": 2, "vaultAddress": None}
    return json.dumps({**envelope, **changes})


def swapped(source, first):
    """Return the same object with one key moved to the front."""
    return {first: source[first], **{key: source[key] for key in source if key != first}}


def without(source, key):
    return {name: value for name, value in source.items() if name != key}


MODIFY = {"oid": 7, "order": order()}
BUILDER = {"b": "0x" + "ab" * 20, "f": 10}
GOOD = {
    "order": action(order()),
    "builder": {**action(order()), "builder": BUILDER},
    "group": action(order(), stop(), grouping="normalTpsl"),
    "position": action(stop(s="0"), grouping="positionTpsl"),
    "modify": {"type": "batchModify", "modifies": [MODIFY]},
    "modify by ours": {"type": "batchModify", "modifies": [{**MODIFY, "oid": CLOID}]},
    "cancel": {"type": "cancel", "cancels": [{"a": 0, "o": 7}]},
    "cancel by ours": {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": CLOID}]},
}


@pytest.mark.parametrize("what", GOOD.values(), ids=GOOD)
def test_our_actions_are_read(what):
    assert decode(body(what), NAMES).batch.commands


BAD_ACTIONS = {
    "no object": "order",
    "a list": [],
    "another type": {"type": "scheduleCancel"},
    "no type": {},
    "a type that is no text": {"type": ["order"], "orders": [], "grouping": "na"},
    "a single modify": {"type": "modify", "oid": 7, "order": order()},
    "always place": {"type": "batchModify", "modifies": [MODIFY], "a": True},
    "fast cancel": {"type": "cancel", "cancels": [{"a": 0, "o": 7}], "f": True},
    "grouping first": swapped(action(order()), "grouping"),
    "no orders": action(),
    "orders that are no list": action(order()) | {"orders": order()},
    "an order that is no object": action("order"),
    "an unknown grouping": action(order(), grouping="p"),
    "a priority fee": action(order(), grouping={"p": 1}),
    "a builder in another order": {**action(order()), "builder": swapped(BUILDER, "f")},
    "a builder in upper case": {
        **action(order()),
        "builder": {**BUILDER, "b": "0x" + "AB" * 20},
    },
    "a negative fee": {**action(order()), "builder": {**BUILDER, "f": -1}},
    "another key for the builder": {**action(order()), "build": BUILDER},
    "a group of one": action(order(), grouping="normalTpsl"),
    "a group of plain orders": action(order(), order(), grouping="normalTpsl"),
    "a group led by a trigger": action(stop(), stop(), grouping="normalTpsl"),
    "an order without a quantity": action(order(s="0")),
    "a trigger without a quantity": action(stop(s="0")),
    "a group without a quantity": action(order(), stop(s="0"), grouping="normalTpsl"),
    "protection with a quantity": action(stop(), grouping="positionTpsl"),
    "protection that opens": action(stop(s="0", r=False), grouping="positionTpsl"),
    "a modified trigger": {"type": "batchModify", "modifies": [{"oid": 7, "order": stop()}]},
    "a modify to nothing": {
        "type": "batchModify",
        "modifies": [{"oid": 7, "order": order(s="0")}],
    },
    "a modify of a fraction": {"type": "batchModify", "modifies": [{**MODIFY, "oid": 7.5}]},
    "a modify of a name": {"type": "batchModify", "modifies": [{**MODIFY, "oid": "7"}]},
    "a cancel with ours": {"type": "cancel", "cancels": [{"asset": 0, "cloid": CLOID}]},
    "a cancel by ours with theirs": {"type": "cancelByCloid", "cancels": [{"a": 0, "o": 7}]},
    "an asset nobody read": {"type": "cancel", "cancels": [{"a": 9, "o": 7}]},
    "a negative order": {"type": "cancel", "cancels": [{"a": 0, "o": -7}]},
    "an order that is true": {"type": "cancel", "cancels": [{"a": 0, "o": True}]},
}

BAD_ORDERS = {
    "price behind quantity": swapped(order(), "s"),
    "no client order id": without(order(), "c"),
    "a long key": {**without(order(), "c"), "cloid": CLOID},
    "an extra key": order(x=1),
    "upper case": order(c="0x" + CLOID[2:].upper()),
    "a short id": order(c=CLOID[:-1]),
    "a padded price": order(p="60000.0"),
    "a padded quantity": order(s="0.0010"),
    "a leading zero": order(p="060000"),
    "a signed price": order(p="+60000"),
    "a negative price": order(p="-1"),
    "an exponent": order(p="6e4"),
    "nine decimals": order(s="0.123456789"),
    "a price of zero": order(p="0"),
    "a number that is no text": order(p=60000),
    "full-width digits": order(p="\uff16"),
    "a line end": order(p="60000\n"),
    "a side that is a number": order(b=1),
    "reduce-only as a text": order(r="true"),
    "an unknown time in force": order(t={"limit": {"tif": "FrontendMarket"}}),
    "a time in force as a list": order(t={"limit": {"tif": ["Alo"]}}),
    "an unknown kind": order(t={"twap": {}}),
    "two kinds": order(t={**LIMIT, **STOP}),
    "no kind": order(t={}),
    "trigger price first": stop(t={"trigger": swapped(STOP["trigger"], "triggerPx")}),
    "a trigger of another kind": stop(t={"trigger": {**STOP["trigger"], "tpsl": "x"}}),
    "a trigger at zero": stop(t={"trigger": {**STOP["trigger"], "triggerPx": "0"}}),
    "a market that is a text": stop(t={"trigger": {**STOP["trigger"], "isMarket": "yes"}}),
}

BAD_BODIES = {
    "not JSON": "{",
    "nothing": "",
    "deep": "[" * 100_000,
    "a list": "[]",
    "no nonce": json.dumps({"action": GOOD["order"]}),
    "a nonce as a text": body(GOOD["order"], nonce="1"),
    "a nonce as a fraction": body(GOOD["order"], nonce=1.0),
    "no expiry": body(GOOD["order"], expiresAfter=None),
    "a vault in upper case": body(GOOD["order"], vaultAddress="0x" + "AB" * 20),
    "a signature": body(GOOD["order"], signature={}),
    "a noop": body({"type": "noop"}),
    "a key twice": body(GOOD["order"])[:-1] + ', "nonce": 1}',
    **{name: body(what) for name, what in BAD_ACTIONS.items()},
    **{name: body(action(wire)) for name, wire in BAD_ORDERS.items()},
}


@pytest.mark.parametrize("text", BAD_BODIES.values(), ids=BAD_BODIES)
def test_anything_else_is_refused(text):
    with pytest.raises(Refused) as raised:
        decode(text, NAMES)

    [diagnostic] = raised.value.diagnostics
    assert "unreadable-action" == diagnostic.code
    assert CLOID not in raised.value.render()


WRONG_FORMS = {
    vector["id"]: vector["signed"]
    for vector in VECTORS["negative_vectors"]
    # These differ between envelope and hash; what is hashed is itself in canonical form.
    if vector["id"]
    not in (
        "neg-wrong-network",
        "neg-nonce-mismatch",
        "neg-vault-omitted-from-hash",
        "neg-expires-omitted-from-hash",
    )
}


@pytest.mark.parametrize("signed", WRONG_FORMS.values(), ids=WRONG_FORMS)
def test_a_form_that_signs_for_a_stranger_is_refused(signed):
    with pytest.raises(Refused):
        decode(body(signed["action"]), NAMES)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "orders", "grouping", "a", "o", "cancels", "t", "limit"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_arbitrary_actions_are_refused_and_nothing_else(value):
    with pytest.raises(Refused):
        decode(body(value), NAMES)


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_changed_character_is_refused_or_read_as_something_else(name, data):
    """A change that is still one of our requests never reads as the request it was."""
    text = body(GOOD[name])
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.characters()) + text[place + 1 :]
    try:
        request = decode(changed, NAMES)
    except Refused:
        return

    same = json.loads(changed) == json.loads(text)
    assert same == (request == decode(text, NAMES))
