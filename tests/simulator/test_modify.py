"""Modify: a cancel and a new order in one action, with everything that this costs."""

from typing import Any

import pytest

from tests.simulator.venue import (
    BOB,
    CLOID,
    ETH,
    TESLA,
    Desk,
    cloid,
    desk,
    limit,
    trigger,
)

TARGET_GONE = "Cannot modify canceled or filled order"
CROSSED = (
    "Error placing new order during modify: "
    "Post only order would have immediately matched, bbo was 59999@60001"
)


def single(venue: Desk, target: Any, order: Any, **more: Any) -> Any:
    """Send the `modify` action, which answers without a venue order id."""
    return venue.act({"type": "modify", "oid": target, "order": order, **more})


def test_a_modified_order_has_a_new_venue_order_id() -> None:
    venue = desk()
    old = venue.rest("50000", tif="Alo")
    status = venue.modify(old, limit("50500", tif="Alo"))

    assert {"resting": {"oid": old + 1}} == status
    assert ("canceled", [old + 1]) == (venue.status(old), venue.open_oids())


def test_a_single_modify_answers_without_a_venue_order_id() -> None:
    venue = desk()
    reply = single(venue, venue.rest("50000"), limit("50500", tif="Alo"))

    assert {"status": "ok", "response": {"type": "default"}} == reply


def test_an_order_can_be_named_by_its_client_order_id() -> None:
    venue = desk()
    venue.rest("50000", c=CLOID)
    venue.modify(CLOID, limit("50500", tif="Alo", c=CLOID))
    order = venue.info("orderStatus", oid=CLOID)["order"]["order"]

    assert ("50500.0", CLOID) == (order["limitPx"], order["cloid"])


def test_a_client_order_id_which_is_not_repeated_is_lost() -> None:
    venue = desk()
    venue.rest("50000", c=CLOID)
    venue.modify(CLOID, limit("50500", tif="Alo"))

    assert "cloid" not in venue.info("openOrders")[0]
    assert "canceled" == venue.status(CLOID)


def test_a_gtc_order_modified_without_a_becomes_post_only() -> None:
    venue = desk()
    venue.modify(venue.rest("50000"), limit("50500"))

    assert "Alo" == venue.info("frontendOpenOrders")[0]["tif"]


def test_a_gtc_order_modified_with_a_stays_gtc() -> None:
    venue = desk()
    venue.modify(venue.rest("50000"), limit("50500"), a=True)

    assert "Gtc" == venue.info("frontendOpenOrders")[0]["tif"]


def test_a_modified_order_goes_to_the_back_of_the_queue() -> None:
    venue = desk(background_notional=0)
    first = venue.rest("59000", "0.02")
    second = venue.rest("59000", "0.02", signer=BOB)
    venue.modify(first, limit("59000", "0.01"))
    venue.control("trade", instrument="BTC", side="sell", price="59000", quantity="0.02")

    assert ("filled", 1) == (venue.status(second, BOB), len(venue.open_oids()))


def test_an_identical_modify_is_accepted() -> None:
    venue = desk()
    old = venue.rest("50000", tif="Alo")

    assert "resting" in venue.modify(old, limit("50000", tif="Alo"))


def test_earlier_fills_are_not_deducted() -> None:
    venue = desk()
    old = venue.rest("50000", "0.10")
    venue.control("trade", oid=old, quantity="0.04")
    venue.modify(old, limit("50000", "0.10"))

    assert "0.1" == venue.info("openOrders")[0]["sz"]


@pytest.mark.parametrize("end", ["filled", "cancelled", "never there"])
def test_an_order_which_is_gone_cannot_be_modified(end: str) -> None:
    venue = desk()
    old = venue.rest("50000")
    if end == "filled":
        venue.control("trade", oid=old)
    elif end == "cancelled":
        venue.cancel(old)
    else:
        venue.cancel(old)
        old += 1000

    assert {"error": TARGET_GONE} == venue.modify(old, limit("50000"))
    assert {"status": "err", "response": TARGET_GONE} == single(venue, old, limit("50000"))
    assert [] == venue.open_oids()


def test_an_order_which_is_gone_is_placed_anew_with_a() -> None:
    """The exposure doubles: the old order had filled."""
    venue = desk()
    old = venue.rest("50000")
    venue.control("trade", oid=old)

    assert "resting" in venue.modify(old, limit("50000"), a=True)


def test_another_accounts_order_cannot_be_modified() -> None:
    venue = desk()
    theirs = venue.rest("50000", signer=BOB)

    assert {"error": TARGET_GONE} == venue.modify(theirs, limit("50500"))


def test_a_refused_new_order_leaves_the_old_one_gone() -> None:
    venue = desk()
    old = venue.rest("50000", tif="Alo")

    assert {"error": CROSSED} == venue.modify(old, limit("60001", tif="Alo"))
    assert ("canceled", []) == (venue.status(old), venue.open_oids())


def test_a_crossing_gtc_order_is_refused_like_a_post_only_one() -> None:
    venue = desk()
    old = venue.rest("50000")

    assert {"status": "err", "response": CROSSED} == single(venue, old, limit("60001"))
    assert [] == venue.open_oids()


def test_a_crossing_gtc_order_leaves_the_old_one_by_switch() -> None:
    venue = desk(keep_order_when_modify_crosses=True)
    old = venue.rest("50000")

    assert {"error": CROSSED} == venue.modify(old, limit("60001"))
    assert [old] == venue.open_oids()


def test_the_switch_is_about_gtc_orders_only() -> None:
    venue = desk(keep_order_when_modify_crosses=True)
    old = venue.rest("50000", tif="Alo")

    assert {"error": CROSSED} == venue.modify(old, limit("60001", tif="Alo"))
    assert [] == venue.open_oids()


def test_the_switch_changes_nothing_for_orders_which_do_not_cross() -> None:
    venue = desk(keep_order_when_modify_crosses=True)
    old = venue.rest("50000")

    assert "resting" in venue.modify(old, limit("50500"))


def test_a_refused_modify_takes_no_venue_order_id() -> None:
    venue = desk()
    old = venue.rest("50000", tif="Alo")
    venue.modify(old, limit("60001", tif="Alo", c=CLOID))

    assert "unknownOid" == venue.status(CLOID)
    assert old + 1 == venue.rest("50000")


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (limit("50000.15"), "Order has invalid price."),
        (limit("50000", "0"), "Order has zero size."),
        (limit("2999"), "Order price cannot be more than 95% away from the reference price"),
    ],
)
def test_a_shape_error_leaves_the_old_order(order: dict[str, Any], text: str) -> None:
    venue = desk()
    old = venue.rest("50000")

    assert {"error": text} == venue.modify(old, order)
    assert {"status": "err", "response": text} == single(venue, old, order)
    assert [old] == venue.open_oids()


def test_a_price_off_the_tick_grid_leaves_the_old_order() -> None:
    venue = desk()
    venue.move("0.01", "xyz:TSLA")
    old = venue.rest("0.009", "10000", a=TESLA)
    status = venue.modify(old, limit("0.0091", "10000", a=TESLA))

    assert {"error": "Price must be divisible by tick size. asset=110001"} == status
    assert "open" == venue.status(old)


@pytest.mark.parametrize("order", [limit("50000", a=ETH), limit("60100", buy=False)])
def test_asset_or_side_cannot_be_changed(order: dict[str, Any]) -> None:
    venue = desk(perp_band_percent=100)
    old = venue.rest("50000")

    assert "err" == single(venue, old, order)["status"]
    assert [old] == venue.open_oids()


@pytest.mark.parametrize("order", [limit("50000", tif="Ioc", buy=False), trigger("50000", "sl")])
def test_only_a_resting_limit_order_goes_without_a(order: dict[str, Any]) -> None:
    venue = desk()
    venue.buy_position("0.1")
    old = venue.rest("70000", buy=False)

    assert "error" in venue.modify(old, order)
    assert [old] == venue.open_oids()


def test_with_a_the_new_order_may_be_a_trigger_order() -> None:
    venue = desk()
    venue.buy_position("0.1")
    old = venue.rest("70000", buy=False)

    assert "resting" in venue.modify(old, trigger("50000", "sl"), a=True)
    assert "Stop Market" == venue.info("frontendOpenOrders")[0]["orderType"]


def test_a_trigger_order_cannot_be_modified_without_a() -> None:
    venue = desk()
    venue.buy_position("0.1")
    old = venue.order(trigger("50000", "sl"))[0]["resting"]["oid"]

    assert {"error": TARGET_GONE} == venue.modify(old, limit("70000", buy=False))
    assert "resting" in venue.modify(old, limit("70000", buy=False), a=True)


def test_pairs_before_a_failing_one_stand() -> None:
    venue = desk()
    first, second = venue.rest("50000"), venue.rest("50001")
    pairs = [
        {"oid": first, "order": limit("50500")},
        {"oid": second, "order": limit("60001", tif="Alo")},
    ]
    statuses = venue.statuses({"type": "batchModify", "modifies": pairs})

    assert ["resting", "error"] == [next(iter(status)) for status in statuses]
    assert 1 == len(venue.open_oids())


def test_an_empty_batch_is_one_error() -> None:
    reply = desk().statuses({"type": "batchModify", "modifies": []})

    assert [{"error": "Orders are empty."}] == reply


def test_the_newest_order_of_a_client_order_id_is_modified() -> None:
    venue = desk(refuse_open_cloid=False)
    older = venue.rest("50000", c=CLOID)
    venue.rest("50001", c=CLOID)
    venue.modify(CLOID, limit("50500", c=cloid(2)))

    assert older in venue.open_oids()
    assert "canceled" == venue.status(CLOID)


def test_an_immediate_order_which_finds_nobody_says_so() -> None:
    venue = desk()
    old = venue.rest("50000")
    status = venue.modify(old, limit("50000", tif="Ioc"), a=True)

    assert status["error"].startswith("Order could not immediately match")
