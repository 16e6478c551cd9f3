"""What a type hint says about the JSON form of a value."""

import re
from dataclasses import MISSING, Field, is_dataclass
from types import NoneType
from typing import Any, NewType

__all__ = [
    "DECIMAL_CHARACTERS_MAX",
    "TAG",
    "default_of",
    "is_late",
    "is_required",
    "members",
    "plain",
    "tag_of",
]

TAG = "type"
# Longer than any product of two amounts, shorter than any surprise.
DECIMAL_CHARACTERS_MAX = 120
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def plain(hint: object) -> object:
    """Return what a NewType is made of."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    return hint


def tag_of(cls: type) -> str:
    """Return the word which marks a record among others: its class name, ``intent-written``."""
    return _WORD_START.sub("-", cls.__name__).lower()


def members(args: tuple[Any, ...]) -> tuple[list[Any], bool]:
    """Return the kinds of a union without None, and whether None was among them."""
    kinds = [arg for arg in args if arg is not NoneType]
    if len(kinds) > 1 and not all(is_dataclass(kind) for kind in kinds):
        raise TypeError(f"a union of more than records has no JSON form: {kinds!r}")
    return kinds, len(kinds) < len(args)


def is_required(field: Field[Any]) -> bool:
    """Say whether a field has no default."""
    return field.default is MISSING and field.default_factory is MISSING


def is_late(field: Field[Any]) -> bool:
    """Say whether a field is left out of a full record where it says nothing."""
    return bool(field.metadata.get("is_late"))


def default_of(field: Field[Any]) -> object:
    """Return the default of a field that has one."""
    return field.default if field.default_factory is MISSING else field.default_factory()
