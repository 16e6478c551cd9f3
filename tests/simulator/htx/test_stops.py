"""Take-profits and stop-losses which opening orders carry."""

from typing import Any

import pytest

from tests.simulator.htx.venue import BOB_KEY, Desk, desk

PROFIT = {"tp_trigger_price": "65000", "tp_order_price": "64900"}
LOSS = {"sl_trigger_price": "55000", "sl_order_price": "54900"}
BOTH = PROFIT | LOSS


@pytest.fixture
def venue() -> Desk:
    """Return a fresh venue."""
    return desk()


def stops(venue: Desk, oid: int) -> dict[str, Any]:
    """Return what hangs on an order, by kind."""
    data = venue.data("swap_relation_tpsl_order", order_id=oid)
    return {each["tpsl_order_type"]: each for each in data["tpsl_order_info"]}


def statuses(venue: Desk, oid: int) -> tuple[int, ...]:
    """Return the statuses of take-profit and stop-loss."""
    found = stops(venue, oid)
    return tuple(found[kind]["status"] for kind in ("tp", "sl") if kind in found)


def test_they_wait_for_their_order(venue: Desk) -> None:
    oid = venue.place("59000", 5, **BOTH)

    assert (1, 1) == statuses(venue, oid)
    assert 1 == venue.info(oid)["is_tpsl"]


def test_an_order_without_them_says_so(venue: Desk) -> None:
    assert 0 == venue.info(venue.place("59000"))["is_tpsl"]


def test_they_are_not_among_the_open_orders(venue: Desk) -> None:
    oid = venue.place("59000", 5, **BOTH)

    assert [oid] == venue.open()


def test_they_watch_when_their_order_has_filled(venue: Desk) -> None:
    oid = venue.place("60000.1", 5, **BOTH)
    found = stops(venue, oid)

    assert (2, 2) == statuses(venue, oid)
    assert ("ge", "le") == (found["tp"]["trigger_type"], found["sl"]["trigger_type"])
    assert found["tp"]["relation_tpsl_order_id"] == found["sl"]["order_id_str"]


def test_those_of_a_short_watch_the_other_way(venue: Desk) -> None:
    oid = venue.place(
        "59999.9",
        5,
        buy=False,
        tp_trigger_price="55000",
        tp_order_price="55100",
        sl_trigger_price="65000",
        sl_order_price="65100",
    )
    found = stops(venue, oid)

    assert ("le", "ge") == (found["tp"]["trigger_type"], found["sl"]["trigger_type"])


def test_they_are_about_what_was_filled(venue: Desk) -> None:
    oid = venue.place("59000", 5, **LOSS)
    venue.control("trade", oid=oid, quantity="2")
    before = statuses(venue, oid)
    venue.control("cancel_as_user", oid=oid)
    stop = stops(venue, oid)["sl"]

    assert ((1,), 2, 2) == (before, stop["status"], stop["volume"])


def test_they_end_with_an_order_which_did_not_fill(venue: Desk) -> None:
    oid = venue.place("59000", 5, **BOTH)
    venue.control("cancel_as_user", oid=oid)

    assert (12, 12) == statuses(venue, oid)


def test_one_fires_and_the_other_ends(venue: Desk) -> None:
    oid = venue.place("60000.1", 5, **BOTH)
    venue.move("54950")
    stop = stops(venue, oid)["sl"]
    placed = venue.info(int(stop["relation_order_id"]))

    assert (6, 4) == statuses(venue, oid)
    assert ("sell", "close", "tpsl", 5, 6) == (
        placed["direction"],
        placed["offset"],
        placed["order_source"],
        placed["volume"],
        placed["status"],
    )
    assert [] == venue.positions()


def test_a_take_profit_fires_on_a_rise(venue: Desk) -> None:
    oid = venue.place("60000.1", 5, **BOTH)
    venue.move("65000")

    assert (4, 6) == statuses(venue, oid)


def test_the_price_must_reach_the_trigger(venue: Desk) -> None:
    oid = venue.place("60000.1", 5, **BOTH)
    venue.move("55000.1")

    assert (2, 2) == statuses(venue, oid)


def test_one_fails_without_a_position(venue: Desk) -> None:
    oid = venue.place("60000.1", 5, **LOSS)
    venue.place("59999.9", 5, buy=False, offset="close")
    venue.move("54000")
    stop = stops(venue, oid)["sl"]

    assert (5, 1048) == (stop["status"], stop["fail_code"])


def test_one_with_a_type_without_a_price_takes_that_of_the_other_side(venue: Desk) -> None:
    oid = venue.place("60000.1", 5, sl_trigger_price="55000", sl_order_price_type="optimal_5")
    venue.move("54000")

    assert (4,) == statuses(venue, oid)
    assert [] == venue.positions()


def test_one_may_fail_for_want_of_another_side(venue: Desk) -> None:
    oid = venue.place("60000.1", 5, sl_trigger_price="55000", sl_order_price_type="optimal_5")
    venue.control("switches", background_notional="0")
    venue.move("54000")

    assert 1016 == stops(venue, oid)["sl"]["fail_code"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sl_trigger_price": "61000", "sl_order_price": "61000"}, 1406),
        ({"tp_trigger_price": "58000", "tp_order_price": "58000"}, 1405),
        ({"tp_trigger_price": "65000.05", "tp_order_price": "65000"}, 1412),
        ({"tp_trigger_price": "65000", "tp_order_price": "64999.99"}, 1412),
        ({"tp_trigger_price": "65000"}, 1066),
        ({"tp_trigger_price": "65000", "tp_order_price_type": "ioc"}, 1034),
        ({"tp_trigger_price": "x"}, 1067),
    ],
    ids=str,
)
def test_an_unsound_one_refuses_its_order(venue: Desk, fields: dict[str, str], code: int) -> None:
    assert code == venue.refused("59000", **fields)


def test_a_closing_order_carries_none(venue: Desk) -> None:
    venue.buy_position(5)

    assert 1404 == venue.refused("61000", buy=False, offset="close", **PROFIT)


class TestList:
    def test_open_ones_are_listed(self, venue: Desk) -> None:
        oid = venue.place("60000.1", 5, **BOTH)
        data = venue.data("swap_tpsl_openorders")

        assert (2, {"tp", "sl"}) == (
            data["total_size"],
            {order["tpsl_order_type"] for order in data["orders"]},
        )
        assert {str(oid)} == {order["source_order_id"] for order in data["orders"]}

    def test_one_is_cancelled_by_its_id(self, venue: Desk) -> None:
        oid = venue.place("60000.1", 5, **BOTH)
        profit = stops(venue, oid)["tp"]["order_id_str"]
        data = venue.data("swap_tpsl_cancel", order_id=profit)
        again = venue.data("swap_tpsl_cancel", order_id=profit)

        assert (profit, (6, 2)) == (data["successes"], statuses(venue, oid))
        assert [1071] == [error["err_code"] for error in again["errors"]]

    def test_a_stranger_cannot_cancel_one(self, venue: Desk) -> None:
        oid = venue.place("60000.1", 5, **LOSS)
        stop = stops(venue, oid)["sl"]["order_id_str"]
        data = venue.data("swap_tpsl_cancel", key=BOB_KEY, order_id=f"{stop},5")

        assert [1061, 1061] == [error["err_code"] for error in data["errors"]]

    @pytest.mark.parametrize("path", ["swap_trigger_openorders", "swap_track_openorders"])
    def test_other_conditional_orders_do_not_exist(self, venue: Desk, path: str) -> None:
        assert [] == venue.data(path)["orders"]

    def test_an_unknown_order_has_none(self, venue: Desk) -> None:
        assert 1017 == venue.code("swap_relation_tpsl_order", order_id=5)


@pytest.mark.parametrize(("ends", "status"), [(True, 12), (False, 2)])
def test_what_a_partial_fill_leaves_of_them_is_a_switch(ends: bool, status: int) -> None:
    venue = desk(stops_end_with_order=ends)
    oid = venue.place("59000", 5, **LOSS)
    venue.control("trade", oid=oid, quantity="2")
    venue.control("cancel_as_user", oid=oid)

    assert (status,) == statuses(venue, oid)
