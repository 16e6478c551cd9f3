"""Answers to actions: accepted, rejected, or no proof either way."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.command import BatchKind, CancelOrder, Command, ModifyOrder, PlaceOrder
from reconciler.model.order import ClientOrderId, Side, Terms, VenueOrderId
from reconciler.model.outcome import Accepted, Rejected, RejectReason, Unknown
from reconciler.secret import Redactor, Secret
from reconciler.venues.hyperliquid.replies.exchange import REASONS, burned, outcomes, reason_of

CLOID = ClientOrderId("0x1234567890abcdef1234567890abcdef")
OTHER = ClientOrderId("0xfedcba0987654321fedcba0987654321")
TERMS = Terms(instrument="BTC", side=Side.BUY, price=Decimal(60000), quantity=Decimal(1))
PLACE = PlaceOrder(client_order_id=CLOID, terms=TERMS)
SECOND = PlaceOrder(client_order_id=OTHER, terms=TERMS)
MODIFY = ModifyOrder(target=VenueOrderId("7"), client_order_id=CLOID, terms=TERMS)
STOP = PlaceOrder(client_order_id=OTHER, terms=replace(TERMS, side=Side.SELL, reduce_only=True))
GROUP = replace(PLACE, children=(STOP,))
CANCEL = CancelOrder(instrument="BTC", target=VenueOrderId("7"), client_order_id=None)
ITEM_OF: dict[BatchKind, Command] = {
    BatchKind.PLACE: PLACE,
    BatchKind.MODIFY: MODIFY,
    BatchKind.CANCEL: CANCEL,
}
GONE = "Order was never placed, already canceled, or filled. asset=173"


def read(reply, kind=BatchKind.PLACE, items=None, status=200, *, redact=str):
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    sent = (ITEM_OF[kind],) if items is None else items
    return outcomes(status, body, kind, sent, redact=redact)


def ok(*statuses, type_="order"):
    return {"status": "ok", "response": {"type": type_, "data": {"statuses": list(statuses)}}}


def err(text):
    return {"status": "err", "response": text}


EXPLICIT = [
    ({"resting": {"oid": 5}}, BatchKind.PLACE, Accepted(venue_order_id=VenueOrderId("5"))),
    (
        {"resting": {"oid": 5, "cloid": CLOID}},
        BatchKind.MODIFY,
        Accepted(venue_order_id=VenueOrderId("5")),
    ),
    (
        {"filled": {"totalSz": "0.4", "avgPx": "59999.0", "oid": 5, "cloid": CLOID.upper()}},
        BatchKind.PLACE,
        Accepted(venue_order_id=VenueOrderId("5"), filled=Decimal("0.4")),
    ),
    ("waitingForFill", BatchKind.PLACE, Accepted()),
    ("waitingForTrigger", BatchKind.PLACE, Accepted()),
    ("success", BatchKind.CANCEL, Accepted()),
]


@pytest.mark.parametrize(("status", "kind", "expected"), EXPLICIT)
def test_an_explicit_status_is_accepted(status, kind, expected):
    if isinstance(status, dict):
        status = json.loads(json.dumps(status).replace("0X", "0x"))

    assert (expected,) == read(ok(status), kind)


@pytest.mark.parametrize("type_", ["order", "modify", "batchModify", "cancel", "anything"])
def test_a_list_of_statuses_counts_whatever_the_type(type_):
    """Pages differ in it; those measured live say `order` for a batch of modifies."""
    assert isinstance(read(ok({"resting": {"oid": 5}}, type_=type_))[0], Accepted)


@pytest.mark.parametrize("kind", [BatchKind.PLACE, BatchKind.MODIFY])
def test_an_answer_that_names_no_order_is_settled_by_looking(kind):
    """So a single `modify` is answered: it was done, and under which number nobody says."""
    found = read({"status": "ok", "response": {"type": "default"}}, kind)

    assert (Unknown(cause="unreadable reply: it names no order"),) == found


UNEXPECTED = [
    ("success", BatchKind.PLACE),
    ("success", BatchKind.MODIFY),
    ("waitingForFill", BatchKind.MODIFY),
    ("waitingForFill", BatchKind.CANCEL),
    ({"resting": {"oid": 5}}, BatchKind.CANCEL),
    ({"filled": {"oid": 5, "totalSz": "1"}}, BatchKind.CANCEL),
    ("pending", BatchKind.PLACE),
    ({"queued": {"oid": 5}}, BatchKind.PLACE),
    ({"resting": {}}, BatchKind.PLACE),
    ({"resting": {"oid": "5"}}, BatchKind.PLACE),
    ({"resting": {"oid": True}}, BatchKind.PLACE),
    ({"resting": 5}, BatchKind.PLACE),
    ({"resting": {"oid": 5}, "filled": {}}, BatchKind.PLACE),
    ({"filled": {"oid": 5}}, BatchKind.PLACE),
    ({"filled": {"oid": 5, "totalSz": "much"}}, BatchKind.PLACE),
    ({}, BatchKind.PLACE),
    (None, BatchKind.PLACE),
    (7, BatchKind.CANCEL),
    ({"error": None}, BatchKind.PLACE),
    ({"error": ""}, BatchKind.PLACE),
    ({"error": "Invalid nonce: duplicate nonce 5"}, BatchKind.PLACE),
]


@pytest.mark.parametrize(("status", "kind"), UNEXPECTED)
def test_any_other_status_proves_nothing(status, kind):
    [outcome] = read(ok(status), kind)

    assert isinstance(outcome, Unknown)


def test_each_item_has_its_own_outcome():
    reply = ok({"resting": {"oid": 5}}, {"error": "Insufficient margin to place order. asset=4"})

    assert (
        Accepted(venue_order_id=VenueOrderId("5")),
        Rejected(reason=RejectReason.MARGIN, text="Insufficient margin to place order. asset=4"),
    ) == read(reply, items=(PLACE, SECOND))


def test_one_error_for_many_voids_them_all():
    """Measured: an order of size zero voids the batch, with a single status."""
    refused = Rejected(reason=RejectReason.VOIDED, text="Order has zero size.")

    assert (refused,) * 3 == read(ok({"error": "Order has zero size."}), items=(PLACE,) * 3)


@pytest.mark.parametrize("reply", [ok({"error": "Order has zero size."}), err("Invalid spot")])
@pytest.mark.parametrize(
    ("kind", "items"), [(BatchKind.PLACE, (PLACE,)), (BatchKind.PLACE, (GROUP, STOP))]
)
def test_an_error_for_one_order_and_what_is_attached_is_its_own(reply, kind, items):
    assert {RejectReason.SHAPE} == {found.reason for found in read(reply, kind, items)}


def test_a_wholesale_refusal_of_several_modifies_does_not_say_which_is_at_fault():
    found = read(err("Order has invalid price."), BatchKind.MODIFY, (MODIFY,) * 2)

    assert [RejectReason.VOIDED] * 2 == [each.reason for each in found]


@pytest.mark.parametrize(
    "reply",
    [
        ok({"error": GONE}),
        err("Cannot modify canceled or filled order"),
        err("Error placing new order during modify: Post only order would have …"),
    ],
)
def test_one_order_s_error_does_not_answer_for_many(reply):
    found = read(reply, BatchKind.MODIFY, (MODIFY,) * 3)

    assert (Unknown(cause="unreadable reply: one order's error for all"),) * 3 == found


@pytest.mark.parametrize(
    "statuses",
    [
        [],
        [{"resting": {"oid": 5}}],
        [{"resting": {"oid": 5}}] * 2,
        [{"error": "Order has zero size."}] * 2,
        [{"resting": {"oid": 5}}] * 4,
    ],
)
def test_another_number_of_statuses_proves_nothing(statuses):
    found = read(ok(*statuses), items=(PLACE,) * 3)

    assert (Unknown(cause="unreadable reply: another number of statuses"),) * 3 == found


def test_statuses_of_other_orders_prove_nothing():
    reply = ok({"resting": {"oid": 5, "cloid": OTHER}}, {"resting": {"oid": 6, "cloid": CLOID}})
    found = read(reply, items=(PLACE, SECOND))

    assert (Unknown(cause="unreadable reply: client order ids do not match"),) * 2 == found


UNREADABLE = {
    "modify without data": {"status": "ok", "response": {"type": "default"}},
    "data without statuses": {"status": "ok", "response": {"type": "order", "data": {}}},
    "a single status": {"status": "ok", "response": {"data": {"status": {"error": "x"}}}},
    "no response": {"status": "ok"},
    "a text": {"status": "ok", "response": "fine"},
    "another status": {"status": "maybe", "response": {}},
    "an error without text": {"status": "err", "response": {}},
    "an empty error": err(""),
    "no object": ["ok"],
    "null": None,
    "not JSON": b"<html>Bad gateway</html>",
    "cut off": b'{"status":"ok","response":{"type":"order","data":{"statuses":[{"resting"',
    "nothing": b"",
    "not UTF-8": b"\xff\xfe\xff",
    "not a number": b'{"status":NaN}',
    "a huge number": b'{"status":' + b"9" * 5000 + b"}",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("kind", BatchKind)
@pytest.mark.parametrize("reply", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_reply_proves_nothing(reply, kind):
    [outcome] = read(reply, kind)

    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize("status", [400, 415, 422])
def test_a_request_refused_as_such_is_rejected(status):
    found = read(b"Failed to deserialize the JSON body", items=(PLACE, SECOND), status=status)

    refused = Rejected(reason=RejectReason.SHAPE, text="Failed to deserialize the JSON body")
    assert (refused, refused) == found


@pytest.mark.parametrize(
    "status", [201, 204, 301, 307, 401, 403, 404, 408, 409, 413, 429, 451, 500, 502, 503, 504, 520]
)
@pytest.mark.parametrize("body", [ok({"resting": {"oid": 5}}), err("Order has zero size."), None])
def test_any_other_http_status_proves_nothing(status, body):
    assert (Unknown(cause=f"http {status}"),) == read(body, status=status)


LIVE = {
    "Post only order would have immediately matched, bbo was 0.56057@0.56086. asset=31": (
        RejectReason.POST_ONLY_CROSSED
    ),
    "Insufficient margin to place order. asset=4": RejectReason.MARGIN,
    "Insufficient spot balance asset=10000": RejectReason.MARGIN,
    "Order would increase open interest while open interest is capped": (
        RejectReason.OPEN_INTEREST_CAP
    ),
    "Order would increase open interest too quickly": RejectReason.OPEN_INTEREST_CAP,
    "Only post-only orders allowed immediately after a network upgrade": RejectReason.PAUSED,
    "Trading is halted. asset=4": RejectReason.PAUSED,
    "Error placing new order during modify: Post only order would have immediately matched, "
    "bbo was 2440.1@2440.2": RejectReason.MODIFY_LOST_ORDER,
    "Cannot modify canceled or filled order": RejectReason.ORDER_GONE,
    GONE: RejectReason.ORDER_GONE,
    "Price must be divisible by tick size. asset=7": RejectReason.SHAPE,
    "Order must have minimum value of $10. asset=3": RejectReason.SHAPE,
    "Order must have minimum value of 10 USDC. asset=11035": RejectReason.SHAPE,
    "Reduce only order would increase position. asset=3": RejectReason.OTHER,
    "Price too far from oracle asset=4": RejectReason.OTHER,
    "Too many open orders": RejectReason.RATE,
    "Address is limited due to congestion": RejectReason.NOT_NOW,
    "Rate limit reached": RejectReason.NOT_NOW,
    "A text of next year": RejectReason.OTHER,
}


@pytest.mark.parametrize(("text", "reason"), LIVE.items())
def test_a_live_text_has_its_reason(text, reason):
    assert (Rejected(reason=reason, text=text),) == read(ok({"error": text}))


WHOLE = {
    "User or API Wallet 0xda87f17c56277efb713f0ede80ce5d13dab81e50 does not exist.": (
        RejectReason.AUTHORITY
    ),
    "L1 error: User or API Wallet 0xda87 does not exist.": RejectReason.AUTHORITY,
    "Must deposit before performing actions. User: 0xda87": RejectReason.AUTHORITY,
    "Unable to recover signer.": RejectReason.AUTHORITY,
    "Vault not registered: 0xda87": RejectReason.AUTHORITY,
    "Action already expired": RejectReason.EXPIRED,
    "Invalid nonce: nonce too high 9 > 5": RejectReason.NOT_SENT,
    "Too many cumulative requests sent (97460 > 97456) for cumulative volume traded $8.": (
        RejectReason.BUDGET
    ),
}


@pytest.mark.parametrize(("text", "reason"), WHOLE.items())
@pytest.mark.parametrize("kind", BatchKind)
def test_a_refusal_of_the_whole_action_rejects_every_item(text, reason, kind):
    items = (ITEM_OF[kind],) * 3

    assert (Rejected(reason=reason, text=text),) * 3 == read(err(text), kind, items)


@pytest.mark.parametrize(
    "text", ["Invalid nonce: duplicate nonce 5", "Invalid nonce: nonce too low 5 < 9"]
)
def test_a_used_nonce_proves_nothing(text):
    """Something of ours, or of another process, went in under it: it may have been this."""
    assert (Unknown(cause="the nonce was used before"),) == read(err(text))


def test_a_text_is_recorded_in_part():
    [outcome] = read(ok({"error": "x" * 10_000}))

    assert isinstance(outcome, Rejected)
    assert 300 == len(outcome.text)


SIGNED = 'x"signature":{"r":"0x' + "ab" * 32 + '","s":"0x' + "cd" * 32 + '","v":28}'
ECHOES = [
    (SIGNED.encode(), 422),
    (json.dumps(ok({"error": SIGNED})).encode(), 200),
    (json.dumps(err(SIGNED)).encode(), 200),
]


@pytest.mark.parametrize(("body", "status"), ECHOES)
def test_what_the_venue_repeats_of_a_request_is_recorded_without_its_signature(body, status):
    [outcome] = read(body, status=status, redact=Redactor([]).redact)

    assert 'x"signature":***' == outcome.text


def test_words_are_cut_when_no_key_is_in_them_any_more():
    key, before = "0x" + "5" * 64, "x" * 250
    [outcome] = read(ok({"error": before + key}), redact=Redactor([Secret(key)]).redact)

    assert f"{before}***" == outcome.text


HUGE = [b'{"status":"ok","x":1e9999999999999999999999}', b'{"x":' + b"9" * 5000 + b"}"]


@pytest.mark.parametrize("body", HUGE)
def test_a_number_beyond_all_bounds_proves_nothing(body):
    [outcome] = read(body)

    assert isinstance(outcome, Unknown)
    assert "no-answer" == burned(200, body)


@pytest.mark.parametrize("oid", [0, 10**19, "9", True, -1])
def test_an_id_that_no_order_has_is_no_acceptance(oid):
    [outcome] = read(ok({"resting": {"oid": oid}}))

    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(("start", "reason"), REASONS)
def test_no_beginning_hides_another(start, reason):
    assert reason is reason_of(f"{start} and more")


@pytest.mark.parametrize(
    ("status", "reply", "expected"),
    [
        (200, {"status": "ok", "response": {"type": "default"}}, "burned"),
        (200, err("Invalid nonce: duplicate nonce 5"), "used"),
        (200, err("Invalid nonce: nonce too low 5 < 9"), "no-answer"),
        (200, err("User or API Wallet 0xda87 does not exist."), "no-answer"),
        (200, {"status": "ok", "response": {"type": "order"}}, "no-answer"),
        (200, {"status": "ok"}, "no-answer"),
        (200, {"status": "err", "response": {"type": "default"}}, "no-answer"),
        (200, None, "no-answer"),
        (200, b"", "no-answer"),
        (502, {"status": "ok", "response": {"type": "default"}}, "no-answer"),
        (429, None, "no-answer"),
    ],
)
def test_only_an_explicit_ok_burns_a_nonce(status, reply, expected):
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()

    assert expected == burned(status, body)


WORDS = (
    "status ok err response data statuses type default resting filled oid cloid error success "
    f"waitingForFill totalSz 1.5 {CLOID}"
)
words = st.sampled_from(WORDS.split())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=30,
)
replies = json_values | st.lists(json_values, max_size=4).map(lambda each: ok(*each))


def statuses_in(reply) -> list:
    try:
        return reply["response"]["data"]["statuses"]
    except (TypeError, KeyError, IndexError):
        return []


@given(replies, st.sampled_from(BatchKind), st.integers(1, 4))
def test_an_arbitrary_reply_never_raises_or_accepts_without_a_status(reply, kind, count):
    found = read(reply, kind, (ITEM_OF[kind],) * count)

    assert count == len(found)
    accepted = [outcome for outcome in found if isinstance(outcome, Accepted)]
    named = [
        status
        for status in statuses_in(reply)
        if status in ("success", "waitingForFill", "waitingForTrigger")
        or (isinstance(status, dict) and status.keys() & {"resting", "filled"})
    ]
    assert len(accepted) <= len(named)
    assert burned(200, json.dumps(reply).encode()) in ("burned", "used", "no-answer")


@given(st.integers(100, 599), st.binary(), st.sampled_from(BatchKind))
def test_arbitrary_bytes_are_never_accepted(status, body, kind):
    [outcome] = read(body, kind, status=status)

    assert not isinstance(outcome, Accepted)
    assert isinstance(outcome, Unknown) or status in (400, 415, 422)
