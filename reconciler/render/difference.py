"""What differs between two plans or two states, for people: the only door to deepdiff.

It runs where somebody reads the result, such as a saved plan that has become stale, never in
planning: it is hundreds of times slower than the planner's own comparison.
"""

from collections.abc import Iterator
from typing import Any

from reconciler.diagnostics import display
from reconciler.model.plan import Plan, VenuePlan
from reconciler.model.state import State
from reconciler.records import encode

__all__ = ["DIFFERENCES_MAX", "render_difference"]

DIFFERENCES_MAX = 40
VALUE_CHARACTERS_MAX = 60
_KINDS = (
    ("values_changed", "~"),
    ("type_changes", "~"),
    ("dictionary_item_added", "+"),
    ("iterable_item_added", "+"),
    ("dictionary_item_removed", "-"),
    ("iterable_item_removed", "-"),
)


def render_difference(old: Plan | State, new: Plan | State, *, limit: int = DIFFERENCES_MAX) -> str:
    """Return what differs, a line each, sorted by where it is; empty when nothing does.

    ``~ venues.hl.actions.btc.dip.after.price: 88000 -> 88010``
    """
    # Late, because it costs a tenth of a second and hardly any run needs it.
    from deepdiff import DeepDiff  # noqa: PLC0415

    found = DeepDiff(
        _form(old), _form(new), view="tree", verbose_level=2, threshold_to_diff_deeper=0
    )
    lines = sorted(_lines(found))
    shown = [f"{sign} {path}: {text}\n" for path, sign, text in lines[:limit]]
    hidden = len(lines) - len(shown)
    return "".join(shown) + (f"… and {hidden:,} more differences\n" if hidden else "")


def _form(value: Plan | State) -> dict[str, Any]:
    """Return the canonical form with addresses instead of positions, so that rows pair up."""
    if isinstance(value, State):
        plain: dict[str, Any] = encode(value, is_full=True)
        return plain
    form = encode(value, is_full=True)
    form["venues"] = {venue.venue: _venue_form(venue) for venue in value.venues}
    return dict(form)


def _venue_form(venue: VenuePlan) -> dict[str, Any]:
    form = encode(venue, is_full=True)
    by_address: dict[str, Any] = {}
    for action in form["actions"]:
        key = action["address"]
        while key in by_address:
            key += "'"
        by_address[key] = action
    return {**form, "actions": by_address}


def _lines(found: Any) -> Iterator[tuple[str, str, str]]:
    for kind, sign in _KINDS:
        for level in found.get(kind, ()):
            path = display(".".join(str(step) for step in level.path(output_format="list")))
            old, new = _value(level.t1), _value(level.t2)
            text = f"{old} -> {new}" if sign == "~" else (new if sign == "+" else old)
            yield path, sign, text


def _value(value: object) -> str:
    if isinstance(value, dict):
        kind = value.get("type")
        value = f"a {kind}" if isinstance(kind, str) else f"{len(value)} values"
    return display("nothing" if value is None else str(value), limit=VALUE_CHARACTERS_MAX)
