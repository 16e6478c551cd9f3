"""Triggers that stand alone, and those that protect a whole position, there and back."""

from typing import Any

import pytest

from tests.e2e.losing import let_requests_die_soon, lose_state, recover
from tests.e2e.project import ACCOUNT, Project, order
from tests.e2e.trips import (
    actions,
    buy_by_hand,
    cancel_by_hand,
    cancel_by_venue,
    fill,
    is_quiet,
    move,
    of,
    position,
    resting,
    switch,
    trip,
    write,
)

STOP = {"trigger": "60000", "execution": "market"}
TARGET = {"trigger": "75000", "execution": "limit", "price": "74900"}


def standing(**kinds: Any) -> dict[str, Any]:
    """Return trigger orders that sell 0.01, by name and kind."""
    return {
        name: {"side": "sell", "quantity": "0.01", kind: fields}
        for name, (kind, fields) in kinds.items()
    }


STOP_ALONE = standing(stop=("stop_loss", STOP))
TARGET_ALONE = standing(target=("take_profit", TARGET))
BOTH = {**STOP_ALONE, **TARGET_ALONE}


@pytest.fixture
def long(project: Project) -> Project:
    """A project whose account is long 0.01 BTC."""
    buy_by_hand(project, "0.01")
    return project


# entering a position

ENTRY = {"side": "buy", "quantity": "0.01", "reduce_only": False}


def test_a_trigger_may_enter_a_position(project: Project) -> None:
    write(project, orders={"break": {**ENTRY, "stop_loss": {**STOP, "trigger": "70000"}}})
    trip(project)
    assert [False] == [each["r"] for each in actions(project)[-1]["orders"]]
    move(project, "70100")

    assert ("0.01", True) == (position(project), is_quiet(project))


def test_a_trigger_that_enters_is_worth_the_minimum(project: Project) -> None:
    tiny = {**ENTRY, "quantity": "0.0001", "stop_loss": {**STOP, "trigger": "70000"}}
    write(project, orders={"break": tiny})

    assert (1, []) == (project.run("apply", "--auto-approve").code, project.sent())


def test_a_trigger_that_enters_counts_as_new(project: Project) -> None:
    project.write_project(max_new_notional_per_run="700")
    write(project, orders={"break": {**ENTRY, "stop_loss": {**STOP, "trigger": "70000"}}})

    assert (10, []) == (project.run("apply", "--auto-approve").code, project.sent())


# standing alone


@pytest.mark.parametrize(
    ("kind", "fields", "limit"),
    [
        ("stop_loss", STOP, "54000"),
        ("stop_loss", {**STOP, "worst_price": "59000"}, "59000"),
        ("stop_loss", {"trigger": "60000", "execution": "limit", "price": "59500"}, "59500"),
        ("take_profit", TARGET, "74900"),
        ("take_profit", {"trigger": "75000", "execution": "market"}, "67500"),
    ],
)
def test_every_form_of_a_trigger_makes_the_trip(
    long: Project, kind: str, fields: dict[str, str], limit: str
) -> None:
    write(long, orders=standing(one=(kind, fields)))

    trip(long)

    assert ({limit: "0.01"}, fields["trigger"]) == (
        resting(long),
        of(long, limit)["trigger"]["price"],
    )


def test_a_stop_that_fires_closes_the_position_and_is_done(long: Project) -> None:
    write(long, orders=STOP_ALONE)
    trip(long)

    move(long, "59900")

    assert ("0", []) == (position(long), long.live())
    assert is_quiet(long)


def test_a_target_that_fires_and_rests_is_kept_as_a_plain_order(long: Project) -> None:
    """Its limit is not met at once: the price falls back before it fills."""
    write(long, orders=standing(target=("take_profit", {**TARGET, "price": "76000"})))
    trip(long)

    move(long, "75100")

    assert is_quiet(long)
    assert {"76000": "0.01"} == resting(long)
    fill(long, "76000", "0.004")
    assert is_quiet(long)
    fill(long, "76000")
    assert is_quiet(long)


def test_a_fired_target_is_kept_though_the_state_was_lost(long: Project) -> None:
    write(long, orders=standing(target=("take_profit", {**TARGET, "price": "76000"})))
    trip(long)
    move(long, "75100")

    let_requests_die_soon(long)
    lose_state(long)
    recover(long)
    planned = long.run("plan", "--detailed-exitcode")

    assert 0 == planned.code, planned.out
    assert {"76000": "0.01"} == resting(long)


@pytest.mark.parametrize("refuses", [True, False])
def test_a_trigger_the_price_has_passed_is_not_sent(long: Project, refuses: bool) -> None:
    """Whether the venue would refuse it or let it fire at once is not known."""
    switch(long, refuse_crossed_trigger=refuses)
    write(long, orders=standing(stop=("stop_loss", {**STOP, "trigger": "67000"})))

    ran = long.run("apply", "--auto-approve")

    assert ([], "0.01") == (actions(long), position(long))
    assert "trigger-crossed" in ran.out


def test_a_stop_without_a_position_is_not_sent(project: Project) -> None:
    write(project, orders=STOP_ALONE)

    ran = project.run("apply", "--auto-approve")

    assert [] == actions(project)
    assert "reduce-only-excess" in ran.out


def test_a_target_and_its_stop_share_one_position(long: Project) -> None:
    write(long, orders=BOTH)

    trip(long)

    assert {"54000": "0.01", "74900": "0.01"} == resting(long)


def test_a_changed_trigger_is_replaced(long: Project) -> None:
    write(long, orders=STOP_ALONE)
    trip(long)

    write(long, orders=standing(stop=("stop_loss", {**STOP, "trigger": "61000"})))
    trip(long)

    assert ["order", "cancel", "order"] == [action["type"] for action in actions(long)]
    assert {"54900": "0.01"} == resting(long)


def test_a_plain_order_that_becomes_a_trigger_is_replaced(long: Project) -> None:
    write(long, orders={"stop": order("sell", "70000", "0.01", reduce_only=True)})
    trip(long)

    write(long, orders=STOP_ALONE)
    trip(long)

    assert {"54000": "0.01"} == resting(long)


def test_a_stop_a_person_cancelled_comes_back_when_a_person_applies(long: Project) -> None:
    write(long, orders=STOP_ALONE)
    trip(long)
    cancel_by_hand(long, "54000")

    trip(long)

    assert {"54000": "0.01"} == resting(long)


def test_a_stop_the_venue_cancelled_is_held(long: Project) -> None:
    write(long, orders=STOP_ALONE)
    trip(long)
    cancel_by_venue(long, "54000", "marginCanceled")

    planned = long.run("plan", "--detailed-exitcode")

    assert (2, True) == (planned.code, "cancelled-by-venue" in planned.out)


# a whole position

PROTECTION = {"side": "sell", "take_profit": TARGET, "stop_loss": STOP}
DIP = {"dip": order("buy", "61000", "0.02")}


def protect(project: Project, **changes: Any) -> None:
    write(project, orders=DIP, position_protection={**PROTECTION, **changes})


def test_without_a_position_its_protection_waits(project: Project) -> None:
    protect(project)

    trip(project)

    assert {"61000": "0.02"} == resting(project)


def test_a_position_is_protected_from_its_first_fill_on(project: Project) -> None:
    protect(project)
    trip(project)
    fill(project, "61000", "0.008")

    trip(project)

    assert ("positionTpsl", ["0", "0"]) == (
        actions(project)[-1]["grouping"],
        [each["s"] for each in actions(project)[-1]["orders"]],
    )
    fill(project, "61000")
    assert is_quiet(project)


@pytest.mark.parametrize(("mid", "left"), [("59900", {}), ("75100", {})])
def test_protection_closes_all_of_a_position_and_waits_for_the_next(
    project: Project, mid: str, left: dict[str, str]
) -> None:
    protect(project)
    trip(project)
    fill(project, "61000")
    trip(project)

    move(project, mid)
    assert ("0", left) == (position(project), resting(project))
    assert is_quiet(project)
    move(project, "66000")
    buy_by_hand(project, "0.05")
    trip(project)

    assert {"54000", "74900"} == resting(project).keys()


def test_protection_that_rests_on_without_its_position_is_kept(project: Project) -> None:
    """Whether the venue ends it with the position is not known."""
    switch(project, end_position_orders=False)
    buy_by_hand(project, "0.05")
    protect(project)
    trip(project)

    project.venue.control(
        "place_as_human",
        account=ACCOUNT,
        instrument="BTC",
        side="sell",
        price="65000",
        quantity="0.05",
    )

    assert "0" == position(project)
    assert is_quiet(project)
    buy_by_hand(project, "0.05")
    assert is_quiet(project)
    assert {"54000", "61000", "74900"} == resting(project).keys()


def test_protection_that_was_changed_is_replaced(project: Project) -> None:
    buy_by_hand(project, "0.05")
    protect(project)
    trip(project)

    protect(project, stop_loss={**STOP, "trigger": "61000"})
    trip(project)

    assert {"54900", "61000", "74900"} == resting(project).keys()


def test_a_leg_a_person_cancelled_comes_back_alone(project: Project) -> None:
    buy_by_hand(project, "0.05")
    protect(project)
    trip(project)
    cancel_by_hand(project, "54000")

    trip(project)

    assert {"54000", "61000", "74900"} == resting(project).keys()
    assert 1 == len(actions(project)[-1]["orders"])


def test_protection_that_left_the_spec_is_cancelled(project: Project) -> None:
    buy_by_hand(project, "0.05")
    protect(project)
    trip(project)

    write(project, orders=DIP)
    trip(project)

    assert {"61000": "0.02"} == resting(project)


def test_protection_survives_the_loss_of_the_state(project: Project) -> None:
    buy_by_hand(project, "0.05")
    protect(project)
    trip(project)

    let_requests_die_soon(project)
    lose_state(project)
    recover(project)

    assert is_quiet(project)
    assert {"54000", "61000", "74900"} == resting(project).keys()
