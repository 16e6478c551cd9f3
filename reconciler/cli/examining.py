"""Gathers what `doctor` judges: files and their modes, the repository, states, venues and keys."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from reconciler.checkup.project import FileFact, ProjectFacts, RepositoryFacts, project_findings
from reconciler.checkup.record import EntryFacts, entry_findings, last_refusal
from reconciler.cli.halting import halt_folder
from reconciler.cli.repository import ask_git
from reconciler.cli.session import Session
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.errors import CredentialsProblem, InvalidInput, ReconcilerError, StateProblem
from reconciler.model.examination import Examination, Finding, Refusal
from reconciler.model.order import DesiredBook
from reconciler.model.transitions import Stamped
from reconciler.ports import Examinable, Store, Venue
from reconciler.render.findings import Group
from reconciler.secret import Secret
from reconciler.statefile.haltfile import read_halt

__all__ = ["examined"]

TEXT_BYTES_MAX = 1 << 20
CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


@runtime_checkable
class _HasJournal(Protocol):
    """A store that can show its journal."""

    async def events(self) -> tuple[Stamped, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What was found at one venue entry; `signer` is empty without a key."""

    group: Group
    signer: str


async def examined(session: Session, text: str) -> list[Group]:
    """Return everything that was found, the project first.

    Args:
        text: a refusal that a person asks about; empty for the newest one on record.
    """
    books, problems = _books(session)
    session = replace(session, books=books)
    entries = [await _entry(session, name, text) for name in session.entry_names()]
    pairs = zip(session.entry_names(), entries, strict=True)
    facts = ProjectFacts(
        state_path=session.project.state.path,
        entries=session.entry_names(),
        books=problems or len(books),
        pinned=frozenset(session.lineages),
        repository=_repository(session),
        private=tuple(_private(session)),
        signers={name: entry.signer for name, entry in pairs if entry.signer},
    )
    project = Group(name=f"project {session.project.name}", findings=project_findings(facts))
    return [project, *(entry.group for entry in entries)]


def _books(session: Session) -> tuple[tuple[DesiredBook, ...], tuple[Diagnostic, ...]]:
    from reconciler.spec.load import load_project

    try:
        return load_project(session.root).books, ()
    except InvalidInput as problem:
        return (), problem.diagnostics


# -- one venue entry --


async def _entry(session: Session, name: str, text: str) -> _Entry:
    settings = session.settings(name)
    facts, refusal = await _record(session, name)
    secrets, missing = _secrets(session, name)
    findings = [*entry_findings(facts)]
    signer = ""
    try:
        venue = session.venue(name, secrets)
    except ReconcilerError as problem:
        findings += [_wrong("settings", each) for each in problem.diagnostics]
    else:
        try:
            found = await _ask(venue, _wanted(session, name, text, refusal))
            signer = _signer(venue, secrets)
        finally:
            await venue.close()
        findings += [*found, *missing]
    note = f"{settings.kind}, {settings.network}, account {settings.account or 'of its key'}"
    return _Entry(group=Group(name=name, note=note, findings=findings), signer=signer)


async def _ask(venue: Venue, wanted: Examination) -> tuple[Finding, ...]:
    """Examine a venue, or check its account where it cannot say more."""
    if isinstance(venue, Examinable):
        return await venue.examine(wanted)
    found = [_wrong("account", each) for each in await venue.check_account()]
    return tuple(found) or (Finding(subject="account", said="nothing wrong with it"),)


def _wrong(subject: str, problem: Diagnostic) -> Finding:
    is_error = problem.severity is Severity.ERROR
    return Finding(subject=subject, said="is wrong" if is_error else "look", problem=problem)


def _wanted(session: Session, name: str, text: str, refusal: Refusal | None) -> Examination:
    books = session.books_of(name)
    holders = [holder for book in books for holder in book.holders]
    options = {
        holder.ladder.template.options if holder.ladder is not None else order.terms.options
        for holder in holders
        for order in holder.orders[:1]
    }
    if text:
        # What is on record of the same one says how it was signed.
        is_recorded = refusal is not None and (text in refusal.text or refusal.text in text)
        refusal = refusal if is_recorded else Refusal(text=text)
    return Examination(
        instruments=frozenset(holder.instrument for holder in holders),
        options=frozenset(each for each in options if each),
        refusal=refusal,
    )


async def _record(session: Session, name: str) -> tuple[EntryFacts, Refusal | None]:
    """Return what the state of an entry says, and the last refusal of its journal."""
    halt = read_halt(halt_folder(session), name)
    store: Store = session.store(name)
    refusal = None
    try:
        state = await store.load()
        if state is not None and isinstance(store, _HasJournal):
            refusal = last_refusal(await store.events())
    except StateProblem as problem:
        return EntryFacts(name=name, state=problem.diagnostics[0], halt=halt), None
    finally:
        await store.close()
    return EntryFacts(name=name, state=state, halt=halt), refusal


def _secrets(session: Session, name: str) -> tuple[dict[str, Secret], tuple[Finding, ...]]:
    """Return the keys that are at hand, and what to say when they are not."""
    if not session.settings(name).secrets:
        said = "the project file names none: it can plan, and not apply"
        return {}, (Finding(subject="key", said=said, is_skipped=True),)
    try:
        return session.secrets(name), ()
    except CredentialsProblem as problem:
        found = problem.diagnostics[0]
        if found.code in ("key-missing", "password-missing"):
            said = "not at hand, so what needs one was not checked"
            return {}, (Finding(subject="key", said=said, is_skipped=True),)
        return {}, (Finding(subject="key", said="cannot be read", problem=found),)


def _signer(venue: Venue, secrets: dict[str, Secret]) -> str:
    try:
        return venue.signer_address() if secrets else ""
    except CredentialsProblem:
        return ""  # said among what the venue's examination found


# -- the machine and the repository --


def _private(session: Session) -> Iterator[FileFact]:
    folder = session.root / session.project.state.path
    paths = [folder, *sorted(folder.iterdir())] if folder.is_dir() else []
    sources = [s for venue in session.project.venues.values() for s in venue.secrets.values()]
    paths += [session.root / source.name for source in sources if source.kind == "keystore"]
    for path in paths:
        try:
            found = path.lstat()
        except OSError:
            continue
        mode = stat.S_IMODE(found.st_mode)
        shown = str(path.relative_to(session.root))
        yield FileFact(path=shown, mode=mode, is_folder=stat.S_ISDIR(found.st_mode))


def _repository(session: Session) -> RepositoryFacts | None:
    where = ask_git(session.root, "rev-parse", "--show-toplevel", "--show-prefix")
    if where is None:
        return None
    top, prefix, *_ = [*where.split("\n"), ""]
    root = Path(top)
    texts = [text for name in CODEOWNERS if (text := _text(root / name)) is not None]
    workflows = root / ".github" / "workflows"
    tracked = ask_git(session.root, "ls-files", "-z") or ""
    return RepositoryFacts(
        prefix=prefix,
        codeowners=texts[0] if texts else None,
        workflows=sorted(p.name for p in workflows.iterdir()) if workflows.is_dir() else (),
        tracked=frozenset(name for name in tracked.split("\0") if name),
    )


def _text(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(TEXT_BYTES_MAX).decode("utf-8", "replace")
    except OSError:
        return None
