"""What a JSON Schema type means for a scalar that is still text: for the check and its words."""

import re
from decimal import Decimal
from typing import Any

from reconciler.model.numbers import parse_decimal
from reconciler.spec.source import Quoted

__all__ = ["as_number", "is_type", "literal_text", "same_literal"]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)


def is_type(value: Any, name: str) -> bool:
    """Say whether a value is of a JSON Schema type; quoted text is only ever a string."""
    match name:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return value in ("true", "false") and not isinstance(value, Quoted)
        case "integer":
            return _is_plain(value) and _INTEGER.fullmatch(value) is not None
        case "number":
            return _is_plain(value) and parse_decimal(value) is not None
    raise ValueError(f"the type {name} has no meaning for text")


def as_number(value: Any) -> Decimal | None:
    """Return the number a text spells, quoted or not, or None."""
    if not isinstance(value, str):
        return None
    return Decimal(value) if _INTEGER.fullmatch(value) else parse_decimal(value)


def literal_text(literal: Any) -> str:
    """Return how a literal of a schema is written: text as it is, a whole number in digits."""
    if isinstance(literal, bool) or not isinstance(literal, (str, int)):
        raise ValueError(f"the literal {literal!r} has no meaning for text")
    return str(literal)


def same_literal(value: Any, literal: Any) -> bool:
    """Say whether a value is a literal of a schema; a number must be plain."""
    if not isinstance(value, str) or value != literal_text(literal):
        return False
    return isinstance(literal, str) or _is_plain(value)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Quoted)
