"""A saved plan against a fresh one: what is sent is in both, and never more than was reviewed.

Intersected by address. Anything the fresh plan wants beyond the saved one is dropped and listed,
left for the next plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.order import OrderAddress, Terms
from reconciler.model.plan import (
    Action,
    Adopt,
    Cancel,
    Forget,
    Hold,
    Keep,
    Modify,
    Place,
    Replace,
    VenuePlan,
    action_kind,
)

__all__ = ["Dropped", "Intersection", "intersect", "is_within"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something that is not done now.

    Attributes:
        why: one sentence.
    """

    address: OrderAddress
    kind: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intersection:
    """What may be sent, and what is left for the next plan."""

    actions: tuple[Action, ...]
    dropped: tuple[Dropped, ...]


def intersect(saved: VenuePlan, fresh: VenuePlan) -> Intersection:
    """Return the fresh actions that the saved plan permits, and why the others are dropped."""
    permitted = _by_address(saved)
    renumbered = _renumbered(saved, fresh)
    allowed: list[Action] = []
    dropped: list[Dropped] = []
    left: list[Action] = []
    met: set[OrderAddress] = set()
    for action in fresh.actions:
        if isinstance(action, Keep | Hold | Adopt | Forget):
            allowed.append(action)
            continue
        met.add(action.address)
        why = _least_objection(permitted.get(action.address, ()), action)
        if _instrument_of(action) in renumbered:
            why = "The venue's number of its instrument changed since the plan."
        if why is None:
            allowed.append(action)
        else:
            left.append(action)
            dropped.append(_dropped(action, why))
    for address, planned in sorted(permitted.items()):
        if address not in met:
            gone = "It no longer applies to what the venue shows."
            dropped += [_dropped(action, gone) for action in planned]
    return _without_dependants(allowed, dropped, left)


def is_within(after: Terms, planned: Terms) -> bool:
    """Say whether an order is the planned one or a smaller one."""
    return after.quantity <= planned.quantity and (
        after.instrument,
        after.side,
        after.price,
        after.time_in_force,
        after.post_only,
        after.reduce_only,
        after.trigger,
        after.options,
    ) == (
        planned.instrument,
        planned.side,
        planned.price,
        planned.time_in_force,
        planned.post_only,
        planned.reduce_only,
        planned.trigger,
        planned.options,
    )


def _by_address(plan: VenuePlan) -> dict[OrderAddress, list[Action]]:
    """Return what the plan sends by address; a new generation cancels and places at one."""
    found: dict[OrderAddress, list[Action]] = {}
    for action in plan.actions:
        if isinstance(action, Place | Modify | Replace | Cancel):
            found.setdefault(action.address, []).append(action)
    return found


def _renumbered(saved: VenuePlan, fresh: VenuePlan) -> frozenset[str]:
    """Return the instruments whose identity at the venue is another one now."""
    return frozenset(
        name
        for name, venue_id in saved.instruments.items()
        if fresh.instruments.get(name, venue_id) != venue_id
    )


def _instrument_of(action: Place | Modify | Replace | Cancel) -> str:
    return action.before.instrument if isinstance(action, Cancel) else action.after.instrument


def _least_objection(planned: Sequence[Action], action: Action) -> str | None:
    """Return why none of the planned actions permits this one, or None when one does."""
    if not planned:
        return "The plan does not change this address."
    alike = [p for p in planned if type(p) is type(action)] or planned
    objections = [_objection(p, action) for p in alike]
    return None if None in objections else objections[0]


def _objection(planned: Action, action: Action) -> str | None:
    match planned, action:
        case Place(), Place():
            return _place_objection(planned, action)
        case Modify(), Modify():
            return _modify_objection(planned, action)
        case Modify(), Place() if planned.origin_holder != planned.holder:
            return _terms_objection(planned.after, action.after)
        case Replace(), Replace():
            return _replace_objection(planned, action)
        case Cancel(), Cancel():
            return _cancel_objection(planned, action)
        case _:
            now = action_kind(action)
            return f"The plan says {action_kind(planned)}, and it would be {now} now."


def _terms_objection(planned: Terms, after: Terms) -> str | None:
    return None if is_within(after, planned) else "It would now be larger or different."


def _place_objection(planned: Place, action: Place) -> str | None:
    if not _has_same_children(planned, action):
        return "Its attached orders would now differ."
    return _terms_objection(planned.after, action.after)


def _has_same_children(planned: Place | Replace, action: Place | Replace) -> bool:
    wanted = tuple(child.terms for child in planned.children)
    return wanted == tuple(child.terms for child in action.children)


def _modify_objection(planned: Modify, action: Modify) -> str | None:
    if _identity(planned) != _identity(action):
        return "It would now take over another order."
    return _terms_objection(planned.after, action.after)


def _replace_objection(planned: Replace, action: Replace) -> str | None:
    if _identity(planned) != _identity(action):
        return "It would now replace another order."
    if not _has_same_children(planned, action):
        return "Its attached orders would now differ."
    return _terms_objection(planned.after, action.after)


def _cancel_objection(planned: Cancel, action: Cancel) -> str | None:
    if _identity(planned) != _identity(action):
        return "Another order rests at this address now."
    return None


def _identity(action: Modify | Replace | Cancel) -> str:
    return action.before.client_order_id or action.before.venue_order_id


def _dropped(action: Action, why: str) -> Dropped:
    return Dropped(address=action.address, kind=action_kind(action), why=why)


def _without_dependants(
    allowed: list[Action], dropped: list[Dropped], left: Sequence[Action]
) -> Intersection:
    """Drop what waits for an order that now stays.

    Args:
        left: fresh actions that were dropped.
    """
    staying = {a.address for a in left if isinstance(a, Cancel | Replace)}
    staying |= {a.origin for a in left if isinstance(a, Modify)}
    gone = {drop.address for drop in dropped}
    kept: list[Action] = []
    for action in allowed:
        if isinstance(action, Place | Modify | Replace) and staying.intersection(action.waits_for):
            dropped.append(_dropped(action, "The order it waits for stays."))
        elif isinstance(action, Cancel) and gone.intersection(action.waits_for):
            dropped.append(_dropped(action, "The stop that is to stand first was dropped."))
        else:
            kept.append(action)
    return Intersection(
        actions=tuple(kept),
        dropped=tuple(sorted(dropped, key=lambda d: (d.address, d.kind))),
    )
