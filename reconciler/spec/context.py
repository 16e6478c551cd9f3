"""What compiling one book passes around: its head, where things stand, what is wrong so far."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reconciler.diagnostics import Diagnostic, Span
from reconciler.model.numbers import parse_decimal
from reconciler.model.order import OrderAddress
from reconciler.spec.places import Path, Places

__all__ = ["BookContext", "amount"]


class BookContext:
    """One book while it is compiled.

    Attributes:
        instrument: of the book, or empty.
        defaults: what entries have when they do not say otherwise.
        problems: everything found so far, in no order.
    """

    __slots__ = ("book", "defaults", "instrument", "places", "problems")

    def __init__(self, places: Places) -> None:
        data = places.data
        self.book = str(data["book"])
        self.instrument = str(data.get("instrument", ""))
        self.defaults: Mapping[str, Any] = data.get("defaults", {})
        self.places = places
        self.problems: list[Diagnostic] = []

    def address(self, name: str) -> OrderAddress:
        """Return the address of an entry."""
        return OrderAddress(f"{self.book}.{name}")

    def settings(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an entry with the defaults it does not override."""
        return {**self.defaults, **entry} if self.defaults else entry

    def place_of(self, path: Path, entry: Mapping[str, Any], key: str) -> Path:
        """Return where a setting was written: in the entry, or among the defaults."""
        return (*path, key) if key in entry else ("defaults", key)

    def problem(
        self, code: str, summary: str, path: Path, *, label: str = "", why: str = "", do: str = ""
    ) -> None:
        """Note a problem at a value, or at the key of a mapping."""
        self.problem_at(code, summary, self.places.value(path), label=label, why=why, do=do)

    def problem_at(
        self, code: str, summary: str, span: Span, *, label: str = "", why: str = "", do: str = ""
    ) -> None:
        """Note a problem at a place."""
        self.problems.append(
            Diagnostic(code=code, summary=summary, span=span, label=label, why=why, next_step=do)
        )

    def instrument_of(self, entry: Mapping[str, Any], path: Path) -> str:
        """Return what an entry trades; a problem when neither it nor the book says."""
        name = str(entry.get("instrument") or self.instrument)
        if not name:
            self.problem_at(
                "no-instrument",
                "Nothing says what is traded here.",
                self.places.key(path),
                label="`instrument` is missing",
                why="The book has no instrument that would count for all its entries.",
                do="Add `instrument` here or to the book.",
            )
        return name


def amount(text: str) -> Decimal:
    """Return the number a text spells that the schema has accepted."""
    number = parse_decimal(text)
    assert number is not None, "the schema has the same grammar"
    return number
