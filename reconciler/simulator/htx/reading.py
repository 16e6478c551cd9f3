"""Orders: what rests, and what became of those which are asked for.

Shapes: HTX's documentation of `swap_openorders`, `swap_order_info`, `swap_order_detail`,
`swap_relation_tpsl_order`, `swap_tpsl_openorders` (checked 2025-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.simulator.htx import engine
from reconciler.simulator.htx.checks import CLIENT_ID_MS
from reconciler.simulator.htx.context import Context, Json, find, wanted_ids
from reconciler.simulator.htx.errors import refused
from reconciler.simulator.htx.orders import STOP_LIVE, Order
from reconciler.simulator.htx.records import (
    detail_trade,
    open_order,
    order_detail,
    order_info,
    paged,
    stop_record,
)

INFO_IDS_MAX = 50
NOT_FOUND = 1017
SORTS = frozenset({"created_at", "update_time"})
TRADE_TYPES_MAX = 4


def open_orders(context: Context) -> Any:
    """`swap_openorders`: newest first, page by page, as the list is at each call."""
    fields, eyes = context.fields, context.eyes
    contract = fields.contract_or_none()
    if contract is None and context.world.switches.openorders_needs_contract:
        raise refused(1066, "contract_code")
    page = fields.page()
    trade_type = wanted_trade_type(context, TRADE_TYPES_MAX)
    by_update = fields.has("sort_by") and fields.word("sort_by", SORTS, 1067) == "update_time"
    orders = [
        order
        for order in eyes.listed()
        if contract in (None, order.terms.contract) and trade_type in (0, order.terms.trade_type)
    ]

    def age(order: Order) -> tuple[int, int]:
        at_ms = eyes.progress(order).updated_at_ms if by_update else order.placed_at_ms
        return at_ms, order.oid

    orders.sort(key=age, reverse=True)
    records, numbers = paged(
        orders,
        page,
        lambda order: _aged(context, order, open_order(order, eyes.progress(order))),
        context.world.switches,
    )
    _shift(context, orders[(page[0] - 1) * page[1] :][: len(records)])
    return {"orders": records, **numbers}


def orders_info(context: Context) -> Any:
    """`swap_order_info`: up to 50 orders by id."""
    fields, eyes = context.fields, context.eyes
    contract = fields.contract()
    ids, are_client_ids = wanted_ids(fields, INFO_IDS_MAX)
    found = []
    for each in ids:
        order = find(eyes, contract, each, is_client_id=are_client_ids)
        if order is not None:
            found.append(_aged(context, order, order_info(order, eyes.progress(order))))
    is_short = len(found) < len(ids) and context.world.switches.order_info_is_all_or_nothing
    if not found or is_short:
        raise refused(NOT_FOUND)
    return found


def detail(context: Context) -> Any:
    """`swap_order_detail`: one order with its trades."""
    fields, eyes = context.fields, context.eyes
    contract = fields.contract()
    page = fields.page()
    is_dated = fields.has("created_at") and fields.has("order_type")
    if fields.has("created_at") and not fields.whole("created_at"):
        raise refused(1067, "created_at")
    order = eyes.detailed(fields.whole("order_id"), is_dated=is_dated)
    if order is None or order.terms.contract is not contract:
        raise refused(NOT_FOUND)
    fills = [fill for fill in fills_seen(context) if fill.order is order]
    trades, numbers = paged(fills, page, detail_trade, context.world.switches)
    record = _aged(context, order, order_detail(order, eyes.progress(order)))
    return record | {"trades": trades, **numbers}


def related_stops(context: Context) -> Any:
    """`swap_relation_tpsl_order`: an opening order with what hangs on it."""
    fields, eyes = context.fields, context.eyes
    contract = fields.contract()
    order = eyes.detailed(fields.whole("order_id"), is_dated=True)
    if order is None or order.terms.contract is not contract:
        raise refused(NOT_FOUND)
    stops = [stop for stop in context.account.stops if stop.parent is order]
    record = _aged(context, order, order_info(order, eyes.progress(order)))
    return record | {"tpsl_order_info": [stop_record(stop, eyes.as_of_ms) for stop in stops]}


def open_stops(context: Context) -> Any:
    """`swap_tpsl_openorders`: take-profits and stop-losses which may still fire."""
    fields = context.fields
    contract = fields.contract()
    page = fields.page()
    as_of_ms = context.eyes.as_of_ms
    stops = [
        stop
        for stop in reversed(context.account.stops)
        if stop.parent.terms.contract is contract and stop.progress.at(as_of_ms).status in STOP_LIVE
    ]
    head = {"symbol": contract.symbol, "contract_code": contract.code, "order_type": 1}

    def write(stop: Any) -> Json:
        source = {"order_source": "api", "source_order_id": str(stop.parent.oid)}
        return head | stop_record(stop, as_of_ms) | source

    orders, numbers = paged(stops, page, write, context.world.switches)
    return {"orders": orders, **numbers}


def no_orders(context: Context) -> Any:
    """An empty page: trigger and trailing orders are not simulated."""
    page = context.fields.page()
    orders, numbers = paged([], page, dict, context.world.switches)
    return {"orders": orders, **numbers}


def fills_seen(context: Context) -> list[Any]:
    """Return the fills of the account as far as a read sees them, oldest first."""
    as_of_ms = context.eyes.as_of_ms
    fills = context.account.fills
    return [f for f in fills if as_of_ms is None or f.at_ms <= as_of_ms]


def wanted_trade_type(context: Context, most: int) -> int:
    """Return the kind of trade a list is limited to; 0 for all."""
    found = context.fields.whole("trade_type", 0)
    if found > most:
        raise refused(1067, "trade_type")
    return found


def _aged(context: Context, order: Order, record: Json) -> Json:
    """Return a record of an order, without its client order id when that is too old to show."""
    is_old = context.world.now_ms - order.placed_at_ms >= CLIENT_ID_MS
    if context.world.switches.shows_old_client_ids or not is_old:
        return record
    return record | {"client_order_id": None}


def _shift(context: Context, shown: Sequence[Order]) -> None:
    """Fill the newest orders of a page which was just read, where a fault asks for that."""
    fault = context.delivery.fault
    if fault is None or fault.kind != "page_shift":
        return
    for order in shown[: 1 if fault.count is None else fault.count]:
        if order.is_resting:
            engine.trade_against(context.world, order, order.remaining)
