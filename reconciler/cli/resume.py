"""`resume`: lift the halt that `panic` or `destroy` wrote."""

import asyncio

import click

from reconciler.cli.approving import who
from reconciler.cli.halting import ask, halt_folder, open_settings
from reconciler.cli.output import Options
from reconciler.cli.session import Session
from reconciler.diagnostics import display
from reconciler.execution.halting import halt_sentence, lift_state
from reconciler.model.state import Halt
from reconciler.render.figures import moment
from reconciler.statefile.haltfile import lift_halt, read_halt

__all__ = ["command", "lift"]

NOT_APPROVED = 1


@click.command("resume")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(options: Options, auto_approve: bool) -> int:
    """Lift the halt, in the state and in the halt file. Sends nothing."""
    session = open_settings(options)
    halts = asyncio.run(_standing(session))
    if not halts:
        options.output.product("Nothing is halted.")
        return 0
    for name, halt in halts.items():
        options.output.product(f"{display(name)}: {_said(halt)}")
    if not ask(options, "Lift the halt?", is_approved=auto_approve):
        options.output.talk("Not approved; the halt stands.")
        return NOT_APPROVED
    asyncio.run(lift(session, list(halts)))
    options.output.product("The halt is lifted. Look before you act:\n\n  reconciler plan")
    return 0


async def _standing(session: Session) -> dict[str, Halt]:
    """Return the halt of every entry that has one: the file's, else the state's."""
    found = {}
    for name in session.entry_names():
        halt = read_halt(halt_folder(session), name)
        if halt is None:
            store = session.store(name)
            try:
                state = await store.load()
            finally:
                await store.close()
            halt = state.halt if state is not None else None
        if halt is not None:
            found[name] = halt
    return found


async def lift(session: Session, names: list[str]) -> None:
    """Lift the halts of these entries.

    The journal's halt first: when that fails, the file still stops everything. Raises
    `StateProblem`.
    """
    for name in names:
        store = session.store(name)
        try:
            await lift_state(store, session.clock, by=who())
        finally:
            await store.close()
        lift_halt(halt_folder(session), name)


def _said(halt: Halt) -> str:
    since = f" Since {moment(halt.at_ms)}." if halt.at_ms else ""
    return display(halt_sentence(halt), limit=400) + since
