"""Checks data against our JSON Schemas; the only module that imports jsonschema.

The check itself is `reconciler.spec.fast_check`. jsonschema is loaded, 70 ms, only to explain what
failed, and is handed only the entries that did: a large file with one bad order costs one order.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from reconciler.diagnostics import Diagnostic
from reconciler.schemas_path import read_schema
from reconciler.spec.fast_check import Check, compile_check
from reconciler.spec.places import Places
from reconciler.spec.text_types import as_number, is_type, literal_text, same_literal

if TYPE_CHECKING:
    from reconciler.spec.explain import Violation

__all__ = ["EXPLAINED_MAX", "is_valid", "schema_problems", "violations"]

EXPLAINED_MAX = 200
TYPE_NAMES = ("object", "array", "string", "boolean", "integer", "number")

# Large collections of a spec and the definition each entry must satisfy.
_COLLECTIONS = {"orders": "#/$defs/order", "ladders": "#/$defs/ladder"}


def schema_problems(places: Places, name: str) -> list[Diagnostic]:
    """Return what is wrong with a file under a schema (``spec`` or ``project``), or nothing."""
    if is_valid(places.data, name):
        return []
    from reconciler.spec.explain import explain  # noqa: PLC0415 - only what is wrong needs it

    suspects = _suspects(places.data, name)
    found = list(islice(violations(suspects, name), EXPLAINED_MAX))
    if not found:
        found = list(islice(violations(places.data, name), EXPLAINED_MAX))
    assert found, "jsonschema agrees with the fast check"
    told = (
        problem for violation in _first_of_each(found) for problem in explain(violation, places)
    )
    more = [_more_problems(places.path)] if len(found) == EXPLAINED_MAX else []
    return [*dict.fromkeys(told), *more]


def _more_problems(path: str) -> Diagnostic:
    return Diagnostic(
        code="more-problems",
        summary="There may be more problems than are told.",
        where=path,
        why=f"Only the first {EXPLAINED_MAX} are told of one file.",
        next_step="Correct these, then run the command again.",
    )


def is_valid(data: Any, name: str) -> bool:
    """Say whether data satisfies a schema; all scalars are text."""
    return _check(name)(data)


def violations(data: Any, name: str) -> "Iterator[Violation]":
    """Yield every violation as jsonschema sees it, of alternatives the nearest one."""
    for error in _validator(name).iter_errors(data):
        yield from _flattened(error)


@cache
def _schema(name: str) -> Mapping[str, Any]:
    return read_schema(name)


@cache
def _check(name: str, at: str = "") -> Check:
    return compile_check(_schema(name), at=at)


def _suspects(data: Any, name: str) -> Any:
    """Return the data without the entries of large collections that are valid by themselves."""
    if name != "spec" or not isinstance(data, dict):
        return data
    reduced = dict(data)
    for collection, definition in _COLLECTIONS.items():
        entries = data.get(collection)
        if isinstance(entries, dict):
            check, is_name = _check(name, definition), _check(name, "#/$defs/name")
            bad = ((k, v) for k, v in entries.items() if not (check(v) and is_name(k)))
            reduced[collection] = dict(islice(bad, EXPLAINED_MAX))
    return reduced


def _first_of_each(found: "Iterable[Violation]") -> "Iterator[Violation]":
    """Yield what is wrong with mappings and lists, and of each scalar only the first cause."""
    seen = set()
    for violation in sorted(found, key=lambda v: v.keyword not in ("type", "pattern")):
        key = (violation.path, violation.instance) if isinstance(violation.instance, str) else None
        if key is None or key not in seen:
            yield violation
        seen.add(key)


def _flattened(error: Any) -> "Iterator[Violation]":
    """Yield a violation; for alternatives those of the branch that comes nearest."""
    branch = _nearest_branch(error) if error.validator == "oneOf" else []
    if branch:
        for inner in branch:
            yield from _flattened(inner)
        return
    from reconciler.spec.explain import Violation  # noqa: PLC0415

    yield Violation(
        keyword=error.validator,
        expected=error.validator_value,
        path=tuple(error.absolute_path),
        instance=error.instance,
        schema=error.schema,
        is_name="propertyNames" in error.absolute_schema_path,
    )


def _nearest_branch(error: Any) -> list[Any]:
    """Return the errors of the one alternative of the right kind; empty when there is none."""
    branches: dict[Any, list[Any]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    near = [
        found
        for found in branches.values()
        if not any(e.validator in ("type", "const", "required") and not e.path for e in found)
    ]
    return near[0] if len(near) == 1 else []


@cache
def _validator(name: str) -> Any:
    """Return jsonschema's validator with our meaning of types, bounds and patterns for text."""
    from jsonschema import Draft202012Validator, TypeChecker  # noqa: PLC0415 - only to explain
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415

    def checker(type_name: str) -> Any:
        return lambda _checker, instance: is_type(instance, type_name)

    def rule(holds: Any) -> Any:
        def validate(_validator: Any, expected: Any, instance: Any, _schema: Any) -> Iterator[Any]:
            if not holds(instance, expected):
                yield ValidationError("")

        return validate

    return extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        validators={keyword: rule(holds) for keyword, holds in _TEXT_RULES.items()},
        type_checker=TypeChecker({name: checker(name) for name in TYPE_NAMES}),
    )(_schema(name))


def _matches(instance: Any, pattern: str) -> bool:
    return not isinstance(instance, str) or _pattern(pattern).fullmatch(instance) is not None


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.removeprefix("^").removesuffix("$"), re.ASCII)


def _bounded(instance: Any, holds: Any) -> bool:
    number = as_number(instance)
    return number is None or holds(number)


_TEXT_RULES = {
    "pattern": _matches,
    "const": same_literal,
    "enum": lambda instance, words: instance in [literal_text(word) for word in words],
    "minimum": lambda instance, bound: _bounded(instance, lambda number: number >= bound),
    "maximum": lambda instance, bound: _bounded(instance, lambda number: number <= bound),
    "exclusiveMinimum": lambda instance, bound: _bounded(instance, lambda number: number > bound),
}
