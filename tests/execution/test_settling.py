"""What a person may settle, and between which bounds."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.errors import Refused
from reconciler.execution.settling import Question, concerns, question_of, refuse_answer
from reconciler.model.order import OrderAddress, VenueOrderId
from reconciler.model.outcome import Rejected, RejectReason, Unknown
from reconciler.model.snapshot import Missing, OrderQuery, VenueSnapshot
from reconciler.model.state import IntentOperation, Leg, State
from tests.support.build import NOW, placement, record, shown, snapshot, state, terms
from tests.support.journal import (
    answered,
    cancel_of,
    intent,
    item,
    modify_of,
    take_over_of,
)

DIP = OrderAddress("btc.dip")
WINDOW_MS = 2_000
LATER = NOW + 10 * 60_000
PLACED = placement(wanted=terms("90", "1"))


def missing(*placements) -> VenueSnapshot:
    """A look that shows nothing, and answers that it knows none of these."""
    seen = snapshot(taken_at_ms=LATER)
    queries = {}
    for placed in placements:
        query = OrderQuery(
            instrument=placed.terms.instrument,
            client_order_id=placed.client_order_id,
            placed_at_ms=placed.sent_at_ms,
        )
        queries[query] = Missing(as_of_ms=LATER)
    return replace(seen, statuses=queries)


def asked(known: State, seen: VenueSnapshot | None = None, address: str = DIP) -> Question:
    seen = seen or missing(*known.placements.values())
    return question_of(OrderAddress(address), known, seen, close_window_ms=WINDOW_MS)


def why(known: State, seen: VenueSnapshot | None = None, address: str = DIP) -> str:
    with pytest.raises(Refused) as caught:
        asked(known, seen, address)
    return caught.value.diagnostics[0].why


def unknown(known: State, *items) -> State:
    return answered(intent(known, *items), *[Unknown(cause="timeout")] * len(items))


def test_an_order_the_venue_lost_may_be_settled() -> None:
    question = asked(state(PLACED))

    assert (PLACED.key, Decimal(0), Decimal(1)) == (question.key, question.least, question.most)


def test_fills_on_record_are_the_least() -> None:
    question = asked(state(placement(wanted=terms("90", "1"), filled="0.4")))

    assert (Decimal("0.4"), Decimal(1)) == (question.least, question.most)


def test_earlier_orders_of_a_placement_count_with_what_they_filled() -> None:
    legs = tuple(
        Leg(
            venue_order_id=VenueOrderId(oid),
            price=Decimal(90),
            quantity=Decimal(quantity),
            filled=Decimal(filled),
        )
        for oid, quantity, filled in (("1", "1", "0.3"), ("2", "0.7", "0.2"))
    )
    question = asked(state(replace(PLACED, legs=legs)))

    assert (Decimal("0.5"), Decimal(1)) == (question.least, question.most)


def test_a_modify_of_unknown_fate_may_have_brought_another_order() -> None:
    placed = placement(wanted=terms("90", "1"), filled="0.3")
    known = unknown(state(placed), modify_of(placed, terms("91", "0.7")))

    assert (Decimal("0.3"), Decimal("1.0")) == (asked(known).least, asked(known).most)


def test_a_place_without_answer_may_be_settled_after_its_expiry() -> None:
    known = unknown(state(), item(IntentOperation.PLACE, wanted=terms("90", "1")))

    assert (Decimal(0), Decimal(1)) == (asked(known).least, asked(known).most)


def test_a_request_may_arrive_until_its_expiry_and_the_window_have_passed() -> None:
    known = unknown(state(), item(IntentOperation.PLACE, wanted=terms("90", "1")))
    (open_one,) = known.intents.values()
    seen = missing(*known.placements.values())

    early = replace(seen, taken_at_ms=open_one.expires_at_ms + WINDOW_MS)
    late = replace(seen, taken_at_ms=open_one.expires_at_ms + WINDOW_MS + 1)

    assert "may still be executed" in why(known, early)
    assert DIP == asked(known, late).address


def test_an_order_that_rests_is_no_question() -> None:
    assert "rests as recorded" in why(state(PLACED), snapshot(shown(PLACED)))


def test_a_request_on_an_order_that_rests_is_no_question() -> None:
    known = unknown(state(PLACED), modify_of(PLACED, terms("91", "1")))
    seen = snapshot(shown(PLACED), taken_at_ms=LATER)

    assert "rests at the venue" in why(known, seen)


def test_an_order_that_another_address_takes_over_is_asked_about_there() -> None:
    taken = item(
        IntentOperation.MODIFY,
        "btc.new",
        terms("91", "1"),
        incarnation=2,
        source_client_order_id=PLACED.client_order_id,
        target=PLACED.legs[0].venue_order_id,
    )
    known = unknown(state(PLACED), taken)

    assert "taken over by btc.new" in why(known)


def test_an_address_without_anything_is_no_question() -> None:
    assert "Nothing is open." == why(state())


def test_a_gap_in_history_asks_for_the_whole_generation() -> None:
    gap = replace(record(filled_at={"90": "0.2"}), has_history_gap=True)
    question = asked(state(placement(filled="0.1"), records=[gap]))

    assert (Decimal("0.3"), None, (DIP, 1)) == (question.least, question.most, question.key)


@pytest.mark.parametrize(
    "known", [state(PLACED), unknown(state(), item(IntentOperation.PLACE, wanted=terms()))]
)
def test_an_address_with_an_order_is_of_concern(known: State) -> None:
    assert (True, False) == (concerns(known, DIP), concerns(known, OrderAddress("btc.no")))


def test_an_answer_below_what_is_proven_is_refused() -> None:
    question = asked(state(placement(wanted=terms("90", "1"), filled="0.4")))

    with pytest.raises(Refused):
        refuse_answer(question, Decimal("0.3"))


def test_an_answer_above_what_was_sent_for_is_refused() -> None:
    with pytest.raises(Refused):
        refuse_answer(asked(state(PLACED)), Decimal("1.1"))


@pytest.mark.parametrize("filled", ["0.4", "0.7", "1"])
def test_an_answer_between_the_bounds_is_taken(filled: str) -> None:
    question = asked(state(placement(wanted=terms("90", "1"), filled="0.4")))

    assert None is refuse_answer(question, Decimal(filled))  # type: ignore[func-returns-value]


def test_another_address_in_the_same_request_is_no_part_of_the_question() -> None:
    other = item(IntentOperation.PLACE, "btc.other", terms("80", "5"), incarnation=9)
    known = unknown(state(PLACED), other)

    assert (PLACED.key, Decimal(1)) == (asked(known).key, asked(known).most)


def test_a_take_over_of_another_order_is_no_part_of_the_question() -> None:
    low = placement("btc.low", terms("80"), incarnation=5)
    taken = take_over_of(low, terms("81"), "btc.new", 6)
    known = unknown(state(PLACED, low), taken)

    assert PLACED.key == asked(known).key


def test_a_take_over_that_was_answered_is_no_part_of_the_question() -> None:
    taken = take_over_of(PLACED, terms("91"), "btc.new", 2)
    other = item(IntentOperation.PLACE, "btc.other", terms("80"), incarnation=9)
    known = answered(
        intent(state(PLACED), taken, other),
        Rejected(reason=RejectReason.POST_ONLY_CROSSED, text="no"),
        Unknown(cause="timeout"),
    )

    assert PLACED.key == asked(known).key


def test_of_a_cancel_whose_order_is_off_the_record_nothing_can_have_filled() -> None:
    known = unknown(state(), cancel_of(PLACED))
    question = asked(known)

    assert (Decimal(0), Decimal(0), "this order") == (question.least, question.most, question.what)
    with pytest.raises(Refused):
        refuse_answer(question, Decimal("0.1"))
