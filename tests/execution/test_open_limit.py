"""What is open never exceeds its limit at any moment of a run; what would is left for the next."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from reconciler.model.command import Prepared
from reconciler.model.config import Limits
from reconciler.model.event import IntentWritten
from reconciler.model.order import Holder
from reconciler.model.outcome import Accepted
from tests.execution.runs import Run
from tests.support import build
from tests.support.build import WIDE_LIMITS, book, holder, placement, resting, state, terms

ONE_EACH = replace(build.IN_PLACE, batch_items_max=1)
LARGE = placement("btc.a", terms("90", "2"), incarnation=1)


def at_most(value: str) -> Limits:
    return replace(WIDE_LIMITS, max_open_notional=Decimal(value))


def exchanging(limit: str) -> Run:
    """An order at 90 to cancel, then one at 70 on the other side to place."""
    wanted = book(holder("btc.new", terms("70", side="sell")))
    return Run([wanted], state(placement()), limits=at_most(limit))


def sent(run: Run) -> list[str]:
    """Return what was sent, as `kind address`."""
    return [
        f"{item.operation} {item.address}"
        for event in run.store.events
        if isinstance(event, IntentWritten)
        for item in event.intent.items
    ]


def test_a_cancel_is_seen_done_before_what_takes_its_room_is_placed() -> None:
    run = exchanging("90")

    assert False is run.go().is_over_limit
    assert ["cancel btc.dip", "place btc.new"] == sent(run)
    assert "Observed" in run.store.kinds()[: run.store.kinds().index("IntentWritten") + 4]


def test_an_accepted_cancel_that_is_not_seen_done_leaves_no_room() -> None:
    run = exchanging("90")
    run.venue.is_lost = True
    run.venue.outcomes = [(Accepted(),)]
    report = run.go()

    assert (True, ["cancel btc.dip"]) == (report.is_over_limit, sent(run))
    assert ["Open orders could be worth 160; `max_open_notional` is 90."] == [
        dropped.why for dropped in report.dropped
    ]


def test_nothing_is_sent_when_the_run_is_stopped_while_it_looks_for_room() -> None:
    run = exchanging("90")

    def stop(prepared: Prepared) -> None:
        snapshot = run.venue.snapshot

        async def stopping(instruments: frozenset[str]) -> Any:
            run.why_stop = "A signal came."
            return await snapshot(instruments)

        run.venue.snapshot = stopping  # type: ignore[method-assign]

    run.venue.before_send = stop
    report = run.go()

    assert (["cancel btc.dip"], "A signal came.") == (sent(run), report.stopped)


def test_where_there_is_room_an_accepted_cancel_is_not_waited_for() -> None:
    run = exchanging("160")
    run.go()
    first = run.store.kinds().index("IntentWritten")

    assert ["IntentWritten", "OutcomesWritten"] * 2 == run.store.kinds()[first : first + 4]


def add_foreign(run: Run) -> None:
    """Let a person place an order at the venue with the next request."""

    def place(prepared: Prepared) -> None:
        order = resting(terms("50"), oid="9")
        run.venue.orders[order.venue_order_id] = order

    run.venue.before_send = place


def test_an_order_that_came_meanwhile_takes_room() -> None:
    run = exchanging("110")
    add_foreign(run)

    assert True is run.go().is_over_limit
    assert ["cancel btc.dip"] == sent(run)


def test_an_order_that_came_meanwhile_leaves_the_rest_of_the_room() -> None:
    run = exchanging("120")
    add_foreign(run)
    run.go()

    assert ["cancel btc.dip", "place btc.new"] == sent(run)


def placing(limit: str, *, more: Sequence[Holder] = (), **options: Any) -> Run:
    """Two orders worth 90 and 80, a request each; the plan knew of no limit."""
    wanted = book(holder("btc.a", terms("90")), holder("btc.b", terms("80")), *more)
    return Run([wanted], can=ONE_EACH, limits=at_most(limit), **options)


def test_every_request_counts_for_those_after_it() -> None:
    run = placing("169")

    assert ["btc.b"] == [dropped.address for dropped in run.go().dropped]
    assert ["place btc.a"] == sent(run)


def test_all_that_fits_is_sent() -> None:
    run = placing("170")
    run.go()

    assert ["place btc.a", "place btc.b"] == sent(run)


def resizing(limit: str) -> Run:
    """In one request an order shrinks and another grows."""
    known = state(LARGE, placement("btc.b", terms("80"), incarnation=2))
    wanted = book(holder("btc.a", terms("90")), holder("btc.b", terms("80", "2")))
    return Run([wanted], known, limits=at_most(limit))


def test_of_a_request_what_raises_is_left_and_what_reduces_is_sent() -> None:
    run = resizing("339")

    assert ["btc.b"] == [dropped.address for dropped in run.go().dropped]
    assert ["modify btc.a"] == sent(run)


def test_a_request_that_fits_is_sent_whole() -> None:
    run = resizing("340")
    run.go()

    assert ["modify btc.a", "modify btc.b"] == sent(run)


def test_an_order_that_was_there_before_takes_room() -> None:
    run = placing("170", foreign=[resting(terms("1"), oid="9")])

    assert ["btc.b"] == [dropped.address for dropped in run.go().dropped]


def test_what_a_run_has_sent_is_looked_at_once() -> None:
    looks = []
    run = placing("90", more=[holder("btc.c", terms("70"))])
    snapshot = run.venue.snapshot

    async def looked(instruments: frozenset[str]) -> Any:
        looks.append(instruments)
        return await snapshot(instruments)

    run.venue.snapshot = looked  # type: ignore[method-assign]
    report = run.go()

    # Once for the second request and none for the third; the last is at the end of every run.
    assert (["btc.b", "btc.c"], 2) == ([d.address for d in report.dropped], len(looks))


def test_cancels_pass_whatever_is_open() -> None:
    run = exchanging("1")

    assert (True, ["cancel btc.dip"]) == (run.go().is_over_limit, sent(run))


def test_what_reduces_is_not_over_any_limit() -> None:
    run = Run([book(holder("btc.a", terms("90")))], state(LARGE), limits=at_most("1"))

    assert (False, ["modify btc.a"]) == (run.go().is_over_limit, sent(run))
