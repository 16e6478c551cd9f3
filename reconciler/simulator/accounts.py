"""Accounts: whose orders, positions and balances these are, and who may sign for them.

Facts from Hyperliquid's pages `nonces-and-api-wallets`, `perpetuals`, `spot`, `trading/fees`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from reconciler.simulator.numbers import ZERO
from reconciler.simulator.orders import Fill, Order

Role = Literal["user", "vault", "subAccount"]

DEPOSIT_DEFAULT = Decimal(10_000_000)
"""USDC in each perp dex of a fresh account."""

SPOT_DEFAULT = {
    "USDC": Decimal(10_000_000),
    "USDT0": Decimal(10_000_000),
    "PURR": Decimal(10_000_000),
    "HYPE": Decimal(100_000),
    "UBTC": Decimal(100),
    "UETH": Decimal(1_000),
}
LEVERAGE_DEFAULT = 20
BACKGROUND_ADDRESS = "0x" + "00" * 19 + "aa"


@dataclass(frozen=True, slots=True)
class Position:
    """A one-way perp position.

    Attributes:
        size: signed base quantity, never zero.
        entry_value: price paid for it, signed as `size`: the entry price is the quotient.
    """

    size: Decimal
    entry_value: Decimal

    @property
    def entry_price(self) -> Decimal:
        """Average price at which it was opened."""
        return self.entry_value / self.size


@dataclass(frozen=True, slots=True)
class Leverage:
    """Leverage of one account in one perp."""

    value: int
    is_cross: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A wallet which signs for a master, its sub-accounts and its vaults.

    Attributes:
        name: the empty text for the one unnamed agent, which `extraAgents` does not list.
        valid_until_ms: None when it does not expire.
    """

    address: str
    master: str
    name: str = ""
    valid_until_ms: int | None = None


@dataclass(slots=True)
class Exposure:
    """Quantity resting in one book which could open a position, by side."""

    buys: Decimal = ZERO
    sells: Decimal = ZERO


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """One account and everything that belongs to it.

    Attributes:
        master: of a sub-account or vault the account which may sign for it.
        cash: USDC by perp dex: deposits, realised profit, less fees.
        tokens: spot balance by token name, holds included.
        held: part of `tokens` which resting orders need.
        positions: by asset; a closed position is not there.
        exposures: by asset of a perp, of resting orders which are not reduce-only.
        reducing: by asset, the resting reduce-only orders by venue order id, oldest first.
        live: orders which can be cancelled, by venue order id, oldest first.
        by_cloid: every order which carried a client order id, oldest first.
        history: every order, oldest first, refused ones included.
        volume: value traded since inception, in USDC.
        requests: actions counted against the budget by address.
        reserved_requests: actions bought on top of that budget.
        recent: items sent in the last seconds, with their time; only kept in congestion.
        actions_by_day: actions by UTC day since the epoch.
        cancel_at_ms: when all its orders end by `scheduleCancel`, if that is set.
        scheduled_cancels: how often that has happened, by UTC day since the epoch.
        builder_fees: highest fee approved, in tenths of a basis point, by builder.
        told_status: what reads say of every order of it in place of the truth, unless empty.
        is_background: the market itself: no margin, no fees, no history.
    """

    address: str
    role: Role = "user"
    master: str | None = None
    name: str = ""
    is_background: bool = False
    cash: dict[str, Decimal] = field(default_factory=dict)
    tokens: dict[str, Decimal] = field(default_factory=dict)
    held: dict[str, Decimal] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    leverages: dict[int, Leverage] = field(default_factory=dict)
    exposures: dict[int, Exposure] = field(default_factory=dict)
    reducing: dict[int, dict[int, Order]] = field(default_factory=dict)
    live: dict[int, Order] = field(default_factory=dict)
    by_cloid: dict[str, list[Order]] = field(default_factory=dict)
    history: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    builder_fees: dict[str, int] = field(default_factory=dict)
    volume: Decimal = ZERO
    requests: int = 0
    reserved_requests: int = 0
    last_over_budget_at_ms: int | None = None
    recent: deque[tuple[int, int]] = field(default_factory=deque)
    actions_by_day: dict[int, int] = field(default_factory=dict)
    cancel_at_ms: int | None = None
    scheduled_cancels: dict[int, int] = field(default_factory=dict)
    told_status: str = ""

    def position_size(self, asset: int) -> Decimal:
        """Return the signed size of a position, zero without one."""
        position = self.positions.get(asset)
        return position.size if position else ZERO

    def reducible(self, asset: int, *, is_buy: bool) -> Decimal:
        """Return how much an order on one side could shrink the position by; never negative."""
        size = self.position_size(asset)
        return max(-size if is_buy else size, ZERO)

    def open_with_cloid(self, cloid: str) -> Order | None:
        """Find the newest live order with a client order id."""
        for order in reversed(self.by_cloid.get(cloid, ())):
            if order.is_live:
                return order
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSeed:
    """An account to start a simulator with.

    Attributes:
        agents: addresses which may sign for it; the first is unnamed, others `agent2`, `agent3`.
        deposit: USDC in each perp dex.
        spot: spot balance by token name; None for the generous default.
    """

    address: str
    agents: tuple[str, ...] = ()
    role: Role = "user"
    master: str | None = None
    deposit: Decimal = DEPOSIT_DEFAULT
    spot: dict[str, Decimal] | None = None
