"""A disk that fails at any one call of an apply, and state files that are not what they were.

Before a request was sent nothing is; after it the intent is on record, and the next run settles it.
"""

import errno
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.kill.forks import Forks
from tests.kill.seams import Seam
from tests.kill.worlds import World, open_world

SEED = 3
CALLS_MAX = 400
JOURNAL = "hl.journal.jsonl"
CHECKPOINT = "hl.state.json"


def prepared(world: World) -> None:
    """Something to cancel, to modify and to place."""
    world.shift()
    world.reprice_single()
    world.add_single()
    world.remove_single()
    world.write()


def faults(world: World, kind: str, step: int) -> Iterator[int]:
    """Yield the numbers of calls to fail at, until a run meets none of them."""
    world.apply()
    for nth in count(1, step):
        if nth > world.counts[kind] + step:
            return
        assert nth < CALLS_MAX
        yield nth


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "moment", "is_for_good"),
    [
        (errno.ENOSPC, "half", True),
        (errno.EIO, "before", False),
        (errno.EIO, "after", False),
    ],
    ids=["no room from here on", "one failure", "one failure after the fact"],
)
def test_a_disk_that_fails_at_any_write_of_an_apply_loses_nothing(
    tmp_path: Path, forks: Forks, code: int, moment: str, is_for_good: bool
) -> None:
    with open_world(tmp_path, forks, SEED) as world:
        for nth in faults(world, "write", 3):
            prepared(world)
            seam = Seam(kind="write", nth=nth, moment=moment, code=code, is_for_good=is_for_good)
            ended = world.run("apply", "--auto-approve", seam=seam)
            world.unlock()
            story = f"call {nth}, {ended.met}: code {ended.code}\n{ended.err}"

            assert ended.code in ((1, 12) if is_for_good and ended.met else (0, 1, 12)), story
            assert "error[defect]" not in ended.err, story
            assert [] == world.found_wrong(), story
            assert [] == world.finish(runs=2), story


@pytest.mark.slow
def test_a_run_that_cannot_write_its_intent_sends_nothing(tmp_path: Path, forks: Forks) -> None:
    sent = {}
    with open_world(tmp_path, forks, SEED) as world:
        world.apply()
        for nth in range(1, 20):
            prepared(world)
            requests = len(world.project.sent())
            full = Seam(kind="write", nth=nth, code=errno.ENOSPC, is_for_good=True)
            world.run("apply", "--auto-approve", seam=full)
            world.unlock()
            sent[nth] = len(world.project.sent()) - requests
            if sent[nth]:
                break
            assert [] == world.finish(runs=2)

    assert 1 == sent.pop(nth)
    assert {0} == set(sent.values())
    assert len(sent) > 5


def torn(folder: Path) -> None:
    journal = folder / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2][:20] + b"\n"
    journal.write_bytes(b"".join(lines))
    (folder / CHECKPOINT).unlink()


def emptied(folder: Path) -> None:
    (folder / JOURNAL).write_bytes(b"")


def missing(folder: Path) -> None:
    (folder / JOURNAL).unlink()


def all_missing(folder: Path) -> None:
    (folder / JOURNAL).unlink()
    (folder / CHECKPOINT).unlink()


def rolled_back(folder: Path) -> None:
    journal = folder / JOURNAL
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:3]))


def of_another_account(folder: Path) -> None:
    for name in (JOURNAL, CHECKPOINT):
        path = folder / name
        path.write_bytes(path.read_bytes().replace(b"0x5e9e", b"0x6e9e"))


def linked(folder: Path) -> None:
    journal = folder / JOURNAL
    elsewhere = folder.parent / "elsewhere"
    journal.rename(elsewhere)
    journal.symlink_to(elsewhere)


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "torn in the middle": (torn, "state-unreadable"),
    "empty": (emptied, "state-unreadable"),
    "the journal is gone": (missing, "journal-missing"),
    "everything is gone": (all_missing, "state-missing"),
    "rolled back": (rolled_back, "state-rolled-back"),
    "of another account": (of_another_account, "state-unreadable"),
    "a symbolic link": (linked, "state-unreadable"),
}


@pytest.mark.slow
def test_a_state_that_is_not_what_it_was_is_never_taken_as_no_orders(
    tmp_path: Path, forks: Forks
) -> None:
    folder = tmp_path / ".reconciler"
    with open_world(tmp_path, forks, SEED) as world:
        world.apply()
        prepared(world)
        requests = len(world.project.sent())
        kept = {path.name: path.read_bytes() for path in folder.iterdir()}
        found = {}
        for name, (spoil, code) in REFUSED.items():
            spoil(folder)
            ended = world.apply()
            found[name] = (ended.code, f"error[{code}]" in ended.err, ended.err)
            for path in folder.iterdir():
                path.unlink()
            for file, content in kept.items():
                (folder / file).write_bytes(content)

        assert dict.fromkeys(REFUSED, (1, True)) == {n: f[:2] for n, f in found.items()}, found
        assert requests == len(world.project.sent())
        assert [] == world.finish(runs=1)


@pytest.mark.slow
def test_a_last_line_that_was_never_finished_is_dropped(tmp_path: Path, forks: Forks) -> None:
    with open_world(tmp_path, forks, SEED) as world:
        world.apply()
        journal = tmp_path / ".reconciler" / JOURNAL
        journal.write_bytes(journal.read_bytes() + b'{"at_ms":17952659')
        prepared(world)

        assert [] == world.finish(runs=1)
