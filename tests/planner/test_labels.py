"""What the orders of a ladder are called: by the specs as they are now, each by another name."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings

from reconciler.model.order import VenueOrderId
from reconciler.model.plan import Cancel, Hold, Modify, Place
from reconciler.model.state import IntentOperation, Leg, PlacementPhase
from reconciler.model.transitions import preview
from reconciler.observe import unsettled_addresses
from reconciler.planner.labels import labels_of, relabelled
from tests.support.build import (
    NOW,
    actions,
    book,
    holder,
    ladder,
    placement,
    planned,
    policy,
    state,
    terms,
)
from tests.support.journal import cancel_of, intent, item, modify_of
from tests.support.worlds import STEPS, VENUES, desires, happen, venue

ALLOWED = policy(allow=frozenset({"empty", "looks-renamed"}))


def rung(index, price, incarnation, **others):
    return placement(f"btc.bids[{index}]", terms(price), incarnation=incarnation, **others)


def named(wanted, *placements, known=None):
    """Return what each order is called now, by the price it was placed at."""
    known = known or state(*placements)
    labels = labels_of([wanted], known)
    return {
        f"{p.legs[-1].price if p.legs else p.terms.price}": labels.get(id_, p.address)
        for id_, p in known.placements.items()
    }


THREE = (rung(0, "90", 1), rung(1, "89", 2), rung(2, "88", 3))


def test_rungs_that_are_called_so_already_are_left_alone():
    assert {} == labels_of([ladder(["90", "89", "88"])], state(*THREE))


def test_a_state_that_needs_no_new_names_has_no_event():
    assert () == relabelled([book(ladder(["90", "89", "88"]))], state(*THREE))


def test_the_rungs_that_stay_of_a_shifted_ladder_have_the_index_of_their_price():
    found = named(ladder(["91", "90", "89"]), *THREE)

    assert {"90": "btc.bids[1]", "89": "btc.bids[2]", "88": "btc.bids[@88]"} == found


def test_an_order_no_rung_claims_keeps_a_label_no_rung_has():
    assert "btc.bids[2]" == named(ladder(["90", "89"]), *THREE)["88"]


def test_an_order_that_was_called_by_its_price_is_called_by_the_price_it_has_now():
    moved = replace(rung(0, "88", 1), address="btc.bids[@95]")

    assert {"88": "btc.bids[@88]"} == named(ladder(["90"]), moved)


def test_two_orders_at_one_price_that_no_rung_claims_are_told_apart():
    twins = (rung(0, "80", 1), rung(1, "80", 2))

    found = labels_of([ladder(["90", "89"])], state(*twins))

    assert ["btc.bids[@80]", "btc.bids[@80#2]"] == [found[p.client_order_id] for p in twins]


def test_the_older_of_two_orders_at_a_rung_s_price_is_the_rung():
    twins = (rung(0, "90", 2), rung(0, "90", 1))

    found = labels_of([ladder(["90"])], state(*twins))

    assert {twins[0].client_order_id: "btc.bids[@90]"} == found


def test_what_is_in_doubt_is_the_rung_before_anything_else_at_its_price():
    older, doubtful = rung(0, "90", 1), rung(0, "90", 2)
    known = intent(state(older, doubtful), cancel_of(doubtful))

    assert {older.client_order_id: "btc.bids[@90]"} == labels_of([ladder(["90"])], known)


def test_an_order_of_an_earlier_generation_is_no_rung_of_the_present_one():
    old = rung(0, "90", 1)

    found = labels_of([ladder(["90"], generation=2)], state(old))

    assert {old.client_order_id: "btc.bids[@90]"} == found


def test_a_modify_in_flight_is_the_rung_it_goes_to():
    moving = replace(rung(2, "88", 3), terms=terms("91"), phase=PlacementPhase.SENT)

    assert {"88": "btc.bids[0]"} == named(ladder(["91", "90", "88"]), moving)


def test_a_modify_in_flight_to_a_price_no_rung_has_is_the_rung_it_came_from():
    moving = replace(rung(2, "88", 3), terms=terms("91"), phase=PlacementPhase.SENT)

    assert {"88": "btc.bids[1]"} == named(ladder(["90", "88"]), moving)


def test_an_order_without_a_venue_order_is_where_it_was_sent():
    sent = replace(rung(0, "89", 1), legs=(), phase=PlacementPhase.SENT)

    assert {"89": "btc.bids[1]"} == named(ladder(["90", "89"]), sent)


def test_a_modified_order_is_where_its_newest_venue_order_is():
    old = Leg(
        venue_order_id=VenueOrderId("7"), price=Decimal(90), quantity=Decimal(1), is_settled=True
    )
    moved = rung(0, "89", 1)

    assert {"89": "btc.bids[1]"} == named(
        ladder(["90", "89"]), replace(moved, legs=(old, *moved.legs))
    )


def test_a_refused_modify_leaves_its_order_called_by_where_it_rests():
    # The claim took the name of the rung it was to become; the refusal took only the terms back.
    refused = replace(rung(0, "88", 3), address="btc.bids[0]")

    assert "btc.bids[@88]" == named(ladder(["91", "90", "89"]), refused)["88"]


@pytest.mark.parametrize(
    "others",
    [ladder(["90"], address="btc.asks"), ladder(["90"], orders=())],
    ids=["another", "bare"],
)
def test_a_ladder_that_is_not_declared_or_has_no_rungs_keeps_its_labels(others):
    assert {} == labels_of([others], state(*THREE))


def test_an_order_that_became_a_ladder_is_a_rung_of_it():
    alone = placement("btc.bids", terms("90"))

    assert {"90": "btc.bids[1]"} == named(ladder(["91", "90"]), alone)


def test_a_ladder_that_became_one_order_is_called_by_its_newest():
    found = labels_of([holder("btc.bids", terms("90"))], state(*THREE))

    assert {THREE[2].client_order_id: "btc.bids"} == found


def test_one_order_that_has_the_name_already_keeps_it():
    alone = placement("btc.bids", terms("90"), incarnation=9)

    assert {} == labels_of([holder("btc.bids", terms("90"))], state(*THREE, alone))


# in a plan


def test_a_plan_shows_the_new_labels():
    known = state(*THREE)

    found = planned(ladder(["91", "90", "89"]), known).plan.actions

    assert ["modify btc.bids[0]", "keep btc.bids[1]", "keep btc.bids[2]"] == [
        f"{type(a).__name__.lower()} {a.address}" for a in found
    ]


def test_the_order_a_rung_comes_from_is_not_called_like_one_that_stays():
    (modify,) = (
        a for a in actions(ladder(["91", "90", "89"]), state(*THREE)) if isinstance(a, Modify)
    )

    assert "btc.bids[@88]" == modify.origin


def test_the_cancel_of_an_order_is_not_called_like_a_rung_that_stays():
    known = state(*THREE, rung(3, "87", 4))

    found = actions(ladder(["90", "89", "87"]), known)

    assert ["btc.bids[@88]"] == [a.address for a in found if isinstance(a, Cancel)]


def test_new_labels_are_no_event_by_themselves():
    found = planned(ladder(["88", "89", "90"]), state(*THREE))

    assert ((), 1) == (found.events, len(found.labels))


def test_a_request_in_doubt_blocks_the_rung_its_order_is_and_no_other():
    known = intent(state(*THREE), cancel_of(THREE[0]))

    found = actions(ladder(["92", "91", "90", "89", "88"]), known)

    assert ["btc.bids[2]"] == [a.address for a in found if isinstance(a, Hold)]
    assert ["btc.bids[0]", "btc.bids[1]"] == [a.address for a in found if isinstance(a, Place)]


def test_a_request_in_doubt_is_open_under_the_new_label():
    known = intent(state(*THREE), modify_of(THREE[0], terms("90", "2")))
    labels = planned(ladder(["91", "90", "89"]), known).labels

    assert {"btc.bids[1]"} == unsettled_addresses(preview(known, labels, at_ms=NOW))


def test_the_cancel_that_makes_room_for_a_rung_keeps_that_rung_blocked():
    room = item(IntentOperation.CANCEL, "btc.bids[5]", incarnation=1, owner="btc.bids", target="1")
    known = intent(state(*THREE), room)
    labels = planned(ladder(["91", "90", "89"]), known).labels

    assert {"btc.bids[5]"} == unsettled_addresses(preview(known, labels, at_ms=NOW))


def test_a_target_does_not_keep_other_ladders_from_their_names():
    found = planned(ladder(["91", "90", "89"]), state(*THREE), under=policy(targets=("btc.other",)))

    assert 1 == len(found.labels)


@settings(max_examples=200)
@given(VENUES, STEPS, desires())
def test_after_an_apply_every_order_is_called_what_the_specs_call_it(can, steps, wanted):
    known, market = state(), venue(can)
    for desired, happenings in (*steps, (wanted, [])):
        known, seen = market.look(known)
        known = market.carry_out(known, planned(desired, known, seen, can=can, under=ALLOWED))
        happen(market, happenings)
    declared = {
        (
            h.address,
            h.generation,
            order.terms.price if h.ladder is not None else None,
        ): order.address
        for h in wanted.holders
        for order in h.orders
    }
    ladders = {h.address for h in wanted.holders if h.ladder is not None}

    called = {
        (p.holder, p.generation, p.legs[-1].price if p.holder in ladders else None): p.address
        for p in known.placements.values()
    }
    assert (called, len(known.placements)) == (
        {key: declared.get(key) for key in called},
        len(set(called.values())),
    )


@settings(max_examples=200)
@given(VENUES, STEPS, desires())
def test_no_two_live_orders_are_ever_called_the_same(can, steps, wanted):
    known, market = state(), venue(can)
    for desired, happenings in (*steps, (wanted, [])):
        known, seen = market.look(known)
        found = planned(desired, known, seen, can=can, under=ALLOWED)
        renamed = preview(known, [*found.events, *found.labels], at_ms=NOW)
        called = [p.address for p in renamed.placements.values() if "[" in p.address]

        assert len(called) == len(set(called))
        known = market.carry_out(known, found)
        happen(market, happenings)


def test_three_orders_at_one_price_that_no_rung_claims_have_three_names():
    three = (rung(0, "80", 1), rung(1, "80", 2), rung(2, "80", 3))

    found = labels_of([ladder(["90", "89", "88"])], state(*three))

    assert ["btc.bids[@80]", "btc.bids[@80#2]", "btc.bids[@80#3]"] == [
        found[p.client_order_id] for p in three
    ]


def test_an_order_that_was_only_sent_is_called_by_the_price_it_was_sent_at():
    sent = replace(rung(0, "80", 1), legs=(), phase=PlacementPhase.SENT)

    assert {"80": "btc.bids[@80]"} == named(ladder(["90"]), sent)
