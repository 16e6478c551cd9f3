"""How `apply` runs: lock, look, approve, carry out, report, at every venue entry side by side."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reconciler.cli.approving import (
    Approval,
    approval_events,
    approved_books,
    refuse_unmatched,
    who,
)
from reconciler.cli.entries import (
    OpenEntry,
    close_all,
    each,
    intents_of,
    look_at,
    make_plan,
    open_entry,
)
from reconciler.cli.flags import text_options, write_product
from reconciler.cli.halting import HaltWatch, halt_folder, halted_meanwhile
from reconciler.cli.reporting import Reported, exit_code, tell
from reconciler.cli.session import Session
from reconciler.cli.signals import StopFlag, stopping_on_signals
from reconciler.diagnostics import Diagnostic
from reconciler.errors import LostRace, ReconcilerError, StalePlan
from reconciler.execution.executor import Entry, carry_out
from reconciler.execution.looking import Look
from reconciler.execution.permitting import permitted
from reconciler.model.event import Event, Overridden
from reconciler.model.plan import Plan
from reconciler.planfile import plan_id, save_plan
from reconciler.planner.context import PlanPolicy
from reconciler.planner.staleness import differences
from reconciler.ports import LockInfo
from reconciler.render.text import render_plan

__all__ = ["run_apply"]

PROMPT_POLL_S = 0.1


@dataclass(slots=True, kw_only=True)
class _Round:
    """Every entry that could be opened, what was seen there, and what went wrong elsewhere."""

    session: Session
    policy: PlanPolicy
    approval: Approval
    stop: StopFlag
    entries: dict[str, OpenEntry] = field(default_factory=dict)
    locks: dict[str, LockInfo] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    unopened: list[ReconcilerError] = field(default_factory=list)
    unseen: list[ReconcilerError] = field(default_factory=list)
    failed: list[ReconcilerError] = field(default_factory=list)

    @property
    def problems(self) -> list[ReconcilerError]:
        """What went wrong at whole entries."""
        return [*self.unopened, *self.unseen, *self.failed]


async def run_apply(
    session: Session, policy: PlanPolicy, approval: Approval, *, lock_wait_ms: int
) -> int:
    """Apply, and return the exit code. Raises `ReconcilerError` when nothing could be done."""
    stop = StopFlag()
    round_ = _Round(session=session, policy=policy, approval=approval, stop=stop)
    with stopping_on_signals(stop):
        try:
            await _open(round_, lock_wait_ms)
            return await _apply(round_)
        except asyncio.CancelledError:
            session.options.output.talk(
                f"{stop.why} What was in flight is on record; the next run settles it."
            )
            return 130
        finally:
            for name, lock in round_.locks.items():
                await round_.entries[name].store.unlock(lock)
            await close_all(list(round_.entries.values()))


async def _open(round_: _Round, lock_wait_ms: int) -> None:
    async def work(name: str) -> tuple[OpenEntry, LockInfo]:
        # The lock first: what is read before it may be another run's yesterday.
        store = round_.session.store(name)
        try:
            lock = await store.lock("apply", wait_ms=lock_wait_ms)
            try:
                return await open_entry(round_.session, name, with_key=True, store=store), lock
            except Exception:
                await store.unlock(lock)
                raise
        except Exception:
            await store.close()
            raise

    names, output = round_.session.entry_names(), round_.session.options.output
    done, round_.unopened = await each(names, work, output)
    for name, (entry, lock) in done.items():
        round_.entries[name], round_.locks[name] = entry, lock


async def _apply(round_: _Round) -> int:
    session, approval = round_.session, round_.approval
    options = session.options
    _refuse_unmatched(round_)
    await _look(round_)
    shown = make_plan(session, [look.plan for look in round_.looks.values()])
    if approval.saved is not None:
        _refuse_stale(approval.saved, shown, round_)
    elif shown.venues:
        options.output.product(render_plan(shown, text_options(options, next_command="")))
    if shown.sends() and not approval.is_given:
        options.output.flush()
        if not await _ask(options.output.talk, round_.stop) or round_.stop.why is not None:
            options.output.talk("Not approved; nothing was sent.")
            return 1 if round_.stop.why is None else 130
        round_.approval = replace(approval, is_given=True)
        await _look(round_)
    reviewed = approval.saved if approval.saved is not None else shown
    if approval.json_into is not None:
        write_product(approval.json_into, save_plan(reviewed), options)
    reports = await _carry_out(round_, reviewed)
    begun = round_.looks.keys() & {venue.venue for venue in reviewed.venues}
    is_broken_off = bool(begun - reports.keys())
    tell(options, reports, reviewed, round_.problems, is_broken_off=is_broken_off)
    is_interrupted = round_.stop.why is not None
    if is_interrupted:
        options.output.talk(f"{round_.stop.why} Nothing new was sent after that.")
    return exit_code(reports, round_.looks, round_.problems, is_interrupted=is_interrupted)


async def _look(round_: _Round) -> None:
    async def work(name: str) -> Look:
        entry = round_.entries[name]
        intents = intents_of(round_.session, name)
        allowed = approved_books(round_.approval, intents, entry.state)
        return await look_at(round_.session, entry, replace(round_.policy, approved_books=allowed))

    output = round_.session.options.output
    round_.looks, round_.unseen = await each(list(round_.entries), work, output)


def _refuse_unmatched(round_: _Round) -> None:
    # Of every entry: one that cannot be opened now is no reason to call an approval stale.
    intents: dict[str, str] = {}
    for name in round_.session.entry_names():
        intents.update(intents_of(round_.session, name))
    refuse_unmatched(round_.approval.intent_ids, intents)


def _refuse_stale(saved: Plan, fresh: Plan, round_: _Round) -> None:
    """Raise `StalePlan` when the saved plan speaks of another world."""
    if round_.problems:
        raise ExceptionGroup("venue entries", round_.problems)
    found = differences(saved, fresh, now_ms=round_.session.clock.now_ms())
    if found:
        raise StalePlan(
            Diagnostic(
                code="stale-plan",
                summary="The plan was made for another world; nothing was sent.",
                where=f"plan {plan_id(saved)[:12]}",
                why="\n".join(f"{d.what}: planned {d.planned}, now {d.now}" for d in found),
                next_step="reconciler plan --out plan.json",
            )
        )


async def _ask(talk: Callable[[str], None], stop: StopFlag) -> bool:
    """Ask, and take a signal for a no: a prompt must not outlive the wish to leave."""
    talk("Send this to the venues? Only `yes` is taken as approval.")
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def read() -> None:
        if not answer.done():
            answer.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin.fileno(), read)
    try:
        while not answer.done() and stop.why is None:
            await asyncio.wait({answer}, timeout=PROMPT_POLL_S)
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return answer.done() and answer.result().strip() == "yes"


async def _carry_out(round_: _Round, reviewed: Plan) -> dict[str, Reported]:
    plans = {venue.venue: venue for venue in reviewed.venues}
    overrides: tuple[Event, ...] = tuple(
        Overridden(rule=rule, plan_id=plan_id(reviewed), by=who())
        for rule in sorted(round_.policy.allow)
    )

    async def work(name: str) -> Reported:
        look, entry = round_.looks[name], round_.entries[name]
        actions, dropped = permitted(plans[name], look)
        approvals = approval_events(round_.approval, look.plan.intents, entry.state)
        watch = watches.setdefault(name, _watch(round_, entry))
        try:
            report = await carry_out(
                _entry(round_, entry, watch), look, actions, opening=overrides, noted=approvals
            )
        except LostRace as problem:
            raise halted_meanwhile(watch) or problem from None
        return report, dropped

    watches: dict[str, HaltWatch] = {}
    names = [name for name in round_.looks if name in plans]
    done, round_.failed = await each(names, work, round_.session.options.output)
    stopped = [halted_meanwhile(watch) for watch in watches.values() if watch.has_stopped]
    round_.failed += [problem for problem in stopped if problem is not None]
    return done


def _watch(round_: _Round, entry: OpenEntry) -> HaltWatch:
    return HaltWatch(
        folder=halt_folder(round_.session),
        venue=entry.name,
        earlier=round_.stop,
        was_halted=entry.halt is not None,
    )


def _entry(round_: _Round, entry: OpenEntry, watch: HaltWatch) -> Entry:
    session = round_.session
    return Entry(
        venue=entry.venue,
        store=entry.store,
        limits=session.project.limits,
        expires_after_ms=entry.venue.capabilities.request_life_ms,
        shell=session.shell(entry.venue, is_acting=True),
        progress=session.options,
        stop=watch,
        nonces=session.nonces(entry.name),
    )
