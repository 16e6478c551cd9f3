"""What is recorded of one venue entry: who owns which budget, what was placed, what is still open.

The journal of events is the truth; `State` is what folding them gives
(`reconciler.model.transitions`). Evidence of fills only ever grows: for each venue order (a leg)
the largest executed quantity ever seen counts, so that reading the same thing twice, or in another
order, changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from reconciler.model.instrument import Instrument
from reconciler.model.late import LATE
from reconciler.model.numbers import ZERO, format_decimal
from reconciler.model.order import ClientOrderId, OrderAddress, Side, Terms, VenueOrderId

__all__ = [
    "Approval",
    "EndReason",
    "Ending",
    "Halt",
    "HolderKey",
    "HolderRecord",
    "Intent",
    "IntentItem",
    "IntentOperation",
    "ItemStatus",
    "Leg",
    "Placement",
    "PlacementPhase",
    "Refusal",
    "State",
    "rung_slot",
    "slot_of",
]

HolderKey = tuple[OrderAddress, int]
"""(holder, generation)."""


class PlacementPhase(StrEnum):
    """Whether the venue has confirmed the placement."""

    SENT = "sent"
    LIVE = "live"


class EndReason(StrEnum):
    """Why an address has no order any more."""

    FILLED = "filled"
    OWN_CANCEL = "own-cancel"
    BY_USER = "cancelled-by-user"
    BY_VENUE = "cancelled-by-venue"
    SIBLING_FILLED = "sibling-filled"
    REJECTED = "rejected"
    NEVER_PLACED = "never-placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One venue order of a placement; a modify adds a leg.

    Attributes:
        price: its limit price: what a ladder rung is known by.
        filled: the most that was ever seen executed.
        is_settled: whether `filled` is final.
    """

    venue_order_id: VenueOrderId
    price: Decimal
    quantity: Decimal
    filled: Decimal = ZERO
    is_settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One order of ours that is, or may be, at the venue.

    Attributes:
        terms: as last sent.
        legs: in the order they were made; the last one is current.
        is_cancel_requested: we asked the venue to cancel it, or moved it to another holder.
        sent_at_ms: nonce time of the first request.
        refused_before: how often the same order had been refused when the venue took this one; it
            counts on when the book refuses it after all.
    """

    client_order_id: ClientOrderId
    address: OrderAddress
    holder: OrderAddress
    generation: int
    incarnation: int
    terms: Terms
    phase: PlacementPhase
    legs: tuple[Leg, ...] = ()
    is_cancel_requested: bool = False
    sent_at_ms: int = 0
    refused_before: int = 0

    @property
    def key(self) -> HolderKey:
        """Whose budget it spends."""
        return (self.holder, self.generation)

    @property
    def filled(self) -> Decimal:
        """What has executed over all its legs."""
        return sum((leg.filled for leg in self.legs), ZERO)

    @property
    def current_leg(self) -> Leg | None:
        """The newest venue order, or None before the venue named one."""
        return self.legs[-1] if self.legs else None

    def legs_until(self, target: VenueOrderId | None) -> frozenset[VenueOrderId]:
        """Return the venue orders that were there before a request to change `target`.

        One that was recorded after that may be what the request brought. Before a request to
        place, which has no target, there was none.
        """
        ids = [leg.venue_order_id for leg in self.legs]
        before = ids[: ids.index(target)] if target in ids else []
        return frozenset(before) | (frozenset() if target is None else {target})


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRecord:
    """What one generation of a holder has done; it outlives its spec.

    Attributes:
        quantity: the largest budget ever sent for.
        filled_at: executed quantity of ended placements by limit price.
        last_fill_at_ms: venue time, 0 when nothing filled.
        has_history_gap: more may have filled than is recorded; nothing is sent until a person says.
    """

    holder: OrderAddress
    generation: int
    instrument: str
    side: Side
    quantity: Decimal
    filled_at: Mapping[Decimal, Decimal] = field(default_factory=dict)
    last_fill_at_ms: int = 0
    has_history_gap: bool = False

    @property
    def filled(self) -> Decimal:
        """What ended placements executed."""
        return sum(self.filled_at.values(), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the last placement of an address ended.

    Attributes:
        word: the venue's status word or reject text, untrusted.
        terms: what it was, to tell a rename from a new order.
        is_recovered: read from the venue after the state was lost; a cancel may have been ours.
    """

    address: OrderAddress
    holder: OrderAddress
    generation: int
    reason: EndReason
    word: str
    terms: Terms
    at_ms: int
    is_recovered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How often an address was refused at entry with the same terms and generation.

    Attributes:
        is_transient: whether the last reason may pass by itself.
    """

    address: OrderAddress
    generation: int
    count: int
    reason: str
    text: str
    is_transient: bool
    terms: Terms


class IntentOperation(StrEnum):
    """What one item of an intent does."""

    PLACE = "place"
    MODIFY = "modify"
    CANCEL = "cancel"


class ItemStatus(StrEnum):
    """What is known of one item of an intent."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentItem:
    """One order an intent touches.

    Attributes:
        client_order_id: what the order carries afterwards (place, modify), or the cancelled one's.
        source_client_order_id: the order a modify takes over, when that is another placement.
        target: the venue order that is modified or cancelled, or that a lost place was found as.
        terms: what is placed, None for a cancel.
        budget: quantity of the holder at the time, zero for a cancel.
        instrument: of the order that is cancelled; what is placed says it in its terms. The order
            may be off the record when somebody asks what became of its cancel.
    """

    operation: IntentOperation
    address: OrderAddress
    holder: OrderAddress
    generation: int
    client_order_id: ClientOrderId
    incarnation: int
    source_client_order_id: ClientOrderId | None = None
    target: VenueOrderId | None = None
    terms: Terms | None = None
    budget: Decimal = ZERO
    status: ItemStatus = ItemStatus.OPEN
    instrument: str = field(default="", metadata=LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One request that was, or may have been, sent.

    Attributes:
        nonce: unique in this state; names the intent.
        body: the whole unsigned canonical action.
        notional_new: value of what it newly places, in quote currency.
    """

    nonce: int
    expires_at_ms: int
    kind: str
    items: tuple[IntentItem, ...]
    body: str
    notional_new: Decimal = ZERO
    signer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Which intent of a book a person approved."""

    book: str
    intent_id: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Nothing may be placed or modified until `resume`."""

    by: str
    why: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The fold of one venue entry's journal.

    Attributes:
        serial: number of events in the journal.
        digest: of the last event; chains the journal.
        placements: of ours that are or may be at the venue, by client order id.
        records: by (holder, generation), for ever.
        endings: by slot (`slot_of`), of the last placement that ended.
        refusals: by address, since the last change of terms.
        intents: those with an open or unknown item, by nonce.
        new_notional_by_day: quote currency sent, by UTC day ``2025-01-31``.
        instruments: grids as last read before sending, so that an idle run needs no metadata.
        synced_at_ms: venue time up to which the record was last compared with the venue's fills, 0
            before the first time: `born_at_ms` is of our clock, which may be wrong.
        ended_fills: final fills of venue orders that ended since then, by venue order id.
        unknown_before_ms: fills before this venue time may be missing; 0 when none may. Set when a
            lost state was recovered from a history that does not reach back to its birth.
        signer: public name of the key with which the venue took a request last; empty before that.
        lately_ended: when venue orders ended whose end the venue showed within the last minute or
            so, by venue order id: a list that is behind may still have them.
    """

    project: str
    venue: str
    kind: str
    network: str
    account: str
    lineage: str
    serial: int = 0
    digest: str = ""
    born_at_ms: int = 0
    last_incarnation: int = 0
    last_nonce: int = 0
    placements: Mapping[ClientOrderId, Placement] = field(default_factory=dict)
    records: Mapping[HolderKey, HolderRecord] = field(default_factory=dict)
    endings: Mapping[OrderAddress, Ending] = field(default_factory=dict)
    refusals: Mapping[OrderAddress, Refusal] = field(default_factory=dict)
    intents: Mapping[int, Intent] = field(default_factory=dict)
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    new_notional_by_day: Mapping[str, Decimal] = field(default_factory=dict)
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    halt: Halt | None = None
    synced_at_ms: int = 0
    ended_fills: Mapping[VenueOrderId, Decimal] = field(default_factory=dict)
    unknown_before_ms: int = 0
    signer: str = ""
    lately_ended: Mapping[VenueOrderId, int] = field(default_factory=dict, metadata=LATE)


def slot_of(ended: Placement | Ending) -> OrderAddress:
    """Return what the end of an order is kept under: its address, for a rung ladder and price.

    The index of a rung is a label that another rung may carry tomorrow; its price is what it is.
    """
    if ended.address.startswith(f"{ended.holder}["):
        return rung_slot(ended.holder, ended.terms.price)
    return ended.address


def rung_slot(ladder: OrderAddress, price: Decimal) -> OrderAddress:
    """Return the slot of the rung of a ladder at a price."""
    return OrderAddress(f"{ladder}[@{format_decimal(price)}]")
