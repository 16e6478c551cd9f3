"""`doctor`: what is right and wrong with a project, its venues and its keys. Sends nothing."""

import asyncio

import click

from reconciler.cli.halting import open_settings
from reconciler.cli.output import Options

__all__ = ["command"]


@click.command("doctor")
@click.option(
    "--error",
    "text",
    default="",
    metavar="TEXT",
    help="Explain a refusal of the venue, such as `User or API Wallet 0x… does not exist.`",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.pass_obj
def command(options: Options, text: str, form: str) -> int:
    """Look at the project, its state, its venues and its keys, and say what is wrong.

    It reads, and sends nothing that acts. Without a key it checks what needs none. The exit code
    is 1 when anything has to be mended; warnings alone leave it at 0.
    """
    from reconciler.cli.examining import examined
    from reconciler.render.findings import findings_json, has_errors, render_findings

    groups = asyncio.run(examined(open_settings(options, is_urgent=True), text))
    if form == "json":
        options.output.product(findings_json(groups))
    else:
        shown = render_findings(groups, width=options.width, is_coloured=options.use_color)
        options.output.product(shown.rstrip("\n"))
    return 1 if has_errors(groups) else 0
