"""The venue's clock, as its answers show it: never ahead of the real one."""

from reconciler.ports import Clock

__all__ = ["VenueClock"]


class VenueClock:
    """Time at the venue, kept by our clock between answers.

    An answer is stamped before it arrives, so what is told here is at most the venue's true time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._skew_ms: int | None = None

    @property
    def is_set(self) -> bool:
        """Whether any answer has told the time."""
        return self._skew_ms is not None

    def note(self, at_ms: int) -> None:
        """Take the time of an answer that has just arrived; 0 says nothing."""
        if at_ms:
            self._skew_ms = at_ms - self._clock.now_ms()

    def now_ms(self) -> int:
        """Return the venue's time, ours until it is known."""
        return self._clock.now_ms() + (self._skew_ms or 0)

    def local_ms(self, venue_ms: int) -> int:
        """Return when a time of the venue is by our clock."""
        return venue_ms - (self._skew_ms or 0)
