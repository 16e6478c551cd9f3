"""Rates, maintenance, settlement, contracts which do not trade, and bans."""

from dataclasses import replace
from typing import Any

import pytest

from tests.simulator.htx.venue import ALICE_READER, BOB_KEY, HOUR_MS, NOW, Desk, desk, limit

EIGHT_HOURS_MS = 8 * HOUR_MS
SETTLED_MS = NOW // EIGHT_HOURS_MS * EIGHT_HOURS_MS


def limited(**switches: Any) -> Desk:
    """Return a venue which enforces its rates."""
    return desk(**{"limit_requests": True, **switches})


class TestRates:
    def test_headers_count_down(self) -> None:
        venue = limited()
        first = venue.post("swap_openorders", {}).headers
        second = venue.post("swap_order_limit", {}).headers

        assert {
            "ratelimit-limit": "36",
            "ratelimit-interval": "3000",
            "ratelimit-remaining": "35",
            "ratelimit-reset": str(NOW + 3000),
        } == first
        assert "34" == second["ratelimit-remaining"]

    def test_over_the_limit_is_an_error_and_nothing_is_done(self) -> None:
        venue = limited()
        for _ in range(36):
            venue.place("59000")
        response = venue.post("swap_order", limit("59000"))

        assert (200, 1032) == (response.status, response.json()["err_code"])
        assert "0" == response.headers["ratelimit-remaining"]
        assert 36 == venue.data("swap_openorders")["total_size"]

    def test_a_window_begins_anew(self) -> None:
        venue = limited(trade_requests_max=1)
        venue.place("59000")
        refused = venue.refused("59000")
        venue.at_ms += 3000

        assert 1032 == refused
        assert venue.place("59000")

    def test_trading_and_reading_are_counted_apart(self) -> None:
        venue = limited(trade_requests_max=1, read_requests_max=1)
        venue.place("59000")

        assert 1 == len(venue.open())
        assert 1032 == venue.code("swap_openorders")

    def test_keys_of_an_account_share_a_count(self) -> None:
        venue = limited(read_requests_max=1)
        venue.open()

        assert 1032 == venue.code("swap_openorders", key=ALICE_READER)
        assert [] == venue.open(key=BOB_KEY)

    def test_a_batch_counts_as_one(self) -> None:
        venue = limited(trade_requests_max=1)

        assert 25 == len(
            venue.data("swap_batchorder", orders_data=[limit("59000")] * 25)["success"]
        )

    def test_the_status_may_be_429(self) -> None:
        venue = limited(trade_requests_max=0, is_limited_by_429=True)

        assert 429 == venue.post("swap_order", limit("59000")).status

    def test_public_requests_are_counted_by_address(self) -> None:
        venue = limited()
        for _ in range(120):
            venue.get("swap_contract_info")

        assert 1032 == venue.get("swap_contract_info")["err_code"]
        assert "ok" == venue.get("/swap-ex/market/bbo")["status"]

    def test_headers_count_though_nothing_is_enforced(self) -> None:
        venue = desk(read_requests_max=1)
        venue.open()
        response = venue.post("swap_openorders", {})

        assert ("ok", "0") == (
            response.json()["status"],
            response.headers["ratelimit-remaining"],
        )

    def test_public_replies_have_no_such_headers(self) -> None:
        venue = desk()
        request = replace(venue.request("swap_contract_info", b""), method="GET")

        assert {} == venue.simulator.handle(request, NOW).headers


class TestMaintenance:
    @pytest.mark.parametrize("path", ["swap_order", "swap_openorders"])
    def test_private_requests_are_answered_by_one_word(self, path: str) -> None:
        venue = desk(is_maintained=True)

        assert {"status": "maintain"} == venue.call(path, **limit("59000"))

    @pytest.mark.parametrize("path", ["swap_contract_info", "/api/v1/timestamp"])
    def test_public_requests_too(self, path: str) -> None:
        assert {"status": "maintain"} == desk(is_maintained=True).get(path)

    @pytest.mark.parametrize(("is_maintained", "works"), [(True, 0), (False, 1)])
    def test_the_heartbeat_tells(self, is_maintained: bool, works: int) -> None:
        data = desk(is_maintained=is_maintained).get("/heartbeat/")["data"]

        assert works == data["swap_heartbeat"]
        assert data["swap_estimated_recovery_time"] is None

    def test_nothing_is_done_meanwhile(self) -> None:
        venue = desk(is_maintained=True)
        venue.call("swap_order", **limit("59000"))
        venue.control("switches", is_maintained=False)

        assert [] == venue.open()


class TestContracts:
    @pytest.mark.parametrize(
        ("status", "code"),
        [(0, 1014), (2, 1220), (3, 1058), (4, 1058), (5, 1056), (6, 1059), (7, 1056), (8, 1014)],
    )
    def test_only_a_listed_contract_trades(self, status: int, code: int) -> None:
        venue = desk()
        oid = venue.place("59000")
        venue.control("set_contract", instrument="BTC-USD", status=status)
        data = venue.cancel(oid)

        assert code == venue.refused("59000")
        assert [code] == [error["err_code"] for error in data["errors"]]
        assert [status] == [
            each["contract_status"]
            for each in venue.get("swap_contract_info", "contract_code=BTC-USD")["data"]
        ]

    def test_others_go_on(self) -> None:
        venue = desk()
        venue.control("set_contract", instrument="BTC-USD", status=3)

        assert venue.place("1900", contract_code="ETH-USD")

    @pytest.mark.parametrize(("what", "code"), [("open", 1086), ("close", 1087), ("cancel", 1088)])
    def test_what_the_api_allows_is_told(self, what: str, code: int) -> None:
        venue = desk()
        venue.buy_position(2)
        oid = venue.place("59000")
        venue.control("set_contract", instrument="BTC-USD", **{what: False})
        state = venue.get("swap_api_state", "contract_code=btc-usd")["data"][0]
        codes = {
            "open": venue.call("swap_order", **limit("59000")).get("err_code"),
            "close": venue.call("swap_order", **limit("61000", buy=False, offset="close")).get(
                "err_code"
            ),
            "cancel": sum(error["err_code"] for error in venue.cancel(oid)["errors"]),
        }

        assert {what: 0} == {name: state[name] for name in codes if not state[name]}
        assert {what: code} == {name: found for name, found in codes.items() if found}


class TestSettlement:
    def test_trading_goes_through_it_by_default(self) -> None:
        venue = desk()
        venue.at_ms = SETTLED_MS + EIGHT_HOURS_MS

        assert venue.place("59000")

    def test_trading_may_stop_for_it(self) -> None:
        venue = desk(settlement_window_ms=60_000)
        venue.at_ms = SETTLED_MS + EIGHT_HOURS_MS - 1
        oid = venue.place("59000")
        venue.at_ms += 1
        during = (venue.refused("59000"), venue.cancel(oid)["errors"][0]["err_code"])
        info = venue.get("swap_contract_info", "contract_code=BTC-USD")["data"][0]
        venue.at_ms += 60_000

        assert (1056, 1056) == during
        assert 5 == info["contract_status"]
        assert venue.place("59000")

    @pytest.mark.parametrize(
        ("path", "contract", "code"),
        [
            ("swap_account_info", "BTC-USD", 1077),
            ("swap_account_info", "", 1078),
            ("swap_position_info", "BTC-USD", 1079),
            ("swap_position_info", "", 1080),
            ("swap_account_position_info", "BTC-USD", 1077),
        ],
    )
    def test_money_cannot_be_read_meanwhile(self, path: str, contract: str, code: int) -> None:
        venue = desk()
        venue.control("set_contract", instrument="BTC-USD", status=5)

        assert code == venue.code(path, contract_code=contract)

    def test_other_contracts_can_be_read_by_name(self) -> None:
        venue = desk()
        venue.control("set_contract", instrument="BTC-USD", status=5)

        assert venue.data("swap_account_info", contract_code="ETH-USD")

    def test_the_next_one_is_told(self) -> None:
        info = desk().get("swap_contract_info")["data"][0]

        assert str(SETTLED_MS + EIGHT_HOURS_MS) == info["settlement_date"]


class TestBan:
    def test_placing_is_barred_for_a_while(self) -> None:
        venue = desk()
        oid = venue.place("59000")
        until_ms = venue.control("ban", account="alice", for_ms=300_000)["until_ms"]
        response = venue.post("swap_order", limit("59000"))
        status = venue.simulator.handle(_get_status(venue), venue.at_ms).json()["data"][0]
        cancelled = venue.cancel(oid)["successes"]
        venue.at_ms = until_ms

        assert 1084 == response.json()["err_code"]
        assert str(until_ms) == response.headers["recovery-time"]
        assert (1, until_ms) == (status["is_disable"], status["recovery_time"])
        assert str(oid) == cancelled
        assert venue.place("59000")

    def test_types_without_a_price_are_not(self) -> None:
        venue = desk()
        venue.control("ban", account="alice", for_ms=300_000)

        assert venue.place("1", order_price_type="opponent")

    def test_nobody_else_is(self) -> None:
        venue = desk()
        venue.control("ban", account="alice", for_ms=300_000)

        assert venue.place("59000", key=BOB_KEY)

    def test_the_status_is_quiet_without_one(self) -> None:
        venue = desk()
        status = venue.simulator.handle(_get_status(venue), venue.at_ms).json()["data"][0]

        assert (0, 0, "") == (
            status["is_disable"],
            status["recovery_time"],
            status["disable_reason"],
        )


def _get_status(venue: Desk) -> Any:
    return replace(venue.request("swap_api_trading_status", b""), method="GET")
