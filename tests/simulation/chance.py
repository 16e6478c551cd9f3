"""Chance as a tape: every draw comes from a seed or from a recorded tape, and is written down.

A draw near one always means the harmless choice: no fault, the shortest wait, the last of a list.
So a tape shrinks by putting `NEUTRAL` in the place of its draws, and what is past its end is
harmless.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["NEUTRAL", "Chance"]

T = TypeVar("T")

NEUTRAL = 0.999999


class Chance:
    """Draws, and the record of them.

    Attributes:
        tape: every draw so far, between 0 and 1.
    """

    __slots__ = ("_position", "_random", "_recorded", "tape")

    def __init__(self, seed: int = 0, recorded: Sequence[float] | None = None) -> None:
        self.tape: list[float] = []
        self._recorded = recorded
        self._position = 0
        self._random = random.Random(seed)

    def draw(self) -> float:
        """Return the next draw, at least 0 and below 1."""
        if self._recorded is None:
            value = self._random.random()
        elif self._position < len(self._recorded):
            value = self._recorded[self._position]
        else:
            value = NEUTRAL
        self._position += 1
        self.tape.append(value)
        return value

    def happens(self, probability: float) -> bool:
        """Say whether something of this probability happens; the impossible draws nothing."""
        return probability > 0 and self.draw() < probability

    def among(self, choices: Sequence[T]) -> T:
        """Return one of several; the last is the harmless one."""
        return choices[int(self.draw() * len(choices))]

    def between(self, low: int, high: int) -> int:
        """Return a whole number, both ends included; the lowest is the harmless one."""
        return high - int(self.draw() * (high - low + 1))
