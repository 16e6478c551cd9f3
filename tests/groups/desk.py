"""One group at a simulated venue, in process and under a clock that only moves when told.

The venue's own record is the truth: what must never be is checked after every request that arrives.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx

from reconciler.execution.executor import Entry, EntryReport, carry_out
from reconciler.execution.looking import Look, Shell, look
from reconciler.execution.resolver import ClosingPolicy
from reconciler.model.identity import WIDE, holder_digest
from reconciler.model.order import (
    DesiredBook,
    DesiredOrder,
    Execution,
    OrderAddress,
    Side,
    Terms,
    Trigger,
    TriggerKind,
)
from reconciler.simulator import AccountSeed, Request, Simulator
from tests.execution.fakes import FakeStore, Listener
from tests.support.build import SPAN, WIDE_LIMITS, book, holder, policy, state
from tests.venues.support import ACCOUNT, SIGNER, FakeClock, venue

__all__ = ["GENERATIONS", "Desk", "Truth", "wanted"]

PARENT, STOP, TARGET = "btc.swing", "btc.swing.stop_loss", "btc.swing.take_profit"
GENERATIONS = 4
ZERO = Decimal(0)
ROLES = {
    holder_digest(OrderAddress(address), generation): (address, generation)
    for address in (PARENT, STOP, TARGET)
    for generation in range(1, GENERATIONS + 1)
}
NOBODY = holder(
    "btc.low",
    Terms(instrument="BTC", side=Side.BUY, price=Decimal(20000), quantity=Decimal("0.01")),
)


def wanted(
    *,
    price: int = 61000,
    quantity: str = "0.02",
    stop: int | None = 59000,
    target: int | None = 75000,
    generation: int = 1,
) -> DesiredBook:
    """Return a book with the group, and an order beside it that is never met."""
    parent = Terms(
        instrument="BTC", side=Side.BUY, price=Decimal(price), quantity=Decimal(quantity)
    )
    children = []
    if target is not None:
        children.append(_child(TARGET, parent, TriggerKind.TAKE_PROFIT, target, target - 100))
    if stop is not None:
        children.append(_child(STOP, parent, TriggerKind.STOP_LOSS, stop, stop - 5000))
    made = holder(PARENT, parent, generation=generation)
    made = replace(made, orders=(replace(made.orders[0], children=tuple(children)),))
    return book(made, NOBODY)


def _child(address: str, parent: Terms, kind: TriggerKind, at: int, price: int) -> DesiredOrder:
    execution = Execution.MARKET if kind is TriggerKind.STOP_LOSS else Execution.LIMIT
    terms = replace(
        parent,
        side=Side.SELL,
        price=Decimal(price),
        post_only=False,
        reduce_only=True,
        trigger=Trigger(kind=kind, price=Decimal(at), execution=execution),
    )
    return DesiredOrder(address=OrderAddress(address), terms=terms, source=SPAN)


class Truth:
    """What the venue knows of us, read from its own record."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.account = simulator.world.accounts[ACCOUNT.lower()]

    @property
    def position(self) -> Decimal:
        return self.account.position_size(0)

    def orders(self, *, live: bool = False) -> list[Any]:
        return [o for o in self.account.history if o.is_live or not live]

    def role(self, order: Any) -> tuple[str, int]:
        """Return whose an order is: the address and the generation its id carries."""
        parts = WIDE.decode(order.terms.cloid or "")
        return ROLES.get(parts.digest, ("", 0)) if parts is not None else ("", 0)

    def filled(self, address: str, generation: int) -> Decimal:
        return sum((o.filled for o in self.orders() if self.role(o) == (address, generation)), ZERO)

    def to_close(self, generation: int) -> Decimal:
        """Return what a generation opened and has not closed."""
        closed = self.filled(STOP, generation) + self.filled(TARGET, generation)
        return self.filled(PARENT, generation) - closed

    def armed_stops(self) -> list[Any]:
        return [
            o
            for o in self.orders(live=True)
            if self.role(o)[0] == STOP and o.phase.value in ("armed", "book")
        ]


class Desk(httpx.AsyncBaseTransport):
    """A project with one book, and the venue it trades at.

    Attributes:
        wrong: everything that must never be and was, in sentences.
        declared: the largest quantity ever declared, by generation.
    """

    def __init__(self, **switches: Any) -> None:
        self.clock = FakeClock()
        seed = AccountSeed(address=ACCOUNT, agents=(SIGNER,))
        self.simulator = Simulator(recover=lambda *_: SIGNER, accounts=[seed])
        self.control("switches", **switches)
        self.move("66000")
        self.truth = Truth(self.simulator)
        self.venue = venue(self, clock=self.clock)
        self.store = FakeStore(state())
        self.book = wanted()
        self.declared: dict[int, Decimal] = {}
        self.wrong: list[str] = []
        self.placed: set[str] = set()
        self.runner = asyncio.Runner()

    def close(self) -> None:
        self.runner.run(self.venue.close())
        self.runner.close()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Deliver one request, and look at what it did."""
        body = b"".join([chunk async for chunk in request.stream])  # type: ignore[union-attr]
        if request.url.path == "/exchange":
            self._before(json.loads(body)["action"])
        response = self.simulator.handle(
            Request(path=request.url.path, body=body), self.clock.now_ms()
        )
        if request.url.path == "/exchange":
            self._after()
        if response.is_dropped:
            raise httpx.ReadTimeout("no reply", request=request)
        return httpx.Response(response.status, content=response.body)

    def control(self, verb: str, **arguments: Any) -> Any:
        return self.simulator.control(verb, arguments, self.clock.now_ms())

    def move(self, mid: str) -> None:
        self.control("set_mid", instrument="BTC", mid=mid)

    def live(self) -> list[Any]:
        return self.truth.orders(live=True)

    def look(self, *, is_unattended: bool = False, allow: tuple[str, ...] = ()) -> Look:
        """Refresh and plan, as every command does."""
        self.clock.time_ms += 1_000
        for each in self.book.holders:
            if each.address == PARENT:
                most = max(each.quantity, self.declared.get(each.generation, ZERO))
                self.declared[each.generation] = most
        under = policy(is_unattended=is_unattended, allow=frozenset(allow))
        return self._run(
            lambda: look(self.venue, self.store.state, [self.book], under, self._shell())
        )

    def apply(self, *, is_unattended: bool = False, allow: tuple[str, ...] = ()) -> EntryReport:
        """Plan and carry it out; say so when it left a position bare."""
        has_faults = bool(self.control("faults"))
        bare_before = self._is_bare()
        seen = self.look(is_unattended=is_unattended, allow=allow)
        entry = Entry(
            venue=self.venue,
            store=self.store,
            limits=WIDE_LIMITS,
            expires_after_ms=15_000,
            shell=self._shell(),
            progress=Listener(),
            stop=lambda: None,
        )
        report: EntryReport = self._run(lambda: carry_out(entry, seen, seen.plan.actions))
        if not has_faults and "unprotect" not in allow and self._is_bare() and not bare_before:
            self.wrong.append("an apply took the stop of a position away")
        return report

    def _shell(self) -> Shell:
        return Shell(
            clock=self.clock,
            expand=lambda book, _: (book, ()),
            closing=ClosingPolicy(may_burn=True, wait_ms=30_000),
        )

    def _run(self, work: Callable[[], Any]) -> Any:
        return self.runner.run(work())

    def _is_bare(self) -> bool:
        return self.truth.position > ZERO and not self.truth.armed_stops()

    def _before(self, action: dict[str, Any]) -> None:
        if action["type"] == "cancel":
            self._check_cancels({each["o"] for each in action["cancels"]})
        if action["type"] != "order":
            return
        orders = action["orders"]
        for order in orders:
            if order["c"] in self.placed:
                self.wrong.append(f"{order['c']} was sent twice")
            self.placed.add(order["c"])
        if action["grouping"] == "normalTpsl":
            self._check_group(orders)
            return
        for order in orders:
            if "trigger" in order["t"] and Decimal(order["s"]) > self.truth.position:
                self.wrong.append(f"{order['s']} was to protect {self.truth.position}")

    def _check_cancels(self, oids: set[int]) -> None:
        """What filled of a parent has a stop of its own before the parent goes."""
        for order in self.live():
            is_filling = self.truth.role(order)[0] == PARENT and order.filled
            if order.oid in oids and is_filling and self._is_bare():
                self.wrong.append("a parent with fills was cancelled without a stop")

    def _check_group(self, orders: list[dict[str, Any]]) -> None:
        """Children are for all that will be open once their parent has filled."""
        parts = WIDE.decode(orders[0]["c"])
        assert parts is not None, "ids are ours"
        _, generation = ROLES[parts.digest]
        most = Decimal(orders[0]["s"]) + self.truth.to_close(generation)
        sizes = {Decimal(order["s"]) for order in orders[1:]}
        if sizes != {most}:
            self.wrong.append(f"children of {sizes} go with what will be {most}")

    def _after(self) -> None:
        live: dict[str, int] = {}
        for order in self.live():
            address, _ = self.truth.role(order)
            live[address] = live.get(address, 0) + 1
        for address in (PARENT, STOP, TARGET):
            if live.get(address, 0) > 1:
                self.wrong.append(f"{live[address]} orders of {address} are live")
        for order in self.truth.orders():
            self._check_id(order)
        for generation, most in self.declared.items():
            spent = self.truth.filled(PARENT, generation)
            rest = sum(
                (o.remaining for o in self.live() if self.truth.role(o) == (PARENT, generation)),
                ZERO,
            )
            if spent + rest > most:
                self.wrong.append(f"generation {generation} has {spent + rest}, above {most}")

    def _check_id(self, order: Any) -> None:
        address, _ = self.truth.role(order)
        trigger = order.terms.trigger
        kind = "" if trigger is None else trigger.kind
        if address and {PARENT: "", STOP: "sl", TARGET: "tp"}[address] != kind:
            self.wrong.append(f"an order of kind {kind!r} carries the id of {address}")
