"""Builders: approved by the account, capped, and paid a part of every fill."""

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.venue import ALICE, HYPE, Desk, desk, limit

BUILDER = "0x" + "cc" * 20


def approved(fee: int = 10) -> Desk:
    venue = desk()
    venue.control("approve_builder", account=ALICE, builder=BUILDER, fee=fee)
    return venue


def order(venue: Desk, *orders: Any, fee: int = 10) -> list[Any]:
    action = {"type": "order", "orders": list(orders), "grouping": "na"}
    return venue.statuses({**action, "builder": {"b": BUILDER, "f": fee}})


def test_a_fill_pays_the_builder_on_top_of_the_fee() -> None:
    plain, venue = desk(), approved()
    plain.order(limit("60001", tif="Ioc"))
    order(venue, limit("60001", tif="Ioc"))

    fees = [Decimal(each.info("userFills")[0]["fee"]) for each in (plain, venue)]

    # 1 basis point of 600.01.
    assert Decimal("0.060001") == fees[1] - fees[0]
    assert "0.060001" == venue.info("userFills")[0]["builderFee"]


def test_a_fill_without_a_builder_does_not_speak_of_one() -> None:
    venue = desk()
    venue.order(limit("60001", tif="Ioc"))

    assert "builderFee" not in venue.info("userFills")[0]


def test_a_modified_order_pays_no_builder() -> None:
    venue = approved()
    (status,) = order(venue, limit("59000", tif="Alo"))
    modified = venue.modify(status["resting"]["oid"], limit("59100", tif="Alo"))
    venue.control("trade", oid=modified["resting"]["oid"])

    assert "builderFee" not in venue.info("userFills")[0]


def test_nobody_is_paid_on_the_buying_side_of_spot() -> None:
    venue = approved()
    mid = Decimal(venue.control("markets", instrument="HYPE/USDC")["ask"])
    (status,) = order(venue, limit(str(mid), "10", tif="Ioc", a=HYPE))

    assert "filled" in status
    assert "builderFee" not in venue.info("userFills")[0]


@pytest.mark.parametrize(("fee", "is_taken"), [(100, True), (101, False)])
def test_the_fee_on_a_perp_is_capped(fee: int, is_taken: bool) -> None:
    (status,) = order(approved(1000), limit("59000", tif="Alo"), fee=fee)

    assert is_taken == ("resting" in status)


def test_a_fee_above_the_cap_voids_the_batch() -> None:
    found = order(approved(1000), limit("59000", tif="Alo"), limit("58000", tif="Alo"), fee=101)

    assert [{"error": "Builder fee is too high."}] == found


def test_ten_builders_may_be_approved() -> None:
    venue = desk()
    action = {
        "type": "approveBuilderFee",
        "signatureChainId": "0x66eee",
        "hyperliquidChain": "Testnet",
        "maxFeeRate": "0.01%",
    }
    replies = []
    for number in range(11):
        builder = f"0x{number + 1:040x}"
        venue.nonces += 1
        replies.append(
            venue.act({**action, "builder": builder, "nonce": venue.nonces + 1})["status"]
        )

    assert ["ok"] * 10 + ["err"] == replies
