"""Whether the run that wrote a note still lives: the kernel's lock on a file of its own says."""

import os
import re
from pathlib import Path

from reconciler.ports import LockInfo
from reconciler.statefile.disk import Disk

__all__ = ["Liveness"]

_TOKEN = re.compile(r"[0-9a-z-]{1,64}", re.ASCII)


class Liveness:
    """One run's sign of life, in a folder of this machine."""

    def __init__(self, disk: Disk, folder: Path, venue: str, *, host: str) -> None:
        self._disk = disk
        self._folder = folder
        self._venue = venue
        self._host = host
        self._held: tuple[int, Path] | None = None

    def begin(self, token: str) -> None:
        """Show that the run with this token lives, until `end` or the process ends."""
        path = self._path(token)
        if self._held is None and path is not None:
            fd = self._disk.open(path, os.O_RDWR | os.O_CREAT)
            self._disk.lock(fd, is_shared=False)
            self._held = (fd, path)

    def end(self) -> None:
        """Take the sign of life away."""
        if self._held is not None:
            fd, path = self._held
            self._held = None
            self._disk.remove(path)
            self._disk.close(fd)

    def has_died(self, holder: LockInfo) -> bool:
        """Say whether the holder of a note ran here and is gone; its sign is removed then.

        A holder of another machine, or with a token that is none of ours, is never taken for dead.
        """
        path = self._path(holder.token)
        if path is None or holder.host != self._host:
            return False
        if self._held is not None and self._held[1] == path:
            return False
        fd = self._disk.open(path, os.O_RDWR | os.O_CREAT)
        try:
            is_dead = self._disk.lock(fd, is_shared=False)
            if is_dead:
                self._disk.remove(path)
        finally:
            self._disk.close(fd)
        return is_dead

    def _path(self, token: str) -> Path | None:
        if not _TOKEN.fullmatch(token):
            return None
        return self._folder / f"{self._venue}.running.{token}"
