"""Exact decimals: their text on the wire, and the price grid.

Everything here is pure and never touches a float. Rules of the grid come from Hyperliquid's page
`trading/contract-specifications`, "Tick and lot size" (checked 2026-08-22).
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

ZERO = Decimal(0)
PRICE_FIGURES_MAX = 5
"""Significant figures a price may have, unless it is an integer."""

WIRE_DECIMALS_MAX = 8
"""Decimals a number may have in an action; a ninth that is not zero is refused."""


def canonical(value: Decimal) -> str:
    """Print in the form which is hashed: no exponent, no trailing zeros, no trailing dot."""
    return f"{value.normalize():f}"


def padded(value: Decimal) -> str:
    """Print in the form of the venue's replies: as `canonical`, with one decimal at least."""
    text = f"{value.normalize():f}"
    return text if "." in text else text + ".0"


def cut(value: Decimal, decimals: int) -> Decimal:
    """Cut towards zero to a number of decimals."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)


def decimals_of(value: Decimal) -> int:
    """Count the decimals which are needed to print the value exactly."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "infinities and NaN never enter the simulator"
    return max(0, -exponent)


def has_too_many_figures(price: Decimal) -> bool:
    """Tell whether a price breaks the rule of five significant figures; integers never do."""
    if price == price.to_integral_value():
        return False
    return len(price.normalize().as_tuple().digits) > PRICE_FIGURES_MAX


def tick_size_at(price: Decimal, price_decimals: int) -> Decimal:
    """Return the step between valid prices from `price` up to the next power of ten.

    Args:
        price_decimals: decimals the instrument allows, 6 (perps) or 8 (spot) less its lot decimals.
    """
    exponent = max(price.adjusted() - (PRICE_FIGURES_MAX - 1), -price_decimals)
    return Decimal(1).scaleb(min(exponent, 0))


def price_above(price: Decimal, price_decimals: int) -> Decimal:
    """Return the lowest valid price above `price`, which need not be valid itself."""
    tick = tick_size_at(price, price_decimals)
    return (price // tick + 1) * tick


def price_below(price: Decimal, price_decimals: int) -> Decimal:
    """Return the highest valid price below `price`, or zero when there is none."""
    just_below = price.next_minus()
    tick = tick_size_at(just_below, price_decimals)
    return just_below // tick * tick
