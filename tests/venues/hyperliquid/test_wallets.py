"""What pays for spot orders: read with the grids, when something differs."""

from decimal import Decimal

import pytest

from reconciler.errors import VenueProblem
from reconciler.model.snapshot import Wallet
from tests.venues.hyperliquid.test_reads import BAD_GATEWAY, look, world
from tests.venues.support import run, venue


def test_a_look_with_spot_pairs_asks_no_more_than_one_without():
    table = world()
    look(table, "PURR/USDC", "@107")

    assert ["allMids", "clearinghouseState", "frontendOpenOrders"] == sorted(table.kinds())


def test_what_pays_for_a_spot_pair_is_what_no_order_holds():
    balances = [
        {"coin": "PURR", "total": "2000.0", "hold": "500.0"},
        {"coin": "USDC", "total": "5"},
    ]
    table = world(spotClearinghouseState={"balances": balances})
    names = frozenset({"PURR/USDC", "@999999", "BTC"})
    found = run(venue(table, key=None).markets(names))
    purr = Wallet(base="PURR", quote="USDC", base_free=Decimal(1500), quote_free=Decimal(5))

    assert {"PURR/USDC": purr} == found.wallets


def test_names_of_spot_pairs_are_read_once_a_run():
    table = world()
    hyperliquid = venue(table)

    async def twice():
        await hyperliquid.markets(frozenset({"PURR/USDC"}))
        await hyperliquid.markets(frozenset({"PURR/USDC"}))

    run(twice())
    assert 1 == table.kinds().count("spotMeta")


def test_without_the_list_of_tokens_there_are_no_grids():
    with pytest.raises(VenueProblem) as raised:
        run(venue(world(spotMeta=BAD_GATEWAY), key=None).markets(frozenset({"PURR/USDC"})))

    assert "spotMeta: http 502." == raised.value.diagnostics[0].why


@pytest.mark.parametrize("kind", ["userRateLimit", "spotClearinghouseState"])
def test_grids_are_read_though_budget_or_balances_cannot_be(kind):
    """Who cancels in an emergency needs the numbers of assets, and nothing else."""
    found = run(venue(world(**{kind: BAD_GATEWAY})).markets(frozenset({"PURR/USDC"})))

    assert (["PURR/USDC"], (f"{kind}: http 502",)) == (list(found.instruments), found.problems)
