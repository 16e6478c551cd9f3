"""The loader: what it keeps, what it refuses, and that nothing but a refusal ever comes out."""

import gc
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.errors import InvalidInput
from reconciler.spec import source
from reconciler.spec.limits import DEPTH_MAX, FILE_BYTES_MAX, SCALAR_CHARACTERS_MAX
from reconciler.spec.places import Path, Places
from reconciler.spec.source import PureParser, Quoted, parse, paused_collector

PARSERS = [pytest.param(None, id="libyaml"), pytest.param(PureParser, id="pure")]


def refused(content: bytes, parser: Any = None) -> list[str]:
    """Return the codes with which a file is refused."""
    with pytest.raises(InvalidInput) as caught:
        parse(content, "s.yaml", parser=parser)
    return [problem.code for problem in caught.value.diagnostics]


def outcome(content: bytes, parser: Any) -> str:
    """Return what was read, or how it was refused."""
    try:
        return repr(parse(content, "s.yaml", parser=parser).data)
    except InvalidInput as problem:
        return problem.render()


@pytest.mark.parametrize("parser", PARSERS)
def test_scalars_stay_as_they_are_written(parser: Any) -> None:
    text = "a: 010\nb: on\nc: 1:30\nd: 91000.10\ne: ~\nf: 'x'\ng: {h: [1e5, \"\"]}\ni:\n"
    data = parse(text.encode(), "s.yaml", parser=parser).data

    expected = {"a": "010", "b": "on", "c": "1:30", "d": "91000.10", "e": "~", "f": "x"}
    assert {**expected, "g": {"h": ["1e5", ""]}, "i": ""} == data


@pytest.mark.parametrize(
    ("text", "is_quoted"), [("a: x", False), ("a: 'x'", True), ("a: |-\n  x", True)]
)
def test_quoted_text_is_told_from_plain_text(text: str, is_quoted: bool) -> None:
    value = parse(text.encode(), "s.yaml").data["a"]

    assert ("x", is_quoted) == (value, isinstance(value, Quoted))


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("a: 1\na: 2\nb: {c: 1, c: 2}", ["duplicate-key", "duplicate-key"]),
        ("a: &x 1\nb: *x", ["anchor", "alias"]),
        ("a: {<<: {b: 1}}", ["merge-key"]),
        ("a: {'<<': {b: 1}}", ["merge-key"]),
        ("a: !!int 1\nb: ! 2\nc: !x {d: 1}", ["tag", "tag", "tag"]),
        ("&x a: 1", ["anchor"]),
        ("a: 1\n---\nb: 2", ["several-documents"]),
        ("%YAML 1.1\n---\na: 1", ["directive"]),
        ("{a: 1}: 2\n? [b]\n: 3", ["key-not-text", "key-not-text"]),
        ("", ["empty-file"]),
        ("---\n...\n", ["empty-file"]),
        ("a: [", ["not-yaml"]),
        ("a: b: c", ["not-yaml"]),
        ("'a", ["not-yaml"]),
        ("a: 1\na: 2\nb: [", ["duplicate-key", "not-yaml"]),
        ("a: \"\\u202e\"", ["forbidden-character"]),
        ("\"\\u200b\": 1", ["forbidden-character"]),
        ("a: \"\\ud800\"", ["not-yaml"]),
        ("- a\n- - b\n  - &c d\n", ["anchor"]),
    ],
)  # fmt: skip
def test_what_a_spec_does_not_need_is_refused(text: str, codes: list[str], parser: Any) -> None:
    if "ud800" in text and parser is not None:
        codes = ["forbidden-character"]  # libyaml refuses the escape, PyYAML reads it

    assert codes == refused(text.encode(), parser)


@pytest.mark.parametrize(
    "content",
    [
        b"\x00", b"a: \x1b[2J", b"a: b\rc", "a: \u202eb".encode(), "# \u200b".encode(),
        "\u2028a: 1".encode(), "a: \x85".encode(), "a: \ufe0f".encode(), "a: \U000e0041".encode(),
        "a: 1\ufeff".encode(),
    ],
)  # fmt: skip
def test_characters_nobody_sees_are_refused(content: bytes) -> None:
    assert {"forbidden-character"} == set(refused(content))


def test_invisible_characters_are_told_up_to_a_limit() -> None:
    assert 20 == len(refused("# \u200b".encode() * 50))


@pytest.mark.parametrize("content", [b"\xff\xfea\x00", b"a: \xff", b"a: \xc3"])
def test_what_is_not_utf_8_is_refused(content: bytes) -> None:
    assert ["not-utf-8"] == refused(content)


def test_a_byte_order_mark_and_windows_line_ends_are_passed_over() -> None:
    parsed = parse("\ufeffa: 1\r\nb: 2\r\n".encode(), "s.yaml")

    assert {"a": "1", "b": "2"} == parsed.data
    assert "s.yaml:2:4" == str(Places(parsed).value(("b",)))


def test_a_file_of_twenty_megabytes_is_refused() -> None:
    assert ["file-too-large"] == refused(b"# " + b"x" * 20_000_000)


def test_a_file_at_the_limit_of_bytes_is_read() -> None:
    content = b"a: 1\n#"

    assert {"a": "1"} == parse(content.ljust(FILE_BYTES_MAX, b"x"), "s.yaml").data


def test_nesting_has_a_limit() -> None:
    deep = "[" * DEPTH_MAX + "]" * DEPTH_MAX

    assert DEPTH_MAX == str(parse(deep.encode(), "s.yaml").data).count("[")
    assert ["too-deep"] == refused(f"[{deep}]".encode())


def test_a_value_has_a_limit_of_length() -> None:
    text = "x" * SCALAR_CHARACTERS_MAX

    assert text == parse(f"a: {text}".encode(), "s.yaml").data["a"]
    assert ["value-too-long"] == refused(f"a: {text}y".encode())


def test_the_number_of_values_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "EVENTS_MAX", 20)

    assert ["too-many-values"] == refused(b"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]")


def test_a_thousand_refusals_are_enough() -> None:
    text = "".join(f"- &a{i} x\n" for i in range(2_000))

    assert 1_000 == len(refused(text.encode()))


def test_a_bomb_of_aliases_is_refused_without_unfolding() -> None:
    lines = ["a0: &a0 [x]"] + [
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)
    ]

    assert {"anchor", "alias"} == set(refused("\n".join(lines).encode()))


@pytest.mark.parametrize("was_enabled", [True, False])
def test_the_collector_is_as_it_was_afterwards(was_enabled: bool) -> None:
    (gc.enable if was_enabled else gc.disable)()
    try:
        with suppress(ZeroDivisionError), paused_collector():
            was_enabled_inside = gc.isenabled()
            raise ZeroDivisionError

        assert (False, was_enabled) == (was_enabled_inside, gc.isenabled())
    finally:
        gc.enable()


def test_without_libyaml_the_pure_parser_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)

    assert {"a": "1"} == parse(b"a: 1", "s.yaml").data


@given(st.binary(max_size=300))
@example(b"a: \t- b")
@example(b"? \n? \n")
@example(b"%TAG ! tag:x,2000:\n---\na: !b c")
@example(b'a: "\\UFFFFFFFF"')
def test_arbitrary_bytes_are_read_or_refused(content: bytes) -> None:
    for parser in (None, PureParser):
        assert outcome(content, parser)


YAMLISH = st.lists(
    st.sampled_from(
        ["a", "b: ", "\n", "  ", "- ", "? ", ": ", "[", "]", "{", "}", ",", "&x ", "*x", "!t ",
         "<<", "'", '"', "#", "|", ">", "---", "...", "\t", "%", "@", "\\u200b", "é", "1e5", "\r\n"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(YAMLISH)
def test_arbitrary_yaml_is_read_or_refused(text: str) -> None:
    for parser in (None, PureParser):
        assert outcome(text.encode(), parser)


WORDS = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=("C", "Z", "M"),
        exclude_characters="<\u115f\u1160\u3164\uffa0",
    ),
    min_size=1,
    max_size=12,
)
DATA = st.recursive(
    st.one_of(WORDS, st.just(""), st.sampled_from(["true", "1e5", "010", "two words", "a: b"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(WORDS, DATA, min_size=1, max_size=5), st.sampled_from([None, True, False]))
def test_what_yaml_writes_is_read_back(data: dict[str, Any], flow: bool | None) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, default_flow_style=flow)

    assert data == parse(text.encode(), "s.yaml").data


def leaves(node: Any, path: Path = ()) -> list[tuple[Path, str]]:
    """Return every scalar with its path."""
    if isinstance(node, str):
        return [(path, node)]
    items = node.items() if isinstance(node, dict) else enumerate(node)
    return [leaf for step, child in items for leaf in leaves(child, (*path, step))]


@given(st.dictionaries(WORDS, DATA, min_size=1, max_size=5), st.booleans())
def test_places_point_at_what_they_name(data: dict[str, Any], flow: bool) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, default_flow_style=flow, width=9999)
    places = Places(parse(text.encode(), "s.yaml"))
    lines = text.split("\n")

    for path, value in leaves(data):
        span = places.value(path)
        shown = lines[span.line - 1][span.column - 1 :][: span.length]
        assert not value or value == yaml.load(shown, Loader=yaml.BaseLoader)


def test_places_of_large_mappings_are_found_at_once() -> None:
    text = "orders:\n" + "".join(f"  o{i}: {{side: buy, t: {{u: 1}}}}\n" for i in range(50))
    places = Places(parse(text.encode(), "s.yaml"))
    spans = places.keys(("orders",))

    assert {f"o{i}": i + 2 for i in range(50)} == {name: span.line for name, span in spans.items()}
    assert "s.yaml:41:20" == str(places.key(("orders", "o39", "t")))
