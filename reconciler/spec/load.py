"""A project from its folder: `reconciler.yaml`, every book under `specs/`, rules across them.

All or nothing: when anything is wrong, or nothing is there, everything is refused. "Nothing
loaded" must never come to mean "cancel everything".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.diagnostics import Diagnostic
from reconciler.errors import InvalidInput
from reconciler.model.config import Project
from reconciler.model.order import DesiredBook
from reconciler.spec.compile import compile_book
from reconciler.spec.files import list_specs, read_file
from reconciler.spec.names import with_venue_names
from reconciler.spec.places import Places
from reconciler.spec.project import BUILT_IN_KINDS, compile_project
from reconciler.spec.project_rules import broken_rules, unused_exceptions
from reconciler.spec.secrecy import ShownSources
from reconciler.spec.source import SourceFile, parse, paused_collector

__all__ = ["PROJECT_FILE", "SPECS_FOLDER", "LoadedProject", "load_project", "load_settings"]

PROJECT_FILE = "reconciler.yaml"
SPECS_FOLDER = "specs"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedProject:
    """A project without errors.

    Attributes:
        books: at least one, sorted by name.
        sources: texts of the files by path, for messages; what looks like a key is masked.
        diagnostics: warnings.
    """

    project: Project
    books: tuple[DesiredBook, ...]
    sources: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...] = ()


def load_project(root: Path, *, kinds: frozenset[str] = BUILT_IN_KINDS) -> LoadedProject:
    """Read, check and compile a project.

    Raises `InvalidInput` with everything that is wrong in all of its files.

    Args:
        root: the folder of `reconciler.yaml`.
        kinds: kinds of venue that have an adapter.
    """
    with paused_collector():
        return _Loader(root).load(kinds)


def load_settings(root: Path, *, kinds: frozenset[str] = BUILT_IN_KINDS) -> Project:
    """Read the project file alone: what needs no book works while a spec is broken.

    Raises `InvalidInput`.
    """
    loader = _Loader(root)
    project = loader.project(kinds)
    loader.raise_problems()
    assert project is not None, "no project without a problem"
    return project


class _Loader:
    """Gathers texts and problems while files are read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, str] = {}
        self._problems: list[Diagnostic] = []
        self._known_places: dict[str, Places] = {}

    def load(self, kinds: frozenset[str]) -> LoadedProject:
        """Read everything, then check what needs all of it."""
        project = self.project(kinds)
        books = [book for path in self._spec_paths() if (book := self._book(path)) is not None]
        books.sort(key=lambda book: (book.name, book.path))
        self._problems += broken_rules(books, project, self._places)
        self.raise_problems()
        assert project is not None, "no project without a problem"
        assert books, "no book without a problem"
        exceptions = project.limits.price_band_exceptions
        warnings = (
            unused_exceptions(books, project, self._places(PROJECT_FILE)) if exceptions else ()
        )
        return LoadedProject(
            project=project,
            books=tuple(with_venue_names(books, project)),
            sources=ShownSources(self._texts),
            diagnostics=tuple(warnings),
        )

    def project(self, kinds: frozenset[str]) -> Project | None:
        """Read the project file."""
        source = self._source(PROJECT_FILE, missing=_NO_PROJECT)
        if source is None:
            return None
        project, problems = compile_project(source, kinds=kinds)
        self._problems += problems
        return project

    def raise_problems(self) -> None:
        """Raise `InvalidInput` when there is any error."""
        if self._problems:
            shown = dict(ShownSources(self._texts))
            raise InvalidInput(*sorted(self._problems, key=Diagnostic.sort_key), sources=shown)

    def _spec_paths(self) -> Sequence[str]:
        paths, problems = list_specs(self._root, SPECS_FOLDER)
        self._problems += problems
        if not paths and not problems and _NO_PROJECT not in self._problems:
            self._problems.append(_NO_SPECS)
        return paths

    def _book(self, path: str) -> DesiredBook | None:
        source = self._source(path, missing=_gone(path))
        if source is None:
            return None
        book, problems = compile_book(source)
        self._problems += problems
        return book

    def _source(self, path: str, *, missing: Diagnostic) -> SourceFile | None:
        try:
            content = read_file(self._root, path)
            if content is None:
                raise InvalidInput(missing)
            source = parse(content, path)
        except InvalidInput as problem:
            self._problems += problem.diagnostics
            self._texts.update(problem.sources)
            return None
        self._texts[path] = source.text
        return source

    def _places(self, path: str) -> Places:
        """Parse a file once more, to say where something stands: places are not kept meanwhile."""
        if path not in self._known_places:
            self._known_places[path] = Places(parse(self._texts[path].encode(), path))
        return self._known_places[path]


_NO_PROJECT = Diagnostic(
    code="no-project",
    summary="There is no project file here.",
    where=PROJECT_FILE,
    why=f"A project is a folder with {PROJECT_FILE} and the folder {SPECS_FOLDER}.",
    next_step="Go to the project's folder, name it with -C, or make one:\nreconciler init",
)
_NO_SPECS = Diagnostic(
    code="no-specs",
    summary="There is no spec file.",
    where=f"{SPECS_FOLDER}/",
    why="Nothing loaded never means that every order is cancelled.",
    next_step=f"Put a book such as {SPECS_FOLDER}/btc.yaml there. A book without orders cancels"
    " what it had.",
)


def _gone(path: str) -> Diagnostic:
    return Diagnostic(
        code="unreadable-file",
        summary="The file cannot be read.",
        where=path,
        why="It was there a moment ago and is not any more.",
        next_step="Run the command again.",
    )
