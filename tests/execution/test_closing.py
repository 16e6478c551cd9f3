"""What one answer about a request of unknown fate says, and what it never says."""

from dataclasses import replace

import pytest

from reconciler.execution.closing import (
    OpenItem,
    Round,
    burned,
    judge,
    lists_of,
    open_items,
    query_of,
)
from reconciler.model.order import TriggerKind, VenueOrderId
from reconciler.model.outcome import Unknown
from reconciler.model.snapshot import (
    Attached,
    FillHistory,
    Missing,
    NoAnswer,
    OrderPhase,
    OrderQuery,
    OrderStatus,
)
from reconciler.model.state import IntentOperation, Leg, State
from tests.support.build import (
    IN_PLACE,
    NOW,
    fill,
    our_id,
    placement,
    resting,
    snapshot,
    state,
    terms,
    trigger,
)
from tests.support.journal import (
    NONCE,
    accepted,
    answered,
    cancel_of,
    found,
    intent,
    item,
    modify_of,
)

EXPIRY = NOW + 15_000
WINDOW_MS = 2_000
PAST = EXPIRY + WINDOW_MS + 1
KEY = (NONCE, 0)


def placing() -> State:
    return intent(state(), item(IntentOperation.PLACE, wanted=terms()))


def modifying() -> State:
    placed = placement()
    return intent(state(placed), modify_of(placed, terms("91")))


def cancelling() -> State:
    placed = placement()
    return intent(state(placed), cancel_of(placed))


def only_open(known: State) -> OpenItem:
    (open_item,) = open_items(known)
    return open_item


def verdict(
    known: State, status: OrderStatus, *, as_of_ms: int = PAST, earlier: tuple[int, ...] = ()
) -> str:
    """Return what is concluded: a verdict, `absent at TIME`, or nothing."""
    judged = judge(
        only_open(known),
        Round(status=status, as_of_ms=as_of_ms),
        IN_PLACE,
        {KEY: earlier} if earlier else {},
    )
    if judged.closed is not None:
        return judged.closed.verdict
    return "" if judged.absent_at_ms is None else f"absent at {judged.absent_at_ms - EXPIRY}"


def test_a_cancel_is_asked_about_by_its_instrument_when_its_order_is_off_the_record() -> None:
    placed = placement()
    cancel = replace(cancel_of(placed), instrument=placed.terms.instrument)

    assert placed.terms.instrument == query_of(only_open(intent(state(), cancel))).instrument


def test_an_order_that_is_found_was_placed() -> None:
    known = placing()
    status = found(terms(), OrderPhase.RESTING, oid="5")

    assert "found" == verdict(known, status, as_of_ms=NOW)


def test_an_order_that_has_ended_already_was_placed_too() -> None:
    assert "found" == verdict(placing(), found(terms(), OrderPhase.FILLED, oid="5"), as_of_ms=NOW)


def test_an_order_found_under_a_status_word_nobody_knows_was_placed() -> None:
    assert "found" == verdict(placing(), found(terms(), OrderPhase.UNKNOWN, oid="5", word="odd"))


@pytest.mark.parametrize("as_of_ms", [NOW, EXPIRY, EXPIRY + WINDOW_MS])
def test_absence_before_the_request_is_dead_says_nothing(as_of_ms: int) -> None:
    assert "" == verdict(placing(), Missing(as_of_ms=as_of_ms), as_of_ms=as_of_ms)


def test_absence_counts_by_the_older_of_two_venue_times() -> None:
    assert "" == verdict(placing(), Missing(as_of_ms=EXPIRY), as_of_ms=PAST)


def test_one_absence_past_the_expiry_is_not_enough() -> None:
    assert "absent at 2001" == verdict(placing(), Missing(as_of_ms=PAST))


def test_two_absences_past_the_expiry_prove_that_it_was_never_placed() -> None:
    assert "never-placed" == verdict(placing(), Missing(as_of_ms=PAST + 400), earlier=(PAST,))


def test_the_proof_names_the_expiry_and_both_times() -> None:
    seen = Round(status=Missing(as_of_ms=PAST + 400), as_of_ms=PAST + 400)
    judged = judge(only_open(placing()), seen, IN_PLACE, {KEY: (PAST,)})

    assert judged.closed is not None
    assert (
        f"expired at {EXPIRY}; the venue showed nothing of it at {PAST}, {PAST + 400} (venue time)"
        == judged.closed.proof
    )


def test_no_answer_says_nothing_however_late() -> None:
    assert "" == verdict(placing(), NoAnswer(cause="http 502"), earlier=(PAST,))


def test_the_old_order_of_a_modify_proves_nothing_of_it() -> None:
    old = found(terms(), OrderPhase.RESTING, oid="1")

    assert "" == verdict(modifying(), old, as_of_ms=NOW)


def test_the_old_order_alone_past_the_expiry_counts_as_absence_of_the_modify() -> None:
    old = found(terms(), OrderPhase.RESTING, oid="1")

    assert "absent at 2001" == verdict(modifying(), old)
    assert "never-placed" == verdict(modifying(), old, earlier=(PAST,))


def test_the_old_order_under_a_word_nobody_knows_is_no_absence() -> None:
    old = found(terms(), OrderPhase.UNKNOWN, oid="1", word="odd")

    assert "" == verdict(modifying(), old, earlier=(PAST,))


def test_another_order_under_the_id_is_the_modify() -> None:
    assert "found" == verdict(modifying(), found(terms("91"), OrderPhase.RESTING, oid="2"))


def with_leg(known: State, venue_order_id: str) -> State:
    """Record a venue order of the only placement, as a look does that dies before it concludes."""
    (placed,) = known.placements.values()
    leg = Leg(
        venue_order_id=VenueOrderId(venue_order_id),
        price=placed.terms.price,
        quantity=placed.terms.quantity,
        filled=placed.terms.quantity,
        is_settled=True,
    )
    changed = replace(placed, legs=(*placed.legs, leg))
    return replace(known, placements={placed.client_order_id: changed})


def test_an_order_on_record_before_its_request_was_closed_is_what_was_placed() -> None:
    filled = found(terms(), OrderPhase.FILLED, oid="5")

    assert "found" == verdict(with_leg(placing(), "5"), filled, earlier=(PAST,))


def test_an_order_on_record_after_the_one_that_was_modified_is_the_modify() -> None:
    filled = found(terms("91"), OrderPhase.FILLED, oid="5")

    assert "found" == verdict(with_leg(modifying(), "5"), filled, earlier=(PAST,))


@pytest.mark.parametrize(
    "phase", [OrderPhase.FILLED, OrderPhase.CANCELLED_BY_USER, OrderPhase.CANCELLED_BY_VENUE]
)
def test_a_cancel_is_over_when_its_order_is(phase: OrderPhase) -> None:
    assert "done" == verdict(cancelling(), found(terms(), phase), as_of_ms=NOW)


def test_a_cancel_whose_order_rests_is_open_until_it_is_dead() -> None:
    resting = found(terms(), OrderPhase.RESTING)

    assert "" == verdict(cancelling(), resting, as_of_ms=NOW)
    assert "never-placed" == verdict(cancelling(), resting, earlier=(PAST,))


def test_a_dead_cancel_of_an_order_nobody_knows_is_over() -> None:
    assert "done" == verdict(cancelling(), Missing(as_of_ms=PAST), earlier=(PAST,))


def test_a_cancel_of_an_order_with_a_status_word_nobody_knows_is_open() -> None:
    odd = found(terms(), OrderPhase.UNKNOWN, word="odd")

    assert "" == verdict(cancelling(), odd, earlier=(PAST,))


def test_a_burned_nonce_proves_that_nothing_was_placed() -> None:
    closed = burned(only_open(placing()))

    assert (NONCE, 0, "never-placed") == (closed.nonce, closed.index, closed.verdict)
    assert f"the same nonce {NONCE}" in closed.proof


def test_an_order_is_asked_for_by_our_id() -> None:
    open_item = only_open(placing())

    assert OrderQuery(
        instrument="BTC",
        client_order_id=open_item.item.client_order_id,
        placed_at_ms=NONCE,
    ) == query_of(open_item)


def test_a_cancelled_order_is_asked_for_by_the_venues_id() -> None:
    assert OrderQuery(
        instrument="BTC", venue_order_id=VenueOrderId("1"), placed_at_ms=NONCE
    ) == query_of(only_open(cancelling()))


def test_a_cancel_that_never_knew_the_venues_id_is_asked_for_by_ours() -> None:
    placed = placement(legs=())
    known = intent(state(placed), cancel_of(placed))

    assert placed.client_order_id == query_of(only_open(known)).client_order_id


def test_an_order_without_a_record_is_asked_for_without_an_instrument() -> None:
    placed = placement()
    known = intent(state(), cancel_of(placed))

    assert "" == query_of(only_open(known)).instrument


def test_open_items_come_oldest_first() -> None:
    known = intent(placing(), item(IntentOperation.PLACE, "btc.low", terms("80")), nonce=NONCE - 1)

    assert ["btc.low", "btc.dip"] == [open_item.item.address for open_item in open_items(known)]


def test_the_order_of_a_cancel_without_a_record_is_known_by_its_target() -> None:
    known = intent(state(), cancel_of(placement()))

    assert "never-placed" == verdict(known, found(terms(), OrderPhase.RESTING), earlier=(PAST,))


def test_an_item_with_an_outcome_is_not_open() -> None:
    low = item(IntentOperation.PLACE, "btc.low", terms("80"))
    known = intent(state(), item(IntentOperation.PLACE, wanted=terms()), low)

    half = answered(known, accepted("1"), Unknown(cause="timeout"))

    assert ["btc.low"] == [open_item.item.address for open_item in open_items(half)]


def test_absence_under_an_id_that_may_be_lost_is_no_proof() -> None:
    lost = Missing(as_of_ms=PAST, is_id_kept=False)

    assert "" == verdict(placing(), lost, earlier=(PAST,))


# what is asked, and what lists show


def test_a_trigger_that_was_sent_alone_is_asked_for_alone() -> None:
    alone = item(IntentOperation.PLACE, "btc.dip.stop_loss", STOP_TERMS)
    beside = item(IntentOperation.PLACE, "btc.other", terms("80"))
    opened = list(open_items(intent(state(), beside, alone)))

    assert [None, None] == [query_of(one).attached for one in opened]


def test_a_trigger_is_asked_for_with_the_parent_it_was_sent_with() -> None:
    parent = item(IntentOperation.PLACE, wanted=terms())
    child = item(IntentOperation.PLACE, "btc.dip.stop_loss", STOP_TERMS)
    opened = list(open_items(intent(state(), parent, child)))

    assert [None, Attached(parent=parent.client_order_id, kind=TriggerKind.STOP_LOSS)] == [
        query_of(one).attached for one in opened
    ]


def test_an_order_of_a_person_is_in_no_list_of_ours() -> None:
    seen = lists_of(
        snapshot(resting(oid="7"), resting(oid="8", cloid=our_id("btc.dip", 1))),
        FillHistory(fills=(fill("7"),), reaches_ms=5, is_complete=True),
    )

    assert seen is not None
    assert ([(our_id("btc.dip", 1), frozenset({"8"}))], 5) == (
        [*seen.shown.items()],
        seen.since_ms,
    )


STOP_TERMS = terms("70", side="sell", trigger=trigger("80"), post_only=False, reduce_only=True)
