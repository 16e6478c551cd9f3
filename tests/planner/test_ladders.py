"""A ladder is one holder: one budget, rungs known by their price."""

from dataclasses import replace
from decimal import Decimal

from reconciler.model.order import OrderAddress, VenueOrderId
from reconciler.model.outcome import RejectReason
from reconciler.model.plan import Cancel, Keep, Modify, Place
from reconciler.model.snapshot import Found, OrderPhase, OrderQuery
from reconciler.model.state import EndReason, IntentOperation, Leg, PlacementPhase, Refusal
from tests.support.build import (
    NOW,
    REPLACING,
    actions,
    ending,
    ladder,
    placement,
    plan,
    record,
    shown,
    snapshot,
    state,
    terms,
    trigger,
    words,
)
from tests.support.journal import intent, item

GRID = [str(90 - n) for n in range(50)]


def rungs(prices, *, quantity="1", filled=(), first=1):
    """Return placements at prices, in the order of rungs; `filled` by price."""
    filled = dict(filled)
    return [
        placement(
            f"btc.bids[{index}]",
            terms(price, quantity),
            incarnation=first + index,
            filled=filled.get(price, "0"),
        )
        for index, price in enumerate(prices)
    ]


def quantities(found):
    return {str(a.after.price): str(a.after.quantity) for a in found if hasattr(a, "after")}


def test_an_untouched_ladder_is_kept():
    known = state(*rungs(GRID), records=[record("btc.bids", quantity="50")])

    assert {"keep"} == {word.split()[0] for word in words(ladder(GRID), known)}


def test_shifting_a_grid_of_fifty_by_one_is_one_modify():
    known = state(*rungs(GRID), records=[record("btc.bids", quantity="50")])

    found = actions(ladder(["91", *GRID[:-1]]), known)

    assert [("41", "91")] == [
        (str(a.before.price), str(a.after.price)) for a in found if not isinstance(a, Keep)
    ]


def test_the_one_modify_of_a_shifted_grid_is_one_request():
    known = state(*rungs(GRID), records=[record("btc.bids", quantity="50")])

    assert [1] == [r.items for r in plan(ladder(["91", *GRID[:-1]]), known).requests]


def test_shifting_a_grid_without_modify_is_one_replacement():
    known = state(*rungs(GRID), records=[record("btc.bids", quantity="50")])

    found = words(ladder(["91", *GRID[:-1]]), known, can=REPLACING)

    assert ["replace btc.bids[0] ladder-moved"] == [w for w in found if not w.startswith("keep")]


def test_a_rung_filled_at_its_price_is_done():
    known = state(*rungs(["89"]), records=[record("btc.bids", {"90": "1"}, quantity="2")])

    assert ["keep btc.bids[0] filled", "keep btc.bids[1] matches"] == words(
        ladder(["90", "89"]), known
    )


def test_a_rung_partly_filled_at_its_price_places_the_rest():
    known = state(records=[record("btc.bids", {"90": "0.3"}, quantity="2")])

    assert {"90": "0.7", "89": "1"} == quantities(actions(ladder(["90", "89"]), known))


def test_fills_of_rungs_past_are_cut_from_the_last_rung_backwards():
    known = state(records=[record("btc.bids", {"95": "1.5"}, quantity="3")])

    found = actions(ladder(["90", "89", "88"]), known)

    assert {"90": "1", "89": "0.5"} == quantities(found)


def test_a_rung_cut_to_nothing_is_told_apart_from_a_filled_one():
    known = state(records=[record("btc.bids", {"95": "1"}, quantity="2")])

    assert "keep btc.bids[1] budget-spent" in words(ladder(["90", "89"]), known)


def test_a_resting_rung_is_cut_when_the_budget_is_spent_elsewhere():
    known = state(*rungs(["90", "89"]), records=[record("btc.bids", {"95": "0.5"}, quantity="2")])

    found = actions(ladder(["90", "89"]), known)

    assert [Keep, Modify] == [type(a) for a in found]


def test_a_resting_rung_with_nothing_left_is_cancelled():
    known = state(*rungs(["90", "89"]), records=[record("btc.bids", {"95": "1"}, quantity="2")])

    assert ["keep btc.bids[0] matches", "cancel btc.bids[1] budget-spent"] == words(
        ladder(["90", "89"]), known
    )


def test_a_rung_cut_below_the_minimum_is_done():
    known = state(records=[record("btc.bids", {"95": "0.9"}, quantity="2")])

    assert "keep btc.bids[1] dust" in words(ladder(["90", "89"]), known)


def test_what_is_cut_off_a_rung_leaves_whole_lots():
    known = state(records=[record("btc.bids", {"95": "0.45"}, quantity="2")])

    assert {"90": "1", "89": "0.5"} == quantities(actions(ladder(["90", "89"]), known))


def test_a_partly_filled_ladder_that_moves_never_exceeds_its_budget():
    known = state(
        *rungs(["90", "89"], filled={"90": "0.6"}), records=[record("btc.bids", quantity="2")]
    )

    found = actions(ladder(["91", "90"]), known)

    assert {"91": "1"} == quantities(found)


def test_a_partly_filled_rung_that_is_still_wanted_is_kept():
    known = state(
        *rungs(["90", "89"], filled={"90": "0.6"}), records=[record("btc.bids", quantity="2")]
    )

    assert "keep btc.bids[1] partly-filled" in words(ladder(["91", "90"]), known)


def test_two_partial_fills_at_one_price_are_added():
    first, second = (
        placement("btc.bids[0]", terms("90"), incarnation=n, filled="0.3") for n in (1, 2)
    )
    known = state(first, second, records=[record("btc.bids", quantity="2")])

    found = actions(ladder(["90", "89"]), known, snapshot(shown(first), shown(second)))

    assert ["0.4"] == [
        str(a.after.quantity) for a in found if isinstance(a, Modify) and a.after.price == 90
    ]


def test_two_orders_at_one_price_become_one_at_each():
    known = state(
        placement("btc.bids[0]", terms("90"), incarnation=1),
        placement("btc.bids[0]", terms("90"), incarnation=2),
        records=[record("btc.bids", quantity="2")],
    )

    assert [Keep, Modify] == [type(a) for a in actions(ladder(["90", "89"]), known)]


def test_raising_a_ladder_after_it_filled_opens_the_difference_of_each_rung():
    known = state(records=[record("btc.bids", {"90": "1", "89": "1"}, quantity="2")])

    assert {"90": "0.5", "89": "0.5"} == quantities(
        actions(ladder(["90", "89"], each="1.5"), known)
    )


def test_fewer_rungs_cancel_the_others():
    known = state(*rungs(["90", "89", "88"]), records=[record("btc.bids", quantity="3")])

    found = actions(ladder(["90"]), known)

    assert [Keep, Cancel, Cancel] == [type(a) for a in found]


def test_a_rung_the_venue_cancelled_is_held_when_its_label_changes():
    known = state(
        *rungs(["89", "88"], first=5),
        records=[record("btc.bids", quantity="3")],
        endings=[ending(EndReason.BY_VENUE, "btc.bids[0]", terms("90"))],
    )

    found = words(ladder(["91", "90", "89", "88"]), known)

    assert "hold btc.bids[1] cancelled-by-venue" in found


def test_a_rung_placed_under_an_old_label_does_not_forget_another_rung():
    known = state(
        records=[record("btc.bids", quantity="3")],
        endings=[ending(EndReason.BY_VENUE, "btc.bids[0]", terms("90"))],
    )
    claimed = item(IntentOperation.PLACE, "btc.bids[0]", terms("91"), incarnation=9)

    after = intent(known, claimed)

    assert ["btc.bids[@90]"] == list(after.endings)


def test_a_rung_of_unknown_status_keeps_its_price_blocked_under_any_label():
    lost = placement("btc.bids[0]", terms("90"))
    known = state(lost, records=[record("btc.bids", quantity="2")])

    found = words(ladder(["91", "90"]), known, snapshot())

    assert "hold btc.bids[1] status-unknown" in found


def test_a_rung_of_unknown_status_away_from_every_rung_is_shown():
    lost = placement("btc.bids[0]", terms("95"))
    known = state(lost, records=[record("btc.bids", quantity="2")])

    assert "hold btc.bids[@95] status-unknown" in words(ladder(["91", "90"]), known, snapshot())


def test_a_rung_of_unknown_status_keeps_its_part_of_the_budget():
    lost = placement("btc.bids[0]", terms("95"))
    known = state(lost, records=[record("btc.bids", quantity="2")])

    found = actions(ladder(["91", "90"]), known, snapshot())

    assert ["1"] == [str(a.after.quantity) for a in found if isinstance(a, Place)]


def test_a_larger_rung_of_unknown_status_keeps_all_of_its_quantity():
    lost = placement("btc.bids[0]", terms("90", "3"))
    known = state(lost, records=[record("btc.bids", quantity="4")])

    found = actions(ladder(["90", "89", "88"], each="1"), known, snapshot())

    assert [] == [a for a in found if isinstance(a, Place)]


def test_a_modify_of_unknown_fate_blocks_where_it_was_and_where_it_goes():
    moving = placement("btc.bids[0]", terms("90"), phase=PlacementPhase.SENT)
    moving = placement("btc.bids[0]", terms("91"), phase=PlacementPhase.SENT, legs=moving.legs)
    known = state(moving, records=[record("btc.bids", quantity="3")])

    found = actions(ladder(["91", "90", "89"]), known, snapshot())

    assert ["89"] == [str(a.after.price) for a in found if isinstance(a, Place)]


def two_legs(*, is_settled):
    moved = placement("btc.bids[0]", terms("90"), oid="2")
    old = Leg(
        venue_order_id=VenueOrderId("1"),
        price=Decimal(91),
        quantity=Decimal(1),
        is_settled=is_settled,
    )
    return placement("btc.bids[0]", terms("90"), legs=(old, *moved.legs))


def test_nothing_is_added_while_a_fill_before_a_modify_may_be_unknown():
    placed = two_legs(is_settled=False)
    known = state(placed, records=[record("btc.bids", quantity="2")])

    assert ["hold btc.bids[1] status-unknown"] == words(ladder(["90", "89"]), known)[1:]


def test_what_rests_is_kept_while_a_fill_before_a_modify_may_be_unknown():
    known = state(two_legs(is_settled=False), records=[record("btc.bids", quantity="1")])

    assert ["keep btc.bids[0] matches"] == words(ladder(["90"]), known)


def test_the_rest_is_sent_once_the_fill_before_a_modify_is_final():
    known = state(two_legs(is_settled=True), records=[record("btc.bids", quantity="2")])

    assert ["place btc.bids[1] new"] == words(ladder(["90", "89"]), known)[1:]


def test_a_place_of_a_ladder_waits_for_its_cancels():
    stuck = placement("btc.bids[0]", terms("95", trigger=trigger("96")))
    known = state(stuck, records=[record("btc.bids", quantity="1")])

    found = actions(ladder(["90"]), known)

    assert [("btc.bids[@95]",)] == [a.waits_for for a in found if isinstance(a, Place)]


def test_an_unlisted_rung_that_a_lookup_finds_resting_is_kept():
    placed = placement("btc.bids[0]", terms("90"))
    query = OrderQuery(
        instrument="BTC", client_order_id=placed.client_order_id, placed_at_ms=placed.sent_at_ms
    )
    found = Found(order=shown(placed), phase=OrderPhase.RESTING, word="open", at_ms=NOW)

    assert ["keep btc.bids[0] matches"] == words(
        ladder(["90"]), state(placed), snapshot(statuses={query: found})
    )


def test_what_rests_at_a_price_in_doubt_is_part_of_the_budget_that_is_spent():
    """At 90 one order may rest and one does; together they are the two the ladder may have."""
    sent, rests, other = rungs(["90", "90", "89"])
    sent = replace(sent, phase=PlacementPhase.SENT, legs=())
    known = state(sent, rests, other, records=[record("btc.bids", quantity="2")])

    found = words(ladder(["90", "89"]), known, snapshot(shown(rests), shown(other)))

    assert ["hold btc.bids[0] status-unknown", "cancel btc.bids[1] budget-spent"] == found


def test_a_rung_does_not_grow_into_what_a_held_one_keeps():
    """The venue refused to make the first one smaller; it would be tried in vain in every run."""
    refused = Refusal(
        address=OrderAddress("btc.bids[0]"),
        generation=1,
        count=1,
        reason=RejectReason.SHAPE,
        text="no",
        is_transient=False,
        terms=terms("90", "3"),
    )
    known = state(
        placement("btc.bids[0]", terms("90", "4"), incarnation=1),
        placement("btc.bids[1]", terms("89", "2"), incarnation=2),
        records=[record("btc.bids", quantity="6")],
        refusals={refused.address: refused},
    )

    found = words(ladder(["90", "89"], each="3"), known)

    assert ["hold btc.bids[0] refused-shape", "hold btc.bids[1] refused-shape"] == found
