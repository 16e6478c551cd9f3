"""The state of an account as plain records: what the control API shows, hiding nothing."""

from __future__ import annotations

from typing import Any

from reconciler.simulator.accounts import Account
from reconciler.simulator.numbers import canonical
from reconciler.simulator.orders import Fill, Order
from reconciler.simulator.world import World


def account_record(world: World, account: Account) -> dict[str, Any]:
    """Return an account with everything that ever happened on it."""
    names = world.markets.by_asset
    return {
        "address": account.address,
        "role": account.role,
        "master": account.master,
        "agents": [a.address for a in world.agents.values() if a.master == account.address],
        "cash": {dex: canonical(value) for dex, value in account.cash.items()},
        "tokens": {token: canonical(value) for token, value in account.tokens.items()},
        "positions": {
            names[asset].name: canonical(position.size)
            for asset, position in account.positions.items()
        },
        "orders": [order_record(order) for order in account.history],
        "fills": [fill_record(fill) for fill in account.fills],
    }


def order_record(order: Order) -> dict[str, Any]:
    """Return one order."""
    terms = order.terms
    return {
        "oid": order.oid,
        "cloid": terms.cloid,
        "account": order.account.address,
        "instrument": terms.instrument.name,
        "asset": terms.instrument.asset,
        "side": side(terms.is_buy),
        "price": canonical(terms.price),
        "quantity": canonical(order.quantity),
        "filled": canonical(order.filled),
        "remaining": canonical(order.remaining),
        "status": order.status,
        "is_live": order.is_live,
        "time_in_force": str(terms.time_in_force),
        "reduce_only": terms.is_reduce_only,
        "trigger": _trigger(order),
        "placed_at_ms": order.placed_at_ms,
        "status_at_ms": order.status_at_ms,
    }


def fill_record(fill: Fill) -> dict[str, Any]:
    """Return one side of an execution."""
    return {
        "at_ms": fill.at_ms,
        "oid": fill.oid,
        "cloid": fill.cloid,
        "instrument": fill.instrument.name,
        "side": side(fill.is_buy),
        "price": canonical(fill.price),
        "quantity": canonical(fill.quantity),
        "is_crossing": fill.is_crossing,
        "fee": canonical(fill.fee),
        "fee_token": fill.fee_token,
        "builder_fee": canonical(fill.builder_fee),
        "trade_id": fill.trade_id,
    }


def side(is_buy: bool) -> str:
    """Return the word for a side."""
    return "buy" if is_buy else "sell"


def _trigger(order: Order) -> dict[str, Any] | None:
    trigger = order.terms.trigger
    if trigger is None:
        return None
    return {
        "price": canonical(trigger.price),
        "is_market": trigger.is_market,
        "kind": trigger.kind,
        "has_fired": order.fired_at_ms is not None,
    }
