"""Nonces, expiry, and the two ways to settle an action of unknown fate."""

import pytest

from reconciler.simulator.nonces import NonceSet
from tests.simulator.venue import AGENT, ALICE, NOW, desk, limit

DAY_MS = 86_400_000
NOOP = {"type": "noop"}


def test_a_nonce_is_used_once() -> None:
    venue = desk()
    venue.act(NOOP, nonce=NOW)
    reply = venue.act(NOOP, nonce=NOW)

    assert {"status": "err", "response": f"Invalid nonce: duplicate nonce {NOW}"} == reply


def test_nonces_need_not_rise() -> None:
    venue = desk()

    assert ["ok"] * 3 == [venue.act(NOOP, nonce=NOW + n)["status"] for n in (5, 3, 4)]


def test_each_signer_has_nonces_of_its_own() -> None:
    venue = desk()
    venue.act(NOOP, ALICE, nonce=NOW)

    assert "ok" == venue.act(NOOP, AGENT, nonce=NOW)["status"]


@pytest.mark.parametrize(
    ("nonce", "text"),
    [
        (
            NOW - 2 * DAY_MS,
            f"Invalid nonce: nonce too low {NOW - 2 * DAY_MS} < {NOW - 2 * DAY_MS}",
        ),
        (NOW + DAY_MS, f"Invalid nonce: nonce too high {NOW + DAY_MS} > {NOW + DAY_MS}"),
    ],
)
def test_a_nonce_lies_within_the_window(nonce: int, text: str) -> None:
    assert text == desk().act(NOOP, nonce=nonce)["response"]


def test_the_hundred_highest_are_kept() -> None:
    venue = desk()
    for nonce in range(NOW, NOW + 100):
        venue.act(NOOP, nonce=nonce)

    text = f"Invalid nonce: nonce too low {NOW - 1} < {NOW}"

    assert text == venue.act(NOOP, nonce=NOW - 1)["response"]


def test_a_duplicate_is_known_beyond_the_hundred() -> None:
    nonces = NonceSet()
    for nonce in range(NOW, NOW + 500):
        nonces.use(nonce, NOW)

    assert f"Invalid nonce: duplicate nonce {NOW}" == nonces.refusal(NOW, NOW)


def test_nonces_before_the_window_are_forgotten() -> None:
    nonces = NonceSet()
    for nonce in range(NOW, NOW + 300):
        nonces.use(nonce, NOW)
    later = NOW + 3 * DAY_MS
    for nonce in range(later, later + 100):
        nonces.use(nonce, later)

    assert nonces.refusal(NOW, later) == f"Invalid nonce: nonce too low {NOW} < {later}"


def test_a_refused_order_uses_its_nonce() -> None:
    venue = desk()
    action = {"type": "order", "orders": [limit("60001", tif="Alo")], "grouping": "na"}
    venue.act(action, nonce=NOW)

    assert "duplicate" in venue.act(NOOP, nonce=NOW)["response"]


def test_a_stranger_uses_no_nonce() -> None:
    venue = desk()
    venue.act(NOOP, vaultAddress="0x" + "99" * 20, nonce=NOW)

    assert "ok" == venue.act(NOOP, nonce=NOW)["status"]


def test_an_expired_action_is_refused_and_costs_five_times_its_weight() -> None:
    venue = desk()
    action = {"type": "order", "orders": [limit("50000")] * 2, "grouping": "na"}
    reply = venue.act(action, nonce=NOW, expiresAfter=NOW - 1)

    assert {"status": "err", "response": "Action already expired"} == reply
    assert 10 == venue.info("userRateLimit")["nRequestsUsed"]
    assert "duplicate" in venue.act(NOOP, nonce=NOW)["response"]


def test_an_action_may_be_executed_at_the_moment_it_expires() -> None:
    assert "ok" == desk().act(NOOP, expiresAfter=NOW)["status"]


def test_identical_bytes_never_place_a_second_order() -> None:
    venue = desk()
    action = {"type": "order", "orders": [limit("50000")], "grouping": "na"}
    envelope = venue.envelope(action)
    venue.post("/exchange", envelope)
    again = venue.post("/exchange", envelope).json()

    assert "duplicate" in again["response"]
    assert 1 == len(venue.open_oids())


def test_a_noop_with_an_orders_nonce_keeps_it_from_ever_arriving() -> None:
    venue = desk()
    venue.control("faults", add={"kind": "late_execution", "delay_ms": 1000})
    action = {"type": "order", "orders": [limit("50000")], "grouping": "na"}
    envelope = venue.envelope(action)
    assert venue.post("/exchange", envelope).is_dropped
    burned = venue.act(NOOP, nonce=envelope["nonce"])
    venue.at_ms += 2000

    assert ("ok", []) == (burned["status"], venue.open_oids())
