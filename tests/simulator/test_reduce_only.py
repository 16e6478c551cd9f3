"""Reduce-only orders: capped, refused, and cancelled oldest first."""

from decimal import Decimal

import pytest

from tests.simulator.venue import BOB, CLOID, desk, limit

WRONG_WAY = "Reduce only order would increase position. asset=0"


def test_an_immediate_order_larger_than_the_position_is_capped() -> None:
    venue = desk()
    venue.buy_position("0.02")
    filled = venue.order(limit("59999", "0.05", buy=False, tif="Ioc", r=True))[0]["filled"]

    assert ("0.02", Decimal(0)) == (filled["totalSz"], venue.position())


@pytest.mark.parametrize("tif", ["Ioc", "Gtc"])
def test_the_wrong_side_is_refused(tif: str) -> None:
    venue = desk()
    venue.buy_position("0.02")

    assert WRONG_WAY == venue.error("60001", r=True, tif=tif)


def test_a_second_order_beyond_the_position_cancels_the_first() -> None:
    venue = desk()
    venue.buy_position("0.02")
    first = venue.rest("70000", "0.015", buy=False, r=True)
    second = venue.rest("70001", "0.015", buy=False, r=True)

    assert "reduceOnlyCanceled" == venue.status(first)
    assert [second] == venue.open_oids()


def test_orders_which_fit_the_position_together_stay() -> None:
    venue = desk()
    venue.buy_position("0.02")
    oids = [venue.rest(price, "0.01", buy=False, r=True) for price in ("70000", "70001")]

    assert oids == venue.open_oids()


def test_a_lone_order_larger_than_the_position_stays_until_it_is_flat() -> None:
    venue = desk()
    venue.buy_position("0.02")
    oid = venue.rest("60500", "0.05", buy=False, r=True)
    venue.move("60600")

    assert ("reduceOnlyCanceled", Decimal(0)) == (venue.status(oid), venue.position())
    assert "0.03" == venue.info("orderStatus", oid=oid)["order"]["order"]["sz"]


def test_a_shrinking_position_cancels_the_oldest() -> None:
    venue = desk()
    venue.buy_position("0.04")
    oldest = venue.rest("70000", "0.02", buy=False, r=True)
    newest = venue.rest("70001", "0.02", buy=False, r=True)
    venue.order(limit("59999", "0.01", buy=False, tif="Ioc"))

    assert ("reduceOnlyCanceled", "open") == (venue.status(oldest), venue.status(newest))


def test_a_closed_position_cancels_all() -> None:
    venue = desk()
    venue.buy_position("0.04")
    oids = [venue.rest("70000", "0.02", buy=False, r=True) for _ in range(2)]
    venue.order(limit("59999", "0.04", buy=False, tif="Ioc"))

    assert ["reduceOnlyCanceled"] * 2 == [venue.status(oid) for oid in oids]


def test_a_marketable_gtc_order_closes_and_does_not_rest() -> None:
    venue = desk()
    venue.buy_position("0.02")
    filled = venue.order(limit("59999", "0.05", buy=False, r=True))[0]["filled"]

    assert ("0.02", []) == (filled["totalSz"], venue.open_oids())
    assert "reduceOnlyCanceled" == venue.status(filled["oid"])


def test_a_resting_order_is_capped_when_somebody_takes_it() -> None:
    venue = desk(background_notional=0)
    venue.rest("60001", "0.02", buy=False, signer=BOB)
    venue.order(limit("60001", "0.02", tif="Ioc"))
    oid = venue.rest("60500", "0.05", buy=False, r=True)
    filled = venue.order(limit("60500", "0.05", tif="Ioc"), signer=BOB)[0]["filled"]

    assert ("0.02", "reduceOnlyCanceled") == (filled["totalSz"], venue.status(oid))


def test_a_stale_order_is_cancelled_in_passing() -> None:
    """One taker meets two reduce-only orders; the first leaves nothing to reduce."""
    venue = desk(background_notional=0)
    venue.rest("60001", "0.02", buy=False, signer=BOB)
    venue.order(limit("60001", "0.02", tif="Ioc"))
    first = venue.rest("60500", "0.01", buy=False, r=True)
    second = venue.rest("60501", "0.01", buy=False, r=True)
    plain = venue.rest("60400", "0.02", buy=False)
    venue.order(limit("60501", "0.05", tif="Ioc"), signer=BOB)

    assert "filled" == venue.status(plain)
    assert ["reduceOnlyCanceled"] * 2 == [venue.status(first), venue.status(second)]


def test_a_small_order_which_closes_the_position_is_exempt_from_the_minimum() -> None:
    venue = desk()
    venue.buy_position("0.001")
    venue.order(limit("59999", "0.0009", buy=False, tif="Ioc"))

    assert "resting" in venue.order(limit("60500", "0.0001", buy=False, r=True))[0]


def test_a_small_order_which_closes_the_position_is_refused_by_switch() -> None:
    venue = desk(exempt_closing_order_from_minimum=False)
    venue.buy_position("0.001")
    venue.order(limit("59999", "0.0009", buy=False, tif="Ioc"))
    text = "Order must have minimum value of $10. asset=0"

    assert text == venue.error("60500", "0.0001", buy=False, r=True, c=CLOID)


def test_a_small_order_which_leaves_some_position_is_not_exempt() -> None:
    venue = desk()
    venue.buy_position("0.001")
    text = "Order must have minimum value of $10. asset=0"

    assert text == venue.error("60500", "0.0001", buy=False, r=True)


def test_a_short_position_is_reduced_by_buying() -> None:
    venue = desk()
    venue.order(limit("59999", "0.02", buy=False, tif="Ioc"))
    filled = venue.order(limit("60001", "0.05", tif="Ioc", r=True))[0]["filled"]

    assert ("0.02", Decimal(0)) == (filled["totalSz"], venue.position())
