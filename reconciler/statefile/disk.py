"""The disk as the store uses it: a few blocking calls, each of which a test can make fail.

Files are made with mode 0600 and folders with 0700. A symbolic link, a folder or a device where a
file is expected is refused, never followed.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

__all__ = ["FULL_SYNC", "Disk", "RealDisk", "opened", "read_file", "replace_file"]

FILE_MODE = 0o600
FOLDER_MODE = 0o700
READ_BYTES = 1 << 20
FILE_BYTES_MAX = 1 << 32
_ALWAYS = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
# macOS keeps what fsync wrote in the drive's cache; this asks the drive as well.
FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)


class Disk(Protocol):
    """What the store asks of a disk. Every method may raise `OSError`."""

    def open(self, path: Path, flags: int) -> int:
        """Open a regular file; flags as for `os.open`. Raises `OSError` for anything but a file."""

    def close(self, fd: int) -> None:
        """Close, and give up a lock held on it."""

    def size(self, fd: int) -> int:
        """Return the length in bytes."""

    def read(self, fd: int, size: int, offset: int) -> bytes:
        """Read at most `size` bytes at an offset; empty at the end."""

    def write(self, fd: int, data: bytes) -> int:
        """Write once; return how many bytes were taken."""

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file."""

    def sync(self, fd: int) -> None:
        """Make what was written durable."""

    def lock(self, fd: int, *, is_shared: bool) -> bool:
        """Try to lock the file among processes; return False when another has it."""

    def rename(self, source: Path, destination: Path) -> None:
        """Move a file over another in one step."""

    def remove(self, path: Path) -> None:
        """Remove a file."""

    def has_folder(self, path: Path) -> bool:
        """Say whether there is a folder. Raises `OSError` when there is something else."""

    def make_folder(self, path: Path) -> None:
        """Make a folder and those above it; one that is there is left as it is."""

    def sync_folder(self, path: Path) -> None:
        """Make names in a folder durable."""


class RealDisk:
    """The disk of this machine.

    `full_sync` is the `fcntl` command which syncs more than `fsync` does, where there is one.
    """

    def __init__(self, *, full_sync: int | None = FULL_SYNC) -> None:
        self._full_sync = full_sync

    def open(self, path: Path, flags: int) -> int:
        fd = os.open(path, flags | _ALWAYS, FILE_MODE)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file", str(path))

    def close(self, fd: int) -> None:
        os.close(fd)

    def size(self, fd: int) -> int:
        return os.fstat(fd).st_size

    def read(self, fd: int, size: int, offset: int) -> bytes:
        return os.pread(fd, size, offset)

    def write(self, fd: int, data: bytes) -> int:
        return os.write(fd, data)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def sync(self, fd: int) -> None:
        if self._full_sync is None:
            os.fsync(fd)
        else:
            fcntl.fcntl(fd, self._full_sync)

    def lock(self, fd: int, *, is_shared: bool) -> bool:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def rename(self, source: Path, destination: Path) -> None:
        source.replace(destination)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def has_folder(self, path: Path) -> bool:
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(mode):
            raise OSError(errno.ENOTDIR, "not a folder, or a symbolic link", str(path))
        return True

    def make_folder(self, path: Path) -> None:
        if not self.has_folder(path):
            path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self.sync_folder(path.parent)

    def sync_folder(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


@contextmanager
def opened(disk: Disk, path: Path, flags: int) -> Iterator[int | None]:
    """Open a file for the length of a block; None when there is none."""
    try:
        fd = disk.open(path, flags)
    except FileNotFoundError:
        yield None
        return
    try:
        yield fd
    finally:
        with suppress(OSError):  # nothing rests on close: what matters was synced before
            disk.close(fd)


def read_file(disk: Disk, path: Path) -> bytes | None:
    """Return the whole of a file, None when there is none."""
    with opened(disk, path, os.O_RDONLY) as fd:
        if fd is None:
            return None
        parts: list[bytes] = []
        total = 0
        while part := disk.read(fd, READ_BYTES, total):
            parts.append(part)
            total += len(part)
            if total > FILE_BYTES_MAX:
                raise OSError(errno.EFBIG, "file too large", str(path))
        return b"".join(parts)


def replace_file(disk: Disk, path: Path, data: bytes) -> None:
    """Put a whole file in place of another in one step, durably. The folder must be there."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with opened(disk, temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as fd:
            assert fd is not None, "O_CREAT makes it"
            rest = memoryview(data)
            while rest:
                taken = disk.write(fd, bytes(rest) if len(rest) < len(data) else data)
                if taken <= 0:
                    raise OSError(errno.EIO, "nothing was written", str(temporary))
                rest = rest[taken:]
            disk.sync(fd)
        disk.rename(temporary, path)
    except OSError:
        with suppress(OSError):
            disk.remove(temporary)
        raise
    disk.sync_folder(path.parent)
