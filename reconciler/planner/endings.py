"""How orders of ours ended, as a venue's history tells it after a state was lost. Pure.

A venue has one word for a cancel by a person and for one of ours, and the journal that told them
apart is gone: such an end is marked, and is taken for a person's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.model.order import ClientOrderId, OrderAddress, RestingOrder, Terms
from reconciler.model.snapshot import Found
from reconciler.model.state import Ending, slot_of
from reconciler.observe import ENDINGS
from reconciler.planner.owners import Owner
from reconciler.planner.strays import declared_slots

__all__ = ["Endings", "newest_of_each"]


def newest_of_each(orders: Iterable[Found]) -> tuple[Found, ...]:
    """Return the newest venue order of each client order id: a modify leaves older ones behind."""
    newest: dict[ClientOrderId, Found] = {}
    for found in orders:
        client_order_id = found.order.client_order_id
        if client_order_id is None:
            continue
        known = newest.get(client_order_id)
        if known is None or _age(found.order) > _age(known.order):
            newest[client_order_id] = found
    return tuple(newest.values())


@dataclass(slots=True, kw_only=True)
class Endings:
    """The end of the last order of each slot, with the order's incarnation."""

    by_slot: dict[OrderAddress, tuple[int, Ending]] = field(default_factory=dict)

    def take(self, owner: Owner, found: Found, incarnation: int) -> None:
        """Take an end, if it is of a declared order at its generation and no later one is known."""
        if owner.generation != owner.declared.generation:
            return
        ending = _ending_of(owner, found)
        slot = slot_of(ending)
        if slot not in declared_slots([owner.declared]):
            return
        known = self.by_slot.get(slot)
        if known is None or incarnation > known[0]:
            self.by_slot[slot] = (incarnation, ending)

    def found(self) -> tuple[Ending, ...]:
        """Return them all, by slot."""
        return tuple(self.by_slot[slot][1] for slot in sorted(self.by_slot))


def _ending_of(owner: Owner, found: Found) -> Ending:
    order = found.order
    return Ending(
        address=owner.address_of(order),
        holder=owner.address,
        generation=owner.generation,
        reason=ENDINGS[found.phase],
        word=found.word,
        terms=Terms(
            instrument=order.instrument,
            side=order.side,
            price=order.price,
            quantity=order.quantity,
            reduce_only=order.reduce_only,
            trigger=order.trigger,
        ),
        at_ms=found.at_ms,
        is_recovered=True,
    )


def _age(order: RestingOrder) -> tuple[int, int, str]:
    return (order.placed_at_ms, len(order.venue_order_id), order.venue_order_id)
