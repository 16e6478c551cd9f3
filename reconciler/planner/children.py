"""Attached take-profit and stop-loss: they live and end with their parent.

Each has a record of its own. A group whose parent has any fill is never replaced; edits wait. A
child that is missing after its parent filled is placed alone, and is then no longer
one-cancels-other with its sibling.
"""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.numbers import ZERO
from reconciler.model.order import DesiredOrder, FillPolicy, Holder, OrderAddress
from reconciler.model.plan import Action, Cancel, Hold, Keep, Modify, Place, Reason, Replace
from reconciler.model.state import EndReason, Placement
from reconciler.planner.context import Context
from reconciler.planner.decide import change, decide_blocked, decide_missing
from reconciler.planner.diff import differing_fields, has_fired
from reconciler.planner.wants import Want

__all__ = ["child_owners", "decide_children"]


def child_owners(holders: Mapping[OrderAddress, Holder]) -> dict[OrderAddress, Holder]:
    """Return the declared children's addresses with the holder of their parent."""
    return {
        child.address: holder
        for holder in holders.values()
        for order in holder.orders
        for child in order.children
    }


def decide_children(want: Want, action: Action, context: Context) -> list[Action]:
    """Return the parent's action, changed where a child demands it, with its children's actions."""
    if isinstance(action, Place | Replace | Modify | Cancel):
        return [action]
    children = want.order.children
    if isinstance(action, Keep) and action.before is not None and action.before.filled == ZERO:
        blocked = [c for c in children if _placement(c, want.holder, context) in _blocked(context)]
        if not blocked and any(_differs(c, want.holder, context) for c in children):
            live = context.by_holder[(want.holder.address, want.holder.generation)][0]
            parent = change(
                want,
                order=action.before,
                origin=live,
                reason=Reason.TERMS_CHANGED,
                context=context,
            )
            return [parent]
    is_over = isinstance(action, Keep) and action.before is None
    return [action, *(_decide_child(c, want, context, is_over=is_over) for c in children)]


def _decide_child(child: DesiredOrder, want: Want, context: Context, *, is_over: bool) -> Action:
    holder = want.holder
    placement = _placement(child, holder, context)
    if placement is None:
        return _missing_child(child, want, context, is_over=is_over)
    order = context.sight.resting.get(placement.client_order_id)
    blocked = context.sight.blocked.get(placement.client_order_id)
    if blocked is not None or order is None:
        word, why = blocked or (Reason.STATUS_UNKNOWN, "The venue does not show it.")
        own = Want(holder=holder, order=child, target=child.terms.quantity, filled=ZERO)
        return decide_blocked(own, word=word, why=why, order=order)
    if has_fired(placement.terms, order):
        return _keep(child, Reason.TRIGGER_FIRED, placement, context)
    if not differing_fields(child.terms, child.terms.quantity - placement.filled, order):
        return _keep(child, Reason.MATCHES, placement, context)
    return Hold(
        address=child.address,
        reason=Reason.GROUP_HAS_FILLS,
        why="Its parent has fills; the group is not changed before it completes.",
        lifted_by="It is changed once the group has completed.",
        before=order,
        after=child.terms,
        source=child.source,
    )


def _missing_child(child: DesiredOrder, want: Want, context: Context, *, is_over: bool) -> Action:
    """Place what is left of a child alone, under the rules of any order that is missing."""
    generation = want.holder.generation
    ending = context.state.endings.get(child.address)
    is_done = (
        ending is not None and ending.generation == generation and ending.reason in _CHILD_IS_DONE
    )
    if not is_over or want.filled == ZERO or is_done:
        return Keep(address=child.address, reason=Reason.FILLED, before=None, source=child.source)
    alone = replace(
        want.holder,
        address=child.address,
        side=child.terms.side,
        quantity=child.terms.quantity,
        orders=(child,),
        on_fill=FillPolicy.DONE,
        replenish=None,
    )
    filled = context.filled.get((child.address, generation), ZERO)
    target = max(ZERO, child.terms.quantity - filled)
    return decide_missing(Want(holder=alone, order=child, target=target, filled=filled), context)


_CHILD_IS_DONE = frozenset({EndReason.FILLED, EndReason.SIBLING_FILLED, EndReason.OWN_CANCEL})


def _differs(child: DesiredOrder, holder: Holder, context: Context) -> bool:
    placement = _placement(child, holder, context)
    if placement is None:
        return True
    order = context.sight.resting.get(placement.client_order_id)
    return order is None or bool(differing_fields(child.terms, child.terms.quantity, order))


def _placement(child: DesiredOrder, holder: Holder, context: Context) -> Placement | None:
    found = context.by_holder.get((child.address, holder.generation), ())
    return max(found, key=lambda p: p.incarnation, default=None)


def _blocked(context: Context) -> list[Placement | None]:
    return [context.state.placements[c] for c in context.sight.blocked]


def _keep(child: DesiredOrder, reason: Reason, placement: Placement, context: Context) -> Keep:
    return Keep(
        address=child.address,
        reason=reason,
        before=context.sight.resting[placement.client_order_id],
        source=child.source,
        filled=placement.filled,
        budget=child.terms.quantity,
    )
