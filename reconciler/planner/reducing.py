"""Reduce-only orders against the position: those nearest the market that fit are sent, others held.

The venue takes a second reduce-only order beyond the position and cancels the first: a book larger
than the position would be placed again for ever. Source: fact sheet 12, measured on testnet
2026-09-07. What makes an order smaller always passes.

Stop losses are counted apart from everything else: a position is closed by a target or by its stop,
so that a pair of them counts once. An attached order that waits for its parent protects what is not
there yet, and an order on the whole position follows it: neither counts.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from reconciler.model.numbers import ZERO, format_decimal
from reconciler.model.order import RestingOrder, Side, Terms, TriggerKind
from reconciler.model.plan import Action, Cancel, Modify, Place, Reason, Replace
from reconciler.planner.context import Context
from reconciler.planner.guards import Obstacle, Sending, held

__all__ = ["guard_reduce_only"]

Claim = tuple[str, Side, bool]
"""Instrument, side, and whether it is a stop loss: what orders close one position together."""


def guard_reduce_only(actions: Sequence[Action], context: Context) -> list[Action]:
    """Return the actions with those reduce-only orders held that the position has no room for."""
    sending: dict[Claim, list[Sending]] = defaultdict(list)
    for action in actions:
        if isinstance(action, Place | Modify | Replace) and _is_counted(action.after):
            sending[_claim(action.after)].append(action)
    if not sending:
        return list(actions)
    resting = _resting(actions, context)
    refused: dict[int, tuple[Action, ...]] = {}
    for claim, group in sending.items():
        instrument, side, _ = claim
        position = context.snapshot.positions.get(instrument, ZERO)
        room = max(ZERO, -position * side.sign) - resting.get(claim, ZERO)
        room -= sum((min(ZERO, _growth(action)) for action in group), ZERO)
        growing = [action for action in group if _growth(action) > ZERO]
        growing.sort(key=lambda a: (_market_rank(a.after), a.address))
        for action in growing:
            room -= _growth(action)
            if room < ZERO:
                # It is a prefix: once one does not fit, nothing further away is sent either.
                refused[id(action)] = held(action, *_beyond_position(instrument, context))
                room = Decimal("-Infinity")
    return [part for action in actions for part in refused.get(id(action), (action,))]


def _is_counted(order: Terms | RestingOrder) -> bool:
    if isinstance(order, RestingOrder):
        return order.reduce_only and not order.is_dormant and not order.is_position_sized
    return order.reduce_only and order.quantity > ZERO


def _claim(order: Terms | RestingOrder) -> Claim:
    trigger = order.trigger
    is_stop = trigger is not None and trigger.kind is TriggerKind.STOP_LOSS
    return (order.instrument, order.side, is_stop)


def _resting(actions: Sequence[Action], context: Context) -> dict[Claim, Decimal]:
    """Return what rests against each position and is not on its way out."""
    leaving = {action.before.venue_order_id for action in actions if isinstance(action, Cancel)}
    resting: dict[Claim, Decimal] = defaultdict(lambda: ZERO)
    for order in context.snapshot.resting:
        if _is_counted(order) and order.venue_order_id not in leaving:
            resting[_claim(order)] += order.remaining
    return resting


def _growth(action: Sending) -> Decimal:
    """Return by how much an action raises what rests against the position."""
    quantity = action.after.quantity
    if isinstance(action, Place) or not _is_counted(action.before):
        return quantity
    is_alike = _claim(action.before) == _claim(action.after)
    return quantity - action.before.remaining if is_alike else quantity


def _market_rank(terms: Terms) -> Decimal:
    """Return a number that is smaller the nearer the market the order is."""
    if terms.trigger is None:
        return -terms.price * terms.side.sign
    way = 1 if terms.trigger.kind is TriggerKind.STOP_LOSS else -1
    return terms.trigger.price * terms.side.sign * way


def _beyond_position(instrument: str, context: Context) -> Obstacle:
    position = format_decimal(context.snapshot.positions.get(instrument, ZERO))
    why = f"Reduce-only orders would exceed the position of {position} {instrument}."
    return Reason.REDUCE_ONLY_EXCESS, why, "It is sent once the position is large enough."
