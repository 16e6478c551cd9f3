"""Who must agree to a change of a file: CODEOWNERS as GitHub reads it.

The last line that matches decides, and one without an owner takes the path out again (GitHub's page
"About code owners").
"""

import re
from collections.abc import Iterator
from functools import cache

__all__ = ["owners_of"]

LINES_MAX = 10_000


def owners_of(codeowners: str, path: str) -> tuple[str, ...]:
    """Return the owners of a path, relative to the root of the repository; empty for none."""
    found: tuple[str, ...] = ()
    for pattern, owners in _lines(codeowners):
        if _matches(pattern, path):
            found = owners
    return found


def _lines(codeowners: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in codeowners.split("\n")[:LINES_MAX]:
        words = line.split("#", 1)[0].split()
        if words:
            yield words[0], tuple(word for word in words[1:] if "@" in word)


def _matches(pattern: str, path: str) -> bool:
    return _compiled(pattern).fullmatch(path) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    is_folder = pattern.endswith("/")
    body = pattern.strip("/")
    # A pattern with a slash before its end stands for a place, one without for a name anywhere.
    is_placed = pattern.startswith("/") or "/" in body
    parts = [_part(part) for part in body.split("/")]
    text = "/".join(parts).replace("(?:.*)/", "(?:.*/)?")
    below = "/.*" if is_folder else "(?:/.*)?"
    if body.endswith("/*"):
        below = ""
    return re.compile(("" if is_placed else "(?:.*/)?") + text + below, re.DOTALL)


def _part(part: str) -> str:
    if part == "**":
        return "(?:.*)"
    return "".join("[^/]*" if c == "*" else "[^/]" if c == "?" else re.escape(c) for c in part)
