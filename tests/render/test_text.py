"""A plan as text: golden pictures, and what must hold for every plan and width."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.plan import Action, Plan
from reconciler.render.text import TextOptions, render_plan, summary_line
from tests.render import plans
from tests.statefile.strategies import values_of

GOLDEN = Path(__file__).parent / "golden"
NEXT = "reconciler apply plan.json"
PLANS: dict[str, Callable[[], Plan]] = {
    "treasury": plans.treasury,
    "quiet": plans.quiet,
    "held": plans.held,
    "large": lambda: plans.large(200),
    "hostile": plans.hostile,
}


TREASURY_LINE = (
    "Plan: 3 to place, 2 to modify, 1 to replace, 1 to cancel. 1 held. 1 to adopt. 1 to forget."
)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", PLANS)
def test_a_plan_reads_as_reviewed(
    name: str, width: int, golden: Callable[[Path, str], None]
) -> None:
    options = TextOptions(width=width, next_command=NEXT)
    golden(GOLDEN / f"plan_{name}_{width}.txt", render_plan(PLANS[name](), options))


def test_a_verbose_plan_shows_what_is_kept(golden: Callable[[Path, str], None]) -> None:
    options = TextOptions(is_verbose=True)
    golden(GOLDEN / "plan_treasury_verbose.txt", render_plan(plans.treasury(), options))


def test_a_coloured_plan_has_the_same_words(golden: Callable[[Path, str], None]) -> None:
    """Colour is an addition: a person who cannot see it, or a log without it, loses nothing."""
    plain = render_plan(plans.treasury(), TextOptions())
    coloured = render_plan(plans.treasury(), TextOptions(is_coloured=True))

    assert plain == re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "\x1b[32m+ place" in coloured
    assert "\x1b[31m- cancel" in coloured


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        (plans.treasury(), TREASURY_LINE),
        (plans.quiet(), "No changes. Your orders match the specification."),
        (plans.plan(), "No changes. Your orders match the specification."),
        (plans.held(), "Nothing to send; 3 held."),
        (plans.large(1_200), "Plan: 1,200 to place, 0 to modify, 0 to replace, 0 to cancel."),
    ],
)
def test_a_plan_comes_down_to_one_line(plan: Plan, line: str) -> None:
    assert line == summary_line(plan)
    assert line in render_plan(plan, TextOptions()).splitlines()


def test_of_many_actions_those_near_the_middle_are_shown() -> None:
    lines = render_plan(plans.large(10_000), TextOptions()).splitlines()

    assert 40 == sum("btc.bids[" in line for line in lines)
    assert "  … and 9,959 more: 9,959 to place; --format json has them all" in lines


def test_a_verbose_plan_shows_every_action() -> None:
    text = render_plan(plans.large(500), TextOptions(is_verbose=True))

    assert 499 == text.count("btc.bids[")


def test_of_many_instruments_the_rest_is_a_line_each() -> None:
    actions = [
        plans.place(f"b.o{i}", plans.terms(plans.BUY, "10", "1", instrument=f"C{i:02}"), i + 1)
        for i in range(30)
    ]
    lines = render_plan(plans.plan(plans.venue(actions)), TextOptions()).splitlines()

    assert 20 == sum("+ place" in line for line in lines)
    assert "  C29: 1 to place" in lines


def test_rows_stand_in_the_order_of_their_prices() -> None:
    table = render_plan(plans.treasury(), TextOptions(width=120)).split("keep")[0]
    names = re.findall(r"^  [+~±!<-] \w+ +(btc\S+)", table, re.MULTILINE)

    assert [
        "btc.old",
        "btc.target",
        "btc.dip",
        "btc.bids[0]",
        "btc.swing",
        "btc.stop",
        "btc.bids[7]",
        "btc.low",
    ] == names


def test_the_bound_of_a_modify_is_told() -> None:
    text = render_plan(plans.treasury(), TextOptions(width=200))

    assert "a fill in flight may add at most 0.15 beyond the quantity" in text


def test_a_plan_without_a_next_command_names_none() -> None:
    assert "To carry it out" not in render_plan(plans.treasury(), TextOptions())


def test_a_plan_that_sends_nothing_asks_for_no_command() -> None:
    assert "To carry it out" not in render_plan(plans.held(), TextOptions(next_command=NEXT))


def test_a_venue_that_was_not_read_is_told_as_such() -> None:
    (venue,) = plans.quiet().venues
    text = render_plan(plans.plan(replace(venue, taken_at_ms=0)), TextOptions())

    assert "venue not read; state 12" in text


def test_a_value_that_is_no_value_of_an_order_is_not_shown() -> None:
    """Quantities of a coin-margined swap are contracts, so price x quantity means nothing."""
    text = render_plan(plans.treasury(), TextOptions(width=160))
    row = next(line for line in text.splitlines() if "swap.bid" in line)

    assert "1,081,206" not in row


def test_an_order_of_contracts_is_worth_its_contracts() -> None:
    hl, htx = plans.treasury().venues
    (name,) = sorted(htx.mids)
    known = plans.plan(hl, replace(htx, contract_values={name: Decimal(100)}))
    row = next(
        line
        for line in render_plan(known, TextOptions(width=160)).splitlines()
        if "swap.bid" in line
    )

    assert "1,200" in row


@settings(max_examples=60)
@given(
    actions=st.lists(values_of(Action), max_size=5),
    width=st.integers(20, 200),
    is_verbose=st.booleans(),
)
def test_any_plan_can_be_shown(actions: list[Action], width: int, is_verbose: bool) -> None:
    plan = plans.plan(plans.venue(actions, mids={"": Decimal("0.5")}))
    options = TextOptions(width=width, is_verbose=is_verbose, next_command=NEXT)
    text = render_plan(plan, options)

    assert text == render_plan(plan, options)
    assert summary_line(plan) in text
    assert text.replace("\n", "").isprintable()


def test_no_control_character_reaches_the_terminal() -> None:
    for width in (40, 80, 120):
        text = render_plan(plans.hostile(), TextOptions(width=width, next_command=NEXT))

        assert text.replace("\n", "").isprintable()


def test_a_common_plan_fits_eighty_columns() -> None:
    lines = render_plan(plans.treasury(), TextOptions(width=80)).splitlines()
    summary = summary_line(plans.treasury())

    assert [] == [line for line in lines if len(line) > 80 and line != summary]
