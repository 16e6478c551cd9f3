"""Compares what a state records with what the venue shows under our ids.

Pure. An id of ours that is newer than the state's last proves that an older state was put in its
place. A fill that nothing recorded can explain is never passed over: it is added as evidence where
its order is known, and its holder is marked where it is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.event import HistoryRead, Observation, Observed
from reconciler.model.identity import IdLayout, unnamed_holder
from reconciler.model.numbers import ZERO
from reconciler.model.order import ClientOrderId, Fill, RestingOrder, VenueOrderId
from reconciler.model.snapshot import FillHistory, Found, OrderStatus, VenueSnapshot
from reconciler.model.state import HolderKey, HolderRecord, Leg, Placement, State
from reconciler.planner.owners import Owners, id_parts

__all__ = ["GRACE_MS", "LookedAt", "newer_ids", "unexplained_fills", "unseen_legs", "unseen_orders"]

# A final status may be stamped a little before the last fill it speaks of.
GRACE_MS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """What is compared: a state with everything the look showed, the look, and the fills since.

    Attributes:
        history: from some time before the state's `synced_at_ms`.
    """

    state: State
    snapshot: VenueSnapshot
    history: FillHistory
    layout: IdLayout


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


def unseen_orders(looked: LookedAt) -> dict[VenueOrderId, tuple[Placement, list[Fill]]]:
    """Return the fills of known placements that executed more than is recorded, by venue order."""
    unseen: dict[VenueOrderId, tuple[Placement, list[Fill]]] = {}
    placements = looked.state.placements
    legs = {leg.venue_order_id: (p, leg) for p in placements.values() for leg in p.legs}
    for venue_order_id, fills in _by_order(looked.history.fills).items():
        client_order_id = fills[-1].client_order_id
        placement = placements.get(client_order_id) if client_order_id is not None else None
        leg = None
        if venue_order_id in legs:
            placement, leg = legs[venue_order_id]
        elif fills[-1].at_ms <= looked.state.synced_at_ms:
            continue  # on record already: a state that was recovered has no legs of the past
        if placement is None:
            continue
        if leg is None or _executed(fills) > leg.filled:
            unseen[venue_order_id] = (placement, fills)
    return unseen


def unseen_legs(
    unseen: Mapping[VenueOrderId, tuple[Placement, Sequence[Fill]]],
    statuses: Mapping[VenueOrderId, OrderStatus],
) -> tuple[Observed, ...]:
    """Return the event that takes such fills as evidence; none for none."""
    observations = [
        Observation(
            client_order_id=placement.client_order_id,
            legs=(_leg(venue_order_id, fills, statuses.get(venue_order_id)),),
            at_ms=fills[-1].at_ms,
        )
        for venue_order_id, (placement, fills) in sorted(unseen.items())
    ]
    return (Observed(observations=tuple(observations)),) if observations else ()


def unexplained_fills(looked: LookedAt, owners: Owners) -> tuple[HistoryRead, ...]:
    """Return the event that marks holders whose ended orders filled beyond the record."""
    resting = {order.client_order_id for order in looked.snapshot.resting}
    recorded_until_ms = looked.state.synced_at_ms + GRACE_MS
    marked: dict[HolderKey, Fill] = {}
    for fill in looked.history.fills:
        if fill.at_ms <= recorded_until_ms or fill.client_order_id in resting:
            continue
        parts = id_parts(fill.client_order_id, looked.state, looked.layout)
        if parts is None or fill.client_order_id in looked.state.placements:
            continue
        owner = owners.of(parts.digest)
        key = owner.key if owner is not None else (unnamed_holder(parts.digest), 0)
        marked[key] = fill
    if not marked:
        return ()
    until_ms = max(fill.at_ms for fill in marked.values())
    records = tuple(_marked(key, marked[key]) for key in sorted(marked))
    return (HistoryRead(records=records, reaches_ms=looked.history.reaches_ms, until_ms=until_ms),)


def _by_order(fills: Sequence[Fill]) -> dict[VenueOrderId, list[Fill]]:
    found: dict[VenueOrderId, list[Fill]] = {}
    for fill in fills:
        found.setdefault(fill.venue_order_id, []).append(fill)
    return found


def _executed(fills: Sequence[Fill]) -> Decimal:
    return sum((fill.quantity for fill in fills), ZERO)


def _leg(venue_order_id: VenueOrderId, fills: Sequence[Fill], status: OrderStatus | None) -> Leg:
    executed = _executed(fills)
    order: RestingOrder | None = status.order if isinstance(status, Found) else None
    return Leg(
        venue_order_id=venue_order_id,
        price=order.price if order is not None else fills[-1].price,
        quantity=order.quantity if order is not None else executed,
        filled=max(executed, order.filled) if order is not None else executed,
        is_settled=isinstance(status, Found) and status.phase.is_terminal,
    )


def _marked(key: HolderKey, fill: Fill) -> HolderRecord:
    return HolderRecord(
        holder=key[0],
        generation=key[1],
        instrument=fill.instrument,
        side=fill.side,
        quantity=ZERO,
        has_history_gap=True,
    )
