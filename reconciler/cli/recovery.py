"""A lost state made anew from what the venue shows: `state init` writes it, `plan` only says so."""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.cli.session import Session
from reconciler.diagnostics import display
from reconciler.errors import InvalidInput
from reconciler.execution.recovering import Recovered, read_recovery, wait_out
from reconciler.model.identity import is_unnamed
from reconciler.model.numbers import format_decimal
from reconciler.model.state import EndReason, State
from reconciler.model.transitions import preview
from reconciler.planner.recovery import Recovery
from reconciler.ports import Venue

__all__ = ["recover_state", "seen_without_state"]

SHOWN_MAX = 20


async def recover_state(session: Session, name: str) -> str:
    """Write the state of a venue entry anew, with its old lineage; return what was recovered.

    Raises `VenueProblem` and `StateProblem` before anything is written.
    """
    life_s = session.settings(name).expires_after_s
    session.options.note(
        f"The state of {name} is lost. Requests sent before may still arrive for {life_s} s: "
        "waiting, then reading the venue."
    )
    venue, store = session.venue(name, {}), session.store(name)
    try:
        await wait_out(venue, session.clock, life_s * 1000)
        read = await _read(session, name, venue)
        blank = replace(session.without_state(name), serial=0)
        events = [session.identity(name), *read.recovery.events]
        state = await store.append(blank, events, read.at_ms)
        await store.checkpoint(state)
    finally:
        await venue.close()
        await store.close()
    return "\n".join(_told(name, read.recovery))


async def seen_without_state(session: Session, name: str, venue: Venue) -> State:
    """Return the state as a recovery would write it, and say so; nothing is written."""
    read = await _read(session, name, venue)
    session.options.output.talk(
        f"The state of {name} is lost: this plan is made from what the venue shows, and nothing is "
        "recorded. Before anything can be sent:\nreconciler state init"
    )
    return preview(session.without_state(name), read.recovery.events, at_ms=read.at_ms)


async def _read(session: Session, name: str, venue: Venue) -> Recovered:
    try:
        return await read_recovery(
            venue,
            session.without_state(name),
            session.books_of(name),
            session.shell(name, is_acting=False),
            born_at_ms=session.births.get(name, 0),
        )
    except InvalidInput as problem:
        raise InvalidInput(*problem.diagnostics, sources=dict(session.sources)) from None


def _told(name: str, recovery: Recovery) -> Iterator[str]:
    yield f"Recovered the state of venue entry {name} from what the venue shows."
    many = len(recovery.bound) != 1
    yield f"  {len(recovery.bound)} open {'orders are' if many else 'order is'} bound again."
    for (holder, generation), filled in sorted(recovery.filled.items())[:SHOWN_MAX]:
        if not is_unnamed(holder):
            text = f"{format_decimal(filled)} at generation {generation}"
            yield f"  {display(holder)} filled {text}."
    for ending in recovery.endings[:SHOWN_MAX]:
        if ending.reason is not EndReason.FILLED:
            yield f"  {display(ending.address)} ended unfilled or in part: {display(ending.word)}."
    if recovery.unnamed:
        yield "  These ids are of this project, and no spec declares whose they are:"
        yield from (f"    {display(each)}" for each in recovery.unnamed[:SHOWN_MAX])
    if not recovery.is_complete:
        yield "  The venue's history of fills does not reach back to the birth of the state."
    if not recovery.are_endings_complete:
        yield "  Its history of orders does not either: what it cancelled before is not known."
    yield "  A halt that stood is lost with the state: `reconciler panic` halts again."
    if recovery.held:
        yield "  Held, since more may have filled or ended, until a person says what filled in all:"
        for holder, _ in recovery.held[:SHOWN_MAX]:
            yield f"    reconciler resolve {display(holder)} --filled Q"
