"""What would grow beyond its holder's budget, because what was to give way to it is held."""

from collections.abc import Sequence
from decimal import Decimal

from reconciler.model.numbers import ZERO
from reconciler.model.order import ClientOrderId
from reconciler.model.plan import Action, Cancel, Hold, Modify, Place, Reason, Replace
from reconciler.model.state import HolderKey, Placement
from reconciler.planner.context import Context
from reconciler.planner.guards import Sending, held

__all__ = ["guard_growing"]


def guard_growing(actions: Sequence[Action], context: Context) -> list[Action]:
    """Hold what counts on room that other orders of its holder keep, the last first.

    Orders that only reduce a position cannot buy too much; their size is decided elsewhere.
    """
    by_key: dict[HolderKey, list[Sending]] = {}
    for action in actions:
        if isinstance(action, Place | Modify | Replace) and not action.after.reduce_only:
            by_key.setdefault((action.holder, action.generation), []).append(action)
    leaving = {
        action.before.client_order_id
        for action in actions
        if isinstance(action, Cancel | Modify | Replace)
    }
    beyond: set[int] = set()
    for key, sent in by_key.items():
        kept = sum((_rests(p, leaving, context) for p in context.by_holder.get(key, ())), ZERO)
        room = max(a.budget for a in sent) - context.filled.get(key, ZERO) - kept
        excess = sum((a.after.quantity for a in sent), ZERO) - room
        for action in sorted(sent, key=lambda a: a.address, reverse=True):
            taken = _taken(action)
            if excess > ZERO and taken > ZERO:
                beyond.add(id(action))
                excess -= taken
    reasons = _reasons(actions)
    return [
        part
        for action in actions
        for part in (_held(action, reasons) if id(action) in beyond else (action,))
    ]


def _rests(placement: Placement, leaving: set[ClientOrderId | None], context: Context) -> Decimal:
    """Return what of a placement stays when the plan is carried out."""
    if placement.client_order_id in leaving:
        return ZERO
    order = context.sight.resting.get(placement.client_order_id)
    return order.remaining if order is not None else ZERO


def _taken(action: Sending) -> Decimal:
    """Return what it takes of the budget beyond what its own order has."""
    if isinstance(action, Place):
        return action.after.quantity
    is_own = not isinstance(action, Modify) or (
        (action.origin_holder, action.origin_generation) == (action.holder, action.generation)
    )
    return action.after.quantity - (action.before.remaining if is_own else ZERO)


def _reasons(actions: Sequence[Action]) -> dict[str, Reason]:
    """Return why something of a holder is held, by its address."""
    found: dict[str, Reason] = {}
    for action in actions:
        if isinstance(action, Hold) and action.before is not None:
            holder = action.address.split("[", 1)[0]
            found[holder] = min(found.get(holder, action.reason), action.reason)
    return found


def _held(action: Action, reasons: dict[str, Reason]) -> tuple[Action, ...]:
    assert isinstance(action, Place | Modify | Replace), "only what is sent can grow"
    why = f"Other orders of {action.holder} keep the quantity that was meant for it."
    lifted_by = "It is sent once those are smaller, or gone."
    return held(action, reasons.get(action.holder, Reason.AMBIGUOUS), why, lifted_by)
