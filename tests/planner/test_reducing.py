"""Reduce-only orders against the position they close."""

from dataclasses import replace
from decimal import Decimal

from reconciler.model.order import TriggerKind
from tests.support.build import (
    book,
    holder,
    placement,
    resting,
    shown,
    snapshot,
    state,
    terms,
    trigger,
    words,
)


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


STOP = terms("70", side="sell", trigger=trigger("80"), post_only=False, reduce_only=True)
LOWER = replace(STOP, price=Decimal(60))
TARGET = replace(
    STOP, price=Decimal(114), trigger=trigger("115", kind=TriggerKind.TAKE_PROFIT, market=False)
)


def test_a_stop_without_a_position_is_held():
    assert ["hold"] == reduced(holder(wanted=STOP), "0")


def test_a_target_and_its_stop_count_once():
    wanted = book(holder("btc.gain", TARGET), holder("btc.loss", STOP))

    assert ["place", "place"] == reduced(wanted)


def test_two_stops_beyond_the_position_are_not_both_placed():
    farther = replace(STOP, trigger=trigger("75"))
    wanted = book(holder("btc.a", farther), holder("btc.b", STOP))

    assert ["hold", "place"] == reduced(wanted)


def test_a_target_that_waits_for_its_trigger_counts_beside_one_in_the_book():
    wanted = book(holder("btc.gain", TARGET), *sells(("105", "0.5")).holders)

    assert ["hold", "place"] == reduced(wanted)


def test_an_attached_order_whose_parent_has_not_filled_does_not_count():
    waiting = replace(resting(LOWER, oid="9"), is_dormant=True)

    assert ["place"] == reduced(holder(wanted=STOP), "1", waiting)


def test_an_order_on_the_whole_position_does_not_count():
    protecting = replace(resting(LOWER, oid="9"), is_position_sized=True)

    assert ["place"] == reduced(holder(wanted=STOP), "1", protecting)


def test_what_a_replacement_adds_to_its_stop_counts():
    placed = placement(wanted=replace(STOP, quantity=Decimal("0.4")))
    other = resting(replace(STOP, quantity=Decimal("0.5")), oid="9")

    assert ["hold"] == reduced(holder(wanted=STOP), "1", shown(placed), other, known=state(placed))


def test_a_part_of_a_position_below_the_minimum_is_held():
    wanted = holder(wanted=terms("50", "0.1", side="sell", reduce_only=True, post_only=False))

    assert ["hold btc.dip below-minimum"] == words(wanted, seen=snapshot(positions={"BTC": 1}))


def test_all_of_a_position_below_the_minimum_is_placed():
    wanted = holder(wanted=terms("50", "0.1", side="sell", reduce_only=True, post_only=False))
    seen = snapshot(positions={"BTC": Decimal("0.1")})

    assert ["place btc.dip new"] == words(wanted, seen=seen)
