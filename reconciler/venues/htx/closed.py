"""Why HTX could not be read: told apart where it is closed, with the end that it names."""

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.errors import VenueProblem
from reconciler.venues.asking import Problem, unreadable
from reconciler.venues.htx.info import Info
from reconciler.venues.htx.replies.errors import is_closed
from reconciler.venues.htx.replies.moments import in_words

__all__ = ["failure"]


async def failure(info: Info, where: str, problems: Sequence[Problem]) -> VenueProblem:
    """Return the error; asks the venue once when it expects to be open again."""
    closed = [problem for problem in problems if is_closed(problem.code)]
    if not closed:
        return unreadable(where, problems)
    return VenueProblem(
        Diagnostic(
            code="venue-closed",
            summary="The venue takes nothing at the moment.",
            where=where,
            why=f"{'; '.join(dict.fromkeys(str(problem) for problem in closed))}."
            f"{_until(await info.recovery_ms())}",
            next_step="Nothing was sent, and nothing is tried again by itself. Run it again later.",
        )
    )


def _until(recovery_ms: int | None) -> str:
    until = in_words(recovery_ms, "%Y-%m-%d %H:%M")
    return "" if until is None else f" It expects to be open again at {until}."
