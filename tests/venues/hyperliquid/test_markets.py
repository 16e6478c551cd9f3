"""Instruments, middle prices and books."""

from decimal import Decimal

import pytest

from reconciler.model.instrument import InstrumentKind, SignificantFigures
from reconciler.model.snapshot import Quote
from reconciler.venues.hyperliquid.replies.markets import (
    best_prices,
    mids,
    perp_dexs,
    perp_meta,
    spot_meta,
)
from reconciler.venues.hyperliquid.rules import perp_instrument, spot_instrument
from reconciler.venues.shape import Malformed
from tests.venues.support import recorded

PERP = {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56}


def perp(name, reply=None, *, dex_index=0):
    meta = perp_meta(recorded("meta") if reply is None else reply)
    return perp_instrument(meta.markets[name], dex_index=dex_index, quote="USDC")


def spot(name):
    return spot_instrument(spot_meta(recorded("spotMeta")).pairs[name])


def test_a_recorded_perp_is_an_instrument():
    bitcoin = perp("BTC")

    assert ("BTC", "0", InstrumentKind.PERP) == (bitcoin.name, bitcoin.venue_id, bitcoin.kind)
    assert SignificantFigures(figures=5, decimals=1) == bitcoin.price_rule
    assert (Decimal("0.00001"), Decimal(10)) == (bitcoin.lot_size, bitcoin.minimum_notional)
    assert (True, 40) == (bitcoin.is_open, bitcoin.leverage_max)


def test_every_recorded_perp_is_numbered_by_its_place():
    for place, source in enumerate(recorded("meta")["universe"]):
        assert str(place) == perp(source["name"]).venue_id


def test_a_delisted_perp_takes_no_orders():
    assert not perp("MATIC").is_open


def test_a_builder_dex_has_its_own_numbers():
    """The first builder dex begins at 110000; names carry the dex."""
    meta = recorded("metaAndAssetCtxs.dex-xyz")[0]
    instrument = perp("xyz:TSLA", meta, dex_index=perp_dexs(recorded("perpDexs"))["xyz"])

    assert "110001" == instrument.venue_id
    assert instrument.is_isolated_only


@pytest.mark.parametrize("mode", [None, "strictIsolated", "noCross", "other"])
def test_isolated_markets_are_known_by_their_mode(mode):
    instrument = perp("BTC", {"universe": [{**PERP, "marginMode": mode}]})

    assert (mode in ("strictIsolated", "noCross")) == instrument.is_isolated_only


def test_null_is_the_same_as_absent():
    reply = {"universe": [{**PERP, "isDelisted": None, "onlyIsolated": None}]}

    assert perp("BTC", {"universe": [PERP]}) == perp("BTC", reply)


def test_the_collateral_is_the_first_token_unless_said():
    assert 0 == perp_meta(recorded("meta")).collateral_token
    assert 235 == perp_meta({"universe": [], "collateralToken": 235}).collateral_token


@pytest.mark.parametrize(
    ("name", "venue_id", "decimals", "lot"),
    [("PURR/USDC", "10000", 8, "1"), ("@107", "10107", 6, "0.01")],
)
def test_a_recorded_spot_pair_is_an_instrument(name, venue_id, decimals, lot):
    pair = spot(name)

    assert (venue_id, InstrumentKind.SPOT, "USDC") == (pair.venue_id, pair.kind, pair.quote)
    assert SignificantFigures(figures=5, decimals=decimals) == pair.price_rule
    assert Decimal(lot) == pair.lot_size


@pytest.mark.parametrize(("name", "title"), [("PURR/USDC", ""), ("@107", "HYPE/USDC")])
def test_a_numbered_pair_has_its_tokens_as_a_title(name, title):
    assert title == spot(name).title


@pytest.mark.parametrize(
    ("size_decimals", "price", "is_legal"),
    [
        (5, "1234.5", True),
        (5, "1234.56", False),
        (0, "0.001234", True),
        (0, "0.0012345", False),
        (1, "0.01234", True),
        (1, "0.012345", False),
        (5, "123456", True),
        (5, "12345.6", False),
        (5, "117365.5", False),
        (5, "117365", True),
    ],
)
def test_the_grid_of_a_perp_is_the_venue_s(size_decimals, price, is_legal):
    instrument = perp("BTC", {"universe": [{**PERP, "szDecimals": size_decimals}]})

    assert is_legal == instrument.is_legal_price(Decimal(price))


@pytest.mark.parametrize(
    ("size_decimals", "price", "is_legal"),
    [(0, "0.0001234", True), (1, "0.0001234", True), (2, "0.0001234", False), (8, "1.5", False)],
)
def test_the_grid_of_a_spot_pair_is_the_venue_s(size_decimals, price, is_legal):
    token = {"name": "T", "index": 1, "szDecimals": size_decimals}
    quote = {"name": "USDC", "index": 0, "szDecimals": 8}
    pair = {"name": "@9", "index": 9, "tokens": [1, 0]}
    meta = spot_meta({"tokens": [quote, token], "universe": [pair]})

    assert is_legal == spot_instrument(meta.pairs["@9"]).is_legal_price(Decimal(price))


def test_a_pair_is_numbered_by_its_field_and_not_by_its_place():
    names = spot_meta(recorded("spotMeta")).pairs

    assert all(pair.index == int(name[1:]) for name, pair in names.items() if name[0] == "@")


def test_tokens_are_known_by_their_number():
    assert "USDC" == spot_meta(recorded("spotMeta")).tokens[0]


BAD_PERPS = {
    "no object": None,
    "no universe": {},
    "a name twice": {"universe": [PERP, PERP]},
    "no name": {"universe": [{"szDecimals": 5, "maxLeverage": 40}]},
    "no decimals": {"universe": [{"name": "BTC", "maxLeverage": 40}]},
    "a flag as text": {"universe": [{**PERP, "isDelisted": "yes"}]},
    "a collateral as text": {"universe": [], "collateralToken": "USDC"},
}


@pytest.mark.parametrize("reply", BAD_PERPS.values(), ids=BAD_PERPS)
def test_a_malformed_meta_is_no_meta(reply):
    with pytest.raises(Malformed):
        perp_meta(reply)


TOKENS = [{"name": "USDC", "index": 0, "szDecimals": 8}, {"name": "T", "index": 1, "szDecimals": 2}]


@pytest.mark.parametrize(
    "pairs",
    [
        None,
        [{"name": "@1", "index": 1, "tokens": [1]}],
        [{"name": "@1", "index": 1, "tokens": [1, "0"]}],
        [{"name": "@1", "index": 1, "tokens": [1, 7]}],
        [{"name": "@1", "index": 1}],
        [{"name": "@1", "tokens": [1, 0]}],
        [
            {"name": "@1", "index": 1, "tokens": [1, 0]},
            {"name": "@1", "index": 2, "tokens": [1, 0]},
        ],
    ],
)
def test_a_malformed_spot_meta_is_no_meta(pairs):
    with pytest.raises(Malformed):
        spot_meta({"tokens": TOKENS, "universe": pairs})


def test_recorded_dexes_are_numbered_from_one():
    dexes = perp_dexs(recorded("perpDexs"))

    assert 1 == dexes["xyz"]
    assert list(range(1, len(dexes) + 1)) == list(dexes.values())


@pytest.mark.parametrize("reply", [None, [], [{"name": "xyz"}], [None, {}]])
def test_malformed_dexes_are_none(reply):
    with pytest.raises(Malformed):
        perp_dexs(reply)


def test_recorded_middle_prices_are_exact():
    found = mids(recorded("allMids"), ["BTC", "@107", "NOTHING"])

    assert {"BTC", "@107"} == found.keys()
    assert Decimal("28.718") == found["@107"]


def test_a_malformed_price_counts_only_where_it_is_wanted():
    reply = {"BTC": "100.5", "ETH": None}

    assert {"BTC": Decimal("100.5")} == mids(reply, ["BTC"])
    with pytest.raises(Malformed):
        mids(reply, ["BTC", "ETH"])


def test_the_recorded_book_has_best_prices():
    reply = recorded("l2Book")
    expected = Quote(
        bid=Decimal(reply["levels"][0][0]["px"]), ask=Decimal(reply["levels"][1][0]["px"])
    )

    assert expected == best_prices(reply, "DYDX")


def test_an_empty_side_has_no_price():
    reply = {"coin": "BTC", "time": 1, "levels": [[], [{"px": "100.0", "sz": "1.0", "n": 1}]]}

    assert Quote(bid=None, ask=Decimal(100)) == best_prices(reply, "BTC")


def test_a_book_that_does_not_exist_has_no_prices():
    assert best_prices(None, "BTC") is None


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"coin": "ETH", "levels": [[], []]},
        {"coin": "BTC", "levels": [[]]},
        {"coin": "BTC", "levels": [[{"px": 1}], []]},
        {"coin": "BTC"},
    ],
)
def test_a_malformed_book_is_no_book(reply):
    with pytest.raises(Malformed):
        best_prices(reply, "BTC")
