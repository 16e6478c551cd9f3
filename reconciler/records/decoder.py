"""From plain JSON values to records: one closure a type hint, compiled once, trusting nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from reconciler.records.canonical import RecordProblem
from reconciler.records.hints import (
    DECIMAL_CHARACTERS_MAX,
    TAG,
    is_required,
    members,
    plain,
    tag_of,
)

__all__ = ["Decoder", "decoder_of"]

Decoder = Callable[[object], Any]

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?", re.ASCII)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,29})", re.ASCII)


@cache
def decoder_of(hint: object) -> Decoder:
    """Return what makes values of a type hint; it raises `RecordProblem`."""
    hint = plain(hint)
    if hint in (str, int, bool):
        return _exact(cast(type, hint))
    if hint is Decimal:
        return _decode_decimal
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum_decoder(hint)
    if is_dataclass(hint):
        return _record_decoder(cast(type, hint))
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _tuple_decoder(args)
    if origin is Mapping:
        return _mapping_decoder(_key_value(args[0]), decoder_of(args[1]))
    if origin in (Union, UnionType):
        return _union_decoder(args)
    raise TypeError(f"{hint!r} has no JSON form")


_WORDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    int: "a number",
    bool: "true or false",
    NoneType: "null",
}


def _expected(kind: type, value: object) -> RecordProblem:
    found = _WORDS.get(type(value), "something else")
    return RecordProblem("", f"expected {_WORDS[kind]}, found {found}")


def _exact(kind: type) -> Decoder:
    def decode_exact(value: object) -> Any:
        if type(value) is kind:
            return value
        raise _expected(kind, value)

    return decode_exact


def _decode_decimal(value: object) -> Decimal:
    if type(value) is not str:
        raise _expected(str, value)
    return _decimal(value)


@lru_cache(maxsize=4096)
def _decimal(text: str) -> Decimal:
    if len(text) > DECIMAL_CHARACTERS_MAX or not _DECIMAL.fullmatch(text) or text == "-0":
        raise RecordProblem("", f"not a number in canonical form: {text[:40]}")
    return Decimal(text)


def _enum_decoder(cls: type[StrEnum]) -> Decoder:
    members = {str(member): member for member in cls}

    def decode_enum(value: object) -> StrEnum:
        if type(value) is not str:
            raise _expected(str, value)
        member = members.get(value)
        if member is None:
            raise RecordProblem("", f"unknown word {value[:40]}")
        return member

    return decode_enum


def _record_decoder(cls: type) -> Decoder:
    table: dict[str, Decoder] = {}

    def decode_record(value: object) -> Any:
        if type(value) is not dict:
            raise _expected(dict, value)
        if not table:  # late, so that a record may hold its own kind
            hints = get_type_hints(cls)
            table.update({field.name: decoder_of(hints[field.name]) for field in fields(cls)})
        found = {}
        name = ""
        try:
            for name, item in value.items():
                found[name] = table[name](item)
        except KeyError:
            raise RecordProblem(name, "unknown key") from None
        except RecordProblem as problem:
            raise problem.under(name) from None
        try:
            return cls(**found)
        except TypeError:
            raise RecordProblem(_missing(cls, found), "missing key") from None

    return decode_record


def _missing(cls: type, found: dict[str, object]) -> str:
    return next(f.name for f in fields(cls) if is_required(f) and f.name not in found)


def _tuple_decoder(args: tuple[Any, ...]) -> Decoder:
    is_open = len(args) == 2 and args[1] is Ellipsis
    one = decoder_of(args[0])
    several = [] if is_open else [decoder_of(arg) for arg in args]

    def decode_tuple(value: object) -> tuple[Any, ...]:
        if type(value) is not list:
            raise _expected(list, value)
        if not is_open and len(value) != len(several):
            raise RecordProblem("", f"expected {len(several)} values, found {len(value)}")
        found: list[Any] = []
        try:
            for index, item in enumerate(value):
                found.append(one(item) if is_open else several[index](item))
        except RecordProblem as problem:
            raise problem.under(f"[{len(found)}]") from None
        return tuple(found)

    return decode_tuple


def _mapping_decoder(key: Callable[[str], Any], one: Decoder) -> Decoder:
    def decode_mapping(value: object) -> dict[Any, Any]:
        if type(value) is not dict:
            raise _expected(dict, value)
        found = {}
        name = ""
        try:
            for name, item in value.items():
                own = key(name)
                found[own] = one(item)
        except RecordProblem as problem:
            raise problem.under(f"[{name}]") from None
        return found

    return decode_mapping


def _union_decoder(args: tuple[Any, ...]) -> Decoder:
    kinds, is_optional = members(args)
    if len(kinds) == 1:
        inner = decoder_of(kinds[0])
        return lambda value: None if value is None else inner(value)
    by_word = {tag_of(kind): decoder_of(kind) for kind in kinds}

    def decode_union(value: object) -> Any:
        if value is None and is_optional:
            return None
        if type(value) is not dict:
            raise _expected(dict, value)
        rest = dict(value)
        word = rest.pop(TAG, None)
        decoder = by_word.get(word) if isinstance(word, str) else None
        if decoder is None:
            raise RecordProblem(TAG, f"expected one of {', '.join(sorted(by_word))}")
        return decoder(rest)

    return decode_union


def _key_value(hint: object) -> Callable[[str], Any]:
    hint = plain(hint)
    if hint is str:
        return str.__str__
    if hint is int:
        return _integer
    if hint is Decimal:
        return _decimal
    if get_origin(hint) is tuple:
        return _holder_key
    raise TypeError(f"{hint!r} cannot be a key")


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or text == "-0":
        raise RecordProblem("", "not a whole number")
    return int(text)


def _holder_key(text: str) -> tuple[str, int]:
    holder, _, generation = text.rpartition("#")
    if not holder:
        raise RecordProblem("", "expected holder#generation")
    return (holder, _integer(generation))
