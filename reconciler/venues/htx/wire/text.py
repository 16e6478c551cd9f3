"""JSON with exact decimals: one spelling for each value, so that texts can be compared."""

import json
from decimal import Decimal

from reconciler.model.numbers import format_decimal

__all__ = ["Json", "json_text"]

Json = dict[str, object]


def json_text(value: object) -> str:
    """Return the text of a value made of objects, lists, texts, whole numbers and decimals."""
    match value:
        case str():
            return json.dumps(value)
        case bool():
            raise TypeError("no request has a truth value")
        case int():
            return str(value)
        case Decimal():
            return format_decimal(value)
        case dict():
            pairs = (f"{json.dumps(key)}:{json_text(inner)}" for key, inner in value.items())
            return f"{{{','.join(pairs)}}}"
        case list():
            return f"[{','.join(json_text(inner) for inner in value)}]"
        case _:
            raise TypeError(f"{type(value).__name__} is not in any request")
