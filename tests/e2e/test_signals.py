"""A signal: nothing new is sent, what is in flight is recorded, out within five seconds."""

import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.project import AGENT_KEY, Project
from tests.kill.forks import Child, Ended, Forks
from tests.kill.worlds import World, open_world

OUT_WITHIN_S = 5.0
NUMBERS = (signal.SIGINT, signal.SIGTERM)
WAIT_S = 30
MOMENTS = 12
SEED = 5


def reached_the_venue(world: World, requests: int) -> bool:
    return len(world.project.sent()) > requests


def wait_until_sent(world: World, child: Child, requests: int) -> None:
    until_s = time.monotonic() + WAIT_S
    while not reached_the_venue(world, requests):
        assert child.wait(timeout_s=0.01) is None, "it ended before it sent anything"
        assert time.monotonic() < until_s


def ended_after(child: Child, number: int) -> tuple[Ended, float]:
    started_s = time.monotonic()
    child.signal(number)
    ended = child.ended()
    return ended, time.monotonic() - started_s


@pytest.mark.slow
@pytest.mark.parametrize("delay_ms", [3_000, 5_500])
def test_a_signal_while_a_request_is_in_flight_ends_the_run_in_time(
    tmp_path: Path, forks: Forks, delay_ms: int
) -> None:
    with ExitStack() as stack:
        worlds = {}
        for number in NUMBERS:
            folder = tmp_path / number.name
            folder.mkdir()
            world = worlds[number] = stack.enter_context(open_world(folder, forks, SEED))
            world.project.venue.control(
                "faults", add={"kind": "slow_reply", "path": "/exchange", "delay_ms": delay_ms}
            )
        children = {n: w.start("apply", "--auto-approve") for n, w in worlds.items()}
        for number in NUMBERS:
            wait_until_sent(worlds[number], children[number], 0)
        started_s = time.monotonic()
        for number in NUMBERS:
            children[number].signal(number)

        ended = {number: children[number].ended() for number in NUMBERS}
        took_s = time.monotonic() - started_s

        assert took_s < OUT_WITHIN_S
        assert dict.fromkeys(NUMBERS, 130) == {n: end.code for n, end in ended.items()}
        assert {number: [] for number in NUMBERS} == {n: w.found_wrong() for n, w in worlds.items()}
        assert [1, 1] == [len(world.project.sent()) for world in worlds.values()]
        assert [] == [wrong for world in worlds.values() for wrong in world.finish(runs=2)]


@pytest.mark.slow
def test_a_signal_at_any_moment_ends_the_run_in_time(tmp_path: Path, forks: Forks) -> None:
    chance = random.Random(SEED)
    took_s = []
    with open_world(tmp_path, forks, SEED) as world:
        for moment in range(MOMENTS):
            world.new_generation()
            world.reprice_single()
            world.write()
            child = world.start("apply", "--auto-approve")
            early = child.wait(timeout_s=chance.randint(0, 110) / 1000)
            number = NUMBERS[moment % 2]
            ended, seconds = (early, 0.0) if early else ended_after(child, number)
            took_s.append(seconds)
            story = f"seed {SEED}, moment {moment}: code {ended.code}\n{ended.err}"

            # Before it takes the lock and after it gave it back, a signal just ends a process.
            is_working = (tmp_path / ".reconciler" / "hl.lock.json").exists()
            assert ended.code in ((0, 130) if is_working else (0, 130, -number)), story
            assert "Traceback" not in ended.err, story
            assert "error[defect]" not in ended.err, story
            assert [] == world.found_wrong(), story
            assert [] == world.finish(runs=2), story

    assert max(took_s) < OUT_WITHIN_S


@pytest.mark.slow
def test_a_second_signal_ends_the_run_at_once(tmp_path: Path, forks: Forks) -> None:
    with open_world(tmp_path, forks, SEED) as world:
        world.project.venue.control(
            "faults", add={"kind": "slow_reply", "path": "/exchange", "delay_ms": 3_000}
        )
        child = world.start("apply", "--auto-approve")
        wait_until_sent(world, child, 0)
        child.signal(signal.SIGINT)
        assert child.wait(timeout_s=0.3) is None

        ended, seconds = ended_after(child, signal.SIGINT)

        assert 130 == ended.code
        assert seconds < 1
        assert [] == world.found_wrong()
        assert [] == world.finish(runs=2)


@pytest.mark.slow
def test_the_command_as_people_start_it_says_that_it_was_interrupted(project: Project) -> None:
    project.venue.control(
        "faults", add={"kind": "slow_reply", "path": "/exchange", "delay_ms": 5_500}
    )
    command = [sys.executable, "-m", "reconciler", "-C", str(project.root), "apply"]
    with (
        subprocess.Popen(
            [*command, "--auto-approve"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"HL_AGENT_KEY": AGENT_KEY, "PATH": "/usr/bin:/bin"},
        ) as process,
        ThreadPoolExecutor() as pool,
    ):
        told = pool.submit(process.communicate, timeout=WAIT_S)
        until_s = time.monotonic() + WAIT_S
        while not project.sent() and time.monotonic() < until_s:
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, err = told.result()

    assert 130 == process.returncode, err
    assert "Interrupted" in err
    assert 0 == project.run("apply", "--auto-approve").code
    assert 1 == len(project.orders())
