"""Who approved what: a saved plan, a yes, an intent id, or an earlier approval on record."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.diagnostics import Diagnostic
from reconciler.errors import StalePlan
from reconciler.model.event import Approved, Event
from reconciler.model.plan import Plan
from reconciler.model.state import State

__all__ = ["Approval", "approval_events", "approved_books", "refuse_unmatched", "who"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """How a run is approved.

    Attributes:
        saved: a plan file, which is its own approval, once; it approves no book.
        is_given: it was approved; until then somebody has to be asked.
        intent_ids: books that say exactly this are approved, others are not acted on.
        is_unattended: only books approved before are acted on.
        is_partial: the run was narrowed by --target or --exclude, so it approves no whole book.
        json_into: where what was approved is written as JSON, or None.
    """

    saved: Plan | None = None
    is_given: bool = False
    intent_ids: tuple[str, ...] = ()
    is_unattended: bool = False
    is_partial: bool = False
    json_into: Path | None = None


def approved_books(
    approval: Approval, intents: Mapping[str, str], state: State
) -> frozenset[str] | None:
    """Return the books a run may act on; None means all that are shown to a person."""
    if approval.intent_ids:
        return frozenset(book for book, i in intents.items() if i in approval.intent_ids)
    if approval.is_unattended:
        on_record = {book: a.intent_id for book, a in state.approvals.items()}
        return frozenset(book for book, i in intents.items() if on_record.get(book) == i)
    return None


def approval_events(
    approval: Approval, intents: Mapping[str, str], state: State
) -> tuple[Event, ...]:
    """Return what an approval adds to the journal: nothing when it is on record already.

    A book is approved by a person who saw all of it: by a yes, --auto-approve or its intent id.
    """
    is_of_books = approval.saved is None and not (approval.is_unattended or approval.is_partial)
    if not (approval.is_given and is_of_books):
        return ()
    allowed = approved_books(approval, intents, state)
    return tuple(
        Approved(book=book, intent_id=intent_id, by=who())
        for book, intent_id in sorted(intents.items())
        if allowed is None or book in allowed
        if book not in state.approvals or state.approvals[book].intent_id != intent_id
    )


def refuse_unmatched(intent_ids: Iterable[str], intents: Mapping[str, str]) -> None:
    """Raise `StalePlan` when an approved intent id is not what any book says now."""
    unmatched = [i for i in intent_ids if i not in intents.values()]
    if unmatched:
        current = "\n".join(f"{book}: {intent_id}" for book, intent_id in sorted(intents.items()))
        raise StalePlan(
            Diagnostic(
                code="not-approved",
                summary="What was approved is not what the specs say now; nothing was sent.",
                where=f"intent {unmatched[0][:40]}",
                why=f"The books' intent ids are now:\n{current}",
                next_step="reconciler plan",
            )
        )


def who() -> str:
    """Return the name under which an approval or an override is recorded."""
    return os.environ.get("GITHUB_ACTOR") or os.environ.get("USER") or str(os.getuid())
