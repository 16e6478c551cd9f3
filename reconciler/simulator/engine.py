"""The matching engine's verbs: place, cancel, modify, move the market, trade.

Pure of I/O and of any clock: the time is whatever `World.advance` was told last. Every verb leaves
the world settled: no crossed book, no event outstanding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.simulator.accounts import Account
from reconciler.simulator.checks import entry_refusal, is_off_tick, shape_refusal
from reconciler.simulator.markets import Instrument
from reconciler.simulator.matching import crosses, execute, match, trade
from reconciler.simulator.numbers import ZERO
from reconciler.simulator.orders import (
    CANCELED,
    DELISTED_CANCELED,
    Deferred,
    Grouping,
    Order,
    Outcome,
    Phase,
    Placed,
    Refusal,
    Refused,
    Terms,
    TimeInForce,
)
from reconciler.simulator.settlement import fire_if_crossed, fire_triggers, settle, trim_reduce_only
from reconciler.simulator.world import World

GROUP_CHILDREN_MAX = 2
GONE = Refusal(text="Cannot modify canceled or filled order")
NEEDS_ALWAYS_PLACE = Refusal(text="Modified order must be a resting limit order.")  # (invented)
CROSSING_MODIFY = "Error placing new order during modify: "
BAD_TRIGGER_COUNT = Refusal(text="Unexpected number of trigger orders")
TRIGGER_AS_MAIN = Refusal(text="Main order cannot be trigger order.")
NOT_REDUCE_ONLY = Refusal(text="TP/SL orders must be reduce-only.")  # (invented)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One pair of a modify.

    Attributes:
        target: the live order to replace; None when there is none.
        is_always_placed: place the new order whatever became of the old one.
    """

    target: Order | None
    terms: Terms
    is_always_placed: bool


def batch_refusal(world: World, batch: Sequence[Terms], grouping: Grouping) -> Refusal | None:
    """Return the error which voids a whole batch before anything is executed; None when sound."""
    for terms in batch:
        refusal = shape_refusal(world, terms)
        if refusal is not None:
            return refusal
    if grouping == "na":
        return None
    return _group_refusal(batch, grouping)


def place_batch(
    world: World, account: Account, batch: Sequence[Terms], grouping: Grouping
) -> list[Outcome]:
    """Place orders in turn; those before a refused one stand. The batch is sound in shape."""
    if grouping == "normalTpsl":
        return _place_with_children(world, account, batch)
    outcomes = [place(world, account, terms) for terms in batch]
    if grouping == "positionTpsl":
        _make_siblings([each.order for each in outcomes if isinstance(each, Deferred)])
    return outcomes


def place(world: World, account: Account, terms: Terms) -> Outcome:
    """Place one order which is sound in shape."""
    refusal = entry_refusal(world, account, terms)
    if refusal is not None:
        if refusal.status is not None:
            world.record_refusal(account, terms, refusal.status)
        return Refused(refusal=refusal, asset=terms.instrument.asset)
    return _admit(world, account, terms)


def cancel(world: World, order: Order, status: str = CANCELED) -> None:
    """End a live order, and what depends on it."""
    world.finish(order, status)
    settle(world)


def modify(world: World, account: Account, amendment: Amendment) -> Outcome:
    """Cancel an order and place another in its stead.

    Source: page `exchange-endpoint`, "Modify an order" (checked 2026-08-22): without `a` the new
    order is post-only whatever it asked for. Measured: a refused new order leaves the old one gone.
    """
    terms, target = amendment.terms, amendment.target
    asset = terms.instrument.asset
    if not amendment.is_always_placed:
        refusal = _plain_modify_refusal(terms, target)
        if refusal is not None:
            return Refused(refusal=refusal)
        if _survives_crossing(world, terms):
            return Refused(refusal=_crossing_refusal(world, account, terms))
        terms = replace(terms, time_in_force=TimeInForce.POST_ONLY)
    if is_off_tick(terms):
        return Refused(refusal=Refusal(text="Price must be divisible by tick size."), asset=asset)
    if target is not None and target.is_live:
        cancel(world, target)
    refusal = entry_refusal(world, account, terms)
    if refusal is not None:
        text = CROSSING_MODIFY + refusal.text.removesuffix(".")
        return Refused(refusal=Refusal(text=text))
    return _admit(world, account, terms)


def set_mid(world: World, instrument: Instrument, mid: Decimal, mark: Decimal | None) -> None:
    """Move the market: resting orders which the new price passes fill, triggers fire."""
    assert mid > ZERO, "prices are positive"
    book = world.book(instrument)
    book.mark = mid if mark is None else mark
    book.move(mid)
    for is_buy in (True, False):
        _sweep(world, instrument, is_buy=is_buy)
    settle(world)
    fire_triggers(world, instrument.asset)


def trade_against(world: World, order: Order, quantity: Decimal) -> Decimal:
    """Let the market take from one resting order, whatever is ahead of it in the queue.

    Returns:
        what was taken, at most what remained.
    """
    assert order.is_resting
    assert quantity > ZERO
    taken = min(quantity, order.remaining)
    terms = order.terms
    opposite = Terms(
        instrument=terms.instrument, is_buy=not terms.is_buy, price=terms.price, quantity=taken
    )
    trade(world, order, world.background_order(opposite, taken), taken)
    settle(world)
    return taken


def take_at(world: World, terms: Terms) -> Decimal:
    """Let the market take real orders up to a price; returns the quantity taken."""
    taker = world.background_order(terms, terms.quantity)
    match(world, taker)
    settle(world)
    return taker.filled


def delist(world: World, instrument: Instrument) -> None:
    """Cancel every order of an instrument and accept no more."""
    world.delisted.add(instrument.asset)
    live = [
        order
        for account in world.accounts.values()
        for order in list(account.live.values())
        if order.terms.instrument is instrument
    ]
    for order in live:
        if order.is_live:
            cancel(world, order, DELISTED_CANCELED)


def _admit(world: World, account: Account, terms: Terms) -> Outcome:
    """Register an order which passed every check and let it work, or arm its trigger."""
    if terms.trigger is not None:
        order = world.open_order(account, terms, Phase.ARMED)
        fire_if_crossed(world, order)
        outcome: Outcome = Placed(order=order)
        if terms.grouping == "positionTpsl":
            outcome = Deferred(order=order, waits_for_fill=False)
    else:
        order = world.open_order(account, terms)
        outcome = execute(world, order)
        if order.is_resting and terms.is_reduce_only:
            trim_reduce_only(world, account, terms.instrument.asset)
    settle(world)
    return outcome


def _group_refusal(batch: Sequence[Terms], grouping: Grouping) -> Refusal | None:
    children = batch[1:] if grouping == "normalTpsl" else batch
    if grouping == "normalTpsl" and batch[0].trigger is not None:
        return TRIGGER_AS_MAIN
    kinds = [child.trigger.kind for child in children if child.trigger is not None]
    is_one_of_each = 1 <= len(kinds) <= GROUP_CHILDREN_MAX and len(set(kinds)) == len(kinds)
    if len(kinds) != len(children) or not is_one_of_each:
        return BAD_TRIGGER_COUNT
    if any(not child.is_reduce_only for child in children):
        return NOT_REDUCE_ONLY
    return None


def _place_with_children(world: World, account: Account, batch: Sequence[Terms]) -> list[Outcome]:
    """Place a parent and its take-profit and stop-loss, which wait for it to fill.

    A refused parent refuses its children with the same words; a child found unsound on entry
    is refused alone.
    """
    main, *others = batch
    refusal = entry_refusal(world, account, main)
    if refusal is not None:
        refused = place(world, account, main)
        return [refused for _ in batch]
    parent = world.open_order(account, main)
    children = [_open_child(world, account, terms, parent) for terms in others]
    parent.children = tuple(each for each in children if isinstance(each, Order))
    _make_siblings(parent.children)
    outcome = execute(world, parent)
    settle(world)
    return [outcome] + [
        _child_outcome(each) if isinstance(each, Order) else each for each in children
    ]


def _open_child(world: World, account: Account, terms: Terms, parent: Order) -> Order | Refused:
    refusal = entry_refusal(world, account, terms)
    if refusal is not None:
        if refusal.status is not None:
            world.record_refusal(account, terms, refusal.status)
        return Refused(refusal=refusal, asset=terms.instrument.asset)
    child = world.open_order(account, terms, Phase.WAITING)
    child.parent = parent
    return child


def _child_outcome(child: Order) -> Outcome:
    if child.phase is Phase.WAITING:
        return Deferred(order=child, waits_for_fill=True)
    if child.status == CANCELED and not child.filled:
        refusal = Refusal(text="Main order was not filled.")  # (invented)
        return Refused(refusal=refusal, asset=child.terms.instrument.asset)
    return Deferred(order=child, waits_for_fill=False)


def _make_siblings(orders: Sequence[Order]) -> None:
    for order in orders:
        order.siblings = tuple(each for each in orders if each is not order)


def _plain_modify_refusal(terms: Terms, target: Order | None) -> Refusal | None:
    """Return why a modify without `a` cannot be; None when it can."""
    if target is None or not target.is_live or target.is_untriggered:
        return GONE
    is_limit = terms.trigger is None and not terms.time_in_force.is_immediate
    return None if is_limit else NEEDS_ALWAYS_PLACE


def _survives_crossing(world: World, terms: Terms) -> bool:
    """Tell whether a crossing GTC is refused before the old order is touched, by switch."""
    if not world.switches.keep_order_when_modify_crosses:
        return False
    if terms.time_in_force is not TimeInForce.GTC:
        return False
    return crosses(world, terms.price, is_buy=terms.is_buy, asset=terms.instrument.asset)


def _crossing_refusal(world: World, account: Account, terms: Terms) -> Refusal:
    post_only = replace(terms, time_in_force=TimeInForce.POST_ONLY, cloid=None)
    refusal = entry_refusal(world, account, post_only)
    assert refusal is not None, "the order crosses"
    return Refusal(text=CROSSING_MODIFY + refusal.text.removesuffix("."))


def _sweep(world: World, instrument: Instrument, *, is_buy: bool) -> None:
    """Fill real orders which the synthetic quotes have moved beyond."""
    book = world.book(instrument)
    mid = book.mid
    ladder = book.side(is_buy=not is_buy)
    best = ladder.best_price()
    if mid is None or best is None or (best >= mid if is_buy else best <= mid):
        return
    total = sum((o.remaining for _, orders in ladder.levels() for o in orders), ZERO)
    terms = Terms(
        instrument=instrument, is_buy=is_buy, price=_just_before(mid, is_buy), quantity=total
    )
    match(world, world.background_order(terms, total))


def _just_before(mid: Decimal, is_buy: bool) -> Decimal:
    return mid.next_minus() if is_buy else mid.next_plus()
