"""What makes a saved plan speak of another world, as far as contracts go."""

from dataclasses import replace
from decimal import Decimal

from reconciler.model.plan import Plan, VenuePlan
from reconciler.planner.staleness import differences
from tests.support.build import NOW, holder, plan


def plan_of(venue: VenuePlan) -> Plan:
    return Plan(
        project="treasury",
        tool_version="1",
        commit="",
        created_at_ms=NOW,
        expires_at_ms=NOW + 900_000,
        venues=(venue,),
    )


def worth(value: int) -> Plan:
    return plan_of(replace(plan(holder()), contract_values={"BTC-USD": Decimal(value)}))


def test_a_contract_that_is_worth_something_else_now_makes_a_plan_stale() -> None:
    (found,) = differences(worth(100), worth(10), now_ms=NOW)

    assert ("worth of a contract of BTC-USD at hl", "100", "10") == (
        found.what,
        found.planned,
        found.now,
    )


def test_the_same_worth_is_no_difference() -> None:
    assert () == differences(worth(100), worth(100), now_ms=NOW)
