"""Requests of unknown fate: read, burned and waited for, never sent again."""

from collections.abc import Sequence
from dataclasses import replace

from reconciler.execution.resolver import READ_ONLY, ROUNDS_MAX, ClosingPolicy, close_unknowns
from reconciler.model.event import Event, Resolved
from reconciler.model.snapshot import NoAnswer, OrderPhase, OrderQuery
from reconciler.model.state import IntentOperation, State
from reconciler.model.transitions import preview
from tests.execution.fakes import FakeClock, FakeVenue, finished
from tests.support.build import NOW, our_id, state, terms
from tests.support.journal import NONCE, found, intent, item

EXPIRY = NOW + 15_000
PATIENT = ClosingPolicy(may_burn=True, wait_ms=40_000)
WAITING = ClosingPolicy(may_burn=False, wait_ms=40_000)
QUERY = OrderQuery(instrument="BTC", client_order_id=our_id("btc.dip", 1), placed_at_ms=NONCE)


def placing() -> State:
    return intent(state(), item(IntentOperation.PLACE, wanted=terms()))


def closed(
    venue: FakeVenue, policy: ClosingPolicy, known: State | None = None
) -> tuple[State, list[Event]]:
    """Return the state afterwards, and what was recorded on the way."""
    current = placing() if known is None else known
    recorded: list[Event] = []

    async def record(events: Sequence[Event]) -> State:
        nonlocal current
        recorded.extend(events)
        current = preview(current, events, at_ms=venue.clock.now_ms())
        return current

    after = finished(close_unknowns(venue, current, venue.clock, policy, record))
    return after, recorded


def verdicts(events: Sequence[Event]) -> list[str]:
    return [event.verdict for event in events if isinstance(event, Resolved)]


def test_nothing_open_asks_nothing() -> None:
    venue = FakeVenue()
    after, recorded = closed(venue, PATIENT, state())

    assert (state(), [], []) == (after, recorded, venue.asked)


def test_what_is_found_is_closed_by_the_first_read() -> None:
    venue = FakeVenue(answers={QUERY: found(terms(), OrderPhase.RESTING, oid="9")})
    after, recorded = closed(venue, PATIENT)

    assert (["found"], {}, NOW) == (verdicts(recorded), after.intents, venue.clock.now_ms())
    assert [] == venue.burned


def test_a_burned_nonce_closes_what_is_missing_at_once() -> None:
    venue = FakeVenue(burns=["burned"])
    after, recorded = closed(venue, PATIENT)

    assert (["never-placed"], {}, NOW) == (verdicts(recorded), after.intents, venue.clock.now_ms())
    assert [NONCE] == venue.burned


def test_a_nonce_of_another_key_is_not_burned() -> None:
    """Each key has nonces of its own: a request of the other one may still arrive."""
    (nonce,) = placing().intents
    theirs = replace(placing().intents[nonce], signer="another-key")
    venue = FakeVenue(burns=["burned"])
    _, recorded = closed(venue, PATIENT, replace(placing(), intents={nonce: theirs}))

    assert ([], ["never-placed"]) == (venue.burned, verdicts(recorded))
    assert venue.clock.now_ms() > theirs.expires_at_ms


def test_a_nonce_that_was_used_is_not_burned_twice() -> None:
    venue = FakeVenue(burns=["used"])
    _, recorded = closed(venue, PATIENT)

    assert [NONCE] == venue.burned
    assert ["never-placed"] == verdicts(recorded)
    assert venue.clock.now_ms() > EXPIRY + venue.capabilities.close_window_ms


def test_a_burn_without_an_answer_is_tried_again() -> None:
    venue = FakeVenue(burns=["no-answer", "no-answer", "burned"])
    _, recorded = closed(venue, PATIENT)

    assert ([NONCE] * 3, ["never-placed"]) == (venue.burned, verdicts(recorded))


def test_nothing_is_burned_past_the_expiry() -> None:
    venue = FakeVenue(clock=FakeClock(EXPIRY + 1))
    closed(venue, PATIENT)

    assert [] == venue.burned


def test_nothing_is_burned_while_the_venue_does_not_tell_its_time() -> None:
    venue = FakeVenue(times=[None] * 4)
    closed(venue, ClosingPolicy(may_burn=True, wait_ms=0))

    assert ([], []) == (venue.burned, venue.asked)


def test_without_a_key_it_waits_for_two_absences_past_the_expiry() -> None:
    venue = FakeVenue()
    _, recorded = closed(venue, WAITING)

    assert ([], ["never-placed"]) == (venue.burned, verdicts(recorded))


def test_a_run_that_may_not_wait_reads_twice() -> None:
    venue = FakeVenue()
    after, recorded = closed(venue, READ_ONLY)

    assert ([], 2, placing().intents) == (recorded, len(venue.asked), after.intents)


def test_a_run_that_may_not_wait_closes_what_is_long_dead() -> None:
    venue = FakeVenue(clock=FakeClock(EXPIRY + 60_000))
    after, recorded = closed(venue, READ_ONLY)

    assert (["never-placed"], {}) == (verdicts(recorded), after.intents)


def test_an_answer_that_never_comes_leaves_it_unknown() -> None:
    venue = FakeVenue(answers={QUERY: NoAnswer(cause="http 502")})
    after, recorded = closed(venue, WAITING)

    assert ([], placing().intents) == (recorded, after.intents)
    assert venue.clock.now_ms() >= NOW + WAITING.wait_ms


def test_the_number_of_rounds_is_limited() -> None:
    venue = FakeVenue(answers={QUERY: NoAnswer(cause="http 502")})
    closed(venue, ClosingPolicy(may_burn=False, wait_ms=10**9))

    assert ROUNDS_MAX == len(venue.asked)


def test_the_items_of_one_request_are_closed_together() -> None:
    known = intent(
        state(),
        item(IntentOperation.PLACE, wanted=terms()),
        item(IntentOperation.PLACE, "btc.low", terms("80")),
    )
    venue = FakeVenue(answers={QUERY: found(terms(), OrderPhase.RESTING, oid="9")}, burns=["used"])
    after, recorded = closed(venue, PATIENT, known)

    assert (["found", "never-placed"], {}) == (verdicts(recorded), after.intents)
