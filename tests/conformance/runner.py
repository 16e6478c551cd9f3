"""Whole runs at a harness: plan, carry out, read back, with a journal in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from reconciler.execution.executor import Entry, EntryReport, carry_out
from reconciler.execution.looking import Look, Shell, look
from reconciler.execution.resolver import ClosingPolicy
from reconciler.model.event import Resolved
from reconciler.model.order import DesiredBook, DesiredOrder, Holder, OrderAddress, Side
from reconciler.model.plan import action_kind
from reconciler.model.state import State
from reconciler.planner.context import PlanPolicy
from tests.conformance.harness import Attended, Hand
from tests.execution.fakes import FakeStore, Listener
from tests.support.build import SPAN, WIDE_LIMITS

__all__ = ["Runner", "book_of", "one"]


def one(hand: Hand, name: str, steps: int = 0, **more: Any) -> Holder:
    """Return a declared order so many steps from the first; `more` changes its terms."""
    generation = more.pop("generation", 1)
    wanted = hand.terms(steps, **more)
    address = OrderAddress(f"book.{name}")
    return Holder(
        address=address,
        generation=generation,
        instrument=wanted.instrument,
        side=Side.BUY,
        quantity=wanted.quantity,
        source=SPAN,
        orders=(DesiredOrder(address=address, terms=wanted, source=SPAN),),
    )


def book_of(*holders: Holder) -> DesiredBook:
    """Return a book of these orders."""
    return DesiredBook(
        name="book",
        venue="venue",
        path="specs/book.yaml",
        holders=tuple(sorted(holders, key=lambda holder: holder.address)),
    )


@dataclass(slots=True)
class Runner:
    """Runs at one harness, one after the other, on one journal.

    Attributes:
        is_patient: whether a run waits until a lost request must be dead.
        peak: the most orders of ours that rested at once when a request had been answered.
    """

    hand: Hand
    store: FakeStore = field(init=False)
    venue: Attended = field(init=False)
    peak: int = 0
    is_patient: bool = True

    def __post_init__(self) -> None:
        harness = self.hand.harness
        now_ms = harness.clock.now_ms()
        self.venue = Attended(harness.venue, after=lambda prepared: self._measure())
        self.store = FakeStore(
            State(
                project="conformance",
                venue="venue",
                kind="any",
                network="local",
                account="",
                lineage="line",
                serial=1,
                born_at_ms=now_ms,
                synced_at_ms=now_ms,
            )
        )

    async def look(self, *books: DesiredBook, **policy: Any) -> Look:
        """Plan; fails when the venue could not be read completely."""
        wide = replace(PlanPolicy(limits=WIDE_LIMITS), **policy)
        seen = await look(self.venue, self.store.state, books, wide, self._shell())
        assert () == seen.snapshot.problems
        return seen

    async def apply(self, *books: DesiredBook, **policy: Any) -> EntryReport:
        """Plan and carry out all of it."""
        seen = await self.look(*books, **policy)
        entry = Entry(
            venue=self.venue,
            store=self.store,
            limits=WIDE_LIMITS,
            expires_after_ms=self.hand.can.request_life_ms,
            shell=self._shell(),
            progress=Listener(),
            stop=lambda: None,
        )
        return await carry_out(entry, seen, seen.plan.actions)

    async def words(self, *books: DesiredBook, **policy: Any) -> list[str]:
        """Return what a plan would do, without what is kept."""
        seen = await self.look(*books, **policy)
        return [f"{action_kind(a)} {a.address}" for a in seen.plan.actions if _is_change(a)]

    def live(self) -> list[Decimal]:
        """Return what truly rests of each order of ours."""
        shown = self.hand.harness.live().values()
        return sorted(left for client_order_id, left in shown if client_order_id is not None)

    def proofs(self) -> Sequence[str]:
        """Return how requests of unknown fate were closed."""
        return [event.verdict for event in self.store.events if isinstance(event, Resolved)]

    def filled(self) -> Decimal:
        """Return what is on record as filled, ended orders and live ones."""
        state = self.store.state
        ended = sum((record.filled for record in state.records.values()), Decimal(0))
        return ended + sum((p.filled for p in state.placements.values()), Decimal(0))

    def _measure(self) -> None:
        self.peak = max(self.peak, len(self.live()))

    def _shell(self) -> Shell:
        can = self.hand.can
        wait_ms = can.request_life_ms + can.absence.over_ms + 12_000 if self.is_patient else 0
        return Shell(
            clock=self.hand.harness.clock,
            expand=lambda found, _: (found, ()),
            closing=ClosingPolicy(may_burn=True, wait_ms=wait_ms),
        )


def _is_change(action: Any) -> bool:
    return action_kind(action) != "keep"
