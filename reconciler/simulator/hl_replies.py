"""How Hyperliquid's replies look: orders, fills, positions, statuses.

Shapes are those of recorded mainnet replies and of the page `info-endpoint` (checked 2026-08-22).
Numbers are texts with one decimal at least; they are to be compared as decimals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from reconciler.simulator.accounts import Account, Position
from reconciler.simulator.ledger import leverage_of, margin_required
from reconciler.simulator.markets import Instrument
from reconciler.simulator.numbers import ZERO, canonical, cut, padded
from reconciler.simulator.orders import (
    TRIGGERED,
    Deferred,
    Fill,
    Order,
    Outcome,
    Phase,
    Placed,
    Refused,
    TimeInForce,
)
from reconciler.simulator.views import AccountView
from reconciler.simulator.world import World

Json = dict[str, Any]
MONEY_DECIMALS = 6
PNL_DECIMALS = 8


def ok(kind: str, data: Any = None) -> Json:
    """Build the reply to an accepted action."""
    response: Json = {"type": kind}
    if data is not None:
        response["data"] = data
    return {"status": "ok", "response": response}


def err(text: str) -> Json:
    """Build the reply to an action refused as a whole."""
    return {"status": "err", "response": text}


def statuses(kind: str, entries: list[Any]) -> Json:
    """Build the reply to a batch."""
    return ok(kind, {"statuses": entries})


def status_of(outcome: Outcome) -> Any:
    """Return the entry in `statuses` for one order."""
    if isinstance(outcome, Refused):
        return {"error": error_text(outcome)}
    if isinstance(outcome, Deferred):
        return "waitingForFill" if outcome.waits_for_fill else "waitingForTrigger"
    return _placed(outcome)


def error_text(refused: Refused) -> str:
    """Return the sentence of a refusal; found while executing, it names the asset."""
    suffix = "" if refused.asset is None else f" asset={refused.asset}"
    return refused.refusal.text + suffix


def _placed(outcome: Placed) -> Json:
    order = outcome.order
    body: Json = {"oid": order.oid}
    if order.terms.cloid is not None:
        body["cloid"] = order.terms.cloid
    if not order.filled:
        return {"resting": body}
    average = cut(order.average_price, order.terms.instrument.price_decimals)
    return {"filled": {"totalSz": padded(order.filled), "avgPx": padded(average), **body}}


def open_order(order: Order) -> Json:
    """Return an entry of `openOrders`: unset fields are absent."""
    entry: Json = {
        "coin": order.terms.instrument.name,
        "side": side(order.terms.is_buy),
        "limitPx": padded(order.terms.price),
        "sz": padded(order.remaining),
        "oid": order.oid,
        "timestamp": order.fired_at_ms or order.placed_at_ms,
        "origSz": padded(order.quantity),
    }
    if order.terms.cloid is not None:
        entry["cloid"] = order.terms.cloid
    if order.terms.is_reduce_only:
        entry["reduceOnly"] = True
    return entry


def frontend_order(order: Order, live: Mapping[int, Order], *, as_trigger: bool = False) -> Json:
    """Return an entry of `frontendOpenOrders`.

    Args:
        live: live orders of the same view; waiting children are listed inside their parent too.
        as_trigger: show a fired order with its trigger, as the `triggered` record does.
    """
    terms = order.terms
    is_trigger = terms.trigger is not None and (order.fired_at_ms is None or as_trigger)
    children = [live[each.oid] for each in order.children if each.oid in live]
    return {
        "coin": terms.instrument.name,
        "side": side(terms.is_buy),
        "limitPx": padded(terms.price),
        "sz": padded(order.remaining),
        "oid": order.oid,
        "timestamp": order.fired_at_ms or order.placed_at_ms,
        "triggerCondition": _condition(order, is_trigger),
        "isTrigger": is_trigger,
        "triggerPx": padded(terms.trigger.price) if terms.trigger and is_trigger else "0.0",
        "children": [frontend_order(each, {}) for each in children if each.phase is Phase.WAITING],
        "isPositionTpsl": terms.grouping == "positionTpsl",
        "reduceOnly": terms.is_reduce_only,
        "orderType": _order_type(order),
        "origSz": padded(order.quantity),
        "tif": None if is_trigger else _time_in_force(order),
        "cloid": terms.cloid,
    }


def order_record(order: Order, live: Mapping[int, Order]) -> Json:
    """Return an entry of `historicalOrders`, which is also the heart of `orderStatus`."""
    return {
        "order": frontend_order(order, live, as_trigger=order.status == TRIGGERED),
        "status": order.told_status or order.account.told_status or order.status,
        "statusTimestamp": order.status_at_ms,
    }


def side(is_buy: bool) -> str:
    """Return the letter of a side: B for bid, A for ask."""
    return "B" if is_buy else "A"


def _condition(order: Order, is_trigger: bool) -> str:
    trigger = order.terms.trigger
    if trigger is None:
        return "N/A"
    if not is_trigger:
        return "Triggered"
    way = "above" if trigger.fires_above(is_buy=order.terms.is_buy) else "below"
    return f"Price {way} {canonical(trigger.price)}"


def _order_type(order: Order) -> str:
    trigger = order.terms.trigger
    if trigger is None:
        return "Market" if order.terms.time_in_force is TimeInForce.MARKET else "Limit"
    name = "Stop" if trigger.kind == "sl" else "Take Profit"
    return f"{name} {'Market' if trigger.is_market else 'Limit'}"


def _time_in_force(order: Order) -> str:
    """Return the word; a fired trigger order reads as GTC."""
    return "Gtc" if order.terms.trigger is not None else str(order.terms.time_in_force)


def fill(each: Fill) -> Json:
    """Return an entry of `userFills`."""
    entry: Json = {
        "coin": each.instrument.name,
        "px": padded(each.price),
        "sz": padded(each.quantity),
        "side": side(each.is_buy),
        "time": each.at_ms,
        "startPosition": padded(each.start_position),
        "dir": each.direction,
        "closedPnl": padded(cut(each.closed_pnl, PNL_DECIMALS)),
        "hash": "0x" + hashlib.sha256(f"{each.trade_id}".encode()).hexdigest(),
        "oid": each.oid,
        "crossed": each.is_crossing,
        "fee": padded(each.fee),
        "tid": each.trade_id,
        "feeToken": each.fee_token,
        "twapId": None,
    }
    if each.builder_fee:
        entry["builderFee"] = padded(each.builder_fee)
    if each.cloid is not None:
        entry["cloid"] = each.cloid
    return entry


def clearinghouse(world: World, view: AccountView, dex: str) -> Json:
    """Return `clearinghouseState`: positions and margin in one dex."""
    instruments = world.markets.by_asset
    mine = [
        (instruments[asset], position)
        for asset, position in view.positions.items()
        if instruments[asset].dex == dex
    ]
    cash = view.cash.get(dex, ZERO)
    worth = sum((_unrealised(world, *each) for each in mine), cash)
    notional = sum((_value(world, *each) for each in mine), ZERO)
    used = sum((_margin(world, view.account, *each) for each in mine), ZERO)
    raw = cash - sum((position.entry_value for _, position in mine), ZERO)
    summary = {
        "accountValue": _money(worth),
        "totalNtlPos": _money(notional),
        "totalRawUsd": _money(raw),
        "totalMarginUsed": _money(used),
    }
    return {
        "marginSummary": summary,
        "crossMarginSummary": dict(summary),
        "crossMaintenanceMarginUsed": _money(used / 2),
        "withdrawable": _money(max(worth - margin_required(world, view.account, dex), ZERO)),
        "assetPositions": [_position(world, view.account, *each) for each in mine],
        "time": world.now_ms,
    }


def spot_clearinghouse(world: World, view: AccountView) -> Json:
    """Return `spotClearinghouseState`: every token with a balance."""
    return {
        "balances": [
            {
                "coin": token,
                "token": world.markets.tokens[token]["index"],
                "total": padded(cut(total, PNL_DECIMALS)),
                "hold": padded(cut(view.held.get(token, ZERO), PNL_DECIMALS)),
                "entryNtl": "0.0",
            }
            for token, total in view.tokens.items()
            if total
        ]
    }


def perp_context(world: World, instrument: Instrument) -> Json:
    """Return a perp's entry in `metaAndAssetCtxs`; what nobody computes here is zero."""
    book = world.books.get(instrument.asset)
    mark = padded(book.mark if book else instrument.mark)
    mid = middle(world, instrument)
    return {
        "funding": "0.0",
        "openInterest": "0.0",
        "prevDayPx": mark,
        "dayNtlVlm": "0.0",
        "premium": None if mid is None else "0.0",
        "oraclePx": mark,
        "markPx": mark,
        "midPx": None if mid is None else padded(mid),
        "impactPxs": None,
        "dayBaseVlm": "0.0",
    }


def spot_context(world: World, instrument: Instrument) -> Json:
    """Return a pair's entry in `spotMetaAndAssetCtxs`."""
    book = world.books.get(instrument.asset)
    mark = padded(book.mark if book else instrument.mark)
    mid = middle(world, instrument)
    return {
        "prevDayPx": mark,
        "dayNtlVlm": "0.0",
        "markPx": mark,
        "midPx": None if mid is None else padded(mid),
        "circulatingSupply": "0.0",
        "coin": instrument.name,
        "totalSupply": "0.0",
        "dayBaseVlm": "0.0",
    }


def middle(world: World, instrument: Instrument) -> Decimal | None:
    """Return the middle between best bid and ask, the market's mid where a side is empty."""
    book = world.books.get(instrument.asset)
    if book is None:
        return instrument.mid
    has_quotes = world.switches.background_notional > ZERO
    bid, ask = (book.best(is_buy=is_buy, with_quotes=has_quotes) for is_buy in (True, False))
    return (bid + ask) / 2 if bid and ask else book.mid


def level(price: Decimal, quantities: Iterable[Decimal]) -> Json:
    """Return a level of `l2Book`."""
    listed = list(quantities)
    return {"px": padded(price), "sz": padded(sum(listed, ZERO)), "n": len(listed)}


def _position(world: World, account: Account, instrument: Instrument, position: Position) -> Json:
    leverage = leverage_of(account, instrument)
    used = _margin(world, account, instrument, position)
    pnl = _unrealised(world, instrument, position)
    shown: Json = {"type": "cross" if leverage.is_cross else "isolated", "value": leverage.value}
    if not leverage.is_cross:
        shown["rawUsd"] = _money(used - position.size * world.book(instrument).mark)
    return {
        "type": "oneWay",
        "position": {
            "coin": instrument.name,
            "szi": padded(position.size),
            "leverage": shown,
            "entryPx": padded(cut(position.entry_price, instrument.price_decimals)),
            "positionValue": _money(_value(world, instrument, position)),
            "unrealizedPnl": _money(pnl),
            "returnOnEquity": padded(cut(pnl / used, PNL_DECIMALS)),
            "liquidationPx": None,
            "marginUsed": _money(used),
            "maxLeverage": instrument.leverage_max,
            "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
        },
    }


def _value(world: World, instrument: Instrument, position: Position) -> Decimal:
    return abs(position.size) * world.book(instrument).mark


def _unrealised(world: World, instrument: Instrument, position: Position) -> Decimal:
    return position.size * world.book(instrument).mark - position.entry_value


def _margin(world: World, account: Account, instrument: Instrument, position: Position) -> Decimal:
    leverage = leverage_of(account, instrument).value
    return _value(world, instrument, position) / leverage


def _money(value: Decimal) -> str:
    return padded(cut(value, MONEY_DECIMALS))
