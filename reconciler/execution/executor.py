"""Carries out actions at one venue entry: intent, last gate, send once, outcome, read back.

It knows the `Venue` and `Store` ports, no venue and no backend. An order action is never sent
again. The first unknown outcome that reading back does not settle stops the later phases of the
account.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import Refused
from reconciler.execution.gate import objections
from reconciler.execution.looking import Look, Shell, new_grids, refresh
from reconciler.execution.requesting import Draft, Minter, draft_request, intent_of
from reconciler.execution.resolver import close_unknowns
from reconciler.execution.shrinking import filled_at_limit, shrunk
from reconciler.model.command import BatchKind, Prepared
from reconciler.model.config import Limits
from reconciler.model.event import Event, Forgotten, IntentWritten, OutcomesWritten
from reconciler.model.identity import next_incarnation
from reconciler.model.numbers import ZERO
from reconciler.model.order import OrderAddress, declared_addresses
from reconciler.model.outcome import Outcome, Rejected, RejectReason, Unknown
from reconciler.model.plan import Action, Modify, Place, Replace
from reconciler.model.snapshot import VenueSnapshot
from reconciler.model.state import IntentItem, State
from reconciler.observe import sight_of, unsettled_addresses
from reconciler.planner.intersect import Dropped
from reconciler.planner.sequence import Step, steps_of
from reconciler.ports import Progress, Store, Venue

__all__ = ["Applied", "Entry", "EntryReport", "carry_out"]

READ_BACK_TRIES_MAX = 6
READ_BACK_PAUSE_MS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One venue entry and everything that acting on it needs.

    Attributes:
        stop: says why nothing new may be sent any more, or None.
    """

    venue: Venue
    store: Store
    limits: Limits
    expires_after_ms: int
    shell: Shell
    progress: Progress
    stop: Callable[[], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of one order of one request.

    Attributes:
        kind: ``place``, ``modify`` or ``cancel``.
    """

    address: OrderAddress
    kind: str
    outcome: Outcome


@dataclass(slots=True, kw_only=True)
class EntryReport:
    """What a run did at one venue entry.

    Attributes:
        applied: in sending order.
        dropped: planned, and left for the next plan.
        unknown: addresses whose outcome is still unknown.
        stopped: why later steps were not sent, or empty.
        requests: how many were sent.
    """

    state: State
    applied: list[Applied] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    unknown: tuple[OrderAddress, ...] = ()
    stopped: str = ""
    requests: int = 0


async def carry_out(
    entry: Entry, look: Look, actions: Sequence[Action], *, opening: Sequence[Event] = ()
) -> EntryReport:
    """Send what the actions say, at most that, and record what became of it.

    Args:
        opening: further events for the journal, written only when something is sent.

    Raises `LostRace` and `StateProblem` from the store: then nothing after them was sent.
    """
    return await _Run(entry, look, actions).run(opening)


class _Run:
    """One run at one entry; its state is always what the journal holds."""

    def __init__(self, entry: Entry, look: Look, actions: Sequence[Action]) -> None:
        self.entry = entry
        self.look = look
        self.actions = tuple(actions)
        self.report = EntryReport(state=look.stored)
        self.instruments = {**look.settled.instruments, **look.snapshot.instruments}
        start = next_incarnation(
            last=look.settled.last_incarnation, venue_time_ms=look.snapshot.taken_at_ms
        )
        layout = entry.venue.capabilities.id_layout
        self.minter = Minter.of(look.stored, layout, start)

    async def run(self, opening: Sequence[Event]) -> EntryReport:
        """Do all steps, then read back."""
        assert self.look.planned is not None, "only a planned look is carried out"
        steps = steps_of(self.actions, self.entry.venue.capabilities)
        events = [*self.look.seen, *self.look.planned.events]
        if steps:
            events += [*new_grids(self.look), *opening]
        await self._append(events)
        before = self.report.state
        if await self._cancel_phase([s for s in steps if s.kind is BatchKind.CANCEL], before):
            await self._other_phases([s for s in steps if s.kind is not BatchKind.CANCEL], before)
        if steps:
            await self._read_back()
            await self._append(self._forgotten())
        if events or steps:
            await self.entry.store.checkpoint(self.report.state)
        self.report.unknown = tuple(sorted(unsettled_addresses(self.report.state)))
        return self.report

    async def _cancel_phase(self, steps: Sequence[Step], before: State) -> bool:
        for step in steps:
            if not await self._step(step):
                return False
        if any(isinstance(action, Replace) for action in self.actions):
            await self._read_back()
        return True

    async def _other_phases(self, steps: Sequence[Step], before: State) -> None:
        for step in steps:
            fitting = self._fitting(step, before)
            if fitting.actions and not await self._step(fitting):
                return

    async def _step(self, step: Step) -> bool:
        """Send one request; say whether the next may follow."""
        why = self.entry.stop()
        if why is not None:
            self._drop(step.actions, why)
            self.report.stopped = why
            return False
        draft = draft_request(step, self.minter)
        prepared = self._prepare(draft)
        self._check(step, draft, prepared)
        intent = intent_of(step, draft, prepared, self.instruments)
        await self._append([IntentWritten(intent=intent)])
        self.report.requests += 1
        outcomes = await self.entry.venue.submit(prepared)
        outcomes = _fitted(outcomes, draft)
        await self._append([OutcomesWritten(nonce=prepared.nonce, outcomes=outcomes)])
        self._note(draft.items, outcomes)
        return await self._may_go_on(outcomes)

    async def _may_go_on(self, outcomes: Sequence[Outcome]) -> bool:
        if any(isinstance(o, Rejected) and o.reason is RejectReason.AUTHORITY for o in outcomes):
            self.report.stopped = "The venue does not accept this signer for this account."
            return False
        if not any(isinstance(outcome, Unknown) for outcome in outcomes):
            return True
        await self._read_back()
        if unsettled_addresses(self.report.state):
            await self._close_unknowns()
        if not unsettled_addresses(self.report.state):
            return True
        self.report.stopped = "An outcome is unknown."
        return False

    async def _close_unknowns(self) -> None:
        async def record(events: Sequence[Event]) -> State:
            await self._append(events)
            return self.report.state

        shell = self.entry.shell
        state = self.report.state
        await close_unknowns(self.entry.venue, state, shell.clock, shell.closing, record)
        await self._read_back()

    def _forgotten(self) -> list[Event]:
        """Drop the bindings of undeclared addresses whose orders this run took away."""
        declared = declared_addresses(self.look.books)
        touched = {action.address for action in self.actions}
        touched |= {action.origin for action in self.actions if isinstance(action, Modify)}
        bound = {placement.address for placement in self.report.state.placements.values()}
        gone = touched & self.report.state.endings.keys() - declared - bound
        return [Forgotten(address=address) for address in sorted(gone)]

    def _prepare(self, draft: Draft) -> Prepared:
        clock = self.entry.shell.clock
        now_ms = clock.now_ms()
        return self.entry.venue.prepare(
            draft.batch,
            nonce=max(now_ms, self.report.state.last_nonce + 1),
            expires_at_ms=now_ms + self.look.skew_ms + self.entry.expires_after_ms,
        )

    def _check(self, step: Step, draft: Draft, prepared: Prepared) -> None:
        decoded = self.entry.venue.decode(prepared)
        found = objections(decoded, step, draft, self.entry.limits, self.instruments)
        if found:
            raise Refused(
                Diagnostic(
                    code="last-gate",
                    summary="A request differs from the plan it was made for; it was not sent.",
                    where=self.report.state.venue,
                    why=" ".join(display(text) for text in found),
                    next_step="Please report this: it is a defect of the program.",
                )
            )

    def _fitting(self, step: Step, before: State) -> Step:
        """Return the step less places whose old order is not confirmed gone, or has filled."""
        kept = []
        for action in step.actions:
            fitting = self._fitting_action(action, before)
            if fitting is not None:
                kept.append(fitting)
        return replace(step, actions=tuple(kept))

    def _fitting_action(self, action: Action, before: State) -> Action | None:
        if isinstance(action, Place):
            return action
        if not isinstance(action, Replace):
            return action
        state = self.report.state
        if action.before.client_order_id in state.placements:
            self._drop([action], "Its old order is not confirmed gone.")
            return None
        key = (action.holder, action.generation)
        price = action.before.price
        late = filled_at_limit(state, key, price) - filled_at_limit(before, key, price)
        after = shrunk(action.after, late, self.instruments.get(action.after.instrument))
        if after is None:
            self._drop([action], "Its old order filled while it was being cancelled.")
            return None
        return action if late == ZERO else replace(action, after=after)

    async def _read_back(self) -> None:
        """Take what the venue shows as true; wait a little for what was just sent."""
        clock = self.entry.shell.clock
        for attempt in range(READ_BACK_TRIES_MAX):
            if attempt:
                await clock.sleep_ms(READ_BACK_PAUSE_MS)
            refreshed = await refresh(self.entry.venue, self.report.state, frozenset(), clock)
            if refreshed.snapshot.problems:
                continue
            await self._append(refreshed.seen)
            if not self._is_waiting(refreshed.snapshot):
                return

    def _is_waiting(self, snapshot: VenueSnapshot) -> bool:
        state = self.report.state
        sight = sight_of(state, snapshot)
        is_cancelling = any(
            placement.is_cancel_requested
            for placement in state.placements.values()
            if placement.client_order_id in sight.resting
        )
        return bool(sight.blocked) or is_cancelling

    async def _append(self, events: Sequence[Event]) -> None:
        if events:
            at_ms = self.entry.shell.clock.now_ms() + self.look.skew_ms
            self.report.state = await self.entry.store.append(self.report.state, events, at_ms)

    def _note(self, items: Sequence[IntentItem], outcomes: Sequence[Outcome]) -> None:
        for item, outcome in zip(items, outcomes, strict=True):
            self.report.applied.append(
                Applied(address=item.address, kind=item.operation, outcome=outcome)
            )
            word = type(outcome).__name__.lower()
            self.entry.progress.note(f"{item.operation} {item.address}: {word}")

    def _drop(self, actions: Sequence[Action], why: str) -> None:
        for action in actions:
            self.report.dropped.append(
                Dropped(address=action.address, kind=type(action).__name__.lower(), why=why)
            )


def _fitted(outcomes: tuple[Outcome, ...], draft: Draft) -> tuple[Outcome, ...]:
    """Return one outcome an order; a wrong number of them says nothing about any."""
    if len(outcomes) == len(draft.items):
        return outcomes
    cause = f"{len(outcomes)} outcomes for {len(draft.items)} orders"
    return tuple(Unknown(cause=cause) for _ in draft.items)
