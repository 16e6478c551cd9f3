"""Looking at every venue entry of a project: one plan, and what is needed to carry it out."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from reconciler import __version__
from reconciler.cli.halting import halt_folder
from reconciler.cli.output import Output
from reconciler.cli.pinning import warn_unpinned
from reconciler.cli.recovery import seen_without_state
from reconciler.cli.session import Session
from reconciler.diagnostics import Diagnostic
from reconciler.errors import InvalidInput, ReconcilerError, StateProblem, VenueProblem
from reconciler.execution.comparing import RolledBack
from reconciler.execution.looking import Look, Shell, look
from reconciler.model.intent_id import intent_id_of
from reconciler.model.order import DesiredBook
from reconciler.model.plan import Plan, VenuePlan
from reconciler.model.state import Halt, State
from reconciler.planner.context import PlanPolicy
from reconciler.ports import Store, Venue
from reconciler.statefile.haltfile import read_halt
from reconciler.statefile.problems import lost_race

__all__ = [
    "PLAN_LIFETIME_MS",
    "OpenEntry",
    "close_all",
    "each",
    "intents_of",
    "look_at",
    "make_plan",
    "open_entry",
]

T = TypeVar("T")

PLAN_LIFETIME_MS = 15 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEntry:
    """One venue entry with its store and adapter open.

    Attributes:
        state: as loaded; of serial -1 when there is none.
        is_lost: there was a state, and there is none now.
        is_acting: there is a key, and requests of unknown fate may be waited for.
        halt: what the halt file said before anything was looked at; it counts like the state's.
    """

    name: str
    store: Store
    venue: Venue
    state: State
    books: tuple[DesiredBook, ...]
    is_acting: bool
    halt: Halt | None
    is_lost: bool = False


async def open_entry(
    session: Session, name: str, *, with_key: bool, store: Store | None = None
) -> OpenEntry:
    """Load the state of an entry and make its adapter.

    Args:
        store: the entry's, where it is open already; a run that acts has locked it.

    Raises `StateProblem` with `with_key` when there is no state.
    """
    halt = read_halt(halt_folder(session), name)
    store = store or session.store(name)
    state = await store.load()
    is_lost = state is None and name in session.lineages
    if state is not None and name not in session.lineages:
        warn_unpinned(session.options, name)
    if state is None:
        if with_key:
            raise _no_state(session, name, is_lost=is_lost)
        state = session.without_state(name)
    venue = session.venue(name, session.secrets(name)) if with_key else session.reading_venue(name)
    return OpenEntry(
        name=name,
        store=store,
        venue=venue,
        state=state,
        books=session.books_of(name),
        is_acting=with_key,
        halt=halt,
        is_lost=is_lost,
    )


async def look_at(session: Session, entry: OpenEntry, policy: PlanPolicy) -> Look:
    """Refresh and plan one entry.

    Raises `VenueProblem` for an incomplete refresh, `InvalidInput` for values off the venue's grid.
    """
    shell = session.shell(entry.venue, is_acting=entry.is_acting)
    under_halt = replace(policy, halt=entry.halt)
    # The signing library takes a quarter of a second to load: while the network is waited for.
    warming = asyncio.ensure_future(entry.venue.warm_up()) if entry.is_acting else None
    try:
        seen = await _look(session, entry, under_halt, shell)
    finally:
        if warming is not None:
            await warming
    if seen.snapshot.problems:
        raise VenueProblem(
            *(_incomplete(entry.name, problem) for problem in seen.snapshot.problems)
        )
    if seen.planned is None:
        raise InvalidInput(*seen.diagnostics, sources=dict(session.sources))
    intents = intents_of(session, entry.name)
    plan = replace(seen.planned.plan, intents=intents)
    return replace(seen, planned=replace(seen.planned, plan=plan))


async def _look(session: Session, entry: OpenEntry, policy: PlanPolicy, shell: Shell) -> Look:
    """Look, once more with the state as it is now where another run wrote it meanwhile.

    Raises `LostRace` then for a run that acts: what it holds is not the state any more.
    """
    state = entry.state
    if entry.is_lost:
        state = await seen_without_state(session, entry.name, entry.venue)
    try:
        return await look(entry.venue, state, entry.books, policy, shell)
    except RolledBack:
        fresh = await entry.store.load()
        if fresh is None or fresh.serial <= state.serial:
            raise
        if entry.is_acting:
            found, known = f"serial {fresh.serial}", f"serial {state.serial}"
            raise lost_race(f"venue entry {entry.name}", found=found, expected=known) from None
    return await look(entry.venue, fresh, entry.books, policy, shell)


def intents_of(session: Session, name: str) -> Mapping[str, str]:
    """Return the intent id of each book of a venue entry."""
    settings = session.settings(name)
    return {
        book.name: intent_id_of(
            book,
            limits=session.project.limits,
            network=settings.network,
            account=settings.account,
        )
        for book in session.books_of(name)
    }


def make_plan(session: Session, venues: Sequence[VenuePlan]) -> Plan:
    """Join the plans of all entries."""
    now_ms = session.clock.now_ms()
    return Plan(
        project=session.project.name,
        tool_version=__version__,
        commit=session.commit(),
        created_at_ms=now_ms,
        expires_at_ms=now_ms + PLAN_LIFETIME_MS,
        venues=tuple(sorted(venues, key=lambda venue: venue.venue)),
    )


async def each(
    names: Sequence[str], work: Callable[[str], Coroutine[None, None, T]], output: Output
) -> tuple[dict[str, T], list[ReconcilerError]]:
    """Do the same at every entry side by side; a problem at one does not stop another.

    Nor does a defect of ours: its details go where `output` lets them go.
    """
    results = await asyncio.gather(*(work(name) for name in names), return_exceptions=True)
    done: dict[str, T] = {}
    problems: list[ReconcilerError] = []
    for name, result in zip(names, results, strict=True):
        if isinstance(result, Exception):
            from reconciler.cli.failures import problem_of

            problems.append(problem_of(result, output, where=f"venue entry {name}"))
        elif isinstance(result, BaseException):
            raise result
        else:
            done[name] = result
    return done, problems


async def close_all(entries: Sequence[OpenEntry]) -> None:
    """Close adapters and stores."""
    for entry in entries:
        await entry.venue.close()
        await entry.store.close()


def _incomplete(name: str, problem: str) -> Diagnostic:
    return Diagnostic(
        code="refresh-incomplete",
        summary="The venue could not be read completely; nothing is decided from half a picture.",
        where=f"venue entry {name}",
        why=problem,
        next_step="Run the command again.",
    )


def _no_state(session: Session, name: str, *, is_lost: bool) -> StateProblem:
    if is_lost:
        summary = "The state is missing."
        why = "reconciler.lock says that this project has one; nothing was sent."
        step = "Restore it from where it was last written. If it is lost, recover from the venue:\n"
    else:
        summary, why, step = "There is no state yet to record orders in.", "", ""
    return StateProblem(
        Diagnostic(
            code="state-missing" if is_lost else "no-state",
            summary=summary,
            where=f"{session.project.state.path}, venue entry {name}",
            why=why,
            next_step=f"{step}reconciler state init",
        )
    )
