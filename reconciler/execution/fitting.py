"""What may still be placed once cancels were read back: never more than the budget leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from reconciler.model.instrument import Instrument
from reconciler.model.numbers import ZERO, floor_to_step
from reconciler.model.order import ClientOrderId, OrderAddress, Terms
from reconciler.model.plan import Action, Cancel, Place, Replace
from reconciler.model.state import HolderKey, Placement, PlacementPhase, State

__all__ = ["Fitting", "committed"]


@dataclass(slots=True, kw_only=True)
class Fitting:
    """What one run may place, request by request.

    Attributes:
        cancelled: client order ids that the run cancels, by address.
        replaced: client order ids whose order makes way for another at its address.
        planned_on: the state the plan was made from.
        given: what this run already took of each holder's budget and is not on record yet.
    """

    cancelled: Mapping[OrderAddress, frozenset[ClientOrderId]]
    replaced: frozenset[ClientOrderId | None]
    planned_on: State
    instruments: Mapping[str, Instrument]
    given: dict[HolderKey, Decimal] = field(default_factory=dict)

    @classmethod
    def of(
        cls, actions: Sequence[Action], planned_on: State, instruments: Mapping[str, Instrument]
    ) -> "Fitting":
        """Return the fitting of a run's actions."""
        cancelled: dict[OrderAddress, set[ClientOrderId]] = {}
        for action in actions:
            if isinstance(action, Cancel) and action.before.client_order_id is not None:
                ids = cancelled.setdefault(action.address, set())
                ids.add(action.before.client_order_id)
        frozen = {address: frozenset(ids) for address, ids in cancelled.items()}
        replaced = [a.before.client_order_id for a in actions if isinstance(a, Replace)]
        return cls(
            cancelled=frozen,
            replaced=frozenset(replaced),
            planned_on=planned_on,
            instruments=instruments,
        )

    def begin_request(self) -> None:
        """Forget what was given: the last request is on record by now."""
        self.given.clear()

    def fit(self, action: Place | Replace, state: State) -> Place | Replace | str:
        """Return the action as it may be sent now, or why it may not."""
        if self._is_waiting(action, state):
            return "The order it waits for is not confirmed gone."
        after = self._shrunk(action, state)
        if after is None:
            return "What it was to place has filled meanwhile."
        key = (action.holder, action.generation)
        self.given[key] = self.given.get(key, ZERO) + after.quantity
        return action if after is action.after else replace(action, after=after)

    def fit_cancel(self, action: Cancel | Replace, state: State) -> str | None:
        """Return why a cancel may not be sent now, or None when it may."""
        waits_for = action.waits_for if isinstance(action, Cancel) else ()
        if not waits_for:
            return None
        standing = {
            placement.address
            for placement in state.placements.values()
            if placement.legs and placement.phase is PlacementPhase.LIVE
            # The stop that ends with its parent is none that stands first.
            if placement.client_order_id not in self.replaced
        }
        if standing.issuperset(waits_for):
            return None
        return "The stop that is to stand first is not confirmed."

    def _is_waiting(self, action: Place | Replace, state: State) -> bool:
        if isinstance(action, Replace):
            if action.before.client_order_id in state.placements:
                return True
            children = {(child.address, action.generation) for child in action.children}
            return bool(children) and any(p.key in children for p in state.placements.values())
        waited = (self.cancelled.get(address, frozenset()) for address in action.waits_for)
        return any(client_order_id in state.placements for ids in waited for client_order_id in ids)

    def _shrunk(self, action: Place | Replace, state: State) -> Terms | None:
        """Return the terms less late fills, within the budget, or None for too little."""
        terms = action.after
        if not terms.quantity:  # a trigger on the whole position has no quantity of its own
            return terms
        key = (action.holder, action.generation)
        room = action.budget - committed(state, key) - self.given.get(key, ZERO)
        quantity = min(terms.quantity - self._late_fill(action, state), room)
        if quantity >= terms.quantity:
            return terms
        instrument = self.instruments.get(terms.instrument)
        if instrument is not None:
            quantity = floor_to_step(max(ZERO, quantity), instrument.lot_size)
        least = instrument.minimum_quantity(terms.price) if instrument is not None else ZERO
        if quantity <= ZERO or quantity < least:
            return None
        return replace(terms, quantity=quantity)

    def _late_fill(self, action: Place | Replace, state: State) -> Decimal:
        if isinstance(action, Place):
            return ZERO
        key, price = (action.holder, action.generation), action.before.price
        return _filled_at(state, key, price) - _filled_at(self.planned_on, key, price)


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


def _filled_at(state: State, key: HolderKey, price: Decimal) -> Decimal:
    record = state.records.get(key)
    filled = record.filled_at.get(price, ZERO) if record is not None else ZERO
    for placement in state.placements.values():
        if placement.key == key:
            filled += sum((leg.filled for leg in placement.legs if leg.price == price), ZERO)
    return filled
