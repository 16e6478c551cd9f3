"""The order action: one status per order, and every text with which the venue refuses."""

from typing import Any

import pytest

from reconciler.simulator.checks import open_orders_max
from tests.simulator.venue import (
    ALICE,
    BOB,
    CLOID,
    ETH,
    HYPE,
    PURR,
    TESLA,
    Desk,
    cloid,
    desk,
    limit,
    trigger,
)

POST_ONLY = "Post only order would have immediately matched, bbo was 59999@60001. asset=0"


def test_an_accepted_order_rests_with_its_venue_order_id() -> None:
    status = desk().order(limit("50000"))[0]

    assert {"resting": {"oid": 1_000_001}} == status


def test_a_client_order_id_is_echoed_only_when_it_was_sent() -> None:
    status = desk().order(limit("50000", c=CLOID))[0]

    assert CLOID == status["resting"]["cloid"]


@pytest.mark.parametrize("tif", ["Gtc", "Ioc", "FrontendMarket"])
def test_a_marketable_order_fills_at_the_quote(tif: str) -> None:
    filled = desk().order(limit("60100", "0.02", tif=tif))[0]["filled"]

    assert ("0.02", "60001.0") == (filled["totalSz"], filled["avgPx"])


def test_a_gtc_order_filled_in_part_says_filled_while_the_rest_rests() -> None:
    venue = desk(background_notional=0)
    venue.rest("60000", "0.01", buy=False, signer=BOB)
    filled = venue.order(limit("60000", "0.03"))[0]["filled"]
    resting = venue.info("openOrders")[0]

    assert ("0.01", "0.02", "0.03") == (filled["totalSz"], resting["sz"], resting["origSz"])
    assert filled["oid"] == resting["oid"]


def test_the_remainder_of_an_ioc_order_is_cancelled() -> None:
    venue = desk(background_notional=0)
    venue.rest("60000", "0.01", buy=False, signer=BOB)
    filled = venue.order(limit("60000", "0.03", tif="Ioc"))[0]["filled"]

    assert "0.01" == filled["totalSz"]
    assert ([], "canceled") == (venue.open_oids(), venue.status(filled["oid"]))


def test_an_average_price_is_cut_to_the_decimals_of_the_instrument() -> None:
    venue = desk(background_notional=0)
    for price in ("60000", "60001", "60002"):
        venue.rest(price, "0.01", buy=False, signer=BOB)
    filled = venue.order(limit("60002", "0.02", tif="Ioc"), limit("60002", "0.01", tif="Ioc"))

    assert ["60000.5", "60002.0"] == [each["filled"]["avgPx"] for each in filled]


@pytest.mark.parametrize(
    ("order", "text"),
    [
        (limit("60001", tif="Alo"), POST_ONLY),
        (limit("59999", buy=False, tif="Alo"), POST_ONLY),
        (
            limit("50000", tif="Ioc"),
            "Order could not immediately match against any resting orders. asset=0",
        ),
        (
            limit("50000", tif="FrontendMarket"),
            "No liquidity available for market order. asset=0",
        ),
        (limit("3456.123456", a=TESLA), "Order has invalid price."),
        (limit("50000.15"), "Order has invalid price."),
        (limit("0"), "Order has invalid price."),
        (limit("-1"), "Order has invalid price."),
        (limit("1000.12", a=ETH), "Order has invalid price."),
        (limit("50000", "0"), "Order has zero size."),
        (limit("50000", "-1"), "Order has invalid size."),
        (limit("50000", "0.000001"), "Order has invalid size."),
        (limit("50000", "0.0001"), "Order must have minimum value of $10. asset=0"),
        (
            limit("0.1", "99", a=PURR),
            "Order must have minimum value of 10 USDC. asset=10000",
        ),
        (limit("50000", r=True), "Reduce only order would increase position. asset=0"),
        (
            limit("2999"),
            "Order price cannot be more than 95% away from the reference price",
        ),
        (
            limit("1200001", buy=False),
            "Order price cannot be more than 95% away from the reference price",
        ),
        (
            limit("8", "10", a=HYPE),
            "Order price cannot be more than 80% away from the reference price",
        ),
        (limit("0.1", "1000", a=PURR, r=True), "Reduce-only is invalid for spot trading."),
        (limit("60000", "5001"), "Order value too large. Max is $300000000. asset=0"),
        (
            limit("60001", "501", tif="FrontendMarket"),
            "Order value too large. Max is $30000000. asset=0",
        ),
        (
            limit("0.1", "99999999999999", a=PURR),
            "Order value too large. Max is $1000000000000. asset=10000",
        ),
        (limit("0.3", "100", a=3), "Trading is halted. asset=3"),
        (limit("40", "1000000", a=HYPE), "Insufficient spot balance asset=10107"),
        (limit("40", "1000000", buy=False, a=HYPE), "Insufficient spot balance asset=10107"),
    ],
)
def test_the_venue_refuses_in_its_own_words(order: dict[str, Any], text: str) -> None:
    assert [{"error": text}] == desk().order(order)


def test_a_price_off_the_tick_grid_is_refused_on_entry() -> None:
    venue = desk()
    venue.move("0.01", "xyz:TSLA")

    text = "Price must be divisible by tick size. asset=110001"

    assert [{"error": text}] == venue.order(limit("0.0101", "10000", a=TESLA))


def test_a_price_off_the_tick_grid_voids_the_batch_by_switch() -> None:
    venue = desk(tick_is_prevalidated=True)
    venue.move("0.01", "xyz:TSLA")
    statuses = venue.order(limit("50000"), limit("0.0101", "10000", a=TESLA))

    assert [{"error": "Price must be divisible by tick size."}] == statuses
    assert [] == venue.open_oids()


@pytest.mark.parametrize(("asset", "kind"), [(9_999, "perp"), (19_999, "spot"), (125_000, "perp")])
def test_an_unknown_asset_refuses_the_whole_action(asset: int, kind: str) -> None:
    action = {"type": "order", "orders": [limit("1", a=asset)], "grouping": "na"}

    assert {"status": "err", "response": f"Invalid {kind}"} == desk().act(action)


def test_orders_before_a_refused_one_stand() -> None:
    venue = desk()
    statuses = venue.order(limit("50000"), limit("60001", tif="Alo"), limit("50001"))

    assert ["resting", "error", "resting"] == [next(iter(status)) for status in statuses]
    assert 2 == len(venue.open_oids())


def test_a_shape_error_voids_the_batch_with_one_status() -> None:
    venue = desk()
    statuses = venue.order(limit("50000"), limit("50001", "0"), limit("50002"))

    assert [{"error": "Order has zero size."}] == statuses
    assert [] == venue.open_oids()


def test_a_shape_error_is_an_error_of_the_action_by_switch() -> None:
    action = {"type": "order", "orders": [limit("50001", "0")], "grouping": "na"}
    venue = desk(prevalidation_is_top_level=True)

    assert {"status": "err", "response": "Order has zero size."} == venue.act(action)


def test_an_empty_batch_is_an_error() -> None:
    assert [{"error": "Orders are empty."}] == desk().order()


def test_a_batch_over_the_limit_is_refused_whole() -> None:
    venue = desk(batch_length_max=2)
    action = {"type": "order", "orders": [limit("50000")] * 3, "grouping": "na"}

    assert "err" == venue.act(action)["status"]
    assert [] == venue.open_oids()


def test_a_refused_order_takes_a_venue_order_id_yet_a_shape_error_takes_none() -> None:
    venue = desk()
    first = venue.rest("50000")
    venue.error("60001", tif="Alo")
    venue.error("50000", "0")

    assert first + 2 == venue.rest("50000")


def test_a_refused_order_can_be_looked_up() -> None:
    venue = desk()
    venue.error("60001", tif="Alo", c=CLOID)

    assert "badAloPxRejected" == venue.status(CLOID)


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (limit("50000", "0.0001", c=CLOID), "minTradeNtlRejected"),
        (limit("50000", r=True, c=CLOID), "reduceOnlyRejected"),
        (limit("50000", tif="Ioc", c=CLOID), "iocCancelRejected"),
        (limit("50000", tif="FrontendMarket", c=CLOID), "marketOrderNoLiquidityRejected"),
        (limit("40", "1000000", a=HYPE, c=CLOID), "insufficientSpotBalanceRejected"),
        (trigger("70000", "sl", c=CLOID), "badTriggerPxRejected"),
    ],
)
def test_a_refused_order_has_the_venues_status_word(order: dict[str, Any], status: str) -> None:
    venue = desk()
    venue.order(order)

    assert status == venue.status(CLOID)


def test_a_spot_ioc_is_valued_at_the_first_price_it_crosses() -> None:
    """100 x 0.2 would be enough, 100 x 0.08 is not."""
    venue = desk()
    venue.move("0.08", "PURR/USDC")
    status = venue.order(limit("0.2", "100", a=PURR, tif="Ioc"))[0]

    assert "Order must have minimum value of 10 USDC. asset=10000" == status["error"]


def test_exactly_the_minimum_value_passes() -> None:
    assert "resting" in desk().order(limit("50000", "0.0002"))[0]


def test_defaults_of_grouping_and_reduce_only_are_restored() -> None:
    order = limit("50000")
    del order["r"]

    assert "ok" == desk().act({"type": "order", "orders": [order]})["status"]


class TestClientOrderIds:
    """A client order id is not an idempotency key."""

    def test_one_that_is_open_is_refused_without_a_venue_order_id(self) -> None:
        venue = desk()
        oid = venue.rest("50000", c=CLOID)

        assert "Duplicate cloid. asset=0" == venue.error("50001", c=CLOID)
        assert oid + 1 == venue.rest("50002")

    def test_one_that_is_open_is_accepted_by_switch(self) -> None:
        venue = desk(refuse_open_cloid=False)
        venue.rest("50000", c=CLOID)
        newest = venue.rest("50001", c=CLOID)

        assert newest == venue.info("orderStatus", oid=CLOID)["order"]["order"]["oid"]
        assert 2 == len(venue.open_oids())

    def test_the_same_order_under_a_new_nonce_fills_twice(self) -> None:
        venue = desk()
        first, second = (
            venue.order(limit("60001", tif="Ioc", c=CLOID))[0]["filled"] for _ in range(2)
        )

        assert first["oid"] != second["oid"]
        assert first["cloid"] == second["cloid"] == CLOID

    def test_two_accounts_may_use_the_same_one(self) -> None:
        venue = desk()
        venue.rest("50000", c=CLOID)

        assert venue.rest("50000", c=CLOID, signer=BOB)


def test_too_many_open_orders_are_refused() -> None:
    venue = desk(open_orders_max=2)
    for number in range(2):
        venue.rest("50000", c=cloid(number + 1))

    assert "Too many open orders asset=0" == venue.error("50000")


def test_beyond_a_thousand_open_orders_a_reduce_only_order_is_refused() -> None:
    venue = desk(open_orders_max=2000)
    venue.buy_position("0.1")
    orders = [limit("50000", "0.001") for _ in range(1000)]
    venue.order(*orders)

    assert "Too many open orders asset=0" == venue.error("70000", buy=False, r=True)
    assert "resting" in venue.order(limit("50000"))[0]


def test_only_post_only_orders_are_allowed_after_an_upgrade() -> None:
    venue = desk(is_post_only=True)
    text = "Only post-only orders allowed immediately after a network upgrade asset=0"

    assert text == venue.error("50000")
    assert "resting" in venue.order(limit("50000", tif="Alo"))[0]


@pytest.mark.parametrize(
    ("orders", "is_accepted"),
    [
        ([limit("60001", tif="Ioc")], True),
        ([limit("50000", tif="Alo")], True),
        ([limit("50000", tif="Alo", r=True)], False),
        ([limit("50000", tif="Gtc")], False),
        ([limit("60001", tif="Ioc"), limit("50000", tif="Alo")], False),
    ],
)
def test_a_priority_fee_wants_one_kind_of_order(orders: list[Any], is_accepted: bool) -> None:
    statuses = desk().statuses({"type": "order", "orders": orders, "grouping": {"p": 100}})

    assert is_accepted == ("error" not in statuses[0])


def test_a_builder_must_be_approved() -> None:
    action = {"type": "order", "orders": [limit("50000")], "grouping": "na"}
    builder = {"b": "0x" + "CC" * 20, "f": 10}

    assert [{"error": "Builder fee has not been approved"}] == desk().statuses(
        {**action, "builder": builder}
    )


def test_an_order_of_a_builder_dex_works_like_any_other() -> None:
    venue: Desk = desk()
    venue.order(limit("300", "1", a=TESLA))

    assert [] == venue.info("openOrders", ALICE)
    assert ["xyz:TSLA"] == [each["coin"] for each in venue.info("openOrders", ALICE, dex="xyz")]


class TestBuilderDexCloid:
    """What becomes of a client order id on a builder dex is not known: each report is a switch."""

    def test_it_is_kept(self) -> None:
        venue = desk()
        status = venue.order(limit("300", "1", a=TESLA, c=CLOID))[0]

        assert CLOID == status["resting"]["cloid"]
        assert "open" == venue.status(CLOID)

    def test_the_order_may_live_without_it(self) -> None:
        venue = desk(builder_dex_cloid="drop")
        resting = venue.order(limit("300", "1", a=TESLA, c=CLOID))[0]["resting"]
        (order,) = venue.info("frontendOpenOrders", dex="xyz")

        assert ({"oid": order["oid"]}, None) == (resting, order["cloid"])
        assert "unknownOid" == venue.status(CLOID)

    def test_the_order_may_never_exist(self) -> None:
        venue = desk(builder_dex_cloid="vanish")
        resting = venue.order(limit("300", "1", a=TESLA, c=CLOID))[0]["resting"]

        assert [] == venue.info("frontendOpenOrders", dex="xyz")
        assert ("unknownOid", "unknownOid") == (venue.status(resting["oid"]), venue.status(CLOID))

    def test_other_orders_of_the_batch_rest(self) -> None:
        venue = desk(builder_dex_cloid="vanish")
        _, second = venue.order(limit("300", "1", a=TESLA, c=CLOID), limit("50000", c=cloid(2)))

        assert [second["resting"]["oid"]] == venue.open_oids()

    @pytest.mark.parametrize("word", ["drop", "vanish"])
    def test_without_one_an_order_is_as_any_other(self, word: str) -> None:
        venue = desk(builder_dex_cloid=word)
        oid = venue.rest("300", "1", a=TESLA)

        assert "open" == venue.status(oid)

    @pytest.mark.parametrize("word", ["drop", "vanish"])
    def test_on_the_first_dex_it_is_kept(self, word: str) -> None:
        venue = desk(builder_dex_cloid=word)
        venue.rest("50000", c=CLOID)

        assert "open" == venue.status(CLOID)


def test_an_account_may_have_five_thousand_open_orders_at_most() -> None:
    venue = desk(open_orders_max=4_000)
    venue.simulator.world.accounts[ALICE].volume += 10**11

    assert 5_000 == open_orders_max(venue.simulator.world, venue.simulator.world.accounts[ALICE])


def test_a_switch_may_give_more_open_orders_than_the_venue_ever_does() -> None:
    venue = desk(open_orders_max=10_000)

    assert 10_000 == open_orders_max(venue.simulator.world, venue.simulator.world.accounts[ALICE])
