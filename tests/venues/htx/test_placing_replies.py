"""The answer to a request as outcomes: nothing is believed that was not said."""

import json

import pytest

from reconciler.model.order import VenueOrderId
from reconciler.model.outcome import Accepted, Rejected, RejectReason, Unknown
from reconciler.secret import Redactor, Secret
from reconciler.venues.htx.replies.placing import outcomes
from reconciler.venues.htx.wire.encode import canonical
from tests.venues.htx.test_wire import group
from tests.venues.htx.world import batch, cancel, our, place

TAKEN = {"order_id": 9, "order_id_str": "9", "client_order_id": int(our(1))}
WIDE = 1_234_567_890_123_456_789


def read(reply, *commands, status=200, own_ids=None, redact=str):
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    made = canonical(batch(*commands))
    return outcomes(status, body, made, own_ids=own_ids or {}, redact=redact)


def ok(**data):
    return {"status": "ok", "data": data, "ts": 1}


def accepted(oid="9"):
    return Accepted(venue_order_id=VenueOrderId(oid))


def test_one_order_is_taken():
    assert (accepted(),) == read(ok(**TAKEN), place(1))


def test_an_id_too_large_for_a_float_is_kept():
    reply = ok(order_id=WIDE, client_order_id=int(our(1)))

    assert (accepted(str(WIDE)),) == read(reply, place(1))


def test_the_text_of_an_id_counts_before_its_number():
    assert (accepted("10"),) == read(ok(**{**TAKEN, "order_id_str": "10"}), place(1))


def test_orders_of_a_batch_are_joined_by_their_index():
    reply = ok(
        errors=[{"index": 2, "err_code": 1047, "err_msg": "margin"}],
        success=[
            {"index": 3, "order_id": 8, "client_order_id": int(our(3))},
            {"index": 1, **TAKEN},
        ],
    )
    refused = Rejected(reason=RejectReason.MARGIN, text="margin (1047)")

    assert (accepted("9"), refused, accepted("8")) == read(reply, place(1), place(2), place(3))


def test_an_order_of_a_batch_without_an_answer_is_unknown():
    reply = ok(errors=[], success=[{"index": 1, **TAKEN}])
    first, second = read(reply, place(1), place(2))

    assert accepted() == first
    assert isinstance(second, Unknown)


@pytest.mark.parametrize(
    "data",
    [
        {"success": [{"index": 1, **TAKEN}], "errors": [{"index": 1, "err_code": 1038}]},
        {"success": [{"index": 0, **TAKEN}]},
        {"success": [{"index": 3, **TAKEN}]},
        {"success": [{"index": 1, **TAKEN, "client_order_id": 5}]},
        {"success": [{"index": 1}]},
        {"success": {"index": 1}},
        {"errors": [{"index": 1, "err_code": "x"}]},
    ],
)
def test_a_batch_answer_that_cannot_be_true_says_nothing_of_any(data):
    assert [Unknown, Unknown] == [type(o) for o in read(ok(**data), place(1), place(2))]


@pytest.mark.parametrize("said", [5, None, True, our(2), ""])
def test_an_answer_about_another_order_or_about_none_says_nothing(said):
    (outcome,) = read(ok(**{**TAKEN, "client_order_id": said}), place(1))

    assert isinstance(outcome, Unknown)


def test_an_answer_without_our_id_says_nothing():
    (outcome,) = read(ok(order_id=9, order_id_str="9"), place(1))

    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    "id_", [{"order_id_str": "0"}, {"order_id_str": "07"}, {"order_id_str": "9" * 20},
            {"order_id_str": "9" * 5000}, {"order_id_str": None, "order_id": 0},
            {"order_id_str": None, "order_id": 10**19}, {"order_id_str": None, "order_id": True}],
)  # fmt: skip
def test_an_id_that_no_order_has_says_nothing(id_):
    (outcome,) = read(ok(**{**TAKEN, **id_}), place(1))

    assert isinstance(outcome, Unknown)


HUGE = [
    b'{"status":"ok","data":{"order_id_str":"9"},"x":1e9999999999999999999999}',
    b'{"status":"ok","data":{"order_id":' + b"9" * 5000 + b"}}",
    b'{"status":"error","err_code":"' + b"9" * 5000 + b'","err_msg":"x"}',
    b'{"status":"error","err_code":' + b"9" * 5000 + b',"err_msg":"x"}',
    b'{"status":"error","err_code":-1,"err_msg":"x"}',
]


@pytest.mark.parametrize("body", HUGE)
@pytest.mark.parametrize("sent", [place(1), cancel("7")])
def test_a_number_beyond_all_bounds_proves_nothing(body, sent):
    (outcome,) = read(body, sent)

    assert isinstance(outcome, Unknown)


KEY = "an-access-key-of-some-length"
BEFORE = "x" * (300 - len(KEY) + 1)
WITH_KEY = [
    {"status": "error", "err_code": 1040, "err_msg": BEFORE + KEY},
    ok(errors=[{"index": 1, "err_code": 1040, "err_msg": BEFORE + KEY},
               {"index": 2, "err_code": 1040, "err_msg": BEFORE + KEY}]),
]  # fmt: skip


@pytest.mark.parametrize("reply", WITH_KEY)
def test_words_are_cut_when_no_key_is_in_them_any_more(reply):
    redact = Redactor([Secret(KEY)]).redact
    outcomes = read(reply, place(1), place(2), redact=redact)

    assert {f"{BEFORE}*** (1040)"} == {outcome.text for outcome in outcomes}


def test_the_words_about_a_cancel_are_cut_as_late():
    reply = ok(errors=[{"order_id": "7", "err_code": 1088, "err_msg": BEFORE + KEY}])
    (outcome,) = read(reply, cancel("7"), redact=Redactor([Secret(KEY)]).redact)

    assert f"{BEFORE}*** (1088)" == outcome.text


def test_words_of_the_venue_are_cut():
    reply = {"status": "error", "err_code": 1040, "err_msg": "x" * 5000}
    (outcome,) = read(reply, place(1))

    assert "x" * 300 + " (1040)" == outcome.text


def test_a_refused_request_refuses_every_order_of_it():
    reply = {"status": "error", "err_code": 1032, "err_msg": "slow", "ts": 1}
    refused = Rejected(reason=RejectReason.NOT_NOW, text="slow (1032)")

    assert (refused, refused) == read(reply, place(1), place(2))


def test_maintenance_is_no_refusal_of_the_order():
    (outcome,) = read({"status": "maintain"}, place(1))

    assert outcome == Rejected(reason=RejectReason.NOT_NOW, text="HTX is closed for maintenance")


def test_a_busy_venue_may_have_done_it():
    reply = {"status": "error", "err_code": 1004, "err_msg": "busy", "ts": 1}

    assert (Unknown(cause="error 1004"),) == read(reply, place(1))


def test_an_error_of_the_server_may_have_done_it_whatever_it_says():
    reply = {"status": "error", "err_code": 1038, "err_msg": "x", "ts": 1}

    assert (Unknown(cause="http 503"),) == read(reply, place(1), status=503)


def test_an_error_number_counts_with_other_statuses():
    reply = {"status": "error", "err_code": 1032, "err_msg": "slow", "ts": 1}
    (outcome,) = read(reply, place(1), status=429)

    assert isinstance(outcome, Rejected)


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b'{"status":"ok"}', b"[" * 100_000])
def test_an_unreadable_answer_proves_nothing(body):
    assert [Unknown] == [type(outcome) for outcome in read(body, place(1))]


def test_attached_orders_are_known_by_their_parent():
    assert (accepted("9"), accepted("9/tp"), accepted("9/sl")) == read(ok(**TAKEN), group())


@pytest.mark.parametrize("code", [1047, 1004])
def test_attached_orders_share_the_fate_of_their_parent(code):
    reply = {"status": "error", "err_code": code, "err_msg": "x", "ts": 1}
    parent, *children = read(reply, group())

    assert [parent, parent] == children


def test_cancels_that_were_taken_stand_in_one_text():
    assert (Accepted(), Accepted()) == read(
        ok(errors=[], successes="7,8"), cancel("7"), cancel("8")
    )


def test_each_cancel_has_its_error():
    reply = ok(
        errors=[
            {"order_id": "7", "err_code": 1063, "err_msg": "filled"},
            {"order_id": "8", "err_code": 1088, "err_msg": "no"},
        ],
        successes="",
    )
    first, second = read(reply, cancel("7"), cancel("8"))

    assert (RejectReason.ORDER_GONE, RejectReason.OTHER) == (first.reason, second.reason)


def test_an_id_among_errors_and_successes_is_a_cancel_under_way():
    reply = ok(errors=[{"order_id": "7", "err_code": 1062, "err_msg": "x"}], successes="7")

    assert (Accepted(),) == read(reply, cancel("7"))


def test_a_cancel_by_our_id_is_found_by_it():
    reply = ok(errors=[{"order_id": our(2), "err_code": 1061}], successes=our(1))
    first, second = read(reply, cancel(None, 1), cancel(None, 2))

    assert Accepted() == first
    assert isinstance(second, Rejected)


def test_a_cancel_of_an_attached_order_is_found_by_the_venues_name_for_it():
    own_ids = {VenueOrderId("9/sl"): "900"}

    assert (Accepted(),) == read(ok(errors=[], successes="900"), cancel("9/sl"), own_ids=own_ids)


def test_a_cancel_without_an_answer_is_unknown():
    first, second = read(ok(errors=[], successes="7"), cancel("7"), cancel("8"))

    assert Accepted() == first
    assert isinstance(second, Unknown)


def test_one_error_for_all_does_not_say_which_cancel_has_nothing_to_do():
    reply = {"status": "error", "err_code": 1051, "err_msg": "nothing", "ts": 1}

    assert [Unknown, Unknown] == [type(o) for o in read(reply, cancel("7"), cancel("8"))]
    assert [Rejected] == [type(o) for o in read(reply, cancel("7"))]
