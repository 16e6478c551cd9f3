"""The local halt: a file that stops every place and modify, whatever the state says.

`panic` writes it first, so that it holds even when the state cannot be written.
"""

import os
from pathlib import Path

from reconciler.model.state import Halt
from reconciler.records import RecordProblem, canonical_json, decode, encode, parse_json
from reconciler.statefile import problems
from reconciler.statefile.disk import Disk, RealDisk, opened, read_file, replace_file

__all__ = ["lift_halt", "read_halt", "write_halt"]

# Whatever stands in the file, its being there is what counts.
UNREADABLE = Halt(by="", why="the halt file cannot be read", at_ms=0)


def read_halt(folder: Path, venue: str, *, disk: Disk | None = None) -> Halt | None:
    """Return the halt of a venue entry, None when there is none. A file that is not ours halts."""
    try:
        data = read_file(disk or RealDisk(), _path(folder, venue))
    except OSError:
        return UNREADABLE
    if data is None:
        return None
    try:
        return decode(Halt, parse_json(data.decode("utf-8")))
    except (RecordProblem, UnicodeDecodeError):
        return UNREADABLE


def write_halt(folder: Path, venue: str, halt: Halt, *, disk: Disk | None = None) -> None:
    """Write the halt durably. Raises `StateProblem`."""
    disk = disk or RealDisk()
    path = _path(folder, venue)
    try:
        disk.make_folder(folder)
        replace_file(disk, path, f"{canonical_json(encode(halt))}\n".encode())
    except OSError as problem:
        raise problems.unwritable(str(path), problem, is_maybe_written=True) from None


def lift_halt(folder: Path, venue: str, *, disk: Disk | None = None) -> bool:
    """Remove the halt durably; say whether there was one. Raises `StateProblem`."""
    disk = disk or RealDisk()
    path = _path(folder, venue)
    try:
        with opened(disk, path, os.O_RDONLY) as fd:
            if fd is None:
                return False
        disk.remove(path)
        disk.sync_folder(folder)
    except OSError as problem:
        raise problems.unwritable(str(path), problem, is_maybe_written=True) from None
    return True


def _path(folder: Path, venue: str) -> Path:
    return folder / f"{venue}.halt"
