"""Take-profits and stop-losses that hang on an order, as `swap_relation_tpsl_order` shows them.

Pure. They have no client order id, and no id of their own before the venue made them: they are
known by their parent's id and by which of the two they are. Source: page 5d51bac1, checked
2025-11-26. Status numbers are others than those of orders.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.model.order import (
    Execution,
    RestingOrder,
    Side,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.model.snapshot import OrderPhase
from reconciler.venues.shape import (
    Malformed,
    Record,
    any_number,
    digits,
    each,
    integer,
    moment_ms,
    record,
    text,
)

__all__ = ["Hanging", "attached_id", "hanging", "parent_of"]

_SUFFIXES: Final = {TriggerKind.TAKE_PROFIT: "/tp", TriggerKind.STOP_LOSS: "/sl"}
_KINDS: Final = {"tp": TriggerKind.TAKE_PROFIT, "sl": TriggerKind.STOP_LOSS}
_RESTING: Final = {1: "not active yet", 2: "waiting", 3: "being placed", 9: "cancelling"}
_FIRED: Final = 4
_ENDED: Final = {
    5: ("failed", OrderPhase.REJECTED),
    6: ("cancelled", OrderPhase.CANCELLED_BY_USER),
    10: ("failed", OrderPhase.REJECTED),
    11: ("expired", OrderPhase.CANCELLED_BY_VENUE),
    12: ("expired before it was active", OrderPhase.CANCELLED_BY_USER),
}
_NO_ORDER: Final = ("", "-1", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """One attached order.

    Attributes:
        order: known as its parent's id with a suffix.
        own_id: what the venue cancels it by.
        fired_as: the plain order it became, or None.
        at_ms: when it was cancelled, 0 where that is not said.
    """

    order: RestingOrder
    phase: OrderPhase
    word: str
    own_id: str
    fired_as: VenueOrderId | None
    at_ms: int


def attached_id(parent: VenueOrderId, kind: TriggerKind) -> VenueOrderId:
    """Return what an attached order is known as."""
    return VenueOrderId(parent + _SUFFIXES[kind])


def parent_of(venue_order_id: VenueOrderId) -> VenueOrderId | None:
    """Return the parent of an order that is known by it; None for any other order."""
    for suffix in _SUFFIXES.values():
        if venue_order_id.endswith(suffix):
            return VenueOrderId(venue_order_id.removesuffix(suffix))
    return None


def hanging(data: object, code: str, parent: VenueOrderId) -> Mapping[VenueOrderId, Hanging]:
    """Read what hangs on an order, by what it is known as.

    Raises `Malformed` also for what hangs on another order, and for two of one kind: nothing tells
    then which of them came with the order.
    """
    whole = record(data, "data")
    instrument = text(whole, "contract_code").upper()
    if (instrument, digits(whole, "order_id_str")) != (code, parent):
        raise Malformed("it is about another order")
    rows = each(whole.get("tpsl_order_info"), "tpsl_order_info", lambda row: row)
    has_fired = {str(row.get("tpsl_order_type")) for row in rows if row.get("status") == _FIRED}
    found = [_hanging(row, parent, instrument, has_fired) for row in rows]
    by_name = {one.order.venue_order_id: one for one in found}
    if len(by_name) != len(found):
        raise Malformed("two of one kind hang on the order")
    return by_name


def _hanging(source: Record, parent: VenueOrderId, instrument: str, has_fired: set[str]) -> Hanging:
    name = text(source, "tpsl_order_type")
    kind = _KINDS.get(name)
    if kind is None:
        raise Malformed("tpsl_order_type is neither tp nor sl")
    status = integer(source, "status")
    word, phase = _ended(status, is_sibling_fired=bool(has_fired - {name}))
    quantity = any_number(source, "volume")
    return Hanging(
        order=RestingOrder(
            venue_order_id=attached_id(parent, kind),
            client_order_id=None,
            instrument=instrument,
            side=_side(source),
            price=any_number(source, "order_price"),
            quantity=quantity,
            remaining=quantity,
            reduce_only=True,
            trigger=Trigger(
                kind=kind,
                price=any_number(source, "trigger_price"),
                execution=_execution(source),
            ),
            venue_time_in_force=text(source, "order_price_type"),
            placed_at_ms=moment_ms(source, "created_at"),
        ),
        phase=phase,
        word=f"{word} ({status})",
        own_id=digits(source, "order_id_str"),
        fired_as=_fired_as(source),
        at_ms=0 if source.get("canceled_at") is None else moment_ms(source, "canceled_at"),
    )


def _ended(status: int, *, is_sibling_fired: bool) -> tuple[str, OrderPhase]:
    if status in _RESTING:
        return _RESTING[status], OrderPhase.RESTING
    if status == _FIRED:
        return "fired", OrderPhase.RESTING
    word, phase = _ENDED.get(status, ("status", OrderPhase.UNKNOWN))
    is_cancelled = phase in (OrderPhase.CANCELLED_BY_USER, OrderPhase.CANCELLED_BY_VENUE)
    return word, OrderPhase.SIBLING_FILLED if is_cancelled and is_sibling_fired else phase


def _fired_as(source: Record) -> VenueOrderId | None:
    said = source.get("relation_order_id")
    if said is None or str(said) in _NO_ORDER:
        return None
    return VenueOrderId(digits({"relation_order_id": str(said)}, "relation_order_id"))


def _side(source: Record) -> Side:
    direction = text(source, "direction")
    if direction not in (Side.BUY, Side.SELL):
        raise Malformed("direction is neither buy nor sell")
    return Side(direction)


def _execution(source: Record) -> Execution:
    is_limit = text(source, "order_price_type") == "limit"
    return Execution.LIMIT if is_limit else Execution.MARKET
