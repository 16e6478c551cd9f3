"""What the specs call the live orders of a ladder. Pure; the venue is not touched.

A rung is known by its price and its index is a label: when a ladder shifts, the orders that stay
are called by the index their price has now. An order that no rung claims keeps a label that no rung
has, and is else called by its price. So no two live orders ever have one address.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal

from reconciler.model.event import Relabelled
from reconciler.model.order import ClientOrderId, DesiredBook, Holder, OrderAddress
from reconciler.model.state import Placement, PlacementPhase, State, rung_slot
from reconciler.observe import UNSETTLED

__all__ = ["labels_of", "relabelled"]


def relabelled(books: Sequence[DesiredBook], state: State) -> tuple[Relabelled, ...]:
    """Return the event that gives orders of ladders the names the specs have for them.

    None when every order is called so already.

    Args:
        books: with ladders expanded; one without rungs is left as it is.
    """
    holders = [holder for book in books for holder in book.holders]
    labels = labels_of(holders, state)
    return (Relabelled(labels=labels),) if labels else ()


def labels_of(holders: Sequence[Holder], state: State) -> Mapping[ClientOrderId, OrderAddress]:
    """Return the new names of the orders that are called otherwise, by client order id."""
    ladders = {h.address: h for h in holders if h.ladder is not None and h.orders}
    by_holder: dict[OrderAddress, list[Placement]] = defaultdict(list)
    strange: set[OrderAddress] = set()
    for placement in state.placements.values():
        if placement.holder in ladders:
            by_holder[placement.holder].append(placement)
        elif placement.address.endswith("]"):
            strange.add(placement.holder)
    labels: dict[ClientOrderId, OrderAddress] = {}
    open_ids = _open_ids(state)
    for address in sorted(by_holder):
        labels |= _labels(ladders[address], by_holder[address], open_ids)
    for holder in holders if strange else ():
        if holder.ladder is None and holder.address in strange:
            labels |= _label(
                holder, [p for p in state.placements.values() if p.holder == holder.address]
            )
    return dict(sorted(labels.items()))


def _open_ids(state: State) -> frozenset[ClientOrderId]:
    return frozenset(
        item.client_order_id
        for intent in state.intents.values()
        for item in intent.items
        if item.status in UNSETTLED
    )


def _label(holder: Holder, placements: Sequence[Placement]) -> dict[ClientOrderId, OrderAddress]:
    """Name the one order of what was a ladder before: the newest, as it is the one that is kept."""
    own = [p for p in placements if p.generation == holder.generation]
    newest = max(own, key=lambda p: p.incarnation, default=None)
    if newest is None or any(p.address == holder.address for p in placements):
        return {}
    return {newest.client_order_id: holder.address}


def _labels(
    ladder: Holder, placements: Sequence[Placement], open_ids: AbstractSet[ClientOrderId]
) -> dict[ClientOrderId, OrderAddress]:
    rungs = {order.terms.price: order.address for order in ladder.orders}
    if _are_called_so(ladder, placements, rungs):
        return {}
    free = dict(rungs)
    claimed: dict[ClientOrderId, OrderAddress] = {}
    others: list[Placement] = []
    # What is in doubt first: nothing else is sent where it may rest.
    for placement in sorted(
        placements, key=lambda p: (p.client_order_id not in open_ids, p.incarnation)
    ):
        price = _claimed_price(ladder, placement, free)
        if price is None:
            others.append(placement)
        else:
            claimed[placement.client_order_id] = free.pop(price)
    taken = set(rungs.values())
    for placement in others:
        label = next(name for name in _names(ladder, placement) if name not in taken)
        taken.add(label)
        claimed[placement.client_order_id] = label
    return {
        placement.client_order_id: claimed[placement.client_order_id]
        for placement in placements
        if claimed[placement.client_order_id] != placement.address
    }


def _are_called_so(
    ladder: Holder, placements: Sequence[Placement], rungs: Mapping[Decimal, OrderAddress]
) -> bool:
    """Say whether each order is a rung of its own and called like it; most often all are."""
    for placement in placements:
        leg = placement.current_leg
        if leg is None or placement.phase is PlacementPhase.SENT:
            return False
        if placement.generation != ladder.generation or rungs.get(leg.price) != placement.address:
            return False
    return len({placement.address for placement in placements}) == len(placements)


def _claimed_price(
    ladder: Holder, placement: Placement, free: Mapping[Decimal, OrderAddress]
) -> Decimal | None:
    """Return the price of the rung it is an order of, or None when no rung claims it."""
    if placement.generation != ladder.generation:
        return None
    return next((price for price in _prices(placement) if price in free), None)


def _prices(placement: Placement) -> Iterator[Decimal]:
    """Yield where it may rest, the likeliest first: a modify in flight has two ends."""
    leg = placement.current_leg
    if leg is None or placement.phase is PlacementPhase.SENT:
        yield placement.terms.price
    if leg is not None:
        yield leg.price


def _names(ladder: Holder, placement: Placement) -> Iterator[OrderAddress]:
    """Yield what an order that no rung claims may be called, the best first; without end."""
    by_price = rung_slot(ladder.address, next(_prices(placement)))
    is_number = placement.address.startswith(f"{ladder.address}[")
    if is_number and not placement.address.startswith(f"{ladder.address}[@"):
        yield placement.address
    yield by_price
    number = 2
    while True:
        yield OrderAddress(f"{by_price[:-1]}#{number}]")
        number += 1
