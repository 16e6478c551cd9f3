"""An emergency: one venue entry to be cleared, where to look, and what became of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from reconciler.model.nonces import NonceLane
from reconciler.model.order import ClientOrderId, RestingOrder, VenueOrderId
from reconciler.model.state import State
from reconciler.ports import Clock, Progress, Venue

__all__ = [
    "Emergency",
    "PanicReport",
    "Places",
    "known_instruments",
    "known_orders",
    "last_expiry_ms",
    "occupied_instruments",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """One venue entry to be cleared.

    Attributes:
        tag: of project and lineage, all 32 bits.
        instruments: where to look first; the whole venue is looked at before it is clear.
        occupied: instruments of orders on record: one that the venue does not list is not clear.
        known_orders: our ids of orders on record by the venue's, for a venue that lost ours.
        open_until_ms: venue time of the last expiry on record, 0 when nothing is open.
        may_know_all: the record is fenced: no other run can send what is not on it.
        expires_after_ms: how long a request lives that is not on record.
        last_nonce: the largest that is known to be used.
        nonces: those that no other entry uses.
        signer: public name of the key the record knows, where only the key says whose account it
            is; else empty.
        record: takes orders that were cancelled and are gone; it must not raise.
    """

    venue: Venue
    clock: Clock
    progress: Progress
    tag: int
    instruments: frozenset[str]
    known_orders: Mapping[VenueOrderId, ClientOrderId]
    open_until_ms: int
    may_know_all: bool
    expires_after_ms: int
    last_nonce: int
    nonces: NonceLane = field(default_factory=NonceLane)
    signer: str = ""
    record: Callable[[frozenset[ClientOrderId]], Awaitable[None]] | None = None
    occupied: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class PanicReport:
    """What became of it.

    Attributes:
        cancelled: the venue took the cancel.
        gone: no cancel was confirmed, and they rest no more: filled, or cancelled all the same.
        left: of ours in the last look.
        foreign: open orders that are not ours, in the last look.
        looked_until_ms: venue time of the last look, 0 when there was none.
        problem: why it is not known to be clear; empty when it is.
    """

    cancelled: dict[VenueOrderId, RestingOrder] = field(default_factory=dict)
    gone: tuple[RestingOrder, ...] = ()
    left: tuple[RestingOrder, ...] = ()
    foreign: int = 0
    looked_until_ms: int = 0
    problem: str = ""


def known_instruments(state: State) -> frozenset[str]:
    """Return every instrument that a state knows an order of ours on."""
    recorded = {record.instrument for record in state.records.values()}
    return occupied_instruments(state) | state.instruments.keys() | recorded


def occupied_instruments(state: State) -> frozenset[str]:
    """Return the instruments of every order of ours that is, or may be, at the venue."""
    return frozenset(placement.terms.instrument for placement in state.placements.values())


def known_orders(state: State) -> dict[VenueOrderId, ClientOrderId]:
    """Return our id of every order of ours that may rest, by the venue's own."""
    return {
        leg.venue_order_id: placement.client_order_id
        for placement in state.placements.values()
        for leg in placement.legs
    }


def last_expiry_ms(state: State) -> int:
    """Return until when a request on record may still be executed; 0 when none is open."""
    return max((intent.expires_at_ms for intent in state.intents.values()), default=0)


@dataclass(slots=True, kw_only=True)
class Places:
    """Where to look: where ours are known to be, and the whole venue, which takes many reads.

    The whole is looked at once after the first cancels, and at the end, when nothing of ours shows
    and nothing new can come; in between a narrow look is the quicker one to find what comes late.

    Attributes:
        known: names that lead to orders of ours.
        everywhere: names that lead to the rest, None before they were read.
        is_wide: the look at hand is at the whole venue.
        was_wide: an earlier one was, and could be read in full.
        failures: how often `everywhere` could not be read.
    """

    known: frozenset[str]
    everywhere: frozenset[str] | None = None
    is_wide: bool = False
    was_wide: bool = False
    failures: int = 0

    def next(self, *, is_end: bool) -> frozenset[str]:
        """Return where the next look goes."""
        self.is_wide = self.everywhere is not None and (is_end or not self.was_wide)
        return self.known | (self.everywhere or frozenset()) if self.is_wide else self.known
