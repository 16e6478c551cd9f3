"""A runner's clock that is days off, or was when the state was made: nothing is bought again."""

import json
from pathlib import Path

import pytest

from reconciler.cli.clock import RealClock
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
from tests.e2e.project import Project, order

DAY_MS = 86_400_000
BOTH = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}


@pytest.fixture(params=[-3 * DAY_MS, 3 * DAY_MS, 3_600_000])
def off(
    project: Project, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Project:
    """A project whose state was made, and whose commands run, on a machine with a wrong clock."""

    class WrongClock(RealClock):
        def now_ms(self) -> int:
            return super().now_ms() + request.param

    for module in ("session", "halting"):
        monkeypatch.setattr(f"reconciler.cli.{module}.RealClock", WrongClock)
    lose_state(project)
    (project.root / "reconciler.lock").unlink()
    let_requests_die_soon(project)
    recover(project)
    return project


def test_what_filled_before_the_state_was_lost_is_not_bought_again(off: Project) -> None:
    apply(off)
    fill(off, "60000")
    lose_state(off)

    recover(off)

    assert has_nothing_to_do(off)
    assert {"60000": "0.01"} == bought(off)


def test_a_state_that_was_rolled_back_is_refused(off: Project, tmp_path: Path) -> None:
    apply(off)
    backup(off, tmp_path / "old")
    off.write_book("btc", instrument="BTC", orders=BOTH)
    apply(off)
    fill(off, "50000")
    apply(off)
    roll_back(off, tmp_path / "old")

    refused = off.run("apply", "--auto-approve")

    assert 1 == refused.code, refused.out
    assert "rolled back" in refused.err
    assert 2 == len(off.orders())


def test_a_rollback_before_the_first_comparison_is_refused(off: Project, tmp_path: Path) -> None:
    backup(off, tmp_path / "old")
    apply(off)
    fill(off, "60000")
    roll_back(off, tmp_path / "old")

    refused = off.run("apply", "--auto-approve")

    assert 1 == refused.code, refused.out
    assert {"60000": "0.01"} == bought(off)


def test_a_birth_that_was_written_by_a_wrong_clock_hides_no_fill(project: Project) -> None:
    let_requests_die_soon(project)
    apply(project)
    fill(project, "60000")
    path = project.root / "reconciler.lock"
    lock = json.loads(path.read_text(encoding="utf-8"))
    lock["venues"]["hl"]["born_at_ms"] += 20 * DAY_MS
    path.write_text(json.dumps(lock), encoding="utf-8")
    lose_state(project)

    recover(project)

    assert has_nothing_to_do(project)
    assert {"60000": "0.01"} == bought(project)
