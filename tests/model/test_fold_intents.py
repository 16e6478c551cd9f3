"""What an intent claims, and what its outcomes and its resolution make of that."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from reconciler.model.event import IntentWritten, Observation, Observed
from reconciler.model.outcome import Rejected, RejectReason, Unknown
from reconciler.model.state import (
    EndReason,
    Intent,
    IntentOperation,
    ItemStatus,
    PlacementPhase,
)
from reconciler.model.transitions import preview, utc_day
from reconciler.observe import unsettled_addresses
from tests.support.build import NOW, our_id, placement, record, state, terms
from tests.support.journal import (
    NONCE,
    accepted,
    answered,
    cancel_of,
    intent,
    item,
    modify_of,
    resolved,
    take_over_of,
)

PLACE = item(IntentOperation.PLACE, wanted=terms())
OURS = our_id("btc.dip", 1)
LOST = Rejected(reason=RejectReason.MODIFY_LOST_ORDER, text="bbo was 1@2")
SHAPE = Rejected(reason=RejectReason.SHAPE, text="tick")
MARGIN = Rejected(reason=RejectReason.MARGIN, text="margin")
UNKNOWN = Unknown(cause="timeout")


# what is claimed before anything is sent


def test_an_intent_claims_its_order_as_sent():
    assert PlacementPhase.SENT is intent(state(), PLACE).placements[OURS].phase


def test_an_intent_makes_the_record_of_its_holder():
    after = intent(state(), PLACE)

    assert {("btc.dip", 1): record()} == dict(after.records)


def test_an_intent_raises_the_largest_budget_ever_sent_for():
    known = state(records=[record(quantity="0.5")])

    assert Decimal(1) == intent(known, PLACE).records[("btc.dip", 1)].quantity


def test_an_intent_never_lowers_the_largest_budget():
    known = state(records=[record(quantity="5")])

    assert Decimal(5) == intent(known, PLACE).records[("btc.dip", 1)].quantity


def test_an_intent_uses_up_its_incarnation():
    after = intent(state(), item(IntentOperation.PLACE, wanted=terms(), incarnation=9))

    assert 9 == after.last_incarnation


def test_an_intent_uses_up_its_nonce():
    assert NONCE == intent(state(), PLACE).last_nonce


def test_an_intent_blocks_its_address():
    assert {"btc.dip"} == unsettled_addresses(intent(state(), PLACE))


def test_the_source_of_a_takeover_is_marked_as_cancelled_by_us():
    placed = placement("btc.old")

    after = intent(state(placed), take_over_of(placed, terms(), "btc.new", 2))

    assert after.placements[placed.client_order_id].is_cancel_requested


# the key that signed


def test_a_key_is_remembered_once_the_venue_took_a_request_of_it():
    sent = intent(state(signer="key-old"), PLACE)
    (made,) = sent.intents.values()

    assert ("key-old", made.signer) == (sent.signer, answered(sent, accepted("8")).signer)


@pytest.mark.parametrize("outcome", [SHAPE, UNKNOWN])
def test_a_key_that_took_nothing_is_not_remembered(outcome):
    sent = intent(state(signer="key-old"), PLACE)

    assert "key-old" == answered(sent, outcome).signer


# place


def test_an_accepted_place_is_live_with_its_venue_order():
    after = answered(intent(state(), PLACE), accepted("8"))

    assert (PlacementPhase.LIVE, "8") == (
        after.placements[OURS].phase,
        after.placements[OURS].current_leg.venue_order_id,
    )


def test_an_accepted_place_may_have_filled_at_once():
    after = answered(intent(state(), PLACE), accepted("8", filled="0.4"))

    assert Decimal("0.4") == after.placements[OURS].filled


def test_an_accepted_place_frees_its_address():
    after = answered(intent(state(), PLACE), accepted("8"))

    assert frozenset() == unsettled_addresses(after)


def test_a_rejected_place_ends():
    after = answered(intent(state(), PLACE), MARGIN)

    assert ({}, EndReason.REJECTED) == (after.placements, after.endings["btc.dip"].reason)


def test_an_unknown_place_stays_claimed():
    after = answered(intent(state(), PLACE), UNKNOWN)

    assert PlacementPhase.SENT is after.placements[OURS].phase


def test_an_unknown_place_keeps_its_address_blocked():
    after = answered(intent(state(), PLACE), UNKNOWN)

    assert {"btc.dip"} == unsettled_addresses(after)


def test_one_unknown_keeps_the_whole_intent():
    other = item(IntentOperation.PLACE, "btc.low", terms("80"), incarnation=2)

    after = answered(intent(state(), PLACE, other), accepted("8"), UNKNOWN)

    assert [ItemStatus.ACCEPTED, ItemStatus.UNKNOWN] == [
        i.status for i in after.intents[NONCE].items
    ]


@pytest.mark.parametrize(
    "reason", [RejectReason.NOT_SENT, RejectReason.EXPIRED, RejectReason.AUTHORITY]
)
def test_an_order_the_venue_never_looked_at_was_never_placed(reason):
    after = answered(intent(state(), PLACE), Rejected(reason=reason, text=""))

    assert EndReason.NEVER_PLACED is after.endings["btc.dip"].reason


def test_outcomes_of_another_number_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        answered(intent(state(), PLACE), UNKNOWN, UNKNOWN)


# refusals


@pytest.mark.parametrize(
    "reason",
    [
        RejectReason.POST_ONLY_CROSSED,
        RejectReason.MARGIN,
        RejectReason.OPEN_INTEREST_CAP,
        RejectReason.RATE,
        RejectReason.SHAPE,
        RejectReason.OTHER,
    ],
)
def test_a_refusal_is_counted(reason):
    after = answered(intent(state(), PLACE), Rejected(reason=reason, text="no"))

    assert 1 == after.refusals["btc.dip"].count


@pytest.mark.parametrize(
    "reason",
    [
        RejectReason.NOT_SENT,
        RejectReason.EXPIRED,
        RejectReason.AUTHORITY,
        RejectReason.NOT_NOW,
        RejectReason.PAUSED,
    ],
)
def test_what_is_not_about_the_order_is_not_counted(reason):
    after = answered(intent(state(), PLACE), Rejected(reason=reason, text="no"))

    assert {} == after.refusals


def twice(wanted, **others):
    known = answered(intent(state(), PLACE), MARGIN)
    again = item(IntentOperation.PLACE, wanted=wanted, incarnation=2, **others)
    return answered(intent(known, again), MARGIN).refusals["btc.dip"].count


def test_the_same_order_refused_again_counts_two():
    assert 2 == twice(terms())


def test_another_price_counts_from_one():
    assert 1 == twice(terms("89"))


def test_another_generation_counts_from_one():
    assert 1 == twice(terms(), generation=2)


def test_an_accepted_order_sets_the_count_aside():
    known = answered(intent(state(), PLACE), MARGIN)
    again = item(IntentOperation.PLACE, wanted=terms(), incarnation=2)

    assert {} == answered(intent(known, again), accepted("8")).refusals


def late(wanted, **others):
    """Return the count when an order refused once is taken and then refused by the book."""
    known = answered(intent(state(), PLACE), MARGIN)
    again = item(IntentOperation.PLACE, wanted=wanted, incarnation=2, **others)
    taken = answered(intent(known, again), accepted("8"))
    refused = Observation(
        client_order_id=again.client_order_id, legs=(), ending=EndReason.REJECTED, at_ms=NOW
    )
    after: Any = preview(taken, [Observed(observations=(refused,))], at_ms=NOW)
    return after.refusals["btc.dip"].count


def test_an_order_taken_and_then_refused_by_the_book_counts_on():
    assert 2 == late(terms())


def test_another_price_refused_by_the_book_counts_from_one():
    assert 1 == late(terms("89"))


def test_another_generation_refused_by_the_book_counts_from_one():
    assert 1 == late(terms(), generation=2)


# modify within one holder

PLACED = placement()


def modified(outcome, wanted=None):
    return answered(intent(state(PLACED), modify_of(PLACED, wanted or terms("91"))), outcome)


def test_an_accepted_modify_adds_a_venue_order():
    after = modified(accepted("2"))

    assert ["1", "2"] == [leg.venue_order_id for leg in after.placements[OURS].legs]


def test_an_accepted_modify_has_the_new_terms():
    assert terms("91") == modified(accepted("2")).placements[OURS].terms


def test_an_accepted_modify_without_an_id_waits_for_the_next_look():
    assert ["1"] == [x.venue_order_id for x in modified(accepted()).placements[OURS].legs]


def test_a_modify_refused_before_anything_leaves_the_order_as_it_rested():
    after = modified(SHAPE)

    assert (terms(), PlacementPhase.LIVE) == (
        after.placements[OURS].terms,
        after.placements[OURS].phase,
    )


def test_a_modify_refused_for_its_shape_is_counted():
    assert not modified(SHAPE).refusals["btc.dip"].is_transient


def test_a_modify_that_lost_the_order_is_a_transient_refusal():
    assert modified(LOST).refusals["btc.dip"].is_transient


def test_a_modify_that_lost_the_order_was_our_doing():
    assert modified(LOST).placements[OURS].is_cancel_requested


def test_a_modify_of_an_order_already_gone_is_not_counted():
    assert {} == modified(Rejected(reason=RejectReason.ORDER_GONE, text="filled")).refusals


def test_an_unknown_modify_stays_in_flight():
    assert PlacementPhase.SENT is modified(UNKNOWN).placements[OURS].phase


def test_an_unknown_modify_that_never_happened_leaves_the_order_as_it_rested():
    after = resolved(modified(UNKNOWN), "never-placed")

    assert PLACED == after.placements[OURS]


def test_an_unknown_modify_that_was_found_adds_its_venue_order():
    after = resolved(modified(UNKNOWN), "found", oid="2")

    assert ["1", "2"] == [leg.venue_order_id for leg in after.placements[OURS].legs]


# modify across holders

OLD = placement("btc.old", terms("91"), filled="0.3")
NEW = our_id("btc.new", 2)


def taken(outcome):
    return answered(intent(state(OLD), take_over_of(OLD, terms(), "btc.new", 2)), outcome)


def test_a_takeover_makes_a_placement_of_the_new_holder():
    assert "btc.new" == taken(accepted("2")).placements[NEW].holder


def test_a_takeover_leaves_the_fills_with_the_old_holder():
    after = taken(accepted("2"))

    assert (Decimal("0.3"), Decimal(0)) == (
        after.placements[OLD.client_order_id].filled,
        after.placements[NEW].filled,
    )


def test_a_refused_takeover_ends_the_new_placement():
    assert EndReason.REJECTED is taken(SHAPE).endings["btc.new"].reason


def test_a_refused_takeover_gives_the_old_order_back():
    assert not taken(SHAPE).placements[OLD.client_order_id].is_cancel_requested


def test_a_takeover_that_lost_the_old_order_keeps_it_marked():
    assert taken(LOST).placements[OLD.client_order_id].is_cancel_requested


def test_an_unknown_takeover_blocks_the_new_address():
    assert {"btc.new"} == unsettled_addresses(taken(UNKNOWN))


def test_a_takeover_that_never_happened_gives_the_old_order_back():
    after = resolved(taken(UNKNOWN), "never-placed")

    assert [OLD] == list(after.placements.values())


# cancel


def cancelled(outcome):
    return answered(intent(state(PLACED), cancel_of(PLACED)), outcome)


def test_an_accepted_cancel_waits_for_the_look_that_shows_it():
    after = cancelled(accepted())

    assert after.placements[OURS].is_cancel_requested


def test_a_refused_cancel_is_taken_back():
    assert not cancelled(MARGIN).placements[OURS].is_cancel_requested


def test_a_cancel_of_an_order_already_gone_may_have_been_ours():
    gone = Rejected(reason=RejectReason.ORDER_GONE, text="never placed, canceled, or filled")

    assert cancelled(gone).placements[OURS].is_cancel_requested


def test_a_cancel_is_no_refusal_of_the_order():
    assert {} == cancelled(MARGIN).refusals


def test_an_unknown_cancel_keeps_the_order():
    assert OURS in cancelled(UNKNOWN).placements


def test_an_unknown_cancel_that_never_happened_is_taken_back():
    after = resolved(cancelled(UNKNOWN), "never-placed")

    assert not after.placements[OURS].is_cancel_requested


# resolution


def test_a_place_that_was_never_placed_ends():
    after = resolved(answered(intent(state(), PLACE), UNKNOWN), "never-placed")

    assert (EndReason.NEVER_PLACED, {}) == (after.endings["btc.dip"].reason, after.intents)


def test_a_blocked_item_keeps_its_address_blocked():
    after = resolved(answered(intent(state(), PLACE), UNKNOWN), "blocked")

    assert {"btc.dip"} == unsettled_addresses(after)


def test_a_resolution_of_another_intent_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        resolved(state(), "found")


def test_an_order_found_by_a_lookup_keeps_the_count_of_refusals():
    known = answered(intent(state(), PLACE), MARGIN)
    again = item(IntentOperation.PLACE, wanted=terms(), incarnation=2)

    after = resolved(answered(intent(known, again), UNKNOWN), "found", oid="8")

    assert 1 == after.refusals["btc.dip"].count


# the day


def test_what_is_newly_sent_counts_for_the_day():
    made = Intent(
        nonce=1, expires_at_ms=0, kind="place", items=(PLACE,), body="", notional_new=Decimal(90)
    )
    known = state(new_notional_by_day={"2025-10-09": Decimal(10)})

    after = preview(known, [IntentWritten(intent=made)], at_ms=NOW)

    assert {"2025-10-09": Decimal(100)} == after.new_notional_by_day


@pytest.mark.parametrize(
    ("at_ms", "day"),
    [
        (0, "1970-01-01"),
        (86_399_999, "1970-01-01"),
        (86_400_000, "1970-01-02"),
        (NOW, "2025-10-09"),
    ],
)
def test_a_day_is_a_day_of_utc(at_ms, day):
    assert day == utc_day(at_ms)


# what is attached ends with its parent

CHILD = placement("btc.dip.stop_loss", owner="btc.dip.stop_loss", incarnation=2)


def ids_marked(known):
    return {p.address for p in known.placements.values() if p.is_cancel_requested}


def test_the_cancel_of_a_parent_is_the_cancel_of_what_was_sent_with_it():
    after = intent(state(PLACED, CHILD), cancel_of(PLACED))

    assert {"btc.dip", "btc.dip.stop_loss"} == ids_marked(after)


def test_the_cancel_of_a_parent_leaves_what_was_placed_alone_later():
    alone = replace(CHILD, sent_at_ms=NOW)

    assert {"btc.dip"} == ids_marked(intent(state(PLACED, alone), cancel_of(PLACED)))


def test_the_cancel_of_a_child_leaves_its_parent():
    assert {"btc.dip.stop_loss"} == ids_marked(intent(state(PLACED, CHILD), cancel_of(CHILD)))


def test_a_refused_cancel_is_taken_back_of_what_is_attached_too():
    sent = intent(state(PLACED, CHILD), cancel_of(PLACED))

    assert set() == ids_marked(answered(sent, MARGIN))
