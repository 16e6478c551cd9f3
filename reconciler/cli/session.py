"""One command's world: the loaded project, and for each venue entry its store and its adapter."""

import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.clock import RealClock
from reconciler.cli.output import Options
from reconciler.cli.repository import ask_git
from reconciler.diagnostics import Diagnostic, Severity, display, render_all, render_one
from reconciler.errors import StateProblem, UsageProblem
from reconciler.model.config import Project, VenueSettings
from reconciler.model.event import Initialised
from reconciler.model.nonces import NonceLane
from reconciler.model.order import DesiredBook
from reconciler.model.state import State
from reconciler.ports import Store, Venue
from reconciler.secret import Secret
from reconciler.venues.pacing import Paces

if TYPE_CHECKING:
    from reconciler.execution.looking import Expander, Shell

__all__ = ["Session", "check_lock", "gone_entries", "open_session"]

# After the expiry: the venue's window, the reads of a proof, and room for a slow answer.
CLOSING_MARGIN_MS = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a command works on.

    Attributes:
        root: the project folder.
        sources: text of every file read, by path, to show with diagnostics.
        lineages: by venue entry, from the lock file; an entry without one is absent.
        births: when each lineage began, by our clock; 0 when that is not known.
        paces: what this process has spent of the venues' rate limits.
        gone: venue entries that the lock file names and the project file does not.
    """

    options: Options
    root: Path
    project: Project
    books: tuple[DesiredBook, ...]
    sources: Mapping[str, str]
    lineages: Mapping[str, str]
    clock: RealClock
    births: Mapping[str, int] = field(default_factory=dict)
    paces: Paces = field(default_factory=Paces)
    gone: tuple[str, ...] = ()

    def entry_names(self) -> Sequence[str]:
        """Return the venue entries in a fixed order."""
        return sorted(self.project.venues)

    def nonces(self, name: str) -> NonceLane:
        """Return the nonces that only one venue entry of the project uses."""
        names = self.entry_names()
        return NonceLane(index=names.index(name), count=len(names))

    def books_of(self, name: str) -> tuple[DesiredBook, ...]:
        """Return the books of one venue entry."""
        return tuple(book for book in self.books if book.venue == name)

    def identity(self, name: str) -> Initialised:
        """Return what the journal of a venue entry must be of."""
        settings = self.project.venues[name]
        return Initialised(
            project=self.project.name,
            venue=name,
            kind=settings.kind,
            network=settings.network,
            account=settings.account.lower(),
            lineage=self.lineages.get(name, ""),
        )

    def store(self, name: str) -> Store:
        """Open the store of a venue entry."""
        return self.store_of(self.identity(name))

    def store_of(self, identity: Initialised) -> Store:
        """Open the store of what is stored under an identity."""
        from reconciler.statefile.lease import Caller
        from reconciler.statefile.local import LocalStore

        caller = Caller(
            owner=os.environ.get("USER") or str(os.getuid()),
            host=socket.gethostname(),
            token=os.urandom(8).hex(),
        )
        return LocalStore(
            self.root / self.project.state.path,
            identity,
            clock=self.clock,
            caller=caller,
        )

    def venue(self, name: str, secrets: Mapping[str, Secret]) -> Venue:
        """Make the adapter of a venue entry; nothing is contacted yet."""
        from reconciler.execution.watching import watched
        from reconciler.venues.registry import make_venue

        venue = make_venue(
            self.project.venues[name], secrets=secrets, clock=self.clock, paces=self.paces
        )
        return watched(venue, name=name, clock=self.clock, progress=self.options)

    def reading_venue(self, name: str) -> Venue:
        """Make an adapter that reads: with the keys that its venue wants for that, if any."""
        from reconciler.cli.credentials import READING_ROLES

        return self.venue(name, self.secrets(name, READING_ROLES))

    def secrets(self, name: str, roles: frozenset[str] | None = None) -> dict[str, Secret]:
        """Read the keys of a venue entry, and let no output show them from here on."""
        from reconciler.cli.credentials import read_secrets
        from reconciler.secret import Redactor

        found = read_secrets(self.project.venues[name], self.root, roles)
        redactor = Redactor(found.values())
        earlier = self.options.output.redact
        self.options.output.redact = lambda text: redactor.redact(earlier(text))
        return found

    def settings(self, name: str) -> VenueSettings:
        """Return the settings of a venue entry."""
        return self.project.venues[name]

    def shell(self, venue: Venue, *, is_acting: bool) -> "Shell":
        """Return what looking and acting at a venue need besides it."""
        from reconciler.execution.looking import Shell
        from reconciler.execution.resolver import READ_ONLY, ClosingPolicy

        can = venue.capabilities
        longest_ms = can.request_life_ms + can.absence.over_ms + CLOSING_MARGIN_MS
        acting = ClosingPolicy(may_burn=True, wait_ms=longest_ms)
        return Shell(
            clock=self.clock,
            expand=self.expander(),
            closing=acting if is_acting else READ_ONLY,
        )

    def expander(self) -> "Expander":
        """Return what makes orders of a book's ladders, with places in the specs."""
        from reconciler.spec.expand import expand_book

        return partial(expand_book, sources=self.sources)

    def commit(self) -> str:
        """Return the commit of the project folder, or empty when it is in no repository."""
        return (ask_git(self.root, "rev-parse", "HEAD") or "").strip()

    def without_state(self, name: str) -> State:
        """Return the state of an entry that has none yet: nothing of ours is known."""
        identity = self.identity(name)
        return State(
            project=identity.project,
            venue=identity.venue,
            kind=identity.kind,
            network=identity.network,
            account=identity.account,
            lineage=identity.lineage,
            serial=-1,
        )


def open_session(options: Options) -> Session:
    """Load the project and all its specs. Raises `InvalidInput` with every diagnostic."""
    from reconciler.spec.load import load_project
    from reconciler.statefile.lockfile import LOCK_FILE, read_lock

    root = Path(options.folder)
    if not root.is_dir():
        raise UsageProblem(
            Diagnostic(
                code="no-folder",
                summary="The project folder does not exist.",
                where=options.folder,
                next_step="Name a folder that holds a reconciler.yaml.",
            )
        )
    loaded = load_project(root)
    if loaded.diagnostics:
        options.output.talk(render_all(loaded.diagnostics, loaded.sources))
    lock = read_lock(root / LOCK_FILE)
    check_lock(lock.project if lock is not None else None, loaded.project)
    gone = gone_entries(options, lock.venues if lock is not None else (), loaded.project)
    lineages = {
        name: lineage
        for name in loaded.project.venues
        if lock is not None and (lineage := lock.lineage(name)) is not None
    }
    return Session(
        options=options,
        root=root,
        project=loaded.project,
        books=loaded.books,
        sources=loaded.sources,
        lineages=lineages,
        clock=RealClock(),
        births={name: lock.born_at_ms(name) for name in lineages} if lock is not None else {},
        gone=gone,
    )


def gone_entries(options: Options, pinned: Iterable[str], project: Project) -> tuple[str, ...]:
    """Return the entries that are pinned and not in the project file, and point them out."""
    gone = tuple(sorted(set(pinned) - project.venues.keys()))
    for name in gone:
        warning = Diagnostic(
            code="venue-entry-gone",
            summary="The lock file names a venue entry that the project file does not have.",
            severity=Severity.WARNING,
            where="reconciler.lock",
            why=f"`{display(name)}` has a history. Its orders are not looked at: they may rest, "
            "and fill.",
            next_step=f"Put the entry back under its name into {project.path}. If it is to go: "
            "`reconciler destroy` first, then take it out of reconciler.lock.",
        )
        options.output.talk(render_one(warning))
    return gone


def check_lock(locked: str | None, project: Project) -> None:
    """Raise `StateProblem` when the lock file is of another project."""
    if locked is not None and locked != project.name:
        raise StateProblem(
            Diagnostic(
                code="lock-of-another-project",
                summary="The lock file belongs to another project.",
                where="reconciler.lock",
                why=f"It names {display(locked)}, the project file names {project.name}.",
                next_step=f"Write `project: {display(locked)}` in {project.path}: a project keeps "
                "its name, since its orders carry it. If the folder is a copy for another project, "
                "move reconciler.lock and the state away.",
            )
        )
