"""Every kind of market from outside: planned, applied, planned again, changed, filled, gone."""

from typing import Any

import pytest

from tests.e2e.losing import change, fill, has_nothing_to_do, lose_state, recover
from tests.e2e.project import Project, order

# instrument, asset id, and for a buy below the market: price, another price, quantity
MARKETS = [
    ("BTC", 0, "60000", "61000", "0.01"),
    ("PURR/USDC", 10_000, "0.12", "0.13", "1000"),
    ("@107", 10_107, "40", "40.5", "2"),
    ("xyz:TSLA", 110_001, "380", "381.5", "1"),
]
MANY = [pytest.param(*row, id=row[0]) for row in MARKETS]
NO_CHANGES = "No changes. Your orders match the specification."


def declare(project: Project, instrument: str, **orders: Any) -> None:
    project.write_book("btc", instrument=instrument, orders=orders)


def set_life(project: Project, seconds: int) -> None:
    """Let requests live so long: a recovery waits for them."""
    change(project, "venues", "hl", expires_after_s=seconds)


def apply(project: Project) -> None:
    ran = project.run("apply", "--auto-approve")
    assert 0 == ran.code, ran.out + ran.err


@pytest.mark.parametrize(("instrument", "asset", "price", "other", "quantity"), MANY)
def test_an_order_goes_round(
    project: Project, instrument: str, asset: int, price: str, other: str, quantity: str
) -> None:
    declare(project, instrument, dip=order("buy", price, quantity))
    apply(project)
    placed = project.sent()[-1]["action"]["orders"]

    assert [(asset, True, quantity)] == [(each["a"], each["b"], each["s"]) for each in placed]
    assert [instrument] == [each["instrument"] for each in project.live()]
    assert NO_CHANGES in project.run("plan").out
    declare(project, instrument, dip=order("buy", other, quantity))
    apply(project)
    assert [other] == [each["price"] for each in project.live()]
    assert has_nothing_to_do(project)
    fill(project, other)
    assert "1 kept where nothing changes (1 filled)" in project.run("plan").out
    assert has_nothing_to_do(project)


@pytest.mark.parametrize(("instrument", "asset", "price", "other", "quantity"), MANY)
def test_an_order_that_left_the_specs_is_cancelled(
    project: Project, instrument: str, asset: int, price: str, other: str, quantity: str
) -> None:
    two = {"dip": order("buy", price, quantity), "low": order("buy", other, quantity)}
    declare(project, instrument, **two)
    apply(project)
    declare(project, instrument, dip=order("buy", price, quantity))
    apply(project)
    (cancel,) = project.sent()[-1]["action"]["cancels"]

    assert (asset, [price]) == (cancel["a"], [each["price"] for each in project.live()])
    assert has_nothing_to_do(project)


def test_markets_of_every_kind_share_one_request(project: Project) -> None:
    project.remove_book("btc")
    for index, (instrument, _, price, _, quantity) in enumerate(MARKETS):
        orders = {"dip": order("buy", price, quantity)}
        project.write_book(f"b{index}", instrument=instrument, orders=orders)
    apply(project)

    (sent,) = project.sent()
    assert {asset for _, asset, *_ in MARKETS} == {o["a"] for o in sent["action"]["orders"]}
    assert has_nothing_to_do(project)


def test_a_plan_says_what_a_numbered_pair_is(project: Project) -> None:
    declare(project, "@107", dip=order("buy", "40", "2"))

    planned = project.run("plan", "--out", "plan.json")
    shown = project.run("show", "plan.json")

    assert "  @107   HYPE/USDC   mid 41.898\n" in planned.out
    assert "  @107   HYPE/USDC   mid 41.898\n" in shown.out


@pytest.mark.parametrize("arguments", [("plan",), ("validate", "--online")])
def test_a_pair_that_is_named_by_its_tokens_is_told_its_name(
    project: Project, arguments: tuple[str, ...]
) -> None:
    declare(project, "HYPE/USDC", dip=order("buy", "40", "2"))

    ran = project.run(*arguments)

    assert 1 == ran.code
    assert "did you mean `@107`?" in ran.err
    assert "hl does not list `HYPE/USDC`. It calls that pair `@107`." in ran.err


@pytest.mark.parametrize(
    ("instrument", "price", "quantity"), [("PURR/USDC", "0.12", "83"), ("@107", "40", "0.24")]
)
def test_a_spot_order_below_ten_of_the_quote_is_refused_by_us(
    project: Project, instrument: str, price: str, quantity: str
) -> None:
    declare(project, instrument, dip=order("buy", price, quantity))

    ran = project.run("apply", "--auto-approve")

    assert (1, []) == (ran.code, project.sent())
    assert "USDC" in ran.err


def test_a_delisted_perp_gets_no_order(project: Project) -> None:
    project.venue.control("delist", instrument="ETH")
    declare(project, "ETH", dip=order("buy", "1500", "0.1"))

    planned = project.run("plan")

    assert "instrument-closed" in planned.out
    assert "Nothing to send; 1 held." in planned.out


def test_orders_of_a_perp_that_is_delisted_are_not_placed_again(project: Project) -> None:
    declare(project, "ETH", dip=order("buy", "1500", "0.1"))
    apply(project)
    project.venue.control("delist", instrument="ETH")

    planned = project.run("plan")

    assert [] == project.live()
    assert "Nothing to send; 1 held." in planned.out


@pytest.mark.parametrize(("instrument", "price"), [("BTC", "60000"), ("xyz:TSLA", "380")])
def test_a_plan_tells_where_margin_is_only_isolated(
    project: Project, instrument: str, price: str
) -> None:
    declare(project, instrument, dip=order("buy", price, "0.1"))
    planned = project.run("plan")

    assert (instrument != "BTC") == (f"{instrument} has only isolated margin" in planned.out)


def test_a_dex_that_does_not_exist_is_named(project: Project) -> None:
    declare(project, "nope:TSLA", dip=order("buy", "380", "0.1"))
    ran = project.run("apply", "--auto-approve")

    assert (1, True) == (ran.code, "hl does not list `nope:TSLA`" in ran.err)


# builder dexes: what becomes of our ids there is not known, so all of it has to be safe


TESLA = {"dip": order("buy", "380", "1")}


@pytest.fixture(params=["keep", "drop"])
def tesla(project: Project, request: pytest.FixtureRequest) -> Project:
    """A project with an order on a builder dex, whether or not our id is kept there."""
    project.venue.control("switches", builder_dex_cloid=request.param)
    declare(project, "xyz:TSLA", **TESLA)
    apply(project)
    return project


def test_an_order_is_ours_whether_or_not_its_id_was_kept(tesla: Project) -> None:
    planned = tesla.run("plan")

    assert NO_CHANGES in planned.out
    assert "not ours" not in planned.out


def test_an_order_is_modified_whether_or_not_its_id_was_kept(tesla: Project) -> None:
    declare(tesla, "xyz:TSLA", dip=order("buy", "381.5", "1"))
    apply(tesla)

    assert ["381.5"] == [each["price"] for each in tesla.live()]
    assert has_nothing_to_do(tesla)


def test_a_filled_order_is_not_placed_again_whether_or_not_its_id_was_kept(tesla: Project) -> None:
    fill(tesla, "380", "0.4")
    assert has_nothing_to_do(tesla)
    fill(tesla, "380")

    assert has_nothing_to_do(tesla)
    assert 1 == len(tesla.orders())


def test_panic_finds_an_order_whether_or_not_its_id_was_kept(tesla: Project) -> None:
    ran = tesla.run("panic")

    assert (0, []) == (ran.code, tesla.live()), ran.out


def test_panic_without_state_and_specs_finds_an_order_of_ours_on_any_dex(project: Project) -> None:
    declare(project, "xyz:TSLA", **TESLA)
    set_life(project, 1)
    apply(project)
    lose_state(project)
    project.remove_book("btc")

    ran = project.run("panic")

    assert (0, []) == (ran.code, project.live()), ran.out


def test_a_recovery_finds_an_order_of_ours_on_any_dex(project: Project) -> None:
    declare(project, "xyz:TSLA", **TESLA)
    set_life(project, 1)
    apply(project)
    lose_state(project)
    declare(project, "BTC", low=order("buy", "60000", "0.01"))
    recover(project)

    planned = project.run("plan")

    assert "orphan" in planned.out


def test_an_orphan_on_an_instrument_nobody_names_can_be_cancelled(project: Project) -> None:
    declare(project, "ETH", dip=order("buy", "1500", "0.1"))
    set_life(project, 1)
    apply(project)
    lose_state(project)
    declare(project, "BTC", low=order("buy", "60000", "0.01"))
    recover(project)

    ran = project.run("apply", "--auto-approve", "--allow", "orphans")

    assert (0, ["BTC"]) == (ran.code, [each["instrument"] for each in project.live()]), ran.err


def test_an_order_that_vanished_is_not_placed_again(project: Project) -> None:
    project.venue.control("switches", builder_dex_cloid="vanish")
    declare(project, "xyz:TSLA", **TESLA)
    apply(project)
    sent = len(project.sent())

    planned, again = project.run("plan"), project.run("apply", "--auto-approve")

    assert "The venue does not show it, and may have lost its client order id." in planned.out
    assert (sent, 0) == (len(project.sent()), again.code)
