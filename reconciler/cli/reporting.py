"""What `apply` says at its end, and with which exit code it leaves."""

from collections.abc import Mapping, Sequence

from reconciler.cli.output import Options
from reconciler.errors import ReconcilerError
from reconciler.execution.executor import Applied, EntryReport
from reconciler.execution.looking import Look
from reconciler.model.outcome import Rejected, RejectReason
from reconciler.model.plan import Hold, Plan, Reason
from reconciler.planner.intersect import Dropped
from reconciler.render.outcome_text import Done, LeftOver, RunText, VenueOutcome, render_outcome

__all__ = ["Reported", "exit_code", "tell"]

Reported = tuple[EntryReport, tuple[Dropped, ...]]
"""What was done at an entry, and what was dropped before anything was done."""

REFUSING = (Reason.LIMIT, Reason.HALT)


def tell(
    options: Options,
    reports: Mapping[str, Reported],
    reviewed: Plan,
    problems: Sequence[ReconcilerError],
    *,
    is_broken_off: bool,
) -> None:
    """Say what was done, what was not, and the next command.

    Args:
        is_broken_off: at some entry a run had begun to act when a problem ended it.
    """
    outcomes = tuple(_venue_outcome(name, *reports[name]) for name in sorted(reports))
    if reviewed.sends() or any(outcome.left or outcome.unknown for outcome in outcomes):
        run = RunText(
            venues=outcomes,
            next_command="reconciler plan",
            width=options.width,
            is_coloured=options.use_color,
            is_broken_off=is_broken_off,
        )
        options.output.product(render_outcome(run))
    for problem in problems:
        options.output.talk(problem.render())


def exit_code(
    reports: Mapping[str, Reported],
    looks: Mapping[str, Look],
    problems: Sequence[ReconcilerError],
    *,
    is_interrupted: bool,
) -> int:
    """Return the most serious of what happened."""
    if any(report.unknown for report, _ in reports.values()):
        return 14
    if is_interrupted:
        return 130
    if any(_was_refused(applied) for report, _ in reports.values() for applied in report.applied):
        return 13
    if problems:
        return max(problem.exit_code for problem in problems)
    held = {a.reason for look in looks.values() for a in look.plan.actions if isinstance(a, Hold)}
    if held.intersection(REFUSING) or any(r.is_over_limit for r, _ in reports.values()):
        return 10
    return 11 if Reason.NOT_APPROVED in held else 0


def _was_refused(applied: Applied) -> bool:
    """Say whether something that was to be done is not: a cancel of what is gone is done."""
    outcome = applied.outcome
    if not isinstance(outcome, Rejected):
        return False
    return not (applied.kind == "cancel" and outcome.reason is RejectReason.ORDER_GONE)


def _venue_outcome(name: str, report: EntryReport, dropped: Sequence[Dropped]) -> VenueOutcome:
    return VenueOutcome(
        venue=name,
        done=tuple(Done(address=a.address, kind=a.kind, outcome=a.outcome) for a in report.applied),
        left=tuple(
            LeftOver(address=d.address, kind=d.kind, why=d.why) for d in (*dropped, *report.dropped)
        ),
        unknown=report.unknown,
        stopped=report.stopped,
        requests=report.requests,
    )
