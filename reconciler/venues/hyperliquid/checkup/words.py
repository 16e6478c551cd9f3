"""Facts in words, and the form of what is wrong with them."""

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.examination import Finding
from reconciler.venues.hyperliquid.checkup.facts import Facts
from reconciler.venues.hyperliquid.replies.account import Role

__all__ = ["is_known", "problem_of", "role_in_words", "unread"]


def role_in_words(role: Role | str) -> str:
    """Return what an address is."""
    if isinstance(role, str):
        return "an unknown thing"
    words = {
        "user": "a user",
        "vault": "a vault",
        "agent": f"an agent of {role.owner}",
        "subAccount": f"a sub-account of {role.owner}",
        "missing": "not known to the venue",
    }
    return words.get(role.name, f"a `{role.name}`")


def is_known(role: Role | str | None) -> bool:
    """Say whether the venue knows an address."""
    return isinstance(role, Role) and role.name != "missing"


def unread(facts: Facts, subject: str, cause: str) -> Finding:
    """Return the finding of a question without an answer."""
    problem = problem_of(
        facts,
        code="not-read",
        summary="The venue did not answer a question.",
        why=f"{cause}.",
        next_step="Try again when it answers.",
    )
    return Finding(subject=subject, said="could not be read", problem=problem)


def problem_of(
    facts: Facts,
    *,
    code: str,
    summary: str,
    why: str,
    next_step: str,
    severity: Severity = Severity.ERROR,
) -> Diagnostic:
    """Return what is wrong, at the venue entry."""
    return Diagnostic(
        code=code,
        summary=summary,
        why=why,
        next_step=next_step,
        severity=severity,
        where=f"venue entry {facts.settings.name}",
    )
