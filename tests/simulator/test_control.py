"""The control API: every verb, and what it refuses."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from reconciler.simulator import ControlError, Request, Switches, control
from reconciler.simulator.htx import control as htx_control
from tests.simulator.venue import (
    AGENT,
    ALICE,
    BOB,
    CLOID,
    NOW,
    desk,
    limit,
    trigger,
)

CAROL = "0x" + "c3" * 20
STRANGER = "0x" + "99" * 20


def post(verb: str, body: Any) -> Any:
    """Send a control request over the protocol of a fresh venue."""
    return desk().post(f"/control/{verb}", body)


def test_a_verb_is_answered_over_http() -> None:
    response = post("time", {})

    assert {"ok": True, "result": {"at_ms": NOW}} == response.json()


@pytest.mark.parametrize(("verb", "body"), [("unheard", {}), ("state", []), ("set_mid", {})])
def test_a_failure_is_400_and_says_why(verb: str, body: Any) -> None:
    response = post(verb, body)

    assert (400, False) == (response.status, response.json()["ok"])
    assert response.json()["error"]


def test_control_has_no_other_path() -> None:
    assert 404 == desk().post("/control", {}).status
    assert 404 == desk().simulator.handle(Request(path="/state"), NOW).status


def test_every_verb_is_documented() -> None:
    documented = set(re.findall(r"^\| `(\w+)`", control.__doc__ or "", re.MULTILINE))

    assert set(control._VERBS) | set(htx_control.VERBS) == documented


class TestState:
    def test_the_truth_of_an_account_is_shown(self) -> None:
        venue = desk(charge_fees=False)
        oid = venue.rest("50000", "0.03", c=CLOID)
        venue.control("trade", oid=oid, quantity="0.01")
        account = venue.control("state", account=ALICE)["accounts"][0]
        order = {
            "oid": oid,
            "cloid": CLOID,
            "account": ALICE,
            "instrument": "BTC",
            "asset": 0,
            "side": "buy",
            "price": "50000",
            "quantity": "0.03",
            "filled": "0.01",
            "remaining": "0.02",
            "status": "open",
            "is_live": True,
            "time_in_force": "Gtc",
            "reduce_only": False,
            "trigger": None,
            "placed_at_ms": NOW,
            "status_at_ms": NOW,
        }

        assert [order] == account["orders"]
        assert ({"BTC": "0.01"}, [AGENT]) == (account["positions"], account["agents"])
        assert ("0.01", "50000") == (account["fills"][0]["quantity"], account["fills"][0]["price"])

    def test_every_account_is_listed(self) -> None:
        state = desk().control("state")

        assert [ALICE, BOB] == [account["address"] for account in state["accounts"]]

    def test_it_is_json(self) -> None:
        venue = desk()
        venue.order(trigger("55000", "sl"))

        assert json.dumps(venue.control("state"))
        assert {"price": "55000", "is_market": True, "kind": "sl", "has_fired": False} == (
            venue.control("state")["accounts"][0]["orders"][0]["trigger"]
        )


class TestMarket:
    def test_prices_of_an_instrument_are_told(self) -> None:
        market = desk().control("markets", instrument="BTC")

        assert {
            "instrument": "BTC",
            "asset": 0,
            "mid": "60000",
            "mark": "60000",
            "bid": "59999",
            "ask": "60001",
            "background_bid": "59999",
            "background_ask": "60001",
        } == market

    def test_without_quotes_there_are_none(self) -> None:
        venue = desk(background_notional=0)
        matic = venue.control("markets", instrument="MATIC")

        assert (None, None, "0") == (matic["mid"], matic["background_bid"], matic["bid"])

    def test_a_spot_pair_may_be_named_by_its_tokens(self) -> None:
        assert "@107" == desk().control("markets", instrument="HYPE/USDC")["instrument"]

    @pytest.mark.parametrize("name", ["NONE", None, 7])
    def test_another_name_is_refused(self, name: Any) -> None:
        with pytest.raises(ControlError):
            desk().control("markets", instrument=name)

    @pytest.mark.parametrize("mid", ["0", "-1", "x", None, True, "Infinity", 1.5, "1e13", "1e-13"])
    def test_a_mid_is_a_positive_decimal(self, mid: Any) -> None:
        with pytest.raises(ControlError):
            desk().control("set_mid", instrument="BTC", mid=mid)


class TestSayStatus:
    WORD = "frozenByWeather"

    def test_reads_say_the_word_of_an_order_that_still_rests(self) -> None:
        venue = desk()
        oid = venue.rest("50000")
        venue.control("say_status", oid=oid, status=self.WORD)

        assert (self.WORD, [oid]) == (venue.status(oid), venue.open_oids())
        assert "open" == venue.control("state", account=ALICE)["accounts"][0]["orders"][0]["status"]

    def test_reads_say_the_word_of_an_order_that_has_ended(self) -> None:
        venue = desk()
        oid = venue.rest("50000", c=CLOID)
        venue.control("cancel_as_user", oid=oid)
        venue.control("say_status", account=ALICE, cloid=CLOID, status=self.WORD)

        assert (self.WORD, []) == (venue.status(CLOID), venue.open_oids())

    def test_an_empty_word_lets_reads_tell_the_truth_again(self) -> None:
        venue = desk()
        oid = venue.rest("50000")
        venue.control("say_status", oid=oid, status=self.WORD)
        venue.control("say_status", oid=oid, status="")

        assert "open" == venue.status(oid)

    def test_of_an_account_it_is_said_of_every_order_to_come(self) -> None:
        venue = desk()
        venue.control("say_status", account=ALICE, status=self.WORD)
        mine, other = venue.rest("50000"), venue.rest("50000", signer=BOB)

        assert (self.WORD, "open") == (venue.status(mine), venue.status(other, BOB))

    def test_a_live_order_may_be_left_out_of_the_lists(self) -> None:
        venue = desk()
        oid = venue.rest("50000")
        venue.control("say_status", oid=oid, status=self.WORD, is_listed=False)

        assert ([], []) == (venue.open_oids(), venue.info("frontendOpenOrders"))
        assert ["success"] == venue.cancel(oid)

    @pytest.mark.parametrize("more", [{"oid": 1}, {"cloid": CLOID}, {"status": 7}])
    def test_what_is_not_there_is_refused(self, more: Any) -> None:
        with pytest.raises(ControlError):
            desk().control("say_status", account=ALICE, **more)


class TestTrade:
    def test_an_order_is_taken_whatever_the_queue(self) -> None:
        venue = desk()
        ahead, behind = venue.rest("59000", signer=BOB), venue.rest("59000", c=CLOID)
        taken = venue.control("trade", account=ALICE, cloid=CLOID)

        assert {"quantity": "0.01"} == taken
        assert ("filled", "open") == (venue.status(behind), venue.status(ahead, BOB))

    def test_no_more_is_taken_than_remains(self) -> None:
        venue = desk()
        oid = venue.rest("59000")

        assert {"quantity": "0.01"} == venue.control("trade", oid=oid, quantity="5")

    def test_the_market_takes_real_orders_up_to_a_price(self) -> None:
        venue = desk()
        best, next_best = venue.rest("59500"), venue.rest("59400")
        beyond = venue.rest("59300")
        taken = venue.control(
            "trade", instrument="BTC", side="sell", price="59400", quantity="0.015"
        )

        assert {"quantity": "0.015"} == taken
        assert ("filled", "open", "open") == tuple(
            venue.status(oid) for oid in (best, next_best, beyond)
        )

    def test_an_account_takes_from_everybody(self) -> None:
        venue = desk()
        taken = venue.control(
            "trade", account=BOB, instrument="BTC", side="buy", price="60001", quantity="0.01"
        )

        assert ({"quantity": "0.01"}, Decimal("0.01")) == (taken, venue.position(BOB))

    def test_an_order_which_does_not_rest_is_refused(self) -> None:
        venue = desk()
        oid = venue.order(trigger("55000", "sl"))[0]["resting"]["oid"]

        with pytest.raises(ControlError):
            venue.control("trade", oid=oid)


class TestCancel:
    def test_a_person_cancels(self) -> None:
        venue = desk()
        oid = venue.rest("50000")
        venue.control("cancel_as_user", oid=oid)

        assert "canceled" == venue.status(oid)

    def test_the_venue_cancels_with_its_own_word(self) -> None:
        venue = desk()
        oid = venue.rest("50000")
        venue.control("cancel_as_venue", oid=oid, status="openInterestCapCanceled")

        assert "openInterestCapCanceled" == venue.status(oid)

    @pytest.mark.parametrize("status", ["filled", None, "open"])
    def test_the_word_is_one_of_the_venues(self, status: Any) -> None:
        venue = desk()
        oid = venue.rest("50000")

        with pytest.raises(ControlError):
            venue.control("cancel_as_venue", oid=oid, status=status)

    @pytest.mark.parametrize(
        "arguments", [{"oid": 5}, {"oid": "5"}, {"account": ALICE, "cloid": CLOID}, {}]
    )
    def test_an_unknown_order_is_refused(self, arguments: dict[str, Any]) -> None:
        with pytest.raises(ControlError):
            desk().control("cancel_as_user", **arguments)


HUMAN: dict[str, Any] = {
    "account": ALICE,
    "instrument": "BTC",
    "side": "buy",
    "price": "50000",
    "quantity": "0.01",
}


class TestHuman:
    def test_a_foreign_order_appears(self) -> None:
        venue = desk()
        placed = venue.control("place_as_human", **HUMAN)

        assert "open" == placed["status"]
        assert [placed["oid"]] == venue.open_oids()

    def test_it_may_have_every_flag(self) -> None:
        venue = desk()
        venue.buy_position("0.1")
        placed = venue.control(
            "place_as_human",
            **{
                **HUMAN,
                "side": "sell",
                "price": "70000",
                "time_in_force": "Alo",
                "reduce_only": True,
                "cloid": CLOID,
            },
        )
        order = venue.info("frontendOpenOrders")[0]

        assert placed["oid"] == order["oid"]
        assert ("Alo", True, CLOID) == (order["tif"], order["reduceOnly"], order["cloid"])

    def test_it_may_be_a_trigger_order(self) -> None:
        venue = desk()
        venue.control(
            "place_as_human",
            **HUMAN,
            trigger={"price": "50000", "is_market": True, "kind": "tp"},
        )

        assert "Take Profit Market" == venue.info("frontendOpenOrders")[0]["orderType"]

    @pytest.mark.parametrize(
        "change",
        [
            {"account": STRANGER},
            {"side": "long"},
            {"price": "50000.15"},
            {"time_in_force": "Fok"},
            {"reduce_only": True},
            {"cloid": "0x1"},
            {"trigger": 1},
            {"trigger": {"kind": "xx"}},
            {"instrument": "NONE"},
        ],
    )
    def test_what_the_venue_refuses_is_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(ControlError):
            desk().control("place_as_human", **{**HUMAN, **change})


class TestAccounts:
    def test_an_account_is_added_with_its_agents_and_money(self) -> None:
        venue = desk()
        venue.control(
            "add_account", address=CAROL, agents=[STRANGER], deposit="5", spot={"HYPE": "3"}
        )
        account = venue.control("state", account=CAROL)["accounts"][0]

        assert ({"": "5", "xyz": "5"}, {"HYPE": "3"}) == (account["cash"], account["tokens"])
        assert "ok" == venue.act({"type": "noop"}, STRANGER)["status"]

    @pytest.mark.parametrize(
        "arguments",
        [
            {"address": ALICE},
            {"address": "0x1"},
            {"address": CAROL, "role": "king"},
            {"address": CAROL, "deposit": "much"},
            {"address": CAROL, "agents": ALICE},
            {"address": CAROL, "spot": ["HYPE"]},
            {"address": CAROL, "spot": {"NONE": "1"}},
        ],
    )
    def test_a_wrong_account_is_refused(self, arguments: dict[str, Any]) -> None:
        with pytest.raises(ControlError):
            desk().control("add_account", **arguments)

    def test_an_agent_is_approved_without_a_signature(self) -> None:
        venue = desk()
        venue.control("approve_agent", account=BOB, agent=STRANGER, name="x", valid_until_ms=NOW)

        assert [{"name": "x", "address": STRANGER, "validUntil": NOW}] == venue.info(
            "extraAgents", BOB
        )

    def test_an_approved_agent_replaces_the_former_one(self) -> None:
        venue = desk()
        venue.control("approve_agent", account=ALICE, agent=STRANGER)

        assert "err" == venue.act({"type": "noop"}, AGENT)["status"]

    @pytest.mark.parametrize(
        ("arguments", "balance"),
        [
            ({"amount": "5"}, "10000005"),
            ({"amount": "-5", "dex": "xyz"}, "9999995"),
            ({"amount": "0.5", "token": "HYPE"}, "100000.5"),
            ({"amount": 7, "token": "HFUN"}, "7"),
        ],
    )
    def test_a_deposit_changes_one_balance(self, arguments: dict[str, Any], balance: str) -> None:
        assert {"balance": balance} == desk().control("deposit", account=ALICE, **arguments)

    @pytest.mark.parametrize("arguments", [{"token": "NONE"}, {"dex": "none"}, {"dex": 1}])
    def test_a_deposit_goes_to_a_known_place(self, arguments: dict[str, Any]) -> None:
        with pytest.raises(ControlError):
            desk().control("deposit", account=ALICE, amount="1", **arguments)


class TestSwitches:
    def test_all_are_shown(self) -> None:
        shown = desk().control("switches")

        assert ("10", True, 1000) == (
            shown["minimum_notional"],
            shown["refuse_open_cloid"],
            shown["batch_length_max"],
        )

    def test_they_can_be_changed_while_it_runs(self) -> None:
        venue = desk()
        venue.control("switches", minimum_notional="100", spot_band_percent=10)

        assert "Order must have minimum value of $100. asset=0" == venue.error("50000", "0.001")

    @pytest.mark.parametrize(
        "changes",
        [
            {"unheard": 1},
            {"refuse_open_cloid": 1},
            {"minimum_notional": True},
            {"minimum_notional": "x"},
            {"minimum_notional": "-1"},
            {"background_notional": "1e30"},
            {"builder_dex_cloid": "lose"},
        ],
    )
    def test_a_wrong_change_is_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ControlError):
            desk().control("switches", **changes)

    def test_a_refused_change_changes_nothing(self) -> None:
        with pytest.raises(ValueError):
            Switches().changed({"read_lag_ms_max": 5, "unheard": 1})


class TestTime:
    def test_it_moves_forward_for_good(self) -> None:
        venue = desk()
        moved = venue.control("time", advance_ms=60_000)

        assert {"at_ms": NOW + 60_000} == moved
        assert NOW + 60_000 == venue.info("exchangeStatus")["time"]

    def test_what_becomes_due_is_done(self) -> None:
        venue = desk(schedule_cancel_volume_min=0)
        oid = venue.rest("50000")
        venue.act({"type": "scheduleCancel", "time": NOW + 60_000})
        venue.control("time", advance_ms=60_000)

        assert "scheduledCancel" == venue.status(oid)

    @pytest.mark.parametrize("by_ms", [-1, "1", 1.5, True])
    def test_it_moves_by_whole_milliseconds(self, by_ms: Any) -> None:
        with pytest.raises(ControlError):
            desk().control("time", advance_ms=by_ms)


class TestLog:
    def test_every_delivery_is_recorded(self) -> None:
        venue = desk()
        action = {"type": "order", "orders": [limit("50000")], "grouping": "na"}
        reply = venue.act(action, AGENT, nonce=NOW)
        entry = {
            "index": 0,
            "venue": "hyperliquid",
            "at_ms": NOW,
            "signer": AGENT,
            "account": ALICE,
            "nonce": NOW,
            "action": action,
            "status": 200,
            "reply": reply,
            "executed": True,
            "faults": (),
        }

        assert [entry] == venue.control("log")

    def test_a_lost_request_is_recorded_as_never_executed(self) -> None:
        venue = desk()
        venue.control("faults", add={"kind": "lost_request"})
        venue.post("/exchange", venue.envelope({"type": "noop"}, nonce=NOW))
        entry = venue.control("log")[0]

        assert (False, None, NOW, ("lost_request",)) == (
            entry["executed"],
            entry["status"],
            entry["nonce"],
            entry["faults"],
        )

    def test_a_refused_request_is_recorded(self) -> None:
        venue = desk()
        venue.act({"type": "noop"}, STRANGER)
        venue.post("/exchange", [])
        stranger, nonsense = venue.control("log")

        assert (STRANGER, None, False) == (
            stranger["signer"],
            stranger["account"],
            stranger["executed"],
        )
        assert (422, None, None) == (nonsense["status"], nonsense["reply"], nonsense["action"])

    def test_it_can_be_read_from_an_index_on(self) -> None:
        venue = desk()
        for _ in range(3):
            venue.act({"type": "noop"})

        assert [2] == [entry["index"] for entry in venue.control("log", since=2)]

    @pytest.mark.parametrize("since", [-1, "0", True])
    def test_an_index_is_a_whole_number(self, since: Any) -> None:
        with pytest.raises(ControlError):
            desk().control("log", since=since)
