"""Whose account an HTX key is of only the key says: another one has to show that it is the same."""

import pytest

from tests.e2e.both import UID, Both
from tests.e2e.project import order

NEXT = {"access_key": "next-access-key-0123", "secret_key": "next-secret-key-0123"}


@pytest.fixture
def coin(both: Both) -> Both:
    """A project of which one order rests at HTX."""
    both.remove_book("btc")
    assert 0 == both.apply().code
    return both


def take_key_of(both: Both, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on with another key, of this account or another."""
    both.htx("add_key", account=account, **NEXT)
    monkeypatch.setenv("HTX_ACCESS_KEY", NEXT["access_key"])
    monkeypatch.setenv("HTX_SECRET_KEY", NEXT["secret_key"])


def want_more(both: Both) -> None:
    both.write_coin(dip=order("buy", "80000", "3"), more=order("buy", "79000", "3"))


def test_the_state_of_another_account_sends_nothing(
    coin: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    coin.htx("add_account", account="stranger")
    take_key_of(coin, "stranger", monkeypatch)
    want_more(coin)
    before = len(coin.trades())
    applied = coin.apply()
    (theirs,) = coin.htx("state", account="stranger")["accounts"]

    assert "error[account-unproven]" in applied.err
    assert (1, before, []) == (applied.code, len(coin.trades()), theirs["orders"])


def test_a_new_key_that_knows_our_orders_goes_on(
    coin: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_key_of(coin, UID, monkeypatch)
    want_more(coin)
    applied = coin.apply()

    assert (0, 2) == (applied.code, len(coin.coins())), applied.err


def test_a_new_key_that_can_show_nothing_needs_a_word_and_only_once(
    coin: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rests,) = coin.coin_orders()
    coin.htx("trade", oid=rests["oid"])
    assert coin.is_quiet()
    take_key_of(coin, UID, monkeypatch)
    want_more(coin)
    refused = coin.apply()
    allowed = coin.apply("--allow", "new-key")
    coin.write_coin(again=order("buy", "78000", "3"))
    again = coin.apply("--allow", "cancel-fraction")

    assert (1, 0, 0) == (refused.code, allowed.code, again.code), allowed.err + again.err
    assert "apply --allow new-key" in refused.err


def test_a_panic_with_a_key_of_another_account_does_not_say_that_it_is_clear(
    coin: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    coin.htx("add_account", account="stranger")
    take_key_of(coin, "stranger", monkeypatch)
    ran = coin.run("panic")

    assert (1, [("80000", 3)]) == (ran.code, coin.coins())
    assert "it may be of another account" in " ".join(ran.out.split())


def test_a_panic_with_a_new_key_of_the_account_clears_it(
    coin: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_key_of(coin, UID, monkeypatch)
    ran = coin.run("panic")

    assert (0, []) == (ran.code, coin.coins()), ran.out


def test_no_message_shows_more_of_a_key_than_its_print(
    coin: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    coin.htx("add_account", account="stranger")
    take_key_of(coin, "stranger", monkeypatch)
    want_more(coin)
    said = coin.apply()

    assert [] == [key for key in NEXT.values() if key in said.out + said.err]
    assert "key-" in said.err


def test_nothing_is_settled_by_hand_under_a_key_of_another_account(
    coin: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There our order is not known, which is no doubt about it."""
    coin.htx("add_account", account="stranger")
    take_key_of(coin, "stranger", monkeypatch)
    words = ("resolve", "coin.dip", "--filled", "0", "--auto-approve")
    refused = coin.run(*words)
    allowed = coin.run(*words, "--allow", "new-key")

    assert (1, 0) == (refused.code, allowed.code), allowed.err
    assert "error[account-unproven]" in refused.err
    assert "resolve coin.dip --allow new-key" in " ".join(refused.err.split())
