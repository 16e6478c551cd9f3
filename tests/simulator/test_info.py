"""Reads: the shapes of recorded mainnet replies, and what they say."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.venue import (
    AGENT,
    ALICE,
    BOB,
    CLOID,
    HYPE,
    NOW,
    TESLA,
    Desk,
    cloid,
    desk,
    limit,
    trigger,
)

RECORDED = Path(__file__).parent.parent / "data" / "hyperliquid"


def recorded(name: str) -> Any:
    """Return a recorded mainnet reply."""
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


def busy() -> Desk:
    """Return a venue where Alice has a position, fills and orders of several kinds."""
    venue = desk()
    venue.buy_position("0.1")
    venue.rest("50000", c=CLOID)
    venue.rest("40", "1", a=HYPE)
    venue.rest("300", "1", a=TESLA)
    venue.order(limit("58000"), trigger("65000", "tp"), grouping="normalTpsl")
    return venue


def missing(expected: Any, actual: Any, path: str = "") -> list[str]:
    """Return keys of a recorded value which a simulated one lacks, and values of another type."""
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return [f"{path}: no object"]
        gone = [f"{path}.{key}" for key in expected if key not in actual]
        shared = [key for key in expected if key in actual]
        return gone + [
            m for key in shared for m in missing(expected[key], actual[key], f"{path}.{key}")
        ]
    if isinstance(expected, list) and expected and isinstance(actual, list) and actual:
        return missing(expected[0], actual[0], f"{path}[0]")
    if expected is None or actual is None or type(expected) is type(actual):
        return []
    return [f"{path}: {type(actual).__name__}"]


OLD_KEYS = {".assetPositions[0].position.maxTradeSzs"}


@pytest.mark.parametrize(
    ("kind", "body", "name"),
    [
        ("frontendOpenOrders", {}, "frontendOpenOrders"),
        ("openOrders", {}, "openOrders"),
        ("historicalOrders", {}, "historicalOrders"),
        ("clearinghouseState", {}, "clearinghouseState"),
        ("l2Book", {"coin": "BTC"}, "l2Book"),
        ("allMids", {}, "allMids"),
        ("meta", {}, "meta"),
        ("meta", {"dex": ""}, "meta"),
        ("metaAndAssetCtxs", {}, "metaAndAssetCtxs"),
        ("metaAndAssetCtxs", {"dex": "xyz"}, "metaAndAssetCtxs.dex-xyz"),
        ("spotMeta", {}, "spotMeta"),
        ("spotMetaAndAssetCtxs", {}, "spotMetaAndAssetCtxs"),
        ("userRateLimit", {}, "userRateLimit"),
        ("perpDexs", {}, "perpDexs"),
    ],
)
def test_a_reply_has_the_keys_of_a_recorded_one(kind: str, body: dict[str, Any], name: str) -> None:
    found = missing(recorded(name), busy().info(kind, **body))
    known = {".PEOPLE"} if name == "allMids" else OLD_KEYS

    assert [] == [each for each in found if each not in known and ".@" not in each]


def test_metadata_are_the_recorded_ones() -> None:
    venue = desk()

    assert recorded("metaAndAssetCtxs")[0] == venue.info("meta")
    assert recorded("spotMetaAndAssetCtxs")[0] == venue.info("spotMeta")
    assert recorded("metaAndAssetCtxs.dex-xyz")[0] == venue.info("meta", dex="xyz")
    assert recorded("perpDexs")[:2] == venue.info("perpDexs")


def test_an_open_order_reads_as_recorded() -> None:
    venue = desk()
    oid = venue.rest("29792", "5", c=CLOID)
    common = {
        "coin": "BTC",
        "side": "B",
        "limitPx": "29792.0",
        "sz": "5.0",
        "oid": oid,
        "timestamp": NOW,
        "origSz": "5.0",
        "cloid": CLOID,
    }
    trigger_fields = {
        "triggerCondition": "N/A",
        "isTrigger": False,
        "triggerPx": "0.0",
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": False,
        "orderType": "Limit",
        "tif": "Gtc",
    }

    assert [common] == venue.info("openOrders")
    assert [{**common, **trigger_fields}] == venue.info("frontendOpenOrders")


def test_unset_fields_are_absent_in_one_list_and_null_in_the_other() -> None:
    venue = desk()
    venue.rest("50000")

    assert not {"cloid", "reduceOnly"} & set(venue.info("openOrders")[0])
    assert venue.info("frontendOpenOrders")[0]["cloid"] is None


def test_reduce_only_is_shown() -> None:
    venue = desk()
    venue.buy_position("0.1")
    venue.rest("70000", buy=False, r=True)

    assert venue.info("openOrders")[0]["reduceOnly"] is True


def test_the_newest_order_is_listed_first() -> None:
    venue = desk()
    oids = [venue.rest("50000") for _ in range(3)]

    assert oids[::-1] == [order["oid"] for order in venue.info("frontendOpenOrders")]


def test_spot_orders_come_with_the_first_dex_only() -> None:
    venue = busy()

    assert {"BTC", "@107"} == {order["coin"] for order in venue.info("frontendOpenOrders")}
    assert {"xyz:TSLA"} == {o["coin"] for o in venue.info("frontendOpenOrders", dex="xyz")}


@pytest.mark.parametrize("kind", ["openOrders", "clearinghouseState", "meta", "allMids"])
def test_an_unknown_dex_is_a_server_error(kind: str) -> None:
    response = desk().post("/info", {"type": kind, "user": ALICE, "dex": "none"})

    assert (500, b"null") == (response.status, response.body)


def test_an_agents_address_reads_as_empty() -> None:
    venue = busy()
    lists = [venue.info(k, AGENT) for k in ("openOrders", "frontendOpenOrders", "userFills")]

    assert [[], [], []] == lists
    assert [] == venue.info("clearinghouseState", AGENT)["assetPositions"]
    assert {"balances": []} == venue.info("spotClearinghouseState", AGENT)


def test_an_address_may_be_written_in_upper_case() -> None:
    assert 4 == len(busy().info("openOrders", "0x" + ALICE[2:].upper()))


@pytest.mark.parametrize(("dex", "name"), [("", "ETH"), ("xyz", "xyz:TSLA")])
def test_what_was_delisted_since_is_marked_as_such(dex: str, name: str) -> None:
    venue = desk()
    before = venue.info("meta", dex=dex)["universe"]
    venue.control("delist", instrument=name)
    after = venue.info("meta", dex=dex)["universe"]

    assert [name] == [b["name"] for a, b in zip(before, after, strict=True) if a != b]
    assert after == venue.info("metaAndAssetCtxs", dex=dex)[0]["universe"]
    assert [True] == [each["isDelisted"] for each in after if each["name"] == name]


class TestOrderStatus:
    def test_an_order_is_found_by_either_id(self) -> None:
        venue = desk()
        oid = venue.rest("50000", c=CLOID)
        record = venue.info("orderStatus", oid=oid)

        assert record == venue.info("orderStatus", oid=CLOID)
        assert ("order", "open") == (record["status"], record["order"]["status"])

    def test_a_filled_order_has_nothing_left(self) -> None:
        venue = desk()
        oid = venue.rest("50000")
        venue.control("trade", oid=oid)
        record = venue.info("orderStatus", oid=oid)["order"]

        assert ("filled", "0.0", "0.01") == (
            record["status"],
            record["order"]["sz"],
            record["order"]["origSz"],
        )

    @pytest.mark.parametrize("target", [7, cloid(7)])
    def test_another_id_is_unknown(self, target: Any) -> None:
        assert {"status": "unknownOid"} == desk().info("orderStatus", oid=target)

    def test_another_accounts_order_is_unknown(self) -> None:
        venue = desk()
        oid = venue.rest("50000", signer=BOB)

        assert "unknownOid" == venue.status(oid)

    def test_the_newest_order_of_a_client_order_id_is_shown(self) -> None:
        venue = desk()
        venue.cancel(venue.rest("50000", c=CLOID))
        newest = venue.rest("50001", c=CLOID)

        assert newest == venue.info("orderStatus", oid=CLOID)["order"]["order"]["oid"]

    def test_its_time_is_that_of_the_last_change(self) -> None:
        venue = desk()
        oid = venue.rest("50000")
        venue.at_ms += 7
        venue.cancel(oid)
        record = venue.info("orderStatus", oid=oid)["order"]

        assert (NOW, NOW + 7) == (record["order"]["timestamp"], record["statusTimestamp"])


class TestFills:
    def test_a_fill_is_complete(self) -> None:
        venue = desk()
        venue.order(limit("60001", tif="Ioc", c=CLOID))
        fill = venue.info("userFills")[0]
        expected = {
            "coin": "BTC",
            "px": "60001.0",
            "sz": "0.01",
            "side": "B",
            "time": NOW,
            "startPosition": "0.0",
            "dir": "Open Long",
            "closedPnl": "0.0",
            "crossed": True,
            "fee": "0.270005",
            "feeToken": "USDC",
            "twapId": None,
            "cloid": CLOID,
        }

        assert expected == {key: fill[key] for key in expected}
        assert {"hash", "oid", "tid"} == fill.keys() - expected.keys()
        assert 66 == len(fill["hash"])

    def test_fills_by_time_include_both_ends(self) -> None:
        venue = desk()
        for _ in range(4):
            venue.buy_position("0.01")
            venue.at_ms += 10
        found = venue.info("userFillsByTime", startTime=NOW + 10, endTime=NOW + 20)

        assert [NOW + 10, NOW + 20] == [fill["time"] for fill in found]

    def test_fills_by_time_are_newest_first_by_switch(self) -> None:
        venue = desk(fills_oldest_first=False)
        for _ in range(2):
            venue.buy_position("0.01")
            venue.at_ms += 10
        found = venue.info("userFillsByTime", startTime=NOW)

        assert [NOW + 10, NOW] == [fill["time"] for fill in found]

    def test_a_page_has_two_thousand_fills(self) -> None:
        venue = desk(check_margin=False)
        for number in range(2100):
            venue.at_ms = NOW + number
            venue.buy_position("0.01")
        page = venue.info("userFillsByTime", startTime=NOW)
        rest = venue.info("userFillsByTime", startTime=page[-1]["time"] + 1)

        assert (2000, 100) == (len(page), len(rest))
        assert 2000 == len(venue.info("userFills"))


class TestBook:
    def test_real_orders_and_quotes_share_their_level(self) -> None:
        venue = desk()
        venue.rest("59999", "0.5")
        venue.rest("59990", "0.25", signer=BOB)
        venue.rest("60010", "1", buy=False)
        bids, asks = venue.info("l2Book", coin="BTC")["levels"]

        assert {"px": "59999.0", "sz": "17.16694", "n": 2} == bids[0]
        assert {"px": "59990.0", "sz": "0.25", "n": 1} == bids[1]
        assert ["60001.0", "60010.0"] == [level["px"] for level in asks]

    def test_twenty_levels_are_shown(self) -> None:
        venue = desk()
        for number in range(30):
            venue.rest(str(59_000 - number))

        assert 20 == len(venue.info("l2Book", coin="BTC")["levels"][0])

    def test_prices_can_be_grouped(self) -> None:
        venue = desk(background_notional=0)
        for price in ("59999", "59990", "59890"):
            venue.rest(price)
        venue.rest("60010", buy=False)
        bids, asks = venue.info("l2Book", coin="BTC", nSigFigs=3)["levels"]
        halves = venue.info("l2Book", coin="BTC", nSigFigs=5, mantissa=5)["levels"][0]

        assert [("59900.0", 2), ("59800.0", 1)] == [(each["px"], each["n"]) for each in bids]
        assert ["60100.0"] == [each["px"] for each in asks]
        assert ["59995.0", "59990.0", "59890.0"] == [each["px"] for each in halves]

    @pytest.mark.parametrize("body", [{"nSigFigs": 6}, {"nSigFigs": 5, "mantissa": 3}])
    def test_another_grouping_is_a_server_error(self, body: dict[str, Any]) -> None:
        response = desk().post("/info", {"type": "l2Book", "coin": "BTC", **body})

        assert (500, b"null") == (response.status, response.body)

    def test_an_unknown_coin_is_null(self) -> None:
        assert desk().info("l2Book", coin="NONE") is None


class TestMids:
    def test_a_mid_lies_between_the_best_prices(self) -> None:
        venue = desk(background_notional=0)
        venue.rest("59000")
        one_sided = venue.info("allMids")["BTC"]
        venue.rest("60000", buy=False)

        assert ("60000.0", "59500.0") == (one_sided, venue.info("allMids")["BTC"])

    def test_spot_mids_come_with_the_first_dex(self) -> None:
        venue = desk()

        assert "41.898" == venue.info("allMids")["@107"]
        assert "@107" not in venue.info("allMids", dex="xyz")
        assert "399.415" == venue.info("allMids", dex="xyz")["xyz:TSLA"]

    def test_an_instrument_without_quotes_shows_its_mark(self) -> None:
        venue = desk()
        venue.info("l2Book", coin="MATIC")

        assert "0.37621" == venue.info("allMids")["MATIC"]
        assert venue.info("metaAndAssetCtxs")[1][3]["midPx"] is None
        contexts = {each["coin"]: each for each in venue.info("spotMetaAndAssetCtxs")[1]}
        assert contexts["@171"]["midPx"] is None

    def test_contexts_follow_the_market(self) -> None:
        venue = desk()
        venue.move("65000")
        venue.move("50", "@107")
        perp = venue.info("metaAndAssetCtxs")[1][0]
        contexts = {each["coin"]: each for each in venue.info("spotMetaAndAssetCtxs")[1]}

        assert ("65000.0", "65000.0") == (perp["markPx"], perp["midPx"])
        assert "50.0" == contexts["@107"]["markPx"]


@pytest.mark.parametrize(
    ("user", "role"),
    [
        (ALICE, {"role": "user"}),
        (AGENT, {"role": "agent", "data": {"user": ALICE}}),
        ("0x" + "99" * 20, {"role": "missing"}),
        ("0x" + "01" * 20, {"role": "vault"}),
        ("0x" + "02" * 20, {"role": "subAccount", "data": {"master": ALICE}}),
    ],
)
def test_a_role_is_told(user: str, role: dict[str, Any]) -> None:
    venue = desk()
    venue.control("add_account", address="0x" + "01" * 20, role="vault", master=ALICE)
    venue.control("add_account", address="0x" + "02" * 20, role="subAccount", master=ALICE)

    assert role == venue.info("userRole", user)


def test_without_sub_accounts_the_reply_is_null() -> None:
    assert desk().info("subAccounts") is None


def test_the_unnamed_agent_is_not_listed() -> None:
    assert [] == desk().info("extraAgents")


def test_the_venue_tells_its_time() -> None:
    assert NOW == desk().info("exchangeStatus")["time"]


def test_withdrawable_is_what_no_margin_needs() -> None:
    venue = desk(charge_fees=False)
    venue.rest("50000", "1")

    assert "9997000.0" == venue.info("clearinghouseState")["withdrawable"]
