"""Looking orders up: pages which shift, ids which are forgotten, details which last longer."""

from typing import Any

import pytest

from tests.simulator.htx.venue import BOB_KEY, HOUR_MS, Desk, desk, limit

PURGE_MS = 20 * HOUR_MS
"""Of the day in UTC: 04:00 GMT+8, with 04:00 and 12:00 UTC."""


@pytest.fixture
def venue() -> Desk:
    """Return a fresh venue."""
    return desk()


class TestOpenOrders:
    def test_pages_run_from_the_newest(self, venue: Desk) -> None:
        oids = [venue.place("59000") for _ in range(5)]
        pages = [venue.data("swap_openorders", page_index=i, page_size=2) for i in (1, 2, 3)]

        assert oids[::-1] == [o["order_id"] for page in pages for o in page["orders"]]
        assert [(3, 1, 5), (3, 2, 5), (3, 3, 5)] == [
            (p["total_page"], p["current_page"], p["total_size"]) for p in pages
        ]

    def test_a_page_has_twenty_orders_by_default(self, venue: Desk) -> None:
        for _ in range(21):
            venue.place("59000")

        assert (20, 1) == (len(venue.open()), len(venue.open(page_index=2)))

    def test_an_order_which_comes_between_two_pages_shows_one_twice(self, venue: Desk) -> None:
        oids = [venue.place("59000") for _ in range(4)]
        first = venue.open(page_size=2)
        venue.place("58000")
        second = venue.open(page_size=2, page_index=2)

        assert (oids[:1:-1], [oids[2], oids[1]]) == (first, second)

    def test_an_order_which_goes_between_two_pages_hides_another(self, venue: Desk) -> None:
        oids = [venue.place("59000") for _ in range(4)]
        first = venue.open(page_size=2)
        venue.control("cancel_as_user", oid=oids[3])
        second = venue.open(page_size=2, page_index=2)

        assert ({oids[0], oids[2], oids[3]}, 3) == (
            {*first, *second},
            venue.data("swap_openorders")["total_size"],
        )

    def test_a_page_behind_the_last_is_empty(self, venue: Desk) -> None:
        venue.place("59000")

        assert [] == venue.open(page_index=9)

    @pytest.mark.parametrize(("has_one", "pages"), [(False, 0), (True, 1)])
    def test_the_pages_of_an_empty_list_are_a_switch(self, has_one: bool, pages: int) -> None:
        data = desk(empty_list_has_one_page=has_one).data("swap_openorders")

        assert (pages, 0) == (data["total_page"], data["total_size"])

    def test_orders_may_be_sorted_by_their_last_change(self, venue: Desk) -> None:
        old = venue.place("59000", 5)
        new = venue.place("59000")
        venue.at_ms += 10
        venue.control("trade", oid=old, quantity="1")

        assert [old, new] == venue.open(sort_by="update_time")
        assert [new, old] == venue.open()

    @pytest.mark.parametrize(
        ("trade_type", "name"), [(1, "long"), (2, "short"), (3, "cover"), (4, "close")]
    )
    def test_orders_may_be_limited_by_what_they_do(
        self, venue: Desk, trade_type: int, name: str
    ) -> None:
        venue.buy_position(2)
        venue.place("59999.9", 2, buy=False)
        oids = {
            "long": venue.place("59000"),
            "short": venue.place("61000", buy=False),
            "cover": venue.place("59000", offset="close"),
            "close": venue.place("61000", buy=False, offset="close"),
        }

        assert [oids[name]] == venue.open(trade_type=trade_type)
        assert 4 == len(venue.open(trade_type=0))

    def test_without_a_contract_all_are_listed(self, venue: Desk) -> None:
        venue.place("59000")
        venue.place("1900", contract_code="ETH-USD")

        assert 2 == len(venue.open(contract_code=""))

    def test_a_contract_may_be_required(self) -> None:
        venue = desk(openorders_needs_contract=True)

        assert 1066 == venue.code("swap_openorders", contract_code="")

    @pytest.mark.parametrize(
        "body",
        [
            {"page_size": 51},
            {"page_size": 0},
            {"page_index": 0},
            {"page_index": "x"},
            {"sort_by": "price"},
            {"trade_type": 5},
        ],
        ids=str,
    )
    def test_an_unsound_request_is_refused(self, venue: Desk, body: dict[str, Any]) -> None:
        assert 1067 == venue.code("swap_openorders", **body)

    def test_nobody_sees_the_orders_of_another(self, venue: Desk) -> None:
        venue.place("59000")

        assert [] == venue.open(key=BOB_KEY)


class TestRoundTrip:
    def test_a_hundred_and_twenty_orders_come_and_go(self) -> None:
        venue = desk(limit_requests=True)
        for first in range(0, 120, 10):
            batch = [limit(str(59000 - n), client_order_id=n + 1) for n in range(first, first + 10)]
            assert [] == venue.data("swap_batchorder", orders_data=batch)["errors"]
        pages = [venue.open(page_size=50, page_index=index) for index in (1, 2, 3)]
        oids = [oid for page in pages for oid in page]
        venue.at_ms += 3000
        for first in range(0, 120, 10):
            assert [] == venue.cancel(*oids[first : first + 10])["errors"]
        venue.at_ms += 100
        ended = [
            venue.data("swap_order_info", order_id=_joined(oids[n : n + 50])) for n in (0, 50, 100)
        ]

        assert ([50, 50, 20], 120) == ([len(page) for page in pages], len(set(oids)))
        assert {7} == {order["status"] for part in ended for order in part}
        assert [] == venue.open()


def _joined(oids: list[int]) -> str:
    return ",".join(str(oid) for oid in oids)


class TestOrderInfo:
    def test_orders_are_found_by_either_id(self, venue: Desk) -> None:
        oid = venue.place("59000", client_order_id=7)
        other = venue.place("59000", client_order_id=8)

        by_client_id = venue.data("swap_order_info", client_order_id="7,8")

        assert [oid, other] == [order["order_id"] for order in by_client_id]
        assert 7 == venue.info(oid)["client_order_id"]

    def test_fifty_ids_are_the_most(self, venue: Desk) -> None:
        oid = venue.place("59000")
        ids = [str(oid), *(str(number) for number in range(1, 51))]

        assert 1052 == venue.code("swap_order_info", order_id=",".join(ids))
        assert 1 == len(venue.data("swap_order_info", order_id=",".join(ids[:50])))

    @pytest.mark.parametrize("all_or_nothing", [True, False])
    def test_an_unknown_id_among_others_is_a_switch(self, all_or_nothing: bool) -> None:
        venue = desk(order_info_is_all_or_nothing=all_or_nothing)
        oid = venue.place("59000")
        reply = venue.call("swap_order_info", order_id=f"{oid},5")

        assert (1017 if all_or_nothing else None) == reply.get("err_code")

    def test_an_unknown_id_alone_is_not_found(self, venue: Desk) -> None:
        assert 1017 == venue.code("swap_order_info", order_id="5")
        assert 1017 == venue.code("swap_order_info", client_order_id="5")

    def test_an_id_is_needed(self, venue: Desk) -> None:
        assert 1066 == venue.code("swap_order_info")

    @pytest.mark.parametrize(
        ("shows_old", "after_ms", "shown"),
        [(True, 8 * HOUR_MS, 7), (False, 8 * HOUR_MS - 1, 7), (False, 8 * HOUR_MS, None)],
    )
    def test_whether_an_old_order_shows_its_client_order_id_is_a_switch(
        self, shows_old: bool, after_ms: int, shown: int | None
    ) -> None:
        venue = desk(shows_old_client_ids=shows_old)
        oid = venue.place("59000", client_order_id=7)
        venue.at_ms += after_ms
        (asked,) = venue.data("swap_order_info", order_id=str(oid))
        (listed,) = venue.data("swap_openorders", contract_code="BTC-USD")["orders"]

        assert (shown, shown) == (asked["client_order_id"], listed["client_order_id"])

    @pytest.mark.parametrize(("after_ms", "found"), [(8 * HOUR_MS - 1, True), (8 * HOUR_MS, False)])
    def test_a_client_order_id_answers_for_eight_hours(
        self, venue: Desk, after_ms: int, found: bool
    ) -> None:
        oid = venue.place("59000", client_order_id=7)
        venue.at_ms += after_ms
        reply = venue.call("swap_order_info", client_order_id="7")

        assert found == (reply["status"] == "ok")
        assert 3 == venue.status(oid)

    @pytest.mark.parametrize(("after_ms", "found"), [(2 * HOUR_MS - 1, True), (2 * HOUR_MS, False)])
    def test_a_cancelled_order_without_a_fill_answers_for_two_hours(
        self, after_ms: int, found: bool
    ) -> None:
        venue = desk(purge_finished=False, cancel_delay_ms=0)
        oid = venue.place("59000")
        venue.cancel(oid)
        venue.at_ms += after_ms

        assert found == (venue.call("swap_order_info", order_id=str(oid))["status"] == "ok")

    @pytest.mark.parametrize(("hour", "at_h"), [(4, 20), (0, 16)])
    def test_a_finished_order_answers_until_the_next_purge(self, hour: int, at_h: int) -> None:
        venue = desk(purge_hour=hour)
        day_ms = 24 * HOUR_MS
        venue.at_ms = venue.at_ms // day_ms * day_ms + at_h * HOUR_MS + 2 * day_ms - 1
        oid = venue.place("60100")
        before = venue.status(oid)
        venue.at_ms += 1

        assert 6 == before
        assert 1017 == venue.code("swap_order_info", order_id=str(oid))

    def test_a_resting_order_outlives_every_purge(self, venue: Desk) -> None:
        oid = venue.place("59000")
        venue.at_ms += 100 * HOUR_MS

        assert ([oid], 3) == (venue.open(), venue.status(oid))


class TestDetail:
    def test_an_order_comes_with_its_trades(self, venue: Desk) -> None:
        oid = venue.place("59000", 5)
        for quantity in ("1", "3"):
            venue.control("trade", oid=oid, quantity=quantity)
        data = venue.data("swap_order_detail", order_id=oid)

        assert (4, 4, 2) == (data["status"], data["trade_volume"], data["total_size"])
        assert [(1, "Maker"), (3, "Maker")] == [
            (trade["trade_volume"], trade["role"]) for trade in data["trades"]
        ]
        assert 2 == len({trade["id"] for trade in data["trades"]})

    def test_a_filled_order_is_found_after_the_purge(self, venue: Desk) -> None:
        oid = venue.place("60100")
        venue.at_ms += 24 * HOUR_MS

        assert 6 == venue.data("swap_order_detail", order_id=oid)["status"]

    @pytest.mark.parametrize(
        ("after_h", "is_dated", "found"),
        [(1, False, True), (3, False, False), (3, True, True), (7, True, False)],
    )
    def test_a_date_finds_cancelled_orders_further_back(
        self, after_h: int, is_dated: bool, found: bool
    ) -> None:
        venue = desk(cancel_delay_ms=0)
        oid = venue.place("59000")
        date: dict[str, Any] = {"created_at": venue.at_ms, "order_type": 1} if is_dated else {}
        venue.cancel(oid)
        venue.at_ms += after_h * HOUR_MS
        reply = venue.call("swap_order_detail", order_id=oid, **date)

        assert found == (reply["status"] == "ok")

    @pytest.mark.parametrize(
        ("body", "code"),
        [({}, 1066), ({"order_id": 5}, 1017), ({"order_id": 5, "created_at": 0}, 1067)],
        ids=str,
    )
    def test_an_unsound_request_is_refused(
        self, venue: Desk, body: dict[str, Any], code: int
    ) -> None:
        assert code == venue.code("swap_order_detail", **body)

    def test_an_order_of_another_contract_is_not_found(self, venue: Desk) -> None:
        oid = venue.place("59000")

        assert 1017 == venue.code("swap_order_detail", order_id=oid, contract_code="ETH-USD")
