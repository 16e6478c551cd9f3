"""Price-time matching of one working order against one book.

Rules from Hyperliquid's pages `hypercore/order-book` and `trading/self-trade-prevention` (checked
2026-08-22): the fill price is the resting order's; an own resting order is cancelled instead of
filled; margin is looked at again for the resting side at every match. Measured on testnet 2026-08:
an immediate order beyond margin fills as far as margin allows.

At the same price real orders come before the synthetic quote, so that tests need no market move to
make two accounts trade.
"""

from __future__ import annotations

from decimal import Decimal

from reconciler.simulator.ledger import (
    Execution,
    affordable,
    can_fill,
    record_fill,
    trade_id_of,
)
from reconciler.simulator.numbers import ZERO
from reconciler.simulator.orders import (
    CANCELED,
    IOC_CANCEL_REJECTED,
    MARGIN_CANCELED,
    NO_LIQUIDITY_REJECTED,
    REDUCE_ONLY_CANCELED,
    SELF_TRADE_CANCELED,
    Order,
    Outcome,
    Placed,
    Refusal,
    Refused,
    TimeInForce,
)
from reconciler.simulator.world import World

NO_MATCH = Refusal(
    text="Order could not immediately match against any resting orders.",
    status=IOC_CANCEL_REJECTED,
)
NO_LIQUIDITY = Refusal(
    text="No liquidity available for market order.", status=NO_LIQUIDITY_REJECTED
)
NO_MARGIN = Refusal(text="Insufficient margin to place order.", status="perpMarginRejected")


def execute(world: World, order: Order) -> Outcome:
    """Match a working order, then rest, end or refuse what remains of it."""
    match(world, order)
    if order.is_live:
        if order.terms.time_in_force.is_immediate:
            return _end_immediate(world, order)
        if order.terms.is_reduce_only and not _reducible(order):
            world.finish(order, REDUCE_ONLY_CANCELED)
        else:
            world.rest(order)
    return Placed(order=order)


def match(world: World, taker: Order) -> None:
    """Fill a working order from the best price on, until nothing crosses or it may not go on."""
    quote = None if taker.account.is_background else _quote_against(world, taker)
    while taker.is_live and taker.remaining > ZERO:
        maker = _best_maker(world, taker, quote)
        if maker is None:
            return
        if maker.account is taker.account:
            world.finish(maker, SELF_TRADE_CANCELED)
            continue
        wanted = _taker_quantity(world, taker)
        if not wanted:
            return
        quantity = _maker_quantity(world, maker, wanted)
        if quantity:
            trade(world, maker, taker, quantity)


def trade(world: World, maker: Order, taker: Order, quantity: Decimal) -> None:
    """Fill two orders against each other at the maker's price."""
    execution = Execution(
        price=maker.terms.price, quantity=quantity, trade_id=trade_id_of(maker, taker)
    )
    for order, is_crossing in ((maker, False), (taker, True)):
        record_fill(world, order, execution, is_crossing=is_crossing)
        world.take(order, price=execution.price, quantity=quantity)


def crosses(world: World, order_price: Decimal, *, is_buy: bool, asset: int) -> bool:
    """Tell whether a limit price would match at once against real orders or quotes."""
    book = world.book(world.markets.by_asset[asset])
    opposite = book.best(is_buy=not is_buy, with_quotes=has_quotes(world))
    return bool(opposite) and (order_price >= opposite if is_buy else order_price <= opposite)


def has_quotes(world: World) -> bool:
    """Tell whether the synthetic quotes stand."""
    return world.switches.background_notional > ZERO


def _end_immediate(world: World, order: Order) -> Outcome:
    if order.filled or order.fired_at_ms is not None:
        world.finish(order, CANCELED)
        return Placed(order=order)
    refusal = NO_MATCH
    if order.was_short_of_margin:
        refusal = NO_MARGIN
    elif order.terms.time_in_force is TimeInForce.MARKET:
        refusal = NO_LIQUIDITY
    assert refusal.status is not None
    world.finish(order, refusal.status)
    return Refused(refusal=refusal, asset=order.terms.instrument.asset)


def _quote_against(world: World, taker: Order) -> Order | None:
    """Make the synthetic quote a taker crosses, for this one match; None when it crosses none."""
    terms = taker.terms
    price = world.book(terms.instrument).quote(is_buy=not terms.is_buy)
    depth = world.background_depth(price, terms.instrument)
    is_crossed = price <= terms.price if terms.is_buy else price >= terms.price
    if not depth or not is_crossed or world.is_delisted(terms.instrument):
        return None
    opposite = type(terms)(
        instrument=terms.instrument, is_buy=not terms.is_buy, price=price, quantity=depth
    )
    return world.background_order(opposite, depth)


def _best_maker(world: World, taker: Order, quote: Order | None) -> Order | None:
    """Return whom a taker meets next: the best crossing order, real before synthetic."""
    is_buy = taker.terms.is_buy
    maker = world.book(taker.terms.instrument).side(is_buy=not is_buy).best()
    if quote is not None and quote.is_live and (maker is None or _is_better(quote, maker)):
        maker = quote
    if maker is None:
        return None
    price = maker.terms.price
    is_crossed = price <= taker.terms.price if is_buy else price >= taker.terms.price
    return maker if is_crossed else None


def _is_better(quote: Order, maker: Order) -> bool:
    if quote.terms.is_buy:
        return quote.terms.price > maker.terms.price
    return quote.terms.price < maker.terms.price


def _taker_quantity(world: World, taker: Order) -> Decimal:
    """Return how much a taker may take now."""
    wanted = taker.remaining
    if taker.account.is_background:
        return wanted
    terms = taker.terms
    if terms.is_reduce_only:
        return min(wanted, _reducible(taker))
    if terms.time_in_force.is_immediate and world.switches.check_margin:
        if terms.instrument.is_spot:
            return wanted
        limit = affordable(world, taker.account, terms.instrument, terms.is_buy)
        taker.was_short_of_margin = taker.was_short_of_margin or limit < wanted
        return min(wanted, limit)
    return wanted


def _maker_quantity(world: World, maker: Order, wanted: Decimal) -> Decimal:
    """Return how much a maker gives; zero when it was cancelled instead."""
    quantity = min(wanted, maker.remaining)
    if maker.account.is_background:
        return quantity
    if maker.terms.is_reduce_only:
        quantity = min(quantity, _reducible(maker))
        if not quantity:
            world.finish(maker, REDUCE_ONLY_CANCELED)
        return quantity
    if maker.terms.instrument.is_spot or not world.switches.check_margin:
        return quantity
    if not can_fill(world, maker, quantity):
        maker.was_short_of_margin = True
        world.finish(maker, MARGIN_CANCELED)
        return ZERO
    return quantity


def _reducible(order: Order) -> Decimal:
    return order.account.reducible(order.terms.instrument.asset, is_buy=order.terms.is_buy)
