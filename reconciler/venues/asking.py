"""Questions to a venue: each is answered by a value or a problem, a few at a time.

Some answers hold for a whole run: those are asked for once, whoever of one process wants them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar, cast

from reconciler.diagnostics import Diagnostic
from reconciler.errors import VenueProblem
from reconciler.model.outcome import Outcome, Unknown

__all__ = ["Answers", "Problem", "after_sending", "at_once", "unreadable"]

A = TypeVar("A")
B = TypeVar("B")

AT_ONCE_MAX: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A question without a usable answer.

    Attributes:
        what: the question.
        cause: what happened, in our words.
        code: the venue's own number for it; 0 where it gave none.
    """

    what: str
    cause: str
    code: int = 0

    def __str__(self) -> str:
        return f"{self.what}: {self.cause}"


class Answers:
    """Answers of one host that hold for a run."""

    def __init__(self) -> None:
        self._found: dict[str, object] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def once(self, question: str, ask: Callable[[], Awaitable[A | Problem]]) -> A | Problem:
        """Return the answer to a question, asked for now if nobody did; a problem is not kept.

        One text stands for one kind of answer.
        """
        async with self._asking.setdefault(question, asyncio.Lock()):
            if question not in self._found:
                answer = await ask()
                if isinstance(answer, Problem):
                    return answer
                self._found[question] = answer
            return cast(A, self._found[question])


async def at_once(values: Sequence[A], ask: Callable[[A], Awaitable[B]]) -> list[B]:
    """Ask for each value, a few at a time; the answers keep the order."""
    gate = asyncio.Semaphore(AT_ONCE_MAX)

    async def one(value: A) -> B:
        async with gate:
            return await ask(value)

    return list(await asyncio.gather(*(one(value) for value in values)))


def after_sending(read: Callable[[], tuple[Outcome, ...]], items: int) -> tuple[Outcome, ...]:
    """Return what `read` makes of the answer to a request that was sent, one outcome an item.

    Where it fails, nothing is proven either way: an exception would leave the request without an
    outcome, and the run without its end.
    """
    try:
        return read()
    except (ArithmeticError, LookupError, TypeError, ValueError) as problem:
        return (Unknown(cause=f"unreadable reply: {type(problem).__name__}"),) * items


def unreadable(where: str, problems: Sequence[Problem]) -> VenueProblem:
    """Return the error that says why a venue could not be read."""
    return VenueProblem(
        Diagnostic(
            code="venue-unreadable",
            summary="The venue could not be read.",
            where=where,
            why=f"{'; '.join(str(problem) for problem in problems)}.",
            next_step="Nothing was sent. Try again when the venue answers.",
        )
    )
