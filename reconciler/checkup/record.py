"""What is on record of a venue entry: its state, a halt, unknown outcomes, a refused signer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.checkup.project import named
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.event import IntentWritten, OutcomesWritten
from reconciler.model.examination import Finding, Refusal
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason
from reconciler.model.state import Halt, Intent, State
from reconciler.model.transitions import Stamped
from reconciler.observe import unsettled_addresses

__all__ = ["EntryFacts", "entry_findings", "last_refusal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFacts:
    """What is on record of a venue entry.

    Attributes:
        state: None when there is none, or what is wrong with it.
    """

    name: str
    state: State | Diagnostic | None
    halt: Halt | None = None


def entry_findings(facts: EntryFacts) -> tuple[Finding, ...]:
    """Return what was found on record of a venue entry."""
    return (_state(facts), *_halt(facts), *_unknown(facts))


def last_refusal(journal: Sequence[Stamped]) -> Refusal | None:
    """Return the newest refusal of a signer, unless the venue took something since."""
    intents: dict[int, Intent] = {}
    found: Refusal | None = None
    for stamped in journal:
        event = stamped.event
        if isinstance(event, IntentWritten):
            intents[event.intent.nonce] = event.intent
        elif isinstance(event, OutcomesWritten):
            intent = intents.pop(event.nonce, None)
            found = _after(found, event.outcomes, intent, stamped.at_ms)
    return found


def _after(
    found: Refusal | None, outcomes: Sequence[Outcome], intent: Intent | None, at_ms: int
) -> Refusal | None:
    """Return what the newest refusal is after further outcomes."""
    for outcome in outcomes:
        if isinstance(outcome, Accepted):
            found = None
        elif isinstance(outcome, Rejected) and outcome.reason is RejectReason.AUTHORITY:
            found = Refusal(
                text=outcome.text,
                body=intent.body if intent is not None else "",
                signer=intent.signer if intent is not None else "",
                at_ms=at_ms,
            )
    return found


def _state(facts: EntryFacts) -> Finding:
    if isinstance(facts.state, Diagnostic):
        return Finding(subject="state", said="cannot be used", problem=facts.state)
    if facts.state is None:
        return Finding(subject="state", said="there is none yet", is_skipped=True)
    count = len(facts.state.placements)
    said = (
        f"serial {facts.state.serial:,}, {count:,} {'order' if count == 1 else 'orders'} on record"
    )
    return Finding(subject="state", said=said)


def _halt(facts: EntryFacts) -> Iterator[Finding]:
    halt = facts.halt
    if halt is None and isinstance(facts.state, State):
        halt = facts.state.halt
    if halt is not None:
        problem = Diagnostic(
            code="halted",
            summary="A halt stands: nothing is placed or modified.",
            why=f"By {halt.by or 'somebody'}: {halt.why}.",
            next_step="reconciler resume",
            severity=Severity.WARNING,
        )
        yield Finding(subject="halt", said="stands", problem=problem)


def _unknown(facts: EntryFacts) -> Iterator[Finding]:
    if not isinstance(facts.state, State):
        return
    addresses = sorted(unsettled_addresses(facts.state))
    if addresses:
        problem = Diagnostic(
            code="outcome-unknown",
            summary="An outcome is still unknown.",
            why=f"{named(addresses)} gets nothing new until it is settled.",
            next_step="reconciler apply",
            severity=Severity.WARNING,
        )
        yield Finding(subject="outcomes", said=f"{len(addresses)} unknown", problem=problem)
