"""Writing a halt into a journal, lifting it, and what a panic did, whoever else writes there too.

A halt in the journal is more than a word: it moves the journal on, so that a run which planned
before it loses the race for its next intent, and sends nothing.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from reconciler.errors import LostRace
from reconciler.model.event import Event, Halted, HaltLifted, PanicCancelled
from reconciler.model.order import ClientOrderId
from reconciler.model.state import Halt, State
from reconciler.ports import Clock, Store

__all__ = [
    "RACES_MAX",
    "Lifted",
    "halt_sentence",
    "halt_state",
    "lift_state",
    "record_panic",
]

RACES_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """What a halt was that was lifted, and the state without it."""

    state: State
    was: Halt


def halt_sentence(halt: Halt) -> str:
    """Say who halted and why; the words are a person's, untrusted."""
    by = f" by {halt.by}" if halt.by else ""
    return f"Halted{by}: {halt.why}."


async def halt_state(store: Store, clock: Clock, halt: Halted) -> State | None:
    """Record the halt unless one stands; return the state then, None when there is no state.

    Raises `StateProblem`; then nothing is recorded, and other runs may still write.
    """

    def wanted(state: State) -> Event | None:
        return halt if state.halt is None else None

    return await _append(store, clock, wanted)


async def lift_state(store: Store, clock: Clock, *, by: str) -> Lifted | None:
    """Record that the halt is lifted; None when none stood. Raises `StateProblem`."""
    seen: list[Halt] = []

    def wanted(state: State) -> Event | None:
        seen[:] = [state.halt] if state.halt is not None else []
        return HaltLifted(by=by) if seen else None

    state = await _append(store, clock, wanted)
    return Lifted(state=state, was=seen[0]) if state is not None and seen else None


async def record_panic(
    store: Store, clock: Clock, client_order_ids: Collection[ClientOrderId], *, by: str
) -> None:
    """Record orders that a panic cancelled, those on record. Raises `StateProblem`."""

    def wanted(state: State) -> Event | None:
        ids = sorted(
            client_order_id
            for client_order_id in client_order_ids
            if client_order_id in state.placements
            and not state.placements[client_order_id].is_cancel_requested
        )
        return PanicCancelled(client_order_ids=tuple(ids), by=by) if ids else None

    await _append(store, clock, wanted)


async def _append(
    store: Store, clock: Clock, wanted: Callable[[State], Event | None]
) -> State | None:
    """Write what is wanted of the state as it is now; another run's write means looking again."""
    for _ in range(RACES_MAX - 1):
        try:
            return await _append_once(store, clock, wanted)
        except LostRace:
            continue
    return await _append_once(store, clock, wanted)


async def _append_once(
    store: Store, clock: Clock, wanted: Callable[[State], Event | None]
) -> State | None:
    state = await store.load()
    event = wanted(state) if state is not None else None
    if state is None or event is None:
        return state
    return await store.append(state, [event], clock.now_ms())
