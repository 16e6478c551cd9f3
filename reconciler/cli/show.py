"""`show`: a saved plan, or the state, as people or programs read it."""

import asyncio
from pathlib import Path

import click

from reconciler.cli.apply import load_plan_file
from reconciler.cli.output import Options

__all__ = ["command"]


@click.command("show")
@click.argument("plan_file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.pass_obj
def command(options: Options, plan_file: Path | None, form: str) -> int:
    """Show PLAN_FILE, or the recorded state when none is named."""
    if plan_file is None:
        return _show_state(options, form)
    from reconciler.cli.flags import text_options, typed
    from reconciler.planfile import save_plan
    from reconciler.render.text import render_plan

    plan = load_plan_file(plan_file)
    if form == "json":
        options.output.product(save_plan(plan).decode().rstrip("\n"))
    else:
        options.output.product(
            render_plan(
                plan, text_options(options, next_command=typed(options, "apply", str(plan_file)))
            )
        )
    return 0


def _show_state(options: Options, form: str) -> int:
    from reconciler.cli.session import open_session
    from reconciler.cli.state import load_states
    from reconciler.records import encode
    from reconciler.render.state_text import render_state

    session = open_session(options)
    states = asyncio.run(load_states(session))
    if form == "json":
        from reconciler.records import canonical_json

        document = {name: encode(state) for name, state in states.items()}
        options.output.product(canonical_json(document))
        return 0
    for state in states.values():
        options.output.product(
            render_state(state, width=options.width, is_coloured=options.use_color)
        )
    return 0
