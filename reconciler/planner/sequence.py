"""The order of sending, in fewest requests: cancels, then modifies, then places.

Shrinking modifies come before growing ones, protective places before others.

Post-only orders are batched apart from others: a venue sorts such batches ahead. A group of a
parent with its take-profit and stop-loss is one request of its own.
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
    Replace,
)
from reconciler.model.snapshot import Capabilities

__all__ = ["Step", "items_of", "requests_of", "steps_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The actions of one request, in sending order; a replace is in two steps."""

    kind: BatchKind
    actions: tuple[Action, ...]


def steps_of(actions: Sequence[Action], capabilities: Capabilities) -> tuple[Step, ...]:
    """Return the requests that carry out the actions; others are left out."""
    cancels = [a for a in actions if isinstance(a, Cancel | Replace)]
    modifies = [a for a in actions if isinstance(a, Modify)]
    places = [a for a in actions if isinstance(a, Place | Replace)]
    cancels.sort(key=lambda a: a.address)
    modifies.sort(key=lambda a: (_growth(a), a.address))
    places.sort(key=lambda a: (not _is_protective(a), a.address))
    most = capabilities.batch_items_max
    return (
        *_chunks(BatchKind.CANCEL, cancels, most),
        *_chunks(BatchKind.MODIFY, modifies, most),
        *_place_steps(places, most),
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
    for place in places:
        if place.children or not place.after.quantity:
            alone.append(place)
            continue
        is_sorted_ahead = place.after.post_only and place.after.trigger is None
        cohorts.setdefault((is_sorted_ahead, place.after.options), []).append(place)
    steps = [
        step for key in sorted(cohorts) for step in _chunks(BatchKind.PLACE, cohorts[key], most)
    ]
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


def _is_protective(action: Place | Replace) -> bool:
    return action.after.reduce_only
