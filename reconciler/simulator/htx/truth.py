"""The state of an account as plain records: what the control API shows, hiding nothing.

Fields are called as those of the other venue, so that a test can look at both alike.
"""

from __future__ import annotations

from typing import Any

from reconciler.simulator.htx.accounts import Account
from reconciler.simulator.htx.orders import Fill, Order, Stop
from reconciler.simulator.htx.world import World
from reconciler.simulator.numbers import canonical


def account_record(world: World, account: Account) -> dict[str, Any]:
    """Return an account with everything that ever happened on it."""
    wallets = {code: wallet.value for code, wallet in account.wallets.items()}
    return {
        "account": account.uid,
        "access_keys": [key.access for owner, key in world.keys.values() if owner is account],
        "balances": {code: canonical(wallet.static) for code, wallet in wallets.items()},
        "positions": {
            code: {"long": wallet.volume(is_long=True), "short": wallet.volume(is_long=False)}
            for code, wallet in wallets.items()
            if wallet.long or wallet.short
        },
        "orders": [order_record(order) for order in account.history],
        "fills": [fill_record(fill) for fill in account.fills],
        "stops": [stop_record(stop) for stop in account.stops],
    }


def order_record(order: Order) -> dict[str, Any]:
    """Return one order."""
    terms, progress = order.terms, order.progress.value
    return {
        "oid": order.oid,
        "cloid": terms.client_id,
        "account": order.account.uid,
        "instrument": terms.contract.code,
        "side": side(terms.is_buy),
        "price": canonical(terms.price),
        "quantity": str(terms.volume),
        "filled": str(progress.filled),
        "remaining": str(order.remaining),
        "status": progress.status,
        "is_live": progress.is_live,
        "time_in_force": terms.price_type,
        "reduce_only": not terms.is_open,
        "leverage": terms.leverage,
        "source": terms.source,
        "placed_at_ms": order.placed_at_ms,
        "status_at_ms": progress.updated_at_ms,
    }


def fill_record(fill: Fill) -> dict[str, Any]:
    """Return one side of an execution."""
    terms = fill.order.terms
    return {
        "at_ms": fill.at_ms,
        "oid": fill.order.oid,
        "cloid": terms.client_id,
        "instrument": terms.contract.code,
        "side": side(terms.is_buy),
        "price": canonical(fill.price),
        "quantity": str(fill.volume),
        "is_crossing": fill.is_taker,
        "fee": canonical(fill.fee),
        "fee_token": terms.contract.symbol,
        "trade_id": fill.trade_id,
    }


def stop_record(stop: Stop) -> dict[str, Any]:
    """Return one take-profit or stop-loss."""
    return {
        "oid": stop.oid,
        "parent": stop.parent.oid,
        "kind": stop.attached.kind,
        "trigger": canonical(stop.attached.trigger_price),
        "quantity": str(stop.progress.value.volume),
        "status": stop.status,
        "placed_oid": stop.progress.value.placed_oid,
    }


def side(is_buy: bool) -> str:
    """Return the word for a side."""
    return "buy" if is_buy else "sell"
