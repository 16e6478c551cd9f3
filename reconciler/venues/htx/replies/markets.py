"""Contracts, what they take now, their prices and the position in them.

Pure. Source: pages swap_contract_info 5d516f96, swap_api_state 5d516aaf, swap_price_limit,
swap_order_limit 5d5196d5, swap_index, bbo and swap_position_info, checked 2025-11-26.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

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
    "statuses",
]

T = TypeVar("T")
Codes = Container[str]


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


def statuses(data: object) -> Mapping[str, int | None]:
    """Read `swap_contract_info` for the status of every contract; None where it is unreadable."""
    return dict(each(data, "data", lambda row: (_code(row), _status(row))))


def contracts(data: object, codes: Codes) -> Mapping[str, Contract]:
    """Read `swap_contract_info`, as all below of some contracts: see `_rows`."""
    return _rows(data, "data", codes, _contract)


def api_state(data: object, codes: Codes) -> Mapping[str, bool]:
    """Read `swap_api_state`: whether a contract takes orders and cancels through the API."""
    return _rows(data, "data", codes, _is_open)


def order_limits(data: object, codes: Codes) -> Mapping[str, Decimal]:
    """Read `swap_order_limit`: the largest order, the smaller one of opening and closing."""
    return _rows(record(data, "data").get("list"), "list", codes, _limit)


def bands(data: object, codes: Codes) -> Mapping[str, Band]:
    """Read `swap_price_limit`."""
    return _rows(data, "data", codes, _band)


def indexes(data: object, codes: Codes) -> Mapping[str, Decimal]:
    """Read `swap_index`."""
    found = _rows(data, "data", codes, lambda row: any_number(row, "index_price"))
    return {code: price for code, price in found.items() if price > ZERO}


def best_prices(ticks: object, codes: Codes) -> Mapping[str, Quote]:
    """Read `bbo`; a side without orders is absent there, or an empty list."""
    return _rows(ticks, "ticks", codes, _quote)


def position(data: object, code: str) -> Position:
    """Read `swap_position_info` of one contract: a row a side, a flat side may be absent."""
    rows = each(data, "data", lambda row: _side(row) if _code(row) == code else None)
    held = dict.fromkeys(Side, ZERO)
    leverage = 0
    for side, volume, lever in (row for row in rows if row is not None):
        if held[side]:
            raise Malformed("a side of the position stands there twice")
        held[side] = volume
        leverage = lever if volume else leverage
    return Position(sides=Sides(long=held[Side.BUY], short=held[Side.SELL]), leverage=leverage)


def _rows(data: object, what: str, codes: Codes, read: Callable[[Record], T]) -> Mapping[str, T]:
    """Read the rows of some contracts; a row of another may be broken, but has to say whose it is.

    One without a code may be of any contract, and spoils the list.
    """

    def one(source: Record) -> tuple[str, T] | None:
        code = _code(source)
        return (code, read(source)) if code in codes else None

    return dict(row for row in each(data, what, one) if row is not None)


def _code(source: Record) -> str:
    return text(source, "contract_code").upper()


def _contract(source: Record) -> Contract:
    size, tick = any_number(source, "contract_size"), any_number(source, "price_tick")
    if not size or not tick:
        raise Malformed("contract_size or price_tick is zero")
    return Contract(
        code=_code(source), size=size, tick=tick, status=integer(source, "contract_status")
    )


def _status(source: Record) -> int | None:
    try:
        return integer(source, "contract_status")
    except Malformed:
        return None


def _is_open(source: Record) -> bool:
    return all(integer(source, key) == 1 for key in ("open", "close", "cancel"))


def _limit(source: Record) -> Decimal:
    return min(any_number(source, "open_limit"), any_number(source, "close_limit"))


def _band(source: Record) -> Band:
    return Band(buy_max=any_number(source, "high_limit"), sell_min=any_number(source, "low_limit"))


def _quote(source: Record) -> Quote:
    return Quote(bid=_price(source, "bid"), ask=_price(source, "ask"))


def _price(source: Record, key: str) -> Decimal | None:
    """Return the price of a pair of price and contracts; None where there is no such side."""
    if source.get(key) is None or source.get(key) == []:
        return None
    pair = items(source.get(key), key)
    if len(pair) != 2:
        raise Malformed(f"{key} is not a price with a quantity")
    return any_number({key: pair[0]}, key)


def _side(source: Record) -> tuple[Side, Decimal, int]:
    direction = text(source, "direction")
    if direction not in (Side.BUY, Side.SELL):
        raise Malformed("direction is neither buy nor sell")
    volume, lever = any_number(source, "volume"), whole_number(source, "lever_rate")
    return Side(direction), volume, lever
