"""A disk in memory that several processes share, and that fails and forgets when told to.

Files survive the death of a process; a power cut loses what was not synced. A process can die
inside a call. Locks are the kernel's: they go with the process.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.statefile.disk import Disk
from tests.simulation.loop import CURRENT, Killed, Process

__all__ = ["Machine", "ProcessDisk"]


@dataclass(eq=False)
class File:
    """What a reader sees, what is safe, and who has locked it."""

    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    owners: set[int] = field(default_factory=set)
    is_exclusive: bool = False


class Machine:
    """The disk of one machine.

    Attributes:
        before: called before each call that changes something, with its name; it may raise
            `OSError`, or kill the process.
        after: called after such a call has taken effect; it may raise `OSError` too.
        cut: how much of a write that fails is there all the same, of so many bytes.
    """

    def __init__(self) -> None:
        self.names: dict[Path, File] = {}
        self.safe_names: dict[Path, File] = {}
        self.folders: set[Path] = set()
        self.before: Callable[[str], None] = lambda call: None
        self.after: Callable[[str], None] = lambda call: None
        self.cut: Callable[[int], int] = lambda size: size // 2
        self.next_fd = 3

    def cut_power(self) -> None:
        """Lose what was not synced. Every process must be dead."""
        self.names = dict(self.safe_names)
        for file in self.names.values():
            file.data = bytearray(file.synced)
            file.owners.clear()

    def read(self, path: Path) -> bytes | None:
        """Return a file as a reader sees it."""
        file = self.names.get(path)
        return bytes(file.data) if file is not None else None

    def write(self, path: Path, data: bytes) -> None:
        """Put a whole file there, safely: what a person does with a copy."""
        file = File(data=bytearray(data), synced=bytes(data))
        self.names[path] = self.safe_names[path] = file

    def remove(self, path: Path) -> None:
        """Remove a file, safely."""
        self.names.pop(path, None)
        self.safe_names.pop(path, None)


class ProcessDisk(Disk):
    """The disk as one process sees it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._files: dict[int, File] = {}

    def belong_to(self, process: Process) -> None:
        """Let go of every lock when the process dies."""
        process.at_death.append(self._let_go)

    def open(self, path: Path, flags: int) -> int:
        _alive()
        file = self._machine.names.get(path)
        if file is None:
            if not flags & os.O_CREAT:
                raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
            file = self._machine.names[path] = File()
        if flags & os.O_TRUNC:
            file.data.clear()
        fd = self._machine.next_fd
        self._machine.next_fd += 1
        self._files[fd] = file
        return fd

    def close(self, fd: int) -> None:
        file = self._files.pop(fd, None)
        if file is not None:
            file.owners.discard(fd)

    def size(self, fd: int) -> int:
        _alive()
        return len(self._files[fd].data)

    def read(self, fd: int, size: int, offset: int) -> bytes:
        _alive()
        return bytes(self._files[fd].data[offset : offset + size])

    def write(self, fd: int, data: bytes) -> int:
        _alive()
        file = self._files[fd]
        try:
            self._machine.before("write" if data.count(b"\n") < 2 else "write of several")
        except (OSError, Killed):
            file.data += data[: self._machine.cut(len(data))]
            raise
        file.data += data
        self._machine.after("write")
        return len(data)

    def truncate(self, fd: int, size: int) -> None:
        _alive()
        self._machine.before("truncate")
        del self._files[fd].data[size:]
        self._machine.after("truncate")

    def sync(self, fd: int) -> None:
        _alive()
        self._machine.before("sync")
        file = self._files[fd]
        file.synced = bytes(file.data)
        self._machine.after("sync")

    def lock(self, fd: int, *, is_shared: bool) -> bool:
        _alive()
        file = self._files[fd]
        others = file.owners - {fd}
        if others and (file.is_exclusive or not is_shared):
            return False
        file.owners.add(fd)
        file.is_exclusive = not is_shared
        return True

    def rename(self, source: Path, destination: Path) -> None:
        _alive()
        self._machine.before("rename")
        self._machine.names[destination] = self._machine.names.pop(source)
        self._machine.after("rename")

    def remove(self, path: Path) -> None:
        _alive()
        self._machine.names.pop(path, None)

    def has_folder(self, path: Path) -> bool:
        _alive()
        return path in self._machine.folders

    def make_folder(self, path: Path) -> None:
        _alive()
        self._machine.folders.add(path)

    def sync_folder(self, path: Path) -> None:
        _alive()
        self._machine.before("sync")
        self._machine.safe_names = dict(self._machine.names)
        self._machine.after("sync")

    def _let_go(self) -> None:
        for fd, file in self._files.items():
            file.owners.discard(fd)
        self._files.clear()


def _alive() -> None:
    process = CURRENT.get()
    if process is not None:
        process.check()
