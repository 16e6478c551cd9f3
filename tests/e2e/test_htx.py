"""HTX from the command line, its simulator behind it: what only this venue asks for."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.both import READER, Both
from tests.e2e.project import order
from tests.kill.forks import Forks

EMPTY = ("--allow", "empty", "--allow", "cancel-fraction")


@pytest.fixture
def coin(both: Both) -> Both:
    """The project with its book at HTX alone."""
    both.remove_book("btc")
    return both


def many(count: int, first: int = 70_000) -> dict[str, Any]:
    return {f"n{n:03}": order("buy", str(first + n), "3") for n in range(count)}


def test_from_init_to_an_empty_plan(coin: Both) -> None:
    planned = coin.run("plan", "--detailed-exitcode")
    applied = coin.apply()

    assert (2, 0) == (planned.code, applied.code), planned.err + applied.err
    assert ([("80000", 3)], True) == (coin.coins(), coin.is_quiet())


def test_a_hundred_and_twenty_orders_come_and_go_in_twelve_requests_each(coin: Both) -> None:
    coin.write_coin(**many(120))
    placed = coin.apply()
    assert (0, 120, True) == (placed.code, len(coin.coins()), coin.is_quiet()), placed.err
    coin.write_coin()
    removed = coin.apply(*EMPTY)

    assert (0, []) == (removed.code, coin.coins()), removed.err
    assert ["swap_batchorder"] * 12 + ["swap_cancel"] * 12 == coin.kinds()


def test_twenty_five_places_are_three_requests(coin: Both) -> None:
    coin.write_coin(**many(25))
    coin.apply()

    assert [10, 10, 5] == [len(action["orders_data"]) for action in coin.trades()]


def test_thirty_three_cancels_are_four_requests(coin: Both) -> None:
    coin.write_coin(**many(58))
    coin.apply()
    before = len(coin.trades())
    coin.write_coin(**many(25))
    coin.apply("--allow", "cancel-fraction")

    assert [10, 10, 10, 3] == [
        len(action["order_id"].split(",")) for action in coin.trades()[before:]
    ]
    assert 25 == len(coin.coins())


def test_both_sides_of_a_position_are_closed_each_on_its_own(coin: Both) -> None:
    coin.hold(7)
    coin.hold(4, side="sell")
    coin.write_coin(
        long=order("sell", "95000", "7", reduce_only=True),
        short=order("buy", "85000", "4", reduce_only=True),
    )
    applied = coin.apply()

    assert (0, True) == (applied.code, coin.is_quiet()), applied.out + applied.err
    assert [("95000", 7), ("85000", 4)] == coin.coins()
    assert ["close", "close"] == [each["offset"] for each in coin.trades()[0]["orders_data"]]


def test_more_than_a_side_of_the_position_is_held(coin: Both) -> None:
    coin.hold(7)
    coin.hold(9, side="sell")
    coin.write_coin(long=order("sell", "95000", "8", reduce_only=True))
    planned = coin.run("plan")

    assert "Nothing to send; 1 held." in planned.out
    assert 0 == len(coin.trades())


def test_a_leverage_that_the_position_does_not_have_is_held(coin: Both) -> None:
    coin.hold(3, leverage=10)
    held = coin.run("plan")
    coin.write_coin(leverage=10, dip=order("buy", "80000", "3"))
    applied = coin.apply()

    assert "option-conflict" in held.out
    assert (0, True) == (applied.code, coin.is_quiet()), applied.err


def test_a_leverage_that_only_resting_orders_have_is_told_by_the_venue(coin: Both) -> None:
    coin.htx(
        "place_as_human",
        account="coins",
        instrument="BTC-USD",
        side="buy",
        price="70000",
        quantity="1",
        leverage=20,
    )
    applied = coin.apply()
    again = coin.run("plan")

    assert (13, [("70000", 1)]) == (applied.code, coin.coins())
    assert "(1349)" in applied.out
    assert "Nothing to send; 1 held." in again.out


GROUP = {
    "take_profit": {"trigger": "95000", "execution": "limit", "price": "94900"},
    "stop_loss": {"trigger": "75000", "execution": "limit", "price": "74900"},
}


def test_what_is_attached_goes_with_its_parent(coin: Both) -> None:
    coin.write_coin(swing=order("buy", "80000", "3", **GROUP))
    placed = coin.apply()
    stops = [(stop["kind"], stop["trigger"]) for stop in coin.account()["stops"]]
    assert (0, True) == (placed.code, coin.is_quiet()), placed.out + placed.err
    coin.write_coin()
    removed = coin.apply(*EMPTY)

    assert [("tp", "95000"), ("sl", "75000")] == stops
    assert (0, []) == (removed.code, coin.coins()), removed.err
    assert ["swap_order", "swap_cancel"] == coin.kinds()


def test_a_stop_that_fired_ends_the_pair(coin: Both) -> None:
    coin.write_coin(swing=order("buy", "80000", "3", **GROUP))
    coin.apply()
    (parent,) = coin.coin_orders()
    coin.htx("trade", oid=parent["oid"])
    assert coin.is_quiet()
    coin.htx("set_mid", instrument="BTC-USD", mid="74950")
    applied = coin.apply()

    assert (0, True) == (applied.code, coin.is_quiet()), applied.out + applied.err
    assert ({}, []) == (coin.account()["positions"], coin.coins())
    assert ["swap_order"] == coin.kinds()


def test_a_pair_with_fills_is_not_cancelled_without_a_word(coin: Both) -> None:
    coin.write_coin(swing=order("buy", "80000", "3", **GROUP))
    coin.apply()
    (parent,) = coin.coin_orders()
    coin.htx("trade", oid=parent["oid"], quantity="1")
    coin.write_coin()
    held = coin.apply(*EMPTY)
    rests = coin.coins()
    removed = coin.apply(*EMPTY, "--allow", "unprotect")

    assert ("unprotected" in held.out, [("80000", 2)]) == (True, rests)
    assert (0, []) == (removed.code, coin.coins()), removed.err


def test_a_foreign_order_stays_through_everything(coin: Both, forks: Forks) -> None:
    made = coin.htx(
        "place_as_human",
        account="coins",
        instrument="BTC-USD",
        side="buy",
        price="71234",
        quantity="2",
    )
    coin.apply()
    coin.write_coin(dip=order("buy", "79000", "3"))
    coin.apply()
    stopped = coin.ended(coin.start(forks, "panic"))

    assert 0 == stopped.code, stopped.err
    assert [made["oid"]] == [each["oid"] for each in coin.coin_orders()]


def test_panic_cancels_what_a_lost_state_does_not_know(coin: Both, forks: Forks) -> None:
    coin.write_coin(**many(12))
    coin.apply()
    for file in (coin.root / ".reconciler").glob("htx*"):
        file.unlink()
    stopped = coin.ended(coin.start(forks, "panic"))

    assert (0, []) == (stopped.code, coin.coins()), stopped.out + stopped.err


def test_destroy_clears_the_account(coin: Both) -> None:
    coin.write_coin(**many(12))
    coin.apply()
    gone = coin.run("destroy", "--auto-approve")
    held = coin.apply()

    assert (0, []) == (gone.code, coin.coins()), gone.out + gone.err
    assert 10 == held.code


def test_doctor_has_nothing_against_a_good_key(coin: Both) -> None:
    ran = coin.run("doctor")

    assert "1 of 1 in the specs take orders" in ran.out
    assert "reads its account" in ran.out
    assert [] == [line for line in ran.out.split("\n") if "[" in line and "htx" in line]


def test_doctor_tells_of_a_wrong_secret(coin: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTX_SECRET_KEY", "another-secret-of-somebody")
    ran = coin.run("doctor")

    assert "(403)" in ran.out
    assert "another-secret" not in ran.out + ran.err


def test_a_key_that_only_reads_plans_and_does_not_apply(
    coin: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTX_ACCESS_KEY", READER.access)
    monkeypatch.setenv("HTX_SECRET_KEY", READER.secret)
    planned, applied = coin.run("plan"), coin.apply()

    assert ("1 to place" in planned.out, 13) == (True, applied.code)
    assert "(1110)" in applied.out
    assert [] == coin.coins()


def test_in_maintenance_nothing_is_sent_and_nothing_lost(coin: Both) -> None:
    coin.apply()
    coin.write_coin(dip=order("buy", "79000", "3"))
    coin.htx("switches", is_maintained=True)
    closed = [coin.run("plan"), coin.apply(), coin.run("drift")]
    coin.htx("switches", is_maintained=False)
    applied = coin.apply()

    assert [1, 1, 1] == [ran.code for ran in closed]
    assert all("error[venue-closed]" in ran.err for ran in closed)
    assert (0, [("79000", 3)]) == (applied.code, coin.coins()), applied.err


def test_a_settlement_between_a_cancel_and_its_order_loses_nothing(coin: Both) -> None:
    coin.apply()
    coin.write_coin(dip=order("buy", "79000", "3"))
    coin.fault("error_before", "swap_order", code=1056)
    first = coin.apply()
    again = coin.apply()

    assert (13, 0) == (first.code, again.code), again.out + again.err
    assert ([("79000", 3)], True) == (coin.coins(), coin.is_quiet())


def test_a_contract_that_is_suspended_is_held(coin: Both) -> None:
    coin.htx("set_contract", instrument="BTC-USD", status=3)
    planned = coin.run("plan")

    assert "1 held" in planned.out
    assert "closed" in planned.out


def test_a_ban_is_told_with_its_end(coin: Both) -> None:
    coin.htx("ban", account="coins", for_ms=300_000)
    applied = coin.apply()

    assert (13, []) == (applied.code, coin.coins())
    assert "(1084), until 20" in " ".join(applied.out.split())


def test_what_is_written_down_holds_no_key(coin: Both, tmp_path: Path) -> None:
    coin.fault("lost_reply", "swap_order")
    coin.apply()
    coin.run("doctor")
    texts = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]

    assert [] == [
        text for text in texts for key in (b"0123456789abcdef", b"fedcba9876543210") if key in text
    ]
