"""One account as a reader sees it: now, or as it was a moment ago.

The venue's reads trail its acknowledgements by up to about a second (measured on testnet, 2026-09).
A past view undoes the journal; it shows orders, fills, balances and positions of that moment, while
market prices are always the present ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.simulator.accounts import Account, Position
from reconciler.simulator.numbers import ZERO
from reconciler.simulator.orders import Fill, Order, OrderState
from reconciler.simulator.world import MoneyState, World


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """What reads show of an account.

    Attributes:
        live: orders which can be cancelled, oldest first.
        history: every order, oldest first.
        fills: oldest first.
        held: spot balance which resting orders need, by token name.
    """

    account: Account
    live: tuple[Order, ...]
    history: tuple[Order, ...]
    fills: tuple[Fill, ...]
    cash: Mapping[str, Decimal]
    tokens: Mapping[str, Decimal]
    held: Mapping[str, Decimal]
    positions: Mapping[int, Position]
    is_present: bool

    def find(self, oid: int) -> Order | None:
        """Find an order of the account by venue order id."""
        if self.is_present and oid in self.account.live:
            return self.account.live[oid]
        return next((order for order in reversed(self.history) if order.oid == oid), None)

    def find_cloid(self, cloid: str) -> Order | None:
        """Find the newest order with a client order id."""
        if self.is_present:
            return self.account.by_cloid.get(cloid, [None])[-1]
        return next((order for order in reversed(self.history) if order.terms.cloid == cloid), None)


def present(account: Account) -> AccountView:
    """Return an account as it is."""
    return AccountView(
        account=account,
        live=tuple(account.live.values()),
        history=tuple(account.history),
        fills=tuple(account.fills),
        cash=account.cash,
        tokens=account.tokens,
        held=account.held,
        positions=account.positions,
        is_present=True,
    )


def past(world: World, account: Account, as_of_ms: int) -> AccountView:
    """Return an account as it was after everything that happened until a time."""
    states, money = _undo(world, account, as_of_ms)
    history = tuple(
        _restored(order, states.get(order.oid))
        for order in account.history
        if order.placed_at_ms <= as_of_ms
    )
    live = tuple(order for order in history if order.is_live)
    return AccountView(
        account=account,
        live=live,
        history=history,
        fills=tuple(fill for fill in account.fills if fill.at_ms <= as_of_ms),
        cash=money.cash if money else account.cash,
        tokens=money.tokens if money else account.tokens,
        held=_held(live),
        positions=money.positions if money else account.positions,
        is_present=False,
    )


def _undo(
    world: World, account: Account, as_of_ms: int
) -> tuple[dict[int, OrderState], MoneyState | None]:
    """Return the oldest states which were left after a time."""
    states: dict[int, OrderState] = {}
    money: MoneyState | None = None
    for at_ms, state in reversed(world.journal):
        if at_ms <= as_of_ms:
            break
        if isinstance(state, OrderState):
            states[state.order.oid] = state
        elif state.account is account:
            money = state
    return states, money


def _restored(order: Order, state: OrderState | None) -> Order:
    if state is None:
        return order
    return replace(
        order,
        quantity=state.quantity,
        remaining=state.remaining,
        filled=state.filled,
        status=state.status,
        status_at_ms=state.status_at_ms,
        phase=state.phase,
        fired_at_ms=state.fired_at_ms,
        is_resting=state.was_resting,
    )


def _held(live: tuple[Order, ...]) -> dict[str, Decimal]:
    held: dict[str, Decimal] = {}
    for order in live:
        terms = order.terms
        if terms.instrument.is_spot:
            token = terms.instrument.quote if terms.is_buy else terms.instrument.base
            amount = order.remaining * (terms.price if terms.is_buy else 1)
            held[token] = held.get(token, ZERO) + amount
    return held
