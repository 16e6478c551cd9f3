"""Flags that several commands share, and the policy they make."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.output import Options
from reconciler.model.config import Limits
from reconciler.planner.context import PlanPolicy
from reconciler.render.text import TextOptions

__all__ = ["ALLOW_RULES", "planning_flags", "policy_of", "text_options", "write_product"]

ALLOW_RULES = (
    "cancel-fraction",
    "empty",
    "foreign-twin",
    "history-gap",
    "looks-renamed",
    "orphans",
    "unprotect",
)

F = TypeVar("F", bound=Callable[..., Any])


def planning_flags(function: F) -> F:
    """Add the flags that choose what a plan covers and how it is shown."""
    options = (
        click.option("--target", "targets", multiple=True, help="Only this address and below."),
        click.option("--exclude", "excludes", multiple=True, help="Leave this address alone."),
        click.option(
            "--allow",
            "allow",
            multiple=True,
            type=click.Choice(ALLOW_RULES),
            help="Set a rule aside for this run; recorded in the plan.",
        ),
        click.option("--json-into", type=click.Path(path_type=Path), help="Write JSON there too."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def policy_of(
    limits: Limits, *, targets: tuple[str, ...], excludes: tuple[str, ...], allow: tuple[str, ...]
) -> PlanPolicy:
    """Return what a run may do by its flags."""
    return PlanPolicy(limits=limits, targets=targets, excludes=excludes, allow=frozenset(allow))


def text_options(options: Options, *, next_command: str) -> TextOptions:
    """Return how a plan's text is wanted here."""
    return TextOptions(
        width=options.width, is_coloured=options.use_color, next_command=next_command
    )


def write_product(path: Path, content: bytes, options: Options) -> None:
    """Write a product to a file of its own, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(options.output.redact(content.decode()).encode())
    partial.chmod(0o600)
    partial.replace(path)
