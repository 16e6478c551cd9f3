"""Lines of styled pieces: laid out once, shown as plain text or with a terminal's colours."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from reconciler.diagnostics import display

__all__ = ["Cell", "Column", "Line", "columns", "fitting", "paragraph", "plain", "shown", "text_of"]

Piece = tuple[str, str]
"""(text, style); an empty style is plain text."""
Line = tuple[Piece, ...]
Cell = Piece

GAP = "  "
PARAGRAPH_WIDTH_MIN = 24
PARAGRAPH_CHARACTERS_MAX = 2_000
_STYLES = {
    "place": "green",
    "modify": "yellow",
    "replace": "yellow",
    "cancel": "red",
    "hold": "bold magenta",
    "adopt": "cyan",
    "forget": "dim",
    "keep": "dim",
    "heading": "bold",
    "dim": "dim",
    "warning": "bold yellow",
    "good": "green",
    "bad": "bold red",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        is_right: whether its cells are aligned at their right end.
        sacrifice: where it stands among those left out when the width is short; 0 is never.
    """

    is_right: bool = False
    sacrifice: int = 0


def plain(text: str = "", style: str = "") -> Line:
    """Return a line of one piece."""
    return ((text, style),)


def paragraph(text: str, *, indent: int, width: int, style: str = "") -> list[Line]:
    """Return untrusted text as lines no wider than `width`."""
    room = max(PARAGRAPH_WIDTH_MIN, width - indent)
    whole = display(text, limit=PARAGRAPH_CHARACTERS_MAX)
    lines = textwrap.wrap(whole, room, break_on_hyphens=False)
    return [plain(" " * indent + line, style) for line in lines]


def columns(
    rows: Sequence[Sequence[Cell]], layout: Sequence[Column], *, indent: int, width: int
) -> list[Line]:
    """Return rows of cells as lines with aligned columns.

    A column of empty cells takes no room; when the width is short, columns are left out in the
    order of their `sacrifice`.
    """
    taken = fitting(rows, layout, indent=indent, width=width)
    return [_aligned(row, layout, taken, indent) for row in rows]


def fitting(
    rows: Sequence[Sequence[Cell]], layout: Sequence[Column], *, indent: int, width: int
) -> dict[int, int]:
    """Return the columns that are shown, each with its width."""
    widths = [max((len(row[index][0]) for row in rows), default=0) for index in range(len(layout))]
    taken = {index: own for index, own in enumerate(widths) if own}
    for _, victim in sorted((layout[i].sacrifice, i) for i in taken if layout[i].sacrifice):
        if indent + sum(taken.values()) + len(GAP) * (len(taken) - 1) <= width:
            break
        del taken[victim]
    return taken


def _aligned(
    row: Sequence[Cell], layout: Sequence[Column], taken: Mapping[int, int], indent: int
) -> Line:
    pieces: list[Piece] = [(" " * indent, "")]
    for index, width in taken.items():
        text, style = row[index]
        is_right = layout[index].is_right
        pieces.append((text.rjust(width) if is_right else text.ljust(width), style))
        pieces.append((GAP, ""))
    return tuple(pieces[:-1])


def text_of(line: Line) -> str:
    """Return a line without its styles."""
    return "".join(text for text, _ in line).rstrip()


def shown(lines: Iterable[Line], *, is_coloured: bool = False) -> str:
    """Return the page, each line ended; with colours only when asked."""
    if not is_coloured:
        return "".join(f"{text_of(line)}\n" for line in lines)
    # Late, because it costs tens of milliseconds and most output goes to a file or a pipe.
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    into = StringIO()
    console = Console(file=into, force_terminal=True, color_system="standard", no_color=False)
    for line in lines:
        text = Text()
        for piece, style in line:
            text.append(piece, _STYLES.get(style, ""))
        text.rstrip()
        console.print(text, soft_wrap=True, highlight=False)
    return into.getvalue()
