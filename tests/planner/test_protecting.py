"""A position keeps its stop: what comes before a cancel, and what a person must say."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import OrderAddress
from reconciler.model.plan import Cancel, Forget, Replace
from reconciler.model.state import EndReason, Halt, IntentOperation
from tests.planner.groups import GAIN, LONG, SELL, STOP, TAKE, after_fill, closed, group, stop, take
from tests.support.build import (
    NOW,
    actions,
    book,
    ending,
    holder,
    placement,
    policy,
    record,
    shown,
    snapshot,
    state,
    terms,
    trigger,
    words,
)
from tests.support.journal import intent, item

OTHER = holder("btc.z", terms("110", side="sell"))
UNPROTECT = policy(allow={"unprotect"})


def filling(quantity="0.4", **others):
    return state(placement(filled=quantity), take(), stop(), **others)


def decided(known, wanted=OTHER, *, position="0.4", hold=words, **others):
    orders = map(shown, known.placements.values())
    seen = snapshot(*orders, positions={"BTC": Decimal(position)}, **others.pop("seen", {}))
    return hold(wanted, known, seen, **others)


def about(found):
    return [word for word in found if "btc.z" not in word and not word.startswith("forget")]


def test_the_stop_of_a_removed_group_with_fills_is_placed_alone_first():
    assert ["cancel btc.dip removed", f"replace {STOP} protects-first"] == about(decided(filling()))


def test_that_stop_is_for_what_filled():
    (stop_alone,) = [a for a in decided(filling(), hold=actions) if isinstance(a, Replace)]

    assert (Decimal("0.4"), SELL.trigger) == (stop_alone.after.quantity, stop_alone.after.trigger)


def test_the_parent_is_cancelled_once_the_stop_rests():
    (cancel,) = [a for a in decided(filling(), hold=actions) if isinstance(a, Cancel)]

    assert (STOP,) == cancel.waits_for


def test_that_stop_is_never_for_more_than_the_position():
    found = decided(filling(), position="0.3", hold=actions)

    assert [Decimal("0.3")] == [a.after.quantity for a in found if isinstance(a, Replace)]


def test_a_group_whose_fills_are_closed_already_is_just_cancelled():
    assert ["cancel btc.dip removed"] == about(decided(filling(), position="0"))


def test_a_person_may_leave_a_position_bare():
    assert ["cancel btc.dip removed"] == about(decided(filling(), under=UNPROTECT))


def test_a_group_with_fills_and_no_stop_is_not_cancelled():
    known = state(placement(filled="0.4"), take())

    assert ["hold btc.dip unprotected"] == about(decided(known))


def test_a_group_whose_stop_cannot_be_seen_is_not_cancelled():
    known = filling()
    seen = snapshot(
        shown(placement(filled="0.4")), shown(take()), positions={"BTC": Decimal("0.4")}
    )

    assert "hold btc.dip unprotected" in words(OTHER, known, seen)


def test_a_group_whose_stop_would_fire_at_once_is_not_cancelled():
    found = about(decided(filling(), seen={"mids": {"BTC": Decimal(79)}}))

    assert ["hold btc.dip unprotected", f"hold {STOP} trigger-crossed"] == found


def test_a_stop_stays_with_its_parent_when_that_is_not_cancelled():
    four = [placement(f"btc.y{n}", terms("50"), incarnation=10 + n) for n in range(4)]
    known = state(placement(filled="0.4"), take(), stop(), *four)
    few = replace(policy(), limits=replace(policy().limits, max_cancel_fraction=Decimal(0)))

    found = about(decided(known, under=few))

    assert ["hold btc.dip limit", f"hold {STOP} group-has-fills"] == [
        w for w in found if "dip" in w
    ]


def test_while_halted_a_group_with_fills_keeps_what_protects_it():
    halted = filling(halt=Halt(by="ann", why="drill", at_ms=NOW))

    assert ["hold btc.dip unprotected", f"hold {STOP} halt"] == about(decided(halted))


def test_a_spent_parent_leaves_both_legs_behind_for_what_filled():
    wanted = group(terms(quantity="0.4"), stop=replace(SELL, quantity=Decimal("0.4")))
    wanted = replace(
        wanted,
        orders=(
            replace(
                wanted.orders[0],
                children=(
                    replace(
                        wanted.orders[0].children[0], terms=replace(GAIN, quantity=Decimal("0.4"))
                    ),
                    wanted.orders[0].children[1],
                ),
            ),
        ),
    )

    assert [
        "cancel btc.dip budget-spent",
        f"replace {STOP} protects-first",
        f"replace {TAKE} protects-first",
    ] == decided(filling(), wanted)


def test_what_the_venue_shows_as_waiting_ends_with_its_parent_whatever_is_recorded():
    bound = stop(sent_at_ms=NOW - 1)
    orders = [shown(placement(filled="0.4")), replace(shown(bound), is_dormant=True)]
    seen = snapshot(*orders, positions={"BTC": Decimal("0.4")})

    found = words(OTHER, state(placement(filled="0.4"), bound), seen)

    assert f"replace {STOP} protects-first" in found


def test_a_stop_that_stands_alone_already_is_enough():
    alone = replace(
        stop(),
        terms=replace(SELL, quantity=Decimal("0.4")),
        legs=(replace(stop().legs[0], quantity=Decimal("0.4")),),
        sent_at_ms=NOW - 1,
    )
    known = state(placement(filled="0.4"), alone)

    assert ["cancel btc.dip removed", f"hold {STOP} unprotected"] == about(decided(known))


# a stop that an earlier run took and could not place


def without_stop(reason, **others):
    gone = replace(ending(reason, STOP, SELL), holder=OrderAddress(STOP))
    return state(placement(filled="0.4"), take(), endings=[gone], **others)


@pytest.mark.parametrize(
    "reason",
    [EndReason.OWN_CANCEL, EndReason.NEVER_PLACED, EndReason.REJECTED, EndReason.BY_USER],
)
def test_a_stop_that_is_gone_is_placed_before_its_parent_is_cancelled(reason):
    found = about(decided(without_stop(reason)))

    assert ["cancel btc.dip removed", f"place {STOP} protects-first"] == found


def test_that_place_is_for_what_filled_and_the_cancel_waits_for_it():
    cancel, place = [
        a for a in decided(without_stop(EndReason.OWN_CANCEL), hold=actions) if "dip" in a.address
    ]

    assert (Decimal("0.4"), (STOP,)) == (place.after.quantity, cancel.waits_for)


def test_that_place_has_room_beside_what_earlier_stops_closed():
    """1.4 were opened over time and 1 closed."""
    known = closed(without_stop(EndReason.OWN_CANCEL), "1", STOP)
    known = replace(
        known,
        records={**known.records, (OrderAddress("btc.dip"), 1): record(filled_at={"90": "1"})},
    )

    (place,) = [a for a in decided(known, hold=actions) if a.address == STOP]

    assert (Decimal("0.4"), Decimal("1.4")) == (place.after.quantity, place.budget)


def test_a_stop_of_unknown_fate_is_not_placed_again():
    lost = without_stop(EndReason.OWN_CANCEL)
    item_ = item(IntentOperation.PLACE, STOP, SELL, owner=STOP, incarnation=9)
    orders = [shown(placement(filled="0.4")), shown(take())]
    seen = snapshot(*orders, positions={"BTC": Decimal("0.4")})

    found = words(OTHER, intent(lost, item_), seen)

    assert {"hold btc.dip unprotected", f"hold {STOP} unknown-outcome"} <= set(found)


def test_a_stop_a_person_took_away_is_not_placed_where_nobody_attends():
    found = about(decided(without_stop(EndReason.BY_USER), under=policy(is_unattended=True)))

    assert ["hold btc.dip unprotected"] == found


def test_a_stop_of_another_generation_is_not_placed():
    old = replace(ending(EndReason.OWN_CANCEL, STOP, SELL, generation=0), holder=OrderAddress(STOP))
    known = state(placement(filled="0.4"), take(), endings=[old])

    assert ["hold btc.dip unprotected"] == about(decided(known))


def test_what_became_of_a_stop_is_remembered_while_its_parent_rests():
    found = decided(without_stop(EndReason.NEVER_PLACED), position="0", hold=actions)

    assert [] == [a for a in found if isinstance(a, Forget)]


# children of a parent that is over


def test_the_attached_orders_of_a_filled_parent_stay_when_it_leaves_the_specs():
    found = about(decided(after_fill(take(), stop()), position="1"))

    assert [f"hold {STOP} unprotected", f"hold {TAKE} unprotected"] == found


def test_a_person_may_remove_the_attached_orders_of_a_filled_parent():
    found = about(decided(after_fill(take(), stop()), position="1", under=UNPROTECT))

    assert [f"cancel {STOP} removed", f"cancel {TAKE} removed"] == found


def test_attached_orders_of_a_closed_position_go_with_their_specs():
    found = about(decided(after_fill(take(), stop()), position="0"))

    assert [f"cancel {STOP} removed", f"cancel {TAKE} removed"] == found


def test_attached_orders_go_when_they_closed_all_of_it():
    found = about(decided(closed(after_fill(stop())), position="5"))

    assert [f"cancel {STOP} removed"] == found


def test_the_stop_alone_may_not_leave_the_spec_of_a_filled_parent():
    bare = group()
    bare = replace(bare, orders=(replace(bare.orders[0], children=bare.orders[0].children[:1]),))

    assert f"hold {STOP} unprotected" in decided(after_fill(take(), stop()), bare, position="1")


def test_the_target_alone_may_leave_the_spec_of_a_filled_parent():
    bare = group()
    bare = replace(bare, orders=(replace(bare.orders[0], children=bare.orders[0].children[1:]),))

    assert f"cancel {TAKE} removed" in decided(after_fill(take(), stop()), bare, position="1")


def test_the_attached_orders_of_an_expired_parent_stay():
    late = group(expires_at_ms=NOW - 1)

    found = about(decided(after_fill(take(), stop()), book(late, OTHER), position="1"))

    assert [f"hold {STOP} unprotected", f"hold {TAKE} unprotected"] == found


def test_a_new_generation_waits_while_the_old_one_protects():
    found = decided(after_fill(take(), stop()), group(generation=2), position="1")

    assert ["hold"] * 3 == [word.split()[0] for word in found]


def test_a_new_generation_replaces_a_group_without_fills():
    known = state(placement(), take(), stop())

    found = decided(known, group(generation=2), position="0", hold=actions)

    assert [("cancel", "btc.dip"), ("place", "btc.dip")] == [
        (type(a).__name__.lower(), a.address) for a in found
    ]


def test_a_new_generation_is_not_placed_where_a_stop_of_the_old_one_will_stand():
    found = decided(filling(), group(generation=2))

    assert [
        "cancel btc.dip generation-changed",
        "hold btc.dip ambiguous",
        f"replace {STOP} protects-first",
    ] == found


def test_a_group_is_not_taken_over_by_another_order():
    known = state(placement(), take(), stop())

    found = decided(known, holder("btc.new", terms("91")), position="0")

    assert ["cancel btc.dip removed", "place btc.new new"] == found


def test_a_fired_stop_is_not_taken_over_by_another_order():
    fired = shown(stop(terms=replace(SELL, trigger=None)))
    placed = stop()
    seen = snapshot(fired, positions=LONG)
    wanted = holder("btc.new", terms("71", side="sell", reduce_only=True, post_only=False))

    found = words(wanted, state(placed), seen)

    assert not [word for word in found if word.startswith("modify")]


def test_prevent_cancel_covers_what_is_attached():
    changed = group(stop=replace(SELL, trigger=trigger("81")), prevent_cancel=True)

    found = decided(after_fill(take(), stop()), changed, position="1")

    assert f"hold {STOP} prevent-cancel" in found


@pytest.mark.parametrize("name", ["btc.stop_loss", "btc.position_protection.stop_loss"])
def test_an_order_that_is_only_called_so_is_cancelled_as_any(name):
    placed = placement(name, SELL, owner=name)

    assert f"cancel {OrderAddress(name)} removed" in decided(state(placed), position="1")


def test_another_stop_at_the_address_is_not_the_one_that_is_to_stand_first():
    """The spec is back at the generation before: its stop could be placed, the later one not."""
    crossed = replace(SELL, trigger=trigger("105"), price=Decimal(95))
    parent = placement(filled="0.4", generation=2, incarnation=11, oid="21")
    child = placement(STOP, crossed, owner=STOP, generation=2, incarnation=12, oid="22")
    known = state(parent, child, records=[record(filled_at={"90": "1"})])

    found = decided(known, group(), position="2.4")

    assert [] == [word for word in found if word.startswith("cancel btc.dip ")]
