"""The price of an order type which has none of its own."""

from __future__ import annotations

from decimal import Decimal

from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.orders import DEPTHS
from reconciler.simulator.htx.world import World


def price_of_type(
    world: World, contract: Contract, price_type: str, *, is_buy: bool
) -> Decimal | None:
    """Return the price so many levels deep in the opposite book, a tick being a level.

    Returns:
        None when nobody is there. It is kept within the price limits.
    """
    book = world.book(contract)
    best = book.best(is_buy=not is_buy, with_quotes=world.has_quotes)
    if not best:
        return None
    depth = DEPTHS.get(price_type.removesuffix("_ioc").removesuffix("_fok"), 1)
    away = (depth - 1) * contract.tick
    high, low = book.limits(world.switches.price_band_percent)
    return min(best + away, high) if is_buy else max(best - away, low)
