"""Trigger orders and TP/SL groups: waiting, armed, fired, and what ends them."""

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.venue import (
    BOB,
    CLOID,
    HYPE,
    Desk,
    cloid,
    desk,
    limit,
    trigger,
)

TP, SL = cloid(21), cloid(22)


def holder(**switches: Any) -> Desk:
    """Return a venue where Alice is long 0.1 BTC."""
    venue = desk(**switches)
    venue.buy_position("0.1")
    return venue


def bracket(venue: Desk, parent: dict[str, Any]) -> list[Any]:
    """Place a parent with take profit at 65000 and stop at 55000."""
    return venue.order(
        parent,
        trigger("65000", "tp", c=TP),
        trigger("55000", "sl", c=SL),
        grouping="normalTpsl",
    )


class TestAlone:
    def test_it_rests_and_shows_its_trigger(self) -> None:
        venue = holder()
        oid = venue.order(trigger("55000", "sl", price="50000"))[0]["resting"]["oid"]
        order = venue.info("frontendOpenOrders")[0]
        expected = {
            "oid": oid,
            "isTrigger": True,
            "triggerPx": "55000.0",
            "triggerCondition": "Price below 55000",
            "orderType": "Stop Market",
            "tif": None,
            "reduceOnly": True,
            "limitPx": "50000.0",
            "isPositionTpsl": False,
        }

        assert expected == {key: order[key] for key in expected}

    @pytest.mark.parametrize(
        ("kind", "market", "buy", "price", "name", "condition"),
        [
            ("sl", True, False, "55000", "Stop Market", "Price below 55000"),
            ("sl", False, False, "55000", "Stop Limit", "Price below 55000"),
            ("tp", True, False, "65000", "Take Profit Market", "Price above 65000"),
            ("tp", False, False, "65000", "Take Profit Limit", "Price above 65000"),
            ("sl", True, True, "65000", "Stop Market", "Price above 65000"),
            ("tp", True, True, "55000", "Take Profit Market", "Price below 55000"),
        ],
    )
    def test_its_condition_follows_kind_and_side(
        self, kind: str, market: bool, buy: bool, price: str, name: str, condition: str
    ) -> None:
        venue = holder()
        venue.order(trigger(price, kind, market=market, buy=buy))
        order = venue.info("frontendOpenOrders")[0]

        assert (name, condition) == (order["orderType"], order["triggerCondition"])

    def test_a_stop_market_order_fires_and_fills(self) -> None:
        venue = holder()
        venue.order(trigger("55000", "sl", price="50000", quantity="0.1", c=SL))
        venue.move("54999")

        assert ("filled", Decimal(0)) == (venue.status(SL), venue.position())

    def test_it_watches_the_mark_price_not_the_mid(self) -> None:
        venue = holder()
        venue.order(trigger("55000", "sl", price="50000", c=SL))
        venue.control("set_mid", instrument="BTC", mid="54000", mark="56000")

        assert "open" == venue.status(SL)

    def test_a_fired_limit_order_rests_in_the_fired_form(self) -> None:
        venue = holder()
        venue.order(trigger("55000", "sl", price="56000", market=False, c=SL))
        venue.at_ms += 5
        venue.move("54999")
        order = venue.info("frontendOpenOrders")[0]
        expected = {
            "isTrigger": False,
            "triggerPx": "0.0",
            "triggerCondition": "Triggered",
            "tif": "Gtc",
            "timestamp": venue.at_ms,
        }

        assert expected == {key: order[key] for key in expected}
        assert "triggered" == venue.status(SL)

    def test_the_record_of_a_fired_order_still_has_its_trigger(self) -> None:
        venue = holder()
        venue.order(trigger("55000", "sl", price="56000", market=False, c=SL))
        venue.move("54999")

        assert venue.info("orderStatus", oid=SL)["order"]["order"]["isTrigger"]

    def test_what_a_fired_market_order_cannot_fill_is_cancelled(self) -> None:
        venue = holder()
        venue.order(trigger("55000", "sl", c=SL))
        venue.move("54990")

        assert ("canceled", Decimal("0.1")) == (venue.status(SL), venue.position())

    def test_without_a_position_a_fired_reduce_only_order_is_cancelled(self) -> None:
        venue = desk()
        venue.order(trigger("55000", "sl", price="50000", c=SL))
        venue.move("54999")

        assert "reduceOnlyCanceled" == venue.status(SL)

    def test_a_stop_entry_opens_a_position(self) -> None:
        venue = desk()
        order = {**trigger("61000", "sl", price="62000", buy=True), "r": False}
        venue.order(order)
        venue.move("61500")

        assert Decimal("0.01") == venue.position()

    def test_one_whose_trigger_the_mark_has_passed_is_refused(self) -> None:
        status = holder().order(trigger("61000", "sl", price="50000"))[0]

        assert {"error": "Invalid TP/SL price. asset=0"} == status

    def test_one_whose_trigger_the_mark_has_passed_fires_at_once_by_switch(self) -> None:
        venue = holder(refuse_crossed_trigger=False)
        status = venue.order(trigger("61000", "sl", price="50000"))[0]

        assert "0.01" == status["filled"]["totalSz"]

    @pytest.mark.parametrize(("buy", "price"), [(False, "56000"), (True, "64000")])
    def test_a_market_limit_lies_on_the_aggressive_side(self, buy: bool, price: str) -> None:
        venue = holder()
        order = trigger("65000" if buy else "55000", "sl", price=price, buy=buy)

        assert {"error": "Invalid TP/SL price. asset=0"} == venue.order(order)[0]

    def test_spot_takes_no_trigger_orders(self) -> None:
        order = {**trigger("30", "sl", quantity="1"), "a": HYPE, "r": False}
        text = "Placing trigger orders is not enabled on spot trading yet."

        assert [{"error": text}] == desk().order(order)

    def test_a_small_reduce_only_one_is_exempt_from_the_minimum(self) -> None:
        assert "resting" in holder().order(trigger("55000", "sl", quantity="0.0001"))[0]

    def test_it_can_be_cancelled(self) -> None:
        venue = holder()
        oid = venue.order(trigger("55000", "sl", price="50000"))[0]["resting"]["oid"]
        venue.cancel(oid)
        venue.move("54000")

        assert ("canceled", Decimal("0.1")) == (venue.status(oid), venue.position())


class TestBracket:
    def test_children_of_a_filled_parent_wait_for_their_triggers(self) -> None:
        statuses = bracket(desk(), limit("60001", tif="Ioc"))

        assert "filled" in statuses[0]
        assert ["waitingForTrigger"] * 2 == statuses[1:]

    def test_children_of_a_resting_parent_wait_for_its_fill(self) -> None:
        statuses = bracket(desk(), limit("58000"))

        assert "resting" in statuses[0]
        assert ["waitingForFill"] * 2 == statuses[1:]

    def test_waiting_children_are_listed_twice(self) -> None:
        venue = desk()
        parent = bracket(venue, limit("58000"))[0]["resting"]["oid"]
        orders = {order["oid"]: order for order in venue.info("frontendOpenOrders")}
        inside = {child["oid"] for child in orders[parent]["children"]}

        assert 3 == len(orders)
        assert set(orders) - {parent} == inside

    def test_a_waiting_child_does_not_fire(self) -> None:
        venue = desk()
        bracket(venue, limit("50000"))
        venue.move("54000")

        assert "open" == venue.status(SL)

    def test_children_are_armed_when_the_parent_fills_in_full(self) -> None:
        venue = desk()
        parent = bracket(venue, limit("58000"))[0]["resting"]["oid"]
        venue.control("trade", oid=parent, quantity="0.004")
        venue.move("60000")
        half = [order["isTrigger"] for order in venue.info("frontendOpenOrders")]
        venue.control("trade", oid=parent)
        venue.move("65001")

        assert 3 == len(half)
        assert ("filled", Decimal(0)) == (venue.status(TP), venue.position())

    def test_the_other_child_ends_when_one_fills(self) -> None:
        venue = desk()
        bracket(venue, limit("60001", tif="Ioc"))
        venue.move("65001")

        assert ("filled", "siblingFilledCanceled") == (venue.status(TP), venue.status(SL))

    def test_a_cancelled_parent_takes_its_children_along(self) -> None:
        venue = desk()
        parent = bracket(venue, limit("58000"))[0]["resting"]["oid"]
        other = venue.order({**trigger("70000", "sl", buy=True), "r": False})[0]["resting"]["oid"]
        venue.cancel(parent)

        assert ("canceled", "canceled") == (venue.status(TP), venue.status(SL))
        assert [other] == venue.open_oids()

    def test_a_parent_filled_in_part_and_cancelled_takes_its_children_along(self) -> None:
        venue = desk()
        parent = bracket(venue, limit("58000"))[0]["resting"]["oid"]
        venue.control("trade", oid=parent, quantity="0.004")
        venue.cancel(parent)

        assert "canceled" == venue.status(SL)

    def test_a_parent_which_ran_out_of_margin_arms_its_children(self) -> None:
        venue = desk()
        parent = bracket(venue, limit("58000"))[0]["resting"]["oid"]
        venue.control("trade", oid=parent, quantity="0.004")
        venue.control("cancel_as_venue", oid=parent, status="marginCanceled")
        venue.move("65001")

        assert ("canceled", Decimal(0)) == (venue.status(TP), venue.position())

    def test_a_refused_parent_refuses_its_children(self) -> None:
        venue = desk()
        statuses = bracket(venue, limit("60001", tif="Alo"))

        assert ["error"] * 3 == [next(iter(status)) for status in statuses]
        assert [] == venue.open_oids()

    def test_an_immediate_parent_without_a_match_ends_its_children(self) -> None:
        venue = desk()
        statuses = bracket(venue, limit("58000", tif="Ioc"))

        assert ["error"] * 3 == [next(iter(status)) for status in statuses]
        assert "canceled" == venue.status(SL)

    def test_a_child_which_is_unsound_is_refused_alone(self) -> None:
        venue = desk()
        statuses = venue.order(
            limit("58000"),
            trigger("65000", "tp", price="66000"),
            trigger("55000", "sl", c=SL),
            grouping="normalTpsl",
        )

        assert ["resting", "error"] == [next(iter(status)) for status in statuses[:2]]
        assert "waitingForFill" == statuses[2]

    def test_a_child_with_an_open_client_order_id_is_refused_alone(self) -> None:
        venue = desk()
        venue.rest("50000", c=CLOID)
        statuses = venue.order(
            limit("58000"), trigger("65000", "tp", c=CLOID), grouping="normalTpsl"
        )

        assert {"error": "Duplicate cloid. asset=0"} == statuses[1]

    def test_a_child_whose_trigger_was_passed_meanwhile_fires_when_armed(self) -> None:
        venue = desk()
        bracket(venue, limit("58000"))
        venue.control("set_mid", instrument="BTC", mid="57000", mark="54000")

        assert ("filled", Decimal(0)) == (venue.status(SL), venue.position())

    def test_cancelling_one_child_leaves_the_other(self) -> None:
        venue = desk()
        bracket(venue, limit("60001", tif="Ioc"))
        oid = venue.info("orderStatus", oid=TP)["order"]["order"]["oid"]
        venue.cancel(oid)

        assert ("canceled", "open") == (venue.status(TP), venue.status(SL))

    def test_a_cancelled_child_is_not_armed(self) -> None:
        venue = desk()
        parent = bracket(venue, limit("58000"))[0]["resting"]["oid"]
        venue.cancel(venue.info("orderStatus", oid=TP)["order"]["order"]["oid"])
        venue.control("trade", oid=parent)

        assert ("canceled", "open") == (venue.status(TP), venue.status(SL))

    def test_a_child_fills_though_the_other_is_gone(self) -> None:
        venue = desk()
        bracket(venue, limit("60001", tif="Ioc"))
        venue.cancel(venue.info("orderStatus", oid=SL)["order"]["order"]["oid"])
        venue.move("65001")

        assert ("filled", "canceled") == (venue.status(TP), venue.status(SL))

    @pytest.mark.parametrize(
        ("orders", "text"),
        [
            ([limit("58000")], "Unexpected number of trigger orders"),
            ([limit("58000"), limit("59000")], "Unexpected number of trigger orders"),
            (
                [limit("58000"), trigger("65000", "tp"), trigger("66000", "tp")],
                "Unexpected number of trigger orders",
            ),
            (
                [trigger("65000", "tp"), trigger("55000", "sl")],
                "Main order cannot be trigger order.",
            ),
            (
                [limit("58000"), {**trigger("65000", "tp"), "r": False}],
                "TP/SL orders must be reduce-only.",
            ),
        ],
    )
    def test_a_group_of_the_wrong_shape_is_one_error(self, orders: list[Any], text: str) -> None:
        assert [{"error": text}] == desk().order(*orders, grouping="normalTpsl")


class TestPosition:
    def test_orders_on_the_position_wait_for_their_triggers(self) -> None:
        venue = holder()
        statuses = venue.order(
            trigger("65000", "tp"), trigger("55000", "sl"), grouping="positionTpsl"
        )

        assert ["waitingForTrigger"] * 2 == statuses
        assert [True, True] == [o["isPositionTpsl"] for o in venue.info("frontendOpenOrders")]

    def test_without_a_quantity_the_whole_position_closes(self) -> None:
        venue = holder()
        stop = trigger("55000", "sl", price="50000", quantity="0", c=SL)
        venue.order(stop, grouping="positionTpsl")
        listed = venue.info("frontendOpenOrders")[0]["sz"]
        venue.buy_position("0.05")
        venue.move("54999")

        assert ("0.0", "filled", Decimal(0)) == (listed, venue.status(SL), venue.position())

    def test_a_closed_position_ends_them(self) -> None:
        venue = holder()
        venue.order(trigger("55000", "sl", c=SL), grouping="positionTpsl")
        venue.order(limit("59999", "0.1", buy=False, tif="Ioc"))

        assert "reduceOnlyCanceled" == venue.status(SL)

    def test_another_accounts_trade_does_not_end_them(self) -> None:
        venue = holder()
        venue.order(trigger("55000", "sl", c=SL), grouping="positionTpsl")
        venue.buy_position("0.1", signer=BOB)

        assert "open" == venue.status(SL)

    def test_an_unsound_one_is_refused_alone(self) -> None:
        statuses = holder().order(
            trigger("59000", "tp"), trigger("55000", "sl"), grouping="positionTpsl"
        )

        assert {"error": "Invalid TP/SL price. asset=0"} == statuses[0]
        assert "waitingForTrigger" == statuses[1]

    def test_one_fills_and_the_other_ends(self) -> None:
        venue = holder()
        venue.order(
            trigger("65000", "tp", quantity="0.05", c=TP),
            trigger("55000", "sl", quantity="0.05", c=SL),
            grouping="positionTpsl",
        )
        venue.move("65001")

        assert ("filled", "siblingFilledCanceled") == (venue.status(TP), venue.status(SL))
        assert Decimal("0.05") == venue.position()


@pytest.mark.parametrize(("ends", "left"), [(True, 0), (False, 1)])
def test_protection_may_rest_on_without_its_position_by_switch(ends: bool, left: int) -> None:
    venue = desk(end_position_orders=ends)
    venue.buy_position("0.01")
    venue.order(trigger("50000", "sl", quantity="0"), grouping="positionTpsl")

    venue.order(limit("59999", "0.01", buy=False, tif="Ioc", r=True))

    assert left == len(venue.open_oids())


@pytest.mark.parametrize(("arms", "left"), [(True, 1), (False, 0)])
def test_the_children_of_a_parent_that_was_cut_may_be_armed_by_switch(
    arms: bool, left: int
) -> None:
    venue = desk(background_notional=Decimal(300), arm_children_of_cut_parent=arms)

    venue.order(limit("60001", "0.01", tif="Ioc"), trigger("50000", "sl"), grouping="normalTpsl")

    assert left == len(venue.open_oids())
