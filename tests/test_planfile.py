"""A plan's file: the same bytes again, nothing changed unseen, nothing hostile believed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import InvalidInput
from reconciler.model.plan import Action, Plan
from reconciler.planfile import (
    PLAN_BYTES_MAX,
    load_plan,
    plan_document,
    plan_id,
    save_plan,
)
from reconciler.records import canonical_json
from tests.render import plans
from tests.statefile.schemas import violations
from tests.statefile.strategies import values_of

SAMPLES = {
    "treasury": plans.treasury(),
    "quiet": plans.quiet(),
    "held": plans.held(),
    "hostile": plans.hostile(),
    "empty": plans.plan(),
}


def code_of(data: bytes) -> str:
    """Return the code of the one diagnostic a file is refused with."""
    with pytest.raises(InvalidInput) as caught:
        load_plan(data, path="plan.json")
    (diagnostic,) = caught.value.diagnostics
    assert "plan.json" == diagnostic.where
    return diagnostic.code


def signed(document: dict[str, Any]) -> bytes:
    """Return the file of a document whose plan id fits, whatever it says."""
    from hashlib import sha256

    body = {key: value for key, value in document.items() if key != "plan_id"}
    own = sha256(canonical_json(body).encode()).hexdigest()
    return f"{canonical_json({**body, 'plan_id': own})}\n".encode()


@pytest.mark.parametrize("name", SAMPLES)
def test_saving_again_gives_the_same_bytes(name: str) -> None:
    data = save_plan(SAMPLES[name])

    assert SAMPLES[name] == load_plan(data, path="plan.json")
    assert data == save_plan(load_plan(data, path="plan.json"))


@settings(max_examples=50)
@given(actions=st.lists(values_of(Action), max_size=4))
def test_any_actions_come_back_the_same(actions: list[Action]) -> None:
    plan = plans.plan(plans.venue(actions))

    assert plan == load_plan(save_plan(plan), path="plan.json")
    assert [] == violations("plan", plan_document(plan))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_plan_fits_its_schema(name: str) -> None:
    assert [] == violations("plan", json.loads(save_plan(SAMPLES[name])))


def test_the_plan_id_names_the_whole_plan() -> None:
    plan = SAMPLES["treasury"]

    assert plan_id(plan) == plan_document(plan)["plan_id"]
    assert plan_id(plan) != plan_id(SAMPLES["quiet"])


@settings(max_examples=300)
@given(data=st.data())
def test_one_changed_byte_is_seen(data: st.DataObject) -> None:
    whole = bytearray(save_plan(SAMPLES["treasury"]))
    index = data.draw(st.integers(0, len(whole) - 1))
    whole[index] ^= data.draw(st.integers(1, 255))

    assert code_of(bytes(whole)) in ("plan-changed", "plan-unreadable")


@settings(max_examples=50)
@given(length=st.integers(0, len(save_plan(SAMPLES["quiet"])) - 1))
def test_a_file_cut_short_is_seen(length: int) -> None:
    assert code_of(save_plan(SAMPLES["quiet"])[:length]) in ("plan-changed", "plan-unreadable")


@given(data=st.binary(max_size=60))
def test_garbage_is_refused(data: bytes) -> None:
    assert "plan-unreadable" == code_of(data)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"{}",
        b"null",
        b'{"format_version":2}',
        b"\xff",
        b"1" * 9000,
    ],
)
def test_hostile_files_are_refused(data: bytes) -> None:
    assert "plan-unreadable" == code_of(data)


def test_a_huge_file_is_refused_unread() -> None:
    class Huge(bytes):
        def __len__(self) -> int:
            return PLAN_BYTES_MAX + 1

    assert "plan-unreadable" == code_of(Huge())


def test_a_plan_formatted_anew_is_refused() -> None:
    pretty = json.dumps(json.loads(save_plan(SAMPLES["quiet"])), indent=2)

    assert "plan-changed" == code_of(pretty.encode())


def action(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["actions"][0]
    return found


# Each makes a file whose plan id fits and which says something it may not.
SPOILED: list[Callable[[dict[str, Any]], object]] = [
    lambda d: d.update(colour="red"),
    lambda d: d.pop("warnings"),
    lambda d: d.update(actions={}),
    lambda d: d.update(actions=[1]),
    lambda d: d.update(venues=[]),
    lambda d: d.update(intents={}),
    lambda d: d.update(exposure={}),
    lambda d: d["summary"].update(place=9),
    lambda d: d["requests"][0].update(items=9),
    lambda d: d["requests"][0].update(venue="nowhere"),
    lambda d: d["venues"][0]["books"].append("no-such-book"),
    lambda d: d["actions"].reverse() or d["venues"].reverse(),
    lambda d: action(d).update(action="bribe"),
    lambda d: action(d).update(type="place"),
    lambda d: action(d).update(venue="nowhere"),
    lambda d: action(d).update(instrument="ETH"),
    lambda d: action(d).update(source={"path": "a", "line": 1, "column": 1, "length": 1}),
    lambda d: action(d).update(source=[]),
    lambda d: action(d).update(children="x"),
    lambda d: action(d).update(budget=1),
]


@pytest.mark.parametrize("spoil", SPOILED)
def test_a_file_that_says_what_no_plan_says_is_refused(
    spoil: Callable[[dict[str, Any]], object],
) -> None:
    document = json.loads(save_plan(SAMPLES["treasury"]))
    spoil(document)

    assert code_of(signed(document)) in ("plan-changed", "plan-unreadable")


def test_a_large_plan_is_saved_whole() -> None:
    plan: Plan = plans.large(2_000)

    assert plan == load_plan(save_plan(plan), path="plan.json")
