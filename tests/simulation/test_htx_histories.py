"""Seeded histories of HTX: its own faults, and nothing is done twice, or too much."""

import gc
from decimal import Decimal
from typing import Any

import pytest

from reconciler.simulator.log import LogEntry
from tests.simulation.chance import Chance
from tests.simulation.history import tell
from tests.simulation.htx.asked import done_in
from tests.simulation.htx.bench import HtxBench
from tests.simulation.htx.swarm import MEETINGS, HtxSwarm, drawn_htx_swarm, drawn_switches

CHUNK = 125
CHUNKS = 4


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, CHUNK * CHUNKS, CHUNK))
def test_no_history_of_htx_violates_anything(first: int) -> None:
    found = {}
    for seed in range(first, first + CHUNK):
        told = tell(seed, bench=HtxBench)
        if told.violation:
            found[seed] = told.violation
    gc.collect()

    assert {} == found, "python -m tests.simulation --venue htx --seed N tells it"


def test_a_seed_tells_the_same_history_of_htx_again() -> None:
    first, second = tell(22, bench=HtxBench), tell(22, bench=HtxBench)

    assert (first.trace, first.tape) == (second.trace, second.tape)


def test_every_fault_of_htx_happens_in_some_history() -> None:
    seen = [drawn_htx_swarm(Chance(seed)) for seed in range(200)]
    never = [
        name
        for name in ("busy", "busy_done", "answered_twice", "maintenance", "too_fast", "crowded")
        if not any(getattr(swarm, name) for swarm in seen)
    ]

    assert [] == never


def test_a_tape_of_harmless_draws_has_no_fault() -> None:
    assert HtxSwarm() == drawn_htx_swarm(Chance(recorded=()))


def test_harmless_draws_leave_the_usual_delays() -> None:
    switches = drawn_switches(Chance(recorded=()))

    assert (40, 0, 300_000) == (
        switches.cancel_delay_ms,
        switches.query_delay_ms,
        switches.clock_tolerance_ms,
    )


@pytest.mark.parametrize("name", sorted(MEETINGS))
def test_a_meeting_names_faults_there_are(name: str) -> None:
    swarm = HtxSwarm(**MEETINGS[name])

    assert MEETINGS[name] == {each: getattr(swarm, each) for each in MEETINGS[name]}


def entry(kind: str, reply: Any) -> LogEntry:
    return LogEntry(
        index=0,
        venue="htx",
        at_ms=0,
        signer=None,
        account=None,
        nonce="",
        action={"type": kind},
        status=200,
        reply=reply,
        executed=True,
        faults=(),
    )


@pytest.mark.parametrize(
    ("kind", "reply", "done"),
    [
        ("swap_order", {"status": "ok", "data": {}}, {"1"}),
        ("swap_order", {"status": "error", "err_code": 1050}, set()),
        ("swap_batchorder", {"status": "ok", "data": {"success": [{"index": 2}]}}, {"2"}),
        ("swap_cancel", {"status": "ok", "data": {"errors": [], "successes": "7,8"}}, {"7", "8"}),
        (
            "swap_cancel",
            {"status": "ok", "data": {"errors": [{"order_id": "8"}], "successes": "7,8"}},
            {"7"},
        ),
        ("swap_cancel", {"status": "ok", "data": {"errors": [], "successes": ""}}, set()),
    ],
)
def test_what_a_request_did_is_read_from_the_answer(kind: str, reply: Any, done: set[str]) -> None:
    assert done == done_in(entry(kind, reply))


def test_contracts_are_worth_what_the_contract_says() -> None:
    bench = HtxBench(Chance(recorded=()))

    assert Decimal(700) == bench.worth(Decimal(65_000), Decimal(7))


def test_an_order_of_another_program_is_foreign() -> None:
    bench = HtxBench(Chance(recorded=()))
    bench._human(side="buy", price="50000", quantity="1")

    assert [None] == [bench.own_id(order) for order in bench.account.live.values()]
