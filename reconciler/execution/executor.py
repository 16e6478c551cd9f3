"""Carries out actions at one venue entry: intent, last gate, send once, outcome, read back.

It knows the `Venue` and `Store` ports, no venue and no backend. An order action is never sent
again. The first unknown outcome that reading back does not settle stops the later phases of the
account.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import Refused
from reconciler.execution.fitting import UNPROTECTED, Fitting
from reconciler.execution.gate import objections, weighed_of
from reconciler.execution.gate_limits import Standing, Tally, Weighed, new_value, open_objection
from reconciler.execution.looking import Look, Shell, new_grids
from reconciler.execution.recorder import Recorder
from reconciler.execution.requesting import Draft, Minter, draft_request, intent_of
from reconciler.execution.room import wait_for_room
from reconciler.execution.stopping import leaves_orders, refusal_of_all
from reconciler.execution.whose import check_account, rests_on_the_key
from reconciler.model.command import Batch, BatchKind, Prepared
from reconciler.model.config import Limits
from reconciler.model.event import Event, Forgotten, IntentWritten, OutcomesWritten
from reconciler.model.identity import next_incarnation
from reconciler.model.nonces import NonceLane
from reconciler.model.order import OrderAddress
from reconciler.model.outcome import Outcome, Unknown
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace, action_kind
from reconciler.model.state import IntentItem, State
from reconciler.model.transitions import utc_day
from reconciler.observe import sight_of, unsettled_addresses
from reconciler.planner.intersect import Dropped
from reconciler.planner.labels import relabelled
from reconciler.planner.sequence import Step, items_of, steps_of
from reconciler.planner.strays import swept_slots
from reconciler.ports import Progress, Store, Venue

__all__ = ["Applied", "Entry", "EntryReport", "carry_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One venue entry and everything that acting on it needs.

    Attributes:
        stop: says why nothing new may be sent any more, or None.
        nonces: those that no other entry uses.
    """

    venue: Venue
    store: Store
    limits: Limits
    expires_after_ms: int
    shell: Shell
    progress: Progress
    stop: Callable[[], str | None]
    nonces: NonceLane = field(default_factory=NonceLane)


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
        is_over_limit: something was left since too much might have been open beside it.
        requests: how many were sent.
    """

    state: State
    applied: list[Applied] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    unknown: tuple[OrderAddress, ...] = ()
    stopped: str = ""
    is_over_limit: bool = False
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A step as it would be sent, and read back from its bytes."""

    step: Step
    draft: Draft
    prepared: Prepared
    decoded: Batch
    weighed: tuple[Weighed, ...]


async def carry_out(
    entry: Entry,
    look: Look,
    actions: Sequence[Action],
    *,
    opening: Sequence[Event] = (),
    noted: Sequence[Event] = (),
) -> EntryReport:
    """Send what the actions say, at most that, and record what became of it.

    Args:
        opening: further events for the journal, written only when something is sent.
        noted: further events for the journal, written in any case.

    Raises `LostRace` and `StateProblem` from the store: then nothing after them was sent.
    """
    return await _Run(entry, look, actions).run(opening, noted)


class _Run:
    """One run at one entry."""

    def __init__(self, entry: Entry, look: Look, actions: Sequence[Action]) -> None:
        assert look.planned is not None, "only a planned look is carried out"
        self.entry = entry
        self.look = look
        self.planned = look.planned
        self.actions = tuple(actions)
        self.report = EntryReport(state=look.stored)
        self.record = Recorder(
            entry.venue, entry.store, entry.shell, look.stored, self._venue_time_ms
        )
        self.record.expect_blocked(frozenset(sight_of(look.settled, look.snapshot).blocked))
        self.record.foreign = look.planned.context.sight.foreign
        self.sent: list[tuple[tuple[int, int], IntentItem]] = []
        self.is_unseen = False
        self.instruments = {**look.settled.instruments, **look.snapshot.instruments}
        self.tally = Tally(
            limits=entry.limits,
            instruments=self.instruments,
            mids=look.snapshot.mids,
            halt=look.planned.context.policy.halt,
        )
        self.fitting = Fitting.of(look.planned.context.state, self.instruments)
        self.fitting.attached_follow = not entry.venue.capabilities.triggers.have_ids
        start = next_incarnation(
            last=look.settled.last_incarnation, venue_time_ms=look.snapshot.taken_at_ms
        )
        layout = entry.venue.capabilities.id_layout
        self.minter = Minter.of(look.stored, layout, start)

    async def run(self, opening: Sequence[Event], noted: Sequence[Event]) -> EntryReport:
        """Do all steps, then read back."""
        steps = steps_of(self.actions, self.entry.venue.capabilities)
        if steps or rests_on_the_key(self.entry.venue, self.look.seen):
            await check_account(self.entry.venue, self.entry.progress, self.look, steps)
        events = [*self.look.seen, *self.planned.events, *noted]
        if steps:
            events += [*new_grids(self.look), *self.look.compared, *opening]
        if events or steps:
            events += self.planned.labels
        await self.record.append(events)
        await self._send_all(steps)
        if steps:
            await self.record.read_back()
            swept = swept_slots(self.actions, self.look.books, self.record.state)
            await self.record.append([Forgotten(address=slot) for slot in swept])
            await self.record.append(relabelled(self.look.books, self.record.state))
        if events or steps:
            await self.record.checkpoint()
        self.report.state = self.record.state
        self.report.applied = self._settled()
        self.report.unknown = tuple(sorted(unsettled_addresses(self.record.state)))
        return self.report

    async def _send_all(self, steps: Sequence[Step]) -> None:
        waited: set[str] = set()
        for number, step in enumerate(steps, start=1):
            waits = self._waits(step)
            if waits - waited:
                await self._read_back()
            waited |= waits
            fitted = self._fitted(step)
            if fitted.actions and not await self._step(fitted):
                self._leave(steps[number:])
                return

    def _waits(self, step: Step) -> set[str]:
        """Return what a step waits for: orders not confirmed gone, stops not confirmed to stand."""
        state = self.record.state
        if step.kind is not BatchKind.CANCEL:
            return {x for action in step.actions for x in self.fitting.waits(action, state)}
        cancels = [a for a in step.actions if isinstance(a, Cancel | Replace)]
        return {address for a in cancels for address in self.fitting.unprotected(a, state)}

    async def _step(self, step: Step) -> bool:
        """Send one request; say whether the next may follow."""
        request = await self._request(step)
        if request is not None:
            request = await self._within_open_limit(request)
        if request is None:
            return not self.report.stopped
        return await self._send(request)

    async def _request(self, step: Step) -> _Request | None:
        """Return a step as it would be sent now; None when nothing new may be sent any more.

        It has an expiry from now on, so what it waits for comes first.
        """
        entry, items = self.entry, items_of(step)
        why = await wait_for_room(
            entry.venue, entry.shell.clock, entry.progress, entry.stop, kind=step.kind, items=items
        )
        if why is not None:
            self.report.stopped = why
            for action in step.actions:
                self._drop(action, why)
            return None
        draft = draft_request(step, self.minter)
        prepared = self._prepare(draft)
        decoded = self.entry.venue.decode(prepared)
        return _Request(
            step=step,
            draft=draft,
            prepared=prepared,
            decoded=decoded,
            weighed=weighed_of(decoded, step, draft),
        )

    async def _within_open_limit(self, request: _Request) -> _Request | None:
        """Return the request, less what would raise open orders above their limit, if anything.

        An accepted cancel counts until it is seen done: that is looked at before anything is left.
        """
        why = self._over_open_limit(request)
        if why is not None and self.is_unseen:
            await self._read_back()
            fitted = self._fitted(request.step)
            remade = await self._request(fitted) if fitted.actions else None
            if remade is None:
                return None
            request = remade
            why = self._over_open_limit(request)
        if why is None:
            return request
        self.report.is_over_limit = True
        standing = self._standing()
        raising = {order.address for order in request.weighed if order.raises(standing)}
        for action in request.step.actions:
            if action.address in raising:
                self._drop(action, why)
        kept = tuple(a for a in request.step.actions if a.address not in raising)
        return await self._request(replace(request.step, actions=kept)) if kept else None

    def _over_open_limit(self, request: _Request) -> str | None:
        """Return why too much might be open; counted anew before that is said."""
        if open_objection(request.weighed, self._standing()) is None:
            return None
        self.tally.open_most = None
        return open_objection(request.weighed, self._standing())

    async def _read_back(self) -> None:
        await self.record.read_back()
        self.is_unseen = False

    async def _send(self, request: _Request) -> bool:
        """Write the intent, send once, write the outcomes; say whether the next may follow."""
        step, draft, prepared = request.step, request.draft, request.prepared
        standing = self._standing()
        self._check(request, standing)
        intent = intent_of(
            draft,
            prepared,
            notional_new=new_value(request.weighed, standing),
            signer=self.entry.venue.signer_address(),
        )
        await self.record.append([IntentWritten(intent=intent)])
        self.tally.count(request.decoded, request.weighed, standing)
        self.report.requests += 1
        self.is_unseen = True
        outcomes = draft.one_each(await self.entry.venue.submit(prepared))
        await self.record.append([OutcomesWritten(nonce=prepared.nonce, outcomes=outcomes)])
        self._note(prepared.nonce, draft.items, outcomes)
        return await self._may_go_on(step, outcomes)

    async def _may_go_on(self, step: Step, outcomes: Sequence[Outcome]) -> bool:
        why = refusal_of_all(outcomes)
        if not why and any(isinstance(o, Unknown) for o in outcomes):
            why = "" if await self.record.settle() else "An outcome is unknown."
        if not why and step.kind is BatchKind.CANCEL and leaves_orders(outcomes):
            # What still rests was not to be open beside what comes next.
            why = "A cancel was refused."
        self.report.stopped = why
        return not why

    def _prepare(self, draft: Draft) -> Prepared:
        least = max(self._venue_time_ms(), self.record.state.last_nonce + 1)
        return self.entry.venue.prepare(
            draft.batch,
            nonce=self.entry.nonces.at_least(least),
            expires_at_ms=self._venue_time_ms() + self.entry.expires_after_ms,
        )

    def _standing(self) -> Standing:
        """Return where the run stands by its own record."""
        day = utc_day(self._venue_time_ms())
        return self.tally.standing(self.record.state, self.record.foreign, day)

    def _check(self, request: _Request, standing: Standing) -> None:
        found = objections(request.decoded, request.step, request.draft, standing)
        if found:
            raise Refused(
                Diagnostic(
                    code="last-gate",
                    summary="A request differs from the plan it was made for; it was not sent.",
                    where=standing.record.venue,
                    why=" ".join(display(text) for text in found),
                    next_step="Please report this: it is a defect of the program.",
                )
            )

    def _fitted(self, step: Step) -> Step:
        """Return the step with its orders as they may be sent now."""
        self.fitting.begin_request()
        kept: list[Action] = []
        for action in step.actions:
            fitted = self._fit(step.kind, action)
            if isinstance(fitted, str):
                self._drop(action, fitted)
            else:
                kept.append(fitted)
        return replace(step, actions=tuple(kept))

    def _fit(self, kind: BatchKind, action: Action) -> Action | str:
        """Return the action as it may be sent now, or why it may not."""
        state = self.record.state
        if kind is BatchKind.CANCEL:
            assert isinstance(action, Cancel | Replace), "a step of cancels has cancels"
            return UNPROTECTED if self.fitting.unprotected(action, state) else action
        assert isinstance(action, Place | Modify | Replace), "what is sent here is an order"
        return self.fitting.fit(action, state)

    def _venue_time_ms(self) -> int:
        return self.entry.shell.clock.now_ms() + self.look.skew_ms

    def _note(self, nonce: int, items: Sequence[IntentItem], outcomes: Sequence[Outcome]) -> None:
        self.sent += [((nonce, index), item) for index, item in enumerate(items)]
        for item, outcome in zip(items, outcomes, strict=True):
            self.report.applied.append(
                Applied(address=item.address, kind=item.operation, outcome=outcome)
            )
            word = type(outcome).__name__.lower()
            self.entry.progress.note(f"{item.operation} {item.address}: {word}")

    def _settled(self) -> list[Applied]:
        """Return what was applied, with what was seen meanwhile."""
        return [
            replace(applied, outcome=self.record.settled(key, item, applied.outcome))
            for applied, (key, item) in zip(self.report.applied, self.sent, strict=True)
        ]

    def _leave(self, steps: Sequence[Step]) -> None:
        """List what is not sent because an earlier request was the last one."""
        left = {(dropped.address, dropped.kind) for dropped in self.report.dropped}
        for action in (action for step in steps for action in step.actions):
            if (action.address, action_kind(action)) not in left:
                self._drop(action, self.report.stopped)
                left.add((action.address, action_kind(action)))

    def _drop(self, action: Action, why: str) -> None:
        kind = action_kind(action)
        self.report.dropped.append(Dropped(address=action.address, kind=kind, why=why))
