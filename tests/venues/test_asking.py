"""What holds for a run is asked for once."""

import asyncio

from reconciler.venues.asking import Answers, Problem
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
