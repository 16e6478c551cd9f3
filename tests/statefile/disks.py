"""Disks that fail: one that fails at a chosen call, one that forgets what was not synced."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from reconciler.statefile.disk import RealDisk

# Closing is not among them: what matters was synced before, and nothing rests on it.
CALLS = (
    "open",
    "size",
    "read",
    "write",
    "truncate",
    "sync",
    "lock",
    "rename",
    "remove",
    "has_folder",
    "make_folder",
    "sync_folder",
)


class FailingDisk(RealDisk):
    """The real disk, but for its n-th call from 1, and all after it while `is_for_good`."""

    def __init__(self, fail_at: int, *, code: int = errno.EIO, is_for_good: bool = False) -> None:
        super().__init__()
        self.fail_at = fail_at
        self.code = code
        self.is_for_good = is_for_good
        self.calls = 0
        self.failed: list[str] = []
        for name in CALLS:
            setattr(self, name, self._counted(name, getattr(super(), name)))

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def counted(*args: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self.fail_at or (self.is_for_good and self.calls > self.fail_at):
                self.failed.append(name)
                if name == "write":
                    self._write_some(*args)
                raise OSError(self.code, os.strerror(self.code))
            return call(*args, **named)

        return counted

    def _write_some(self, fd: int, data: bytes) -> None:
        os.write(fd, data[: len(data) // 2])


class ShortDisk(RealDisk):
    """A disk that takes half of every write, and says so."""

    def write(self, fd: int, data: bytes) -> int:
        return os.write(fd, data[: max(1, len(data) // 2)])


class PowerCut(Exception):
    pass


@dataclass
class File:
    """A file: what a reader sees, and what is safe."""

    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""


@dataclass
class Names:
    """The names in the folder: what a reader sees, and what is safe."""

    now: dict[Path, File] = field(default_factory=dict)
    synced: dict[Path, File] = field(default_factory=dict)


class ForgettingDisk:
    """A disk in memory that loses its power at the n-th call.

    After `restart` a file has what was synced and `keep` of what was written behind it; names are
    as of the last sync of the folder, or as they were seen when `keeps_names`.
    """

    def __init__(self, cut_at: int, *, keep: float = 0.0, keeps_names: bool = False) -> None:
        self.cut_at = cut_at
        self.keep = keep
        self.keeps_names = keeps_names
        self.calls = 0
        self.names = Names()
        self.open_files: dict[int, File] = {}
        self.has = False

    def restart(self) -> None:
        self.cut_at = 0
        self.open_files.clear()
        names = self.names.now if self.keeps_names else self.names.synced
        for file in names.values():
            file.data = bytearray(self._survivor(file))
            file.synced = bytes(file.data)
        self.names = Names(now=dict(names), synced=dict(names))

    def _survivor(self, file: File) -> bytes:
        now = bytes(file.data)
        safe = len(file.synced)
        if not now.startswith(file.synced):  # cut or rewritten, and not synced: one or the other
            return now if self.keep >= 1 else file.synced
        return now[: safe + int((len(now) - safe) * self.keep)]

    def _step(self) -> None:
        self.calls += 1
        if self.calls == self.cut_at:
            raise PowerCut

    def open(self, path: Path, flags: int) -> int:
        self._step()
        file = self.names.now.get(path)
        if file is None:
            if not flags & os.O_CREAT:
                raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
            file = self.names.now[path] = File()
        if flags & os.O_TRUNC:
            file.data.clear()
        fd = 1000 + self.calls
        self.open_files[fd] = file
        return fd

    def close(self, fd: int) -> None:
        self.open_files.pop(fd, None)

    def size(self, fd: int) -> int:
        self._step()
        return len(self.open_files[fd].data)

    def read(self, fd: int, size: int, offset: int) -> bytes:
        self._step()
        return bytes(self.open_files[fd].data[offset : offset + size])

    def write(self, fd: int, data: bytes) -> int:
        self.open_files[fd].data += data  # it may all be written, and the power cut still
        self._step()
        return len(data)

    def truncate(self, fd: int, size: int) -> None:
        self._step()
        del self.open_files[fd].data[size:]

    def sync(self, fd: int) -> None:
        self._step()
        file = self.open_files[fd]
        file.synced = bytes(file.data)

    def lock(self, fd: int, *, is_shared: bool) -> bool:
        self._step()
        return True

    def rename(self, source: Path, destination: Path) -> None:
        self._step()
        self.names.now[destination] = self.names.now.pop(source)

    def remove(self, path: Path) -> None:
        self._step()
        self.names.now.pop(path, None)

    def has_folder(self, path: Path) -> bool:
        self._step()
        return self.has

    def make_folder(self, path: Path) -> None:
        self._step()
        self.has = True

    def sync_folder(self, path: Path) -> None:
        self._step()
        self.names.synced = dict(self.names.now)
