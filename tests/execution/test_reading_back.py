"""What is told of a run: what was seen after the venue's first word counts."""

from collections.abc import Sequence
from dataclasses import replace

from reconciler.execution.executor import EntryReport
from reconciler.execution.recorder import READ_BACK_TRIES_MAX
from reconciler.model.command import CancelOrder, Command
from reconciler.model.order import TimeInForce, VenueOrderId
from reconciler.model.outcome import Accepted, Rejected, RejectReason
from reconciler.model.snapshot import OrderPhase, VenueSnapshot
from reconciler.model.state import EndReason
from tests.execution.fakes import ObedientVenue
from tests.execution.runs import Run
from tests.support.build import IN_PLACE, REPLACING, book, holder, placement, state, terms


class Changeable(ObedientVenue):
    """A venue that takes an order, and refuses it a moment later."""

    def _do(self, command: Command) -> Accepted:
        taken = super()._do(command)
        if not isinstance(command, CancelOrder):
            assert taken.venue_order_id is not None
            self.end(taken.venue_order_id, OrderPhase.REJECTED)
        return taken


def changeable(run: Run) -> EntryReport:
    run.venue = Changeable(orders=run.venue.orders, capabilities=run.venue.capabilities)
    return run.go()


def test_an_order_that_was_taken_and_then_refused_is_told_as_refused() -> None:
    report = changeable(Run([book(holder())]))

    assert [Rejected(reason=RejectReason.OTHER, text="rejected")] == [
        applied.outcome for applied in report.applied
    ]
    assert EndReason.REJECTED is report.state.endings["btc.dip"].reason  # type: ignore[index]


def test_a_one_shot_that_met_nobody_is_told_as_done() -> None:
    one_shot = terms(post_only=False, time_in_force=TimeInForce.IOC)
    report = changeable(Run([book(holder(wanted=one_shot))]))

    assert [Accepted] == [type(applied.outcome) for applied in report.applied]


class Counted(ObedientVenue):
    """A venue that counts how often it is looked at."""

    looks_taken = 0

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        self.looks_taken += 1
        return await super().snapshot(instruments)


def test_a_cancel_that_never_shows_is_not_waited_for_without_end() -> None:
    can = replace(IN_PLACE, settle_ms=10**9)
    low = placement("btc.low", terms("80"), incarnation=2)
    run = Run([book(holder("btc.low", terms("80")))], state(placement(), low), can=can)
    counted = Counted(orders=run.venue.orders, capabilities=can, is_lost=True)
    run.venue = counted
    report = run.go()

    assert READ_BACK_TRIES_MAX == counted.looks_taken
    assert ["1", "2"] == shown_at(report)


def test_an_incomplete_look_is_not_read_back_without_end() -> None:
    can = replace(IN_PLACE, settle_ms=10**9)
    run = Run([book(holder())], can=can)
    run.venue.looks = [replace(run.look.snapshot, problems=("too long",))] * 99
    report = run.go()

    assert [] == [x for p in report.state.placements.values() for x in p.legs if x.is_settled]
    assert 99 - READ_BACK_TRIES_MAX == len(run.venue.looks)


def shown_at(report: EntryReport) -> Sequence[VenueOrderId]:
    placements = report.state.placements.values()
    return sorted(leg.venue_order_id for placed in placements for leg in placed.legs)


def test_a_replacement_that_a_stopped_run_leaves_is_listed_once() -> None:
    """It stands in two steps, its cancel and its place; another's refused cancel ends the run."""
    can = replace(REPLACING, batch_items_max=1)
    placed = [
        placement("btc.a", terms("91"), incarnation=1),
        placement("btc.b", terms("81"), incarnation=2),
    ]
    wanted = book(holder("btc.a"), holder("btc.b", terms("80")))
    run = Run([wanted], state(*placed), can=can)
    run.venue.outcomes = [(Rejected(reason=RejectReason.OTHER, text="no"),)]
    report = run.go()

    assert [("btc.a", "replace"), ("btc.b", "replace")] == sorted(
        (dropped.address, dropped.kind) for dropped in report.dropped
    )
