"""What YAML allows and a spec does not: said of the whole file at once, each with its place.

Repeated keys silently keep the last value, anchors and aliases can unfold a few bytes into millions
of orders, tags change what text means. This reads parser events by name, knows no yaml module, and
builds nothing.
"""

from typing import Any, Protocol

from reconciler.diagnostics import Diagnostic, Span
from reconciler.spec.characters import has_forbidden, span_at
from reconciler.spec.limits import DEPTH_MAX, NODES_MAX, SCALAR_CHARACTERS_MAX
from reconciler.spec.secrecy import shown_value

__all__ = [
    "Refusals",
    "syntax_refusal",
]

FOUND_MAX = 1_000


class _Mark(Protocol):
    line: int
    column: int


class _Frame:
    """A mapping or a list that is open.

    Attributes:
        keys: place of the first use of each key; None for a list.
        is_key: the whole of it stands where a key should.
        expects_key: whether a mapping waits for a key.
    """

    __slots__ = ("expects_key", "is_key", "keys")

    def __init__(self, *, is_mapping: bool, is_key: bool) -> None:
        self.keys: dict[str, Span] | None = {} if is_mapping else None
        self.is_key = is_key
        self.expects_key = is_mapping


class Refusals:
    """Takes the events of one file and gathers what is refused in `found`."""

    def __init__(self, path: str) -> None:
        self.found: list[Diagnostic] = []
        self._path = path
        self._frames: list[_Frame] = []
        self._documents = 0

    def take(self, name: str, event: Any) -> bool:
        """Take one event by the name of its class; False when there is no use in going on."""
        match name:
            case "ScalarEvent":
                self._scalar(event)
            case "MappingStartEvent" | "SequenceStartEvent":
                return self._open(event, is_mapping=name == "MappingStartEvent")
            case "MappingEndEvent" | "SequenceEndEvent":
                self._close()
            case "AliasEvent":
                self._refuse("alias", event, *_ALIAS)
                self._after_node()
            case "DocumentStartEvent":
                return self._document(event)
            case "StreamEndEvent":
                return False
        return len(self.found) < FOUND_MAX

    def too_many_nodes(self) -> None:
        """Refuse a file with more values than any spec needs."""
        self.found.append(
            Diagnostic(
                code="too-many-values",
                summary="The file has too many values.",
                where=self._path,
                why=f"A file may have {NODES_MAX:,} keys and values.",
                next_step="Split the book into several files, or write its orders as ladders.",
            )
        )

    def _refuse(self, code: str, event: Any, summary: str, why: str, next_step: str) -> None:
        self.found.append(
            Diagnostic(
                code=code,
                summary=summary,
                span=self._span(event),
                why=why,
                next_step=next_step,
            )
        )

    def _span(self, event: Any) -> Span:
        start: _Mark = event.start_mark
        end: _Mark = event.end_mark
        length = end.column - start.column if end.line == start.line else 1
        return Span(
            path=self._path, line=start.line + 1, column=start.column + 1, length=max(1, length)
        )

    def _document(self, event: Any) -> bool:
        self._documents += 1
        if self._documents > 1:
            self._refuse("several-documents", event, *_DOCUMENTS)
            return False
        if event.version is not None or event.tags:
            self._refuse("directive", event, *_DIRECTIVE)
        return True

    def _decorations(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse("anchor", event, *_ANCHOR)
        if event.tag is not None:
            self._refuse("tag", event, *_TAG)

    def _scalar(self, event: Any) -> None:
        self._decorations(event)
        value: str = event.value
        if len(value) > SCALAR_CHARACTERS_MAX:
            why = f"A value may have {SCALAR_CHARACTERS_MAX:,} characters; found {len(value):,}."
            self._refuse("value-too-long", event, "A value is too long.", why, "Shorten it.")
        if event.style and has_forbidden(value):
            self._refuse("forbidden-character", event, *_ESCAPED)
        frame = self._frames[-1] if self._frames else None
        if frame is None or not frame.expects_key:
            self._after_node()
            return
        self._key(frame, value, event)
        frame.expects_key = False

    def _key(self, frame: _Frame, key: str, event: Any) -> None:
        assert frame.keys is not None, "only a mapping waits for a key"
        if key == "<<":
            self._refuse("merge-key", event, *_MERGE)
        elif key in frame.keys:
            first = frame.keys[key]
            self._refuse(
                "duplicate-key",
                event,
                "A key is written twice.",
                f"`{shown_value(key)}` first stands at {first.path}:{first.line}:{first.column};"
                " the second would silently replace it.",
                "Remove one of the two, or rename it.",
            )
        else:
            frame.keys[key] = self._span(event)

    def _open(self, event: Any, *, is_mapping: bool) -> bool:
        self._decorations(event)
        is_key = bool(self._frames) and self._frames[-1].expects_key
        if is_key:
            self._refuse("key-not-text", event, *_KEY_NOT_TEXT)
        if len(self._frames) >= DEPTH_MAX:
            why = f"Mappings and lists may stand {DEPTH_MAX} deep."
            self._refuse("too-deep", event, "Values are nested too deep.", why, "Flatten them.")
            return False
        self._frames.append(_Frame(is_mapping=is_mapping, is_key=is_key))
        return True

    def _close(self) -> None:
        frame = self._frames.pop()
        if frame.is_key:
            self._frames[-1].expects_key = False
        else:
            self._after_node()

    def _after_node(self) -> None:
        """Note that a value is complete: a mapping around it waits for its next key."""
        if self._frames and self._frames[-1].keys is not None:
            self._frames[-1].expects_key = not self._frames[-1].expects_key


_ALIAS = (
    "An alias is not allowed.",
    "An alias repeats a part of the file out of sight of who reviews it.",
    "Write the value out.",
)
_ANCHOR = (
    "An anchor is not allowed.",
    "An anchor names a part of the file so that it can be repeated elsewhere, out of sight.",
    "Remove it, and write the value out where it is needed.",
)
_TAG = (
    "A tag is not allowed.",
    "A tag changes what a value means. The schema says what each value is.",
    "Remove it.",
)
_MERGE = (
    "A merge key is not allowed.",
    "It pulls in keys from elsewhere, out of sight of who reviews this place.",
    "Write the keys out, or put what is common into `defaults`.",
)
_DOCUMENTS = (
    "A second document begins here.",
    "One file is one book; what follows would be ignored by some readers.",
    "Put the second document into a file of its own.",
)
_DIRECTIVE = (
    "A directive is not allowed.",
    "Directives change how the rest of the file is read.",
    "Remove the lines that begin with %.",
)
_KEY_NOT_TEXT = (
    "A key is a mapping or a list.",
    "Keys are plain words.",
    "Write the key as text, or put braces in quotes.",
)
_ESCAPED = (
    "A value hides a character that cannot be seen or changes what is seen.",
    "Control, zero-width and bidirectional characters are refused, written as escapes too.",
    "Remove the escape.",
)


# What the parser says (a part of it, libyaml's or PyYAML's wording) -> what a person needs to hear.
_SYNTAX = (
    ("mapping values are not allowed", "A colon starts a second value; put the text in quotes."),
    ("sequence entries are not allowed", "A dash starts a list; begin it on its own line."),
    ("expected '-' indicator", "Every entry of this list begins with a dash, one below the other."),
    ("',' or", "A comma or the closing bracket is missing."),
    ("expected key", "This line does not fit the indentation of the lines above."),
    ("<block end>", "This line does not fit the indentation of the lines above."),
    ("could not find expected ':'", "This key has no colon behind it."),
    ("unexpected end of stream", "A quote is opened and never closed."),
    ("unexpected document", "A quote is opened and never closed."),
    ("escape", "This escape is unknown. In single quotes a backslash is only a backslash."),
    ("undefined alias", "An alias is not allowed."),
)  # fmt: skip
_RESERVED = "A value cannot begin with this character; put the value in quotes."
_TAB = "A tab indents this line; YAML wants spaces."


def syntax_refusal(problem: str, text: str, *, path: str, index: int) -> Diagnostic:
    """Return what a parser could not read, in our words."""
    at = min(max(0, index), len(text))
    return Diagnostic(
        code="not-yaml",
        summary="The file cannot be read as YAML.",
        span=span_at(text, at, path=path),
        why=_why_not(problem, text[at : at + 1]),
        next_step="Correct this place; what follows it was not checked.",
    )


def _why_not(problem: str, character: str) -> str:
    if character == "\t":
        return _TAB
    if character in ("@", "`", "%") and "cannot start" in problem:
        return _RESERVED
    for part, words in _SYNTAX:
        if part in problem:
            return words
    return "A bracket, a quote or the indentation is not as YAML wants it."
