"""A person who settles what no venue says any more, as `reconciler resolve` does, and is right."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError, Refused
from reconciler.execution.looking import refresh
from reconciler.execution.resolver import READ_ONLY, close_unknowns
from reconciler.execution.settling import Question, question_of, refuse_answer
from reconciler.model.event import Event, SettledByPerson
from reconciler.model.order import OrderAddress
from reconciler.model.snapshot import VenueSnapshot
from reconciler.model.state import Placement, State
from reconciler.model.transitions import preview
from reconciler.observe import UNSETTLED
from reconciler.ports import Store, Venue
from tests.simulation.book import digest_of
from tests.simulation.loop import Process
from tests.simulation.runs import SkewedClock

if TYPE_CHECKING:
    from tests.simulation.history import History
    from tests.simulation.htx.bench import HtxBench

__all__ = ["settle"]


def settle(bench: HtxBench, world: History, addresses: Sequence[OrderAddress]) -> None:
    """Answer for each address with what is true, one command each."""
    for address in addresses:
        process = Process("person")
        world.people.append(process)
        task = world.loop.start(process, _resolve(bench, world, process, address))
        world.loop.run_until(task.done)
        task.result()
        process.exit()


async def _resolve(
    bench: HtxBench, world: History, process: Process, address: OrderAddress
) -> None:
    clock = SkewedClock(world.loop, 0)
    store = world.store(process)
    venue = world.bench.venue(clock, world.network.exchange)
    with suppress(ReconcilerError):
        await _answer(bench, world, venue, store, address)
    await venue.close()
    await store.close()


async def _answer(
    bench: HtxBench, world: History, venue: Venue, store: Store, address: OrderAddress
) -> None:
    """Ask the venue first, and take every proof it has."""
    state = await store.load()
    assert state is not None, "a history starts with a state"
    clock = SkewedClock(world.loop, 0)
    seen = await refresh(venue, state, frozenset(), clock)
    concluded: list[Event] = [*seen.seen]
    settled = seen.settled

    async def record(events: Sequence[Event]) -> State:
        nonlocal settled
        concluded.extend(events)
        settled = preview(settled, events, at_ms=seen.snapshot.taken_at_ms)
        return settled

    await close_unknowns(venue, settled, clock, READ_ONLY, record)
    again = await refresh(venue, settled, frozenset(), clock)
    question = _question(address, again.settled, again.snapshot, venue)
    if question is None:
        return
    _cancel_nameless(bench, world, question, again.settled)
    filled = _true_fill(bench, world, question, again.settled)
    refuse_answer(question, filled)
    holder, generation = question.key
    world.note(f"a person says that {filled} of {address} filled")
    event = SettledByPerson(
        address=address, holder=holder, generation=generation, filled=filled, by="person"
    )
    await store.append(state, [*concluded, *again.seen, event], clock.now_ms())


def _question(
    address: OrderAddress, state: State, snapshot: VenueSnapshot, venue: Venue
) -> Question | None:
    window_ms = venue.capabilities.close_window_ms
    with suppress(Refused):
        return question_of(address, state, snapshot, close_window_ms=window_ms)
    return None


def _doubtful(state: State, address: OrderAddress) -> Sequence[Placement]:
    """Return what an answer is about."""
    placed = [p for p in state.placements.values() if p.address == address]
    open_ids = {
        item.client_order_id
        for intent in state.intents.values()
        for item in intent.items
        if item.address == address and item.status in UNSETTLED
    }
    return [p for p in placed if p.client_order_id in open_ids] or placed


def _cancel_nameless(bench: HtxBench, world: History, question: Question, state: State) -> None:
    """Cancel what rests and shows no id of ours any more: a person finds it by its price."""
    ours = {p.client_order_id for p in _doubtful(state, question.address) if not p.legs}
    for order in list(world.account.live.values()):
        if any(bench.is_of(order, each) for each in ours):
            world.control("cancel_as_user", oid=order.oid)
    for oid in [oid for each in ours for oid in bench.stops_of(each)]:
        bench.others(world).cancel_stop(oid)


def _true_fill(bench: HtxBench, world: History, question: Question, state: State) -> Decimal:
    if question.most is None:
        digest = digest_of(*question.key)
        key = world.specs.by_digest[digest].key
        return world.oracle.filled.get(key, Decimal(0))
    doubtful = _doubtful(state, question.address)
    ours = {placement.client_order_id for placement in doubtful}
    names = {leg.venue_order_id for placement in doubtful for leg in placement.legs}
    return sum(
        (
            Decimal(order.filled)
            for order in world.account.history
            if bench.name_of(order) in names or any(bench.is_of(order, each) for each in ours)
        ),
        Decimal(0),
    )
