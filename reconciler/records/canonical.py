"""The one text of a JSON value, and how a text is read without trusting it."""

import json
from types import NoneType
from typing import Any, NoReturn, cast

__all__ = ["RecordProblem", "canonical_json", "parse_json"]

_CANONICAL = json.JSONEncoder(
    ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":")
)
_PLAIN = frozenset({str, int, bool, NoneType})


class RecordProblem(ValueError):
    """A value does not have the form of its record.

    Attributes:
        path: of the value, such as ``legs[0].price``; empty for the whole.
        why: what was expected and what was found.

    Both hold untrusted text: pass them through `display`.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}" if path else why)
        self.path = path
        self.why = why

    def under(self, step: str) -> "RecordProblem":
        """Return the same problem seen from one level above."""
        joint = "" if not self.path or self.path.startswith("[") else "."
        return RecordProblem(f"{step}{joint}{self.path}", self.why)


def canonical_json(value: object) -> str:
    """Return the one text of a JSON value: sorted keys, no spaces, ASCII.

    Raises `RecordProblem` for a floating point number, or anything else that has no place here.
    """
    _refuse_foreign(value)
    return _CANONICAL.encode(value)


def parse_json(text: str) -> Any:
    """Return the JSON value of a text. Raises `RecordProblem`, for a number with a fraction too."""
    try:
        return json.loads(text, parse_float=_refuse_number, parse_constant=_refuse_number)
    except RecordProblem:
        raise
    except RecursionError:
        raise RecordProblem("", "nested too deep") from None
    except ValueError as problem:
        raise RecordProblem("", f"not JSON: {problem}") from None


def _refuse_number(text: str) -> NoReturn:
    raise RecordProblem("", f"numbers are whole, found {text[:40]}")


def _refuse_foreign(value: object) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        kind = type(item)
        if kind is dict:
            waiting.extend(cast(dict[str, object], item).values())
        elif kind is list:
            waiting.extend(cast(list[object], item))
        elif kind not in _PLAIN:
            raise RecordProblem("", f"{kind.__name__} has no place in canonical JSON")
