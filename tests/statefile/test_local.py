"""The store in a folder: the battery of every backend, and what only files can do."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import LostRace, StateProblem
from reconciler.model.event import Initialised, IntentWritten
from reconciler.model.state import State
from reconciler.statefile.codec import LINE_BYTES_MAX
from reconciler.statefile.disk import READ_BYTES, RealDisk
from reconciler.statefile.local import LocalStore
from tests.statefile.conformance import Conformance, Harness, code_of, lived
from tests.statefile.samples import (
    AT_MS,
    INITIALISED,
    StillClock,
    approved,
    caller,
    intent,
    lock_info,
    run,
)


class LocalHarness(Harness):
    def __init__(self, folder: Path, name: str = "hl") -> None:
        self.folder = folder
        self.name = name

    def store(
        self,
        *,
        token: str = "a",
        expected: Initialised = INITIALISED,
        clock: StillClock | None = None,
    ) -> LocalStore:
        clock = clock or StillClock()
        return LocalStore(self.folder, expected, clock=clock, caller=caller(token))

    def writer(self) -> list[str]:
        return ["local", str(self.folder)]

    def journal(self) -> bytes | None:
        return self._get("journal.jsonl")

    def put_journal(self, data: bytes | None) -> None:
        self._put("journal.jsonl", data)

    def checkpoint(self) -> bytes | None:
        return self._get("state.json")

    def put_checkpoint(self, data: bytes | None) -> None:
        self._put("state.json", data)

    def path(self, what: str) -> Path:
        return self.folder / f"{self.name}.{what}"

    def _get(self, what: str) -> bytes | None:
        path = self.path(what)
        return path.read_bytes() if path.exists() else None

    def _put(self, what: str, data: bytes | None) -> None:
        if data is None:
            self.path(what).unlink(missing_ok=True)
        else:
            self.path(what).write_bytes(data)


class TestLocal(Conformance):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> LocalHarness:
        return LocalHarness(tmp_path / "state")

    def moved(self, harness: Harness, wanted: Initialised) -> Harness:
        assert isinstance(harness, LocalHarness)
        return _Renaming(harness.folder, wanted.venue)


class _Renaming(LocalHarness):
    """The files of one venue entry under the name of another."""

    def store(self, **more: object) -> LocalStore:
        for path in list(self.folder.glob("hl.*")):
            path.rename(path.with_name(f"{self.name}{path.name[2:]}"))
        return super().store(**more)  # type: ignore[arg-type]


@pytest.fixture
def harness(tmp_path: Path) -> LocalHarness:
    return LocalHarness(tmp_path / "state")


def problem_of(store: LocalStore) -> str:
    with pytest.raises(StateProblem) as caught:
        run(store.load())
    return code_of(caught)


def test_files_are_for_their_owner_alone(harness: LocalHarness) -> None:
    store = harness.store()
    run(store.checkpoint(run(lived(store))))
    run(store.lock("apply", wait_ms=0))
    modes = {
        path.name.split(".running.")[0]: stat.S_IMODE(path.stat().st_mode)
        for path in harness.folder.iterdir()
    }

    assert 0o700 == stat.S_IMODE(harness.folder.stat().st_mode)
    assert {"hl", "hl.journal.jsonl", "hl.state.json", "hl.lock", "hl.lock.json"} == modes.keys()
    assert {0o600} == set(modes.values())


def test_reading_makes_no_file(harness: LocalHarness) -> None:
    run(harness.store().load())

    assert not harness.folder.exists()


@pytest.mark.parametrize("what", ["journal.jsonl", "state.json", "lock"])
def test_a_symbolic_link_is_not_followed(harness: LocalHarness, what: str) -> None:
    store = harness.store()
    run(store.checkpoint(run(lived(store))))
    path = harness.path(what)
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")

    assert "state-unreadable" == problem_of(harness.store())


def test_a_folder_that_is_a_symbolic_link_is_refused(harness: LocalHarness) -> None:
    run(lived(harness.store()))
    link = harness.folder.with_name("link")
    link.symlink_to(harness.folder)

    assert "state-unreadable" == problem_of(LocalHarness(link).store())


def test_a_folder_in_place_of_the_journal_is_refused(harness: LocalHarness) -> None:
    harness.path("journal.jsonl").mkdir(parents=True)

    assert "state-unreadable" == problem_of(harness.store())


def test_a_pipe_in_place_of_the_journal_is_refused(harness: LocalHarness) -> None:
    harness.folder.mkdir()
    os.mkfifo(harness.path("journal.jsonl"))

    assert "state-unreadable" == problem_of(harness.store())


def test_a_state_of_a_newer_version_is_refused(harness: LocalHarness) -> None:
    store = harness.store()
    run(store.checkpoint(run(lived(store))))
    newer = (harness.checkpoint() or b"").replace(b'"format_version":1', b'"format_version":2')
    harness.put_checkpoint(newer)

    assert "state-newer-format" == problem_of(harness.store())


def test_a_journal_of_a_newer_version_is_refused(harness: LocalHarness) -> None:
    run(lived(harness.store()))
    harness.put_journal((harness.journal() or b"").replace(b'"v":1}', b'"v":2}'))

    assert "state-newer-format" == problem_of(harness.store())


def test_appending_to_a_journal_that_was_taken_away_is_a_problem(harness: LocalHarness) -> None:
    store = harness.store()
    state = run(lived(store))
    harness.put_journal(None)
    with pytest.raises(StateProblem) as caught:
        run(store.append(state, [approved("x")], AT_MS))

    assert "journal-missing" == code_of(caught)


def test_a_checkpoint_of_a_journal_that_was_taken_away_is_a_problem(harness: LocalHarness) -> None:
    store = harness.store()
    state = run(lived(store))
    harness.put_journal(None)
    with pytest.raises(StateProblem):
        run(store.checkpoint(state))


def test_after_a_lost_race_the_state_is_read_before_the_next_write(harness: LocalHarness) -> None:
    one, two = harness.store(), harness.store()
    state = run(lived(one))
    run(two.append(state, [approved("two")], AT_MS))
    with pytest.raises(LostRace):
        run(one.append(state, [approved("one")], AT_MS))
    with pytest.raises(StateProblem) as caught:
        run(one.append(state, [approved("one")], AT_MS))
    assert "state-not-usable" == code_of(caught)
    fresh = run(one.load())
    assert fresh is not None
    run(one.append(fresh, [approved("one")], AT_MS))


def test_a_checkpoint_at_a_wrong_place_falls_back_to_the_journal(harness: LocalHarness) -> None:
    """The place is a hint; only a chain that does not hold is a problem."""
    from reconciler.statefile.codec import decode_checkpoint, encode_checkpoint

    store = harness.store()
    state = run(lived(store))
    run(store.checkpoint(state))
    saved = decode_checkpoint(harness.checkpoint() or b"")
    for offset in (0, saved.offset - 3, saved.offset + 10_000):
        harness.put_checkpoint(encode_checkpoint(replace(saved, offset=offset)))
        assert state == run(harness.store().load())


def test_verifying_reads_everything(harness: LocalHarness) -> None:
    store = harness.store()
    state = run(lived(store))
    run(store.checkpoint(state))
    run(store.append(state, intent(5), AT_MS))
    harness.put_journal((harness.journal() or b"") + b"torn")
    found = run(harness.store().verify())

    assert (state.serial + 2, state.serial, 4) == (
        found.serial,
        found.checkpoint_serial,
        found.torn_bytes,
    )


def test_verifying_finds_a_checkpoint_that_is_no_fold_of_the_journal(
    harness: LocalHarness,
) -> None:
    from reconciler.statefile.codec import decode_checkpoint, encode_checkpoint

    store = harness.store()
    state = run(lived(store))
    run(store.checkpoint(state))
    saved = decode_checkpoint(harness.checkpoint() or b"")
    wrong: State = replace(saved.state, last_nonce=1)
    harness.put_checkpoint(encode_checkpoint(replace(saved, state=wrong)))
    with pytest.raises(StateProblem) as caught:
        run(harness.store().verify())

    assert "not a fold of this journal" in caught.value.diagnostics[0].why


def test_verifying_takes_a_checkpoint_of_a_program_that_kept_less(harness: LocalHarness) -> None:
    from reconciler.statefile.codec import decode_checkpoint, encode_checkpoint

    store = harness.store()
    written, answered = intent(5)
    assert isinstance(written, IntentWritten)
    signed = replace(written, intent=replace(written.intent, signer="key"))
    state = run(store.append(run(lived(store)), (signed, answered), AT_MS))
    run(store.checkpoint(state))
    saved = decode_checkpoint(harness.checkpoint() or b"")
    before: State = replace(saved.state, signer="", lately_ended={})
    harness.put_checkpoint(encode_checkpoint(replace(saved, state=before)))

    assert "key" == state.signer
    assert state.serial == run(harness.store().verify()).checkpoint_serial


def test_verifying_without_a_checkpoint_says_so(harness: LocalHarness) -> None:
    run(lived(harness.store()))

    assert run(harness.store().verify()).checkpoint_serial is None


def test_verifying_nothing_is_a_problem(harness: LocalHarness) -> None:
    with pytest.raises(StateProblem):
        run(harness.store().verify())


def test_the_whole_history_can_be_read(harness: LocalHarness) -> None:
    state = run(lived(harness.store()))
    events = run(harness.store().events())

    assert list(range(1, state.serial + 1)) == [stamped.serial for stamped in events]
    assert INITIALISED == events[0].event
    assert state.digest == events[-1].digest


def test_there_is_no_history_before_the_first_write(harness: LocalHarness) -> None:
    assert () == run(harness.store().events())


def test_a_lock_note_that_cannot_be_read_keeps_nobody_out(harness: LocalHarness) -> None:
    harness.folder.mkdir()
    harness.path("lock.json").write_bytes(b"\xff{")

    assert "a" == run(harness.store().lock("apply", wait_ms=0)).token


def test_a_lock_is_broken_by_its_token_alone(harness: LocalHarness) -> None:
    store = harness.store()
    run(store.lock("apply", wait_ms=0))

    assert not run(store.break_lock("b"))
    assert run(store.break_lock("a"))
    assert run(store.holder()) is None


def test_unlocking_where_nothing_was_locked_is_no_problem(harness: LocalHarness) -> None:
    harness.folder.mkdir()
    run(harness.store().unlock(lock_info("a")))
    run(harness.store().close())


def test_a_writer_that_never_ends_is_waited_for_and_named(harness: LocalHarness) -> None:
    store = harness.store()
    state = run(lived(store))
    disk = RealDisk()
    fd = disk.open(harness.path("lock"), os.O_RDWR)
    assert disk.lock(fd, is_shared=False)
    with pytest.raises(LostRace) as caught:
        run(store.append(state, [approved("x")], AT_MS))
    disk.close(fd)

    assert "state-locked" == code_of(caught)
    assert run(store.append(state, [approved("x")], AT_MS)).serial > state.serial


def test_a_sync_can_ask_for_more_than_the_usual(tmp_path: Path) -> None:
    """On macOS another command is needed; any command without effect shows that it is used."""
    import fcntl

    disk = RealDisk(full_sync=fcntl.F_GETFD)
    fd = disk.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    disk.sync(fd)
    disk.close(fd)


SOME = b"x" * READ_BYTES  # one object however often it is read


class EndlessDisk(RealDisk):
    """A disk on which every file goes on for ever."""

    def read(self, fd: int, size: int, offset: int) -> bytes:
        return SOME


class FullDisk(RealDisk):
    """A disk that takes nothing, and says so."""

    def write(self, fd: int, data: bytes) -> int:
        return 0


def test_a_checkpoint_without_end_is_refused(harness: LocalHarness) -> None:
    harness.folder.mkdir()
    harness.put_checkpoint(b"{}")
    store = LocalStore(
        harness.folder, INITIALISED, clock=StillClock(), caller=caller(), disk=EndlessDisk()
    )
    with pytest.raises(StateProblem) as caught:
        run(store.load())

    assert "File too large" in caught.value.diagnostics[0].why


def test_a_line_without_end_is_refused(harness: LocalHarness) -> None:
    harness.folder.mkdir()
    harness.put_journal(b"{}")
    store = LocalStore(
        harness.folder, INITIALISED, clock=StillClock(), caller=caller(), disk=EndlessDisk()
    )
    with pytest.raises(StateProblem) as caught:
        run(store.load())

    assert "longer than any line" in caught.value.diagnostics[0].why


def test_an_event_longer_than_any_line_is_not_written(harness: LocalHarness) -> None:
    store = harness.store()
    state = run(lived(store))
    with pytest.raises(StateProblem) as caught:
        run(store.append(state, [approved("x" * LINE_BYTES_MAX)], AT_MS))

    assert "Nothing of it was written" in caught.value.diagnostics[0].why


def test_a_disk_that_takes_nothing_is_a_problem(harness: LocalHarness) -> None:
    state = run(lived(harness.store()))
    store = LocalStore(
        harness.folder, INITIALISED, clock=StillClock(), caller=caller(), disk=FullDisk()
    )
    with pytest.raises(StateProblem):
        run(store.checkpoint(state))

    assert harness.checkpoint() is None
    assert [] == list(harness.folder.glob("*.tmp"))
