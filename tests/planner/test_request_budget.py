"""What an account may still send: cancels first, and always enough to cancel everything."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import DesiredOrder, OrderAddress
from reconciler.model.plan import Hold
from reconciler.model.snapshot import RequestBudget
from tests.support.build import (
    REPLACING,
    SPAN,
    actions,
    book,
    holder,
    our_id,
    placement,
    policy,
    resting,
    shown,
    snapshot,
    state,
    terms,
    trigger,
    words,
)


def with_budget(left, *orders, cancels=None):
    """Return a look that shows orders, at an account that may send so much more."""
    budget = RequestBudget(used=100, cap=100 + left, cancel_cap=100 + (cancels or left))
    return snapshot(*orders, budget=budget, positions={"BTC": Decimal(1)})


def three():
    prices = {"a": "90", "b": "80", "c": "70"}
    return book(*(holder(f"btc.{name}", terms(price)) for name, price in prices.items()))


def group(*children):
    attached = tuple(
        DesiredOrder(
            address=OrderAddress(f"btc.dip.{name}"),
            terms=terms("80", side="sell", trigger=trigger(), reduce_only=True, post_only=False),
            source=SPAN,
        )
        for name in children
    )
    one = holder()
    return replace(one, orders=(replace(one.orders[0], children=attached),))


def test_without_a_budget_everything_is_sent():
    assert {"place"} == {word.split()[0] for word in words(three())}


@pytest.mark.parametrize(("left", "kind"), [(1, "hold"), (2, "place")])
def test_an_order_is_placed_while_its_cancel_can_still_be_sent(left, kind):
    assert kind == words(holder(), seen=with_budget(left))[0].split()[0]


def test_as_many_as_fit_are_placed_in_sending_order():
    found = words(three(), seen=with_budget(4))

    assert ["place btc.a new", "place btc.b new", "hold btc.c limit"] == found


def test_cancels_have_an_allowance_of_their_own():
    found = words(three(), seen=with_budget(3, cancels=6))

    assert {"place"} == {word.split()[0] for word in found}


def test_the_allowance_of_cancels_is_kept_for_all_that_rests():
    found = words(three(), seen=with_budget(3, cancels=5))

    assert "hold btc.c limit" == found[-1]


def test_orders_that_rest_already_are_kept_a_cancel_for():
    placed = placement("btc.old", terms("60"))
    wanted = book(holder("btc.old", terms("60")), holder("btc.new"))

    found = [
        words(wanted, state(placed), with_budget(left, shown(placed)))[0].split()[0]
        for left in (2, 3)
    ]

    assert ["hold", "place"] == found


def test_an_orphan_is_kept_a_cancel_for():
    orphan = resting(terms("60"), oid="9", cloid=our_id("btc.lost", 1))
    known = state(last_incarnation=9)

    assert "hold btc.dip limit" in words(holder(), known, with_budget(2, orphan))
    assert "place btc.dip new" in words(holder(), known, with_budget(3, orphan))


def test_an_order_that_may_rest_unseen_is_kept_a_cancel_for():
    lost = placement("btc.low", terms("90"), incarnation=2)
    wanted = book(holder(), holder("btc.low"))
    found = [words(wanted, state(lost), with_budget(left))[0] for left in (2, 3)]

    assert ["hold btc.dip limit", "place btc.dip new"] == found


def test_a_foreign_order_is_not():
    assert ["place btc.dip new"] == words(
        holder(), seen=with_budget(2, resting(terms("61"), oid="9"))
    )


@pytest.mark.parametrize(("left", "kind"), [(5, "hold"), (6, "place")])
def test_attached_orders_count(left, kind):
    wanted = group("take_profit", "stop_loss")

    assert f"{kind} btc.dip" == " ".join(words(wanted, seen=with_budget(left))[0].split()[:2])


def test_a_cancel_makes_room():
    placed = placement("btc.old", terms("60", side="sell"))
    known, seen = state(placed), with_budget(3, shown(placed))

    assert ["place btc.dip new", "cancel btc.old removed"] == words(
        holder(), known, seen, under=policy(allow={"empty"})
    )


def test_an_empty_budget_does_not_stop_a_cancel():
    placed = placement()

    assert ["cancel btc.dip removed"] == words(
        None, state(placed), with_budget(0, shown(placed)), under=policy(allow={"empty"})
    )


def test_an_empty_budget_does_not_stop_what_makes_an_order_smaller():
    placed = placement(wanted=terms(quantity="5"))

    assert ["modify btc.dip quantity-changed"] == words(
        holder(wanted=terms(quantity="4")), state(placed), with_budget(0, shown(placed))
    )


def test_an_empty_budget_does_not_stop_what_reduces_the_position():
    wanted = holder(wanted=terms("110", side="sell", reduce_only=True))

    assert ["place btc.dip new"] == words(wanted, seen=with_budget(0))


def test_a_modify_is_one_item_and_leaves_as_many_orders():
    placed = placement()
    wanted = holder(wanted=terms("91"))
    found = [
        words(wanted, state(placed), with_budget(left, shown(placed)))[0].split()[0]
        for left in (1, 2)
    ]

    assert ["hold", "modify"] == found


def test_without_room_for_its_place_a_replaced_order_is_not_cancelled():
    placed = placement(wanted=terms("89"))
    found = [
        words(holder(), state(placed), with_budget(left, shown(placed)), can=REPLACING)
        for left in (2, 3)
    ]

    assert ["hold btc.dip limit"] == found[0]
    assert ["replace btc.dip price-changed"] == found[1]


def test_a_hold_says_what_is_left_and_what_is_kept():
    (hold,) = [a for a in actions(three(), seen=with_budget(4)) if isinstance(a, Hold)]

    assert (
        "The account may send 4 more orders to its venue, and 4 cancels; 2 go before it, "
        "and 3 cancels are kept back to cancel everything."
    ) == hold.why
    assert "once the venue gives more" in hold.lifted_by
