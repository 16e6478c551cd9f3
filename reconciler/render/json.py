"""Any record as JSON for programs: every field written out, one line, keys sorted.

A plan's JSON is its file (`reconciler.planfile`); this is for what has no file of its own.
"""

from reconciler.records import canonical_json, encode

__all__ = ["render_json"]


def render_json(record: object) -> str:
    """Return a record as canonical JSON with a line end. Raises `RecordProblem`."""
    return f"{canonical_json(encode(record, is_full=True))}\n"
