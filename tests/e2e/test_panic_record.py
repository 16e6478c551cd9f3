"""What a panic cancelled counts as our own cancel, and recording it is in nobody's way."""

import signal

import pytest

from tests.e2e.losing import fill
from tests.e2e.project import Project, order
from tests.e2e.test_halt import spawn, until

TWO = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}


@pytest.fixture
def resting(project: Project) -> Project:
    """A project with two orders at the venue."""
    project.write_book("btc", instrument="BTC", orders=TWO)
    assert 0 == project.run("apply", "--auto-approve").code
    return project


def live(project: Project) -> dict[str, str]:
    return {each["price"]: each["quantity"] for each in project.live()}


def test_an_unattended_run_places_again_what_a_panic_cancelled(resting: Project) -> None:
    resting.run("panic")
    resting.run("resume", "--auto-approve")

    unattended = resting.run("apply", "--unattended")

    assert 0 == unattended.code, unattended.out
    assert {"60000": "0.01", "50000": "0.01"} == live(resting)


def test_what_had_filled_before_a_panic_is_not_bought_again(resting: Project) -> None:
    fill(resting, "60000", "0.004")
    fill(resting, "50000")
    resting.run("panic")
    resting.run("resume", "--auto-approve")

    unattended = resting.run("apply", "--unattended")

    assert 0 == unattended.code, unattended.out
    assert {"60000": "0.006"} == live(resting)


def test_what_a_person_cancelled_before_a_panic_is_still_theirs(resting: Project) -> None:
    (oid,) = [each["oid"] for each in resting.live() if each["price"] == "60000"]
    resting.venue.control("cancel_as_user", oid=oid)
    resting.run("panic")
    resting.run("resume", "--auto-approve")

    unattended = resting.run("apply", "--unattended")

    assert {"50000": "0.01"} == live(resting)
    assert "cancelled-by-user" in unattended.out


def test_protection_that_a_panic_cancelled_is_placed_again(project: Project) -> None:
    swing = order("buy", "60000", "0.01")
    swing["stop_loss"] = {"trigger": "50000", "execution": "market"}
    project.write_book("btc", instrument="BTC", orders={"swing": swing})
    assert 0 == project.run("apply", "--auto-approve").code
    fill(project, "60000")
    project.run("panic")
    project.run("resume", "--auto-approve")

    unattended = project.run("apply", "--unattended")

    assert 0 == unattended.code, unattended.out
    assert [("sell", "0.01")] == [(o["side"], o["quantity"]) for o in project.live()]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_panic_says_what_it_is_and_keeps_the_halt(
    resting: Project, number: int
) -> None:
    (resting.root / ".reconciler" / "hl.journal.jsonl").rename(resting.root / "journal")
    running = spawn(resting, "panic")
    until(lambda: not resting.live())
    running.send_signal(number)
    out, said = running.communicate(timeout=10)

    assert (130, "") == (running.returncode, out)
    assert "nothing was sent" not in said
    assert "reconciler panic" in said
    assert (resting.root / ".reconciler" / "hl.halt").exists()


@pytest.mark.parametrize("kind", ["lost_reply", "error_after"])
def test_a_cancel_of_unknown_fate_counts_once_the_order_is_gone(
    resting: Project, kind: str
) -> None:
    resting.venue.control("faults", add={"kind": kind, "path": "/exchange"})
    resting.run("panic")
    resting.run("resume", "--auto-approve")

    assert 0 == resting.run("apply", "--unattended").code
    assert 2 == len(resting.live())


def test_a_panic_is_part_of_the_history_of_what_it_cancelled(resting: Project) -> None:
    resting.run("panic")

    told = resting.run("history", "btc.dip")

    assert "a panic had it cancelled" in told.out


def test_a_state_after_a_panic_verifies(resting: Project) -> None:
    resting.run("panic")

    assert 0 == resting.run("state", "verify").code


def test_a_panic_that_cancels_nothing_writes_nothing_but_the_halt(project: Project) -> None:
    project.run("panic")
    recorded = project.state_bytes()

    project.run("panic")

    assert recorded == project.state_bytes()
