"""The venue's rate limit is waited for before a request exists, and ends a run in time."""

from dataclasses import replace
from decimal import Decimal

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.command import BatchKind, Prepared
from reconciler.model.event import IntentWritten
from reconciler.model.nonces import NonceLane
from reconciler.model.outcome import Rejected, RejectReason
from tests.execution.runs import EXPIRES_MS, Run
from tests.execution.test_executor import mixed, placing, told
from tests.support.build import (
    IN_PLACE,
    NOW,
    WIDE_LIMITS,
    book,
    holder,
    placement,
    state,
    terms,
)

NO_BUDGET = Rejected(reason=RejectReason.BUDGET, text="Too many cumulative requests sent")


def three_requests() -> Run:
    """Three orders to place, of which each is a request of its own."""
    prices = {"a": "90", "b": "80", "c": "70"}
    wanted = [holder(f"btc.{name}", terms(price)) for name, price in prices.items()]
    return Run([book(*wanted)], can=replace(IN_PLACE, batch_items_max=1))


def test_a_request_that_waited_lives_as_long_as_any_other() -> None:
    run = placing()
    run.venue.waits = [9_000, 8_500, 200]
    run.go()

    (sent,) = run.venue.sent
    assert (NOW + 1_200, NOW + 1_200 + EXPIRES_MS) == (sent.nonce, sent.expires_at_ms)


def test_a_request_that_is_made_anew_after_a_look_waits_again() -> None:
    limits = replace(WIDE_LIMITS, max_open_notional=Decimal(90))
    wanted = book(holder("btc.new", terms("70", side="sell")))
    run = Run([wanted], state(placement()), limits=limits)

    def spend(prepared: Prepared) -> None:
        if prepared.batch.kind is BatchKind.CANCEL:
            # No wait before the first form of the place, which is over the limit.
            run.venue.waits = [0, 400]

    run.venue.before_send = spend
    run.go()

    cancel, place = run.venue.sent
    assert cancel.nonce + 400 == place.nonce
    assert place.nonce + EXPIRES_MS == place.expires_at_ms


def test_the_wait_is_told_once() -> None:
    run = placing()
    run.venue.waits = [9_000, 8_500, 200]
    run.go()

    assert ["Waiting 9 s for the venue's rate limit.", "place btc.dip: accepted"] == (
        run.listener.notes
    )


def test_nothing_is_written_while_it_waits() -> None:
    run = placing()
    run.venue.waits = [1_000] * 3
    run.why_stop = None
    written: list[int] = []
    sleep_ms = run.venue.clock.sleep_ms

    async def watched(duration_ms: int) -> None:
        written.append(sum(isinstance(e, IntentWritten) for e in run.store.events))
        await sleep_ms(duration_ms)

    run.venue.clock.sleep_ms = watched  # type: ignore[method-assign]
    run.go()

    assert [0, 0, 0] == written[:3]


def test_a_signal_ends_the_waiting() -> None:
    run = placing()
    run.venue.waits = [60_000] * 100
    sleep_ms = run.venue.clock.sleep_ms

    async def interrupted(duration_ms: int) -> None:
        run.why_stop = "Interrupted."
        await sleep_ms(duration_ms)

    run.venue.clock.sleep_ms = interrupted  # type: ignore[method-assign]
    report = run.go()

    assert ([], "Interrupted.") == (run.venue.sent, report.stopped)
    assert ["btc.dip"] == [dropped.address for dropped in report.dropped]


def test_a_limit_without_room_is_given_up() -> None:
    run = placing()
    run.venue.waits = [60_000] * 10_000
    report = run.go()

    assert ([], ["btc.dip"]) == (run.venue.sent, [d.address for d in report.dropped])


def test_an_empty_budget_ends_the_run() -> None:
    run = three_requests()
    run.venue.outcomes = [(NO_BUDGET,)]
    report = run.go()

    assert (["place btc.a Rejected"], 1) == (told(report), len(run.venue.sent))
    assert "no requests left" in report.stopped


def test_what_is_not_sent_any_more_is_left_for_the_next_plan() -> None:
    run = three_requests()
    run.venue.outcomes = [(NO_BUDGET,)]
    report = run.go()

    assert [("btc.b", "place"), ("btc.c", "place")] == [
        (dropped.address, dropped.kind) for dropped in report.dropped
    ]
    assert {report.stopped} == {dropped.why for dropped in report.dropped}


def test_cancels_come_before_a_budget_can_run_out() -> None:
    run = mixed()
    run.go()

    assert ["cancel", "place"] == [sent.batch.kind for sent in run.venue.sent]


def test_every_nonce_is_of_the_entry_s_lane() -> None:
    run = three_requests()
    run.lane = NonceLane(index=3, count=7)
    run.go()

    nonces = run.store.intents()
    assert [3] * 3 == [nonce % 7 for nonce in nonces]
    assert len(set(nonces)) == 3


def test_a_warning_about_the_account_is_told() -> None:
    run = placing()
    soon = Diagnostic(
        code="soon", summary="It ends soon.", why="On Friday.", severity=Severity.WARNING
    )
    run.venue.account_problems = (soon,)
    run.go()

    assert "Warning: It ends soon. On Friday." == run.listener.notes[0]
