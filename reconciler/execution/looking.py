"""One look at one venue entry: refresh, settle by reading, decide. Sends and writes nothing.

Used by `plan` as it is, and by `apply` before and after it acts, so that both see the world the
same way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.diagnostics import Diagnostic
from reconciler.execution.comparing import Seen, compare_fills, refuse_newer_orders
from reconciler.execution.resolver import READ_ONLY, ClosingPolicy, close_unknowns
from reconciler.model.event import Event, InstrumentsRead
from reconciler.model.instrument import Instrument
from reconciler.model.numbers import divide
from reconciler.model.order import DesiredBook, Options, declared_instruments
from reconciler.model.plan import Keep, Modify, Place, Replace, VenuePlan
from reconciler.model.snapshot import VenueSnapshot
from reconciler.model.state import State
from reconciler.model.transitions import preview
from reconciler.observe import observe, pending_queries
from reconciler.planner.context import PlanPolicy
from reconciler.planner.planner import Planned, plan_venue
from reconciler.planner.strays import is_ours
from reconciler.ports import Clock, Venue

__all__ = [
    "Expander",
    "Look",
    "Refreshed",
    "Shell",
    "expand_all",
    "look",
    "new_grids",
    "refresh",
]

LOOKUP_ROUNDS_MAX = 4
NEAR_TOUCH_PCT = Decimal(3)

Expander = Callable[
    [DesiredBook, Mapping[str, Instrument]], tuple[DesiredBook, tuple[Diagnostic, ...]]
]
"""Applies the venue's grid to a book: ladders become rungs, off-grid values become diagnostics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What looking and acting need besides a venue: time, and the grid of the specs.

    Attributes:
        closing: how far a look goes to close requests of unknown fate.
    """

    clock: Clock
    expand: Expander
    closing: ClosingPolicy = READ_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen and decided.

    Attributes:
        stored: the state as it was loaded.
        settled: the state with everything seen folded in, under the stored serial.
        seen: what the look adds to the journal.
        planned: the plan, and the state-only events that carrying it out starts with.
        diagnostics: why the books cannot be planned; then `planned` is None.
        compared: what to record of a comparison with the venue's fills, when something is sent.
    """

    stored: State
    settled: State
    snapshot: VenueSnapshot
    seen: tuple[Event, ...]
    books: tuple[DesiredBook, ...]
    planned: Planned | None
    skew_ms: int
    diagnostics: tuple[Diagnostic, ...] = ()
    compared: tuple[Event, ...] = ()

    @property
    def plan(self) -> VenuePlan:
        """The plan of a look without diagnostics."""
        assert self.planned is not None, "the caller has dealt with the diagnostics"
        return self.planned.plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A snapshot, and what it adds to what is recorded.

    Attributes:
        skew_ms: the venue's clock less ours, to within the time of one read.
    """

    settled: State
    snapshot: VenueSnapshot
    seen: tuple[Event, ...]
    skew_ms: int


async def refresh(
    venue: Venue, state: State, instruments: frozenset[str], clock: Clock
) -> Refreshed:
    """Read the venue, and ask about single orders until nothing is left to ask.

    Raises `VenueProblem` when the venue could not be read at all. A snapshot with `problems` is
    returned as it is; nothing may be decided from it.
    """
    held = {placement.terms.instrument for placement in state.placements.values()}
    # After a recovery an order that no spec names may rest where nothing else is.
    held |= {record.instrument for record in state.records.values() if record.has_history_gap}
    if venue.capabilities.lists_by_instrument:
        # Whatever we once traded: an order of ours that nobody knows of would be there.
        held |= state.instruments.keys()
    snapshot = await venue.snapshot(instruments | held)
    skew_ms = snapshot.taken_at_ms - clock.now_ms()
    for _ in range(LOOKUP_ROUNDS_MAX):
        seen = observe(state, snapshot)
        settled = preview(state, seen, at_ms=snapshot.taken_at_ms)
        queries = pending_queries(settled, snapshot)
        if not queries or snapshot.problems:
            return Refreshed(settled=settled, snapshot=snapshot, seen=seen, skew_ms=skew_ms)
        answers = await venue.lookup(queries)
        snapshot = replace(snapshot, statuses={**snapshot.statuses, **answers})
    # By our id, then what is on record and what that led to, then what those led to.
    raise AssertionError("an answer about an order that is not on record leads no further")


async def look(
    venue: Venue,
    state: State,
    books: Sequence[DesiredBook],
    policy: PlanPolicy,
    shell: Shell,
) -> Look:
    """Refresh and plan; what is sent is planned once more where the state knew less than the venue.

    Raises `VenueProblem`, and `StateProblem` where the state cannot be the newest one.
    """
    named = declared_instruments(books)
    refreshed = await refresh(venue, state, named, shell.clock)
    refuse_newer_orders(state, refreshed.snapshot, venue.capabilities.id_layout)
    if refreshed.settled.intents and not refreshed.snapshot.problems:
        refreshed = await _closed(venue, refreshed, named, shell)
    found = await _decide(venue, refreshed, books, policy, shell, stored=state)
    if state.serial < 0 or refreshed.snapshot.problems or not _sends_orders(found):
        return found
    seen = Seen(state=state, events=refreshed.seen, snapshot=refreshed.snapshot)
    comparison = await compare_fills(
        venue, seen, found.books, may_have_gap="history-gap" in policy.allow
    )
    if comparison.missing:
        events = (*comparison.missing, *refreshed.seen)
        known = preview(state, events, at_ms=refreshed.snapshot.taken_at_ms)
        again = await refresh(venue, known, named, shell.clock)
        refreshed = replace(again, seen=(*events, *again.seen))
        found = await _decide(venue, refreshed, books, policy, shell, stored=state)
    return replace(found, compared=(comparison.agreed(refreshed.seen),))


def _sends_orders(found: Look) -> bool:
    if found.planned is None:
        return False
    return any(isinstance(action, Place | Modify | Replace) for action in found.plan.actions)


async def _decide(
    venue: Venue,
    refreshed: Refreshed,
    books: Sequence[DesiredBook],
    policy: PlanPolicy,
    shell: Shell,
    *,
    stored: State,
) -> Look:
    """Plan; grids and best prices are read only when something differs."""
    named = declared_instruments(books)
    snapshot, settled = refreshed.snapshot, refreshed.settled
    known = settled.instruments
    if named <= known.keys():
        expanded, problems = expand_all(books, known, shell.expand)
        if not problems:
            planned = plan_venue(expanded, settled, snapshot, venue.capabilities, policy)
            if not _needs_markets(planned.plan):
                return _look(stored, refreshed, snapshot, expanded, planned)
    wanted = named | frozenset(known)
    wanted |= _of_ours_elsewhere(settled, snapshot, wanted, venue)
    if venue.capabilities.counts_contracts:
        # What a foreign order is worth counts as well, and its quantity alone does not say.
        wanted |= frozenset(order.instrument for order in snapshot.resting)
    markets = await venue.markets(wanted)
    snapshot = replace(
        snapshot,
        instruments=dict(markets.instruments),
        unplaceable=markets.unplaceable,
        wallets=markets.wallets,
        budget=markets.budget,
        problems=(*snapshot.problems, *markets.problems),
    )
    expanded, problems = expand_all(books, snapshot.instruments, shell.expand)
    if problems:
        return Look(
            stored=stored,
            settled=settled,
            snapshot=snapshot,
            seen=refreshed.seen,
            books=expanded,
            planned=None,
            skew_ms=refreshed.skew_ms,
            diagnostics=problems,
        )
    planned = plan_venue(expanded, settled, snapshot, venue.capabilities, policy)
    near, options = _near_touch(planned.plan, snapshot), _options_of(planned.plan)
    if near or options:
        markets = await venue.markets(frozenset(), quotes_of=near, options=options)
        snapshot = replace(snapshot, quotes=markets.quotes, refused_options=markets.refused_options)
        planned = plan_venue(expanded, settled, snapshot, venue.capabilities, policy)
    return _look(stored, refreshed, snapshot, expanded, planned)


def _of_ours_elsewhere(
    state: State, snapshot: VenueSnapshot, covered: frozenset[str], venue: Venue
) -> frozenset[str]:
    """Return further instruments of resting orders of ours: an orphan of one may be cancelled."""
    return frozenset(
        order.instrument
        for order in snapshot.resting
        if order.instrument not in covered and is_ours(order, state, venue.capabilities)
    )


async def _closed(
    venue: Venue, refreshed: Refreshed, named: frozenset[str], shell: Shell
) -> Refreshed:
    """Close what can be closed of earlier requests, and look again when anything was."""
    events = list(refreshed.seen)
    current = refreshed.settled

    async def record(concluded: Sequence[Event]) -> State:
        nonlocal current
        current = preview(current, concluded, at_ms=refreshed.snapshot.taken_at_ms)
        events.extend(concluded)
        return current

    settled = await close_unknowns(venue, current, shell.clock, shell.closing, record)
    if len(events) == len(refreshed.seen):
        return refreshed
    again = await refresh(venue, settled, named, shell.clock)
    return replace(again, seen=(*events, *again.seen))


def new_grids(look_: Look) -> tuple[Event, ...]:
    """Return the event that records grids read in a look, when any is new or changed."""
    known = look_.settled.instruments
    half_read = look_.snapshot.unplaceable
    fresh = tuple(
        instrument
        for name, instrument in sorted(look_.snapshot.instruments.items())
        if known.get(name) != instrument and name not in half_read
    )
    return (InstrumentsRead(instruments=fresh),) if fresh else ()


def _look(
    state: State,
    refreshed: Refreshed,
    snapshot: VenueSnapshot,
    books: tuple[DesiredBook, ...],
    planned: Planned,
) -> Look:
    return Look(
        stored=state,
        settled=refreshed.settled,
        snapshot=snapshot,
        seen=refreshed.seen,
        books=books,
        planned=planned,
        skew_ms=refreshed.skew_ms,
    )


def expand_all(
    books: Sequence[DesiredBook], instruments: Mapping[str, Instrument], expand: Expander
) -> tuple[tuple[DesiredBook, ...], tuple[Diagnostic, ...]]:
    """Put books on the venue's grid, and say what of them does not fit it."""
    expanded: list[DesiredBook] = []
    problems: list[Diagnostic] = []
    for book in books:
        ready, found = expand(book, instruments)
        expanded.append(ready)
        problems += found
    return tuple(expanded), tuple(problems)


def _needs_markets(plan: VenuePlan) -> bool:
    return any(not isinstance(action, Keep) for action in plan.actions)


def _options_of(plan: VenuePlan) -> frozenset[Options]:
    """Return the venue's own options of what would be sent."""
    sending = [action for action in plan.actions if isinstance(action, Place | Modify | Replace)]
    return frozenset(action.after.options for action in sending if action.after.options)


def _near_touch(plan: VenuePlan, snapshot: VenueSnapshot) -> frozenset[str]:
    """Return the instruments of which a new price is near the middle or beyond it."""
    near = set()
    for action in plan.actions:
        if not isinstance(action, Place | Modify | Replace) or action.after.trigger is not None:
            continue
        mid = snapshot.mids.get(action.after.instrument)
        if mid is None or mid <= 0:
            continue
        ahead = (mid - action.after.price) * action.after.side.sign
        if divide(ahead * 100, mid) < NEAR_TOUCH_PCT:
            near.add(action.after.instrument)
    return frozenset(near)
