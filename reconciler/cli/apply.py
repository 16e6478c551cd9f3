"""`apply`: carry out a saved plan, or plan, ask and carry out that."""

import asyncio
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.acting import run_apply
from reconciler.cli.approving import Approval
from reconciler.cli.flags import ALLOW_RULES, planning_flags, policy_of, warn_unmatched
from reconciler.cli.output import Options
from reconciler.cli.session import open_session
from reconciler.diagnostics import Diagnostic
from reconciler.errors import UsageProblem
from reconciler.model.plan import Plan
from reconciler.planfile import PLAN_BYTES_MAX, load_plan

__all__ = ["command", "load_plan_file"]


@click.command("apply")
@click.argument("plan_file", required=False, type=click.Path(path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--approve",
    "intent_ids",
    multiple=True,
    metavar="INTENT_ID",
    help="Approve the book that says exactly this; may be repeated.",
)
@click.option("--unattended", is_flag=True, help="Act only on books approved before.")
@click.option("--no-input", is_flag=True, help="Never ask; without an approval, fail.")
@click.option(
    "--lock-timeout",
    type=click.IntRange(0, 3600),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="Wait this long for another run's lock.",
)
@planning_flags
@click.pass_obj
def command(
    options: Options,
    plan_file: Path | None,
    auto_approve: bool,
    intent_ids: tuple[str, ...],
    unattended: bool,
    no_input: bool,
    lock_timeout: int,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    allow: tuple[str, ...],
    json_into: Path | None,
) -> int:
    """Send what PLAN_FILE says, at most that; without one, plan, ask, and send what was shown.

    A saved plan is its own approval, once. What no longer fits the venue is dropped and listed.
    """
    _check_combination(
        [plan_file is not None, auto_approve, bool(intent_ids), unattended],
        is_unattended_override=unattended and bool(allow),
    )
    saved = load_plan_file(plan_file) if plan_file is not None else None
    is_given = saved is not None or auto_approve or bool(intent_ids) or unattended
    can_ask = not no_input and _is_interactive()
    if not is_given and not can_ask:
        raise UsageProblem(
            Diagnostic(
                code="no-approval",
                summary="Nobody is there to approve, and no plan was approved before.",
                next_step="Save a plan and apply that, or pass --auto-approve:\n"
                "reconciler plan --out plan.json",
            )
        )
    session = open_session(options)
    warn_unmatched(options, session.books, (*targets, *excludes))
    rules = tuple(sorted({*allow, *_allowed(saved)}))
    if not set(rules) <= set(ALLOW_RULES):
        raise click.UsageError("The plan sets aside a rule that there is not.")
    policy = policy_of(session.project.limits, targets=targets, excludes=excludes, allow=rules)
    policy = replace(policy, is_unattended=unattended)
    approval = Approval(
        saved=saved,
        is_given=is_given,
        intent_ids=intent_ids,
        is_unattended=unattended,
        is_partial=bool(targets or excludes),
        json_into=json_into,
    )
    return asyncio.run(run_apply(session, policy, approval, lock_wait_ms=lock_timeout * 1000))


def load_plan_file(path: Path) -> Plan:
    """Return the plan of a file. Raises `UsageProblem` or `InvalidInput`."""
    try:
        with path.open("rb") as file:
            content = file.read(PLAN_BYTES_MAX + 1)
    except OSError as problem:
        raise UsageProblem(
            Diagnostic(
                code="plan-unreadable",
                summary="The plan file cannot be read.",
                where=str(path),
                why=f"{problem.strerror}.",
                next_step="reconciler plan --out plan.json",
            )
        ) from None
    return load_plan(content, path=str(path))


def _check_combination(ways: list[bool], *, is_unattended_override: bool) -> None:
    if sum(ways) > 1:
        raise click.UsageError(
            "Approve in one way: a plan file, --auto-approve, --approve or --unattended."
        )
    if is_unattended_override:
        raise click.UsageError("--allow needs a person; it cannot go with --unattended.")


def _allowed(saved: Plan | None) -> set[str]:
    return {rule for venue in saved.venues for rule in venue.allowed} if saved else set()


def _is_interactive() -> bool:
    import sys

    return sys.stdin.isatty()
