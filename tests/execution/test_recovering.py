"""Recovering and comparing against a venue that says what it is told to."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.errors import InvalidInput, StateProblem, VenueProblem
from reconciler.execution.comparing import RolledBack, Seen, compare_fills, refuse_newer_orders
from reconciler.execution.looking import Shell
from reconciler.execution.recovering import LOOKUP_TRIES_MAX, read_recovery, wait_out
from reconciler.model.event import HistoryRead
from reconciler.model.order import Fill, VenueOrderId
from reconciler.model.snapshot import (
    FillHistory,
    Found,
    NoAnswer,
    OrderHistory,
    OrderPhase,
    OrderQuery,
)
from tests.execution.fakes import FakeClock, FakeVenue, finished
from tests.planner.test_recovery import fill
from tests.support.build import IN_PLACE, NOW, book, holder, our_id, resting, snapshot, state, terms

LAYOUT = IN_PLACE.id_layout


@dataclass
class Remembering(FakeVenue):
    """A venue with a history, which answers no lookup when told so."""

    history: tuple[Fill, ...] = ()
    orders: tuple[Found, ...] = ()
    is_whole: bool = True
    is_mute: bool = False
    since: list[int] = field(default_factory=list)
    named: list[frozenset[str]] = field(default_factory=list)

    async def fills(self, since_ms):
        self.since.append(since_ms)
        reaches_ms = since_ms if self.is_whole else NOW
        return FillHistory(fills=self.history, reaches_ms=reaches_ms, is_complete=self.is_whole)

    async def order_history(self, since_ms):
        return OrderHistory(orders=self.orders, reaches_ms=since_ms, is_complete=True)

    async def snapshot(self, instruments):
        self.named.append(instruments)
        return await super().snapshot(instruments)

    async def lookup(self, queries):
        if not self.is_mute:
            return await super().lookup(queries)
        self.asked += queries
        return {query: NoAnswer(cause="mute") for query in queries}


def shell(clock, problems=()):
    return Shell(clock=clock, expand=lambda book_, _: (book_, problems))


def recovery(venue, *, born_at_ms=0, problems=()):
    books = [book(holder())]
    work = read_recovery(venue, state(), books, shell(venue.clock, problems), born_at_ms=born_at_ms)
    return finished(work).recovery


def test_nothing_is_read_before_what_was_sent_has_died():
    venue = FakeVenue()
    finished(wait_out(venue, venue.clock, 15_000))

    assert venue.clock.now_ms() > NOW + 15_000 + IN_PLACE.close_window_ms


def test_a_venue_without_time_is_not_waited_for():
    with pytest.raises(VenueProblem):
        finished(wait_out(FakeVenue(times=[None]), FakeClock(), 15_000))


def test_a_venue_whose_time_stands_still_is_given_up():
    with pytest.raises(VenueProblem, match="could not be read"):
        finished(wait_out(FakeVenue(times=[NOW] * 1000), FakeClock(), 15_000))


def test_history_is_read_from_long_before_a_birth_by_our_own_clock():
    venue = Remembering()
    recovery(venue, born_at_ms=NOW)

    assert [NOW - 30 * 24 * 3_600_000] == venue.since


def test_a_history_that_reaches_back_to_the_birth_is_whole():
    venue = Remembering(is_whole=False)

    assert recovery(venue, born_at_ms=NOW + 24 * 3_600_000).is_complete
    assert not recovery(venue, born_at_ms=NOW + 24 * 3_600_000 - 1).is_complete


def test_orders_without_an_answer_are_asked_about_again_before_they_are_given_up():
    venue = Remembering(history=(fill("5", "1", cloid=our_id("btc.dip", 2)),), is_mute=True)

    assert (("btc.dip", 1),) == recovery(venue).held
    assert [
        OrderQuery(instrument="BTC", venue_order_id=VenueOrderId("5"))
    ] * LOOKUP_TRIES_MAX == venue.asked


def test_an_open_order_needs_no_question():
    cloid = our_id("btc.dip", 2)
    order = resting(oid="5", cloid=cloid, filled="0.5")
    venue = Remembering(looks=[snapshot(order)], history=(fill("5", "0.5", cloid=cloid),))

    assert 1 == len(recovery(venue).bound)
    assert [] == venue.asked


def test_instruments_that_only_history_names_are_looked_at_too():
    other = replace(fill("5", "1", cloid=our_id("eth.dip", 2)), instrument="ETH")
    venue = Remembering(history=(other,))
    recovery(venue)

    assert [frozenset({"BTC"}), frozenset({"BTC", "ETH"})] == venue.named


def test_instruments_of_orders_that_only_history_names_are_looked_at_too():
    lost = resting(terms(name="ETH"), oid="5", cloid=our_id("btc.old", 2))
    seen = Found(order=lost, phase=OrderPhase.RESTING, word="open", at_ms=NOW)
    venue = Remembering(orders=(seen,))
    recovery(venue)

    assert [{"BTC"}, {"BTC", "ETH"}] == venue.named


def test_half_a_picture_recovers_nothing():
    with pytest.raises(VenueProblem):
        recovery(Remembering(looks=[snapshot(problems=("allMids: http 500",))]))


def test_an_account_that_cannot_be_ours_recovers_nothing():
    wrong = Diagnostic(code="role", summary="It is an agent.", severity=Severity.ERROR)

    with pytest.raises(StateProblem):
        recovery(Remembering(account_problems=(wrong,)))


def test_specs_off_the_grid_recover_nothing():
    with pytest.raises(InvalidInput):
        recovery(Remembering(), problems=(Diagnostic(code="off", summary="Off."),))


# Comparing.


def comparison(venue, known, *, allow=False):
    seen = Seen(state=known, events=(), snapshot=venue.looks[0])
    return finished(compare_fills(venue, seen, [book(holder())], may_have_gap=allow))


def test_an_open_order_newer_than_the_state_is_refused():
    seen = snapshot(resting(cloid=our_id("btc.dip", 5)))

    with pytest.raises(RolledBack, match="rolled back"):
        refuse_newer_orders(state(last_incarnation=4), seen, LAYOUT)
    refuse_newer_orders(state(last_incarnation=5), seen, LAYOUT)


def test_a_fill_newer_than_the_state_is_refused():
    venue = Remembering(history=(fill("5", "1", cloid=our_id("btc.dip", 5)),))

    with pytest.raises(RolledBack):
        comparison(venue, state(last_incarnation=4))


def test_many_newer_ids_are_counted():
    orders = [resting(oid=str(n), cloid=our_id("btc.dip", n)) for n in range(1, 8)]

    with pytest.raises(RolledBack) as caught:
        refuse_newer_orders(state(), snapshot(*orders), LAYOUT)
    assert "and 4 more" in caught.value.render()


def test_agreement_adds_nothing_but_its_time():
    found = comparison(Remembering(), state(synced_at_ms=NOW - 90_000))

    assert () == found.missing
    assert HistoryRead(records=(), reaches_ms=NOW - 150_000, until_ms=NOW) == found.agreed(())


def test_what_is_out_of_reach_is_refused_unless_a_person_allows_it():
    venue = Remembering(is_whole=False)

    with pytest.raises(StateProblem, match="cannot be seen"):
        comparison(venue, state(synced_at_ms=NOW - 1))
    assert () == comparison(venue, state(synced_at_ms=NOW - 1), allow=True).missing


def test_a_short_history_that_reaches_the_last_comparison_is_enough():
    assert () == comparison(Remembering(is_whole=False), state(synced_at_ms=NOW)).missing


def test_the_first_comparison_reads_from_long_before_the_birth():
    """The birth is of our own clock, which may have been days ahead of the venue's."""
    venue = Remembering()
    comparison(venue, state(born_at_ms=NOW))

    assert [NOW - 30 * 24 * 3_600_000] == venue.since


def test_before_the_first_comparison_a_fill_of_any_time_is_news():
    venue = Remembering(history=(fill("5", "1", cloid=our_id("btc.dip", 3)),))
    born_later = state(last_incarnation=4, born_at_ms=NOW + 10**9)

    assert 1 == len(comparison(venue, born_later).missing)


def test_what_nothing_explains_is_marked():
    venue = Remembering(history=(fill("5", "1", cloid=our_id("btc.dip", 3)),))
    (event,) = comparison(venue, state(last_incarnation=4)).missing
    (mark,) = event.records

    assert ("btc.dip", True, Decimal(0)) == (mark.holder, mark.has_history_gap, mark.filled)
