"""The fold: how each event changes a state. The only place where a state changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import assert_never

from reconciler.model.draft import Draft
from reconciler.model.event import (
    Adopted,
    Approved,
    Event,
    Forgotten,
    Halted,
    HaltLifted,
    HistoryRead,
    Initialised,
    InstrumentsRead,
    IntentWritten,
    Moved,
    Named,
    Observed,
    OutcomesWritten,
    Overridden,
    PanicCancelled,
    Relabelled,
    Resolved,
    SettledByPerson,
)
from reconciler.model.fold_history import fold_history, fold_named, fold_said
from reconciler.model.fold_intents import fold_intent, fold_outcomes, fold_resolved
from reconciler.model.fold_names import fold_moved, fold_relabelled
from reconciler.model.fold_orders import fold_adopted, fold_observed, fold_panic_cancelled
from reconciler.model.numbers import ZERO
from reconciler.model.state import Approval, Halt, HolderKey, State

__all__ = ["Stamped", "fills_by_holder", "fold_all", "preview", "utc_day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """An event with its place in the journal.

    Attributes:
        serial: from 1.
        digest: of the journal line.
    """

    event: Event
    at_ms: int
    serial: int
    digest: str


def fold_all(state: State | None, stamped: Sequence[Stamped]) -> State:
    """Return the state after the events; `state` is None only before an `Initialised`.

    Raises `ValueError` for a first event that is not `Initialised`, or a second one that is.
    """
    events = list(stamped)
    if state is None:
        state = _initial(events[0]) if events else None
        if state is None:
            raise ValueError("a journal starts with an initialised event")
        events = events[1:]
    if not events:
        return state
    draft = Draft.of(state)
    for item in events:
        _fold(draft, item.event, item.at_ms)
        draft.serial, draft.digest = item.serial, item.digest
    return draft.freeze(state)


def preview(state: State, events: Sequence[Event], *, at_ms: int) -> State:
    """Return what the state would be, under its old serial: for planning, never for storing."""
    if not events:
        return state
    draft = Draft.of(state)
    for event in events:
        _fold(draft, event, at_ms)
    return draft.freeze(state)


def fills_by_holder(state: State) -> dict[HolderKey, Decimal]:
    """Return what has executed by (holder, generation): ended placements and live ones together."""
    totals = {key: record.filled for key, record in state.records.items()}
    for placement in state.placements.values():
        filled = placement.filled
        if filled:
            totals[placement.key] = totals.get(placement.key, ZERO) + filled
    return totals


def utc_day(at_ms: int) -> str:
    """Return the UTC day of a time, as ``2025-01-31``."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)
    return moment.date().isoformat()


def _initial(first: Stamped) -> State | None:
    event = first.event
    if not isinstance(event, Initialised):
        return None
    return State(
        project=event.project,
        venue=event.venue,
        kind=event.kind,
        network=event.network,
        account=event.account,
        lineage=event.lineage,
        serial=first.serial,
        digest=first.digest,
        born_at_ms=first.at_ms,
    )


def _fold(draft: Draft, event: Event, at_ms: int) -> None:
    match event:
        case IntentWritten():
            fold_intent(draft, event.intent, at_ms, utc_day(at_ms))
        case OutcomesWritten():
            fold_outcomes(draft, event, at_ms)
        case Observed():
            fold_observed(draft, event)
        case Resolved():
            fold_resolved(draft, event, at_ms)
        case Adopted():
            fold_adopted(draft, event, at_ms)
        case SettledByPerson():
            fold_said(draft, event, at_ms)
        case Moved():
            fold_moved(draft, event)
        case Relabelled():
            fold_relabelled(draft, event)
        case HistoryRead():
            fold_history(draft, event)
        case Named():
            fold_named(draft, event)
        case PanicCancelled():
            fold_panic_cancelled(draft, event)
        case _:
            _fold_small(draft, event, at_ms)


def _fold_small(
    draft: Draft,
    event: Initialised | InstrumentsRead | Forgotten | Approved | Overridden | Halted | HaltLifted,
    at_ms: int,
) -> None:
    match event:
        case Initialised():
            raise ValueError("a journal is initialised once")
        case InstrumentsRead():
            draft.instruments.update({i.name: i for i in event.instruments})
        case Forgotten():
            ending = draft.endings.pop(event.address, None)
            address = ending.address if ending is not None else event.address
            refusal = draft.refusals.get(address)
            if refusal is not None and (ending is None or refusal.terms == ending.terms):
                draft.refusals.pop(address)
        case Approved():
            draft.approvals[event.book] = Approval(
                book=event.book, intent_id=event.intent_id, by=event.by, at_ms=at_ms
            )
        case Halted():
            draft.halt = Halt(by=event.by, why=event.why, at_ms=at_ms)
        case HaltLifted():
            draft.halt = None
        case Overridden():
            pass  # it is for people who read the journal
        case _:
            assert_never(event)
