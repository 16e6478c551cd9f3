"""Contracts, what they take now, their prices and the position in them.

Pure. Source: pages swap_contract_info 5d516f96, swap_api_state 5d516aaf, swap_price_limit,
swap_order_limit 5d5196d5, swap_index, bbo and swap_position_info, checked 2025-11-26.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.model.numbers import ZERO
from reconciler.model.order import Side
from reconciler.model.snapshot import Quote, Sides
from reconciler.venues.htx.rules import Contract
from reconciler.venues.shape import (
    Malformed,
    Record,
    any_number,
    each,
    integer,
    items,
    record,
    text,
    whole_number,
)

__all__ = [
    "Band",
    "Position",
    "api_state",
    "bands",
    "best_prices",
    "contracts",
    "indexes",
    "order_limits",
    "position",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The highest buy and the lowest sell a contract takes now."""

    buy_max: Decimal
    sell_min: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What an account has of one contract; leverage 0 where it has nothing."""

    sides: Sides = field(default_factory=Sides)
    leverage: int = 0


def contracts(data: object) -> Mapping[str, Contract]:
    """Read `swap_contract_info` by contract code."""
    return {found.code: found for found in each(data, "data", _contract)}


def api_state(data: object) -> Mapping[str, bool]:
    """Read `swap_api_state`: whether a contract takes orders and cancels through the API."""
    return dict(each(data, "data", _state))


def order_limits(data: object) -> Mapping[str, Decimal]:
    """Read `swap_order_limit`: the largest order, the smaller one of opening and closing."""
    return dict(each(record(data, "data").get("list"), "list", _limit))


def bands(data: object) -> Mapping[str, Band]:
    """Read `swap_price_limit`."""
    return dict(each(data, "data", _band))


def indexes(data: object) -> Mapping[str, Decimal]:
    """Read `swap_index`."""
    return {code: price for code, price in each(data, "data", _index) if price > ZERO}


def best_prices(ticks: object) -> Mapping[str, Quote]:
    """Read `bbo`; a side without orders is absent there."""
    return dict(each(ticks, "ticks", _quote))


def position(data: object, code: str) -> Position:
    """Read `swap_position_info` of one contract: a row a side, a flat side may be absent."""
    rows = [row for row in each(data, "data", _row) if row[0] == code]
    held = dict.fromkeys(Side, ZERO)
    leverage = 0
    for _, side, volume, lever in rows:
        if held[side]:
            raise Malformed("a side of the position stands there twice")
        held[side] = volume
        leverage = lever if volume else leverage
    return Position(sides=Sides(long=held[Side.BUY], short=held[Side.SELL]), leverage=leverage)


def _contract(source: Record) -> Contract:
    size, tick = any_number(source, "contract_size"), any_number(source, "price_tick")
    if not size or not tick:
        raise Malformed("contract_size or price_tick is zero")
    return Contract(
        code=text(source, "contract_code").upper(),
        size=size,
        tick=tick,
        status=integer(source, "contract_status"),
    )


def _state(source: Record) -> tuple[str, bool]:
    is_open = all(integer(source, key) == 1 for key in ("open", "close", "cancel"))
    return text(source, "contract_code").upper(), is_open


def _limit(source: Record) -> tuple[str, Decimal]:
    most = min(any_number(source, "open_limit"), any_number(source, "close_limit"))
    return text(source, "contract_code").upper(), most


def _band(source: Record) -> tuple[str, Band]:
    band = Band(buy_max=any_number(source, "high_limit"), sell_min=any_number(source, "low_limit"))
    return text(source, "contract_code").upper(), band


def _index(source: Record) -> tuple[str, Decimal]:
    return text(source, "contract_code").upper(), any_number(source, "index_price")


def _quote(source: Record) -> tuple[str, Quote]:
    quote = Quote(bid=_price(source, "bid"), ask=_price(source, "ask"))
    return text(source, "contract_code").upper(), quote


def _price(source: Record, key: str) -> Decimal | None:
    """Return the price of a pair of price and contracts; None where there is no such side."""
    if source.get(key) is None:
        return None
    pair = items(source.get(key), key)
    if len(pair) != 2:
        raise Malformed(f"{key} is not a price with a quantity")
    return any_number({key: pair[0]}, key)


def _row(source: Record) -> tuple[str, Side, Decimal, int]:
    direction = text(source, "direction")
    if direction not in (Side.BUY, Side.SELL):
        raise Malformed("direction is neither buy nor sell")
    volume, lever = any_number(source, "volume"), whole_number(source, "lever_rate")
    return text(source, "contract_code").upper(), Side(direction), volume, lever
