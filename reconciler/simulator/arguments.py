"""What control requests say: decimals, names and orders, or a sentence why they cannot be meant."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from reconciler.simulator.accounts import Account
from reconciler.simulator.hl_wire import parse_address, parse_cloid
from reconciler.simulator.markets import Instrument
from reconciler.simulator.numbers import ZERO, decimals_of
from reconciler.simulator.orders import Order, Terms, TimeInForce, Trigger

if TYPE_CHECKING:
    from reconciler.simulator.simulator import Simulator

Arguments = Mapping[str, Any]
DECIMAL_MAX = 1_000_000_000_000
DECIMALS_MAX = 12
WHOLE_MAX = 2**53


class ControlError(Exception):
    """A control request which cannot be carried out; the text says why."""


def decimal(arguments: Arguments, name: str) -> Decimal:
    """Return a decimal argument."""
    value = arguments.get(name)
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise ControlError(f"{name} is a decimal, written as a text")
    try:
        parsed = Decimal(value)
    except InvalidOperation:
        raise ControlError(f"{name} is a decimal, written as a text") from None
    if not parsed.is_finite() or abs(parsed) > DECIMAL_MAX:
        raise ControlError(f"{name} is {DECIMAL_MAX} at most")
    if decimals_of(parsed) > DECIMALS_MAX:
        raise ControlError(f"{name} has {DECIMALS_MAX} decimals at most")
    return parsed


def whole(arguments: Arguments, name: str, default: int) -> int:
    """Return a whole number which is not negative."""
    value = arguments.get(name, default)
    if type(value) is not int or not 0 <= value <= WHOLE_MAX:
        raise ControlError(f"{name} is a whole number, not negative")
    return value


def text(arguments: Arguments, name: str, default: str) -> str:
    """Return a text argument."""
    value = arguments.get(name, default)
    if not isinstance(value, str):
        raise ControlError(f"{name} is a text")
    return value


def positive(arguments: Arguments, name: str) -> Decimal:
    """Return a decimal argument above zero."""
    value = decimal(arguments, name)
    if value <= ZERO:
        raise ControlError(f"{name} is positive")
    return value


def account_named(simulator: Simulator, arguments: Arguments) -> Account:
    """Return the account which is named."""
    address = parse_address(arguments.get("account"))
    account = simulator.world.accounts.get(address)
    if account is None:
        raise ControlError(f"account {address} does not exist")
    return account


def instrument_named(simulator: Simulator, arguments: Arguments) -> Instrument:
    """Return the instrument which is named as in replies, or a spot pair by its tokens."""
    name = arguments.get("instrument")
    markets = simulator.world.markets
    instrument = markets.by_name.get(name) if isinstance(name, str) else None
    if instrument is None:
        pairs = (each for each in markets.spots if f"{each.base}/{each.quote}" == name)
        instrument = next(pairs, None)
    if instrument is None:
        raise ControlError(f"unknown instrument {name!r}")
    return instrument


def live_order(simulator: Simulator, arguments: Arguments) -> Order:
    """Find a live order by venue order id, or by account and client order id."""
    order: Order | None
    if "oid" in arguments:
        order = simulator.world.orders.get(whole(arguments, "oid", 0))
    else:
        account = account_named(simulator, arguments)
        order = account.open_with_cloid(parse_cloid(arguments.get("cloid")))
    if order is None or not order.is_live:
        raise ControlError("no such live order")
    return order


def any_order(simulator: Simulator, arguments: Arguments) -> Order:
    """Find an order by venue order id, or the newest by account and client order id."""
    if "oid" in arguments:
        order = simulator.world.orders.get(whole(arguments, "oid", 0))
    else:
        account = account_named(simulator, arguments)
        order = account.by_cloid.get(parse_cloid(arguments.get("cloid")), [None])[-1]
    if order is None:
        raise ControlError("no such order")
    return order


def terms_from(simulator: Simulator, arguments: Arguments, time_in_force: TimeInForce) -> Terms:
    """Return the terms of an order that is described."""
    side = arguments.get("side")
    if side not in ("buy", "sell"):
        raise ControlError("side is buy or sell")
    cloid = arguments.get("cloid")
    return Terms(
        instrument=instrument_named(simulator, arguments),
        is_buy=side == "buy",
        price=positive(arguments, "price"),
        quantity=positive(arguments, "quantity"),
        time_in_force=time_in_force,
        is_reduce_only=bool(arguments.get("reduce_only")),
        cloid=None if cloid is None else parse_cloid(cloid),
        trigger=_trigger(arguments.get("trigger")),
    )


def _trigger(record: Any) -> Trigger | None:
    if record is None:
        return None
    if not isinstance(record, dict) or record.get("kind") not in ("tp", "sl"):
        raise ControlError("trigger is an object with price, is_market and kind tp or sl")
    return Trigger(
        price=positive(record, "price"),
        is_market=bool(record.get("is_market")),
        kind=record["kind"],
    )
