"""What a venue's grid refuses, told at the value itself with the two nearest legal ones."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from reconciler.diagnostics import Diagnostic, Span
from reconciler.errors import InvalidInput
from reconciler.model.instrument import Instrument, TickSize
from reconciler.model.numbers import ceil_to_step, floor_to_step, format_decimal
from reconciler.model.order import (
    DesiredBook,
    DesiredOrder,
    Execution,
    Holder,
    OrderAddress,
    Side,
    Terms,
)
from reconciler.spec.near import nearest
from reconciler.spec.places import Path, Places
from reconciler.spec.source import parse
from reconciler.spec.triggers import KINDS

__all__ = ["RUNG_PROBLEMS_MAX", "Grid", "Locate", "locator"]

RUNG_PROBLEMS_MAX = 5  # of one ladder; the rest have the same cause
Locate = Callable[[OrderAddress, str], Span | None]


def locator(book: DesiredBook, sources: Mapping[str, str] | None) -> Locate:
    """Return a function from address and field to place; the file is parsed when first asked."""
    known: list[Places | None] = []

    def locate(address: OrderAddress, field: str) -> Span | None:
        if not known:
            known.append(_places(book.path, sources))
        places = known[0]
        return _find(places, address, field) if places is not None else None

    return locate


def _places(path: str, sources: Mapping[str, str] | None) -> Places | None:
    if sources is None or path not in sources:
        return None
    try:
        return Places(parse(sources[path].encode(), path))
    except InvalidInput:
        return None


def _find(places: Places, address: OrderAddress, field: str) -> Span | None:
    """Return the place of a field, else of the key of what has it, else None."""
    names = address.split(".")[1:]
    data = places.data
    for section in ("orders", "ladders", ""):
        path: Path = (section, *names) if section else tuple(names)
        node = data
        for step in path:
            node = node.get(step) if isinstance(node, dict) else None
        if isinstance(node, dict):
            return _field(places, path, node, field)
    return None


def _field(places: Places, path: Path, node: Mapping[str, object], field: str) -> Span:
    if field in node:
        return places.value((*path, field))
    if field == "instrument":
        above = places.data.get(path[0], {})
        return places.value((path[0], field) if field in above else (field,))
    for kind in KINDS:
        inner = node.get(kind.value)
        if isinstance(inner, dict) and field in inner:
            return places.value((*path, kind.value, field))
    return places.key(path)


class Grid:
    """The grid of one venue as it meets one holder of a book after another.

    Attributes:
        problems: of the whole book, each said once for each place.
    """

    def __init__(
        self, book: DesiredBook, instruments: Mapping[str, Instrument], locate: Locate
    ) -> None:
        self.problems: list[Diagnostic] = []
        self._book = book
        self._instruments = instruments
        self._locate = locate
        self._address = OrderAddress("")
        self._unknown: set[Span] = set()

    def of(self, address: OrderAddress) -> "Grid":
        """Turn to the next holder."""
        self._address = address
        return self

    def instrument(self, name: str, source: Span) -> Instrument | None:
        """Return the instrument, or None with a problem."""
        found = self._instruments.get(name)
        if found is None:
            self._unknown_instrument(name, self._locate(self._address, "instrument") or source)
        return found

    def check_prices(self, order: DesiredOrder, terms: Terms, instrument: Instrument) -> None:
        """Check price and trigger of one order; `terms` has its worst price rounded."""
        trigger = terms.trigger
        if trigger is not None and not instrument.is_legal_price(trigger.price):
            self._price_off_tick(order, "trigger", trigger.price, instrument)
        if not instrument.is_legal_price(terms.price):
            is_worst = trigger is not None and trigger.execution is Execution.MARKET
            self._price_off_tick(
                order, "worst_price" if is_worst else "price", terms.price, instrument
            )

    def check_quantity(self, order: DesiredOrder, terms: Terms, instrument: Instrument) -> None:
        """Check lot and minimum of one order."""
        if terms.quantity % instrument.lot_size != 0:
            self._quantity_off_lot(order.address, terms.quantity, instrument, order.source)
        elif not terms.reduce_only and _is_too_small(terms.price, terms.quantity, instrument):
            self._below_minimum(order, terms, instrument)

    def check_total(self, holder: Holder, instrument: Instrument) -> bool:
        """Check that the quantity of a ladder is a whole number of lots."""
        if holder.quantity % instrument.lot_size == 0:
            return True
        self._quantity_off_lot(holder.address, holder.quantity, instrument, holder.source)
        return False

    def check_rungs(
        self,
        holder: Holder,
        instrument: Instrument,
        prices: Sequence[Decimal],
        quantities: Sequence[Decimal],
    ) -> bool:
        """Check that no two rungs share a price and none is too small."""
        before = len(self.problems)
        if min(prices[0], prices[-1]) <= 0:
            self._rung_at_nothing(holder, instrument)
        twins = [i for i in range(1, len(prices)) if prices[i] == prices[i - 1]]
        for index in twins[:RUNG_PROBLEMS_MAX]:
            self._rungs_on_one_tick(holder, instrument, index, prices[index])
        assert holder.ladder is not None, "only ladders have rungs"
        is_free = holder.ladder.template.reduce_only
        small = [
            i
            for i, (price, quantity) in enumerate(zip(prices, quantities, strict=True))
            if (not is_free and _is_too_small(price, quantity, instrument)) or not quantity
        ]
        for index in small[:RUNG_PROBLEMS_MAX]:
            self._rung_too_small(holder, instrument, index, (prices[index], quantities[index]))
        return len(self.problems) == before

    def _unknown_instrument(self, name: str, span: Span) -> None:
        if span in self._unknown:
            return
        self._unknown.add(span)
        meant = sorted(n for n, each in self._instruments.items() if each.title == name)
        near = _nearest_instrument(name, self._instruments)
        also = f" It calls that pair `{'`, or `'.join(meant)}`." if meant else ""
        self._refuse(
            "unknown-instrument",
            "The venue has no such instrument.",
            span,
            label=f"did you mean `{meant[0] if meant else near}`?" if meant or near else "",
            why=f"{self._book.venue} does not list `{name}`.{also}",
            do="Write the venue's own name."
            if meant
            else "Correct the name; upper and lower case matter.",
        )

    def _refuse(
        self, code: str, summary: str, span: Span, *, label: str = "", why: str = "", do: str = ""
    ) -> None:
        self.problems.append(
            Diagnostic(
                code=code,
                summary=summary,
                span=span,
                label=label,
                why=why,
                next_step=do,
                where=self._address,
            )
        )

    def _price_off_tick(
        self, order: DesiredOrder, field: str, price: Decimal, instrument: Instrument
    ) -> None:
        lower, upper = instrument.price_rule.floor(price), instrument.price_rule.ceil(price)
        side = order.terms.side
        self._refuse(
            "price-off-tick",
            "Price is not on the tick grid.",
            self._locate(order.address, field) or order.source,
            label=_between(lower, upper),
            why=self._price_rule(instrument),
            do=_nearest_prices(lower, upper, side if field == "price" else None),
        )

    def _price_rule(self, instrument: Instrument) -> str:
        where = f"{instrument.name} at {self._book.venue}"
        if isinstance(instrument.price_rule, TickSize):
            return f"The tick size of {where} is {format_decimal(instrument.price_rule.step)}."
        return f"The rule of {where}: {instrument.price_rule.describe()}."

    def _quantity_off_lot(
        self, address: OrderAddress, quantity: Decimal, instrument: Instrument, source: Span
    ) -> None:
        step = instrument.lot_size
        lower, upper = floor_to_step(quantity, step), ceil_to_step(quantity, step)
        choice = format_decimal(upper)
        if lower > 0:
            choice = f"{format_decimal(lower)}, which is less, or {choice}"
        self._refuse(
            "quantity-off-lot",
            "Quantity is not a whole number of lots.",
            self._locate(address, "quantity") or source,
            label=_between(lower, upper),
            why=f"The lot size of {instrument.name} at {self._book.venue}"
            f" is {format_decimal(step)}.",
            do=f"Write {choice}.",
        )

    def _below_minimum(self, order: DesiredOrder, terms: Terms, instrument: Instrument) -> None:
        least = instrument.minimum_quantity(terms.price)
        self._refuse(
            "below-minimum",
            "The order is smaller than the venue takes.",
            self._locate(order.address, "quantity") or order.source,
            label=f"at least {format_decimal(least)} at this price",
            why=_minimum_rule(terms.price, terms.quantity, instrument),
            do=f"Write at least {format_decimal(least)}.",
        )

    def _rung_at_nothing(self, holder: Holder, instrument: Instrument) -> None:
        self._refuse(
            "price-off-tick",
            "Price is not on the tick grid.",
            holder.source,
            label="the lowest rung would be at 0",
            why=self._price_rule(instrument),
            do="Raise `from` or `to`.",
        )

    def _rungs_on_one_tick(
        self, holder: Holder, instrument: Instrument, index: int, price: Decimal
    ) -> None:
        self._refuse(
            "two-rungs-on-one-tick",
            "Two rungs of the ladder have the same price.",
            self._locate(holder.address, "levels") or holder.source,
            label=f"rungs {index - 1} and {index} are both at {format_decimal(price)}",
            why=self._price_rule(instrument),
            do="Lower `levels`, or widen `from` and `to`.",
        )

    def _rung_too_small(
        self, holder: Holder, instrument: Instrument, index: int, rung: tuple[Decimal, Decimal]
    ) -> None:
        price, quantity = rung
        least = instrument.minimum_quantity(price)
        self._refuse(
            "below-minimum",
            "The order is smaller than the venue takes.",
            self._locate(holder.address, "quantity") or holder.source,
            label=f"rung {index} has {format_decimal(quantity)}, at least {format_decimal(least)}",
            why=_minimum_rule(price, quantity, instrument),
            do="Raise `quantity`, lower `levels`, or make `weights` more even.",
        )


def _is_too_small(price: Decimal, quantity: Decimal, instrument: Instrument) -> bool:
    notional = instrument.notional(price=price, quantity=quantity)
    return notional < instrument.minimum_notional


def _minimum_rule(price: Decimal, quantity: Decimal, instrument: Instrument) -> str:
    notional = format_decimal(instrument.notional(price=price, quantity=quantity))
    least = format_decimal(instrument.minimum_notional)
    return f"It is worth {notional} {instrument.quote}; the venue takes {least} and more."


def _between(lower: Decimal, upper: Decimal) -> str:
    return f"between {format_decimal(lower)} and {format_decimal(upper)}"


def _nearest_prices(lower: Decimal, upper: Decimal, side: Side | None) -> str:
    low, high = format_decimal(lower), format_decimal(upper)
    if lower <= 0:
        return f"Write {high}."
    if side is None:
        return f"Write {low} or {high}."
    behind, ahead = (low, high) if side is Side.BUY else (high, low)
    return f"Write {behind}, which stays behind the market for a {side}, or {ahead}."


def _nearest_instrument(name: str, instruments: Mapping[str, Instrument]) -> str:
    by_lower = {known.lower(): known for known in sorted(instruments, reverse=True)}
    return by_lower.get(name.lower()) or by_lower.get(nearest(name, by_lower), "")
