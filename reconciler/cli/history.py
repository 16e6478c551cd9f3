"""`history`: what the journal says of an address, from the first intent to the last fill."""

import asyncio
from typing import Protocol, runtime_checkable

import click

from reconciler.cli.halting import open_settings
from reconciler.cli.output import Options
from reconciler.cli.session import Session
from reconciler.diagnostics import Diagnostic
from reconciler.errors import UsageProblem
from reconciler.model.order import OrderAddress
from reconciler.model.transitions import Stamped
from reconciler.render.history import HistoryLine, history_of
from reconciler.render.history_text import history_json, render_history

__all__ = ["command"]


@runtime_checkable
class _HasJournal(Protocol):
    """A store that can show its journal."""

    async def events(self) -> tuple[Stamped, ...]: ...


@click.command("history")
@click.argument("address")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.pass_obj
def command(options: Options, address: str, form: str) -> int:
    """Explain ADDRESS, oldest first: what was sent and when, what became of it, what filled.

    A ladder or a parent covers everything below it; a renamed address is followed back.
    """
    session = open_settings(options)
    name = OrderAddress(address)
    found = asyncio.run(_read(session, name))
    if form == "json":
        options.output.product(history_json(name, found))
        return 0
    text = render_history(name, found, width=options.width, is_coloured=options.use_color)
    options.output.product(text.rstrip("\n"))
    return 0


async def _read(session: Session, address: OrderAddress) -> dict[str, tuple[HistoryLine, ...]]:
    found = {}
    for name in session.entry_names():
        store = session.store(name)
        try:
            if not isinstance(store, _HasJournal):
                raise _no_journal(session)
            if await store.load() is not None:
                found[name] = history_of(await store.events(), address)
        finally:
            await store.close()
    return found


def _no_journal(session: Session) -> UsageProblem:
    return UsageProblem(
        Diagnostic(
            code="no-journal",
            summary="This kind of state cannot show its journal.",
            where=f"state backend {session.project.state.backend}",
            next_step="Look at it with the backend's own tools.",
        )
    )
