"""What protects a whole position: a take profit and a stop loss that follow it.

They have no budget. While there is a position on their side they rest; they end with it, and are
placed again for the next one.
"""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.numbers import ZERO
from reconciler.model.order import Holder, OrderAddress, RestingOrder
from reconciler.model.plan import Action, Hold, Keep, Place, Reason
from reconciler.model.state import EndReason, Placement
from reconciler.planner.attached import protected_part
from reconciler.planner.context import Context
from reconciler.planner.decide import (
    change,
    ending_of,
    held_by_ending,
    held_by_refusal,
    terms_after,
)
from reconciler.planner.diff import differing_fields, has_fired
from reconciler.planner.holders import HolderDecision, Leftover, blocked_action
from reconciler.planner.wants import Want

__all__ = ["decide_standing"]


def decide_standing(holders: Mapping[OrderAddress, Holder], context: Context) -> HolderDecision:
    """Decide about everything that protects a position; one of a kind for each."""
    decision = HolderDecision()
    claimed: dict[tuple[object, ...], OrderAddress] = {}
    for address, holder in sorted(holders.items()):
        want = Want(holder=holder, order=holder.orders[0], target=ZERO, filled=ZERO)
        terms = want.order.terms
        assert terms.trigger is not None, "a position is protected by triggers"
        first = claimed.setdefault((terms.instrument, terms.side, terms.trigger.kind), address)
        placements = sorted(
            context.by_holder.get((address, 0), ()), key=lambda placed: -placed.incarnation
        )
        if first != address and not placements:
            decision.actions.append(_second(want, first))
            continue
        decision.actions.append(_decide(want, placements, context))
        decision.leftovers += _extra(placements, context)
    return decision


def _decide(want: Want, placements: Sequence[Placement], context: Context) -> Action:
    blocked = [p for p in placements if p.client_order_id in context.sight.blocked]
    if blocked or want.order.address in context.unsettled:
        return blocked_action(want, blocked, context)
    if not placements:
        return _missing(want, context)
    order = context.sight.resting[placements[0].client_order_id]
    if has_fired(placements[0].terms, order):
        return _keep(want, Reason.TRIGGER_FIRED, order)
    terms = want.order.terms
    is_alike = order.is_position_sized and order.instrument == terms.instrument
    if is_alike and not differing_fields(terms, order.remaining, order):
        return _keep(want, Reason.MATCHES, order)
    return change(
        want, order=order, origin=placements[0], reason=Reason.TERMS_CHANGED, context=context
    )


def _missing(want: Want, context: Context) -> Action:
    if protected_part(want.order.terms, context) == ZERO:
        return _keep(want, Reason.NO_POSITION, None)
    ending = ending_of(want, context)
    if ending is not None and ending.reason is EndReason.BY_VENUE:
        # It ended with the last position; this is another one.
        has_ended_with_it = ending.word in context.capabilities.ends_with_position
        ending = None if has_ended_with_it else ending
    refusal = context.state.refusals.get(want.order.address)
    held = held_by_refusal(want, refusal) or held_by_ending(want, ending, context)
    if held is not None:
        return held
    return Place(
        address=want.order.address,
        holder=want.order.address,
        generation=0,
        budget=ZERO,
        reason=Reason.PROTECTS_POSITION,
        after=terms_after(want),
        source=want.order.source,
    )


def _extra(placements: Sequence[Placement], context: Context) -> Iterator[Leftover]:
    for placement in placements[1:]:
        order = context.sight.resting.get(placement.client_order_id)
        if order is not None and placement.client_order_id not in context.sight.blocked:
            yield Leftover(placement=placement, order=order, reason=Reason.SUPERSEDED)


def _second(want: Want, first: OrderAddress) -> Hold:
    return Hold(
        address=want.order.address,
        reason=Reason.AMBIGUOUS,
        why=f"{first} protects the same position in the same way.",
        lifted_by="Declare the protection of a position once.",
        after=want.order.terms,
        source=want.order.source,
    )


def _keep(want: Want, reason: Reason, order: RestingOrder | None) -> Keep:
    return Keep(address=want.order.address, reason=reason, before=order, source=want.order.source)
