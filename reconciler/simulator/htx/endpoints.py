"""Which paths this venue answers, how, and who may ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.simulator.htx import balances, history, public, reading, trading
from reconciler.simulator.htx.context import Context

SWAP = "/swap-api/v1/"
SWAP_3 = "/swap-api/v3/"
MARKET = "/swap-ex/market/"
PREFIXES = (
    "/swap-api/",
    "/swap-ex/",
    "/v2/swap-ex/",
    "/index/market/",
    "/api/v1/",
    "/heartbeat",
    "/linear-swap-api/",
    "/v5/",
)


class Access(StrEnum):
    """Who may ask, and which rate counts it."""

    PUBLIC = "public"
    MARKET = "market"
    READ = "read"
    TRADE = "trade"

    @property
    def is_private(self) -> bool:
        """Tell whether a signature is needed."""
        return self in (Access.READ, Access.TRADE)


class Envelope(StrEnum):
    """What a result is wrapped in."""

    STATUS = "status"
    """`{"status": "ok", "data": ..., "ts": ...}`"""
    CODE = "code"
    """`{"code": 200, "msg": "ok", "data": ..., "ts": ...}`"""
    BARE = "bare"
    """Nothing: the result is the whole reply."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path."""

    call: Callable[[Context], Any]
    access: Access
    method: str = "POST"
    envelope: Envelope = Envelope.STATUS


def _public(call: Callable[[Context], Any]) -> Endpoint:
    return Endpoint(call, Access.PUBLIC, "GET")


def _market(call: Callable[[Context], Any]) -> Endpoint:
    return Endpoint(call, Access.MARKET, "GET", Envelope.BARE)


def _read(call: Callable[[Context], Any]) -> Endpoint:
    return Endpoint(call, Access.READ)


def _trade(call: Callable[[Context], Any]) -> Endpoint:
    return Endpoint(call, Access.TRADE)


def _third(call: Callable[[Context], Any]) -> Endpoint:
    return Endpoint(call, Access.READ, "POST", Envelope.CODE)


ENDPOINTS = {
    "/api/v1/timestamp": Endpoint(public.server_time, Access.PUBLIC, "GET", Envelope.BARE),
    "/heartbeat/": _public(public.heartbeat),
    "/api/v1/contract_contract_info": _public(public.delivery_contracts),
    f"{SWAP}swap_contract_info": _public(public.contract_info),
    f"{SWAP}swap_query_elements": _public(public.elements),
    f"{SWAP}swap_price_limit": _public(public.price_limits),
    f"{SWAP}swap_index": _public(public.index),
    f"{SWAP}swap_api_state": _public(public.api_state),
    f"{MARKET}bbo": _market(public.best_offers),
    f"{MARKET}depth": _market(public.depth),
    f"{MARKET}detail/merged": _market(public.merged),
    f"{MARKET}detail/batch_merged": _market(public.merged_batch),
    f"/v2{MARKET}detail/batch_merged": _market(public.merged_batch),
    f"{MARKET}trade": _market(public.last_trade),
    "/index/market/history/swap_mark_price_kline": _market(public.mark_prices),
    f"{SWAP}swap_order": _trade(trading.order),
    f"{SWAP}swap_batchorder": _trade(trading.batch_order),
    f"{SWAP}swap_cancel": _trade(trading.cancel),
    f"{SWAP}swap_cancelall": _trade(trading.cancel_all),
    f"{SWAP}swap_tpsl_cancel": _trade(trading.stop_cancel),
    f"{SWAP}swap-cancel-after": Endpoint(trading.cancel_after, Access.TRADE, "POST", Envelope.CODE),
    f"{SWAP}swap_switch_lever_rate": _trade(balances.switch_leverage),
    f"{SWAP}swap_openorders": _read(reading.open_orders),
    f"{SWAP}swap_order_info": _read(reading.orders_info),
    f"{SWAP}swap_order_detail": _read(reading.detail),
    f"{SWAP}swap_relation_tpsl_order": _read(reading.related_stops),
    f"{SWAP}swap_tpsl_openorders": _read(reading.open_stops),
    f"{SWAP}swap_trigger_openorders": _read(reading.no_orders),
    f"{SWAP}swap_track_openorders": _read(reading.no_orders),
    f"{SWAP}swap_hisorders": _read(history.orders_by_page),
    f"{SWAP}swap_matchresults": _read(history.fills_by_page),
    f"{SWAP_3}swap_hisorders": _third(history.orders_by_id),
    f"{SWAP_3}swap_hisorders_exact": _third(history.orders_by_id),
    f"{SWAP_3}swap_matchresults": _third(history.fills_by_id),
    f"{SWAP_3}swap_matchresults_exact": _third(history.fills_by_id),
    f"{SWAP}swap_account_info": _read(balances.accounts),
    f"{SWAP}swap_position_info": _read(balances.positions),
    f"{SWAP}swap_account_position_info": _read(balances.accounts_and_positions),
    f"{SWAP}swap_fee": _read(balances.fees),
    f"{SWAP}swap_order_limit": _read(balances.order_limits),
    f"{SWAP}swap_position_limit": _read(balances.position_limits),
    f"{SWAP}swap_available_level_rate": _read(balances.leverages),
    f"{SWAP}swap_api_trading_status": Endpoint(balances.trading_status, Access.READ, "GET"),
}


def claims(path: str) -> bool:
    """Tell whether a path is one of HTX's rather than of another venue."""
    return path.startswith(PREFIXES)
