"""Placing: what is answered, what rests, what is refused and under which code."""

from decimal import Decimal
from typing import Any

import pytest

from reconciler.simulator.htx.jsontext import parse
from tests.simulator.htx.venue import BOB_KEY, NOW, Desk, desk, limit

ID_MAX = 2**63 - 1


@pytest.fixture
def venue() -> Desk:
    """Return a fresh venue."""
    return desk()


def test_an_order_rests(venue: Desk) -> None:
    order = venue.info(venue.place("59000", 7))

    assert (3, 7, 0, 59000) == (
        order["status"],
        order["volume"],
        order["trade_volume"],
        order["price"],
    )


def test_the_answer_repeats_a_client_order_id_when_there_is_one(venue: Desk) -> None:
    with_id = venue.data("swap_order", **limit("59000", client_order_id=ID_MAX))
    without = venue.data("swap_order", **limit("59000"))

    assert ID_MAX == with_id["client_order_id"]
    assert {"order_id", "order_id_str"} == without.keys()


def test_an_id_tells_when_the_order_was_placed(venue: Desk) -> None:
    assert NOW == (venue.place("59000") >> 22) + 1_420_041_600_000


def test_ids_rise(venue: Desk) -> None:
    oids = [venue.place("59000") for _ in range(5)]

    assert sorted(set(oids)) == oids


def test_the_contract_is_named_in_any_letter_case(venue: Desk) -> None:
    oid = venue.place("59000", contract_code="btc-usd")

    assert "BTC-USD" == venue.info(oid)["contract_code"]


@pytest.mark.parametrize("price", ["59000.1", 59000, 59000.5])
def test_a_price_is_a_number_or_a_text(venue: Desk, price: Any) -> None:
    venue.place(price)


def test_a_price_keeps_its_digits(venue: Desk) -> None:
    venue.place("59000.1")
    body = venue.post("swap_openorders", {}).body

    assert Decimal("59000.1") == parse(body)["data"]["orders"][0]["price"]


@pytest.mark.parametrize("volume", [1, "1"])
def test_a_volume_is_a_number_or_a_text(venue: Desk, volume: Any) -> None:
    venue.place("59000", volume)


def test_fields_nobody_knows_are_ignored(venue: Desk) -> None:
    venue.place("59000", channel_code="AA03022abc", reduce_only=1)


def test_fields_nobody_knows_may_be_refused() -> None:
    venue = desk(refuse_unknown_fields=True)

    assert 1067 == venue.refused("59000", channel_code="AA03022abc")
    assert venue.place("59000", price_protect=False, tp_trigger_price="65000", tp_order_price="1")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"contract_code": None}, 1066),
        ({"contract_code": "XYZ-USD"}, 1014),
        ({"contract_code": 5}, 1014),
        ({"direction": "long"}, 1035),
        ({"direction": None}, 1035),
        ({"offset": "both"}, 1036),
        ({"order_price_type": "market"}, 1034),
        ({"order_price_type": "lightning"}, 1034),
        ({"price": None}, 1066),
        ({"price": "x"}, 1067),
        ({"price": True}, 1067),
        ({"price": 0}, 1067),
        ({"price": -1}, 1067),
        ({"price": "NaN"}, 1067),
        ({"price": "1e99"}, 1067),
        ({"price": "59000.05"}, 1038),
        ({"price": "59000.0000000000000000001"}, 1038),
        ({"price": "62400.1"}, 1039),
        ({"price": "57599.9", "direction": "sell"}, 1039),
        ({"volume": None}, 1040),
        ({"volume": 0}, 1040),
        ({"volume": -1}, 1040),
        ({"volume": "-1"}, 1040),
        ({"volume": 1.5}, 1067),
        ({"volume": 1.0}, 1067),
        ({"volume": "1.5"}, 1067),
        ({"volume": "x"}, 1067),
        ({"volume": [1]}, 1067),
        ({"volume": True}, 1067),
        ({"volume": 9001}, 1041),
        ({"volume": 500_001, "order_price_type": "post_only"}, 1041),
        ({"lever_rate": None}, 1094),
        ({"lever_rate": 5.0}, 1067),
        ({"lever_rate": 4}, 1037),
        ({"client_order_id": "abc"}, 1065),
        ({"client_order_id": "12"}, 1067),
        ({"client_order_id": 0}, 1067),
        ({"client_order_id": -1}, 1067),
        ({"client_order_id": 2**63}, 1067),
        ({"client_order_id": 1.5}, 1067),
        ({"self_match_prevent": 2}, 1067),
        ({"offset": "close", "direction": "sell"}, 1048),
    ],
    ids=str,
)
def test_an_unsound_order_is_refused(venue: Desk, change: dict[str, Any], code: int) -> None:
    body = {name: value for name, value in (limit("59000") | change).items() if value is not None}
    body.setdefault("contract_code", "")

    assert code == venue.code("swap_order", **body)
    assert [] == venue.open()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"volume":NaN}', b"\xff"])
def test_a_body_which_is_no_object_is_wrong(venue: Desk, body: bytes) -> None:
    assert 1030 == venue.post("swap_order", body).json()["err_code"]


@pytest.mark.parametrize(("price", "buy"), [("62400", True), ("57600", False)])
def test_a_price_on_its_limit_is_accepted(venue: Desk, price: str, buy: bool) -> None:
    venue.place(price, buy=buy)


@pytest.mark.parametrize(("price", "buy"), [("1", True), ("90000", False)])
def test_the_passive_side_has_no_limit(venue: Desk, price: str, buy: bool) -> None:
    venue.place(price, buy=buy)


def test_an_error_names_the_bounds(venue: Desk) -> None:
    text = venue.call("swap_order", **limit("70000"))["err_msg"]

    assert "62400" in text
    assert "57600" in text


def test_a_post_only_order_may_be_larger_than_the_order_limit(venue: Desk) -> None:
    venue.place("59000", 9001, order_price_type="post_only")


class TestClientOrderIds:
    def test_a_repeated_id_is_refused(self, venue: Desk) -> None:
        venue.place("59000", client_order_id=5)

        assert 1050 == venue.refused("58000", client_order_id=5)

    def test_an_id_of_a_finished_order_is_still_taken(self, venue: Desk) -> None:
        oid = venue.place("59000", client_order_id=5)
        venue.cancel(oid)
        venue.at_ms += 100

        assert 1050 == venue.refused("58000", client_order_id=5)

    def test_an_id_is_taken_in_every_contract(self, venue: Desk) -> None:
        venue.place("59000", client_order_id=5)

        assert 1050 == venue.refused("1900", client_order_id=5, contract_code="ETH-USD")

    def test_another_account_may_use_it(self, venue: Desk) -> None:
        venue.place("59000", client_order_id=5)

        assert venue.place("59000", client_order_id=5, key=BOB_KEY)

    def test_a_refused_order_takes_no_id(self, venue: Desk) -> None:
        venue.refused("59000.05", client_order_id=5)

        assert venue.place("59000", client_order_id=5)

    @pytest.mark.parametrize(("is_for_ever", "works"), [(True, False), (False, True)])
    def test_an_id_may_be_free_again_after_eight_hours(
        self, is_for_ever: bool, works: bool
    ) -> None:
        venue = desk(reserve_client_ids_for_ever=is_for_ever)
        venue.place("59000", client_order_id=5)
        venue.at_ms += 8 * 3_600_000

        assert works == (
            "ok" == venue.call("swap_order", **limit("1", client_order_id=5))["status"]
        )

    def test_an_id_may_be_a_text_by_switch(self) -> None:
        venue = desk(accept_client_id_text=True)
        oid = venue.place("59000", client_order_id="12")

        assert 12 == venue.info(oid)["client_order_id"]


class TestBatch:
    def test_items_are_answered_one_by_one_counted_from_one(self, venue: Desk) -> None:
        orders = [
            limit("59000", client_order_id=1),
            limit("59000.05", client_order_id=2),
            limit("58000"),
        ]
        data = venue.data("swap_batchorder", orders_data=orders)

        assert [(2, 1038)] == [(e["index"], e["err_code"]) for e in data["errors"]]
        assert [(1, 1), (3, None)] == [
            (s["index"], s.get("client_order_id")) for s in data["success"]
        ]
        assert 2 == len(venue.open())

    def test_items_name_their_own_contracts(self, venue: Desk) -> None:
        orders = [limit("59000"), limit("1900", contract_code="ETH-USD")]
        venue.data("swap_batchorder", orders_data=orders)

        assert 1 == len(venue.open(contract_code="eth-usd"))

    def test_an_id_twice_in_a_batch_is_refused_the_second_time(self, venue: Desk) -> None:
        orders = [limit("59000", client_order_id=1), limit("58000", client_order_id=1)]
        data = venue.data("swap_batchorder", orders_data=orders)

        assert [(2, 1050)] == [(e["index"], e["err_code"]) for e in data["errors"]]

    def test_a_batch_which_fails_in_full_is_ok_all_the_same(self, venue: Desk) -> None:
        data = venue.data("swap_batchorder", orders_data=[{}, 5, limit("0")])

        assert ([1, 2, 3], []) == ([e["index"] for e in data["errors"]], data["success"])

    @pytest.mark.parametrize(("most", "count"), [(25, 25), (10, 10)])
    def test_a_batch_has_a_largest_length(self, most: int, count: int) -> None:
        venue = desk(batch_orders_max=most)
        orders = [limit("59000")] * (count + 1)

        assert 1052 == venue.code("swap_batchorder", orders_data=orders)
        assert count == len(venue.data("swap_batchorder", orders_data=orders[1:])["success"])

    def test_answers_may_stand_in_another_order(self) -> None:
        venue = desk(batch_answers_are_reversed=True)
        orders = [limit("59000"), limit("1", volume=0), limit("58000"), limit("1", volume=0)]
        data = venue.data("swap_batchorder", orders_data=orders)

        assert ([3, 1], [4, 2]) == tuple(
            [answer["index"] for answer in data[name]] for name in ("success", "errors")
        )

    @pytest.mark.parametrize("items", [None, [], {}])
    def test_a_batch_without_orders_is_refused(self, venue: Desk, items: Any) -> None:
        assert 1066 == venue.code("swap_batchorder", orders_data=items)


class TestTypes:
    def test_a_crossing_post_only_order_is_accepted_then_cancelled(self, venue: Desk) -> None:
        oid = venue.place("60000.1", order_price_type="post_only")

        assert 7 == venue.status(oid)

    def test_a_passive_post_only_order_rests(self, venue: Desk) -> None:
        assert 3 == venue.status(venue.place("60000", order_price_type="post_only"))

    def test_what_an_ioc_leaves_is_cancelled(self, venue: Desk) -> None:
        venue.control("switches", background_notional="0")
        venue.place("59950", 2, key=BOB_KEY, buy=False)
        oid = venue.place("59950", 5, order_price_type="ioc")
        order = venue.info(oid)

        assert (5, 2) == (order["status"], order["trade_volume"])

    def test_an_ioc_without_a_match_is_cancelled(self, venue: Desk) -> None:
        assert 7 == venue.status(venue.place("59000", order_price_type="ioc"))

    def test_a_fok_fills_in_full(self, venue: Desk) -> None:
        assert 6 == venue.status(venue.place("60000.1", 5, order_price_type="fok"))

    def test_a_fok_which_cannot_fill_in_full_does_not_fill(self) -> None:
        venue = desk(background_notional="0")
        venue.place("60000", 2, buy=False, key=BOB_KEY)
        order = venue.info(venue.place("60000", 3, order_price_type="fok"))

        assert (7, 0) == (order["status"], order["trade_volume"])

    @pytest.mark.parametrize(
        ("price_type", "price"),
        [("opponent", 60000.1), ("optimal_5", 60000.5), ("optimal_20", 60002)],
    )
    def test_a_type_without_a_price_takes_that_of_the_other_side(
        self, venue: Desk, price_type: str, price: float
    ) -> None:
        body = limit("1") | {"order_price_type": price_type}
        del body["price"]
        order = venue.info(venue.data("swap_order", **body)["order_id"])

        assert (6, price, 60000.1) == (order["status"], order["price"], order["trade_avg_price"])

    def test_a_type_without_a_price_needs_somebody_there(self) -> None:
        venue = desk(background_notional="0")

        assert 1016 == venue.refused("1", order_price_type="opponent")

    def test_a_marketable_limit_order_fills_at_once(self, venue: Desk) -> None:
        assert 6 == venue.status(venue.place("60100"))


class TestLimits:
    @pytest.mark.parametrize(("buy", "code"), [(True, 1461), (False, 1462)])
    def test_a_position_with_its_orders_has_a_limit(self, buy: bool, code: int) -> None:
        venue = desk(check_margin=False)
        price = "59000" if buy else "61000"
        for _ in range(12):
            venue.place(price, 5000, buy=buy, order_price_type="post_only")

        assert code == venue.refused(price, 1, buy=buy)

    @pytest.mark.parametrize(("buy", "code"), [(True, 1042), (False, 1043)])
    def test_the_limit_has_other_codes_by_switch(self, buy: bool, code: int) -> None:
        venue = desk(check_margin=False, position_limit_is_1042=True)
        price = "59000" if buy else "61000"
        venue.place(price, 60_000, buy=buy, order_price_type="post_only")

        assert code == venue.refused(price, 1, buy=buy)

    def test_opening_orders_are_counted(self) -> None:
        venue = desk(opening_orders_max=2)
        oids = [venue.place("59000") for _ in range(2)]
        refused = venue.call("swap_order", **limit("59000"))
        venue.cancel(oids[0])
        venue.at_ms += 100

        assert (1234, True) == (refused["err_code"], "2" in refused["err_msg"])
        assert venue.place("59000")

    def test_closing_orders_are_counted(self) -> None:
        venue = desk(closing_orders_max=1)
        venue.buy_position(5)
        venue.place("61000", buy=False, offset="close")

        assert 1235 == venue.refused("61000", buy=False, offset="close")

    def test_margin_is_needed_to_open(self, venue: Desk) -> None:
        venue.control("deposit", account="alice", instrument="BTC-USD", amount="-166.5")

        assert 1047 == venue.refused("59000", 5000)

    def test_margin_is_not_looked_at_by_switch(self) -> None:
        venue = desk(check_margin=False)
        venue.control("deposit", account="alice", instrument="BTC-USD", amount="-166.66")

        assert venue.place("59000", 5000)
