"""What needs no signature: contracts, prices, times."""

from decimal import Decimal
from typing import Any

import pytest

from reconciler.simulator import Request
from reconciler.simulator.htx.jsontext import parse, written
from tests.simulator.htx.venue import NOW, SWAP, Desk, desk

MARKET = "/swap-ex/market/"
BTC = "contract_code=BTC-USD"


@pytest.fixture
def venue() -> Desk:
    """Return a fresh venue."""
    return desk()


def test_contracts_have_sizes_and_ticks(venue: Desk) -> None:
    reply = venue.simulator.handle(Request(method="GET", path=f"{SWAP}swap_contract_info"), NOW)
    rows = {row["contract_code"]: row for row in parse(reply.body)["data"]}

    assert (100, Decimal("0.1"), 1) == (
        rows["BTC-USD"]["contract_size"],
        rows["BTC-USD"]["price_tick"],
        rows["BTC-USD"]["contract_status"],
    )
    assert (10, Decimal("0.01")) == (
        rows["ETH-USD"]["contract_size"],
        rows["ETH-USD"]["price_tick"],
    )
    assert {"BTC-USD", "ETH-USD", "LTC-USD", "XRP-USD"} <= rows.keys()


def test_every_price_at_the_start_is_on_its_tick(venue: Desk) -> None:
    contracts = venue.simulator.htx.world.contracts.values()

    assert [] == [each.code for each in contracts if not each.is_on_tick(each.mid)]


@pytest.mark.parametrize("code", ["BTC-USD", "btc-usd", "Btc-Usd"])
def test_one_contract_may_be_named_in_any_letter_case(venue: Desk, code: str) -> None:
    reply = venue.get("swap_contract_info", f"contract_code={code}")

    assert ["BTC-USD"] == [row["contract_code"] for row in reply["data"]]


def test_an_unknown_contract_is_an_error(venue: Desk) -> None:
    assert 1014 == venue.get("swap_contract_info", "contract_code=XYZ-USD")["err_code"]


def test_limits_stand_around_the_index(venue: Desk) -> None:
    row = venue.get("swap_price_limit", BTC)["data"][0]

    assert (62400, 57600) == (row["high_limit"], row["low_limit"])


def test_limits_are_on_the_tick_grid(venue: Desk) -> None:
    venue.control("set_mid", instrument="BTC-USD", mid="60000", mark="59999.7")
    row = venue.get("swap_price_limit", BTC)["data"][0]

    assert (62399.6, 57599.8) == (row["high_limit"], row["low_limit"])


def test_the_index_may_stand_apart_from_the_mid(venue: Desk) -> None:
    venue.control("set_mid", instrument="BTC-USD", mid="60000", mark="59000")

    assert 59000 == venue.get("swap_index", BTC)["data"][0]["index_price"]


def test_the_best_prices_stand_around_the_mid(venue: Desk) -> None:
    tick = venue.get(f"{MARKET}bbo", BTC)["ticks"][0]

    assert ([59999.9, 10_000], [60000.1, 10_000]) == (tick["bid"], tick["ask"])


def test_a_side_where_nobody_is_has_no_field() -> None:
    tick = desk(background_notional="0").get(f"{MARKET}bbo", BTC)["ticks"][0]

    assert not {"ask", "bid"} & tick.keys()


def test_depth_shows_real_orders_beside_the_quotes(venue: Desk) -> None:
    venue.place("59000", 3)
    venue.place("59000", 4)
    tick = venue.get(f"{MARKET}depth", f"{BTC}&type=step0")["tick"]

    assert [[59999.9, 10_000], [59000, 7]] == tick["bids"]
    assert [[60000.1, 10_000]] == tick["asks"]


def test_quotes_step_back_behind_real_orders(venue: Desk) -> None:
    venue.control("switches", background_notional="0")
    venue.place("60001", 3)
    venue.control("switches", background_notional="1000000")
    tick = venue.get(f"{MARKET}bbo", BTC)["ticks"][0]

    assert ([60001, 3], [60001.1, 10_000]) == (tick["bid"], tick["ask"])


@pytest.mark.parametrize("query", [BTC, f"{BTC}&type=step99"])
def test_depth_needs_a_type(venue: Desk, query: str) -> None:
    assert 1067 == venue.get(f"{MARKET}depth", query)["err_code"]


def test_the_merged_detail_has_the_last_price_as_a_text(venue: Desk) -> None:
    tick = venue.get(f"{MARKET}detail/merged", BTC)["tick"]

    assert ("60000", [59999.9, 10_000]) == (tick["close"], tick["bid"])


@pytest.mark.parametrize(
    "path", [f"{MARKET}detail/batch_merged", f"/v2{MARKET}detail/batch_merged"]
)
def test_the_batch_has_every_contract(venue: Desk, path: str) -> None:
    codes = {tick["contract_code"] for tick in venue.get(path)["ticks"]}

    assert codes == set(venue.simulator.htx.world.contracts)


def test_the_last_trade_is_told(venue: Desk) -> None:
    venue.control("trade", oid=venue.place("59000"))

    assert "59000" == venue.get(f"{MARKET}trade", BTC)["tick"]["data"][0]["price"]


def test_the_mark_price_comes_as_candles(venue: Desk) -> None:
    path = "/index/market/history/swap_mark_price_kline"
    candle = venue.get(path, f"{BTC}&period=1min&size=1")["data"][0]

    assert ("60000", NOW // 60_000 * 60) == (candle["close"], candle["id"])
    assert 1067 == venue.get(path, f"{BTC}&period=1min&size=0")["err_code"]


def test_elements_say_the_same_in_other_words(venue: Desk) -> None:
    row = venue.get("swap_query_elements", BTC)["data"][0]

    assert ("BTC", "0.100000000000000000", "100.000000000000000000", 8) == (
        row["contract_code"],
        row["price_tick"],
        row["instrument_value"],
        row["settle_period"],
    )


def test_the_clock_is_told(venue: Desk) -> None:
    assert {"status": "ok", "ts": NOW} == venue.get("/api/v1/timestamp")


def test_no_delivery_contract_trades(venue: Desk) -> None:
    rows = venue.get("/api/v1/contract_contract_info")["data"]

    assert [8] == [row["contract_status"] for row in rows]


class TestPrivateTables:
    def test_order_limits_come_by_contract(self, venue: Desk) -> None:
        data = venue.data("swap_order_limit", order_price_type="limit")

        assert ("limit", 9000, 9000) == (
            data["order_price_type"],
            data["list"][0]["open_limit"],
            data["list"][0]["close_limit"],
        )
        assert 1034 == venue.code("swap_order_limit")

    def test_position_limits_come_by_side(self, venue: Desk) -> None:
        row = venue.data("swap_position_limit")[0]

        assert (60_000, 60_000) == (row["buy_limit"], row["sell_limit"])

    def test_fees_are_texts(self, venue: Desk) -> None:
        row = venue.data("swap_fee")[0]

        assert ("0.0002", "0.0005", "BTC") == (
            row["open_maker_fee"],
            row["close_taker_fee"],
            row["fee_asset"],
        )

    def test_the_last_price_is_there_though_nobody_quotes(self) -> None:
        tick = desk(background_notional="0").get(f"{MARKET}detail/merged", BTC)["tick"]

        assert "60000" == tick["close"]
        assert not {"ask", "bid"} & tick.keys()

    def test_private_replies_call_themselves_plain_text(self, venue: Desk) -> None:
        assert "text/plain;charset=UTF-8" == venue.post("swap_fee", {}).content_type


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "short", "long"),
        [
            ("0", "0", "0E-18"),
            ("0.6", "0.6", "0.600000000000000000"),
            ("1E+2", "100", "100.000000000000000000"),
            ("1E-7", "0.0000001", "1.00000000000E-7"),
        ],
    )
    def test_decimals_are_numbers_in_two_styles(self, value: str, short: str, long: str) -> None:
        number = Decimal(value)

        assert (short, long) == (written(number), written(number, are_numbers_long=True))

    def test_every_other_value_is_written_as_json(self) -> None:
        value: Any = {"a": [1, "x\n", None, True, {"b": []}], "é": 2**63}

        assert value == parse(written(value).encode())

    def test_a_venue_may_write_long_numbers(self) -> None:
        venue = desk(numbers_are_long=True)
        oid = venue.place("59000")
        body = venue.post(
            "swap_order_info", {"contract_code": "BTC-USD", "order_id": str(oid)}
        ).body

        assert b'"price":59000.000000000000000000' in body
        assert b'"fee":0E-18' in body
        assert 59000 == parse(body)["data"][0]["price"]
