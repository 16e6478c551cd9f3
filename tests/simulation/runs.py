"""One run of the program at one venue entry: what `apply` does, with every port watched.

Lock, load, look, review, look again, carry out what both allow, unlock: the same functions as the
command line calls, between a watched store, a lossy network and a clock that may be wrong.
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from reconciler.cli.approving import Approval, approval_events, approved_books
from reconciler.errors import ReconcilerError, StalePlan
from reconciler.execution.executor import Entry, EntryReport, carry_out
from reconciler.execution.looking import Look, Shell, look
from reconciler.execution.permitting import permitted
from reconciler.execution.resolver import ClosingPolicy
from reconciler.model.config import Limits
from reconciler.model.event import Event, IntentWritten, Resolved
from reconciler.model.intent_id import intent_id_of
from reconciler.model.order import DesiredBook, Side
from reconciler.model.plan import Plan
from reconciler.model.state import State
from reconciler.planner.context import PlanPolicy
from reconciler.planner.staleness import differences
from reconciler.ports import LockInfo, Store, Venue
from reconciler.spec.expand import expand_book
from reconciler.statefile.lease import Caller
from reconciler.statefile.local import LocalStore
from tests.simulation.bench import Bench
from tests.simulation.disk import Machine, ProcessDisk
from tests.simulation.loop import CURRENT, Process, VirtualLoop
from tests.simulation.network import Network
from tests.simulation.oracle import Oracle
from tests.simulation.reviewed import Reviewed

__all__ = ["FOLDER", "Mode", "Run", "Shared"]

FOLDER = Path("/project/.reconciler")
PLAN_LIFETIME_MS = 15 * 60_000


@dataclass(frozen=True, slots=True)
class SkewedClock:
    """A runner's clock: the loop's time, and an error."""

    loop: VirtualLoop
    skew_ms: int

    def now_ms(self) -> int:
        return self.loop.now_ms + self.skew_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        await self.loop.sleep(duration_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all runs of a history share."""

    loop: VirtualLoop
    bench: Bench
    network: Network
    machine: Machine
    oracle: Oracle
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How a run goes.

    Attributes:
        saved: a plan of an earlier run, with what was already done of it.
        thinks_ms: how long a person looks at the plan before saying yes.
        is_unattended: only what is approved on record.
        allow: rules a person lifts.
        may_burn: whether lost requests are closed by burning their nonces.
        plans_only: stop once there is a plan.
        stops: whether a signal has come.
    """

    books: tuple[DesiredBook, ...]
    skew_ms: int = 0
    has_lock: bool = True
    saved: "tuple[Plan, Reviewed] | None" = None
    thinks_ms: int = 0
    is_unattended: bool = False
    plans_only: bool = False
    may_burn: bool = True
    allow: frozenset[str] = frozenset()
    stops: Callable[[], str | None] = lambda: None


class WatchedStore:
    """The real store; the oracle sees what becomes durable, and a process may die around it."""

    def __init__(self, inner: LocalStore, shared: Shared, run: "Run") -> None:
        self.inner = inner
        self.shared = shared
        self.run = run

    async def load(self) -> State | None:
        await self.shared.network.point()
        return await self.inner.load()

    async def append(self, state: State, events: Sequence[Event], at_ms: int) -> State:
        await self.shared.network.point()
        after = await self.inner.append(state, events, at_ms)
        words = ", ".join(_word(event) for event in events)
        self.shared.network.note(f"{self.run.process.name} wrote {after.serial}: {words}")
        self.shared.oracle.wrote(state, tuple(events), self.run.reviewed)
        self.shared.oracle.wishes.recorded(state, after)
        await self.shared.network.point()
        return after

    async def checkpoint(self, state: State) -> None:
        await self.shared.network.point()
        await self.inner.checkpoint(state)

    async def lock(self, operation: str, *, wait_ms: int) -> LockInfo:
        return await self.inner.lock(operation, wait_ms=wait_ms)

    async def unlock(self, info: LockInfo) -> None:
        await self.inner.unlock(info)

    async def close(self) -> None:
        await self.inner.close()


@dataclass(eq=False)
class Run:
    """A run, and what became of it.

    Attributes:
        problem: the error that ended it.
    """

    shared: Shared
    number: int
    mode: Mode
    process: Process
    reviewed: Reviewed | None = None
    plan: Plan | None = None
    look: Look | None = None
    report: EntryReport | None = None
    problem: ReconcilerError | None = None
    is_over: bool = False
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        loop = self.shared.loop
        self.clock = SkewedClock(loop, self.mode.skew_ms)
        disk = ProcessDisk(self.shared.machine)
        disk.belong_to(self.process)
        caller = Caller(owner="ci", host="runner", token=f"{self.number:x}")
        entry = self.shared.bench.entry
        inner = LocalStore(FOLDER, entry, clock=self.clock, caller=caller, disk=disk)
        self.store = WatchedStore(inner, self.shared, self)

    @property
    def has_ended(self) -> bool:
        return self.is_over or self.process.is_dead

    async def go(self) -> None:
        """Be the process."""
        try:
            await self._go()
        except ReconcilerError as problem:
            self.problem = problem
        except Exception as problem:
            where = "".join(traceback.format_tb(problem.__traceback__)[-2:])
            self.shared.oracle.fail(f"a run ended with {problem!r}\n{where}")
        finally:
            process = CURRENT.get()
            assert process is not None
            self.is_over = not process.is_dead

    async def _go(self) -> None:
        lock = await self.store.lock("apply", wait_ms=20_000) if self.mode.has_lock else None
        venue = self.shared.bench.venue(self.clock, self.shared.network.exchange)
        try:
            state = await self.store.load()
            assert state is not None, "a history starts with a state"
            await self._apply(venue, state)
        finally:
            if lock is not None:
                await self.store.unlock(lock)
            await venue.close()
            await self.store.close()

    async def _apply(self, venue: Venue, state: State) -> None:
        mode = self.mode
        looked_at_ms = self.shared.loop.now_ms
        seen = await self._look(venue, state)
        if seen is None:
            return
        fresh = self._plan(seen)
        if mode.plans_only:
            self.plan = fresh
            self.reviewed = Reviewed(plan=seen.plan)
            return
        shown = seen.plan
        if mode.saved is not None:
            (shown,) = mode.saved[0].venues
            saved, self.reviewed = mode.saved
            if differences(saved, fresh, now_ms=self.clock.now_ms()):
                raise StalePlan
            self._check_saved(saved, state)
        elif mode.is_unattended and not self._is_approved(state):
            self.reviewed = Reviewed(plan=replace(shown, actions=()))  # nothing may come of it
        else:
            self.reviewed = Reviewed(plan=shown)
            if mode.thinks_ms:
                await self.shared.loop.sleep(mode.thinks_ms)
                looked_at_ms = self.shared.loop.now_ms
                seen = await self._look(venue, state)
                if seen is None:
                    return
        actions, _ = permitted(shown, seen)
        self.reviewed.actions = actions
        self.reviewed.looked_at_ms = looked_at_ms
        self.reviewed.held = seen.snapshot.reducible(self.shared.bench.market.instrument, Side.SELL)
        self.reviewed.new_notional *= 0
        self.reviewed.changed = set()
        self.reviewed.ended = set()
        self.reviewed.is_unattended = mode.is_unattended
        self.reviewed.wants_nothing = not any(book.holders for book in mode.books)
        entry = Entry(
            venue=venue,
            store=self.store,
            limits=self.shared.limits,
            expires_after_ms=self.shared.bench.life_ms,
            shell=self._shell(),
            progress=_Silence(),
            stop=mode.stops,
        )
        noted = approval_events(self._approval(), seen.plan.intents, state)
        self.report = await carry_out(entry, seen, actions, noted=noted)
        self.look = seen

    async def _look(self, venue: Venue, state: State) -> Look | None:
        """Look, and plan; None when the look is incomplete."""
        intents = self._intents()
        policy = PlanPolicy(
            limits=self.shared.limits,
            is_unattended=self.mode.is_unattended,
            allow=self.mode.allow,
            approved_books=approved_books(self._approval(), intents, state),
        )
        seen = await look(venue, state, self.mode.books, policy, self._shell())
        if seen.snapshot.problems or seen.planned is None:
            return None
        self.look = seen
        plan = replace(seen.planned.plan, intents=intents)
        return replace(seen, planned=replace(seen.planned, plan=plan))

    def _approval(self) -> Approval:
        return Approval(is_given=True, is_unattended=self.mode.is_unattended)

    def _intents(self) -> dict[str, str]:
        limits, account = self.shared.limits, self.shared.bench.entry.account
        return {
            book.name: intent_id_of(book, limits=limits, network="local", account=account)
            for book in self.mode.books
        }

    def _plan(self, seen: Look) -> Plan:
        now_ms = self.clock.now_ms()
        return Plan(
            project=self.shared.bench.entry.project,
            tool_version="0",
            commit="",
            created_at_ms=now_ms,
            expires_at_ms=now_ms + PLAN_LIFETIME_MS,
            venues=(seen.plan,),
        )

    def _is_approved(self, state: State) -> bool:
        on_record = {book: approval.intent_id for book, approval in state.approvals.items()}
        return on_record == self._intents()

    def _check_saved(self, saved: Plan, state: State) -> None:
        """A saved plan is for the state it was made from, and for a while."""
        (venue,) = saved.venues
        if venue.serial != state.serial:
            self.shared.oracle.fail(f"I3: a plan of serial {venue.serial} passed {state.serial}")
        if self.clock.now_ms() - saved.created_at_ms > PLAN_LIFETIME_MS:
            self.shared.oracle.fail("I3: a plan past its time passed")

    def _shell(self) -> Shell:
        wait_ms = self.shared.bench.closing_wait_ms
        closing = ClosingPolicy(may_burn=self.mode.may_burn, wait_ms=wait_ms)
        return Shell(clock=self.clock, expand=partial(expand_book, sources={}), closing=closing)


def _word(event: Event) -> str:
    match event:
        case IntentWritten(intent=intent):
            return f"intent {intent.nonce}"
        case Resolved():
            return f"{event.nonce}/{event.index} {event.verdict}: {event.proof}"
        case _:
            return type(event).__name__


class _Silence:
    def note(self, text: str) -> None:
        pass
