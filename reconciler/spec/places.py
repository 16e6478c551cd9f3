"""From a path through the data to a place in the file.

The loader keeps one small number a node, in the order of the file. Which number belongs to which
value is worked out here, for the containers somebody asks about, and remembered.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from reconciler.diagnostics import Span
from reconciler.spec.source import Quoted, SourceFile

__all__ = ["Path", "Places"]

Path = tuple[str | int, ...]
"""Keys and indices from the root: ``("orders", "dip", "price")``."""

_QUOTED_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\n]|\'\')*\'')


class Places:
    """Answers where a key or a value of one file stands."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._children: dict[int, dict[str | int, int]] = {}
        self._line_starts: list[int] = []

    @property
    def data(self) -> Any:
        """What the file says."""
        return self._source.data

    @property
    def path(self) -> str:
        """The path of the file."""
        return self._source.path

    def value(self, path: Path) -> Span:
        """Return the place of a value; of a mapping or list the place of its key, if it has one."""
        index, node, has_key = self._find(path)
        if isinstance(node, str) and node:
            mark = self._source.marks[index]
            return self._span(mark, self._length(mark, node))
        return self.key(path) if has_key else self._span(self._source.marks[index], 1)

    def key(self, path: Path) -> Span:
        """Return the place of the key a path ends in; in a list, of the entry."""
        index, node, has_key = self._find(path)
        if not has_key:
            return self._span(self._source.marks[index], len(node) if isinstance(node, str) else 1)
        mark = self._source.marks[index - 1]
        return self._span(mark, self._length(mark, str(path[-1])))

    def keys(self, path: Path) -> dict[str, Span]:
        """Return the place of every key of a mapping; quick for a large one."""
        index, node, _ = self._find(path)
        marks = self._source.marks
        children = self._table(index, node)
        return {
            str(key): self._span(marks[child - 1], len(str(key))) for key, child in children.items()
        }

    def _find(self, path: Path) -> tuple[int, Any, bool]:
        """Return the number of a node, the node, and whether it has a key."""
        index, node, has_key = 0, self._source.data, False
        for step in path:
            index = self._table(index, node)[step]
            has_key = isinstance(node, dict)
            node = node[step]
        return index, node, has_key

    def _table(self, index: int, node: Any) -> dict[str | int, int]:
        """Return the number of each value inside a container."""
        table = self._children.get(index)
        if table is None:
            table = self._children[index] = {}
            following = index + 1
            is_mapping = isinstance(node, dict)
            for step, child in node.items() if is_mapping else enumerate(node):
                following += is_mapping
                table[step] = following
                following += _size(child)
        return table

    def _span(self, mark: int, length: int) -> Span:
        if not self._line_starts:
            text = self._source.text
            self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        line = bisect_right(self._line_starts, mark)
        column = mark - self._line_starts[line - 1] + 1
        return Span(path=self._source.path, line=line, column=column, length=max(1, length))

    def _length(self, mark: int, text: str) -> int:
        """Return how much of a scalar stands on its first line."""
        source = self._source.text
        if source[mark : mark + 1] in ("'", '"'):
            match = _QUOTED_TEXT.match(source, mark)
            return len(match.group()) if match else 1
        if isinstance(text, Quoted):
            return 1
        line_end = source.find("\n", mark)
        return min(len(text), (len(source) if line_end < 0 else line_end) - mark)


def _size(node: Any) -> int:
    """Return how many nodes a value has, itself included."""
    size = 0
    open_nodes: list[Any] = [node]
    while open_nodes:
        current = open_nodes.pop()
        size += 1
        if isinstance(current, dict):
            size += len(current)
            size += _leaves(current.values(), open_nodes)
        elif isinstance(current, list):
            size += _leaves(current, open_nodes)
    return size


def _leaves(children: Sequence[Any] | Any, open_nodes: list[Any]) -> int:
    """Return how many children are scalars; put the others onto the stack."""
    leaves = 0
    for child in children:
        if isinstance(child, str):
            leaves += 1
        else:
            open_nodes.append(child)
    return leaves
