"""Take-profits and stop-losses that have no entry of their own in a spec, as they are looked at.

Those of one parent, and those that protect a whole position.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from reconciler.model.numbers import ZERO
from reconciler.model.order import (
    DesiredBook,
    DesiredOrder,
    FillPolicy,
    Holder,
    OrderAddress,
    RestingOrder,
    Terms,
    TriggerKind,
    parent_of,
)
from reconciler.model.state import Placement
from reconciler.planner.context import Context

__all__ = [
    "alone",
    "child_owners",
    "ending_with",
    "is_of_group",
    "open_part",
    "placements_of",
    "protected_part",
    "standing_holders",
]


def child_owners(holders: Mapping[OrderAddress, Holder]) -> dict[OrderAddress, Holder]:
    """Return the declared children's addresses with the holder of their parent."""
    return {
        child.address: holder
        for holder in holders.values()
        for order in holder.orders
        for child in order.children
    }


def alone(holder: Holder, child: DesiredOrder, quantity: Decimal) -> Holder:
    """Return an attached order as the holder of its own budget, with its parent's policies."""
    return replace(
        holder,
        address=child.address,
        side=child.terms.side,
        quantity=quantity,
        orders=(child,),
        on_fill=FillPolicy.DONE,
        replenish=None,
    )


def standing_holders(books: Sequence[DesiredBook]) -> dict[OrderAddress, Holder]:
    """Return what protects positions as holders, by address; their quantity is zero."""
    return {
        order.address: Holder(
            address=order.address,
            generation=0,
            instrument=order.terms.instrument,
            side=order.terms.side,
            quantity=ZERO,
            source=order.source,
            orders=(order,),
        )
        for book in books
        for order in book.position_protection
    }


def open_part(parent: OrderAddress, generation: int, context: Context) -> Decimal:
    """Return what a parent has opened that none of its attached orders has closed; never below 0.

    The fills of every order of either count, whenever it was placed.
    """
    opened = context.filled.get((parent, generation), ZERO)
    closed = sum(
        (context.filled.get((child, generation), ZERO) for child in _children_of(parent)), ZERO
    )
    return max(ZERO, opened - closed)


def protected_part(terms: Terms, context: Context) -> Decimal:
    """Return how much of the position an order on this side would close; zero without one."""
    return context.snapshot.reducible(terms.instrument, terms.side)


def placements_of(parent: OrderAddress, generation: int, context: Context) -> tuple[Placement, ...]:
    """Return the placements of a parent's attached orders, older ones of one address first."""
    found: list[Placement] = []
    for child in _children_of(parent):
        found += sorted(context.by_holder.get((child, generation), ()), key=lambda p: p.incarnation)
    return tuple(found)


def is_of_group(child: Placement, parents: Sequence[Placement], context: Context) -> bool:
    """Say whether an attached order ends with its parent: it was sent with it.

    One that was placed alone later outlives it.
    """
    assert parent_of(child.address) is not None, "it is an attached order"
    order = context.sight.resting.get(child.client_order_id)
    if order is not None and order.is_dormant:
        return True
    return any(child.sent_at_ms == parent.sent_at_ms for parent in parents)


def ending_with(parent: RestingOrder, context: Context) -> Iterator[RestingOrder]:
    """Yield the attached orders that rest and end with an order of ours."""
    client_order_id = parent.client_order_id
    placement = context.state.placements.get(client_order_id) if client_order_id else None
    if placement is None:
        return
    for child in placements_of(placement.address, placement.generation, context):
        order = context.sight.resting.get(child.client_order_id)
        if order is not None and is_of_group(child, [placement], context):
            yield order


def _children_of(parent: OrderAddress) -> tuple[OrderAddress, ...]:
    return tuple(OrderAddress(f"{parent}.{kind}") for kind in TriggerKind)
