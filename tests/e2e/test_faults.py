"""Every fault of the simulator against real processes: nothing twice, and two more runs settle it.

The commands of one test run side by side, each against a venue of its own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import ACCOUNT, AGENT, Project
from tests.e2e.side_by_side import applied_together, worlds_in
from tests.kill.forks import Forks
from tests.kill.worlds import World

LATE_MS = 10_000
NEVER_EXECUTED = {"order": 13, "batchModify": 13, "cancel": 13}
DONE = {"order": 0, "batchModify": 0, "cancel": 0}
WRITE_FAULTS: dict[str, dict[str, int]] = {
    "lost_request": NEVER_EXECUTED,
    "lost_reply": DONE,
    "late_execution": NEVER_EXECUTED,
    "duplicate": DONE,
    "error_before": NEVER_EXECUTED,
    "error_after": DONE,
    "rate_limited": NEVER_EXECUTED,
    "garbled": DONE,
    "truncated": DONE,
    "partial_batch": NEVER_EXECUTED,
    "wrong_length": DONE,
}
READ_FAULTS = (
    ("frontendOpenOrders", "error_before"),
    ("frontendOpenOrders", "garbled"),
    ("frontendOpenOrders", "truncated"),
    ("frontendOpenOrders", "lost_reply"),
    ("clearinghouseState", "error_before"),
    ("clearinghouseState", "garbled"),
    ("allMids", "truncated"),
    ("meta", "error_before"),
    ("meta", "garbled"),
)


def place_more(world: World) -> None:
    for _ in range(3):
        world.add_single()


def reprice(world: World) -> None:
    for name, (price, quantity) in list(world.singles.items())[:2]:
        world.singles[name] = (price + 301, quantity)


def remove(world: World) -> None:
    for name in list(world.singles)[:2]:
        del world.singles[name]


CHANGES: dict[str, Callable[[World], None]] = {
    "order": place_more,
    "batchModify": reprice,
    "cancel": remove,
}


def add_fault(world: World, **fault: Any) -> None:
    world.project.venue.control("faults", add=fault)


def hits(world: World) -> int:
    return sum(rule["hit"] for rule in world.project.venue.control("faults"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRITE_FAULTS)
def test_a_fault_of_a_request_does_nothing_twice(tmp_path: Path, forks: Forks, kind: str) -> None:
    with worlds_in(tmp_path, forks, list(CHANGES)) as worlds:
        for name, world in worlds.items():
            CHANGES[name](world)
            world.write()
            more = {"delay_ms": LATE_MS} if kind == "late_execution" else {}
            add_fault(world, kind=kind, path="/exchange", type=name, **more)

        ended = applied_together(worlds)

        wrong = {name: world.found_wrong() for name, world in worlds.items()}
        assert dict.fromkeys(CHANGES, 1) == {n: hits(w) for n, w in worlds.items()}
        assert {name: [] for name in CHANGES} == wrong
        assert WRITE_FAULTS[kind] == {name: end.code for name, end in ended.items()}
        for world in worlds.values():
            world.project.venue.control("time", advance_ms=LATE_MS + 1_000)
            assert [] == world.finish(runs=2)


@pytest.mark.slow
def test_a_late_request_is_found_when_its_nonce_cannot_be_burned(
    tmp_path: Path, forks: Forks
) -> None:
    with worlds_in(tmp_path, forks, ["order"]) as worlds:
        world = worlds["order"]
        place_more(world)
        world.write()
        add_fault(world, kind="late_execution", path="/exchange", type="order", delay_ms=LATE_MS)
        add_fault(world, kind="lost_request", path="/exchange", type="noop", times=None)

        ended = applied_together(worlds)["order"]

        assert 0 == ended.code, ended.err
        assert 1 == len([e for e in world.project.sent() if e["action"]["type"] == "order"]) - 1
        assert [] == world.finish(runs=2)


@pytest.mark.slow
def test_a_request_that_never_arrives_is_given_up_after_its_expiry_alone(
    tmp_path: Path, forks: Forks
) -> None:
    with worlds_in(tmp_path, forks, ["order"]) as worlds:
        world = worlds["order"]
        place_more(world)
        world.write()
        add_fault(world, kind="lost_request", path="/exchange", times=None)
        journal = world.project.root / ".reconciler" / "hl.journal.jsonl"

        ended = applied_together(worlds)["order"]

        assert 13 == ended.code, ended.err
        assert 3 == journal.read_text(encoding="utf-8").count("the venue showed nothing of it")
        assert [] == world.found_wrong()
        assert [] == world.finish(runs=2)


@pytest.mark.slow
def test_nothing_is_sent_from_an_incomplete_picture(tmp_path: Path, forks: Forks) -> None:
    names = [f"{kind} {fault}" for kind, fault in READ_FAULTS]
    with worlds_in(tmp_path, forks, names) as worlds:
        before = {}
        for name, world in worlds.items():
            kind, fault = name.split()
            place_more(world)
            world.write()
            add_fault(world, kind=fault, path="/info", type=kind, times=None)
            before[name] = (len(world.project.sent()), world.project.orders())

        ended = applied_together(worlds)

        after = {n: (len(w.project.sent()), w.project.orders()) for n, w in worlds.items()}
        assert dict.fromkeys(names, 1) == {name: end.code for name, end in ended.items()}
        assert before == after
        assert all(end.err.startswith("error[") for end in ended.values())
        assert [] == [wrong for world in worlds.values() for wrong in world.finish(runs=1)]


@pytest.mark.slow
def test_an_order_nobody_can_be_asked_about_is_left_alone(tmp_path: Path, forks: Forks) -> None:
    """It is not in the list, and the question what became of it has no answer."""
    with worlds_in(tmp_path, forks, ["status"]) as worlds:
        world = worlds["status"]
        lost = next(o for o in world.project.live() if o["price"] == "50010")
        world.project.venue.control("cancel_as_user", oid=lost["oid"])
        add_fault(world, kind="error_before", path="/info", type="orderStatus", times=None)

        ended = applied_together(worlds)["status"]

        assert 0 == ended.code, ended.err
        assert 1 == len([o for o in world.project.orders() if o["price"] == "50010"])
        assert "status-unknown" in ended.out
        assert [] == world.finish(runs=2)


@pytest.mark.slow
def test_reads_up_to_a_second_behind_are_harmless(tmp_path: Path, forks: Forks) -> None:
    names = ["order", "batchModify", "cancel"]
    with worlds_in(tmp_path, forks, names) as worlds:
        for name, world in worlds.items():
            CHANGES[name](world)
            world.write()
            add_fault(world, kind="read_lag", path="/info", times=None)
            if name == "order":
                add_fault(world, kind="lost_reply", path="/exchange")

        ended = applied_together(worlds)

        assert [] == [wrong for world in worlds.values() for wrong in world.found_wrong()]
        assert {0} == {end.code for end in ended.values()}
        assert [] == [wrong for world in worlds.values() for wrong in world.finish(runs=2)]


@pytest.mark.slow
def test_the_address_of_an_agent_in_place_of_the_account_sends_nothing(
    tmp_path: Path, forks: Forks
) -> None:
    """Its list of orders is empty, which looks as if all of ours were gone."""
    with worlds_in(tmp_path, forks, ["agent"]) as worlds:
        world = worlds["agent"]
        place_more(world)
        world.write()
        requests = len(world.project.sent())
        settings = world.project.root / "reconciler.yaml"
        text = settings.read_text(encoding="utf-8")

        settings.write_text(text.replace(ACCOUNT, AGENT), encoding="utf-8")
        refused = world.apply()
        settings.write_text(text, encoding="utf-8")

        assert 1 == refused.code
        assert "account" in refused.err
        assert requests == len(world.project.sent())
        assert [] == world.finish(runs=1)


@pytest.mark.slow
def test_a_run_that_cannot_record_an_answer_does_not_say_that_nothing_was_sent(
    tmp_path: Path, forks: Forks
) -> None:
    with worlds_in(tmp_path, forks, ["order"]) as worlds:
        world = worlds["order"]
        place_more(world)
        world.write()
        requests = len(world.project.sent())
        add_fault(world, kind="slow_reply", path="/exchange", delay_ms=2_000)
        journal = world.project.root / ".reconciler" / "hl.journal.jsonl"
        running = world.start("apply", "--auto-approve")
        while len(world.project.sent()) == requests:
            assert running.wait(timeout_s=0.01) is None
        journal.rename(journal.with_name("away"))
        ended = running.ended()
        journal.with_name("away").rename(journal)

        assert (1, False) == (ended.code, "Nothing was sent" in ended.out), ended.out
        assert "error[journal-missing]" in ended.err
        assert [] == world.finish(runs=2)


@pytest.mark.slow
def test_a_venue_that_takes_long_is_not_waited_for_in_silence(project: Project) -> None:
    slow = {"kind": "slow_reply", "path": "/info", "type": "frontendOpenOrders", "delay_ms": 6_000}
    project.venue.control("faults", add=slow)

    planned = project.run("plan")

    assert (0, "Still waiting for hl, 5 s so far.\n") == (planned.code, planned.err)
