"""What a cancel would leave without a stop: a position that attached orders protect.

A group whose parent has fills ends with its parent, and the part that filled would be left bare: it
gets a stop of its own first, and the parent's cancel is sent once that rests. Where there is no
stop to place, and where attached orders of a filled parent would go, a person has to say so with
`--allow unprotect`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.model.numbers import ZERO, format_decimal
from reconciler.model.order import (
    ClientOrderId,
    DesiredOrder,
    Holder,
    OrderAddress,
    Terms,
    TriggerKind,
    parent_of,
)
from reconciler.model.plan import Action, Cancel, Hold, Place, Reason, Replace
from reconciler.model.state import EndReason, HolderKey, Placement
from reconciler.planner.attached import is_of_group, open_part, placements_of, protected_part
from reconciler.planner.context import Context
from reconciler.planner.guards import held_cancel

__all__ = ["guard_first", "protect"]

RULE = "unprotect"
# The group is over, or another order of the address stands: nothing is left bare by these.
_OVER = frozenset({EndReason.FILLED, EndReason.SIBLING_FILLED})
_HARMLESS = frozenset({Reason.SIBLING_FILLED, Reason.SUPERSEDED})


def protect(
    actions: Sequence[Action], holders: Mapping[OrderAddress, Holder], context: Context
) -> list[Action]:
    """Return the actions with nothing cancelled that would leave a position without its stop."""
    cancels = _cancels_by_id(actions, context)
    if not cancels:
        return list(actions)
    return _Protecting(cancels=cancels, holders=holders, context=context).of_all(actions)


def guard_first(actions: Sequence[Action]) -> list[Action]:
    """Hold what no longer goes together.

    A cancel whose stop is not sent after all, a stop whose cancel is not, and another group at the
    address where such a stop is to stand.
    """
    sent = {a.address for a in actions if _is_first(a)}
    waited = {address for a in actions if isinstance(a, Cancel) for address in a.waits_for}
    first = {a.address for a in actions if _is_first(a)}
    if not first and not waited:
        return list(actions)
    return [
        _beside(action, first) or _with_its_other_half(action, sent, waited) for action in actions
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Protecting:
    """Cancels by client order id, and what they are cancels of."""

    cancels: Mapping[ClientOrderId, tuple[Cancel, Placement]]
    holders: Mapping[OrderAddress, Holder]
    context: Context

    def of_all(self, actions: Sequence[Action]) -> list[Action]:
        groups = [
            group
            for cancel, placement in self.cancels.values()
            if (group := self._group(cancel, placement)) is not None
        ]
        ending = {id(cancel) for group in groups for cancel in self._ending_with(group)}
        instead = {id(group.cancel): self._of_group(group) for group in groups}
        instead |= {
            id(cancel): [self._of_child(cancel, placement)]
            for cancel, placement in self.cancels.values()
            if id(cancel) not in ending and parent_of(placement.address) is not None
        }
        return [
            part
            for action in actions
            if id(action) not in ending
            for part in instead.get(id(action), [action])
        ]

    def _group(self, cancel: Cancel, parent: Placement) -> "_Group | None":
        if parent_of(parent.address) is not None:
            return None
        attached = placements_of(parent.address, parent.generation, self.context)
        stop = OrderAddress(f"{parent.address}.{TriggerKind.STOP_LOSS}")
        if not attached and stop not in self.context.state.endings:
            return None
        children = tuple(c for c in attached if is_of_group(c, [parent], self.context))
        others = tuple(c for c in attached if c not in children)
        return _Group(cancel=cancel, parent=parent, children=children, others=others)

    def _ending_with(self, group: "_Group") -> list[Cancel]:
        """Return the cancels of children that end with their parent by themselves."""
        ids = [child.client_order_id for child in group.children]
        return [self.cancels[i][0] for i in ids if i in self.cancels]

    def _of_group(self, group: "_Group") -> list[Action]:
        bare = self._bare(group)
        if bare == ZERO or RULE in self.context.policy.allow:
            return [group.cancel]
        stops = [self._stop(child, group, bare) for child in group.children]
        first: list[Place | Replace] = [stop for stop in stops if stop is not None]
        if not any(map(_is_stop, (child.terms for child in group.children))):
            lost = self._lost_stop(group, bare)
            first += [lost] if lost is not None else []
        is_stopped = any(_is_stop(stop.after) for stop in first)
        if not is_stopped:
            return [_held_bare(group.cancel, bare)]
        waits_for = tuple(sorted(stop.address for stop in first if _is_stop(stop.after)))
        return [*first, replace(group.cancel, waits_for=waits_for)]

    def _bare(self, group: "_Group") -> Decimal:
        """Return what would be left without a stop: what orders of its own protect is not."""
        open_ = open_part(group.parent.address, group.parent.generation, self.context)
        terms = group.parent.terms
        held = protected_part(replace(terms, side=terms.side.opposite), self.context)
        kept = sum((self._rests(child) for child in group.others if _is_stop(child.terms)), ZERO)
        return max(ZERO, min(open_, held) - kept)

    def _rests(self, child: Placement) -> Decimal:
        order = self.context.sight.resting.get(child.client_order_id)
        cancel, _ = self.cancels.get(child.client_order_id, (None, None))
        is_leaving = cancel is not None and cancel.reason in _HARMLESS
        return ZERO if order is None or is_leaving else order.remaining

    def _stop(self, child: Placement, group: "_Group", bare: Decimal) -> Replace | None:
        """Return what puts an order of its own in the place of one that ends with its parent."""
        order = self.context.sight.resting.get(child.client_order_id)
        if order is None or child.client_order_id in self.context.sight.blocked:
            return None
        declared = self._declared(child, group)
        if declared is None and not _is_stop(child.terms):
            return None  # nobody wants a target any more; a stop is kept all the same
        terms = declared.terms if declared is not None else child.terms
        return Replace(
            address=child.address,
            holder=child.holder,
            generation=child.generation,
            budget=self._budget(child.key, bare),
            reason=Reason.PROTECTS_FIRST,
            before=order,
            after=replace(terms, quantity=bare),
            source=group.cancel.source,
        )

    def _lost_stop(self, group: "_Group", bare: Decimal) -> Place | None:
        """Return the stop that a group had and that is gone: an earlier run may have taken it."""
        parent = group.parent
        address = OrderAddress(f"{parent.address}.{TriggerKind.STOP_LOSS}")
        ending = self.context.state.endings.get(address)
        if ending is None or ending.generation != parent.generation:
            return None
        is_by_hand = ending.reason is EndReason.BY_USER and self.context.policy.is_unattended
        if is_by_hand or ending.reason in _OVER:
            return None
        return Place(
            address=address,
            holder=address,
            generation=parent.generation,
            budget=self._budget((address, parent.generation), bare),
            reason=Reason.PROTECTS_FIRST,
            after=replace(ending.terms, quantity=bare),
            source=group.cancel.source,
        )

    def _budget(self, key: HolderKey, bare: Decimal) -> Decimal:
        """Return what a stop may have filled over its life: what it has, and this."""
        record = self.context.state.records.get(key)
        most = record.quantity if record is not None else ZERO
        return max(most, self.context.filled.get(key, ZERO) + bare)

    def _declared(self, child: Placement, group: "_Group") -> DesiredOrder | None:
        holder = self.holders.get(group.parent.address)
        if holder is None or holder.generation != child.generation:
            return None
        children = [each for order in holder.orders for each in order.children]
        return next((each for each in children if each.address == child.address), None)

    def _of_child(self, cancel: Cancel, child: Placement) -> Action:
        """Hold the cancel of an attached order that protects what its parent opened."""
        if cancel.reason in _HARMLESS or RULE in self.context.policy.allow:
            return cancel
        parent = parent_of(child.address)
        assert parent is not None, "it is attached"
        declared = self.holders.get(parent)
        is_kept = declared is not None and declared.generation == child.generation
        if is_kept and not _is_stop(child.terms):
            return cancel  # only the target left the spec
        open_ = open_part(parent, child.generation, self.context)
        bare = min(open_, protected_part(child.terms, self.context))
        return cancel if bare == ZERO else _held_bare(cancel, bare)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """A parent that is cancelled.

    Attributes:
        children: attached orders that end with it.
        others: at the same addresses, placed alone: they outlive it.
    """

    cancel: Cancel
    parent: Placement
    children: tuple[Placement, ...]
    others: tuple[Placement, ...]


def _cancels_by_id(
    actions: Sequence[Action], context: Context
) -> dict[ClientOrderId, tuple[Cancel, Placement]]:
    found = {}
    for action in actions:
        client_order_id = action.before.client_order_id if isinstance(action, Cancel) else None
        placement = context.state.placements.get(client_order_id) if client_order_id else None
        if isinstance(action, Cancel) and client_order_id and placement is not None:
            found[client_order_id] = (action, placement)
    return found


def _is_stop(terms: Terms) -> bool:
    return terms.trigger is not None and terms.trigger.kind is TriggerKind.STOP_LOSS


def _held_bare(cancel: Cancel, bare: Decimal) -> Hold:
    why = (
        f"It would leave {format_decimal(bare)} {cancel.before.instrument} of the position "
        "without a stop."
    )
    lifted_by = f"Pass `--allow {RULE}` when that is meant."
    return held_cancel(cancel, Reason.UNPROTECTED, why, lifted_by)


def _is_first(action: Action) -> bool:
    return isinstance(action, Place | Replace) and action.reason is Reason.PROTECTS_FIRST


def _beside(action: Action, first: set[OrderAddress]) -> Hold | None:
    """Hold what would share an address with such a stop: an order, or a group with one attached."""
    if not isinstance(action, Place | Replace) or _is_first(action):
        return None
    addresses = {action.address, *(child.address for child in action.children)}
    if not first & addresses:
        return None
    return Hold(
        address=action.address,
        reason=Reason.AMBIGUOUS,
        why="The stop of another generation is to stand at its address.",
        lifted_by="It is sent once that has ended.",
        before=None if isinstance(action, Place) else action.before,
        after=action.after,
        source=action.source,
    )


def _with_its_other_half(
    action: Action, sent: set[OrderAddress], waited: set[OrderAddress]
) -> Action:
    if isinstance(action, Cancel) and not sent.issuperset(action.waits_for):
        why = "The stop that is to stand first is held."
        lifted_by = f"It is cancelled with that, or with `--allow {RULE}`."
        return held_cancel(action, Reason.UNPROTECTED, why, lifted_by)
    if not isinstance(action, Place | Replace) or not _is_first(action):
        return action
    if _is_stop(action.after) and action.address not in waited:
        return Hold(
            address=action.address,
            reason=Reason.GROUP_HAS_FILLS,
            why="Its parent is not cancelled now, so it stays with it.",
            lifted_by="It is placed alone when its parent is cancelled.",
            before=None if isinstance(action, Place) else action.before,
            after=action.after,
            source=action.source,
        )
    return action
