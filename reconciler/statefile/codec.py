"""Journal lines and checkpoints as text, and back.

A journal line is canonical JSON with the digest of its parent and its own: sha256 over the line
without the digest, so that every byte counts. A checkpoint carries its own digest the same way, and
says where in the journal its last event stands. Reading trusts nothing: whatever is not exactly as
written is a `FormatProblem`. Nothing here touches a disk.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from reconciler.model.event import Event
from reconciler.model.state import State
from reconciler.model.transitions import Stamped, fold_all
from reconciler.records import (
    RecordProblem,
    canonical_json,
    decode,
    encode,
    parse_json,
)

__all__ = [
    "FORMAT_VERSION",
    "LINE_BYTES_MAX",
    "LINE_VERSION",
    "Checkpoint",
    "FormatProblem",
    "JournalLine",
    "NewerFormat",
    "chain",
    "decode_checkpoint",
    "decode_line",
    "encode_checkpoint",
    "encode_events",
    "encode_line",
    "fold",
]

LINE_VERSION = 1
FORMAT_VERSION = 1
LINE_BYTES_MAX = 1 << 24

_LINE = re.compile(rb'\{"at_ms":(?:0|[1-9][0-9]{0,17}),"digest":"([0-9a-f]{64})","event":\{')
_CHECKPOINT = re.compile(rb'\{"digest":"([0-9a-f]{64})","format_version":')
_VERSION = re.compile(rb'"format_version":([0-9]{1,9})[,}]')
_LINE_VERSION = re.compile(rb',"v":([1-9][0-9]{0,8})\}\Z')

Upgrade = Callable[[dict[str, object]], dict[str, object]]
# From a format version to the next; empty while there has been only one.
UPGRADES: Mapping[int, Upgrade] = {}


class FormatProblem(ValueError):
    """A text is not a journal line or checkpoint of ours. Holds untrusted text: `display` it."""


class NewerFormat(FormatProblem):
    """It was written by a newer version of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One line of a journal.

    Attributes:
        parent: digest of the line before, empty for the first.
    """

    event: Event
    at_ms: int
    serial: int
    parent: str
    digest: str

    def stamped(self) -> Stamped:
        """Return it as the fold takes it."""
        return Stamped(event=self.event, at_ms=self.at_ms, serial=self.serial, digest=self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A fold of the journal up to one line.

    Attributes:
        offset: where in the journal the line of `state.serial` starts, in bytes.
    """

    state: State
    offset: int


def encode_line(event: Event, *, at_ms: int, serial: int, parent: str) -> tuple[bytes, str]:
    """Return the line of an event with its newline, and its digest."""
    record = _Line(at_ms=at_ms, event=event, parent=parent, serial=serial, v=LINE_VERSION)
    body = canonical_json(encode(record)).encode()
    digest = sha256(body).hexdigest()
    head, tail = body.split(b",", 1)  # at_ms sorts first, and the digest after it
    return b'%b,"digest":"%b",%b\n' % (head, digest.encode(), tail), digest


def decode_line(line: bytes) -> JournalLine:
    """Return what a line says, its newline taken off. Raises `FormatProblem`."""
    version = _LINE_VERSION.search(line)
    if version is not None and int(version.group(1)) > LINE_VERSION:
        raise NewerFormat("it was written by a newer version")
    found = _LINE.match(line)
    if found is None or version is None:
        raise FormatProblem("it does not look like a line of a journal")
    start, end = found.span(1)
    body = line[: start - len('"digest":"')] + line[end + len('",') :]
    digest = found.group(1).decode()
    if sha256(body).hexdigest() != digest:
        raise FormatProblem("its digest does not fit its text")
    try:
        read = decode(_Line, parse_json(body.decode("ascii")))
    except (RecordProblem, UnicodeDecodeError) as problem:
        raise FormatProblem(str(problem)) from None
    return JournalLine(
        event=read.event, at_ms=read.at_ms, serial=read.serial, parent=read.parent, digest=digest
    )


def encode_events(
    events: Sequence[Event], *, at_ms: int, serial: int, digest: str
) -> tuple[bytes, tuple[Stamped, ...]]:
    """Return the lines of events that follow (serial, digest), and the events as stamped by them.

    Each line is read back and compared, so that nothing is ever written that cannot be read.
    """
    lines = []
    stamped = []
    for event in events:
        serial += 1
        line, own = encode_line(event, at_ms=at_ms, serial=serial, parent=digest)
        if len(line) > LINE_BYTES_MAX:
            raise FormatProblem("an event is longer than any line may be")
        back = decode_line(line[:-1])
        assert (event, digest, serial) == (back.event, back.parent, back.serial), "it reads back"
        digest = own
        lines.append(line)
        stamped.append(back.stamped())
    return b"".join(lines), tuple(stamped)


def chain(line: JournalLine, *, serial: int, digest: str) -> None:
    """Check that a line follows (serial, digest). Raises `FormatProblem`."""
    if line.serial != serial + 1:
        raise FormatProblem(f"its serial is {line.serial}, expected {serial + 1}")
    if line.parent != digest:
        raise FormatProblem("its parent is not the line before it")


def fold(state: State | None, stamped: Sequence[Stamped]) -> State:
    """Fold events into a state. Raises `FormatProblem` for an event which does not fit it."""
    try:
        return fold_all(state, stamped)
    except (ArithmeticError, LookupError, ValueError) as problem:
        raise FormatProblem(f"an event does not fit the state: {problem}") from None


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Return the file of a checkpoint."""
    document = _Document(
        format_version=FORMAT_VERSION, offset=checkpoint.offset, state=checkpoint.state
    )
    body = canonical_json(encode(document)).encode()
    return b'{"digest":"%b",%b\n' % (sha256(body).hexdigest().encode(), body[1:])


def decode_checkpoint(data: bytes) -> Checkpoint:
    """Return the checkpoint of a file. Raises `FormatProblem`, or `NewerFormat` as one of them."""
    found = _CHECKPOINT.match(data)
    if found is None or not data.endswith(b"}\n"):
        raise FormatProblem("it is not a whole checkpoint")
    body = b"{" + data[found.end(1) + len('",') : -1]
    version = _VERSION.match(body, 1)
    if version is None:
        raise FormatProblem("it names no format version")
    if int(version.group(1)) > FORMAT_VERSION:
        raise NewerFormat("it was written by a newer version")
    if sha256(body).hexdigest().encode() != found.group(1):
        raise FormatProblem("its digest does not fit its text")
    try:
        read = decode(_Document, upgrade(parse_json(body.decode("ascii"))))
    except (RecordProblem, UnicodeDecodeError) as problem:
        raise FormatProblem(str(problem)) from None
    if read.offset < 0 or read.state.serial < 1:
        raise FormatProblem("it is of no journal")
    return Checkpoint(state=read.state, offset=read.offset)


def upgrade(
    document: dict[str, object], upgrades: Mapping[int, Upgrade] = UPGRADES
) -> dict[str, object]:
    """Bring an old document to the newest format, one version at a time."""
    version = document["format_version"]
    while version in upgrades:
        assert isinstance(version, int)
        version += 1
        document = upgrades[version - 1](document) | {"format_version": version}
    if version != FORMAT_VERSION:
        raise FormatProblem(f"format version {version} cannot be read any more")
    return document


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    at_ms: int
    event: Event
    parent: str
    serial: int
    v: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    format_version: int
    offset: int
    state: State
