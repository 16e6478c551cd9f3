"""One desired order, what is recorded of it and what rests of it: one action with a reason.

The decision table of ARCHITECTURE.md; each row has a golden case.
"""

from dataclasses import replace
from decimal import Decimal

from reconciler.model.numbers import ZERO
from reconciler.model.order import (
    FillPolicy,
    GoneByUser,
    GoneByVenue,
    RestingOrder,
    Terms,
    TimeInForce,
)
from reconciler.model.outcome import RejectReason
from reconciler.model.plan import Action, Cancel, Hold, Keep, Modify, Place, Reason, Replace
from reconciler.model.state import Ending, EndReason, Placement, Refusal, rung_slot
from reconciler.planner.context import Context
from reconciler.planner.diff import differing_fields, has_fired
from reconciler.planner.wants import Want, holder_key

__all__ = [
    "ENTRY_REFUSALS_MAX",
    "LIFTED_BY_LOOKING",
    "can_be_modified",
    "can_result_from_modify",
    "change",
    "decide_blocked",
    "decide_live",
    "decide_missing",
    "ending_of",
    "held_by_ending",
    "held_by_refusal",
    "is_dust",
    "terms_after",
]

ENTRY_REFUSALS_MAX = 3
LIFTED_BY_LOOKING = "The next run asks the venue again; `reconciler resolve` settles it by hand."

_CHANGE_REASONS: dict[tuple[str, ...], Reason] = {
    ("price",): Reason.PRICE_CHANGED,
    ("quantity",): Reason.QUANTITY_CHANGED,
}


def decide_live(want: Want, placement: Placement, order: RestingOrder, context: Context) -> Action:
    """Decide about an order of this holder that rests."""
    terms = want.order.terms
    if terms.trigger is not None and has_fired(placement.terms, order):
        return _keep(want, Reason.TRIGGER_FIRED, order)
    if want.target == ZERO:
        return _spent(want, placement, order)
    if not _is_to_be_resized(want, order, context):
        want = replace(want, target=order.remaining)
    fields = differing_fields(terms, want.target, order)
    if not fields:
        return _keep(want, Reason.PARTLY_FILLED if order.filled else Reason.MATCHES, order)
    if is_dust(want, context):
        is_alike = order.remaining <= want.target or _is_below_minimum(terms, order, context)
        return _keep(want, Reason.DUST, order) if is_alike else _spent(want, placement, order)
    if want.order.children and order.filled:
        return _hold(
            want,
            Reason.GROUP_HAS_FILLS,
            "It has fills and attached orders; such a group is never modified or replaced.",
            "It is changed once the group has completed.",
            before=order,
        )
    held = held_by_refusal(want, context.state.refusals.get(want.order.address), before=order)
    if held is not None:
        return held
    reason = _CHANGE_REASONS.get(fields, Reason.TERMS_CHANGED)
    if _was_voided(want, context):
        reason = Reason.VOIDED_BEFORE
    return change(want, order=order, origin=placement, reason=reason, context=context)


def decide_missing(want: Want, context: Context) -> Action:
    """Decide about a desired order of which nothing rests and nothing is in flight."""
    address = want.order.address
    ending = ending_of(want, context)
    refusal = context.state.refusals.get(address)
    if want.target == ZERO:
        return _keep(want, Reason.FILLED if want.filled else Reason.BUDGET_SPENT, None)
    if ending is not None and _is_finished(want, ending, refusal):
        return _keep(want, Reason.FILLED, None)
    if _is_cooling_down(want, context):
        return _keep(want, Reason.COOLING_DOWN, None)
    held = held_by_refusal(want, refusal) or held_by_ending(want, ending, context)
    if held is not None:
        return held
    if is_dust(want, context):
        return _keep(want, Reason.DUST, None)
    return Place(
        address=address,
        holder=want.holder.address,
        generation=want.holder.generation,
        budget=_lifetime_budget(want),
        reason=_place_reason(want, ending, context),
        after=terms_after(want),
        source=want.order.source,
        children=want.order.children,
    )


def decide_blocked(want: Want, *, word: str, why: str, order: RestingOrder | None) -> Hold:
    """Hold an address of which nothing can be said."""
    return Hold(
        address=want.order.address,
        reason=Reason(word),
        why=why,
        lifted_by=LIFTED_BY_LOOKING,
        before=order,
        after=terms_after(want),
        source=want.order.source,
    )


def change(
    want: Want, *, order: RestingOrder, origin: Placement, reason: Reason, context: Context
) -> Modify | Replace:
    """Return the action that turns a resting order into the wanted one."""
    after = terms_after(want)
    if (
        want.holder.may_modify
        and can_be_modified(order, after, context)
        and not want.order.children
    ):
        return Modify(
            address=want.order.address,
            holder=want.holder.address,
            generation=want.holder.generation,
            budget=_lifetime_budget(want),
            reason=reason,
            before=order,
            after=after,
            origin=origin.address,
            origin_holder=origin.holder,
            origin_generation=origin.generation,
            overfill_bound=order.remaining if context.capabilities.overfill_on_modify else ZERO,
            source=want.order.source,
        )
    return Replace(
        address=want.order.address,
        holder=want.holder.address,
        generation=want.holder.generation,
        budget=_lifetime_budget(want),
        reason=reason,
        before=order,
        after=after,
        source=want.order.source,
        children=want.order.children,
    )


def can_be_modified(order: RestingOrder, after: Terms, context: Context) -> bool:
    """Say whether the venue can turn one into the other in a single action.

    A plain order that may take liquidity is never modified: the venue would make it post-only, or
    refuse it after the old one is gone.
    """
    return (
        order.instrument == after.instrument
        and order.side is after.side
        and order.reduce_only == after.reduce_only
        and order.trigger is None
        and can_result_from_modify(after, context)
    )


def can_result_from_modify(after: Terms, context: Context) -> bool:
    """Say whether a modify can end in these terms, whatever it starts from."""
    return (
        context.capabilities.can_modify
        and after.trigger is None
        and after.time_in_force is TimeInForce.GTC
        and not after.options
        and (after.post_only or not _would_take(after, context))
    )


def terms_after(want: Want) -> Terms:
    """Return the terms with what should rest as quantity."""
    terms = want.order.terms
    return terms if terms.quantity == want.target else replace(terms, quantity=want.target)


def is_dust(want: Want, context: Context) -> bool:
    """Say whether what is left of an order is too small for the venue to take it anew."""
    terms = want.order.terms
    instrument = context.instrument(terms.instrument)
    if instrument is None or terms.trigger is not None or want.target >= terms.quantity:
        return False
    return want.target < instrument.minimum_quantity(terms.price)


def _is_below_minimum(terms: Terms, order: RestingOrder, context: Context) -> bool:
    instrument = context.instrument(terms.instrument)
    return instrument is not None and order.remaining < instrument.minimum_quantity(order.price)


def _spent(want: Want, placement: Placement, order: RestingOrder) -> Cancel:
    return Cancel(
        address=placement.address,
        reason=Reason.BUDGET_SPENT,
        before=order,
        source=want.order.source,
    )


def _keep(want: Want, reason: Reason, order: RestingOrder | None) -> Keep:
    return Keep(
        address=want.order.address,
        reason=reason,
        before=order,
        source=want.order.source,
        filled=want.filled,
        budget=want.order.terms.quantity,
    )


def _lifetime_budget(want: Want) -> Decimal:
    holder = want.holder
    return holder.replenish.total_max if holder.replenish is not None else holder.quantity


def _is_to_be_resized(want: Want, order: RestingOrder, context: Context) -> bool:
    """Say whether the quantity that rests is to become the wanted one.

    A holder that replenishes is refilled below its threshold only, and not while it cools down; one
    that has not filled at all was changed in its spec.
    """
    if want.holder.on_fill is not FillPolicy.REPLENISH or order.remaining >= want.target:
        return True
    refill = want.holder.replenish
    if want.filled == ZERO:
        return True
    if refill is None or refill.refill_below is None or _is_cooling_down(want, context):
        return False
    return order.remaining < refill.refill_below


def _would_take(terms: Terms, context: Context) -> bool:
    quote = context.snapshot.quotes.get(terms.instrument)
    mid = context.snapshot.mids.get(terms.instrument)
    touch = mid
    if quote is not None:
        touch = quote.ask if terms.side.sign > 0 else quote.bid
    if touch is None:
        return quote is None
    return (terms.price - touch) * terms.side.sign >= 0


def ending_of(want: Want, context: Context) -> Ending | None:
    """Return how this very order ended last; a rung counts only at its own price."""
    address = want.order.address
    if want.holder.ladder is not None:
        address = rung_slot(want.holder.address, want.order.terms.price)
    ending = context.state.endings.get(address)
    if ending is None or (ending.holder, ending.generation) != holder_key(want.holder):
        return None
    return ending


def _is_finished(want: Want, ending: Ending, refusal: Refusal | None) -> bool:
    if ending.reason is EndReason.SIBLING_FILLED:
        return True
    if want.order.terms.time_in_force is not TimeInForce.IOC:
        return False
    if ending.reason is EndReason.REJECTED and refusal is not None:
        # Unmatched is done; kept from the book by the venue's rules is a refusal like any other.
        return not refusal.is_transient and refusal.reason != RejectReason.SHAPE
    return ending.reason is not EndReason.NEVER_PLACED


def _is_cooling_down(want: Want, context: Context) -> bool:
    refill = want.holder.replenish
    record = context.state.records.get(holder_key(want.holder))
    if refill is None or record is None or not record.last_fill_at_ms:
        return False
    return context.snapshot.taken_at_ms < record.last_fill_at_ms + refill.cooldown_s * 1000


def held_by_refusal(
    want: Want, refusal: Refusal | None, *, before: RestingOrder | None = None
) -> Hold | None:
    """Hold what the venue refused as it is, or too often."""
    if refusal is None or refusal.generation != want.holder.generation:
        return None
    if refusal.terms != terms_after(want):
        return None
    if refusal.is_transient and refusal.count < ENTRY_REFUSALS_MAX:
        return None
    reason = Reason.REFUSED_TOO_OFTEN if refusal.is_transient else Reason.REFUSED_SHAPE
    times = "once" if refusal.count == 1 else f"{refusal.count} times"
    return _hold(
        want,
        reason,
        f"The venue refused it {times}, last with: {refusal.text}",
        "Change the order in its spec, or give it a new generation.",
        before=before,
    )


def held_by_ending(want: Want, ending: Ending | None, context: Context) -> Hold | None:
    """Hold what somebody else ended, unless the spec says to place it again."""
    if ending is None:
        return None
    if ending.reason is EndReason.BY_VENUE:
        if want.holder.on_venue_cancel is GoneByVenue.PLACE_AGAIN:
            return None
        return _hold(
            want,
            Reason.CANCELLED_BY_VENUE,
            _cancelled_by_venue(ending.word, context),
            "Give it a new generation, or set `on_venue_cancel: place_again`.",
        )
    if ending.reason is EndReason.BY_USER and context.policy.is_unattended:
        if want.holder.on_user_cancel is GoneByUser.PLACE_AGAIN:
            return None
        return _hold(
            want,
            Reason.CANCELLED_BY_USER,
            _cancelled_by(ending),
            "Apply by hand, or set `on_user_cancel: place_again`.",
        )
    return None


def _cancelled_by_venue(word: str, context: Context) -> str:
    meaning = context.capabilities.meanings.get(word)
    return (
        f"The venue cancelled it ({word})."
        if meaning is None
        else (f"The venue cancelled it ({word}): {meaning}.")
    )


def _cancelled_by(ending: Ending) -> str:
    if ending.is_recovered:
        who = "It was cancelled before the state was recovered, by a person or by this program"
    else:
        who = "A person cancelled it at the venue"
    return f"{who}, and nobody attends this run."


def _hold(
    want: Want,
    reason: Reason,
    why: str,
    lifted_by: str,
    *,
    before: RestingOrder | None = None,
) -> Hold:
    return Hold(
        address=want.order.address,
        reason=reason,
        why=why,
        lifted_by=lifted_by,
        before=before,
        after=terms_after(want),
        source=want.order.source,
    )


def _was_voided(want: Want, context: Context) -> bool:
    """Say whether it was last refused with a whole request, for what may be another's fault."""
    refusal = context.state.refusals.get(want.order.address)
    is_same = refusal is not None and refusal.generation == want.holder.generation
    return is_same and refusal is not None and refusal.reason == RejectReason.VOIDED


def _place_reason(want: Want, ending: Ending | None, context: Context) -> Reason:
    if _was_voided(want, context):
        return Reason.VOIDED_BEFORE
    if ending is not None:
        by_ending = {
            EndReason.BY_USER: Reason.CANCELLED_BY_USER,
            EndReason.BY_VENUE: Reason.CANCELLED_BY_VENUE,
            EndReason.REJECTED: Reason.REFUSED_BEFORE,
            EndReason.OWN_CANCEL: Reason.REMAINDER if want.filled else Reason.NEW,
        }
        if ending.reason in by_ending:
            return by_ending[ending.reason]
    if want.holder.replenish is not None and want.filled:
        return Reason.REPLENISH
    record = context.state.records.get(holder_key(want.holder))
    if record is not None and want.filled and want.holder.quantity > record.quantity:
        return Reason.QUANTITY_RAISED
    if want.filled:
        return Reason.REMAINDER
    first = context.first_generation.get(want.holder.address, want.holder.generation)
    return Reason.GENERATION_CHANGED if first < want.holder.generation else Reason.NEW
