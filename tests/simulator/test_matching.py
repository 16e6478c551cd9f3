"""Price-time matching: who meets whom, at which price, and what stops it."""

from decimal import Decimal

from tests.simulator.venue import ALICE, BOB, HYPE, desk, limit, trigger


def test_the_better_price_fills_first() -> None:
    venue = desk(background_notional=0)
    worse = venue.rest("60002", buy=False)
    better = venue.rest("60001", buy=False)
    venue.order(limit("60005", tif="Ioc"), signer=BOB)

    assert ("open", "filled") == (venue.status(worse), venue.status(better))


def test_at_one_price_the_older_order_fills_first() -> None:
    venue = desk(background_notional=0)
    older, newer = venue.rest("60001", buy=False), venue.rest("60001", buy=False)
    venue.order(limit("60005", tif="Ioc"), signer=BOB)

    assert ("filled", "open") == (venue.status(older), venue.status(newer))


def test_a_fill_has_the_price_of_the_resting_order() -> None:
    venue = desk(background_notional=0)
    venue.rest("59000", signer=BOB)
    filled = venue.order(limit("58000", buy=False, tif="Ioc"))[0]["filled"]

    assert "59000.0" == filled["avgPx"]


def test_an_order_takes_several_levels() -> None:
    venue = desk(background_notional=0)
    for price in ("60001", "60002", "60003"):
        venue.rest(price, buy=False, signer=BOB)
    filled = venue.order(limit("60002", "0.05"))[0]["filled"]

    assert ("0.02", "60001.5") == (filled["totalSz"], filled["avgPx"])
    assert "0.03" == venue.info("openOrders")[0]["sz"]


def test_a_better_real_bid_comes_before_the_synthetic_one() -> None:
    venue = desk()
    venue.rest("60000", signer=BOB)
    filled = venue.order(limit("59999", "0.02", buy=False, tif="Ioc"))[0]["filled"]

    assert ("0.02", "59999.5") == (filled["totalSz"], filled["avgPx"])


def test_a_real_order_comes_before_the_synthetic_quote_at_its_price() -> None:
    venue = desk()
    resting = venue.rest("60001", buy=False)
    venue.order(limit("60001", tif="Ioc"), signer=BOB)

    assert "filled" == venue.status(resting)


def test_the_synthetic_quote_comes_before_a_worse_real_order() -> None:
    venue = desk()
    resting = venue.rest("60002", buy=False)
    venue.order(limit("60002", tif="Ioc"), signer=BOB)

    assert "open" == venue.status(resting)


def test_a_synthetic_bid_serves_sellers() -> None:
    filled = desk().order(limit("59999", buy=False, tif="Ioc"))[0]["filled"]

    assert "59999.0" == filled["avgPx"]


def test_the_synthetic_quotes_step_back_behind_a_large_order() -> None:
    """The quote is taken, what remains rests at its price, and nothing is crossed."""
    venue = desk()
    venue.order(limit("60001", "100"))
    market = venue.control("markets", instrument="BTC")

    assert ("60001", "60002") == (market["bid"], market["ask"])
    assert "60002" == market["background_ask"]


def test_the_synthetic_bid_steps_back_too() -> None:
    venue = desk()
    venue.order(limit("59999", "100", buy=False))
    market = venue.control("markets", instrument="BTC")

    assert ("59998", "59999") == (market["bid"], market["ask"])


def test_an_own_resting_order_is_cancelled_instead_of_filled() -> None:
    venue = desk(background_notional=0)
    own = venue.rest("60001", buy=False)
    other = venue.rest("60002", buy=False, signer=BOB)
    filled = venue.order(limit("60002", tif="Ioc"))[0]["filled"]

    assert ("selfTradeCanceled", "filled") == (venue.status(own), venue.status(other, BOB))
    assert "60002.0" == filled["avgPx"]


def test_a_post_only_order_at_an_own_opposite_order_is_refused() -> None:
    venue = desk(background_notional=0)
    venue.rest("60001", buy=False)
    text = "Post only order would have immediately matched, bbo was 0@60001. asset=0"

    assert text == venue.error("60001", tif="Alo")


def test_moving_the_market_fills_the_orders_it_passes_at_their_price() -> None:
    venue = desk()
    passed, kept = venue.rest("59500"), venue.rest("59000")
    fills = venue.move("59400")

    assert [{"oid": passed, "quantity": "0.01"}] == fills
    assert ("filled", "open") == (venue.status(passed), venue.status(kept))
    assert "59500.0" == venue.info("userFills")[0]["px"]
    assert venue.info("userFills")[0]["crossed"] is False


def test_moving_the_market_up_fills_sells() -> None:
    venue = desk()
    passed = venue.rest("60500", buy=False)
    venue.move("61000")

    assert "filled" == venue.status(passed)


def test_an_order_exactly_at_the_mid_price_stays() -> None:
    venue = desk()
    resting = venue.rest("59500")
    venue.move("59500")

    assert "open" == venue.status(resting)


def test_both_sides_of_a_trade_get_the_same_trade_id() -> None:
    venue = desk(background_notional=0)
    venue.rest("60000", buy=False, signer=BOB)
    venue.order(limit("60000", tif="Ioc"))
    ours, theirs = venue.info("userFills")[0], venue.info("userFills", BOB)[0]

    assert ours["tid"] == theirs["tid"] < 2**50
    assert (True, False) == (ours["crossed"], theirs["crossed"])


def test_a_spot_trade_moves_tokens_between_accounts() -> None:
    venue = desk(background_notional=0, charge_fees=False)
    venue.order(limit("42", "10", buy=False, a=HYPE), signer=BOB)
    venue.order(limit("42", "10", a=HYPE))
    alice, bob = (venue.simulator.world.accounts[each].tokens for each in (ALICE, BOB))

    assert (Decimal(100_010), Decimal(99_990)) == (alice["HYPE"], bob["HYPE"])
    assert Decimal(840) == bob["USDC"] - alice["USDC"]


def test_a_marketable_order_of_a_delisted_instrument_meets_nobody() -> None:
    venue = desk()
    resting = venue.rest("50000")
    venue.control("delist", instrument="BTC")

    assert "delistedCanceled" == venue.status(resting)
    assert "Trading is halted. asset=0" == venue.error("60001", tif="Ioc")
    assert [[], []] == venue.info("l2Book", coin="BTC")["levels"]


def test_delisting_ends_every_order_of_the_instrument_and_no_other() -> None:
    venue = desk()
    bracket = [limit("58000"), trigger("65000", "tp")]
    venue.order(*bracket, grouping="normalTpsl")
    other = venue.rest("40", "1", a=HYPE)
    venue.control("delist", instrument="BTC")

    assert [other] == venue.open_oids()


def test_an_immediate_order_of_an_empty_book_is_refused() -> None:
    venue = desk(background_notional=0)
    text = "Order could not immediately match against any resting orders. asset=0"

    assert text == venue.error("60001", tif="Ioc")


def test_the_order_of_the_queue_survives_a_cancel_in_its_middle() -> None:
    venue = desk(background_notional=0)
    first, second, third = (venue.rest("59000") for _ in range(3))
    venue.cancel(second)
    venue.order(limit("59000", "0.015", buy=False, tif="Ioc"), signer=BOB)

    assert ("filled", "0.005") == (venue.status(first), venue.info("openOrders")[0]["sz"])
    assert [third] == venue.open_oids()
