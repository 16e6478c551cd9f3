"""Both venues in one simulator: one time, one log, and a fault on one leaves the other alone."""

import json
from typing import Any

import pytest

from reconciler.simulator import AccountSeed, Fault, Request, Simulator, signer_in_field
from reconciler.simulator.htx import HtxSetup, signature_believed
from tests.simulator import venue as hyperliquid
from tests.simulator.htx import venue as htx

NOW = htx.NOW


@pytest.fixture
def desks() -> tuple[hyperliquid.Desk, htx.Desk]:
    """Return a Hyperliquid and an HTX desk around one simulator."""
    setup = HtxSetup(accounts=htx.seeds(), verify=signature_believed)
    simulator = Simulator(
        recover=signer_in_field,
        accounts=[AccountSeed(address=hyperliquid.ALICE)],
        htx=setup,
    )
    first, second = hyperliquid.Desk(simulator, at_ms=NOW), htx.Desk(simulator)
    first.move(hyperliquid.MID)
    second.move(htx.MID)
    return first, second


Desks = tuple[hyperliquid.Desk, htx.Desk]


def test_both_take_orders(desks: Desks) -> None:
    first, second = desks
    first.rest("50000")
    second.place("59000")

    assert (1, 1) == (len(first.open_oids()), len(second.open()))


def test_one_log_holds_both_in_order(desks: Desks) -> None:
    first, second = desks
    first.rest("50000")
    second.place("59000")
    first.rest("50000")

    assert ["hyperliquid", "htx", "hyperliquid"] == [
        entry["venue"] for entry in first.control("log")
    ]
    assert [1] == [entry["index"] for entry in second.control("log")]


@pytest.mark.parametrize("name", ["hyperliquid", "htx"])
def test_a_fault_on_one_leaves_the_other_alone(desks: Desks, name: Any) -> None:
    first, second = desks
    first.simulator.faults.add(Fault(kind="lost_request", venue=name, times=None))
    action = {"type": "order", "orders": [hyperliquid.limit("50000")], "grouping": "na"}
    dropped = {
        "hyperliquid": first.post("/exchange", first.envelope(action)).is_dropped,
        "htx": second.post("swap_order", htx.limit("59000")).is_dropped,
    }

    assert {name} == {each for each, is_dropped in dropped.items() if is_dropped}


def test_a_fault_without_a_venue_hits_both(desks: Desks) -> None:
    first, second = desks
    first.simulator.faults.add(Fault(kind="lost_request", times=None))

    assert first.post("/info", {"type": "meta"}).is_dropped
    assert second.post("swap_openorders", {}).is_dropped


def test_one_clock_may_be_wrong_while_the_other_is_right(desks: Desks) -> None:
    first, second = desks
    first.simulator.faults.add(Fault(kind="clock_skew", venue="htx", skew_ms=5000))

    assert NOW == first.info("exchangeStatus")["time"]
    assert NOW + 5000 == second.get("/api/v1/timestamp")["ts"]


def test_late_requests_of_both_arrive_in_their_own_time(desks: Desks) -> None:
    first, second = desks
    first.simulator.faults.add(Fault(kind="late_execution", delay_ms=500, times=2))
    action = {"type": "order", "orders": [hyperliquid.limit("50000")], "grouping": "na"}
    first.post("/exchange", first.envelope(action))
    second.post("swap_order", htx.limit("59000"))
    first.at_ms = second.at_ms = NOW + 1000

    assert NOW + 500 == first.info("openOrders")[0]["timestamp"]
    assert NOW + 500 == second.data("swap_openorders")["orders"][0]["created_at"]


def test_control_reaches_each(desks: Desks) -> None:
    first, second = desks

    assert "BTC" == first.control("markets", instrument="BTC")["instrument"]
    assert "BTC-USD" == second.control("markets", instrument="BTC-USD")["instrument"]


def test_switches_are_the_venues_own(desks: Desks) -> None:
    first, second = desks

    assert "refuse_open_cloid" in first.control("switches", venue="hyperliquid")
    assert "cancel_delay_ms" in second.control("switches")


def test_the_same_requests_give_the_same_replies() -> None:
    def story() -> list[bytes]:
        made = htx.desk(seed=3, read_lag_ms_max=1000)
        made.fault("lost_reply", percent=30, times=None)
        bodies = []
        for number in range(40):
            made.at_ms += 100
            bodies.append(made.post("swap_order", htx.limit(f"{59000 - number}")).body)
            bodies.append(made.post("swap_openorders", {}).body)
        return bodies

    assert story() == story()


def test_a_simulator_without_htx_accounts_answers_all_the_same() -> None:
    simulator = Simulator()
    reply = simulator.handle(Request(method="GET", path="/api/v1/timestamp"), NOW)

    assert {"status": "ok", "ts": NOW} == json.loads(reply.body)
