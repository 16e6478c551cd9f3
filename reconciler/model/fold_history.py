"""Folding of what the venue's history shows, where the record was lost or falls short of it."""

from dataclasses import replace

from reconciler.model.draft import Draft
from reconciler.model.event import HistoryRead, Named, SettledByPerson
from reconciler.model.fold_orders import fold_settled, joined
from reconciler.model.identity import holder_digest, unnamed_holder
from reconciler.model.numbers import ZERO
from reconciler.model.order import OrderAddress
from reconciler.model.state import HolderKey, slot_of

__all__ = ["fold_history", "fold_named", "fold_said"]


def fold_history(draft: Draft, event: HistoryRead) -> None:
    """Add what history shows; nothing that counts up ever goes down."""
    for record in event.records:
        key = (record.holder, record.generation)
        draft.records[key] = joined(record, draft.records.get(key))
    draft.last_incarnation = max(draft.last_incarnation, event.last_incarnation)
    draft.last_nonce = max(draft.last_nonce, event.last_nonce)
    for ending in event.endings:
        draft.endings[slot_of(ending)] = ending
    draft.synced_at_ms = max(draft.synced_at_ms, event.until_ms)
    kept = {x: draft.ended_fills[x] for x in event.unshown if x in draft.ended_fills}
    draft.ended_fills.clear()
    draft.ended_fills.update(kept)
    draft.unknown_before_ms = max(draft.unknown_before_ms, event.unknown_before_ms)
    for day, notional in event.new_notional_by_day.items():
        draft.new_notional_by_day[day] = draft.new_notional_by_day.get(day, ZERO) + notional


def fold_named(draft: Draft, event: Named) -> None:
    """Count fills of a holder that could not be named under its name."""
    _claim(draft, event.origin, (event.holder, event.generation))


def fold_said(draft: Draft, event: SettledByPerson, at_ms: int) -> None:
    """Take a person's word.

    Where history does not say what a holder filled, they speak of all it ever filled at this
    generation, and its live orders stay; otherwise of one order nobody can say more of.
    """
    key = (event.holder, event.generation)
    _claim(draft, unnamed_holder(holder_digest(*key)), key)
    record = draft.records.get(key)
    if record is None or not record.has_history_gap:
        fold_settled(draft, event, at_ms)
        return
    live = sum((p.filled for p in draft.placements.values() if p.key == key), ZERO)
    unseen = event.filled - record.filled - live
    filled_at = dict(record.filled_at)
    if unseen > ZERO:
        # At no price: of a ladder, the rungs farthest from its start are given up for it.
        filled_at[ZERO] = filled_at.get(ZERO, ZERO) + unseen
    draft.records[key] = replace(record, filled_at=filled_at, has_history_gap=False)


def _claim(draft: Draft, origin: OrderAddress, key: HolderKey) -> None:
    found = draft.records.pop((origin, 0), None)
    if found is not None:
        named = replace(found, holder=key[0], generation=key[1])
        draft.records[key] = joined(named, draft.records.get(key))
