"""Waits for the venue's rate limit before a request is made: what has an expiry must not wait."""

from collections.abc import Callable

from reconciler.model.command import BatchKind
from reconciler.ports import Clock, Progress, Venue

__all__ = ["wait_for_room"]

NAP_MS = 500
NAPS_MAX = 2_000


async def wait_for_room(
    venue: Venue,
    clock: Clock,
    progress: Progress,
    stop: Callable[[], str | None],
    *,
    kind: BatchKind,
    items: int,
) -> str | None:
    """Wait until a request of so many orders may go out; return why it may not any more, or None.

    It wakes now and then, so that a signal or a halt ends the waiting too.
    """
    for nap in range(NAPS_MAX):
        why = stop()
        if why is not None:
            return why
        wait_ms = venue.wait_ms(kind, items)
        if not wait_ms:
            return None
        if not nap:
            progress.note(f"Waiting {-(-wait_ms // 1000)} s for the venue's rate limit.")
        await clock.sleep_ms(min(wait_ms, NAP_MS))
    return "The venue's rate limit left no room for too long."
