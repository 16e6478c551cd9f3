"""The state of the whole venue, and the only functions which change an order.

Deterministic and without I/O: the time is a field which callers move forward.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from reconciler.simulator.htx.accounts import Account, Key, Wallet
from reconciler.simulator.htx.book import Book
from reconciler.simulator.htx.contracts import Contract, ContractState
from reconciler.simulator.htx.orders import (
    CANCELLED,
    FILLED,
    PARTLY_CANCELLED,
    PARTLY_FILLED,
    RESTING,
    STOP_WATCHING,
    Attached,
    Order,
    Progress,
    Stop,
    StopProgress,
    Terms,
)
from reconciler.simulator.htx.past import Versioned
from reconciler.simulator.htx.switches import HtxSwitches

OID_EPOCH_MS = 1_420_041_600_000
OID_SEQUENCE_BITS = 22
"""Venue order ids are milliseconds since this epoch, then a sequence: observed, never promised."""

SETTLEMENT_MS = 8 * 3_600_000
HOUR_MS = 3_600_000


class World:
    """Contracts, accounts, books and orders.

    Attributes:
        now_ms: time of the venue; never goes back.
        keys: account and key, by access key.
        states: of contracts which are not simply trading, by code.
        orders: every order ever, by venue order id.
        stops: every take-profit and stop-loss, by venue order id.
        waiting: those whose order has not ended, by venue order id.
        watching: those which watch the price, by contract code, oldest first.
    """

    __slots__ = (
        "_due",
        "_next_fill",
        "_next_match",
        "_sequence",
        "accounts",
        "background",
        "books",
        "contracts",
        "keys",
        "now_ms",
        "orders",
        "states",
        "stops",
        "switches",
        "waiting",
        "watching",
    )

    def __init__(self, contracts: Mapping[str, Contract], switches: HtxSwitches) -> None:
        self.contracts = contracts
        self.switches = switches
        self.now_ms = 0
        self.accounts: dict[str, Account] = {}
        self.keys: dict[str, tuple[Account, Key]] = {}
        self.states: dict[str, ContractState] = {}
        self.books: dict[str, Book] = {}
        self.orders: dict[int, Order] = {}
        self.stops: dict[int, Stop] = {}
        self.waiting: dict[int, Stop] = {}
        self.watching: dict[str, dict[int, Stop]] = {}
        self.background = Account(uid="market", is_background=True)
        self._due: list[tuple[int, int, Any]] = []
        self._sequence = 0
        self._next_fill = 1
        self._next_match = 131_560_001

    def book(self, contract: Contract) -> Book:
        """Return the book of a contract, made on first use."""
        book = self.books.get(contract.code)
        if book is None:
            book = self.books[contract.code] = Book(contract)
        return book

    def state(self, contract: Contract) -> ContractState:
        """Return whether a contract trades now."""
        state = self.states.get(contract.code, ContractState())
        if state.status == 1 and self.is_settling:
            return replace(state, status=5)
        return state

    @property
    def is_settling(self) -> bool:
        """Tell whether trading stops for a settlement, at 00, 08 and 16 h GMT+8."""
        return self.now_ms % SETTLEMENT_MS < self.switches.settlement_window_ms

    @property
    def has_quotes(self) -> bool:
        """Tell whether the synthetic quotes stand."""
        return bool(self.switches.background_notional)

    # Numbers

    def new_oid(self) -> int:
        """Return the next venue order id."""
        self._sequence += 1
        low = self._sequence % (1 << OID_SEQUENCE_BITS)
        return (max(self.now_ms - OID_EPOCH_MS, 1) << OID_SEQUENCE_BITS) + low

    def new_fill(self) -> int:
        """Return the next number of a fill."""
        self._next_fill += 1
        return self._next_fill - 1

    def new_match(self) -> int:
        """Return the next number of a taker which meets somebody."""
        self._next_match += 1
        return self._next_match - 1

    # What comes later

    def schedule(self, due_ms: int, what: Order | Account) -> None:
        """Have an order end, or an account's orders, at a time."""
        self._sequence += 1
        heapq.heappush(self._due, (due_ms, self._sequence, what))

    def take_due(self, until_ms: int) -> Any:
        """Move the time to the next thing due until a time and return it; None when none is."""
        if not self._due or self._due[0][0] > until_ms:
            return None
        due_ms, _, what = heapq.heappop(self._due)
        self.now_ms = max(self.now_ms, due_ms)
        return what

    # Orders

    def open_order(self, account: Account, terms: Terms) -> Order:
        """Register a new live order under the next venue order id; it does not rest yet."""
        order = self.new_order(account, terms)
        self.orders[order.oid] = account.by_oid[order.oid] = account.live[order.oid] = order
        account.history.append(order)
        if terms.client_id is not None:
            account.by_client_id.setdefault(terms.client_id, []).append(order)
        return order

    def new_order(self, account: Account, terms: Terms) -> Order:
        """Make an order which nobody can look up."""
        return Order(
            oid=self.new_oid(),
            terms=terms,
            account=account,
            placed_at_ms=self.now_ms,
            progress=Versioned(Progress(updated_at_ms=self.now_ms)),
        )

    def rest(self, order: Order) -> None:
        """Put an order into its book, at the back of the queue."""
        assert order.remaining > 0
        assert order.is_live
        assert not order.is_resting
        order.is_resting = True
        self.book(order.terms.contract).side(is_buy=order.terms.is_buy).add(order)

    def change(self, order: Order, **changes: Any) -> None:
        """Change the progress of an order at the present time."""
        now = replace(order.progress.value, updated_at_ms=self.now_ms, **changes)
        order.progress.change(now, self.now_ms)

    def fill(self, order: Order, *, price: Decimal, volume: int) -> None:
        """Count a fill against an order and end it when nothing remains."""
        assert 0 < volume <= order.remaining, "a fill is within what remains"
        before = order.progress.value
        filled = before.filled + volume
        coins = before.coins + order.terms.contract.coins(volume, price)
        status = PARTLY_FILLED if before.status == RESTING else before.status
        self.change(order, filled=filled, coins=coins, status=status)
        if order.remaining == 0:
            self._leave(order)
            self.change(order, status=FILLED)

    def end(self, order: Order, *, source: str | None = None) -> None:
        """Cancel what remains of a live order."""
        assert order.is_live, "an order ends once"
        self._leave(order)
        status = PARTLY_CANCELLED if order.filled else CANCELLED
        self.change(order, status=status, cancelled_at_ms=self.now_ms, cancelled_source=source)

    def _leave(self, order: Order) -> None:
        if order.is_resting:
            order.is_resting = False
            self.book(order.terms.contract).side(is_buy=order.terms.is_buy).remove(order)
        order.account.live.pop(order.oid, None)

    # Take-profits and stop-losses

    def open_stop(self, parent: Order, attached: Attached) -> Stop:
        """Register what an opening order carries; it waits for that order to end."""
        progress = StopProgress(volume=parent.terms.volume, updated_at_ms=self.now_ms)
        stop = Stop(
            oid=self.new_oid(),
            parent=parent,
            attached=attached,
            created_at_ms=self.now_ms,
            progress=Versioned(progress),
        )
        self.stops[stop.oid] = self.waiting[stop.oid] = stop
        parent.account.stops.append(stop)
        return stop

    def change_stop(self, stop: Stop, **changes: Any) -> None:
        """Change the progress of a take-profit or stop-loss, and whether it watches the price."""
        now = replace(stop.progress.value, updated_at_ms=self.now_ms, **changes)
        stop.progress.change(now, self.now_ms)
        self.waiting.pop(stop.oid, None)
        watching = self.watching.setdefault(stop.parent.terms.contract.code, {})
        if now.status == STOP_WATCHING:
            watching[stop.oid] = stop
        else:
            watching.pop(stop.oid, None)

    # Money

    def wallet(self, account: Account, contract: Contract) -> Versioned[Wallet]:
        """Return the margin account of a contract; every account has one in each."""
        return account.wallets[contract.code]
