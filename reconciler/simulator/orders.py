"""Orders and fills as the engine knows them, and the venue's words for what became of them.

Status words are Hyperliquid's (page `info-endpoint`, "Order statuses", checked 2026-08-22). Only
`open` and `triggered` are not final.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from reconciler.simulator.numbers import ZERO

if TYPE_CHECKING:
    from reconciler.simulator.accounts import Account
    from reconciler.simulator.markets import Instrument

OPEN = "open"
TRIGGERED = "triggered"
FILLED = "filled"
CANCELED = "canceled"
SCHEDULED_CANCEL = "scheduledCancel"
MARGIN_CANCELED = "marginCanceled"
SELF_TRADE_CANCELED = "selfTradeCanceled"
REDUCE_ONLY_CANCELED = "reduceOnlyCanceled"
SIBLING_FILLED_CANCELED = "siblingFilledCanceled"
DELISTED_CANCELED = "delistedCanceled"
IOC_CANCEL_REJECTED = "iocCancelRejected"
NO_LIQUIDITY_REJECTED = "marketOrderNoLiquidityRejected"
CANCELS_BY_VENUE = frozenset(
    {
        MARGIN_CANCELED,
        SELF_TRADE_CANCELED,
        REDUCE_ONLY_CANCELED,
        SIBLING_FILLED_CANCELED,
        DELISTED_CANCELED,
        SCHEDULED_CANCEL,
        "vaultWithdrawalCanceled",
        "openInterestCapCanceled",
        "liquidatedCanceled",
        "outcomeSettledCanceled",
        "internalCancel",
    }
)

TriggerKind = Literal["tp", "sl"]
Grouping = Literal["na", "normalTpsl", "positionTpsl"]


class TimeInForce(StrEnum):
    """How long an order may live, by the venue's word."""

    POST_ONLY = "Alo"
    GTC = "Gtc"
    IOC = "Ioc"
    MARKET = "FrontendMarket"

    @property
    def is_immediate(self) -> bool:
        """Tell whether what does not match at once is cancelled."""
        return self in (TimeInForce.IOC, TimeInForce.MARKET)


class Phase(StrEnum):
    """Where a live order is: each may be cancelled, only one can be matched."""

    WAITING = "waiting"
    """A child whose parent has not filled."""
    ARMED = "armed"
    """A trigger order watching the mark price."""
    BOOK = "book"
    """Working: resting, or matching at this moment."""
    DONE = "done"
    """Not live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """When a trigger order fires.

    Attributes:
        is_market: what does not match on firing is cancelled.
        price: mark price to reach, in quote currency.
    """

    price: Decimal
    is_market: bool
    kind: TriggerKind

    def fires_above(self, *, is_buy: bool) -> bool:
        """Tell the direction: a stop buy and a take-profit sell fire on a rise."""
        return is_buy == (self.kind == "sl")

    def is_crossed_by(self, mark: Decimal, *, is_buy: bool) -> bool:
        """Tell whether a mark price has reached the trigger."""
        return mark >= self.price if self.fires_above(is_buy=is_buy) else mark <= self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a client asks for.

    Attributes:
        price: limit price; for a market trigger the worst price.
        quantity: in base units; 0 only for a trigger on the whole position.
        time_in_force: of a trigger order what it becomes when it fires.
        builder_fee: tenths of a basis point of each fill that go to the builder.
    """

    instrument: Instrument
    is_buy: bool
    price: Decimal
    quantity: Decimal
    time_in_force: TimeInForce = TimeInForce.GTC
    is_reduce_only: bool = False
    cloid: str | None = None
    trigger: Trigger | None = None
    grouping: Grouping = "na"
    builder_fee: int = 0

    @property
    def is_whole_position(self) -> bool:
        """Tell whether the quantity is decided when the trigger fires."""
        return self.trigger is not None and self.is_reduce_only and self.quantity == ZERO


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """One order's life. Changed only by the functions of `world`, which keep the indexes right.

    Attributes:
        quantity: as asked for; of a whole-position trigger set when it fires.
        remaining: what could still fill; `remaining + filled == quantity` always.
        value: sum of price x quantity over its fills.
        fired_at_ms: when its trigger fired, if it has.
        parent: the order whose complete fill it waits for.
        siblings: orders which end when this one fills.
        told_status: what reads say of it in place of `status`; empty for the truth.
        is_unlisted: left out of lists of open orders, live or not.
    """

    oid: int
    terms: Terms
    account: Account
    placed_at_ms: int
    quantity: Decimal
    remaining: Decimal
    filled: Decimal = ZERO
    value: Decimal = ZERO
    status: str = OPEN
    status_at_ms: int = 0
    phase: Phase = Phase.BOOK
    fired_at_ms: int | None = None
    parent: Order | None = None
    children: tuple[Order, ...] = ()
    siblings: tuple[Order, ...] = ()
    is_resting: bool = False
    was_short_of_margin: bool = False
    told_status: str = ""
    is_unlisted: bool = False

    @property
    def is_live(self) -> bool:
        """Tell whether it can still be cancelled."""
        return self.phase is not Phase.DONE

    @property
    def is_untriggered(self) -> bool:
        """Tell whether it is a trigger order which has not fired."""
        return self.terms.trigger is not None and self.fired_at_ms is None

    @property
    def average_price(self) -> Decimal:
        """Average price of its fills; only after the first."""
        assert self.filled > ZERO, "an order without fills has no average price"
        return self.value / self.filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution, seen by one of its two sides.

    Attributes:
        is_crossing: this side took.
        fee: positive when paid, in `fee_token`; the builder's part is in it.
        start_position: signed base quantity before the fill.
        direction: the venue's words, as `Open Long`.
        trade_id: the same on both sides.
    """

    at_ms: int
    instrument: Instrument
    oid: int
    cloid: str | None
    is_buy: bool
    price: Decimal
    quantity: Decimal
    is_crossing: bool
    fee: Decimal
    fee_token: str
    start_position: Decimal
    direction: str
    closed_pnl: Decimal
    trade_id: int
    builder_fee: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an order did not come to be.

    Attributes:
        text: the venue's sentence, without ` asset=N`.
        status: what `orderStatus` says of it; None when it takes no venue order id.
    """

    text: str
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The order was accepted; it rests, has filled, or both."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """A child was accepted and is listed, but its venue order id is not told.

    Attributes:
        waits_for_fill: its parent still rests; otherwise it waits for its trigger.
    """

    order: Order
    waits_for_fill: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The order was refused.

    Attributes:
        asset: set when the venue found the fault while executing: it then names the asset.
    """

    refusal: Refusal
    asset: int | None = None


Outcome = Placed | Deferred | Refused


@dataclass(frozen=True, slots=True)
class OrderState:
    """The changing fields of an order at one moment, kept so that reads can show the past."""

    order: Order
    quantity: Decimal
    remaining: Decimal
    filled: Decimal
    status: str
    status_at_ms: int
    phase: Phase
    fired_at_ms: int | None
    was_resting: bool
