"""Orders and fills of the past, in both versions."""

from typing import Any

import pytest

from tests.simulator.htx.venue import BOB_KEY, HOUR_MS, SWAP_3, Desk, desk

DAY_MS = 24 * HOUR_MS
ORDERS = f"{SWAP_3}swap_hisorders"
FILLS = f"{SWAP_3}swap_matchresults"


@pytest.fixture
def venue() -> Desk:
    """Return a fresh venue whose cancels take no time."""
    return desk(cancel_delay_ms=0)


def third(venue: Desk, path: str, key: str = "alice-key", **body: Any) -> Any:
    """Call a third version and return its data."""
    reply = venue.post(path, {"contract": "BTC-USD", "trade_type": 0, **body}, key).json()
    assert 200 == reply["code"], reply
    return reply["data"]


def code(venue: Desk, path: str, **body: Any) -> int:
    """Call a third version which must refuse; return its code."""
    reply = venue.post(path, {"contract": "BTC-USD", **body}).json()
    assert reply["data"] is None, reply
    found: int = reply["code"]
    return found


def several(venue: Desk) -> dict[str, int]:
    """Place orders which end in every way; return their ids."""
    oids = {
        "resting": venue.place("59000"),
        "partly": venue.place("59000", 5),
        "filled": venue.place("60000.1", 2),
        "cancelled": venue.place("59000"),
    }
    venue.control("trade", oid=oids["partly"], quantity="2")
    venue.cancel(oids["partly"], oids["cancelled"])
    return oids


class TestOrders:
    def test_all_are_there_oldest_first(self, venue: Desk) -> None:
        oids = several(venue)

        assert list(oids.values()) == [row["order_id"] for row in third(venue, ORDERS)]

    @pytest.mark.parametrize(
        ("body", "names"),
        [
            ({"type": 2}, ["cancelled", "filled", "partly"]),
            ({"status": "6"}, ["filled"]),
            ({"status": "5,7"}, ["cancelled", "partly"]),
            ({"status": "0"}, ["cancelled", "filled", "partly", "resting"]),
            ({"trade_type": 2}, []),
        ],
        ids=str,
    )
    def test_they_may_be_limited(self, venue: Desk, body: dict[str, Any], names: list[str]) -> None:
        oids = several(venue)

        assert {oids[name] for name in names} == {
            row["order_id"] for row in third(venue, ORDERS, **body)
        }

    def test_they_carry_no_client_order_id(self, venue: Desk) -> None:
        venue.place("59000", client_order_id=7)

        assert "client_order_id" not in third(venue, ORDERS)[0]

    def test_pages_follow_an_id(self, venue: Desk) -> None:
        oids = [venue.place("59000") for _ in range(60)]
        first = third(venue, ORDERS, direct="next")
        second = third(venue, ORDERS, direct="next", from_id=first[-1]["query_id"])
        back = third(venue, ORDERS, direct="prev", from_id=oids[3])

        assert oids == [row["order_id"] for row in first + second]
        assert oids[2::-1] == [row["order_id"] for row in back]

    def test_an_order_cancelled_long_ago_is_not_there(self, venue: Desk) -> None:
        oids = several(venue)
        venue.at_ms += 2 * HOUR_MS

        assert oids["cancelled"] not in [row["order_id"] for row in third(venue, ORDERS)]
        assert oids["partly"] in [row["order_id"] for row in third(venue, ORDERS)]

    def test_the_first_version_has_numbers_for_types(self, venue: Desk) -> None:
        post_only = venue.place("59000", order_price_type="post_only")
        ioc = venue.place("59000", order_price_type="ioc")
        data = venue.data("swap_hisorders", trade_type=0, type=1, status="0", create_date=1)

        assert [(ioc, 11), (post_only, 6)] == [
            (row["order_id"], row["order_price_type"]) for row in data["orders"]
        ]
        assert 2 == data["total_size"]

    @pytest.mark.parametrize(
        "body", [{"status": "x"}, {"create_date": 0}, {"create_date": 91}], ids=str
    )
    def test_an_unsound_request_is_refused(self, venue: Desk, body: dict[str, Any]) -> None:
        assert 1067 == venue.code("swap_hisorders", **body)


class TestFills:
    def test_each_fill_is_there(self, venue: Desk) -> None:
        oids = several(venue)
        rows = third(venue, FILLS)

        assert [
            (oids["filled"], 2, 60000.1, "Taker"),
            (oids["partly"], 2, 59000, "Maker"),
        ] == [(r["order_id"], r["trade_volume"], r["trade_price"], r["role"]) for r in rows]

    def test_fills_of_one_taker_share_a_match(self, venue: Desk) -> None:
        venue.control("switches", background_notional="0")
        for _ in range(2):
            venue.place("59000", 2, key=BOB_KEY)
        venue.place("59000", 4, buy=False)
        rows = third(venue, FILLS)

        assert (2, 1, 2) == (
            len(rows),
            len({row["match_id"] for row in rows}),
            len({row["id"] for row in rows}),
        )

    def test_pages_follow_an_id(self, venue: Desk) -> None:
        oid = venue.place("59000", 60)
        for _ in range(55):
            venue.control("trade", oid=oid, quantity="1")
        first = third(venue, FILLS)
        second = third(venue, FILLS, from_id=first[-1]["query_id"])

        assert (50, 5) == (len(first), len(second))
        assert 55 == len({row["id"] for row in first + second})

    def test_they_outlive_the_order(self, venue: Desk) -> None:
        venue.buy_position(2)
        venue.at_ms += 40 * HOUR_MS

        assert 1 == len(third(venue, FILLS))

    def test_a_window_limits_them(self, venue: Desk) -> None:
        venue.buy_position(2)
        now_ms = venue.at_ms
        venue.at_ms += 3 * DAY_MS
        then: dict[str, Any] = {"start_time": now_ms - 1, "end_time": now_ms + 1}

        assert [] == third(venue, FILLS)
        assert 1 == len(third(venue, FILLS, **then))

    @pytest.mark.parametrize(
        "body",
        [
            {"start_time": 2, "end_time": 1},
            {"start_time": 0},
            {"direct": "up"},
            {"trade_type": 13},
            {"end_time": 1},
        ],
        ids=str,
    )
    def test_an_unsound_request_is_refused(self, venue: Desk, body: dict[str, Any]) -> None:
        assert 1067 == code(venue, FILLS, **body)

    def test_a_contract_is_needed(self, venue: Desk) -> None:
        assert 1066 == code(venue, FILLS, contract="")

    def test_the_first_version_has_pages(self, venue: Desk) -> None:
        several(venue)
        data = venue.data("swap_matchresults", trade_type=0, create_date=1, page_size=1)

        assert (1, 2, 2) == (len(data["trades"]), data["total_page"], data["total_size"])

    def test_nobody_sees_those_of_another(self, venue: Desk) -> None:
        venue.buy_position(2)

        assert [] == third(venue, FILLS, key=BOB_KEY)

    def test_the_exact_form_answers_alike(self, venue: Desk) -> None:
        several(venue)

        assert third(venue, FILLS) == third(venue, f"{FILLS}_exact")
        assert third(venue, ORDERS) == third(venue, f"{ORDERS}_exact")
