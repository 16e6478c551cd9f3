"""Reading a request back from its own text: exactly the keys that are ours, in their order.

What both venues' `wire.decode` share. JSON objects are read as lists of pairs
(`object_pairs_hook=list`), so that a key that stands twice, or elsewhere, is seen.
"""

from collections.abc import Callable
from typing import TypeVar

from reconciler.diagnostics import Diagnostic
from reconciler.errors import Refused

__all__ = ["Unfit", "items", "pairs", "read_back", "values"]

T = TypeVar("T")
Pairs = list[tuple[str, object]]


class Unfit(Exception):
    """The text is not one of our requests."""


def read_back(read: Callable[[], T]) -> T:
    """Return what `read` makes of a text.

    Raises `Refused` where it raises `Unfit`, or finds no JSON.
    """
    try:
        return read()
    except (ValueError, RecursionError, Unfit) as problem:
        reason = str(problem) if isinstance(problem, Unfit) else "it is not JSON"
        raise Refused(
            Diagnostic(
                code="unreadable-action",
                summary="The action about to be sent could not be read back.",
                why=f"Nothing was sent: {reason}.",
                next_step="This is a fault of the program; please report it.",
            )
        ) from None


def pairs(value: object) -> Pairs:
    """Return an object's keys and values, in order. Raises `Unfit`."""
    # JSON lists never hold tuples.
    if not isinstance(value, list) or not all(isinstance(item, tuple) for item in value):
        raise Unfit("an object was expected")
    return value


def values(value: object, keys: tuple[str, ...]) -> tuple[object, ...]:
    """Return the values of an object with exactly these keys, in this order. Raises `Unfit`."""
    found = pairs(value)
    if tuple(key for key, _ in found) != keys:
        raise Unfit(f"the keys {', '.join(keys)} were expected, in this order")
    return tuple(item for _, item in found)


def items(value: object) -> list[object]:
    """Return the items of a list that is not empty. Raises `Unfit`."""
    if not isinstance(value, list) or not value or isinstance(value[0], tuple):
        raise Unfit("a list was expected")
    return value
