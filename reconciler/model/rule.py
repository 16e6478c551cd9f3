"""What a venue is known to refuse, as data that planning can ask without knowing the venue."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.instrument import Instrument
from reconciler.model.order import Terms

__all__ = ["Rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Something the venue refuses.

    Attributes:
        text: what it says, without a full stop.
        is_broken: whether these terms on this instrument break it, at this middle price; a rule
            that needs the price is not broken where there is none.
        source: page of the venue's docs, or who measured it, and the date it was checked.
    """

    code: str
    text: str
    source: str
    is_broken: Callable[[Terms, Instrument, Decimal | None], bool]
