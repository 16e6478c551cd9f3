"""A checked spec to a desired book: defaults merged, money exact, addresses built.

1. Take the head: name, venue, instrument, defaults.
2. Compile each order and each ladder to a holder.
3. Compile the protection of the position and the renames.
4. Sort by address, so that the order of the file means nothing.

What needs the venue's grid waits for `reconciler.spec.expand`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.diagnostics import Diagnostic, Span
from reconciler.model.order import DesiredBook, Holder
from reconciler.spec.context import BookContext
from reconciler.spec.ladders import compile_ladder
from reconciler.spec.moved import compile_moved
from reconciler.spec.orders import compile_order
from reconciler.spec.places import Places
from reconciler.spec.schema import schema_problems
from reconciler.spec.source import SourceFile
from reconciler.spec.triggers import protection_orders

__all__ = ["RESERVED_NAMES", "compile_book"]

RESERVED_NAMES = frozenset(("position_protection",))


def compile_book(source: SourceFile) -> tuple[DesiredBook | None, list[Diagnostic]]:
    """Return the book one file declares, or None, and everything that is wrong with it."""
    places = Places(source)
    problems = schema_problems(places, "spec")
    if problems:
        return None, problems
    context = BookContext(places)
    book = _book(context, places.data)
    return (None if context.problems else book), context.problems


def _book(context: BookContext, data: Mapping[str, Any]) -> DesiredBook:
    orders, ladders = data.get("orders", {}), data.get("ladders", {})
    _check_names(context, orders, ladders)
    holders = [
        *_holders(context, "orders", orders, compile_order),
        *_holders(context, "ladders", ladders, compile_ladder),
    ]
    holders.sort(key=lambda holder: holder.address)
    protection = data.get("position_protection")
    declared = {holder.address for holder in holders} if "moved" in data else set()
    return DesiredBook(
        name=context.book,
        venue=str(data["venue"]),
        path=context.places.path,
        holders=tuple(holders),
        moved=compile_moved(context, data["moved"], declared) if "moved" in data else {},
        position_protection=protection_orders(context, protection) if protection else (),
    )


_Compile = Callable[[BookContext, str, Mapping[str, Any], Span], Holder]


def _holders(
    context: BookContext, section: str, entries: Mapping[str, Any], compile_entry: _Compile
) -> Iterator[Holder]:
    if entries:
        spans = context.places.keys((section,))
        for name, entry in entries.items():
            yield compile_entry(context, name, entry, spans[name])


def _check_names(
    context: BookContext, orders: Mapping[str, Any], ladders: Mapping[str, Any]
) -> None:
    for name in sorted(orders.keys() & ladders.keys()):
        first = context.places.key(("orders", name))
        context.problem_at(
            "duplicate-name",
            "An order and a ladder have the same name.",
            context.places.key(("ladders", name)),
            why=f"`{name}` first stands at {first}; both would have the same address.",
            do="Rename one of the two.",
        )
    for section, entries in (("orders", orders), ("ladders", ladders)):
        for name in sorted(RESERVED_NAMES & entries.keys()):
            context.problem_at(
                "reserved-name",
                "This name has a meaning of its own.",
                context.places.key((section, name)),
                do="Choose another name.",
            )
