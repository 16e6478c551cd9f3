"""One order or ladder as people declare it, and what the program gets of it."""

from dataclasses import dataclass
from decimal import Decimal

from reconciler.diagnostics import Span
from reconciler.model.order import (
    DesiredOrder,
    Execution,
    Holder,
    Ladder,
    OrderAddress,
    Side,
    Spacing,
    Terms,
    Trigger,
    TriggerKind,
)
from tests.simulation.bench import Market

__all__ = ["BOOK", "SOURCE", "STEP", "Declared", "children_of", "holder_of"]

BOOK = "btc"
SOURCE = Span(path="specs/btc.yaml", line=1, column=1)
STEP = 50


@dataclass(frozen=True, slots=True)
class Declared:
    """One order, or one ladder when it has levels.

    Attributes:
        root: what it is, whatever it is called today.
        is_closing: whether it only closes what is held.
        is_group: whether a take-profit and a stop-loss are attached.
    """

    root: str
    name: str
    side: Side
    price: int
    quantity: Decimal
    generation: int = 1
    levels: int = 0
    may_modify: bool = True
    is_group: bool = False
    is_closing: bool = False

    @property
    def address(self) -> OrderAddress:
        return OrderAddress(f"{BOOK}.{self.name}")

    @property
    def key(self) -> tuple[str, int]:
        """Whose budget it is."""
        return (self.root, self.generation)

    @property
    def prices(self) -> tuple[int, ...]:
        """Where its orders are to rest."""
        return tuple(self.price - i * STEP for i in range(max(1, self.levels)))


def children_of(each: Declared, market: Market) -> tuple[DesiredOrder, ...]:
    """Return what is attached to a buy: both far enough to rest, near enough to fire."""
    stop = (Execution.MARKET, Decimal(56_430))
    if not market.has_market_stops:
        stop = (Execution.LIMIT, Decimal(62_600))
    return tuple(
        DesiredOrder(
            address=OrderAddress(f"{each.address}.{kind}"),
            terms=Terms(
                instrument=market.instrument,
                side=Side.SELL,
                price=price,
                quantity=each.quantity,
                post_only=False,
                reduce_only=True,
                trigger=Trigger(kind=kind, price=trigger, execution=execution),
                options=market.options,
            ),
            source=SOURCE,
        )
        for kind, trigger, execution, price in (
            (TriggerKind.TAKE_PROFIT, Decimal(69_000), Execution.LIMIT, Decimal(68_900)),
            (TriggerKind.STOP_LOSS, Decimal(62_700), *stop),
        )
    )


def holder_of(each: Declared, market: Market) -> Holder:
    terms = Terms(
        instrument=market.instrument,
        side=each.side,
        price=Decimal(each.price),
        quantity=each.quantity,
        reduce_only=each.is_closing,
        options=market.options,
    )
    ladder = None
    orders: tuple[DesiredOrder, ...] = (
        DesiredOrder(
            address=each.address,
            terms=terms,
            source=SOURCE,
            children=children_of(each, market) if each.is_group else (),
        ),
    )
    if each.levels:
        orders = ()
        ladder = Ladder(
            start=Decimal(each.price),
            end=Decimal(each.price - (each.levels - 1) * STEP),
            levels=each.levels,
            spacing=Spacing.LINEAR,
            weights=(Decimal(1),) * each.levels,
            template=terms,
        )
    return Holder(
        address=each.address,
        generation=each.generation,
        instrument=market.instrument,
        side=each.side,
        quantity=each.quantity,
        source=SOURCE,
        orders=orders,
        ladder=ladder,
        may_modify=each.may_modify,
    )
