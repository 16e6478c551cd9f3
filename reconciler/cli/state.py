"""`state`: create and inspect what is recorded."""

import asyncio
import os

import click

from reconciler.cli.halting import open_settings
from reconciler.cli.output import Options
from reconciler.cli.pinning import pin, refuse_renamed
from reconciler.cli.recovery import recover_state
from reconciler.cli.session import Session, open_session
from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import StateProblem, UsageProblem
from reconciler.model.order import OrderAddress
from reconciler.model.state import State
from reconciler.render.state_text import recorded_addresses, render_address, render_state
from reconciler.spec.near import several_near
from reconciler.statefile.folder import Verified
from reconciler.statefile.local import LocalStore
from reconciler.statefile.lockfile import LOCK_FILE

__all__ = ["command", "init_state", "load_states"]

LINEAGE_BYTES = 16


@click.group("state")
def command() -> None:
    """Create and inspect the recorded state."""


@command.command("init")
@click.pass_obj
def init(options: Options) -> int:
    """Create the state of every venue entry, and reconciler.lock, which you commit.

    A state that reconciler.lock names and that is lost is recovered from what the venue shows.
    """
    session = open_session(options)
    made = asyncio.run(init_state(session))
    for text in made:
        options.output.product(text)
    if not made:
        options.output.product("Every venue entry has its state already.")
    elif session.lineages.keys() != set(session.entry_names()):
        options.output.product(f"Wrote {LOCK_FILE}: commit it.")
    return 0


@command.command("list")
@click.pass_obj
def list_addresses(options: Options) -> int:
    """List the addresses that have an order, or had one."""
    session = open_session(options)
    for name, state in asyncio.run(load_states(session)).items():
        bound = {placement.address for placement in state.placements.values()}
        for address in sorted(bound | set(state.endings)):
            options.output.product(f"{name}  {display(address)}")
    return 0


@command.command("show")
@click.argument("address", required=False)
@click.pass_obj
def show(options: Options, address: str | None) -> int:
    """Show the recorded state, of one ADDRESS or of everything."""
    session = open_session(options)
    states = list(asyncio.run(load_states(session)).values())
    width, is_coloured = options.width, options.use_color
    if address is None:
        for state in states:
            options.output.product(render_state(state, width=width, is_coloured=is_coloured))
        return 0
    name = OrderAddress(address)
    for state in _knowing(name, states, session):
        options.output.product(render_address(state, name, width=width, is_coloured=is_coloured))
    return 0


def _knowing(address: OrderAddress, states: list[State], session: Session) -> list[State]:
    """Return the states that record something of an address, all for one that is only declared.

    Raises `UsageProblem` for an address that neither a state nor a spec knows.
    """
    knowing = [state for state in states if address in recorded_addresses(state)]
    if knowing:
        return knowing
    declared = {holder.address for book in session.books for holder in book.holders}
    if address in declared:
        return states
    known = declared.union(*(recorded_addresses(state) for state in states))
    near = [display(each) for each in several_near(address, known)]
    raise UsageProblem(
        Diagnostic(
            code="no-such-address",
            summary="No state and no spec knows this address.",
            where=display(address),
            why=f"Near it: {', '.join(near)}." if near else "",
            next_step="reconciler state list",
        )
    )


@command.command("verify")
@click.pass_obj
def verify(options: Options) -> int:
    """Read every journal in full, link by link, and compare it with its checkpoint."""
    session = open_settings(options)
    for name, found in asyncio.run(_verify(session)).items():
        torn = f"; {found.torn_bytes} bytes at its end were never written whole" * bool(
            found.torn_bytes
        )
        options.output.product(f"{name}: {found.serial:,} events, all in a chain{torn}.")
    return 0


@command.command("unlock")
@click.argument("token")
@click.pass_obj
def unlock(options: Options, token: str) -> int:
    """Remove the lock with this TOKEN, of a run that is gone for good."""
    session = open_settings(options)
    names = asyncio.run(_unlock(session, token))
    if not names:
        raise StateProblem(
            Diagnostic(
                code="no-such-lock",
                summary="No lock has that token.",
                where=session.project.state.path,
                next_step="Run the refused command again; it shows who holds the lock.",
            )
        )
    for name in names:
        options.output.product(f"Unlocked venue entry {name}.")
    return 0


async def _verify(session: Session) -> dict[str, Verified]:
    await load_states(session)
    return {name: await _local(session, name).verify() for name in session.entry_names()}


async def _unlock(session: Session, token: str) -> list[str]:
    names = session.entry_names()
    return [name for name in names if await _local(session, name).break_lock(token)]


def _local(session: Session, name: str) -> LocalStore:
    store = session.store(name)
    if not isinstance(store, LocalStore):
        raise StateProblem(
            Diagnostic(
                code="not-local",
                summary="This kind of state is not checked or unlocked from here.",
                where=f"state backend {session.project.state.backend}",
                next_step="Use the backend's own tools.",
            )
        )
    return store


async def init_state(session: Session) -> list[str]:
    """Create what never was, recover what was lost, pin what is; return what was done.

    The lock file is written first: a state without it could not be told from a foreign one, while a
    lock without a state says plainly that the state is missing.
    """
    states = {name: await _state(session, name) for name in session.entry_names()}
    missing = [name for name, state in states.items() if state is None]
    fresh = [name for name in missing if name not in session.lineages]
    await refuse_renamed(session, fresh)
    lineages = {name: os.urandom(LINEAGE_BYTES).hex() for name in fresh}
    pin(session, lineages, dict.fromkeys(fresh, session.clock.now_ms()))
    unpinned = {
        name: state
        for name, state in states.items()
        if state is not None and name not in session.lineages
    }
    births_ms = {name: state.born_at_ms for name, state in unpinned.items()}
    pin(session, {name: state.lineage for name, state in unpinned.items()}, births_ms)
    done = [f"Pinned the state of venue entry {name}, which was there." for name in unpinned]
    for name in missing:
        if name in lineages:
            await _create(session, name, lineages[name])
            done.append(f"Created the state of venue entry {name}.")
        else:
            done.append(await recover_state(session, name))
    return done


async def _state(session: Session, name: str) -> State | None:
    store = session.store(name)
    try:
        return await store.load()
    finally:
        await store.close()


async def _create(session: Session, name: str, lineage: str) -> None:
    from dataclasses import replace

    store = session.store(name)
    identity = replace(session.identity(name), lineage=lineage)
    blank = replace(session.without_state(name), lineage=lineage, serial=0)
    try:
        state = await store.append(blank, [identity], session.clock.now_ms())
        await store.checkpoint(state)
    finally:
        await store.close()


async def load_states(session: Session) -> dict[str, State]:
    """Return the state of every entry that has one. Raises `StateProblem` when none has."""
    states = {}
    for name in session.entry_names():
        store = session.store(name)
        try:
            state = await store.load()
        finally:
            await store.close()
        if state is not None:
            states[name] = state
    if not states:
        raise StateProblem(
            Diagnostic(
                code="no-state",
                summary="There is no state yet.",
                where=session.project.state.path,
                next_step="reconciler state init",
            )
        )
    return states
