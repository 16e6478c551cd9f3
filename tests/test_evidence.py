"""An error or an unreadable answer never lowers the evidence (I13), whatever is on record."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.event import Event, Observed, Resolved
from reconciler.model.snapshot import Found, Missing, NoAnswer, OrderPhase, OrderStatus
from reconciler.model.state import State
from reconciler.model.transitions import fills_by_holder, preview
from reconciler.observe import observe, pending_queries, unsettled_addresses
from tests.support.build import IN_PLACE, planned, policy, snapshot, state
from tests.support.ideal import IdealVenue
from tests.support.worlds import STEPS, desires, happen, venue

ALLOWED = policy(allow=frozenset({"empty", "looks-renamed"}))


@st.composite
def doubtful(draw: st.DrawFn) -> tuple[State, IdealVenue]:
    """Return a state in which some requests have no answer, and the venue it is about."""
    known, market = state(), venue(IN_PLACE)
    for wanted, happenings in draw(STEPS):
        known, seen = market.look(known)
        known = market.carry_out(known, planned(wanted, known, seen, can=IN_PLACE, under=ALLOWED))
        happen(market, happenings)
    known, seen = market.look(known)
    plan = planned(draw(desires()), known, seen, can=IN_PLACE, under=ALLOWED)
    coins = draw(st.lists(st.booleans(), min_size=20, max_size=20))
    known, _ = market.doubt(known, plan, coins)
    return known, market


def worthless(market: IdealVenue, kind: str) -> OrderStatus:
    """Return an answer that says nothing about any order."""
    if kind == "none":
        return NoAnswer(cause="http 502")
    if kind == "missing":
        return Missing(as_of_ms=market.clock_ms)
    found = next(iter(market.orders.values()))
    return Found(order=found, phase=OrderPhase.UNKNOWN, word="newWord", at_ms=market.clock_ms)


def after(known: State, events: tuple[Event, ...]) -> State:
    return preview(known, events, at_ms=1)


@settings(max_examples=150)
@given(doubtful(), st.sampled_from(("none", "missing")))
def test_an_empty_list_and_no_answers_end_and_settle_nothing(
    world: tuple[State, IdealVenue], kind: str
) -> None:
    known, market = world
    seen = snapshot(taken_at_ms=market.clock_ms)
    answers = {query: worthless(market, kind) for query in pending_queries(known, seen)}
    seen = snapshot(taken_at_ms=market.clock_ms, statuses=answers)

    found = observe(known, seen)

    assert () == found
    assert unsettled_addresses(known) == unsettled_addresses(after(known, found))


@settings(max_examples=150)
@given(doubtful())
def test_words_in_no_table_end_and_settle_nothing(world: tuple[State, IdealVenue]) -> None:
    known, market = world
    seen = snapshot(taken_at_ms=market.clock_ms)
    answers = {query: worthless(market, "word") for query in pending_queries(known, seen)}
    seen = snapshot(taken_at_ms=market.clock_ms, statuses=answers)

    found = observe(known, seen)

    assert [] == [event for event in found if isinstance(event, Resolved)]
    endings = [o.ending for e in found if isinstance(e, Observed) for o in e.observations]
    assert set(endings) <= {None}


@settings(max_examples=150)
@given(doubtful())
def test_a_look_never_takes_back_a_fill(world: tuple[State, IdealVenue]) -> None:
    known, market = world
    before = fills_by_holder(known)
    settled, _ = market.look(known)
    now = fills_by_holder(settled)

    assert {} == {key: filled for key, filled in before.items() if now.get(key, 0) < filled}


@settings(max_examples=150)
@given(doubtful())
def test_a_look_that_shows_nothing_new_writes_nothing(world: tuple[State, IdealVenue]) -> None:
    known, market = world
    settled, _ = market.look(known)
    again, seen = market.look(settled)

    assert () == observe(again, seen)
    assert settled == again
