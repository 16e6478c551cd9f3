"""Values which remember for a while what they were, so that reads can show the past."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from reconciler.simulator.faults import READ_LAG_MS_MAX

Value = TypeVar("Value")


class Versioned(Generic[Value]):
    """A frozen value, and what it was before each change within the last `READ_LAG_MS_MAX`."""

    __slots__ = ("_before", "value")

    def __init__(self, value: Value) -> None:
        self.value = value
        self._before: deque[tuple[int, Value]] = deque()

    def change(self, value: Value, at_ms: int) -> None:
        """Replace the value at a time, which never goes back."""
        self._before.append((at_ms, self.value))
        while self._before[0][0] < at_ms - READ_LAG_MS_MAX:
            self._before.popleft()
        self.value = value

    def at(self, as_of_ms: int | None) -> Value:
        """Return the value after everything that happened until a time; None is the present."""
        found = self.value
        if as_of_ms is not None:
            for changed_ms, before in reversed(self._before):
                if changed_ms <= as_of_ms:
                    break
                found = before
        return found
