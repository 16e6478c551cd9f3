"""Whose an order is, told from its client order id alone: every holder the specs could mean.

An id carries a digest of (holder, generation). Holders are recognised at every generation up to the
declared one, attached orders and addresses that were renamed among them. What fits nobody, or more
than one, is nobody's: it is never guessed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.identity import IdLayout, IdParts, holder_digest, project_tag
from reconciler.model.numbers import ZERO
from reconciler.model.order import (
    ClientOrderId,
    DesiredBook,
    Holder,
    OrderAddress,
    RestingOrder,
)
from reconciler.model.state import HolderKey, State, rung_slot
from reconciler.planner.attached import standing_holders

__all__ = ["Owner", "Owners", "earlier_names", "id_parts"]

GENERATIONS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One budget: a declared holder, or an attached order of one, at one generation.

    Attributes:
        declared: the holder as declared now, an attached order's parent.
        address: of the budget.
        budget: its quantity as declared now.
    """

    declared: Holder
    address: OrderAddress
    generation: int
    budget: Decimal

    @property
    def key(self) -> HolderKey:
        """What its record is kept under."""
        return (self.address, self.generation)

    @property
    def is_ladder(self) -> bool:
        """Whether its orders are rungs."""
        return self.declared.ladder is not None and self.address == self.declared.address

    def address_of(self, order: RestingOrder) -> OrderAddress:
        """Return where an order of it belongs; of a ladder by its price, until it is labelled."""
        return rung_slot(self.address, order.price) if self.is_ladder else self.address


class Owners:
    """Every budget the specs declare, by what its ids carry."""

    def __init__(self, books: Sequence[DesiredBook], layout: IdLayout) -> None:
        self._layout = layout
        self._by_digest: dict[int, dict[HolderKey, Owner]] = {}
        for book in books:
            for holder in (*book.holders, *standing_holders([book]).values()):
                for owner in _budgets(holder):
                    self._add(owner, book.moved)

    def of(self, digest: int) -> Owner | None:
        """Return whose digest it is, as an id carries it; None for nobody or more than one."""
        found = self._by_digest.get(digest, {})
        return next(iter(found.values())) if len(found) == 1 else None

    def declared(self) -> Iterator[Owner]:
        """Yield the holders of a budget at their declared generation, without attached orders."""
        for found in self._by_digest.values():
            for owner in found.values():
                has_budget = owner.declared.quantity > ZERO
                if has_budget and owner.key == (owner.declared.address, owner.declared.generation):
                    yield owner

    def _add(self, owner: Owner, moved: Mapping[OrderAddress, OrderAddress]) -> None:
        for name in (owner.address, *earlier_names(owner.address, moved)):
            digest = self._layout.cut_digest(holder_digest(name, owner.generation))
            self._by_digest.setdefault(digest, {})[owner.key] = owner


def id_parts(
    client_order_id: ClientOrderId | None, state: State, layout: IdLayout
) -> IdParts | None:
    """Return the parts of an id that carries our tag, None for any other."""
    parts = layout.decode(client_order_id) if client_order_id is not None else None
    if parts is None:
        return None
    tag = layout.cut_tag(project_tag(project=state.project, lineage=state.lineage))
    return parts if parts.tag == tag else None


def _budgets(holder: Holder) -> Iterator[Owner]:
    lowest = max(0, holder.generation - GENERATIONS_MAX + 1)
    own = holder.replenish.total_max if holder.replenish is not None else holder.quantity
    budgets = {holder.address: own}
    for order in holder.orders:
        budgets |= {child.address: child.terms.quantity for child in order.children}
    for generation in range(lowest, holder.generation + 1):
        for address, budget in budgets.items():
            yield Owner(declared=holder, address=address, generation=generation, budget=budget)


def earlier_names(
    address: OrderAddress, moved: Mapping[OrderAddress, OrderAddress]
) -> tuple[OrderAddress, ...]:
    """Return the names an address had before its renames."""
    names: list[OrderAddress] = [address]
    for name in names:
        for origin, destination in sorted(moved.items()):
            if name == destination or name.startswith(f"{destination}."):
                earlier = OrderAddress(origin + name[len(destination) :])
                if earlier not in names:
                    names.append(earlier)
    return tuple(names[1:])
