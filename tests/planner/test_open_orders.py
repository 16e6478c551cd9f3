"""How many orders may be open: the venue's limits, kept to before anything is sent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import DesiredOrder, OrderAddress
from reconciler.model.plan import Hold
from reconciler.model.snapshot import RequestBudget
from tests.support.build import (
    SPAN,
    actions,
    book,
    holder,
    placement,
    plan,
    policy,
    resting,
    shown,
    snapshot,
    state,
    terms,
    trigger,
    words,
)

OTHERS = (resting(terms("50"), oid="91"), resting(terms("51"), oid="92"))
STOP = terms("70", side="sell", trigger=trigger(), reduce_only=True, post_only=False)


def seen(*orders, most=None, protective=None):
    budget = RequestBudget(used=0, cap=10_000, open_max=most, protective_open_max=protective)
    return snapshot(*OTHERS, *orders, budget=budget, positions={"BTC": Decimal(1)})


def group():
    child = DesiredOrder(address=OrderAddress("btc.dip.stop_loss"), terms=STOP, source=SPAN)
    one = holder()
    return replace(one, orders=(replace(one.orders[0], children=(child,)),))


def kinds(wanted, known=None, look=None):
    return [word.split()[0] for word in words(wanted, known, look)]


@pytest.mark.parametrize(("most", "kind"), [(None, "place"), (3, "place"), (2, "hold")])
def test_an_order_too_many_is_held_foreign_ones_counted(most, kind):
    assert [kind] == kinds(holder(), look=seen(most=most))


def test_who_knows_better_may_set_the_rule_aside():
    found = words(holder(), None, seen(most=2, protective=1), under=policy(allow={"open-orders"}))

    assert ["place btc.dip new"] == found


def test_a_hold_says_how_many_may_be_open():
    [found] = actions(holder(), seen=seen(most=2))

    assert isinstance(found, Hold)
    assert (
        "The account may have 2 open orders at its venue, foreign ones included, and this would "
        "make 3."
    ) == found.why


def test_the_room_of_orders_that_are_cancelled_is_used():
    placed = placement("btc.old", terms("60"))

    found = kinds(holder(), state(placed), seen(shown(placed), most=3))

    assert ["modify"] == found


def test_the_room_of_a_cancel_without_a_successor_is_used():
    placed = placement("btc.old", terms("110", side="sell"))

    found = kinds(holder(), state(placed), seen(shown(placed), most=3))

    assert ["cancel", "place"] == sorted(found)


@pytest.mark.parametrize(("most", "kind"), [(4, "place"), (3, "hold")])
def test_what_is_attached_counts_as_well(most, kind):
    assert [kind] == kinds(group(), look=seen(most=most))


@pytest.mark.parametrize(("others", "kind"), [(3, "place"), (2, "hold")])
def test_no_stop_is_placed_beside_too_many_others(others, kind):
    assert [kind] == kinds(holder("btc.stop", STOP), look=seen(most=9, protective=others))


@pytest.mark.parametrize(("others", "kind"), [(4, "place"), (3, "hold")])
def test_no_group_is_placed_whose_stop_would_be_refused(others, kind):
    assert [kind] == kinds(group(), look=seen(most=9, protective=others))


def test_plain_orders_go_on_where_a_stop_would_be_refused():
    assert ["place"] == kinds(holder(), look=seen(most=9, protective=2))


@pytest.mark.parametrize(("others", "kind"), [(3, "replace"), (2, "hold")])
def test_a_stop_that_could_not_be_placed_again_is_not_cancelled(others, kind):
    placed = placement("btc.stop", STOP)
    moved = replace(STOP, price=Decimal(69))
    look = seen(shown(placed), most=9, protective=others)

    assert [kind] == kinds(holder("btc.stop", moved), state(placed), look)


def test_a_held_replacement_keeps_its_place():
    placed = placement("btc.stop", STOP)
    moved = holder("btc.stop", replace(STOP, price=Decimal(69)))
    look = seen(shown(placed), most=3, protective=2)

    assert ["hold btc.dip limit", "hold btc.stop limit"] == words(
        book(holder(), moved), state(placed), look
    )


def test_a_new_order_does_not_take_the_room_of_one_that_is_replaced():
    placed = placement("btc.z", terms("60"))
    moved = replace(holder("btc.z", terms("61")), may_modify=False)
    found = words(book(holder("btc.a"), moved), state(placed), seen(shown(placed), most=3))

    assert ["hold btc.a limit", "replace btc.z price-changed"] == found


def test_what_is_attached_to_a_replaced_order_makes_room():
    child = terms("70", side="sell", trigger=trigger(), reduce_only=True, post_only=False)
    parent, stop = placement(), placement("btc.dip.stop_loss", child, incarnation=2)
    moved = group()
    moved = replace(
        moved, orders=(replace(moved.orders[0], terms=replace(terms(), price=Decimal(89))),)
    )
    look = seen(shown(parent), replace(shown(stop), is_dormant=True), most=4, protective=4)

    assert ["replace"] == [k for k in kinds(moved, state(parent, stop), look) if k != "keep"]


def test_a_plan_tells_that_no_stop_could_be_placed_afterwards():
    [text] = plan(holder(), seen=seen(most=9, protective=3)).warnings

    assert text.startswith("3 orders will be open; from 3 on the venue takes no reduce-only")


@pytest.mark.parametrize("protective", [None, 4])
def test_nothing_is_told_while_stops_can_be_placed(protective):
    assert () == plan(holder(), seen=seen(most=9, protective=protective)).warnings


def test_a_plan_that_places_nothing_tells_nothing():
    placed = placement("btc.old", terms("60"))
    found = plan(book(), state(placed), seen(shown(placed), protective=1))

    assert () == found.warnings
