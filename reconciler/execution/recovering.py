"""Makes a lost state anew from what the venue shows. Reads, and sends nothing.

What may have been sent before the loss must have arrived or died before it is read, so a recovery
that is written down first waits out the life of such a request.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.errors import InvalidInput, StateProblem, VenueProblem
from reconciler.execution.comparing import CLOCK_DOUBT_MS, ask_about
from reconciler.execution.looking import Shell, expand_all
from reconciler.model.order import DesiredBook, VenueOrderId, declared_instruments
from reconciler.model.snapshot import (
    FillHistory,
    NoAnswer,
    OrderHistory,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.model.state import State
from reconciler.planner.owners import Owners, id_parts
from reconciler.planner.recovery import Evidence, Recovery, filled_orders, recover
from reconciler.ports import Clock, Venue

__all__ = ["Recovered", "read_recovery", "wait_out"]

LOOKUPS_MAX = 2_000
LOOKUP_TRIES_MAX = 3
PAUSE_MS = 400
DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What was read, and when by the venue's clock."""

    recovery: Recovery
    at_ms: int


async def wait_out(venue: Venue, clock: Clock, life_ms: int) -> None:
    """Wait until nothing that was signed before now can still be executed at the venue.

    Raises `VenueProblem` when its time cannot be read.
    """
    from_ms = await _time_of(venue)
    until_ms = from_ms + life_ms + venue.capabilities.close_window_ms
    give_up_ms = clock.now_ms() + 2 * (until_ms - from_ms) + 60_000
    while await _time_of(venue) <= until_ms:
        if clock.now_ms() > give_up_ms:
            raise _unreadable("its clock does not move")
        await clock.sleep_ms(PAUSE_MS)


async def read_recovery(
    venue: Venue,
    blank: State,
    books: Sequence[DesiredBook],
    shell: Shell,
    *,
    born_at_ms: int,
) -> Recovered:
    """Read open orders and history, and decide what they prove.

    Args:
        blank: of the lineage, with nothing in it.
        born_at_ms: when the lineage began by our clock, 0 when that is not known.

    Raises `VenueProblem` when anything could not be read, `StateProblem` when the account cannot
    be ours, `InvalidInput` for specs off the grid.
    """
    await _check_account(venue)
    names = declared_instruments(books)
    markets = await venue.markets(names)
    expanded, problems = expand_all(books, markets.instruments, shell.expand)
    if problems:
        raise InvalidInput(*problems)
    layout = venue.capabilities.id_layout
    places = names | await venue.everywhere()
    since_ms = max(0, born_at_ms - CLOCK_DOUBT_MS)
    snapshot, history, orders = await _read(venue, blank, places, since_ms)
    # Our clock said when the state was born; what reaches a day further back is whole.
    if history.reaches_ms <= born_at_ms - DAY_MS:
        history = replace(history, is_complete=True)
    if orders.reaches_ms <= born_at_ms - DAY_MS:
        orders = replace(orders, is_complete=True)
    ended = filled_orders(history, blank, layout)
    resting = {order.venue_order_id for order in snapshot.resting}
    asked = {key: fills[-1].instrument for key, fills in ended.items() if key not in resting}
    evidence = Evidence(
        snapshot=snapshot,
        history=history,
        orders=orders,
        statuses=await _ask(venue, asked),
        instruments=markets.instruments,
        now_ms=shell.clock.now_ms(),
    )
    recovery = recover(evidence, Owners(expanded, layout), blank, layout)
    return Recovered(recovery=recovery, at_ms=snapshot.taken_at_ms)


async def _read(
    venue: Venue, blank: State, names: frozenset[str], since_ms: int
) -> tuple[VenueSnapshot, FillHistory, OrderHistory]:
    """Read what rests, then history: what ends in between is seen as open, and looked up later.

    Instruments that only the history names may have open orders elsewhere: then once more.
    """
    snapshot, history, orders = await _read_once(venue, names, since_ms)
    layout = venue.capabilities.id_layout
    filled = filled_orders(history, blank, layout).values()
    ours = [o.order for o in orders.orders if id_parts(o.order.client_order_id, blank, layout)]
    further = {*(fills[-1].instrument for fills in filled), *(o.instrument for o in ours)} - names
    if not further:
        return snapshot, history, orders
    return await _read_once(venue, names | further, since_ms)


async def _read_once(
    venue: Venue, names: frozenset[str], since_ms: int
) -> tuple[VenueSnapshot, FillHistory, OrderHistory]:
    snapshot = await venue.snapshot(names)
    if snapshot.problems:
        raise _unreadable("; ".join(snapshot.problems))
    history = await venue.fills(since_ms)
    return snapshot, history, await venue.order_history(since_ms)


async def _ask(
    venue: Venue, instruments: dict[VenueOrderId, str]
) -> dict[VenueOrderId, OrderStatus]:
    """Ask about orders, about those without an answer again."""
    left = dict(list(instruments.items())[-LOOKUPS_MAX:])
    answers: dict[VenueOrderId, OrderStatus] = {}
    for _ in range(LOOKUP_TRIES_MAX):
        answers |= await ask_about(venue, left)
        left = {key: left[key] for key in left if isinstance(answers[key], NoAnswer)}
        if not left:
            break
    return answers


async def _check_account(venue: Venue) -> None:
    """Refuse an address that reads as empty because it is no account of anybody's orders."""
    found = await venue.check_account()
    if any(diagnostic.severity is Severity.ERROR for diagnostic in found):
        raise StateProblem(*found)


async def _time_of(venue: Venue) -> int:
    now_ms = await venue.venue_time_ms()
    if now_ms is None:
        raise _unreadable("its time could not be read")
    return now_ms


def _unreadable(why: str) -> VenueProblem:
    return VenueProblem(
        Diagnostic(
            code="refresh-incomplete",
            summary="The venue could not be read completely; nothing was recovered.",
            why=f"{why[:1].upper()}{why[1:]}.",
            next_step="Run the command again.",
        )
    )
