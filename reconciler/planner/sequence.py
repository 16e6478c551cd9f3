"""The order of sending, in fewest requests: cancels, then modifies, then places.

A cancel that waits for a stop to stand comes last.

Shrinking modifies come before growing ones, protective places before others. A modify that waits
for an order which another takes is in a later request than that one.

Post-only orders are batched apart from others: a venue sorts such batches ahead. A group of a
parent with its take-profit and stop-loss is one request of its own, and so is what protects a
whole position.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.command import BatchKind
from reconciler.model.order import OrderAddress
from reconciler.model.plan import (
    Action,
    Cancel,
    Modify,
    Place,
    PlannedRequest,
    Reason,
    Replace,
)
from reconciler.model.snapshot import Capabilities

__all__ = ["Step", "items_of", "requests_of", "steps_of"]

LEGS_MAX = 2  # a take profit and a stop loss protect one position


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The actions of one request, in sending order; a replace is in two steps."""

    kind: BatchKind
    actions: tuple[Action, ...]


def steps_of(actions: Sequence[Action], capabilities: Capabilities) -> tuple[Step, ...]:
    """Return the requests that carry out the actions; others are left out."""
    cancels = [a for a in actions if isinstance(a, Cancel | Replace) and not _is_late(a)]
    late = [a for a in actions if _is_late(a)]
    modifies = [a for a in actions if isinstance(a, Modify)]
    places = [a for a in actions if isinstance(a, Place | Replace)]
    cancels.sort(key=lambda a: a.address)
    late.sort(key=lambda a: a.address)
    modifies.sort(key=lambda a: (_growth(a), a.address))
    places.sort(key=lambda a: (not _is_protective(a), a.address))
    most = capabilities.batch_items_max
    plain = [a for a in modifies if not _is_suspect(a)]
    taken = {a.origin for a in modifies if a.origin_holder != a.holder}
    return (
        *_chunks(BatchKind.CANCEL, cancels, most),
        *_chunks(BatchKind.MODIFY, [a for a in plain if not taken & {*a.waits_for}], most),
        *_chunks(BatchKind.MODIFY, [a for a in plain if taken & {*a.waits_for}], most),
        *_chunks(BatchKind.MODIFY, [a for a in modifies if _is_suspect(a)], 1),
        *_place_steps(places, most),
        *_chunks(BatchKind.CANCEL, late, most),
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


def _place_steps(places: Sequence[Place | Replace], most: int) -> list[Step]:
    """Return places by what may share a request: protective ones lead, groups stand alone.

    The venue's own options (a builder) belong to a whole request.
    """
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
