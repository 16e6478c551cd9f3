"""Finds and reads the files of a project: nothing outside its folder, plain files alone.

Every step goes by a descriptor of the folder above, so that a link put in its place meanwhile is
not followed.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.diagnostics import Diagnostic
from reconciler.errors import InvalidInput
from reconciler.spec.characters import too_large
from reconciler.spec.limits import FILE_BYTES_MAX

__all__ = ["FILES_MAX", "SPEC_SUFFIXES", "list_specs", "read_file"]

SPEC_SUFFIXES = (".yaml", ".yml")
FILES_MAX = 1_000
FOLDER_DEPTH_MAX = 8
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not waiting matters for a pipe: opening one to read would wait for a writer for ever.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_file(root: Path, relative: str) -> bytes | None:
    """Return the bytes of one file, or None when there is none.

    Raises `InvalidInput` for a link, a folder, a device or a pipe, and for a file over the limit.
    """
    *folders, name = relative.split("/")
    assert not {"", ".", ".."} & {*folders, name}, "paths are our own"
    try:
        with _folder(root, folders) as folder:
            descriptor = os.open(name, _FILE, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInput(_unreadable(relative, error)) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidInput(_not_regular(relative))
        if status.st_size > FILE_BYTES_MAX:
            raise InvalidInput(too_large(relative, FILE_BYTES_MAX))
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read(FILE_BYTES_MAX + 1)
    finally:
        os.close(descriptor)


def list_specs(root: Path, folder: str) -> tuple[list[str], list[Diagnostic]]:
    """Return the spec files under a folder of the project, and the entries that are refused.

    Paths are relative to the root with forward slashes, sorted; hidden entries are passed over.
    """
    found: list[str] = []
    problems: list[Diagnostic] = []
    pending = [folder]
    while pending:
        current = pending.pop()
        for name, is_folder, is_file in _entries(root, current, problems):
            path = f"{current}/{name}"
            if is_folder and path.count("/") > FOLDER_DEPTH_MAX:
                problems.append(_too_deep(path))
            elif is_folder:
                pending.append(path)
            elif is_file and name.lower().endswith(SPEC_SUFFIXES):
                found.append(path)
            elif not is_file:
                problems.append(_not_regular(path))
    if len(found) > FILES_MAX:
        problems.append(_too_many(folder, len(found)))
    return sorted(found), problems


def _entries(
    root: Path, folder: str, problems: list[Diagnostic]
) -> Iterator[tuple[str, bool, bool]]:
    """Yield name, whether it is a folder, whether it is a plain file; links are neither."""
    try:
        with _folder(root, folder.split("/")) as descriptor, os.scandir(descriptor) as entries:
            seen = [
                (e.name, e.is_dir(follow_symlinks=False), e.is_file(follow_symlinks=False))
                for e in entries
                if not e.name.startswith(".")
            ]
    except FileNotFoundError:
        return
    except OSError as error:
        problems.append(_unreadable(folder, error))
        return
    yield from seen


@contextmanager
def _folder(root: Path, names: list[str]) -> Iterator[int]:
    """Open a folder below the root step by step, following no link below the root."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in names:
            inner = os.open(name, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def _not_regular(path: str) -> Diagnostic:
    return Diagnostic(
        code="not-a-plain-file",
        summary="This is not a plain file.",
        where=path,
        why="Links, pipes and devices are not read: what they lead to is not what was reviewed.",
        next_step="Put the file itself there, or remove the entry.",
    )


def _unreadable(path: str, error: OSError) -> Diagnostic:
    is_link = error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
    if is_link:
        return _not_regular(path)
    return Diagnostic(
        code="unreadable-file",
        summary="The file cannot be read.",
        where=path,
        why=f"The system says: {error.strerror}.",
        next_step="Check its permissions.",
    )


def _too_deep(path: str) -> Diagnostic:
    return Diagnostic(
        code="too-deep",
        summary="Folders are nested too deep.",
        where=path,
        why=f"Specs may stand {FOLDER_DEPTH_MAX} folders deep.",
        next_step="Move them up.",
    )


def _too_many(folder: str, count: int) -> Diagnostic:
    return Diagnostic(
        code="too-many-files",
        summary="There are too many spec files.",
        where=folder,
        why=f"A project may have {FILES_MAX:,}; found {count:,}.",
        next_step="Put books together, or split the project.",
    )
