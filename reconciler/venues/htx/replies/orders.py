"""Orders as `swap_openorders`, `swap_order_info` and `swap_order_detail` show them.

Pure. Source: pages 5d51a6ad, 5d51a400 and 5d51a565, checked 2025-11-26. Numbers are JSON numbers of
up to 54 digits, ids are larger than 2^53 and are read from their text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciler.model.numbers import ZERO
from reconciler.model.order import ClientOrderId, RestingOrder, Side, VenueOrderId
from reconciler.model.snapshot import OrderPhase
from reconciler.venues.htx.rules import NOT_OURS
from reconciler.venues.shape import (
    WHOLE_DIGITS_MAX,
    Malformed,
    Record,
    any_number,
    digits,
    each,
    identifier,
    integer,
    moment_ms,
    record,
    text,
)

__all__ = [
    "BY_US",
    "BY_VENUE",
    "OrderPage",
    "Seen",
    "created_ms_of",
    "found_order",
    "found_orders",
    "order_page",
]

BY_VENUE: Final = "order_id"
BY_US: Final = "client_order_id"
# What ends a post-only order this soon after it came is the venue, which found that it would match.
CROSSED_WITHIN_MS: Final = 1_000
CLIENT_ORDER_ID_MAX: Final = 2**63 - 1
_DIGITS: Final = re.compile(r"[0-9]{1,19}")
_RESTING: Final = {1: "preparing", 2: "queued", 3: "resting", 4: "partly filled", 11: "cancelling"}
_WORDS: Final = {
    **_RESTING,
    5: "cancelled after a partial fill",
    6: "filled",
    7: "cancelled",
    10: "failed",
}
_OF_THE_VENUE: Final = ("timeout-canceled-order", "prevent-self-dealing")
_SNOWFLAKE_EPOCH_MS: Final = 1_420_041_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An order with what the venue says of it.

    Attributes:
        word: the venue's status in words, with its number.
        at_ms: when it was cancelled, 0 where that is not said.
        is_of_api: whether it may have come through an API, ours or another's.
    """

    order: RestingOrder
    phase: OrderPhase
    word: str
    at_ms: int
    is_of_api: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """One page of open orders."""

    orders: tuple[Seen, ...]
    page: int
    pages: int
    total: int


def order_page(data: object) -> OrderPage:
    """Read one page of `swap_openorders`."""
    whole = record(data, "data")
    return OrderPage(
        orders=tuple(each(whole.get("orders"), "orders", _seen)),
        page=integer(whole, "current_page"),
        pages=integer(whole, "total_page"),
        total=integer(whole, "total_size"),
    )


def found_orders(data: object, code: str, kind: str, ids: Sequence[str]) -> Mapping[str, Seen]:
    """Read `swap_order_info` by the kind of id that was asked with.

    Raises `Malformed` also where it shows what nobody asked for, or one order in two ways.
    """
    found: dict[str, Seen] = {}
    for seen in each(data, "data", _seen):
        order = seen.order
        number = order.venue_order_id if kind == BY_VENUE else order.client_order_id
        if number is None or number not in ids or order.instrument != code:
            raise Malformed("it is about another order")
        if found.setdefault(number, seen) != seen:
            raise Malformed("it shows one order in two ways")
    return found


def found_order(data: object, code: str, venue_order_id: VenueOrderId) -> Seen:
    """Read the order of `swap_order_detail`. Raises `Malformed` also for another one's."""
    seen = _seen(record(data, "data"))
    if (seen.order.instrument, seen.order.venue_order_id) != (code, venue_order_id):
        raise Malformed("it is about another order")
    return seen


def created_ms_of(venue_order_id: VenueOrderId) -> int:
    """Return when an order was made by its id, which counts milliseconds in its upper bits.

    Observed of thirteen documented ids, never promised; 0 where it cannot be.
    """
    if not venue_order_id.isdigit() or len(venue_order_id) > WHOLE_DIGITS_MAX:
        return 0
    return (int(venue_order_id) >> 22) + _SNOWFLAKE_EPOCH_MS


def _seen(source: Record) -> Seen:
    quantity, filled = any_number(source, "volume"), any_number(source, "trade_volume")
    if not quantity or filled > quantity:
        raise Malformed("trade_volume is above volume")
    kind = text(source, "order_price_type")
    status = integer(source, "status")
    phase = _phase(source, status, kind, has_filled=bool(filled))
    return Seen(
        order=RestingOrder(
            venue_order_id=_order_id(source),
            client_order_id=_client_order_id(source),
            instrument=text(source, "contract_code").upper(),
            side=_side(source),
            price=_price(source),
            quantity=quantity,
            remaining=quantity - filled,
            reduce_only=_is_closing(source),
            venue_time_in_force=kind,
            placed_at_ms=moment_ms(source, "created_at"),
        ),
        phase=phase,
        word=_word(source, status, phase),
        at_ms=_cancelled_at(source),
        is_of_api=str(source.get("order_source")) not in NOT_OURS,
    )


def _phase(source: Record, status: int, kind: str, *, has_filled: bool) -> OrderPhase:
    """Return what a status number means; one that is not in the table is unknown, not gone.

    HTX does not say who cancelled: what it did itself is told apart where anything shows it, and is
    a person's otherwise.
    """
    if status in _RESTING:
        return OrderPhase.RESTING
    if status == 6:
        return OrderPhase.FILLED
    if status == 10:
        return OrderPhase.REJECTED
    if status not in (5, 7):
        return OrderPhase.UNKNOWN
    if _is_of_the_venue(source, kind):
        return OrderPhase.CANCELLED_BY_VENUE
    if _is_crossed(source, kind) and not has_filled:
        return OrderPhase.REJECTED
    return OrderPhase.CANCELLED_BY_USER


def _is_crossed(source: Record, kind: str) -> bool:
    lived_ms = _cancelled_at(source) - moment_ms(source, "created_at")
    return kind == "post_only" and 0 <= lived_ms <= CROSSED_WITHIN_MS


def _is_of_the_venue(source: Record, kind: str) -> bool:
    liquidation = source.get("liquidation_type")
    return (
        source.get("canceled_source") in _OF_THE_VENUE
        or kind.endswith(("ioc", "fok"))
        or (liquidation is not None and str(liquidation) != "0")
    )


def _word(source: Record, status: int, phase: OrderPhase) -> str:
    word = f"{_WORDS.get(status, 'status')} ({status})"
    why = source.get("canceled_source")
    if why in _OF_THE_VENUE:
        return f"{word}: {why}"
    return f"{word}: post-only, would have crossed" if _is_refused_by_book(status, phase) else word


def _is_refused_by_book(status: int, phase: OrderPhase) -> bool:
    return status == 7 and phase is OrderPhase.REJECTED


def _cancelled_at(source: Record) -> int:
    return 0 if source.get("canceled_at") is None else moment_ms(source, "canceled_at")


def _order_id(source: Record) -> VenueOrderId:
    if source.get("order_id_str") is not None:
        return VenueOrderId(digits(source, "order_id_str"))
    return VenueOrderId(identifier(source, "order_id"))


def _client_order_id(source: Record) -> ClientOrderId | None:
    """Return an id as ours are; with any other, or none, the order still stands in the list."""
    value = source.get("client_order_id")
    if isinstance(value, str):
        value = int(value) if _DIGITS.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    if not 0 < value <= CLIENT_ORDER_ID_MAX or value != int(value):
        return None
    return ClientOrderId(str(int(value)))


def _price(source: Record) -> Decimal:
    # Forms that name no price (others' orders) may show none.
    return ZERO if source.get("price") is None else any_number(source, "price")


def _side(source: Record) -> Side:
    direction = text(source, "direction")
    if direction not in (Side.BUY, Side.SELL):
        raise Malformed("direction is neither buy nor sell")
    return Side(direction)


def _is_closing(source: Record) -> bool:
    offset = text(source, "offset")
    if offset not in ("open", "close"):
        raise Malformed("offset is neither open nor close")
    return offset == "close"
