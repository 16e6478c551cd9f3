"""What a person saw of a plan, and what runs have carried out of it."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.model.plan import Action, VenuePlan

__all__ = ["Reviewed"]

ZERO = Decimal(0)


@dataclass(eq=False)
class Reviewed:
    """What one run, or all runs of one saved plan, may do.

    Attributes:
        plan: as a person saw it.
        actions: what the run means to carry out of it, with each order as the run saw it.
        used: how often each action was executed, by kind and address.
        new_notional: accepted value of places.
        changed: addresses at which the run did anything; a group counts as one.
        looked_at_ms: when the run looked.
        is_unattended: whether nobody was there to say yes.
        wants_nothing: whether nothing at all was declared.
        ended: orders that were cancelled without a successor.
        held: how much of the position a sell could close when the run looked.
    """

    plan: VenuePlan
    actions: tuple[Action, ...] = ()
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    new_notional: Decimal = ZERO
    changed: set[str] = field(default_factory=set)
    looked_at_ms: int = 0
    is_unattended: bool = False
    wants_nothing: bool = False
    ended: set[str] = field(default_factory=set)
    held: Decimal = ZERO
