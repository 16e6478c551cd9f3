"""Journal lines and checkpoints as text: the same again, and no byte changed unseen."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.event import Event, Forgotten
from reconciler.model.order import OrderAddress
from reconciler.model.state import State
from reconciler.records import canonical_json
from reconciler.statefile.codec import (
    Checkpoint,
    FormatProblem,
    NewerFormat,
    chain,
    decode_checkpoint,
    decode_line,
    encode_checkpoint,
    encode_events,
    encode_line,
    fold,
    upgrade,
)
from tests.statefile.samples import AT_MS, HISTORY, approved
from tests.statefile.schemas import schema_of, violations
from tests.statefile.strategies import values_of

EVENTS = [event for batch in HISTORY for event in batch]
JOURNAL, STAMPED = encode_events(EVENTS, at_ms=AT_MS, serial=0, digest="")
STATE = fold(None, STAMPED)
SAVED = encode_checkpoint(Checkpoint(state=STATE, offset=len(JOURNAL)))


@given(event=values_of(Event), at_ms=st.integers(0, 10**15), serial=st.integers(1, 10**9))
def test_an_event_comes_back_the_same(event: Event, at_ms: int, serial: int) -> None:
    line, digest = encode_line(event, at_ms=at_ms, serial=serial, parent="ab" * 32)
    back = decode_line(line[:-1])

    assert (event, at_ms, serial, "ab" * 32, digest) == (
        back.event,
        back.at_ms,
        back.serial,
        back.parent,
        back.digest,
    )
    assert [] == violations("events", json.loads(line))


@settings(max_examples=40)
@given(state=values_of(State), offset=st.integers(0, 10**12))
def test_a_state_comes_back_the_same(state: State, offset: int) -> None:
    from dataclasses import replace

    checkpoint = Checkpoint(state=replace(state, serial=max(1, state.serial)), offset=offset)
    data = encode_checkpoint(checkpoint)

    assert checkpoint == decode_checkpoint(data)
    assert [] == violations("state", json.loads(data))


def test_the_digest_is_of_the_line_without_it() -> None:
    line = JOURNAL.splitlines()[1]
    body = {key: value for key, value in json.loads(line).items() if key != "digest"}

    assert sha256(canonical_json(body).encode()).hexdigest() == decode_line(line).digest


def test_lines_are_a_chain() -> None:
    lines = [decode_line(line) for line in JOURNAL.splitlines()]

    assert "" == lines[0].parent
    assert [line.digest for line in lines[:-1]] == [line.parent for line in lines[1:]]
    assert list(range(1, len(lines) + 1)) == [line.serial for line in lines]


@pytest.mark.parametrize("number", range(len(EVENTS)))
def test_no_byte_of_a_line_changes_unseen(number: int) -> None:
    line = JOURNAL.splitlines()[number]
    for index in range(len(line)):
        for value in (line[index] ^ 1, 0, 0x20, 0x22, 0x30, 0xFF):
            if value != line[index]:
                with pytest.raises(FormatProblem):
                    decode_line(line[:index] + bytes([value]) + line[index + 1 :])


@settings(max_examples=300)
@given(index=st.integers(0, len(SAVED) - 1), mask=st.integers(1, 255))
def test_no_byte_of_a_checkpoint_changes_unseen(index: int, mask: int) -> None:
    spoiled = SAVED[:index] + bytes([SAVED[index] ^ mask]) + SAVED[index + 1 :]
    with pytest.raises(FormatProblem):
        decode_checkpoint(spoiled)


@given(data=st.binary(max_size=80))
def test_garbage_is_no_line(data: bytes) -> None:
    with pytest.raises(FormatProblem):
        decode_line(data)
    with pytest.raises(FormatProblem):
        decode_checkpoint(data)


@pytest.mark.parametrize("cut", [0, 1, 80, len(SAVED) // 2, len(SAVED) - 1])
def test_a_checkpoint_cut_short_is_none(cut: int) -> None:
    with pytest.raises(FormatProblem):
        decode_checkpoint(SAVED[:cut])


def signed_line(**changes: Any) -> bytes:
    """Return a line whose digest fits, whatever it says."""
    body = json.loads(JOURNAL.splitlines()[1])
    body = {key: value for key, value in {**body, **changes}.items() if value is not ...}
    body.pop("digest")
    digest = sha256(canonical_json(body).encode()).hexdigest()
    return canonical_json({**body, "digest": digest}).encode()


def test_a_line_of_a_newer_version_is_told_as_such() -> None:
    with pytest.raises(NewerFormat):
        decode_line(signed_line(v=2))


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"serial": "1"},
        {"parent": ...},
        {"event": {"type": "bribed"}},
        {"event": {"type": "forgotten"}},
        {"at_ms": -1},
    ],
)
def test_a_line_that_says_what_no_line_says_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatProblem):
        decode_line(signed_line(**changes))


def signed_checkpoint(**changes: Any) -> bytes:
    body = {**json.loads(SAVED), **changes}
    body.pop("digest")
    text = canonical_json(body)
    return f'{{"digest":"{sha256(text.encode()).hexdigest()}",{text[1:]}\n'.encode()


def test_a_checkpoint_of_a_newer_version_is_told_as_such() -> None:
    with pytest.raises(NewerFormat):
        decode_checkpoint(signed_checkpoint(format_version=2))


@pytest.mark.parametrize(
    "changes",
    [
        {"format_version": 0},
        {"format_version": "1"},
        {"offset": -1},
        {"colour": "red"},
        {"state": {}},
        {"state": {**json.loads(SAVED)["state"], "serial": 0}},
    ],
)
def test_a_checkpoint_that_says_what_none_says_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatProblem):
        decode_checkpoint(signed_checkpoint(**changes))


def test_text_outside_ascii_is_refused_though_its_digest_fits() -> None:
    line = signed_line()
    body = json.loads(line)
    body.pop("digest")
    text = canonical_json(body).replace("c0ffee", "c\u00f6ffee").encode()
    digest = sha256(text).hexdigest().encode()
    head, tail = text.split(b",", 1)
    with pytest.raises(FormatProblem):
        decode_line(head + b',"digest":"' + digest + b'",' + tail)


def test_an_old_checkpoint_is_brought_up_version_by_version() -> None:
    upgrades: dict[int, Callable[[dict[str, object]], dict[str, object]]] = {
        -1: lambda document: {**document, "first": 1},
        0: lambda document: {**document, "second": 2},
    }

    assert {"format_version": 1, "first": 1, "second": 2} == upgrade(
        {"format_version": -1}, upgrades
    )


def test_links_are_checked() -> None:
    second = decode_line(JOURNAL.splitlines()[1])
    chain(second, serial=1, digest=second.parent)
    for serial, digest in ((0, second.parent), (2, second.parent), (1, "00")):
        with pytest.raises(FormatProblem):
            chain(second, serial=serial, digest=digest)


def test_an_event_that_does_not_fit_the_state_is_a_problem() -> None:
    outcomes = next(event for event in EVENTS if type(event).__name__ == "OutcomesWritten")
    _, stamped = encode_events([outcomes], at_ms=AT_MS, serial=9, digest="")
    with pytest.raises(FormatProblem):
        fold(STATE, stamped)


def test_folding_in_parts_gives_the_same_state() -> None:
    state: State | None = None
    for stamped in STAMPED:
        state = fold(state, [stamped])

    assert STATE == state


def test_an_address_of_any_text_is_one_line() -> None:
    data, _ = encode_events(
        [Forgotten(address=OrderAddress("a\nb\r\u2028c")), approved("\0")],
        at_ms=AT_MS,
        serial=1,
        digest="",
    )

    assert 2 == data.count(b"\n")
    assert data.isascii()


@pytest.mark.parametrize("name", ["plan", "state", "events"])
def test_a_schema_is_itself_valid(name: str) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema_of(name))


@pytest.mark.parametrize("name", ["plan", "state", "events"])
def test_every_object_of_a_schema_is_closed_and_described(name: str) -> None:
    bare = list(unfinished(schema_of(name), name))

    assert [] == bare


def unfinished(schema: Any, path: str) -> Any:
    """Yield the places where something is open, or is not described."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from unfinished(item, f"{path}[{index}]")
    if not isinstance(schema, dict):
        return
    if "properties" in schema:
        if schema.get("additionalProperties") is not False:
            yield f"{path} is open"
        for key, value in schema["properties"].items():
            if not value.get("description"):
                yield f"{path}.{key} has no description"
    for key, value in schema.items():
        if key not in ("const", "enum", "pattern"):
            yield from unfinished(value, f"{path}.{key}")
