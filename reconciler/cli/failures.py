"""What an error looks like when it leaves: diagnostics, an exit code, never a traceback."""

import os
import tempfile
import traceback
from dataclasses import replace

from reconciler.cli.output import Output
from reconciler.diagnostics import Diagnostic, display, render_one
from reconciler.errors import ReconcilerError

__all__ = ["problem_of", "report_failure"]


def report_failure(problem: Exception, output: Output) -> int:
    """Tell people what went wrong and return the exit code."""
    if isinstance(problem, ReconcilerError):
        output.talk(problem.render())
        return problem.exit_code
    if isinstance(problem, ExceptionGroup):
        return max(report_failure(inner, output) for inner in problem.exceptions)
    output.talk(render_one(_of_any(problem, output)))
    return 1


def problem_of(problem: Exception, output: Output, *, where: str) -> ReconcilerError:
    """Return what went wrong at one of several places, so that it does not end the others."""
    if isinstance(problem, ReconcilerError):
        return problem
    found = _of_any(problem, output)
    return ReconcilerError(replace(found, where=", ".join(filter(None, (where, found.where)))))


def _of_any(problem: Exception, output: Output) -> Diagnostic:
    return _of_os_error(problem) if isinstance(problem, OSError) else _of_defect(problem, output)


def _of_os_error(problem: OSError) -> Diagnostic:
    return Diagnostic(
        code="system",
        summary="The operating system refused something.",
        where=str(problem.filename or ""),
        why=f"{display(problem.strerror or str(problem))}.",
        next_step="Nothing was sent that is not recorded. Mend that, and run the command again.",
    )


def _of_defect(problem: Exception, output: Output) -> Diagnostic:
    """Describe a defect of ours; its details go to a private file, redacted, not to the screen."""
    details = output.redact("".join(traceback.format_exception(problem)))
    handle, path = tempfile.mkstemp(prefix="reconciler-", suffix=".log")
    with os.fdopen(handle, "w") as file:
        file.write(details)
    return Diagnostic(
        code="defect",
        summary="The program met something it was not made for.",
        why=f"{type(problem).__name__}; the details are in {path}.",
        next_step="Please report it. What was sent is in the journal; run `reconciler plan` next.",
    )
