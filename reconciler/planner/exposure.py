"""Money at stake in open orders: before, after, and the most at any prefix of the run.

The worst case follows the phases: cancels are confirmed before anything is placed, and an unknown
outcome stops the account's later phases, so a cancelled order and a placed one never count
together. What is in doubt counts at the larger of what is seen of it and what may be, also when it
may rest without being seen. Attached orders count at their limit or worst price, and go with their
parent. Within the phase of modifies every order counts at the larger of its two forms. What can
only reduce a position is open value, and no new one.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from reconciler.model.instrument import Instrument, order_value
from reconciler.model.numbers import ZERO
from reconciler.model.order import RestingOrder, Terms
from reconciler.model.plan import Action, Cancel, Exposure, Modify, Place, Replace
from reconciler.model.state import Placement, PlacementPhase
from reconciler.planner.attached import ending_with
from reconciler.planner.context import Context

__all__ = ["exposure_of", "most_open", "notional_of_order", "notional_of_terms"]


def exposure_of(actions: Sequence[Action], context: Context) -> Exposure:
    """Return the figures in quote currency, foreign orders included."""
    before = sum((notional_of_order(order, context) for order in _open_orders(context)), ZERO)
    current = worst = before
    new = ZERO
    late = ZERO
    for action in actions:
        if isinstance(action, Cancel) and action.waits_for:
            late += notional_of_order(action.before, context)
        elif isinstance(action, Cancel | Replace):
            current -= notional_of_order(action.before, context)
        if isinstance(action, Replace):
            current -= sum(_attached_now(action, context), ZERO)
    rises = ZERO
    for action in actions:
        if isinstance(action, Modify):
            old, wanted = (
                notional_of_order(action.before, context),
                notional_of_terms(action.after, context),
            )
            rises += max(ZERO, wanted - old)
            new += ZERO if action.after.reduce_only else max(ZERO, wanted - old)
    worst = max(worst, current + rises)
    for action in actions:
        if isinstance(action, Modify):
            current += notional_of_terms(action.after, context) - notional_of_order(
                action.before, context
            )
    for action in actions:
        if isinstance(action, Place | Replace):
            value = notional_of_terms(action.after, context)
            attached = (notional_of_terms(child.terms, context) for child in action.children)
            current += value + sum(attached, ZERO)
            # As of a modify, what counts as new is what it adds to what it takes the place of.
            old = notional_of_order(action.before, context) if isinstance(action, Replace) else ZERO
            new += ZERO if action.after.reduce_only else max(ZERO, value - old)
    return Exposure(
        open_before=before,
        open_after=current - late - sum(_ending_with(actions, context), ZERO),
        open_worst=max(worst, current) + _in_doubt(context),
        new_notional=new,
    )


def _open_orders(context: Context) -> Iterator[RestingOrder]:
    """Yield what rests: as listed, and what only a question about itself showed."""
    yield from context.snapshot.resting
    listed = {order.venue_order_id for order in context.snapshot.resting}
    for order in context.sight.resting.values():
        if order.venue_order_id not in listed:
            yield order


def _in_doubt(context: Context) -> Decimal:
    """Return by how much more may be open than is seen."""
    more = ZERO
    for client_order_id in context.sight.blocked:
        placement = context.state.placements[client_order_id]
        seen = context.sight.resting.get(client_order_id)
        shown = notional_of_order(seen, context) if seen is not None else ZERO
        most = most_open(placement, context.instrument(placement.terms.instrument))
        more += max(ZERO, most - shown)
    return more


def most_open(placement: Placement, instrument: Instrument | None) -> Decimal:
    """Return the most that may be open of a recorded order, in quote currency.

    One in flight may be as it was, or as it was sent.
    """
    leg, terms = placement.current_leg, placement.terms
    sent = order_value(instrument, price=terms.price, quantity=terms.quantity)
    if leg is None:
        return sent
    left = ZERO if leg.is_settled else max(ZERO, leg.quantity - leg.filled)
    rests = order_value(instrument, price=leg.price, quantity=left)
    return max(rests, sent) if placement.phase is PlacementPhase.SENT else rests


def _attached_now(action: Replace, context: Context) -> Iterator[Decimal]:
    """Yield the value of attached orders that end with the parent."""
    for child in action.children:
        for placement in context.by_holder.get((child.address, action.generation), ()):
            order = context.sight.resting.get(placement.client_order_id)
            if order is not None:
                yield notional_of_order(order, context)


def _ending_with(actions: Sequence[Action], context: Context) -> Iterator[Decimal]:
    """Yield the value of attached orders that end with a parent that is cancelled."""
    told = {a.before.venue_order_id for a in actions if isinstance(a, Cancel | Replace)}
    for action in actions:
        for order in ending_with(action.before, context) if isinstance(action, Cancel) else ():
            if order.venue_order_id not in told:
                yield notional_of_order(order, context)


def notional_of_order(order: RestingOrder, context: Context) -> Decimal:
    """Return the value of what still rests, in quote currency."""
    instrument = context.instrument(order.instrument)
    return order_value(instrument, price=order.price, quantity=order.remaining)


def notional_of_terms(terms: Terms, context: Context) -> Decimal:
    """Return the value of an order that would rest, in quote currency."""
    instrument = context.instrument(terms.instrument)
    return order_value(instrument, price=terms.price, quantity=terms.quantity)
