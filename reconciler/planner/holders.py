"""One holder's orders against its placements: actions, and what is left over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.model.numbers import ZERO
from reconciler.model.order import Holder, RestingOrder
from reconciler.model.plan import Action, Hold, Place, Reason
from reconciler.model.state import Placement
from reconciler.planner.context import Context
from reconciler.planner.decide import (
    can_be_modified,
    change,
    decide_blocked,
    decide_live,
    decide_missing,
    terms_after,
)
from reconciler.planner.pairing import pair_by_price
from reconciler.planner.wants import Want, holder_key, wants_of

__all__ = ["HolderDecision", "Leftover", "can_take_over", "decide_holder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A resting order of ours that no desired order claims.

    Attributes:
        reason: why it would be cancelled.
    """

    placement: Placement
    order: RestingOrder
    reason: Reason


@dataclass(slots=True, kw_only=True)
class HolderDecision:
    """What became of one holder.

    Attributes:
        placing: wants whose action so far is a `Place`, by index in `actions`.
    """

    actions: list[Action] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    placing: list[tuple[int, Want]] = field(default_factory=list)


def decide_holder(holder: Holder, context: Context) -> HolderDecision:
    """Decide about every order of one holder."""
    record = context.state.records.get(holder_key(holder))
    if record is not None and (record.instrument, record.side) != (
        holder.instrument,
        holder.side,
    ):
        return _needs_generation(holder, context)
    wants = wants_of(holder, context)
    placements = context.by_holder.get(holder_key(holder), ())
    if holder.ladder is None:
        return _decide_order(wants[0], placements, context)
    return _decide_ladder(wants, placements, context)


def _decide_order(want: Want, placements: Sequence[Placement], context: Context) -> HolderDecision:
    decision = HolderDecision()
    blocked = [p for p in placements if p.client_order_id in context.sight.blocked]
    if blocked or want.order.address in context.unsettled:
        decision.actions.append(_blocked_action(want, blocked, context))
        return decision
    live = sorted(placements, key=lambda p: -p.incarnation)
    if not live:
        _decide_missing(want, decision, context)
        return decision
    order = context.sight.resting[live[0].client_order_id]
    decision.actions.append(decide_live(want, live[0], order, context))
    decision.leftovers += _leftovers(live[1:], Reason.SUPERSEDED, context)
    return decision


def _decide_ladder(
    wants: Sequence[Want], placements: Sequence[Placement], context: Context
) -> HolderDecision:
    """Rungs are known by price; what neither side matches is paired at least cost."""
    decision = HolderDecision()
    blocked = {p.terms.price: p for p in placements if _is_blocked(p, context)}
    live = _live_by_price(placements, context)
    missing: list[Want] = []
    for want in wants:
        price = want.order.terms.price
        if price in blocked or want.order.address in context.unsettled:
            held = [blocked[price]] if price in blocked else []
            decision.actions.append(_blocked_action(want, held, context))
            live.pop(price, None)
        elif price in live and want.target > ZERO:
            placement, order = live[price].pop(0)
            decision.actions.append(decide_live(want, placement, order, context))
        else:
            missing.append(want)
    left = sorted(
        (pair for pairs in live.values() for pair in pairs),
        key=lambda pair: (pair[1].price, pair[0].incarnation),
    )
    _pair_within(missing, left, decision, context)
    return decision


def _pair_within(
    missing: list[Want],
    left: list[tuple[Placement, RestingOrder]],
    decision: HolderDecision,
    context: Context,
) -> None:
    movable = [pair for pair in left if pair[1].trigger is None]
    wanting: list[tuple[Want, Action]] = []
    rest: list[tuple[Want, Action]] = []
    for want in sorted(missing, key=lambda w: (w.order.terms.price, w.order.address)):
        action = decide_missing(want, context)
        (wanting if isinstance(action, Place) else rest).append((want, action))
    pairs = pair_by_price(
        [want.order.terms.price for want, _ in wanting], [order.price for _, order in movable]
    )
    used_wants = {i for i, _ in pairs}
    used_live = {movable[j][0].client_order_id for _, j in pairs}
    for i, j in pairs:
        placement, order = movable[j]
        decision.actions.append(
            change(
                wanting[i][0],
                order=order,
                origin=placement,
                reason=Reason.LADDER_MOVED,
                context=context,
            )
        )
    for index, (want, action) in enumerate(wanting):
        if index not in used_wants:
            decision.placing.append((len(decision.actions), want))
            decision.actions.append(action)
    decision.actions += [action for _, action in rest]
    decision.leftovers += [
        Leftover(placement=placement, order=order, reason=Reason.SUPERSEDED)
        for placement, order in left
        if placement.client_order_id not in used_live
    ]


def _decide_missing(want: Want, decision: HolderDecision, context: Context) -> None:
    action = decide_missing(want, context)
    if isinstance(action, Place):
        decision.placing.append((len(decision.actions), want))
    decision.actions.append(action)


def _needs_generation(holder: Holder, context: Context) -> HolderDecision:
    record = context.state.records[holder_key(holder)]
    why = (
        f"Generation {holder.generation} of {holder.address} was a {record.side} of "
        f"{record.instrument}; its fills cannot count for a {holder.side} of {holder.instrument}."
    )
    decision = HolderDecision()
    for want in wants_of(holder, context):
        decision.actions.append(
            Hold(
                address=want.order.address,
                reason=Reason.NEEDS_GENERATION,
                why=why,
                lifted_by=f"Write `generation: {holder.generation + 1}`.",
                after=terms_after(want),
                source=want.order.source,
            )
        )
    return decision


def _blocked_action(want: Want, blocked: Sequence[Placement], context: Context) -> Hold:
    if not blocked:
        return decide_blocked(
            want,
            word=Reason.UNKNOWN_OUTCOME,
            why="A request for this address has no known outcome yet.",
            order=None,
        )
    word, why = context.sight.blocked[blocked[0].client_order_id]
    order = context.sight.resting.get(blocked[0].client_order_id)
    return decide_blocked(want, word=word, why=why, order=order)


def _is_blocked(placement: Placement, context: Context) -> bool:
    return placement.client_order_id in context.sight.blocked


def _leftovers(placements: Sequence[Placement], reason: Reason, context: Context) -> list[Leftover]:
    return [
        Leftover(
            placement=placement,
            order=context.sight.resting[placement.client_order_id],
            reason=reason,
        )
        for placement in placements
    ]


def _live_by_price(
    placements: Sequence[Placement], context: Context
) -> dict[Decimal, list[tuple[Placement, RestingOrder]]]:
    live: dict[Decimal, list[tuple[Placement, RestingOrder]]] = {}
    for placement in sorted(placements, key=lambda p: p.incarnation):
        if not _is_blocked(placement, context):
            order = context.sight.resting[placement.client_order_id]
            live.setdefault(order.price, []).append((placement, order))
    return live


def can_take_over(leftover: Leftover, want: Want, context: Context) -> bool:
    """Say whether a resting order nobody claims may become one that is wanted elsewhere."""
    return (
        want.holder.may_modify
        and not want.order.children
        and can_be_modified(leftover.order, terms_after(want), context)
    )
