"""Rules that need all books and the project file together."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Severity, Span
from reconciler.model.config import Project
from reconciler.model.order import DesiredBook, Holder
from reconciler.spec.near import did_you_mean
from reconciler.spec.places import Path, Places

__all__ = ["broken_rules", "unused_exceptions"]

# Which kind of venue knows an option; a kind that stands nowhere here may know any.
_OPTION_KINDS = {
    "builder": "hyperliquid",
    "leverage": "htx-coin-swap",
}
_KNOWN_KINDS = frozenset(_OPTION_KINDS.values())
# What each order of a kind of venue must say: no default could be right for everybody.
_NEEDED_OPTIONS = {
    "htx-coin-swap": (
        "leverage",
        "Every order there carries the leverage of its position; a wrong one is refused.",
        "Add `options: {leverage: 5}`, here or to `defaults`, with the leverage you use.",
    )
}
PlacesOf = Callable[[str], Places]


def broken_rules(
    books: Sequence[DesiredBook], project: Project | None, places_of: PlacesOf
) -> Iterator[Diagnostic]:
    """Yield what is wrong between files; `project` is None when its file is wrong already."""
    yield from _duplicate_books(books, places_of)
    yield from _moved_elsewhere(books, places_of)
    if project is not None:
        for book in books:
            yield from _venue_problems(book, project, places_of)


def unused_exceptions(
    books: Sequence[DesiredBook], project: Project, places: Places
) -> Iterator[Diagnostic]:
    """Yield a warning for every wider price band of an address that no book declares."""
    exceptions = project.limits.price_band_exceptions
    declared = _addresses(books) if exceptions else set()
    for address in exceptions:
        if address.partition("[")[0] not in declared:
            yield Diagnostic(
                code="unused-exception",
                summary="No book declares this address.",
                severity=Severity.WARNING,
                span=places.key(("limits", "price_band_exceptions", address)),
                label=did_you_mean(address, declared),
                why="The wider price band has no effect.",
                next_step="Correct the address, or remove the line.",
            )


def _duplicate_books(books: Sequence[DesiredBook], places_of: PlacesOf) -> Iterator[Diagnostic]:
    first: dict[str, DesiredBook] = {}
    for book in sorted(books, key=lambda b: b.path):
        if book.name in first:
            other = places_of(first[book.name].path).value(("book",))
            yield Diagnostic(
                code="duplicate-book",
                summary="Two files declare a book of the same name.",
                span=places_of(book.path).value(("book",)),
                why=f"`{book.name}` first stands at {other}; addresses would not be unique.",
                next_step="Rename one of the two books.",
            )
        first.setdefault(book.name, book)


def _moved_elsewhere(books: Sequence[DesiredBook], places_of: PlacesOf) -> Iterator[Diagnostic]:
    """Yield renames whose old address another book still declares, or another book also renames."""
    moving = [book for book in books if book.moved]
    if not moving:
        return
    declared = {holder.address for book in books for holder in book.holders}
    origins: dict[str, str] = {}
    for book in moving:
        for origin in book.moved:
            other = origins.setdefault(origin, book.path)
            if origin in declared or other != book.path:
                yield Diagnostic(
                    code="moved-but-declared" if origin in declared else "moved-twice",
                    summary="The old address is still declared."
                    if origin in declared
                    else "This address is moved twice.",
                    span=_move_place(places_of(book.path), origin),
                    why="A rename leads from an address that is no longer declared to one that is.",
                    next_step="Correct the address, or remove the entry.",
                )


def _move_place(places: Places, origin: str) -> Span:
    index = next(i for i, move in enumerate(places.data["moved"]) if move["from"] == origin)
    return places.value(("moved", index, "from"))


def _venue_problems(
    book: DesiredBook, project: Project, places_of: PlacesOf
) -> Iterator[Diagnostic]:
    venue = project.venues.get(book.venue)
    if venue is None:
        yield Diagnostic(
            code="unknown-venue",
            summary="The project has no such venue entry.",
            span=places_of(book.path).value(("venue",)),
            label=did_you_mean(book.venue, project.venues),
            why=f"Entries in {project.path}: {', '.join(sorted(project.venues))}.",
            next_step="Correct the name, or add the entry.",
        )
    elif venue.kind in _KNOWN_KINDS:
        yield from _option_problems(book, venue.kind, places_of)
        if venue.kind in _NEEDED_OPTIONS:
            yield from _missing_options(book, venue.kind, places_of)


def _option_problems(book: DesiredBook, kind: str, places_of: PlacesOf) -> Iterator[Diagnostic]:
    reported: set[Span] = set()
    for holder in book.holders:
        for name in sorted(_option_names(holder)):
            if _OPTION_KINDS.get(name, kind) == kind:
                continue
            span = _option_place(places_of(book.path), holder, name)
            if span not in reported:
                reported.add(span)
                yield Diagnostic(
                    code="option-of-another-venue",
                    summary="This venue does not know the option.",
                    span=span,
                    why=f"The book is for {book.venue}, of kind {kind}; `{name}` belongs to"
                    f" {_OPTION_KINDS[name]}.",
                    next_step="Remove the option.",
                )


def _missing_options(book: DesiredBook, kind: str, places_of: PlacesOf) -> Iterator[Diagnostic]:
    name, why, next_step = _NEEDED_OPTIONS[kind]
    for holder in book.holders:
        if name not in _option_names(holder):
            section = "orders" if holder.ladder is None else "ladders"
            yield Diagnostic(
                code="option-missing",
                summary="This venue wants an option with every order.",
                span=places_of(book.path).key((section, holder.address.partition(".")[2])),
                label=f"`{name}` is missing",
                why=why,
                next_step=next_step,
            )


def _option_names(holder: Holder) -> set[str]:
    terms = holder.ladder.template if holder.ladder is not None else holder.orders[0].terms
    return {name.partition(".")[0] for name, _ in terms.options}


def _option_place(places: Places, holder: Holder, name: str) -> Span:
    entry = holder.address.partition(".")[2]
    section = "orders" if holder.ladder is None else "ladders"
    own: Path = (section, entry, "options", name)
    written: Mapping[str, object] = places.data[section][entry].get("options", {})
    return places.key(own if name in written else ("defaults", "options", name))


def _addresses(books: Sequence[DesiredBook]) -> set[str]:
    """Return every address an exception may name: holders, children, protection."""
    found: set[str] = set()
    for book in books:
        found.update(order.address for order in book.position_protection)
        for holder in book.holders:
            found.add(holder.address)
            found.update(c.address for order in holder.orders for c in order.children)
    return found
