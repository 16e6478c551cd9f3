"""What a look says about the placements on record: evidence in, events out."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import VenueOrderId
from reconciler.model.outcome import Unknown
from reconciler.model.snapshot import Missing, NoAnswer, OrderPhase, OrderQuery, OrderStatus
from reconciler.model.state import EndReason, IntentOperation, Leg, PlacementPhase
from reconciler.observe import observe, sight_of, unsettled_addresses
from tests.support.build import our_id, placement, resting, shown, snapshot, state, terms
from tests.support.journal import (
    accepted,
    answered,
    asked,
    by_oid,
    by_our_id,
    cancel_of,
    found,
    intent,
    item,
    looked,
    modify_of,
    take_over_of,
)

PLACED = placement()
OURS = PLACED.client_order_id
UNKNOWN = Unknown(cause="timeout")


def after_look(known, answers=None, *, orders=()):
    return looked(known, answers, orders=orders)[0]


def blocked(known, answers=None, *, orders=()):
    after, seen = looked(known, answers, orders=orders)
    return {k: v[0] for k, v in sight_of(after, seen).blocked.items()}


# what rests


def test_a_look_that_shows_nothing_new_writes_nothing():
    assert () == observe(state(PLACED), snapshot(shown(PLACED)))


def test_a_listed_order_is_not_asked_about():
    assert set() == asked(state(PLACED), snapshot(shown(PLACED)))


def test_a_partial_fill_in_the_list_is_recorded():
    after = after_look(state(PLACED), orders=[resting(cloid=OURS, filled="0.4")])

    assert Decimal("0.4") == after.placements[OURS].filled


def test_a_smaller_fill_in_the_list_is_not_believed():
    placed = placement(filled="0.6")

    assert () == observe(state(placed), snapshot(resting(cloid=OURS, filled="0.4")))


def test_an_order_with_an_unknown_id_is_foreign():
    stranger = resting(oid="9")

    assert (stranger,) == sight_of(state(), snapshot(stranger)).foreign


# what is not listed


def test_an_unlisted_order_is_asked_about_by_our_id():
    assert {(OURS, None)} == asked(state(PLACED), snapshot())


def test_absence_from_the_list_ends_nothing():
    assert () == observe(state(PLACED), snapshot())


@pytest.mark.parametrize("answer", [Missing(as_of_ms=1), NoAnswer(cause="http 502")])
def test_no_answer_is_no_end(answer):
    assert () == observe(state(PLACED), snapshot(statuses={by_our_id(PLACED): answer}))


@pytest.mark.parametrize("answer", [Missing(as_of_ms=1), NoAnswer(cause="http 502")])
def test_no_answer_blocks_the_order(answer):
    assert {OURS: "status-unknown"} == blocked(state(PLACED), {by_our_id(PLACED): answer})


def test_an_unknown_word_is_no_end():
    answer = found(terms(), OrderPhase.UNKNOWN, cloid=OURS, word="pausedByMoon")

    assert {OURS: "status-unknown"} == blocked(state(PLACED), {by_our_id(PLACED): answer})


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        (OrderPhase.FILLED, EndReason.FILLED),
        (OrderPhase.CANCELLED_BY_USER, EndReason.BY_USER),
        (OrderPhase.CANCELLED_BY_VENUE, EndReason.BY_VENUE),
        (OrderPhase.SIBLING_FILLED, EndReason.SIBLING_FILLED),
        (OrderPhase.REJECTED, EndReason.REJECTED),
    ],
)
def test_a_final_word_ends_the_order(phase, reason):
    after = after_look(state(PLACED), {by_our_id(PLACED): found(terms(), phase, cloid=OURS)})

    assert (reason, {}) == (after.endings["btc.dip"].reason, after.placements)


def test_a_final_word_brings_the_final_fill():
    answer = found(terms(), OrderPhase.CANCELLED_BY_USER, cloid=OURS, filled="0.3")

    after = after_look(state(PLACED), {by_our_id(PLACED): answer})

    assert Decimal("0.3") == after.records[("btc.dip", 1)].filled


def test_a_filled_order_is_filled_whatever_is_said_to_be_left():
    answer = found(terms(), OrderPhase.FILLED, cloid=OURS, filled="0")

    after = after_look(state(PLACED), {by_our_id(PLACED): answer})

    assert Decimal(1) == after.records[("btc.dip", 1)].filled


def test_an_order_we_asked_to_cancel_was_cancelled_by_us():
    placed = placement(is_cancel_requested=True)
    answer = found(terms(), OrderPhase.CANCELLED_BY_USER, cloid=OURS)

    after = after_look(state(placed), {by_our_id(placed): answer})

    assert EndReason.OWN_CANCEL is after.endings["btc.dip"].reason


def test_an_unlisted_order_that_a_lookup_finds_resting_rests():
    answer = found(terms(), OrderPhase.RESTING, cloid=OURS)

    after, seen = looked(state(PLACED), {by_our_id(PLACED): answer})

    assert {OURS: answer.order} == sight_of(after, seen).resting


def test_an_order_our_id_does_not_lead_to_is_asked_about_by_theirs():
    _, seen = looked(state(PLACED), {by_our_id(PLACED): Missing(as_of_ms=1)})

    assert {(None, "1")} == asked(state(PLACED), seen)


def test_an_order_our_id_does_not_lead_to_may_end_by_theirs():
    answers = {
        by_our_id(PLACED): Missing(as_of_ms=1),
        by_oid(PLACED, "1"): found(terms(), OrderPhase.FILLED, cloid=OURS),
    }

    assert EndReason.FILLED is after_look(state(PLACED), answers).endings["btc.dip"].reason


# after a modify


def leg(oid, *, settled=False, filled="0", price="90"):
    return Leg(
        venue_order_id=oid,
        price=Decimal(price),
        quantity=Decimal(1),
        filled=Decimal(filled),
        is_settled=settled,
    )


MODIFIED = placement(legs=(leg("1"), leg("2")))
NEWEST = resting(oid="2", cloid=OURS)


def test_the_order_before_a_modify_is_asked_about():
    assert {(None, "1")} == asked(state(MODIFIED), snapshot(NEWEST))


def test_the_late_fill_of_the_order_before_a_modify_counts():
    answer = found(terms(), OrderPhase.CANCELLED_BY_USER, oid="1", cloid=OURS, filled="0.2")

    after = after_look(state(MODIFIED), {by_oid(MODIFIED, "1"): answer}, orders=[NEWEST])

    assert Decimal("0.2") == after.placements[OURS].filled


def test_an_order_before_a_modify_is_asked_about_once():
    placed = placement(legs=(leg("1", settled=True), leg("2")))

    assert set() == asked(state(placed), snapshot(NEWEST))


def test_nothing_ends_while_an_earlier_fill_is_not_final():
    answer = found(terms(), OrderPhase.FILLED, oid="2", cloid=OURS)

    after = after_look(state(MODIFIED), {by_our_id(MODIFIED): answer})

    assert [OURS] == list(after.placements)


def test_it_ends_once_every_earlier_fill_is_final():
    answers = {
        by_our_id(MODIFIED): found(terms(), OrderPhase.FILLED, oid="2", cloid=OURS),
        by_oid(MODIFIED, "1"): found(
            terms(), OrderPhase.CANCELLED_BY_USER, oid="1", cloid=OURS, filled="0.2"
        ),
    }

    after = after_look(state(MODIFIED), answers)

    assert ({}, Decimal("1.2")) == (after.placements, after.records[("btc.dip", 1)].filled)


def test_an_old_order_shown_instead_of_the_newest_blocks():
    answers = {by_oid(MODIFIED, "2"): Missing(as_of_ms=1)}
    old = resting(oid="1", cloid=OURS)

    assert {OURS: "status-unknown"} == blocked(state(MODIFIED), answers, orders=[old])


def test_the_old_order_found_cancelled_does_not_end_the_newest():
    answer = found(terms(), OrderPhase.CANCELLED_BY_USER, oid="1", cloid=OURS)

    after = after_look(state(MODIFIED), {by_our_id(MODIFIED): answer})

    assert [OURS] == list(after.placements)


# requests of unknown fate


def unsure(known, *items):
    return answered(intent(known, *items), *[UNKNOWN] * len(items))


def test_a_lost_place_that_is_listed_is_found():
    known = unsure(state(), item(IntentOperation.PLACE, wanted=terms()))

    after = after_look(known, orders=[resting(oid="8", cloid=OURS)])

    assert ({}, "8") == (after.intents, after.placements[OURS].current_leg.venue_order_id)


def test_a_lost_place_that_filled_is_found_and_ended():
    known = unsure(state(), item(IntentOperation.PLACE, wanted=terms()))
    answer = found(terms(), OrderPhase.FILLED, oid="8", cloid=OURS)
    query = by_our_id(known.placements[OURS])

    after = after_look(known, {query: answer})

    assert ({}, {}, Decimal(1)) == (
        after.intents,
        after.placements,
        after.records[("btc.dip", 1)].filled,
    )


def test_a_lost_place_that_the_venue_does_not_know_stays_unknown():
    known = unsure(state(), item(IntentOperation.PLACE, wanted=terms()))

    after = after_look(known, {by_our_id(known.placements[OURS]): Missing(as_of_ms=1)})

    assert {"btc.dip"} == unsettled_addresses(after)


def test_a_lost_place_with_an_unknown_word_stays_unknown():
    known = unsure(state(), item(IntentOperation.PLACE, wanted=terms()))
    answer = found(terms(), OrderPhase.UNKNOWN, oid="8", cloid=OURS, word="new")

    after = after_look(known, {by_our_id(known.placements[OURS]): answer})

    assert {"btc.dip"} == unsettled_addresses(after)


def test_a_lost_modify_that_is_listed_is_found():
    known = unsure(state(PLACED), modify_of(PLACED, terms("91")))

    after = after_look(known, orders=[resting(terms("91"), oid="2", cloid=OURS)])

    assert {} == after.intents


def test_a_lost_modify_is_not_closed_by_the_old_order():
    known = unsure(state(PLACED), modify_of(PLACED, terms("91")))

    assert {"btc.dip"} == unsettled_addresses(after_look(known, orders=[shown(PLACED)]))


def test_a_lost_modify_does_not_end_with_its_old_order():
    known = unsure(state(PLACED), modify_of(PLACED, terms("91")))
    answer = found(terms(), OrderPhase.CANCELLED_BY_USER, oid="1", cloid=OURS, filled="0.2")

    after = after_look(known, {by_our_id(PLACED): answer})

    assert [(OURS, Decimal("0.2"))] == [(k, p.filled) for k, p in after.placements.items()]


def test_a_lost_cancel_is_done_once_its_order_has_ended():
    known = unsure(state(PLACED), cancel_of(PLACED))
    answer = found(terms(), OrderPhase.CANCELLED_BY_USER, cloid=OURS)

    after = after_look(known, {by_our_id(PLACED): answer})

    assert ({}, EndReason.OWN_CANCEL) == (after.intents, after.endings["btc.dip"].reason)


def test_a_lost_cancel_of_an_order_that_rests_stays_unknown():
    known = unsure(state(PLACED), cancel_of(PLACED))

    assert {"btc.dip"} == unsettled_addresses(after_look(known, orders=[shown(PLACED)]))


def test_an_order_with_a_lost_request_is_blocked_though_it_rests():
    known = unsure(state(PLACED), modify_of(PLACED, terms("91")))

    assert {OURS: "unknown-outcome"} == blocked(known, orders=[shown(PLACED)])


def test_the_source_of_a_lost_takeover_is_blocked():
    known = unsure(state(PLACED), take_over_of(PLACED, terms("91"), "btc.new", 2))

    assert "unknown-outcome" == blocked(known, orders=[shown(PLACED)])[OURS]


def test_a_lost_takeover_is_found_under_its_new_id():
    known = unsure(state(PLACED), take_over_of(PLACED, terms("91"), "btc.new", 2))
    new = resting(terms("91"), oid="2", cloid=our_id("btc.new", 2))

    assert {} == after_look(known, orders=[new]).intents


def test_a_takeover_ends_its_source_as_our_own_cancel():
    known = answered(
        intent(state(PLACED), take_over_of(PLACED, terms("91"), "btc.new", 2)),
        accepted("2"),
    )
    answer = found(terms(), OrderPhase.CANCELLED_BY_USER, cloid=OURS, filled="0.1")

    after = after_look(
        known,
        {by_our_id(PLACED): answer},
        orders=[resting(terms("91"), oid="2", cloid=our_id("btc.new", 2))],
    )

    assert (EndReason.OWN_CANCEL, Decimal("0.1")) == (
        after.endings["btc.dip"].reason,
        after.records[("btc.dip", 1)].filled,
    )


# one id, two orders

TWICE = (resting(oid="1", cloid=OURS, filled="0.2"), resting(oid="2", cloid=OURS, filled="0.3"))


def test_two_orders_under_one_id_block_it():
    assert {OURS: "status-unknown"} == blocked(state(PLACED), orders=TWICE)


def test_the_fills_of_two_orders_under_one_id_both_count():
    assert Decimal("0.5") == after_look(state(PLACED), orders=TWICE).placements[OURS].filled


def test_two_orders_under_one_id_are_read_the_same_in_any_order():
    known = unsure(state(), item(IntentOperation.PLACE, wanted=terms()))

    assert observe(known, snapshot(*TWICE)) == observe(known, snapshot(*reversed(TWICE)))


def test_two_orders_under_one_id_end_once_both_are_final():
    placed = placement(legs=(leg("1"), leg("2")))
    answers = {
        by_our_id(placed): found(terms(), OrderPhase.FILLED, oid="1", cloid=OURS),
    }
    after, seen = looked(state(placed), answers)

    assert {(None, "2")} == asked(after, seen)


# an order that the venue shows without our id


BARE = resting(oid="1")


def test_an_order_that_lost_our_id_is_known_by_the_venue_s():
    seen = sight_of(state(PLACED), snapshot(BARE))

    assert (BARE.venue_order_id, OURS) == (
        seen.resting[OURS].venue_order_id,
        seen.resting[OURS].client_order_id,
    )
    assert ((), {}) == (seen.foreign, seen.blocked)


def test_an_order_that_lost_our_id_is_not_asked_about():
    assert set() == asked(state(PLACED), snapshot(BARE))


def test_another_order_without_an_id_is_foreign():
    other = resting(oid="9")

    assert (other,) == sight_of(state(PLACED), snapshot(BARE, other)).foreign


def test_an_order_with_another_s_id_is_foreign_whatever_its_number():
    other = resting(oid="1", cloid=our_id("btc.other", 7))

    assert (other,) == sight_of(state(PLACED), snapshot(other)).foreign


def test_an_order_that_lost_our_id_ends_by_the_venue_s():
    answers = {
        by_our_id(PLACED): Missing(as_of_ms=1, is_id_kept=False),
        by_oid(PLACED, "1"): found(PLACED.terms, OrderPhase.FILLED, oid="1", filled="1"),
    }
    after = after_look(state(PLACED), answers)

    assert {} == after.placements
    assert EndReason.FILLED is after.endings[PLACED.address].reason


# why nothing may be done


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            found(terms(), OrderPhase.UNKNOWN, word="limbo"),
            "The venue gives it the status 'limbo', which is not in the table.",
        ),
        (
            Missing(as_of_ms=1, is_id_kept=False),
            "The venue does not show it, and may have lost its client order id.",
        ),
        (Missing(as_of_ms=1), "It rested before, and the venue does not show it now."),
        (NoAnswer(cause="http 502"), "The venue did not answer when asked about it."),
    ],
)
def test_an_order_that_is_not_seen_is_held_with_what_was_answered(answer, sentence):
    after, seen = looked(state(PLACED), {by_our_id(PLACED): answer})

    assert [(OURS, ("status-unknown", sentence))] == [*sight_of(after, seen).blocked.items()]


def test_an_order_that_was_sent_and_is_missing_is_held_with_that():
    sent = placement(phase=PlacementPhase.SENT, legs=())
    after, seen = looked(state(sent), {by_our_id(sent): Missing(as_of_ms=1)})

    assert "It was sent, and the venue does not show it." == sight_of(after, seen).blocked[OURS][1]


def test_a_final_word_about_the_newest_order_leaves_an_earlier_one_to_ask_about():
    """Its own fill is not final: what filled of it is not known."""
    two = placement(
        legs=(
            replace(PLACED.legs[0], venue_order_id=VenueOrderId("1")),
            replace(PLACED.legs[0], venue_order_id=VenueOrderId("2"), price=Decimal(91)),
        )
    )
    answers: dict[OrderQuery, OrderStatus] = {
        by_our_id(two): found(terms("91"), OrderPhase.CANCELLED_BY_USER, oid="2", cloid=OURS),
        by_oid(two, "1"): NoAnswer(cause="http 502"),
    }
    after, seen = looked(state(two), answers)

    why = sight_of(after, seen).blocked[OURS][1]

    assert "An earlier venue order of it has no final fill yet." == why
    assert OURS in after.placements
