"""Limits from outside: what raises a figure is held before anything is sent for it."""

from tests.e2e.losing import apply
from tests.e2e.project import Project, order

WORD = "frozenByWeather"


def write(project: Project, **orders: object) -> None:
    project.write_book("btc", instrument="BTC", orders=orders)


def live(project: Project) -> dict[str, str]:
    return {each["price"]: each["quantity"] for each in project.live()}


def test_a_replacement_that_adds_nothing_is_placed_whatever_the_run_may_add(
    project: Project,
) -> None:
    """It was cancelled and then refused at the last gate, as a defect of the program."""
    write(project, dip=order("buy", "60000", "0.1"))
    apply(project)
    project.write_project(max_new_notional_per_run="1000", max_new_notional_per_day="1000")
    write(project, dip=order("buy", "59999", "0.1", change="replace"))

    applied = project.run("apply", "--auto-approve")

    assert (0, {"59999": "0.1"}) == (applied.code, live(project)), applied.err


def test_an_order_too_large_may_be_replaced_by_a_smaller_one(project: Project) -> None:
    write(project, dip=order("buy", "60000", "0.1"))
    apply(project)
    project.write_project(max_order_notional="500")
    write(project, dip=order("buy", "60000", "0.05", change="replace"))

    applied = project.run("apply", "--auto-approve")

    assert (0, {"60000": "0.05"}) == (applied.code, live(project)), applied.err


def test_a_replacement_that_adds_too_much_is_held_and_what_rests_stays(project: Project) -> None:
    write(project, dip=order("buy", "60000", "0.1"))
    apply(project)
    project.write_project(max_new_notional_per_run="1000")
    write(project, dip=order("buy", "60000", "0.2", change="replace"))

    applied = project.run("apply", "--auto-approve")

    assert (10, {"60000": "0.1"}) == (applied.code, live(project)), applied.err


def test_an_order_that_may_rest_unseen_counts_as_open(project: Project) -> None:
    write(project, dip=order("buy", "60000", "0.01"))
    apply(project)
    (dip,) = project.live()
    project.venue.control("say_status", oid=dip["oid"], status=WORD, is_listed=False)
    project.write_project(max_open_notional="1000")
    write(project, dip=order("buy", "60000", "0.01"), low=order("buy", "50000", "0.015"))

    applied = project.run("apply", "--auto-approve")

    assert (10, {"60000": "0.01"}) == (applied.code, live(project)), applied.out
    assert "could be worth 1350 during the run" in " ".join(applied.out.split())


def test_an_order_that_only_its_own_status_shows_counts_as_open(project: Project) -> None:
    write(project, dip=order("buy", "60000", "0.01"))
    apply(project)
    (dip,) = project.live()
    project.venue.control("say_status", oid=dip["oid"], status="", is_listed=False)

    planned = project.run("plan", "--format", "json")

    assert '"open_before":"600"' in planned.out.replace(" ", "")
