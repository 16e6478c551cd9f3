"""JSON with exact decimals, in both directions: a number is never a float."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from reconciler.simulator.numbers import canonical

LONG_STEP = Decimal(1).scaleb(-18)
MARK = "\0decimal:"
"""Begins the text which stands for a decimal on its way; no text of a client gets into a reply."""

_MARKED = re.compile(r'"\\u0000decimal:([^"]*)"')


class NotJson(Exception):
    """A body is not JSON."""


def parse(body: bytes) -> Any:
    """Parse a body; numbers with a fraction or an exponent become decimals.

    Raises:
        NotJson: it is not JSON, or says a number which is none.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise NotJson from error


def written(value: Any, *, are_numbers_long: bool = False) -> str:
    """Write a value as compact JSON, decimals as numbers.

    Args:
        are_numbers_long: decimals have 18 digits, as Java prints them: a zero is `0E-18`.
    """
    mark = _long if are_numbers_long else _short
    text = json.dumps(value, default=mark, separators=(",", ":"))
    return _MARKED.sub(r"\1", text)


def _short(value: Decimal) -> str:
    return MARK + canonical(value)


def _long(value: Decimal) -> str:
    return MARK + str(value.quantize(LONG_STEP))


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not a number")
