"""The decision table: what is desired, bound and seen, and the one action that follows."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import GoneByUser, GoneByVenue, TimeInForce, VenueOrderId
from reconciler.model.plan import Adopt, Cancel, Forget, Hold, Keep, Modify, Place, Plan, Replace
from reconciler.model.snapshot import Missing, NoAnswer, OrderQuery, Quote
from reconciler.model.state import EndReason
from reconciler.planner.decide import can_result_from_modify
from tests.support.build import (
    IN_PLACE,
    NOW,
    REPLACING,
    actions,
    ending,
    holder,
    instrument,
    only,
    our_id,
    placement,
    plan,
    planned,
    policy,
    record,
    resting,
    shown,
    snapshot,
    state,
    terms,
    trigger,
    words,
)


def test_a_desired_order_that_was_never_sent_is_placed():
    assert ["place btc.dip new"] == words(holder())


def test_a_resting_order_that_is_equal_is_kept():
    assert ["keep btc.dip matches"] == words(holder(), state(placement()))


def test_an_order_at_another_price_is_modified():
    assert ["modify btc.dip price-changed"] == words(holder(), state(placement(wanted=terms("91"))))


def test_an_order_of_another_quantity_is_modified():
    known = state(placement(wanted=terms(quantity="2")))

    assert ["modify btc.dip quantity-changed"] == words(holder(), known)


def test_an_order_that_became_reduce_only_is_replaced():
    known = state(placement(wanted=terms("110", side="sell")))
    wanted = holder(wanted=terms("110", side="sell", reduce_only=True))
    seen = snapshot(*map(shown, known.placements.values()), positions={"BTC": 5})

    assert ["replace btc.dip terms-changed"] == words(wanted, known, seen)


def test_a_venue_without_modify_replaces():
    known = state(placement(wanted=terms("91")))

    assert ["replace btc.dip price-changed"] == words(holder(), known, can=REPLACING)


def test_change_replace_in_the_spec_replaces():
    known = state(placement(wanted=terms("91")))

    assert ["replace btc.dip price-changed"] == words(holder(may_modify=False), known)


def test_a_trigger_order_is_replaced():
    old, new = (
        terms("70", side="sell", trigger=trigger(price), post_only=False) for price in ("80", "81")
    )

    assert ["replace btc.dip terms-changed"] == words(
        holder(wanted=new), state(placement(wanted=old))
    )


def test_a_plain_order_that_may_cross_is_replaced():
    wanted = holder(wanted=terms("101", post_only=False))

    assert ["replace btc.dip price-changed"] == words(wanted, state(placement()))


def test_a_plain_order_that_cannot_cross_is_modified():
    wanted = holder(wanted=terms("95", post_only=False))

    assert ["modify btc.dip price-changed"] == words(wanted, state(placement()))


def test_a_fired_trigger_reads_back_as_a_plain_order_which_is_kept():
    wanted = terms("70", side="sell", trigger=trigger("80"), post_only=False)
    placed = placement(wanted=wanted)
    fired = resting(terms("70", side="sell"), cloid=placed.client_order_id)

    assert ["keep btc.dip trigger-fired"] == words(
        holder(wanted=wanted), state(placed), snapshot(fired)
    )


def test_the_time_in_force_a_venue_shows_is_not_compared():
    known = state(placement())
    wanted = holder(wanted=terms(post_only=False))

    assert ["keep btc.dip matches"] == words(wanted, known)


def test_an_order_of_ours_that_the_state_lost_is_adopted():
    seen = snapshot(resting(cloid=our_id("btc.dip", 5)))

    assert [Adopt, Keep] == [type(a) for a in actions(holder(), state(), seen)]


def test_an_order_that_has_just_ended_is_not_adopted_from_a_list_that_is_behind():
    """It would be counted twice when its end is seen again."""
    known = state(lately_ended={VenueOrderId("1"): NOW - 1})
    seen = snapshot(resting(cloid=our_id("btc.dip", 5), oid="1"))

    assert [Place] == [type(a) for a in actions(holder(), known, seen)]


def test_an_adopted_order_that_differs_is_then_modified():
    seen = snapshot(resting(terms("91"), cloid=our_id("btc.dip", 5)))

    assert [Adopt, Modify] == [type(a) for a in actions(holder(), state(), seen)]


def test_two_orders_of_ours_for_one_lost_address_stay_orphans():
    seen = snapshot(
        resting(cloid=our_id("btc.dip", 5), oid="1"), resting(cloid=our_id("btc.dip", 6), oid="2")
    )

    found = words(holder(), state(), seen)

    assert 2 == sum(word.endswith(" orphan") for word in found)


def test_a_filled_order_is_not_placed_again():
    known = state(
        records=[record(filled_at={"90": "1"})],
        endings=[ending(EndReason.FILLED)],
    )

    assert ["keep btc.dip filled"] == words(holder(), known)


def test_a_filled_order_is_not_placed_again_though_its_ending_is_forgotten():
    known = state(records=[record(filled_at={"90": "1"})])

    assert ["keep btc.dip filled"] == words(holder(), known)


def test_an_order_cancelled_by_a_person_is_placed_again_when_a_person_applies():
    known = state(records=[record()], endings=[ending(EndReason.BY_USER)])

    assert ["place btc.dip cancelled-by-user"] == words(holder(), known)


def test_an_order_cancelled_by_a_person_is_held_when_nobody_attends():
    known = state(records=[record()], endings=[ending(EndReason.BY_USER)])

    assert ["hold btc.dip cancelled-by-user"] == words(
        holder(), known, under=policy(is_unattended=True)
    )


def test_an_unattended_run_places_again_where_the_spec_says_so():
    known = state(records=[record()], endings=[ending(EndReason.BY_USER)])
    wanted = holder(on_user_cancel=GoneByUser.PLACE_AGAIN)

    assert ["place btc.dip cancelled-by-user"] == words(
        wanted, known, under=policy(is_unattended=True)
    )


@pytest.mark.parametrize(
    ("meanings", "why"),
    [
        ({}, "The venue cancelled it (marginCanceled)."),
        ({"marginCanceled": "no margin"}, "The venue cancelled it (marginCanceled): no margin."),
    ],
)
def test_what_the_venue_cancelled_says_why(meanings, why):
    known = state(endings=[ending(EndReason.BY_VENUE, word="marginCanceled")])

    held = only(holder(), known, can=replace(IN_PLACE, meanings=meanings))

    assert why == held.why


@pytest.mark.parametrize("is_unattended", [False, True])
def test_an_order_cancelled_by_the_venue_is_held(is_unattended):
    known = state(records=[record()], endings=[ending(EndReason.BY_VENUE)])

    assert ["hold btc.dip cancelled-by-venue"] == words(
        holder(), known, under=policy(is_unattended=is_unattended)
    )


def test_an_order_cancelled_by_the_venue_is_placed_again_where_the_spec_says_so():
    known = state(records=[record()], endings=[ending(EndReason.BY_VENUE)])
    wanted = holder(on_venue_cancel=GoneByVenue.PLACE_AGAIN)

    assert ["place btc.dip cancelled-by-venue"] == words(wanted, known)


def test_a_new_generation_is_not_bound_by_the_end_of_the_last():
    known = state(records=[record()], endings=[ending(EndReason.BY_VENUE)])

    assert ["place btc.dip generation-changed"] == words(holder(generation=2), known)


def test_an_order_whose_sibling_filled_is_done():
    known = state(records=[record()], endings=[ending(EndReason.SIBLING_FILLED)])

    assert ["keep btc.dip filled"] == words(holder(), known)


def test_our_own_cancel_leaves_the_rest_to_be_placed():
    known = state(records=[record(filled_at={"90": "0.4"})], endings=[ending(EndReason.OWN_CANCEL)])

    action = only(holder(), known)

    assert (Place, terms(quantity="0.6")) == (type(action), action.after)


@pytest.mark.parametrize("answer", [None, Missing(as_of_ms=1), NoAnswer(cause="timeout")])
def test_an_order_that_is_nowhere_to_be_seen_is_held(answer):
    placed = placement()
    query = OrderQuery(
        instrument="BTC",
        client_order_id=placed.client_order_id,
        placed_at_ms=placed.sent_at_ms,
    )
    seen = snapshot(statuses={query: answer} if answer else {})

    assert ["hold btc.dip status-unknown"] == words(holder(), state(placed), seen)


def test_a_bound_order_that_left_the_specs_is_cancelled():
    assert ["cancel btc.dip removed"] == words(
        holder("btc.low", terms("110", side="sell")), state(placement())
    )[:1]


def test_an_address_that_left_the_specs_and_is_gone_is_forgotten():
    known = state(records=[record()], endings=[ending(EndReason.FILLED)])

    assert [Forget] == [type(a) for a in actions(None, known)]


def test_an_orphan_is_held():
    action = only(None, state(), snapshot(resting(cloid=our_id("btc.dip", 5))))

    assert (Hold, "orphan") == (type(action), action.reason)


def test_an_orphan_is_cancelled_when_that_is_allowed():
    seen = snapshot(resting(cloid=our_id("btc.dip", 5)))

    action = only(None, state(), seen, under=policy(allow=frozenset({"orphans"})))

    assert (Cancel, "orphan-allowed") == (type(action), action.reason)


@pytest.mark.parametrize("cloid", [None, "0x" + "ab" * 16, our_id("x", 1)[:-1]])
def test_a_foreign_order_is_in_no_action(cloid):
    assert () == actions(None, state(), snapshot(resting(cloid=cloid)))


def test_an_order_of_another_lineage_is_foreign():
    seen = snapshot(resting(cloid=our_id("btc.dip", 5)))

    assert [Place] == [
        type(a) for a in actions(holder(wanted=terms("89")), state(lineage="other"), seen)
    ]


def test_a_changed_price_waits_for_nothing():
    found = only(holder(), state(placement(wanted=terms("91"))))

    assert (Modify, "1") == (type(found), str(found.overfill_bound))


def test_a_replacement_has_no_bound_to_print():
    assert Replace is type(only(holder(), state(placement(wanted=terms("91"))), can=REPLACING))


def test_another_side_needs_a_new_generation():
    known = state(placement())

    assert ["hold btc.dip needs-generation"] == words(
        holder(wanted=terms("110", side="sell")), known
    )


def test_another_instrument_needs_a_new_generation():
    known = state(placement())

    assert ["hold btc.dip needs-generation"] == words(holder(wanted=terms(name="ETH")), known)


def test_an_unmatched_one_shot_is_done():
    wanted = terms(time_in_force=TimeInForce.IOC, post_only=False)
    known = state(records=[record()], endings=[ending(EndReason.REJECTED, wanted=wanted)])

    assert ["keep btc.dip filled"] == words(holder(wanted=wanted), known)


def test_a_one_shot_that_was_never_sent_is_placed():
    wanted = terms(time_in_force=TimeInForce.IOC, post_only=False)
    known = state(records=[record()], endings=[ending(EndReason.NEVER_PLACED, wanted=wanted)])

    assert ["place btc.dip new"] == words(holder(wanted=wanted), known)


def test_what_is_left_below_the_minimum_rests_untouched():
    known = state(placement(filled="0.95", wanted=terms("91")))
    wanted = holder(wanted=terms("90"))

    assert ["keep btc.dip dust"] == words(wanted, known)


def test_what_is_left_below_the_minimum_is_done_once_gone():
    known = state(records=[record(filled_at={"90": "0.9"})], endings=[ending(EndReason.BY_USER)])

    assert ["keep btc.dip dust"] == words(holder(), known)


def test_more_than_the_minimum_does_not_rest_on_as_dust():
    known = state(placement(filled="0.4"))
    wanted = holder(wanted=terms(quantity="0.5"))

    assert ["cancel btc.dip budget-spent"] == words(
        wanted, known, snapshot(*map(shown, known.placements.values()))
    )


def test_a_grid_that_is_not_known_sends_nothing():
    assert ["hold btc.dip instrument-closed"] == words(holder(), seen=snapshot(instruments={}))


def test_a_grid_once_read_serves_when_none_is_read():
    known = state(instruments={"BTC": instrument()})

    assert ["place btc.dip new"] == words(holder(), known, snapshot(instruments={}))


def test_an_incomplete_look_sends_nothing():
    known = state(placement(wanted=terms("91")))
    seen = snapshot(*map(shown, known.placements.values()), problems=("fills: http 502",))

    assert ["hold btc.dip status-unknown"] == words(holder(), known, seen)


def test_an_incomplete_look_cancels_nothing():
    known = state(placement())
    seen = snapshot(*map(shown, known.placements.values()), problems=("fills: http 502",))

    assert ["hold btc.dip status-unknown"] == words(None, known, seen)


# what a modify may end in


def modifiable(wanted, seen):
    return can_result_from_modify(wanted, planned(None, seen=seen).context)


@pytest.mark.parametrize(("side", "price", "expected"), [
    ("buy", "102.9", True),
    ("buy", "103", False),
    ("sell", "97.1", True),
    ("sell", "97", False),
])  # fmt: skip
def test_best_prices_say_what_would_take_not_the_middle(side, price, expected):
    quote = Quote(bid=Decimal(97), ask=Decimal(103))

    found = modifiable(terms(price, side=side, post_only=False), snapshot(quotes={"BTC": quote}))

    assert expected is found


def test_an_order_takes_nothing_from_an_empty_side():
    quote = Quote(bid=Decimal(97), ask=None)

    assert modifiable(terms("200", post_only=False), snapshot(quotes={"BTC": quote}))


def test_an_order_that_may_take_is_not_the_end_of_a_modify_while_no_price_is_known():
    assert not modifiable(terms("1", post_only=False), snapshot(mids={}))


def test_a_post_only_order_is_the_end_of_a_modify_whatever_the_price():
    assert modifiable(terms("1", post_only=True), snapshot(mids={}))


# an incomplete look


def test_an_incomplete_look_changes_nothing_about_what_needs_no_request():
    seen = snapshot(*map(shown, state(placement()).placements.values()), problems=("too long",))

    assert ["keep btc.dip matches"] == words(holder(), state(placement()), seen)


@pytest.mark.parametrize(
    ("wanted", "under", "expected"),
    [
        (holder(), policy(), (True, True)),
        (holder(), policy(approved_books=frozenset()), (False, True)),
        (None, policy(), (False, False)),
    ],
)
def test_a_plan_says_whether_it_sends_and_whether_anything_is_pending(wanted, under, expected):
    whole = Plan(
        project="treasury",
        tool_version="1",
        commit="",
        created_at_ms=0,
        expires_at_ms=1,
        venues=(plan(wanted, under=under),),
    )

    assert expected == (whole.sends(), whole.has_changes())
