"""`panic`: halt, then cancel everything of ours at every venue entry, with or without a state."""

import asyncio
import signal
from collections.abc import Iterator
from functools import partial

import click

from reconciler.cli.approving import who
from reconciler.cli.entries import each
from reconciler.cli.halting import STATE_PATIENCE_S, HaltWritten, halt_entry, open_settings
from reconciler.cli.output import Options
from reconciler.cli.session import Session
from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import ReconcilerError, StateProblem
from reconciler.execution.emergency import (
    Emergency,
    PanicReport,
    known_instruments,
    known_orders,
    last_expiry_ms,
    occupied_instruments,
)
from reconciler.execution.halting import record_panic
from reconciler.execution.panicking import cancel_all_of_ours
from reconciler.model.identity import project_tag
from reconciler.model.order import ClientOrderId, RestingOrder, declared_instruments
from reconciler.model.state import State
from reconciler.render.figures import grouped, moment

__all__ = ["command"]

ROWS_MAX = 40
EXIT_NOT_CLEAR = 1
EXIT_INTERRUPTED = 130


@click.command("panic")
@click.pass_obj
def command(options: Options) -> int:
    """Halt everything, then cancel every order of ours. Does not ask; needs the key.

    It works without a state and with broken specs. Orders that are not ours are never touched.
    `reconciler resume` lifts the halt.
    """
    session = open_settings(options, is_urgent=True)
    try:
        return asyncio.run(_panic(session))
    except (KeyboardInterrupt, asyncio.CancelledError):
        options.output.talk(
            "Interrupted: orders of ours may still rest. What halt was written stands; run it "
            "again:\nreconciler panic"
        )
        return EXIT_INTERRUPTED


async def _panic(session: Session) -> int:
    task = asyncio.current_task()
    assert task is not None, "it is run as a task"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    options = session.options
    names, output = session.entry_names(), options.output
    halts, unhalted = await each(names, lambda n: halt_entry(session, n, why="panic"), output)
    for problem in [*unhalted, *(one for halt in halts.values() for one in halt.problems)]:
        output.talk(f"{problem.render()}\nGoing on all the same.")
    reports, problems = await each(names, lambda n: _clear(session, n, halts.get(n)), output)
    for name, report in sorted(reports.items()):
        for line in _told(name, report):
            output.product(line)
    for problem in problems:
        output.talk(problem.render())
    is_durable = not unhalted and all(halt.is_durable for halt in halts.values())
    output.product(_closing(is_durable=is_durable))
    is_clear = is_durable and not problems and not any(r.problem for r in reports.values())
    return 0 if is_clear else EXIT_NOT_CLEAR


async def _clear(session: Session, name: str, written: HaltWritten | None) -> PanicReport:
    under_halt = written.state if written is not None else None
    state = under_halt or await _readable_state(session, name)
    lineage = session.lineages.get(name) or (state.lineage if state is not None else "")
    if not lineage:
        raise _no_lineage(name, session.project.name)
    venue = session.venue(name, session.secrets(name))
    known = known_instruments(state) if state is not None else frozenset()
    try:
        return await cancel_all_of_ours(
            Emergency(
                venue=venue,
                clock=session.clock,
                progress=session.options,
                tag=project_tag(project=session.project.name, lineage=lineage),
                known_orders=known_orders(state) if state is not None else {},
                occupied=occupied_instruments(state) if state is not None else frozenset(),
                instruments=known | _declared_instruments(session, name),
                open_until_ms=last_expiry_ms(state) if state is not None else 0,
                may_know_all=under_halt is not None and under_halt.halt is not None,
                expires_after_ms=venue.capabilities.request_life_ms,
                last_nonce=state.last_nonce if state is not None else 0,
                nonces=session.nonces(name),
                signer=state.signer
                if state is not None and venue.capabilities.account_is_key
                else "",
                record=partial(_record, session, name) if state is not None else None,
            )
        )
    finally:
        await venue.close()


async def _record(session: Session, name: str, cancelled: frozenset[ClientOrderId]) -> None:
    """Record what was cancelled; a state that cannot be written is said, and holds up nothing."""
    store = session.store(name)
    try:
        async with asyncio.timeout(STATE_PATIENCE_S):
            await record_panic(store, session.clock, cancelled, by=who())
    except (StateProblem, TimeoutError):
        session.options.note(
            f"What was cancelled at {name} could not be recorded: an unattended run will take it "
            "for a person's work, and hold it."
        )
    finally:
        await store.close()


async def _readable_state(session: Session, name: str) -> State | None:
    """Return a state that could be read though not written; whatever is wrong was said before."""
    store = session.store(name)
    try:
        return await store.load()
    except StateProblem:
        return None
    finally:
        await store.close()


def _declared_instruments(session: Session, name: str) -> frozenset[str]:
    """Return what the specs name, when they can be read: some venues list orders by market."""
    from reconciler.spec.load import load_project

    try:
        books = load_project(session.root).books
    except ReconcilerError:
        session.options.note("The specs cannot be read; going on without them.")
        return frozenset()
    return declared_instruments(book for book in books if book.venue == name)


def _no_lineage(name: str, project: str) -> StateProblem:
    return StateProblem(
        Diagnostic(
            code="no-lineage",
            summary="Nothing says which orders are ours.",
            where=f"venue entry {name}",
            why="Orders carry a mark made from the project's name and the lineage, and neither a "
            f"reconciler.lock nor a state of project {project} says the lineage. The halt stands "
            "all the same.",
            next_step="Restore reconciler.lock, and the project's name, from the repository and "
            "run it again; or cancel at the venue by hand.",
        )
    )


def _told(name: str, report: PanicReport) -> Iterator[str]:
    gone = f", {len(report.gone)} gone otherwise" if report.gone else ""
    foreign = f"; {report.foreign} not ours, left alone" if report.foreign else ""
    yield f"{display(name)}: {len(report.cancelled)} cancelled{gone}{foreign}."
    yield from _rows("cancelled", tuple(report.cancelled.values()))
    yield from _rows("gone", report.gone)
    yield from _rows("STILL THERE", report.left)
    if report.problem:
        yield f"  Not clear: {report.problem} Run it again: reconciler panic"
    else:
        yield f"  Nothing of ours rests; last look {moment(report.looked_until_ms)}."


def _rows(word: str, orders: tuple[RestingOrder, ...]) -> Iterator[str]:
    for order in orders[:ROWS_MAX]:
        yield (
            f"  {word}  {order.side.value} {grouped(order.remaining)} {display(order.instrument)} "
            f"at {grouped(order.price)}, venue order {display(order.venue_order_id)}"
        )
    if len(orders) > ROWS_MAX:
        yield f"  … and {len(orders) - ROWS_MAX:,} more {word}"


def _closing(*, is_durable: bool) -> str:
    if not is_durable:
        return "The halt could NOT be written everywhere: stop scheduled runs by hand."
    return "The halt stands: nothing is placed or modified until\n\n  reconciler resume"
