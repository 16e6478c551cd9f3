"""What every step of planning looks at, gathered once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.model.capabilities import Capabilities
from reconciler.model.config import Limits
from reconciler.model.instrument import Instrument
from reconciler.model.order import OrderAddress
from reconciler.model.snapshot import VenueSnapshot
from reconciler.model.state import Halt, HolderKey, Placement, State
from reconciler.observe import Sight

__all__ = ["Context", "PlanPolicy", "book_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPolicy:
    """What a run may do.

    Attributes:
        allow: rules a person set aside by name.
        targets: only addresses at or below one of these are acted on; empty means all.
        excludes: addresses at or below one of these are left alone.
        is_unattended: nobody is there to answer; only approved books are acted on.
        approved_books: books that may be acted on; None means all.
        halt: one that stands outside of the state, or None; either holds.
    """

    limits: Limits = field(default_factory=Limits)
    allow: frozenset[str] = frozenset()
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    is_unattended: bool = False
    approved_books: frozenset[str] | None = None
    halt: Halt | None = None

    def selects(self, address: OrderAddress) -> bool:
        """Say whether a run may act on this address."""
        if any(_covers(pattern, address) for pattern in self.excludes):
            return False
        return not self.targets or any(_covers(pattern, address) for pattern in self.targets)

    def approves(self, address: OrderAddress) -> bool:
        """Say whether the book of this address may be acted on."""
        return self.approved_books is None or book_of(address) in self.approved_books


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The world of one planning.

    Attributes:
        state: with everything the snapshot shows already folded in.
        by_holder: placements by (holder, generation).
        filled: executed by (holder, generation), live orders included.
        unsettled: addresses with a request of unknown fate.
        first_generation: the lowest generation on record, by holder.
    """

    state: State
    snapshot: VenueSnapshot
    sight: Sight
    capabilities: Capabilities
    policy: PlanPolicy
    by_holder: Mapping[HolderKey, tuple[Placement, ...]]
    filled: Mapping[HolderKey, Decimal]
    unsettled: frozenset[OrderAddress]
    first_generation: Mapping[OrderAddress, int]

    def instrument(self, name: str) -> Instrument | None:
        """Return the grid as just read, else as last written, else None."""
        return self.snapshot.instruments.get(name) or self.state.instruments.get(name)


def book_of(address: OrderAddress) -> str:
    """Return the name of the book an address is in."""
    return address.split(".", 1)[0]


def _covers(pattern: str, address: str) -> bool:
    return address == pattern or address.startswith((f"{pattern}.", f"{pattern}["))
