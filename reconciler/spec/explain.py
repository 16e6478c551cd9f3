"""Violations of a schema in people's words, each at its place, with the nearest right word."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.diagnostics import Diagnostic
from reconciler.model.numbers import MONEY_PATTERN
from reconciler.spec.money import MONEY_RULE, why_no_number
from reconciler.spec.near import did_you_mean
from reconciler.spec.places import Path, Places
from reconciler.spec.secrecy import SECRET_SECTIONS, is_secret_looking, shown_value

__all__ = ["Violation", "explain"]

_TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
_BOOLEAN_WORDS = {
    "true": "true", "yes": "true", "on": "true", "y": "true", "1": "true",
    "false": "false", "no": "false", "off": "false", "n": "false", "0": "false",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One keyword of a schema that a value does not satisfy.

    Attributes:
        expected: the keyword's value in the schema.
        path: of the value, or of the mapping when a key is to blame.
        instance: the value, or the key.
        schema: the part of the schema that has the keyword.
        is_name: whether a key is to blame.
    """

    keyword: str
    expected: Any
    path: Path
    instance: Any
    schema: Mapping[str, Any]
    is_name: bool = False


def explain(violation: Violation, places: Places) -> list[Diagnostic]:
    """Return one problem for each thing that is wrong."""
    if violation.is_name:
        return [_bad_name(violation, places)]
    return _EXPLAINERS.get(violation.keyword, _wrong_count)(violation, places)


def _unknown_keys(violation: Violation, places: Places) -> list[Diagnostic]:
    known = violation.schema.get("properties", {})
    return [
        Diagnostic(
            code="unknown-key",
            summary="This key is not known here.",
            span=places.key((*violation.path, key)),
            label=did_you_mean(key, known.keys() - violation.instance.keys()),
            why=f"Known here: {', '.join(known)}.",
            next_step="Correct the key, or remove it.",
        )
        for key in violation.instance
        if key not in known
    ]


def _missing_keys(violation: Violation, places: Places) -> list[Diagnostic]:
    """Explain `required`; jsonschema reports each missing key apart, with the same expectation."""
    title = violation.schema.get("title", "mapping")
    return [
        Diagnostic(
            code="missing-key",
            summary="A key is missing.",
            span=places.key(violation.path),
            label=f"`{key}` is missing",
            why=f"Every {title} has {_listed(violation.expected)}.",
            next_step=f"Add `{key}`.",
        )
        for key in violation.expected
        if key not in violation.instance
    ]


def _dependent_keys(violation: Violation, places: Places) -> list[Diagnostic]:
    return [
        Diagnostic(
            code="missing-key",
            summary="A key is missing.",
            span=places.key((*violation.path, key)),
            label=f"`{other}` is missing",
            why=f"`{key}` needs `{other}` beside it.",
            next_step=f"Add `{other}`, or remove `{key}`.",
        )
        for key, others in violation.expected.items()
        for other in others
        if key in violation.instance and other not in violation.instance
    ]


def _wrong_type(violation: Violation, places: Places) -> list[Diagnostic]:
    names = (
        [violation.expected] if isinstance(violation.expected, str) else list(violation.expected)
    )
    if isinstance(violation.instance, str):
        if names == ["boolean"]:
            return [_no_boolean(violation, places)]
        if names == ["integer"]:
            return [_no_integer(violation, places)]
    wanted = "a number" if "number" in names else _TYPE_WORDS[names[0]]
    return [
        Diagnostic(
            code="wrong-type",
            summary="This value is of another kind than expected.",
            span=places.value(violation.path),
            label=f"expected {wanted}, found {_kind_of(violation.instance)}",
            why=violation.schema.get("description", ""),
        )
    ]


def _no_boolean(violation: Violation, places: Places) -> Diagnostic:
    meant = _BOOLEAN_WORDS.get(violation.instance.lower(), "true or false")
    return Diagnostic(
        code="not-a-boolean",
        summary="This is not true or false.",
        span=places.value(violation.path),
        label=f"found `{_shown(violation)}`" if violation.instance else "nothing is written here",
        why="Only the plain words true and false are understood, in lower case and without quotes.",
        next_step=f"Write {meant}.",
    )


def _no_integer(violation: Violation, places: Places) -> Diagnostic:
    return Diagnostic(
        code="not-a-whole-number",
        summary="This is not a whole number.",
        span=places.value(violation.path),
        label=f"found `{_shown(violation)}`" if violation.instance else "nothing is written here",
        why=violation.schema.get("description", ""),
        next_step="Write the digits alone, without quotes, sign, point or leading zero.",
    )


def _wrong_text(violation: Violation, places: Places) -> list[Diagnostic]:
    if violation.expected == f"^{MONEY_PATTERN}$":
        return [
            Diagnostic(
                code="not-a-number",
                summary="This is not a plain decimal number.",
                span=places.value(violation.path),
                label=why_no_number(violation.instance),
                why=MONEY_RULE,
            )
        ]
    return [
        Diagnostic(
            code="malformed",
            summary="This value has the wrong form.",
            span=places.value(violation.path),
            label="" if violation.instance else "nothing is written here",
            why=violation.schema.get("description", ""),
            next_step=_for_example(violation.schema),
        )
    ]


def _unknown_word(violation: Violation, places: Places) -> list[Diagnostic]:
    words = [str(word) for word in violation.expected]
    value = violation.instance
    found = f"`{_shown(violation)}`" if isinstance(value, str) and value else _kind_of(value)
    label = did_you_mean(value, words) if isinstance(value, str) else ""
    return [
        Diagnostic(
            code="unknown-word",
            summary="This word is not one of those possible here.",
            span=places.value(violation.path),
            label=label or f"found {found}",
            why=f"Possible here: {_listed(words, 'or')}.",
        )
    ]


def _wrong_literal(violation: Violation, places: Places) -> list[Diagnostic]:
    return [
        Diagnostic(
            code="unknown-word",
            summary="This word is not one of those possible here.",
            span=places.value(violation.path),
            label=f"expected {violation.expected}",
            why=violation.schema.get("description", ""),
        )
    ]


def _out_of_range(violation: Violation, places: Places) -> list[Diagnostic]:
    relation = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "above",
    }[violation.keyword]
    return [
        Diagnostic(
            code="out-of-range",
            summary="This number is out of range.",
            span=places.value(violation.path),
            label=f"expected {relation} {violation.expected}",
            why=violation.schema.get("description", ""),
        )
    ]


def _too_long(violation: Violation, places: Places) -> list[Diagnostic]:
    return [
        Diagnostic(
            code="value-too-long",
            summary="A value is too long.",
            span=places.value(violation.path),
            label=f"{len(violation.instance)} characters, at most {violation.expected}",
        )
    ]


def _wrong_count(violation: Violation, places: Places) -> list[Diagnostic]:
    relation = "at least" if violation.keyword.startswith("min") else "at most"
    return [
        Diagnostic(
            code="wrong-count",
            summary="There are too few or too many entries.",
            span=places.value(violation.path),
            label=f"expected {relation} {violation.expected}, found {len(violation.instance)}",
            why=violation.schema.get("description", ""),
        )
    ]


def _no_alternative(violation: Violation, places: Places) -> list[Diagnostic]:
    titles = [branch["title"] for branch in violation.expected]
    return [
        Diagnostic(
            code="no-alternative",
            summary="Exactly one of several forms is possible here.",
            span=places.value(violation.path),
            label=f"expected {_listed(titles, 'or')}",
            why=violation.schema.get("description", ""),
        )
    ]


def _bad_name(violation: Violation, places: Places) -> Diagnostic:
    title = violation.schema.get("title", "name")
    is_secret = is_secret_looking(violation.instance)
    return Diagnostic(
        code="bad-name",
        summary="This key is not a possible name.",
        span=places.key((*violation.path, violation.instance)),
        label="" if is_secret or not violation.instance else f"not {_with_article(title)}",
        why=violation.schema.get("description", ""),
    )


def _shown(violation: Violation) -> str:
    hidden = SECRET_SECTIONS.intersection(str(step) for step in violation.path)
    return "…" if hidden else shown_value(violation.instance)


def _kind_of(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "text" if value not in ("", "~", "null") else "nothing"


def _for_example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples", ())
    return f"For example: {examples[0]}" if examples else ""


def _with_article(title: str) -> str:
    return f"an {title}" if title[0] in "aeiou" else f"a {title}"


def _listed(words: Iterable[str], last: str = "and") -> str:
    *others, final = words
    return f"{', '.join(others)} {last} {final}" if others else final


_EXPLAINERS: dict[str, Callable[[Violation, Places], list[Diagnostic]]] = {
    "additionalProperties": _unknown_keys,
    "const": _wrong_literal,
    "dependentRequired": _dependent_keys,
    "enum": _unknown_word,
    "exclusiveMinimum": _out_of_range,
    "maxLength": _too_long,
    "maximum": _out_of_range,
    "minimum": _out_of_range,
    "oneOf": _no_alternative,
    "pattern": _wrong_text,
    "required": _missing_keys,
    "type": _wrong_type,
}
