"""Take profits and stop losses: attached to an order, standing alone, or for a whole position.

All three have one shape. They close a position, so they are reduce-only, never post-only, and rest
until they fire; one that stands alone may say `reduce_only: false`, and enters a position then.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from reconciler.model.numbers import CONTEXT, ZERO
from reconciler.model.order import (
    DesiredOrder,
    Execution,
    OrderAddress,
    Side,
    Terms,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from reconciler.spec.context import BookContext, amount
from reconciler.spec.places import Path

__all__ = ["KINDS", "attached_orders", "default_worst_price", "protection_orders", "trigger_terms"]

KINDS = (TriggerKind.TAKE_PROFIT, TriggerKind.STOP_LOSS)
WORST_SHARE = Decimal("0.1")  # of the trigger price


def default_worst_price(trigger: Decimal, side: Side) -> Decimal:
    """Return the worst price of a market trigger without one: 10 % beyond, not on a grid yet."""
    return CONTEXT.multiply(trigger, 1 + WORST_SHARE * side.sign)


def trigger_terms(context: BookContext, kind: TriggerKind, path: Path, base: Terms) -> Terms:
    """Return `base` as a trigger order written at `path`.

    Of `base` its instrument, side, quantity, options and whether it is reduce-only stay.
    """
    written = _at(context, path)
    price = amount(written["trigger"])
    execution = Execution(written["execution"])
    limit = _limit_price(context, written, path, base.side)
    return Terms(
        instrument=base.instrument,
        side=base.side,
        price=limit,
        quantity=base.quantity,
        time_in_force=TimeInForce.GTC,
        post_only=False,
        reduce_only=base.reduce_only,
        trigger=Trigger(kind=kind, price=price, execution=execution),
        options=base.options,
    )


def attached_orders(
    context: BookContext, entry: Mapping[str, Any], path: Path, parent: Terms
) -> tuple[DesiredOrder, ...]:
    """Return the children of an order: on the other side, for its whole quantity."""
    address = context.address(str(path[-1]))
    base = _base(parent.instrument, parent.side.opposite, parent.quantity, parent.options)
    children = tuple(_children(context, entry, path, base=base, address=address))
    for child in children:
        _check_side_of_parent(context, child, path, parent)
    return children


def protection_orders(context: BookContext, entry: Mapping[str, Any]) -> tuple[DesiredOrder, ...]:
    """Return the orders that protect a whole position, of no fixed quantity."""
    path: Path = ("position_protection",)
    base = _base(context.instrument_of(entry, path), Side(entry["side"]), ZERO, ())
    address = context.address("position_protection")
    orders = tuple(_children(context, entry, path, base=base, address=address))
    if not orders:
        context.problem_at(
            "protection-of-nothing",
            "There is neither a take profit nor a stop loss.",
            context.places.key(path),
            do="Add `take_profit` or `stop_loss`, or remove `position_protection`.",
        )
    elif len(orders) > 1:
        profit, loss = (order.terms.trigger for order in orders)
        assert profit is not None, "it is a trigger"
        assert loss is not None, "it is a trigger"
        if (loss.price - profit.price) * base.side.sign <= 0:
            _wrong_side(context, (*path, "take_profit", "trigger"), base.side, "the stop loss")
    return orders


def _children(
    context: BookContext,
    entry: Mapping[str, Any],
    path: Path,
    *,
    base: Terms,
    address: OrderAddress,
) -> Iterator[DesiredOrder]:
    for kind in KINDS:
        if kind.value in entry:
            place = (*path, kind.value)
            yield DesiredOrder(
                address=OrderAddress(f"{address}.{kind.value}"),
                terms=trigger_terms(context, kind, place, base),
                source=context.places.key(place),
            )


def _base(
    instrument: str, side: Side, quantity: Decimal, options: tuple[tuple[str, str], ...]
) -> Terms:
    return Terms(
        instrument=instrument,
        side=side,
        price=ZERO,
        quantity=quantity,
        reduce_only=True,
        options=options,
    )


def _at(context: BookContext, path: Path) -> Mapping[str, str]:
    node = context.places.data
    for step in path:
        node = node[step]
    written: Mapping[str, str] = node
    return written


def _limit_price(
    context: BookContext, written: Mapping[str, str], path: Path, side: Side
) -> Decimal:
    trigger = amount(written["trigger"])
    is_limit = written["execution"] == "limit"
    wanted, refused = ("price", "worst_price") if is_limit else ("worst_price", "price")
    if refused in written:
        context.problem_at(
            "trigger-price-of-other-kind",
            "This price belongs to the other kind of execution.",
            context.places.key((*path, refused)),
            label=f"`execution` is {written['execution']}",
            why="A limit execution has a `price`, a market execution a `worst_price`.",
            do=f"Write `{wanted}` instead, or change `execution`.",
        )
    if wanted in written:
        price = amount(written[wanted])
        if not is_limit and (price - trigger) * side.sign < 0:
            _worst_price_inside(context, (*path, wanted), side)
        return price
    if is_limit:
        context.problem_at(
            "trigger-without-price",
            "A limit execution has no price.",
            context.places.key(path),
            label="`price` is missing",
            why="When the trigger fires, a limit order at this price is sent.",
            do="Add `price`, or write `execution: market`.",
        )
        return trigger
    return default_worst_price(trigger, side)


def _worst_price_inside(context: BookContext, path: Path, side: Side) -> None:
    where = "at or above" if side is Side.BUY else "at or below"
    context.problem(
        "worst-price-inside",
        "The worst price is better than the trigger.",
        path,
        label=f"a {side} wants it {where} the trigger",
        why="When the trigger fires the market is at the trigger: the order could hardly match.",
        do="Correct `worst_price`, or leave it out for 10 % beyond the trigger.",
    )


def _check_side_of_parent(
    context: BookContext, child: DesiredOrder, path: Path, parent: Terms
) -> None:
    trigger = child.terms.trigger
    assert trigger is not None, "children are triggers"
    is_profit = trigger.kind is TriggerKind.TAKE_PROFIT
    direction = parent.side.sign if is_profit else -parent.side.sign
    if (trigger.price - parent.price) * direction > 0:
        return
    wanted = "above" if direction > 0 else "below"
    context.problem(
        "trigger-on-wrong-side",
        "The trigger is on the wrong side of the price.",
        (*path, trigger.kind.value, "trigger"),
        label=f"expected {wanted} {parent.price:f}",
        why=f"A {trigger.kind.value} of a {parent.side} fires {wanted} the price of the order.",
        do="Correct the trigger or the price.",
    )


def _wrong_side(context: BookContext, path: Path, side: Side, other: str) -> None:
    wanted = "above" if side is Side.SELL else "below"
    context.problem(
        "trigger-on-wrong-side",
        "The trigger is on the wrong side of the price.",
        path,
        label=f"expected {wanted} {other}",
        why=f"`side: {side}` protects a {'long' if side is Side.SELL else 'short'} position.",
        do="Correct the triggers or the side.",
    )
