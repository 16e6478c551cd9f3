"""From records to plain JSON values: one closure a type hint, compiled once."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from reconciler.model.numbers import format_decimal
from reconciler.records.canonical import RecordProblem
from reconciler.records.hints import (
    DECIMAL_CHARACTERS_MAX,
    TAG,
    default_of,
    is_late,
    is_required,
    members,
    plain,
    tag_of,
)

__all__ = ["Encoder", "encoder_of"]

Encoder = Callable[[Any], Any]


@cache
def encoder_of(hint: object, is_full: bool) -> Encoder:
    """Return what makes plain JSON of values of a type hint."""
    hint = plain(hint)
    if hint in (str, int, bool):
        return _same(cast(type, hint))
    if hint is Decimal:
        return _encode_decimal
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return attrgetter("_value_")
    if is_dataclass(hint):
        return _record_encoder(cast(type, hint), is_full)
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _tuple_encoder(args, is_full)
    if origin is Mapping:
        return _mapping_encoder(_key_text(args[0]), encoder_of(args[1], is_full))
    if origin in (Union, UnionType):
        return _union_encoder(args, is_full)
    raise TypeError(f"{hint!r} has no JSON form")


def _same(kind: type) -> Encoder:
    def encode_same(value: Any) -> Any:
        if type(value) is kind:
            return value
        if kind is str and isinstance(value, str):
            return str.__str__(value)
        raise RecordProblem("", f"expected {kind.__name__}, found {type(value).__name__}")

    return encode_same


def _encode_decimal(value: Any) -> str:
    text = format_decimal(value)
    if len(text) > DECIMAL_CHARACTERS_MAX or not value.is_finite():
        raise RecordProblem("", "a number out of any range")
    return text


def _record_encoder(cls: type, is_full: bool) -> Encoder:
    required: list[tuple[str, Encoder]] = []
    optional: list[tuple[str, object, Encoder]] = []

    def compile_fields() -> None:
        hints = get_type_hints(cls)
        for field in fields(cls):
            encoder = encoder_of(hints[field.name], is_full)
            if (is_full and not is_late(field)) or is_required(field):
                required.append((field.name, encoder))
            else:
                optional.append((field.name, default_of(field), encoder))

    def encode_record(value: Any) -> dict[str, Any]:
        if type(value) is not cls:
            raise RecordProblem("", f"expected {cls.__name__}, found {type(value).__name__}")
        if not required and not optional:  # late, so that a record may hold its own kind
            compile_fields()
        found = {}
        name = ""
        try:
            for name, encoder in required:
                found[name] = encoder(getattr(value, name))
            for name, default, encoder in optional:
                item = getattr(value, name)
                if item is not default and item != default:
                    found[name] = encoder(item)
        except RecordProblem as problem:
            raise problem.under(name) from None
        return found

    return encode_record


def _tuple_encoder(args: tuple[Any, ...], is_full: bool) -> Encoder:
    if len(args) == 2 and args[1] is Ellipsis:
        one = encoder_of(args[0], is_full)
        return lambda value: [one(item) for item in value]
    several = [encoder_of(arg, is_full) for arg in args]
    return lambda value: [each(item) for each, item in zip(several, value, strict=True)]


def _mapping_encoder(key: Callable[[Any], str], one: Encoder) -> Encoder:
    return lambda value: {key(name): one(item) for name, item in value.items()}


def _union_encoder(args: tuple[Any, ...], is_full: bool) -> Encoder:
    kinds, is_optional = members(args)
    if len(kinds) == 1:
        inner = encoder_of(kinds[0], is_full)
        return lambda value: None if value is None else inner(value)
    by_class = {kind: (tag_of(kind), encoder_of(kind, is_full)) for kind in kinds}

    def encode_union(value: Any) -> Any:
        if value is None and is_optional:
            return None
        if type(value) not in by_class:
            raise RecordProblem("", f"{type(value).__name__} is not one of its union")
        word, encoder = by_class[type(value)]
        return {TAG: word, **encoder(value)}

    return encode_union


def _key_text(hint: object) -> Callable[[Any], str]:
    hint = plain(hint)
    if hint is str:
        return str.__str__
    if hint is int:
        return str
    if hint is Decimal:
        return _encode_decimal
    if get_origin(hint) is tuple:  # (holder, generation)
        return lambda key: f"{key[0]}#{key[1]}"
    raise TypeError(f"{hint!r} cannot be a key")
