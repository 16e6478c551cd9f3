"""Orders and fills as the engine knows them, and the venue's numbers for what became of them.

Status numbers are HTX's (coin-margined swap documentation, "Get Information of an Order", and FAQ
questions 8 and 11, checked 2025-11).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.past import Versioned
from reconciler.simulator.numbers import ZERO

if TYPE_CHECKING:
    from reconciler.simulator.htx.accounts import Account

RESTING = 3
PARTLY_FILLED = 4
PARTLY_CANCELLED = 5
FILLED = 6
CANCELLED = 7
CANCELLING = 11
LIVE = frozenset({RESTING, PARTLY_FILLED, CANCELLING})

TIMED_OUT = "timeout-canceled-order"
SELF_DEALING = "prevent-self-dealing"

StopKind = Literal["tp", "sl"]

DEPTHS = {"opponent": 1, "optimal_5": 5, "optimal_10": 10, "optimal_20": 20}
"""Types without a price of their own: they take that of the opposite book, so many levels deep."""

PRICED = ("limit", "post_only", "ioc", "fok")
ORDER_PRICE_TYPES = frozenset(
    {*PRICED, *DEPTHS, *(f"{each}_{end}" for each in DEPTHS for end in ("ioc", "fok"))}
)
STOP_PRICE_TYPES = frozenset({"limit", "optimal_5", "optimal_10", "optimal_20"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A take-profit or stop-loss which an opening order carries.

    Attributes:
        price: limit price, for the price type `limit`.
    """

    kind: StopKind
    trigger_price: Decimal
    price: Decimal | None
    price_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a client asks for.

    Attributes:
        is_open: it opens a position; otherwise it closes one.
        price: limit price; of a type without one, decided when it arrives.
        volume: contracts.
        price_type: the venue's `order_price_type`.
        prevents_self_match: the incoming order is cancelled rather than matched with an own one.
        source: the venue's `order_source`.
    """

    contract: Contract
    is_buy: bool
    is_open: bool
    price: Decimal
    volume: int
    leverage: int
    price_type: str = "limit"
    client_id: int | None = None
    attached: tuple[Attached, ...] = ()
    prevents_self_match: bool = True
    source: str = "api"

    @property
    def is_immediate(self) -> bool:
        """Tell whether what does not match at once is cancelled."""
        return self.price_type.endswith(("ioc", "fok"))

    @property
    def is_all_or_nothing(self) -> bool:
        """Tell whether it matches in full or not at all."""
        return self.price_type.endswith("fok")

    @property
    def is_long(self) -> bool:
        """Tell whether it is about the long position: buying opens it, selling closes it."""
        return self.is_buy == self.is_open

    @property
    def trade_type(self) -> int:
        """The venue's number: 1 open long, 2 open short, 3 close short, 4 close long."""
        if self.is_open:
            return 1 if self.is_buy else 2
        return 3 if self.is_buy else 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The changing part of an order.

    Attributes:
        filled: contracts.
        coins: their value in the coin, at the prices of its fills.
        fee: in the coin, negative when paid.
        profit: in the coin, of closing fills.
        cancelled_at_ms: 0 unless it was cancelled.
    """

    status: int = RESTING
    filled: int = 0
    coins: Decimal = ZERO
    fee: Decimal = ZERO
    profit: Decimal = ZERO
    updated_at_ms: int = 0
    cancelled_at_ms: int = 0
    cancelled_source: str | None = None

    @property
    def is_live(self) -> bool:
        """Tell whether it may still fill."""
        return self.status in LIVE


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """One order's life. Changed only by the functions of `world`, which keep the indexes right."""

    oid: int
    terms: Terms
    account: Account
    placed_at_ms: int
    progress: Versioned[Progress]
    is_resting: bool = False

    @property
    def status(self) -> int:
        """The venue's number for what became of it."""
        return self.progress.value.status

    @property
    def is_live(self) -> bool:
        """Tell whether it may still fill."""
        return self.progress.value.is_live

    @property
    def filled(self) -> int:
        """Contracts filled."""
        return self.progress.value.filled

    @property
    def remaining(self) -> int:
        """Contracts which could still fill."""
        return self.terms.volume - self.progress.value.filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution, seen by one of its two sides.

    Attributes:
        number: rises by every fill of the venue; the venue's `query_id`.
        match_id: shared by all fills of one taker.
        fee, profit: in the coin; a fee is negative when paid.
    """

    number: int
    at_ms: int
    order: Order
    price: Decimal
    volume: int
    is_taker: bool
    fee: Decimal
    profit: Decimal
    match_id: int

    @property
    def trade_id(self) -> str:
        """The venue's unique id of this side of the trade."""
        return f"{self.match_id}-{self.order.oid}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopProgress:
    """The changing part of a take-profit or stop-loss.

    Attributes:
        status: 1 waits for its order, 2 watches the price, 4 placed, 5 failed, 6 cancelled, 12
            ended with its order.
        placed_oid: the order it became.
        fail_code: why it could not become one.
    """

    status: int = 1
    volume: int = 0
    updated_at_ms: int = 0
    placed_oid: int | None = None
    fail_code: int | None = None


STOP_WAITING, STOP_WATCHING, STOP_PLACED, STOP_FAILED, STOP_CANCELLED, STOP_ENDED = (
    1,
    2,
    4,
    5,
    6,
    12,
)
STOP_LIVE = frozenset({STOP_WAITING, STOP_WATCHING})


@dataclass(slots=True, kw_only=True, eq=False)
class Stop:
    """A take-profit or stop-loss: always closing, without a client order id."""

    oid: int
    parent: Order
    attached: Attached
    created_at_ms: int
    progress: Versioned[StopProgress]
    sibling: Stop | None = None

    @property
    def is_buy(self) -> bool:
        """Tell the side of the order it becomes."""
        return not self.parent.terms.is_buy

    @property
    def fires_above(self) -> bool:
        """Tell the direction: a take-profit of a long and a stop-loss of a short fire on a rise."""
        return (self.attached.kind == "tp") == self.parent.terms.is_buy

    @property
    def status(self) -> int:
        """The venue's number for what became of it."""
        return self.progress.value.status
