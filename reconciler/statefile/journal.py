"""Reading a journal of lines from a disk: forward in a chain, and the last line from the end.

A last line without its newline was never acknowledged, so nothing was sent on it: it is left out.
Everything else that is not exactly a link of the chain is a `FormatProblem`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.model.state import State
from reconciler.model.transitions import Stamped
from reconciler.statefile.codec import (
    LINE_BYTES_MAX,
    FormatProblem,
    JournalLine,
    chain,
    decode_line,
    fold,
)
from reconciler.statefile.disk import READ_BYTES, Disk

__all__ = ["End", "last_line", "linked_lines", "replay"]

FOLD_LINES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Where a journal ends.

    Attributes:
        start: offset of its last whole line, in bytes.
        end: offset after it; what follows is torn.
    """

    line: JournalLine
    start: int
    end: int


def last_line(disk: Disk, fd: int) -> End:
    """Return the last whole line. Raises `FormatProblem` when there is none, or it is bad."""
    size = disk.size(fd)
    window = READ_BYTES // 16
    while True:
        first = max(0, size - window)
        data = _read(disk, fd, first, size - first)
        end = data.rfind(b"\n")
        start = data.rfind(b"\n", 0, max(0, end))
        if end >= 0 and (start >= 0 or first == 0):
            line = decode_line(data[start + 1 : end])
            return End(line=line, start=first + start + 1, end=first + end + 1)
        if first == 0 or window > LINE_BYTES_MAX:
            raise FormatProblem("the file is empty or has no whole line")
        window *= 8


def linked_lines(
    disk: Disk, fd: int, *, offset: int = 0, serial: int = 0, digest: str | None = ""
) -> Iterator[JournalLine]:
    """Yield the lines from an offset on, each checked to follow the one before.

    `serial` and `digest` are of the line before `offset`; a digest of None is not compared.
    Raises `FormatProblem` naming the line.
    """
    for raw in _whole_lines(disk, fd, offset):
        try:
            line = decode_line(raw)
            chain(line, serial=serial, digest=line.parent if digest is None else digest)
        except FormatProblem as problem:
            raise type(problem)(f"line {serial + 1}: {problem}") from None
        serial, digest = line.serial, line.digest
        yield line


def replay(
    state: State | None, lines: Iterator[JournalLine], *, until: int | None = None
) -> State | None:
    """Fold lines into a state, up to serial `until`. Raises `FormatProblem`."""
    waiting: list[Stamped] = []
    for line in lines:
        waiting.append(line.stamped())
        if len(waiting) == FOLD_LINES:
            state = fold(state, waiting)
            waiting = []
        if line.serial == until:
            break
    return fold(state, waiting) if waiting else state


def _whole_lines(disk: Disk, fd: int, offset: int) -> Iterator[bytes]:
    rest = b""
    while part := disk.read(fd, READ_BYTES, offset):
        offset += len(part)
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
        if len(rest) > LINE_BYTES_MAX:
            raise FormatProblem("a line is longer than any line of ours")


def _read(disk: Disk, fd: int, offset: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := disk.read(fd, size, offset)):
        parts.append(part)
        offset += len(part)
        size -= len(part)
    return b"".join(parts)
