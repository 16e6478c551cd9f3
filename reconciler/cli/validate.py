"""`validate`: check the specs, offline, or with `--online` on the venue's grid too."""

import click

from reconciler.cli.output import Options
from reconciler.cli.session import Session, open_session
from reconciler.diagnostics import Diagnostic

__all__ = ["command"]


@click.command("validate")
@click.option(
    "--online", is_flag=True, help="Also check prices and quantities on the venue's grid."
)
@click.pass_obj
def command(options: Options, online: bool) -> int:
    """Check reconciler.yaml and every spec. Needs no key; without --online no network either."""
    session = open_session(options)
    if online:
        _check_online(session)
    orders = sum(
        holder.ladder.levels if holder.ladder is not None else 1
        for book in session.books
        for holder in book.holders
    )
    where = "against the venue's grid" if online else "offline"
    books = "1 book" if len(session.books) == 1 else f"{len(session.books)} books"
    declared = "1 order" if orders == 1 else f"{orders} orders"
    options.output.product(f"Valid: {books}, {declared}, checked {where}.")
    return 0


def _check_online(session: Session) -> None:
    import asyncio

    from reconciler.errors import InvalidInput

    problems = asyncio.run(_grid_problems(session))
    if problems:
        raise InvalidInput(*problems, sources=dict(session.sources))


async def _grid_problems(session: Session) -> list[Diagnostic]:
    from reconciler.spec.expand import expand_book

    problems: list[Diagnostic] = []
    for name in session.entry_names():
        books = session.books_of(name)
        named = frozenset(holder.instrument for book in books for holder in book.holders)
        venue = session.venue(name, {})
        try:
            markets = await venue.markets(named)
        finally:
            await venue.close()
        for book in books:
            problems += expand_book(book, markets.instruments, sources=session.sources)[1]
    return problems
