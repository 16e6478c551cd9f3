"""One holder's orders against its placements: actions, and what is left over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.model.numbers import ZERO
from reconciler.model.order import Holder, RestingOrder
from reconciler.model.plan import Action, Hold, Modify, Place, Reason, Replace
from reconciler.model.state import Placement
from reconciler.planner.children import decide_children
from reconciler.planner.context import Context
from reconciler.planner.decide import (
    LIFTED_BY_LOOKING,
    change,
    decide_blocked,
    decide_live,
    decide_missing,
    terms_after,
)
from reconciler.planner.gaps import hold_gaps
from reconciler.planner.pairing import pair_by_price
from reconciler.planner.wants import Want, doubtful_prices, holder_key, wants_of

__all__ = ["HolderDecision", "Leftover", "blocked_action", "decide_holder"]


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
    assert holder.orders, "the venue's grid has been applied: no rungs is not no wish for any"
    record = context.state.records.get(holder_key(holder))
    if record is not None and (record.instrument, record.side) != (
        holder.instrument,
        holder.side,
    ):
        return _needs_generation(holder, context)
    wants = wants_of(holder, context)
    placements = context.by_holder.get(holder_key(holder), ())
    if holder.ladder is None:
        decision = _decide_order(wants[0], placements, context)
    else:
        decision = _decide_ladder(wants, placements, context)
    late = _with_late_fills(placements, context)
    if late is not None:
        return _hold_changes(decision, late, context)
    actions = hold_gaps(holder, decision.actions, context)
    if actions == decision.actions:
        return decision
    placing = [pair for pair in decision.placing if isinstance(actions[pair[0]], Place)]
    return HolderDecision(actions=actions, leftovers=decision.leftovers, placing=placing)


def _with_late_fills(placements: Sequence[Placement], context: Context) -> Placement | None:
    """Return a placement whose earlier order, before a modify, may still have fills to show."""
    for placement in placements:
        if len(placement.legs) < 2:
            continue
        order = context.sight.resting.get(placement.client_order_id)
        current = order.venue_order_id if order is not None else None
        if any(not x.is_settled and x.venue_order_id != current for x in placement.legs):
            return placement
    return None


def _hold_changes(decision: HolderDecision, late: Placement, context: Context) -> HolderDecision:
    """Hold what would spend a budget of which some fills may not be known yet."""
    held: list[Action] = []
    for action in decision.actions:
        if not isinstance(action, Place | Modify | Replace):
            held.append(action)
            continue
        hold = Hold(
            address=action.address,
            reason=Reason.STATUS_UNKNOWN,
            why=f"An earlier venue order of {late.address} has no final fill yet.",
            lifted_by=LIFTED_BY_LOOKING,
            before=None if isinstance(action, Place) else action.before,
            after=action.after,
            source=action.source,
        )
        held.append(hold)
    return HolderDecision(actions=held, leftovers=decision.leftovers)


def _decide_order(want: Want, placements: Sequence[Placement], context: Context) -> HolderDecision:
    decision = HolderDecision()
    blocked = [p for p in placements if p.client_order_id in context.sight.blocked]
    if blocked or want.order.address in context.unsettled:
        decision.actions.append(blocked_action(want, blocked, context))
        return decision
    live = _newest_first(placements)
    if not live:
        _decide_missing(want, decision, context)
        return decision
    order = context.sight.resting[live[0].client_order_id]
    action = decide_live(want, live[0], order, context)
    decision.actions += decide_children(want, action, live[0], context)
    decision.leftovers += _leftovers(live[1:], Reason.SUPERSEDED, context)
    return decision


def _newest_first(placements: Sequence[Placement]) -> Sequence[Placement]:
    if len(placements) < 2:
        return placements
    return sorted(placements, key=lambda p: -p.incarnation)


def _decide_ladder(
    wants: Sequence[Want], placements: Sequence[Placement], context: Context
) -> HolderDecision:
    """Rungs are known by price; what neither side matches is paired at least cost."""
    decision = HolderDecision()
    doubtful = doubtful_prices(wants[0].holder, context) if wants else {}
    live = _live_by_price(placements, context)
    missing: list[Want] = []
    for want in wants:
        price = want.order.terms.price
        if price in doubtful or want.order.address in context.unsettled:
            held = [doubtful[price]] if price in doubtful else []
            decision.actions.append(blocked_action(want, held, context))
            live.pop(price, None)
        elif price in live and want.target > ZERO:
            placement, order = live[price].pop(0)
            decision.actions.append(decide_live(want, placement, order, context))
        else:
            missing.append(want)
    rungs = {want.order.terms.price for want in wants}
    shown = {p.client_order_id for price, p in doubtful.items() if price in rungs}
    for price in sorted(doubtful.keys() - rungs):
        live.pop(price, None)
        if doubtful[price].client_order_id not in shown:
            shown.add(doubtful[price].client_order_id)
            decision.actions.append(_blocked_stray(doubtful[price], context))
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
    spent = {want.order.terms.price for want, _ in rest if want.target == ZERO}
    leaving = [pair for pair in left if pair[0].client_order_id not in used_live]
    decision.leftovers += [
        Leftover(
            placement=placement,
            order=order,
            reason=Reason.BUDGET_SPENT if order.price in spent else Reason.SUPERSEDED,
        )
        for placement, order in leaving
    ]
    # The cancel of a rung with nothing left says all there is to say about it.
    told = spent & {order.price for _, order in leaving}
    decision.actions += [action for want, action in rest if want.order.terms.price not in told]


def _decide_missing(want: Want, decision: HolderDecision, context: Context) -> None:
    found = decide_children(want, decide_missing(want, context), None, context)
    if isinstance(found[0], Place):
        decision.placing.append((len(decision.actions), want))
    decision.actions += found


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


def blocked_action(want: Want, blocked: Sequence[Placement], context: Context) -> Hold:
    """Hold an order of which nothing can be said; `blocked` are its placements, or none yet."""
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


def _blocked_stray(placement: Placement, context: Context) -> Hold:
    word, why = context.sight.blocked[placement.client_order_id]
    return Hold(
        address=placement.address,
        reason=Reason(word),
        why=why,
        lifted_by=LIFTED_BY_LOOKING,
        before=context.sight.resting.get(placement.client_order_id),
    )


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
