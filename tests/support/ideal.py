"""An ideal venue: everything sent is accepted at once, nothing is lost, nothing fills by itself.

It carries out a plan through the same events as an apply does, so that what is folded is what was
sent. Fills are dealt by the test.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from reconciler.model.event import Event, IntentWritten, OutcomesWritten
from reconciler.model.identity import holder_digest, project_tag
from reconciler.model.numbers import ZERO
from reconciler.model.order import ClientOrderId, OrderAddress, RestingOrder, Terms, VenueOrderId
from reconciler.model.outcome import Accepted, Outcome, Unknown
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.model.snapshot import (
    Capabilities,
    Found,
    Missing,
    OrderPhase,
    OrderQuery,
    VenueSnapshot,
)
from reconciler.model.state import Intent, IntentItem, IntentOperation, State
from reconciler.model.transitions import preview
from reconciler.observe import observe, pending_queries, unsettled_addresses
from reconciler.planner.planner import Planned
from reconciler.planner.sequence import steps_of
from tests.support import build

LOOKUP_ROUNDS_MAX = 4


@dataclass(slots=True, kw_only=True)
class IdealVenue:
    """Open orders by venue order id, and how the others ended."""

    can: Capabilities
    orders: dict[VenueOrderId, RestingOrder] = field(default_factory=dict)
    ended: dict[VenueOrderId, tuple[RestingOrder, OrderPhase]] = field(default_factory=dict)
    last_oid: int = 1000
    last_nonce: int = build.NOW
    clock_ms: int = build.NOW

    def snapshot(self) -> VenueSnapshot:
        return build.snapshot(*self.orders.values(), taken_at_ms=self.clock_ms)

    def look(self, state: State) -> tuple[State, VenueSnapshot]:
        """Refresh, ask until nothing is left to ask, and fold what was seen."""
        seen = self.snapshot()
        for _ in range(LOOKUP_ROUNDS_MAX):
            settled = preview(state, observe(state, seen), at_ms=self.clock_ms)
            queries = pending_queries(settled, seen)
            if not queries:
                return settled, seen
            answers = {query: self.answer(query) for query in queries}
            seen = replace(seen, statuses={**seen.statuses, **answers})
        raise AssertionError("an ideal venue answers everything")

    def answer(self, query: OrderQuery) -> Found | Missing:
        phases = {oid: (order, OrderPhase.RESTING) for oid, order in self.orders.items()}
        known = {**self.ended, **phases}
        fitting = [
            oid
            for oid, (order, _) in known.items()
            if query.venue_order_id in (None, oid)
            and query.client_order_id in (None, order.client_order_id)
        ]
        if not fitting:
            return Missing(as_of_ms=self.clock_ms)
        order, phase = known[max(fitting, key=int)]
        return Found(order=order, phase=phase, word=phase, at_ms=self.clock_ms)

    def fill(self, oid: VenueOrderId, quantity: Decimal) -> None:
        order = self.orders[oid]
        left = order.remaining - quantity
        assert left >= ZERO, "no more fills than rest"
        if left:
            self.orders[oid] = replace(order, remaining=left)
        else:
            self.end(oid, OrderPhase.FILLED, remaining=ZERO)

    def end(
        self, oid: VenueOrderId, phase: OrderPhase, *, remaining: Decimal | None = None
    ) -> None:
        order = self.orders.pop(oid)
        if remaining is not None:
            order = replace(order, remaining=remaining)
        self.ended[oid] = (order, phase)

    def place(self, terms: Terms, cloid: ClientOrderId) -> VenueOrderId:
        self.last_oid += 1
        oid = VenueOrderId(str(self.last_oid))
        self.orders[oid] = build.resting(terms, oid=oid, cloid=cloid)
        return oid

    def carry_out(self, state: State, planned: Planned) -> State:
        """Send every step of a plan; return the state with all of it recorded."""
        state = preview(state, [*planned.events, *planned.labels], at_ms=self.clock_ms)
        for step in steps_of(planned.plan.actions, self.can):
            for action in step.actions:
                kind = "cancel" if step.kind == "cancel" else type(action).__name__
                state = self._send(state, action, kind)
            state, _ = self.look(state)
        return state

    def doubt(
        self, state: State, planned: Planned, coins: Sequence[bool]
    ) -> tuple[State, set[OrderAddress]]:
        """Write the intents of a plan and lose every answer; a coin says whether each arrived.

        Returns the state and the addresses that are in doubt.
        """
        state = preview(state, [*planned.events, *planned.labels], at_ms=self.clock_ms)
        doubted: set[OrderAddress] = set()
        steps = steps_of(planned.plan.actions, self.can)
        actions = [(a, step.kind) for step in steps[:1] for a in step.actions]
        for (action, batch_kind), has_arrived in zip(actions, coins, strict=False):
            kind = "cancel" if batch_kind == "cancel" else type(action).__name__
            before = dict(self.orders), dict(self.ended)
            items, _ = self._carry_out_one(state, action, kind)
            if not has_arrived:
                self.orders, self.ended = before
            state = self._write(state, kind, items, [Unknown(cause="timeout")])
            doubted |= {item.address for item in items}
        state, _ = self.look(state)
        return state, doubted & unsettled_addresses(state)

    def peak_of(self, state: State, planned: Planned) -> Decimal:
        """Carry out a plan; return the most that was open at any moment of it."""
        peak = self.open_notional()
        state = preview(state, [*planned.events, *planned.labels], at_ms=self.clock_ms)
        for step in steps_of(planned.plan.actions, self.can):
            for action in step.actions:
                kind = "cancel" if step.kind == "cancel" else type(action).__name__
                state = self._send(state, action, kind)
                peak = max(peak, self.open_notional())
        return peak

    def open_notional(self) -> Decimal:
        return sum((order.price * order.remaining for order in self.orders.values()), ZERO)

    def _send(self, state: State, action: Action, kind: str) -> State:
        items, outcomes = self._carry_out_one(state, action, kind)
        return self._write(state, kind, items, outcomes)

    def _write(
        self, state: State, kind: str, items: list[IntentItem], outcomes: Sequence[Outcome]
    ) -> State:
        self.last_nonce += 1
        intent = Intent(
            nonce=self.last_nonce, expires_at_ms=0, kind=kind, items=tuple(items), body=""
        )
        written = OutcomesWritten(nonce=intent.nonce, outcomes=tuple(outcomes))
        events: list[Event] = [IntentWritten(intent=intent), written]
        return preview(state, events, at_ms=self.clock_ms)

    def _carry_out_one(
        self, state: State, action: Action, kind: str
    ) -> tuple[list[IntentItem], list[Accepted]]:
        if kind == "cancel":
            assert isinstance(action, Cancel | Replace)
            self.end(action.before.venue_order_id, OrderPhase.CANCELLED_BY_USER)
            return [_cancel_item(action)], [Accepted()]
        assert isinstance(action, Place | Modify | Replace)
        cloid, incarnation, source = self._id_of(state, action)
        if isinstance(action, Modify):
            self.end(action.before.venue_order_id, OrderPhase.CANCELLED_BY_USER)
        oid = self.place(action.after, cloid)
        item = IntentItem(
            operation=IntentOperation.MODIFY
            if isinstance(action, Modify)
            else IntentOperation.PLACE,
            address=action.address,
            holder=action.holder,
            generation=action.generation,
            client_order_id=cloid,
            incarnation=incarnation,
            source_client_order_id=source,
            target=action.before.venue_order_id if isinstance(action, Modify) else None,
            terms=action.after,
            budget=action.budget,
        )
        return [item], [Accepted(venue_order_id=oid)]

    def _id_of(
        self, state: State, action: Place | Modify | Replace
    ) -> tuple[ClientOrderId, int, ClientOrderId | None]:
        if isinstance(action, Modify):
            before = action.before.client_order_id
            assert before is not None, "only orders of ours are modified"
            origin = (action.origin_holder, action.origin_generation)
            if origin == (action.holder, action.generation):
                return before, 0, None
        incarnation = state.last_incarnation + 1
        cloid = self.can.id_layout.encode(
            tag=project_tag(project=state.project, lineage=state.lineage),
            digest=holder_digest(action.holder, action.generation),
            incarnation=incarnation,
        )
        source = action.before.client_order_id if isinstance(action, Modify) else None
        return cloid, incarnation, source


def _cancel_item(action: Cancel | Replace) -> IntentItem:
    assert action.before.client_order_id is not None, "only orders of ours are cancelled"
    return IntentItem(
        operation=IntentOperation.CANCEL,
        address=action.address,
        holder=action.address,
        generation=0,
        client_order_id=action.before.client_order_id,
        incarnation=0,
        target=action.before.venue_order_id,
    )
