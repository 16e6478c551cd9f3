"""What one look at a venue saw, and when, by the venue's own clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from reconciler.model.identity import IdLayout
from reconciler.model.instrument import Instrument
from reconciler.model.order import ClientOrderId, Fill, Options, RestingOrder, VenueOrderId
from reconciler.model.rule import Rule

__all__ = [
    "Capabilities",
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
class OrderQuery:
    """Which order is asked about: by venue order id where that is known, else by ours.

    Attributes:
        placed_at_ms: venue time around which it was placed; some venues need it to find old orders.
    """

    instrument: str
    client_order_id: ClientOrderId | None = None
    venue_order_id: VenueOrderId | None = None
    placed_at_ms: int = 0


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
    """Best prices of an instrument; None where a side is empty."""

    bid: Decimal | None
    ask: Decimal | None


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
    """

    used: int
    cap: int
    cancel_cap: int | None = None

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
class VenueSnapshot:
    """One look.

    Attributes:
        account: whose orders these are.
        taken_at_ms: the venue's time of the oldest read in it.
        resting: every open order of the account, foreign ones too; unique by venue order id.
        positions: signed quantity by instrument; absent means flat.
        mids: middle prices (mark where there is none) by instrument.
        margins, wallets: what pays for orders, by instrument; absent where that was not read.
        quotes: best prices, only of instruments that were asked for.
        instruments: by name, at least those asked for that exist.
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
    mids: Mapping[str, Decimal] = field(default_factory=dict)
    margins: Mapping[str, Margin] = field(default_factory=dict)
    wallets: Mapping[str, Wallet] = field(default_factory=dict)
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    statuses: Mapping[OrderQuery, OrderStatus] = field(default_factory=dict)
    fills: tuple[Fill, ...] = ()
    budget: RequestBudget | None = None
    refused_options: tuple[tuple[Options, str], ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a venue can do, as far as planning depends on it.

    Attributes:
        can_modify: whether an order can be changed in one action.
        batch_items_max: most items in one request, of any kind.
        weight_divisor: a request of n items weighs 1 + n // this; 0 means 1 always.
        modify_keeps_client_order_id: whether a modify may carry any client order id.
        overfill_on_modify: whether a fill in flight during a modify adds to the new order.
        close_window_ms: how long after its expiry a lost request is watched before it counts as
        dead.
        ends_with_position: status words of orders that ended because their position did.
        rules: what it refuses beyond grid and minimum.
        meanings: its status words for people, each a clause.
    """

    id_layout: IdLayout
    can_modify: bool
    batch_items_max: int
    weight_divisor: int
    overfill_on_modify: bool
    close_window_ms: int
    ends_with_position: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)

    def weight(self, items: int) -> int:
        """Return the rate-limit weight of one request with so many items."""
        return 1 + (items // self.weight_divisor if self.weight_divisor else 0)
