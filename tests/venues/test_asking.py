"""What holds for a run is asked for once."""

import asyncio
from decimal import InvalidOperation

import pytest

from reconciler.model.outcome import Accepted, Outcome, Unknown
from reconciler.venues.asking import Answers, Problem, after_sending
from reconciler.venues.pacing import Paces
from tests.venues.support import run

DOWN = Problem(what="userRole", cause="timeout")


class Asked:
    """Answers from a list, and counts."""

    def __init__(self, *answers: str | Problem) -> None:
        self.answers = list(answers)
        self.count = 0

    async def __call__(self) -> str | Problem:
        self.count += 1
        await asyncio.sleep(0)
        return self.answers.pop(0)


def test_two_who_ask_at_the_same_time_get_one_answer() -> None:
    asked, answers = Asked("user"), Answers()

    async def both() -> list[str | Problem]:
        return list(await asyncio.gather(*(answers.once("role", asked) for _ in range(2))))

    assert (["user", "user"], 1) == (run(both()), asked.count)


def test_a_question_without_an_answer_is_asked_again() -> None:
    asked, answers = Asked(DOWN, "user"), Answers()

    async def twice() -> list[str | Problem]:
        return [await answers.once("role", asked) for _ in range(2)]

    assert [DOWN, "user"] == run(twice())


def test_another_question_has_another_answer() -> None:
    asked, answers = Asked("user", "vault"), Answers()

    async def two() -> list[str | Problem]:
        return [await answers.once(name, asked) for name in ("a", "b")]

    assert ["user", "vault"] == run(two())


def test_another_host_has_answers_of_its_own() -> None:
    paces = Paces()

    assert paces.answers_of("a") is paces.answers_of("a")
    assert paces.answers_of("a") is not paces.answers_of("b")


def failing(problem: Exception) -> tuple[Outcome, ...]:
    raise problem


@pytest.mark.parametrize(
    "problem", [ValueError("x"), InvalidOperation(), KeyError("x"), TypeError()]
)
def test_an_answer_that_cannot_be_read_after_sending_proves_nothing(problem: Exception) -> None:
    unknown = Unknown(cause=f"unreadable reply: {type(problem).__name__}")

    assert (unknown, unknown) == after_sending(lambda: failing(problem), 2)


def test_an_answer_that_can_be_read_is_what_it_says() -> None:
    assert (Accepted(),) == after_sending(lambda: (Accepted(),), 1)


def test_a_broken_promise_of_our_own_is_not_hidden() -> None:
    with pytest.raises(AssertionError):
        after_sending(lambda: failing(AssertionError()), 1)
