"""plan(desired, state, snapshot, policy) -> VenuePlan: the whole decision, as one pure function.

Independent of the order of files, of replies, of the time zone and the hash seed: same inputs, same
bytes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

from reconciler.model.capabilities import Capabilities
from reconciler.model.event import Adopted, Event, Forgotten
from reconciler.model.numbers import CONTEXT
from reconciler.model.order import DesiredBook, Holder, OrderAddress, RestingOrder
from reconciler.model.plan import (
    Action,
    Cancel,
    Forget,
    Hold,
    Keep,
    Modify,
    Place,
    Reason,
    VenuePlan,
    action_kind,
)
from reconciler.model.snapshot import VenueSnapshot
from reconciler.model.state import HolderKey, Placement, State
from reconciler.model.transitions import fills_by_holder, preview
from reconciler.observe import sight_of, unsettled_addresses
from reconciler.planner.approval import guard_approval
from reconciler.planner.attached import child_owners, standing_holders
from reconciler.planner.cautions import warnings_of
from reconciler.planner.context import Context, PlanPolicy
from reconciler.planner.exposure import exposure_of
from reconciler.planner.growing import guard_growing
from reconciler.planner.guards import guard_each, guard_prevented
from reconciler.planner.holders import Leftover, decide_holder
from reconciler.planner.labels import relabelled
from reconciler.planner.limits import guard_limits
from reconciler.planner.protecting import guard_first, protect
from reconciler.planner.reducing import guard_reduce_only
from reconciler.planner.sequence import requests_of, steps_of
from reconciler.planner.standing import decide_standing
from reconciler.planner.strays import (
    Adoptions,
    adoptions,
    declared_slots,
    forgotten,
    is_ours,
    orphan_actions,
)
from reconciler.planner.takeover import pair_across_holders
from reconciler.planner.twins import doubt_about, twins_of
from reconciler.planner.waiting import Unclaimed, guard_waiting, unclaimed_of
from reconciler.planner.wants import Want

__all__ = ["Planned", "plan_venue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and the state-only events that carrying it out starts with.

    Attributes:
        labels: new names of orders that stay, after `events`; by themselves no reason to write.
        context: what it was decided from, for checking a part of it again.
    """

    plan: VenuePlan
    events: tuple[Event, ...]
    labels: tuple[Event, ...] = ()
    context: Context = field(repr=False, compare=False)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """Actions while they are being made."""

    actions: list[Action] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    places: list[tuple[Place, Want]] = field(default_factory=list)


def plan_venue(
    books: Sequence[DesiredBook],
    state: State,
    snapshot: VenueSnapshot,
    capabilities: Capabilities,
    policy: PlanPolicy,
) -> Planned:
    """Decide the difference between desired and observed at one venue entry.

    1. Rename and adopt what needs no venue; call rungs by what they are now.
    2. See what rests, what is blocked, what filled.
    3. Decide about every holder: its orders against its placements.
    4. Turn pairs of a leftover and a place into modifies.
    5. Cancel what nobody wants, a position's stop never by the way; hold what is nobody's.
    6. Hold what the venue, the position or a limit refuses.
    7. Put it in sending order and count requests, weight and money.

    Args:
        books: with ladders expanded on the venue's grid.
        state: with everything `snapshot` shows already folded in (`reconciler.observe`).
    """
    with localcontext(CONTEXT):
        adopted = adoptions(books, state, snapshot, capabilities)
        settled = preview(state, adopted.events, at_ms=snapshot.taken_at_ms)
        labels = relabelled(books, settled)
        settled = preview(settled, labels, at_ms=snapshot.taken_at_ms)
        context = _context(settled, snapshot, capabilities, policy)
        return replace(_plan(books, adopted, context), labels=labels)


def _plan(books: Sequence[DesiredBook], adopted: Adoptions, context: Context) -> Planned:
    policy = context.policy
    declared = {holder.address: holder for book in books for holder in book.holders}
    holders = _live_holders(declared, context.snapshot.taken_at_ms)
    standing = standing_holders(books)
    draft = _decide_holders(holders, context)
    known = frozenset(declared) | child_owners(declared).keys() | standing.keys()
    _hold_doubtful(draft, known, context)
    protecting = decide_standing(standing, context)
    draft.actions += protecting.actions
    leftovers = (
        *draft.leftovers,
        *protecting.leftovers,
        *_undesired({**holders, **standing}, declared, context),
    )
    protected = frozenset(a for a, holder in holders.items() if holder.prevent_cancel)
    taken = pair_across_holders(leftovers, draft.places, context, protected=protected)
    strays = _blocked_strays({**holders, **standing}, context)
    actions = [a for a in draft.actions if not (isinstance(a, Place) and a.address in taken.placed)]
    actions += taken.modifies
    actions += [_cancel(leftover) for leftover in taken.leftovers]
    actions += strays
    actions += orphan_actions(context)
    actions = [a for a in actions if _selects(a, policy)]
    actions = protect(actions, holders, context)
    owners = {**child_owners(holders), **holders, **standing}
    actions = guard_each(actions, owners, context)
    # Before what is weighed together: a cancel that is held makes no room for anything.
    actions = guard_approval(actions, policy)
    actions = _guard_together(
        actions,
        owners,
        unclaimed_of(leftovers, strays),
        context,
        is_empty=not declared and not standing,
    )
    slots = declared_slots(holders.values()) | standing.keys()
    actions += [a for a in forgotten(slots, context) if policy.selects(a.address)]
    renames_or_bound = [a for a in adopted.actions if a.origin or policy.selects(a.address)]
    events = [e for e in adopted.events if not isinstance(e, Adopted) or policy.selects(e.address)]
    return Planned(
        plan=_venue_plan([*actions, *renames_or_bound], context, holders.values()),
        events=(*events, *_forget_events(actions)),
        context=context,
    )


def _guard_together(
    actions: list[Action],
    holders: Mapping[OrderAddress, Holder],
    unclaimed: Mapping[OrderAddress, Unclaimed],
    context: Context,
    *,
    is_empty: bool,
) -> list[Action]:
    """Hold what other actions, or their absence, stand in the way of, until nothing changes.

    Each round can only hold more, and one hold may be the reason of the next.
    """
    for _ in range(2 * len(actions) + 2):
        before = sum(isinstance(action, Hold) for action in actions)
        actions = guard_prevented(actions, holders)
        actions = guard_waiting(actions, unclaimed)
        actions = guard_first(actions)
        actions = guard_reduce_only(actions, context)
        actions = guard_growing(actions, context)
        actions = guard_limits(actions, context, is_empty=is_empty)
        if sum(isinstance(action, Hold) for action in actions) == before:
            return actions
    raise AssertionError("every round but the last holds one action more")


def _selects(action: Action, policy: PlanPolicy) -> bool:
    if isinstance(action, Modify) and not policy.selects(action.origin):
        return False
    return policy.selects(action.address)


def _context(
    state: State, snapshot: VenueSnapshot, capabilities: Capabilities, policy: PlanPolicy
) -> Context:
    by_holder: dict[HolderKey, list[Placement]] = defaultdict(list)
    for placement in state.placements.values():
        by_holder[placement.key].append(placement)
    return Context(
        state=state,
        snapshot=snapshot,
        sight=sight_of(state, snapshot),
        capabilities=capabilities,
        policy=policy,
        by_holder={key: tuple(found) for key, found in by_holder.items()},
        filled=fills_by_holder(state),
        unsettled=unsettled_addresses(state),
        first_generation={key[0]: key[1] for key in sorted(state.records, key=lambda k: -k[1])},
    )


def _live_holders(
    declared: Mapping[OrderAddress, Holder], taken_at_ms: int
) -> dict[OrderAddress, Holder]:
    """Return the declared holders that have not expired."""
    return {
        address: declared[address]
        for address in sorted(declared)
        if (expires_at_ms := declared[address].expires_at_ms) is None or expires_at_ms > taken_at_ms
    }


def _decide_holders(holders: Mapping[OrderAddress, Holder], context: Context) -> _Draft:
    draft = _Draft()
    for address in sorted(holders):
        decision = decide_holder(holders[address], context)
        for index, want in decision.placing:
            place = decision.actions[index]
            assert isinstance(place, Place), "placing points at places"
            draft.places.append((place, want))
        draft.actions += decision.actions
        draft.leftovers += decision.leftovers
    return draft


def _hold_doubtful(draft: _Draft, declared: frozenset[OrderAddress], context: Context) -> None:
    """Hold places that look like a foreign order, or like one of ours under another name."""
    if not draft.places:
        return
    twins = twins_of(declared, context)
    doubtful: dict[OrderAddress, Hold] = {}
    for place, _ in draft.places:
        hold = doubt_about(place, twins, context)
        if hold is not None:
            doubtful[place.address] = hold
    draft.places = [(p, w) for p, w in draft.places if p.address not in doubtful]
    draft.actions = [
        doubtful.get(a.address, a) if isinstance(a, Place) else a for a in draft.actions
    ]


def _undesired(
    holders: Mapping[OrderAddress, Holder],
    declared: Mapping[OrderAddress, Holder],
    context: Context,
) -> list[Leftover]:
    """Return resting orders whose holder is not declared any more, at this generation."""
    gone = {address: declared[address] for address in declared.keys() - holders.keys()}
    expired = gone.keys() | child_owners(gone).keys()
    parents = child_owners(holders)
    leftovers = []
    for (address, generation), placements in sorted(context.by_holder.items()):
        holder = holders.get(address) or parents.get(address)
        if holder is not None and holder.generation == generation:
            continue
        reason = Reason.REMOVED if holder is None else Reason.GENERATION_CHANGED
        if address in expired:
            reason = Reason.EXPIRED
        leftovers += [
            Leftover(
                placement=placement,
                order=context.sight.resting[placement.client_order_id],
                reason=reason,
            )
            for placement in placements
            if placement.client_order_id not in context.sight.blocked
        ]
    return leftovers


def _blocked_strays(holders: Mapping[OrderAddress, Holder], context: Context) -> list[Hold]:
    """Hold placements of undeclared holders of which nothing can be said."""
    declared = {**holders, **child_owners(holders)}
    return [
        Hold(
            address=placement.address,
            reason=Reason(word),
            why=why,
            lifted_by="The next run asks the venue again; `reconciler resolve` settles it by hand.",
            before=context.sight.resting.get(client_order_id),
        )
        for client_order_id, (word, why) in sorted(context.sight.blocked.items())
        for placement in (context.state.placements[client_order_id],)
        if placement.holder not in declared
        or declared[placement.holder].generation != placement.generation
    ]


def _cancel(leftover: Leftover) -> Cancel:
    return Cancel(address=leftover.placement.address, reason=leftover.reason, before=leftover.order)


def _forget_events(actions: Sequence[Action]) -> tuple[Event, ...]:
    forgotten_addresses = sorted(a.address for a in actions if isinstance(a, Forget))
    return tuple(Forgotten(address=address) for address in forgotten_addresses)


def _venue_plan(
    actions: Sequence[Action], context: Context, holders: Iterable[Holder]
) -> VenuePlan:
    state, snapshot = context.state, context.snapshot
    ordered = tuple(sorted(actions, key=_sort_key))
    requests = requests_of(steps_of(ordered, context.capabilities), context.capabilities)
    shown = {_instrument_of(action) for action in ordered if not isinstance(action, Keep)}
    return VenuePlan(
        venue=state.venue,
        kind=state.kind,
        network=state.network,
        account=snapshot.account,
        lineage=state.lineage,
        serial=state.serial,
        state_digest=state.digest,
        taken_at_ms=snapshot.taken_at_ms,
        intents={},
        actions=ordered,
        requests=requests,
        exposure=exposure_of(ordered, context),
        warnings=warnings_of(ordered, requests, context, holders),
        foreign_count=sum(
            not is_ours(order, state, context.capabilities) for order in context.sight.foreign
        ),
        budget_left=snapshot.budget.left if snapshot.budget is not None else None,
        mids={k: v for k, v in sorted(snapshot.mids.items()) if k in shown},
        instruments={
            name: instrument.venue_id
            for name, instrument in sorted(snapshot.instruments.items())
            if name in shown
        },
        titles={
            name: instrument.title
            for name in sorted(shown)
            if (instrument := context.instrument(name)) is not None and instrument.title
        },
        allowed=tuple(sorted(context.policy.allow)),
        contract_values=_contract_values(shown, context),
    )


def _contract_values(shown: AbstractSet[str], context: Context) -> dict[str, Decimal]:
    found = {name: context.instrument(name) for name in sorted(shown)}
    return {
        name: instrument.contract_value
        for name, instrument in found.items()
        if instrument is not None and instrument.contract_value is not None
    }


def _sort_key(action: Action) -> tuple[str, str, str]:
    before: RestingOrder | None = getattr(action, "before", None)
    return (
        action.address,
        action_kind(action),
        before.venue_order_id if before is not None else "",
    )


def _instrument_of(action: Action) -> str:
    after = getattr(action, "after", None)
    before = getattr(action, "before", None)
    shown = after or before
    return shown.instrument if shown is not None else ""
