"""JSON with exact decimals, in both directions: a number is never a float."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from reconciler.simulator.numbers import canonical

LONG_STEP = Decimal(1).scaleb(-18)


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
    match value:
        case Decimal():
            return str(value.quantize(LONG_STEP)) if are_numbers_long else canonical(value)
        case dict():
            items = (
                f"{json.dumps(key)}:{written(each, are_numbers_long=are_numbers_long)}"
                for key, each in value.items()
            )
            return "{" + ",".join(items) + "}"
        case list():
            texts = (written(each, are_numbers_long=are_numbers_long) for each in value)
            return "[" + ",".join(texts) + "]"
        case _:
            return json.dumps(value)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not a number")
