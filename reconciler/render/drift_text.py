"""What differs between the venue and what is desired, as sentences: a plan read the other way."""

import json
from collections import Counter
from typing import assert_never

from reconciler.diagnostics import display
from reconciler.model.order import RestingOrder, Terms
from reconciler.model.plan import (
    Action,
    Adopt,
    Cancel,
    Forget,
    Hold,
    Keep,
    Modify,
    Place,
    Plan,
    Replace,
)
from reconciler.render.figures import grouped, moment
from reconciler.render.page import Line, paragraph, plain, shown

__all__ = ["drift_json", "render_drift"]

FORMAT_VERSION = 1
WORDS = ("missing", "different", "unwanted", "unknown to the state", "gone", "held")
NO_DRIFT = "No drift. The venue matches the specification."
_STYLES = {"missing": "place", "different": "modify", "unwanted": "cancel", "held": "hold"}


def render_drift(plan: Plan, *, width: int = 100, is_coloured: bool = False) -> str:
    """Return what differs, an order a line, and a last line that sums it up."""
    lines: list[Line] = []
    for venue in plan.venues:
        read = moment(venue.taken_at_ms)
        lines.append(plain(f"{display(venue.venue)}   {display(venue.kind)}, read {read}", "dim"))
        for action in venue.actions:
            word = _word(action)
            if word:
                text = f"{action.address}: {word}: {_said(action)}"
                lines += paragraph(text, indent=2, width=width, style=_STYLES.get(word, ""))
    lines += [plain(), plain(_summary(plan), "heading")]
    return shown(lines, is_coloured=is_coloured)


def drift_json(plan: Plan) -> str:
    """Return the same as one JSON document."""
    found = [
        {
            "address": action.address,
            "drift": _word(action),
            "reason": action.reason.value,
            "text": _said(action),
            "venue": venue.venue,
        }
        for venue in plan.venues
        for action in venue.actions
        if _word(action)
    ]
    content = {
        "drift": found,
        "format_version": FORMAT_VERSION,
        "read_at_ms": {venue.venue: venue.taken_at_ms for venue in plan.venues},
    }
    return json.dumps(content, indent=2, sort_keys=True)


def _summary(plan: Plan) -> str:
    counts = Counter(_word(action) for venue in plan.venues for action in venue.actions)
    said = ", ".join(f"{counts[word]:,} {word}" for word in WORDS if counts[word])
    return f"Drift: {said}." if said else NO_DRIFT


def _word(action: Action) -> str:
    """Return how the venue differs, empty where it does not."""
    match action:
        case Place():
            return "missing"
        case Modify() | Replace():
            return "different"
        case Cancel():
            return "unwanted"
        case Adopt():
            return "unknown to the state"
        case Forget():
            return "gone"
        case Hold():
            return "held"
        case Keep():
            return ""
        case _:
            assert_never(action)


def _said(action: Action) -> str:
    reason = action.reason.value
    match action:
        case Place():
            return f"desired {_terms(action.after)} ({reason})"
        case Modify() | Replace():
            return f"{_order(action.before)}, desired {_terms(action.after)} ({reason})"
        case Cancel():
            return f"{_order(action.before)} ({reason})"
        case Adopt():
            rests = _order(action.before) if action.before is not None else "a new name"
            return f"{rests} ({reason})"
        case Hold():
            return f"{action.why} ({reason}) {action.lifted_by}"
        case Forget() | Keep():
            return f"it is recorded and rests no more ({reason})"
        case _:
            assert_never(action)


def _terms(terms: Terms) -> str:
    return (
        f"{terms.side.value} {grouped(terms.quantity)} {terms.instrument} at {grouped(terms.price)}"
    )


def _order(order: RestingOrder) -> str:
    return (
        f"{order.side.value} {grouped(order.remaining)} {order.instrument} "
        f"at {grouped(order.price)} rests"
    )
