"""Orders and fills of the past.

Shapes: HTX's documentation of `swap_hisorders` and `swap_matchresults`, first and third versions
(checked 2025-11). The third pages by `from_id` and answers in another envelope. How many rows it
returns at most is (invented).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from reconciler.simulator.htx.context import Context
from reconciler.simulator.htx.errors import refused
from reconciler.simulator.htx.orders import Fill, Order
from reconciler.simulator.htx.reading import fills_seen, wanted_trade_type
from reconciler.simulator.htx.records import match_result, paged, past_order
from reconciler.simulator.htx.world import HOUR_MS

ROWS_MAX = 50
WINDOW_MS = 48 * HOUR_MS
DAY_MS = 24 * HOUR_MS
DAYS_MAX = 90
TRADE_TYPES_MAX = 12
DIRECTIONS = frozenset({"next", "prev"})
FINISHED = frozenset({5, 6, 7})
STATUSES = frozenset(range(12))

Row = TypeVar("Row", Order, Fill)


def orders_by_page(context: Context) -> Any:
    """`v1/swap_hisorders`: newest first, page by page, price types as numbers."""
    contract = context.fields.contract()
    since_ms = context.world.now_ms - _days(context) * DAY_MS
    orders = [o for o in _orders(context, contract) if o.placed_at_ms >= since_ms]
    progress = context.eyes.progress
    records, numbers = paged(
        orders[::-1],
        context.fields.page(),
        lambda order: past_order(order, progress(order), is_numbered=True),
        context.world.switches,
    )
    return {"orders": records, **numbers}


def orders_by_id(context: Context) -> Any:
    """`v3/swap_hisorders`: within 48 hours, from an id on."""
    orders = _orders(context, context.fields.contract("contract"))
    start_ms, end_ms = _window(context)
    inside = [order for order in orders if start_ms <= order.placed_at_ms <= end_ms]
    rows = _rows(context, inside, [order.oid for order in inside])
    progress = context.eyes.progress
    return [past_order(order, progress(order), is_numbered=False) for order in rows]


def fills_by_page(context: Context) -> Any:
    """`v1/swap_matchresults`: newest first, page by page."""
    contract = context.fields.contract()
    since_ms = context.world.now_ms - _days(context) * DAY_MS
    fills = [fill for fill in _fills(context, contract) if fill.at_ms >= since_ms]
    trades, numbers = paged(
        fills[::-1], context.fields.page(), match_result, context.world.switches
    )
    return {"trades": trades, **numbers}


def fills_by_id(context: Context) -> Any:
    """`v3/swap_matchresults`: within 48 hours, from an id on."""
    start_ms, end_ms = _window(context)
    fills = _fills(context, context.fields.contract("contract"))
    inside = [fill for fill in fills if start_ms <= fill.at_ms <= end_ms]
    return [match_result(fill) for fill in _rows(context, inside, [f.number for f in inside])]


def _orders(context: Context, contract: Any) -> list[Order]:
    trade_type = wanted_trade_type(context, TRADE_TYPES_MAX)
    statuses = _statuses(context)
    progress = context.eyes.progress
    return [
        order
        for order in context.eyes.recorded()
        if order.terms.contract is contract
        and trade_type in (0, order.terms.trade_type)
        and progress(order).status in statuses
    ]


def _fills(context: Context, contract: Any) -> list[Fill]:
    trade_type = wanted_trade_type(context, TRADE_TYPES_MAX)
    return [
        fill
        for fill in fills_seen(context)
        if fill.order.terms.contract is contract and trade_type in (0, fill.order.terms.trade_type)
    ]


def _statuses(context: Context) -> frozenset[int]:
    """Return the status numbers a list is limited to."""
    fields = context.fields
    wanted = STATUSES if fields.whole("type", 1) == 1 else FINISHED
    value = context.record.get("status", "0")
    named = [each for each in str(value).split(",") if each]
    if not all(each.isascii() and each.isdigit() for each in named):
        raise refused(1067, "status")
    numbers = {int(each) for each in named}
    return wanted if numbers <= {0} else wanted & numbers


def _days(context: Context) -> int:
    days = context.fields.whole("create_date", DAYS_MAX)
    if not 1 <= days <= DAYS_MAX:
        raise refused(1067, "create_date")
    return days


def _window(context: Context) -> tuple[int, int]:
    """Return the first and last moment which is asked for; at most 48 hours apart."""
    fields = context.fields
    end_ms = fields.whole("end_time", context.world.now_ms)
    start_ms = fields.whole("start_time", max(end_ms - WINDOW_MS, 0))
    is_old = end_ms < context.world.now_ms - DAYS_MAX * DAY_MS
    if is_old or not 0 <= end_ms - start_ms <= WINDOW_MS:
        raise refused(1067, "start_time, end_time")
    return start_ms, end_ms


def _rows(context: Context, found: Sequence[Row], numbers: Sequence[int]) -> list[Row]:
    """Return the rows behind an id, or before it, in the direction which is asked for."""
    fields = context.fields
    direct = fields.word("direct", DIRECTIONS, 1067) if fields.has("direct") else "next"
    from_id = fields.whole("from_id") if fields.has("from_id") else None
    pairs = list(zip(numbers, found, strict=True))
    if direct == "next":
        kept = [row for number, row in pairs if from_id is None or number > from_id]
    else:
        kept = [row for number, row in reversed(pairs) if from_id is None or number < from_id]
    return kept[:ROWS_MAX]
