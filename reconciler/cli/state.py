"""`state`: create and inspect what is recorded."""

import asyncio
import os

import click

from reconciler.cli.output import Options
from reconciler.cli.session import Session, open_session
from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import StateProblem
from reconciler.model.order import OrderAddress
from reconciler.model.state import State
from reconciler.render.state_text import render_address, render_state
from reconciler.statefile.lockfile import LOCK_FILE, ProjectLock, write_lock

__all__ = ["command", "init_state", "load_states"]

LINEAGE_BYTES = 16


@click.group("state")
def command() -> None:
    """Create and inspect the recorded state."""


@command.command("init")
@click.pass_obj
def init(options: Options) -> int:
    """Create the state of every venue entry, and reconciler.lock, which you commit."""
    session = open_session(options)
    made = asyncio.run(init_state(session))
    for name in made:
        options.output.product(f"Created the state of venue entry {name}.")
    if not made:
        options.output.product("Every venue entry has its state already.")
        return 0
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
    for state in asyncio.run(load_states(session)).values():
        width, is_coloured = options.width, options.use_color
        if address is None:
            text = render_state(state, width=width, is_coloured=is_coloured)
        else:
            text = render_address(
                state, OrderAddress(address), width=width, is_coloured=is_coloured
            )
        options.output.product(text)
    return 0


async def init_state(session: Session) -> list[str]:
    """Create what is missing; return the names of the entries that were created.

    The lock file is written first: a state without it could not be told from a foreign one, while a
    lock without a state says plainly that the state is missing.
    """
    missing = [name for name in session.entry_names() if await _is_absent(session, name)]
    for name in missing:
        if name in session.lineages:
            raise StateProblem(
                Diagnostic(
                    code="state-missing",
                    summary="The state is missing, and must not be begun anew.",
                    where=f"{session.project.state.path}, venue entry {name}",
                    why="reconciler.lock says that this project has one; its fills would be lost.",
                    next_step="Restore the state from where it was last written.",
                )
            )
    if not missing:
        return []
    lineages = {**session.lineages, **{name: os.urandom(LINEAGE_BYTES).hex() for name in missing}}
    write_lock(session.root / LOCK_FILE, ProjectLock.of(session.project.name, lineages))
    for name in missing:
        await _create(session, name, lineages[name])
    return missing


async def _is_absent(session: Session, name: str) -> bool:
    store = session.store(name)
    try:
        return await store.load() is None
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
