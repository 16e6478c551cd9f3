"""What stands in the way of an action."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.plan import Cancel, Hold, Modify, Place
from reconciler.model.snapshot import Quote
from reconciler.model.state import Halt
from tests.support.build import (
    NOW,
    REPLACING,
    actions,
    book,
    holder,
    instrument,
    ladder,
    only,
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

QUOTED = {"BTC": Quote(bid=Decimal("99.9"), ask=Decimal("100.1"))}


@pytest.mark.parametrize(("side", "price"), [("buy", "100.1"), ("sell", "99.9")])
def test_a_post_only_order_that_would_meet_the_market_is_held(side, price):
    wanted = holder(wanted=terms(price, side=side))

    assert ["hold btc.dip would-cross"] == words(wanted, seen=snapshot(quotes=QUOTED))


@pytest.mark.parametrize(("side", "price"), [("buy", "100"), ("sell", "100")])
def test_a_post_only_order_behind_the_market_is_placed(side, price):
    wanted = holder(wanted=terms(price, side=side))

    assert ["place btc.dip new"] == words(wanted, seen=snapshot(quotes=QUOTED))


def test_a_modify_that_would_cross_is_held_before_it_loses_the_order():
    placed = placement()
    wanted = holder(wanted=terms("100.1"))

    assert ["hold btc.dip would-cross"] == words(
        wanted, state(placed), snapshot(shown(placed), quotes=QUOTED)
    )


@pytest.mark.parametrize(
    "wanted",
    [
        terms("90.05"),
        terms(quantity="1.05"),
        terms(trigger=trigger("80.05"), post_only=False),
        terms(quantity="1.05", trigger=trigger(), post_only=False),
    ],
)
def test_an_order_off_the_grid_is_held(wanted):
    assert ["hold btc.dip off-grid"] == words(holder(wanted=wanted))


def test_a_trigger_on_the_whole_position_needs_no_quantity():
    wanted = terms(quantity="0", trigger=trigger(), post_only=False, reduce_only=True, side="sell")

    assert "hold btc.dip off-grid" not in words(holder(wanted=wanted))


def test_an_order_below_the_minimum_is_held():
    assert ["hold btc.dip below-minimum"] == words(holder(wanted=terms(quantity="0.1")))


def test_a_closed_instrument_takes_nothing():
    closed = {"BTC": replace(instrument(), is_open=False)}

    assert ["hold btc.dip instrument-closed"] == words(holder(), seen=snapshot(instruments=closed))


# halt

HALT = Halt(by="ann", why="drill", at_ms=NOW)


def test_while_halted_nothing_is_placed():
    assert ["hold btc.dip halt"] == words(holder(), state(halt=HALT))


def test_while_halted_nothing_is_modified():
    known = state(placement(wanted=terms("91")), halt=HALT)

    assert ["hold btc.dip halt"] == words(holder(), known)


def test_while_halted_nothing_is_replaced():
    known = state(placement(wanted=terms("91")), halt=HALT)

    assert ["hold btc.dip halt"] == words(holder(), known, can=REPLACING)


def test_while_halted_cancels_pass():
    known = state(placement(), halt=HALT)

    assert ["cancel btc.dip removed"] == words(None, known, under=policy(allow={"empty"}))


def test_an_order_that_would_have_been_taken_over_is_cancelled_while_halted():
    known = state(placement("btc.old", terms("91")), halt=HALT)

    assert [Hold, Cancel] == [type(a) for a in actions(holder("btc.new"), known)]


# prevent_cancel


def test_a_holder_that_prevents_cancels_is_not_replaced():
    known = state(placement(wanted=terms("91")))

    assert ["hold btc.dip prevent-cancel"] == words(
        holder(prevent_cancel=True), known, can=REPLACING
    )


def test_a_holder_that_prevents_cancels_may_be_modified():
    known = state(placement(wanted=terms("91")))

    assert ["modify btc.dip price-changed"] == words(holder(prevent_cancel=True), known)


def test_a_spent_order_that_prevents_cancels_rests_on():
    known = state(placement(filled="0.5", wanted=terms(quantity="2")))
    wanted = holder(wanted=terms(quantity="0.5"), prevent_cancel=True)

    assert ["hold btc.dip prevent-cancel"] == words(wanted, known)


def test_a_new_generation_is_not_placed_beside_an_order_that_may_not_be_cancelled():
    known = state(placement())
    wanted = holder(generation=2, prevent_cancel=True)

    found = words(wanted, known, can=REPLACING)

    assert ["hold btc.dip prevent-cancel"] * 2 == found


def test_a_rung_that_cannot_move_is_not_cancelled_where_cancels_are_prevented():
    known = state(
        placement("btc.bids[0]", terms("80")), records=[record("btc.bids", quantity="1")], halt=HALT
    )

    found = actions(ladder(["90"], prevent_cancel=True), known)

    assert [Hold, Hold] == [type(a) for a in found]


def test_a_rung_that_cannot_move_is_cancelled():
    known = state(
        placement("btc.bids[0]", terms("80")), records=[record("btc.bids", quantity="1")], halt=HALT
    )

    assert [Hold, Cancel] == [type(a) for a in actions(ladder(["90"]), known)]


# generations and unknown orders


def test_a_new_generation_is_not_placed_beside_an_order_of_unknown_status():
    known = state(placement())

    found = words(holder(generation=2), known, snapshot())

    assert ["hold btc.dip status-unknown"] * 2 == found


def test_a_new_generation_is_not_placed_beside_an_order_outside_the_target():
    known = state(placement("btc.bids[7]", terms("80")), records=[record("btc.bids", quantity="1")])
    wanted = ladder(["90"], generation=2)

    found = actions(wanted, known, under=policy(targets=("btc.bids[0]",)), can=REPLACING)

    assert [Hold] == [type(a) for a in found]


# reduce-only


def sells(*pairs):
    return book(
        *(
            holder(f"btc.s{n}", terms(price, quantity, side="sell", reduce_only=True))
            for n, (price, quantity) in enumerate(pairs)
        )
    )


def reduced(wanted, position="1", *orders, known=None):
    seen = snapshot(*orders, positions={"BTC": Decimal(position)})
    return [w.split()[0] for w in words(wanted, known, seen)]


def test_reduce_only_orders_within_the_position_are_placed():
    assert ["place", "place"] == reduced(sells(("105", "0.5"), ("110", "0.5")))


def test_the_reduce_only_orders_nearest_the_market_are_placed():
    assert ["hold", "place"] == reduced(sells(("110", "0.6"), ("105", "0.6")))


def test_the_reduce_only_orders_that_are_placed_are_a_prefix():
    wanted = sells(("105", "0.6"), ("106", "0.5"), ("107", "0.4"))

    assert ["place", "hold", "hold"] == reduced(wanted)


def test_reduce_only_on_the_wrong_side_is_held():
    assert ["hold"] == reduced(sells(("105", "0.5")), "-1")


def test_reduce_only_without_a_position_is_held():
    assert ["hold"] == reduced(sells(("105", "0.5")), "0")


def test_what_rests_against_the_position_counts_whoever_placed_it():
    foreign = resting(terms("120", "0.8", side="sell", reduce_only=True), oid="9")

    assert ["hold"] == reduced(sells(("105", "0.5")), "1", foreign)


def test_a_reduce_only_order_that_shrinks_passes_beyond_the_position():
    placed = [
        placement(f"btc.s{n}", terms("105", "0.8", side="sell", reduce_only=True), incarnation=n)
        for n in (0, 1)
    ]
    wanted = sells(("105", "0.6"), ("105", "0.6"))

    assert ["modify", "modify"] == reduced(wanted, "1", *map(shown, placed), known=state(*placed))


def test_a_held_reduce_only_change_still_counts_as_resting():
    placed = placement("btc.s0", terms("105", "0.8", side="sell", reduce_only=True))
    wanted = sells(("105", "1.2"), ("110", "0.5"))

    assert ["hold", "hold"] == reduced(wanted, "1", shown(placed), known=state(placed))


def test_a_reduce_only_order_that_only_moves_is_modified():
    placed = placement("btc.s0", terms("105", "1", side="sell", reduce_only=True))

    assert ["modify"] == reduced(sells(("106", "1")), "1", shown(placed), known=state(placed))


def test_a_held_place_says_what_it_would_be():
    action = only(holder(wanted=terms("90.05")))

    assert terms("90.05") == action.after


def test_a_would_be_modify_shows_the_order_that_stays():
    placed = placement(wanted=terms("91"))

    action = only(holder(wanted=terms("90.05")), state(placed))

    assert (Hold, shown(placed)) == (type(action), action.before)


def test_one_bad_order_does_not_stop_another():
    wanted = book(holder("btc.a", terms("90.05")), holder("btc.b"))

    assert [Hold, Place] == [type(a) for a in actions(wanted)]


def test_the_bad_one_of_a_pair_leaves_the_other_alone():
    known = state(placement("btc.a", terms("91"), incarnation=1), placement("btc.b", incarnation=2))
    wanted = book(holder("btc.a", terms("92")), holder("btc.b", terms("90.05")))

    assert [Modify, Hold] == [type(a) for a in actions(wanted, known)]
