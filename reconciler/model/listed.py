"""Open orders under our ids: which of the orders that a look lists are known as ours, and as which.

By the client order id they carry; by the venue's own id where a venue lost ours on the way.
"""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.order import ClientOrderId, RestingOrder, VenueOrderId
from reconciler.model.snapshot import VenueSnapshot
from reconciler.model.state import State

__all__ = ["listed_by_our_id", "named_by_venue_id"]


def listed_by_our_id(
    state: State, snapshot: VenueSnapshot
) -> dict[ClientOrderId, list[RestingOrder]]:
    """Return open orders by our id, under which those without one stand that are known as ours."""
    named = named_by_venue_id(state, snapshot)
    listed: dict[ClientOrderId, list[RestingOrder]] = {}
    for order in snapshot.resting:
        if order.client_order_id is not None:
            listed.setdefault(order.client_order_id, []).append(order)
        elif order.venue_order_id in named:
            client_order_id = named[order.venue_order_id]
            own = replace(order, client_order_id=client_order_id)
            listed.setdefault(client_order_id, []).append(own)
    for orders in listed.values():
        if len(orders) > 1:
            orders.sort(key=_age)
    return listed


def named_by_venue_id(
    state: State, snapshot: VenueSnapshot
) -> Mapping[VenueOrderId, ClientOrderId]:
    """Return whose the listed orders are that carry no id of ours although we placed them.

    A venue may lose our id on the way (reported of Hyperliquid's builder dexes); what it answered
    to our own request names the order all the same.
    """
    bare = {order.venue_order_id for order in snapshot.resting if order.client_order_id is None}
    if not bare:
        return {}
    return {
        leg.venue_order_id: placement.client_order_id
        for placement in state.placements.values()
        for leg in placement.legs
        if leg.venue_order_id in bare
    }


def _age(order: RestingOrder) -> tuple[int, int, str]:
    return (order.placed_at_ms, len(order.venue_order_id), order.venue_order_id)
