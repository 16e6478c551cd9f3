"""Fakes at the ports of execution: a clock that only moves when asked to wait, a store, a venue."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from reconciler.diagnostics import Diagnostic
from reconciler.model.capabilities import Capabilities
from reconciler.model.command import Batch, BatchKind, CancelOrder, Command, ModifyOrder, Prepared
from reconciler.model.event import Event, IntentWritten
from reconciler.model.order import Options, RestingOrder, VenueOrderId
from reconciler.model.outcome import Accepted, Outcome
from reconciler.model.snapshot import (
    FillHistory,
    Found,
    Missing,
    OrderHistory,
    OrderPhase,
    OrderQuery,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.model.state import State
from reconciler.model.transitions import preview
from reconciler.ports import LockInfo, Markets
from tests.support import build

__all__ = ["FakeClock", "FakeStore", "FakeVenue", "Listener", "ObedientVenue", "finished"]


def finished(work: Awaitable[Any]) -> Any:
    """Run a coroutine that waits for nothing but fakes."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as done:
        return done.value
    raise AssertionError("a fake never waits")


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, now_ms: int = build.NOW) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        return self.at_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        self.at_ms += duration_ms


@dataclass
class FakeStore:
    """A journal in memory that keeps its events.

    Attributes:
        refuse: called before each write; may raise.
    """

    state: State
    events: list[Event] = field(default_factory=list)
    checkpoints: int = 0
    refuse: Callable[[Sequence[Event]], None] = lambda events: None

    async def load(self) -> State | None:
        return self.state

    async def append(self, state: State, events: Sequence[Event], at_ms: int) -> State:
        self.refuse(events)
        assert state == self.state, "a run knows what the journal holds"
        self.events += events
        self.state = preview(state, events, at_ms=at_ms)
        self.state = replace(self.state, serial=state.serial + len(events))
        return self.state

    async def checkpoint(self, state: State) -> None:
        assert state == self.state
        self.checkpoints += 1

    async def lock(self, operation: str, *, wait_ms: int) -> LockInfo:
        raise AssertionError("execution takes no lock")

    async def unlock(self, info: LockInfo) -> None:
        raise AssertionError("execution takes no lock")

    async def close(self) -> None:
        pass

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    def intents(self) -> list[int]:
        return [e.intent.nonce for e in self.events if isinstance(e, IntentWritten)]


@dataclass
class FakeVenue:
    """A venue that says what it is told to.

    Attributes:
        looks: snapshots in turn; the last one repeats.
        answers: to lookups, by query; anything else is missing.
        outcomes: of requests in turn; without one everything is accepted.
        burns: answers in turn; the last one repeats.
        times: venue times in turn; afterwards the clock's.
        histories: fills in turn; afterwards there are none, and nothing is out of reach.
        waits: for the rate limit, in turn; afterwards none.
        tamper: changes what a request is read back as.
        unplaceable: where it cannot say what it takes, and why.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    capabilities: Capabilities = build.IN_PLACE
    looks: list[VenueSnapshot] = field(default_factory=lambda: [build.snapshot()])
    answers: Mapping[OrderQuery, OrderStatus] = field(default_factory=dict)
    outcomes: list[tuple[Outcome, ...]] = field(default_factory=list)
    burns: list[str] = field(default_factory=lambda: ["unsupported"])
    times: list[int | None] = field(default_factory=list)
    histories: list[FillHistory] = field(default_factory=list)
    tamper: Callable[[Batch], Batch] = lambda batch: batch
    unplaceable: Mapping[str, str] = field(default_factory=dict)
    account_problems: tuple[Diagnostic, ...] = ()
    asked: list[OrderQuery] = field(default_factory=list)
    looked_at: list[frozenset[str]] = field(default_factory=list)
    listed: list[frozenset[str]] = field(default_factory=list)
    looked_since: list[int] = field(default_factory=list)
    burned: list[int] = field(default_factory=list)
    sent: list[Prepared] = field(default_factory=list)
    before_send: Callable[[Prepared], None] = lambda prepared: None
    waits: list[int] = field(default_factory=list)

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        self.looked_at.append(instruments)
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    async def everywhere(self) -> frozenset[str]:
        return frozenset()

    async def markets(
        self,
        instruments: frozenset[str],
        *,
        quotes_of: frozenset[str] = frozenset(),
        options: frozenset[Options] = frozenset(),
    ) -> Markets:
        self.listed.append(instruments)
        return Markets(instruments=self.looks[0].instruments, unplaceable=self.unplaceable)

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        self.asked += queries
        missing = Missing(as_of_ms=self.clock.now_ms())
        return {query: self.answers.get(query, missing) for query in queries}

    def prepare(self, batch: Batch, *, nonce: int, expires_at_ms: int) -> Prepared:
        return Prepared(batch=batch, nonce=nonce, expires_at_ms=expires_at_ms, body="{}")

    def wait_ms(self, kind: BatchKind, items: int) -> int:
        return self.waits.pop(0) if self.waits else 0

    def decode(self, prepared: Prepared) -> Batch:
        return self.tamper(prepared.batch)

    async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        self.before_send(prepared)
        self.sent.append(prepared)
        if self.outcomes:
            return self.outcomes.pop(0)
        return tuple(Accepted() for _ in prepared.batch.items)

    async def burn(self, nonce: int) -> str:
        self.burned.append(nonce)
        return self.burns.pop(0) if len(self.burns) > 1 else self.burns[0]

    async def venue_time_ms(self) -> int | None:
        return self.times.pop(0) if self.times else self.clock.now_ms()

    async def check_account(self) -> tuple[Diagnostic, ...]:
        return self.account_problems

    def signer_address(self) -> str:
        return "0xagent"

    async def fills(self, since_ms: int) -> FillHistory:
        self.looked_since.append(since_ms)
        if self.histories:
            return self.histories.pop(0)
        return FillHistory(fills=(), reaches_ms=since_ms, is_complete=True)

    async def order_history(self, since_ms: int) -> OrderHistory:
        return OrderHistory(orders=(), reaches_ms=since_ms, is_complete=True)

    async def warm_up(self) -> None:
        pass

    async def close(self) -> None:
        pass


@dataclass
class ObedientVenue(FakeVenue):
    """A venue that does what it is told, unless `outcomes` say otherwise, and shows it.

    Attributes:
        orders: what rests, by venue order id.
        ended: what does not any more, with the phase it ended in.
        is_lost: whether requests never arrive although they are answered.
    """

    orders: dict[VenueOrderId, RestingOrder] = field(default_factory=dict)
    ended: dict[VenueOrderId, tuple[RestingOrder, OrderPhase]] = field(default_factory=dict)
    is_lost: bool = False
    last_oid: int = 100

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        if len(self.looks) > 1:
            return self.looks.pop(0)
        return build.snapshot(*self.orders.values(), taken_at_ms=self.clock.now_ms())

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        return {query: self._status(query) for query in queries}

    async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        self.before_send(prepared)
        self.sent.append(prepared)
        done = tuple(Accepted() for _ in prepared.batch.items)
        if not self.is_lost:
            done = tuple(self._do(command) for command in prepared.batch.items)
        return self.outcomes.pop(0) if self.outcomes else done

    def end(self, oid: VenueOrderId, phase: OrderPhase, *, filled: Decimal | None = None) -> None:
        """Let an order end, perhaps after filling in part."""
        order = self.orders.pop(oid)
        remaining = order.remaining if filled is None else order.quantity - filled
        self.ended[oid] = (replace(order, remaining=remaining), phase)

    def _do(self, command: Command) -> Accepted:
        if isinstance(command, CancelOrder):
            assert command.target is not None, "orders of ours have been seen"
            if command.target in self.orders:
                self.end(command.target, OrderPhase.CANCELLED_BY_USER)
            return Accepted()
        if isinstance(command, ModifyOrder):
            self.end(command.target, OrderPhase.CANCELLED_BY_USER)
        self.last_oid += 1
        oid = VenueOrderId(str(self.last_oid))
        cloid = command.client_order_id
        self.orders[oid] = build.resting(command.terms, oid=oid, cloid=cloid)
        return Accepted(venue_order_id=oid)

    def _status(self, query: OrderQuery) -> OrderStatus:
        resting = [(order, OrderPhase.RESTING) for order in self.orders.values()]
        for order, phase in reversed([*self.ended.values(), *resting]):
            if query.venue_order_id in (None, order.venue_order_id) and (
                query.client_order_id in (None, order.client_order_id)
            ):
                return Found(order=order, phase=phase, word=phase, at_ms=self.clock.now_ms())
        return Missing(as_of_ms=self.clock.now_ms())


@dataclass
class Listener:
    """Somebody who wants to know."""

    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)
