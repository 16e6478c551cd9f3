"""Contracts, prices and times, which need no signature.

Shapes: HTX's documentation of the endpoints named below (checked 2025-11).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from reconciler.simulator.htx.book import Book
from reconciler.simulator.htx.context import Context, Json
from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.errors import refused
from reconciler.simulator.htx.matching import quote_volume
from reconciler.simulator.htx.world import SETTLEMENT_MS, World
from reconciler.simulator.numbers import canonical

DEPTH_TYPES = frozenset({f"step{number}" for number in range(20)})
LEVELS_BY_TYPE = {"step6": 20}
LEVELS_DEFAULT = 150
PERIOD_MS = {
    "1min": 60_000,
    "5min": 300_000,
    "15min": 900_000,
    "30min": 1_800_000,
    "60min": 3_600_000,
    "4hour": 14_400_000,
    "1day": 86_400_000,
}
PERIODS = frozenset(PERIOD_MS)
CANDLES_MAX = 2000
MS_PER_S = 1000
DELIVERED = {
    "symbol": "BTC",
    "contract_code": "BTC200925",
    "contract_type": "quarter",
    "contract_size": 100,
    "price_tick": Decimal("0.01"),
    "delivery_date": "20200925",
    "delivery_time": "1601020800000",
    "create_date": "20200327",
    "contract_status": 8,
    "settlement_date": "1601020800000",
}
"""Other families are not simulated; of this one a client sees that it does not trade."""


def contract_info(context: Context) -> Any:
    """`swap_contract_info`."""
    return [
        _named(each)
        | {
            "contract_size": each.size,
            "price_tick": each.tick,
            "create_date": each.created,
            "delivery_time": "",
            "contract_status": context.world.state(each).status,
            "settlement_date": _next_settlement(context.world),
        }
        for each in context.fields.contracts()
    ]


def elements(context: Context) -> Any:
    """`swap_query_elements`."""
    return [_element(context.world, each) for each in context.fields.contracts()]


def price_limits(context: Context) -> Any:
    """`swap_price_limit`: the highest buy and the lowest sell."""
    world = context.world
    rows = []
    for each in context.fields.contracts():
        high, low = world.book(each).limits(world.switches.price_band_percent)
        rows.append(_named(each) | {"high_limit": high, "low_limit": low})
    return rows


def index(context: Context) -> Any:
    """`swap_index`."""
    return [
        {
            "contract_code": each.code,
            "index_price": context.world.book(each).index,
            "index_ts": context.world.now_ms,
        }
        for each in context.fields.contracts()
    ]


def api_state(context: Context) -> Any:
    """`swap_api_state`: what the API allows, contract by contract."""
    rows = []
    for each in context.fields.contracts():
        state = context.world.state(each)
        allowed = {"open": state.open, "close": state.close, "cancel": state.cancel}
        allowed |= dict.fromkeys(("transfer_in", "transfer_out"), True)
        allowed |= dict.fromkeys(("master_transfer_sub", "sub_transfer_master"), True)
        rows.append(_named(each) | {name: int(value) for name, value in allowed.items()})
    return rows


def best_offers(context: Context) -> Json:
    """`bbo`: the best bid and ask; a side where nobody is has no field."""
    ticks = []
    for each in context.fields.contracts():
        record: Json = {"contract_code": each.code, "mrid": 1, "ts": context.world.now_ms}
        for name, is_buy in (("bid", True), ("ask", False)):
            rows = levels(context.world, each, is_buy=is_buy, most=1)
            if rows:
                record[name] = rows[0]
        ticks.append(record)
    return {"status": "ok", "ticks": ticks, "ts": context.world.now_ms}


def depth(context: Context) -> Json:
    """`depth`: levels of price and contracts; merged steps are shown unmerged."""
    contract = context.fields.contract()
    kind = context.fields.word("type", DEPTH_TYPES, 1067)
    most = LEVELS_BY_TYPE.get(kind, LEVELS_DEFAULT)
    tick = {
        "asks": levels(context.world, contract, is_buy=False, most=most),
        "bids": levels(context.world, contract, is_buy=True, most=most),
        "ch": f"market.{contract.code}.depth.{kind}",
        "id": 1,
        "mrid": 1,
        "ts": context.world.now_ms,
        "version": context.world.now_ms,
    }
    return _ticked(context, tick["ch"], tick)


def merged(context: Context) -> Json:
    """`detail/merged`: best prices, and the day's values as texts."""
    contract = context.fields.contract()
    return _ticked(context, f"market.{contract.code}.detail.merged", _detail(context, contract))


def merged_batch(context: Context) -> Json:
    """`detail/batch_merged`: the same of every contract."""
    ticks = [
        _detail(context, each) | {"contract_code": each.code} for each in context.fields.contracts()
    ]
    return {"status": "ok", "ticks": ticks, "ts": context.world.now_ms}


def last_trade(context: Context) -> Json:
    """`trade`: the last price; its amount is (invented)."""
    contract = context.fields.contract()
    row = {
        "amount": "2",
        "quantity": "0",
        "ts": context.world.now_ms,
        "id": 1,
        "price": canonical(context.world.book(contract).last),
        "direction": "buy",
        "contract_code": contract.code,
    }
    tick = {"data": [row], "id": 1, "ts": context.world.now_ms}
    return _ticked(context, "market.*.trade.detail", tick)


def mark_prices(context: Context) -> Json:
    """`swap_mark_price_kline`: the mark price as candles; only the present one is known."""
    fields = context.fields
    contract = fields.contract()
    period_ms = PERIOD_MS[fields.word("period", PERIODS, 1067)]
    size = fields.whole("size")
    if not 1 <= size <= CANDLES_MAX:
        raise refused(1067, "size")
    began_s = context.world.now_ms // period_ms * period_ms // MS_PER_S
    price = canonical(context.world.book(contract).index)
    candle = {"id": began_s, "trade_turnover": "0", "amount": "0", "count": "0", "vol": "0"}
    candle |= dict.fromkeys(("open", "close", "high", "low"), price)
    channel = f"market.{contract.code}.mark_price.{context.record['period']}"
    return {"ch": channel, "data": [candle], "status": "ok", "ts": context.world.now_ms}


def server_time(context: Context) -> Json:
    """`/api/v1/timestamp`."""
    return {"status": "ok", "ts": context.world.now_ms}


def heartbeat(context: Context) -> Any:
    """`/heartbeat/`: whether each family works."""
    works = int(not context.world.switches.is_maintained)
    families = ("", "swap_", "linear_swap_", "option_")
    times = dict.fromkeys(f"{family}estimated_recovery_time" for family in families)
    return {f"{family}heartbeat": works for family in families} | times


def delivery_contracts(context: Context) -> Any:
    """`contract_contract_info`: one of long ago, for clients which refuse an empty list (ccxt)."""
    return [DELIVERED]


def levels(
    world: World, contract: Contract, *, is_buy: bool, most: int
) -> list[list[Decimal | int]]:
    """Return price and contracts of a side, best first, the synthetic quote among them."""
    book = world.book(contract)
    rows = {
        price: sum(order.remaining for order in orders)
        for price, orders in book.side(is_buy=is_buy).levels()
    }
    quote = book.quote(is_buy=is_buy)
    if world.has_quotes and quote:
        rows[quote] = rows.get(quote, 0) + quote_volume(world, contract)
    prices = sorted(rows, reverse=is_buy)
    return [[price, rows[price]] for price in prices[:most]]


def _detail(context: Context, contract: Contract) -> Json:
    world = context.world
    book: Book = world.book(contract)
    record: Json = {
        "id": 1,
        "ts": world.now_ms,
        "count": 0,
        **dict.fromkeys(("amount", "vol"), "0"),
        **dict.fromkeys(("open", "close", "high", "low"), canonical(book.last)),
    }
    for name, is_buy in (("bid", True), ("ask", False)):
        rows = levels(world, contract, is_buy=is_buy, most=1)
        if rows:
            record[name] = rows[0]
    return record


def _element(world: World, contract: Contract) -> Json:
    return {
        "contract_code": contract.symbol,
        "settle_period": 8,
        "instrument_index_code": contract.code,
        "price_tick": f"{contract.tick:.18f}",
        "instrument_value": f"{contract.size:.18f}",
        "min_level": str(contract.leverages[0]),
        "max_level": str(contract.leverages[-1]),
        "real_time_settlement": 0,
        "open_order_limit": f"{contract.open_limit}.000000000000000000",
        "offset_order_limit": f"{contract.close_limit}.000000000000000000",
        "long_position_limit": f"{contract.position_limit}.000000000000000000",
        "short_position_limit": f"{contract.position_limit}.000000000000000000",
        "contract_infos": [
            {
                "contract_code": contract.code,
                "instrument_type": [0],
                "settlement_date": _next_settlement(world),
                "create_date": contract.created,
                "contract_status": world.state(contract).status,
            }
        ],
    }


def _ticked(context: Context, channel: Any, tick: Json) -> Json:
    return {"ch": channel, "status": "ok", "tick": tick, "ts": context.world.now_ms}


def _next_settlement(world: World) -> str:
    return str((world.now_ms // SETTLEMENT_MS + 1) * SETTLEMENT_MS)


def _named(contract: Contract) -> Json:
    return {"symbol": contract.symbol, "contract_code": contract.code}
