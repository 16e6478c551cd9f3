"""The lock file beside the project file and the states: what it pins, and what it lacks."""

from collections.abc import Mapping, Sequence

from reconciler.cli.output import Options
from reconciler.cli.session import Session
from reconciler.diagnostics import Diagnostic, Severity, display, render_one
from reconciler.errors import StateProblem
from reconciler.model.event import Initialised
from reconciler.model.state import State
from reconciler.statefile.lockfile import LOCK_FILE, ProjectLock, read_lock, write_lock

__all__ = ["pin", "refuse_renamed", "warn_unpinned"]


def pin(session: Session, lineages: Mapping[str, str], births_ms: Mapping[str, int]) -> None:
    """Write lineages of venue entries into the lock file; the others stay."""
    if not lineages:
        return
    path = session.root / LOCK_FILE
    lock = read_lock(path) or ProjectLock.of(session.project.name, {})
    for name, lineage in lineages.items():
        lock = lock.with_born({name: lineage}, births_ms[name])
    write_lock(path, lock)


async def refuse_renamed(session: Session, fresh: Sequence[str]) -> None:
    """Raise `StateProblem` where an entry would begin anew that has a history under another name.

    What filled under the old name would be bought again, and what rests there be foreign.
    """
    if not fresh:
        return
    for gone in session.gone:
        store = session.store_of(_recorded(session, gone))
        try:
            state = await store.load()
        finally:
            await store.close()
        if state is None:
            continue
        for name in fresh:
            if _account(session.identity(name)) == _account(state):
                raise _renamed(name, gone)


def warn_unpinned(options: Options, name: str) -> None:
    """Say that the lineage of a state stands nowhere else."""
    warning = Diagnostic(
        code="not-pinned",
        summary="The lock file does not name the lineage of a state.",
        severity=Severity.WARNING,
        where=f"{LOCK_FILE}, venue entry {name}",
        why="If the state is lost too, nothing says any more which orders are ours, and what has "
        "filled would be bought again.",
        next_step="Restore the file from the repository; or write it anew, and commit it:\n"
        "reconciler state init",
    )
    options.output.talk(render_one(warning))


def _recorded(session: Session, name: str) -> Initialised:
    """Return what is known of an entry that is not in the project file; empty fields may be any."""
    return Initialised(
        project=session.project.name, venue=name, kind="", network="", account="", lineage=""
    )


def _account(of: Initialised | State) -> tuple[str, str, str]:
    return (of.kind, of.network, of.account.lower())


def _renamed(name: str, gone: str) -> StateProblem:
    return StateProblem(
        Diagnostic(
            code="venue-entry-renamed",
            summary="This account has a history under another name of its venue entry.",
            where=f"venue entry {name}",
            why=f"It was {display(gone)} before. Under a new name it would begin without a "
            "history: what has filled would be bought again, and what rests would be foreign.",
            next_step=f"Call the venue entry {display(gone)} again, in the project file and in the "
            "books.",
        )
    )
