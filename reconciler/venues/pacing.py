"""The pace at which a venue may be asked: what was spent of a quota, and how long to wait for more.

A venue counts by address of the client, so everything of one process that talks to one host shares
one `Pace`: every venue entry, reads and writes alike. A part of each quota is kept for what is
urgent: cancelling must not wait behind reading. When the venue says that it was asked too often,
others share the address, and everything waits, longer each time.
"""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.ports import Clock

if TYPE_CHECKING:
    from reconciler.venues.asking import Answers

__all__ = ["REFUSED_PAUSES_MS", "Pace", "Paces", "Quota"]

# After each refusal in a row; together they are longer than a minute.
REFUSED_PAUSES_MS: Final = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000)
WAITS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """So much weight in any window of time.

    Attributes:
        reserve: the part of it that only what is urgent may spend.
    """

    weight: int
    window_ms: int
    reserve: int = 0


class Pace:
    """What was spent of one quota in the last window of time."""

    def __init__(self, clock: Clock, quota: Quota) -> None:
        assert 0 <= quota.reserve < quota.weight, "not everything is urgent"
        self._clock = clock
        self._quota = quota
        self._spent: deque[tuple[int, int]] = deque()
        self._total = 0
        self._closed_until_ms = 0
        self._refusals = 0

    async def spend(self, weight: int, *, is_urgent: bool = False) -> None:
        """Wait until there is room, then take it."""
        for _ in range(WAITS_MAX):
            wait_ms = self.wait_ms(weight, is_urgent=is_urgent)
            if not wait_ms:
                break
            await self._clock.sleep_ms(wait_ms)
        self.note(weight)

    def wait_ms(self, weight: int, *, is_urgent: bool = False) -> int:
        """Return how long there is no room for so much; 0 when there is.

        More than the whole quota is let through once nothing else is in the window.
        """
        now_ms = self._clock.now_ms()
        self._forget(now_ms)
        until_ms = self._closed_until_ms
        room = self._quota.weight - (0 if is_urgent else self._quota.reserve) - self._total
        for at_ms, spent in self._spent:
            if weight <= room:
                break
            room += spent
            until_ms = max(until_ms, at_ms + self._quota.window_ms)
        return max(0, until_ms - now_ms)

    def note(self, weight: int) -> None:
        """Take weight without asking."""
        self._spent.append((self._clock.now_ms(), weight))
        self._total += weight

    def note_refused(self) -> None:
        """Close for a while: the venue counted more than we did."""
        now_ms = self._clock.now_ms()
        if now_ms < self._closed_until_ms:
            return  # another of the requests that were under way together
        pause_ms = REFUSED_PAUSES_MS[min(self._refusals, len(REFUSED_PAUSES_MS) - 1)]
        self._closed_until_ms = now_ms + pause_ms
        self._refusals += 1

    def pause(self, until_ms: int) -> None:
        """Close until a time of our clock: the venue said that it is used up."""
        self._closed_until_ms = max(self._closed_until_ms, until_ms)

    def note_taken(self) -> None:
        """Remember that the venue answers again."""
        self._refusals = 0

    def _forget(self, now_ms: int) -> None:
        limit_ms = now_ms - self._quota.window_ms
        while self._spent and self._spent[0][0] <= limit_ms:
            self._total -= self._spent.popleft()[1]


class Paces:
    """The paces of one process, made as they are needed, and what it need not ask for twice."""

    def __init__(self) -> None:
        self._paces: dict[tuple[str, str], Pace] = {}
        self._answers: dict[str, Answers] = {}

    def of(self, host: str, scope: str, quota: Quota, clock: Clock) -> Pace:
        """Return the pace of a scope at a host; the first who asks sets its quota."""
        key = (host, scope)
        if key not in self._paces:
            self._paces[key] = Pace(clock, quota)
        return self._paces[key]

    def answers_of(self, host: str) -> "Answers":
        """Return what a host answered that holds for a run."""
        from reconciler.venues.asking import Answers  # noqa: PLC0415  # it loads asyncio

        return self._answers.setdefault(host, Answers())
