"""The quick check and jsonschema agree, and the schemas are fit to be published."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from reconciler import schemas_path
from reconciler.diagnostics import Diagnostic
from reconciler.model.numbers import MONEY_PATTERN
from reconciler.schemas_path import read_schema, schema_path
from reconciler.spec.fast_check import ANNOTATIONS, UnknownKeyword, compile_check
from reconciler.spec.places import Places
from reconciler.spec.schema import EXPLAINED_MAX, is_valid, schema_problems, violations
from reconciler.spec.source import Quoted, parse
from reconciler.spec.text_types import as_number, is_type, literal_text
from tests.spec.documents import PROJECT, SPEC, damaged

NAMES = ["spec", "project"]


def problems_of(text: str, name: str = "spec") -> list[Diagnostic]:
    """Return what is wrong with a text under a schema."""
    return schema_problems(Places(parse(text.encode(), "s.yaml")), name)


@given(SPEC)
def test_a_whole_spec_is_valid_for_both(data: Any) -> None:
    assert is_valid(data, "spec")
    assert [] == list(violations(data, "spec"))


@given(PROJECT)
def test_a_whole_project_is_valid_for_both(data: Any) -> None:
    assert is_valid(data, "project")
    assert [] == list(violations(data, "project"))


@given(damaged(SPEC))
def test_both_say_the_same_of_a_damaged_spec(data: Any) -> None:
    assert is_valid(data, "spec") == (not list(violations(data, "spec")))


@given(damaged(PROJECT))
def test_both_say_the_same_of_a_damaged_project(data: Any) -> None:
    assert is_valid(data, "project") == (not list(violations(data, "project")))


@pytest.mark.parametrize("data", ["text", [], ["a"], {}, {"version": "1"}])
@pytest.mark.parametrize("name", NAMES)
def test_both_say_the_same_of_what_is_no_spec_at_all(data: Any, name: str) -> None:
    assert not is_valid(data, name)
    assert list(violations(data, name))


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"format": "date"}, "unknown keyword format"),
        ({"$defs": {"a": {"items": {"oneOf": [{"not": {}}]}}}}, "unknown keyword not"),
        ({"properties": {"a": {"minLength": 1}}}, "unknown keyword minLength"),
        ({"$ref": "https://example.com/x"}, "only local references"),
        ({"enum": [1]}, "enum of anything but text"),
        ({"pattern": "a+"}, "not anchored"),
        ({"exclusiveMinimum": 5}, "exclusiveMinimum of anything but 0"),
        ({"const": True}, "has no meaning for text"),
    ],
)
def test_what_the_check_does_not_know_is_refused(schema: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compile_check(schema)


def test_an_unknown_keyword_is_an_error_of_its_own() -> None:
    assert issubclass(UnknownKeyword, ValueError)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (True, "x", None),
        ({}, "x", None),
        ({"type": "number"}, "1.5", Quoted("1.5")),
        ({"type": ["integer", "boolean"]}, "true", "x"),
        ({"minItems": 1}, ["a"], []),
        ({"propertyNames": {"maxLength": 1}}, {"a": "1"}, {"ab": "1"}),
        ({"additionalProperties": {"const": "x"}}, {"a": "x"}, {"a": "y"}),
        ({"required": ["a"]}, {"a": "1"}, {"b": "1"}),
        ({"const": 1}, "1", Quoted("1")),
        ({"dependentRequired": {"a": ["b"]}}, {"c": "1"}, {"a": "1"}),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"const": "y"}}}, "y", "z"),
    ],
)
def test_each_keyword_holds_by_itself(schema: Any, good: Any, bad: Any) -> None:
    check = compile_check(schema)

    assert check(good)
    assert bad is None or not check(bad)


def test_a_false_schema_holds_for_nothing() -> None:
    assert not compile_check({"properties": {"a": False}})({"a": "x"})


def test_a_type_without_meaning_for_text_is_refused() -> None:
    with pytest.raises(ValueError, match="the type null"):
        is_type("x", "null")


@pytest.mark.parametrize("value", [{}, "x", "1e5", ""])
def test_what_is_no_number_has_no_number(value: Any) -> None:
    assert as_number(value) is None


def test_a_float_in_a_schema_has_no_meaning() -> None:
    with pytest.raises(ValueError, match="has no meaning"):
        literal_text(0.5)


def test_one_bad_order_among_many_is_found() -> None:
    lines = [f"  o{i}: {{side: buy, price: 1, quantity: 1}}" for i in range(300)]
    lines[150] = "  o150: {side: byu, price: 1, quantity: 1}"
    found = problems_of("version: 1\nbook: b\nvenue: v\norders:\n" + "\n".join(lines))

    assert ["unknown-word"] == [problem.code for problem in found]
    assert "s.yaml:155:16" == str(found[0].span)


def test_so_many_bad_orders_are_told_and_no_more() -> None:
    lines = [f"  o{i}: {{side: byu, price: 1, quantity: 1}}" for i in range(EXPLAINED_MAX + 50)]
    found = problems_of("version: 1\nbook: b\nvenue: v\norders:\n" + "\n".join(lines))

    assert EXPLAINED_MAX + 1 == len(found)
    assert "more-problems" == found[-1].code


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "version: 1\nproject: p\nvenues:\n" + "".join(
        f"  v{i}: {{kind: x, network: y}}\n" for i in range(65)
    )

    assert ["wrong-count"] == [problem.code for problem in problems_of(text, "project")]


def test_too_many_good_ladders_are_refused() -> None:
    ladder = "{side: buy, from: 2, to: 1, levels: 2, quantity: 1}"
    text = "version: 1\nbook: b\nvenue: v\nladders:\n" + "".join(
        f"  l{i}: {ladder}\n" for i in range(10_001)
    )

    assert ["wrong-count"] == [problem.code for problem in problems_of(text)]


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(read_schema(name))


def parts(schema: Any, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every part of a schema with its path."""
    yield path, schema
    for holder in ("properties", "$defs"):
        for name, part in schema.get(holder, {}).items():
            if isinstance(part, dict):
                yield from parts(part, f"{path}/{holder}/{name}")
    for keyword in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
        if isinstance(schema.get(keyword), dict):
            yield from parts(schema[keyword], f"{path}/{keyword}")
    for index, part in enumerate(schema.get("oneOf", ())):
        yield from parts(part, f"{path}/oneOf/{index}")


ALL_PARTS = [
    pytest.param(part, id=f"{name}{path}")
    for name in NAMES
    for path, part in parts(read_schema(name))
]


@pytest.mark.parametrize("part", ALL_PARTS)
def test_everything_has_a_limit(part: dict[str, Any]) -> None:
    kinds = part.get("type", ())
    if "string" in kinds or "pattern" in part:
        assert "maxLength" in part
    if kinds == "array":
        assert "maxItems" in part
    if kinds == "integer":
        assert {"minimum", "maximum"} <= part.keys()
    if kinds == "object" and isinstance(part.get("additionalProperties", True), dict):
        assert {"maxProperties", "propertyNames"} <= part.keys()
    elif kinds == "object" and "if" not in part:
        assert part["additionalProperties"] is False


@pytest.mark.parametrize("name", NAMES)
def test_every_part_compiles(name: str) -> None:
    """Properties are compiled when they are first seen, so the schema as a whole proves little."""
    schema = read_schema(name)
    for _, part in parts(schema):
        compile_check({**part, "$defs": schema["$defs"]})


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_is_told_to_people(name: str) -> None:
    missing = [key for key, part in read_schema(name)["$defs"].items() if not part.get("title")]

    assert [] == missing


@pytest.mark.parametrize("name", NAMES)
def test_examples_and_defaults_are_valid(name: str) -> None:
    schema = read_schema(name)
    for path, part in parts(schema):
        check = compile_check({**part, "$defs": schema["$defs"]})
        for value in [*part.get("examples", ()), *([part["default"]] if "default" in part else ())]:
            assert check(as_text(value)), f"{path}: {value}"


def as_text(value: Any) -> Any:
    """Return a literal of a schema as the loader would read it from YAML."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", NAMES)
def test_patterns_are_anchored_and_have_no_nested_repetition(name: str) -> None:
    patterns = {part["pattern"] for _, part in parts(read_schema(name)) if "pattern" in part}

    for pattern in patterns:
        assert (pattern[0], pattern[-1]) == ("^", "$")
        assert not re.search(r"\((?:\?:)?[^()/.]*[+*]\)[+*]", pattern)
        re.fullmatch(pattern[1:-1], "a" * 255 + "!", re.ASCII)
        re.fullmatch(pattern[1:-1], "a/" * 127 + "!", re.ASCII)


@pytest.mark.parametrize("name", NAMES)
def test_money_has_the_one_grammar(name: str) -> None:
    assert f"^{MONEY_PATTERN}$" == read_schema(name)["$defs"]["money"]["pattern"]


def test_a_name_must_end_where_the_line_ends() -> None:
    assert not is_valid({"version": "1", "book": "b\n", "venue": "v"}, "spec")


def test_annotations_are_all_that_is_passed_over() -> None:
    assert {"title", "description", "examples", "default"} <= ANNOTATIONS
    assert "format" not in ANNOTATIONS


def test_an_installed_package_has_the_schemas_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas_path, "__file__", str(tmp_path / "schemas_path.py"))
    (tmp_path / "schemas").mkdir()

    assert tmp_path / "schemas" / "spec.schema.json" == schema_path("spec")


def test_a_checkout_has_the_schemas_at_its_top() -> None:
    assert Path(__file__).parents[2] / "schemas" / "plan.schema.json" == schema_path("plan")
