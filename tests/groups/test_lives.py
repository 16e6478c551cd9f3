"""Random lives of a group: whatever happens, nothing is protected twice and nothing placed twice.

Each step is something that the market, a person, the venue or the network does, or a run of ours.
"""

from contextlib import closing
from decimal import ROUND_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reconciler.model.order import DesiredBook
from tests.groups.desk import Desk, wanted
from tests.support.build import book

MIDS = ("66000", "61200", "60500", "59500", "58500", "57000", "74800", "75500")
WORDS = ("marginCanceled", "selfTradeCanceled", "reduceOnlyCanceled")
FAULTS = ("lost_request", "lost_reply", "error_after", "error_before")
SPECS: dict[str, DesiredBook] = {
    "as at first": wanted(),
    "price": wanted(price=61500),
    "more": wanted(quantity="0.03"),
    "less": wanted(quantity="0.01"),
    "what filled": wanted(quantity="0.008"),
    "stop": wanted(stop=58000),
    "no stop": wanted(stop=None),
    "no target": wanted(target=None),
    "target": wanted(target=76000),
    "generation": wanted(generation=2),
    "removed": book(*wanted().holders[:1]),
}

APPLY = ("apply", False)
# Where a life begins: most of what can go wrong needs one of these first.
BEGINNINGS: tuple[tuple[tuple[Any, ...], ...], ...] = (
    (),
    (("fill", 4),),
    (("fill", 4), ("cancel", 0)),
    (("fill", 4), ("spec", "removed"), APPLY),
    (("fill", 4), ("spec", "what filled"), APPLY),
    (("fill", 10), APPLY),
    (("fill", 10), ("cancel", 0), APPLY),
    (("fill", 10), ("move", "75500"), ("move", "66000"), ("spec", "more"), APPLY),
    (("fill", 10), ("move", "58500"), ("move", "66000"), ("spec", "generation"), APPLY),
)

# The stop of a later generation is to stand where one is missing of the generation before it.
BACK_AGAIN: list[tuple[Any, ...]] = [
    ("cancel", 0),
    ("cancel", 0),
    ("spec", "generation"),
    APPLY,
    ("fill", 1),
    ("spec", "as at first"),
]

STEP = st.one_of(
    st.tuples(st.just("apply"), st.booleans()),
    st.tuples(st.just("apply"), st.booleans()),
    st.tuples(st.just("apply"), st.booleans()),
    st.tuples(st.just("fill"), st.integers(1, 10)),
    st.tuples(st.just("fill"), st.integers(1, 10)),
    st.tuples(st.just("move"), st.sampled_from(MIDS)),
    st.tuples(st.just("cancel"), st.integers(0, 2)),
    st.tuples(st.just("venue"), st.integers(0, 2), st.sampled_from(WORDS)),
    st.tuples(st.just("spec"), st.sampled_from(sorted(SPECS))),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
)


def take(desk: Desk, step: tuple[Any, ...]) -> None:
    """Let one thing happen."""
    live = [order for order in desk.live() if order.terms.price != 20000]
    match step:
        case ("apply", is_unattended):
            desk.apply(is_unattended=is_unattended)
        case ("fill", tenths):
            for order in live:
                if order.is_resting:
                    part = order.remaining * tenths / 10
                    left = part.quantize(Decimal("0.00001"), rounding=ROUND_UP)
                    desk.control("trade", oid=order.oid, quantity=str(left))
                    break
        case ("move", mid):
            desk.move(mid)
        case ("cancel", pick) if live:
            desk.control("cancel_as_user", oid=live[pick % len(live)].oid)
        case ("venue", pick, word) if live:
            desk.control("cancel_as_venue", oid=live[pick % len(live)].oid, status=word)
        case ("spec", name):
            desk.book = SPECS[name]
        case ("fault", kind):
            desk.control("faults", add={"kind": kind, "path": "/exchange", "times": 1})
        case _:
            pass


def settle(desk: Desk) -> list[str]:
    """Let the faults stop and run a few times more; return what would still be sent."""
    desk.control("faults", clear=True)
    for _ in range(3):
        desk.clock.time_ms += 20_000
        desk.apply()
    return [r.kind for r in desk.look().plan.requests]


@pytest.mark.slow
@pytest.mark.parametrize(
    "switches",
    [{}, {"refuse_open_cloid": False, "refuse_crossed_trigger": False}, {"read_lag_ms_max": 1000}],
    ids=["strict", "lax", "lagging"],
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(beginning=st.sampled_from(BEGINNINGS), steps=st.lists(STEP, min_size=2, max_size=14))
@example(beginning=BEGINNINGS[5], steps=BACK_AGAIN)
def test_whatever_happens_to_a_group_nothing_is_done_twice(
    switches: dict[str, Any], beginning: tuple[tuple[Any, ...], ...], steps: list[tuple[Any, ...]]
) -> None:
    with closing(Desk(**switches)) as desk:
        desk.apply()
        for step in (*beginning, *steps):
            take(desk, step)

        assert ([], []) == (settle(desk), desk.wrong)
