"""Margin accounts and positions, limits and leverage of the caller.

Shapes: HTX's documentation of the endpoints named below (checked 2025-11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from reconciler.simulator.htx.accounts import Position, Wallet
from reconciler.simulator.htx.checks import leverage_refusal
from reconciler.simulator.htx.context import Context, Json
from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.errors import Refused, refused
from reconciler.simulator.htx.ledger import (
    MAKER_FEE,
    TAKER_FEE,
    Margin,
    average_price,
    live_in,
    margin,
    position_margin,
    profit_of,
    rounded,
)
from reconciler.simulator.htx.limits import LEVERAGE_WINDOW_MS
from reconciler.simulator.htx.orders import ORDER_PRICE_TYPES, Order
from reconciler.simulator.numbers import ZERO, canonical

SETTLING = frozenset({5, 7})


def accounts(context: Context) -> Any:
    """`swap_account_info`: one margin account a contract."""
    _check_settled(context, one=1077, some=1078)
    return [account_record(context, each) for each in context.fields.contracts()]


def positions(context: Context) -> Any:
    """`swap_position_info`: one row a side which is held."""
    _check_settled(context, one=1079, some=1080)
    return [row for each in context.fields.contracts() for row in position_records(context, each)]


def accounts_and_positions(context: Context) -> Any:
    """`swap_account_position_info`: both of one contract."""
    contract = context.fields.contract()
    _check_settled(context, one=1077, some=1078)
    record = account_record(context, contract)
    return [record | {"positions": position_records(context, contract)}]


def fees(context: Context) -> Any:
    """`swap_fee`: rates, as texts."""
    rates = {
        "open_maker_fee": canonical(MAKER_FEE),
        "open_taker_fee": canonical(TAKER_FEE),
        "close_maker_fee": canonical(MAKER_FEE),
        "close_taker_fee": canonical(TAKER_FEE),
    }
    return [
        _named(each) | rates | {"fee_asset": each.symbol} for each in context.fields.contracts()
    ]


def order_limits(context: Context) -> Any:
    """`swap_order_limit`: contracts in one order."""
    price_type = context.fields.word("order_price_type", ORDER_PRICE_TYPES, 1034)
    rows = [
        _named(each) | {"open_limit": each.open_limit, "close_limit": each.close_limit}
        for each in context.fields.contracts()
    ]
    return {"order_price_type": price_type, "list": rows}


def position_limits(context: Context) -> Any:
    """`swap_position_limit`: contracts on one side."""
    return [
        _named(each) | {"buy_limit": each.position_limit, "sell_limit": each.position_limit}
        for each in context.fields.contracts()
    ]


def leverages(context: Context) -> Any:
    """`swap_available_level_rate`: a list, not a range."""
    return [
        {
            "contract_code": each.code,
            "available_level_rate": ",".join(str(value) for value in each.leverages),
        }
        for each in context.fields.contracts()
    ]


def switch_leverage(context: Context) -> Any:
    """`swap_switch_lever_rate`: without open orders, while trading, once in three seconds."""
    fields, world, account = context.fields, context.world, context.account
    contract, leverage = fields.contract(), fields.leverage()
    last_ms = account.switched_at_ms
    if last_ms is not None and world.now_ms - last_ms < LEVERAGE_WINDOW_MS:
        raise refused(1032)
    found = leverage_refusal(world, contract, leverage)
    if found is not None:
        raise Refused(found)
    if world.state(contract).status != 1:
        raise refused(1095)
    if live_in(account, contract):
        raise refused(1045)
    wallet = world.wallet(account, contract)
    wallet.change(replace(wallet.value, leverage=leverage), world.now_ms)
    account.switched_at_ms = world.now_ms
    return {"contract_code": context.record["contract_code"], "lever_rate": leverage}


def trading_status(context: Context) -> Any:
    """`swap_api_trading_status`: whether placing is barred."""
    until_ms = context.account.banned_until_ms
    is_barred = context.world.now_ms < until_ms
    return [
        {
            "is_disable": int(is_barred),
            "order_price_types": "limit,post_only,FOK,IOC",
            "disable_reason": "COR" if is_barred else "",
            "disable_interval": until_ms - context.world.now_ms if is_barred else 0,
            "recovery_time": until_ms if is_barred else 0,
        }
    ]


def account_record(context: Context, contract: Contract) -> Json:
    """Return one margin account, in the coin."""
    wallet = _wallet(context, contract)
    found = margin(context.world, contract, wallet, _live(context, contract))
    return _named(contract) | {
        "margin_balance": found.balance,
        "margin_position": found.position,
        "margin_frozen": found.frozen,
        "margin_available": found.available,
        "profit_real": ZERO,
        "profit_unreal": found.unrealised,
        "risk_rate": _risk_rate(contract, found),
        "new_risk_rate": "",
        "trade_partition": "",
        "withdraw_available": max(found.available, ZERO),
        "liquidation_price": None,
        "lever_rate": wallet.leverage,
        "adjust_factor": contract.adjust_factor,
        "margin_static": found.static,
    }


def position_records(context: Context, contract: Contract) -> list[Json]:
    """Return the sides of a contract which are held, the long one first."""
    wallet = _wallet(context, contract)
    found = []
    for is_long in (True, False):
        position = wallet.position(is_long=is_long)
        if position is not None:
            found.append(_position(context, contract, position, is_long=is_long))
    return found


def _position(context: Context, contract: Contract, position: Position, *, is_long: bool) -> Json:
    last = context.world.book(contract).last
    leverage = _wallet(context, contract).leverage
    frozen = sum(
        remaining
        for order, remaining in _live(context, contract)
        if not order.terms.is_open and order.terms.is_long == is_long
    )
    profit = profit_of(contract, position, last, is_long=is_long)
    cost = average_price(contract, position.volume, position.coins)
    return _named(contract) | {
        "volume": position.volume,
        "available": max(position.volume - frozen, 0),
        "frozen": frozen,
        "cost_open": cost,
        "cost_hold": cost,
        "profit_unreal": profit,
        "profit_rate": rounded(profit / (position.coins / leverage)),
        "profit": profit,
        "position_margin": position_margin(contract, position, last, leverage),
        "lever_rate": leverage,
        "direction": "buy" if is_long else "sell",
        "last_price": last,
        "adl_risk_percent": None,
        "liq_px": None,
        "new_risk_rate": "",
        "trade_partition": "",
    }


def _wallet(context: Context, contract: Contract) -> Wallet:
    return context.world.wallet(context.account, contract).at(context.eyes.as_of_ms)


def _live(context: Context, contract: Contract) -> Sequence[tuple[Order, int]]:
    eyes = context.eyes
    return [
        (order, order.terms.volume - eyes.progress(order).filled)
        for order in eyes.listed()
        if order.terms.contract is contract
    ]


def _risk_rate(contract: Contract, found: Margin) -> Decimal | None:
    used = found.position + found.frozen
    return rounded(found.balance / used - contract.adjust_factor) if used else None


def _check_settled(context: Context, *, one: int, some: int) -> None:
    """Refuse while a contract settles: the one which is named, or any when none is."""
    named = context.fields.contract_or_none()
    looked_at = context.world.contracts.values() if named is None else [named]
    if any(context.world.state(each).status in SETTLING for each in looked_at):
        raise refused(some if named is None else one)


def _named(contract: Contract) -> Json:
    return {"symbol": contract.symbol, "contract_code": contract.code}
