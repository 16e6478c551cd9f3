"""Where a process dies or stops, or its disk fails: at the n-th call of one kind, from 1.

For the child of a fork server alone: it changes classes of the standard library and the real disk
in a process that ends soon.
"""

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from reconciler.statefile.disk import RealDisk

__all__ = ["NOWHERE", "Seam", "Tally", "arm"]

WRITES = ("write", "truncate", "sync", "rename", "remove", "make_folder", "sync_folder")
READS = ("open", "size", "read", "lock", "has_folder")
SOCKET = ("send", "sendmsg", "recv", "recv_into")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """What happens at which call.

    Attributes:
        kind: ``write`` and ``disk`` are calls to the disk, ``socket`` those to a socket.
        nth: 0 for none.
        moment: ``before`` or ``after`` the call, or ``half`` of what it writes.
        code: an errno to fail with; 0 sends the signal `number` instead, by default the one that
        kills.
        is_for_good: whether all later calls fail too.
    """

    kind: str = "write"
    nth: int = 0
    moment: str = "before"
    code: int = 0
    number: int = signal.SIGKILL
    is_for_good: bool = False


NOWHERE = Seam()


@dataclass(slots=True)
class Tally:
    """How many calls of each kind were made, and which one the seam met."""

    counts: dict[str, int] = field(default_factory=dict)
    met: list[str] = field(default_factory=list)

    def count(self, kind: str) -> int:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return self.counts[kind]


def arm(seam: Seam, trace: Path) -> Tally:
    """Put the seam in place; every disk and socket call is counted and its name traced."""
    tally = Tally()
    record = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def guard(owner: Any, name: str, kinds: tuple[str, ...]) -> None:
        setattr(owner, name, _met(seam, tally, record, (name, kinds, getattr(owner, name))))

    for name in WRITES:
        guard(RealDisk, name, ("write", "disk"))
    for name in READS:
        guard(RealDisk, name, ("disk",))
    for name in SOCKET:
        guard(socket.socket, name, ("socket",))
    return tally


def _met(
    seam: Seam, tally: Tally, record: int, what: tuple[str, tuple[str, ...], Callable[..., Any]]
) -> Callable[..., Any]:
    name, kinds, call = what

    @wraps(call)
    def guarded(*args: Any, **named: Any) -> Any:
        numbers = {kind: tally.count(kind) for kind in kinds}
        number = numbers.get(seam.kind, 0)
        if seam.nth and seam.is_for_good and number > seam.nth:
            _strike(seam)
        if not seam.nth or number != seam.nth:
            return call(*args, **named)
        os.write(record, f"{name}\n".encode())
        if seam.moment == "half" and name == "write":
            _, fd, data = args
            os.write(fd, data[: len(data) // 2])
        elif seam.moment == "after":
            result = call(*args, **named)
            _strike(seam)
            return result
        _strike(seam)
        return call(*args, **named)

    return guarded


def _strike(seam: Seam) -> None:
    """Fail, or send the signal; after one that only stops a process it goes on from here."""
    if seam.code:
        raise OSError(seam.code, os.strerror(seam.code))
    os.kill(os.getpid(), seam.number)
