"""`drift`: where the venue differs from what is desired and recorded, for scheduled runs."""

import asyncio

import click

from reconciler.cli.flags import policy_of, warn_unmatched
from reconciler.cli.output import Options
from reconciler.cli.plan import read_plan
from reconciler.cli.session import open_session
from reconciler.render.drift_text import drift_json, render_drift

__all__ = ["command"]


@click.command("drift")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when anything differs.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--target", "targets", multiple=True, help="Only this address and below.")
@click.option("--exclude", "excludes", multiple=True, help="Leave this address out.")
@click.pass_obj
def command(
    options: Options,
    detailed_exitcode: bool,
    form: str,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
) -> int:
    """Say where the venue differs from the specs and the state. Sends and writes nothing.

    It looks as `plan` does, needs no key where open orders are public, and shows only what differs.
    """
    session = open_session(options)
    warn_unmatched(options, session.books, (*targets, *excludes))
    policy = policy_of(session.project.limits, targets=targets, excludes=excludes, allow=())
    plan, problems = asyncio.run(read_plan(session, policy))
    if form == "json":
        options.output.product(drift_json(plan))
    elif plan.venues:
        options.output.product(
            render_drift(plan, width=options.width, is_coloured=options.use_color).rstrip("\n")
        )
    if problems:
        raise ExceptionGroup("venue entries", problems)
    return 2 if detailed_exitcode and plan.has_changes() else 0
