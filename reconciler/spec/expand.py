"""The venue's grid applied to a book: ladders become rungs, what is off the grid is told.

Prices of rungs are worked out with more digits than can matter, cut to 50 half-even, and only then
rounded to the passive side, so that a price which is on the grid stays there. Quantities are shared
out in whole lots with integers: they sum to the ladder's quantity to the last lot.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Context, Decimal

from reconciler.diagnostics import Diagnostic
from reconciler.model.identity import rung_address
from reconciler.model.instrument import Instrument
from reconciler.model.numbers import CONTEXT
from reconciler.model.order import (
    DesiredBook,
    DesiredOrder,
    Execution,
    Holder,
    Ladder,
    Side,
    Spacing,
    Terms,
)
from reconciler.spec.grid import Grid, locator
from reconciler.spec.triggers import default_worst_price

__all__ = ["expand_book", "ladder_prices", "share_lots"]

# Twenty more digits than are kept: enough for ten thousand multiplications to leave the fiftieth
# alone.
_WORKING = Context(prec=70, rounding=ROUND_HALF_EVEN)


def expand_book(
    book: DesiredBook,
    instruments: Mapping[str, Instrument],
    *,
    sources: Mapping[str, str] | None = None,
) -> tuple[DesiredBook, tuple[Diagnostic, ...]]:
    """Return the book with its ladders as rungs, and what the venue's grid refuses.

    A holder with a problem comes back as declared: a refused ladder has no rungs, and must never be
    taken for one that wants nothing. A book in which nothing changes is returned as it is.

    Args:
        instruments: by name, at least those the book names and that exist.
        sources: texts of files by path, to point at the value itself instead of at the order.
    """
    grid = Grid(book, instruments, locator(book, sources))
    holders = tuple(_expand(holder, grid) for holder in book.holders)
    protection = tuple(
        _rounded(order, grid.of(order.address)) for order in book.position_protection
    )
    if not all(map(_is, (*holders, *protection), (*book.holders, *book.position_protection))):
        book = replace(book, holders=holders, position_protection=protection)
    return book, tuple(grid.problems)


def _expand(holder: Holder, grid: Grid) -> Holder:
    grid.of(holder.address)
    instrument = grid.instrument(holder.instrument, holder.source)
    if instrument is None:
        return holder
    if holder.ladder is not None:
        rungs = _rungs(holder, holder.ladder, instrument, grid)
        return replace(holder, orders=rungs) if rungs else holder
    (order,) = holder.orders
    rounded = _rounded(order, grid)
    return holder if rounded is order else replace(holder, orders=(rounded,))


def _rounded(order: DesiredOrder, grid: Grid, *, is_attached: bool = False) -> DesiredOrder:
    """Check an order and its children; round the worst prices nobody wrote."""
    instrument = grid.instrument(order.terms.instrument, order.source)
    if instrument is None:
        return order
    terms = _with_worst_price(order.terms, instrument)
    grid.check_prices(order, terms, instrument)
    if not is_attached and terms.quantity:
        grid.check_quantity(order, terms, instrument)
    children = tuple(_rounded(child, grid, is_attached=True) for child in order.children)
    if terms is order.terms and all(map(_is, children, order.children)):
        return order
    return replace(order, terms=terms, children=children)


def _is(first: object, second: object) -> bool:
    return first is second


def _with_worst_price(terms: Terms, instrument: Instrument) -> Terms:
    """Round a default worst price towards its trigger; one that was written out stays."""
    trigger = terms.trigger
    if trigger is None or trigger.execution is not Execution.MARKET:
        return terms
    if terms.price != default_worst_price(trigger.price, terms.side):
        return terms
    rule = instrument.price_rule
    inward = rule.floor if terms.side is Side.BUY else rule.ceil
    price = inward(terms.price)
    return terms if price == terms.price else replace(terms, price=price)


def _rungs(
    holder: Holder, ladder: Ladder, instrument: Instrument, grid: Grid
) -> tuple[DesiredOrder, ...]:
    """Return the rungs from `from` to `to`; none when the grid refuses any."""
    passive = instrument.price_rule.floor if holder.side is Side.BUY else instrument.price_rule.ceil
    prices = [passive(price) for price in ladder_prices(ladder)]
    if not grid.check_total(holder, instrument):
        return ()
    lots = share_lots(int(CONTEXT.divide(holder.quantity, instrument.lot_size)), ladder.weights)
    quantities = [CONTEXT.multiply(instrument.lot_size, Decimal(count)) for count in lots]
    if not grid.check_rungs(holder, instrument, prices, quantities):
        return ()
    template = ladder.template
    return tuple(
        DesiredOrder(
            address=rung_address(holder.address, index),
            source=holder.source,
            terms=Terms(
                instrument=template.instrument,
                side=template.side,
                price=price,
                quantity=quantity,
                time_in_force=template.time_in_force,
                post_only=template.post_only,
                reduce_only=template.reduce_only,
                options=template.options,
            ),
        )
        for index, (price, quantity) in enumerate(zip(prices, quantities, strict=True))
    )


def ladder_prices(ladder: Ladder) -> Iterator[Decimal]:
    """Yield the price of each rung before the grid: ends exact, others to 50 digits half-even."""
    steps = ladder.levels - 1
    yield ladder.start
    if ladder.spacing is Spacing.LINEAR:
        for rung in range(1, steps):
            way = CONTEXT.divide((ladder.end - ladder.start) * rung, Decimal(steps))
            yield CONTEXT.add(ladder.start, way)
    elif steps > 1:
        ratio = _WORKING.ln(_WORKING.divide(ladder.end, ladder.start))
        factor = _WORKING.exp(_WORKING.divide(ratio, Decimal(steps)))
        price = ladder.start
        for _ in range(1, steps):
            price = _WORKING.multiply(price, factor)
            yield CONTEXT.plus(price)
    if steps:
        yield ladder.end


def share_lots(total: int, weights: tuple[Decimal, ...]) -> list[int]:
    """Share whole lots out by weight: floors, then by largest remainder, ties to the first."""
    scale = max(0, *(-_exponent(weight) for weight in weights))
    shares = [int(weight.scaleb(scale, _WIDE)) for weight in weights]
    whole = sum(shares)
    counts = [total * share // whole for share in shares]
    left = total - sum(counts)
    assert 0 <= left < len(counts), "floors miss less than one lot each"
    if left:
        remainders = [total * share % whole for share in shares]
        neediest = sorted(range(len(counts)), key=lambda rung: (-remainders[rung], rung))
        for rung in neediest[:left]:
            counts[rung] += 1
    return counts


_WIDE = Context(prec=400)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "weights are finite"
    return exponent
