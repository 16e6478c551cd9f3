"""One instrument's resting orders, in price-time priority."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from reconciler.simulator.markets import Instrument
from reconciler.simulator.numbers import ZERO, price_above, price_below
from reconciler.simulator.orders import Order


class Priced(Protocol):
    """The terms of an order, as far as a ladder looks."""

    @property
    def price(self) -> Decimal:
        """Its limit price."""
        ...


class Resting(Protocol):
    """An order of any venue, as far as a ladder looks."""

    @property
    def oid(self) -> int:
        """Its venue order id."""
        ...

    @property
    def terms(self) -> Priced:
        """What was asked for."""
        ...


RestingOrder = TypeVar("RestingOrder", bound=Resting)


class Ladder(Generic[RestingOrder]):
    """One side of a book: price levels, each a queue by time of arrival."""

    __slots__ = ("_levels", "_prices", "is_buy")

    def __init__(self, *, is_buy: bool) -> None:
        self.is_buy = is_buy
        self._prices: list[Decimal] = []
        self._levels: dict[Decimal, dict[int, RestingOrder]] = {}

    def add(self, order: RestingOrder) -> None:
        """Put an order at the back of the queue at its price."""
        price = order.terms.price
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = {}
            insort(self._prices, price)
        assert order.oid not in level, "an order rests once"
        level[order.oid] = order

    def remove(self, order: RestingOrder) -> None:
        """Take an order out, and its level when it was the last there."""
        price = order.terms.price
        level = self._levels[price]
        del level[order.oid]
        if not level:
            del self._levels[price]
            self._prices.pop(bisect_left(self._prices, price))

    def best(self) -> RestingOrder | None:
        """Return the order with the best price, the oldest there; None when empty."""
        if not self._prices:
            return None
        return next(iter(self._levels[self._prices[-1 if self.is_buy else 0]].values()))

    def best_price(self) -> Decimal | None:
        """Return the best price; None when empty."""
        if not self._prices:
            return None
        return self._prices[-1 if self.is_buy else 0]

    def levels(self) -> Iterator[tuple[Decimal, tuple[RestingOrder, ...]]]:
        """Iterate over the levels, best price first."""
        prices = reversed(self._prices) if self.is_buy else iter(self._prices)
        return ((price, tuple(self._levels[price].values())) for price in prices)


class Book:
    """Both sides, the two prices everything else is measured by, and the synthetic quotes.

    The synthetic quotes stand one tick around `mid`; they step back behind real orders, so that
    the book is never crossed.
    """

    __slots__ = ("_ask", "_bid", "asks", "bids", "instrument", "mark", "mid")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.bids: Ladder[Order] = Ladder(is_buy=True)
        self.asks: Ladder[Order] = Ladder(is_buy=False)
        self.mark = instrument.mark
        self.mid = instrument.mid
        self._bid, self._ask = instrument.bid, instrument.ask

    def move(self, mid: Decimal) -> None:
        """Move the mid price, and the synthetic quotes with it."""
        decimals = self.instrument.price_decimals
        self.mid = mid
        self._bid, self._ask = price_below(mid, decimals), price_above(mid, decimals)

    def side(self, *, is_buy: bool) -> Ladder[Order]:
        """Return the side on which an order rests."""
        return self.bids if is_buy else self.asks

    def quote(self, *, is_buy: bool) -> Decimal:
        """Return the price of the synthetic bid (`is_buy`) or ask; zero when there is none."""
        decimals = self.instrument.price_decimals
        if is_buy:
            lowest_ask = self.asks.best_price()
            if lowest_ask is None or lowest_ask > self._bid:
                return self._bid
            return price_below(lowest_ask, decimals)
        highest_bid = self.bids.best_price()
        if highest_bid is None or highest_bid < self._ask or not self._ask:
            return self._ask
        return price_above(highest_bid, decimals)

    def best(self, *, is_buy: bool, with_quotes: bool) -> Decimal:
        """Return the best bid (`is_buy`) or ask of real orders and quotes; zero when none."""
        real = self.side(is_buy=is_buy).best_price() or ZERO
        quote = self.quote(is_buy=is_buy) if with_quotes else ZERO
        if not real or not quote:
            return real or quote
        return max(real, quote) if is_buy else min(real, quote)
