"""What can be traded at a venue, and on which grid of prices and quantities."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from reconciler.model.numbers import (
    ZERO,
    ceil_to_step,
    decimal_places,
    divide,
    floor_to_step,
    significant_figures,
)

__all__ = [
    "Instrument",
    "InstrumentKind",
    "PriceRule",
    "SignificantFigures",
    "TickSize",
    "order_value",
]


class InstrumentKind(StrEnum):
    """What kind of contract it is."""

    PERP = "perp"
    SPOT = "spot"
    INVERSE_SWAP = "inverse-swap"


@dataclass(frozen=True, slots=True, kw_only=True)
class TickSize:
    """Prices are multiples of one step, in quote currency."""

    step: Decimal

    def floor(self, price: Decimal) -> Decimal:
        """Return the nearest legal price not above `price`."""
        return floor_to_step(price, self.step)

    def ceil(self, price: Decimal) -> Decimal:
        """Return the nearest legal price not below `price`."""
        return ceil_to_step(price, self.step)

    def describe(self) -> str:
        """Say the rule for people."""
        return f"prices are multiples of {self.step:f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignificantFigures:
    """Whole numbers always, otherwise at most so many significant figures and decimals.

    Source: hyperliquid docs, trading/tick-and-lot-size, checked 2026-08-22.
    """

    figures: int
    decimals: int

    def floor(self, price: Decimal) -> Decimal:
        """Return the nearest legal price not above `price`."""
        return floor_to_step(price, self.step_at(price))

    def ceil(self, price: Decimal) -> Decimal:
        """Return the nearest legal price not below `price`."""
        return ceil_to_step(price, self.step_at(price))

    def step_at(self, price: Decimal) -> Decimal:
        """Return the distance between legal prices around `price`; it changes at powers of ten."""
        exponent = price.adjusted() - (self.figures - 1) if price > 0 else -self.decimals
        return Decimal(1).scaleb(min(0, max(exponent, -self.decimals)))

    def describe(self) -> str:
        """Say the rule for people."""
        return (
            f"prices are whole numbers, or have at most {self.figures} significant figures "
            f"and {self.decimals} decimals"
        )


PriceRule = TickSize | SignificantFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument as the venue describes it now.

    Attributes:
        name: as specs write it: ``BTC``, ``PURR/USDC``, ``dex:COIN``, ``BTC-USD``.
        venue_id: the venue's own identity of it, compared between plan and apply.
        price_rule: the grid of prices.
        lot_size: the step of quantities, in base units or contracts.
        minimum_notional: smallest price x quantity of a new order, in quote currency.
        quote: name of the quote currency.
        contract_value: value of one contract in quote currency where quantities are contracts of
            fixed value (inverse swaps); None where quantities are base units.
        is_open: False when the venue takes no new orders (delisted, suspended).
        leverage_max: the venue's largest leverage, or None.
        quantity_max: largest quantity of one order, or None.
        post_only_quantity_max: of one that is post-only, or None.
        title: what it is in people's words, such as ``HYPE/USDC`` for ``@107``; empty where the
            name says it.
    """

    name: str
    venue_id: str
    kind: InstrumentKind
    price_rule: PriceRule
    lot_size: Decimal
    minimum_notional: Decimal
    quote: str
    contract_value: Decimal | None = None
    is_open: bool = True
    is_isolated_only: bool = False
    leverage_max: int | None = None
    quantity_max: Decimal | None = None
    post_only_quantity_max: Decimal | None = None
    title: str = ""

    def is_legal_price(self, price: Decimal) -> bool:
        """Say whether the venue's grid has this price."""
        rule = self.price_rule
        if price <= 0:
            return False
        if isinstance(rule, TickSize):
            return price % rule.step == 0
        if price == price.to_integral_value():
            return True
        return significant_figures(price) <= rule.figures and decimal_places(price) <= rule.decimals

    def is_legal_quantity(self, quantity: Decimal) -> bool:
        """Say whether the quantity is a positive whole number of lots."""
        return quantity > 0 and quantity % self.lot_size == 0

    def largest(self, *, is_post_only: bool) -> Decimal | None:
        """Return the largest quantity the venue takes in one order, None where it names none."""
        return self.post_only_quantity_max if is_post_only else self.quantity_max

    def notional(self, *, price: Decimal, quantity: Decimal) -> Decimal:
        """Return the value of an order in quote currency."""
        if self.contract_value is not None:
            return quantity * self.contract_value
        return price * quantity

    def minimum_quantity(self, price: Decimal) -> Decimal:
        """Return the smallest quantity the venue takes at this price, a whole number of lots."""
        if self.minimum_notional == ZERO or price <= 0:
            return self.lot_size
        unit = self.contract_value if self.contract_value is not None else price
        return max(self.lot_size, ceil_to_step(divide(self.minimum_notional, unit), self.lot_size))


def order_value(instrument: Instrument | None, *, price: Decimal, quantity: Decimal) -> Decimal:
    """Return the value of an order in quote currency.

    Of an instrument nobody knows the quantity is taken as base units.
    """
    if instrument is None:
        return price * quantity
    return instrument.notional(price=price, quantity=quantity)
