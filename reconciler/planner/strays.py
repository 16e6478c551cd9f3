"""What no spec claims: orphans, foreign twins, lost, renamed and forgotten addresses."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.event import Adopted, Event, Moved
from reconciler.model.identity import holder_digest, project_tag
from reconciler.model.numbers import ZERO
from reconciler.model.order import DesiredBook, Holder, OrderAddress, RestingOrder
from reconciler.model.plan import Action, Adopt, Cancel, Forget, Hold, Place, Reason
from reconciler.model.snapshot import Capabilities, VenueSnapshot
from reconciler.model.state import HolderKey, State
from reconciler.planner.context import Context

__all__ = [
    "Adoptions",
    "adoptions",
    "forgotten",
    "held_rename",
    "held_twin",
    "is_ours",
    "orphan_actions",
    "twin_key_of_order",
    "vanished_records",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoptions:
    """State-only changes that come before any comparison."""

    events: tuple[Event, ...]
    actions: tuple[Action, ...]


def is_ours(order: RestingOrder, state: State, capabilities: Capabilities) -> bool:
    """Say whether an order carries the tag of this project and lineage."""
    return _parts(order, state, capabilities) is not None


def adoptions(
    books: Sequence[DesiredBook],
    state: State,
    snapshot: VenueSnapshot,
    capabilities: Capabilities,
) -> Adoptions:
    """Rename what `moved` says, and bind orders of ours which the state lost."""
    events: list[Event] = []
    actions: list[Action] = []
    for book in books:
        for origin, destination in sorted(book.moved.items()):
            if _is_known(state, origin) and not _is_known(state, destination):
                events.append(Moved(origin=origin, destination=destination))
                actions.append(_moved_action(origin, destination))
    strays = [
        order
        for order in snapshot.resting
        if order.client_order_id is not None
        and order.client_order_id not in state.placements
        and is_ours(order, state, capabilities)
    ]
    if strays:
        for event, action in _adopt(books, strays, state, capabilities):
            events.append(event)
            actions.append(action)
    return Adoptions(events=tuple(events), actions=tuple(actions))


def orphan_actions(context: Context) -> list[Action]:
    """Hold orders of ours that neither state nor specs know; cancel them when allowed."""
    actions: list[Action] = []
    for order in context.sight.foreign:
        if not is_ours(order, context.state, context.capabilities):
            continue
        address = OrderAddress(f"orphan.{order.client_order_id}")
        if "orphans" in context.policy.allow:
            actions.append(Cancel(address=address, reason=Reason.ORPHAN_ALLOWED, before=order))
            continue
        actions.append(
            Hold(
                address=address,
                reason=Reason.ORPHAN,
                why="It carries this project's tag, but neither state nor specs know it.",
                lifted_by="Cancel it with `--allow orphans`.",
                before=order,
            )
        )
    return actions


def held_twin(
    place: Place, foreign: Mapping[tuple[object, ...], RestingOrder], context: Context
) -> Hold | None:
    """Hold a place that equals a resting foreign order."""
    twin = foreign.get(_twin_key_of_place(place))
    if twin is not None and "foreign-twin" not in context.policy.allow:
        return Hold(
            address=place.address,
            reason=Reason.FOREIGN_TWIN,
            why=f"An equal order that is not ours rests: venue order {twin.venue_order_id}.",
            lifted_by="Bring it under this address with `reconciler import`, "
            "or pass `--allow foreign-twin`.",
            before=twin,
            after=place.after,
            source=place.source,
        )
    return None


def _twin_key_of_place(place: Place) -> tuple[object, ...]:
    after = place.after
    return (after.instrument, after.side, after.price, after.quantity)


def twin_key_of_order(order: RestingOrder) -> tuple[object, ...]:
    """Return what makes two orders twins."""
    return (order.instrument, order.side, order.price, order.remaining)


def held_rename(
    place: Place, vanished: Mapping[tuple[object, ...], HolderKey], context: Context
) -> Hold | None:
    """Hold a place that equals a finished record whose address has vanished."""
    key = (place.after.instrument, place.after.side, place.after.price, place.budget)
    found = vanished.get(key)
    if found is None or "looks-renamed" in context.policy.allow:
        return None
    return Hold(
        address=place.address,
        reason=Reason.LOOKS_RENAMED,
        why=f"{found[0]} filled an equal order and is no longer in the specs.",
        lifted_by=f"Write `moved: [{{from: {found[0]}, to: {place.holder}}}]` or a new generation.",
        after=place.after,
        source=place.source,
    )


def vanished_records(
    desired: frozenset[OrderAddress], state: State
) -> dict[tuple[object, ...], HolderKey]:
    """Return records with fills of holders no longer declared, by what makes orders equal."""
    vanished: dict[tuple[object, ...], HolderKey] = {}
    for key, record in sorted(state.records.items()):
        if key[0] in desired or not record.filled_at:
            continue
        for price in record.filled_at:
            vanished[(record.instrument, record.side, price, record.quantity)] = key
    return vanished


def forgotten(desired: frozenset[OrderAddress], context: Context) -> list[Action]:
    """Return the addresses which left the specs and have no order any more."""
    bound = {placement.address for placement in context.state.placements.values()}
    return [
        Forget(address=address, reason=Reason.GONE)
        for address in context.state.endings
        if address not in desired and address not in bound
    ]


def _adopt(
    books: Sequence[DesiredBook],
    strays: Sequence[RestingOrder],
    state: State,
    capabilities: Capabilities,
) -> list[tuple[Adopted, Adopt]]:
    holders = {
        capabilities.id_layout.cut_digest(holder_digest(h.address, h.generation)): h
        for book in books
        for h in book.holders
    }
    taken = {placement.address for placement in state.placements.values()}
    by_holder: dict[OrderAddress, list[RestingOrder]] = defaultdict(list)
    wanted: dict[OrderAddress, Holder] = {}
    for order in strays:
        parts = _parts(order, state, capabilities)
        holder = holders.get(parts[1]) if parts is not None else None
        if holder is not None and (holder.instrument, holder.side) == (
            order.instrument,
            order.side,
        ):
            by_holder[holder.address].append(order)
            wanted[holder.address] = holder
    adopted = []
    for address in sorted(by_holder):
        holder = wanted[address]
        for order, target in _targets(holder, by_holder[address], taken):
            parts = _parts(order, state, capabilities)
            assert parts is not None, "strays are ours"
            adopted.append(_adoption(holder, target, order, parts[2]))
    return adopted


def _targets(
    holder: Holder, orders: Sequence[RestingOrder], taken: set[OrderAddress]
) -> list[tuple[RestingOrder, OrderAddress]]:
    """Say which order goes to which address: the only one, or rungs by price.

    Anything ambiguous stays an orphan.
    """
    if holder.ladder is None:
        address = holder.orders[0].address
        return [(orders[0], address)] if len(orders) == 1 and address not in taken else []
    by_price: dict[Decimal, list[RestingOrder]] = defaultdict(list)
    for order in orders:
        by_price[order.price].append(order)
    rungs = {rung.terms.price: rung.address for rung in holder.orders}
    return [
        (found[0], rungs[price])
        for price, found in sorted(by_price.items())
        if price in rungs and len(found) == 1 and rungs[price] not in taken
    ]


def _adoption(
    holder: Holder, address: OrderAddress, order: RestingOrder, incarnation: int
) -> tuple[Adopted, Adopt]:
    assert order.client_order_id is not None, "an order of ours has an id"
    budget = holder.replenish.total_max if holder.replenish is not None else holder.quantity
    event = Adopted(
        client_order_id=order.client_order_id,
        address=address,
        holder=holder.address,
        generation=holder.generation,
        incarnation=incarnation,
        order=order,
        budget=budget,
    )
    action = Adopt(
        address=address,
        holder=holder.address,
        generation=holder.generation,
        budget=budget,
        reason=Reason.STATE_LOST_IT,
        before=order,
        source=holder.source,
    )
    return event, action


def _moved_action(origin: OrderAddress, destination: OrderAddress) -> Adopt:
    return Adopt(
        address=destination,
        holder=destination,
        generation=0,
        budget=ZERO,
        reason=Reason.MOVED,
        before=None,
        origin=origin,
    )


def _is_known(state: State, holder: OrderAddress) -> bool:
    return any(key[0] == holder for key in state.records)


def _parts(
    order: RestingOrder, state: State, capabilities: Capabilities
) -> tuple[int, int, int] | None:
    if order.client_order_id is None:
        return None
    layout = capabilities.id_layout
    parts = layout.decode(order.client_order_id)
    if parts is None:
        return None
    tag = layout.cut_tag(project_tag(project=state.project, lineage=state.lineage))
    if parts.tag != tag:
        return None
    return parts.tag, parts.digest, parts.incarnation
