"""The limits of a project, held against what a request that is about to be sent would do. Pure.

It starts from the decoded request and from the run's own record, so that a limit holds at every
prefix of a run, whatever of it is acknowledged. Cancels and reductions always pass.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.model.command import Batch, BatchKind, CancelOrder, ModifyOrder, PlaceOrder
from reconciler.model.config import Limits
from reconciler.model.instrument import Instrument, order_value
from reconciler.model.numbers import ZERO, format_decimal
from reconciler.model.order import ClientOrderId, OrderAddress, RestingOrder, Terms
from reconciler.model.plan import Modify, Place, Replace
from reconciler.model.state import Halt, State
from reconciler.planner.exposure import most_open
from reconciler.planner.limits import band_objection

__all__ = [
    "Standing",
    "Tally",
    "Weighed",
    "action_count",
    "limit_objections",
    "new_value",
    "open_now",
    "open_objection",
    "rise_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a run stands before a request.

    Attributes:
        mids: middle prices by instrument, as the plan was made with.
        new_run, new_day: quote currency newly placed before, by the run and on the UTC day.
        actions: how many actions the run has sent before.
        open_most: no more than this is open, foreign orders included.
        record: the state with all that was sent so far.
        halt: nothing may be placed or modified.
    """

    limits: Limits
    instruments: Mapping[str, Instrument]
    mids: Mapping[str, Decimal]
    record: State
    open_most: Decimal
    new_run: Decimal = ZERO
    new_day: Decimal = ZERO
    actions: int = 0
    halt: Halt | None = None

    def value(self, terms: Terms) -> Decimal:
        """Return what an order is worth, in quote currency."""
        instrument = self.instruments.get(terms.instrument)
        return order_value(instrument, price=terms.price, quantity=terms.quantity)

    def value_left(self, order: RestingOrder) -> Decimal:
        """Return what is left of an order, in quote currency."""
        instrument = self.instruments.get(order.instrument)
        return order_value(instrument, price=order.price, quantity=order.remaining)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One order that a request puts on the venue.

    Attributes:
        action: what the plan says of it.
        source: client order id of the order a modify takes, None for a place.
    """

    address: OrderAddress
    command: PlaceOrder | ModifyOrder
    action: Place | Modify | Replace
    source: ClientOrderId | None = None

    def raises(self, standing: Standing) -> bool:
        """Say whether it raises what is open beyond what stood in its place."""
        if isinstance(self.action, Place):
            return not self.command.terms.reduce_only
        return standing.value(self.command.terms) > standing.value_left(self.action.before)

    def is_only_smaller(self) -> bool:
        """Say whether the order stays where it is and is no larger than what rests."""
        if isinstance(self.action, Place):
            return False
        before, terms = self.action.before, self.command.terms
        return (
            before.price == terms.price
            and before.trigger == terms.trigger
            and terms.quantity <= before.remaining
        )

    def orders(self) -> Iterator[tuple[OrderAddress, Terms]]:
        """Yield it and its attached orders, each with its address."""
        yield self.address, self.command.terms
        if isinstance(self.command, PlaceOrder) and not isinstance(self.action, Modify):
            for child, planned in zip(self.command.children, self.action.children, strict=False):
                yield planned.address, child.terms


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one run has sent so far, request by request.

    Attributes:
        halt: one that stands outside of the state, or None.
        open_most: a bound of what is open that each request raises; None to count it anew.
    """

    limits: Limits
    instruments: Mapping[str, Instrument]
    mids: Mapping[str, Decimal]
    halt: Halt | None
    new_notional: Decimal = ZERO
    actions: int = 0
    open_most: Decimal | None = None

    def standing(self, state: State, foreign: Iterable[RestingOrder], day: str) -> Standing:
        """Return where the run stands; `day` is today by the venue's time, in UTC."""
        if self.open_most is None:
            self.open_most = open_now(state, foreign, self.instruments)
        return Standing(
            limits=self.limits,
            instruments=self.instruments,
            mids=self.mids,
            record=state,
            open_most=self.open_most,
            new_run=self.new_notional,
            new_day=state.new_notional_by_day.get(day, ZERO),
            actions=self.actions,
            halt=state.halt or self.halt,
        )

    def count(self, decoded: Batch, weighed: Sequence[Weighed], standing: Standing) -> None:
        """Add a request that is about to be sent."""
        self.new_notional += new_value(weighed, standing)
        self.actions += action_count(decoded, weighed)
        self.open_most = standing.open_most + rise_of(weighed, standing)


def open_now(
    state: State, foreign: Iterable[RestingOrder], instruments: Mapping[str, Instrument]
) -> Decimal:
    """Return the most that may be open: what is on record, and orders that are not."""
    most = ZERO
    for order in foreign:
        instrument = instruments.get(order.instrument)
        most += order_value(instrument, price=order.price, quantity=order.remaining)
    for placement in state.placements.values():
        most += most_open(placement, instruments.get(placement.terms.instrument))
    return most


def rise_of(weighed: Sequence[Weighed], standing: Standing) -> Decimal:
    """Return by how much a request may raise what is open, whatever of it is acknowledged."""
    rise = ZERO
    for order in weighed:
        value = sum((standing.value(terms) for _, terms in order.orders()), ZERO)
        source = standing.record.placements.get(order.source) if order.source else None
        if source is not None:
            value -= most_open(source, standing.instruments.get(source.terms.instrument))
        rise += max(ZERO, value)
    return rise


def action_count(decoded: Batch, weighed: Sequence[Weighed]) -> int:
    """Return how many actions a request carries out; a replacement counts with its cancel."""
    if decoded.kind is BatchKind.CANCEL:
        return len(decoded.commands)
    return sum(not isinstance(order.action, Replace) for order in weighed)


def limit_objections(
    decoded: Batch, weighed: Sequence[Weighed], standing: Standing
) -> Iterator[str]:
    """Yield every limit that a request would break."""
    limits, halt = standing.limits, standing.halt
    if halt is not None and any(not isinstance(c, CancelOrder) for c in decoded.commands):
        yield f"{halt.by} halted everything: {halt.why}"
    for order in weighed:
        yield from _order_objections(order, standing)
    if not any(order.raises(standing) for order in weighed):
        return
    new = new_value(weighed, standing)
    if standing.new_run + new > limits.max_new_notional_per_run:
        yield "The run would be above `max_new_notional_per_run`."
    if standing.new_day + new > limits.max_new_notional_per_day:
        yield "The day would be above `max_new_notional_per_day`."
    count = standing.actions + action_count(decoded, weighed)
    if count > limits.max_actions:
        yield f"The run would have {count} actions, above `max_actions`."
    why = open_objection(weighed, standing)
    if why is not None:
        yield why


def open_objection(weighed: Sequence[Weighed], standing: Standing) -> str | None:
    """Return why a request may not be sent beside what may be open already, or None."""
    most = standing.open_most + rise_of(weighed, standing)
    limit = standing.limits.max_open_notional
    if most <= limit or not any(order.raises(standing) for order in weighed):
        return None
    return (
        f"Open orders could be worth {format_decimal(most)}; `max_open_notional` is "
        f"{format_decimal(limit)}."
    )


def _order_objections(order: Weighed, standing: Standing) -> Iterator[str]:
    limits, value = standing.limits, standing.value(order.command.terms)
    if value > limits.max_order_notional and order.raises(standing):
        yield f"An order is worth {format_decimal(value)}, above `max_order_notional`."
    if order.is_only_smaller():
        return
    for address, terms in order.orders():
        why = band_objection(address, terms, standing.mids.get(terms.instrument), limits)
        if why is not None:
            yield f"{address}: {why}"


def new_value(weighed: Sequence[Weighed], standing: Standing) -> Decimal:
    """Return what a request newly places, no cancel deducted and no attached order counted.

    What can only reduce a position is no new value.
    """
    new = ZERO
    for order in weighed:
        if order.command.terms.reduce_only:
            continue
        value = standing.value(order.command.terms)
        if not isinstance(order.action, Place):
            # What is no larger than what it takes the place of is nothing new.
            value = max(ZERO, value - standing.value_left(order.action.before))
        new += value
    return new
