"""Compares what a state records with what the venue shows under our ids.

Pure. An id of ours that is newer than the state's last proves that an older state was put in its
place. A fill that nothing recorded can explain is never passed over: it is added as evidence where
its order is known, and its holder is marked where it is not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.event import Event, HistoryRead, Observation, Observed
from reconciler.model.identity import IdLayout, unnamed_holder
from reconciler.model.numbers import ZERO
from reconciler.model.order import ClientOrderId, Fill, VenueOrderId
from reconciler.model.snapshot import FillHistory, Found, OrderStatus, VenueSnapshot
from reconciler.model.state import HolderKey, HolderRecord, Leg, Placement, State
from reconciler.planner.owners import Owners, id_parts

__all__ = [
    "LookedAt",
    "Unseen",
    "compared",
    "comparison_event",
    "newer_ids",
    "unexplained",
    "unseen_legs",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """What is compared: a state, what a look adds to it, and the fills since a time before.

    Attributes:
        history: read after the look, from some time before the state's `synced_at_ms`.
    """

    state: State
    seen: Sequence[Event]
    snapshot: VenueSnapshot
    history: FillHistory
    layout: IdLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """One venue order that executed more than is recorded.

    Attributes:
        placement: of ours that it is an order of; None when that has ended, or never was known.
        fills: oldest first, never empty.
    """

    placement: Placement | None
    fills: tuple[Fill, ...]

    @property
    def executed(self) -> Decimal:
        """How much these fills come to; what filled earlier is not among them."""
        return sum((fill.quantity for fill in self.fills), ZERO)


def newer_ids(
    state: State, layout: IdLayout, ids: Sequence[ClientOrderId | None]
) -> tuple[ClientOrderId, ...]:
    """Return those of ours that were made after everything the state knows of."""
    found = []
    for client_order_id in dict.fromkeys(ids):
        parts = id_parts(client_order_id, state, layout)
        if parts is None or client_order_id is None or client_order_id in state.placements:
            continue
        if parts.incarnation > state.last_incarnation:
            found.append(client_order_id)
    return tuple(found)


def compared(looked: LookedAt) -> dict[VenueOrderId, Unseen]:
    """Return the orders of ours that executed more than state and look say."""
    state = looked.state
    known = _known_fills(looked)
    of_leg = {leg.venue_order_id: p for p in state.placements.values() for leg in p.legs}
    by_order: dict[VenueOrderId, list[Fill]] = {}
    for fill in looked.history.fills:
        by_order.setdefault(fill.venue_order_id, []).append(fill)
    unseen: dict[VenueOrderId, Unseen] = {}
    for venue_order_id, fills in by_order.items():
        if venue_order_id not in known and fills[-1].at_ms <= state.synced_at_ms:
            continue  # compared before
        client_order_id = fills[-1].client_order_id
        placement = of_leg.get(venue_order_id)
        if placement is None and client_order_id is not None:
            placement = state.placements.get(client_order_id)
        is_ours = id_parts(client_order_id, state, looked.layout) is not None
        found = Unseen(placement=placement, fills=tuple(fills))
        if (placement is not None or is_ours) and found.executed > known.get(venue_order_id, ZERO):
            unseen[venue_order_id] = found
    return unseen


def unseen_legs(
    unseen: Mapping[VenueOrderId, Unseen], statuses: Mapping[VenueOrderId, OrderStatus]
) -> tuple[Observed, ...]:
    """Return the event that takes fills of known placements as evidence; none for none.

    It comes before what the look adds: that may end a placement.
    """
    observations = [
        Observation(
            client_order_id=found.placement.client_order_id,
            legs=(_leg(venue_order_id, found, statuses.get(venue_order_id)),),
            at_ms=found.fills[-1].at_ms,
        )
        for venue_order_id, found in sorted(unseen.items())
        if found.placement is not None
    ]
    return (Observed(observations=tuple(observations)),) if observations else ()


def unexplained(
    looked: LookedAt, unseen: Mapping[VenueOrderId, Unseen], owners: Owners
) -> tuple[HolderRecord, ...]:
    """Return marks for holders with fills of orders that ended, or that nobody knows of.

    What rests is left out: it is an orphan, or about to be bound.
    """
    resting = {order.venue_order_id for order in looked.snapshot.resting}
    marked: dict[HolderKey, HolderRecord] = {}
    for venue_order_id, found in unseen.items():
        fill = found.fills[-1]
        parts = id_parts(fill.client_order_id, looked.state, looked.layout)
        if found.placement is not None or venue_order_id in resting or parts is None:
            continue
        # A short digest may be that of several: then each of them is held.
        keys = [owner.key for owner in owners.candidates(parts.digest)]
        for key in keys or [(unnamed_holder(parts.digest), 0)]:
            marked[key] = HolderRecord(
                holder=key[0],
                generation=key[1],
                instrument=fill.instrument,
                side=fill.side,
                quantity=ZERO,
                has_history_gap=True,
            )
    return tuple(marked[key] for key in sorted(marked))


def comparison_event(looked: LookedAt, marked: tuple[HolderRecord, ...]) -> HistoryRead:
    """Return the event that says until when record and venue agree."""
    last_ms = looked.history.fills[-1].at_ms if looked.history.fills else 0
    return HistoryRead(
        records=marked,
        reaches_ms=looked.history.reaches_ms,
        until_ms=max(looked.snapshot.taken_at_ms, last_ms),
        unshown=tuple(sorted({*_unshown(looked)})),
    )


def _unshown(looked: LookedAt) -> Iterator[VenueOrderId]:
    """Yield the orders that ended in the look, of which the fills that were read do not show all.

    They filled after those were read; compared without this they would have fills nobody recorded.
    """
    shown: dict[VenueOrderId, Decimal] = {}
    for fill in looked.history.fills:
        shown[fill.venue_order_id] = shown.get(fill.venue_order_id, ZERO) + fill.quantity
    observations = [
        observation
        for event in looked.seen
        for observation in (event.observations if isinstance(event, Observed) else ())
    ]
    # A leg and the ending of its placement may come in two events: from fills, and from a status.
    ended = {each.client_order_id for each in observations if each.ending is not None}
    legs = [
        leg
        for x in ended
        if x in looked.state.placements
        for leg in looked.state.placements[x].legs
    ]
    legs += [leg for each in observations if each.client_order_id in ended for leg in each.legs]
    for leg in legs:
        if leg.filled > shown.get(leg.venue_order_id, ZERO):
            yield leg.venue_order_id


def _known_fills(looked: LookedAt) -> dict[VenueOrderId, Decimal]:
    known = dict(looked.state.ended_fills)
    for leg in _legs(looked):
        known[leg.venue_order_id] = max(leg.filled, known.get(leg.venue_order_id, ZERO))
    return known


def _legs(looked: LookedAt) -> Iterator[Leg]:
    for placement in looked.state.placements.values():
        yield from placement.legs
    for event in looked.seen:
        if isinstance(event, Observed):
            for observation in event.observations:
                yield from observation.legs


def _leg(venue_order_id: VenueOrderId, found: Unseen, status: OrderStatus | None) -> Leg:
    order = status.order if isinstance(status, Found) else None
    return Leg(
        venue_order_id=venue_order_id,
        price=order.price if order is not None else found.fills[-1].price,
        quantity=order.quantity if order is not None else found.executed,
        filled=max(found.executed, order.filled) if order is not None else found.executed,
        is_settled=isinstance(status, Found) and status.phase.is_terminal,
    )
