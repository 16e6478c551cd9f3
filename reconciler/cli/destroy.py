"""`destroy`: halt, then cancel all of our live orders through a plan like any other."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import click

from reconciler.cli.acting import run_apply
from reconciler.cli.approving import Approval
from reconciler.cli.flags import policy_of, text_options
from reconciler.cli.halting import HaltWritten, ask, halt_entry, halt_folder
from reconciler.cli.output import Options
from reconciler.cli.plan import read_plan
from reconciler.cli.resume import lift
from reconciler.cli.session import Session, open_session
from reconciler.diagnostics import Diagnostic
from reconciler.errors import UsageProblem
from reconciler.model.plan import Plan
from reconciler.planner.context import PlanPolicy
from reconciler.render.text import render_plan
from reconciler.statefile.haltfile import read_halt

__all__ = ["command"]

NOT_APPROVED = 1
ALWAYS_ALLOWED = ("cancel-fraction", "empty", "unprotect")
STANDS = "The halt stands: nothing is placed or modified until\n\n  reconciler resume"


@click.command("destroy")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--allow",
    "allow",
    multiple=True,
    type=click.Choice(["orphans", "unprotect"]),
    help="Cancel these too: orders of ours nobody knows; protection of what has filled.",
)
@click.option("--lock-timeout", type=click.IntRange(0, 3600), default=0, metavar="SECONDS")
@click.pass_obj
def command(options: Options, auto_approve: bool, allow: tuple[str, ...], lock_timeout: int) -> int:
    """Halt everything, then cancel all of our live orders, shown as a plan and journalled.

    What a spec marks `prevent_cancel` stays. For emergencies there is `reconciler panic`.
    """
    session = open_session(options)
    protected = _protected(session)
    policy = policy_of(
        session.project.limits,
        targets=(),
        excludes=protected,
        allow=tuple(sorted({*ALWAYS_ALLOWED, *allow})),
    )
    for address in protected:
        options.note(f"{address} says `prevent_cancel`; it is left alone.")
    wait_ms = lock_timeout * 1000
    return _destroy(replace(session, books=()), policy, wait_ms, is_approved=auto_approve)


def _destroy(session: Session, policy: PlanPolicy, wait_ms: int, *, is_approved: bool) -> int:
    options = session.options
    _refuse_silence(is_approved=is_approved)
    halts = asyncio.run(_halt(session))
    plan, problems = asyncio.run(read_plan(session, policy))
    if problems:
        options.output.talk(STANDS)
        raise ExceptionGroup("venue entries", problems)
    options.output.product(render_plan(plan, text_options(options, next_command="")))
    if plan.sends() and not _is_meant(session, halts, is_approved=is_approved):
        return NOT_APPROVED
    code = _carry_out(session, policy, plan, wait_ms)
    options.output.product(STANDS)
    return code


def _is_meant(session: Session, halts: Mapping[str, HaltWritten], *, is_approved: bool) -> bool:
    """Ask; without a yes, take our own halts back, and whatever interrupts it is no yes."""
    is_yes = False
    try:
        is_yes = ask(session.options, "Cancel these orders?", is_approved=is_approved)
    finally:
        if not is_yes:
            _take_back(session, halts)
    return is_yes


def _take_back(session: Session, halts: Mapping[str, HaltWritten]) -> None:
    """Lift the halts that are still as we wrote them: a panic may have come in between."""
    folder = halt_folder(session)
    ours = [n for n, made in halts.items() if made.is_new and read_halt(folder, n) == made.halt]
    asyncio.run(lift(session, ours))
    if len(ours) == len(halts):
        said = "it is as it was before"
    else:
        said = "another halt stands: `reconciler resume` lifts it"
    session.options.output.talk(f"Not approved; nothing was sent, and {said}.")


def _carry_out(session: Session, policy: PlanPolicy, plan: Plan, wait_ms: int) -> int:
    approval = Approval(saved=plan, is_given=True, is_partial=True)
    return asyncio.run(run_apply(session, policy, approval, lock_wait_ms=wait_ms))


async def _halt(session: Session) -> dict[str, HaltWritten]:
    """Halt every entry. Raises `StateProblem` when that could not be made durable."""
    halts = {}
    for name in session.entry_names():
        halts[name] = await halt_entry(session, name, why="destroy")
        if halts[name].problems:
            raise halts[name].problems[0]
    return halts


def _protected(session: Session) -> tuple[str, ...]:
    """Return the addresses that a spec protects, their names of before a rename too."""
    holders = [holder for book in session.books for holder in book.holders]
    protected = {holder.address for holder in holders if holder.prevent_cancel}
    moved = [pair for book in session.books for pair in book.moved.items()]
    earlier = {origin for origin, destination in moved if destination in protected}
    return tuple(sorted(protected | earlier))


def _refuse_silence(*, is_approved: bool) -> None:
    """Raise before anything is halted when nobody could answer."""
    import sys

    if not is_approved and not sys.stdin.isatty():
        raise UsageProblem(
            Diagnostic(
                code="no-approval",
                summary="Nobody is there to approve; nothing was halted.",
                next_step="Run it in a terminal, or pass --auto-approve.",
            )
        )
