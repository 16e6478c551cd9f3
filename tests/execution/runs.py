"""One entry, looked at and planned: what tests of carrying out begin with."""

from collections.abc import Sequence
from typing import Any

from reconciler.execution.executor import Entry, EntryReport, carry_out
from reconciler.execution.looking import Look, Shell
from reconciler.execution.resolver import READ_ONLY, ClosingPolicy
from reconciler.model.config import Limits
from reconciler.model.event import Event
from reconciler.model.nonces import NonceLane
from reconciler.model.order import DesiredBook, RestingOrder
from reconciler.model.plan import Action
from reconciler.model.state import State
from reconciler.planner.context import PlanPolicy
from tests.execution.fakes import FakeStore, Listener, ObedientVenue, finished
from tests.support import build
from tests.support.build import WIDE_LIMITS, shown, state

__all__ = ["EXPIRES_MS", "Run"]

EXPIRES_MS = 15_000


class Run:
    """One entry, looked at and planned; `go` carries it out."""

    def __init__(
        self,
        books: Sequence[DesiredBook],
        known: State | None = None,
        *,
        can: Any = build.IN_PLACE,
        limits: Limits = WIDE_LIMITS,
        closing: ClosingPolicy = READ_ONLY,
        foreign: Sequence[RestingOrder] = (),
        resting: Sequence[RestingOrder] | None = None,
        under: PlanPolicy | None = None,
    ) -> None:
        """Look at what rests; without a word it is every order on record as it was last seen."""
        known = known or state()
        ours = map(shown, known.placements.values()) if resting is None else resting
        orders = {o.venue_order_id: o for o in (*ours, *foreign)}
        self.venue = ObedientVenue(orders=orders, capabilities=can)
        self.store = FakeStore(known)
        self.listener = Listener()
        self.why_stop: str | None = None
        self.lane = NonceLane()
        self.limits = limits
        self.closing = closing
        seen = build.snapshot(*orders.values())
        self.look = Look(
            stored=known,
            settled=known,
            snapshot=seen,
            seen=(),
            books=tuple(books),
            planned=build.planned(books, known, seen, can=can, under=under),
            skew_ms=0,
        )

    def go(self, actions: Sequence[Action] | None = None, **events: Sequence[Event]) -> EntryReport:
        entry = Entry(
            venue=self.venue,
            store=self.store,
            limits=self.limits,
            expires_after_ms=EXPIRES_MS,
            shell=Shell(
                clock=self.venue.clock, expand=lambda book, _: (book, ()), closing=self.closing
            ),
            progress=self.listener,
            stop=lambda: self.why_stop,
            nonces=self.lane,
        )
        chosen = self.look.plan.actions if actions is None else actions
        report: EntryReport = finished(carry_out(entry, self.look, chosen, **events))
        return report
