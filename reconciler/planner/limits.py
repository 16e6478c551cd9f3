"""Limits over many actions: what one order, one run and one venue entry may never exceed.

A limit holds the actions that raise the limited figure. Cancels and reductions always pass, except
that cancelling much without a successor is itself what a limit is about.
"""

from collections.abc import Callable, Sequence
from functools import partial

from reconciler.model.numbers import ZERO, format_decimal
from reconciler.model.order import Terms
from reconciler.model.plan import Action, Cancel, Hold, Modify, Place, Reason, Replace
from reconciler.model.transitions import utc_day
from reconciler.planner.context import Context
from reconciler.planner.exposure import exposure_of, notional_of_order, notional_of_terms
from reconciler.planner.guards import Sending, held, price_distance_pct

__all__ = ["CANCEL_FRACTION_FROM", "guard_limits"]

CANCEL_FRACTION_FROM = 4


def guard_limits(actions: Sequence[Action], context: Context, *, is_empty: bool) -> list[Action]:
    """Return the actions with those held that a limit refuses.

    Args:
        is_empty: no order at all is desired at this venue entry.
    """
    guarded = _hold_where(actions, lambda action: _single(action, context))
    guarded = _hold_cancels(guarded, context, is_empty=is_empty)
    for check in (_open_notional, _run_notional, _day_notional, _count):
        why = check(guarded, context)
        if why is not None:
            guarded = _hold_where(guarded, partial(_why_if_raising, why, context))
    return guarded


def _why_if_raising(why: str, context: Context, action: Sending) -> str | None:
    return why if _raises(action, context) else None


def _hold_where(
    actions: Sequence[Action], obstacle: Callable[[Sending], str | None]
) -> list[Action]:
    guarded: list[Action] = []
    for action in actions:
        why = obstacle(action) if isinstance(action, Place | Modify | Replace) else None
        if why is None or not isinstance(action, Place | Modify | Replace):
            guarded.append(action)
        else:
            guarded += held(action, Reason.LIMIT, why, "Change the order, or the limit by review.")
    return guarded


def _single(action: Sending, context: Context) -> str | None:
    limits = context.policy.limits
    value = notional_of_terms(action.after, context)
    if value > limits.max_order_notional and _raises(action, context):
        return (
            f"It is worth {format_decimal(value)}; `max_order_notional` is "
            f"{format_decimal(limits.max_order_notional)}."
        )
    children = () if isinstance(action, Modify) else action.children
    priced = [(action.address, action.after), *((c.address, c.terms) for c in children)]
    for address, terms in priced:
        why = _band(address, terms, context)
        if why is not None:
            return why
    return None


def _band(address: str, terms: Terms, context: Context) -> str | None:
    mid = context.snapshot.mids.get(terms.instrument)
    if mid is None or mid <= 0:
        return f"There is no middle price of {terms.instrument} to hold its price against."
    limits = context.policy.limits
    band = limits.price_band_exceptions.get(address, limits.price_band_pct)
    price = terms.trigger.price if terms.trigger is not None else terms.price
    distance = price_distance_pct(price, mid)
    if distance <= band:
        return None
    return (
        f"{format_decimal(price)} is {distance:.1f} % from the middle price "
        f"{format_decimal(mid)}; `price_band_pct` is {format_decimal(band)}."
    )


def _open_notional(actions: Sequence[Action], context: Context) -> str | None:
    worst = exposure_of(actions, context).open_worst
    limit = context.policy.limits.max_open_notional
    if worst <= limit:
        return None
    return (
        f"Open orders could be worth {format_decimal(worst)} during the run; "
        f"`max_open_notional` is {format_decimal(limit)}."
    )


def _run_notional(actions: Sequence[Action], context: Context) -> str | None:
    new = exposure_of(actions, context).new_notional
    limit = context.policy.limits.max_new_notional_per_run
    if new <= limit:
        return None
    return (
        f"The run would newly place {format_decimal(new)}; "
        f"`max_new_notional_per_run` is {format_decimal(limit)}."
    )


def _day_notional(actions: Sequence[Action], context: Context) -> str | None:
    new = exposure_of(actions, context).new_notional
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
    cancels = [
        a for a in actions if isinstance(a, Cancel) and a.reason is not Reason.ORPHAN_ALLOWED
    ]
    live = len(context.sight.resting)
    if not cancels:
        return list(actions)
    if is_empty and len(cancels) >= live and "empty" not in context.policy.allow:
        why = f"Nothing is desired at this venue entry, so all {live} live orders would go."
        return [_held_cancel(a, why, "empty") if a in cancels else a for a in actions]
    fraction = context.policy.limits.max_cancel_fraction
    is_much = live >= CANCEL_FRACTION_FROM and len(cancels) > fraction * live
    if is_much and "cancel-fraction" not in context.policy.allow:
        why = (
            f"{len(cancels)} of {live} live orders would be cancelled without a successor; "
            f"`max_cancel_fraction` is {format_decimal(fraction)}."
        )
        return [_held_cancel(a, why, "cancel-fraction") if a in cancels else a for a in actions]
    return list(actions)


def _held_cancel(action: Action, why: str, rule: str) -> Hold:
    assert isinstance(action, Cancel), "only cancels are held here"
    return Hold(
        address=action.address,
        reason=Reason.LIMIT,
        why=why,
        lifted_by=f"Pass `--allow {rule}` when that is meant.",
        before=action.before,
        source=action.source,
    )


def _raises(action: Sending, context: Context) -> bool:
    if isinstance(action, Place):
        return not action.after.reduce_only
    return notional_of_terms(action.after, context) > notional_of_order(action.before, context)
