"""The limit on open orders, from outside: room is taken only once it is seen to be there."""

import pytest

from tests.e2e.project import ACCOUNT, Project, order


@pytest.fixture
def full(project: Project) -> Project:
    """An order worth 600 rests and is to go, another worth 600 is to come, and 700 may be open."""
    apply(project)
    project.write_project(max_open_notional="700", max_cancel_fraction="1")
    project.write_book("btc", instrument="BTC", orders={"high": order("sell", "75000", "0.008")})
    return project


def apply(project: Project) -> None:
    ran = project.run("apply", "--auto-approve")

    assert 0 == ran.code, ran.err


def lag(project: Project) -> None:
    """After the first look, let reads show the world as it was long before."""
    for kind, skip in (("frontendOpenOrders", 1), ("orderStatus", 0)):
        rule = {"kind": "read_lag", "path": "/info", "type": kind, "skip": skip, "times": None}
        project.venue.control("faults", add={**rule, "lag_ms": 60_000})


def prices(project: Project) -> list[str]:
    return [each["price"] for each in project.live()]


def test_an_order_takes_the_room_of_one_that_was_cancelled(full: Project) -> None:
    apply(full)

    assert ["75000"] == prices(full)


def test_an_order_is_left_while_the_room_it_needs_is_not_seen_free(full: Project) -> None:
    lag(full)
    ran = full.run("apply", "--auto-approve")

    assert (10, []) == (ran.code, prices(full))
    assert "Open orders could be worth 1200" in " ".join(ran.out.split())


def test_what_was_left_is_sent_by_the_next_run(full: Project) -> None:
    lag(full)
    left = full.run("apply", "--auto-approve")
    full.venue.control("faults", clear=True)
    apply(full)

    assert (10, ["75000"]) == (left.code, prices(full))


def test_orders_of_others_take_room(full: Project) -> None:
    control = full.venue.control
    control(
        "place_as_human",
        account=ACCOUNT,
        instrument="BTC",
        side="buy",
        price="55000",
        quantity="0.01",
    )
    ran = full.run("apply", "--auto-approve")

    assert (10, ["55000"]) == (ran.code, prices(full))
