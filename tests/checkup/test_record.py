"""What is on record of a venue entry, and the last refusal of its signer."""

from dataclasses import replace

import pytest

from reconciler.checkup.record import EntryFacts, entry_findings, last_refusal
from reconciler.diagnostics import Diagnostic
from reconciler.model.event import Event, IntentWritten, OutcomesWritten
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason, Unknown
from reconciler.model.state import Halt, Intent, IntentOperation
from reconciler.model.transitions import Stamped
from tests.support.build import NOW, state, terms
from tests.support.journal import intent, item

HALT = Halt(by="ann", why="panic", at_ms=NOW)
TEXT = "User or API Wallet 0xda87 does not exist."
REFUSED = Rejected(reason=RejectReason.AUTHORITY, text=TEXT)


def codes(facts: EntryFacts) -> list[str]:
    return [f.problem.code for f in entry_findings(facts) if f.problem is not None]


def test_a_state_without_anything_standing_is_sound() -> None:
    assert [] == codes(EntryFacts(name="hl", state=state()))


def test_no_state_yet_is_nothing_wrong() -> None:
    (found,) = entry_findings(EntryFacts(name="hl", state=None))

    assert (True, None) == (found.is_skipped, found.problem)


def test_a_state_that_cannot_be_read_is_told_as_it_is() -> None:
    broken = Diagnostic(code="state-unreadable", summary="It is torn.")

    assert ["state-unreadable"] == codes(EntryFacts(name="hl", state=broken))


@pytest.mark.parametrize(
    "facts",
    [
        EntryFacts(name="hl", state=state(), halt=HALT),
        EntryFacts(name="hl", state=replace(state(), halt=HALT)),
        EntryFacts(name="hl", state=None, halt=HALT),
    ],
)
def test_a_halt_is_told_wherever_it_stands(facts: EntryFacts) -> None:
    assert ["halted"] == codes(facts)


def test_an_unknown_outcome_is_told() -> None:
    known = intent(state(), item(IntentOperation.PLACE, wanted=terms()))

    assert ["outcome-unknown"] == codes(EntryFacts(name="hl", state=known))


# the last refusal


def journal(*steps: tuple[int, Outcome]) -> list[Stamped]:
    """Return a journal of requests, each with its only outcome."""
    events: list[Event] = []
    for nonce, outcome in steps:
        made = Intent(
            nonce=nonce, expires_at_ms=9, kind="place", items=(), body=f"{nonce}", signer="0xaa"
        )
        events += [IntentWritten(intent=made), OutcomesWritten(nonce=nonce, outcomes=(outcome,))]
    return [
        Stamped(event=event, at_ms=NOW + serial, serial=serial, digest="")
        for serial, event in enumerate(events, start=1)
    ]


def test_the_newest_refusal_is_found_with_its_request() -> None:
    found = last_refusal(journal((1, REFUSED), (2, REFUSED)))

    assert found is not None
    assert (TEXT, "2", "0xaa", NOW + 4) == (found.text, found.body, found.signer, found.at_ms)


def test_what_was_taken_since_ends_it() -> None:
    assert last_refusal(journal((1, REFUSED), (2, Accepted()))) is None


@pytest.mark.parametrize(
    "outcome", [Unknown(cause="timeout"), Rejected(reason=RejectReason.MARGIN, text="no")]
)
def test_another_outcome_leaves_it(outcome: Outcome) -> None:
    assert last_refusal(journal((1, REFUSED), (2, outcome))) is not None


def test_an_empty_journal_has_none() -> None:
    assert last_refusal([]) is None


def test_outcomes_without_their_request_still_tell_the_text() -> None:
    found = last_refusal(journal((1, REFUSED))[1:])

    assert found is not None
    assert (TEXT, "", "") == (found.text, found.body, found.signer)
