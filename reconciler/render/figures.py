"""Numbers and times as people read them: prices and quantities exact, sums rounded."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from reconciler.model.numbers import CONTEXT, decimal_places, divide, format_decimal

__all__ = ["amount", "distance", "duration", "grouped", "moment", "places_of", "short_id"]

HUNDRED = Decimal(100)
BASIS_POINTS = Decimal(10_000)
BASIS_POINTS_MAX = 1_000
AMOUNT_WITHOUT_FRACTION = 100
SHORT_ID_CHARACTERS = 14


def grouped(value: Decimal, *, places: int = 0) -> str:
    """Return the exact value with thousands apart and at least so many decimals."""
    whole, _, fraction = format_decimal(value).partition(".")
    fraction = fraction.ljust(places, "0")
    sign = "-" if whole == "-0" else ""
    return f"{sign}{int(whole):,}" + (f".{fraction}" if fraction else "")


def places_of(values: Iterable[Decimal]) -> int:
    """Return the most decimals among the values, so that a column has one precision."""
    return max((decimal_places(value) for value in values), default=0)


def amount(value: Decimal) -> str:
    """Return money for reading: no cents from a hundred on."""
    is_whole = abs(value) >= AMOUNT_WITHOUT_FRACTION or value == value.to_integral_value()
    return f"{CONTEXT.quantize(value, Decimal(1) if is_whole else Decimal('0.01')):,}"


def distance(price: Decimal, mid: Decimal | None) -> str:
    """Return how far a price is from the middle, in basis points or percent; empty without one."""
    if not mid:
        return ""
    points = divide((price - mid) * BASIS_POINTS, mid).to_integral_value(ROUND_HALF_EVEN)
    if abs(points) < BASIS_POINTS_MAX:
        return f"{points:+} bp" if points else "0 bp"
    return f"{points / HUNDRED:+.1f} %"


def moment(at_ms: int) -> str:
    """Return a time as ``2025-01-07 12:00:03 UTC``."""
    try:
        at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)
    except OverflowError:  # a file may say any number
        return f"{at_ms} ms"
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def duration(duration_ms: int) -> str:
    """Return a length of time in its largest whole unit: ``15 min``, ``40 s``."""
    seconds = max(0, duration_ms) // 1000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and not seconds % size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def short_id(text: str) -> str:
    """Return a long identity cut in its middle: ``0x1479…9325``."""
    return text if len(text) <= SHORT_ID_CHARACTERS else f"{text[:6]}…{text[-4:]}"
