"""Folding of what was seen: fills that only grow, ends, adoptions, renames."""

from dataclasses import replace

from reconciler.model.draft import Draft
from reconciler.model.event import Adopted, Moved, Observation, Observed, SettledByPerson
from reconciler.model.numbers import ZERO
from reconciler.model.order import OrderAddress, Terms
from reconciler.model.state import (
    EndReason,
    IntentItem,
    ItemStatus,
    Leg,
    Placement,
    PlacementPhase,
)

__all__ = ["fold_adopted", "fold_moved", "fold_observed", "fold_settled", "merge_legs"]


def merge_legs(known: tuple[Leg, ...], seen: tuple[Leg, ...]) -> tuple[Leg, ...]:
    """Join evidence: per venue order the largest fill ever seen; order of discovery is kept."""
    merged = {leg.venue_order_id: leg for leg in known}
    for leg in seen:
        before = merged.get(leg.venue_order_id)
        if before is None:
            merged[leg.venue_order_id] = leg
            continue
        merged[leg.venue_order_id] = replace(
            before,
            filled=max(before.filled, leg.filled),
            is_settled=before.is_settled or leg.is_settled,
        )
    return tuple(merged.values())


def fold_observed(draft: Draft, event: Observed) -> None:
    """Take what a look showed of placements; unknown placements are left alone."""
    for observation in event.observations:
        placement = draft.placements.get(observation.client_order_id)
        if placement is not None:
            _fold_observation(draft, placement, observation)


def fold_adopted(draft: Draft, event: Adopted, at_ms: int) -> None:
    """Bind an order at the venue to an address."""
    order = event.order
    terms = Terms(
        instrument=order.instrument,
        side=order.side,
        price=order.price,
        quantity=order.quantity,
        reduce_only=order.reduce_only,
        trigger=order.trigger,
    )
    leg = Leg(
        venue_order_id=order.venue_order_id,
        price=order.price,
        quantity=order.quantity,
        filled=order.filled,
    )
    key = (event.holder, event.generation)
    draft.ensure_record(key, instrument=order.instrument, side=order.side, budget=event.budget)
    draft.last_incarnation = max(draft.last_incarnation, event.incarnation)
    draft.endings.pop(event.address, None)
    draft.placements[event.client_order_id] = Placement(
        client_order_id=event.client_order_id,
        address=event.address,
        holder=event.holder,
        generation=event.generation,
        incarnation=event.incarnation,
        terms=terms,
        phase=PlacementPhase.LIVE,
        legs=(leg,),
        sent_at_ms=order.placed_at_ms or at_ms,
    )


def fold_settled(draft: Draft, event: SettledByPerson) -> None:
    """Take a person's word for what an address filled, and free the address."""
    key = (event.holder, event.generation)
    for placement in list(draft.placements.values()):
        if placement.address == event.address:
            draft.placements.pop(placement.client_order_id)
            draft.ensure_record(
                key,
                instrument=placement.terms.instrument,
                side=placement.terms.side,
                budget=ZERO,
            )
    record = draft.records.get(key)
    if record is not None and event.filled:
        filled_at = {**record.filled_at, ZERO: record.filled_at.get(ZERO, ZERO) + event.filled}
        draft.records[key] = replace(record, filled_at=filled_at)
    for nonce, intent in list(draft.intents.items()):
        items = tuple(_freed(item, event.address) for item in intent.items)
        if all(i.status in (ItemStatus.ACCEPTED, ItemStatus.REJECTED) for i in items):
            draft.intents.pop(nonce)
        else:
            draft.intents[nonce] = replace(intent, items=items)


def fold_moved(draft: Draft, event: Moved) -> None:
    """Rename an address, and all that is recorded under it; the venue is not touched."""
    origin, destination = event.origin, event.destination
    for key, record in list(draft.records.items()):
        if key[0] == origin:
            draft.records.pop(key)
            draft.records[(destination, key[1])] = replace(record, holder=destination)
    for placement in list(draft.placements.values()):
        if placement.holder == origin or _is_below(placement.address, origin):
            draft.placements[placement.client_order_id] = replace(
                placement,
                holder=destination if placement.holder == origin else placement.holder,
                address=_renamed(placement.address, origin, destination),
            )
    for address, ending in list(draft.endings.items()):
        if ending.holder == origin or _is_below(address, origin):
            draft.endings.pop(address)
            new = _renamed(address, origin, destination)
            holder = destination if ending.holder == origin else ending.holder
            draft.endings[new] = replace(ending, address=new, holder=holder)
    for address, refusal in list(draft.refusals.items()):
        if _is_below(address, origin):
            draft.refusals.pop(address)
            new = _renamed(address, origin, destination)
            draft.refusals[new] = replace(refusal, address=new)


def _fold_observation(draft: Draft, placement: Placement, observation: Observation) -> None:
    legs = merge_legs(placement.legs, observation.legs)
    phase = PlacementPhase.LIVE if legs else placement.phase
    updated = replace(placement, legs=legs, phase=phase)
    draft.placements[placement.client_order_id] = updated
    draft.synced_at_ms = max(draft.synced_at_ms, observation.at_ms)
    if observation.ending is not None:
        draft.end_placement(
            updated, observation.ending, word=observation.word, at_ms=observation.at_ms
        )
        if observation.ending is EndReason.REJECTED:
            return
    if legs != placement.legs and updated.filled > placement.filled:
        _touch_fill_time(draft, updated, observation.at_ms)


def _touch_fill_time(draft: Draft, placement: Placement, at_ms: int) -> None:
    record = draft.records.get(placement.key)
    if record is not None and at_ms > record.last_fill_at_ms:
        draft.records[placement.key] = replace(record, last_fill_at_ms=at_ms)


def _freed(item: IntentItem, address: OrderAddress) -> IntentItem:
    return replace(item, status=ItemStatus.ACCEPTED) if item.address == address else item


def _is_below(address: OrderAddress, origin: OrderAddress) -> bool:
    return address == origin or address.startswith((f"{origin}[", f"{origin}."))


def _renamed(
    address: OrderAddress, origin: OrderAddress, destination: OrderAddress
) -> OrderAddress:
    if not _is_below(address, origin):
        return address
    return OrderAddress(destination + address[len(origin) :])
