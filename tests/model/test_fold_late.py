"""What comes late: answers to requests for orders that are off the record, and what follows."""

from dataclasses import replace

import pytest

from reconciler.model.event import IntentWritten, Observation, Observed
from reconciler.model.outcome import Rejected, RejectReason, Unknown
from reconciler.model.state import EndReason, IntentOperation, PlacementPhase
from reconciler.model.transitions import preview
from tests.support.build import NOW, our_id, placement, state, terms
from tests.support.journal import (
    accepted,
    answered,
    cancel_of,
    intent,
    item,
    modify_of,
    resolved,
    take_over_of,
)

OURS = our_id("btc.dip", 1)
LOST = Rejected(reason=RejectReason.MODIFY_LOST_ORDER, text="bbo was 1@2")
SHAPE = Rejected(reason=RejectReason.SHAPE, text="tick")
MARGIN = Rejected(reason=RejectReason.MARGIN, text="margin")
UNKNOWN = Unknown(cause="timeout")


def gone(known):
    """Return the state after a look that shows the order of the first incarnation ended."""
    seen = Observation(
        client_order_id=OURS, legs=(), ending=EndReason.BY_VENUE, word="x", at_ms=NOW
    )
    return preview(known, [Observed(observations=(seen,))], at_ms=NOW)


def test_a_takeover_of_an_order_that_is_off_the_record_claims_only_its_own():
    after = intent(state(), take_over_of(placement(), terms("91"), "btc.new", 2))

    assert [("btc.new", PlacementPhase.SENT)] == [
        (p.address, p.phase) for p in after.placements.values()
    ]


@pytest.mark.parametrize("outcome", [MARGIN, LOST, SHAPE])
def test_a_late_refusal_brings_no_ended_order_back(outcome):
    known = gone(intent(state(placement()), modify_of(placement(), terms("91"))))

    after = answered(known, outcome)

    assert ({}, {}) == (after.placements, after.intents)


@pytest.mark.parametrize("outcome", [accepted("2"), UNKNOWN])
def test_a_late_answer_brings_no_ended_order_back(outcome):
    known = gone(intent(state(placement()), modify_of(placement(), terms("91"))))

    assert {} == answered(known, outcome).placements


def test_what_was_never_placed_and_is_off_the_record_stays_off():
    known = gone(answered(intent(state(placement()), cancel_of(placement())), UNKNOWN))

    after = resolved(known, "never-placed")

    assert ({}, {}) == (after.placements, after.intents)


def test_a_refused_modify_of_an_order_nobody_has_seen_leaves_it_as_it_was_sent():
    unseen = placement(phase=PlacementPhase.SENT, legs=())
    again = replace(modify_of(placement(), terms("91")), target=None)

    after = answered(intent(state(unseen), again), MARGIN)

    assert [terms("91")] == [p.terms for p in after.placements.values()]


def test_what_is_attached_is_known_though_it_came_in_the_same_breath():
    """A journal is folded at once: an index made for the first cancel has to learn the rest."""
    other = placement("btc.other", incarnation=9)
    parent, child = (
        item(IntentOperation.PLACE, "btc.dip", terms(), incarnation=1),
        item(IntentOperation.PLACE, "btc.dip.stop_loss", terms("80", side="sell"), incarnation=2),
    )
    parent_cancel = replace(parent, operation=IntentOperation.CANCEL, terms=None)
    events = [
        IntentWritten(intent=written(nonce, *items))
        for nonce, items in ((1, [cancel_of(other)]), (2, [parent, child]), (3, [parent_cancel]))
    ]

    after = preview(state(other), events, at_ms=NOW)

    assert {other.client_order_id, parent.client_order_id, child.client_order_id} == {
        p.client_order_id for p in after.placements.values() if p.is_cancel_requested
    }


def written(nonce, *items):
    (made,) = intent(state(), *items, nonce=nonce).intents.values()
    return made
