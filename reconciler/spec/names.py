"""Names of instruments in the spelling of their venue, where that takes any letter case."""

from collections.abc import Sequence
from dataclasses import replace

from reconciler.model.config import Project
from reconciler.model.order import DesiredBook, DesiredOrder, Holder, Terms

__all__ = ["with_venue_names"]

# Its answers carry upper case whatever was asked: one contract is one instrument.
_UPPER_CASE_KINDS = frozenset(("htx-coin-swap",))


def with_venue_names(books: Sequence[DesiredBook], project: Project) -> list[DesiredBook]:
    """Return the books, those of venues that take any letter case in upper case."""
    return [
        _upper(book) if project.venues[book.venue].kind in _UPPER_CASE_KINDS else book
        for book in books
    ]


def _upper(book: DesiredBook) -> DesiredBook:
    return replace(
        book,
        holders=tuple(_holder(holder) for holder in book.holders),
        position_protection=tuple(_order(order) for order in book.position_protection),
    )


def _holder(holder: Holder) -> Holder:
    ladder = holder.ladder
    if ladder is not None:
        ladder = replace(ladder, template=_terms(ladder.template))
    return replace(
        holder,
        instrument=holder.instrument.upper(),
        orders=tuple(_order(order) for order in holder.orders),
        ladder=ladder,
    )


def _order(order: DesiredOrder) -> DesiredOrder:
    children = tuple(_order(child) for child in order.children)
    return replace(order, terms=_terms(order.terms), children=children)


def _terms(terms: Terms) -> Terms:
    return replace(terms, instrument=terms.instrument.upper())
