"""Where only the key says whose account it is, another key's account proves nothing."""

from dataclasses import replace

import pytest

from reconciler.errors import CredentialsProblem
from reconciler.execution.executor import Entry, carry_out
from reconciler.execution.looking import Shell, look
from reconciler.execution.resolver import ClosingPolicy
from reconciler.model.nonces import NonceLane
from reconciler.model.state import Halt, IntentOperation, State
from reconciler.planner.context import PlanPolicy
from tests.execution.fakes import FakeStore, Listener, ObedientVenue, finished
from tests.execution.runs import EXPIRES_MS
from tests.support.build import FORGETFUL, NOW, WIDE_LIMITS, book, holder, policy, state, terms
from tests.support.journal import intent, item

BY_KEY = replace(FORGETFUL, account_is_key=True)
HALTED = policy(halt=Halt(by="x", why="y", at_ms=NOW))
LONG_AFTER = NOW + EXPIRES_MS + 400_000


def open_place(*, signer: str, recorded: str) -> State:
    """Return a state with a place of unknown fate, signed by one key."""
    known = intent(state(), item(IntentOperation.PLACE, wanted=terms()), nonce=NOW)
    signed = replace(known.intents[NOW], signer=signer)
    return replace(known, signer=recorded, synced_at_ms=NOW, intents={NOW: signed})


def apply(known: State, under: PlanPolicy) -> FakeStore:
    """Apply with a key whose account shows nothing."""
    venue, store = ObedientVenue(capabilities=BY_KEY), FakeStore(known)
    venue.clock.at_ms = LONG_AFTER
    closing = ClosingPolicy(may_burn=False, wait_ms=60_000)
    shell = Shell(clock=venue.clock, expand=lambda each, _: (each, ()), closing=closing)
    seen = finished(look(venue, known, [book(holder())], under, shell))
    entry = Entry(
        venue=venue,
        store=store,
        limits=WIDE_LIMITS,
        expires_after_ms=EXPIRES_MS,
        shell=shell,
        progress=Listener(),
        stop=lambda: None,
        nonces=NonceLane(),
    )
    finished(carry_out(entry, seen, seen.plan.actions))
    return store


@pytest.mark.parametrize("under", [HALTED, policy()], ids=["nothing to send", "something to send"])
@pytest.mark.parametrize("recorded", ["", "their-key"], ids=["the first request", "a later one"])
def test_what_another_account_does_not_show_proves_nothing(
    recorded: str, under: PlanPolicy
) -> None:
    known = open_place(signer="their-key", recorded=recorded)

    with pytest.raises(CredentialsProblem) as caught:
        apply(known, under)
    assert "account-unproven" == caught.value.diagnostics[0].code


def test_the_same_key_concludes_that_it_was_never_placed() -> None:
    own = ObedientVenue().signer_address()
    store = apply(open_place(signer=own, recorded=own), HALTED)

    assert ["never-placed"] == [e.verdict for e in store.events if hasattr(e, "verdict")]


def test_a_person_may_say_that_the_new_key_is_of_the_same_account() -> None:
    known = open_place(signer="their-key", recorded="their-key")
    store = apply(known, replace(HALTED, allow=frozenset({"new-key"})))

    assert ["never-placed"] == [e.verdict for e in store.events if hasattr(e, "verdict")]
