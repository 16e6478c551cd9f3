"""Violations of a schema in people's words, each at its place, with the nearest right word."""

from collections.abc import Callable, Iterable, Iterator, Mapping
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
_RELATIONS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "above"}
NOTHING = "nothing is written here"
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


# What each code says in one sentence.
_SUMMARIES = {
    "bad-name": "This key is not a possible name.",
    "malformed": "This value has the wrong form.",
    "missing-key": "A key is missing.",
    "no-alternative": "Exactly one of several forms is possible here.",
    "not-a-boolean": "This is not true or false.",
    "not-a-number": "This is not a plain decimal number.",
    "not-a-whole-number": "This is not a whole number.",
    "out-of-range": "This number is out of range.",
    "unknown-key": "This key is not known here.",
    "unknown-word": "This word is not one of those possible here.",
    "value-too-long": "A value is too long.",
    "wrong-count": "There are too few or too many entries.",
    "wrong-type": "This value is of another kind than expected.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What is particular about one problem.

    Attributes:
        key: the key to blame below the violation's path; None blames the value there.
        why: None for what the schema says of the value.
    """

    code: str
    label: str = ""
    why: str | None = None
    next_step: str = ""
    key: str | None = None


Findings = Iterator[_Finding]


def explain(violation: Violation, places: Places) -> list[Diagnostic]:
    """Return one problem for each thing that is wrong."""
    found = _bad_name if violation.is_name else _EXPLAINERS.get(violation.keyword, _wrong_count)
    return [_diagnostic(finding, violation, places) for finding in found(violation)]


def _diagnostic(finding: _Finding, violation: Violation, places: Places) -> Diagnostic:
    path = violation.path if finding.key is None else (*violation.path, finding.key)
    blames_value = finding.key is None and violation.keyword != "required"
    described = violation.schema.get("description", "")
    return Diagnostic(
        code=finding.code,
        summary=_SUMMARIES[finding.code],
        span=places.value(path) if blames_value else places.key(path),
        label=finding.label,
        why=described if finding.why is None else finding.why,
        next_step=finding.next_step,
    )


def _unknown_keys(violation: Violation) -> Findings:
    known = violation.schema.get("properties", {})
    for key in violation.instance:
        if key not in known:
            yield _Finding(
                code="unknown-key",
                label=did_you_mean(key, known.keys() - violation.instance.keys()),
                why=f"Known here: {', '.join(known)}.",
                next_step="Correct the key, or remove it.",
                key=key,
            )


def _missing_keys(violation: Violation) -> Findings:
    """Explain `required`; jsonschema reports each missing key apart, with the same expectation."""
    title = violation.schema.get("title", "mapping")
    for key in violation.expected:
        if key not in violation.instance:
            yield _Finding(
                code="missing-key",
                label=f"`{key}` is missing",
                why=f"Every {title} has {_listed(violation.expected)}.",
                next_step=f"Add `{key}`.",
            )


def _dependent_keys(violation: Violation) -> Findings:
    for key, others in violation.expected.items():
        for other in others:
            if key in violation.instance and other not in violation.instance:
                yield _Finding(
                    code="missing-key",
                    label=f"`{other}` is missing",
                    why=f"`{key}` needs `{other}` beside it.",
                    next_step=f"Add `{other}`, or remove `{key}`.",
                    key=key,
                )


def _wrong_type(violation: Violation) -> Findings:
    expected = violation.expected
    names = [expected] if isinstance(expected, str) else list(expected)
    if isinstance(violation.instance, str) and names == ["boolean"]:
        yield _no_boolean(violation)
    elif isinstance(violation.instance, str) and names == ["integer"]:
        yield _Finding(
            code="not-a-whole-number",
            label=_found(violation),
            next_step="Write the digits alone, without quotes, sign, point or leading zero.",
        )
    else:
        wanted = "a number" if "number" in names else _TYPE_WORDS[names[0]]
        found = _kind_of(violation.instance)
        yield _Finding(code="wrong-type", label=f"expected {wanted}, found {found}")


def _no_boolean(violation: Violation) -> _Finding:
    meant = _BOOLEAN_WORDS.get(violation.instance.lower(), "true or false")
    return _Finding(
        code="not-a-boolean",
        label=_found(violation),
        why="Only the plain words true and false are understood, in lower case and without quotes.",
        next_step=f"Write {meant}.",
    )


def _wrong_text(violation: Violation) -> Findings:
    if violation.expected == f"^{MONEY_PATTERN}$":
        yield _Finding(code="not-a-number", label=why_no_number(violation.instance), why=MONEY_RULE)
    else:
        yield _Finding(
            code="malformed",
            label="" if violation.instance else NOTHING,
            next_step=_for_example(violation.schema),
        )


def _unknown_word(violation: Violation) -> Findings:
    words = [str(word) for word in violation.expected]
    value = violation.instance
    found = f"`{_shown(violation)}`" if isinstance(value, str) and value else _kind_of(value)
    near = did_you_mean(value, words) if isinstance(value, str) else ""
    why = f"Possible here: {_listed(words, 'or')}."
    yield _Finding(code="unknown-word", label=near or f"found {found}", why=why)


def _wrong_literal(violation: Violation) -> Findings:
    yield _Finding(code="unknown-word", label=f"expected {violation.expected}")


def _out_of_range(violation: Violation) -> Findings:
    relation = _RELATIONS[violation.keyword]
    yield _Finding(code="out-of-range", label=f"expected {relation} {violation.expected}")


def _too_long(violation: Violation) -> Findings:
    length = len(violation.instance)
    label = f"{length} characters, at most {violation.expected}"
    yield _Finding(code="value-too-long", label=label, why="")


def _wrong_count(violation: Violation) -> Findings:
    relation = "at least" if violation.keyword.startswith("min") else "at most"
    found = len(violation.instance)
    label = f"expected {relation} {violation.expected}, found {found}"
    yield _Finding(code="wrong-count", label=label)


def _no_alternative(violation: Violation) -> Findings:
    titles = [branch["title"] for branch in violation.expected]
    yield _Finding(code="no-alternative", label=f"expected {_listed(titles, 'or')}")


def _bad_name(violation: Violation) -> Findings:
    title = violation.schema.get("title", "name")
    is_shown = violation.instance and not is_secret_looking(violation.instance)
    label = f"not {_with_article(title)}" if is_shown else ""
    yield _Finding(code="bad-name", label=label, key=violation.instance)


def _found(violation: Violation) -> str:
    return f"found `{_shown(violation)}`" if violation.instance else NOTHING


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


_EXPLAINERS: dict[str, Callable[[Violation], Findings]] = {
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
