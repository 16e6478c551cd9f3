"""How `apply` runs: lock, look, approve, carry out, report, at every venue entry side by side."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.cli.entries import OpenEntry, close_all, each, look_at, make_plan, open_entry
from reconciler.cli.flags import text_options, write_product
from reconciler.cli.session import Session
from reconciler.diagnostics import Diagnostic
from reconciler.errors import ReconcilerError, StalePlan
from reconciler.execution.executor import Entry, EntryReport, carry_out
from reconciler.execution.looking import Look
from reconciler.model.event import Event, Overridden
from reconciler.model.outcome import Rejected
from reconciler.model.plan import Action, Hold, Plan, Reason
from reconciler.planfile import plan_id, save_plan
from reconciler.planner.context import PlanPolicy
from reconciler.planner.intersect import Intersection, intersect
from reconciler.planner.staleness import differences
from reconciler.ports import LockInfo
from reconciler.render.outcome_text import Done, LeftOver, RunText, VenueOutcome, render_outcome
from reconciler.render.text import render_plan

__all__ = ["Approval", "run_apply"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What was approved before the run.

    Attributes:
        saved: a plan file, or None.
        is_given: nobody needs to be asked.
        json_into: where what was approved is written as JSON, or None.
    """

    saved: Plan | None
    is_given: bool
    json_into: Path | None = None


@dataclass(slots=True)
class StopFlag:
    """Why nothing new may be sent; set by a signal."""

    why: str | None = None

    def __call__(self) -> str | None:
        return self.why


@dataclass(slots=True, kw_only=True)
class _Round:
    """Every entry that could be opened, what was seen there, and what went wrong elsewhere."""

    entries: dict[str, OpenEntry] = field(default_factory=dict)
    locks: dict[str, LockInfo] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    problems: list[ReconcilerError] = field(default_factory=list)


async def run_apply(
    session: Session,
    policy: PlanPolicy,
    approval: Approval,
    *,
    lock_wait_ms: int,
) -> int:
    """Apply, and return the exit code. Raises `ReconcilerError` when nothing could be done."""
    stop = StopFlag()
    with _signals(stop):
        round_ = _Round()
        try:
            await _open(session, round_, lock_wait_ms)
            return await _apply(session, policy, approval, round_, stop)
        finally:
            for name, lock in round_.locks.items():
                await round_.entries[name].store.unlock(lock)
            await close_all(list(round_.entries.values()))


async def _open(session: Session, round_: _Round, lock_wait_ms: int) -> None:
    async def work(name: str) -> tuple[OpenEntry, LockInfo]:
        entry = await open_entry(session, name, with_key=True)
        try:
            lock = await entry.store.lock("apply", wait_ms=lock_wait_ms)
        except ReconcilerError:
            await close_all([entry])
            raise
        return entry, lock

    done, problems = await each(session.entry_names(), work)
    round_.problems += problems
    for name, (entry, lock) in done.items():
        round_.entries[name], round_.locks[name] = entry, lock


async def _apply(
    session: Session, policy: PlanPolicy, approval: Approval, round_: _Round, stop: StopFlag
) -> int:
    options = session.options
    await _look(session, policy, round_)
    shown = make_plan(session, [look.plan for look in round_.looks.values()])
    if approval.saved is not None:
        _refuse_stale(approval.saved, shown, session, round_)
    elif shown.venues:
        options.output.product(render_plan(shown, text_options(options, next_command="")))
    if approval.saved is None and shown.sends() and not approval.is_given:
        options.output.flush()
        if not await _ask(options.output.talk):
            options.output.talk("Not approved; nothing was sent.")
            return 0
        await _look(session, policy, round_)
    reviewed = approval.saved if approval.saved is not None else shown
    if approval.json_into is not None:
        write_product(approval.json_into, save_plan(reviewed), options)
    reports = await _carry_out(session, policy, reviewed, round_, stop)
    _tell(session, reports, reviewed, round_)
    return _exit_code(reports, round_, stop)


async def _look(session: Session, policy: PlanPolicy, round_: _Round) -> None:
    async def work(name: str) -> Look:
        return await look_at(session, round_.entries[name], policy)

    round_.looks, problems = await each(list(round_.entries), work)
    round_.problems += problems


def _refuse_stale(saved: Plan, fresh: Plan, session: Session, round_: _Round) -> None:
    """Raise `StalePlan` when the saved plan speaks of another world."""
    if round_.problems:
        raise ExceptionGroup("venue entries", round_.problems)
    found = differences(saved, fresh, now_ms=session.clock.now_ms())
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


async def _ask(talk: Callable[[str], None]) -> bool:
    talk("Send this to the venues? Only `yes` is taken as approval.")
    answer = await asyncio.get_running_loop().run_in_executor(None, input, "yes? ")
    return answer.strip() == "yes"


async def _carry_out(
    session: Session, policy: PlanPolicy, reviewed: Plan, round_: _Round, stop: StopFlag
) -> dict[str, tuple[EntryReport, Intersection]]:
    plans = {venue.venue: venue for venue in reviewed.venues}
    overrides: tuple[Event, ...] = tuple(
        Overridden(rule=rule, plan_id=plan_id(reviewed), by=_who()) for rule in sorted(policy.allow)
    )

    async def work(name: str) -> tuple[EntryReport, Intersection]:
        look = round_.looks[name]
        common = intersect(plans[name], look.plan)
        report = await carry_out(
            _entry(session, round_.entries[name], stop), look, common.actions, opening=overrides
        )
        return report, common

    done, problems = await each([name for name in round_.looks if name in plans], work)
    round_.problems += problems
    return done


def _entry(session: Session, entry: OpenEntry, stop: StopFlag) -> Entry:
    settings = session.settings(entry.name)
    return Entry(
        venue=entry.venue,
        store=entry.store,
        limits=session.project.limits,
        expires_after_ms=settings.expires_after_s * 1000,
        shell=session.shell(entry.name, is_acting=True),
        progress=session.options,
        stop=stop,
    )


def _tell(
    session: Session,
    reports: dict[str, tuple[EntryReport, Intersection]],
    reviewed: Plan,
    round_: _Round,
) -> None:
    options = session.options
    outcomes = tuple(
        _venue_outcome(name, report, common) for name, (report, common) in sorted(reports.items())
    )
    if reviewed.sends() or any(outcome.left for outcome in outcomes):
        run = RunText(
            venues=outcomes,
            next_command="reconciler plan",
            width=options.width,
            is_coloured=options.use_color,
        )
        options.output.product(render_outcome(run))
    for problem in round_.problems:
        options.output.talk(problem.render())


def _venue_outcome(name: str, report: EntryReport, common: Intersection) -> VenueOutcome:
    return VenueOutcome(
        venue=name,
        done=tuple(Done(address=a.address, kind=a.kind, outcome=a.outcome) for a in report.applied),
        left=tuple(
            LeftOver(address=d.address, kind=d.kind, why=d.why)
            for d in (*common.dropped, *report.dropped)
        ),
        unknown=report.unknown,
        stopped=report.stopped,
        requests=report.requests,
    )


def _exit_code(
    reports: dict[str, tuple[EntryReport, Intersection]], round_: _Round, stop: StopFlag
) -> int:
    """Return the most serious of what happened."""
    if any(report.unknown for report, _ in reports.values()):
        return 14
    if stop.why is not None:
        return 130
    if any(
        isinstance(applied.outcome, Rejected) and applied.kind != "cancel"
        for report, _ in reports.values()
        for applied in report.applied
    ):
        return 13
    if round_.problems:
        return max(problem.exit_code for problem in round_.problems)
    held = [a for look in round_.looks.values() for a in look.plan.actions]
    return 10 if any(_is_refused(action) for action in held) else 0


def _is_refused(action: Action) -> bool:
    return isinstance(action, Hold) and action.reason in (Reason.LIMIT, Reason.HALT)


def _who() -> str:
    import os

    return os.environ.get("GITHUB_ACTOR") or os.environ.get("USER") or str(os.getuid())


@contextmanager
def _signals(stop: StopFlag) -> Iterator[None]:
    """Let SIGINT and SIGTERM set the flag: what is in flight is recorded, nothing new is sent."""
    loop = asyncio.get_running_loop()
    names = (signal.SIGINT, signal.SIGTERM)

    def handle(name: str) -> None:
        stop.why = f"Interrupted by {name}."

    for number in names:
        loop.add_signal_handler(number, handle, number.name)
    try:
        yield
    finally:
        for number in names:
            loop.remove_signal_handler(number)
