"""`schema`: print the JSON Schemas of this version, for editors and other programs."""

import click

from reconciler.cli.output import Options
from reconciler.schemas_path import schema_path

__all__ = ["command"]

NAMES = ("events", "plan", "project", "spec", "state")


@click.command("schema")
@click.argument("name", type=click.Choice(NAMES))
@click.pass_obj
def command(options: Options, name: str) -> int:
    """Print the JSON Schema (draft 2020-12) of NAME."""
    text = schema_path(name).read_text(encoding="utf-8")
    options.output.product(text.rstrip("\n"))
    return 0
