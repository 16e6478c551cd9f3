"""What became of one command: accepted, rejected or unknown, and nothing in between."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from reconciler.model.numbers import ZERO
from reconciler.model.order import VenueOrderId

__all__ = ["Accepted", "Outcome", "RejectReason", "Rejected", "Unknown"]


class RejectReason(StrEnum):
    """Why a venue said no; the planner decides by this word, people read the venue's text.

    `NOT_NOW`: the venue takes nothing at the moment, whatever the order: maintenance, settlement,
    requests too fast, a ban for some minutes. `PAUSED`: for some minutes it takes none of this
    kind, and others it does. `VOIDED`: something in the same request was wrong, and the venue did
    not say in which order.
    """

    POST_ONLY_CROSSED = "post-only-crossed"
    MARGIN = "margin"
    OPEN_INTEREST_CAP = "open-interest-cap"
    RATE = "rate"
    PRICE_LIMIT = "price-limit"
    NOT_NOW = "not-now"
    PAUSED = "paused"
    BUDGET = "budget"
    MODIFY_LOST_ORDER = "modify-lost-order"
    ORDER_GONE = "order-gone"
    EXPIRED = "expired"
    NOT_SENT = "not-sent"
    VOIDED = "voided"
    SHAPE = "shape"
    AUTHORITY = "authority"
    OTHER = "other"

    @property
    def is_transient(self) -> bool:
        """Whether the same order may well be taken later: planned again, a few times."""
        return self in _TRANSIENT


_TRANSIENT = frozenset(
    {
        RejectReason.POST_ONLY_CROSSED,
        RejectReason.MARGIN,
        RejectReason.OPEN_INTEREST_CAP,
        RejectReason.RATE,
        RejectReason.PRICE_LIMIT,
        RejectReason.NOT_NOW,
        RejectReason.PAUSED,
        RejectReason.BUDGET,
        RejectReason.MODIFY_LOST_ORDER,
        RejectReason.EXPIRED,
        RejectReason.NOT_SENT,
        RejectReason.VOIDED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The venue took it.

    Attributes:
        venue_order_id: None where the venue gives none (waiting children, cancels).
        filled: executed at once; what is left may rest, so read back.
    """

    venue_order_id: VenueOrderId | None = None
    filled: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The venue said no, and nothing of it was done.

    Attributes:
        text: the venue's words, untrusted; pass through `display` before showing.
    """

    reason: RejectReason
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """No proof either way.

    Attributes:
        cause: what happened to the request, in our words: ``timeout``, ``http 502``, ``unreadable
        reply``.
    """

    cause: str


Outcome = Accepted | Rejected | Unknown
