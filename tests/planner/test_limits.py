"""Limits hold the actions that raise the limited figure; cancels and reductions pass."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.numbers import ZERO
from reconciler.model.order import DesiredOrder, OrderAddress
from reconciler.model.plan import Cancel, Hold, Keep, Modify, Place, Reason, Replace
from reconciler.model.snapshot import Found, OrderPhase
from reconciler.model.transitions import utc_day
from reconciler.planner.exposure import exposure_of
from tests.planner.groups import group, stop, take
from tests.support.build import (
    NOW,
    REPLACING,
    SPAN,
    actions,
    book,
    holder,
    ladder,
    limited,
    only,
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
from tests.support.journal import by_our_id, intent, modify_of

ONE = Decimal(1)


def test_an_order_worth_more_than_the_limit_is_held():
    assert ["hold btc.dip limit"] == words(
        holder(), under=limited(max_order_notional=Decimal("89.9"))
    )


def test_an_order_worth_the_limit_is_placed():
    assert ["place btc.dip new"] == words(holder(), under=limited(max_order_notional=Decimal(90)))


def test_an_order_that_shrinks_passes_the_limit_of_one_order():
    known = state(placement(wanted=terms(quantity="5")))

    found = words(holder(wanted=terms(quantity="4")), known, under=limited(max_order_notional=ONE))

    assert ["modify btc.dip quantity-changed"] == found


@pytest.mark.parametrize(("price", "kind"), [("80", "place"), ("79.9", "hold")])
def test_a_price_outside_the_band_is_held(price, kind):
    found = words(holder(wanted=terms(price)), under=limited(price_band_pct=Decimal(20)))

    assert kind == found[0].split()[0]


def test_the_band_may_be_wider_for_one_address():
    under = limited(price_band_pct=Decimal(20), price_band_exceptions={"btc.dip": Decimal(50)})

    assert ["place btc.dip new"] == words(holder(wanted=terms("60")), under=under)


@pytest.mark.parametrize(
    ("price", "fires_at"), [("60", "90"), ("90", "60")], ids=["limit", "trigger"]
)
def test_both_prices_of_a_trigger_are_held_against_the_band(price, fires_at):
    wanted = terms(price, side="sell", trigger=trigger(fires_at), post_only=False)

    found = words(holder(wanted=wanted), under=limited(price_band_pct=Decimal(20)))

    assert ["hold btc.dip limit"] == found


def test_an_order_that_only_shrinks_passes_the_band():
    known = state(placement(wanted=terms("60", "2")))

    found = words(holder(wanted=terms("60")), known, under=limited(price_band_pct=Decimal(20)))

    assert ["modify btc.dip quantity-changed"] == found


def test_without_a_middle_price_nothing_is_sent():
    assert ["hold btc.dip limit"] == words(holder(), seen=snapshot(mids={}))


def test_open_notional_counts_foreign_orders():
    under = limited(max_open_notional=Decimal(100))
    seen = snapshot(resting(terms("50"), oid="9"))

    assert ["hold btc.dip limit"] == words(holder(), seen=seen, under=under)


@pytest.mark.parametrize(("limit", "kind"), [("180", "place"), ("179.9", "hold")])
def test_open_notional_counts_what_is_in_doubt(limit, kind):
    lost = placement("btc.low", terms("90"), incarnation=2)
    under = limited(max_open_notional=Decimal(limit))

    found = words(book(holder(), holder("btc.low")), state(lost), snapshot(), under=under)

    assert [f"{kind} btc.dip {'new' if kind == 'place' else 'limit'}"] == found[:1]


def test_over_the_open_limit_cancels_pass():
    known = state(placement("btc.old", terms("91", side="sell")))

    found = actions(holder(), known, under=limited(max_open_notional=ONE))

    assert [Hold, Cancel] == [type(a) for a in found]


def test_over_the_open_limit_an_order_may_shrink():
    known = state(placement(wanted=terms(quantity="5")))

    found = only(holder(), known, under=limited(max_open_notional=ONE))

    assert Modify is type(found)


def test_over_the_open_limit_an_order_that_reduces_the_position_is_placed():
    wanted = holder(wanted=terms("110", side="sell", reduce_only=True))
    seen = snapshot(positions={"BTC": ONE})

    found = only(wanted, seen=seen, under=limited(max_open_notional=ONE))

    assert Place is type(found)


def test_a_run_places_no_more_than_its_limit():
    wanted = book(holder("btc.a"), holder("btc.b"))

    found = words(wanted, under=limited(max_new_notional_per_run=Decimal(100)))

    assert ["hold btc.a limit", "hold btc.b limit"] == found


def test_a_day_includes_what_was_sent_before():
    known = state(new_notional_by_day={utc_day(NOW): Decimal(50)})

    found = words(holder(), known, under=limited(max_new_notional_per_day=Decimal(100)))

    assert ["hold btc.dip limit"] == found


def test_a_day_forgets_the_day_before():
    known = state(new_notional_by_day={utc_day(NOW - 86_400_000): Decimal(50)})

    found = words(holder(), known, under=limited(max_new_notional_per_day=Decimal(100)))

    assert ["place btc.dip new"] == found


def test_too_many_actions_hold_the_places():
    known = state(placement("btc.old", terms("110", side="sell")))
    wanted = book(holder("btc.a"), holder("btc.b"))

    found = words(wanted, known, under=limited(max_actions=2))

    assert ["hold btc.a limit", "hold btc.b limit", "cancel btc.old removed"] == found


# cancels


def crowd(count):
    return [placement(f"btc.o{n}", terms(str(50 + n)), incarnation=n) for n in range(count)]


def kept(placed):
    return [holder(p.address, p.terms) for p in placed]


def test_too_many_cancels_without_a_successor_are_held():
    placed = crowd(4)

    found = words(
        book(*kept(placed[:1])), state(*placed), under=limited(max_cancel_fraction=Decimal("0.5"))
    )

    assert ["keep", "hold", "hold", "hold"] == [w.split()[0] for w in found]


def test_as_many_cancels_as_the_limit_pass():
    placed = crowd(4)

    found = words(
        book(*kept(placed[:2])), state(*placed), under=limited(max_cancel_fraction=Decimal("0.5"))
    )

    assert ["keep", "keep", "cancel", "cancel"] == [w.split()[0] for w in found]


def test_the_fraction_is_ignored_below_four_orders():
    placed = crowd(3)

    found = words(
        book(*kept(placed[:1])), state(*placed), under=limited(max_cancel_fraction=Decimal("0.1"))
    )

    assert ["keep", "cancel", "cancel"] == [w.split()[0] for w in found]


def test_the_fraction_may_be_set_aside():
    placed = crowd(4)
    under = policy(
        limits=limited(max_cancel_fraction=Decimal("0.5")).limits, allow={"cancel-fraction"}
    )

    found = words(book(*kept(placed[:1])), state(*placed), under=under)

    assert ["keep", "cancel", "cancel", "cancel"] == [w.split()[0] for w in found]


def test_a_cancel_with_a_successor_is_not_counted():
    placed = crowd(4)
    wanted = book(*(holder(p.address, p.terms, generation=2) for p in placed))

    found = actions(
        wanted, state(*placed), under=limited(max_cancel_fraction=Decimal("0.1")), can=REPLACING
    )

    assert [Cancel, Place] * 4 == [type(a) for a in found]


def test_a_ladder_that_moves_as_a_whole_is_not_counted():
    prices = [str(90 - n) for n in range(6)]
    placed = [
        placement(f"btc.bids[{n}]", terms(price), incarnation=n) for n, price in enumerate(prices)
    ]
    known = state(*placed, records=[record("btc.bids", quantity="6")])
    wanted = ladder([str(80 - n) for n in range(6)])

    found = words(wanted, known, under=limited(max_cancel_fraction=Decimal("0.1")), can=REPLACING)

    assert {"replace"} == {w.split()[0] for w in found}


def test_an_expired_order_is_cancelled_whatever_the_fraction():
    placed = crowd(4)
    wanted = book(*(holder(p.address, p.terms, expires_at_ms=NOW) for p in placed))

    found = words(wanted, state(*placed), under=limited(max_cancel_fraction=Decimal("0.1")))

    assert ["cancel"] * 4 == [w.split()[0] for w in found]


def test_cancelling_everything_is_held():
    assert ["hold btc.dip limit"] == words(None, state(placement()))


def test_cancelling_everything_may_be_allowed():
    assert ["cancel btc.dip removed"] == words(
        None, state(placement()), under=policy(allow={"empty"})
    )


def test_cancelling_all_that_can_be_seen_is_cancelling_everything():
    seen, lost = placement("btc.a"), placement("btc.b", incarnation=2)

    found = words(None, state(seen, lost), snapshot(shown(seen)))

    assert ["hold btc.a limit", "hold btc.b status-unknown"] == found


def test_a_cancel_that_a_held_takeover_leaves_is_counted():
    placed = crowd(4)
    wanted = book(
        *(holder(f"btc.n{n}", terms(str(60 + n))) for n in range(4)),
    )
    under = limited(max_cancel_fraction=Decimal("0.5"), max_order_notional=ONE)

    found = words(wanted, state(*placed), under=under)

    assert {"hold"} == {w.split()[0] for w in found}


# money


def test_exposure_counts_what_is_open_before():
    seen = snapshot(resting(terms("50"), oid="9"))

    assert Decimal(50) == plan(holder(), seen=seen).exposure.open_before


def test_exposure_after_adds_places():
    assert Decimal(90) == plan(holder()).exposure.open_after


def test_exposure_counts_attached_orders():
    stop = DesiredOrder(
        address=OrderAddress("btc.dip.stop_loss"),
        terms=terms("70", side="sell", trigger=trigger(), post_only=False, reduce_only=True),
        source=SPAN,
    )
    parent = holder()
    parent = replace(parent, orders=(replace(parent.orders[0], children=(stop,)),))

    found = plan(parent).exposure

    assert (Decimal(160), Decimal(90)) == (found.open_after, found.new_notional)


def test_exposure_at_worst_counts_each_modified_order_at_its_larger_form():
    placed = [
        placement("btc.a", terms("90", "1"), incarnation=1),
        placement("btc.b", terms("80", "3"), incarnation=2),
    ]
    wanted = book(holder("btc.a", terms("90", "3")), holder("btc.b", terms("80", "1")))

    found = plan(wanted, state(*placed)).exposure

    assert (Decimal(330), Decimal(350), Decimal(510)) == (
        found.open_before,
        found.open_after,
        found.open_worst,
    )


@pytest.mark.parametrize(
    ("price", "quantity", "worst"), [("95", "1", "95"), ("80", "1", "90"), ("90", "3", "270")]
)
def test_exposure_at_worst_counts_a_modify_in_flight_at_its_larger_form(price, quantity, worst):
    moving = placement(wanted=terms("90"))
    known = intent(state(moving), modify_of(moving, terms(price, quantity)))

    found = plan(holder(), known, snapshot(shown(moving))).exposure

    assert (Decimal(90), Decimal(worst)) == (found.open_before, found.open_worst)


def test_exposure_counts_nothing_of_a_venue_order_that_is_over():
    moving = placement(wanted=terms("90"))
    over = replace(moving, legs=(replace(moving.legs[0], is_settled=True),))

    assert Decimal(0) == plan(holder(), state(over), snapshot()).exposure.open_worst


def test_exposure_counts_a_replaced_order_once():
    known = state(placement(wanted=terms("91")))

    assert Decimal(91) == plan(holder(), known, can=REPLACING).exposure.open_worst


def test_new_notional_is_what_a_modify_adds():
    known = state(placement())

    assert Decimal(90) == plan(holder(wanted=terms(quantity="2")), known).exposure.new_notional


@pytest.mark.parametrize(("price", "quantity", "new"), [("89", "2", "88"), ("89", "1", "0")])
def test_new_notional_is_what_a_replacement_adds(price, quantity, new):
    known = state(placement())

    found = plan(holder(wanted=terms(price, quantity)), known, can=REPLACING).exposure

    assert Decimal(new) == found.new_notional


@pytest.mark.parametrize("limit", ["max_new_notional_per_run", "max_new_notional_per_day"])
def test_a_replacement_that_adds_nothing_passes_the_limits_of_what_is_new(limit):
    known = state(placement())

    found = words(holder(wanted=terms("89")), known, under=limited(**{limit: ONE}), can=REPLACING)

    assert ["replace btc.dip price-changed"] == found


UNSEEN = placement("btc.a", terms("90", "2"))


@pytest.mark.parametrize(("filled", "worst"), [("0", "180"), ("0.5", "135")])
def test_an_order_that_may_rest_unseen_counts_at_worst(filled, worst):
    known = state(placement("btc.a", terms("90", "2"), filled=filled))

    found = plan(holder("btc.a", terms("90", "2")), known, snapshot()).exposure

    assert (ZERO, ZERO, Decimal(worst)) == (found.open_before, found.open_after, found.open_worst)


def test_an_order_that_may_rest_unseen_keeps_others_below_the_open_limit():
    wanted = book(holder("btc.a", terms("90", "2")), holder("btc.b", terms("80")))

    found = words(wanted, state(UNSEEN), snapshot(), under=limited(max_open_notional=Decimal(259)))

    assert ["hold btc.a status-unknown", "hold btc.b limit"] == found


def test_an_order_that_only_its_status_shows_is_open():
    answer = Found(order=shown(UNSEEN), phase=OrderPhase.RESTING, word="open", at_ms=NOW)
    seen = snapshot(statuses={by_our_id(UNSEEN): answer})

    found = plan(holder("btc.a", terms("90", "2")), state(UNSEEN), seen).exposure

    assert (Decimal(180), Decimal(180)) == (found.open_before, found.open_worst)


def test_a_modify_of_unknown_fate_counts_at_its_larger_form():
    known = intent(state(UNSEEN), modify_of(UNSEEN, terms("90", "3")))

    found = plan(holder("btc.a", terms("90", "3")), known, snapshot(shown(UNSEEN))).exposure

    assert (Decimal(180), Decimal(270)) == (found.open_before, found.open_worst)


def test_a_held_order_is_not_in_the_exposure():
    assert Decimal(0) == plan(holder(), under=limited(max_order_notional=ONE)).exposure.open_worst


def test_a_plan_of_keeps_sends_nothing():
    found = plan(holder(), state(placement()))

    assert ([Keep], ()) == ([type(a) for a in found.actions], found.requests)


def test_an_attached_order_that_is_not_seen_is_not_taken_off_what_is_open():
    """Its parent is replaced; of the two attached ones only the stop is seen."""
    known = state(placement(), take(), stop())
    seen = snapshot(shown(placement()), shown(stop()))
    change = Replace(
        address=OrderAddress("btc.dip"),
        holder=OrderAddress("btc.dip"),
        generation=1,
        budget=Decimal(1),
        reason=Reason.PRICE_CHANGED,
        before=shown(placement()),
        after=terms("91"),
        source=None,
        children=group().orders[0].children,
    )

    found = exposure_of([change], planned(None, known, seen).context)

    assert (Decimal(90 + 70), Decimal(91 + 120 + 70)) == (found.open_before, found.open_after)
