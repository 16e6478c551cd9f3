"""The real clock: the one home of wall time in the program."""

import time

__all__ = ["RealClock"]


class RealClock:
    """Wall time that never goes backwards within one run."""

    def __init__(self) -> None:
        self._wall_ms = time.time_ns() // 1_000_000
        self._start_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        """Return milliseconds since 1970, moving with the monotonic clock."""
        return self._wall_ms + (time.monotonic_ns() - self._start_ns) // 1_000_000

    async def sleep_ms(self, duration_ms: int) -> None:
        """Wait."""
        import asyncio  # a third of the start-up of `validate`, which never waits

        await asyncio.sleep(duration_ms / 1000)
