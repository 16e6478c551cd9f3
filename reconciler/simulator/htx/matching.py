"""Price-time matching of one working order against one book.

Rules from HTX's documentation (checked 2025-11): the price is the resting order's; an own resting
order stays and the incoming one is cancelled (`self_match_prevent`); what is post-only and would
match, and what an immediate order leaves, is accepted and then cancelled.

At the same price real orders come before the synthetic quote, so that tests need no market move to
make two accounts trade.
"""

from __future__ import annotations

from decimal import Decimal

from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.ledger import Execution, record_fill
from reconciler.simulator.htx.orders import SELF_DEALING, Order, Terms
from reconciler.simulator.htx.world import World

QUOTE_VOLUME_MAX = 1_000_000_000


def execute(world: World, order: Order) -> None:
    """Match a working order, then rest or cancel what remains of it."""
    terms = order.terms
    if terms.price_type == "post_only" and _would_match(world, terms):
        world.end(order)
        return
    if terms.is_all_or_nothing and _matchable(world, order) < terms.volume:
        world.end(order)
        return
    match(world, order)
    if order.is_live:
        if terms.is_immediate:
            world.end(order)
        else:
            world.rest(order)


def match(world: World, taker: Order) -> None:
    """Fill a working order from the best price on, until nothing crosses or it may not go on."""
    quote = None if taker.account.is_background else _quote_against(world, taker.terms)
    match_id = world.new_match()
    while taker.is_live and taker.remaining:
        maker = _best_maker(world, taker, quote)
        if maker is None:
            return
        if maker.account is taker.account and taker.terms.prevents_self_match:
            world.end(taker, source=SELF_DEALING)
            return
        trade(world, maker, taker, min(taker.remaining, maker.remaining), match_id)


def trade(world: World, maker: Order, taker: Order, volume: int, match_id: int) -> None:
    """Fill two orders against each other at the maker's price."""
    execution = Execution(price=maker.terms.price, volume=volume, match_id=match_id)
    world.book(maker.terms.contract).last = maker.terms.price
    record_fill(world, maker, execution, is_taker=False)
    record_fill(world, taker, execution, is_taker=True)


def quote_volume(world: World, contract: Contract) -> int:
    """Return the contracts of a synthetic quote."""
    return min(int(world.switches.background_notional / contract.size), QUOTE_VOLUME_MAX)


def market_order(
    world: World, contract: Contract, price: Decimal, volume: int, *, is_buy: bool
) -> Order:
    """Make an order of the market itself, which nobody can look up."""
    terms = Terms(
        contract=contract, is_buy=is_buy, is_open=True, price=price, volume=volume, leverage=1
    )
    return world.new_order(world.background, terms)


def _quote_against(world: World, terms: Terms) -> Order | None:
    """Make the synthetic quote a taker crosses, for this one match; None when it crosses none."""
    price = world.book(terms.contract).quote(is_buy=not terms.is_buy)
    volume = quote_volume(world, terms.contract)
    if not volume or not price or not _is_crossed(terms, price):
        return None
    return market_order(world, terms.contract, price, volume, is_buy=not terms.is_buy)


def _best_maker(world: World, taker: Order, quote: Order | None) -> Order | None:
    """Return whom a taker meets next: the best crossing order, real before synthetic."""
    is_buy = taker.terms.is_buy
    maker = world.book(taker.terms.contract).side(is_buy=not is_buy).best()
    if quote is not None and quote.is_live and (maker is None or _is_better(quote, maker)):
        return quote
    if maker is None:
        return None
    return maker if _is_crossed(taker.terms, maker.terms.price) else None


def _is_crossed(terms: Terms, price: Decimal) -> bool:
    return price <= terms.price if terms.is_buy else price >= terms.price


def _is_better(quote: Order, maker: Order) -> bool:
    if quote.terms.is_buy:
        return quote.terms.price > maker.terms.price
    return quote.terms.price < maker.terms.price


def _would_match(world: World, terms: Terms) -> bool:
    best = world.book(terms.contract).best(is_buy=not terms.is_buy, with_quotes=world.has_quotes)
    return bool(best) and _is_crossed(terms, best)


def _matchable(world: World, order: Order) -> int:
    """Return the contracts an order could take at once, up to its own volume."""
    terms = order.terms
    quote = _quote_against(world, terms)
    found = quote.terms.volume if quote else 0
    for price, makers in world.book(terms.contract).side(is_buy=not terms.is_buy).levels():
        if not _is_crossed(terms, price):
            break
        found += sum(maker.remaining for maker in makers if maker.account is not order.account)
    return min(found, terms.volume)
