"""Asks, before anything is placed, whether the state still knows all that happened under our ids.

Reads, and sends nothing. An older state put in the place of a newer one is refused; fills that are
not on record become evidence, and the run plans again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.diagnostics import Diagnostic
from reconciler.errors import StateProblem
from reconciler.model.event import Event
from reconciler.model.identity import IdLayout
from reconciler.model.order import ClientOrderId, DesiredBook, VenueOrderId
from reconciler.model.snapshot import FillHistory, OrderQuery, OrderStatus, VenueSnapshot
from reconciler.model.state import State
from reconciler.planner.owners import Owners
from reconciler.planner.rollback import (
    LookedAt,
    compared,
    comparison_event,
    newer_ids,
    unexplained,
    unseen_legs,
)
from reconciler.ports import Venue

__all__ = [
    "CLOCK_DOUBT_MS",
    "Comparison",
    "RolledBack",
    "Seen",
    "ask_about",
    "compare_fills",
    "refuse_newer_orders",
]

OVERLAP_MS = 60_000
# How wrong our clock may have been when a lineage began: its birth is not the venue's time.
CLOCK_DOUBT_MS = 30 * 24 * 60 * 60 * 1000
SHOWN_MAX = 3


class RolledBack(StateProblem):
    """The venue shows ids of ours that are newer than the state's last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A state as stored, and what a look adds to it."""

    state: State
    events: tuple[Event, ...]
    snapshot: VenueSnapshot


def refuse_newer_orders(state: State, snapshot: VenueSnapshot, layout: IdLayout) -> None:
    """Raise `RolledBack` when an open order of ours is newer than the state's last."""
    _refuse(state, newer_ids(state, layout, [o.client_order_id for o in snapshot.resting]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the venue's fills say of a state.

    Attributes:
        missing: what they add to the record, before all that the look adds; empty when they agree.
    """

    missing: tuple[Event, ...]
    looked: LookedAt

    def agreed(self, seen: Sequence[Event]) -> Event:
        """Return the event that says until when they were compared.

        Args:
            seen: all that the look adds by now, perhaps more than when they were compared.
        """
        return comparison_event(replace(self.looked, seen=seen), ())


async def compare_fills(
    venue: Venue, seen: Seen, books: Sequence[DesiredBook], *, may_have_gap: bool
) -> Comparison:
    """Compare the record with the venue's fills since they were last compared.

    Args:
        may_have_gap: a person allowed to go on where fills since then are out of reach.

    Raises `RolledBack`, `VenueProblem`, and `StateProblem` where history does not reach back far
    enough.
    """
    state, layout = seen.state, venue.capabilities.id_layout
    since_ms = state.synced_at_ms - OVERLAP_MS
    if not state.synced_at_ms:
        since_ms = state.born_at_ms - CLOCK_DOUBT_MS
    history = await venue.fills(max(0, since_ms))
    _refuse(state, newer_ids(state, layout, [fill.client_order_id for fill in history.fills]))
    if history.reaches_ms > (state.synced_at_ms or state.born_at_ms) and not may_have_gap:
        raise _out_of_reach(state, history)
    looked = LookedAt(
        state=state, seen=seen.events, snapshot=seen.snapshot, history=history, layout=layout
    )
    unseen = compared(looked)
    instruments = {key: found.fills[-1].instrument for key, found in unseen.items()}
    observed = unseen_legs(unseen, await ask_about(venue, instruments))
    marked = unexplained(looked, unseen, Owners(books, layout))
    marks = (comparison_event(looked, marked),) if marked else ()
    return Comparison(missing=(*observed, *marks), looked=looked)


async def ask_about(
    venue: Venue, instruments: dict[VenueOrderId, str]
) -> dict[VenueOrderId, OrderStatus]:
    """Ask for orders by the venue's ids; `instruments` says what each is an order of."""
    queries = {
        venue_order_id: OrderQuery(instrument=instrument, venue_order_id=venue_order_id)
        for venue_order_id, instrument in instruments.items()
    }
    answers = await venue.lookup(tuple(queries.values())) if queries else {}
    return {key: answers[query] for key, query in queries.items()}


def _refuse(state: State, newer: Sequence[ClientOrderId]) -> None:
    if not newer:
        return
    more = f" and {len(newer) - SHOWN_MAX} more" if len(newer) > SHOWN_MAX else ""
    raise RolledBack(
        Diagnostic(
            code="state-rolled-back",
            summary="The state was rolled back: the venue shows newer orders of this project.",
            where=f"venue entry {state.venue}, serial {state.serial}",
            why=f"The newest id on record is number {state.last_incarnation}; the venue shows "
            f"{', '.join(newer[:SHOWN_MAX])}{more}, made after it. Nothing was sent.",
            next_step="Put the newest state back. If it is lost, move this one away and recover "
            "from the venue:\nreconciler state init",
        )
    )


def _out_of_reach(state: State, history: FillHistory) -> StateProblem:
    return StateProblem(
        Diagnostic(
            code="history-gap",
            summary="It cannot be seen whether the state knows all that filled; nothing was sent.",
            where=f"venue entry {state.venue}, serial {state.serial}",
            why=f"The venue shows fills since {history.reaches_ms} (its time in milliseconds), and "
            f"the state knows those until {state.synced_at_ms or state.born_at_ms}.",
            next_step="If this state is the newest one, pass `--allow history-gap`.",
        )
    )
