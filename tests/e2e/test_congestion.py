"""A venue under load, from outside: what is most urgent goes first, and no order is blamed."""

import pytest

from tests.e2e.losing import has_nothing_to_do
from tests.e2e.project import Project, order
from tests.e2e.trips import buy_by_hand, switch

TAKEN_AT_ONCE = 20
REPLIES = ["refuse", "expire"]


def declare(project: Project, count: int, first: int = 60_000) -> None:
    orders = {f"o{n:03}": order("buy", str(first - 10 * n), "0.01") for n in range(count)}
    project.write_book("btc", instrument="BTC", orders=orders)


@pytest.fixture(params=REPLIES)
def busy(project: Project, request: pytest.FixtureRequest) -> Project:
    """Orders rest; then the venue takes so many items of an address at once, and no more."""
    project.write_project(max_cancel_fraction="1")
    declare(project, 20)
    assert 0 == project.run("apply", "--auto-approve").code
    project.venue.control(
        "switches", congestion_items_max=TAKEN_AT_ONCE, congestion_reply=request.param
    )
    return project


def calm(project: Project) -> None:
    project.venue.control("switches", congestion_items_max=0)


def test_cancels_go_first_and_the_rest_is_left(busy: Project) -> None:
    """Sells take the place of buys, so that nothing is modified."""
    orders = {f"s{n:03}": order("sell", str(80_000 + 10 * n), "0.01") for n in range(20)}
    busy.write_book("btc", instrument="BTC", orders=orders)
    ran = busy.run("apply", "--auto-approve")

    assert [] == busy.live()
    assert "The venue takes nothing at the moment:" in " ".join(ran.out.split())


def test_what_was_refused_is_no_order_s_fault(busy: Project) -> None:
    declare(busy, 60, first=62_000)
    for _ in range(5):
        busy.run("apply", "--auto-approve")
    calm(busy)
    ran = busy.run("apply", "--auto-approve")

    assert (0, 60) == (ran.code, len(busy.live())), ran.out
    assert has_nothing_to_do(busy)


def test_after_a_refusal_nothing_more_is_sent(busy: Project) -> None:
    declare(busy, 100, first=62_000)
    before = len(busy.sent())
    busy.run("apply", "--auto-approve")
    replies = [entry["reply"]["status"] for entry in busy.sent()[before:]]

    assert ["ok", "err"] == replies


def test_panic_needs_to_know_nothing_of_budgets(project: Project) -> None:
    assert 0 == project.run("apply", "--auto-approve").code
    broken = {"kind": "error_before", "path": "/info", "type": "userRateLimit", "status": 500}
    project.venue.control("faults", add={**broken, "times": None})
    planned = project.run("apply", "--auto-approve")
    declare(project, 2)
    refused = project.run("apply", "--auto-approve")
    ran = project.run("panic")

    assert (0, 1, 0) == (planned.code, refused.code, ran.code)
    assert "userRateLimit: http 500" in refused.err
    assert [] == project.live()


def test_a_day_s_actions_used_up_stop_a_run(project: Project) -> None:
    project.venue.control("switches", daily_actions_max=40)
    declare(project, 60)
    ran = project.run("apply", "--auto-approve")
    again = project.run("apply", "--auto-approve")
    project.venue.control("time", advance_ms=86_400_000)
    later = project.run("apply", "--auto-approve")

    assert [13, 13, 0] == [ran.code, again.code, later.code]
    assert 60 == len(project.live())


def test_a_stop_outlasts_the_post_only_period_after_an_upgrade(project: Project) -> None:
    """Each run is refused what is not post-only, and none of it is held for that."""
    buy_by_hand(project, "0.01")
    switch(project, is_post_only=True)
    trigger = {"trigger": "50000", "execution": "market"}
    stop = {"side": "sell", "quantity": "0.01", "stop_loss": trigger}
    orders = {"dip": order("buy", "60000", "0.01"), "stop": stop}
    project.write_book("btc", instrument="BTC", orders=orders)
    codes = [project.run("apply", "--auto-approve").code for _ in range(4)]
    resting = [each["price"] for each in project.live()]
    switch(project, is_post_only=False)
    later = project.run("apply", "--auto-approve")

    assert ([13] * 4, ["60000"]) == (codes, resting)
    assert (0, ["45000", "60000"]) == (later.code, sorted(o["price"] for o in project.live()))
