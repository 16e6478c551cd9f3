"""What can happen to a state: one small record a kind, each becomes one line of the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.model.instrument import Instrument
from reconciler.model.numbers import ZERO
from reconciler.model.order import ClientOrderId, OrderAddress, RestingOrder, VenueOrderId
from reconciler.model.outcome import Outcome
from reconciler.model.state import Ending, EndReason, HolderRecord, Intent, Leg

__all__ = [
    "Adopted",
    "Approved",
    "Event",
    "Forgotten",
    "HaltLifted",
    "Halted",
    "HistoryRead",
    "Initialised",
    "InstrumentsRead",
    "IntentWritten",
    "Moved",
    "Named",
    "Observation",
    "Observed",
    "OutcomesWritten",
    "Overridden",
    "PanicCancelled",
    "Relabelled",
    "Resolved",
    "SettledByPerson",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """The first event: what this journal is of."""

    project: str
    venue: str
    kind: str
    network: str
    account: str
    lineage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentWritten:
    """A request is about to be sent. Nothing is sent before this is durable."""

    intent: Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentsRead:
    """The venue's grids of instruments, new or changed since they were last written."""

    instruments: tuple[Instrument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesWritten:
    """What the venue answered, one outcome an item, in the intent's order."""

    nonce: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a look showed of one placement.

    Attributes:
        legs: those with something new.
        ending: set when the placement is over, with every leg settled.
        word: the venue's status word.
    """

    client_order_id: ClientOrderId
    legs: tuple[Leg, ...] = ()
    ending: EndReason | None = None
    word: str = ""
    at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A look showed something new; a look that shows nothing new writes nothing."""

    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """An unknown item of an intent was closed, with its proof.

    Attributes:
        index: of the item, from 0.
        verdict: ``found``, ``never-placed``, ``done`` or ``blocked``.
        proof: what was read, in words and numbers that can be checked again.
        venue_order_id: for ``found``.
    """

    nonce: int
    index: int
    verdict: str
    proof: str
    venue_order_id: VenueOrderId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """An order at the venue was bound to an address."""

    client_order_id: ClientOrderId
    address: OrderAddress
    holder: OrderAddress
    generation: int
    incarnation: int
    order: RestingOrder
    budget: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """An address left the specs and has no order; its record stays."""

    address: OrderAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An address was renamed without touching the venue."""

    origin: OrderAddress
    destination: OrderAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabelled:
    """Orders of ladders are called by other names than before; nothing else about them changes.

    Attributes:
        labels: the new address, by client order id.
    """

    labels: Mapping[ClientOrderId, OrderAddress]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRead:
    """The record was compared with the venue's fills, or made anew from them.

    Attributes:
        records: what filled beyond what is recorded; holders nobody could name among them
            (`reconciler.model.identity.unnamed_holder`).
        reaches_ms: every fill at this venue time or later was read.
        until_ms: venue time up to which the record is now as the venue's fills.
        unknown_before_ms: fills before this venue time may be missing; 0 when none may.
        last_incarnation: none above it was ever used.
        last_nonce: none above it was ever used.
        new_notional_by_day: quote currency seen to have been sent, by UTC day.
        unshown: orders that ended in the look before, with more filled than the fills read show:
            they filled while those were read.
        endings: how orders that do not rest ended, the last one of each slot.
    """

    records: tuple[HolderRecord, ...]
    reaches_ms: int
    until_ms: int
    unknown_before_ms: int = 0
    last_incarnation: int = 0
    last_nonce: int = 0
    new_notional_by_day: Mapping[str, Decimal] = field(default_factory=dict)
    unshown: tuple[VenueOrderId, ...] = ()
    endings: tuple[Ending, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A spec declares a holder whose fills were found in the history when nobody could name it.

    Attributes:
        origin: the stand-in its record was kept under.
    """

    origin: OrderAddress
    holder: OrderAddress
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A person approved what a book says."""

    book: str
    intent_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """A person set a rule aside for one run."""

    rule: str
    plan_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """Nothing may be placed or modified from here on."""

    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltLifted:
    """Placing is allowed again."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanicCancelled:
    """A panic asked the venue to cancel these orders, and they are gone: our own cancels.

    Recorded afterwards, for a panic waits for no record.
    """

    client_order_ids: tuple[ClientOrderId, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledByPerson:
    """A person said how much of an address was filled, where no venue can say any more."""

    address: OrderAddress
    holder: OrderAddress
    generation: int
    filled: Decimal
    by: str


Event = (
    Initialised
    | InstrumentsRead
    | IntentWritten
    | OutcomesWritten
    | Observed
    | Resolved
    | Adopted
    | Forgotten
    | Moved
    | Relabelled
    | HistoryRead
    | Named
    | Approved
    | Overridden
    | Halted
    | HaltLifted
    | PanicCancelled
    | SettledByPerson
)
