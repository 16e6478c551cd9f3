"""How many orders may be open at once: what the venue would refuse beyond that is held instead.

Some venues take no protective order (reduce-only, or a trigger) well before their limit. There a
stop that is replaced would be cancelled and could not be placed again, and a group would rest
without what is attached to it: both stay as they are.
"""

from collections.abc import Sequence

from reconciler.model.command import BatchKind
from reconciler.model.order import Terms, VenueOrderId
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.model.snapshot import RequestBudget
from reconciler.planner.attached import ending_with
from reconciler.planner.context import Context
from reconciler.planner.sequence import steps_of

__all__ = ["RULE", "open_order_warnings", "without_open_room"]

RULE = "open-orders"
"""Set aside by who knows that the venue takes more of an account than its page says."""


def without_open_room(actions: Sequence[Action], context: Context) -> dict[int, str]:
    """Return why an order would be one too many, by the `id` of its action.

    Cancels of the run are taken to be done before its places, but for those that wait for one.
    """
    budget = context.snapshot.budget
    if budget is None or budget.open_max is None or RULE in context.policy.allow:
        return {}
    steps = steps_of(actions, context.capabilities)
    # What a replacement frees is for the replacement itself.
    cancels = [action for action in actions if isinstance(action, Cancel)]
    count = len(context.snapshot.resting) - len(_leaving(cancels, context))
    refused: dict[int, str] = {}
    for step in steps:
        for action in step.actions if step.kind is BatchKind.PLACE else ():
            assert isinstance(action, Place | Replace), "a step of places has places"
            freed = len(_leaving([action], context))
            why = _objection(action, count - freed, budget)
            if why is None:
                count += 1 + len(action.children) - freed
            else:
                refused[id(action)] = why
    return refused


def open_order_warnings(actions: Sequence[Action], context: Context) -> tuple[str, ...]:
    """Say that so many orders will be open that no stop could be placed or replaced any more."""
    budget = context.snapshot.budget
    if budget is None or budget.protective_open_max is None:
        return ()
    late = {a.before.venue_order_id for a in actions if isinstance(a, Cancel) and a.waits_for}
    after = len(context.snapshot.resting) - len(_leaving(actions, context) | late)
    after += sum(1 + len(a.children) for a in actions if isinstance(a, Place | Replace))
    is_growing = any(isinstance(action, Place | Modify | Replace) for action in actions)
    if after < budget.protective_open_max or not is_growing:
        return ()
    text = (
        f"{after:,} orders will be open; from {budget.protective_open_max:,} on the venue takes no "
        "reduce-only or trigger order, so that no stop could be placed or replaced."
    )
    return (text,)


def _leaving(actions: Sequence[Action], context: Context) -> set[VenueOrderId]:
    """Return the orders that are gone before anything is placed: with what is attached to them."""
    cancelled = [
        action.before
        for action in actions
        if isinstance(action, Replace) or (isinstance(action, Cancel) and not action.waits_for)
    ]
    attached = [child for order in cancelled for child in ending_with(order, context)]
    return {order.venue_order_id for order in (*cancelled, *attached)}


def _objection(action: Place | Replace, count: int, budget: RequestBudget) -> str | None:
    """Return why the venue would refuse a part of it beside so many open orders."""
    assert budget.open_max is not None, "without a limit nothing is too many"
    after = count + 1 + len(action.children)
    if after > budget.open_max:
        return (
            f"The account may have {budget.open_max:,} open orders at its venue, foreign ones "
            f"included, and this would make {after:,}."
        )
    most = budget.protective_open_max
    others = after - 1 if action.children else count
    if most is not None and others >= most and _has_protective(action):
        return (
            f"{others:,} other orders would be open; from {most:,} on the venue takes no "
            "reduce-only or trigger order."
        )
    return None


def _has_protective(action: Place | Replace) -> bool:
    return bool(action.children) or _is_protective(action.after)


def _is_protective(terms: Terms) -> bool:
    return terms.reduce_only or terms.trigger is not None
