"""What was ever declared of a budget, and what somebody else ended of it."""

from dataclasses import dataclass, field
from decimal import Decimal

__all__ = ["Allowed", "Ended", "Form", "Slot"]

Slot = tuple[str, int, Decimal]
"""A budget, and for a rung its price, else zero: one order at most."""

Form = tuple[Decimal, bool, bool, Decimal | None]
"""Price, whether it buys, whether it only reduces, and the price that wakes it."""


@dataclass(slots=True)
class Allowed:
    """What was ever declared of one budget.

    Attributes:
        most: the largest quantity.
        is_ladder: whether several orders may rest, one a price.
        is_group: whether it has attached orders.
        is_leg: whether it is attached itself.
        forms: what its orders may look like.
        rungs: the largest quantity by price, of a ladder.
    """

    key: tuple[str, int]
    most: Decimal
    is_ladder: bool
    is_group: bool = False
    is_leg: bool = False
    forms: set[Form] = field(default_factory=set)
    rungs: dict[Decimal, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """That somebody else ended an order."""

    at_ms: int
    is_by_venue: bool
