"""The history of an address as text and as JSON."""

import json
from collections.abc import Mapping, Sequence

from reconciler.diagnostics import display
from reconciler.model.order import OrderAddress
from reconciler.render.figures import moment
from reconciler.render.history import HistoryLine
from reconciler.render.page import Line, paragraph, plain, shown

__all__ = ["history_json", "render_history"]

FORMAT_VERSION = 1
_STYLES = {
    "fill": "good",
    "halted": "warning",
    "settled": "warning",
    "ended": "dim",
}


def render_history(
    address: OrderAddress,
    found: Mapping[str, Sequence[HistoryLine]],
    *,
    width: int = 100,
    is_coloured: bool = False,
) -> str:
    """Return the history at each venue entry, oldest first; a sentence when there is none."""
    lines: list[Line] = []
    for venue, history in found.items():
        if not history:
            continue
        lines += [*([plain()] if lines else []), plain(_heading(address, venue), "heading")]
        for line in history:
            lines += _told(line, address, width)
    if not lines:
        lines.append(plain(f"Nothing is recorded of {display(address)}."))
    return shown(lines, is_coloured=is_coloured)


def history_json(address: OrderAddress, found: Mapping[str, Sequence[HistoryLine]]) -> str:
    """Return the same as one JSON document; every fact is a text."""
    events = [
        {
            "address": line.address,
            "at_ms": line.at_ms,
            "facts": dict(line.facts),
            "serial": line.serial,
            "text": line.text,
            "venue": venue,
            "what": line.what,
        }
        for venue, history in found.items()
        for line in history
    ]
    content = {"address": address, "events": events, "format_version": FORMAT_VERSION}
    return json.dumps(content, indent=2, sort_keys=True)


def _heading(address: OrderAddress, venue: str) -> str:
    return f"{display(address)} at {display(venue)}"


def _told(line: HistoryLine, address: OrderAddress, width: int) -> list[Line]:
    other = f"{line.address}: " if line.address and line.address != address else ""
    head = f"  {moment(line.at_ms)}  {line.serial:>5}  {line.what}"
    body = paragraph(
        f"{other}{line.text}.", indent=6, width=width, style=_STYLES.get(line.what, "")
    )
    return [plain(head, "dim"), *body]
