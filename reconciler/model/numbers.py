"""Exact decimals: one grammar in, canonical text out, and every rounding the program does.

Money never passes through binary floating point, not even on the way. Rounding lives here alone;
each function says its direction in its name, and none makes an order more aggressive or larger.
"""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

__all__ = [
    "CONTEXT",
    "MONEY_PATTERN",
    "ZERO",
    "ceil_to_step",
    "decimal_places",
    "divide",
    "floor_to_step",
    "format_decimal",
    "parse_decimal",
    "significant_figures",
]

ZERO = Decimal(0)
CONTEXT = Context(prec=50, rounding=ROUND_HALF_EVEN)

# Whole part and fraction of at most 18 digits each: far beyond any venue, far below any surprise.
MONEY_PATTERN = r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?"
_MONEY = re.compile(MONEY_PATTERN, re.ASCII)


def parse_decimal(text: str) -> Decimal | None:
    """Return the number `text` spells under the one ASCII grammar, or None when it spells none.

    Refused on purpose, though `Decimal` takes them: signs, exponents, underscores, spaces,
    full-width digits, leading zeros, ``NaN`` and ``Infinity``.
    """
    return Decimal(text) if _MONEY.fullmatch(text) else None


def format_decimal(value: Decimal) -> str:
    """Return the canonical text: no exponent, no trailing zeros or point, never ``-0``."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` that is not above `value`."""
    assert step > 0, "a step is positive"
    count = CONTEXT.divide(value, step).to_integral_value(ROUND_FLOOR)
    return CONTEXT.multiply(count, step)


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` that is not below `value`."""
    assert step > 0, "a step is positive"
    count = CONTEXT.divide(value, step).to_integral_value(ROUND_CEILING)
    return CONTEXT.multiply(count, step)


def divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    """Divide with 50 digits, half-even."""
    return CONTEXT.divide(dividend, divisor)


def decimal_places(value: Decimal) -> int:
    """Return how many digits stand after the point in the canonical text."""
    exponent = value.normalize(CONTEXT).as_tuple().exponent
    assert isinstance(exponent, int), "only finite numbers reach here"
    return max(0, -exponent)


def significant_figures(value: Decimal) -> int:
    """Return the number of significant digits, trailing zeros of the fraction not counted."""
    return len(value.normalize(CONTEXT).as_tuple().digits)
