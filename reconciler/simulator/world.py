"""The state of the whole venue, and the only functions which change an order.

Deterministic and without I/O: the time is a field which callers move forward.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import Decimal

from reconciler.simulator.accounts import BACKGROUND_ADDRESS, Account, Agent, Exposure, Position
from reconciler.simulator.book import Book
from reconciler.simulator.faults import READ_LAG_MS_MAX
from reconciler.simulator.markets import Instrument, Markets
from reconciler.simulator.nonces import NonceSet
from reconciler.simulator.numbers import ZERO, cut
from reconciler.simulator.orders import FILLED, Order, OrderState, Phase, Terms
from reconciler.simulator.switches import Switches

FIRST_OID = 1_000_001


@dataclass(frozen=True, slots=True)
class Finished:
    """An order ended; its children and siblings have to be told."""

    order: Order


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """A position changed; reduce-only orders may have become too large."""

    account: Account
    asset: int


@dataclass(frozen=True, slots=True)
class MoneyState:
    """Balances and positions of an account at one moment, kept so that reads can show the past."""

    account: Account
    cash: dict[str, Decimal]
    tokens: dict[str, Decimal]
    positions: dict[int, Position]


class World:
    """Markets, accounts, books and orders.

    Attributes:
        now_ms: time of the venue; never goes back.
        orders: every order ever, by venue order id.
        armed: trigger orders watching the mark price, by asset and venue order id.
        events: what `settlement.settle` still has to look at.
        journal: states before each change within the last `READ_LAG_MS_MAX`, oldest first.
    """

    __slots__ = (
        "_next_oid",
        "accounts",
        "agents",
        "armed",
        "background",
        "books",
        "delisted",
        "events",
        "journal",
        "markets",
        "nonces",
        "now_ms",
        "orders",
        "switches",
    )

    def __init__(self, markets: Markets, switches: Switches) -> None:
        self.markets = markets
        self.switches = switches
        self.now_ms = 0
        self.accounts: dict[str, Account] = {}
        self.agents: dict[str, Agent] = {}
        self.nonces: dict[str, NonceSet] = {}
        self.books: dict[int, Book] = {}
        self.orders: dict[int, Order] = {}
        self.armed: dict[int, dict[int, Order]] = {}
        self.delisted: set[int] = set()
        self.events: deque[Finished | PositionChanged] = deque()
        self.journal: deque[tuple[int, OrderState | MoneyState]] = deque()
        self.background = Account(address=BACKGROUND_ADDRESS, is_background=True)
        self._next_oid = FIRST_OID

    def book(self, instrument: Instrument) -> Book:
        """Return the book of an instrument, made on first use."""
        book = self.books.get(instrument.asset)
        if book is None:
            book = self.books[instrument.asset] = Book(instrument)
        return book

    def is_delisted(self, instrument: Instrument) -> bool:
        """Tell whether an instrument takes no orders any more."""
        return instrument.is_delisted or instrument.asset in self.delisted

    def advance(self, at_ms: int) -> None:
        """Move the time forward; an earlier time leaves it as it is."""
        self.now_ms = max(self.now_ms, at_ms)
        oldest_ms = self.now_ms - READ_LAG_MS_MAX
        while self.journal and self.journal[0][0] < oldest_ms:
            self.journal.popleft()

    # Orders

    def open_order(self, account: Account, terms: Terms, phase: Phase = Phase.BOOK) -> Order:
        """Register a new live order under the next venue order id; it does not rest yet."""
        order = self._new_order(account, terms, terms.quantity)
        order.phase = phase
        self._register(order)
        account.live[order.oid] = order
        if phase is Phase.ARMED:
            self._watch(order)
        return order

    def record_refusal(self, account: Account, terms: Terms, status: str) -> Order:
        """Register an order which never lived: it takes a venue order id all the same."""
        order = self._new_order(account, terms, terms.quantity)
        order.phase = Phase.DONE
        order.status = status
        self._register(order)
        return order

    def unused_oid(self) -> int:
        """Take a venue order id that no order will ever have."""
        oid = self._next_oid
        self._next_oid += 1
        return oid

    def background_order(self, terms: Terms, quantity: Decimal) -> Order:
        """Make an order of the market itself, which nobody can look up."""
        return self._new_order(self.background, terms, quantity)

    def background_depth(self, price: Decimal, instrument: Instrument) -> Decimal:
        """Return the base quantity of a synthetic quote."""
        if not price:
            return ZERO
        return cut(self.switches.background_notional / price, instrument.quantity_decimals)

    def rest(self, order: Order) -> None:
        """Put a working order into its book, at the back of the queue."""
        assert order.remaining > ZERO
        assert order.phase is Phase.BOOK
        assert not order.is_resting
        order.is_resting = True
        self.book(order.terms.instrument).side(is_buy=order.terms.is_buy).add(order)
        if order.terms.is_reduce_only:
            queue = order.account.reducing.setdefault(order.terms.instrument.asset, {})
            queue[order.oid] = order
        self._weigh(order, order.remaining)

    def take(self, order: Order, *, price: Decimal, quantity: Decimal) -> None:
        """Count a fill against an order and end it when nothing remains."""
        assert ZERO < quantity <= order.remaining, "a fill is within what remains"
        self.remember(order)
        if order.is_resting:
            self._weigh(order, -quantity)
        order.remaining -= quantity
        order.filled += quantity
        order.value += price * quantity
        assert order.remaining + order.filled == order.quantity, "nothing is lost in a fill"
        if order.remaining == ZERO:
            self.finish(order, FILLED)

    def finish(self, order: Order, status: str) -> None:
        """End a live order and take it out of every index."""
        assert order.is_live, "an order ends once"
        self.remember(order)
        if order.phase is Phase.ARMED:
            del self.armed[order.terms.instrument.asset][order.oid]
        if order.is_resting:
            self._leave_book(order)
        order.phase = Phase.DONE
        order.status = status
        order.status_at_ms = self.now_ms
        order.account.live.pop(order.oid, None)
        if order.children or order.siblings:
            self.events.append(Finished(order))

    def arm(self, order: Order) -> None:
        """Let a waiting child watch the mark price."""
        assert order.phase is Phase.WAITING
        self.remember(order)
        order.phase = Phase.ARMED
        self._watch(order)

    def release(self, order: Order, *, quantity: Decimal, status: str) -> None:
        """Let a fired trigger order work, with the quantity it has from now on."""
        assert order.phase is Phase.ARMED
        assert order.filled == ZERO
        self.remember(order)
        del self.armed[order.terms.instrument.asset][order.oid]
        order.phase = Phase.BOOK
        order.fired_at_ms = order.status_at_ms = self.now_ms
        order.status = status
        order.quantity = order.remaining = quantity

    # The past

    def remember(self, order: Order) -> None:
        """Keep the state of an order from before a change at the present time."""
        state = OrderState(
            order,
            order.quantity,
            order.remaining,
            order.filled,
            order.status,
            order.status_at_ms,
            order.phase,
            order.fired_at_ms,
            order.is_resting,
        )
        self.journal.append((self.now_ms, state))

    def remember_money(self, account: Account) -> None:
        """Keep balances and positions from before a change at the present time."""
        state = MoneyState(
            account, dict(account.cash), dict(account.tokens), dict(account.positions)
        )
        self.journal.append((self.now_ms, state))

    # Indexes

    def _new_order(self, account: Account, terms: Terms, quantity: Decimal) -> Order:
        return Order(
            oid=self.unused_oid(),
            terms=terms,
            account=account,
            placed_at_ms=self.now_ms,
            quantity=quantity,
            remaining=quantity,
            status_at_ms=self.now_ms,
        )

    def _register(self, order: Order) -> None:
        self.orders[order.oid] = order
        order.account.history.append(order)
        if order.terms.cloid is not None:
            order.account.by_cloid.setdefault(order.terms.cloid, []).append(order)

    def _watch(self, order: Order) -> None:
        self.armed.setdefault(order.terms.instrument.asset, {})[order.oid] = order

    def _leave_book(self, order: Order) -> None:
        order.is_resting = False
        self.book(order.terms.instrument).side(is_buy=order.terms.is_buy).remove(order)
        if order.terms.is_reduce_only:
            del order.account.reducing[order.terms.instrument.asset][order.oid]
        self._weigh(order, -order.remaining)

    def _weigh(self, order: Order, quantity: Decimal) -> None:
        """Add a resting quantity to what the account has reserved; negative to free it."""
        terms, account = order.terms, order.account
        instrument = terms.instrument
        if instrument.is_spot:
            token = instrument.quote if terms.is_buy else instrument.base
            amount = quantity * terms.price if terms.is_buy else quantity
            account.held[token] = account.held.get(token, ZERO) + amount
        elif not terms.is_reduce_only:
            exposure = account.exposures.setdefault(instrument.asset, Exposure())
            if terms.is_buy:
                exposure.buys += quantity
            else:
                exposure.sells += quantity
            if not exposure.buys and not exposure.sells:
                del account.exposures[instrument.asset]
