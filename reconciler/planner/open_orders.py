"""How many orders may be open at once: what the venue would refuse beyond that is held instead.

Some venues take no protective order (reduce-only, or a trigger) well before their limit. There a
stop that is replaced would be cancelled and could not be placed again, and a group would rest
without what is attached to it: both stay as they are.
"""

from collections.abc import Sequence

from reconciler.model.command import BatchKind
from reconciler.model.order import Terms
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.model.snapshot import RequestBudget
from reconciler.planner.context import Context
from reconciler.planner.sequence import Step, steps_of

__all__ = ["open_order_warnings", "without_open_room"]


def without_open_room(actions: Sequence[Action], context: Context) -> dict[int, str]:
    """Return why an order would be one too many, by the `id` of its action.

    Cancels of the run are taken to be done before its places, but for those that wait for one.
    """
    budget = context.snapshot.budget
    if budget is None or budget.open_max is None:
        return {}
    steps = steps_of(actions, context.capabilities)
    count = len(context.snapshot.resting) - _leaving(steps)
    refused: dict[int, str] = {}
    for step in steps:
        for action in step.actions if step.kind is BatchKind.PLACE else ():
            assert isinstance(action, Place | Replace), "a step of places has places"
            why = _objection(action, count, budget)
            if why is None:
                count += 1 + len(action.children)
            else:
                refused[id(action)] = why
                count += isinstance(action, Replace)  # its cancel is not sent either
    return refused


def open_order_warnings(actions: Sequence[Action], context: Context) -> tuple[str, ...]:
    """Say that so many orders will be open that no stop could be placed or replaced any more."""
    budget = context.snapshot.budget
    if budget is None or budget.protective_open_max is None:
        return ()
    after = len(context.snapshot.resting)
    for action in actions:
        after -= isinstance(action, Cancel)
        if isinstance(action, Place | Replace):
            after += isinstance(action, Place) + len(action.children)
    is_growing = any(isinstance(action, Place | Modify | Replace) for action in actions)
    if after < budget.protective_open_max or not is_growing:
        return ()
    text = (
        f"{after:,} orders will be open; from {budget.protective_open_max:,} on the venue takes no "
        "reduce-only or trigger order, so that no stop could be placed or replaced."
    )
    return (text,)


def _leaving(steps: Sequence[Step]) -> int:
    """Return how many orders are cancelled before anything is placed."""
    kinds = [step.kind for step in steps]
    first = kinds.index(BatchKind.PLACE) if BatchKind.PLACE in kinds else len(steps)
    return sum(len(step.actions) for step in steps[:first] if step.kind is BatchKind.CANCEL)


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
