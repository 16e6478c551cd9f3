"""Carrying out: intent, last gate, send once, outcome, read back; and everything that ends it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.errors import CredentialsProblem, LostRace, Refused
from reconciler.execution.executor import EntryReport
from reconciler.execution.resolver import ClosingPolicy
from reconciler.model.command import Batch, ModifyOrder, PlaceOrder, Prepared
from reconciler.model.event import Event, Forgotten, IntentWritten, OutcomesWritten, Overridden
from reconciler.model.order import OrderAddress, VenueOrderId
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason, Unknown
from reconciler.model.plan import Action, Place
from reconciler.model.snapshot import OrderPhase
from reconciler.model.state import Halt
from tests.execution.runs import EXPIRES_MS, Run
from tests.support import build
from tests.support.build import NOW, WIDE_LIMITS, book, holder, placement, state, terms

DIP = OrderAddress("btc.dip")
LOST = Unknown(cause="timeout")
CLOSING = ClosingPolicy(may_burn=True, wait_ms=5_000)


def told(report: EntryReport) -> list[str]:
    """Return what became of each order, in words."""
    return [f"{a.kind} {a.address} {type(a.outcome).__name__}" for a in report.applied]


def placing(*names: str, **options: Any) -> Run:
    wanted = [holder(name, terms(str(90 - n))) for n, name in enumerate(names or ("btc.dip",))]
    return Run([book(*wanted)], **options)


def repricing(**options: Any) -> Run:
    """One order that is to rest at another price."""
    placed = placement()
    return Run([book(holder(wanted=terms("91")))], state(placed), **options)


def removing(**options: Any) -> Run:
    """One order to cancel, and another that stays."""
    low = placement("btc.low", terms("80"), incarnation=2)
    return Run([book(holder("btc.low", terms("80")))], state(placement(), low), **options)


def mixed(**options: Any) -> Run:
    """One to cancel and one to place; the place of another order waits for nothing."""
    return Run([book(holder("btc.new", terms("70", side="sell")))], state(placement()), **options)


def test_a_request_is_sent_after_its_intent_is_on_record() -> None:
    run = placing()
    recorded: list[list[str]] = []
    run.venue.before_send = lambda prepared: recorded.append(run.store.kinds())
    report = run.go()

    assert ["InstrumentsRead", "IntentWritten"] == recorded[0]
    assert (["place btc.dip Accepted"], 1, ()) == (told(report), report.requests, report.unknown)
    assert ["place btc.dip: accepted"] == run.listener.notes


def test_the_intent_is_the_request() -> None:
    run = placing()
    run.go()

    (sent,) = run.venue.sent
    (written,) = [e.intent for e in run.store.events if isinstance(e, IntentWritten)]
    assert (sent.nonce, sent.expires_at_ms, sent.body) == (
        written.nonce,
        written.expires_at_ms,
        written.body,
    )
    assert (NOW, NOW + EXPIRES_MS, "0xagent") == (
        written.nonce,
        written.expires_at_ms,
        written.signer,
    )


def test_the_expiry_is_in_the_venues_time() -> None:
    run = placing()
    run.look = replace(run.look, skew_ms=-2_500)
    run.go()

    assert NOW - 2_500 + EXPIRES_MS == run.venue.sent[0].expires_at_ms


def test_a_nonce_is_never_used_twice_though_the_clock_stands() -> None:
    run = placing("btc.a", "btc.b", can=replace(build.IN_PLACE, batch_items_max=1))
    run.go()

    assert [NOW, NOW + 1] == [sent.nonce for sent in run.venue.sent]


def test_a_plan_without_changes_writes_nothing() -> None:
    run = Run([book(holder())], state(placement()))
    report = run.go()

    assert ([], 0, 0, []) == (
        run.store.events,
        run.store.checkpoints,
        report.requests,
        told(report),
    )


def test_what_was_only_seen_is_recorded_without_a_request() -> None:
    run = Run([book(holder())], state(placement()))
    run.go(noted=[Overridden(rule="empty", plan_id="p", by="me")], opening=[])

    assert (["Overridden"], 1) == (run.store.kinds(), run.store.checkpoints)


def test_what_opens_a_run_is_recorded_before_its_first_intent() -> None:
    run = placing()
    run.go(opening=[Overridden(rule="empty", plan_id="p", by="me")])

    assert run.store.kinds().index("Overridden") < run.store.kinds().index("IntentWritten")


def test_a_run_that_loses_the_race_sends_nothing() -> None:
    run = placing()

    def refuse(events: Sequence[Event]) -> None:
        if any(isinstance(event, IntentWritten) for event in events):
            raise LostRace

    run.store.refuse = refuse
    with pytest.raises(LostRace):
        run.go()

    assert [] == run.venue.sent


def test_an_outcome_that_cannot_be_recorded_leaves_the_intent_open() -> None:
    run = placing()

    def refuse(events: Sequence[Event]) -> None:
        if any(isinstance(event, OutcomesWritten) for event in events):
            raise LostRace

    run.store.refuse = refuse
    with pytest.raises(LostRace):
        run.go()

    assert [NOW] == list(run.store.state.intents)


def problem(severity: Severity) -> Diagnostic:
    return Diagnostic(code="x", summary="The key is another account's.", severity=severity)


def test_a_key_of_another_account_sends_nothing() -> None:
    run = placing()
    run.venue.account_problems = (problem(Severity.ERROR),)
    with pytest.raises(CredentialsProblem):
        run.go()

    assert ([], []) == (run.venue.sent, run.store.events)


def test_a_warning_about_the_account_does_not_stop_a_run() -> None:
    run = placing()
    run.venue.account_problems = (problem(Severity.WARNING),)

    assert ["place btc.dip Accepted"] == told(run.go())


def test_after_a_signal_nothing_new_is_sent() -> None:
    run = placing("btc.a", "btc.b", can=replace(build.IN_PLACE, batch_items_max=1))

    def interrupt(prepared: Prepared) -> None:
        run.why_stop = "Interrupted by SIGINT."

    run.venue.before_send = interrupt
    report = run.go()

    assert ["place btc.a Accepted"] == told(report)
    assert ("Interrupted by SIGINT.", [("btc.b", "place")]) == (
        report.stopped,
        [(d.address, d.kind) for d in report.dropped],
    )


def larger(batch: Batch) -> Batch:
    (command,) = batch.commands
    assert isinstance(command, PlaceOrder)
    return replace(batch, commands=(replace(command, terms=terms("90", "2")),))


def test_bytes_that_differ_from_the_plan_are_not_sent() -> None:
    run = placing()
    run.venue.tamper = larger
    with pytest.raises(Refused) as caught:
        run.go()

    assert "btc.dip differs from the plan." == caught.value.diagnostics[0].why
    assert ([], []) == (run.venue.sent, run.store.intents())


@pytest.mark.parametrize("limit", ["max_new_notional_per_run", "max_new_notional_per_day"])
def test_a_money_limit_counts_over_the_requests_of_a_run(limit: str) -> None:
    run = placing(
        "btc.a",
        "btc.b",
        can=replace(build.IN_PLACE, batch_items_max=1),
        limits=replace(WIDE_LIMITS, **{limit: Decimal(100)}),  # type: ignore[arg-type]
    )
    with pytest.raises(Refused) as caught:
        run.go()

    assert limit in caught.value.diagnostics[0].why
    assert 1 == len(run.venue.sent)


def test_a_signer_that_is_not_accepted_ends_the_run() -> None:
    run = placing("btc.a", "btc.b", can=replace(build.IN_PLACE, batch_items_max=1))
    run.venue.is_lost = True
    run.venue.outcomes = [(Rejected(reason=RejectReason.AUTHORITY, text="no such agent"),)]
    report = run.go()

    assert (1, "The venue does not let this key do it: no such agent") == (
        report.requests,
        report.stopped,
    )


def test_one_bad_order_does_not_stop_the_others() -> None:
    run = placing("btc.a", "btc.b", can=replace(build.IN_PLACE, batch_items_max=1))
    run.venue.outcomes = [(Rejected(reason=RejectReason.MARGIN, text="margin"),)]
    run.venue.is_lost = True
    report = run.go()

    assert (["place btc.a Rejected", "place btc.b Accepted"], 2) == (told(report), report.requests)


def test_a_lost_answer_is_settled_by_reading() -> None:
    run = placing("btc.a", "btc.b", can=replace(build.IN_PLACE, batch_items_max=1))
    run.venue.outcomes = [(LOST,)]
    report = run.go()

    assert (["place btc.a Unknown", "place btc.b Accepted"], ()) == (told(report), report.unknown)
    assert {} == run.store.state.intents


def test_what_never_reached_the_venue_is_not_told_as_done() -> None:
    run = placing("btc.a", "btc.b", can=replace(build.IN_PLACE, batch_items_max=1), closing=CLOSING)
    run.venue.is_lost = True
    run.venue.outcomes = [(LOST,)]
    run.venue.burns = ["burned"]
    report = run.go()

    outcome = report.applied[0].outcome
    assert Rejected(reason=RejectReason.NOT_SENT, text="It never reached the venue.") == outcome
    assert (["btc.a", "btc.b"], ()) == ([a.address for a in report.applied], report.unknown)


def test_an_outcome_that_stays_unknown_stops_the_account() -> None:
    run = placing("btc.a", "btc.b", can=replace(build.IN_PLACE, batch_items_max=1))
    run.venue.is_lost = True
    run.venue.outcomes = [(LOST,)]
    report = run.go()

    assert (1, ("btc.a",), "An outcome is unknown.") == (
        report.requests,
        report.unknown,
        report.stopped,
    )


def test_a_wrong_number_of_outcomes_says_nothing_about_any() -> None:
    run = placing("btc.a", "btc.b")
    run.venue.outcomes = [(Accepted(venue_order_id=VenueOrderId("1")),)]
    report = run.go()

    assert ["place btc.a Unknown", "place btc.b Unknown"] == told(report)
    assert {Unknown(cause="1 outcomes for 2 orders")} == {a.outcome for a in report.applied}


def test_an_order_of_ours_is_modified_in_place() -> None:
    run = repricing()
    report = run.go()

    (order,) = run.venue.orders.values()
    assert (["modify btc.dip Accepted"], Decimal(91)) == (told(report), order.price)


def test_a_removed_order_is_cancelled_and_forgotten() -> None:
    run = removing()
    report = run.go()

    assert ["cancel btc.dip Accepted"] == told(report)
    assert [Forgotten(address=DIP)] == [e for e in run.store.events if isinstance(e, Forgotten)]
    assert ["2"] == list(run.venue.orders)


def refused_cancel(reason: RejectReason) -> tuple[Outcome, ...]:
    return (Rejected(reason=reason, text="no"),)


def test_a_refused_cancel_stops_what_comes_after_it() -> None:
    run = mixed()
    run.venue.is_lost = True
    run.venue.outcomes = [refused_cancel(RejectReason.OTHER)]
    report = run.go()

    assert (["cancel btc.dip Rejected"], "A cancel was refused.") == (told(report), report.stopped)


def test_a_cancel_of_an_order_that_has_gone_stops_nothing() -> None:
    run = mixed()
    run.venue.end(VenueOrderId("1"), OrderPhase.FILLED)
    run.venue.outcomes = [refused_cancel(RejectReason.ORDER_GONE)]
    report = run.go()

    assert ["cancel btc.dip Rejected", "place btc.new Accepted"] == told(report)


def test_a_replacement_is_placed_after_its_old_order_is_confirmed_gone() -> None:
    run = repricing(can=build.REPLACING)
    report = run.go()

    (order,) = run.venue.orders.values()
    assert ["cancel btc.dip Accepted", "place btc.dip Accepted"] == told(report)
    assert Decimal(91) == order.price


def test_a_replacement_is_dropped_while_its_old_order_may_rest() -> None:
    run = repricing(can=build.REPLACING)
    run.venue.is_lost = True
    report = run.go()

    assert ["cancel btc.dip Accepted"] == told(report)
    assert ["The order it waits for is not confirmed gone."] == [d.why for d in report.dropped]


@pytest.mark.parametrize(("filled", "left"), [("0.4", [Decimal("0.6")]), ("0.95", []), ("1", [])])
def test_a_replacement_is_less_what_filled_while_the_old_order_was_cancelled(
    filled: str, left: list[Decimal]
) -> None:
    run = repricing(can=build.REPLACING)

    def fill(prepared: Prepared) -> None:
        if VenueOrderId("1") in run.venue.orders:
            phase = OrderPhase.FILLED if filled == "1" else OrderPhase.CANCELLED_BY_USER
            run.venue.end(VenueOrderId("1"), phase, filled=Decimal(filled))

    run.venue.before_send = fill
    report = run.go()

    assert left == [order.quantity for order in run.venue.orders.values()]
    assert (["What it was to place has filled meanwhile."] if not left else []) == [
        dropped.why for dropped in report.dropped
    ]


@pytest.mark.parametrize(("filled", "left"), [("0.4", [Decimal("0.6")]), ("0.95", []), ("1", [])])
def test_a_modify_is_less_what_was_seen_to_fill_before_it_is_sent(
    filled: str, left: list[Decimal]
) -> None:
    kept = placement("btc.low", terms("80"), incarnation=2)
    run = Run(
        [book(holder("btc.low", terms("81")))],
        state(placement("btc.out", terms("95", side="sell")), kept),
    )

    def fill(prepared: Prepared) -> None:
        order = run.venue.orders[VenueOrderId("2")]
        if filled == "1":
            run.venue.end(order.venue_order_id, OrderPhase.FILLED, filled=Decimal(1))
        elif not order.filled:
            part = replace(order, remaining=order.quantity - Decimal(filled))
            run.venue.orders[order.venue_order_id] = part

    # The answer to the cancel gets lost: reading back shows the fill before the modify is sent.
    run.venue.before_send = lambda prepared: fill(prepared) if not run.venue.sent else None
    run.venue.outcomes = [(LOST,)]
    report = run.go()

    commands = [command for sent in run.venue.sent[1:] for command in sent.batch.items]
    sent = [c.terms.quantity for c in commands if isinstance(c, ModifyOrder)]
    assert (left, len(left) == 0) == (sent, any(d.kind == "modify" for d in report.dropped))


def test_an_incomplete_look_is_read_again() -> None:
    run = placing()
    broken = build.snapshot(problems=("frontendOpenOrders: http 502",))
    run.venue.looks = [broken, broken, build.snapshot()]
    report = run.go()

    assert ["place btc.dip Accepted"] == told(report)
    assert run.venue.clock.now_ms() > NOW


def test_a_cancelled_order_that_is_still_listed_is_waited_for() -> None:
    run = removing()
    still = build.snapshot(*run.venue.orders.values())
    run.venue.looks = [still, still, still]
    run.go()

    assert ["btc.low"] == [p.address for p in run.store.state.placements.values()]
    assert run.venue.clock.now_ms() > NOW


def giving(**options: Any) -> Run:
    """An order that becomes another holder's, and the next generation of its own elsewhere."""
    wanted = [
        holder("btc.a", terms("91"), generation=2),
        holder("btc.new", terms("90", name="ETH")),
    ]
    return Run([book(*wanted)], state(placement("btc.a", terms("89", name="ETH"))), **options)


def test_a_place_is_sent_once_its_earlier_order_is_another_holder_s() -> None:
    run = giving()

    assert ["modify btc.new Accepted", "place btc.a Accepted"] == told(run.go())


def test_a_place_is_not_sent_beside_its_earlier_order_that_another_holder_did_not_get() -> None:
    run = giving()
    crossed = Rejected(reason=RejectReason.POST_ONLY_CROSSED, text="crossed")
    run.venue.outcomes = [(crossed,)]
    run.venue.is_lost = True
    report = run.go()

    assert (["modify btc.new Rejected"], ["btc.a"]) == (
        told(report),
        [dropped.address for dropped in report.dropped],
    )
    assert 1 == len(run.store.state.placements)


def test_a_place_is_not_sent_when_the_take_over_it_waits_for_is_not() -> None:
    run = giving()
    alone = [action for action in run.look.plan.actions if isinstance(action, Place)]

    assert ["btc.a"] == [dropped.address for dropped in run.go(alone).dropped]


# the last gate, over a whole run


def refusal(run: Run, actions: Sequence[Action] | None = None) -> str:
    with pytest.raises(Refused) as refused:
        run.go(actions)
    return refused.value.diagnostics[0].why


def test_requests_count_together_against_the_number_of_actions() -> None:
    one_each = replace(build.IN_PLACE, batch_items_max=1)
    run = placing("btc.a", "btc.b", can=one_each, limits=replace(WIDE_LIMITS, max_actions=1))

    assert ("The run would have 2 actions, above `max_actions`.", 1) == (
        refusal(run),
        len(run.venue.sent),
    )


HALT = Halt(by="someone", why="stop", at_ms=0)
HALTED = "someone halted everything: stop"


def test_a_halt_in_the_state_stops_a_plan_that_knew_of_none() -> None:
    halted = placing(known=state(halt=HALT))

    assert (HALTED, []) == (refusal(halted, placing().look.plan.actions), halted.venue.sent)


def test_a_halt_outside_of_the_state_stops_a_plan_that_knew_of_none() -> None:
    run = placing()
    planned = run.look.planned
    assert planned is not None
    context = planned.context
    halted = replace(context, policy=replace(context.policy, halt=HALT))
    run.look = replace(run.look, planned=replace(planned, context=halted))

    assert (HALTED, []) == (refusal(run), run.venue.sent)
