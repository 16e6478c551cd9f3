"""The account's budget of requests from outside: forecast, kept to, and never short for cancels."""

import json

import pytest

from tests.e2e.losing import has_nothing_to_do
from tests.e2e.project import ACCOUNT, Project, order

PRICES = {"a": "60000", "b": "59000", "c": "58000", "d": "57000"}


@pytest.fixture
def short(project: Project) -> Project:
    """A project of four orders whose account may send two more requests."""
    project.venue.control("switches", limit_addresses=True, limit_ips=True)
    declare(project, *PRICES)
    project.venue.control("spend_requests", account=ACCOUNT, count=9_998)
    return project


def declare(project: Project, *names: str) -> None:
    orders = {name: order("buy", PRICES[name], "0.01") for name in names}
    project.write_book("btc", instrument="BTC", orders=orders)


def prices(project: Project) -> list[str]:
    return sorted((each["price"] for each in project.live()), reverse=True)


def test_a_plan_forecasts_requests_weight_and_budget(project: Project) -> None:
    declare(project, *PRICES)

    planned = project.run("plan")
    document = json.loads(project.run("plan", "--format", "json").out)

    assert (
        "1 request (1 place of 4), weight 1; the account may send 10,000 more now, 9,996 after."
    ) in " ".join(planned.out.split())
    assert [(1, 4)] == [(each["weight"], each["items"]) for each in document["requests"]]
    assert [10_000] == [each["budget_left"] for each in document["venues"]]


@pytest.mark.parametrize(("count", "weights"), [(39, [1]), (40, [1, 1])])
def test_forty_orders_are_two_requests_of_weight_one(
    project: Project, count: int, weights: list[int]
) -> None:
    orders = {f"o{n}": order("buy", str(60_000 - 10 * n), "0.01") for n in range(count)}
    project.write_book("btc", instrument="BTC", orders=orders)

    document = json.loads(project.run("plan", "--format", "json").out)
    project.run("apply", "--auto-approve")

    assert weights == [each["weight"] for each in document["requests"]]
    assert len(weights) == len(project.sent())


def test_what_the_budget_has_no_room_for_is_held(short: Project) -> None:
    applied = short.run("apply", "--auto-approve")

    assert (10, ["60000", "59000"]) == (applied.code, prices(short))
    assert "The account may send 2 more orders to its venue" in applied.out


def test_what_was_held_is_sent_once_the_venue_gives_more(short: Project) -> None:
    short.run("apply", "--auto-approve")
    short.venue.control("spend_requests", account=ACCOUNT, count=0)
    # Trading gives one request for each USDC.
    taker = {"account": ACCOUNT, "instrument": "ETH", "side": "buy", "price": "2100"}
    short.venue.control("place_as_human", **taker, quantity="1", time_in_force="Ioc")

    assert 0 == short.run("apply", "--auto-approve").code
    assert sorted(PRICES.values(), reverse=True) == prices(short)
    assert has_nothing_to_do(short)


def test_without_any_budget_orders_are_still_cancelled(short: Project) -> None:
    short.run("apply", "--auto-approve")
    declare(short, "a")

    applied = short.run("apply", "--auto-approve")

    assert (0, ["60000"]) == (applied.code, prices(short)), applied.out


def test_without_any_budget_panic_cancels_everything(short: Project) -> None:
    short.run("apply", "--auto-approve")

    ran = short.run("panic")

    assert (0, []) == (ran.code, short.live()), ran.out


def test_a_saved_plan_sends_only_what_the_budget_has_room_for_by_now(project: Project) -> None:
    orders = {f"o{n:03}": order("buy", str(60_000 - 10 * n), "0.01") for n in range(80)}
    project.write_book("btc", instrument="BTC", orders=orders)
    project.run("plan", "--out", "plan.json")
    project.venue.control("switches", limit_addresses=True)
    project.venue.control("spend_requests", account=ACCOUNT, count=9_980)

    applied = project.run("apply", "plan.json")

    assert (10, 20, 1) == (applied.code, len(project.live()), len(project.sent()))
    assert "60 left for the next plan" in applied.out
