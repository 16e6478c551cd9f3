"""A run killed anywhere is finished by the next: real processes, real files, real sockets.

`make test` kills a few times, `make kill-test` a few hundred times; KILLS says how often in all and
KILL_SEED where the seeds begin.
"""

import os
from pathlib import Path

import pytest

from tests.kill.forks import Ended, Forks
from tests.kill.seams import Seam
from tests.kill.worlds import CHANGES, World, open_world

KILLS = int(os.environ.get("KILLS", "36"))
SEED = int(os.environ.get("KILL_SEED", "1"))
MOMENTS = ("at any time", "at a write", "at a socket")
# A number that is drawn too large kills nobody.
TRIES_PER_KILL = 4
BUSY_MS = 180


def killed_at_any_time(world: World) -> Ended:
    """Kill after a random time, and trade meanwhile when the market is moving."""
    child = world.start("apply", "--auto-approve")
    left_ms = world.chance.randint(1, BUSY_MS)
    while left_ms > 0:
        slice_ms = min(left_ms, 30)
        ended = child.wait(timeout_s=slice_ms / 1000)
        if ended is not None:
            return ended
        left_ms -= slice_ms
        if world.is_moving:
            world.fill_some()
    child.signal(9)
    return child.ended()


def killed_at_a_call(world: World, kind: str) -> Ended:
    """Kill before, in or after the n-th call of a kind."""
    nth = world.chance.randint(1, world.counts[kind])
    moment = world.chance.choice(("before", "after", "half"))
    child = world.start("apply", "--auto-approve", seam=Seam(kind=kind, nth=nth, moment=moment))
    while (ended := child.wait(timeout_s=0.03)) is None:
        if world.is_moving:
            world.fill_some()
    return ended


def killed(world: World, how: str) -> Ended:
    if how == "at any time":
        return killed_at_any_time(world)
    return killed_at_a_call(world, "write" if how == "at a write" else "socket")


@pytest.mark.slow
@pytest.mark.parametrize("how", MOMENTS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_killed_run_is_finished_by_the_next(
    tmp_path: Path, forks: Forks, change: str, how: str
) -> None:
    seed = SEED + [*CHANGES].index(change) * len(MOMENTS) + MOMENTS.index(how)
    wanted = max(1, KILLS // (len(CHANGES) * len(MOMENTS)))
    with open_world(tmp_path, forks, seed) as world:
        for round_ in range(wanted * TRIES_PER_KILL):
            if world.kills >= wanted:
                break
            CHANGES[change](world)
            world.write()
            if world.chance.random() < 0.5:
                world.add_faults()
            ended = killed(world, how)
            world.note(ended)
            story = (
                f"KILL_SEED={SEED} (seed {seed}), {change}, {how}, round {round_}: code "
                f"{ended.code} at {ended.met!r}\n{ended.err}"
            )

            assert [] == world.found_wrong(), story
            left = world.finish()
            assert [] == left, "\n".join([story, *left])

        assert world.kills >= wanted
