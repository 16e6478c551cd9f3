"""What a state records against the venue's fills."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from reconciler.model.event import Event, Observation, Observed, Resolved
from reconciler.model.order import Fill, VenueOrderId
from reconciler.model.snapshot import FillHistory, Found, OrderPhase
from reconciler.model.state import EndReason, State
from reconciler.model.transitions import preview
from reconciler.planner.owners import Owners
from reconciler.planner.rollback import (
    LookedAt,
    compared,
    comparison_event,
    newer_ids,
    unexplained,
    unseen_legs,
)
from tests.planner.test_recovery import fill
from tests.support.build import (
    IN_PLACE,
    NOW,
    book,
    holder,
    our_id,
    placement,
    resting,
    snapshot,
    state,
    terms,
)

LAYOUT = IN_PLACE.id_layout
OWNERS = Owners([book(holder())], LAYOUT)


def looked(
    known: State, *fills: Fill, seen: Sequence[Event] = (), orders: Sequence[Any] = ()
) -> LookedAt:
    return LookedAt(
        state=known,
        seen=seen,
        snapshot=snapshot(*orders),
        history=FillHistory(fills=fills, reaches_ms=0, is_complete=True),
        layout=LAYOUT,
    )


def test_an_id_above_the_last_is_newer_than_the_state():
    known = state(placement(incarnation=4))
    ids = [our_id("btc.dip", 4), our_id("btc.other", 4), our_id("btc.dip", 5), None]

    assert (our_id("btc.dip", 5),) == newer_ids(known, LAYOUT, ids)


def test_an_id_of_another_lineage_proves_nothing():
    known = replace(state(), lineage="another")

    assert () == newer_ids(known, LAYOUT, [our_id("btc.dip", 5)])


def test_fills_on_record_are_no_news():
    known = state(placement(incarnation=4, filled="0.3"))
    fills = [fill("4", "0.1", cloid=our_id("btc.dip", 4)), fill("9", "5", cloid=None)]

    assert {} == compared(looked(known, *fills))


def test_what_the_look_itself_shows_is_no_news():
    known = state(placement(incarnation=4))
    leg = replace(placement(incarnation=4).legs[0], filled=Decimal("0.3"))
    seen = Observed(
        observations=(Observation(client_order_id=our_id("btc.dip", 4), legs=(leg,), at_ms=NOW),)
    )

    assert {} == compared(looked(known, fill("4", "0.3", cloid=our_id("btc.dip", 4)), seen=[seen]))


def test_more_than_is_on_record_of_an_order_is_evidence():
    known = state(placement(incarnation=4, filled="0.3"))
    unseen = compared(looked(known, fill("4", "0.5", cloid=None)))
    after = preview(known, unseen_legs(unseen, {}), at_ms=NOW)
    (placed,) = after.placements.values()

    assert Decimal("0.5") == placed.filled


def test_an_order_between_two_modifies_is_evidence_with_its_own_limit_price():
    known = state(placement(incarnation=4))
    unseen = compared(looked(known, fill("7", "0.5", cloid=our_id("btc.dip", 4))))
    order = resting(terms("91"), oid="7", filled="0.6")
    status = Found(order=order, phase=OrderPhase.CANCELLED_BY_USER, word="canceled", at_ms=NOW)
    (event,) = unseen_legs(unseen, {VenueOrderId("7"): status})
    (leg,) = event.observations[0].legs

    assert (Decimal(91), Decimal("0.6"), True) == (leg.price, leg.filled, leg.is_settled)


def test_fills_of_an_order_that_ended_on_record_are_explained():
    known = state(last_incarnation=4, ended_fills={VenueOrderId("4"): Decimal("0.5")})

    assert {} == compared(looked(known, fill("4", "0.5", cloid=our_id("btc.dip", 4))))


def test_more_of_an_ended_order_marks_its_holder():
    known = state(last_incarnation=4, ended_fills={VenueOrderId("4"): Decimal("0.4")})
    look = looked(known, fill("4", "0.5", cloid=our_id("btc.dip", 4)))
    (mark,) = unexplained(look, compared(look), OWNERS)

    assert ("btc.dip", 1, True) == (mark.holder, mark.generation, mark.has_history_gap)
    assert () == unseen_legs(compared(look), {})


def test_what_was_compared_before_is_not_compared_again():
    known = state(last_incarnation=4, synced_at_ms=NOW)

    assert {} == compared(looked(known, fill("4", "0.5", cloid=our_id("btc.dip", 4))))


def test_an_orphan_that_rests_marks_nobody():
    cloid = our_id("btc.dip", 4)
    look = looked(
        state(last_incarnation=4),
        fill("4", "0.5", cloid=cloid),
        orders=[resting(oid="4", cloid=cloid, filled="0.5")],
    )

    assert () == unexplained(look, compared(look), OWNERS)


def test_a_fill_of_a_holder_nobody_declares_is_kept_for_when_somebody_does():
    look = looked(state(last_incarnation=4), fill("4", "0.5", cloid=our_id("btc.old", 4)))
    (mark,) = unexplained(look, compared(look), OWNERS)

    assert mark.holder.startswith("?")


def test_a_comparison_reaches_to_the_newest_fill_it_saw():
    look = looked(state(), fill("4", "0.5", cloid=None, at_ms=NOW + 7))
    after = preview(
        state(ended_fills={VenueOrderId("3"): Decimal(1)}), [comparison_event(look, ())], at_ms=NOW
    )

    assert (NOW + 7, {}) == (after.synced_at_ms, after.ended_fills)


def test_what_filled_while_fills_were_read_is_still_explained_afterwards():
    placed = placement(incarnation=4)
    part = replace(placed.legs[0], filled=Decimal("0.2"))
    whole = replace(placed.legs[0], filled=Decimal(1), is_settled=True)
    ended = Observation(
        client_order_id=placed.client_order_id,
        legs=(whole,),
        ending=EndReason.FILLED,
        at_ms=NOW + 900,
    )
    known = state(replace(placed, legs=(part,)), last_incarnation=4)
    late = fill("4", "0.8", cloid=placed.client_order_id, at_ms=NOW + 900)
    seen = (Observed(observations=(ended,)),)

    read = looked(known, fill("4", "0.2", cloid=placed.client_order_id), seen=seen)
    after = preview(known, [*seen, comparison_event(read, ())], at_ms=NOW)

    assert {VenueOrderId("4"): Decimal(1)} == after.ended_fills
    assert {} == compared(looked(after, late))


def test_events_of_a_look_that_saw_no_order_are_no_evidence():
    """A request that was closed in the look stands among them."""
    known = state(last_incarnation=4)
    closed = Resolved(nonce=1, index=0, verdict="never-placed", proof="twice absent")

    look = looked(known, fill("4", "0.5", cloid=our_id("btc.dip", 4)), seen=[closed])

    assert {VenueOrderId("4")} == {*compared(look)}


def test_a_fill_seen_in_one_look_as_a_leg_and_as_an_ending_is_named_as_not_shown():
    """It filled on after the fills were read; its leg came from them, its ending from a status."""
    placed = placement()
    leg = replace(placed.legs[0], filled=Decimal(1), is_settled=True)
    seen = (
        Observed(observations=(Observation(client_order_id=placed.client_order_id, legs=(leg,)),)),
        Observed(
            observations=(
                Observation(
                    client_order_id=placed.client_order_id, ending=EndReason.FILLED, word="filled"
                ),
            )
        ),
    )

    part = fill("1", "0.4", cloid=placed.client_order_id)
    event = comparison_event(looked(state(placed), part, seen=seen), ())

    assert ("1",) == event.unshown
