"""What a history says of rungs, whose labels change while their orders stay."""

from reconciler.model.event import IntentWritten, OutcomesWritten, Relabelled
from reconciler.model.order import OrderAddress
from reconciler.model.outcome import Accepted
from reconciler.model.state import Intent, IntentOperation
from reconciler.model.transitions import Stamped
from reconciler.render.history import history_of
from tests.support.build import NOW, our_id, terms
from tests.support.journal import item

FIRST, SECOND = (our_id("btc.bids", n) for n in (1, 2))


def journal(*events):
    return [
        Stamped(event=event, at_ms=NOW + n, serial=n + 1, digest="")
        for n, event in enumerate(events)
    ]


def sent(nonce, *items):
    made = Intent(nonce=nonce, expires_at_ms=0, kind="place", items=items, body="{}")
    return IntentWritten(intent=made)


def answered(nonce, count=1):
    return OutcomesWritten(nonce=nonce, outcomes=(Accepted(),) * count)


def called(label, cloid=FIRST):
    return Relabelled(labels={cloid: OrderAddress(label)})


def place(index, incarnation, price="90"):
    label = f"btc.bids[{index}]"
    return item(IntentOperation.PLACE, label, terms(price), incarnation=incarnation)


def told(events, label):
    """Return (what, address as called then) of each line."""
    return [(line.what, line.address) for line in history_of(journal(*events), OrderAddress(label))]


PLACED = (sent(7, place(0, 1), place(1, 2, "89")), answered(7, 2))


def test_a_rung_is_followed_back_through_its_labels():
    found = told([*PLACED, called("btc.bids[1]"), called("btc.bids[2]")], "btc.bids[2]")

    assert [
        ("intent", "btc.bids[0]"),
        ("outcome", "btc.bids[0]"),
        ("relabelled", "btc.bids[0]"),
        ("relabelled", "btc.bids[1]"),
    ] == found


def test_a_rung_is_not_told_the_history_of_the_order_that_had_its_label():
    both = Relabelled(
        labels={FIRST: OrderAddress("btc.bids[1]"), SECOND: OrderAddress("btc.bids[2]")}
    )
    (intent, *_) = history_of(journal(*PLACED, both), OrderAddress("btc.bids[1]"))

    assert ("btc.bids[0]", "90") == (intent.address, dict(intent.facts)["price"])


def test_an_order_that_became_another_rung_is_followed_back():
    moved = item(IntentOperation.MODIFY, "btc.bids[5]", terms("99"), incarnation=1)

    found = told([*PLACED, sent(8, moved), answered(8)], "btc.bids[5]")

    assert [("intent", "btc.bids[0]"), ("outcome", "btc.bids[0]")] == found[:2]


def test_an_outcome_after_a_new_label_is_told_under_it():
    placed = sent(7, place(0, 1))

    found = told([placed, called("btc.bids[1]"), answered(7)], "btc.bids[1]")

    assert ("outcome", "btc.bids[1]") == found[-1]


def test_a_cancel_that_made_room_for_a_rung_stays_that_rung_s():
    cancel = item(IntentOperation.CANCEL, "btc.bids[9]", incarnation=1)

    found = told([*PLACED, sent(8, cancel), answered(8)], "btc.bids[9]")

    assert [("intent", "btc.bids[9]"), ("outcome", "btc.bids[9]")] == found


def test_the_ladder_tells_of_every_new_label():
    found = told([*PLACED, called("btc.bids[1]")], "btc.bids")

    assert ("relabelled", "btc.bids[0]") == found[-1]


def test_a_label_of_an_order_nobody_knows_is_not_told():
    assert [] == told([called("btc.bids[1]", our_id("btc.bids", 9))], "btc.bids[1]")
