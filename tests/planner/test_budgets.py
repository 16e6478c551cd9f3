"""A quantity is a budget for the holder's life at one generation."""

from decimal import Decimal

import pytest

from reconciler.model.order import OrderAddress, TimeInForce
from reconciler.model.outcome import RejectReason
from reconciler.model.plan import Modify, Place
from reconciler.model.state import EndReason, Refusal
from tests.support.build import (
    NOW,
    REPLACING,
    actions,
    ending,
    holder,
    only,
    placement,
    plan,
    record,
    replenishing,
    shown,
    snapshot,
    state,
    terms,
    words,
)


def test_a_partial_fill_causes_no_action():
    assert ["keep btc.dip partly-filled"] == words(holder(), state(placement(filled="0.4")))


def test_a_partial_fill_leaves_nothing_pending():
    assert () == plan(holder(), state(placement(filled="0.4"))).requests


def test_a_price_change_after_a_partial_fill_carries_the_remainder():
    known = state(placement(wanted=terms("91"), filled="0.4"))

    assert terms(quantity="0.6") == only(holder(), known).after


def test_a_replacement_after_a_partial_fill_carries_the_remainder():
    known = state(placement(wanted=terms("91"), filled="0.4"))

    assert terms(quantity="0.6") == only(holder(), known, can=REPLACING).after


def test_fills_of_every_placement_count():
    known = state(
        placement(wanted=terms("91", "0.7"), incarnation=2, filled="0.2"),
        records=[record(filled_at={"92": "0.3"})],
    )

    assert Decimal("0.5") == only(holder(), known).after.quantity


def test_a_raised_quantity_opens_the_difference():
    known = state(records=[record(filled_at={"90": "1"})], endings=[ending(EndReason.FILLED)])

    action = only(holder(wanted=terms(quantity="3")), known)

    assert ("quantity-raised", terms(quantity="2")) == (action.reason, action.after)


def test_a_quantity_lowered_below_what_filled_leaves_nothing():
    known = state(records=[record(filled_at={"90": "0.8"}, quantity="2")])

    assert ["keep btc.dip filled"] == words(holder(wanted=terms(quantity="0.5")), known)


def test_a_quantity_lowered_to_what_filled_cancels_the_rest():
    known = state(placement(filled="0.4", wanted=terms(quantity="2")))

    assert ["cancel btc.dip budget-spent"] == words(holder(wanted=terms(quantity="0.4")), known)


def test_a_lowered_quantity_shrinks_what_rests():
    known = state(placement(filled="0.4", wanted=terms(quantity="2")))

    assert Decimal("0.6") == only(holder(), known).after.quantity


def test_a_new_generation_has_the_whole_budget():
    known = state(records=[record(filled_at={"90": "1"})])

    assert terms() == only(holder(generation=2), known).after


def test_a_new_generation_takes_over_the_order_of_the_last():
    known = state(placement(filled="0.4"))

    action = only(holder(generation=2), known)

    assert (Modify, 1, 2, terms()) == (
        type(action),
        action.origin_generation,
        action.generation,
        action.after,
    )


def test_a_new_generation_waits_for_the_cancel_of_the_last():
    known = state(placement())

    cancel, place = actions(holder(generation=2), known, can=REPLACING)

    assert ("generation-changed", ("btc.dip",)) == (cancel.reason, place.waits_for)


def test_a_huge_generation_is_planned_at_once():
    known = state(records=[record(filled_at={"90": "1"})])

    assert "generation-changed" == only(holder(generation=10**12), known).reason


def test_the_budget_of_a_place_is_the_whole_quantity():
    known = state(records=[record(filled_at={"90": "0.4"})], endings=[ending(EndReason.OWN_CANCEL)])

    assert Decimal(1) == only(holder(), known).budget


def test_a_second_order_of_one_address_is_cancelled():
    known = state(placement(incarnation=1), placement(incarnation=2))

    assert ["cancel btc.dip superseded", "keep btc.dip matches"] == words(holder(), known)


# replenish


def test_a_replenishing_order_is_refilled_once_nothing_is_live():
    known = state(records=[record(filled_at={"90": "1"})], endings=[ending(EndReason.FILLED)])

    assert ["place btc.dip replenish"] == words(replenishing(), known)


def test_a_replenishing_order_that_partly_filled_rests_on():
    known = state(placement(filled="0.4"))

    assert ["keep btc.dip partly-filled"] == words(replenishing(), known)


def test_a_replenishing_order_below_its_threshold_is_refilled():
    known = state(placement(filled="0.6"))

    assert Decimal(1) == only(replenishing(refill_below="0.5"), known).after.quantity


def test_a_replenishing_order_is_not_refilled_while_it_cools_down():
    known = state(placement(filled="0.6"), records=[record(last_fill_at_ms=NOW - 5_000)])
    wanted = replenishing(refill_below="0.5", cooldown_s=10)

    assert ["keep btc.dip partly-filled"] == words(wanted, known)


def test_a_replenishing_order_is_not_placed_while_it_cools_down():
    known = state(records=[record(filled_at={"90": "1"}, last_fill_at_ms=NOW - 5_000)])

    assert ["keep btc.dip cooling-down"] == words(replenishing(cooldown_s=10), known)


def test_a_replenishing_order_is_placed_once_it_has_cooled_down():
    known = state(records=[record(filled_at={"90": "1"}, last_fill_at_ms=NOW - 10_000)])

    assert ["place btc.dip replenish"] == words(replenishing(cooldown_s=10), known)


def test_a_new_price_is_no_refill():
    known = state(placement(filled="0.4", wanted=terms("91")))

    assert Decimal("0.6") == only(replenishing(), known).after.quantity


def test_a_raised_quantity_of_an_untouched_replenishing_order_is_sent():
    wanted = replenishing(wanted=terms(quantity="2"))

    assert Decimal(2) == only(wanted, state(placement())).after.quantity


def test_replenishing_never_exceeds_its_total():
    known = state(records=[record(filled_at={"90": "4.5"})])

    assert Decimal("0.5") == only(replenishing(total_max="5"), known).after.quantity


def test_replenishing_ends_at_its_total():
    known = state(records=[record(filled_at={"90": "5"})])

    assert ["keep btc.dip filled"] == words(replenishing(total_max="5"), known)


def test_the_budget_of_a_replenishing_place_is_its_total():
    assert Decimal(5) == only(replenishing(total_max="5")).budget


# expiry


def test_an_expired_order_is_cancelled():
    known = state(placement())

    assert ["cancel btc.dip expired"] == words(holder(expires_at_ms=NOW), known)


def test_an_expired_order_is_not_placed():
    assert [] == words(holder(expires_at_ms=NOW))


def test_nothing_is_sent_shortly_before_an_expiry():
    assert ["hold btc.dip expires-soon"] == words(holder(expires_at_ms=NOW + 59_999))


def test_an_order_that_expires_later_is_placed():
    assert ["place btc.dip new"] == words(holder(expires_at_ms=NOW + 60_000))


def test_a_resting_order_is_kept_to_its_expiry():
    assert ["keep btc.dip matches"] == words(holder(expires_at_ms=NOW + 1), state(placement()))


# refusals


def refused(count=3, reason=RejectReason.MARGIN, wanted=None, generation=1):
    wanted = wanted or terms()
    refusal = Refusal(
        address=OrderAddress("btc.dip"),
        generation=generation,
        count=count,
        reason=reason,
        text="no margin",
        is_transient=reason.is_transient,
        terms=wanted,
    )
    return state(
        records=[record()],
        endings=[ending(EndReason.REJECTED)],
        refusals={"btc.dip": refusal},
    )


@pytest.mark.parametrize("count", [1, 2])
def test_a_transient_refusal_is_planned_again(count):
    assert ["place btc.dip refused-before"] == words(holder(), refused(count))


def test_the_third_transient_refusal_is_held():
    assert ["hold btc.dip refused-too-often"] == words(holder(), refused(3))


def test_a_refused_shape_is_held_at_once():
    assert ["hold btc.dip refused-shape"] == words(holder(), refused(1, RejectReason.SHAPE))


def test_a_change_of_the_spec_sets_refusals_aside():
    assert [Place] == [type(a) for a in actions(holder(wanted=terms("89")), refused(3))]


def test_a_new_generation_sets_refusals_aside():
    assert ["place btc.dip generation-changed"] == words(holder(generation=2), refused(3))


def test_a_modify_refused_for_its_shape_is_held():
    known = refused(1, RejectReason.SHAPE)
    placed = placement(wanted=terms("91"))
    known = state(placed, refusals=known.refusals)

    assert ["hold btc.dip refused-shape"] == words(holder(), known, snapshot(shown(placed)))


def test_a_modify_refused_too_often_is_held():
    placed = placement(wanted=terms("91"))
    known = state(placed, refusals=refused(3).refusals)

    assert ["hold btc.dip refused-too-often"] == words(holder(), known, snapshot(shown(placed)))


def test_a_one_shot_refused_for_margin_is_planned_again():
    wanted = terms(time_in_force=TimeInForce.IOC, post_only=False)
    known = refused(1, wanted=wanted)

    assert ["place btc.dip refused-before"] == words(holder(wanted=wanted), known)
