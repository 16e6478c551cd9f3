"""Very many open orders, from outside: what the venue would refuse is held, and stops stay."""

import pytest

from tests.e2e.project import ACCOUNT, Project, order
from tests.e2e.trips import buy_by_hand, said, write

LIMIT = 1_000


def crowd(project: Project, count: int) -> None:
    """Let so many orders rest that are none of the project's doing."""
    for number in range(count):
        project.venue.control(
            "place_as_human",
            account=ACCOUNT,
            instrument="BTC",
            side="buy",
            price=str(30_000 + number),
            quantity="0.001",
        )


@pytest.fixture
def crowded(project: Project) -> Project:
    """A project whose account may have one more open order."""
    crowd(project, LIMIT - 1)
    return project


def test_an_order_too_many_is_held(crowded: Project) -> None:
    write(crowded, orders={"a": order("buy", "60000", "0.01"), "b": order("buy", "59000", "0.01")})
    ran = crowded.run("apply", "--auto-approve")

    assert (10, LIMIT) == (ran.code, len(crowded.live()))
    assert "foreign ones included, and this would make 1,001." in said(ran)
    assert [1] == [len(entry["action"]["orders"]) for entry in crowded.sent()]


def test_a_group_is_not_sent_without_its_stop(crowded: Project) -> None:
    stop = {"trigger": "50000", "execution": "market"}
    write(crowded, orders={"swing": order("buy", "60000", "0.01", stop_loss=stop)})
    ran = crowded.run("apply", "--auto-approve")

    assert (10, []) == (ran.code, crowded.sent())


def test_a_stop_that_could_not_be_placed_again_stays(project: Project) -> None:
    buy_by_hand(project, "0.01")
    stop = {"side": "sell", "quantity": "0.01", "reduce_only": True}
    at = {"execution": "market"}
    write(project, orders={"stop": {**stop, "stop_loss": {"trigger": "50000", **at}}})
    placed = project.run("apply", "--auto-approve")
    assert 0 == placed.code, placed.out + placed.err
    project.venue.control("switches", open_orders_max=2_000)
    # The venue counts volume; one more order for 5 million, and the limit is 1,000 for stops.
    project.venue.simulator.world.accounts[ACCOUNT].volume += 5_000_000 * LIMIT
    crowd(project, LIMIT)
    write(project, orders={"stop": {**stop, "stop_loss": {"trigger": "51000", **at}}})
    before = len(project.sent())
    ran = project.run("apply", "--auto-approve")

    assert (10, before) == (ran.code, len(project.sent())), ran.out
    assert "from 1,000 on the venue takes no reduce-only or trigger order." in said(ran)


def test_an_account_that_was_given_more_may_use_it(crowded: Project) -> None:
    crowded.venue.control("switches", open_orders_max=2_000)
    write(crowded, orders={"a": order("buy", "60000", "0.01"), "b": order("buy", "59000", "0.01")})
    saved = crowded.run("plan", "--out", "plan.json", "--allow", "open-orders")
    ran = crowded.run("apply", "plan.json")

    assert (0, 0, LIMIT + 1) == (saved.code, ran.code, len(crowded.live())), ran.out
