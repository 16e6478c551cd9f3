"""Hyperliquid actions as typed records, and their canonical form, which is what is hashed.

Key orders are those of the page `exchange-endpoint` and of the official Python SDK 0.24.0. A key
which has its default of `false` or "none" is absent, never written out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reconciler.simulator.numbers import canonical
from reconciler.simulator.orders import TimeInForce, Trigger

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireOrder:
    """One order of an action. A trigger order has no time in force."""

    asset: int
    is_buy: bool
    price: Decimal
    quantity: Decimal
    is_reduce_only: bool
    time_in_force: TimeInForce | None
    trigger: Trigger | None
    cloid: str | None

    def canonical(self) -> Json:
        """Return the record in hash order."""
        record: Json = {
            "a": self.asset,
            "b": self.is_buy,
            "p": canonical(self.price),
            "s": canonical(self.quantity),
            "r": self.is_reduce_only,
            "t": self._canonical_type(),
        }
        if self.cloid is not None:
            record["c"] = self.cloid
        return record

    def _canonical_type(self) -> Json:
        if self.trigger is None:
            return {"limit": {"tif": str(self.time_in_force)}}
        return {
            "trigger": {
                "isMarket": self.trigger.is_market,
                "triggerPx": canonical(self.trigger.price),
                "tpsl": self.trigger.kind,
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The `order` action.

    Attributes:
        grouping: a word, or the priority fee of `{"p": n}`.
        builder: address and fee in tenths of a basis point.
    """

    orders: tuple[WireOrder, ...]
    grouping: str | int
    builder: tuple[str, int] | None

    def canonical(self) -> Json:
        """Return the action in hash order."""
        grouping = {"p": self.grouping} if isinstance(self.grouping, int) else self.grouping
        orders = [order.canonical() for order in self.orders]
        record: Json = {"type": "order", "orders": orders, "grouping": grouping}
        if self.builder is not None:
            record["builder"] = {"b": self.builder[0], "f": self.builder[1]}
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """The `cancel` and `cancelByCloid` actions: pairs of asset and venue or client order id."""

    cancels: tuple[tuple[int, int | str], ...]
    is_by_cloid: bool
    is_fast: bool

    def canonical(self) -> Json:
        """Return the action in hash order."""
        kind, asset_key, id_key = (
            ("cancelByCloid", "asset", "cloid") if self.is_by_cloid else ("cancel", "a", "o")
        )
        cancels = [{asset_key: asset, id_key: target} for asset, target in self.cancels]
        record: Json = {"type": kind, "cancels": cancels}
        if self.is_fast:
            record["f"] = True
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Modify:
    """The `modify` (one pair) and `batchModify` actions: pairs of target and new order."""

    modifies: tuple[tuple[int | str, WireOrder], ...]
    is_batch: bool
    is_always_placed: bool

    def canonical(self) -> Json:
        """Return the action in hash order."""
        pairs = [{"oid": target, "order": order.canonical()} for target, order in self.modifies]
        record: Json
        if self.is_batch:
            record = {"type": "batchModify", "modifies": pairs}
        else:
            record = {"type": "modify", **pairs[0]}
        if self.is_always_placed:
            record["a"] = True
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Noop:
    """The `noop` action: marks its nonce as used."""

    def canonical(self) -> Json:
        """Return the action in hash order."""
        return {"type": "noop"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleCancel:
    """The `scheduleCancel` action; without a time it unsets."""

    time_ms: int | None

    def canonical(self) -> Json:
        """Return the action in hash order."""
        record: Json = {"type": "scheduleCancel"}
        return record if self.time_ms is None else {**record, "time": self.time_ms}


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateLeverage:
    """The `updateLeverage` action."""

    asset: int
    is_cross: bool
    leverage: int

    def canonical(self) -> Json:
        """Return the action in hash order."""
        return {
            "type": "updateLeverage",
            "asset": self.asset,
            "isCross": self.is_cross,
            "leverage": self.leverage,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveRequestWeight:
    """The `reserveRequestWeight` action: buys requests by address."""

    weight: int
    destination: str | None

    def canonical(self) -> Json:
        """Return the action in hash order."""
        record: Json = {"type": "reserveRequestWeight", "weight": self.weight}
        return record if self.destination is None else {**record, "destination": self.destination}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSubAccount:
    """The `createSubAccount` action."""

    name: str

    def canonical(self) -> Json:
        """Return the action in hash order."""
        return {"type": "createSubAccount", "name": self.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAccountTransfer:
    """The `subAccountTransfer` action; `usd` is in millionths of a USDC."""

    sub_account: str
    is_deposit: bool
    usd: int

    def canonical(self) -> Json:
        """Return the action in hash order."""
        return {
            "type": "subAccountTransfer",
            "subAccountUser": self.sub_account,
            "isDeposit": self.is_deposit,
            "usd": self.usd,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveAgent:
    """The user-signed `approveAgent` action; the zero address revokes."""

    chain: str
    chain_id: int
    agent: str
    name: str
    nonce: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveBuilderFee:
    """The user-signed `approveBuilderFee` action; the rate is a text like `0.001%`."""

    chain: str
    chain_id: int
    builder: str
    rate: str
    nonce: int


OtherAction = (
    Noop
    | ScheduleCancel
    | UpdateLeverage
    | ReserveRequestWeight
    | CreateSubAccount
    | SubAccountTransfer
)
L1Action = Order | Cancel | Modify | OtherAction
UserAction = ApproveAgent | ApproveBuilderFee
Action = L1Action | UserAction
