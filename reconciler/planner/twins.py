"""Places that look like an order that is there already, or was: foreign, nobody's, or renamed."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.identity import is_unnamed
from reconciler.model.order import OrderAddress, RestingOrder
from reconciler.model.plan import Hold, Place, Reason
from reconciler.model.state import HolderKey
from reconciler.planner.context import Context
from reconciler.planner.strays import is_ours

__all__ = ["Twins", "doubt_about", "twins_of"]

Key = tuple[object, ...]
"""What makes orders equal: instrument, side, price, quantity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """What a place may be the twin of, by what makes it one.

    Attributes:
        foreign: resting, and not ours.
        orphans: resting and ours, though nobody declares it.
        vanished: budgets no longer declared that filled anything.
    """

    foreign: Mapping[Key, RestingOrder]
    orphans: Mapping[Key, RestingOrder]
    vanished: Mapping[Key, HolderKey]


def twins_of(declared: frozenset[OrderAddress], context: Context) -> Twins:
    """Return everything a place must be compared with; the oldest of equal orders is named."""
    foreign: dict[Key, RestingOrder] = {}
    orphans: dict[Key, RestingOrder] = {}
    for order in sorted(context.sight.foreign, key=lambda o: o.venue_order_id, reverse=True):
        left = (order.instrument, order.side, order.price, order.remaining)
        if is_ours(order, context.state, context.capabilities):
            as_placed = (order.instrument, order.side, order.price, order.quantity)
            orphans |= {left: order, as_placed: order}
        else:
            foreign[left] = order
    return Twins(foreign=foreign, orphans=orphans, vanished=_vanished(declared, context))


def doubt_about(place: Place, twins: Twins, context: Context) -> Hold | None:
    """Return the hold of a place that may be an order that is there, or was; None for no doubt."""
    after, allow = place.after, context.policy.allow
    key = (after.instrument, after.side, after.price, after.quantity)
    foreign, orphan = twins.foreign.get(key), twins.orphans.get(key)
    if foreign is not None and "foreign-twin" not in allow:
        return _held(
            place,
            Reason.FOREIGN_TWIN,
            f"An equal order that is not ours rests: venue order {foreign.venue_order_id}.",
            "Bring it under this address with `reconciler import`, or pass `--allow foreign-twin`.",
            before=foreign,
        )
    if "looks-renamed" in allow:
        return None
    if orphan is not None:
        return _held(
            place,
            Reason.LOOKS_RENAMED,
            "An equal order of this project rests that no spec declares: venue order "
            f"{orphan.venue_order_id}.",
            "Write `moved:` from the name it had; or cancel it with `--allow orphans`; or pass "
            "`--allow looks-renamed`.",
            before=orphan,
        )
    found = twins.vanished.get((after.instrument, after.side, after.price, place.budget))
    if found is None or place.generation > found[1]:
        return None
    why = f"{found[0]} filled an equal order and is no longer in the specs."
    return _held(place, Reason.LOOKS_RENAMED, why, _rename_of(found[0], place.holder))


def _held(
    place: Place, reason: Reason, why: str, lifted_by: str, *, before: RestingOrder | None = None
) -> Hold:
    return Hold(
        address=place.address,
        reason=reason,
        why=why,
        lifted_by=lifted_by,
        before=before,
        after=place.after,
        source=place.source,
    )


def _rename_of(origin: OrderAddress, destination: OrderAddress) -> str:
    if is_unnamed(origin):
        return "Give it a new generation, or pass `--allow looks-renamed`."
    return f"Write `moved: [{{from: {origin}, to: {destination}}}]` or a new generation."


def _vanished(declared: frozenset[OrderAddress], context: Context) -> dict[Key, HolderKey]:
    vanished: dict[Key, HolderKey] = {}
    for key, record in sorted(context.state.records.items()):
        if key[0] in declared or not context.filled.get(key):
            continue
        legs = [leg for placement in context.by_holder.get(key, ()) for leg in placement.legs]
        for price in {*record.filled_at, *(leg.price for leg in legs if leg.filled)}:
            twin = (record.instrument, record.side, price, record.quantity)
            vanished[twin] = max(key, vanished.get(twin, key), key=lambda k: k[1])
    return vanished
