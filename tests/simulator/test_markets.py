"""The recorded markets: ids, names and decimals of the venue's three kinds of instrument."""

from decimal import Decimal

import pytest

from reconciler.simulator.markets import load_markets


@pytest.mark.parametrize(
    ("name", "asset", "kind", "quantity_decimals", "price_decimals"),
    [
        ("BTC", 0, "perp", 5, 1),
        ("ETH", 1, "perp", 4, 2),
        ("PURR/USDC", 10_000, "spot", 0, 8),
        ("@107", 10_107, "spot", 2, 6),
        ("xyz:XYZ100", 110_000, "perp", 4, 2),
        ("xyz:TSLA", 110_001, "perp", 3, 3),
    ],
)
def test_an_asset_id_follows_the_documented_arithmetic(
    name: str, asset: int, kind: str, quantity_decimals: int, price_decimals: int
) -> None:
    found = load_markets().by_asset[asset]
    actual = (found.name, found.kind, found.quantity_decimals, found.price_decimals)

    assert (name, kind, quantity_decimals, price_decimals) == actual


def test_a_spot_id_uses_the_index_field_which_has_gaps() -> None:
    markets = load_markets()
    positions = {pair.asset - 10_000: place for place, pair in enumerate(markets.spots)}

    assert all(markets.by_asset[10_000 + index].name for index in positions)
    assert any(index != place for index, place in positions.items())


def test_markets_are_loaded_once_a_process() -> None:
    assert load_markets() is load_markets()


def test_a_delisted_perp_keeps_its_place_without_quotes() -> None:
    matic = load_markets().by_name["MATIC"]

    assert (3, True, None, Decimal(0)) == (matic.asset, matic.is_delisted, matic.mid, matic.bid)


def test_synthetic_quotes_stand_around_every_mid() -> None:
    quoted = [each for each in load_markets().by_asset.values() if each.mid is not None]

    assert len(quoted) > 300
    assert [] == [each.name for each in quoted if not each.bid < (each.mid or 0) < each.ask]


def test_a_spot_pair_knows_both_of_its_tokens() -> None:
    hype = load_markets().by_name["@107"]

    assert ("HYPE", "USDC", True) == (hype.base, hype.quote, hype.is_spot)
