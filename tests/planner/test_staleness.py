"""Whether a saved plan still speaks of the world: its time, and what a contract is worth."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.plan import Plan
from reconciler.planner.staleness import CLOCKS_APART_MS, differences
from tests.support.build import NOW, holder, plan

LIFE_MS = 15 * 60_000


def saved(**changes: int) -> Plan:
    made = Plan(
        project="treasury",
        tool_version="1",
        commit="",
        created_at_ms=NOW,
        expires_at_ms=NOW + LIFE_MS,
        venues=(plan(holder()),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def whats(one: Plan, *, at_ms: int) -> list[str]:
    fresh = saved(created_at_ms=at_ms, expires_at_ms=at_ms + LIFE_MS)
    return [found.what for found in differences(one, fresh, now_ms=at_ms)]


@pytest.mark.parametrize("at_ms", [NOW, NOW + LIFE_MS, NOW - CLOCKS_APART_MS])
def test_a_plan_in_its_time_is_not_stale(at_ms: int) -> None:
    assert [] == whats(saved(), at_ms=at_ms)


@pytest.mark.parametrize("at_ms", [NOW + LIFE_MS + 1, NOW - CLOCKS_APART_MS - 1])
def test_a_plan_out_of_its_time_is_stale(at_ms: int) -> None:
    assert ["time"] == whats(saved(), at_ms=at_ms)


def test_a_plan_that_claims_a_longer_life_is_stale() -> None:
    assert ["lifetime"] == whats(saved(expires_at_ms=NOW + LIFE_MS + 1), at_ms=NOW)


def worth(value: int) -> Plan:
    venue = replace(plan(holder()), contract_values={"BTC-USD": Decimal(value)})
    return replace(saved(), venues=(venue,))


def test_a_contract_that_is_worth_something_else_now_makes_a_plan_stale() -> None:
    (found,) = differences(worth(100), worth(10), now_ms=NOW)

    assert ("worth of a contract of BTC-USD at hl", "100", "10") == (
        found.what,
        found.planned,
        found.now,
    )


def test_the_same_worth_is_no_difference() -> None:
    assert () == differences(worth(100), worth(100), now_ms=NOW)


@pytest.mark.parametrize("field", ["project", "tool_version"])
def test_a_plan_of_another_project_or_tool_is_stale(field: str) -> None:
    (found,) = differences(replace(saved(), **{field: "x"}), saved(), now_ms=NOW)  # type: ignore[arg-type]

    assert (field.replace("_", " "), "x") == (found.what, found.planned)


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("kind", "kind of hl"),
        ("network", "network of hl"),
        ("account", "account of hl"),
        ("lineage", "state lineage of hl"),
        ("state_digest", "state digest of hl"),
    ],
)
def test_a_plan_of_another_account_or_state_is_stale(field: str, what: str) -> None:
    (found,) = differences(of_venue(**{field: "x"}), saved(), now_ms=NOW)

    assert (what, "x") == (found.what, found.planned)


def of_venue(**changes: object) -> Plan:
    return replace(saved(), venues=(replace(plan(holder()), **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize("serial", [6, 8])
def test_a_plan_of_an_earlier_or_later_state_is_stale(serial: int) -> None:
    (found,) = differences(of_venue(serial=serial), saved(), now_ms=NOW)

    assert ("state serial of hl", str(serial), "7") == (found.what, found.planned, found.now)


@pytest.mark.parametrize(
    ("planned", "now"),
    [({"btc": "a" * 64}, {"btc": "b" * 64}), ({"btc": "a" * 64}, {}), ({}, {"btc": "b" * 64})],
)
def test_a_plan_of_other_specs_is_stale(planned: dict[str, str], now: dict[str, str]) -> None:
    same = {"eth": "e" * 64}

    (found,) = differences(
        of_venue(intents={**same, **planned}), of_venue(intents={**same, **now}), now_ms=NOW
    )

    assert ("specification of book btc", planned.get("btc", "absent")[:16]) == (
        found.what,
        found.planned,
    )


def test_a_plan_for_a_venue_that_is_no_entry_any_more_is_stale() -> None:
    (found,) = differences(saved(), replace(saved(), venues=()), now_ms=NOW)

    assert ("venue hl", "present", "absent") == (found.what, found.planned, found.now)


def test_a_plan_for_an_instrument_with_another_number_by_now_is_stale() -> None:
    one, other = ({"BTC": number} for number in ("0", "1"))

    (found,) = differences(of_venue(instruments=one), of_venue(instruments=other), now_ms=NOW)

    assert ("identity of instrument BTC at hl", "0", "1") == (found.what, found.planned, found.now)


def test_an_instrument_that_is_not_read_again_has_the_number_it_had() -> None:
    before = of_venue(instruments={"BTC": "0"})

    assert () == differences(before, of_venue(instruments={}), now_ms=NOW)


def test_fills_and_markets_are_no_difference() -> None:
    other = of_venue(mids={"BTC": Decimal(1)}, taken_at_ms=NOW + 1, actions=())

    assert () == differences(saved(), other, now_ms=NOW)
