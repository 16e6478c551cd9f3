"""Records go to JSON and come back the same; whatever is not one of them is a told problem."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.event import Event
from reconciler.model.order import DesiredOrder, RestingOrder, Side, Terms, VenueOrderId
from reconciler.model.plan import Action
from reconciler.model.state import Leg, Placement, State
from reconciler.records import (
    RecordProblem,
    canonical_json,
    decode,
    decode_as,
    encode,
    parse_json,
    tag_of,
)
from tests.statefile.strategies import values_of

TERMS = Terms(instrument="BTC", side=Side.BUY, price=Decimal("87000.50"), quantity=Decimal("0.1"))
PLAIN = {"instrument": "BTC", "side": "buy", "price": "87000.5", "quantity": "0.1"}


def problem_of(hint: Any, value: Any) -> tuple[str, str]:
    """Return the path and the reason of a refusal."""
    with pytest.raises(RecordProblem) as caught:
        decode_as(hint, value)
    return caught.value.path, caught.value.why


@pytest.mark.parametrize("hint", [State, Placement, DesiredOrder, RestingOrder])
@settings(max_examples=40)
@given(data=st.data())
def test_a_record_comes_back_the_same(hint: type, data: st.DataObject) -> None:
    value = data.draw(values_of(hint))

    assert value == decode(hint, parse_json(canonical_json(encode(value))))


@pytest.mark.parametrize("hint", [Event, Action])
@given(data=st.data())
def test_one_of_a_union_comes_back_the_same(hint: Any, data: st.DataObject) -> None:
    value = data.draw(values_of(hint))

    assert value == decode_as(hint, parse_json(canonical_json(encode(value, hint))))


def test_a_late_field_is_left_out_of_a_full_record_where_it_says_nothing() -> None:
    order = RestingOrder(
        venue_order_id=VenueOrderId("1"),
        client_order_id=None,
        instrument="BTC",
        side=Side.BUY,
        price=Decimal(1),
        quantity=Decimal(1),
        remaining=Decimal(1),
    )
    fired = replace(order, has_fired=True)

    written = [encode(each, is_full=True).get("has_fired") for each in (order, fired)]

    assert [None, True] == written


@settings(max_examples=40)
@given(value=values_of(State))
def test_a_full_record_comes_back_the_same(value: State) -> None:
    assert value == decode(State, encode(value, is_full=True))


@settings(max_examples=40)
@given(value=values_of(State))
def test_the_canonical_text_has_one_form(value: State) -> None:
    text = canonical_json(encode(value))

    assert text == canonical_json(encode(decode(State, parse_json(text))))
    assert text.isascii()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("hint", [State, Placement, Event, Action])
@given(value=JSON)
def test_any_other_json_is_a_record_problem(hint: Any, value: Any) -> None:
    with pytest.raises(RecordProblem):
        decode_as(hint, value)


@given(data=st.data())
def test_a_record_with_one_value_spoiled_never_ends_in_a_traceback(data: st.DataObject) -> None:
    plain = encode(data.draw(values_of(Placement)))
    plain[data.draw(st.sampled_from(sorted(plain)))] = data.draw(JSON)
    with suppress(RecordProblem):
        decode(Placement, plain)


def test_defaults_are_left_out() -> None:
    assert PLAIN == encode(TERMS)


def test_defaults_are_written_when_asked() -> None:
    rest = {
        "time_in_force": "gtc",
        "post_only": True,
        "reduce_only": False,
        "trigger": None,
        "options": [],
    }

    assert {**PLAIN, **rest} == encode(TERMS, is_full=True)


def test_the_key_of_a_holder_is_one_text() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Book:
        by: Mapping[tuple[str, int], Mapping[int, Mapping[Decimal, str]]]

    record = Book(by={("a#b", 2): {-7: {Decimal("1.50"): "x"}}})
    plain = {"by": {"a#b#2": {"-7": {"1.5": "x"}}}}

    # A local class is no type hint of its module, so its hints are looked up by value.
    assert plain == encode(record)
    assert record == decode(Book, plain)


REFUSED = [
    (Terms, [], ("", "expected an object, found a list")),
    (Terms, PLAIN | {"colour": "red"}, ("colour", "unknown key")),
    (Terms, {k: v for k, v in PLAIN.items() if k != "price"}, ("price", "missing key")),
    (Terms, PLAIN | {"price": 87000}, ("price", "expected text, found a number")),
    (Terms, PLAIN | {"post_only": 1}, ("post_only", "expected true or false, found a number")),
    (Terms, PLAIN | {"side": "Buy"}, ("side", "unknown word Buy")),
    (Terms, PLAIN | {"side": None}, ("side", "expected text, found null")),
    (Terms, PLAIN | {"options": {}}, ("options", "expected a list, found an object")),
    (Terms, PLAIN | {"options": [["a"]]}, ("options[0]", "expected 2 values, found 1")),
    (Terms, PLAIN | {"options": [["a", 1]]}, ("options[0][1]", "expected text, found a number")),
    (Terms, PLAIN | {"trigger": {"kind": 1}}, ("trigger.kind", "expected text, found a number")),
    (Event, {"type": "halted"}, ("by", "missing key")),
    (
        Event,
        {"type": "halted", "by": "a", "why": 1.5},
        ("why", "expected text, found something else"),
    ),
    (Event, None, ("", "expected an object, found null")),
    (State, {"records": {"x": {}}}, ("records[x]", "expected holder#generation")),
    (State, {"intents": {"01": {}}}, ("intents[01]", "not a whole number")),
    (State, {"records": []}, ("records", "expected an object, found a list")),
    (int, True, ("", "expected a number, found true or false")),
]


@pytest.mark.parametrize(("hint", "value", "problem"), REFUSED)
def test_what_is_wrong_is_told_with_its_path(
    hint: Any, value: Any, problem: tuple[str, str]
) -> None:
    assert problem == problem_of(hint, value)


def test_an_unknown_word_of_a_union_names_those_there_are() -> None:
    path, why = problem_of(Event, {"type": "bribed"})

    assert "type" == path
    assert why.startswith("expected one of adopted, approved")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.0",
        "01",
        "-0",
        "1e3",
        "+1",
        " 1",
        "1_0",
        "NaN",
        "Infinity",
        "\u0661",
        ".5",
        "1.",
        "9" * 121,
    ],
)
def test_a_number_has_one_form(text: str) -> None:
    assert "" == problem_of(Decimal, text)[0]


@pytest.mark.parametrize("value", [1.5, {"a": [1.0]}, (1,), {"a": {1}}, b"x"])
def test_canonical_json_takes_plain_values_alone(value: object) -> None:
    with pytest.raises(RecordProblem):
        canonical_json(value)


@pytest.mark.parametrize(
    "text", ["", "{", "1.5", "[1e3]", "NaN", "-Infinity", "{} {}", "[" * 100_000, "9" * 5000]
)
def test_text_that_is_not_whole_json_is_a_record_problem(text: str) -> None:
    with pytest.raises(RecordProblem):
        parse_json(text)


def test_a_record_nested_too_deep_is_a_record_problem() -> None:
    source = {"path": "a", "line": 1, "column": 1}
    order: dict[str, Any] = {"address": "a", "terms": PLAIN, "source": source}
    for _ in range(5000):
        order = {**order, "children": [order]}

    assert "nested too deep" == problem_of(DesiredOrder, order)[1]


class Words(str):
    __slots__ = ()


def test_a_text_of_another_class_is_written_as_text() -> None:
    leg = Leg(venue_order_id=VenueOrderId(Words("1")), price=Decimal(1), quantity=Decimal(1))

    assert str is type(encode(leg)["venue_order_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    number: int = 0
    amount: Decimal = Decimal(0)
    terms: Terms | None = None
    one: Leg | Terms | None = None
    pair: tuple[int, str] = (0, "")
    names: Mapping[str, int] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "1"),
        ("number", True),
        ("amount", Decimal("NaN")),
        ("amount", Decimal("1e200")),
        ("terms", Odd()),
        ("one", Odd()),
    ],
)
def test_what_could_not_be_read_back_is_not_written(name: str, value: Any) -> None:
    with pytest.raises(RecordProblem) as caught:
        encode(Odd(**{name: value}))

    assert name == caught.value.path


@pytest.mark.parametrize(
    "record", [Odd(one=TERMS), Odd(one=None, pair=(1, "a")), Odd(names={"": 1})]
)
def test_small_shapes_come_back_the_same(record: Odd) -> None:
    assert record == decode(Odd, encode(record, is_full=True))


def test_a_union_with_none_refuses_the_rest() -> None:
    assert ("", "expected an object, found text") == problem_of(Leg | Terms | None, "x")


@pytest.mark.parametrize(
    "hint",
    [bytes, list[int], str | int, Mapping[bytes, int], Mapping[str, bytes], tuple[bytes, ...]],
)
def test_a_hint_without_json_form_is_a_type_error(hint: Any) -> None:
    with pytest.raises(TypeError):
        decode_as(hint, {})
    with pytest.raises(TypeError):
        encode({}, hint)


def test_the_word_of_a_record_is_its_class_name() -> None:
    assert ["leg", "resting-order"] == [tag_of(Leg), tag_of(RestingOrder)]
