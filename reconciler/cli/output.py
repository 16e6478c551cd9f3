"""stdout is the product, stderr is talk; both pass the redactor before they leave."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

from reconciler.diagnostics import display

__all__ = ["Options", "Output", "silence"]

WIDTH_DEFAULT = 100
# What a stream without Unicode shows instead of the characters that pictures are drawn with.
_PLAIN = str.maketrans({"█": "#", "░": ".", "▒": "%", "─": "-", "…": "~", "±": "*", "•": "*"})


class Output:
    """Where text goes; `redact` is set once secrets are known."""

    def __init__(self, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self.redact: Callable[[str], str] = str

    def product(self, text: str) -> None:
        """Write one text of the product, ending in a line break."""
        self.stdout.write(_encodable(self.redact(text) + "\n", self.stdout))

    def talk(self, text: str) -> None:
        """Write one text to people; it has no colour, so nothing in it may steer a terminal.

        Where nobody can hear it, it is lost: work is not left half done for that.
        """
        lines = self.redact(text).split("\n")
        shown = "\n".join(display(line, limit=len(line)) for line in lines)
        try:
            self.stderr.write(_encodable(shown + "\n", self.stderr))
            self.stderr.flush()
        except OSError:
            silence(self.stderr)

    def flush(self) -> None:
        """Make sure that a closed pipe is seen now and not at exit."""
        self.stdout.flush()

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads stdout."""
        return self.stdout.isatty()


def silence(stream: TextIO) -> None:
    """Lead a stream that nobody hears to nowhere: what it still holds must not fail at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        stream.flush()


def _encodable(text: str, stream: TextIO) -> str:
    """Return a text as the stream can write it: a report is never lost to a locale."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    return text


@dataclass(slots=True, kw_only=True)
class Options:
    """The global options, and the output they shape."""

    output: Output
    folder: str = "."
    no_color: bool = False
    log_format: str = "text"

    @property
    def use_color(self) -> bool:
        """Whether the product is coloured: a terminal, and nobody said no."""
        if self.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return bool(os.environ.get("FORCE_COLOR")) or self.output.is_terminal

    @property
    def width(self) -> int:
        """Columns to fill."""
        if not self.output.is_terminal and "COLUMNS" not in os.environ:
            return WIDTH_DEFAULT
        from shutil import get_terminal_size

        return max(60, get_terminal_size((WIDTH_DEFAULT, 24)).columns)

    def note(self, text: str) -> None:
        """Write one line of progress."""
        shown = display(text, limit=400)
        if self.log_format == "json":
            import json

            shown = json.dumps({"level": "info", "text": shown})
        self.output.talk(shown)
