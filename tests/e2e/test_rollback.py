"""A state that is older than what the venue shows: refused, or completed; nothing is doubled."""

import asyncio
from pathlib import Path

import pytest

from reconciler.cli.entries import close_all, look_at, open_entry
from reconciler.cli.output import Options, Output
from reconciler.cli.session import open_session
from reconciler.errors import LostRace
from reconciler.execution.looking import Look
from reconciler.planner.context import PlanPolicy
from tests.e2e.losing import (
    apply,
    backup,
    bought,
    fill,
    has_nothing_to_do,
    let_requests_die_soon,
    lose_state,
    recover,
    roll_back,
)
from tests.e2e.project import ACCOUNT, Project, order


@pytest.fixture(autouse=True)
def short_lives(project: Project) -> None:
    let_requests_die_soon(project)


def test_an_older_state_is_refused_while_newer_orders_rest(
    project: Project, tmp_path: Path
) -> None:
    backup(project, tmp_path / "old")
    apply(project)
    sent = len(project.sent())
    roll_back(project, tmp_path / "old")

    planned = project.run("plan")
    applied = project.run("apply", "--auto-approve")

    assert (1, 1) == (planned.code, applied.code)
    assert "rolled back" in planned.err
    assert "rolled back" in applied.err
    assert sent == len(project.sent())


def test_an_older_state_is_refused_after_newer_orders_filled(
    project: Project, tmp_path: Path
) -> None:
    backup(project, tmp_path / "old")
    apply(project)
    fill(project, "60000")
    sent = len(project.sent())
    roll_back(project, tmp_path / "old")

    planned = project.run("plan")
    applied = project.run("apply", "--auto-approve")

    assert (1, 1) == (planned.code, applied.code)
    assert "rolled back" in applied.err
    assert sent == len(project.sent())


def test_a_state_that_was_rolled_back_is_recovered_from_the_venue(
    project: Project, tmp_path: Path
) -> None:
    backup(project, tmp_path / "old")
    apply(project)
    fill(project, "60000")
    roll_back(project, tmp_path / "old")
    assert 1 == project.run("apply", "--auto-approve").code
    lose_state(project)

    recover(project)

    assert has_nothing_to_do(project)
    assert {"60000": "0.01"} == bought(project)


def test_fills_between_two_modifies_the_state_forgot_are_counted(
    project: Project, tmp_path: Path
) -> None:
    apply(project)
    backup(project, tmp_path / "old")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "59000", "0.01")})
    apply(project)
    fill(project, "59000", "0.004")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "58000", "0.01")})
    apply(project)
    roll_back(project, tmp_path / "old")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "57000", "0.01")})

    apply(project)

    assert [("57000", "0.006")] == [(o["price"], o["remaining"]) for o in project.live()]


def test_fills_the_state_forgot_count_after_the_order_has_ended(
    project: Project, tmp_path: Path
) -> None:
    apply(project)
    backup(project, tmp_path / "old")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "59000", "0.01")})
    apply(project)
    fill(project, "59000", "0.004")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "58000", "0.01")})
    apply(project)
    fill(project, "58000")
    roll_back(project, tmp_path / "old")

    assert has_nothing_to_do(project)
    assert {"59000": "0.004", "58000": "0.006"} == bought(project)


def test_a_run_that_places_nothing_forgets_no_fill(project: Project, tmp_path: Path) -> None:
    apply(project)
    backup(project, tmp_path / "old")
    for price in ("59000", "58000"):
        project.write_book("btc", instrument="BTC", orders={"dip": order("buy", price, "0.01")})
        apply(project)
        if price == "59000":
            fill(project, price, "0.004")
    roll_back(project, tmp_path / "old")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "58000", "0.006")})
    project.run("apply", "--auto-approve")
    fill(project, "58000")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "58000", "0.01")})

    assert has_nothing_to_do(project)
    assert {"59000": "0.004", "58000": "0.006"} == bought(project)


def fill_under_an_old_id(project: Project) -> None:
    """Let an id whose order has ended buy once more, behind the program's back."""
    (ended,) = project.orders()
    bid = {"instrument": "BTC", "side": "buy", "price": "70000", "quantity": "0.01"}
    project.venue.control(
        "place_as_human", account=ACCOUNT, time_in_force="Ioc", cloid=ended["cloid"], **bid
    )


def test_a_fill_nothing_explains_holds_its_address_until_a_person_says(project: Project) -> None:
    apply(project)
    fill(project, "60000")
    apply(project)
    fill_under_an_old_id(project)
    more = {"dip": order("buy", "60000", "0.03"), "low": order("buy", "50000", "0.01")}
    project.write_book("btc", instrument="BTC", orders=more)

    held = project.run("apply", "--auto-approve")
    live = [o["price"] for o in project.live()]
    resolved = project.run("resolve", "btc.dip", "--filled", "0.02", "--auto-approve")
    apply(project)

    assert "reconciler resolve btc.dip --filled Q" in held.out
    assert ["50000"] == live
    assert 0 == resolved.code, resolved.err
    placed = {o["price"]: o["quantity"] for o in project.live()}
    assert {"50000": "0.01", "60000": "0.01"} == placed


def looked_at_after_an_apply(project: Project, *, is_acting: bool) -> Look:
    """Look as a run does that loaded its state just before another run applied."""
    session = open_session(Options(output=Output(), folder=str(project.root)))
    entry = asyncio.run(open_entry(session, "hl", with_key=is_acting))
    apply(project)

    async def look() -> Look:
        try:
            return await look_at(session, entry, PlanPolicy(limits=session.project.limits))
        finally:
            await close_all([entry])

    return asyncio.run(look())


def test_a_plan_beside_an_apply_is_not_told_of_a_rollback(project: Project) -> None:
    found = looked_at_after_an_apply(project, is_acting=False)

    assert 1 == len(project.live())
    assert () == found.plan.requests


def test_a_run_that_acts_beside_another_has_lost_the_race(project: Project) -> None:
    with pytest.raises(LostRace):
        looked_at_after_an_apply(project, is_acting=True)
