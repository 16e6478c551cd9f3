"""The halt as commands use it: a file in the project's state folder, and an event in each journal.

The file alone stops every place and modify, so that a halt holds without a state.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.approving import who
from reconciler.cli.clock import RealClock
from reconciler.cli.output import Options
from reconciler.cli.session import Session, check_lock, gone_entries
from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import (
    InvalidInput,
    Refused,
    StateProblem,
    UsageProblem,
)
from reconciler.execution.halting import halt_sentence, halt_state
from reconciler.model.event import Halted
from reconciler.model.state import Halt, State
from reconciler.statefile.haltfile import read_halt, write_halt

__all__ = [
    "STATE_PATIENCE_S",
    "HaltWatch",
    "HaltWritten",
    "ask",
    "halt_entry",
    "halt_folder",
    "halt_reason",
    "halted_meanwhile",
    "open_settings",
]


# In an emergency nobody waits for long for another process that writes the state.
STATE_PATIENCE_S = 8


def halt_folder(session: Session) -> Path:
    """Return where the halt files of a project are, whatever the state's backend."""
    return session.root / session.project.state.path


def halt_reason(folder: Path, venue: str) -> str | None:
    """Return why nothing may be placed or modified at a venue entry by its halt file, or None."""
    halt = read_halt(folder, venue)
    return halt_sentence(halt) if halt is not None else None


@dataclass(slots=True, kw_only=True)
class HaltWatch:
    """Says why a run must not go on: an earlier reason, or a halt that came after its look.

    A run that was planned under a halt sends only cancels, and those always pass.

    Attributes:
        earlier: another reason to stop, such as a signal.
        was_halted: a halt file stood when the run was planned.
        has_stopped: it was the halt that stopped the run.
    """

    folder: Path
    venue: str
    earlier: Callable[[], str | None]
    was_halted: bool
    has_stopped: bool = False

    def __call__(self) -> str | None:
        """Return the reason, or None."""
        why = self.earlier()
        if why is not None or self.was_halted:
            return why
        why = halt_reason(self.folder, self.venue)
        self.has_stopped = why is not None
        return why


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltWritten:
    """How far a halt was made durable at one venue entry.

    Attributes:
        halt: as we would have it in the file.
        is_new: no halt file stood before.
        is_in_file: the file stands.
        state: as it is under the halt; None when there is none, or it could not be written.
        problems: what could not be done.
    """

    halt: Halt
    is_new: bool
    is_in_file: bool
    state: State | None
    problems: tuple[StateProblem, ...]

    @property
    def is_durable(self) -> bool:
        """Whether the halt holds anywhere."""
        return self.is_in_file or (self.state is not None and self.state.halt is not None)


async def halt_entry(session: Session, name: str, *, why: str) -> HaltWritten:
    """Halt one venue entry: the file first, then the journal. Never raises `StateProblem`."""
    folder = halt_folder(session)
    halt = Halt(by=who(), why=why, at_ms=session.clock.now_ms())
    problems: list[StateProblem] = []
    before = read_halt(folder, name)
    try:
        # One that cannot be read halts too, but only for as long as it stays as it is; and what
        # another command wrote, that command may take back.
        if before is None or not before.by or before.why != why:
            write_halt(folder, name, halt)
    except StateProblem as problem:
        problems.append(problem)
    # What cannot be read here may be no file at all to another user.
    is_in_file = not problems or (before is not None and bool(before.by))
    state: State | None = None
    store = session.store(name)
    try:
        async with asyncio.timeout(STATE_PATIENCE_S):
            state = await halt_state(store, session.clock, Halted(by=halt.by, why=why))
    except StateProblem as problem:
        problems.append(problem)
    except TimeoutError:
        problems.append(_busy(name))
    finally:
        await store.close()
    return HaltWritten(
        halt=halt,
        is_new=before is None,
        is_in_file=is_in_file,
        state=state,
        problems=tuple(problems),
    )


def _busy(name: str) -> StateProblem:
    return StateProblem(
        Diagnostic(
            code="state-busy",
            summary="The halt could not be written into the state in time.",
            where=f"venue entry {name}",
            why="Another process has been writing there for too long.",
            next_step="The halt file holds on this machine.",
        )
    )


def open_settings(options: Options, *, is_urgent: bool = False) -> Session:
    """Load the project file and the lock file, no spec: what works while a spec is broken.

    With `is_urgent` a lock file that cannot be read, or is of another project, is said and taken
    as absent. Raises `InvalidInput` and `StateProblem`.
    """
    from reconciler.spec.load import load_settings
    from reconciler.statefile.lockfile import LOCK_FILE, read_lock

    root = Path(options.folder)
    project = load_settings(root)
    try:
        lock = read_lock(root / LOCK_FILE)
        check_lock(lock.project if lock is not None else None, project)
    except (InvalidInput, StateProblem) as problem:
        if not is_urgent:
            raise
        options.output.talk(problem.render())
        lock = None
    gone = gone_entries(options, lock.venues if lock is not None else (), project)
    found = {name: lock.lineage(name) for name in project.venues} if lock is not None else {}
    return Session(
        options=options,
        root=root,
        project=project,
        books=(),
        sources={},
        lineages={name: lineage for name, lineage in found.items() if lineage is not None},
        clock=RealClock(),
        gone=gone,
    )


def halted_meanwhile(watch: HaltWatch) -> Refused | None:
    """Return what stopped a run, or made it lose a race: a halt that came while it was at work."""
    why = halt_reason(watch.folder, watch.venue) if not watch.was_halted else None
    if why is None:
        return None
    return Refused(
        Diagnostic(
            code="halted",
            summary="The run was stopped by a halt; nothing more was sent.",
            where=f"venue entry {watch.venue}",
            why=f"{display(why)} What was in flight is on record; the next run settles it.",
            next_step="reconciler resume",
        )
    )


def ask(options: Options, question: str, *, is_approved: bool) -> bool:
    """Return whether a person approves. Raises `UsageProblem` where nobody can be asked."""
    if is_approved:
        return True
    import sys

    if not sys.stdin.isatty():
        raise UsageProblem(
            Diagnostic(
                code="no-approval",
                summary="Nobody is there to approve.",
                next_step="Run it in a terminal, or pass --auto-approve.",
            )
        )
    options.output.flush()
    options.output.talk(f"{question} Only `yes` is taken as approval.")
    try:
        return input("yes? ").strip() == "yes"
    except EOFError:
        return False
