"""Make a tape smaller: fewer draws that matter, the same kind of violation."""

from collections.abc import Callable, Sequence

from tests.simulation.chance import NEUTRAL

__all__ = ["dense", "kind_of", "shrunk", "sparse"]

TRIES_MAX = 800


def kind_of(violation: str) -> str:
    """Return what a violation is one of, such as ``I1``."""
    return violation.split(":", 1)[0]


def shrunk(tape: Sequence[float], is_bad: Callable[[Sequence[float]], bool]) -> tuple[float, ...]:
    """Return a tape that is bad too, with as much of it neutral as a bounded search finds."""
    best = list(tape)
    tries = 0
    span = len(best)
    while span >= 1 and tries < TRIES_MAX:
        start = 0
        while start < len(best) and tries < TRIES_MAX:
            part = best[start : start + span]
            if any(value != NEUTRAL for value in part):
                tries += 1
                tried = [*best[:start], *([NEUTRAL] * len(part)), *best[start + span :]]
                if is_bad(tried):
                    best = tried
            start += span
        span //= 2
    while best and best[-1] == NEUTRAL:
        best.pop()
    return tuple(best)


def sparse(tape: Sequence[float]) -> list[list[float]]:
    """Return the draws that are not neutral, each with its place."""
    return [[index, value] for index, value in enumerate(tape) if value != NEUTRAL]


def dense(draws: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Return the tape of such draws."""
    tape = [NEUTRAL] * (int(draws[-1][0]) + 1 if draws else 0)
    for index, value in draws:
        tape[int(index)] = value
    return tuple(tape)
