"""The matching engine's verbs: place, cancel, move the market, trade.

Pure of I/O and of any clock: the time is whatever `run_until` was told last. Every verb leaves the
world settled: no crossed book, no stop that should have fired.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reconciler.simulator.htx.accounts import Account
from reconciler.simulator.htx.checks import cancel_refusal, entry_refusal
from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.errors import Refusal, refusal
from reconciler.simulator.htx.matching import execute, market_order, match, trade
from reconciler.simulator.htx.orders import (
    CANCELLING,
    FILLED,
    TIMED_OUT,
    Order,
    Terms,
)
from reconciler.simulator.htx.stops import open_stops, settle
from reconciler.simulator.htx.world import World
from reconciler.simulator.numbers import ZERO

BEING_CANCELLED = 1062
EXECUTED = 1063
ALREADY_CANCELLED = 1071


def run_until(world: World, until_ms: int) -> None:
    """Move the time forward, ending on the way what was to end, in order of time."""
    while (what := world.take_due(until_ms)) is not None:
        if isinstance(what, Account):
            _time_out(world, what)
        elif what.status == CANCELLING:
            end(world, what)
    world.now_ms = max(world.now_ms, until_ms)


def place(world: World, account: Account, terms: Terms) -> Order | Refusal:
    """Place one order which is sound in shape."""
    found = entry_refusal(world, account, terms)
    if found is not None:
        return found
    wallet = world.wallet(account, terms.contract)
    if wallet.value.leverage != terms.leverage:
        wallet.change(replace(wallet.value, leverage=terms.leverage), world.now_ms)
    order = world.open_order(account, terms)
    open_stops(world, order)
    execute(world, order)
    settle(world)
    return order


def request_cancel(world: World, order: Order) -> Refusal | None:
    """Accept the cancel of an order, which ends it a while later; or say why not."""
    if order.status == CANCELLING:
        return refusal(BEING_CANCELLED)
    if not order.is_live:
        return refusal(EXECUTED if order.status == FILLED else ALREADY_CANCELLED)
    found = cancel_refusal(world, order)
    if found is not None:
        return found
    world.change(order, status=CANCELLING)
    delay_ms = world.switches.cancel_delay_ms
    if delay_ms:
        world.schedule(world.now_ms + delay_ms, order)
    else:
        end(world, order)
    return None


def end(world: World, order: Order, *, source: str | None = None) -> None:
    """Cancel a live order at once."""
    world.end(order, source=source)
    settle(world)


def set_mid(world: World, contract: Contract, mid: Decimal, index: Decimal | None) -> None:
    """Move the market: resting orders which the new price passes fill, stops fire."""
    assert mid > ZERO, "prices are positive"
    book = world.book(contract)
    book.move(mid, index)
    for is_buy in (True, False):
        _sweep(world, contract, is_buy=is_buy)
    book.last = mid
    settle(world)


def trade_against(world: World, order: Order, volume: int) -> int:
    """Let the market take from one resting order, whatever is ahead of it in the queue.

    Returns:
        the contracts taken, at most what remained.
    """
    assert order.is_resting
    assert volume > 0
    terms = order.terms
    taken = min(volume, order.remaining)
    taker = market_order(world, terms.contract, terms.price, taken, is_buy=not terms.is_buy)
    trade(world, order, taker, taken, world.new_match())
    settle(world)
    return taken


def take_at(world: World, contract: Contract, price: Decimal, volume: int, *, is_buy: bool) -> int:
    """Let the market take real orders up to a price; returns the contracts taken."""
    taker = market_order(world, contract, price, volume, is_buy=is_buy)
    match(world, taker)
    settle(world)
    return taker.filled


def _time_out(world: World, account: Account) -> None:
    """Cancel everything of an account whose dead man's switch has run out."""
    if account.cancel_at_ms is None or account.cancel_at_ms > world.now_ms:
        return
    account.cancel_at_ms = None
    for order in list(account.live.values()):
        end(world, order, source=TIMED_OUT)


def _sweep(world: World, contract: Contract, *, is_buy: bool) -> None:
    """Fill real orders which the synthetic quotes have moved beyond."""
    book = world.book(contract)
    ladder = book.side(is_buy=not is_buy)
    best = ladder.best_price()
    if best is None or (best >= book.mid if is_buy else best <= book.mid):
        return
    total = sum(order.remaining for _, orders in ladder.levels() for order in orders)
    price = contract.below(book.mid) if is_buy else contract.above(book.mid)
    match(world, market_order(world, contract, price, total, is_buy=is_buy))
