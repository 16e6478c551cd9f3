"""Orders, fills and stops as HTX's replies show them.

Field names: documentation of each endpoint (checked 2025-11), where the same thing is called
`created_at` in one and `create_date` in another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from reconciler.simulator.htx.context import Json
from reconciler.simulator.htx.ledger import average_price, frozen_margin
from reconciler.simulator.htx.orders import Fill, Order, Progress, Stop, Terms
from reconciler.simulator.htx.switches import HtxSwitches
from reconciler.simulator.numbers import ZERO

PRICE_TYPE_NUMBERS = {
    "limit": 1,
    "opponent": 3,
    "post_only": 6,
    "optimal_5": 7,
    "optimal_10": 8,
    "optimal_20": 9,
    "fok": 10,
    "ioc": 11,
    "opponent_ioc": 12,
    "optimal_5_ioc": 14,
    "optimal_10_ioc": 15,
    "optimal_20_ioc": 16,
    "opponent_fok": 17,
    "optimal_5_fok": 19,
    "optimal_10_fok": 40,
    "optimal_20_fok": 41,
}
"""What `v1/swap_hisorders` shows in place of the words."""


def core(order: Order, progress: Progress) -> Json:
    """Return what every reply shows of an order."""
    terms = order.terms
    live_volume = terms.volume - progress.filled if progress.is_live else 0
    record = {
        "symbol": terms.contract.symbol,
        "contract_code": terms.contract.code,
        "volume": terms.volume,
        "price": terms.price,
        "order_type": 1,
        "direction": direction(terms.is_buy),
        "offset": offset(terms),
        "lever_rate": terms.leverage,
        "order_id": order.oid,
        "order_id_str": str(order.oid),
        "trade_volume": progress.filled,
        "trade_turnover": progress.filled * terms.contract.size,
        "fee": progress.fee,
        "fee_asset": terms.contract.symbol,
        "trade_avg_price": _average(terms, progress),
        "margin_frozen": frozen_margin(order, live_volume) if live_volume else ZERO,
        "profit": progress.profit,
        "real_profit": progress.profit,
        "status": progress.status,
        "order_source": terms.source,
        "is_tpsl": int(bool(terms.attached)),
        "self_match_prevent": int(terms.prevents_self_match),
    }
    if progress.cancelled_source is not None:
        record["canceled_source"] = progress.cancelled_source
    return record


def open_order(order: Order, progress: Progress) -> Json:
    """Return an order of `swap_openorders`."""
    return core(order, progress) | {
        "order_price_type": order.terms.price_type,
        "client_order_id": order.terms.client_id,
        "created_at": order.placed_at_ms,
        "update_time": progress.updated_at_ms,
        "liquidation_type": None,
        "canceled_at": None,
    }


def order_info(order: Order, progress: Progress) -> Json:
    """Return an order of `swap_order_info`."""
    return core(order, progress) | {
        "order_price_type": order.terms.price_type,
        "client_order_id": order.terms.client_id,
        "created_at": order.placed_at_ms,
        "liquidation_type": "0",
        "canceled_at": progress.cancelled_at_ms,
    }


def order_detail(order: Order, progress: Progress) -> Json:
    """Return an order of `swap_order_detail`, without its trades."""
    extra = {"instrument_price": ZERO, "final_interest": ZERO, "adjust_value": ZERO}
    return order_info(order, progress) | extra


def past_order(order: Order, progress: Progress, *, is_numbered: bool) -> Json:
    """Return an order of `swap_hisorders`, which has no client order id.

    Args:
        is_numbered: the first version, with a number for the price type.
    """
    price_type = order.terms.price_type
    record = core(order, progress) | {
        "order_price_type": PRICE_TYPE_NUMBERS[price_type] if is_numbered else price_type,
        "create_date": order.placed_at_ms,
        "update_time": progress.updated_at_ms,
        "liquidation_type": "0",
    }
    return record if is_numbered else record | {"query_id": order.oid}


def detail_trade(fill: Fill) -> Json:
    """Return a fill of `swap_order_detail`."""
    return {
        "id": fill.trade_id,
        "trade_id": fill.match_id,
        "trade_price": fill.price,
        "trade_volume": fill.volume,
        "trade_turnover": fill.volume * fill.order.terms.contract.size,
        "trade_fee": fill.fee,
        "role": role(fill),
        "fee_asset": fill.order.terms.contract.symbol,
        "created_at": fill.at_ms,
        "profit": fill.profit,
        "real_profit": fill.profit,
    }


def match_result(fill: Fill) -> Json:
    """Return a fill of `swap_matchresults`."""
    terms = fill.order.terms
    return {
        "query_id": fill.number,
        "id": fill.trade_id,
        "match_id": fill.match_id,
        "order_id": fill.order.oid,
        "order_id_str": str(fill.order.oid),
        "symbol": terms.contract.symbol,
        "contract_code": terms.contract.code,
        "direction": direction(terms.is_buy),
        "offset": offset(terms),
        "trade_volume": fill.volume,
        "trade_price": fill.price,
        "trade_turnover": fill.volume * terms.contract.size,
        "trade_fee": fill.fee,
        "offset_profitloss": fill.profit,
        "real_profit": fill.profit,
        "create_date": fill.at_ms,
        "role": role(fill),
        "fee_asset": terms.contract.symbol,
        "order_source": terms.source,
    }


def stop_record(stop: Stop, as_of_ms: int | None) -> Json:
    """Return a take-profit or stop-loss."""
    progress = stop.progress.at(as_of_ms)
    attached = stop.attached
    return {
        "volume": progress.volume,
        "tpsl_order_type": attached.kind,
        "direction": direction(stop.is_buy),
        "order_id": stop.oid,
        "order_id_str": str(stop.oid),
        "trigger_type": "ge" if stop.fires_above else "le",
        "trigger_price": attached.trigger_price,
        "order_price": ZERO if attached.price is None else attached.price,
        "order_price_type": attached.price_type,
        "created_at": stop.created_at_ms,
        "status": progress.status,
        "relation_tpsl_order_id": "-1" if stop.sibling is None else str(stop.sibling.oid),
        "canceled_at": progress.updated_at_ms if progress.status == 6 else 0,
        "fail_code": progress.fail_code,
        "fail_reason": None,
        "triggered_price": None,
        "relation_order_id": "-1" if progress.placed_oid is None else str(progress.placed_oid),
    }


def paged(
    records: Sequence[Order] | Sequence[Fill] | Sequence[Stop],
    page: tuple[int, int],
    write: Callable[..., Json],
    switches: HtxSwitches,
) -> tuple[list[Json], Json]:
    """Write one page of a list, and return it with the numbers of pages.

    The pages are computed as the list is now: what comes or goes between two calls shifts them.
    """
    index, size = page
    shown = records[(index - 1) * size : index * size]
    pages = -(-len(records) // size)
    if not records and switches.empty_list_has_one_page:
        pages = 1
    numbers = {"total_page": pages, "current_page": index, "total_size": len(records)}
    return [write(each) for each in shown], numbers


def direction(is_buy: bool) -> str:
    """Return the word for a side."""
    return "buy" if is_buy else "sell"


def offset(terms: Terms) -> str:
    """Return the word for what an order does to a position."""
    return "open" if terms.is_open else "close"


def role(fill: Fill) -> str:
    """Return the word for which side of a trade this was."""
    return "Taker" if fill.is_taker else "Maker"


def _average(terms: Terms, progress: Progress) -> Decimal | None:
    if not progress.filled:
        return None
    return average_price(terms.contract, progress.filled, progress.coins)
