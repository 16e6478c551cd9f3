"""A fault at every single call to the disk: nothing is sent on it, and nothing is lost by it."""

import errno
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.errors import StateProblem
from reconciler.model.state import State
from reconciler.statefile import problems
from reconciler.statefile.disk import Disk, RealDisk
from reconciler.statefile.local import LocalStore
from tests.statefile.disks import FailingDisk, ForgettingDisk, PowerCut, ShortDisk
from tests.statefile.samples import (
    AT_MS,
    HISTORY,
    INITIALISED,
    StillClock,
    approved,
    caller,
    empty_state,
    run,
)

CALLS_MAX = 400


@dataclass
class Life:
    """What a run was told: every state that was acknowledged, and the lines of a failed write.

    Attributes:
        tried: events of a write that was not acknowledged, 0 when all were.
    """

    acknowledged: list[State] = field(default_factory=list)
    tried: int = 0
    problem: StateProblem | None = None


def store_on(folder: Path, disk: Disk) -> LocalStore:
    return LocalStore(folder, INITIALISED, clock=StillClock(), caller=caller(), disk=disk)


async def live(store: LocalStore, life: Life, history: Sequence = HISTORY) -> None:
    """Write the history with a checkpoint in its middle; stop at the first problem."""
    state = empty_state()
    for number, batch in enumerate(history):
        life.tried = len(batch)
        state = await store.append(state, batch, AT_MS + state.serial)
        life.acknowledged.append(state)
        life.tried = 0
        if number == 2:
            await store.checkpoint(state)
    await store.load()


def lived_on(folder: Path, disk: Disk) -> Life:
    life = Life()
    try:
        run(live(store_on(folder, disk), life))
    except StateProblem as problem:
        life.problem = problem
    except PowerCut:
        pass
    return life


def check_after(folder: Path, disk: Disk, life: Life) -> None:
    """Everything acknowledged is there, perhaps with some of the last write, and life goes on."""
    store = store_on(folder, disk)
    found = run(store.load())
    least = life.acknowledged[-1].serial if life.acknowledged else 0
    serial = found.serial if found else 0
    assert least <= serial <= least + life.tried
    if life.acknowledged and serial == least:
        assert life.acknowledged[-1] == found
    if found is None:
        found = run(store.append(empty_state(), [INITIALISED], AT_MS))
    after = run(store.append(found, [approved("after")], AT_MS))
    run(store.checkpoint(after))
    assert after == run(store.load())
    assert after.serial == run(store.verify()).serial


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC], ids=str)
@pytest.mark.parametrize("is_for_good", [False, True], ids=["once", "for good"])
def test_a_fault_at_any_call_loses_nothing(tmp_path: Path, code: int, is_for_good: bool) -> None:
    for fail_at in range(1, CALLS_MAX):
        folder = tmp_path / str(fail_at)
        disk = FailingDisk(fail_at, code=code, is_for_good=is_for_good)
        life = lived_on(folder, disk)
        if not disk.failed:
            break
        check_after(folder, RealDisk(), life)
    else:
        pytest.fail("the history never came to its end")

    assert fail_at > 40


def test_a_failed_write_is_told_as_what_it_is(tmp_path: Path) -> None:
    """Whether something may have been written decides what the next run has to look for."""
    told = {}
    for fail_at in range(1, CALLS_MAX):
        disk = FailingDisk(fail_at, code=errno.ENOSPC)
        life = lived_on(tmp_path / str(fail_at), disk)
        if not disk.failed:
            break
        if life.problem and len(life.acknowledged) == 1:
            why = life.problem.diagnostics[0].why
            told[disk.failed[0]] = (life.problem.diagnostics[0].code, "may have been" in why)

    assert ("state-not-written", True) == told["write"] == told["sync"]
    assert ("state-not-written", False) == told["lock"] == told["make_folder"]
    assert ("state-unreadable", False) == told["read"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM], ids=str)
def test_a_missing_right_is_never_answered_with_a_restore(tmp_path: Path, code: int) -> None:
    """A backup that is put in the place of a sound state is an older state."""
    advice = {}
    for fail_at in range(1, CALLS_MAX):
        disk = FailingDisk(fail_at, code=code)
        life = lived_on(tmp_path / str(fail_at), disk)
        if not disk.failed:
            break
        if life.problem:
            advice[disk.failed[0]] = life.problem.diagnostics[0].next_step

    assert {"open", "has_folder", "read", "write"} <= advice.keys()
    assert {problems.ALLOW} == set(advice.values())


@pytest.mark.parametrize("call", ["write", "sync"])
def test_after_a_failed_write_nothing_is_written_before_a_load(tmp_path: Path, call: str) -> None:
    for fail_at in range(1, CALLS_MAX):
        folder = tmp_path / str(fail_at)
        state = run(store_on(folder, RealDisk()).append(empty_state(), HISTORY[0], AT_MS))
        disk = FailingDisk(fail_at)
        store = store_on(folder, disk)
        with suppress(StateProblem):
            run(store.append(state, HISTORY[1], AT_MS))
        if disk.failed == [call]:
            check_refuses(store, state, disk)
            return
    pytest.fail("the call was never made")


def check_refuses(store: LocalStore, state: State, disk: FailingDisk) -> None:
    """The store writes nothing, touches nothing, until it has read the journal again."""
    calls = disk.calls
    with pytest.raises(StateProblem) as caught:
        run(store.append(state, [approved("again")], AT_MS))

    assert "state-not-usable" == caught.value.diagnostics[0].code
    assert calls == disk.calls
    fresh = run(store.load())
    assert fresh is not None
    assert run(store.append(fresh, [approved("again")], AT_MS)).serial > state.serial


def test_a_write_taken_in_part_is_a_failed_write(tmp_path: Path) -> None:
    state = run(store_on(tmp_path / "s", RealDisk()).append(empty_state(), HISTORY[0], AT_MS))
    with pytest.raises(StateProblem) as caught:
        run(store_on(tmp_path / "s", ShortDisk()).append(state, [approved("x")], AT_MS))

    assert "bytes were taken" in caught.value.diagnostics[0].why
    assert state == run(store_on(tmp_path / "s", RealDisk()).load())


def test_a_checkpoint_is_written_whole_on_a_disk_that_takes_little(tmp_path: Path) -> None:
    store = store_on(tmp_path / "s", ShortDisk())
    state = run(store.append(empty_state(), HISTORY[0], AT_MS))
    run(store.checkpoint(state))

    assert 1 == run(store.verify()).checkpoint_serial


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.99, 1.0])
@pytest.mark.parametrize("keeps_names", [False, True], ids=["names lost", "names kept"])
def test_a_power_cut_at_any_call_loses_nothing(keep: float, keeps_names: bool) -> None:
    folder = Path("/state")
    for cut_at in range(1, CALLS_MAX):
        disk = ForgettingDisk(cut_at, keep=keep, keeps_names=keeps_names)
        life = lived_on(folder, disk)
        if disk.calls < cut_at:
            break
        disk.restart()
        check_after(folder, disk, life)
    else:
        pytest.fail("the history never came to its end")

    assert cut_at > 40
