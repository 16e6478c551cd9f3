"""The control API of HTX: every verb, and what it refuses."""

import json
from decimal import Decimal
from typing import Any

import pytest

from reconciler.simulator import ControlError, Request
from reconciler.simulator.htx import HtxAccountSeed, HtxSwitches, Key
from reconciler.simulator.htx.setup import add_account
from tests.simulator.htx.venue import ALICE_KEY, BOB_KEY, NOW, Desk, desk


@pytest.fixture
def venue() -> Desk:
    """Return a fresh venue."""
    return desk()


def test_verbs_work_over_http(venue: Desk) -> None:
    body = json.dumps({"venue": "htx", "instrument": "btc-usd"}).encode()
    reply = venue.simulator.handle(Request(path="/control/markets", body=body), NOW).json()

    assert ("60000", "60000.1", "62400", 1) == tuple(
        reply["result"][name] for name in ("mid", "ask", "high_limit", "status")
    )


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("unheard", {}),
        ("approve_agent", {}),
        ("state", {"account": "nobody"}),
        ("state", {"account": 5}),
        ("markets", {"instrument": "XYZ-USD"}),
        ("markets", {}),
        ("set_mid", {"instrument": "BTC-USD", "mid": "0"}),
        ("trade", {"oid": 5}),
        ("trade", {"oid": "x"}),
        ("trade", {"oid": 2**64}),
        ("trade", {"account": "alice", "cloid": 5}),
        ("trade", {"instrument": "BTC-USD", "side": "up", "price": "1", "quantity": "1"}),
        ("trade", {"instrument": "BTC-USD", "side": "buy", "price": "1", "quantity": "1.5"}),
        ("add_account", {}),
        ("add_account", {"account": "alice"}),
        ("add_key", {"account": "alice", "access_key": ALICE_KEY, "secret_key": "x"}),
        ("add_key", {"account": "alice", "access_key": "new"}),
        ("switches", {"unknown": 1}),
        ("switches", {"cancel_delay_ms": "1"}),
    ],
)
def test_a_wrong_request_is_refused(venue: Desk, verb: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ControlError):
        venue.control(verb, **arguments)


def test_an_unknown_venue_is_refused(venue: Desk) -> None:
    with pytest.raises(ControlError):
        venue.simulator.control("state", {"venue": "other"}, NOW)


def test_the_truth_of_an_account_is_shown(venue: Desk) -> None:
    oid = venue.place("59000", 5, client_order_id=7, sl_trigger_price="50000", sl_order_price="1")
    venue.control("trade", oid=str(oid), quantity="2")
    account = venue.control("state", account="alice")["accounts"][0]

    assert {
        "oid": oid,
        "cloid": 7,
        "instrument": "BTC-USD",
        "side": "buy",
        "price": "59000",
        "quantity": "5",
        "filled": "2",
        "remaining": "3",
        "status": 4,
        "is_live": True,
        "reduce_only": False,
        "leverage": 5,
    }.items() <= account["orders"][0].items()
    assert {"BTC-USD": {"long": 2, "short": 0}} == account["positions"]
    assert [("2", oid)] == [(fill["quantity"], fill["oid"]) for fill in account["fills"]]
    assert [("sl", 1)] == [(stop["kind"], stop["status"]) for stop in account["stops"]]


def test_the_truth_hides_secrets(venue: Desk) -> None:
    assert "an-invented-secret" not in str(venue.control("state"))
    assert "an-invented-secret" not in repr(venue.simulator.htx.world.keys)


def test_every_account_is_shown(venue: Desk) -> None:
    accounts = venue.control("state")["accounts"]

    assert ["alice", "bob"] == [account["account"] for account in accounts]


class TestTrade:
    def test_one_order_is_taken_whatever_the_queue(self, venue: Desk) -> None:
        venue.place("59500", 5)
        oid = venue.place("59000", 5)
        taken = venue.control("trade", oid=oid)

        assert ("5", 6) == (taken["quantity"], venue.status(oid))

    def test_an_order_is_named_by_account_and_client_order_id(self, venue: Desk) -> None:
        oid = venue.place("59000", 5, client_order_id=7)
        venue.control("trade", account="alice", cloid="7", quantity="3")

        assert 3 == venue.info(oid)["trade_volume"]

    def test_no_more_is_taken_than_rests(self, venue: Desk) -> None:
        oid = venue.place("59000", 5)

        assert "5" == venue.control("trade", oid=oid, quantity="9")["quantity"]

    def test_the_market_takes_up_to_a_price(self, venue: Desk) -> None:
        venue.place("59500", 5)
        venue.place("59000", 5)
        taken = venue.control(
            "trade", instrument="BTC-USD", side="sell", price="59200", quantity="9"
        )

        assert "5" == taken["quantity"]


class TestOrders:
    def test_a_person_cancels(self, venue: Desk) -> None:
        oid = venue.place("59000")
        venue.control("cancel_as_user", oid=oid)

        assert 7 == venue.status(oid)

    def test_the_venue_cancels_with_a_reason(self, venue: Desk) -> None:
        oid = venue.place("59000")
        venue.control("cancel_as_venue", oid=oid, status="timeout-canceled-order")

        assert "timeout-canceled-order" == venue.info(oid)["canceled_source"]

    def test_a_person_places(self, venue: Desk) -> None:
        placed = venue.control(
            "place_as_human",
            account="alice",
            instrument="BTC-USD",
            side="buy",
            price="59000",
            quantity="3",
            cloid=9,
        )
        order = venue.info(placed["oid"])

        assert (3, "web", 9) == (placed["status"], order["order_source"], order["client_order_id"])

    def test_a_person_closes(self, venue: Desk) -> None:
        venue.buy_position(3)
        placed = venue.control(
            "place_as_human",
            account="alice",
            instrument="BTC-USD",
            side="sell",
            price="59000",
            quantity="3",
            reduce_only=True,
            time_in_force="ioc",
        )

        assert ("3", []) == (placed["filled"], venue.positions())

    @pytest.mark.parametrize("change", [{"price": "59000.05"}, {"time_in_force": "Gtc"}], ids=str)
    def test_what_a_person_cannot_place_is_refused(
        self, venue: Desk, change: dict[str, str]
    ) -> None:
        arguments = {
            "account": "alice",
            "instrument": "BTC-USD",
            "side": "buy",
            "price": "59000",
            "quantity": "3",
        }
        with pytest.raises(ControlError):
            venue.control("place_as_human", **{**arguments, **change})


class TestAccounts:
    def test_one_is_added_with_a_key(self, venue: Desk) -> None:
        venue.control("add_account", account="carol", deposit="2")
        venue.control("add_key", account="carol", access_key="carol-key", secret_key="s")

        assert 2 == venue.wallet(key="carol-key")["margin_static"]
        assert venue.place("59000", key="carol-key")

    def test_a_key_may_only_read(self, venue: Desk) -> None:
        venue.control(
            "add_key", account="bob", access_key="reader", secret_key="s", may_trade=False
        )

        assert 1110 == venue.refused("59000", key="reader")

    def test_a_deposit_may_be_negative(self, venue: Desk) -> None:
        before = Decimal(str(venue.wallet(BOB_KEY)["margin_static"]))
        venue.control("deposit", account="bob", instrument="BTC-USD", amount="-1")

        assert before - 1 == Decimal(str(venue.wallet(BOB_KEY)["margin_static"]))

    def test_a_key_belongs_to_one_account(self) -> None:
        venue = desk()
        key = Key(access=ALICE_KEY, secret="x")
        with pytest.raises(ValueError, match="taken"):
            add_account(venue.simulator.htx.world, HtxAccountSeed(uid="carol", keys=(key,)))


class TestShared:
    def test_time_moves_for_both_venues(self, venue: Desk) -> None:
        at_ms = venue.control("time", advance_ms=500)["at_ms"]
        other = venue.simulator.control("time", {}, NOW)["at_ms"]

        assert (NOW + 500, NOW + 500) == (at_ms, other)

    def test_a_cancel_which_becomes_due_on_the_way_is_done(self, venue: Desk) -> None:
        oid = venue.place("59000")
        venue.cancel(oid)
        venue.control("time", advance_ms=40)

        assert 7 == venue.simulator.htx.world.orders[oid].status

    def test_switches_are_shown_and_set(self, venue: Desk) -> None:
        shown = venue.control("switches", cancel_delay_ms=5, background_notional="7")

        assert (5, "7") == (shown["cancel_delay_ms"], shown["background_notional"])
        assert shown.keys() == HtxSwitches().record().keys()

    def test_a_contract_keeps_what_is_not_said(self, venue: Desk) -> None:
        venue.control("set_contract", instrument="BTC-USD", close=False)
        venue.control("set_contract", instrument="BTC-USD", status=3)
        state = venue.simulator.htx.world.states["BTC-USD"]

        assert (3, True, False) == (state.status, state.open, state.close)
