"""Two runs at one project at once: one wins, the other sends nothing, whatever the lock says.

The courtesy lock is for people; with it taken away by hand, the compare-and-swap of the journal and
the venue's nonces alone must keep anything from happening twice.
"""

import signal
import time
from pathlib import Path

import pytest

from tests.kill.forks import Child, Ended, Forks
from tests.kill.seams import Seam
from tests.kill.worlds import World, open_world

SEED = 9
ROUNDS = 5
WAIT_S = 30
SLOW_MS = 1_000


def wait_for(child: Child, is_there: object, what: str) -> None:
    """Wait until a condition holds while a command runs."""
    assert callable(is_there)
    until_s = time.monotonic() + WAIT_S
    while not is_there():
        assert time.monotonic() < until_s, f"{what} never came"
        assert child.wait(timeout_s=0.01) is None, f"it ended before {what}"


def slow_apply(world: World) -> Child:
    """Start a run whose first request is carried out, and answered only later."""
    requests = len(world.project.sent())
    world.project.venue.control(
        "faults", add={"kind": "slow_reply", "path": "/exchange", "delay_ms": SLOW_MS}
    )
    child = world.start("apply", "--auto-approve")
    wait_for(child, lambda: len(world.project.sent()) > requests, "a request")
    return child


def has_lost(ended: Ended) -> bool:
    """Whether it was told that another run was faster, or saw what that one had placed."""
    return ended.code == 12 or (ended.code == 1 and "error[state-rolled-back]" in ended.err)


@pytest.mark.slow
def test_while_a_run_holds_the_lock_another_sends_nothing(tmp_path: Path, forks: Forks) -> None:
    with open_world(tmp_path, forks, SEED) as world:
        first = slow_apply(world)
        second = world.run("apply", "--auto-approve")

        assert (0, 12) == (first.ended().code, second.code)
        assert "The state is locked" in second.err
        assert [] == world.found_wrong()
        assert [] == world.finish(runs=1)


@pytest.mark.slow
def test_a_run_waits_for_the_lock_as_long_as_it_is_told(tmp_path: Path, forks: Forks) -> None:
    with open_world(tmp_path, forks, SEED) as world:
        first = slow_apply(world)
        second = world.run("apply", "--auto-approve", "--lock-timeout", "20")

        assert (0, 0) == (first.ended().code, second.code)
        assert 1 == len({entry["nonce"] for entry in world.project.sent()})
        assert [] == world.finish(runs=1)


@pytest.mark.slow
def test_the_lock_of_a_killed_run_does_not_stop_the_next(tmp_path: Path, forks: Forks) -> None:
    with open_world(tmp_path, forks, SEED) as world:
        killed = slow_apply(world)
        killed.signal(signal.SIGKILL)
        killed.ended()
        after = world.run("apply", "--auto-approve")

        assert 0 == after.code, after.err
        assert [] == world.found_wrong()
        assert [] == world.finish(runs=1)


@pytest.mark.slow
def test_without_the_lock_the_run_that_writes_second_ends_with_nothing_doubled(
    tmp_path: Path, forks: Forks
) -> None:
    """The second run settles what the first has in flight, so the first can record no answer."""
    with open_world(tmp_path, forks, SEED) as world:
        first = slow_apply(world)
        world.unlock()
        second = world.run("apply", "--auto-approve")

        assert (12, 0) == (first.ended().code, second.code), second.err
        assert [] == world.found_wrong()
        assert [] == world.finish(runs=1)


@pytest.mark.slow
def test_without_the_lock_two_runs_at_once_place_everything_once(
    tmp_path: Path, forks: Forks
) -> None:
    with open_world(tmp_path, forks, SEED) as world:
        for round_ in range(ROUNDS):
            world.new_generation()
            world.shift()
            world.reprice_single()
            world.write()
            both = [world.start("apply", "--auto-approve", "--lock-timeout", "20") for _ in "ab"]
            ended: list[Ended] = []
            while both:
                world.unlock()
                found = both[0].wait(timeout_s=0.005)
                if found is not None:
                    ended.append(found)
                    both.pop(0)
                both.reverse()
            codes = sorted(end.code for end in ended)
            story = f"round {round_}: {codes}\n" + "\n".join(end.err for end in ended)

            assert all(end.code == 0 or has_lost(end) for end in ended), story
            assert [] == world.found_wrong(), story
            assert [] == world.finish(runs=3), story


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.6, 0.7, 0.8, 0.95])
def test_a_paused_run_whose_lease_was_taken_over_changes_nothing_when_it_wakes(
    tmp_path: Path, forks: Forks, share: float
) -> None:
    """It sends nothing, but for a request that was on record and that the other has made void."""
    with open_world(tmp_path, forks, SEED) as world:
        world.apply()
        for _ in range(3):
            world.add_single()
        world.write()
        requests = len(world.project.sent())
        nth = max(1, round(world.counts["socket"] * share))
        seam = Seam(kind="socket", nth=nth, number=signal.SIGSTOP)
        paused = world.start("apply", "--auto-approve", seam=seam)
        wait_for(paused, paused.met, "the pause")
        had_sent = len(world.project.sent()) > requests
        world.unlock()
        other = world.run("apply", "--auto-approve")
        before = len(world.project.sent())

        paused.signal(signal.SIGCONT)
        woken = paused.ended()

        news = world.project.sent()[before:]
        assert 0 == other.code, other.err
        assert has_lost(woken) or (had_sent and woken.code == 0), woken.err
        assert [] == [entry for entry in news if entry["executed"]]
        assert [] == world.found_wrong()
        assert [] == world.finish(runs=1)
