"""What stands in the way of an action."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import DesiredOrder, OrderAddress, TriggerKind
from reconciler.model.plan import Cancel, Hold, Modify, Place
from reconciler.model.rule import Rule
from reconciler.model.snapshot import Quote
from reconciler.model.state import Halt
from tests.support.build import (
    IN_PLACE,
    NOW,
    REPLACING,
    SPAN,
    actions,
    book,
    holder,
    instrument,
    ladder,
    only,
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


UNREAD = {"BTC": "order_limit: timeout"}


def test_where_it_could_not_be_read_what_is_taken_nothing_is_placed():
    seen = snapshot(unplaceable=UNREAD)
    (held,) = actions(holder(), seen=seen)

    assert ["hold btc.dip status-unknown"] == words(holder(), seen=seen)
    assert isinstance(held, Hold)
    assert "What BTC takes now could not be read: order_limit: timeout." == held.why


def test_where_it_could_not_be_read_what_is_taken_no_order_is_given_up_for_another():
    placed = placement()
    seen = snapshot(shown(placed), unplaceable=UNREAD)

    assert ["hold btc.dip status-unknown"] == words(
        holder(wanted=terms("91")), state(placed), seen, can=REPLACING
    )


def test_where_it_could_not_be_read_what_is_taken_cancels_go():
    placed = placement()
    seen = snapshot(shown(placed), unplaceable=UNREAD)

    assert ["cancel btc.dip removed", "hold btc.low status-unknown"] == words(
        holder("btc.low", terms("110", side="sell")), state(placed), seen
    )


def test_what_could_not_be_read_of_one_instrument_keeps_no_other_back():
    assert ["place btc.dip new"] == words(
        holder(), seen=snapshot(unplaceable={"ETH": "order_limit: timeout"})
    )


# what only the venue knows

ODD = Rule(
    code="odd",
    text="the quantity is 7",
    source="a page, 2026-08-22",
    is_broken=lambda terms, instrument, middle: terms.quantity == 7 and middle == 100,
)
RULED = replace(IN_PLACE, rules=(ODD,))


def test_what_the_venue_would_refuse_is_held_with_its_source():
    held = only(holder(wanted=terms(quantity="7")), can=RULED)

    assert "The venue would refuse it: the quantity is 7 (a page, 2026-08-22)." == held.why


def test_what_breaks_no_rule_is_placed():
    assert ["place btc.dip new"] == words(holder(wanted=terms(quantity="8")), can=RULED)


def test_a_rule_is_asked_of_attached_orders_too():
    parent = with_stop()
    children = (replace(parent.orders[0].children[0], terms=replace(STOP, quantity=Decimal(7))),)
    only_stop = replace(ODD, is_broken=lambda terms, *_: terms.trigger is not None)
    wanted = replace(parent, orders=(replace(parent.orders[0], children=children),))

    assert ["hold btc.dip venue-rule"] == words(wanted, can=replace(RULED, rules=(only_stop,)))


BUILDER = (("builder.address", "0xb"), ("builder.fee_tenth_bps", "10"))


def test_an_order_whose_options_the_account_may_not_send_is_held():
    seen = snapshot(refused_options=((BUILDER, "Not approved."),))

    assert ["hold btc.dip venue-rule"] == words(holder(wanted=terms(options=BUILDER)), seen=seen)


def test_an_order_with_other_options_is_placed():
    seen = snapshot(refused_options=((BUILDER, "Not approved."),))

    assert ["place btc.dip new"] == words(holder(wanted=terms(options=BUILDER[:1])), seen=seen)


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


# triggers

LONG = {"BTC": Decimal(1)}
STOP = terms("70", side="sell", trigger=trigger("80"), post_only=False, reduce_only=True)
TARGET = replace(
    STOP, price=Decimal(114), trigger=trigger("115", kind=TriggerKind.TAKE_PROFIT, market=False)
)


def at(mid):
    return snapshot(positions=LONG, mids={"BTC": Decimal(mid)})


@pytest.mark.parametrize(
    ("wanted", "mid"), [(STOP, "80"), (STOP, "79"), (TARGET, "115"), (TARGET, "116")]
)
def test_a_trigger_that_would_fire_at_once_is_held(wanted, mid):
    assert ["hold btc.dip trigger-crossed"] == words(holder(wanted=wanted), seen=at(mid))


@pytest.mark.parametrize(("wanted", "mid"), [(STOP, "80.1"), (TARGET, "114.9")])
def test_a_trigger_the_price_has_not_reached_is_placed(wanted, mid):
    assert ["place btc.dip new"] == words(holder(wanted=wanted), seen=at(mid))


@pytest.mark.parametrize(
    ("kind", "mid", "kept"),
    [
        (TriggerKind.STOP_LOSS, "120", "hold"),
        (TriggerKind.STOP_LOSS, "119", "place"),
        (TriggerKind.TAKE_PROFIT, "120", "hold"),
        (TriggerKind.TAKE_PROFIT, "121", "place"),
    ],
)
def test_the_triggers_of_a_short_position_fire_the_other_way(kind, mid, kept):
    wanted = terms("130", trigger=trigger("120", kind=kind), post_only=False, reduce_only=True)
    seen = snapshot(positions={"BTC": Decimal(-1)}, mids={"BTC": Decimal(mid)})

    assert [kept] == [word.split()[0] for word in words(holder(wanted=wanted), seen=seen)]


def with_stop(**others):
    made = holder(wanted=terms("90", **others))
    stop = DesiredOrder(address=OrderAddress("btc.dip.stop_loss"), terms=STOP, source=SPAN)
    return replace(made, orders=(replace(made.orders[0], children=(stop,)),))


def test_a_stop_that_is_armed_when_its_parent_takes_is_held_with_it():
    seen = snapshot(mids={"BTC": Decimal(79)})

    assert ["hold btc.dip trigger-crossed"] == words(with_stop(post_only=False), seen=seen)


def test_a_stop_whose_parent_waits_in_the_book_may_be_passed_now():
    seen = snapshot(mids={"BTC": Decimal(79)})

    assert ["place btc.dip new"] == words(with_stop(), seen=seen)


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
