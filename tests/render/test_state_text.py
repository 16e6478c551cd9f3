"""A state as text."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from reconciler.model.state import State
from reconciler.render.state_text import recorded_addresses, render_address, render_state
from tests.render import states
from tests.statefile.strategies import values_of

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("width", [80, 120])
def test_a_state_reads_as_reviewed(width: int, golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / f"state_busy_{width}.txt", render_state(states.busy(), width=width))


@pytest.mark.parametrize("name", ["btc.bids[0]", "btc.bids", "btc.target", "btc.dip"])
def test_an_address_reads_as_reviewed(name: str, golden: Callable[[Path, str], None]) -> None:
    text = render_address(states.busy(), states.address(name), width=80)
    golden(GOLDEN / f"address_{name}.txt", text)


def test_a_new_state_says_that_it_is_empty() -> None:
    assert "Nothing is recorded yet." in render_state(states.bare())


def test_an_address_nobody_knows_is_told_as_such() -> None:
    assert "Nothing is recorded of a.b." in render_address(states.bare(), states.address("a.b"))


def test_of_many_open_items_a_few_are_named() -> None:
    state = states.busy()
    (intent,) = state.intents.values()
    state = replace(state, intents={1: replace(intent, items=intent.items * 6)})

    assert "btc.target, btc.target, btc.target and 3 more" in render_state(state)


@settings(max_examples=40)
@given(state=values_of(State))
def test_any_state_can_be_shown(state: State) -> None:
    text = render_state(state) + "".join(
        render_address(state, address) for address in (*state.endings, *state.refusals)
    )

    assert text.replace("\n", "").isprintable()


@settings(max_examples=40)
@given(state=values_of(State))
def test_something_can_be_said_of_every_recorded_address(state: State) -> None:
    silent = [
        address
        for address in recorded_addresses(state)
        if "Nothing is recorded" in render_address(state, address)
    ]

    assert [] == silent
