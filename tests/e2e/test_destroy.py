"""Destroy at a terminal: what its question leaves behind, whatever is answered."""

import pytest

from tests.e2e.losing import apply
from tests.e2e.project import Project, order
from tests.e2e.terminal import at_terminal

TWO = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}


@pytest.fixture
def resting(project: Project) -> Project:
    """A project with two orders at the venue."""
    project.write_book("btc", instrument="BTC", orders=TWO)
    apply(project)
    return project


def is_halted(project: Project) -> bool:
    return "Nothing is halted." not in project.run("resume").out


def test_a_yes_cancels_what_was_shown(resting: Project) -> None:
    ran = at_terminal(resting, "destroy", answer="yes")

    assert (0, []) == (ran.code, resting.live()), ran.out
    assert is_halted(resting)


@pytest.mark.parametrize("answer", ["no", "\x04", "\x03"], ids=["no", "end of input", "Ctrl-C"])
def test_without_a_yes_it_is_as_it_was_before(resting: Project, answer: str) -> None:
    requests = len(resting.sent())

    ran = at_terminal(resting, "destroy", answer=answer)

    assert requests == len(resting.sent())
    assert not is_halted(resting)
    assert ran.code in (1, 130), ran.out
    assert "as it was before" in ran.out


def test_a_panic_while_the_question_stands_is_not_lifted_by_a_no(resting: Project) -> None:
    ran = at_terminal(resting, "destroy", answer="no", meanwhile=lambda: resting.run("panic"))

    applied = resting.run("apply", "--auto-approve")

    assert (10, []) == (applied.code, resting.live()), ran.out
    assert "another halt" in ran.out


def test_a_halt_from_before_is_not_lifted_by_a_no(resting: Project) -> None:
    resting.run("panic")

    at_terminal(resting, "destroy", answer="no")

    assert is_halted(resting)


def test_what_a_spec_protects_is_left_alone_under_its_old_name(resting: Project) -> None:
    protected = {"new": order("buy", "60000", "0.01", prevent_cancel=True), "low": TWO["low"]}
    moved = [{"from": "btc.dip", "to": "btc.new"}]
    resting.write_book("btc", instrument="BTC", moved=moved, orders=protected)

    resting.run("destroy", "--auto-approve")

    assert ["60000"] == [each["price"] for each in resting.live()]


@pytest.mark.parametrize("answer", ["no", "\x04"])
def test_a_halt_that_was_not_to_be_lifted_is_no_success(resting: Project, answer: str) -> None:
    resting.run("panic")

    ran = at_terminal(resting, "resume", answer=answer)

    assert (1, True) == (ran.code, is_halted(resting)), ran.out
