"""A cancel here and a place there, on one instrument and side, become one modify.

The modified order carries the target's next client order id; fills of the old order stay with its
old holder.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.numbers import ZERO
from reconciler.model.order import OrderAddress, Side
from reconciler.model.plan import Modify, Place, Reason
from reconciler.planner.attached import placements_of
from reconciler.planner.context import Context
from reconciler.planner.decide import can_result_from_modify, terms_after
from reconciler.planner.holders import Leftover
from reconciler.planner.pairing import pair_by_price
from reconciler.planner.wants import Want

__all__ = ["TakeOver", "pair_across_holders"]

Cohort = tuple[str, Side, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """The outcome of pairing.

    Attributes:
        modifies: each stands for one place and one leftover.
        leftovers: what is still to be cancelled.
        placed: addresses whose place became a modify.
    """

    modifies: tuple[Modify, ...]
    leftovers: tuple[Leftover, ...]
    placed: frozenset[OrderAddress]


def pair_across_holders(
    leftovers: Sequence[Leftover],
    places: Sequence[tuple[Place, Want]],
    context: Context,
    *,
    protected: AbstractSet[OrderAddress] = frozenset(),
) -> TakeOver:
    """Pair leftovers with places: most pairs, then least price distance, ties by address.

    An order becomes the next generation of its own holder before it becomes another's. Only what
    could become a modify takes part, so that nothing stands in the way of a possible pair.

    Args:
        protected: holders whose orders may not be cancelled, so not be taken either.
    """
    if not context.capabilities.can_modify:
        return TakeOver(modifies=(), leftovers=tuple(leftovers), placed=frozenset())
    free = defaultdict(list)
    for leftover in leftovers:
        if _is_free(leftover, context) and leftover.placement.holder not in protected:
            free[_cohort_of_order(leftover)].append(leftover)
    wanted = defaultdict(list)
    for place, want in places:
        if _is_modifiable_into(place, want, context):
            wanted[_cohort_of_place(place)].append((place, want))
    modifies: list[Modify] = []
    taken: set[str] = set()
    shared = sorted(free.keys() & wanted.keys())
    owners = frozenset(x.placement.holder for cohort in shared for x in free[cohort])
    for cohort in shared:
        for leftover, place, want in _fitting(free[cohort], wanted[cohort], owners):
            modifies.append(_modify(leftover, place, want, context))
            taken.add(leftover.placement.client_order_id)
    return TakeOver(
        modifies=tuple(modifies),
        leftovers=tuple(x for x in leftovers if x.placement.client_order_id not in taken),
        placed=frozenset(modify.address for modify in modifies),
    )


def _fitting(
    free: Sequence[Leftover],
    wanted: Sequence[tuple[Place, Want]],
    owners: AbstractSet[OrderAddress],
) -> Iterator[tuple[Leftover, Place, Want]]:
    """Yield the pairs of one cohort: a holder's own orders first, then those of other holders.

    A holder that has an order to give takes only its own: a refused modify would leave that one
    beside the order taken from another.

    Args:
        owners: holders with an order that may be taken, in any cohort.
    """
    own_free, own_wanted = defaultdict(list), defaultdict(list)
    for pair in wanted:
        own_wanted[pair[0].holder].append(pair)
    for leftover in free:
        own_free[leftover.placement.holder].append(leftover)
    used: set[str] = set()
    for owner in sorted(own_free.keys() & own_wanted.keys()):
        for found in _pairs(own_free[owner], own_wanted[owner]):
            used.add(found[0].placement.client_order_id)
            yield found
    others = [x for x in free if x.placement.client_order_id not in used]
    yield from _pairs(others, [pair for pair in wanted if pair[0].holder not in owners])


def _pairs(
    free: list[Leftover], wanted: list[tuple[Place, Want]]
) -> list[tuple[Leftover, Place, Want]]:
    free.sort(key=lambda x: (x.order.price, x.placement.address, x.placement.incarnation))
    wanted.sort(key=lambda x: (x[0].after.price, x[0].address))
    prices_free = [leftover.order.price for leftover in free]
    prices_wanted = [place.after.price for place, _ in wanted]
    return [(free[i], *wanted[j]) for i, j in pair_by_price(prices_free, prices_wanted)]


def _modify(leftover: Leftover, place: Place, want: Want, context: Context) -> Modify:
    return Modify(
        address=place.address,
        holder=place.holder,
        generation=place.generation,
        budget=place.budget,
        reason=Reason.TAKES_OVER,
        before=leftover.order,
        after=terms_after(want),
        origin=leftover.placement.address,
        origin_holder=leftover.placement.holder,
        origin_generation=leftover.placement.generation,
        overfill_bound=_bound(leftover.order.remaining, context),
        source=place.source,
    )


def _bound(remaining: Decimal, context: Context) -> Decimal:
    return remaining if context.capabilities.overfill_on_modify else ZERO


def _is_free(leftover: Leftover, context: Context) -> bool:
    placement = leftover.placement
    if leftover.order.trigger is not None or placement.terms.trigger is not None:
        return False
    # With its parent a group would go, and with it what protects a part that has filled.
    has_group = placements_of(placement.address, placement.generation, context)
    return not has_group and _may_be_touched(placement.address, context)


def _is_modifiable_into(place: Place, want: Want, context: Context) -> bool:
    return (
        want.holder.may_modify
        and not place.children
        and _may_be_touched(place.address, context)
        and can_result_from_modify(place.after, context)
    )


def _may_be_touched(address: OrderAddress, context: Context) -> bool:
    """Say whether a run may act on it: what it may not neither takes an order nor gives one."""
    return context.policy.selects(address) and context.policy.approves(address)


def _cohort_of_order(leftover: Leftover) -> Cohort:
    order = leftover.order
    return (order.instrument, order.side, order.reduce_only)


def _cohort_of_place(place: Place) -> Cohort:
    return (place.after.instrument, place.after.side, place.after.reduce_only)
