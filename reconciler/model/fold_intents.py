"""Folding of requests: what an intent claims, what its outcomes and its resolution make of it."""

from dataclasses import replace
from typing import assert_never

from reconciler.model.draft import Draft
from reconciler.model.event import OutcomesWritten, Resolved
from reconciler.model.numbers import ZERO
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason, Unknown
from reconciler.model.state import (
    EndReason,
    Intent,
    IntentItem,
    IntentOperation,
    ItemStatus,
    Leg,
    Placement,
    PlacementPhase,
    slot_of,
)

__all__ = ["fold_intent", "fold_outcomes", "fold_resolved"]

_UNSETTLED = (ItemStatus.OPEN, ItemStatus.UNKNOWN, ItemStatus.BLOCKED)
_NOT_COUNTED = frozenset(
    {
        RejectReason.AUTHORITY,
        RejectReason.EXPIRED,
        RejectReason.NOT_NOW,
        RejectReason.NOT_SENT,
        RejectReason.ORDER_GONE,
        RejectReason.PAUSED,
    }
)
# The venue did not look at the order itself: it is as if it had never been sent.
_NOT_JUDGED = frozenset(
    {
        RejectReason.AUTHORITY,
        RejectReason.EXPIRED,
        RejectReason.NOT_NOW,
        RejectReason.NOT_SENT,
        RejectReason.PAUSED,
    }
)


def fold_intent(draft: Draft, intent: Intent, at_ms: int, day: str) -> None:
    """Record what is about to be sent, as if it may already be at the venue."""
    draft.intents[intent.nonce] = intent
    draft.last_nonce = max(draft.last_nonce, intent.nonce)
    if intent.notional_new:
        spent = draft.new_notional_by_day.get(day, ZERO)
        draft.new_notional_by_day[day] = spent + intent.notional_new
    for item in intent.items:
        draft.last_incarnation = max(draft.last_incarnation, item.incarnation)
        _claim(draft, item, intent.nonce)


def fold_outcomes(draft: Draft, event: OutcomesWritten, at_ms: int) -> None:
    """Record what the venue answered; an unknown leaves its item unsettled."""
    intent = draft.intents.get(event.nonce)
    if intent is None or len(intent.items) != len(event.outcomes):
        raise ValueError(f"outcomes do not fit intent {event.nonce}")
    if any(isinstance(outcome, Accepted) for outcome in event.outcomes):
        draft.signer = intent.signer
    items = tuple(
        _answered(draft, item, outcome, at_ms)
        for item, outcome in zip(intent.items, event.outcomes, strict=True)
    )
    _keep_unsettled(draft, replace(intent, items=items))


def fold_resolved(draft: Draft, event: Resolved, at_ms: int) -> None:
    """Close one item of an intent that had no answer."""
    intent = draft.intents.get(event.nonce)
    if intent is None or not 0 <= event.index < len(intent.items):
        raise ValueError(f"resolution does not fit intent {event.nonce}")
    item = intent.items[event.index]
    status = _RESOLVED_STATUS[event.verdict]
    if event.verdict == "found":
        draft.signer = intent.signer
        _accept(draft, item, Accepted(venue_order_id=event.venue_order_id))
    elif event.verdict == "never-placed":
        _undo_claim(draft, item, at_ms)
    items = list(intent.items)
    items[event.index] = replace(item, status=status)
    if event.verdict == "found" and item.operation is IntentOperation.PLACE:
        # What hangs on it is asked for by this, also when its placement is long settled.
        items[event.index] = replace(item, status=status, target=event.venue_order_id)
    _keep_unsettled(draft, replace(intent, items=tuple(items)))


_RESOLVED_STATUS = {
    "found": ItemStatus.ACCEPTED,
    "done": ItemStatus.ACCEPTED,
    "never-placed": ItemStatus.REJECTED,
    "blocked": ItemStatus.BLOCKED,
}


def _keep_unsettled(draft: Draft, intent: Intent) -> None:
    if any(item.status in _UNSETTLED for item in intent.items):
        draft.intents[intent.nonce] = intent
    else:
        draft.intents.pop(intent.nonce, None)


def _claim(draft: Draft, item: IntentItem, nonce: int) -> None:
    if item.operation is IntentOperation.CANCEL:
        _mark_cancelled(draft, item)
        return
    assert item.terms is not None, "what is placed has terms"
    draft.ensure_record(
        (item.holder, item.generation),
        instrument=item.terms.instrument,
        side=item.terms.side,
        budget=item.budget,
    )
    if item.operation is IntentOperation.MODIFY and item.source_client_order_id is not None:
        source = draft.placements.get(item.source_client_order_id)
        if source is not None:
            draft.put_placement(replace(source, is_cancel_requested=True))
    current = draft.placements.get(item.client_order_id)
    if current is not None:
        placement = replace(
            current, address=item.address, terms=item.terms, phase=PlacementPhase.SENT
        )
    else:
        placement = Placement(
            client_order_id=item.client_order_id,
            address=item.address,
            holder=item.holder,
            generation=item.generation,
            incarnation=item.incarnation,
            terms=item.terms,
            phase=PlacementPhase.SENT,
            sent_at_ms=nonce,
        )
    draft.endings.pop(slot_of(placement), None)
    draft.put_placement(placement)


def _mark_cancelled(draft: Draft, item: IntentItem) -> None:
    placement = draft.placements.get(item.client_order_id)
    if placement is None:
        return
    draft.put_placement(replace(placement, is_cancel_requested=True))
    for child in draft.attached_to(placement):
        draft.put_placement(replace(child, is_cancel_requested=True))


def _answered(draft: Draft, item: IntentItem, outcome: Outcome, at_ms: int) -> IntentItem:
    match outcome:
        case Accepted():
            _accept(draft, item, outcome)
            if item.operation is not IntentOperation.CANCEL:
                _end_refusals(draft, item)
            return replace(item, status=ItemStatus.ACCEPTED)
        case Rejected():
            _reject(draft, item, outcome, at_ms)
            return replace(item, status=ItemStatus.REJECTED)
        case Unknown():
            return replace(item, status=ItemStatus.UNKNOWN)
        case _:
            assert_never(outcome)


def _accept(draft: Draft, item: IntentItem, outcome: Accepted) -> None:
    placement = draft.placements.get(item.client_order_id)
    if placement is None or item.operation is IntentOperation.CANCEL:
        return
    assert item.terms is not None, "what is placed has terms"
    legs = placement.legs
    known = {leg.venue_order_id for leg in legs}
    if outcome.venue_order_id is not None and outcome.venue_order_id not in known:
        new = Leg(
            venue_order_id=outcome.venue_order_id,
            price=item.terms.price,
            quantity=item.terms.quantity,
            filled=min(outcome.filled, item.terms.quantity),
        )
        legs = (*legs, new)
    draft.put_placement(replace(placement, phase=PlacementPhase.LIVE, legs=legs))


def _end_refusals(draft: Draft, item: IntentItem) -> None:
    """Forget refusals of what was taken; the order remembers them, should it be refused late."""
    refusal = draft.refusals.pop(item.address, None)
    placement = draft.placements.get(item.client_order_id)
    if refusal is None or placement is None:
        return
    if (refusal.generation, refusal.terms) == (item.generation, item.terms):
        draft.put_placement(replace(placement, refused_before=refusal.count))


def _reject(draft: Draft, item: IntentItem, outcome: Rejected, at_ms: int) -> None:
    if item.operation is IntentOperation.CANCEL:
        _unmark_cancelled(draft, item, outcome)
        return
    if outcome.reason not in _NOT_COUNTED:
        draft.count_refusal(
            item,
            reason=outcome.reason,
            text=outcome.text,
            is_transient=outcome.reason.is_transient,
        )
    placement = draft.placements.get(item.client_order_id)
    if placement is None:
        return
    is_lost = outcome.reason is RejectReason.MODIFY_LOST_ORDER
    if item.operation is IntentOperation.MODIFY and item.source_client_order_id is None:
        # Whether the old order still rests is for the next look to say.
        kept = placement if is_lost else _as_it_rested(placement)
        draft.put_placement(
            replace(
                kept,
                phase=PlacementPhase.LIVE,
                is_cancel_requested=placement.is_cancel_requested or is_lost,
            )
        )
        return
    is_judged = outcome.reason not in _NOT_JUDGED
    reason = EndReason.REJECTED if is_judged else EndReason.NEVER_PLACED
    draft.end_placement(placement, reason, word=outcome.text, at_ms=at_ms)
    if not is_lost:
        _release_source(draft, item)


def _as_it_rested(placement: Placement) -> Placement:
    """Return a placement whose modify did not happen: its terms are those of its newest order."""
    leg = placement.current_leg
    if leg is None:
        return placement
    return replace(
        placement, terms=replace(placement.terms, price=leg.price, quantity=leg.quantity)
    )


def _release_source(draft: Draft, item: IntentItem) -> None:
    source_id = item.source_client_order_id
    source = draft.placements.get(source_id) if source_id is not None else None
    if source is not None:
        draft.put_placement(replace(source, is_cancel_requested=False))


def _unmark_cancelled(draft: Draft, item: IntentItem, outcome: Rejected) -> None:
    # "Gone" may be the work of an earlier cancel of ours whose answer was lost: the mark stays.
    placement = draft.placements.get(item.client_order_id)
    if placement is None or outcome.reason is RejectReason.ORDER_GONE:
        return
    for each in (placement, *draft.attached_to(placement)):
        draft.put_placement(replace(each, is_cancel_requested=False))


def _undo_claim(draft: Draft, item: IntentItem, at_ms: int) -> None:
    placement = draft.placements.get(item.client_order_id)
    if placement is None:
        return
    if item.operation is IntentOperation.CANCEL:
        draft.put_placement(replace(placement, is_cancel_requested=False))
    elif item.operation is IntentOperation.MODIFY and item.source_client_order_id is None:
        draft.put_placement(replace(_as_it_rested(placement), phase=PlacementPhase.LIVE))
    else:
        draft.end_placement(placement, EndReason.NEVER_PLACED, word="", at_ms=at_ms)
        _release_source(draft, item)
