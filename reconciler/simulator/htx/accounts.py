"""Accounts: whose orders, positions and coins these are, and which keys act for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.simulator.htx.contracts import LEVERAGE_DEFAULT
from reconciler.simulator.htx.orders import Fill, Order, Stop
from reconciler.simulator.htx.past import Versioned
from reconciler.simulator.numbers import ZERO

VALUE_DEFAULT = Decimal(10_000_000)
"""US dollars which each coin of a fresh account is worth at the start."""


@dataclass(frozen=True, slots=True)
class Position:
    """One side of a contract.

    Attributes:
        volume: contracts, never zero.
        coins: their value in the coin at the prices they were opened at; a mean price is the
            contracts' value in US dollars through this.
    """

    volume: int
    coins: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """The margin account of one contract: each coin is on its own.

    Attributes:
        static: the coin deposited, with realised profit, less fees.
        leverage: of positions and orders, as it was chosen last.
    """

    static: Decimal = ZERO
    long: Position | None = None
    short: Position | None = None
    leverage: int = LEVERAGE_DEFAULT

    def position(self, *, is_long: bool) -> Position | None:
        """Return one side."""
        return self.long if is_long else self.short

    def volume(self, *, is_long: bool) -> int:
        """Return the contracts of one side."""
        position = self.position(is_long=is_long)
        return position.volume if position else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A pair of keys which acts for an account.

    Attributes:
        may_trade: otherwise it only reads.
    """

    access: str
    secret: str = field(repr=False)
    may_trade: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """One account and everything that belongs to it.

    Attributes:
        wallets: by contract code.
        live: orders which may still fill, by venue order id, oldest first.
        by_client_id: every order which carried a client order id.
        history: every order, oldest first.
        stops: every take-profit and stop-loss, oldest first.
        cancel_at_ms: when the dead man's switch cancels all, if it is on.
        banned_until_ms: until when placing is barred for too many cancels.
        switched_at_ms: when leverage was switched last.
    """

    uid: str
    wallets: dict[str, Versioned[Wallet]] = field(default_factory=dict)
    live: dict[int, Order] = field(default_factory=dict)
    by_client_id: dict[int, list[Order]] = field(default_factory=dict)
    by_oid: dict[int, Order] = field(default_factory=dict)
    history: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    cancel_at_ms: int | None = None
    banned_until_ms: int = 0
    switched_at_ms: int | None = None
    is_background: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HtxAccountSeed:
    """An account to start a simulator with.

    Attributes:
        uid: its name, which requests never show; the key tells the account.
        deposit: coins in every contract's margin account; None for ten million dollars' worth.
    """

    uid: str
    keys: tuple[Key, ...] = ()
    deposit: Decimal | None = None
