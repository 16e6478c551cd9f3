"""Any value of any record, from its type hints: what the codecs must carry there and back."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

__all__ = ["values_of"]

DECIMALS = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(0, 10**15),
    st.integers(0, 12),
)
TEXTS = st.text(max_size=12)


@cache
def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy of every value a type hint allows."""
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    if is_dataclass(hint):
        cls: Any = hint
        return st.deferred(lambda: _records(cls))
    simple = {
        str: TEXTS,
        int: st.integers(-(10**15), 10**15),
        bool: st.booleans(),
        Decimal: DECIMALS,
        NoneType: st.none(),
    }
    if hint in simple:
        return simple[hint]
    return _composite(get_origin(hint), get_args(hint))


def _composite(origin: Any, args: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in (Union, UnionType):
        return st.one_of([values_of(arg) for arg in args])
    if origin is Mapping:
        return st.dictionaries(values_of(args[0]), values_of(args[1]), max_size=2)
    if args[-1] is Ellipsis:
        return st.lists(values_of(args[0]), max_size=2).map(tuple)
    if args[0] is str or isinstance(args[0], NewType):  # a holder key: its name is never empty
        names = st.text(min_size=1, max_size=8)
        rest = [values_of(arg) for arg in args[1:]]
        return st.tuples(names, *rest)
    return st.tuples(*[values_of(arg) for arg in args])


@cache
def _records(cls: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls)
    return st.builds(cls, **{f.name: values_of(hints[f.name]) for f in fields(cls)})
