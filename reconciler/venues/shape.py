"""Strict readers of JSON: a value has the shape that was expected, or the whole reply is malformed.

Pure. Messages name the place in the reply and never its content.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import NoReturn, TypeVar

from reconciler.model.numbers import format_decimal, parse_decimal

__all__ = [
    "MOMENT_MS_MAX",
    "WHOLE_DIGITS_MAX",
    "Malformed",
    "any_number",
    "boolean",
    "digits",
    "each",
    "identifier",
    "integer",
    "items",
    "moment_ms",
    "number",
    "optional_text",
    "parsed",
    "record",
    "signed_number",
    "text",
    "whole_number",
    "words",
]

T = TypeVar("T")

# A number is written out digit by digit; venues write up to 54 of them.
EXPONENT_MAX = 100
# Ids and times of venues have up to 19 digits.
WHOLE_DIGITS_MAX = 19
WHOLE_MAX = 10**WHOLE_DIGITS_MAX - 1
WORDS_CHARACTERS_MAX = 300
MOMENT_MS_MAX = 253_402_300_799_999  # the end of the year 9999
Record = Mapping[str, object]


class Malformed(Exception):
    """A reply did not have the shape that the venue documents."""


def parsed(body: bytes) -> object:
    """Return the JSON of a body, fractions as exact decimals."""
    try:
        return json.loads(body, parse_float=_fraction, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Malformed("it is not JSON") from None


def record(value: object, what: str) -> Record:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not an object")
    return value


def items(value: object, what: str) -> list[object]:
    """Return a JSON list."""
    if not isinstance(value, list):
        raise Malformed(f"{what} is not a list")
    return value


def each(value: object, what: str, read: Callable[[Record], T]) -> list[T]:
    """Read every object of a list; one malformed item spoils the whole list."""
    found = []
    for index, item in enumerate(items(value, what)):
        try:
            found.append(read(record(item, "the item")))
        except Malformed as problem:
            raise Malformed(f"{what}[{index}]: {problem}") from None
    return found


def text(source: Record, key: str) -> str:
    """Return a text that is not empty."""
    value = source.get(key)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{key} is not a text")
    return value


def digits(source: Record, key: str) -> str:
    """Return an id that is written as a text of digits, as some readers of JSON need it."""
    value = text(source, key)
    if not value.isascii() or not value.isdigit():
        raise Malformed(f"{key} is not a text of digits")
    if value.startswith("0") or len(value) > WHOLE_DIGITS_MAX:
        raise Malformed(f"{key} is not an id")
    return value


def identifier(source: Record, key: str) -> str:
    """Return an id that is written as a whole number."""
    value = integer(source, key)
    if not value:
        raise Malformed(f"{key} is not an id")
    return str(value)


def optional_text(source: Record, key: str) -> str | None:
    """Return a text, or None when it is absent or null."""
    return None if source.get(key) is None else text(source, key)


def integer(source: Record, key: str) -> int:
    """Return a whole number that is not negative, of no more digits than an id has."""
    value = source.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Malformed(f"{key} is not a whole number")
    if value > WHOLE_MAX:
        raise Malformed(f"{key} is out of all bounds")
    return value


def moment_ms(source: Record, key: str) -> int:
    """Return a time in milliseconds that a calendar holds."""
    value = integer(source, key)
    if value > MOMENT_MS_MAX:
        raise Malformed(f"{key} is no time")
    return value


def boolean(source: Record, key: str) -> bool:
    """Return true or false; absent and null mean false, as the venue leaves out what is not set."""
    value = source.get(key)
    if value is not None and not isinstance(value, bool):
        raise Malformed(f"{key} is neither true nor false")
    return value is True


def number(source: Record, key: str) -> Decimal:
    """Return a decimal that the venue writes as text, not negative."""
    value = parse_decimal(text(source, key))
    if value is None:
        raise Malformed(f"{key} is not a number")
    return value


def any_number(source: Record, key: str) -> Decimal:
    """Return a decimal, written as a JSON number or as text, not negative."""
    value = source.get(key)
    if isinstance(value, str):
        return number(source, key)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or value < 0:
        raise Malformed(f"{key} is not a number")
    found = Decimal(value)
    places = found.as_tuple().exponent
    if not isinstance(places, int) or places < -EXPONENT_MAX or found.adjusted() > EXPONENT_MAX:
        raise Malformed(f"{key} is out of all bounds")
    # Exponents such as 0E-18 would make equal numbers look different.
    return Decimal(format_decimal(found))


def whole_number(source: Record, key: str) -> int:
    """Return a whole number, also where it is written with a fraction of zeros."""
    value = any_number(source, key)
    if value != value.to_integral_value():
        raise Malformed(f"{key} is not a whole number")
    return int(value)


def signed_number(source: Record, key: str) -> Decimal:
    """Return a decimal that the venue writes as text."""
    written = text(source, key)
    value = parse_decimal(written.removeprefix("-"))
    if value is None:
        raise Malformed(f"{key} is not a number")
    return -value if written.startswith("-") else value


def words(value: object, redact: Callable[[str], str]) -> str:
    """Return what a venue says to people, without secrets; empty where it is no text.

    It is cut last: the first part of a secret is none that `redact` would know.
    """
    return redact(value)[:WORDS_CHARACTERS_MAX] if isinstance(value, str) else ""


def _fraction(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation:  # an exponent that no number has
        raise ValueError("no decimal") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity are not JSON
