"""Points in time as people write them: RFC 3339 with an offset, to milliseconds since 1970."""

from datetime import UTC, datetime, timedelta

__all__ = ["parse_time_ms"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time_ms(text: str) -> int | None:
    """Return the milliseconds since 1970 of a time whose shape the schema has accepted.

    None when there is no such day or hour, or it lies before 1970.
    """
    try:
        moment = datetime.fromisoformat(text.upper())
        milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None
    return milliseconds if milliseconds >= 0 else None
