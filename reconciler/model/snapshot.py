"""What one look at a venue saw, and when, by the venue's own clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from reconciler.model.instrument import Instrument
from reconciler.model.numbers import ZERO
from reconciler.model.order import (
    ClientOrderId,
    Fill,
    Options,
    RestingOrder,
    Side,
    TriggerKind,
    VenueOrderId,
)

__all__ = [
    "Attached",
    "FillHistory",
    "Found",
    "Margin",
    "Missing",
    "NoAnswer",
    "OrderHistory",
    "OrderPhase",
    "OrderQuery",
    "OrderStatus",
    "Quote",
    "RequestBudget",
    "Sides",
    "VenueSnapshot",
    "Wallet",
]


class OrderPhase(StrEnum):
    """What a venue's status word means; a word that is not in its table is `UNKNOWN`."""

    RESTING = "resting"
    FILLED = "filled"
    CANCELLED_BY_USER = "cancelled-by-user"
    CANCELLED_BY_VENUE = "cancelled-by-venue"
    SIBLING_FILLED = "sibling-filled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self not in (OrderPhase.RESTING, OrderPhase.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Which order another is attached to, and as what.

    Attributes:
        known_as: the venue order that the parent was found as: ours may be forgotten by now.
    """

    parent: ClientOrderId
    kind: TriggerKind
    known_as: VenueOrderId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """Which order is asked about: by venue order id where that is known, else by ours.

    Attributes:
        placed_at_ms: venue time around which it was placed; some venues need it to find old orders.
        known_as: the newest venue order recorded under our id: a help for venues that forget ours.
        attached: for an order that has no id of its own yet, what it is attached to: a help too.
    """

    instrument: str
    client_order_id: ClientOrderId | None = None
    venue_order_id: VenueOrderId | None = None
    placed_at_ms: int = 0
    known_as: VenueOrderId | None = field(default=None, compare=False)
    attached: Attached | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The venue knows the order.

    Attributes:
        word: the venue's own status word.
        at_ms: venue time of that status.
    """

    order: RestingOrder
    phase: OrderPhase
    word: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The venue says it does not know the order. By itself this proves nothing.

    Attributes:
        as_of_ms: the venue's own time of that answer, read before it.
        is_id_kept: False where the venue is not known to keep the client order ids it is given:
            then the order may exist without the one that was asked for.
    """

    as_of_ms: int
    is_id_kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """The question failed; nothing is known."""

    cause: str


OrderStatus = Found | Missing | NoAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Best prices of an instrument; None where a side is empty.

    Attributes:
        buy_max, sell_min: the highest buy and the lowest sell the venue takes now; None where it
            has no such band.
    """

    bid: Decimal | None
    ask: Decimal | None
    buy_max: Decimal | None = None
    sell_min: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What pays for orders that open a position.

    Attributes:
        name: whose margin it is, for people: instruments of one name share what is free.
        free: in quote currency.
        leverage: of the account in the instrument, None where that was not read.
    """

    name: str
    free: Decimal
    leverage: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """What pays for spot orders: sells give away the base token, buys the quote token."""

    base: str
    quote: str
    base_free: Decimal
    quote_free: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBudget:
    """Orders and cancels that an account may still send, counted one by one.

    Attributes:
        cancel_cap: the larger cap that holds for cancels, None where there is but one.
        open_max: orders that may be open at the same time, None where the venue names no number.
        protective_open_max: with so many others open it takes no reduce-only or trigger order.
    """

    used: int
    cap: int
    cancel_cap: int | None = None
    open_max: int | None = None
    protective_open_max: int | None = None

    @property
    def left(self) -> int:
        """How many single items may still be sent."""
        return max(0, self.cap - self.used)

    @property
    def cancels_left(self) -> int:
        """How many more would still be taken if all of them were cancels."""
        return max(0, (self.cap if self.cancel_cap is None else self.cancel_cap) - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class FillHistory:
    """Executions of an account since a time, as far back as the venue still shows them.

    Attributes:
        fills: foreign orders' too; oldest first, each once.
        reaches_ms: every execution at this venue time or later is among them.
        is_complete: they reach back to the time that was asked for.
    """

    fills: tuple[Fill, ...]
    reaches_ms: int
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHistory:
    """What became of an account's orders, as far back as the venue still shows them.

    Attributes:
        orders: the newest status of each venue order, foreign ones' too; in no order.
        reaches_ms: every order placed at this venue time or later is among them.
        is_complete: they reach back to the time that was asked for.
    """

    orders: tuple[Found, ...]
    reaches_ms: int
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A long and a short position that a venue keeps side by side, both unsigned."""

    long: Decimal = ZERO
    short: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSnapshot:
    """One look.

    Attributes:
        account: whose orders these are.
        taken_at_ms: the venue's time of the oldest read in it.
        resting: every open order of the account, foreign ones too; unique by venue order id.
        positions: signed quantity by instrument; absent means flat.
        sides: longs and shorts by instrument, where the venue keeps both.
        shared_options: options that every order of an instrument must have now, such as the
            leverage of its position.
        mids: middle prices (mark where there is none) by instrument.
        margins, wallets: what pays for orders, by instrument; absent where that was not read.
        quotes: best prices, only of instruments that were asked for.
        instruments: by name, at least those asked for that exist.
        unplaceable: instruments of which it could not be read what they take now, and why.
        unlisted: names that were asked for and that the venue does not have; of orders that were
            there it proves nothing.
        statuses: answers to lookups, by the query.
        fills: executions read, empty when none were asked for.
        refused_options: options of orders that the account may not send, and why.
        problems: why the look is incomplete; empty means complete.
    """

    venue: str
    account: str
    taken_at_ms: int
    resting: tuple[RestingOrder, ...]
    positions: Mapping[str, Decimal] = field(default_factory=dict)
    sides: Mapping[str, Sides] = field(default_factory=dict)
    shared_options: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    mids: Mapping[str, Decimal] = field(default_factory=dict)
    margins: Mapping[str, Margin] = field(default_factory=dict)
    wallets: Mapping[str, Wallet] = field(default_factory=dict)
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    unplaceable: Mapping[str, str] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()
    statuses: Mapping[OrderQuery, OrderStatus] = field(default_factory=dict)
    fills: tuple[Fill, ...] = ()
    budget: RequestBudget | None = None
    refused_options: tuple[tuple[Options, str], ...] = ()
    problems: tuple[str, ...] = ()

    def reducible(self, instrument: str, side: Side) -> Decimal:
        """Return how much reduce-only orders of a side could close in all."""
        both = self.sides.get(instrument)
        if both is not None:
            return both.long if side is Side.SELL else both.short
        return max(ZERO, -self.positions.get(instrument, ZERO) * side.sign)
