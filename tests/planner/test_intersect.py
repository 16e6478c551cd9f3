"""A saved plan against a fresh one: at most what was reviewed is sent."""

from dataclasses import replace
from decimal import Decimal

from reconciler.model.plan import Modify
from reconciler.planner.intersect import intersect
from tests.planner.groups import SELL, STOP, group, stop, take
from tests.support.build import (
    REPLACING,
    book,
    holder,
    placement,
    plan,
    policy,
    shown,
    snapshot,
    state,
    terms,
)


def met(saved, fresh):
    """Return what is sent and what is dropped, as `kind address`."""
    found = intersect(saved, fresh)
    sent = [
        f"{type(a).__name__.lower()} {a.address}"
        for a in found.actions
        if type(a).__name__ in ("Place", "Modify", "Replace", "Cancel")
    ]
    return sent, [f"{d.kind} {d.address}" for d in found.dropped]


OLD = placement(wanted=terms("91", "2"))
BOUND = state(OLD)


def resting(filled="0"):
    return snapshot(shown(placement(wanted=terms("91", "2"), filled=filled)))


def bound(filled="0"):
    return state(placement(wanted=terms("91", "2"), filled=filled))


WANTED = holder(wanted=terms("90", "2"))


def test_the_same_plan_is_sent_as_it_is():
    assert (["place btc.dip"], []) == met(plan(holder()), plan(holder()))


def test_a_place_that_was_not_reviewed_is_dropped():
    saved, fresh = plan(book()), plan(holder())

    assert ([], ["place btc.dip"]) == met(saved, fresh)


def test_a_smaller_place_is_sent():
    saved, fresh = plan(holder(wanted=terms(quantity="2"))), plan(holder())

    assert (["place btc.dip"], []) == met(saved, fresh)


def test_a_larger_place_is_dropped():
    saved, fresh = plan(holder()), plan(holder(wanted=terms(quantity="2")))

    assert ([], ["place btc.dip"]) == met(saved, fresh)


def test_a_place_at_another_price_is_dropped():
    saved, fresh = plan(holder()), plan(holder(wanted=terms("89")))

    assert ([], ["place btc.dip"]) == met(saved, fresh)


def test_a_modify_of_an_order_that_filled_a_little_is_sent_smaller():
    found = intersect(plan(WANTED, BOUND), plan(WANTED, bound("0.5"), resting("0.5")))

    assert [Decimal("1.5")] == [a.after.quantity for a in found.actions if isinstance(a, Modify)]


def test_a_modify_of_another_order_is_dropped():
    another = state(placement(wanted=terms("91", "2"), incarnation=9))

    assert ([], ["modify btc.dip"]) == met(plan(WANTED, BOUND), plan(WANTED, another))


def test_a_modify_whose_order_filled_is_dropped():
    filled = replace(BOUND, placements={}, records={})

    assert ([], ["place btc.dip"]) == met(plan(WANTED, BOUND), plan(WANTED, filled))


def test_a_takeover_whose_source_filled_becomes_a_place():
    saved = plan(holder("btc.new"), state(placement("btc.old", terms("91"))))

    assert (["place btc.new"], []) == met(saved, plan(holder("btc.new")))


def test_a_replacement_whose_order_filled_is_dropped():
    saved = plan(WANTED, BOUND, can=REPLACING)

    assert ([], ["place btc.dip"]) == met(saved, plan(WANTED, can=REPLACING))


def test_a_keep_that_turned_into_a_modify_is_dropped():
    keeping = state(placement(wanted=terms("90", "2")))

    assert ([], ["modify btc.dip"]) == met(plan(WANTED, keeping), plan(WANTED, BOUND))


def test_a_cancel_is_sent_whatever_is_left():
    other = book(holder("btc.z", terms("110", side="sell")))

    saved, fresh = plan(other, BOUND), plan(other, bound("0.5"), resting("0.5"))

    assert (["cancel btc.dip", "place btc.z"], []) == met(saved, fresh)


def test_a_cancel_of_another_order_is_dropped():
    other = book(holder("btc.z", terms("110", side="sell")))
    another = state(placement(wanted=terms("91", "2"), incarnation=9))

    assert (["place btc.z"], ["cancel btc.dip"]) == met(plan(other, BOUND), plan(other, another))


def test_what_no_longer_applies_is_listed():
    assert ([], ["place btc.dip"]) == met(plan(holder()), plan(book()))


def test_a_new_generation_cancels_and_places_at_one_address():
    found = plan(holder(generation=2), state(placement()), can=REPLACING)

    assert (["cancel btc.dip", "place btc.dip"], []) == met(found, found)


def test_a_place_whose_cancel_is_dropped_is_dropped():
    saved = plan(holder(generation=2), state(placement()), can=REPLACING)
    fresh = plan(holder(generation=2), state(placement(incarnation=9)), can=REPLACING)

    assert ([], ["cancel btc.dip", "place btc.dip"]) == met(saved, fresh)


def test_an_order_on_an_instrument_with_another_number_by_now_is_dropped():
    fresh = replace(plan(holder()), instruments={"BTC": "7"})

    assert ([], ["place btc.dip"]) == met(plan(holder()), fresh)


def test_a_cancel_on_an_instrument_with_another_number_by_now_is_dropped():
    saved = plan(None, BOUND, resting(), under=policy(allow={"empty"}))

    assert (["cancel btc.dip"], []) == met(saved, saved)
    assert ([], ["cancel btc.dip"]) == met(saved, replace(saved, instruments={"BTC": "7"}))


def test_another_instrument_may_have_another_number():
    saved = plan(book(holder(), holder("eth.b", terms(name="ETH"))))
    fresh = replace(saved, instruments={**saved.instruments, "ETH": "7"})

    assert (["place btc.dip"], ["place eth.b"]) == met(saved, fresh)


def test_a_place_whose_old_order_is_not_taken_after_all_is_dropped():
    def wanted(price):
        again = holder("btc.a", terms("80"), generation=2, may_modify=False)
        return book(again, holder("btc.new", terms(price)))

    known = state(placement("btc.a", terms("90"), generation=1))
    saved, fresh = plan(wanted("91"), known), plan(wanted("92"), known)

    assert ([], ["place btc.a", "modify btc.new"]) == met(saved, fresh)


def test_a_replacement_with_other_attached_orders_is_dropped():
    from_saved = group(terms("91"))
    changed = group(terms("91"), stop=replace(SELL, price=Decimal(71)))
    known = state(placement(), take(), stop())
    seen = snapshot(*map(shown, known.placements.values()))

    assert ([], ["replace btc.dip"]) == met(
        plan(from_saved, known, seen), plan(changed, known, seen)
    )


def test_a_cancel_is_dropped_with_the_stop_it_waits_for():
    known = state(placement(filled="0.4"), take(), stop())
    orders = [shown(p) for p in known.placements.values()]
    lower = snapshot(*orders, positions={"BTC": Decimal("0.3")})
    saved = plan(holder("btc.z", terms("110", side="sell")), known, lower)
    higher = snapshot(*orders, positions={"BTC": Decimal("0.4")})
    fresh = plan(holder("btc.z", terms("110", side="sell")), known, higher)

    _, dropped = met(saved, fresh)

    assert ["cancel btc.dip", f"replace {STOP}"] == dropped


def test_what_needs_no_request_is_not_asked_of_the_reviewed_plan():
    saved, fresh = plan(book()), plan(holder(), state(placement()))

    found = intersect(saved, fresh)

    assert (fresh.actions, ()) == (found.actions, found.dropped)


def test_a_place_with_other_attached_orders_is_dropped():
    fresh = plan(group(stop=replace(SELL, price=Decimal(71))))

    assert ([], ["place btc.dip"]) == met(plan(group()), fresh)


def test_a_place_that_lost_its_attached_orders_is_dropped():
    assert ([], ["place btc.dip"]) == met(plan(group()), plan(holder()))


def test_a_replacement_of_another_order_is_dropped():
    another = state(placement(wanted=terms("91", "2"), incarnation=9))

    assert ([], ["replace btc.dip"]) == met(
        plan(WANTED, BOUND, can=REPLACING), plan(WANTED, another, can=REPLACING)
    )


def test_a_place_that_became_a_modify_is_dropped_with_both_words():
    (dropped,) = intersect(plan(WANTED), plan(WANTED, BOUND)).dropped

    assert "The plan says place, and it would be modify now." == dropped.why
