"""Bytes to text, and the characters no file may have.

Those that a reviewer cannot see, and those that change the order of what is seen.
"""

import re

from reconciler.diagnostics import Diagnostic, Span
from reconciler.errors import InvalidInput

__all__ = ["decode", "forbidden_characters", "has_forbidden", "span_at"]

SHOWN_MAX = 20

# Controls but tab and line feed, a carriage return that ends no line, soft hyphen and joiners,
# zero-width and bidirectional marks, line and paragraph separators, variation selectors, fillers,
# surrogates, private use, tags, noncharacters. Ranges are written out so that the Unicode version
# of Python does not matter.
_FORBIDDEN = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U0010ffff]|\r(?!\n)"
)
_HARMLESS = bytes((0x09, 0x0A, *range(0x20, 0x7F)))


def decode(content: bytes, path: str, *, bytes_max: int) -> str:
    """Return the text of a file without its byte order mark. Raises `InvalidInput`."""
    if len(content) > bytes_max:
        raise InvalidInput(too_large(path, bytes_max))
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            Diagnostic(
                code="not-utf-8",
                summary="The file is not UTF-8 text.",
                where=path,
                why=f"Byte {error.start + 1}, in line {line}, is 0x{content[error.start]:02x},"
                " which does not continue a character there.",
                next_step="Save the file as UTF-8.",
            )
        ) from None


def too_large(path: str, bytes_max: int) -> Diagnostic:
    """Return the refusal of a file over the limit."""
    return Diagnostic(
        code="file-too-large",
        summary="The file is too large.",
        where=path,
        why=f"A file may have {bytes_max:,} bytes.",
        next_step="Split the book into several files, or write its orders as ladders.",
    )


def forbidden_characters(content: bytes, text: str, path: str) -> list[Diagnostic]:
    """Return a refusal for each invisible or reordering character, at most `SHOWN_MAX` of them.

    `content` is `text` in bytes: plain ASCII is seen to be harmless ten times faster there.
    """
    found: list[Diagnostic] = []
    if not content.translate(None, _HARMLESS):
        return found
    for match in re.finditer(_FORBIDDEN, text):
        code = ord(match.group()[0])
        found.append(
            Diagnostic(
                code="forbidden-character",
                summary="The file has a character that cannot be seen or changes what is seen.",
                span=span_at(text, match.start(), path=path),
                label=f"U+{code:04X}",
                why="Control, zero-width and bidirectional characters make a file read differently"
                " from what it says.",
                next_step="Remove the character.",
            )
        )
        if len(found) == SHOWN_MAX:
            break
    return found


def has_forbidden(text: str) -> bool:
    """Say whether some text has an invisible or reordering character."""
    return not (text.isascii() and text.isprintable()) and bool(re.search(_FORBIDDEN, text))


def span_at(text: str, index: int, *, path: str, length: int = 1) -> Span:
    """Return the place of a character."""
    line_start = text.rfind("\n", 0, index) + 1
    return Span(
        path=path,
        line=text.count("\n", 0, index) + 1,
        column=index - line_start + 1,
        length=max(1, length),
    )
