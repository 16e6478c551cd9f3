"""What a look at a venue says about the placements we recorded: evidence in, events out.

Pure. Absence from a list is a question, never an answer: `pending_queries` names the orders to ask
about one by one, and only a status word that is in the venue's table ends a placement. Everything
else stays as it was, with the reason why in `Sight.blocked`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.model.event import Event, Observation, Observed, Resolved
from reconciler.model.listed import listed_by_our_id, named_by_venue_id
from reconciler.model.order import ClientOrderId, OrderAddress, RestingOrder, VenueOrderId
from reconciler.model.snapshot import (
    Found,
    Missing,
    OrderPhase,
    OrderQuery,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.model.state import (
    EndReason,
    Intent,
    IntentItem,
    IntentOperation,
    ItemStatus,
    Leg,
    Placement,
    PlacementPhase,
    State,
)

__all__ = ["ENDINGS", "Sight", "observe", "pending_queries", "sight_of", "unsettled_addresses"]

ENDINGS = {
    OrderPhase.FILLED: EndReason.FILLED,
    OrderPhase.CANCELLED_BY_USER: EndReason.BY_USER,
    OrderPhase.CANCELLED_BY_VENUE: EndReason.BY_VENUE,
    OrderPhase.SIBLING_FILLED: EndReason.SIBLING_FILLED,
    OrderPhase.REJECTED: EndReason.REJECTED,
}
UNKNOWN_OUTCOME = "unknown-outcome"
STATUS_UNKNOWN = "status-unknown"
UNSETTLED = (ItemStatus.OPEN, ItemStatus.UNKNOWN, ItemStatus.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What rests of ours, and what cannot be said.

    Attributes:
        resting: by client order id; a lookup that says an unlisted order rests counts.
        foreign: open orders which are not known placements, in the snapshot's order.
        blocked: by client order id, the word and the sentence why nothing may be done about it.
    """

    resting: Mapping[ClientOrderId, RestingOrder] = field(default_factory=dict)
    foreign: tuple[RestingOrder, ...] = ()
    blocked: Mapping[ClientOrderId, tuple[str, str]] = field(default_factory=dict)


def pending_queries(state: State, snapshot: VenueSnapshot) -> tuple[OrderQuery, ...]:
    """Return the single orders to ask about before concluding anything, unasked ones only."""
    listed = listed_by_our_id(state, snapshot)
    listed_ids = {order.venue_order_id for orders in listed.values() for order in orders}
    queries = []
    for placement in state.placements.values():
        if placement.client_order_id not in listed:
            queries.append(_query_current(placement))
        # The newest order is asked for under its own id only when our id did not lead to it.
        is_asked = _query_current(placement) in snapshot.statuses
        queries += [
            _query_leg(placement, leg)
            for leg in placement.legs
            if not leg.is_settled and leg.venue_order_id not in listed_ids
            if leg is not placement.legs[-1] or placement.client_order_id in listed or is_asked
        ]
    return tuple(query for query in queries if query not in snapshot.statuses)


def observe(state: State, snapshot: VenueSnapshot) -> tuple[Event, ...]:
    """Return the events that the look adds to what is recorded; none when it shows nothing new."""
    listed = listed_by_our_id(state, snapshot)
    observations: list[Observation] = []
    resolutions: list[Resolved] = []
    open_items = _open_items(state)
    for placement in state.placements.values():
        orders = listed.get(placement.client_order_id, [])
        if _shows_nothing_new(placement, orders, snapshot):
            continue
        seen = _legs_seen(placement, orders, snapshot)
        items = open_items.get(placement.client_order_id, ())
        closed = [_closed(placement, entry, seen) for entry in items]
        resolutions += [resolved for resolved in closed if resolved is not None]
        ending, word, at_ms = _ending(placement, orders, seen, snapshot)
        if any(_is_in_flight(placement, e[2]) for e, c in zip(items, closed, strict=True) if not c):
            # A modify of unknown fate may still bring another order under this id.
            ending = None
        news = tuple(leg for leg in seen.values() if _is_news(placement, leg))
        if news or ending is not None:
            observations.append(
                Observation(
                    client_order_id=placement.client_order_id,
                    legs=news,
                    ending=ending,
                    word=word if ending is not None else "",
                    at_ms=at_ms or snapshot.taken_at_ms,
                )
            )
    # Resolutions first: an ending takes the placement away that a resolution speaks of.
    resolutions.sort(key=lambda r: (r.nonce, r.index))
    events: list[Event] = [*resolutions]
    if observations:
        observations.sort(key=lambda o: o.client_order_id)
        events.append(Observed(observations=tuple(observations)))
    return tuple(events)


def sight_of(state: State, snapshot: VenueSnapshot) -> Sight:
    """Return what rests and what is blocked, for a state that already holds the look's events."""
    named = named_by_venue_id(state, snapshot)
    listed = listed_by_our_id(state, snapshot)
    resting: dict[ClientOrderId, RestingOrder] = {}
    blocked: dict[ClientOrderId, tuple[str, str]] = {}
    open_items = _open_items(state)
    for client_order_id, placement in state.placements.items():
        orders = listed.get(client_order_id, [])
        order = _newest(placement, orders) or _resting_by_status(placement, snapshot)
        if order is not None:
            resting[client_order_id] = order
        reason = _blockage(placement, orders, order, client_order_id in open_items, snapshot)
        if reason is not None:
            blocked[client_order_id] = reason
    foreign = tuple(
        order
        for order in snapshot.resting
        if order.client_order_id is None or order.client_order_id not in state.placements
        if order.venue_order_id not in named
        if order.venue_order_id not in state.lately_ended
    )
    return Sight(resting=resting, foreign=foreign, blocked=blocked)


def _newest(placement: Placement, orders: Sequence[RestingOrder]) -> RestingOrder | None:
    """Return the listed order that is the placement's newest, else the youngest listed."""
    leg = placement.current_leg
    for order in orders:
        if leg is not None and order.venue_order_id == leg.venue_order_id:
            return order
    return orders[-1] if orders else None


def _shows_nothing_new(
    placement: Placement, orders: Sequence[RestingOrder], snapshot: VenueSnapshot
) -> bool:
    """Say whether one look at the list suffices: the newest order rests as it was last seen."""
    if len(orders) != 1 or len(placement.legs) != 1 or placement.phase is PlacementPhase.SENT:
        return False
    leg, order = placement.legs[0], orders[0]
    return (
        leg.venue_order_id == order.venue_order_id
        and order.filled <= leg.filled
        and not snapshot.statuses
    )


def _query_current(placement: Placement) -> OrderQuery:
    # By our id: after a modify of unknown fate the newest order with it is the one that counts.
    leg = placement.current_leg
    return OrderQuery(
        instrument=placement.terms.instrument,
        client_order_id=placement.client_order_id,
        placed_at_ms=placement.sent_at_ms,
        known_as=leg.venue_order_id if leg is not None else None,
    )


def _query_leg(placement: Placement, leg: Leg) -> OrderQuery:
    return OrderQuery(
        instrument=placement.terms.instrument,
        venue_order_id=leg.venue_order_id,
        placed_at_ms=placement.sent_at_ms,
    )


def _open_items(state: State) -> dict[ClientOrderId, list[tuple[int, int, IntentItem]]]:
    items: dict[ClientOrderId, list[tuple[int, int, IntentItem]]] = {}
    for intent in state.intents.values():
        _collect_open(intent, items)
    return items


def _collect_open(
    intent: Intent, items: dict[ClientOrderId, list[tuple[int, int, IntentItem]]]
) -> None:
    for index, item in enumerate(intent.items):
        if item.status in UNSETTLED:
            items.setdefault(item.client_order_id, []).append((intent.nonce, index, item))
            if item.source_client_order_id is not None:
                items.setdefault(item.source_client_order_id, []).append(
                    (intent.nonce, index, item)
                )


def _legs_seen(
    placement: Placement, orders: list[RestingOrder], snapshot: VenueSnapshot
) -> dict[VenueOrderId, Leg]:
    """Return what lists and lookups show of the placement's venue orders."""
    seen = {order.venue_order_id: _leg_of(order, is_settled=False) for order in orders}
    queries = [_query_current(placement), *(_query_leg(placement, x) for x in placement.legs)]
    for query in queries:
        status = snapshot.statuses.get(query)
        if not isinstance(status, Found) or status.phase is OrderPhase.UNKNOWN:
            continue
        leg = _leg_of(status.order, is_settled=status.phase.is_terminal)
        if status.phase is OrderPhase.FILLED:
            # The word counts, whatever is said to be left: a filled order is not bought again.
            leg = replace(leg, filled=leg.quantity)
        before = seen.get(leg.venue_order_id)
        if before is None or leg.is_settled or leg.filled > before.filled:
            seen[leg.venue_order_id] = leg
    return seen


def _leg_of(order: RestingOrder, *, is_settled: bool) -> Leg:
    return Leg(
        venue_order_id=order.venue_order_id,
        price=order.price,
        quantity=order.quantity,
        filled=order.filled,
        is_settled=is_settled,
    )


def _is_news(placement: Placement, leg: Leg) -> bool:
    for known in placement.legs:
        if known.venue_order_id == leg.venue_order_id:
            return leg.filled > known.filled or (leg.is_settled and not known.is_settled)
    return True


def _ending(
    placement: Placement,
    orders: list[RestingOrder],
    seen: Mapping[VenueOrderId, Leg],
    snapshot: VenueSnapshot,
) -> tuple[EndReason | None, str, int]:
    """Say how the placement ended, once nothing rests and every leg's fill is final."""
    status = _last_status(placement, snapshot)
    if orders or not isinstance(status, Found) or not status.phase.is_terminal:
        return None, "", 0
    unsettled = [
        leg
        for leg in placement.legs
        if not leg.is_settled
        and not (leg.venue_order_id in seen and seen[leg.venue_order_id].is_settled)
    ]
    if unsettled:
        return None, "", 0
    reason = ENDINGS[status.phase]
    if reason is EndReason.BY_USER and placement.is_cancel_requested:
        reason = EndReason.OWN_CANCEL
    return reason, status.word, status.at_ms


def _last_status(placement: Placement, snapshot: VenueSnapshot) -> OrderStatus | None:
    """Return the answer about the newest order: by our id, or by its own where ours leads nowhere.

    Some venues forget our ids sooner than theirs.
    """
    status = snapshot.statuses.get(_query_current(placement))
    leg = placement.current_leg
    if not isinstance(status, Missing) or leg is None:
        return status
    return snapshot.statuses.get(_query_leg(placement, leg), status)


def _is_in_flight(placement: Placement, item: IntentItem) -> bool:
    """Say whether an open item may still put an order under the placement's own id."""
    return (
        item.operation is not IntentOperation.CANCEL
        and item.client_order_id == placement.client_order_id
    )


def _closed(
    placement: Placement, entry: tuple[int, int, IntentItem], seen: Mapping[VenueOrderId, Leg]
) -> Resolved | None:
    """Return what the look proves about an open item of an intent, if anything."""
    nonce, index, item = entry
    if item.operation is IntentOperation.CANCEL:
        return _cancel_done(placement, entry, seen)
    if item.client_order_id != placement.client_order_id:
        return None
    before = placement.legs_until(item.target)
    for venue_order_id in seen:
        if venue_order_id not in before:
            return Resolved(
                nonce=nonce,
                index=index,
                verdict="found",
                proof=f"venue shows order {venue_order_id} under this client id",
                venue_order_id=venue_order_id,
            )
    return None


def _cancel_done(
    placement: Placement, entry: tuple[int, int, IntentItem], seen: Mapping[VenueOrderId, Leg]
) -> Resolved | None:
    """A cancel is over when the order it was for is: nothing more can happen to that."""
    nonce, index, item = entry
    legs = {leg.venue_order_id: leg for leg in placement.legs} | dict(seen)
    leg = legs.get(item.target) if item.target is not None else None
    if leg is None or not leg.is_settled:
        return None
    proof = f"venue shows order {leg.venue_order_id} in a final status"
    return Resolved(nonce=nonce, index=index, verdict="done", proof=proof)


def _resting_by_status(placement: Placement, snapshot: VenueSnapshot) -> RestingOrder | None:
    status = snapshot.statuses.get(_query_current(placement))
    if isinstance(status, Found) and status.phase is OrderPhase.RESTING:
        return status.order
    return None


def _blockage(
    placement: Placement,
    orders: list[RestingOrder],
    order: RestingOrder | None,
    has_open_item: bool,
    snapshot: VenueSnapshot,
) -> tuple[str, str] | None:
    """Say why nothing may be done about a placement, or None when it is known to rest."""
    if has_open_item:
        return UNKNOWN_OUTCOME, "A request for this order has no known outcome yet."
    if len(orders) > 1:
        return STATUS_UNKNOWN, f"The venue lists {len(orders)} orders under this client id."
    if order is not None:
        return _behind(placement, order)
    status = snapshot.statuses.get(_query_current(placement))
    return STATUS_UNKNOWN, _status_sentence(placement, status)


def _behind(placement: Placement, order: RestingOrder) -> tuple[str, str] | None:
    """Say so when what rests is an earlier order while the newest has no final status."""
    leg = placement.current_leg
    if leg is None or leg.is_settled or leg.venue_order_id == order.venue_order_id:
        return None
    return STATUS_UNKNOWN, f"The venue shows an earlier order of it, not {leg.venue_order_id}."


def _status_sentence(placement: Placement, status: OrderStatus | None) -> str:
    match status:
        case Found(phase=OrderPhase.UNKNOWN, word=word):
            return f"The venue gives it the status {word!r}, which is not in the table."
        case Found():
            return "An earlier venue order of it has no final fill yet."
        case Missing(is_id_kept=False):
            return "The venue does not show it, and may have lost its client order id."
        case Missing():
            if placement.phase is PlacementPhase.SENT:
                return "It was sent, and the venue does not show it."
            return "It rested before, and the venue does not show it now."
        case _:
            return "The venue did not answer when asked about it."


def unsettled_addresses(state: State) -> frozenset[OrderAddress]:
    """Return the addresses of intents that are still open: they receive nothing new."""
    return frozenset(
        item.address
        for intent in state.intents.values()
        for item in intent.items
        if item.status in UNSETTLED
    )
