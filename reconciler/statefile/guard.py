"""One writer at a time among the processes of this machine, for the length of one write."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from reconciler.ports import Clock
from reconciler.statefile import problems
from reconciler.statefile.disk import Disk, opened

__all__ = ["guarded"]

BUSY_WAIT_MS = 5_000
BUSY_POLL_MS = 10


@asynccontextmanager
async def guarded(
    disk: Disk, path: Path, clock: Clock, *, is_shared: bool = False
) -> AsyncIterator[None]:
    """Hold the kernel's lock on a file that is never renamed or removed.

    A reader does not make the file: without it nothing was ever written. A process that ends, in
    whatever way, lets go. Raises `LostRace` when another process writes for longer than any write.
    """
    flags = os.O_RDONLY if is_shared else os.O_RDWR | os.O_CREAT
    with opened(disk, path, flags) as fd:
        if fd is not None:
            for _ in range(BUSY_WAIT_MS // BUSY_POLL_MS):
                if disk.lock(fd, is_shared=is_shared):
                    break
                await clock.sleep_ms(BUSY_POLL_MS)
            else:
                raise problems.held(str(path), None, now_ms=clock.now_ms())
        yield
