"""Times that the venue names, for people; one that no calendar holds is none. Pure."""

from datetime import UTC, datetime, timedelta

from reconciler.venues.shape import MOMENT_MS_MAX

__all__ = ["in_words"]


def in_words(at_ms: int | None, form: str) -> str | None:
    """Return a time in UTC, or None where there is none."""
    if at_ms is None or not 0 < at_ms <= MOMENT_MS_MAX:
        return None
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)
    return f"{moment.strftime(form)} UTC"
