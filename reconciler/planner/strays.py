"""What no spec claims: orphans, lost, renamed and forgotten addresses."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.capabilities import Capabilities
from reconciler.model.event import Adopted, Moved, Named
from reconciler.model.identity import IdLayout, holder_digest, is_unnamed, project_tag
from reconciler.model.numbers import ZERO
from reconciler.model.order import DesiredBook, Holder, OrderAddress, RestingOrder, parent_of
from reconciler.model.plan import (
    Action,
    Adopt,
    Cancel,
    Forget,
    Hold,
    Modify,
    Reason,
    Replace,
)
from reconciler.model.snapshot import VenueSnapshot
from reconciler.model.state import EndReason, State, rung_slot, slot_of
from reconciler.planner.attached import alone, standing_holders
from reconciler.planner.context import Context
from reconciler.planner.owners import Owners, earlier_names

__all__ = [
    "Adoptions",
    "adoptions",
    "declared_slots",
    "forgotten",
    "is_ours",
    "orphan_actions",
    "swept_slots",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoptions:
    """State-only changes that come before any comparison."""

    events: tuple[Adopted | Moved | Named, ...]
    actions: tuple[Adopt, ...]


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
    events: list[Adopted | Moved | Named] = [*_named(books, state, capabilities.id_layout)]
    actions: list[Adopt] = []
    for origin, destination in _renames(books, state):
        events.append(Moved(origin=origin, destination=destination))
        actions.append(_moved_action(origin, destination))
    strays = [
        order
        for order in snapshot.resting
        if order.client_order_id is not None
        and order.client_order_id not in state.placements
        # A list that is behind shows what has ended; bound again it would be counted twice.
        and order.venue_order_id not in state.lately_ended
        and is_ours(order, state, capabilities)
    ]
    if strays:
        for event, action in _adopt(books, strays, state, capabilities):
            events.append(event)
            actions.append(action)
    return Adoptions(events=tuple(events), actions=tuple(actions))


def _named(books: Sequence[DesiredBook], state: State, layout: IdLayout) -> list[Named]:
    """Give fills that were found without a name to the holder that is declared by now."""
    unnamed = sorted(holder for holder, _ in state.records if is_unnamed(holder))
    if not unnamed:
        return []
    owners = Owners(books, layout)
    return [
        Named(origin=origin, holder=owner.address, generation=owner.generation)
        for origin in unnamed
        if (owner := owners.of(int(origin[1:], 16))) is not None
    ]


def _renames(books: Sequence[DesiredBook], state: State) -> list[tuple[OrderAddress, OrderAddress]]:
    """Return the renames to make, in an order in which each finds its destination free.

    An address that is still declared, or a destination with a record of its own, is not touched; in
    a chain the address in the middle is both left and taken.
    """
    declared = {holder.address for book in books for holder in book.holders}
    known = {key[0] for key in state.records}
    waiting = sorted(pair for book in books for pair in book.moved.items())
    renames: list[tuple[OrderAddress, OrderAddress]] = []
    while True:
        ready = [
            (origin, destination)
            for origin, destination in waiting
            if origin in known and destination not in known
            if origin not in declared or any(o in known and d == origin for o, d in waiting)
        ]
        if not ready:
            return renames
        origin, destination = ready[0]
        renames.append((origin, destination))
        known = (known - {origin}) | {destination}
        waiting.remove((origin, destination))


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


def declared_slots(holders: Iterable[Holder]) -> frozenset[OrderAddress]:
    """Return what the ends of all orders, rungs and attached orders of holders are kept under."""
    slots: set[OrderAddress] = set()
    for holder in holders:
        for order in holder.orders:
            is_rung = holder.ladder is not None
            slots.add(rung_slot(holder.address, order.terms.price) if is_rung else order.address)
            slots.update(child.address for child in order.children)
    return frozenset(slots)


def forgotten(desired: AbstractSet[OrderAddress], context: Context) -> list[Action]:
    """Return what left the specs and has no order any more.

    What we cancelled ourselves is no news: a plan right after an apply has nothing to say.

    Args:
        desired: slots of everything declared.
    """
    bound = {slot_of(placement) for placement in context.state.placements.values()}
    return [
        Forget(address=slot, reason=Reason.GONE)
        for slot, ending in sorted(context.state.endings.items())
        if slot not in desired and slot not in bound and ending.reason is not EndReason.OWN_CANCEL
        # While a parent rests, what became of its stop may have to be known.
        if parent_of(slot) not in bound
    ]


def swept_slots(
    actions: Sequence[Action], books: Sequence[DesiredBook], state: State
) -> tuple[OrderAddress, ...]:
    """Return where the ends of orders are kept that a run took away and no spec declares."""
    touched = {slot for action in actions for slot in _slots_touched(action)}
    cancelled = {action.address for action in actions if isinstance(action, Cancel)}
    # What is attached ends with its parent, and is not cancelled by itself.
    touched |= {slot for slot in state.endings if parent_of(slot) in cancelled}
    bound = {slot_of(placement) for placement in state.placements.values()}
    declared = declared_slots(holder for book in books for holder in book.holders)
    declared |= {order.address for book in books for order in book.position_protection}
    # While a parent rests, what became of its stop may have to be known.
    placed = {placement.address for placement in state.placements.values()}
    gone = touched & state.endings.keys() - declared - bound
    return tuple(sorted(slot for slot in gone if parent_of(slot) not in placed))


def _slots_touched(action: Action) -> Iterator[OrderAddress]:
    """Yield what the end of an order that an action takes away may be kept under."""
    yield action.address
    if not isinstance(action, Cancel | Modify | Replace):
        return
    name = action.origin if isinstance(action, Modify) else action.address
    yield name
    if name.endswith("]"):
        yield rung_slot(OrderAddress(name[: name.rindex("[")]), action.before.price)


def _adopt(
    books: Sequence[DesiredBook],
    strays: Sequence[RestingOrder],
    state: State,
    capabilities: Capabilities,
) -> list[tuple[Adopted, Adopt]]:
    holders: dict[int, list[Holder]] = defaultdict(list)
    for book in books:
        for holder in (*_with_attached(book.holders), *standing_holders([book]).values()):
            for name in (holder.address, *earlier_names(holder.address, book.moved)):
                digest = holder_digest(name, holder.generation)
                holders[capabilities.id_layout.cut_digest(digest)].append(holder)
    taken = {slot_of(placement) for placement in state.placements.values()}
    by_holder: dict[OrderAddress, list[RestingOrder]] = defaultdict(list)
    wanted: dict[OrderAddress, Holder] = {}
    for order in strays:
        parts = _parts(order, state, capabilities)
        assert parts is not None, "strays are ours"
        fitting = [
            holder
            for holder in holders.get(parts[1], ())
            if (holder.instrument, holder.side) == (order.instrument, order.side)
        ]
        # A short digest may be that of several holders: then nobody can say whose it is.
        if len(fitting) == 1:
            by_holder[fitting[0].address].append(order)
            wanted[fitting[0].address] = fitting[0]
    adopted = []
    for address in sorted(by_holder):
        holder = wanted[address]
        for order, target in _targets(holder, by_holder[address], taken):
            parts = _parts(order, state, capabilities)
            assert parts is not None, "strays are ours"
            adopted.append(_adoption(holder, target, order, parts[2]))
    return adopted


def _with_attached(holders: Sequence[Holder]) -> Iterator[Holder]:
    """Yield holders, and what is attached to their orders as holders of their own."""
    for holder in holders:
        yield holder
        for order in holder.orders:
            for child in order.children:
                yield alone(holder, child, child.terms.quantity)


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
        if price in rungs and len(found) == 1 and rung_slot(holder.address, price) not in taken
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
