"""What should rest now: the budget of a holder less everything that filled under it.

Fills are booked first; what is compared afterwards is the remainder that should rest against the
remainder that does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.numbers import ZERO, floor_to_step
from reconciler.model.order import DesiredOrder, FillPolicy, Holder
from reconciler.model.state import HolderKey, Placement, PlacementPhase
from reconciler.planner.context import Context

__all__ = ["Want", "doubtful_prices", "filled_at_price", "holder_key", "wants_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One order that is declared.

    Attributes:
        target: what should rest of it now; zero when it has done its work.
        filled: what has executed of it, by its own price for a rung, of the whole holder for an
        order.
    """

    holder: Holder
    order: DesiredOrder
    target: Decimal
    filled: Decimal


def holder_key(holder: Holder) -> HolderKey:
    """Return whose budget it is."""
    return (holder.address, holder.generation)


def wants_of(holder: Holder, context: Context) -> tuple[Want, ...]:
    """Return what should rest for each order of a holder, in the order they are declared."""
    if holder.ladder is not None:
        return _ladder_wants(holder, context)
    filled = context.filled.get(holder_key(holder), ZERO)
    target = _target(holder, context, filled)
    return (Want(holder=holder, order=holder.orders[0], target=target, filled=filled),)


def filled_at_price(holder: Holder, context: Context) -> dict[Decimal, Decimal]:
    """Return what has executed under a holder's generation by limit price."""
    key = holder_key(holder)
    record = context.state.records.get(key)
    filled_at: dict[Decimal, Decimal] = dict(record.filled_at) if record else {}
    for placement in context.by_holder.get(key, ()):
        for leg in placement.legs:
            if leg.filled:
                filled_at[leg.price] = filled_at.get(leg.price, ZERO) + leg.filled
    return filled_at


def _target(holder: Holder, context: Context, filled: Decimal) -> Decimal:
    if holder.on_fill is FillPolicy.DONE or holder.replenish is None:
        return max(ZERO, holder.quantity - filled)
    left_over_life = max(ZERO, holder.replenish.total_max - filled)
    return min(holder.quantity, left_over_life)


def _ladder_wants(holder: Holder, context: Context) -> tuple[Want, ...]:
    filled_at = filled_at_price(holder, context)
    targets = [
        max(ZERO, order.terms.quantity - filled_at.get(order.terms.price, ZERO))
        for order in holder.orders
    ]
    doubtful = doubtful_prices(holder, context)
    free = [i for i, order in enumerate(holder.orders) if order.terms.price not in doubtful]
    spent = sum(filled_at.values(), ZERO) + _reserved(holder, doubtful, context)
    excess = spent + sum((targets[i] for i in free), ZERO) - holder.quantity
    _cut_from_the_end(targets, free, excess, _lot(holder, context))
    return tuple(
        Want(
            holder=holder,
            order=order,
            target=target,
            filled=filled_at.get(order.terms.price, ZERO),
        )
        for order, target in zip(holder.orders, targets, strict=True)
    )


def doubtful_prices(holder: Holder, context: Context) -> dict[Decimal, Placement]:
    """Return the prices at which something of a ladder may rest that nothing can be said about.

    A modify of unknown fate concerns two: where the order rested, and where it was to go.
    """
    found: dict[Decimal, Placement] = {}
    for placement in context.by_holder.get(holder_key(holder), ()):
        if placement.client_order_id not in context.sight.blocked:
            continue
        found[placement.terms.price] = placement
        if placement.current_leg is not None:
            found[placement.current_leg.price] = placement
        order = context.sight.resting.get(placement.client_order_id)
        if order is not None:
            found[order.price] = placement
    return found


def _cut_from_the_end(
    targets: list[Decimal], free: Sequence[int], excess: Decimal, lot: Decimal | None
) -> None:
    """Take `excess` off the last free targets; what is left of one is a whole number of lots."""
    for index in reversed(free):
        if excess <= 0:
            return
        kept = max(ZERO, targets[index] - excess)
        excess -= targets[index] - kept
        targets[index] = floor_to_step(kept, lot) if lot is not None else kept


def _lot(holder: Holder, context: Context) -> Decimal | None:
    instrument = context.instrument(holder.instrument)
    return instrument.lot_size if instrument is not None else None


def _reserved(holder: Holder, doubtful: Mapping[Decimal, Placement], context: Context) -> Decimal:
    """Return the most that may rest, or fill, where nothing can be said or changed."""
    reserved = ZERO
    for placement in context.by_holder.get(holder_key(holder), ()):
        if placement.client_order_id in context.sight.blocked:
            reserved += _possible(placement)
            continue
        order = context.sight.resting[placement.client_order_id]
        if order.price in doubtful:
            reserved += order.remaining
    return reserved


def _possible(placement: Placement) -> Decimal:
    leg = placement.current_leg
    if leg is None:
        return placement.terms.quantity
    left = max(ZERO, leg.quantity - leg.filled)
    is_changing = placement.phase is PlacementPhase.SENT
    return max(left, placement.terms.quantity) if is_changing else left
