"""Attached take-profit and stop-loss: they live and end with their parent.

Each has a record of its own. A group whose parent has any fill is never replaced; edits wait until
the parent is done. From then on its attached orders stand alone: what is missing is placed for what
the parent opened and nothing has closed yet, what was changed is replaced, and once one of them has
closed all of it the other is cancelled, since nothing at the venue links them any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.model.numbers import ZERO
from reconciler.model.order import DesiredOrder, RestingOrder
from reconciler.model.plan import Action, Cancel, Hold, Keep, Modify, Place, Reason, Replace
from reconciler.model.state import EndReason, Placement
from reconciler.planner.attached import alone, open_part, protected_part
from reconciler.planner.context import Context
from reconciler.planner.decide import change, decide_blocked, decide_missing
from reconciler.planner.diff import differing_fields, has_fired
from reconciler.planner.wants import Want

__all__ = ["decide_children"]

_REPLACED_AFTER = {
    EndReason.BY_USER: Reason.CANCELLED_BY_USER,
    EndReason.BY_VENUE: Reason.CANCELLED_BY_VENUE,
    EndReason.REJECTED: Reason.REFUSED_BEFORE,
}


def decide_children(
    want: Want, action: Action, parent: Placement | None, context: Context
) -> list[Action]:
    """Return the parent's action, changed where a child demands it, with its children's actions.

    Args:
        parent: the live order of the want, None when there is none.
    """
    if not want.order.children:
        return [action]
    group = _Group(want=want, parent=parent, context=context)
    assert not isinstance(action, Modify), "an order with attached ones is never modified"
    if isinstance(action, Cancel):
        return [action]
    if isinstance(action, Replace):
        return [replace(action, children=group.to_attach())]
    if isinstance(action, Place):
        return group.placed(action)
    order = group.parent_order
    if order is None:
        return [action, *group.decide_alone()]
    if isinstance(action, Keep) and order.filled == ZERO:
        return group.kept(action, order)
    return [action, *map(group.decide_beside, want.order.children)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """One parent and its attached orders."""

    want: Want
    parent: Placement | None
    context: Context

    @property
    def parent_order(self) -> RestingOrder | None:
        if self.parent is None:
            return None
        return self.context.sight.resting[self.parent.client_order_id]

    @property
    def to_close(self) -> Decimal:
        """What the parent opened and none of these has closed."""
        holder = self.want.holder
        return open_part(holder.address, holder.generation, self.context)

    def to_attach(self) -> tuple[DesiredOrder, ...]:
        """Return the children as they go with what is still to be placed of the parent.

        They are for all that will be open once that has filled.
        """
        quantity = self.to_close + self.want.target
        return tuple(
            child
            if child.terms.quantity == quantity
            else replace(child, terms=replace(child.terms, quantity=quantity))
            for child in self.want.order.children
        )

    def placed(self, action: Place) -> list[Action]:
        """Place the group, unless an order of an earlier part still stands at a child's address."""
        left = [child for child in self.want.order.children if self._is_taken(child)]
        if not left:
            return [replace(action, children=self.to_attach())]
        names = ", ".join(child.address for child in left)
        hold = Hold(
            address=action.address,
            reason=Reason.GROUP_HAS_FILLS,
            why=f"An earlier part of it still has attached orders: {names}.",
            lifted_by="It is placed once they have ended.",
            after=action.after,
            source=action.source,
        )
        return [hold, *self.decide_alone()]

    def kept(self, action: Keep, order: RestingOrder) -> list[Action]:
        """Keep a group without fills, or replace it as a whole when a child differs."""
        children = self.want.order.children
        decided = [(child, self._of_unfilled(child)) for child in children]
        reasons = [found for _, found in decided if isinstance(found, Reason)]
        obstacles = [found for _, found in decided if isinstance(found, Hold)]
        if reasons and not obstacles:
            assert self.parent is not None, "it rests"
            changed = change(
                self.want, order=order, origin=self.parent, reason=reasons[0], context=self.context
            )
            assert isinstance(changed, Replace), "an order with attached ones is never modified"
            return [replace(changed, children=self.to_attach())]
        return [
            action,
            *(
                self._waits_for(child, obstacles[0]) if isinstance(found, Reason) else found
                for child, found in decided
            ),
        ]

    def decide_beside(self, child: DesiredOrder) -> Action:
        """Decide about a child whose parent is filling: nothing is changed, only told."""
        placement = self._placement(child)
        if placement is None:
            return self._hold(child, None)
        blocked = self._blocked(child, placement)
        if blocked is not None:
            return blocked
        order = self.context.sight.resting[placement.client_order_id]
        if has_fired(placement.terms, order):
            return _keep(child, Reason.TRIGGER_FIRED, placement, order)
        if differing_fields(child.terms, _planned(placement), order):
            return self._hold(child, order)
        return _keep(child, Reason.MATCHES, placement, order)

    def decide_alone(self) -> list[Action]:
        """Decide about children whose parent has no order any more."""
        children = self.want.order.children
        if self.want.filled == ZERO and not any(map(self._is_taken, children)):
            return []  # nothing was opened, and the parent's action says why
        return [action for child in children for action in self._alone(child)]

    def _alone(self, child: DesiredOrder) -> list[Action]:
        placements = self._placements(child)
        if not placements:
            return [self._missing(child)]
        extra = [
            Cancel(
                address=child.address,
                reason=Reason.SUPERSEDED,
                before=self.context.sight.resting[each.client_order_id],
                source=child.source,
            )
            for each in placements[1:]
            if each.client_order_id not in self.context.sight.blocked
        ]
        return [self._standing(child, placements[0]), *extra]

    def _standing(self, child: DesiredOrder, placement: Placement) -> Action:
        blocked = self._blocked(child, placement)
        if blocked is not None:
            return blocked
        order = self.context.sight.resting[placement.client_order_id]
        if self.to_close == ZERO and self.want.filled > ZERO:
            return Cancel(
                address=child.address,
                reason=Reason.SIBLING_FILLED,
                before=order,
                source=child.source,
            )
        if has_fired(placement.terms, order):
            return _keep(child, Reason.TRIGGER_FIRED, placement, order)
        target = self._target(child)
        is_enough = order.remaining >= target
        fields = differing_fields(child.terms, order.remaining if is_enough else target, order)
        if not fields or target == ZERO:
            return _keep(child, Reason.MATCHES, placement, order)
        want = self._want(child, target)
        reason = Reason.QUANTITY_CHANGED if fields == ("quantity",) else Reason.TERMS_CHANGED
        return change(want, order=order, origin=placement, reason=reason, context=self.context)

    def _missing(self, child: DesiredOrder) -> Action:
        """Place what is to be closed by a child alone, as any order that is missing."""
        if self.to_close == ZERO:
            return _done(child, Reason.FILLED if self.want.filled else Reason.ENDED_WITH_PARENT)
        target = self._target(child)
        if target == ZERO:
            return _done(child, Reason.NO_POSITION)
        found = decide_missing(self._want(child, target), self.context)
        return replace(found, reason=Reason.CHILD_ALONE) if isinstance(found, Place) else found

    def _of_unfilled(self, child: DesiredOrder) -> Action | Reason:
        """Return what becomes of a child of a resting parent, or why the group is replaced."""
        placement = self._placement(child)
        if placement is None:
            return self._why_gone(child)
        blocked = self._blocked(child, placement)
        if blocked is not None:
            return blocked
        order = self.context.sight.resting[placement.client_order_id]
        if differing_fields(child.terms, self.to_close + self.want.target, order):
            return Reason.TERMS_CHANGED
        return _keep(child, Reason.MATCHES, placement, order)

    def _why_gone(self, child: DesiredOrder) -> Action | Reason:
        """Ask of a missing child what is asked of any missing order: may it be placed again."""
        want = self._want(child, self.to_close + self.want.target)
        found = decide_missing(want, self.context)
        if not isinstance(found, Place):
            return found
        ending = self.context.state.endings.get(child.address)
        if ending is None or ending.generation != self.want.holder.generation:
            return Reason.TERMS_CHANGED
        return _REPLACED_AFTER.get(ending.reason, Reason.TERMS_CHANGED)

    def _target(self, child: DesiredOrder) -> Decimal:
        """Return what a child alone is to be for: never more than there is to protect."""
        return min(self.to_close, protected_part(child.terms, self.context))

    def _want(self, child: DesiredOrder, target: Decimal) -> Want:
        quantity = max(child.terms.quantity, self.want.filled)
        holder = alone(self.want.holder, child, quantity)
        filled = self.context.filled.get((child.address, holder.generation), ZERO)
        return Want(holder=holder, order=child, target=target, filled=filled)

    def _placements(self, child: DesiredOrder) -> Sequence[Placement]:
        found = self.context.by_holder.get((child.address, self.want.holder.generation), ())
        return sorted(found, key=lambda placement: -placement.incarnation)

    def _placement(self, child: DesiredOrder) -> Placement | None:
        return next(iter(self._placements(child)), None)

    def _is_taken(self, child: DesiredOrder) -> bool:
        return bool(self._placements(child)) or child.address in self.context.unsettled

    def _blocked(self, child: DesiredOrder, placement: Placement) -> Hold | None:
        order = self.context.sight.resting.get(placement.client_order_id)
        blocked = self.context.sight.blocked.get(placement.client_order_id)
        if blocked is None and order is not None:
            return None
        word, why = blocked or (Reason.STATUS_UNKNOWN, "The venue does not show it.")
        want = self._want(child, child.terms.quantity)
        return decide_blocked(want, word=word, why=why, order=order)

    def _hold(self, child: DesiredOrder, order: RestingOrder | None) -> Hold:
        what = "It differs" if order is not None else "It is gone"
        return Hold(
            address=child.address,
            reason=Reason.GROUP_HAS_FILLS,
            why=f"{what}, and a group is not changed while its parent rests with fills or is held.",
            lifted_by="It is changed once its parent has filled or ended.",
            before=order,
            after=child.terms,
            source=child.source,
        )

    def _waits_for(self, child: DesiredOrder, obstacle: Hold) -> Hold:
        """Hold a change of one child while another keeps the group from being replaced."""
        placement = self._placement(child)
        resting = self.context.sight.resting
        return replace(
            obstacle,
            address=child.address,
            why=f"Its group is replaced as a whole, and {obstacle.address} is held: {obstacle.why}",
            before=resting.get(placement.client_order_id) if placement is not None else None,
            after=child.terms,
            source=child.source,
        )


def _planned(placement: Placement) -> Decimal:
    """Return what should rest of a child as it was sent."""
    return placement.terms.quantity - placement.filled


def _done(child: DesiredOrder, reason: Reason) -> Keep:
    return Keep(address=child.address, reason=reason, before=None, source=child.source)


def _keep(child: DesiredOrder, reason: Reason, placement: Placement, order: RestingOrder) -> Keep:
    return Keep(
        address=child.address,
        reason=reason,
        before=order,
        source=child.source,
        filled=placement.filled,
        budget=child.terms.quantity,
    )
