"""Arbitrary answers to requests: nothing is taken or refused that the answer does not say."""

import json
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.model.outcome import Accepted, Rejected, Unknown
from tests.venues.htx.test_placing_replies import accepted, ok, read
from tests.venues.htx.world import cancel, our, place

WORDS = (
    "status ok error data ts errors success successes index order_id order_id_str err_code err_msg "
    f"err-code err-msg client_order_id 9 1047 1061 1 2 {our(1)} {our(2)}"
)
words = st.sampled_from(WORDS.split())
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=30,
)
rows = st.fixed_dictionaries(
    {"index": st.integers(0, 4)},
    optional={
        "order_id": st.integers(0, 99) | json_values,
        "order_id_str": words,
        "client_order_id": st.sampled_from([int(our(n)) for n in (1, 2, 3)]) | json_values,
        "err_code": st.sampled_from([1047, 1061, 1, 10**9]) | json_values,
        "err_msg": st.text(max_size=8) | json_values,
    },
)
batches = st.fixed_dictionaries(
    {}, optional={"success": st.lists(rows, max_size=4), "errors": st.lists(rows, max_size=4)}
).map(lambda data: ok(**data))
replies = json_values | batches
commands = st.integers(1, 3).flatmap(
    lambda count: st.sampled_from(
        [[place(n) for n in range(1, count + 1)], [cancel(str(n)) for n in range(1, count + 1)]]
    )
)


def said_by(reply: Any) -> str:
    """Return the answer as text: what an outcome speaks of has to stand in it."""
    return json.dumps(reply)


@settings(max_examples=400)
@given(replies, commands)
def test_an_arbitrary_reply_has_one_outcome_an_order(reply, sent):
    assert len(sent) == len(read(reply, *sent))


@settings(max_examples=400)
@given(replies, commands)
def test_an_order_is_taken_only_by_an_answer_that_says_ok(reply, sent):
    taken = [o for o in read(reply, *sent) if isinstance(o, Accepted)]

    assert not taken or (isinstance(reply, dict) and reply.get("status") == "ok")
    assert all(o.venue_order_id is None or o.venue_order_id in said_by(reply) for o in taken)


@settings(max_examples=400)
@given(replies, commands)
def test_an_order_is_refused_only_by_an_answer_with_a_number(reply, sent):
    refused = [o for o in read(reply, *sent) if isinstance(o, Rejected)]

    assert not refused or "err_code" in said_by(reply) or "err-code" in said_by(reply)


@given(st.integers(500, 599), replies, commands)
def test_an_error_of_the_server_proves_nothing_whatever_it_says(status, reply, sent):
    found = read(reply, *sent, status=status)

    assert {Unknown} == {type(outcome) for outcome in found}


@given(st.integers(200, 599), st.binary(max_size=60), commands)
def test_arbitrary_bytes_prove_nothing(status, body, sent):
    assume(b"status" not in body)
    found = read(body, *sent, status=status)

    assert {Unknown} == {type(outcome) for outcome in found}


@settings(max_examples=200)
@given(st.permutations([1, 2, 3]), st.sets(st.integers(1, 3)))
def test_orders_of_a_batch_find_their_own_answer_in_any_order(order, refused):
    taken = [n for n in order if n not in refused]
    reply = ok(
        success=[{"index": n, "order_id": n, "client_order_id": int(our(n))} for n in taken],
        errors=[{"index": n, "err_code": 1047, "err_msg": str(n)} for n in order if n in refused],
    )

    found = read(reply, place(1), place(2), place(3))

    assert [n not in refused for n in (1, 2, 3)] == [isinstance(o, Accepted) for o in found]
    assert all(accepted(str(n)) == found[n - 1] for n in taken)
