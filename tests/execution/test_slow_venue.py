"""A venue that cancels later than it says: never two orders live, and nothing bought twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from reconciler.execution.executor import EntryReport
from reconciler.model.command import CancelOrder, Command
from reconciler.model.order import RestingOrder, VenueOrderId
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason
from reconciler.model.snapshot import OrderPhase, OrderQuery, OrderStatus, VenueSnapshot
from tests.execution.fakes import ObedientVenue
from tests.execution.runs import Run
from tests.execution.test_executor import told
from tests.support import build
from tests.support.build import NOW, book, holder, placement, state, terms

SLOW = replace(build.REPLACING, settle_ms=10_000)
OLD = VenueOrderId("1")
NOT_NOW = Rejected(reason=RejectReason.NOT_NOW, text="settlement until 08:05")


@dataclass
class SlowVenue(ObedientVenue):
    """Cancels after a delay, in which an order may fill.

    Attributes:
        delay_ms: from the acknowledgement to the end.
        late_fill: what fills meanwhile of each order that is being cancelled.
        ending: venue time at which each order ends.
        live: the most orders under our ids that ever rested at once.
    """

    delay_ms: int = 4_000
    late_fill: Decimal = Decimal(0)
    ending: dict[VenueOrderId, int] = field(default_factory=dict)
    live: int = 0

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        self._pass()
        return await super().snapshot(instruments)

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        self._pass()
        return await super().lookup(queries)

    def _do(self, command: Command) -> Accepted:
        self._pass()
        if isinstance(command, CancelOrder):
            assert command.target is not None
            self.ending.setdefault(command.target, self.clock.now_ms() + self.delay_ms)
            return Accepted()
        done = super()._do(command)
        self.live = max(self.live, len(self.orders))
        return done

    def _pass(self) -> None:
        for oid, at_ms in list(self.ending.items()):
            if at_ms <= self.clock.now_ms() and oid in self.orders:
                order: RestingOrder = self.orders[oid]
                is_filled = self.late_fill == order.quantity
                phase = OrderPhase.FILLED if is_filled else OrderPhase.CANCELLED_BY_USER
                self.end(oid, phase, filled=self.late_fill)


def repricing(venue: SlowVenue) -> Run:
    placed = placement()
    run = Run([book(holder(wanted=terms("91")))], state(placed), can=SLOW)
    venue.orders = run.venue.orders
    venue.capabilities = SLOW
    run.venue = venue
    return run


def replaced(**venue: Any) -> tuple[Run, SlowVenue, EntryReport]:
    made = SlowVenue(**venue)
    run = repricing(made)
    return run, made, run.go()


def test_a_replacement_waits_for_a_cancel_that_takes_its_time() -> None:
    _, venue, report = replaced(delay_ms=4_000)

    assert ["cancel btc.dip Accepted", "place btc.dip Accepted"] == told(report)
    assert (1, [Decimal(91)]) == (venue.live, [o.price for o in venue.orders.values()])
    assert venue.clock.now_ms() >= NOW + 4_000


def test_the_remainder_has_a_new_client_order_id() -> None:
    run, venue, _ = replaced()
    (order,) = venue.orders.values()

    assert order.client_order_id != placement().client_order_id
    assert [order.client_order_id] == list(run.store.state.placements)


@pytest.mark.parametrize(("late", "left"), [("0.4", [Decimal("0.6")]), ("1", [])])
def test_what_fills_while_it_is_cancelled_makes_the_remainder_smaller(
    late: str, left: list[Decimal]
) -> None:
    run, venue, _ = replaced(late_fill=Decimal(late))

    assert left == [order.quantity for order in venue.orders.values()]
    (record,) = run.store.state.records.values()
    assert Decimal(late) == record.filled


def test_a_cancel_that_takes_too_long_leaves_the_place_for_the_next_plan() -> None:
    run, venue, report = replaced(delay_ms=60_000)

    assert ["cancel btc.dip Accepted"] == told(report)
    assert ["The order it waits for is not confirmed gone."] == [d.why for d in report.dropped]
    assert [OLD] == list(venue.orders)
    assert run.store.state.placements[placement().client_order_id].is_cancel_requested


def test_the_wait_for_a_cancel_ends() -> None:
    _, venue, _ = replaced(delay_ms=10**9)

    assert NOW + 10_000 <= venue.clock.now_ms() < NOW + 40_000


def refused(*outcomes: tuple[Outcome, ...]) -> tuple[Run, EntryReport]:
    wanted = [holder(name, terms(str(90 - n))) for n, name in enumerate(("btc.a", "btc.b"))]
    run = Run([book(*wanted)], can=replace(build.IN_PLACE, batch_items_max=1))
    run.venue.outcomes = list(outcomes)
    run.venue.is_lost = True
    return run, run.go()


def test_a_venue_that_takes_nothing_at_the_moment_ends_the_run_with_its_words() -> None:
    _, report = refused((NOT_NOW,))

    assert ["place btc.a Rejected"] == told(report)
    assert "The venue takes nothing at the moment: settlement until 08:05" == report.stopped


def test_what_the_venue_did_not_look_at_is_no_refusal_of_the_order() -> None:
    run, _ = refused((NOT_NOW,))

    assert {} == run.store.state.refusals
    assert {} == run.store.state.placements


def test_one_order_refused_for_now_does_not_stop_the_others() -> None:
    wanted = [holder(name, terms(str(90 - n))) for n, name in enumerate(("btc.a", "btc.b"))]
    run = Run([book(*wanted)])
    run.venue.outcomes = [(NOT_NOW, Accepted(venue_order_id=VenueOrderId("9")))]
    report = run.go()

    assert "" == report.stopped


def test_requests_that_reach_the_venue_too_late_end_a_run():
    """Each of them may cost as much as several."""
    late = Rejected(reason=RejectReason.EXPIRED, text="Action already expired")
    run, report = refused((late,))

    assert 1 == len(run.venue.sent)
    assert "The venue takes nothing at the moment: Action already expired" == report.stopped
