"""Orders as people want them, as they are sent and as a venue shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from reconciler.diagnostics import Span
from reconciler.model.late import LATE
from reconciler.model.numbers import ZERO

__all__ = [
    "ClientOrderId",
    "DesiredBook",
    "DesiredOrder",
    "Execution",
    "Fill",
    "FillPolicy",
    "GoneByUser",
    "GoneByVenue",
    "Holder",
    "Ladder",
    "Options",
    "OrderAddress",
    "Replenish",
    "RestingOrder",
    "Side",
    "Spacing",
    "Terms",
    "TimeInForce",
    "Trigger",
    "TriggerKind",
    "VenueOrderId",
    "declared_instruments",
    "parent_of",
]

OrderAddress = NewType("OrderAddress", str)
"""Stable name of an order: ``btc.dip``, ``btc.bids[3]``, ``btc.swing.stop_loss``."""

ClientOrderId = NewType("ClientOrderId", str)
"""Ours, in the venue's own text form: ``0x`` and 32 hex digits, or a decimal integer."""

VenueOrderId = NewType("VenueOrderId", str)
"""Theirs, as text whatever the venue's JSON type is."""


Options = tuple[tuple[str, str], ...]
"""A venue's own settings of an order, sorted by name, values as text."""


class Side(StrEnum):
    """Buy or sell."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class TimeInForce(StrEnum):
    """How long an order may live."""

    GTC = "gtc"
    IOC = "ioc"


class TriggerKind(StrEnum):
    """What a trigger protects."""

    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"


class Execution(StrEnum):
    """What a fired trigger sends."""

    LIMIT = "limit"
    MARKET = "market"


class FillPolicy(StrEnum):
    """What a fill means for the holder: an end, or a reason to refill."""

    DONE = "done"
    REPLENISH = "replenish"


class GoneByUser(StrEnum):
    """What an unattended run does about an order which a person cancelled."""

    HOLD = "hold"
    PLACE_AGAIN = "place_again"


class GoneByVenue(StrEnum):
    """What is done about an order which the venue cancelled."""

    HOLD = "hold"
    PLACE_AGAIN = "place_again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """When a dormant order wakes.

    Attributes:
        price: the mark price that fires it, in quote currency.
    """

    kind: TriggerKind
    price: Decimal
    execution: Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is sent and what then rests.

    Attributes:
        price: limit price; for a market trigger the worst price accepted.
        quantity: base units or contracts; zero only for a trigger on a whole position.
        options: the venue's own, sorted by name, values as text.
    """

    instrument: str
    side: Side
    price: Decimal
    quantity: Decimal
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = True
    reduce_only: bool = False
    trigger: Trigger | None = None
    options: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replenish:
    """How a holder refills (`on_fill: replenish`).

    Attributes:
        refill_below: refill when less than this is live; None means only when nothing is.
        total_max: most that may fill over the generation.
        cooldown_s: seconds since the last fill before anything is refilled.
    """

    refill_below: Decimal | None
    total_max: Decimal
    cooldown_s: int


class Spacing(StrEnum):
    """How rung prices are spread: equal differences or equal ratios."""

    LINEAR = "linear"
    GEOMETRIC = "geometric"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """A ladder as declared, before the venue's grid is applied.

    Attributes:
        start: price of rung 0, in quote currency.
        end: price of the last rung; equal to `start` only when there is one level.
        weights: relative size of each rung from `start` to `end`; positive, as many as levels.
        template: terms of every rung; its price and quantity mean nothing.
    """

    start: Decimal
    end: Decimal
    levels: int
    spacing: Spacing
    weights: tuple[Decimal, ...]
    template: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredOrder:
    """One order as declared; `terms.quantity` is its whole quantity, fills not deducted.

    Attributes:
        children: attached take-profit and stop-loss, in that order.
        source: where it was declared; for a rung, the ladder.
    """

    address: OrderAddress
    terms: Terms
    source: Span
    children: tuple["DesiredOrder", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What owns a budget: one order, or a whole ladder.

    Attributes:
        address: ``btc.dip`` or ``btc.bids``.
        generation: bumped by the user to arm the budget anew.
        quantity: the budget.
        orders: the single order, or the rungs from `from` to `to`; empty for a ladder whose
            instrument's grid has not been applied yet (`reconciler.spec.expand`).
        ladder: how the rungs come about, None for a single order.
        expires_at_ms: venue time after which the holder counts as removed, or None.
        may_modify: False when the user asked for `change: replace`.
    """

    address: OrderAddress
    generation: int
    instrument: str
    side: Side
    quantity: Decimal
    source: Span
    orders: tuple[DesiredOrder, ...] = ()
    ladder: Ladder | None = None
    on_fill: FillPolicy = FillPolicy.DONE
    replenish: Replenish | None = None
    on_user_cancel: GoneByUser = GoneByUser.HOLD
    on_venue_cancel: GoneByVenue = GoneByVenue.HOLD
    expires_at_ms: int | None = None
    may_modify: bool = True
    prevent_cancel: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredBook:
    """The orders one spec declares, sorted by address of the holder.

    Attributes:
        venue: the name of the venue entry in the project file.
        moved: from address to address: renames which leave the venue alone.
    """

    name: str
    venue: str
    path: str
    holders: tuple[Holder, ...]
    moved: Mapping[OrderAddress, OrderAddress] = field(default_factory=dict)
    position_protection: tuple[DesiredOrder, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RestingOrder:
    """An order as a venue shows it.

    Attributes:
        quantity: as placed.
        remaining: what is left, never above `quantity`.
        venue_time_in_force: the venue's own word, shown to people, never compared.
        placed_at_ms: venue time.
        is_position_sized: a trigger order whose quantity is the whole position.
        has_fired: it was a trigger order, and works as a plain one since.
        is_dormant: an attached order that waits for its parent to fill.
    """

    venue_order_id: VenueOrderId
    client_order_id: ClientOrderId | None
    instrument: str
    side: Side
    price: Decimal
    quantity: Decimal
    remaining: Decimal
    reduce_only: bool = False
    trigger: Trigger | None = None
    venue_time_in_force: str = ""
    placed_at_ms: int = 0
    is_position_sized: bool = False
    has_fired: bool = field(default=False, metadata=LATE)
    is_dormant: bool = field(default=False, metadata=LATE)

    @property
    def filled(self) -> Decimal:
        """What has executed of it."""
        return max(ZERO, self.quantity - self.remaining)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution against an order of ours or another.

    Attributes:
        fill_id: unique at the venue for this account.
    """

    fill_id: str
    venue_order_id: VenueOrderId
    client_order_id: ClientOrderId | None
    instrument: str
    side: Side
    price: Decimal
    quantity: Decimal
    at_ms: int


def declared_instruments(books: Iterable[DesiredBook]) -> frozenset[str]:
    """Return the instruments that books name."""
    found = list(books)
    named = [holder.instrument for book in found for holder in book.holders]
    protected = [o.terms.instrument for book in found for o in book.position_protection]
    return frozenset(named + protected)


def parent_of(address: OrderAddress) -> OrderAddress | None:
    """Return whose take profit or stop loss an address is; None for an order of its own.

    What protects a whole position has no parent.
    """
    head, _, name = address.rpartition(".")
    if name not in _TRIGGER_NAMES or "." not in head or head.endswith(_OF_POSITION):
        return None
    return OrderAddress(head)


_TRIGGER_NAMES = frozenset(TriggerKind)
_OF_POSITION = ".position_protection"
