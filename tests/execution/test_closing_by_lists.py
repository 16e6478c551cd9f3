"""Proofs at a venue that forgets: by id, among open orders and among fills, several times over."""

from collections.abc import Sequence

import pytest

from reconciler.diagnostics import Diagnostic
from reconciler.errors import VenueProblem
from reconciler.execution.closing import (
    Lists,
    OpenItem,
    Round,
    judge,
    lists_of,
    open_items,
    query_of,
)
from reconciler.execution.resolver import READ_ONLY, ClosingPolicy, close_unknowns
from reconciler.model.event import Event, Resolved
from reconciler.model.order import TriggerKind, VenueOrderId
from reconciler.model.snapshot import (
    Attached,
    FillHistory,
    Missing,
    NoAnswer,
    OrderPhase,
    OrderQuery,
    OrderStatus,
)
from reconciler.model.state import IntentOperation, ItemStatus, State
from reconciler.model.transitions import preview
from tests.execution.fakes import FakeClock, FakeVenue, finished
from tests.support.build import (
    FORGETFUL,
    NOW,
    fill,
    our_id,
    placement,
    resting,
    snapshot,
    state,
    terms,
    trigger,
)
from tests.support.journal import cancel_of, found, intent, item

SENT = NOW
EXPIRY = NOW + 15_000
PAST = EXPIRY + 1
FORGOTTEN = SENT + 8 * 60 * 60 * 1000 + 1
KEY = (SENT, 0)
OURS = our_id("btc.dip", 1)
EMPTY = Lists(since_ms=SENT)
PATIENT = ClosingPolicy(may_burn=False, wait_ms=60_000)
QUERY = OrderQuery(instrument="BTC", client_order_id=OURS, placed_at_ms=SENT)


def placing() -> State:
    return intent(state(), item(IntentOperation.PLACE, wanted=terms()), nonce=SENT)


def cancelling() -> State:
    placed = placement()
    return intent(state(placed), cancel_of(placed), nonce=SENT)


def only_open(known: State) -> OpenItem:
    (open_item,) = open_items(known)
    return open_item


def verdict(
    known: State,
    status: OrderStatus,
    lists: Lists | None = EMPTY,
    *,
    at_ms: int = PAST,
    earlier: tuple[int, ...] = (),
) -> str:
    """Return what is concluded: a verdict, `absent`, or nothing."""
    seen = Round(status=status, as_of_ms=at_ms, lists=lists)
    judged = judge(only_open(known), seen, FORGETFUL, {KEY: earlier})
    if judged.closed is not None:
        return judged.closed.verdict
    return "absent" if judged.absent_at_ms is not None else ""


def missing(at_ms: int = PAST) -> Missing:
    return Missing(as_of_ms=at_ms)


def test_three_rounds_over_ten_seconds_prove_that_it_was_never_placed() -> None:
    last = PAST + 10_000

    assert "never-placed" == verdict(
        placing(), missing(last), at_ms=last, earlier=(PAST, PAST + 5_000)
    )


def test_two_rounds_are_not_enough_however_far_apart() -> None:
    last = PAST + 60_000

    assert "absent" == verdict(placing(), missing(last), at_ms=last, earlier=(PAST,))


def test_three_rounds_in_less_time_are_not_enough() -> None:
    last = PAST + 9_999

    assert "absent" == verdict(placing(), missing(last), at_ms=last, earlier=(PAST, PAST + 5_000))


def test_the_proof_names_every_round_and_where_was_looked() -> None:
    last = PAST + 10_000
    seen = Round(status=missing(last), as_of_ms=last, lists=EMPTY)
    judged = judge(only_open(placing()), seen, FORGETFUL, {KEY: (PAST, PAST + 5_000)})

    assert judged.closed is not None
    assert (
        f"expired at {EXPIRY}; the venue showed nothing of it, asked by its id and in its lists, "
        f"at {PAST}, {PAST + 5_000}, {last} (venue time)" == judged.closed.proof
    )


def test_a_round_without_the_lists_does_not_count() -> None:
    assert "" == verdict(placing(), missing(), lists=None)


def test_a_round_whose_fills_do_not_reach_back_does_not_count() -> None:
    assert "" == verdict(placing(), missing(), lists=Lists(since_ms=SENT + 1))


def test_an_order_that_is_only_listed_was_placed() -> None:
    shown = Lists(shown={OURS: frozenset({VenueOrderId("9")})}, since_ms=SENT)

    assert "found" == verdict(placing(), missing(), lists=shown)


def test_an_order_of_another_id_in_the_lists_is_none_of_ours() -> None:
    shown = Lists(shown={our_id("btc.low", 2): frozenset({VenueOrderId("9")})}, since_ms=SENT)

    assert "absent" == verdict(placing(), missing(), lists=shown)


def test_open_orders_and_fills_are_both_looked_at() -> None:
    history = FillHistory(fills=(fill("8", cloid=OURS),), reaches_ms=SENT, is_complete=True)
    lists = lists_of(snapshot(resting(oid="7", cloid=OURS)), history)

    assert lists == Lists(
        shown={OURS: frozenset({VenueOrderId("7"), VenueOrderId("8")})}, since_ms=SENT
    )


def test_an_incomplete_look_is_no_list() -> None:
    history = FillHistory(fills=(), reaches_ms=SENT, is_complete=True)

    assert lists_of(snapshot(problems=("page 2: timeout",)), history) is None


def test_a_cancel_is_not_over_because_the_venue_forgot_its_order() -> None:
    assert "" == verdict(cancelling(), missing(), earlier=(PAST - 20_000, PAST - 10_000))


@pytest.mark.parametrize("phase", [OrderPhase.FILLED, OrderPhase.CANCELLED_BY_USER])
def test_a_cancel_is_over_in_a_final_status(phase: OrderPhase) -> None:
    assert "done" == verdict(cancelling(), found(terms(), phase), lists=None, at_ms=NOW)


def test_a_cancel_whose_order_still_rests_past_its_life_was_never_executed() -> None:
    rests = found(terms(), OrderPhase.RESTING)

    assert "never-placed" == verdict(
        cancelling(), rests, lists=None, at_ms=PAST + 10_000, earlier=(PAST, PAST + 5_000)
    )


def test_past_eight_hours_an_order_that_is_missing_is_blocked() -> None:
    assert "blocked" == verdict(placing(), missing(FORGOTTEN), at_ms=FORGOTTEN)


def test_rounds_before_do_not_help_once_the_ids_are_forgotten() -> None:
    assert "blocked" == verdict(
        placing(), missing(FORGOTTEN), at_ms=FORGOTTEN, earlier=(PAST, PAST + 5_000)
    )


def test_what_is_blocked_already_is_not_blocked_again() -> None:
    blocked = preview(
        placing(), [Resolved(nonce=SENT, index=0, verdict="blocked", proof="x")], at_ms=FORGOTTEN
    )

    assert ItemStatus.BLOCKED is only_open(blocked).item.status
    assert "" == verdict(blocked, missing(FORGOTTEN), at_ms=FORGOTTEN)


def test_what_is_blocked_may_still_be_found() -> None:
    blocked = preview(
        placing(), [Resolved(nonce=SENT, index=0, verdict="blocked", proof="x")], at_ms=FORGOTTEN
    )

    assert "found" == verdict(blocked, found(terms(), OrderPhase.RESTING, oid="5"))


def test_no_answer_past_eight_hours_blocks_nothing() -> None:
    assert "" == verdict(placing(), NoAnswer(cause="http 502"), at_ms=FORGOTTEN)


def test_an_attached_order_is_asked_for_with_its_parent() -> None:
    child = terms("80", trigger=trigger("80"))
    known = intent(
        state(),
        item(IntentOperation.PLACE, wanted=terms()),
        item(IntentOperation.PLACE, "btc.dip.stop_loss", child, owner="btc.dip.stop_loss"),
        nonce=SENT,
    )
    parent, attached = open_items(known)

    assert query_of(parent).attached is None
    assert Attached(parent=OURS, kind=TriggerKind.STOP_LOSS) == query_of(attached).attached


def test_an_attached_order_is_asked_for_with_what_its_parent_was_found_as() -> None:
    child = terms("80", trigger=trigger("80"))
    known = intent(
        state(),
        item(IntentOperation.PLACE, wanted=terms()),
        item(IntentOperation.PLACE, "btc.dip.stop_loss", child, owner="btc.dip.stop_loss"),
        nonce=SENT,
    )
    parent_found = Resolved(
        nonce=SENT, index=0, verdict="found", proof="x", venue_order_id=VenueOrderId("77")
    )
    (attached,) = open_items(preview(known, [parent_found], at_ms=SENT))
    asked = query_of(attached).attached

    assert asked is not None
    assert "77" == asked.known_as


def closed(
    venue: FakeVenue, policy: ClosingPolicy, known: State | None = None
) -> tuple[State, list[Event]]:
    current = placing() if known is None else known
    recorded: list[Event] = []

    async def record(events: Sequence[Event]) -> State:
        nonlocal current
        recorded.extend(events)
        current = preview(current, events, at_ms=venue.clock.now_ms())
        return current

    after = finished(close_unknowns(venue, current, venue.clock, policy, record))
    return after, recorded


def forgetful(at_ms: int = NOW, **others: object) -> FakeVenue:
    return FakeVenue(clock=FakeClock(at_ms), capabilities=FORGETFUL, **others)  # type: ignore[arg-type]


def verdicts(events: Sequence[Event]) -> list[str]:
    return [event.verdict for event in events if isinstance(event, Resolved)]


def test_a_run_waits_for_the_end_of_the_request_and_for_three_rounds() -> None:
    venue = forgetful()
    after, recorded = closed(venue, PATIENT)

    assert (["never-placed"], {}) == (verdicts(recorded), after.intents)
    assert 3 == len(venue.looked_since)
    assert EXPIRY + 10_000 < venue.clock.now_ms() < EXPIRY + 20_000


def test_lists_are_read_only_when_they_can_prove_something() -> None:
    venue = forgetful(answers={QUERY: found(terms(), OrderPhase.RESTING, oid="9")})
    _, recorded = closed(venue, PATIENT)

    assert (["found"], []) == (verdicts(recorded), venue.looked_since)


def test_a_look_that_may_not_wait_finishes_the_proof_of_what_is_long_dead() -> None:
    venue = forgetful(PAST)
    after, recorded = closed(venue, READ_ONLY)

    assert (["never-placed"], {}) == (verdicts(recorded), after.intents)
    assert 10_000 <= venue.clock.now_ms() - PAST < 12_000


def test_a_look_that_may_not_wait_does_not_wait_for_what_may_still_live() -> None:
    venue = forgetful()
    _, recorded = closed(venue, READ_ONLY)

    assert ([], 2) == (recorded, len(venue.asked))


def test_a_fill_under_our_id_proves_the_order() -> None:
    history = FillHistory(fills=(fill("8", cloid=OURS),), reaches_ms=SENT, is_complete=True)
    venue = forgetful(PAST, histories=[history])
    after, recorded = closed(venue, READ_ONLY)

    assert ["found"] == verdicts(recorded)
    assert VenueOrderId("8") == after.placements[OURS].legs[0].venue_order_id


def test_fills_out_of_reach_leave_it_unknown() -> None:
    histories = [FillHistory(fills=(), reaches_ms=SENT + 1, is_complete=False)] * 9
    venue = forgetful(PAST, histories=histories)
    _, recorded = closed(venue, READ_ONLY)

    assert [] == recorded


def test_what_is_blocked_is_not_waited_for() -> None:
    venue = forgetful(FORGOTTEN)
    after, recorded = closed(venue, PATIENT)

    assert (["blocked"], placing().intents.keys()) == (verdicts(recorded), after.intents.keys())
    assert venue.clock.now_ms() < FORGOTTEN + 2_000


def test_a_cancel_that_nothing_can_close_is_not_waited_for() -> None:
    venue = forgetful(PAST)
    closed(venue, PATIENT, cancelling())

    assert venue.clock.now_ms() < PAST + 2_000


def test_lists_that_cannot_be_read_leave_it_unknown() -> None:
    class Unreadable(FakeVenue):
        async def fills(self, since_ms: int) -> FillHistory:
            raise VenueProblem(Diagnostic(code="venue-unreadable", summary="It did not answer."))

    venue = Unreadable(clock=FakeClock(PAST), capabilities=FORGETFUL)
    after, recorded = closed(venue, PATIENT)

    assert ([], placing().intents.keys()) == (recorded, after.intents.keys())
