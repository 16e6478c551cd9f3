"""What is wrong with a project: its files, who owns them, who may read them, what is on record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.checkup.owners import owners_of
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.examination import Finding

__all__ = [
    "FileFact",
    "ProjectFacts",
    "RepositoryFacts",
    "named",
    "project_findings",
]

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
NAMES_SHOWN_MAX = 5
LOCK_FILE = "reconciler.lock"
PROJECT_FILE = "reconciler.yaml"
WORKFLOWS = ".github/workflows/"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFact:
    """A file or folder that must be private.

    Attributes:
        mode: its permission bits.
    """

    path: str
    mode: int
    is_folder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryFacts:
    """The repository that a project is in.

    Attributes:
        prefix: the project's folder in it with a slash at its end, empty for its root.
        codeowners: the text of the file, None without one.
        workflows: names of the files in `.github/workflows`.
        tracked: which of the project's own files are committed, relative to the project.
    """

    prefix: str
    codeowners: str | None
    workflows: Sequence[str]
    tracked: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFacts:
    """A project as it is on this machine.

    Attributes:
        state_path: folder of the state, relative to the project.
        books: how many, or what is wrong with the specs.
        pinned: venue entries that the lock file has a lineage of.
        repository: None when it is in none.
        private: what must be private of what there is.
        signers: public name of the key by venue entry, of those that are at hand.
    """

    state_path: str
    entries: Sequence[str]
    books: int | Sequence[Diagnostic]
    pinned: frozenset[str]
    repository: RepositoryFacts | None
    private: Sequence[FileFact] = ()
    signers: Mapping[str, str] = field(default_factory=dict)


def project_findings(facts: ProjectFacts) -> tuple[Finding, ...]:
    """Return what was found of a project, beside its venues."""
    return (
        _specs(facts),
        _lock(facts),
        *_owners(facts),
        *_tracked(facts),
        *_private(facts),
        *_shared(facts),
    )


def _specs(facts: ProjectFacts) -> Finding:
    if isinstance(facts.books, int):
        noun = "book" if facts.books == 1 else "books"
        return Finding(subject="specs", said=f"{facts.books} {noun}, nothing wrong offline")
    count = len(facts.books)
    problem = Diagnostic(
        code="specs-invalid",
        summary="The specs cannot be read.",
        why=f"{count} {'problem stands' if count == 1 else 'problems stand'} in the way; what "
        "follows is checked without them.",
        next_step="reconciler validate",
    )
    return Finding(subject="specs", said="not valid", problem=problem)


def _lock(facts: ProjectFacts) -> Finding:
    missing = [name for name in facts.entries if name not in facts.pinned]
    if not missing:
        said = f"{LOCK_FILE} pins {', '.join(facts.entries)}"
        return Finding(subject="lock", said=said)
    problem = Diagnostic(
        code="no-lineage",
        summary="A venue entry has no state yet.",
        where=LOCK_FILE,
        why=f"Nothing is pinned for {', '.join(missing)}; nothing can be applied there.",
        next_step="reconciler state init",
        severity=Severity.WARNING,
    )
    return Finding(subject="lock", said="does not pin every venue entry", problem=problem)


def _owners(facts: ProjectFacts) -> Iterator[Finding]:
    repository = facts.repository
    if repository is None:
        yield Finding(
            subject="owners", said="not in a repository: nobody reviews a change", is_skipped=True
        )
        return
    paths = [f"{repository.prefix}{name}" for name in (PROJECT_FILE, LOCK_FILE)]
    paths += [f"{WORKFLOWS}{name}" for name in repository.workflows]
    text = repository.codeowners
    bare = [path for path in paths if text is None or not owners_of(text, path)]
    if not bare:
        yield Finding(subject="owners", said=f"CODEOWNERS guards {len(paths)} files that decide")
        return
    problem = Diagnostic(
        code="not-guarded",
        summary="A file that decides over money has no code owner.",
        where="CODEOWNERS" if text is not None else "no CODEOWNERS",
        why=f"Whoever may push may change {named(bare)}: accounts, limits, or what runs with the "
        "key.",
        next_step="Give each an owner in .github/CODEOWNERS, and require their review.",
        severity=Severity.WARNING,
    )
    yield Finding(
        subject="owners", said=f"{len(bare)} of {len(paths)} not guarded", problem=problem
    )


def _tracked(facts: ProjectFacts) -> Iterator[Finding]:
    repository = facts.repository
    if repository is None:
        return
    inside = sorted(n for n in repository.tracked if n.startswith(f"{facts.state_path}/"))
    if inside:
        problem = Diagnostic(
            code="state-committed",
            summary="The state is committed.",
            where=facts.state_path,
            why=f"{named(inside)} would be rolled back by a checkout, and shows your orders.",
            next_step=f"git rm -r --cached {facts.state_path}",
        )
        yield Finding(subject="repository", said="holds the state", problem=problem)
    elif facts.pinned and LOCK_FILE not in repository.tracked:
        problem = Diagnostic(
            code="lock-not-committed",
            summary="The lock file is not committed.",
            where=LOCK_FILE,
            why="Another checkout would begin a history of its own, and take these orders for "
            "somebody else's.",
            next_step=f"git add {LOCK_FILE}",
            severity=Severity.WARNING,
        )
        yield Finding(subject="repository", said="lacks the lock file", problem=problem)
    else:
        held = "the lock file and " if LOCK_FILE in repository.tracked else ""
        yield Finding(subject="repository", said=f"holds {held}no state")


def _private(facts: ProjectFacts) -> Iterator[Finding]:
    if not facts.private:
        return
    wide = [
        each
        for each in facts.private
        if each.mode & ~(PRIVATE_FOLDER if each.is_folder else PRIVATE_FILE)
    ]
    if not wide:
        yield Finding(subject="files", said=f"{len(facts.private)} are private, as they should be")
        return
    # Files in a private folder are out of reach all the same.
    exposed = [each.path for each in wide if not each.path.startswith(f"{facts.state_path}/")]
    problem = Diagnostic(
        code="not-private",
        summary="Others on this machine could read or change what should be private.",
        why=named([f"{each.path} has mode {each.mode:04o}" for each in wide]) + ".",
        next_step="chmod -R go-rwx " + " ".join(exposed or [facts.state_path]),
        severity=Severity.ERROR if exposed else Severity.WARNING,
    )
    yield Finding(subject="files", said=f"{len(wide)} are not private", problem=problem)


def _shared(facts: ProjectFacts) -> Iterator[Finding]:
    entries: dict[str, list[str]] = {}
    for name, signer in sorted(facts.signers.items()):
        entries.setdefault(signer, []).append(name)
    for signer, names in sorted(entries.items()):
        if len(names) > 1:
            problem = Diagnostic(
                code="shared-key",
                summary="One key signs for several venue entries.",
                why=f"{signer} signs for {', '.join(names)}. Their nonces are kept apart, but when "
                "its approval ends all of them stop.",
                next_step="Approve an agent for each.",
                severity=Severity.WARNING,
            )
            yield Finding(subject="keys", said=f"{', '.join(names)} share one", problem=problem)


def named(names: Sequence[str]) -> str:
    """Return names for a sentence, a few of them when there are many."""
    more = f" and {len(names) - NAMES_SHOWN_MAX} more" if len(names) > NAMES_SHOWN_MAX else ""
    return ", ".join(names[:NAMES_SHOWN_MAX]) + more
