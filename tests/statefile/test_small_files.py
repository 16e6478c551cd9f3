"""The lock file a project commits, and the local halt."""

from pathlib import Path

import pytest

from reconciler.errors import InvalidInput, StateProblem
from reconciler.model.state import Halt
from reconciler.statefile.haltfile import lift_halt, read_halt, write_halt
from reconciler.statefile.lockfile import LOCK_BYTES_MAX, ProjectLock, read_lock, write_lock
from tests.statefile.disks import FailingDisk

LINEAGE = "5f" * 16
HALT = Halt(by="someone", why="a storm", at_ms=7)


def test_the_lock_file_comes_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "reconciler.lock"
    lock = ProjectLock.of("treasury", {"hl": LINEAGE, "htx": "ab" * 16})
    write_lock(path, lock)
    found = read_lock(path)

    assert lock == found
    assert LINEAGE == lock.lineage("hl")
    assert lock.lineage("other") is None
    assert [path] == list(tmp_path.iterdir())


def test_the_lock_file_reads_well_in_a_review(tmp_path: Path) -> None:
    path = tmp_path / "reconciler.lock"
    write_lock(path, ProjectLock.of("treasury", {"hl": LINEAGE}))
    expected = (
        '{\n  "project": "treasury",\n  "venues": {\n    "hl": {\n'
        f'      "lineage": "{LINEAGE}"\n    }}\n  }},\n  "version": 1\n}}\n'
    )

    assert expected == path.read_text(encoding="utf-8")


def test_an_entry_that_begins_now_leaves_the_others_as_they_are() -> None:
    lock = ProjectLock.of("treasury", {"hl": LINEAGE}).with_born({"htx": "ab" * 16}, 7)

    assert (0, 7, 0) == (lock.born_at_ms("hl"), lock.born_at_ms("htx"), lock.born_at_ms("no"))
    assert (LINEAGE, "ab" * 16) == (lock.lineage("hl"), lock.lineage("htx"))


def test_without_a_lock_file_there_is_none(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "reconciler.lock") is None


WRONG = {
    "empty": b"",
    "not text": b"\xff\xfe",
    "a list": b"[]",
    "an unknown key": b'{"version":1,"project":"p","venues":{},"colour":"red"}',
    "a newer version": b'{"version":2,"project":"p","venues":{}}',
    "a short lineage": b'{"version":1,"project":"p","venues":{"hl":{"lineage":"5f"}}}',
    "a birth before 1970": b'{"version":1,"project":"p","venues":{"hl":{"lineage":"'
    + LINEAGE.encode()
    + b'","born_at_ms":-1}}}',
    "a path for a name": b'{"version":1,"project":"p","venues":{"../hl":{"lineage":"'
    + LINEAGE.encode()
    + b'"}}}',
    "no lineage": b'{"version":1,"project":"p","venues":{"hl":{}}}',
    "huge": b" " * (LOCK_BYTES_MAX + 1),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_a_wrong_lock_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "reconciler.lock"
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        read_lock(path)

    assert "lock-file-invalid" == caught.value.diagnostics[0].code


def test_a_lock_file_that_is_a_link_or_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    for name in ("link", "folder"):
        with pytest.raises(InvalidInput):
            read_lock(tmp_path / name)


def test_a_halt_stays_until_it_is_lifted(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert read_halt(folder, "hl") is None
    write_halt(folder, "hl", HALT)

    assert HALT == read_halt(folder, "hl")
    assert read_halt(folder, "htx") is None
    assert lift_halt(folder, "hl")
    assert read_halt(folder, "hl") is None
    assert not lift_halt(folder, "hl")


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff"])
def test_a_halt_that_cannot_be_read_halts(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "hl.halt").write_bytes(data)
    found = read_halt(tmp_path, "hl")

    assert found is not None
    assert "the halt file cannot be read" == found.why


def test_a_halt_file_that_is_no_file_halts(tmp_path: Path) -> None:
    (tmp_path / "hl.halt").mkdir()

    assert read_halt(tmp_path, "hl") is not None


@pytest.mark.parametrize("fail_at", range(1, 6))
def test_a_halt_that_cannot_be_written_is_a_problem(tmp_path: Path, fail_at: int) -> None:
    with pytest.raises(StateProblem):
        write_halt(tmp_path / "state", "hl", HALT, disk=FailingDisk(fail_at))


@pytest.mark.parametrize("fail_at", range(1, 4))
def test_a_halt_that_cannot_be_lifted_is_a_problem(tmp_path: Path, fail_at: int) -> None:
    write_halt(tmp_path, "hl", HALT)
    with pytest.raises(StateProblem):
        lift_halt(tmp_path, "hl", disk=FailingDisk(fail_at))
