"""The order of sending, in fewest requests: cancels, then modifies, then places.

A cancel that waits for a stop to stand comes last.

Shrinking modifies come before growing ones, protective places before others. A modify that waits
for an order which another takes is in a later request than that one, and so is one that grows by
what others of its holder give up: they may be refused, and have filled instead.

Post-only orders are batched apart from others: a venue sorts such batches ahead. A group of a
parent with its take-profit and stop-loss is one request of its own, and so is what protects a
whole position.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from reconciler.model.capabilities import Capabilities
from reconciler.model.command import BatchKind
from reconciler.model.order import OrderAddress, RestingOrder
from reconciler.model.plan import (
    Action,
    Cancel,
    Modify,
    Place,
    PlannedRequest,
    Reason,
    Replace,
)

__all__ = ["Step", "cancel_parts", "items_of", "requests_of", "steps_of"]

T = TypeVar("T")

# Who waits for whom in a circle waits in vain all the same.
TURNS_MAX = 8
LEGS_MAX = 2  # a take profit and a stop loss protect one position


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The actions of one request, in sending order; a replace is in two steps."""

    kind: BatchKind
    actions: tuple[Action, ...]


def steps_of(actions: Sequence[Action], capabilities: Capabilities) -> tuple[Step, ...]:
    """Return the requests that carry out the actions; others are left out."""
    cancels = [a for a in actions if isinstance(a, Cancel | Replace) and not _is_late(a)]
    late = [a for a in actions if isinstance(a, Cancel) and _is_late(a)]
    modifies = [a for a in actions if isinstance(a, Modify)]
    places = [a for a in actions if isinstance(a, Place | Replace)]
    cancels.sort(key=lambda a: a.address)
    late.sort(key=lambda a: a.address)
    modifies.sort(key=lambda a: (_growth(a), a.address))
    places.sort(key=lambda a: (not _is_protective(a), a.address))
    most = capabilities.batch_items_max
    plain = [a for a in modifies if not _is_suspect(a)]
    return (
        *_cancel_steps(_without_attached(cancels, capabilities), capabilities),
        *(step for turn in _turns(plain) for step in _chunks(BatchKind.MODIFY, turn, most)),
        *_chunks(BatchKind.MODIFY, [a for a in modifies if _is_suspect(a)], 1),
        *_place_steps(places, capabilities),
        *_cancel_steps(late, capabilities),
    )


def requests_of(steps: Sequence[Step], capabilities: Capabilities) -> tuple[PlannedRequest, ...]:
    """Return the forecast of requests and their weight."""
    return tuple(
        PlannedRequest(
            kind=step.kind,
            addresses=tuple(name for a in step.actions for name in _addresses(a, step.kind)),
            weight=capabilities.weight(items_of(step)),
        )
        for step in steps
    )


def cancel_parts(
    items: Sequence[T],
    order_of: Callable[[T], RestingOrder],
    capabilities: Capabilities,
    most: int,
) -> list[Sequence[T]]:
    """Return what may be cancelled in one request each, at most so many, in a fixed order."""
    cohorts: dict[tuple[str, bool], list[T]] = {}
    for item in items:
        order = order_of(item)
        key = (order.instrument, order.trigger is not None)
        cohorts.setdefault(key if capabilities.cancels_one_instrument else ("", False), []).append(
            item
        )
    return [
        cohorts[key][start : start + most]
        for key in sorted(cohorts)
        for start in range(0, len(cohorts[key]), most)
    ]


def _cancel_steps(cancels: Sequence[Cancel | Replace], capabilities: Capabilities) -> list[Step]:
    parts = cancel_parts(
        cancels, lambda action: action.before, capabilities, capabilities.batch_items_max
    )
    return [Step(kind=BatchKind.CANCEL, actions=tuple(part)) for part in parts]


def _without_attached(
    cancels: Sequence[Cancel | Replace], capabilities: Capabilities
) -> Sequence[Cancel | Replace]:
    """Leave out attached orders that end with a parent which is cancelled before it filled."""
    if capabilities.triggers.have_ids:
        return cancels
    parents = {action.address for action in cancels if not action.before.filled}
    return [
        action
        for action in cancels
        if action.before.trigger is None or action.address.rpartition(".")[0] not in parents
    ]


def _place_steps(places: Sequence[Place | Replace], capabilities: Capabilities) -> list[Step]:
    """Return places by what may share a request: protective ones lead, groups stand alone.

    The venue's own options (a builder) belong to a whole request. Where each order of a request
    says all of itself, any may share one.
    """
    most = capabilities.batch_items_max
    if capabilities.places_mix:
        return _chunks(BatchKind.PLACE, places, most)
    cohorts: dict[tuple[bool, tuple[tuple[str, str], ...]], list[Place | Replace]] = {}
    alone: list[Place | Replace] = []
    of_position: dict[tuple[str, str], list[Place | Replace]] = {}
    for place in places:
        if not place.after.quantity:
            claim = (place.after.instrument, place.after.side)
            of_position.setdefault(claim, []).append(place)
            continue
        if place.children or _is_suspect(place):
            alone.append(place)
            continue
        is_sorted_ahead = place.after.post_only and place.after.trigger is None
        cohorts.setdefault((is_sorted_ahead, place.after.options), []).append(place)
    steps = [
        step for key in sorted(cohorts) for step in _chunks(BatchKind.PLACE, cohorts[key], most)
    ]
    for _, legs in sorted(of_position.items()):
        steps += _chunks(BatchKind.PLACE, legs, LEGS_MAX)
    return steps + [Step(kind=BatchKind.PLACE, actions=(place,)) for place in alone]


def _chunks(kind: BatchKind, actions: Sequence[Action], most: int) -> list[Step]:
    return [
        Step(kind=kind, actions=tuple(actions[start : start + most]))
        for start in range(0, len(actions), most)
    ]


def items_of(step: Step) -> int:
    """Return how many orders a request touches, attached ones too."""
    if step.kind is not BatchKind.PLACE:
        return len(step.actions)
    return sum(1 + len(a.children) for a in step.actions if isinstance(a, Place | Replace))


def _addresses(action: Action, kind: BatchKind) -> Iterator[OrderAddress]:
    """Yield what a request touches of an action: what is attached is placed with its parent."""
    yield action.address
    if kind is BatchKind.PLACE and isinstance(action, Place | Replace):
        yield from (child.address for child in action.children)


def _turns(modifies: Sequence[Modify]) -> list[list[Modify]]:
    """Return the modifies in turns: each counts only on what those of earlier turns do."""
    needed = {id(a): [b for b in modifies if _needs(a, b)] for a in modifies}
    turn = {id(a): 0 for a in modifies}
    for _ in range(TURNS_MAX):
        found = {id(a): max((turn[id(b)] + 1 for b in needed[id(a)]), default=0) for a in modifies}
        if found == turn:
            break
        turn = found
    return [[a for a in modifies if turn[id(a)] == at] for at in sorted(set(turn.values()))]


def _needs(action: Modify, other: Modify) -> bool:
    """Say whether another frees an address it waits for, or quantity of its holder's budget."""
    if other.origin_holder != other.holder and other.origin in action.waits_for:
        return True
    is_of_one = (action.holder, action.generation) == (other.holder, other.generation)
    return is_of_one and _takes(action) > 0 > _takes(other)


def _takes(action: Modify) -> Decimal:
    """Return what it takes of its holder's budget beyond what its order had; below 0 it gives."""
    is_own = (action.origin_holder, action.origin_generation) == (action.holder, action.generation)
    return action.after.quantity - (action.before.remaining if is_own else 0)


def _growth(action: Modify) -> Decimal:
    before, after = action.before, action.after
    return after.price * after.quantity - before.price * before.remaining


def _is_suspect(action: Modify | Place | Replace) -> bool:
    """Say whether it may have been what voided a request: it goes in one of its own."""
    return action.reason is Reason.VOIDED_BEFORE


def _is_late(action: Action) -> bool:
    return isinstance(action, Cancel) and bool(action.waits_for)


def _is_protective(action: Place | Replace) -> bool:
    return action.after.reduce_only
