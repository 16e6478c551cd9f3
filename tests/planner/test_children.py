"""Attached take-profit and stop-loss: they live and end with their parent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import GoneByUser, OrderAddress
from reconciler.model.outcome import RejectReason
from reconciler.model.state import EndReason, Refusal
from tests.planner.groups import (
    GAIN,
    LONG,
    SELL,
    STOP,
    TAKE,
    after_fill,
    closed,
    found,
    group,
    stop,
    take,
)
from tests.support.build import (
    actions,
    ending,
    holder,
    placement,
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


def test_a_group_is_placed_as_one():
    assert ["place btc.dip new"] == words(group())


def test_a_group_that_is_equal_is_kept():
    assert ["keep"] * 3 == [w.split()[0] for w in found(state(placement(), take(), stop()))]


def test_a_group_without_fills_is_replaced_when_a_child_changes():
    changed = group(stop=replace(SELL, trigger=trigger("81")))

    assert ["replace btc.dip terms-changed"] == found(state(placement(), take(), stop()), changed)


def test_a_group_without_fills_is_replaced_when_its_price_changes():
    known = state(placement(wanted=terms("91")), take(), stop())

    assert ["replace btc.dip price-changed"] == found(known)


def test_a_group_with_fills_waits():
    known = state(placement(wanted=terms("91"), filled="0.4"), take(), stop())

    assert "hold btc.dip group-has-fills" in found(known)


def test_a_changed_child_of_a_group_with_fills_waits():
    changed = group(stop=replace(SELL, trigger=trigger("81")))
    known = state(placement(filled="0.4"), take(), stop())

    assert f"hold {STOP} group-has-fills" in found(known, changed)


def test_children_rest_on_after_their_parent_filled():
    assert ["keep btc.dip filled", f"keep {STOP} matches", f"keep {TAKE} matches"] == found(
        after_fill(take(), stop())
    )


def test_a_missing_child_is_placed_alone_once_its_parent_filled():
    assert f"place {STOP} child-alone" in found(after_fill(take()))


def test_a_child_whose_sibling_filled_is_done():
    gone = [ending(EndReason.SIBLING_FILLED, STOP, SELL), ending(EndReason.FILLED, TAKE, GAIN)]
    gone = [replace(e, holder=e.address) for e in gone]

    assert ["keep"] * 3 == [w.split()[0] for w in found(closed(after_fill(endings=gone)))]


def test_a_child_that_partly_filled_is_placed_for_the_rest():
    known = after_fill(take())
    known = closed(known, "0.4", STOP)

    (place,) = [
        a
        for a in actions(group(), known, snapshot(shown(take()), positions=LONG))
        if a.address == STOP
    ]

    assert Decimal("0.6") == place.after.quantity


@pytest.mark.parametrize(
    ("reason", "is_unattended"), [(EndReason.BY_VENUE, False), (EndReason.BY_USER, True)]
)
def test_a_cancelled_child_is_held_as_any_order_is(reason, is_unattended):
    gone = replace(ending(reason, STOP, SELL), holder=OrderAddress(STOP))

    known = after_fill(take(), endings=[gone])

    assert f"hold {STOP} {reason}" in found(known, under=policy(is_unattended=is_unattended))


def refused(reason=RejectReason.SHAPE, count=1):
    refusal = Refusal(
        address=OrderAddress(STOP),
        generation=1,
        count=count,
        reason=reason,
        text="tick",
        is_transient=reason.is_transient,
        terms=SELL,
    )
    return {STOP: refusal}


def test_a_child_refused_for_its_shape_is_held():
    assert f"hold {STOP} refused-shape" in found(after_fill(take(), refusals=refused()))


# a parent that rests without fills


def gone(reason, address=STOP, wanted=SELL):
    return replace(ending(reason, address, wanted), holder=OrderAddress(address))


def test_a_child_that_a_person_cancelled_brings_the_whole_group_back():
    known = state(placement(), take(), endings=[gone(EndReason.BY_USER)])

    assert ["replace btc.dip cancelled-by-user"] == found(known)


def test_a_child_that_a_person_cancelled_is_held_where_nobody_attends():
    known = state(placement(), take(), endings=[gone(EndReason.BY_USER)])

    held = found(known, under=policy(is_unattended=True))

    assert [f"hold {STOP} cancelled-by-user"] == [w for w in held if w.startswith("hold")]


def test_a_child_that_a_person_cancelled_comes_back_unattended_when_the_spec_says_so():
    known = state(placement(), take(), endings=[gone(EndReason.BY_USER)])
    wanted = group(on_user_cancel=GoneByUser.PLACE_AGAIN)

    assert ["replace btc.dip cancelled-by-user"] == found(
        known, wanted, under=policy(is_unattended=True)
    )


def test_a_child_that_the_venue_cancelled_is_held_beside_its_parent():
    known = state(placement(), take(), endings=[gone(EndReason.BY_VENUE)])

    assert f"hold {STOP} cancelled-by-venue" in found(known)


def test_a_child_the_venue_refused_brings_the_group_back_a_few_times():
    known = state(
        placement(),
        take(),
        endings=[gone(EndReason.REJECTED)],
        refusals=refused(RejectReason.MARGIN),
    )

    assert ["replace btc.dip refused-before"] == found(known)


@pytest.mark.parametrize(
    ("reason", "count", "word"),
    [(RejectReason.SHAPE, 1, "refused-shape"), (RejectReason.MARGIN, 3, "refused-too-often")],
)
def test_a_group_is_not_replaced_for_ever_for_a_child_that_is_refused(reason, count, word):
    known = state(
        placement(), take(), endings=[gone(EndReason.REJECTED)], refusals=refused(reason, count)
    )

    assert ["keep btc.dip matches", f"hold {STOP} {word}", f"keep {TAKE} matches"] == found(known)


def test_a_change_of_one_child_waits_for_what_holds_the_other():
    changed = group(stop=replace(SELL, trigger=trigger("81")))
    known = state(placement(), stop(), endings=[gone(EndReason.BY_VENUE, TAKE, GAIN)])

    held = [w for w in found(known, changed) if w.startswith("hold")]

    assert [f"hold {STOP} cancelled-by-venue", f"hold {TAKE} cancelled-by-venue"] == held


def test_a_child_that_was_added_to_the_spec_replaces_the_group():
    assert ["replace btc.dip terms-changed"] == found(state(placement(), take()))


def test_a_child_that_left_the_spec_is_cancelled_alone():
    only_take = group()
    children = only_take.orders[0].children[:1]
    only_take = replace(only_take, orders=(replace(only_take.orders[0], children=children),))

    known = state(placement(), take(), stop())

    assert f"cancel {STOP} removed" in found(known, only_take)


def test_a_group_is_not_replaced_while_nothing_is_known_of_a_child():
    changed = group(stop=replace(SELL, trigger=trigger("81")))
    seen = snapshot(shown(placement()), shown(stop()), positions=LONG)

    held = words(changed, state(placement(), take(), stop()), seen)

    assert ["hold"] * 2 == [w.split()[0] for w in held if w.startswith("hold")]


# a parent that is filling


def test_a_child_that_is_gone_while_its_parent_fills_waits():
    known = state(placement(filled="0.4"), take(), endings=[gone(EndReason.BY_USER)])

    assert f"hold {STOP} group-has-fills" in found(known)


def test_a_child_nothing_is_known_of_waits_beside_its_parent():
    seen = snapshot(shown(placement(filled="0.4")), shown(take()), positions=LONG)

    held = words(group(), state(placement(filled="0.4"), take(), stop()), seen)

    assert f"hold {STOP} status-unknown" in held


def test_a_child_that_fired_beside_its_parent_is_kept():
    placed = stop()
    fired = resting(replace(SELL, trigger=None), oid="3", cloid=placed.client_order_id)
    seen = snapshot(shown(placement(filled="0.4")), shown(take()), fired, positions=LONG)

    kept = words(group(), state(placement(filled="0.4"), take(), placed), seen)

    assert f"keep {STOP} trigger-fired" in kept


def test_the_children_of_a_parent_that_is_held_are_told_beside_it():
    known = state(placement(wanted=terms("91"), filled="0.4"), take(), stop())

    assert ["hold", "keep", "keep"] == [w.split()[0] for w in found(known)]


# a parent that is over


def test_a_changed_child_is_replaced_once_its_parent_filled():
    changed = group(stop=replace(SELL, trigger=trigger("81")))

    assert f"replace {STOP} terms-changed" in found(after_fill(take(), stop()), changed)


def test_a_missing_child_is_not_placed_after_its_sibling_closed_everything():
    known = closed(after_fill(endings=[gone(EndReason.BY_USER), gone(EndReason.FILLED, TAKE)]))

    assert f"keep {STOP} filled" in found(known)


def test_the_other_leg_is_cancelled_once_one_has_closed_everything():
    known = closed(after_fill(stop()))

    assert f"cancel {STOP} sibling-filled" in found(known)


def test_the_other_leg_stays_while_one_has_closed_a_part():
    known = closed(after_fill(stop()), "0.4")

    assert f"keep {STOP} matches" in found(known)


def test_a_child_alone_closes_what_nothing_has_closed_yet():
    known = closed(after_fill(), "0.4")

    placed = {a.address: a.after.quantity for a in planned_of(known) if a.address != "btc.dip"}

    assert {STOP: Decimal("0.6"), TAKE: Decimal("0.6")} == placed


def planned_of(known, wanted=None, position="1"):
    orders = map(shown, known.placements.values())
    seen = snapshot(*orders, positions={"BTC": Decimal(position)})
    return actions(wanted or group(), known, seen)


def test_a_child_alone_is_never_for_more_than_the_position():
    placed = [a.after.quantity for a in planned_of(after_fill(take()), position="0.3")[1:2]]

    assert [Decimal("0.3")] == placed


def test_a_child_alone_is_for_what_filled_of_a_parent_that_ended_early():
    over = state(
        take(), records=[record(filled_at={"90": "0.4"})], endings=[gone(EndReason.BY_VENUE)]
    )
    over = replace(over, endings={OrderAddress("btc.dip"): ending(EndReason.BY_VENUE)})

    (place,) = [a for a in planned_of(over) if a.address == STOP]

    assert ("child-alone", Decimal("0.4")) == (place.reason, place.after.quantity)


def test_a_child_without_a_position_is_left_out():
    known = after_fill(endings=[gone(EndReason.BY_USER)])
    seen = snapshot()

    assert f"keep {STOP} no-position" in words(group(), known, seen)


def test_a_child_that_is_smaller_than_what_it_protects_is_replaced():
    small = stop()
    small = replace(
        small,
        terms=replace(SELL, quantity=Decimal("0.4")),
        legs=(replace(small.legs[0], quantity=Decimal("0.4")),),
    )

    assert f"replace {STOP} quantity-changed" in found(after_fill(take(), small))


def test_a_second_order_at_the_address_of_a_child_is_cancelled():
    second = replace(stop(), client_order_id="0x" + "0" * 32, incarnation=9, legs=())
    second = replace(second, legs=(replace(stop().legs[0], venue_order_id="9"),))

    assert f"cancel {STOP} superseded" in found(after_fill(take(), stop(), second))


# more of a group


def test_more_of_a_group_is_not_placed_beside_the_children_of_an_earlier_part():
    wanted = group(terms(quantity="2"), stop=replace(SELL, quantity=Decimal(2)))

    assert "hold btc.dip group-has-fills" in found(after_fill(take(), stop()), wanted)


def test_more_of_a_group_has_children_for_what_is_open_then():
    """1 of 2 was bought, 1 was closed: 1 more needs a stop for 1."""
    wanted = group(terms(quantity="2"), stop=replace(SELL, quantity=Decimal(2)))

    (place,) = planned_of(closed(after_fill()), wanted)

    assert [Decimal(1)] * 2 == [child.terms.quantity for child in place.children]


def test_what_a_cancelled_parent_left_is_placed_with_children_for_the_whole():
    over = state(records=[record(filled_at={"90": "0.4"})], endings=[ending(EndReason.BY_USER)])

    (place,) = planned_of(over, position="0.4")

    assert (Decimal("0.6"), Decimal(1)) == (place.after.quantity, place.children[0].terms.quantity)


def test_the_children_of_an_order_that_was_never_sent_are_not_told():
    held = state(endings=[ending(EndReason.BY_VENUE)])

    assert ["hold btc.dip cancelled-by-venue"] == words(group(), held)


def test_the_end_of_a_child_says_nothing_about_the_next_generation():
    gone = replace(ending(EndReason.FILLED, STOP, SELL), holder=OrderAddress(STOP))
    known = after_fill(endings=[gone])
    again = record(filled_at={"90": "1"}, generation=2)
    known = replace(known, records={**known.records, (OrderAddress("btc.dip"), 2): again})

    assert f"place {STOP} child-alone" in found(known, group(generation=2))


def test_a_fired_child_is_kept():
    placed = stop()
    fired = resting(replace(SELL, trigger=None), oid="3", cloid=placed.client_order_id)

    seen = snapshot(fired, shown(take()), positions=LONG)

    assert f"keep {STOP} trigger-fired" in words(group(), after_fill(take(), placed), seen)


def test_a_plain_order_is_no_fired_trigger_of_the_spec_that_follows_it():
    placed = stop(terms=replace(SELL, trigger=None))

    seen = snapshot(shown(placed), shown(take()), positions=LONG)

    assert f"keep {STOP} trigger-fired" not in words(group(), after_fill(take(), placed), seen)


def test_a_child_nothing_is_known_of_is_held():
    seen = snapshot(shown(take()), positions=LONG)

    assert f"hold {STOP} status-unknown" in words(group(), after_fill(take(), stop()), seen)


def test_a_removed_group_without_fills_ends_with_its_parent():
    known = state(placement(), take(), stop())
    other = holder("btc.z", terms("110", side="sell"))

    cancelled = [w for w in found(known, other) if w.startswith("cancel")]

    assert ["cancel btc.dip removed"] == cancelled
