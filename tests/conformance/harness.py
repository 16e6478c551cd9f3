"""What the battery needs of a venue: the port, its clock, and a hand behind its back.

A venue joins the battery with one factory of a `Harness` in `venues.py`; what it cannot do is told
by its capabilities, and those tests leave it out.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from reconciler.model.capabilities import Capabilities
from reconciler.model.command import Batch, BatchKind, PlaceOrder, Prepared
from reconciler.model.order import ClientOrderId, Side, Terms, VenueOrderId
from reconciler.model.outcome import Outcome
from reconciler.model.snapshot import OrderQuery, OrderStatus
from reconciler.ports import Venue
from tests.venues.support import FakeClock

__all__ = ["Attended", "Entrant", "Harness", "our_id"]

TAG = 0x5EED_0000
HOLDER = 0x1234 << 40


class Harness(Protocol):
    """One account at one venue.

    Attributes:
        instrument: one that trades; nothing rests and nothing is held in it at first.
        resting_price: for a buy that rests, far below the market.
        crossing_price: for a buy that would match at once.
        step: between prices that rest.
        quantity: of an ordinary order; a tenth of it is legal too.
        options: what every order must say.
    """

    venue: Venue
    clock: FakeClock
    instrument: str
    resting_price: Decimal
    crossing_price: Decimal
    step: Decimal
    quantity: Decimal
    options: tuple[tuple[str, str], ...]

    def live(self) -> Mapping[VenueOrderId, tuple[ClientOrderId | None, Decimal]]:
        """Return what truly rests: our id and what is left, by the venue's id."""

    def filled(self, client_order_id: ClientOrderId) -> Decimal:
        """Return what truly filled under an id, over all orders that ever carried it."""

    def fill(self, venue_order_id: VenueOrderId, quantity: Decimal | None = None) -> None:
        """Let an order fill, by default all of it."""

    def cancel_as_person(self, venue_order_id: VenueOrderId) -> None:
        """Cancel an order as a person would, at the venue's own pages."""

    def place_as_person(self, price: Decimal, quantity: Decimal) -> VenueOrderId:
        """Place a buy as a person would."""

    def lose(self, part: str, kind: BatchKind) -> None:
        """Lose the ``request``, or the ``reply``, of the next request of a kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A venue that takes part.

    Attributes:
        open: makes a fresh account at a fresh venue, inside a running loop.
    """

    name: str
    capabilities: Capabilities
    open: Callable[[], AbstractAsyncContextManager[Harness]]


def our_id(can: Capabilities, number: int) -> ClientOrderId:
    """Return an id as this program makes them."""
    return can.id_layout.encode(tag=TAG, digest=HOLDER, incarnation=number)


@dataclass(slots=True)
class Attended:
    """A venue of which every request is counted, and that somebody may step in front of.

    Attributes:
        requests: kinds of the requests that were sent, with how many orders they were about.
        before, after: called around each request.
    """

    inner: Venue
    requests: list[tuple[BatchKind, int]] = field(default_factory=list)
    before: Callable[[Prepared], None] = lambda prepared: None
    after: Callable[[Prepared], None] = lambda prepared: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def submit(self, prepared: Prepared) -> tuple[Outcome, ...]:
        """Count, and pass on."""
        self.before(prepared)
        self.requests.append((prepared.batch.kind, len(prepared.batch.commands)))
        outcomes = await self.inner.submit(prepared)
        self.after(prepared)
        return outcomes


@dataclass(slots=True)
class Hand:
    """Short ways to use the port of a harness directly."""

    harness: Harness
    nonce: int = 0

    @property
    def can(self) -> Capabilities:
        """What the venue can do."""
        return self.harness.venue.capabilities

    def terms(self, steps: int = 0, *, side: Side = Side.BUY, **more: Any) -> Terms:
        """Return an order that rests, so many steps further from the market."""
        return Terms(
            **{
                "instrument": self.harness.instrument,
                "side": side,
                "price": self.harness.resting_price - steps * self.harness.step,
                "quantity": self.harness.quantity,
                "options": self.harness.options,
                **more,
            }
        )

    def place(self, number: int, wanted: Terms | None = None) -> PlaceOrder:
        """Return the command for an order of ours."""
        made = wanted or self.terms(number)
        return PlaceOrder(client_order_id=our_id(self.can, number), terms=made)

    async def send(self, kind: BatchKind, *commands: Any) -> tuple[Any, ...]:
        """Prepare, pass the last gate, and send."""
        clock = self.harness.clock
        self.nonce = max(self.nonce + 1, clock.now_ms())
        prepared = self.harness.venue.prepare(
            Batch(kind=kind, commands=commands),
            nonce=self.nonce,
            expires_at_ms=clock.now_ms() + self.can.request_life_ms,
        )
        assert prepared.batch == self.harness.venue.decode(prepared)
        return await self.harness.venue.submit(prepared)

    async def ask(self, number: int) -> OrderStatus:
        """Ask for an order by our id."""
        query = OrderQuery(
            instrument=self.harness.instrument,
            client_order_id=our_id(self.can, number),
            placed_at_ms=self.harness.clock.now_ms(),
        )
        return (await self.harness.venue.lookup([query]))[query]

    async def settled(self, number: int) -> OrderStatus:
        """Ask for an order until its status is final, or the venue had time enough."""
        clock = self.harness.clock
        until_ms = clock.now_ms() + self.can.settle_ms
        status = await self.ask(number)
        while not _is_over(status) and clock.now_ms() < until_ms:
            await clock.sleep_ms(500)
            status = await self.ask(number)
        return status

    async def resting(self) -> Sequence[Any]:
        """Return what the venue lists; fails when the look is incomplete."""
        seen = await self.harness.venue.snapshot(frozenset({self.harness.instrument}))
        assert () == seen.problems
        return seen.resting


def _is_over(status: OrderStatus) -> bool:
    phase = getattr(status, "phase", None)
    return phase is not None and phase.is_terminal


Story = Callable[[Hand], Awaitable[None]]
