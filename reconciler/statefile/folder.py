"""The files of one venue entry's state, and what may be done to them.

All of it is called under the guard. A write that fails raises `StateProblem`, which says whether
anything may have been written.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.errors import StateProblem
from reconciler.model.event import Initialised
from reconciler.model.state import State
from reconciler.model.transitions import Stamped
from reconciler.statefile import problems
from reconciler.statefile.codec import (
    Checkpoint,
    FormatProblem,
    NewerFormat,
    decode_checkpoint,
    encode_checkpoint,
)
from reconciler.statefile.disk import Disk, opened, read_file, replace_file
from reconciler.statefile.journal import End, last_line, linked_lines, replay

__all__ = ["StateFolder", "Verified", "check_identity"]

IDENTITY = ("project", "venue", "kind", "network", "account", "lineage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a full reading of a journal found, when nothing was wrong.

    Attributes:
        checkpoint_serial: None when there is no checkpoint that can be read.
        torn_bytes: at the end, of a write that was never acknowledged.
    """

    serial: int
    digest: str
    checkpoint_serial: int | None
    torn_bytes: int


class StateFolder:
    """A journal and its checkpoint."""

    def __init__(self, folder: Path, venue: str, disk: Disk) -> None:
        self.path = folder
        self.journal = folder / f"{venue}.journal.jsonl"
        self.checkpoint = folder / f"{venue}.state.json"
        self._disk = disk

    def make(self) -> None:
        """Make the folder."""
        try:
            self._disk.make_folder(self.path)
        except OSError as problem:
            raise _unwritable(self.path, problem, is_maybe_written=False) from None

    def load(self) -> State | None:
        """Return the state: the checkpoint with what the journal has after it, or the journal.

        None when there is neither file.
        """
        with _reading(self.path):
            if not self._disk.has_folder(self.path):
                return None
        with _reading(self.checkpoint):
            saved = self._saved()
        with _reading(self.journal), opened(self._disk, self.journal, os.O_RDONLY) as fd:
            if fd is None:
                self._check_absent()
                return None
            state = self._resume(fd, saved) if saved else None
            return state or self._replay(fd, saved)

    def create(self, data: bytes) -> None:
        """Write the first lines of a journal: all of them or none. Raises `LostRace`."""
        with opened(self._disk, self.journal, os.O_RDONLY) as fd:
            if fd is not None:
                raise problems.lost_race(str(self.journal), found="a state", expected="none")
        if self._saved_bytes() is not None:
            raise problems.missing_journal(str(self.journal))
        try:
            replace_file(self._disk, self.journal, data)
        except OSError as problem:
            raise _unwritable(self.journal, problem, is_maybe_written=True) from None

    def extend(self, state: State, data: bytes) -> None:
        """Write lines behind the one where `state` ends, in one write. Raises `LostRace`."""
        with opened(self._disk, self.journal, os.O_RDWR | os.O_APPEND) as fd:
            if fd is None:
                raise problems.missing_journal(str(self.journal))
            with _reading(self.journal):
                end = last_line(self._disk, fd)
                size = self._disk.size(fd)
            if not _is_at(end, state):
                raise _lost(self.journal, end, state)
            try:
                self._write(fd, end.end if size > end.end else None, data)
            except OSError as problem:
                raise _unwritable(self.journal, problem, is_maybe_written=True) from None

    def save(self, state: State) -> None:
        """Write the checkpoint; nothing when the journal no longer ends at `state`."""
        with opened(self._disk, self.journal, os.O_RDONLY) as fd:
            if fd is None:
                raise problems.missing_journal(str(self.journal))
            with _reading(self.journal):
                end = last_line(self._disk, fd)
        if not _is_at(end, state):
            return
        data = encode_checkpoint(Checkpoint(state=state, offset=end.start))
        try:
            replace_file(self._disk, self.checkpoint, data)
        except OSError as problem:
            raise _unwritable(self.checkpoint, problem, is_maybe_written=False) from None

    def events(self) -> Iterator[Stamped]:
        """Yield every event of the journal, checked link by link."""
        with _reading(self.journal), opened(self._disk, self.journal, os.O_RDONLY) as fd:
            if fd is not None:
                yield from (line.stamped() for line in linked_lines(self._disk, fd))

    def verify(self) -> Verified:
        """Read everything and compare the checkpoint with the fold of the journal."""
        with _reading(self.checkpoint):
            saved = self._saved()
        with _reading(self.journal), opened(self._disk, self.journal, os.O_RDONLY) as fd:
            if fd is None:
                raise problems.missing_journal(str(self.journal))
            state = self._replay(fd, saved)
            torn = self._disk.size(fd) - last_line(self._disk, fd).end
        return Verified(
            serial=state.serial,
            digest=state.digest,
            checkpoint_serial=saved.state.serial if saved else None,
            torn_bytes=torn,
        )

    def _write(self, fd: int, cut_to: int | None, data: bytes) -> None:
        if cut_to is not None:
            self._disk.truncate(fd, cut_to)
        taken = self._disk.write(fd, data)
        if taken != len(data):
            raise OSError(f"only {taken} of {len(data)} bytes were taken")
        self._disk.sync(fd)

    def _saved_bytes(self) -> bytes | None:
        with _reading(self.checkpoint):
            return read_file(self._disk, self.checkpoint)

    def _saved(self) -> Checkpoint | None:
        data = read_file(self._disk, self.checkpoint)
        if data is None:
            return None
        try:
            return decode_checkpoint(data)
        except NewerFormat:
            raise
        except FormatProblem:
            return None  # losing it loses nothing: the journal is the truth

    def _check_absent(self) -> None:
        if self._saved_bytes() is not None:
            raise problems.missing_journal(str(self.journal))

    def _resume(self, fd: int, saved: Checkpoint) -> State | None:
        """Fold what follows the checkpoint; None when the journal does not fit it there."""
        at = saved.state
        lines = linked_lines(self._disk, fd, offset=saved.offset, serial=at.serial - 1, digest=None)
        try:
            first = next(lines, None)
        except FormatProblem:
            return None
        if first is None or (first.serial, first.digest) != (at.serial, at.digest):
            return None
        return replay(at, lines)

    def _replay(self, fd: int, saved: Checkpoint | None) -> State:
        """Fold the whole journal; the checkpoint must be one of the states on the way."""
        lines = linked_lines(self._disk, fd)
        state: State | None = None
        if saved:
            state = replay(None, lines, until=saved.state.serial)
            if state is not None and state.serial < saved.state.serial:
                raise problems.checkpoint_ahead(
                    str(self.journal), checkpoint=saved.state.serial, journal=state.serial
                )
            if state is not None and _as_kept_by(saved.state, state) != saved.state:
                raise FormatProblem("the checkpoint is not a fold of this journal")
        state = replay(state, lines)
        if state is None:
            raise FormatProblem("the journal is empty or has no whole line")
        return state


def _as_kept_by(saved: State, folded: State) -> State:
    """Leave out of a fold what the program that wrote a checkpoint did not keep yet."""
    intents = dict(folded.intents)
    for nonce in intents.keys() & saved.intents.keys():
        pairs = zip(intents[nonce].items, saved.intents[nonce].items, strict=False)
        items = tuple(
            replace(item, target=None) if kept.target is None else item for item, kept in pairs
        )
        intents[nonce] = replace(intents[nonce], items=items)
    lately_ended = folded.lately_ended if saved.lately_ended else {}
    signer = saved.signer and folded.signer
    return replace(folded, signer=signer, intents=intents, lately_ended=lately_ended)


def check_identity(path: Path, state: State, expected: Initialised) -> None:
    """Refuse the state of something else; an empty field of `expected` is not compared."""
    for field in IDENTITY:
        found, wanted = getattr(state, field), getattr(expected, field)
        is_same = found.lower() == wanted.lower() if field == "account" else found == wanted
        if wanted and not is_same:
            raise problems.foreign(str(path), field, found=found, expected=wanted)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except NewerFormat:
        raise problems.newer_format(str(path)) from None
    except (FormatProblem, OSError) as problem:
        raise problems.unreadable(str(path), problem) from None


def _unwritable(path: Path, problem: OSError, *, is_maybe_written: bool) -> StateProblem:
    return problems.unwritable(str(path), problem, is_maybe_written=is_maybe_written)


def _is_at(end: End, state: State) -> bool:
    return (end.line.serial, end.line.digest) == (state.serial, state.digest)


def _lost(path: Path, end: End, state: State) -> StateProblem:
    return problems.lost_race(
        str(path),
        found=f"serial {end.line.serial} ({end.line.digest[:10]})",
        expected=f"{state.serial} ({state.digest[:10]})",
    )
