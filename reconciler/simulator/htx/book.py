"""One contract's resting orders, its prices and its synthetic quotes."""

from __future__ import annotations

from decimal import Decimal

from reconciler.simulator.book import Ladder
from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.orders import Order
from reconciler.simulator.numbers import ZERO


class Book:
    """Both sides, the prices around them, and the synthetic quotes.

    The synthetic quotes stand one tick around `mid`; they step back behind real orders, so that
    the book is never crossed.

    Attributes:
        index: what the price limits are measured from, and the mark price.
        last: price of the last trade; what triggers watch.
    """

    __slots__ = ("asks", "bids", "contract", "index", "last", "mid")

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.bids: Ladder[Order] = Ladder(is_buy=True)
        self.asks: Ladder[Order] = Ladder(is_buy=False)
        self.mid = self.index = self.last = contract.mid

    def move(self, mid: Decimal, index: Decimal | None) -> None:
        """Move the mid price and the quotes with it; the index follows unless it is given."""
        self.mid = self.last = mid
        self.index = mid if index is None else index

    def side(self, *, is_buy: bool) -> Ladder[Order]:
        """Return the side on which an order rests."""
        return self.bids if is_buy else self.asks

    def quote(self, *, is_buy: bool) -> Decimal:
        """Return the price of the synthetic bid (`is_buy`) or ask; zero when there is none."""
        if is_buy:
            bid = self.contract.below(self.mid)
            lowest_ask = self.asks.best_price()
            if lowest_ask is not None and lowest_ask <= bid:
                bid = self.contract.below(lowest_ask)
            return max(bid, ZERO)
        ask = self.contract.above(self.mid)
        highest_bid = self.bids.best_price()
        if highest_bid is not None and highest_bid >= ask:
            ask = self.contract.above(highest_bid)
        return ask

    def best(self, *, is_buy: bool, with_quotes: bool) -> Decimal:
        """Return the best bid (`is_buy`) or ask of real orders and quotes; zero when none."""
        real = self.side(is_buy=is_buy).best_price() or ZERO
        quote = self.quote(is_buy=is_buy) if with_quotes else ZERO
        if not real or not quote:
            return real or quote
        return max(real, quote) if is_buy else min(real, quote)

    def limits(self, percent: int) -> tuple[Decimal, Decimal]:
        """Return the highest price of a buy and the lowest of a sell, on the tick grid."""
        tick = self.contract.tick
        high = self.index * (100 + percent) / 100 // tick * tick
        low = self.contract.below(self.index * (100 - percent) / 100) + tick
        return high, max(low, tick)
