"""What waits for what: nothing is added for a holder before its other orders are gone.

Its budget is free only then, and an address has one order at a time. They go by a cancel, or
because another holder's modify takes them. Where neither is part of the plan, nothing is added.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.model.order import ClientOrderId, OrderAddress, parent_of
from reconciler.model.plan import Action, Cancel, Hold, Modify, Place, Reason, Replace
from reconciler.planner.holders import Leftover

__all__ = ["Unclaimed", "guard_waiting", "unclaimed_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """Orders of a holder that its present spec has no use for.

    Attributes:
        leaving: client order ids to cancel or take over, with their addresses.
        parents: of those, the attached ones that end with another one's order.
        stuck: addresses of an earlier generation of which nothing can be said, with the reason.
    """

    leaving: Mapping[ClientOrderId, OrderAddress]
    stuck: Mapping[OrderAddress, Reason]
    parents: Mapping[ClientOrderId, ClientOrderId] = field(default_factory=dict)


def unclaimed_of(
    leftovers: Sequence[Leftover], strays: Sequence[Hold]
) -> dict[OrderAddress, Unclaimed]:
    """Return, by holder, what stands between it and its budget.

    Args:
        strays: holds of placements whose holder is not declared at their generation.
    """
    leaving: dict[OrderAddress, dict[ClientOrderId, OrderAddress]] = defaultdict(dict)
    for leftover in leftovers:
        placement = leftover.placement
        leaving[placement.holder][placement.client_order_id] = placement.address
    stuck: dict[OrderAddress, dict[OrderAddress, Reason]] = defaultdict(dict)
    for stray in strays:
        holder = OrderAddress(stray.address.split("[", 1)[0])
        stuck[holder][stray.address] = stray.reason
    parents = _parents(leftovers)
    return {
        holder: Unclaimed(
            leaving=leaving.get(holder, {}),
            stuck=stuck.get(holder, {}),
            parents={x: parents[x] for x in leaving.get(holder, {}) if x in parents},
        )
        for holder in leaving.keys() | stuck.keys()
    }


def _parents(leftovers: Sequence[Leftover]) -> dict[ClientOrderId, ClientOrderId]:
    """Return the parent's id by the attached order's, of those that were sent together."""
    sent = {(x.placement.address, x.placement.sent_at_ms): x.placement for x in leftovers}
    found = {}
    for leftover in leftovers:
        child = leftover.placement
        parent = parent_of(child.address)
        together = sent.get((parent, child.sent_at_ms)) if parent is not None else None
        if together is not None:
            found[child.client_order_id] = together.client_order_id
    return found


def guard_waiting(
    actions: Sequence[Action], unclaimed: Mapping[OrderAddress, Unclaimed]
) -> list[Action]:
    """Say what each place waits for, and hold what would wait in vain."""
    if not unclaimed:
        return list(actions)
    cancelled: set[str | None] = set()
    leaves: dict[str | None, OrderAddress | None] = {}
    reasons: dict[str | None, Reason] = {}
    for action in actions:
        if isinstance(action, Cancel):
            cancelled.add(action.before.client_order_id)
            leaves[action.before.client_order_id] = None
        elif isinstance(action, Modify | Replace):
            leaves[action.before.client_order_id] = action.holder
        elif isinstance(action, Hold) and action.before is not None:
            reasons.setdefault(action.before.client_order_id, action.reason)
    guarded: list[Action] = []
    for action in actions:
        if not isinstance(action, Place | Modify | Replace) or not _adds(action):
            guarded.append(action)
            continue
        found = _of_action(action, unclaimed)
        going = {x: leaves[x] for x in found.leaving if x in leaves}
        # What is attached goes with its parent's cancel.
        with_parent = (x for x, parent in found.parents.items() if parent in cancelled)
        going |= dict.fromkeys(with_parent)
        stays = [x for x in found.leaving if x not in going]
        if stays or found.stuck:
            guarded.append(_in_vain(action, found, stays, reasons))
            continue
        # What the holder's own actions take is no obstacle to the rest of them.
        gone = {found.leaving[x] for x, taker in going.items() if taker != action.holder}
        waits_for = tuple(sorted(gone))
        guarded.append(replace(action, waits_for=waits_for) if waits_for else action)
    return guarded


def _of_action(
    action: Place | Modify | Replace, unclaimed: Mapping[OrderAddress, Unclaimed]
) -> Unclaimed:
    """Join what is unclaimed of the holder and of the orders attached to this one."""
    children = () if isinstance(action, Modify) else action.children
    holders = (action.holder, *(child.address for child in children))
    found = [unclaimed[holder] for holder in holders if holder in unclaimed]
    return Unclaimed(
        leaving={x: address for one in found for x, address in one.leaving.items()},
        stuck={address: reason for one in found for address, reason in one.stuck.items()},
        parents={x: parent for one in found for x, parent in one.parents.items()},
    )


def _adds(action: Place | Modify | Replace) -> bool:
    """Say whether it needs budget beyond what its own old order had."""
    if isinstance(action, Place) or action.reason is Reason.TAKES_OVER:
        return True
    return action.after.quantity > action.before.remaining


def _in_vain(
    action: Place | Modify | Replace,
    found: Unclaimed,
    stays: Sequence[ClientOrderId],
    reasons: Mapping[str | None, Reason],
) -> Hold:
    addresses = sorted({*(found.leaving[x] for x in stays), *found.stuck})
    known = [*found.stuck.values(), *(reasons[x] for x in stays if x in reasons)]
    names = ", ".join(addresses)
    return Hold(
        address=action.address,
        reason=min(known, default=Reason.AMBIGUOUS),
        why=f"Another order of {action.holder} may still rest, and this run leaves it: {names}.",
        lifted_by="It is sent once that order is gone.",
        before=None if isinstance(action, Place) else action.before,
        after=action.after,
        source=action.source,
    )
