"""Positions, coins and leverage: both sides at once, margin and profit in the coin."""

from decimal import Decimal
from typing import Any

import pytest

from reconciler.simulator.htx.jsontext import parse
from tests.simulator.htx.venue import BOB_KEY, Desk, desk

SIZE = Decimal(100)
STEP = Decimal(1).scaleb(-18)


@pytest.fixture
def venue() -> Desk:
    """Return a fresh venue without fees."""
    return desk(charge_fees=False)


def exact(venue: Desk, path: str, **body: Any) -> Any:
    """Call an endpoint and return its data with exact decimals."""
    return parse(venue.post(path, {"contract_code": "BTC-USD", **body}).body)["data"]


def test_long_and_short_may_be_held_together(venue: Desk) -> None:
    venue.buy_position(5)
    venue.place("59999.9", 3, buy=False)

    assert [("buy", 5, 5), ("sell", 3, 3)] == venue.positions()


def test_selling_closes_the_long_and_buying_the_short(venue: Desk) -> None:
    venue.buy_position(5)
    venue.place("59999.9", 3, buy=False)
    venue.place("59999.9", 2, buy=False, offset="close")
    venue.place("60000.1", 3, offset="close")

    assert [("buy", 3, 3)] == venue.positions()


def test_a_closed_position_is_gone(venue: Desk) -> None:
    venue.buy_position(5)
    venue.place("59999.9", 5, buy=False, offset="close")

    assert [] == venue.positions()


def test_resting_closing_orders_reserve_the_position(venue: Desk) -> None:
    venue.buy_position(5)
    oid = venue.place("61000", 3, buy=False, offset="close")
    held = venue.positions()
    refused = venue.refused("61000", 3, buy=False, offset="close")
    venue.cancel(oid)
    venue.at_ms += 100

    assert [("buy", 5, 2)] == held
    assert 1048 == refused
    assert venue.place("61000", 5, buy=False, offset="close")


def test_a_mean_price_is_that_of_coins(venue: Desk) -> None:
    for price in ("50000", "60000"):
        venue.control("trade", oid=venue.place(price, 10), quantity="10")
    coins = 10 * SIZE / 50000 + 10 * SIZE / 60000
    row = exact(venue, "swap_position_info")[0]

    assert (20 * SIZE / coins).quantize(STEP) == row["cost_open"]


def test_a_profit_is_in_the_coin(venue: Desk) -> None:
    oid = venue.place("50000", 10)
    venue.control("trade", oid=oid)
    before = exact(venue, "swap_account_info")[0]["margin_static"]
    venue.place("59999.9", 10, buy=False, offset="close")
    after = exact(venue, "swap_account_info")[0]["margin_static"]
    profit = (10 * SIZE / 50000 - 10 * SIZE / Decimal("59999.9")).quantize(STEP)

    assert profit == after - before


def test_a_short_gains_when_the_price_falls(venue: Desk) -> None:
    venue.place("59999.9", 10, buy=False)
    venue.move("50000")
    row = exact(venue, "swap_position_info")[0]
    profit = 10 * SIZE / 50000 - 10 * SIZE / Decimal("59999.9")

    assert profit.quantize(STEP) == row["profit_unreal"]


def test_the_numbers_of_a_margin_account_add_up(venue: Desk) -> None:
    venue.buy_position(10)
    venue.place("50000", 20)
    venue.move("55000")
    row = exact(venue, "swap_account_info")[0]
    frozen = (20 * SIZE / 50000 / 5).quantize(STEP)

    assert frozen == row["margin_frozen"]
    assert (10 * SIZE / 55000 / 5).quantize(STEP) == row["margin_position"]
    assert row["margin_static"] + row["profit_unreal"] == row["margin_balance"]
    assert row["margin_available"] == (
        row["margin_balance"] - row["margin_position"] - row["margin_frozen"]
    )


def test_an_order_shows_the_margin_it_freezes(venue: Desk) -> None:
    venue.place("50000", 20)
    order = exact(venue, "swap_openorders")["orders"][0]

    assert (20 * SIZE / 50000 / 5).quantize(STEP) == order["margin_frozen"]


@pytest.mark.parametrize(("price", "rate"), [("60000.1", "0.0005"), ("59000", "0.0002")])
def test_fees_are_charged_in_the_coin(price: str, rate: str) -> None:
    venue = desk()
    oid = venue.place(price, 10)
    if price == "59000":
        venue.control("trade", oid=oid)
    fee = -(10 * SIZE / Decimal(price) * Decimal(rate)).quantize(STEP)

    assert fee == exact(venue, "swap_order_info", order_id=str(oid))[0]["fee"]


def test_both_are_read_together(venue: Desk) -> None:
    venue.buy_position(5)
    row = venue.data("swap_account_position_info")[0]

    assert (5, "buy") == (row["lever_rate"], row["positions"][0]["direction"])


def test_a_fresh_account_has_coins_in_every_contract(venue: Desk) -> None:
    rows = venue.data("swap_account_info", contract_code="")

    assert len(venue.get("swap_contract_info")["data"]) == len(rows)
    assert all(row["margin_available"] > 0 for row in rows)


class TestLeverage:
    def test_an_order_must_have_the_leverage_of_the_position(self, venue: Desk) -> None:
        venue.buy_position(5)

        assert 1349 == venue.refused("59000", lever_rate=10)
        assert 1349 == venue.refused("61000", buy=False, offset="close", lever_rate=10)
        assert 1349 == venue.refused("61000", buy=False, lever_rate=10)

    @pytest.mark.parametrize(("is_1037", "code"), [(True, 1037), (False, 1349)])
    def test_a_conflict_with_resting_orders_is_a_switch(self, is_1037: bool, code: int) -> None:
        venue = desk(leverage_conflict_is_1037=is_1037)
        venue.place("59000")

        assert code == venue.refused("59000", lever_rate=10)

    def test_without_orders_and_positions_any_value_of_the_list_is_right(self, venue: Desk) -> None:
        row = venue.data("swap_available_level_rate")[0]
        for value in row["available_level_rate"].split(","):
            venue.cancel(venue.place("59000", lever_rate=int(value)))
            venue.at_ms += 100

        assert 1037 == venue.refused("59000", lever_rate=4)

    def test_each_contract_has_its_own(self, venue: Desk) -> None:
        venue.buy_position(1)

        assert venue.place("1900", contract_code="ETH-USD", lever_rate=20)

    def test_a_high_one_needs_an_agreement(self) -> None:
        venue = desk(has_leverage_agreement=False)

        assert 1233 == venue.refused("59000", lever_rate=30)
        assert venue.place("59000", lever_rate=20)

    def test_it_can_be_switched_without_open_orders(self, venue: Desk) -> None:
        venue.buy_position(5)
        data = venue.data("swap_switch_lever_rate", contract_code="btc-usd", lever_rate=10)

        assert {"contract_code": "btc-usd", "lever_rate": 10} == data
        assert venue.place("59000", lever_rate=10)

    def test_it_cannot_be_switched_with_open_orders(self, venue: Desk) -> None:
        venue.place("59000")

        assert 1045 == venue.code("swap_switch_lever_rate", lever_rate=10)

    def test_it_cannot_be_switched_twice_in_three_seconds(self, venue: Desk) -> None:
        venue.data("swap_switch_lever_rate", lever_rate=10)
        refused = venue.code("swap_switch_lever_rate", lever_rate=20)
        venue.at_ms += 3000

        assert 1032 == refused
        assert venue.data("swap_switch_lever_rate", lever_rate=20)

    def test_it_cannot_be_switched_to_what_is_not_in_the_list(self, venue: Desk) -> None:
        assert 1037 == venue.code("swap_switch_lever_rate", lever_rate=4)

    def test_it_cannot_be_switched_while_the_contract_does_not_trade(self, venue: Desk) -> None:
        venue.control("set_contract", instrument="BTC-USD", status=3)

        assert 1095 == venue.code("swap_switch_lever_rate", lever_rate=10)


class TestMatching:
    def test_price_then_time_decides(self) -> None:
        venue = desk(background_notional="0")
        worse = venue.place("59000", 5, key=BOB_KEY)
        first = venue.place("59500", 5, key=BOB_KEY)
        second = venue.place("59500", 5, key=BOB_KEY)
        venue.place("59000", 7, buy=False)

        assert [(6, 5), (4, 2), (3, 0)] == [
            (order["status"], order["trade_volume"])
            for order in (venue.info(oid, BOB_KEY) for oid in (first, second, worse))
        ]

    def test_the_price_is_the_resting_orders(self, venue: Desk) -> None:
        venue.place("59500", 5, key=BOB_KEY)
        venue.control("switches", background_notional="0")
        order = venue.info(venue.place("59000", 5, buy=False))

        assert 59500 == order["trade_avg_price"]

    def test_an_own_order_is_not_matched(self, venue: Desk) -> None:
        venue.control("switches", background_notional="0")
        maker = venue.place("59500", 5)
        order = venue.info(venue.place("59500", 5, buy=False))

        assert (7, "prevent-self-dealing") == (order["status"], order["canceled_source"])
        assert 3 == venue.status(maker)

    def test_an_own_order_is_matched_when_that_is_asked_for(self, venue: Desk) -> None:
        venue.control("switches", background_notional="0")
        maker = venue.place("59500", 5)
        venue.place("59500", 5, buy=False, self_match_prevent=0)

        assert 6 == venue.status(maker)

    def test_a_taker_fills_what_comes_before_its_own_order(self, venue: Desk) -> None:
        venue.control("switches", background_notional="0")
        venue.place("59600", 2, key=BOB_KEY)
        venue.place("59500", 5)
        order = venue.info(venue.place("59500", 5, buy=False))

        assert (5, 2) == (order["status"], order["trade_volume"])

    def test_the_market_fills_what_it_passes(self, venue: Desk) -> None:
        passed, left = venue.place("59500", 5), venue.place("58000", 5)
        fills = venue.move("59000")

        assert [{"oid": passed, "quantity": "5"}] == fills
        assert (6, 3) == (venue.status(passed), venue.status(left))

    def test_what_a_closing_order_reserves_is_not_taken_by_a_stop(self, venue: Desk) -> None:
        oid = venue.place("60000.1", 5, sl_trigger_price="55000", sl_order_price="54000")
        resting = venue.place("61000", 5, buy=False, offset="close")
        venue.move("54500")
        stops = venue.data("swap_relation_tpsl_order", order_id=oid)["tpsl_order_info"]

        assert (5, 1048) == (stops[0]["status"], stops[0]["fail_code"])
        assert 3 == venue.status(resting)

    def test_the_quotes_give_way_to_better_real_orders(self, venue: Desk) -> None:
        venue.control("switches", background_notional="0")
        real = venue.place("60000.1", 5, key=BOB_KEY, buy=False)
        venue.control("switches", background_notional="1000000")
        quoted = venue.control("markets", instrument="BTC-USD")
        venue.place("60000.1", 5)

        assert ("60000.1", "59999.9") == (quoted["ask"], quoted["bid"])
        assert 6 == venue.status(real, BOB_KEY)

    def test_the_quotes_come_before_worse_real_orders(self, venue: Desk) -> None:
        real = venue.place("60005", 5, key=BOB_KEY, buy=False)
        taker = venue.info(venue.place("60005", 5))

        assert (60000.1, 3) == (taker["trade_avg_price"], venue.status(real, BOB_KEY))

    def test_the_quotes_come_before_worse_real_bids(self, venue: Desk) -> None:
        real = venue.place("59990", 5, key=BOB_KEY)
        taker = venue.info(venue.place("59990", 5, buy=False))

        assert (59999.9, 3) == (taker["trade_avg_price"], venue.status(real, BOB_KEY))

    def test_a_quote_steps_back_behind_a_real_ask(self, venue: Desk) -> None:
        venue.control("switches", background_notional="0")
        venue.place("59990", 5, buy=False)
        venue.control("switches", background_notional="1000000")

        assert "59989.9" == venue.control("markets", instrument="BTC-USD")["bid"]

    def test_a_fok_does_not_count_what_it_does_not_reach(self) -> None:
        venue = desk(background_notional="0")
        for price in ("60000", "60500"):
            venue.place(price, 2, buy=False, key=BOB_KEY)

        assert 7 == venue.status(venue.place("60000", 3, order_price_type="fok"))
        assert 6 == venue.status(venue.place("60500", 4, order_price_type="fok"))
