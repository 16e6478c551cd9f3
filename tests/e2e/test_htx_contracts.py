"""Contracts at HTX that are not there, or of which something cannot be read."""

import pytest
import yaml

from tests.e2e.both import Both
from tests.e2e.project import order

FREELY = ("--allow", "empty", "--allow", "cancel-fraction")


@pytest.fixture
def coin(both: Both) -> Both:
    """The project with one order, at HTX alone, that rests."""
    both.remove_book("btc")
    applied = both.apply()
    assert (0, [("80000", 3)]) == (applied.code, both.coins()), applied.err
    return both


def mistype(coin: Both) -> None:
    """Declare an order in a contract that there is not."""
    book = {
        "version": 1,
        "book": "typo",
        "venue": "htx",
        "instrument": "BTX-USD",
        "defaults": {"options": {"leverage": 5}},
        "orders": {"x": order("buy", "10", "1")},
    }
    (coin.root / "specs" / "typo.yaml").write_text(yaml.safe_dump(book), encoding="utf-8")


def test_a_contract_typed_wrongly_is_told_with_its_place(coin: Both) -> None:
    mistype(coin)
    applied = coin.apply()

    assert (1, [("80000", 3)]) == (applied.code, coin.coins())
    assert "htx does not list `BTX-USD`." in applied.err
    assert "specs/typo.yaml:" in applied.err


def test_a_contract_typed_wrongly_stands_in_no_way_of_a_panic(coin: Both) -> None:
    mistype(coin)
    panicked = coin.run("panic")

    assert (0, []) == (panicked.code, coin.coins()), panicked.out
    assert "The venue does not list BTX-USD." in panicked.err


def test_without_the_largest_order_cancels_go_and_nothing_is_placed(coin: Both) -> None:
    coin.fault("error_before", "swap_order_limit", code=1002, times=100)
    coin.write_coin(other=order("buy", "79000", "3"))
    applied = coin.apply(*FREELY)

    assert (0, []) == (applied.code, coin.coins()), applied.err
    assert "What BTC-USD takes now could not be read: swap_order_limit:" in applied.out


def test_without_the_largest_order_a_panic_cancels(coin: Both) -> None:
    coin.fault("error_before", "swap_order_limit", code=1002, times=100)
    panicked = coin.run("panic")

    assert (0, []) == (panicked.code, coin.coins()), panicked.out


def test_without_the_list_of_contracts_a_panic_cancels(coin: Both) -> None:
    coin.fault("error_before", "swap_contract_info", code=1002, times=3)
    panicked = coin.run("panic")

    assert (0, []) == (panicked.code, coin.coins()), panicked.out
