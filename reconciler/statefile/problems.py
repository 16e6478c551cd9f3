"""How problems of a state are told: what was found, why nothing was done, and what to do."""

import errno

from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import LostRace, StateProblem
from reconciler.ports import LockInfo

__all__ = [
    "checkpoint_ahead",
    "foreign",
    "held",
    "lost_race",
    "missing_journal",
    "newer_format",
    "not_usable",
    "unreadable",
    "unwritable",
]

RESTORE = (
    "Restore the folder of the state from a backup; or move it away, and recover from the venue:\n"
    "reconciler state init"
)
# Nothing is wrong with the state where only a right is missing: a restore would put an older one.
ALLOW = (
    "Run the command as the owner of the folder of the state, or let this user read and write it."
)
_FORBIDDEN = (errno.EACCES, errno.EPERM)


def unreadable(where: str, why: object) -> StateProblem:
    """Something in a file is not as this program wrote it, or the system does not let it be read.

    Args:
        why: what was found, or the `OSError`.
    """
    if _is_forbidden(why):
        return StateProblem(
            Diagnostic(
                code="state-unreadable",
                summary="The state cannot be read",
                where=where,
                why=f"{_sentence(why)} This user has no right to it; it may well be sound.",
                next_step=ALLOW,
            )
        )
    return StateProblem(
        Diagnostic(
            code="state-unreadable",
            summary="The state cannot be read",
            where=where,
            why=f"{_sentence(why)} A state that cannot be explained is never taken as empty.",
            next_step=RESTORE,
        )
    )


def newer_format(where: str) -> StateProblem:
    """A newer version of the program wrote it."""
    return StateProblem(
        Diagnostic(
            code="state-newer-format",
            summary="The state was written by a newer version",
            where=where,
            why="This version would misread it.",
            next_step="Install the version that wrote it, or a newer one.",
        )
    )


def missing_journal(where: str) -> StateProblem:
    """There is a checkpoint, and the journal it is of is gone."""
    return StateProblem(
        Diagnostic(
            code="journal-missing",
            summary="The journal of the state is missing",
            where=where,
            why="There is a checkpoint of it, so orders may rest at the venue.",
            next_step=RESTORE,
        )
    )


def checkpoint_ahead(where: str, *, checkpoint: int, journal: int) -> StateProblem:
    """The journal was rolled back or cut."""
    return StateProblem(
        Diagnostic(
            code="state-rolled-back",
            summary="The journal is older than its checkpoint",
            where=where,
            why=f"The checkpoint is of serial {checkpoint}, and the journal ends at {journal}: "
            "it was rolled back or cut.",
            next_step=RESTORE,
        )
    )


def foreign(where: str, field: str, *, found: str, expected: str) -> StateProblem:
    """It is the state of something else."""
    return StateProblem(
        Diagnostic(
            code="state-foreign",
            summary="The state belongs to something else",
            where=where,
            why=f"Its {field} is {display(found) or 'empty'}, expected {display(expected)}.",
            next_step="Check the venue entry in reconciler.yaml, and that reconciler.lock is of "
            "this state.",
        )
    )


def unwritable(where: str, why: object, *, is_maybe_written: bool) -> StateProblem:
    """A write failed; `why` is what happened, or the `OSError`."""
    effect = (
        "Some of it may have been written; the next run reads what is there."
        if is_maybe_written
        else "Nothing of it was written."
    )
    return StateProblem(
        Diagnostic(
            code="state-not-written",
            summary="The state could not be written",
            where=where,
            why=f"{_sentence(why)} {effect}",
            next_step=ALLOW
            if _is_forbidden(why)
            else "Make room on the disk or mend it, then run the command again.",
        )
    )


def not_usable(where: str) -> StateProblem:
    """A write failed before; what is on the disk is not known."""
    return StateProblem(
        Diagnostic(
            code="state-not-usable",
            summary="The state is not written to after a failed write",
            where=where,
            why="A write failed earlier in this run, so what is on the disk is not known.",
            next_step="Run the command again: it reads the state anew.",
        )
    )


def lost_race(where: str, *, found: str, expected: str) -> LostRace:
    """Another run wrote first."""
    return LostRace(
        Diagnostic(
            code="state-changed",
            summary="Another run wrote the state first",
            where=where,
            why=f"The journal ends at {found}, expected {expected}. Nothing was written.",
            next_step="Run the command again: it plans from the state as it is now.",
        )
    )


def held(where: str, holder: LockInfo | None, *, now_ms: int) -> LostRace:
    """Another run holds the lock."""
    if holder is None:
        why = "Another run has been writing for too long."
        command = "Wait for the other run to end."
    else:
        age_s = max(0, now_ms - holder.created_at_ms) // 1000
        left_s = max(0, holder.lease_until_ms - now_ms) // 1000
        why = (
            f"{display(holder.owner)} on {display(holder.host)} has held it for {age_s} s to "
            f"{display(holder.operation)}; it lapses in {left_s} s."
        )
        command = (
            "Wait for the other run to end. If it is gone for good:\n"
            f"reconciler state unlock {display(holder.token)}"
        )
    return LostRace(
        Diagnostic(
            code="state-locked",
            summary="The state is locked",
            where=where,
            why=why,
            next_step=command,
        )
    )


def _is_forbidden(why: object) -> bool:
    return isinstance(why, OSError) and why.errno in _FORBIDDEN


def _sentence(why: object) -> str:
    said = why.strerror or why if isinstance(why, OSError) else why
    text = display(str(said)).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
