"""Hyperliquid actions: JSON to typed records.

The venue parses an action into typed records and serialises these again before it hashes: keys in
its own order, numbers canonical, hex in lower case, defaults restored, unknown keys dropped (page
`signing`; measured on testnet 2026-09). So what was signed in any other form recovers to a
stranger's address, which is how a signing bug shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from reconciler.simulator.hl_actions import (
    Action,
    ApproveAgent,
    ApproveBuilderFee,
    Cancel,
    CreateSubAccount,
    Json,
    Modify,
    Noop,
    Order,
    ReserveRequestWeight,
    ScheduleCancel,
    SubAccountTransfer,
    UpdateLeverage,
    WireOrder,
)
from reconciler.simulator.numbers import WIRE_DECIMALS_MAX, decimals_of
from reconciler.simulator.orders import TimeInForce, Trigger

NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,40})?\Z")
CLOID = re.compile(r"(0x)?([0-9a-fA-F]{32})\Z")
CHAIN_ID = re.compile(r"0x[0-9a-fA-F]{1,16}\Z")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\Z")
SURROGATE = re.compile("[\ud800-\udfff]")
UNSIGNED_MAX = 2**64 - 1
GROUPINGS = ("na", "normalTpsl", "positionTpsl")


class Malformed(Exception):
    """A body which the venue cannot deserialise: HTTP 422."""


def parse_action(raw: Any) -> Action:
    """Parse the `action` of an envelope.

    Raises:
        Malformed: the type is unknown, or a field is missing or of another type.
    """
    if not isinstance(raw, dict):
        raise Malformed("action is an object")
    kind = raw.get("type")
    parse = _PARSERS.get(kind) if isinstance(kind, str) else None
    if parse is None:
        raise Malformed("unknown action")
    return parse(raw)


def parse_address(value: Any) -> str:
    """Parse an address into lower case."""
    if not isinstance(value, str) or not ADDRESS.match(value):
        raise Malformed("not an address")
    return value.lower()


def parse_cloid(value: Any) -> str:
    """Parse a client order id into its canonical form: `0x` and lower case."""
    found = CLOID.match(value) if isinstance(value, str) else None
    if found is None:
        raise Malformed("not a client order id")
    return "0x" + found[2].lower()


def whole(record: Mapping[str, Any], key: str) -> int:
    """Return an unsigned integer field."""
    value = record.get(key)
    if type(value) is not int or not 0 <= value <= UNSIGNED_MAX:
        raise Malformed(f"{key} is an unsigned integer of 64 bits")
    return value


def flag(record: Mapping[str, Any], key: str, default: bool | None = None) -> bool:
    """Return a boolean field; absent and null stand for the default, if there is one."""
    value = record.get(key)
    if value is None and default is not None:
        return default
    if type(value) is not bool:
        raise Malformed(f"{key} is a boolean")
    return value


def text(record: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """Return a text field; absent and null stand for the default, if there is one."""
    value = record.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or SURROGATE.search(value):
        raise Malformed(f"{key} is a text")
    return value


def number(record: Mapping[str, Any], key: str) -> Decimal:
    """Return a decimal field, which is a text with at most eight significant decimals."""
    value = text(record, key)
    if not NUMBER.match(value):
        raise Malformed(f"{key} is a plain decimal")
    parsed = Decimal(value)
    if "." in value and decimals_of(parsed) > WIRE_DECIMALS_MAX:
        raise Malformed(f"{key} is too precise")
    return parsed


def parse_order(raw: Any) -> WireOrder:
    """Parse one order record."""
    record = _object(raw)
    kind = _object(record.get("t"))
    time_in_force, trigger = None, None
    if "limit" in kind:
        try:
            time_in_force = TimeInForce(text(_object(kind["limit"]), "tif"))
        except ValueError as error:
            raise Malformed("unknown time in force") from error
    else:
        trigger = _parse_trigger(_object(kind.get("trigger")))
    cloid = record.get("c")
    return WireOrder(
        asset=whole(record, "a"),
        is_buy=flag(record, "b"),
        price=number(record, "p"),
        quantity=number(record, "s"),
        is_reduce_only=flag(record, "r", default=False),
        time_in_force=time_in_force,
        trigger=trigger,
        cloid=None if cloid is None else parse_cloid(cloid),
    )


def _parse_trigger(record: Json) -> Trigger:
    kind = text(record, "tpsl")
    if kind not in ("tp", "sl"):
        raise Malformed("tpsl is tp or sl")
    return Trigger(
        price=number(record, "triggerPx"),
        is_market=flag(record, "isMarket"),
        kind="tp" if kind == "tp" else "sl",
    )


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise Malformed("an object is expected")
    return value


def _items(record: Json, key: str) -> list[Any]:
    value = record.get(key)
    if not isinstance(value, list):
        raise Malformed(f"{key} is a list")
    return value


def _parse_order_action(record: Json) -> Action:
    grouping = record.get("grouping", "na")
    if isinstance(grouping, dict):
        grouping = whole(grouping, "p")
    elif grouping not in GROUPINGS:
        raise Malformed("unknown grouping")
    builder = record.get("builder")
    if builder is not None:
        builder = _object(builder)
        builder = (parse_address(builder.get("b")), whole(builder, "f"))
    orders = tuple(parse_order(item) for item in _items(record, "orders"))
    return Order(orders=orders, grouping=grouping, builder=builder)


def _parse_cancel(record: Json) -> Action:
    cancels = tuple(
        (whole(_object(item), "a"), whole(item, "o")) for item in _items(record, "cancels")
    )
    return Cancel(cancels=cancels, is_by_cloid=False, is_fast=flag(record, "f", default=False))


def _parse_cancel_by_cloid(record: Json) -> Action:
    cancels = tuple(
        (whole(_object(item), "asset"), parse_cloid(item.get("cloid")))
        for item in _items(record, "cancels")
    )
    return Cancel(cancels=cancels, is_by_cloid=True, is_fast=flag(record, "f", default=False))


def _parse_pair(raw: Any) -> tuple[int | str, WireOrder]:
    record = _object(raw)
    target = record.get("oid")
    if isinstance(target, str):
        return parse_cloid(target), parse_order(record.get("order"))
    return whole(record, "oid"), parse_order(record.get("order"))


def _parse_modify(record: Json) -> Action:
    return Modify(
        modifies=(_parse_pair(record),),
        is_batch=False,
        is_always_placed=flag(record, "a", default=False),
    )


def _parse_batch_modify(record: Json) -> Action:
    return Modify(
        modifies=tuple(_parse_pair(item) for item in _items(record, "modifies")),
        is_batch=True,
        is_always_placed=flag(record, "a", default=False),
    )


def _parse_noop(record: Json) -> Action:
    assert record["type"] == "noop", "found by its type"
    return Noop()


def _parse_schedule_cancel(record: Json) -> Action:
    has_time = record.get("time") is not None
    return ScheduleCancel(time_ms=whole(record, "time") if has_time else None)


def _parse_update_leverage(record: Json) -> Action:
    return UpdateLeverage(
        asset=whole(record, "asset"),
        is_cross=flag(record, "isCross"),
        leverage=whole(record, "leverage"),
    )


def _parse_reserve_weight(record: Json) -> Action:
    destination = record.get("destination")
    return ReserveRequestWeight(
        weight=whole(record, "weight"),
        destination=None if destination is None else parse_address(destination),
    )


def _parse_create_sub_account(record: Json) -> Action:
    return CreateSubAccount(name=text(record, "name"))


def _parse_sub_account_transfer(record: Json) -> Action:
    return SubAccountTransfer(
        sub_account=parse_address(record.get("subAccountUser")),
        is_deposit=flag(record, "isDeposit"),
        usd=whole(record, "usd"),
    )


def _parse_chain_id(record: Json) -> int:
    chain_id = text(record, "signatureChainId")
    if not CHAIN_ID.match(chain_id):
        raise Malformed("signatureChainId is a hexadecimal number")
    return int(chain_id, 16)


def _parse_approve_agent(record: Json) -> Action:
    return ApproveAgent(
        chain=text(record, "hyperliquidChain"),
        chain_id=_parse_chain_id(record),
        agent=parse_address(record.get("agentAddress")),
        name=text(record, "agentName", default=""),
        nonce=whole(record, "nonce"),
    )


def _parse_approve_builder_fee(record: Json) -> Action:
    return ApproveBuilderFee(
        chain=text(record, "hyperliquidChain"),
        chain_id=_parse_chain_id(record),
        builder=parse_address(record.get("builder")),
        rate=text(record, "maxFeeRate"),
        nonce=whole(record, "nonce"),
    )


_PARSERS: Mapping[Any, Callable[[Json], Action]] = {
    "order": _parse_order_action,
    "cancel": _parse_cancel,
    "cancelByCloid": _parse_cancel_by_cloid,
    "modify": _parse_modify,
    "batchModify": _parse_batch_modify,
    "noop": _parse_noop,
    "scheduleCancel": _parse_schedule_cancel,
    "updateLeverage": _parse_update_leverage,
    "reserveRequestWeight": _parse_reserve_weight,
    "createSubAccount": _parse_create_sub_account,
    "subAccountTransfer": _parse_sub_account_transfer,
    "approveAgent": _parse_approve_agent,
    "approveBuilderFee": _parse_approve_builder_fee,
}
