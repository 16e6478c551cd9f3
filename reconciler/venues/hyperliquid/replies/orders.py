"""Order records of `frontendOpenOrders` and `orderStatus`, and fills.

Pure. Source: for-developers/api/info-endpoint, checked 2026-08-22, and recorded mainnet replies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.model.order import (
    ClientOrderId,
    Execution,
    Fill,
    RestingOrder,
    Side,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.venues.shape import (
    Malformed,
    Record,
    boolean,
    each,
    identifier,
    integer,
    moment_ms,
    number,
    optional_text,
    record,
    text,
)

__all__ = ["Status", "fills", "open_orders", "order_history", "order_status"]

FIRED: Final = "Triggered"  # the venue's own example of rebuilding a book writes it so
_SIDES: Final = {"B": Side.BUY, "A": Side.SELL}
_TRIGGERS: Final = {
    "Stop Market": (TriggerKind.STOP_LOSS, Execution.MARKET),
    "Stop Limit": (TriggerKind.STOP_LOSS, Execution.LIMIT),
    "Take Profit Market": (TriggerKind.TAKE_PROFIT, Execution.MARKET),
    "Take Profit Limit": (TriggerKind.TAKE_PROFIT, Execution.LIMIT),
}


def open_orders(reply: object) -> tuple[RestingOrder, ...]:
    """Read `frontendOpenOrders`, sorted by venue order id.

    Children that wait for their parent stand at the top level and again inside it; each counts
    once.
    """
    orders: dict[VenueOrderId, RestingOrder] = {}
    children: list[RestingOrder] = []
    for order, nested in each(reply, "frontendOpenOrders", _family):
        known = orders.setdefault(order.venue_order_id, order)
        if known is not order and known != order:
            raise Malformed("frontendOpenOrders shows one order in two ways")
        children += nested
    for child in children:
        shown = orders.get(child.venue_order_id, child)
        # Only inside its parent does it show that it waits for it.
        orders[child.venue_order_id] = replace(shown, is_dormant=True)
    return tuple(sorted(orders.values(), key=lambda order: int(order.venue_order_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A known order: the record, the venue's word for its status, and the venue's time of it."""

    order: RestingOrder
    word: str
    at_ms: int


def order_status(reply: object) -> Status | None:
    """Read `orderStatus`; None when the venue says that it does not know the order."""
    whole = record(reply, "orderStatus")
    kind = text(whole, "status")
    if kind == "unknownOid":
        return None
    if kind != "order":
        raise Malformed("orderStatus has an unknown form")
    return _status(record(whole.get("order"), "order"))


def order_history(reply: object) -> tuple[Status, ...]:
    """Read `historicalOrders`: as many entries as the reply has, in its order."""
    return tuple(each(reply, "historicalOrders", _status))


def _status(source: Record) -> Status:
    return Status(
        order=_order(record(source.get("order"), "order.order")),
        word=text(source, "status"),
        at_ms=moment_ms(source, "statusTimestamp"),
    )


def fills(reply: object) -> tuple[Fill, ...]:
    """Read `userFillsByTime`, as many as the reply has, oldest first whatever order it used."""
    found = each(reply, "userFillsByTime", _fill)
    return tuple(sorted(found, key=lambda fill: (fill.at_ms, fill.fill_id)))


def _fill(source: Record) -> Fill:
    at_ms = moment_ms(source, "time")
    coin = text(source, "coin")
    return Fill(
        # Unique by time, instrument and tid; tid alone is a hash of 50 bits.
        fill_id=f"{at_ms}:{coin}:{integer(source, 'tid')}",
        venue_order_id=VenueOrderId(identifier(source, "oid")),
        client_order_id=_cloid(source),
        instrument=coin,
        side=_side(source),
        price=number(source, "px"),
        quantity=number(source, "sz"),
        at_ms=at_ms,
    )


def _family(source: Record) -> tuple[RestingOrder, Sequence[RestingOrder]]:
    is_alone = source.get("children") in ([], None)
    return _order(source), () if is_alone else list(_descendants(source))


def _descendants(source: Record) -> Iterator[RestingOrder]:
    # A child of a child is not documented; it would be read like any other.
    for order, nested in each(source["children"], "children", _family):
        yield order
        yield from nested


def _order(source: Record) -> RestingOrder:
    quantity, remaining = number(source, "origSz"), number(source, "sz")
    is_position_sized = boolean(source, "isPositionTpsl")
    if is_position_sized:
        # Its quantity follows the position, and may show as zero.
        quantity = max(quantity, remaining)
    if remaining > quantity:
        raise Malformed("sz is above origSz")
    return RestingOrder(
        venue_order_id=VenueOrderId(identifier(source, "oid")),
        client_order_id=_cloid(source),
        instrument=text(source, "coin"),
        side=_side(source),
        price=number(source, "limitPx"),
        quantity=quantity,
        remaining=remaining,
        reduce_only=boolean(source, "reduceOnly"),
        trigger=_trigger(source),
        venue_time_in_force=optional_text(source, "tif") or "",
        placed_at_ms=moment_ms(source, "timestamp"),
        is_position_sized=is_position_sized,
        has_fired=optional_text(source, "triggerCondition") == FIRED,
    )


def _trigger(source: Record) -> Trigger | None:
    # Once fired, an order in the book has isTrigger false and reads back as a plain order.
    if not boolean(source, "isTrigger"):
        return None
    kind, execution = _TRIGGERS.get(text(source, "orderType"), (None, None))
    if kind is None or execution is None:
        raise Malformed("orderType is not a known trigger")
    return Trigger(kind=kind, price=number(source, "triggerPx"), execution=execution)


def _side(source: Record) -> Side:
    side = _SIDES.get(text(source, "side"))
    if side is None:
        raise Malformed("side is neither B nor A")
    return side


def _cloid(source: Record) -> ClientOrderId | None:
    cloid = optional_text(source, "cloid")
    return None if cloid is None else ClientOrderId(cloid.lower())
