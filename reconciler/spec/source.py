"""YAML text to plain data with a place for every key and value; the only module that imports yaml.

Scalars stay text exactly as written: ``010``, ``on`` and ``1:30`` mean nothing yet, and money never
becomes a float. The data is built straight from parser events, without looking for trouble; only
when something is odd are the events read a second time, by `reconciler.spec.refusals`, to say
everything that is wrong.
"""

import gc
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import yaml
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from reconciler.diagnostics import Diagnostic
from reconciler.errors import InvalidInput
from reconciler.spec.characters import decode, forbidden_characters, has_forbidden
from reconciler.spec.limits import DEPTH_MAX, FILE_BYTES_MAX, NODES_MAX, SCALAR_CHARACTERS_MAX
from reconciler.spec.secrecy import mask_secrets

__all__ = [
    "PureParser",
    "Quoted",
    "SourceFile",
    "parse",
    "paused_collector",
]

EVENTS_MAX = 2 * NODES_MAX


class Quoted(str):
    """The text of a scalar that was not plain: quoted, or a block; no boolean, no integer."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file, parsed.

    Attributes:
        path: as people see it, relative to the project folder.
        text: the whole file, without a byte order mark.
        data: dicts, lists and text.
        marks: for every node in the order of the file (a mapping, then key, value, key, value) the
            index of its first character in `text`.
    """

    path: str
    text: str
    data: Any
    marks: "array[int]"


class PureParser(Reader, Scanner, Parser):
    """PyYAML's parser without libyaml: the same events, forty times slower."""

    def __init__(self, stream: str) -> None:
        Reader.__init__(self, stream)
        Scanner.__init__(self)
        Parser.__init__(self)


ParserFactory = Callable[[str], Any]
"""From a text to something that hands out one parser event after another by `get_event()`."""


def _fastest_parser() -> ParserFactory:
    if yaml.__with_libyaml__:
        from yaml._yaml import CParser  # noqa: PLC0415 - not there without libyaml

        return CParser
    return PureParser


@contextmanager
def paused_collector() -> Iterator[None]:
    """Keep the cyclic garbage collector off: it is most of the time of reading a large file."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def parse(content: bytes, path: str, *, parser: ParserFactory | None = None) -> SourceFile:
    """Parse one YAML file.

    Raises `InvalidInput` with everything that is wrong with the text as YAML, and nothing else
    whatever the bytes are.
    """
    text = decode(content, path, bytes_max=FILE_BYTES_MAX)
    if unseen := forbidden_characters(content, text, path):
        raise _refused(unseen, path, text)
    factory = parser or _fastest_parser()
    with paused_collector():
        try:
            built = _build(factory(text).get_event)
        except (yaml.YAMLError, ValueError, OverflowError):
            built = None  # the second reading says why
    if built is None:
        found = _refusals(factory(text), path, text)
        assert found, "what was odd at first is refused at the second reading"
        raise _refused(found, path, text)
    root, marks = built
    if not root or (root[0] == "" and type(root[0]) is str):
        raise _refused([_no_content(path)], path, text)
    return SourceFile(path=path, text=text, data=root[0], marks=marks)


def _refused(found: list[Diagnostic], path: str, text: str) -> InvalidInput:
    return InvalidInput(*found, sources={path: mask_secrets(text)})


_KEY = object()  # a mapping that waits for a key
_ITEM = object()  # a list


def _build(next_event: Callable[[], Any]) -> "tuple[list[Any], array[int]] | None":
    """Return the documents (none or one) and the marks, or None when anything is odd."""
    marks = array("I")
    mark = marks.append
    known: dict[str, str] = {}
    intern = known.setdefault
    root: list[Any] = []
    container: Any = root
    key: Any = _ITEM
    stack: list[tuple[Any, Any]] = []
    for _ in repeat(None, EVENTS_MAX):
        event = next_event()
        kind = event.__class__
        if kind is ScalarEvent:
            mark(event.start_mark.index)
            value = event.value
            if event.style:
                value = Quoted(value)
                if has_forbidden(value):
                    return None
            if event.anchor is not None or event.tag is not None:
                return None
            length = len(value)
            if length > SCALAR_CHARACTERS_MAX:
                return None
            if key is _KEY:
                key = intern(value, str(value))
                if key in container or key == "<<":
                    return None
            elif key is _ITEM:
                container.append(value)
            else:
                container[key] = value
                key = _KEY
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            container, key = stack.pop()
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            mark(event.start_mark.index)
            if key is _KEY or len(stack) >= DEPTH_MAX or _is_decorated(event):
                return None
            child: Any = {} if kind is MappingStartEvent else []
            if key is _ITEM:
                container.append(child)
                stack.append((container, _ITEM))
            else:
                container[key] = child
                stack.append((container, _KEY))
            container, key = child, (_KEY if kind is MappingStartEvent else _ITEM)
        elif kind is StreamEndEvent:
            return root, marks
        elif not _is_plain_frame(event, root):
            return None
    return None


def _is_decorated(event: Any) -> bool:
    return event.anchor is not None or event.tag is not None


def _is_plain_frame(event: Any, root: list[Any]) -> bool:
    """Say whether an event around the content is the usual one: one document, no directives."""
    if isinstance(event, DocumentStartEvent):
        return not root and event.version is None and not event.tags
    return isinstance(event, (StreamStartEvent, DocumentEndEvent))


def _refusals(parser: Any, path: str, text: str) -> list[Diagnostic]:
    """Read the events again and return all that is wrong, in the order of the file."""
    from reconciler.spec.refusals import Refusals, syntax_refusal  # noqa: PLC0415 - seldom needed

    refusals = Refusals(path)
    try:
        for _ in repeat(None, EVENTS_MAX):
            event = parser.get_event()
            if event is None or not refusals.take(type(event).__name__, event):
                return refusals.found
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        index = mark.index if mark is not None else 0
        refusals.found.append(
            syntax_refusal(str(error.problem or ""), text, path=path, index=index)
        )
    except (yaml.YAMLError, ValueError, OverflowError):
        refusals.found.append(syntax_refusal("", text, path=path, index=0))
    else:
        refusals.too_many_nodes()
    return refusals.found


def _no_content(path: str) -> Diagnostic:
    return Diagnostic(
        code="empty-file",
        summary="The file is empty.",
        where=path,
        why="An empty file never means that every order is cancelled.",
        next_step="Write the book, or remove the file.",
    )
