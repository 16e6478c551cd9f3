"""Halts from outside: panic, resume, and what a halt keeps from being sent."""

import copy
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.project import ACCOUNT, AGENT_KEY, Project, order

WAIT_S = 40
TWO = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}


@pytest.fixture
def resting(project: Project) -> Project:
    """A project with two orders at the venue."""
    project.write_book("btc", instrument="BTC", orders=TWO)
    assert 0 == project.run("apply", "--auto-approve").code
    return project


def foreign(project: Project, **more: Any) -> int:
    placed = project.venue.control(
        "place_as_human",
        account=ACCOUNT,
        instrument="BTC",
        side="buy",
        price="61234",
        quantity="0.01",
        **more,
    )
    return int(placed["oid"])


def kinds(project: Project, since: int) -> list[str]:
    return [entry["action"]["type"] for entry in project.sent()[since:]]


def set_venue(project: Project, name: str = "hl", **settings: Any) -> None:
    """Change settings of a venue entry, or add one like it."""
    path = project.root / "reconciler.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    entry = {**copy.deepcopy(document["venues"]["hl"]), **settings}
    document["venues"][name] = entry
    path.write_text(yaml.safe_dump(document), encoding="utf-8")


def forget_state(project: Project) -> None:
    for path in (project.root / ".reconciler").iterdir():
        path.unlink()


# panic


def test_panic_cancels_everything_of_ours(resting: Project) -> None:
    ran = resting.run("panic")

    assert (0, []) == (ran.code, resting.live()), ran.err
    assert "hl: 2 cancelled." in ran.out


def test_panic_leaves_foreign_orders_alone(resting: Project) -> None:
    plain = foreign(resting)
    alike = foreign(resting, cloid="0x" + "01" + "ab" * 15)

    ran = resting.run("panic")

    assert {plain, alike} == {each["oid"] for each in resting.live()}
    assert "2 not ours, left alone" in ran.out


def test_panic_sends_one_cancel_request_by_venue_order_id(resting: Project) -> None:
    oids = {each["oid"] for each in resting.live()}
    before = len(resting.sent())

    resting.run("panic")

    (sent,) = resting.sent()[before:]
    assert ("cancel", oids) == (
        sent["action"]["type"],
        {each["o"] for each in sent["action"]["cancels"]},
    )


def test_panic_cancels_in_batches(project: Project) -> None:
    orders = {f"b{n}": order("buy", str(60000 - 10 * n), "0.01") for n in range(80)}
    project.write_book("btc", instrument="BTC", orders=orders)
    project.run("apply", "--auto-approve")
    before = len(project.sent())

    ran = project.run("panic")

    sizes = [len(entry["action"]["cancels"]) for entry in project.sent()[before:]]
    assert (0, [], [39, 39, 2]) == (ran.code, project.live(), sizes)


def test_panic_works_without_any_state(resting: Project) -> None:
    forget_state(resting)
    set_venue(resting, expires_after_s=2)

    ran = resting.run("panic")

    assert (0, []) == (ran.code, resting.live()), ran.err


def test_panic_works_without_the_lock_file(resting: Project) -> None:
    (resting.root / "reconciler.lock").unlink()

    assert (0, []) == (resting.run("panic").code, resting.live())


def test_panic_without_any_lineage_cancels_nothing(resting: Project) -> None:
    forget_state(resting)
    (resting.root / "reconciler.lock").unlink()

    ran = resting.run("panic")

    assert (1, 2) == (ran.code, len(resting.live()))
    assert "error[no-lineage]" in ran.err


def test_panic_of_a_renamed_project_says_what_to_write(resting: Project) -> None:
    """Whose orders these are is not guessed: the folder may be a copy for another project."""
    settings = resting.root / "reconciler.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("project: demo", "project: renamed"), encoding="utf-8")

    ran = resting.run("panic")

    assert (1, 2) == (ran.code, len(resting.live()))
    assert "Write `project: demo` in reconciler.yaml" in ran.err


def test_panic_works_with_a_broken_spec(resting: Project) -> None:
    (resting.root / "specs" / "btc.yaml").write_text("version: [", encoding="utf-8")

    assert (0, []) == (resting.run("panic").code, resting.live())


def test_panic_works_with_a_broken_journal(resting: Project) -> None:
    (resting.root / ".reconciler" / "hl.journal.jsonl").write_text("nonsense\n", encoding="utf-8")
    set_venue(resting, expires_after_s=2)

    ran = resting.run("panic")

    assert (0, []) == (ran.code, resting.live())
    assert "Going on all the same." in ran.err


def test_panic_works_where_the_state_cannot_be_written(resting: Project) -> None:
    folder = resting.root / ".reconciler"
    folder.rename(resting.root / "elsewhere")
    folder.write_text("a file where a folder should be", encoding="utf-8")
    set_venue(resting, expires_after_s=2)

    ran = resting.run("panic")

    assert (1, []) == (ran.code, resting.live())
    assert "could NOT be written" in ran.out


def test_panic_does_not_wait_for_the_lock(resting: Project) -> None:
    lease = {
        "owner": "ann",
        "host": "h",
        "operation": "apply",
        "created_at_ms": 1,
        "lease_until_ms": 1 << 50,
        "token": "t",
    }
    path = resting.root / ".reconciler" / "hl.lock.json"
    path.write_text(json.dumps(lease), encoding="utf-8")

    assert (12, 0) == (resting.run("apply", "--auto-approve").code, resting.run("panic").code)
    assert [] == resting.live()


@pytest.mark.slow
def test_panic_does_not_wait_for_a_process_that_writes_for_ever(resting: Project) -> None:
    set_venue(resting, expires_after_s=2)
    with (resting.root / ".reconciler" / "hl.lock").open("rb+") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        ran = resting.run("panic")

    assert (0, []) == (ran.code, resting.live())
    assert "Going on all the same." in ran.err


def test_panic_twice_writes_nothing_new(resting: Project) -> None:
    resting.run("panic")
    recorded = resting.state_bytes()

    assert 0 == resting.run("panic").code
    assert recorded == resting.state_bytes()


@pytest.mark.parametrize("kind", ["lost_reply", "lost_request", "error_before", "error_after"])
def test_panic_looks_again_after_a_cancel_of_unknown_fate(resting: Project, kind: str) -> None:
    resting.venue.control("faults", add={"kind": kind, "path": "/exchange", "times": 1})

    ran = resting.run("panic")

    assert (0, []) == (ran.code, resting.live()), ran.err


def test_panic_gives_up_on_a_venue_that_cannot_be_read(resting: Project) -> None:
    resting.venue.control(
        "faults", add={"kind": "error_before", "path": "/info", "status": 404, "times": None}
    )

    ran = resting.run("panic")

    assert (1, 2) == (ran.code, len(resting.live()))
    assert "could not be read" in ran.out


@pytest.mark.slow
def test_a_venue_that_cannot_be_reached_does_not_stop_another(resting: Project) -> None:
    set_venue(resting, name="other", port=1)
    resting.run("state", "init")

    ran = resting.run("panic")

    assert (1, []) == (ran.code, resting.live())
    assert "hl: 2 cancelled." in ran.out
    assert "other: 0 cancelled." in ran.out


def test_panic_with_a_signer_the_venue_refuses_says_so(
    resting: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HL_AGENT_KEY", "0x" + "43" * 32)

    ran = resting.run("panic")

    assert (1, 2) == (ran.code, len(resting.live()))
    assert "does not accept this signer" in ran.out


def test_panic_without_the_key_still_halts(
    resting: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HL_AGENT_KEY")

    ran = resting.run("panic")

    assert (1, True) == (ran.code, (resting.root / ".reconciler" / "hl.halt").exists())
    assert "HL_AGENT_KEY" in ran.err
    assert "reconciler apply" not in ran.err


def test_panic_shows_no_secret(resting: Project) -> None:
    ran = resting.run("panic")

    halt = (resting.root / ".reconciler" / "hl.halt").read_text(encoding="utf-8")
    texts = [ran.out, ran.err, halt, resting.state_bytes().decode()]
    assert not [text for text in texts if "42" * 32 in text or '"r"' in text]


# what a halt holds


def test_nothing_is_placed_while_halted(resting: Project) -> None:
    resting.run("panic")
    before = len(resting.sent())

    planned = resting.run("plan")
    applied = resting.run("apply", "--auto-approve")

    assert (0, 10) == (planned.code, applied.code)
    assert "reconciler resume" in planned.out
    assert (before, []) == (len(resting.sent()), resting.live())


def test_the_halt_file_alone_holds_every_place(project: Project) -> None:
    (project.root / ".reconciler" / "hl.halt").write_text("", encoding="utf-8")

    applied = project.run("apply", "--auto-approve")

    assert (10, []) == (applied.code, project.sent())
    assert "halt" in applied.out


def test_the_states_halt_alone_holds_every_place(project: Project) -> None:
    project.run("panic")
    (project.root / ".reconciler" / "hl.halt").unlink()

    assert (10, []) == (project.run("apply", "--auto-approve").code, project.sent())


def test_nothing_is_modified_while_halted(resting: Project) -> None:
    (resting.root / ".reconciler" / "hl.halt").write_text("", encoding="utf-8")
    changed = {**TWO, "low": order("buy", "50001", "0.01")}
    resting.write_book("btc", instrument="BTC", orders=changed)
    before = len(resting.sent())

    assert (10, before) == (resting.run("apply", "--auto-approve").code, len(resting.sent()))


def test_a_cancel_passes_while_halted(resting: Project) -> None:
    (resting.root / ".reconciler" / "hl.halt").write_text("", encoding="utf-8")
    resting.write_book("btc", instrument="BTC", orders={"dip": TWO["dip"]})

    applied = resting.run("apply", "--auto-approve")

    assert 0 == applied.code, applied.out
    assert ["60000"] == [each["price"] for each in resting.live()]


def test_a_plan_from_before_the_halt_is_not_carried_out(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    (project.root / ".reconciler" / "hl.halt").write_text("", encoding="utf-8")

    assert project.run("apply", "plan.json").code in (10, 11)
    assert [] == project.sent()


# resume


def test_after_resume_the_orders_are_planned_again(resting: Project) -> None:
    resting.run("panic")

    resumed = resting.run("resume", "--auto-approve")
    planned = resting.run("plan", "--detailed-exitcode")
    applied = resting.run("apply", "--auto-approve")

    assert (0, 2, 0) == (resumed.code, planned.code, applied.code), planned.out
    assert ["50000", "60000"] == sorted(each["price"] for each in resting.live())
    assert "panic" in resumed.out


def test_resume_without_a_person_changes_nothing(resting: Project) -> None:
    resting.run("panic")

    assert 1 == resting.run("resume").code
    assert 10 == resting.run("apply", "--auto-approve").code


def test_resume_needs_no_checkpoint(resting: Project) -> None:
    """It failed after the halt was lifted, on a disk with room for a line but not for a file."""
    resting.run("panic")
    (resting.root / ".reconciler" / "hl.state.json.tmp").mkdir()

    resumed = resting.run("resume", "--auto-approve")

    assert (0, "") == (resumed.code, resumed.err)
    assert "Nothing is halted." in resting.run("resume").out


def test_resume_without_a_halt_says_so(project: Project) -> None:
    recorded = project.state_bytes()

    ran = project.run("resume", "--auto-approve")

    assert (0, "Nothing is halted.\n") == (ran.code, ran.out)
    assert recorded == project.state_bytes()


def test_a_lifted_halt_leaves_a_state_that_verifies(resting: Project) -> None:
    resting.run("panic")
    resting.run("resume", "--auto-approve")
    resting.run("apply", "--auto-approve")

    assert 0 == resting.run("state", "verify").code


# processes


def spawn(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "reconciler", "-C", str(project.root), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "HL_AGENT_KEY": AGENT_KEY, "PYTHONPATH": str(Path.cwd())},
    )


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(WAIT_S * 20):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to be")


@pytest.fixture
def many(project: Project) -> Project:
    """A project whose apply needs four requests, each answered after some seconds."""
    orders = {f"b{n:03}": order("buy", str(60000 - 10 * n), "0.01") for n in range(120)}
    project.write_book("btc", instrument="BTC", orders=orders)
    set_venue(project, expires_after_s=8)
    return project


@pytest.mark.slow
def test_a_running_apply_stops_at_a_panic(many: Project) -> None:
    many.venue.control(
        "faults", add={"kind": "slow_reply", "path": "/exchange", "type": "order", "delay_ms": 4000}
    )
    running = spawn(many, "apply", "--auto-approve")
    until(lambda: bool(many.sent()))

    panicked = many.run("panic")
    _, said = running.communicate(timeout=WAIT_S)

    assert (0, 10) == (panicked.code, running.returncode), panicked.err + said
    assert [] == many.live()
    assert 1 == kinds(many, 0).count("order")


@pytest.mark.slow
def test_the_halt_file_alone_stops_a_running_apply(many: Project) -> None:
    many.venue.control(
        "faults", add={"kind": "slow_reply", "path": "/exchange", "type": "order", "delay_ms": 2000}
    )
    running = spawn(many, "apply", "--auto-approve")
    until(lambda: bool(many.sent()))
    (many.root / ".reconciler" / "hl.halt").write_text("", encoding="utf-8")
    out, said = running.communicate(timeout=WAIT_S)

    assert (10, 1, 39) == (running.returncode, len(many.sent()), len(many.live())), said
    assert "error[halted]" in said
    assert "left for the next plan" in out


def kill_with_a_request_under_way(project: Project) -> None:
    """Kill an apply whose request arrives at the venue some seconds later."""
    set_venue(project, expires_after_s=8)
    late = {"kind": "late_execution", "type": "order", "delay_ms": 5000}
    rule = project.venue.control("faults", add={**late, "path": "/exchange"})["id"]
    noops = {"kind": "lost_request", "type": "noop", "times": None}
    project.venue.control("faults", add={**noops, "path": "/exchange"})
    running = spawn(project, "apply", "--auto-approve")
    until(lambda: any(r["id"] == rule and r["hit"] for r in project.venue.control("faults")))
    running.kill()
    running.communicate(timeout=WAIT_S)


@pytest.mark.slow
@pytest.mark.parametrize("has_state", [True, False])
def test_a_request_that_arrives_after_the_first_look_is_cancelled_too(
    project: Project, has_state: bool
) -> None:
    kill_with_a_request_under_way(project)
    if not has_state:
        forget_state(project)

    panicked = project.run("panic")

    assert (0, 1, []) == (panicked.code, len(project.orders()), project.live()), panicked.out
    assert "hl: 1 cancelled." in panicked.out


@pytest.mark.slow
def test_an_open_request_on_record_is_waited_for(project: Project) -> None:
    set_venue(project, expires_after_s=3)
    lost = {"kind": "lost_request", "path": "/exchange", "times": None}
    project.venue.control("faults", add=lost)
    running = spawn(project, "apply", "--auto-approve")
    until(lambda: b"intent-written" in project.state_bytes())
    running.kill()
    running.communicate(timeout=WAIT_S)

    ran = project.run("panic")

    assert (0, []) == (ran.code, project.orders())
    assert "may still arrive" in ran.err
