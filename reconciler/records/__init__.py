"""Frozen records to and from plain JSON values, driven by their type hints.

Each class is compiled once into closures; nothing is reflected upon per call. Decoding trusts
nothing: an unknown key, a missing key or a wrong type is a `RecordProblem` with the path of the
value, never a traceback. No binary floating point passes in either direction.
"""

from typing import Any, TypeVar, cast

from reconciler.records.canonical import RecordProblem, canonical_json, parse_json
from reconciler.records.decoder import decoder_of
from reconciler.records.encoder import encoder_of
from reconciler.records.hints import tag_of

__all__ = [
    "RecordProblem",
    "canonical_json",
    "decode",
    "decode_as",
    "encode",
    "parse_json",
    "tag_of",
]

Record = TypeVar("Record")


def encode(value: object, hint: object = None, *, is_full: bool = False) -> Any:
    """Return the plain JSON value of a record.

    `hint` is the union a record is stored as one of, so that it is tagged with its word; by default
    the record's own class. Fields equal to their default are left out unless `is_full`.
    """
    return encoder_of(type(value) if hint is None else hint, is_full)(value)


def decode(cls: type[Record], value: object) -> Record:
    """Return the record of a class from its plain JSON value. Raises `RecordProblem`."""
    return cast(Record, decode_as(cls, value))


def decode_as(hint: object, value: object) -> Any:
    """Return the value of any type hint, a union of records too. Raises `RecordProblem`."""
    try:
        return decoder_of(hint)(value)
    except RecursionError:
        raise RecordProblem("", "nested too deep") from None
