"""Whatever gets lost or comes late: what is concluded of a request is what became of it.

The venue here is honest about nothing but its time: it may not answer, and may answer from a
moment ago. What the capabilities say of it is all that a conclusion may rely on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.execution.closing import Lists, Round, judge, open_items
from reconciler.model.capabilities import Capabilities
from reconciler.model.order import VenueOrderId
from reconciler.model.snapshot import Missing, NoAnswer, OrderPhase, OrderStatus
from reconciler.model.state import IntentOperation, State
from tests.support.build import FORGETFUL, IN_PLACE, NOW, placement, state, terms
from tests.support.journal import cancel_of, found, intent, item, modify_of

LIFE_MS = 15_000
SENT, EXPIRY = NOW, NOW + LIFE_MS
OLD, NEW = VenueOrderId("1"), VenueOrderId("2")
PLACED = placement()
LAG_MS = 9_000


@dataclass(frozen=True, kw_only=True)
class Read:
    """One round of reads.

    Attributes:
        after_ms: how long after the round before.
        lag_ms: from how long ago the answers are.
        is_lost: nobody answers about the order.
        lists: how the lists come: ``lost``, ``short`` (they do not reach back) or ``whole``.
    """

    after_ms: int
    lag_ms: int
    is_lost: bool
    lists: str


def reads(lag_ms: int) -> st.SearchStrategy[list[Read]]:
    """Return rounds around the end of a request's life: that is where it could go wrong."""
    others = {
        "lag_ms": st.sampled_from((0, lag_ms, lag_ms)),
        "is_lost": st.sampled_from((False,) * 5 + (True,)),
        "lists": st.sampled_from(("whole",) * 6 + ("short", "lost")),
    }
    first = st.builds(Read, after_ms=st.integers(LIFE_MS - 2_000, LIFE_MS + 12_000), **others)
    later = st.builds(Read, after_ms=st.sampled_from((1, 400, 3_000, 5_000, 9_000)), **others)
    return st.builds(lambda one, more: [one, *more], first, st.lists(later, max_size=6))


PHASES = st.sampled_from([OrderPhase.RESTING, OrderPhase.FILLED, OrderPhase.UNKNOWN])


def happens_at(can: Capabilities) -> st.SearchStrategy[int | None]:
    """Return when a request is executed, if ever; at the last moment more often than not."""
    last_ms = EXPIRY + can.close_window_ms
    return st.none() | st.just(last_ms) | st.integers(SENT, last_ms)


def concluded(
    known: State,
    can: Capabilities,
    rounds: Sequence[Read],
    answer: "Answer",
) -> str:
    """Return the verdict that is reached, or nothing."""
    at_ms = SENT
    absences: dict[tuple[int, int], tuple[int, ...]] = {}
    for read in rounds:
        (open_item,) = open_items(known)
        at_ms += read.after_ms
        # Only a venue that forgets says nothing of how old its answers are.
        says_ms = at_ms if can.absence.reads_lists else at_ms - read.lag_ms
        status = NoAnswer(cause="lost") if read.is_lost else answer.about(at_ms - read.lag_ms)
        if isinstance(status, Missing):
            status = replace(status, as_of_ms=says_ms)
        lists = None if read.lists == "lost" else answer.lists(at_ms - read.lag_ms, read.lists)
        seen = Round(status=status, as_of_ms=at_ms, lists=lists)
        judged = judge(open_item, seen, can, absences)
        if judged.closed is not None:
            return judged.closed.verdict
        if judged.absent_at_ms is not None:
            earlier = absences.get(open_item.key, ())
            absences[open_item.key] = (*earlier, judged.absent_at_ms)
    return ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is true: when the request was executed, if ever, and what one sees then and before."""

    at_ms: int | None
    before: OrderStatus
    after: OrderStatus
    is_listed: bool = False

    def about(self, as_of_ms: int) -> OrderStatus:
        is_done = self.at_ms is not None and self.at_ms <= as_of_ms
        return self.after if is_done else self.before

    def lists(self, as_of_ms: int, reach: str) -> Lists:
        is_shown = self.is_listed and self.about(as_of_ms) is self.after
        if reach == "short":
            return Lists(since_ms=SENT + 1)
        shown = {PLACED.client_order_id: frozenset({NEW})} if is_shown else {}
        return Lists(shown=shown, since_ms=SENT)


def test_an_honest_venue_that_answers_is_enough():
    """So that none of the claims below is true of nothing."""
    rounds = [Read(after_ms=18_000, lag_ms=0, is_lost=False, lists="whole")] * 3
    answer = Answer(at_ms=None, before=NOTHING, after=NOTHING)
    verdicts = [
        concluded(REQUESTS[kind], can, rounds, answer)
        for kind, can in (("place", IN_PLACE), ("place", FORGETFUL), ("cancel", IN_PLACE))
    ]

    assert ["never-placed", "never-placed", "done"] == verdicts


NOTHING = Missing(as_of_ms=0)
REQUESTS: dict[str, State] = {
    "place": intent(state(), item(IntentOperation.PLACE, wanted=terms()), nonce=SENT),
    "modify": intent(state(PLACED), modify_of(PLACED, terms("91")), nonce=SENT),
    "cancel": intent(state(PLACED), cancel_of(PLACED), nonce=SENT),
}


@settings(max_examples=400)
@given(happens_at(IN_PLACE), PHASES, reads(LAG_MS))
def test_a_place_is_never_said_to_have_become_what_it_did_not(at_ms, phase, rounds):
    answer = Answer(at_ms=at_ms, before=NOTHING, after=found(terms(), phase, oid=NEW))

    verdict = concluded(REQUESTS["place"], IN_PLACE, rounds, answer)

    assert verdict in ("", "never-placed" if at_ms is None else "found")


@settings(max_examples=400)
@given(happens_at(FORGETFUL), PHASES, reads(LAG_MS), st.booleans())
def test_a_place_at_a_venue_that_lags_is_never_said_to_have_become_what_it_did_not(
    at_ms, phase, rounds, is_found
):
    """By its id or in the lists, one of them shows it at last."""
    after = found(terms(), phase, oid=NEW) if is_found else NOTHING
    answer = Answer(at_ms=at_ms, before=Missing(as_of_ms=1), after=after, is_listed=True)

    verdict = concluded(REQUESTS["place"], FORGETFUL, rounds, answer)

    assert verdict in ("", "never-placed" if at_ms is None else "found")


@settings(max_examples=400)
@given(happens_at(IN_PLACE), PHASES, reads(LAG_MS))
def test_a_modify_is_never_said_to_have_become_what_it_did_not(at_ms, phase, rounds):
    """Before it, its id leads to the old order; that one proves nothing."""
    old, new = (found(terms(), p, oid=o) for p, o in ((OrderPhase.RESTING, OLD), (phase, NEW)))
    answer = Answer(at_ms=at_ms, before=old, after=new)

    # What it reads before may be from a moment ago, and does not say so.
    verdict = concluded(
        REQUESTS["modify"], IN_PLACE, [replace(r, lag_ms=0) for r in rounds], answer
    )

    assert verdict in ("", "never-placed" if at_ms is None else "found")


@settings(max_examples=400)
@given(happens_at(IN_PLACE), reads(LAG_MS))
def test_a_cancel_is_never_said_to_have_become_what_it_did_not(at_ms, rounds):
    rests, over = (
        found(terms(), p, oid=OLD) for p in (OrderPhase.RESTING, OrderPhase.CANCELLED_BY_USER)
    )
    answer = Answer(at_ms=at_ms, before=rests, after=over)

    verdict = concluded(
        REQUESTS["cancel"], IN_PLACE, [replace(r, lag_ms=0) for r in rounds], answer
    )

    assert verdict in ("", "never-placed" if at_ms is None else "done")


@settings(max_examples=200)
@given(
    st.sampled_from([IN_PLACE, FORGETFUL]), st.sampled_from(["place", "modify", "cancel"]), reads(0)
)
def test_without_an_answer_nothing_is_ever_concluded(can, kind, rounds):
    lost = [replace(read, is_lost=True) for read in rounds]
    answer = Answer(at_ms=None, before=NOTHING, after=NOTHING)

    assert "" == concluded(REQUESTS[kind], can, lost, answer)


@settings(max_examples=200)
@given(
    st.sampled_from([IN_PLACE, FORGETFUL]), st.sampled_from(["place", "modify", "cancel"]), reads(0)
)
def test_a_word_that_is_in_no_table_is_never_an_end(can, kind, rounds):
    odd = found(terms(), OrderPhase.UNKNOWN, oid=OLD, word="odd")
    answer = Answer(at_ms=None, before=odd, after=odd)

    verdict = concluded(REQUESTS[kind], can, rounds, answer)

    assert verdict in (("", "found") if kind == "place" else ("",))
