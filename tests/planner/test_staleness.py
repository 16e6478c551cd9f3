"""Whether a saved plan still speaks of the world: its time, apart from what it says."""

from dataclasses import replace

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
