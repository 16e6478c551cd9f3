"""Folding of what was seen: fills that only grow, ends, adoptions."""

from dataclasses import replace

from reconciler.model.draft import Draft
from reconciler.model.event import (
    Adopted,
    Observation,
    Observed,
    PanicCancelled,
    SettledByPerson,
)
from reconciler.model.numbers import ZERO
from reconciler.model.order import ClientOrderId, OrderAddress, Terms, TimeInForce
from reconciler.model.state import (
    EndReason,
    HolderRecord,
    IntentItem,
    ItemStatus,
    Leg,
    Placement,
    PlacementPhase,
    slot_of,
)

__all__ = [
    "fold_adopted",
    "fold_observed",
    "fold_panic_cancelled",
    "fold_settled",
    "joined",
    "merge_legs",
]

_UNSETTLED = (ItemStatus.OPEN, ItemStatus.UNKNOWN, ItemStatus.BLOCKED)


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
    placement = Placement(
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
    draft.endings.pop(slot_of(placement), None)
    draft.put_placement(placement)


def fold_panic_cancelled(draft: Draft, event: PanicCancelled) -> None:
    """Remember whose cancels they were; how the orders ended is for the next look to say."""
    for client_order_id in event.client_order_ids:
        placement = draft.placements.get(client_order_id)
        if placement is not None:
            draft.put_placement(replace(placement, is_cancel_requested=True))


def fold_settled(draft: Draft, event: SettledByPerson, at_ms: int) -> None:
    """Take a person's word for what an address filled, and free the address.

    Fills that were seen count even when the person says less: evidence only grows.
    """
    key = (event.holder, event.generation)
    price, seen = ZERO, ZERO
    gone: set[ClientOrderId] = set()
    for placement in _doubtful(draft, event.address):
        gone.add(placement.client_order_id)
        draft.drop_placement(placement)
        draft.ensure_record(
            key, instrument=placement.terms.instrument, side=placement.terms.side, budget=ZERO
        )
        draft.book_fills(placement, at_ms)
        price, seen = placement.terms.price, seen + placement.filled
    record = draft.records.get(key)
    unseen = event.filled - seen
    if record is not None and unseen > ZERO:
        filled_at = {**record.filled_at, price: record.filled_at.get(price, ZERO) + unseen}
        last_ms = max(record.last_fill_at_ms, at_ms)
        draft.records[key] = replace(record, filled_at=filled_at, last_fill_at_ms=last_ms)
    for nonce, intent in list(draft.intents.items()):
        items = tuple(_freed(item, event.address, gone) for item in intent.items)
        if all(i.status in (ItemStatus.ACCEPTED, ItemStatus.REJECTED) for i in items):
            draft.intents.pop(nonce)
        else:
            draft.intents[nonce] = replace(intent, items=items)


def joined(record: HolderRecord, other: HolderRecord | None) -> HolderRecord:
    """Add two records of one budget: what either filled is filled."""
    if other is None:
        return record
    prices = sorted({*record.filled_at, *other.filled_at})
    return replace(
        other,
        quantity=max(record.quantity, other.quantity),
        filled_at={
            price: record.filled_at.get(price, ZERO) + other.filled_at.get(price, ZERO)
            for price in prices
        },
        last_fill_at_ms=max(record.last_fill_at_ms, other.last_fill_at_ms),
        has_history_gap=record.has_history_gap or other.has_history_gap,
    )


def _doubtful(draft: Draft, address: OrderAddress) -> list[Placement]:
    """Return the placements of an address that a person may speak of.

    Those of a request without outcome when there are any: another rung may carry the same label.
    """
    found = [p for p in draft.placements.values() if p.address == address]
    open_ids = {
        item.client_order_id
        for intent in draft.intents.values()
        for item in intent.items
        if item.address == address and item.status in _UNSETTLED
    }
    return [p for p in found if p.client_order_id in open_ids] or found


def _fold_observation(draft: Draft, placement: Placement, observation: Observation) -> None:
    legs = merge_legs(placement.legs, observation.legs)
    phase = PlacementPhase.LIVE if legs else placement.phase
    updated = replace(placement, legs=legs, phase=phase)
    draft.put_placement(updated)
    if observation.ending is not None:
        draft.end_placement(
            updated, observation.ending, word=observation.word, at_ms=observation.at_ms
        )
        if observation.ending is EndReason.REJECTED:
            _count_late_refusal(draft, updated, observation.word)
            return
    if legs != placement.legs and updated.filled > placement.filled:
        _touch_fill_time(draft, updated, observation.at_ms)


def _count_late_refusal(draft: Draft, placement: Placement, word: str) -> None:
    """Count a refusal that only a lookup showed; an unmatched one-shot is done, not refused."""
    if placement.terms.time_in_force is not TimeInForce.IOC:
        draft.count_refusal(
            placement,
            reason="rejected",
            text=word,
            is_transient=True,
            earlier=placement.refused_before,
        )


def _touch_fill_time(draft: Draft, placement: Placement, at_ms: int) -> None:
    record = draft.records.get(placement.key)
    if record is not None and at_ms > record.last_fill_at_ms:
        draft.records[placement.key] = replace(record, last_fill_at_ms=at_ms)


def _freed(item: IntentItem, address: OrderAddress, gone: set[ClientOrderId]) -> IntentItem:
    # A rung may have had another label when the request about it was sent.
    is_of_it = item.address == address or item.client_order_id in gone
    return replace(item, status=ItemStatus.ACCEPTED) if is_of_it else item
