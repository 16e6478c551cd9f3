"""What may still be sent once other orders were seen to end: no more than the budget leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from reconciler.model.instrument import Instrument
from reconciler.model.numbers import ZERO, floor_to_step
from reconciler.model.order import ClientOrderId, DesiredOrder, OrderAddress, Terms
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.model.state import HolderKey, Placement, PlacementPhase, State
from reconciler.planner.guards import Sending

__all__ = ["NOT_GONE", "UNPROTECTED", "Fitting", "committed"]

NOT_GONE = "The order it waits for is not confirmed gone."
UNPROTECTED = "The stop that is to stand first is not confirmed."


@dataclass(slots=True, kw_only=True)
class Fitting:
    """What one run may place, request by request.

    Attributes:
        planned_on: the state the plan was made from.
        bound: client order ids by address, as the plan calls them.
        attached_follow: attached orders close exactly what their parent opens.
        given: what this run already took of each holder's budget and is not on record yet.
        whole: of each action that was cut, what it was: it is cut anew from that, not once more.
    """

    planned_on: State
    bound: Mapping[OrderAddress, Sequence[ClientOrderId]]
    instruments: Mapping[str, Instrument]
    attached_follow: bool = False
    given: dict[HolderKey, Decimal] = field(default_factory=dict)
    whole: dict[Sending, Sending] = field(default_factory=dict)

    @classmethod
    def of(cls, planned_on: State, instruments: Mapping[str, Instrument]) -> "Fitting":
        """Return the fitting of a run; the state's addresses are those of its plan."""
        bound: dict[OrderAddress, list[ClientOrderId]] = {}
        for client_order_id, placement in planned_on.placements.items():
            bound.setdefault(placement.address, []).append(client_order_id)
        return cls(planned_on=planned_on, bound=bound, instruments=instruments)

    def begin_request(self) -> None:
        """Forget what was given: the last request is on record by now."""
        self.given.clear()

    def fit(self, action: Sending, state: State) -> Sending | str:
        """Return the action as it may be sent now, or why it may not."""
        action = self.whole.get(action, action)
        if self.waits(action, state):
            return NOT_GONE
        if isinstance(action, Modify) and action.before.client_order_id not in state.placements:
            return "The order it was to change is gone."
        after = self._shrunk(action, state)
        if after is None:
            return "What it was to place has filled meanwhile."
        if after is not action.after and _rests_already(action, after):
            return "Other orders keep the quantity that it was to grow by."
        key = (action.holder, action.generation)
        held = _held(action, state)
        # What a request frees is free once it is on record, and not in the same request.
        self.given[key] = self.given.get(key, ZERO) + max(ZERO, after.quantity - held)
        cut = self._cut(action, after, state)
        if cut is not action:
            self.whole[cut] = action
        return cut

    def waits(self, action: Action, state: State) -> frozenset[ClientOrderId]:
        """Return the orders an action waits for that are not confirmed gone."""
        assert isinstance(action, Place | Modify | Replace), "only orders wait for orders"
        waited = {x for address in action.waits_for for x in self.bound.get(address, ())}
        if isinstance(action, Modify):
            waited.discard(_id_of(action))
        elif isinstance(action, Replace):
            children = {(child.address, action.generation) for child in action.children}
            waited |= {x for x, placed in state.placements.items() if placed.key in children}
            waited.add(_id_of(action))
        return frozenset(waited & state.placements.keys())

    def unprotected(self, action: Cancel | Replace, state: State) -> frozenset[OrderAddress]:
        """Return the stops that are to stand before a cancel and are not confirmed."""
        waits_for = action.waits_for if isinstance(action, Cancel) else ()
        if not waits_for:
            return frozenset()
        standing = {
            placement.address
            for placement in state.placements.values()
            if placement.legs and placement.phase is PlacementPhase.LIVE
            # What stood before the run ends with the parent: the stop that stands first is new.
            if placement.client_order_id not in self.planned_on.placements
        }
        return frozenset(waits_for) - standing

    def _shrunk(self, action: Sending, state: State) -> Terms | None:
        """Return the terms less late fills, within the budget, or None for too little."""
        terms = action.after
        if not terms.quantity:  # a trigger on the whole position has no quantity of its own
            return terms
        quantity = terms.quantity - self._late_fill(action, state)
        held = _held(action, state)
        if quantity > held:
            # What is only smaller always fits; what grows needs room that others leave.
            key = (action.holder, action.generation)
            room = action.budget - committed(state, key) + held - self.given.get(key, ZERO)
            quantity = min(quantity, max(room, held))
        if quantity >= terms.quantity:
            return terms
        instrument = self.instruments.get(terms.instrument)
        if instrument is None:  # a guess could be off the venue's grid
            return None
        quantity = floor_to_step(max(ZERO, quantity), instrument.lot_size)
        if quantity <= ZERO or quantity < instrument.minimum_quantity(terms.price):
            return None
        return replace(terms, quantity=quantity)

    def _cut(self, action: Sending, after: Terms, state: State) -> Sending:
        """Return an action with the terms that may be sent, and attached orders to match."""
        if isinstance(action, Modify):
            return action if after is action.after else replace(action, after=after)
        children = tuple(self._cut_child(child, action, after, state) for child in action.children)
        if after is action.after and children == action.children:
            return action
        return replace(action, after=after, children=children)

    def _cut_child(
        self, child: DesiredOrder, action: Place | Replace, after: Terms, state: State
    ) -> DesiredOrder:
        """Return an attached order that closes no more than is open, and what is to be opened."""
        quantity = after.quantity
        if not self.attached_follow:
            # It closes what an earlier order opened as well; some of that may be closed by now.
            keys = [(each.address, action.generation) for each in action.children]
            closed = sum((_filled(state, x) - _filled(self.planned_on, x) for x in keys), ZERO)
            quantity = max(quantity, child.terms.quantity - closed)
        if quantity >= child.terms.quantity:
            return child
        return replace(child, terms=replace(child.terms, quantity=quantity))

    def _late_fill(self, action: Sending, state: State) -> Decimal:
        """Return what filled of the order an action ends since the plan, under the same budget."""
        key = (action.holder, action.generation)
        if isinstance(action, Place):
            return ZERO
        if isinstance(action, Modify) and (action.origin_holder, action.origin_generation) != key:
            return ZERO
        price = action.before.price
        return _filled_at(state, key, price) - _filled_at(self.planned_on, key, price)


def _rests_already(action: Sending, after: Terms) -> bool:
    """Say whether nothing but the place in the queue would change."""
    if not isinstance(action, Modify) or action.before.price != after.price:
        return False
    return action.before.remaining == after.quantity


def _held(action: Sending, state: State) -> Decimal:
    """Return what of its holder's budget the order still holds that an action changes."""
    key = (action.holder, action.generation)
    if not isinstance(action, Modify) or (action.origin_holder, action.origin_generation) != key:
        return ZERO
    placement = state.placements.get(_id_of(action))
    return _live(placement) if placement is not None else ZERO


def _id_of(action: Modify | Replace) -> ClientOrderId:
    assert action.before.client_order_id is not None, "only orders of ours are changed"
    return action.before.client_order_id


def committed(state: State, key: HolderKey) -> Decimal:
    """Return what has filled under a holder's generation and what of it may still fill."""
    record = state.records.get(key)
    total = record.filled if record is not None else ZERO
    for placement in state.placements.values():
        if placement.key == key:
            total += placement.filled + _live(placement)
    return total


def _live(placement: Placement) -> Decimal:
    leg = placement.current_leg
    if leg is None:
        return placement.terms.quantity
    return ZERO if leg.is_settled else max(ZERO, leg.quantity - leg.filled)


def _filled(state: State, key: HolderKey) -> Decimal:
    record = state.records.get(key)
    ended = record.filled if record is not None else ZERO
    return ended + sum((p.filled for p in state.placements.values() if p.key == key), ZERO)


def _filled_at(state: State, key: HolderKey, price: Decimal) -> Decimal:
    record = state.records.get(key)
    filled = record.filled_at.get(price, ZERO) if record is not None else ZERO
    for placement in state.placements.values():
        if placement.key == key:
            filled += sum((leg.filled for leg in placement.legs if leg.price == price), ZERO)
    return filled
