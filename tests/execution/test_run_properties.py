"""Claims about runs carried out, tried on random desires and on requests that get lost."""

import random
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.capabilities import Capabilities
from reconciler.model.command import Command, ModifyOrder, PlaceOrder, Prepared
from reconciler.model.event import IntentWritten
from reconciler.model.order import DesiredBook, OrderAddress, VenueOrderId
from reconciler.model.outcome import Outcome, Rejected, RejectReason, Unknown
from reconciler.model.state import State
from reconciler.observe import UNSETTLED
from tests.execution.fakes import ObedientVenue
from tests.execution.runs import Run
from tests.support.build import policy
from tests.support.worlds import VENUES, desires

ALLOWED = policy(allow=frozenset({"empty", "looks-renamed"}))


class Unreliable(ObedientVenue):
    """A venue at which requests get lost on either way, order by order, and some are refused."""

    chance = random.Random(0)

    async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        self.sent.append(prepared)
        return tuple(self._fate(command) for command in prepared.batch.items)

    def _fate(self, command: Command) -> Outcome:
        fate = self.chance.choice(("done", "done", "silent", "lost", "refused"))
        if fate == "refused":
            return Rejected(reason=RejectReason.MARGIN, text="margin")
        if fate == "lost":
            return Unknown(cause="timeout")
        outcome = self._do(command)
        return Unknown(cause="timeout") if fate == "silent" else outcome


def carried_out(
    wanted: DesiredBook, can: Capabilities, before: Run | None = None, seed: int | None = None
) -> Run:
    """Return a run that is over, after another; with a seed, at a venue where things get lost."""
    known = before.store.state if before is not None else None
    orders = [*before.venue.orders.values()] if before is not None else None
    run = Run([wanted], known, can=can, under=ALLOWED, resting=orders)
    if seed is not None:
        run.venue = Unreliable(orders=run.venue.orders, capabilities=can)
        run.venue.chance = random.Random(seed)
    if before is not None:
        run.venue.ended, run.venue.last_oid = before.venue.ended, before.venue.last_oid
        run.venue.clock.at_ms = before.venue.clock.at_ms + 1
    run.go()
    return run


@settings(max_examples=60)
@given(VENUES, desires(), desires())
def test_a_run_that_finds_nothing_new_sends_and_writes_nothing(can, first, wanted):
    before = carried_out(first, can)
    after = carried_out(wanted, can, before)

    again = carried_out(wanted, can, after)

    assert ([], [], 0) == (again.venue.sent, again.store.events, again.store.checkpoints)


def commands(runs: Sequence[Run]) -> list[Command]:
    return [c for run in runs for sent in run.venue.sent for c in sent.batch.items]


@settings(max_examples=100)
@given(VENUES, desires(), desires(), st.integers())
def test_what_gets_lost_is_sent_once(can, first, wanted, seed):
    """No client order id is placed twice, no nonce used twice, nothing sent unrecorded."""
    one = carried_out(first, can, None, seed)
    two = carried_out(wanted, can, one, seed + 1)
    runs = [one, two]

    placed = Counter(c.client_order_id for c in commands(runs) if isinstance(c, PlaceOrder))
    moved = Counter(c.target for c in commands(runs) if isinstance(c, ModifyOrder))
    nonces = [sent.nonce for run in runs for sent in run.venue.sent]
    assert {1} >= {*placed.values(), *moved.values()}
    assert sorted(set(nonces)) == nonces
    assert nonces == [
        event.intent.nonce
        for run in runs
        for event in run.store.events
        if isinstance(event, IntentWritten)
    ]


@settings(max_examples=100)
@given(VENUES, desires(), desires(), st.integers())
def test_where_something_got_lost_nothing_is_sent(can, first, wanted, seed):
    one = carried_out(first, can, None, seed)
    doubted = doubts(one.store.state)

    two = carried_out(wanted, can, one, seed + 1)

    written = [
        item
        for event in two.store.events
        if isinstance(event, IntentWritten)
        for item in event.intent.items
    ]
    placed = {(i.holder, i.terms.price) for i in written if i.terms is not None}
    moved = {i.target for i in written if i.terms is not None and i.target is not None}
    assert (set(), set()) == (placed & doubted.keys(), moved & {*doubted.values()})


def doubts(state: State) -> dict[tuple[OrderAddress, Decimal], VenueOrderId | None]:
    """Return where an order may rest or go whose request has no outcome, and the order itself.

    By price: a rung is called anew when its ladder shifts.
    """
    found: dict[tuple[OrderAddress, Decimal], VenueOrderId | None] = {}
    for item in (item for intent in state.intents.values() for item in intent.items):
        if item.status in UNSETTLED and item.terms is not None:
            found[item.holder, item.terms.price] = item.target
    return found
