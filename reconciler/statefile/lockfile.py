"""`reconciler.lock`: which history of orders a project owns.

`state init` makes it and users commit it. It pins the lineage of each venue entry's state, so that
a state that is missing or of another project is seen, and orders at the venue can be told to be
ours without any state.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import InvalidInput
from reconciler.records import RecordProblem, decode, encode, parse_json

__all__ = ["LOCK_FILE", "ProjectLock", "parse_lock", "read_lock", "write_lock"]

LOCK_FILE = "reconciler.lock"
LOCK_VERSION = 1
LOCK_BYTES_MAX = 1 << 20
_LINEAGE = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,47}")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueLock:
    """What is pinned of one venue entry.

    Attributes:
        lineage: 128 random bits as 32 hex digits.
        born_at_ms: when it began, by the clock of who began it: no order of it is older. 0 when
            that is not known.
    """

    lineage: str
    born_at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLock:
    """The file.

    Attributes:
        venues: by name of the venue entry.
    """

    version: int
    project: str
    venues: Mapping[str, VenueLock]

    @classmethod
    def of(cls, project: str, lineages: Mapping[str, str]) -> "ProjectLock":
        """Make one from the lineage by venue entry."""
        venues = {name: VenueLock(lineage=lineage) for name, lineage in lineages.items()}
        return cls(version=LOCK_VERSION, project=project, venues=venues)

    def with_born(self, lineages: Mapping[str, str], at_ms: int) -> "ProjectLock":
        """Return the file with further venue entries, which begin now; the others stay."""
        born = {name: VenueLock(lineage=x, born_at_ms=at_ms) for name, x in lineages.items()}
        return replace(self, venues={**self.venues, **born})

    def lineage(self, venue: str) -> str | None:
        """Return the lineage of a venue entry, None when it has none yet."""
        found = self.venues.get(venue)
        return found.lineage if found else None

    def born_at_ms(self, venue: str) -> int:
        """Return when the lineage of a venue entry began, 0 when that is not known."""
        found = self.venues.get(venue)
        return found.born_at_ms if found else 0


def read_lock(path: Path) -> ProjectLock | None:
    """Return what the file says, None when there is none. Raises `InvalidInput`."""
    try:
        if path.is_symlink():
            raise _invalid(path, "It is a symbolic link.")
        with path.open("rb") as file:
            data = file.read(LOCK_BYTES_MAX + 1)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _invalid(path, f"{problem.strerror}.") from None
    return parse_lock(data, path)


def parse_lock(data: bytes, path: Path) -> ProjectLock:
    """Return what the bytes of the file say. Raises `InvalidInput`."""
    if len(data) > LOCK_BYTES_MAX:
        raise _invalid(path, "It is far larger than any lock file.")
    try:
        lock = decode(ProjectLock, parse_json(data.decode("utf-8")))
    except (RecordProblem, UnicodeDecodeError) as problem:
        raise _invalid(path, f"{display(str(problem))}.") from None
    if lock.version != LOCK_VERSION:
        raise _invalid(path, f"Its version is {lock.version}, expected {LOCK_VERSION}.")
    for name, pinned in lock.venues.items():
        if not _NAME.fullmatch(name):
            raise _invalid(path, f"{display(name)} is no name of a venue entry.")
        if not _LINEAGE.fullmatch(pinned.lineage):
            raise _invalid(path, f"The lineage of {display(name)} is not 32 hex digits.")
        if pinned.born_at_ms < 0:
            raise _invalid(path, f"The birth of {display(name)} is before 1970.")
    return lock


def write_lock(path: Path, lock: ProjectLock) -> None:
    """Write the file in one step, for people to read and commit."""
    text = json.dumps(encode(lock), indent=2, sort_keys=True) + "\n"
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _invalid(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        Diagnostic(
            code="lock-file-invalid",
            summary="The lock file cannot be read",
            where=str(path),
            why=why,
            next_step="Restore it from the repository; it is never edited by hand.",
        )
    )
