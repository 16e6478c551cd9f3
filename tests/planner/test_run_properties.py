"""Claims about what a run may do, tried on random desires, states and venues."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.config import Limits
from reconciler.model.numbers import ZERO
from reconciler.model.order import Terms
from reconciler.model.plan import Cancel, Modify, Place, Replace
from reconciler.model.state import Halt
from reconciler.planner.intersect import intersect
from tests.planner.test_properties import ALLOWED, history
from tests.support.build import planned
from tests.support.worlds import HAPPENINGS, NAMES, STEPS, VENUES, desires, happen

SENDING = (Place, Modify, Replace, Cancel)


def sent(actions: Sequence[Any]) -> list[Any]:
    return [action for action in actions if isinstance(action, SENDING)]


def is_like(after: Terms, reviewed: Terms) -> bool:
    """Say whether it is the reviewed order, or less of it."""
    return after.quantity <= reviewed.quantity and reviewed == replace(
        after, quantity=reviewed.quantity
    )


def is_reviewed(action: Any, reviewed: Sequence[Any]) -> bool:
    """Say whether a person saw this action, or more of it."""
    for other in reviewed:
        if isinstance(action, Place):
            is_same = isinstance(other, Place) or (
                isinstance(other, Modify) and other.origin_holder != other.holder
            )
        else:
            is_same = (
                type(other) is type(action)
                and other.before.client_order_id == action.before.client_order_id
            )
        if is_same and (isinstance(action, Cancel) or is_like(action.after, other.after)):
            return True
    return False


@settings(max_examples=200)
@given(VENUES, STEPS, desires(), HAPPENINGS, st.none() | desires())
def test_what_is_sent_of_two_plans_was_reviewed(can, steps, wanted, happenings, changed):
    """The market moves on after the review, and perhaps the specs do as well."""
    known, market = history(can, steps)
    known, seen = market.look(known)
    saved = planned(wanted, known, seen, can=can, under=ALLOWED).plan
    happen(market, happenings)
    again, seen = market.look(known)
    fresh = planned(changed or wanted, again, seen, can=can, under=ALLOWED).plan

    common = intersect(saved, fresh)

    for action in sent(common.actions):
        reviewed = [a for a in sent(saved.actions) if a.address == action.address]
        assert action in fresh.actions
        assert is_reviewed(action, reviewed)


@settings(max_examples=100)
@given(VENUES, STEPS, desires(), HAPPENINGS)
def test_what_was_reviewed_is_sent_or_said_to_be_left(can, steps, wanted, happenings):
    known, market = history(can, steps)
    known, seen = market.look(known)
    saved = planned(wanted, known, seen, can=can, under=ALLOWED).plan
    happen(market, happenings)
    fresh = planned(wanted, *market.look(known), can=can, under=ALLOWED).plan

    common = intersect(saved, fresh)

    told = {a.address for a in common.actions} | {d.address for d in common.dropped}
    assert {a.address for a in sent(saved.actions)} <= told


PATTERNS = st.lists(st.sampled_from([f"btc.{name}" for name in (*NAMES, "x", "y")]), max_size=4)


@settings(max_examples=200)
@given(VENUES, STEPS, desires(), PATTERNS, PATTERNS)
def test_a_run_touches_what_it_was_pointed_at_and_nothing_else(
    can, steps, wanted, targets, excludes
):
    known, seen = (after := history(can, steps))[1].look(after[0])
    under = replace(ALLOWED, targets=tuple(targets), excludes=tuple(excludes))

    found = sent(planned(wanted, known, seen, can=can, under=under).plan.actions)

    touched = {a.address.split("[")[0] for a in found}
    touched |= {a.origin.split("[")[0] for a in found if isinstance(a, Modify)}
    assert touched.isdisjoint(excludes)
    assert not targets or touched <= set(targets)


MONEY = st.integers(1, 4000).map(Decimal)


@settings(max_examples=200)
@given(VENUES, STEPS, desires(), MONEY, MONEY, MONEY, st.integers(0, 12), st.integers(1, 30))
def test_no_plan_is_above_a_limit(can, steps, wanted, order, new, opened, actions, band):
    limits = Limits(
        max_order_notional=order,
        max_new_notional_per_run=new,
        max_new_notional_per_day=new,
        max_open_notional=opened,
        max_actions=actions,
        price_band_pct=Decimal(band),
        max_cancel_fraction=Decimal(1),
    )
    known, market = history(can, steps)
    known, seen = market.look(known)

    found = planned(wanted, known, seen, can=can, under=replace(ALLOWED, limits=limits))

    adding = [a for a in sent(found.plan.actions) if rise(a) > ZERO]
    assert all(value(a.after) <= order for a in adding)
    assert new >= sum(map(rise, adding), ZERO)
    assert not adding or market.peak_of(known, found) <= opened
    assert not adding or len(sent(found.plan.actions)) <= actions
    assert all(abs(a.after.price - 100) <= band for a in adding)


def value(terms: Terms) -> Decimal:
    return terms.price * terms.quantity


def rise(action: Any) -> Decimal:
    """Return by how much an action raises what it takes the place of."""
    if isinstance(action, Cancel):
        return ZERO
    if isinstance(action, Place):
        return value(action.after)
    return max(ZERO, value(action.after) - action.before.price * action.before.remaining)


@settings(max_examples=100)
@given(VENUES, STEPS, desires())
def test_while_halted_only_cancels_are_sent(can, steps, wanted):
    known, seen = (after := history(can, steps))[1].look(after[0])
    halted = replace(known, halt=Halt(by="ada", why="stop", at_ms=1))

    found = planned(wanted, halted, seen, can=can, under=ALLOWED).plan.actions

    assert {type(a) for a in sent(found)} <= {Cancel}


@settings(max_examples=100)
@given(VENUES, STEPS, HAPPENINGS, desires())
def test_of_an_incomplete_look_nothing_is_sent(can, steps, happenings, wanted):
    known, market = history(can, steps)
    happen(market, happenings)
    known, seen = market.look(known)
    incomplete = replace(seen, resting=seen.resting[::2], problems=("too long",))

    found = planned(wanted, known, incomplete, can=can, under=ALLOWED).plan

    assert ([], ()) == (sent(found.actions), found.requests)


@settings(max_examples=100)
@given(VENUES, STEPS, desires())
def test_planning_changes_nothing_of_what_it_is_given(can, steps, wanted):
    known, seen = (after := history(can, steps))[1].look(after[0])
    given_ = (wanted, known, seen)
    before = copy.deepcopy(given_)

    planned(wanted, known, seen, can=can, under=ALLOWED)

    assert before == given_
