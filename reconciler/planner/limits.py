"""Limits over many actions: what one order, one run and one venue entry may never exceed.

A limit holds the actions that raise the limited figure. Cancels and reductions always pass, except
that cancelling much without a successor is itself what a limit is about.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from reconciler.model.config import Limits
from reconciler.model.numbers import ZERO, format_decimal
from reconciler.model.order import Terms
from reconciler.model.plan import Action, Cancel, Exposure, Modify, Place, Reason, Replace
from reconciler.model.transitions import utc_day
from reconciler.planner.budget import without_room
from reconciler.planner.context import Context
from reconciler.planner.exposure import exposure_of, notional_of_order, notional_of_terms
from reconciler.planner.guards import Sending, held, held_cancel, price_distance_pct
from reconciler.planner.open_orders import RULE, without_open_room

__all__ = [
    "CANCEL_FRACTION_FROM",
    "band_objection",
    "guard_limits",
    "is_only_smaller",
    "raises",
]

CANCEL_FRACTION_FROM = 4
MORE_REQUESTS = "It is sent once the venue gives more: for value traded, or bought from it."
FEWER_OPEN = f"It is sent once fewer orders are open. Where the venue takes more: `--allow {RULE}`."
# Cancels that someone asked for by name, or by a date in a reviewed spec.
_MEANT = frozenset({Reason.ORPHAN_ALLOWED, Reason.EXPIRED})


def guard_limits(actions: Sequence[Action], context: Context, *, is_empty: bool) -> list[Action]:
    """Return the actions with those held that a limit refuses.

    Args:
        is_empty: no order at all is desired at this venue entry.
    """
    guarded = _hold_where(actions, lambda action: _single(action, context))
    guarded = _hold_cancels(guarded, context, is_empty=is_empty)
    if not any(isinstance(action, Place | Modify | Replace) for action in guarded):
        return guarded
    exposure = exposure_of(guarded, context)
    whys = (
        _open_notional(exposure, context),
        _run_notional(exposure, context),
        _day_notional(exposure, context),
        _count(guarded, context),
    )
    for why in whys:
        if why is not None:
            guarded = _hold_where(guarded, partial(_why_if_raising, why, context))
    too_many = without_open_room(guarded, context)
    guarded = _hold_where(guarded, lambda action: too_many.get(id(action)), FEWER_OPEN)
    refused = without_room(guarded, context, partial(raises, context=context))
    return _hold_where(guarded, lambda action: refused.get(id(action)), MORE_REQUESTS)


def _why_if_raising(why: str, context: Context, action: Sending) -> str | None:
    return why if raises(action, context) else None


def _hold_where(
    actions: Sequence[Action],
    obstacle: Callable[[Sending], str | None],
    lifted_by: str = "Change the order, or the limit by review.",
) -> list[Action]:
    guarded: list[Action] = []
    for action in actions:
        why = obstacle(action) if isinstance(action, Place | Modify | Replace) else None
        if why is None or not isinstance(action, Place | Modify | Replace):
            guarded.append(action)
        else:
            guarded += held(action, Reason.LIMIT, why, lifted_by)
    return guarded


def _single(action: Sending, context: Context) -> str | None:
    limits = context.policy.limits
    value = notional_of_terms(action.after, context)
    if value > limits.max_order_notional and raises(action, context):
        return (
            f"It is worth {format_decimal(value)}; `max_order_notional` is "
            f"{format_decimal(limits.max_order_notional)}."
        )
    if isinstance(action, Modify | Replace) and is_only_smaller(action):
        return None
    children = () if isinstance(action, Modify) else action.children
    priced = [(action.address, action.after), *((c.address, c.terms) for c in children)]
    for address, terms in priced:
        mid = context.snapshot.mids.get(terms.instrument)
        why = band_objection(address, terms, mid, limits)
        if why is not None:
            return why
    return None


def is_only_smaller(action: Modify | Replace) -> bool:
    """Say whether a change leaves an order where it is and makes it no larger."""
    before, after = action.before, action.after
    return (
        before.price == after.price
        and before.trigger == after.trigger
        and after.quantity <= before.remaining
    )


def band_objection(address: str, terms: Terms, mid: Decimal | None, limits: Limits) -> str | None:
    """Return why the prices of an order are too far from the middle price, or None."""
    if mid is None or mid <= 0:
        return f"There is no middle price of {terms.instrument} to hold its price against."
    band = limits.price_band_exceptions.get(address, limits.price_band_pct)
    prices = (terms.price,) if terms.trigger is None else (terms.trigger.price, terms.price)
    for price in prices:
        distance = price_distance_pct(price, mid)
        if distance > band:
            return (
                f"{format_decimal(price)} is {distance:.1f} % from the middle price "
                f"{format_decimal(mid)}; `price_band_pct` is {format_decimal(band)}."
            )
    return None


def _open_notional(exposure: Exposure, context: Context) -> str | None:
    worst = exposure.open_worst
    limit = context.policy.limits.max_open_notional
    if worst <= limit:
        return None
    return (
        f"Open orders could be worth {format_decimal(worst)} during the run; "
        f"`max_open_notional` is {format_decimal(limit)}."
    )


def _run_notional(exposure: Exposure, context: Context) -> str | None:
    new = exposure.new_notional
    limit = context.policy.limits.max_new_notional_per_run
    if new <= limit:
        return None
    return (
        f"The run would newly place {format_decimal(new)}; "
        f"`max_new_notional_per_run` is {format_decimal(limit)}."
    )


def _day_notional(exposure: Exposure, context: Context) -> str | None:
    new = exposure.new_notional
    day = utc_day(context.snapshot.taken_at_ms)
    spent = context.state.new_notional_by_day.get(day, ZERO)
    limit = context.policy.limits.max_new_notional_per_day
    if spent + new <= limit:
        return None
    return (
        f"{format_decimal(spent)} were newly placed on {day} (UTC) and the run would add "
        f"{format_decimal(new)}; `max_new_notional_per_day` is {format_decimal(limit)}."
    )


def _count(actions: Sequence[Action], context: Context) -> str | None:
    count = sum(isinstance(a, Place | Modify | Replace | Cancel) for a in actions)
    limit = context.policy.limits.max_actions
    return f"The run has {count} actions; `max_actions` is {limit}." if count > limit else None


def _hold_cancels(actions: Sequence[Action], context: Context, *, is_empty: bool) -> list[Action]:
    waited_for = {
        address for a in actions if isinstance(a, Place) for address in (a.address, *a.waits_for)
    }
    bare = {
        id(a)
        for a in actions
        if isinstance(a, Cancel) and a.reason not in _MEANT and a.address not in waited_for
    }
    if not bare:
        return list(actions)
    live = len(context.sight.resting)
    fraction = context.policy.limits.max_cancel_fraction
    if is_empty and "empty" not in context.policy.allow:
        rule = "empty"
        why = f"Nothing is desired at this venue entry, so all {live} live orders would go."
    elif (
        live >= CANCEL_FRACTION_FROM
        and len(bare) > fraction * live
        and "cancel-fraction" not in context.policy.allow
    ):
        rule = "cancel-fraction"
        why = (
            f"{len(bare)} of {live} live orders would be cancelled without a successor; "
            f"`max_cancel_fraction` is {format_decimal(fraction)}."
        )
    else:
        return list(actions)
    lifted_by = f"Pass `--allow {rule}` when that is meant."
    return [
        held_cancel(a, Reason.LIMIT, why, lifted_by)
        if isinstance(a, Cancel) and id(a) in bare
        else a
        for a in actions
    ]


def raises(action: Sending, context: Context) -> bool:
    """Say whether an action raises what is open: a cancel or reduction always passes."""
    if isinstance(action, Place):
        return not action.after.reduce_only
    return notional_of_terms(action.after, context) > notional_of_order(action.before, context)
