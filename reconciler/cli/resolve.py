"""`resolve`: a person's word on what no venue says any more; it frees the address."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import click

from reconciler.cli.approving import who
from reconciler.cli.halting import ask, open_settings
from reconciler.cli.output import Options
from reconciler.cli.session import Session, open_session
from reconciler.cli.state import load_states
from reconciler.diagnostics import Diagnostic, Severity, display, render_one
from reconciler.errors import InvalidInput, Refused, UsageProblem, VenueProblem
from reconciler.execution.looking import Refreshed, expand_all, refresh
from reconciler.execution.resolver import READ_ONLY, close_unknowns
from reconciler.execution.settling import Question, concerns, question_of, refuse_answer
from reconciler.execution.whose import RULE, refuse_another_account
from reconciler.model.event import Event, SettledByPerson
from reconciler.model.instrument import Instrument
from reconciler.model.numbers import format_decimal, parse_decimal
from reconciler.model.order import OrderAddress
from reconciler.model.state import State
from reconciler.model.transitions import preview
from reconciler.planner.labels import relabelled
from reconciler.ports import Store, Venue

__all__ = ["command"]

NOT_APPROVED = 1


@click.command("resolve")
@click.argument("address")
@click.option("--filled", required=True, metavar="Q", help="How much of it was filled, in all.")
@click.option("--venue", "name", help="The venue entry, where several know the address.")
@click.option(
    "--allow",
    type=click.Choice([RULE]),
    help="Take a new key's word where only the key says whose account it is (HTX).",
)
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(options: Options, /, address: str, filled: str, **flags: Any) -> int:
    """Settle ADDRESS by hand, after looking at the venue's own pages. Sends nothing.

    Q is what the unknown order filled; after a recovered state, all that filled under the
    generation. It is refused while the venue itself can still say. A rung is meant as the specs
    call it now, as a plan does.
    """
    said = _Said(
        address=OrderAddress(address),
        filled=_quantity(filled),
        is_approved=flags["auto_approve"],
        may_be_new=flags["allow"] == RULE,
    )
    return asyncio.run(_resolve(_open(options, address), said, flags["name"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a person says, and allows.

    Attributes:
        may_be_new: the key is another one than that of the state, of the same account.
    """

    address: OrderAddress
    filled: Decimal
    is_approved: bool
    may_be_new: bool


def _open(options: Options, address: str) -> Session:
    """Load the project, with its specs where they load: without them nobody knows a rung's name.

    Raises `InvalidInput`.
    """
    try:
        return open_session(options)
    except InvalidInput:
        if address.endswith("]"):
            raise
        return open_settings(options)


async def _resolve(session: Session, said: _Said, name: str | None) -> int:
    name = await _entry_of(session, said.address, name)
    store = session.store(name)
    venue = session.reading_venue(name)
    try:
        lock = await store.lock("resolve", wait_ms=0)
        try:
            return await _settle(session, store, venue, said)
        finally:
            await store.unlock(lock)
    finally:
        await venue.close()
        await store.close()


async def _settle(session: Session, store: Store, venue: Venue, said: _Said) -> int:
    address, filled, options = said.address, said.filled, session.options
    state = await store.load()
    assert state is not None, "the entry was chosen because it has a state"
    seen = await _look(session, venue, state)
    if not said.may_be_new:
        # That the venue does not know an order is a doubt only where it was sent.
        refuse_another_account(venue, state, seen.snapshot, command=f"resolve {display(address)}")
    window_ms = venue.capabilities.close_window_ms
    labels = await _labels(session, venue, seen.settled)
    settled = preview(seen.settled, labels, at_ms=seen.snapshot.taken_at_ms)
    question = question_of(address, settled, seen.snapshot, close_window_ms=window_ms)
    refuse_answer(question, filled)
    if question.is_unanswered:
        options.output.talk(render_one(_may_still_say(question)))
    options.output.product(_asked(question, filled))
    if not ask(options, "Record that?", is_approved=said.is_approved):
        options.output.talk("Not approved; nothing was written.")
        return NOT_APPROVED
    event = SettledByPerson(
        address=address,
        holder=question.key[0],
        generation=question.key[1],
        filled=filled,
        by=who(),
    )
    at_ms = session.clock.now_ms() + seen.skew_ms
    after = await store.append(state, [*seen.seen, *labels, event], at_ms)
    await store.checkpoint(after)
    options.output.product(f"Settled; {display(address)} is free.\n\n  reconciler plan")
    return 0


async def _look(session: Session, venue: Venue, state: State) -> Refreshed:
    """Ask the venue first, and take every proof it has. Raises `VenueProblem`."""
    seen = await refresh(venue, state, frozenset(), session.clock)
    concluded: list[Event] = [*seen.seen]
    settled = seen.settled

    async def record(events: Sequence[Event]) -> State:
        nonlocal settled
        concluded.extend(events)
        settled = preview(settled, events, at_ms=seen.snapshot.taken_at_ms)
        return settled

    settled = await close_unknowns(venue, settled, session.clock, READ_ONLY, record)
    again = await refresh(venue, settled, frozenset(), session.clock)
    if again.snapshot.problems:
        raise VenueProblem(*(_unread(problem) for problem in again.snapshot.problems))
    return replace(again, seen=(*concluded, *again.seen))


async def _labels(session: Session, venue: Venue, state: State) -> Sequence[Event]:
    """Return what the specs call rungs otherwise than the state does. Raises `VenueProblem`."""
    books = session.books_of(state.venue)
    ladders = {h.instrument for book in books for h in book.holders if h.ladder is not None}
    if not ladders:
        return ()
    markets = await venue.markets(frozenset(ladders))
    return _named_by(session, state, markets.instruments)


def _named_by(
    session: Session, state: State, instruments: Mapping[str, Instrument]
) -> Sequence[Event]:
    books = session.books_of(state.venue)
    expanded, _ = expand_all(books, instruments, session.expander())
    return relabelled(expanded, state)


async def _entry_of(session: Session, address: OrderAddress, name: str | None) -> str:
    """Return the one venue entry that is meant. Raises `Refused` or `UsageProblem`."""
    if name is not None and name not in session.project.venues:
        raise UsageProblem(
            Diagnostic(
                code="no-such-venue",
                summary="There is no such venue entry.",
                where=display(name),
                next_step=f"Name one of: {', '.join(session.entry_names())}.",
            )
        )
    states = await load_states(session)
    fitting = [entry for entry, state in states.items() if _is_meant(session, state, address, name)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise Refused(
            Diagnostic(
                code="nothing-to-settle",
                summary="Nothing is unknown there.",
                where=display(address),
                why="No state has an order of it that is, or may be, at a venue.",
                next_step="reconciler state list",
            )
        )
    raise UsageProblem(
        Diagnostic(
            code="which-venue",
            summary="Several venue entries know that address.",
            where=display(address),
            next_step=f"Pass --venue with one of: {', '.join(sorted(fitting))}.",
        )
    )


def _is_meant(session: Session, state: State, address: OrderAddress, name: str | None) -> bool:
    if name not in (None, state.venue):
        return False
    labels = _named_by(session, state, state.instruments)
    return concerns(preview(state, labels, at_ms=0), address)


def _quantity(text: str) -> Decimal:
    found = parse_decimal(text)
    if found is None:
        raise UsageProblem(
            Diagnostic(
                code="not-a-quantity",
                summary="That is not an exact quantity.",
                where=f"--filled {display(text)}",
                why="Digits with at most one point: no sign, exponent or separator.",
                next_step="Write it as in a spec, such as 0.05.",
            )
        )
    return found


def _asked(question: Question, filled: Decimal) -> str:
    most = f" of {format_decimal(question.most)}" if question.most is not None else ""
    return (
        f"{display(question.address)}: {format_decimal(filled)}{most} is taken as filled of "
        f"{question.what} ({format_decimal(question.least)} is proven)."
    )


def _may_still_say(question: Question) -> Diagnostic:
    return Diagnostic(
        code="venue-silent",
        summary="The venue did not answer what became of it, and may yet do so.",
        severity=Severity.WARNING,
        where=display(question.address),
        why="What is settled is no longer asked about: a fill that the venue would tell later is "
        "not counted, and would be bought again.",
        next_step="If it is only silent for a while, run this again when it answers.",
    )


def _unread(problem: str) -> Diagnostic:
    return Diagnostic(
        code="refresh-incomplete",
        summary="The venue could not be read completely; it may still be able to say.",
        why=display(problem),
        next_step="Run the command again.",
    )
