"""How a problem in a spec, plan or state is told: what, where, why and what to do next.

A `Diagnostic` is a value. Readers gather all of them, sort them by place and render them once;
nothing here raises, prints or looks at a terminal. Text that came from a file or a venue passes
`display` before it is shown, so that no control or bidirectional character reaches a terminal or a
log.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import category

__all__ = ["Diagnostic", "Severity", "Span", "display", "render_all", "render_one"]

DISPLAY_CHARACTERS_MAX = 200
SOURCE_LINE_CHARACTERS_MAX = 160


class Severity(StrEnum):
    """How bad it is: an error stops the program, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in a file.

    Attributes:
        path: the file as the user named it, relative to the project folder.
        line: from 1.
        column: from 1, in characters.
        length: how many characters are marked, at least 1.
    """

    path: str
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem.

    Attributes:
        code: stable, lower case with hyphens, such as ``price-off-tick``.
        summary: what was wrong, one constant sentence without user data.
        span: where, or None when no file is to blame.
        label: short text beside the caret.
        why: the rule and the values on both sides, full sentences.
        next_step: what to do; a command to copy stands alone on its line.
        where: a place that is not a file: a venue, an account, an address of an order.
    """

    code: str
    summary: str
    severity: Severity = Severity.ERROR
    span: Span | None = None
    label: str = ""
    why: str = ""
    next_step: str = ""
    where: str = ""

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Sort by place, then by code, so that the order never depends on how it was found."""
        if self.span is None:
            return ("", 0, 0, self.code, self.why)
        return (self.span.path, self.span.line, self.span.column, self.code, self.why)


def display(text: str, *, limit: int = DISPLAY_CHARACTERS_MAX) -> str:
    r"""Return untrusted text as printable characters on one line, at most `limit` of them.

    Everything outside printable, non-bidirectional text becomes ``\uXXXX``: escape sequences, line
    breaks, C1 controls, zero-width and bidirectional marks.
    """
    shown = text if len(text) <= limit else text[:limit] + "…"
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join(c if c == "…" or _is_safe(c) else _escape(c) for c in shown)


def render_one(diagnostic: Diagnostic, source_line: str | None = None) -> str:
    """Render one diagnostic as text, with the source line and a caret when there is one."""
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.summary}"]
    if diagnostic.span is not None:
        lines += _excerpt(diagnostic.span, diagnostic.label, source_line)
    elif diagnostic.where:
        lines.append(f"  --> {display(diagnostic.where)}")
    if diagnostic.why:
        lines.append(diagnostic.why)
    if diagnostic.next_step:
        lines.append(diagnostic.next_step)
    return "\n".join(lines)


def render_all(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] | None = None) -> str:
    """Render diagnostics sorted by place, a blank line between them.

    `sources` maps a path to the file's text; a missing path is shown without its line.
    """
    lines_of: dict[str, list[str]] = {}
    rendered = []
    for diagnostic in sorted(diagnostics, key=Diagnostic.sort_key):
        line = None
        if diagnostic.span is not None and sources and diagnostic.span.path in sources:
            path = diagnostic.span.path
            if path not in lines_of:
                lines_of[path] = sources[path].split("\n")
            index = diagnostic.span.line - 1
            line = lines_of[path][index] if 0 <= index < len(lines_of[path]) else None
        rendered.append(render_one(diagnostic, line))
    return "\n\n".join(rendered)


def _excerpt(span: Span, label: str, source_line: str | None) -> list[str]:
    number = str(span.line)
    gutter = " " * len(number)
    lines = [f"{gutter} --> {display(str(span))}"]
    if source_line is None:
        return [*lines, f"{gutter}  = {label}"] if label else lines
    start = max(0, span.column - SOURCE_LINE_CHARACTERS_MAX // 2)
    window = source_line[start : start + SOURCE_LINE_CHARACTERS_MAX].rstrip("\r")
    shown_before = display(window[: span.column - 1 - start], limit=SOURCE_LINE_CHARACTERS_MAX)
    shown = display(window, limit=SOURCE_LINE_CHARACTERS_MAX)
    marked = display(window[span.column - 1 - start : span.column - 1 - start + span.length])
    carets = "^" * max(1, min(len(marked), len(shown) - len(shown_before)))
    caret_line = f"{gutter} | {' ' * len(shown_before)}{carets} {label}".rstrip()
    return [*lines, f"{gutter} |", f"{number} | {shown}", caret_line]


def _is_safe(character: str) -> bool:
    return character == " " or category(character)[0] not in "CZ"


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
