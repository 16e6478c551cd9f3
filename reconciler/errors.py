"""Every way the program stops early, each with its exit code.

    ReconcilerError                 1
    ├── InvalidInput                1   diagnostics: a spec, project, plan or state file
    ├── UsageProblem                1   a command used wrongly
    ├── CredentialsProblem          1   no key, a key in the wrong form, the wrong key
    ├── VenueProblem                1   a venue could not be read
    ├── StateProblem                1   the state cannot be read or written
    │   └── LostRace               12   another run wrote first, or holds the lock
    ├── Refused                    10   a limit, a guard or a halt
    ├── StalePlan                  11   a plan of another world, or not approved
    ├── AppliedInPart              13   something was rejected
    ├── OutcomeUnknown             14   an outcome is still unknown
    └── Interrupted               130   a signal

An outcome of an order is never an exception: see `reconciler.model.outcome`.
"""

from reconciler.diagnostics import Diagnostic, render_all

__all__ = [
    "AppliedInPart",
    "CredentialsProblem",
    "Interrupted",
    "InvalidInput",
    "LostRace",
    "OutcomeUnknown",
    "ReconcilerError",
    "Refused",
    "StalePlan",
    "StateProblem",
    "UsageProblem",
    "VenueProblem",
]


class ReconcilerError(Exception):
    """The base: carries diagnostics and the sources to show them with."""

    exit_code = 1

    def __init__(self, *diagnostics: Diagnostic, sources: dict[str, str] | None = None) -> None:
        super().__init__(*(d.summary for d in diagnostics))
        self.diagnostics = diagnostics
        self.sources = sources or {}

    def render(self) -> str:
        """Return the whole message as people read it."""
        return render_all(self.diagnostics, self.sources)


class InvalidInput(ReconcilerError):
    """A file from a person is wrong; nothing was sent."""


class UsageProblem(ReconcilerError):
    """A command was used wrongly."""


class CredentialsProblem(ReconcilerError):
    """A key is missing, malformed or not the one expected."""


class VenueProblem(ReconcilerError):
    """A venue could not be read, or read completely."""


class StateProblem(ReconcilerError):
    """The state cannot be read or written."""


class LostRace(StateProblem):
    """Another run wrote the state first, or holds the lock."""

    exit_code = 12


class Refused(ReconcilerError):
    """A limit, a guard or a halt stands in the way."""

    exit_code = 10


class StalePlan(ReconcilerError):
    """The plan is of another world, past its time, or not approved."""

    exit_code = 11


class AppliedInPart(ReconcilerError):
    """Something was rejected; the rest was done."""

    exit_code = 13


class OutcomeUnknown(ReconcilerError):
    """An outcome is still unknown; its address is blocked."""

    exit_code = 14


class Interrupted(ReconcilerError):
    """A signal ended the run."""

    exit_code = 130
