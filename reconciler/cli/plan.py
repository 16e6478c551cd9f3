"""`plan`: what would be sent, and why. It reads, and writes nothing but the plan file."""

import asyncio
from pathlib import Path

import click

from reconciler.cli.entries import close_all, each, look_at, make_plan, open_entry
from reconciler.cli.flags import (
    planning_flags,
    policy_of,
    text_options,
    typed,
    warn_unmatched,
    write_product,
)
from reconciler.cli.output import Options
from reconciler.cli.session import Session, open_session
from reconciler.errors import ReconcilerError
from reconciler.model.plan import Plan, VenuePlan
from reconciler.planfile import save_plan
from reconciler.planner.context import PlanPolicy
from reconciler.render.text import render_plan

__all__ = ["command", "read_plan"]


@click.command("plan")
@click.option("--out", type=click.Path(path_type=Path), help="Save the plan for `apply`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@planning_flags
@click.pass_obj
def command(
    options: Options,
    out: Path | None,
    detailed_exitcode: bool,
    form: str,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    allow: tuple[str, ...],
    json_into: Path | None,
) -> int:
    """Show what would be sent to the venues, and why. Sends nothing."""
    session = open_session(options)
    warn_unmatched(options, session.books, (*targets, *excludes))
    policy = policy_of(session.project.limits, targets=targets, excludes=excludes, allow=allow)
    plan, problems = asyncio.run(read_plan(session, policy))
    content = save_plan(plan)
    next_command = ""
    if plan.sends():
        # Without a file the next command plans anew: it has to be narrowed in the same way.
        again = [str(out)] if out is not None else _narrowed(targets, excludes, allow)
        next_command = typed(options, "apply", *again)
    if form == "json":
        options.output.product(content.decode().rstrip("\n"))
    elif plan.venues:
        options.output.product(
            render_plan(
                plan,
                text_options(options, next_command=next_command, is_saved=out is not None),
            )
        )
    if json_into is not None:
        write_product(json_into, content, options)
    if problems:
        raise ExceptionGroup("venue entries", problems)
    if out is not None:
        write_product(out, content, options)
    return 2 if detailed_exitcode and plan.has_changes() else 0


def _narrowed(
    targets: tuple[str, ...], excludes: tuple[str, ...], allow: tuple[str, ...]
) -> list[str]:
    given = (("--target", targets), ("--exclude", excludes), ("--allow", allow))
    return [word for flag, values in given for value in values for word in (flag, value)]


async def read_plan(session: Session, policy: PlanPolicy) -> tuple[Plan, list[ReconcilerError]]:
    """Return the plan over all entries that could be read, and what went wrong at the others."""

    async def work(name: str) -> VenuePlan:
        entry = await open_entry(session, name, with_key=False)
        try:
            return (await look_at(session, entry, policy)).plan
        finally:
            await close_all([entry])

    done, problems = await each(session.entry_names(), work, session.options.output)
    return make_plan(session, list(done.values())), problems
