"""Commands to requests: which path, and which JSON body, nothing else.

Pure. What is signed at sending is the path alone, so the whole of a request is this text. Whole
numbers are JSON integers: ids and leverage as text or with a fraction are refused (1067). Source:
pages swap_order 5d519ef5, swap_batchorder 5d51a040, swap_cancel 5d51a18b and swap_tpsl_cancel
5d51b532, checked 2025-11-26. `decode` reads requests back and shares nothing with this.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from reconciler.model.command import Batch, BatchKind, CancelOrder, PlaceOrder
from reconciler.model.order import (
    ClientOrderId,
    Execution,
    Terms,
    TimeInForce,
    TriggerKind,
    VenueOrderId,
)
from reconciler.venues.htx.replies.attached import parent_of
from reconciler.venues.htx.rules import CAPABILITIES, LEVERAGE
from reconciler.venues.htx.signing import timestamp
from reconciler.venues.htx.wire.text import Json, json_text

__all__ = ["body_of", "canonical"]

API: Final = "/swap-api/v1"
_PREFIXES: Final = {TriggerKind.TAKE_PROFIT: "tp", TriggerKind.STOP_LOSS: "sl"}
NO_ID: Final = ClientOrderId("")


def canonical(batch: Batch) -> Batch:
    """Return what of a batch the wire can say; `decode` gives back exactly this.

    A request cancels by one kind of id; an attached order has no client order id.
    """
    assert 0 < len(batch.commands) <= CAPABILITIES.batch_items_max, "a batch has 1 to 10 orders"
    if batch.kind is BatchKind.CANCEL:
        cancels = [command for command in batch.commands if isinstance(command, CancelOrder)]
        by_venue_id = all(command.target is not None for command in cancels)
        return replace(batch, commands=tuple(_one_id(each, by_venue_id) for each in cancels))
    assert batch.kind is BatchKind.PLACE, "nothing is modified here"
    places = [command for command in batch.commands if isinstance(command, PlaceOrder)]
    return replace(batch, commands=tuple(_place(place) for place in places))


def body_of(batch: Batch, *, nonce: int, own_ids: Mapping[VenueOrderId, str]) -> str:
    """Return the whole unsigned request as canonical JSON text, for a batch made by `canonical`.

    Args:
        own_ids: what the venue cancels attached orders by.
    """
    path, body = _cancel(batch, own_ids) if batch.kind is BatchKind.CANCEL else _order(batch)
    return json_text({"path": f"{API}/{path}", "timestamp": timestamp(nonce), "body": body})


def _one_id(command: CancelOrder, by_venue_id: bool) -> CancelOrder:
    if by_venue_id:
        return replace(command, client_order_id=None)
    assert command.client_order_id is not None, "a cancel has an id"
    return replace(command, target=None)


def _place(place: PlaceOrder) -> PlaceOrder:
    assert not place.client_order_id or int(place.client_order_id) < 1 << 63, "an id has 63 bits"
    children = tuple(replace(child, client_order_id=NO_ID) for child in place.children)
    return replace(place, children=children)


def _order(batch: Batch) -> tuple[str, Json]:
    orders = [_order_body(place) for place in batch.commands if isinstance(place, PlaceOrder)]
    if len(orders) == 1:
        return "swap_order", orders[0]
    return "swap_batchorder", {"orders_data": orders}


def _order_body(place: PlaceOrder) -> Json:
    terms = place.terms
    assert terms.trigger is None, "a trigger order is attached to another"
    assert terms.quantity == terms.quantity.to_integral_value(), "contracts are whole"
    body: Json = {
        "contract_code": terms.instrument,
        "client_order_id": int(place.client_order_id),
        "price": terms.price,
        "volume": int(terms.quantity),
        "direction": terms.side.value,
        "offset": "close" if terms.reduce_only else "open",
        "lever_rate": int(dict(terms.options)[LEVERAGE]),
        "order_price_type": _price_type(terms),
    }
    for child in place.children:
        body |= _attached_body(child.terms, parent=terms)
    return body


def _price_type(terms: Terms) -> str:
    if terms.time_in_force is TimeInForce.IOC:
        assert not terms.post_only, "an immediate-or-cancel order is not post-only"
        return "ioc"
    return "post_only" if terms.post_only else "limit"


def _attached_body(terms: Terms, *, parent: Terms) -> Json:
    trigger = terms.trigger
    assert trigger is not None, "only triggers are attached"
    assert trigger.execution is Execution.LIMIT, "a market trigger has no worst price here"
    assert not parent.reduce_only, "only an order that opens carries others"
    assert (terms.instrument, terms.side, terms.quantity, terms.options) == (
        parent.instrument,
        parent.side.opposite,
        parent.quantity,
        parent.options,
    ), "an attached order closes exactly what its parent opens"
    prefix = _PREFIXES[trigger.kind]
    return {
        f"{prefix}_trigger_price": trigger.price,
        f"{prefix}_order_price": terms.price,
        f"{prefix}_order_price_type": "limit",
    }


def _cancel(batch: Batch, own_ids: Mapping[VenueOrderId, str]) -> tuple[str, Json]:
    cancels = [command for command in batch.commands if isinstance(command, CancelOrder)]
    codes = {command.instrument for command in cancels}
    assert len(codes) == 1, "a request cancels orders of one contract"
    code: Json = {"contract_code": codes.pop()}
    targets = [command.target for command in cancels if command.target is not None]
    if not targets:
        ids = [str(command.client_order_id) for command in cancels]
        return "swap_cancel", {**code, "client_order_id": ",".join(ids)}
    attached = [target for target in targets if parent_of(target) is not None]
    if not attached:
        return "swap_cancel", {**code, "order_id": ",".join(targets)}
    assert attached == targets, "attached orders are cancelled apart"
    return "swap_tpsl_cancel", {**code, "order_id": ",".join(own_ids[each] for each in attached)}
