"""Flags that several commands share, and the policy they make."""

import os
import shlex
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.output import Options
from reconciler.diagnostics import Diagnostic, Severity, render_one
from reconciler.errors import UsageProblem
from reconciler.model.config import Limits
from reconciler.model.order import DesiredBook
from reconciler.planner.context import PlanPolicy
from reconciler.render.text import TextOptions

__all__ = [
    "ALLOW_RULES",
    "planning_flags",
    "policy_of",
    "text_options",
    "typed",
    "warn_unmatched",
    "write_product",
]

ALLOW_RULES = (
    "cancel-fraction",
    "empty",
    "foreign-twin",
    "history-gap",
    "looks-renamed",
    "new-key",
    "open-orders",
    "orphans",
    "unprotect",
)

F = TypeVar("F", bound=Callable[..., Any])


def planning_flags(function: F) -> F:
    """Add the flags that choose what a plan covers and how it is shown."""
    options = (
        click.option(
            "--target",
            "targets",
            multiple=True,
            metavar="ADDRESS",
            help="Only this address and below.",
        ),
        click.option(
            "--exclude",
            "excludes",
            multiple=True,
            metavar="ADDRESS",
            help="Leave this address alone.",
        ),
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


def text_options(options: Options, *, next_command: str, is_saved: bool = True) -> TextOptions:
    """Return how a plan's text is wanted here."""
    return TextOptions(
        width=options.width,
        is_coloured=options.use_color,
        next_command=next_command,
        is_saved=is_saved,
    )


def warn_unmatched(options: Options, books: Sequence[DesiredBook], patterns: Sequence[str]) -> None:
    """Say which of the addresses that narrow a run no spec knows: often a slip of the pen."""
    declared = [holder.address for book in books for holder in book.holders]
    for pattern in patterns:
        below = (f"{pattern}.", f"{pattern}[")
        if any(
            address == pattern
            or address.startswith(below)
            or pattern.startswith((f"{address}.", f"{address}["))
            for address in declared
        ):
            continue
        warning = Diagnostic(
            code="no-such-address",
            summary="No order in the specs has this address, or one below it.",
            where=pattern,
            next_step="Check it, unless it left the specs: reconciler state list",
            severity=Severity.WARNING,
        )
        options.output.talk(render_one(warning))


def typed(options: Options, command: str, *arguments: str) -> str:
    """Return a command as it is to be typed from where this one was, ready to be copied."""
    folder = () if options.folder == "." else ("-C", options.folder)
    return shlex.join(("reconciler", *folder, command, *arguments))


def write_product(path: Path, content: bytes, options: Options) -> None:
    """Write a product to a file of its own, whole or not at all. Raises `UsageProblem`.

    A pipe or a device is written to and never replaced.
    """
    redacted = options.output.redact(content.decode()).encode()
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(redacted)
            return
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(redacted)
            Path(partial).replace(path)
        except OSError:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise UsageProblem(
            Diagnostic(
                code="not-written",
                summary="A file could not be written.",
                where=str(path),
                why=f"{problem.strerror}.",
                next_step="Name another file, or mend that; then run the command again.",
            )
        ) from None
