"""What an account may still send: cancels first, and always enough to cancel everything.

A venue may count an account's orders and cancels over its whole life, and take more cancels than
orders. When little is left, cancels and reductions go, then as many of the others as fit, in the
order in which they would be sent; after any of it everything of ours can still be cancelled.
"""

from collections.abc import Callable, Iterator, Sequence

from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.planner.context import Context
from reconciler.planner.guards import Sending
from reconciler.planner.sequence import steps_of
from reconciler.planner.strays import is_ours

__all__ = ["live_count", "without_room"]


def without_room(
    actions: Sequence[Action], context: Context, may_wait: Callable[[Sending], bool]
) -> dict[int, str]:
    """Return why there is no room for an action, by its `id`; empty when all of them fit.

    Args:
        may_wait: says of an action whether it can be held; the others go in any case.
    """
    budget = context.snapshot.budget
    if budget is None:
        return {}
    used, live = 0, live_count(context)
    waiting: list[Sending] = []
    for action in _in_sending_order(actions, context):
        if isinstance(action, Place | Modify | Replace) and may_wait(action):
            waiting.append(action)
        else:
            used += _cost(action)
            live += _more_live(action)
    refused: dict[int, str] = {}
    for action in waiting:
        cost, more = _cost(action), _more_live(action)
        is_over = used + cost > budget.left
        if is_over or used + cost + live + more > budget.cancels_left:
            refused[id(action)] = (
                f"The account may send {budget.left:,} more orders to its venue, and "
                f"{budget.cancels_left:,} cancels; {used:,} go before it, and {live + more:,} "
                "cancels are kept back to cancel everything."
            )
            continue
        used += cost
        live += more
    return refused


def live_count(context: Context) -> int:
    """Return how many orders of ours rest or may rest, declared or not."""
    orphans = (is_ours(o, context.state, context.capabilities) for o in context.sight.foreign)
    return len(context.sight.resting.keys() | context.sight.blocked.keys()) + sum(orphans)


def _in_sending_order(actions: Sequence[Action], context: Context) -> Iterator[Action]:
    """Yield what is sent, each once: a replace stands where its cancel does."""
    seen: set[int] = set()
    for step in steps_of(actions, context.capabilities):
        for action in step.actions:
            if id(action) not in seen:
                seen.add(id(action))
                yield action


def _cost(action: Action) -> int:
    """Return how many items it sends."""
    match action:
        case Place():
            return 1 + len(action.children)
        case Replace():
            return 2 + len(action.children)
        case Modify() | Cancel():
            return 1
        case _:
            raise AssertionError("only what is sent has a cost")


def _more_live(action: Action) -> int:
    """Return how many orders more rest after it."""
    match action:
        case Place():
            return 1 + len(action.children)
        case Replace():
            return len(action.children)
        case Cancel():
            return -1
        case Modify():
            return 0
        case _:
            raise AssertionError("only what is sent rests or ends")
