"""Panic at venues of which only a part can be read, and how long it goes on."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from reconciler.diagnostics import Diagnostic
from reconciler.errors import VenueProblem
from reconciler.execution.emergency import Emergency, PanicReport
from reconciler.execution.panicking import (
    NOT_EVERYWHERE,
    NOT_GONE,
    READ_FAILURES_MAX,
    ROUNDS_MAX,
    UNLISTED,
    cancel_all_of_ours,
)
from reconciler.model.identity import NARROW
from reconciler.model.order import Options, RestingOrder
from reconciler.model.snapshot import VenueSnapshot
from reconciler.ports import Markets
from tests.execution.fakes import FakeClock, FakeVenue, ObedientVenue, finished
from tests.execution.panics import LIFE_MS, TAG, Quiet, own_id
from tests.support.build import NOW, REPLACING, instrument, resting, terms

MINE = resting(oid="1", cloid=own_id(1))
OTHER = resting(terms("5", name="ETH"), oid="2", cloid=own_id(2))


def problem() -> VenueProblem:
    return VenueProblem(Diagnostic(code="venue-unreadable", summary="It did not answer."))


@dataclass
class Partial(ObedientVenue):
    """A venue that says nothing of some instruments, or not where else to look.

    Attributes:
        blind: how many times it does not say where else to look.
        unreadable: instruments of which nothing is said, however they are asked for.
        unreadable_times: how often that is so.
    """

    blind: int = 0
    unreadable: frozenset[str] = frozenset()
    unreadable_times: int = 10**9
    looks_taken: int = 0
    grids: dict[str, Any] = field(
        default_factory=lambda: {n: instrument(n) for n in ("BTC", "ETH")}
    )

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        self.looks_taken += 1
        return await super().snapshot(instruments)

    async def everywhere(self) -> frozenset[str]:
        if self.blind:
            self.blind -= 1
            raise problem()
        return frozenset({"BTC", "ETH"})

    async def markets(
        self,
        instruments: frozenset[str],
        *,
        quotes_of: frozenset[str] = frozenset(),
        options: frozenset[Options] = frozenset(),
    ) -> Markets:
        if instruments & self.unreadable and self.unreadable_times:
            self.unreadable_times -= 1
            raise problem()
        return Markets(instruments={name: self.grids[name] for name in instruments})


def venue(*orders: RestingOrder, **others: Any) -> Partial:
    return Partial(orders={order.venue_order_id: order for order in orders}, **others)


def cleared(at: FakeVenue, **others: Any) -> PanicReport:
    made: dict[str, Any] = {
        "venue": at,
        "clock": at.clock,
        "progress": Quiet(),
        "tag": TAG,
        "instruments": frozenset({"BTC"}),
        "known_orders": {},
        "open_until_ms": 0,
        "may_know_all": True,
        "expires_after_ms": LIFE_MS,
        "last_nonce": 0,
    }
    report: PanicReport = finished(cancel_all_of_ours(Emergency(**(made | others))))
    return report


def test_it_is_not_clear_while_it_cannot_be_read_where_else_to_look() -> None:
    assert NOT_EVERYWHERE == cleared(venue(blind=10**9)).problem


def test_where_else_to_look_is_asked_for_again() -> None:
    assert "" == cleared(venue(blind=READ_FAILURES_MAX - 1)).problem


def test_what_rests_is_cancelled_though_it_cannot_be_read_where_else_to_look() -> None:
    at = venue(MINE, blind=10**9)
    report = cleared(at)

    assert ({}, ["1"], NOT_EVERYWHERE) == (at.orders, [*report.cancelled], report.problem)


def test_an_instrument_that_cannot_be_read_keeps_no_other_order_from_being_cancelled() -> None:
    at = venue(MINE, OTHER, unreadable=frozenset({"ETH"}))
    report = cleared(at)

    assert (["1"], (OTHER,), NOT_GONE) == ([*report.cancelled], report.left, report.problem)


def test_an_instrument_that_could_not_be_read_is_read_again() -> None:
    at = venue(MINE, unreadable=frozenset({"BTC"}), unreadable_times=2)
    report = cleared(at)

    assert ({}, ["1"], "") == (at.orders, [*report.cancelled], report.problem)


def test_where_a_cancel_needs_no_listing_none_is_read() -> None:
    can = replace(REPLACING, cancels_by_listing=False)
    mine = replace(MINE, client_order_id=NARROW.encode(tag=TAG, digest=7, incarnation=1))
    at = venue(mine, unreadable=frozenset({"BTC"}), capabilities=can)
    report = cleared(at)

    assert ({}, ["1"], "") == (at.orders, [*report.cancelled], report.problem)


class Unlisted(Partial):
    """A venue that has no instrument called ETH."""

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        seen = await super().snapshot(instruments)
        return replace(seen, unlisted=instruments & {"ETH"})


BOTH = frozenset({"BTC", "ETH"})


def test_a_name_that_the_venue_does_not_have_is_said_once_and_stands_in_no_way() -> None:
    at, quiet = Unlisted(orders={MINE.venue_order_id: MINE}), Quiet()
    report = cleared(at, instruments=BOTH, progress=quiet)

    assert ({}, "") == (at.orders, report.problem)
    assert 1 == quiet.notes.count("The venue does not list ETH.")


def test_an_order_on_record_where_the_venue_has_nothing_any_more_is_not_known_to_be_gone() -> None:
    at = Unlisted(orders={MINE.venue_order_id: MINE})
    report = cleared(at, instruments=BOTH, occupied=BOTH)

    assert ({}, UNLISTED.format("ETH")) == (at.orders, report.problem)


@pytest.mark.parametrize("waits_ms", [2 * ROUNDS_MAX * 1_000, 10**12])
def test_the_number_of_looks_is_limited_whatever_is_on_record(waits_ms: int) -> None:
    """An expiry far away: of a clock that was wrong, or of a journal that lies."""
    at = venue()
    report = cleared(at, open_until_ms=NOW + waits_ms)

    assert (NOT_GONE, ROUNDS_MAX) == (report.problem, at.looks_taken)


def test_a_clock_that_stands_still_ends_it_too() -> None:
    class Stopped(FakeClock):
        async def sleep_ms(self, duration_ms: int) -> None:
            """Let no time pass."""

    at = venue(MINE, OTHER, is_lost=True, clock=Stopped())

    assert (NOT_GONE, ROUNDS_MAX) == (cleared(at).problem, at.looks_taken)
