"""The courtesy lock: a note for people and other runs, which lapses by itself.

Safety does not rest on it. A run that is paused past its lease loses the note and nothing else: its
next write is refused if another run wrote in between.
"""

from dataclasses import dataclass
from pathlib import Path

from reconciler.ports import Clock, LockInfo
from reconciler.records import RecordProblem, canonical_json, decode, encode, parse_json
from reconciler.statefile.disk import Disk, read_file, replace_file
from reconciler.statefile.liveness import Liveness

__all__ = ["LEASE_MS", "Caller", "clear_lease", "read_lease", "take_lease"]

LEASE_MS = 15 * 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who runs.

    Attributes:
        token: random, of this run alone.
    """

    owner: str
    host: str
    token: str


def read_lease(disk: Disk, path: Path) -> LockInfo | None:
    """Return the note; None when there is none, or none that can be read."""
    data = read_file(disk, path)
    if data is None:
        return None
    try:
        return decode(LockInfo, parse_json(data.decode("utf-8")))
    except (RecordProblem, UnicodeDecodeError):
        return None


def take_lease(
    disk: Disk, path: Path, caller: Caller, operation: str, *, clock: Clock, liveness: Liveness
) -> LockInfo | None:
    """Write our note unless another run's still stands; None then. Call it under the guard.

    The note of a run that was killed on this machine does not stand.
    """
    now_ms = clock.now_ms()
    holder = read_lease(disk, path)
    is_other = holder is not None and holder.token != caller.token
    if holder and is_other and now_ms < holder.lease_until_ms and not liveness.has_died(holder):
        return None
    liveness.begin(caller.token)
    info = LockInfo(
        owner=caller.owner,
        host=caller.host,
        operation=operation,
        created_at_ms=now_ms,
        lease_until_ms=now_ms + LEASE_MS,
        token=caller.token,
    )
    replace_file(disk, path, f"{canonical_json(encode(info))}\n".encode())
    return info


def clear_lease(disk: Disk, path: Path, token: str) -> bool:
    """Remove the note with this token; say whether it was there. Call it under the guard."""
    holder = read_lease(disk, path)
    if holder is None or holder.token != token:
        return False
    disk.remove(path)
    return True
