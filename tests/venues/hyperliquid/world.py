"""A simulator on a socket, an adapter that talks to it, and stories told in that world."""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reconciler.model.command import Batch, BatchKind, CancelOrder, ModifyOrder, PlaceOrder
from reconciler.model.order import (
    ClientOrderId,
    RestingOrder,
    Side,
    Terms,
)
from reconciler.model.outcome import Outcome
from reconciler.model.snapshot import OrderQuery
from reconciler.secret import Secret
from reconciler.simulator.accounts import AccountSeed
from reconciler.simulator.server import serve
from reconciler.simulator.simulator import Simulator
from reconciler.venues.hyperliquid.adapter import HyperliquidVenue
from tests.venues.support import ACCOUNT, KEY, SIGNER, FakeClock, run, settings

USER = ACCOUNT.lower()
VAULT = "0x" + "0f" * 20
LIFE_MS = 15_000
NAMES = frozenset({"BTC", "ETH", "PURR/USDC", "xyz:TSLA"})


def cloid(number: int) -> ClientOrderId:
    return ClientOrderId(f"0x{number:032x}")


@dataclass
class World:
    """A venue, an adapter that talks to it, and the clock of both."""

    venue: HyperliquidVenue
    simulator: Simulator
    clock: FakeClock
    nonce: int = 0

    def control(self, verb: str, **arguments: Any) -> Any:
        """Do something behind the adapter's back."""
        return self.simulator.control(verb, arguments, self.clock.now_ms())

    def prepare(self, batch: Batch):
        """Prepare a request and pass it through the last gate."""
        self.nonce = max(self.nonce + 1, self.clock.now_ms())
        prepared = self.venue.prepare(
            batch, nonce=self.nonce, expires_at_ms=self.clock.now_ms() + LIFE_MS
        )
        assert prepared.batch == self.venue.decode(prepared)
        return prepared

    async def send(self, *commands) -> tuple[Outcome, ...]:
        """Send commands of one kind."""
        return await self.venue.submit(self.prepare(batch_of(*commands)))

    async def resting(self) -> tuple[RestingOrder, ...]:
        """Return what rests."""
        snapshot = await self.venue.snapshot(NAMES)
        assert () == snapshot.problems
        return snapshot.resting

    async def ask(self, number: int, instrument: str = "BTC"):
        """Ask for an order by our id."""
        query = OrderQuery(instrument=instrument, client_order_id=cloid(number))
        return (await self.venue.lookup([query]))[query]

    def price_of(self, instrument: str) -> Decimal:
        """Return a legal price well below the market, which rests."""
        mid = Decimal(self.control("markets", instrument=instrument)["mid"])
        return self.venue._instruments[instrument].price_rule.floor(mid * Decimal("0.8"))

    def buy(
        self, number: int, *, instrument: str = "BTC", notional: int = 200, **more
    ) -> PlaceOrder:
        """Return a buy that rests."""
        price = more.pop("price", None) or self.price_of(instrument)
        grid = self.venue._instruments[instrument]
        quantity = grid.minimum_quantity(price) * 20
        terms = Terms(instrument=instrument, side=Side.BUY, price=price, quantity=quantity, **more)
        return PlaceOrder(client_order_id=cloid(number), terms=terms)


KINDS = {
    PlaceOrder: BatchKind.PLACE,
    ModifyOrder: BatchKind.MODIFY,
    CancelOrder: BatchKind.CANCEL,
}


def batch_of(*commands) -> Batch:
    return Batch(kind=KINDS[type(commands[0])], commands=commands)


@asynccontextmanager
async def a_world(*seeds: AccountSeed, **changes: Any):
    clock = FakeClock()
    simulator = Simulator(accounts=seeds or [AccountSeed(address=ACCOUNT, agents=(SIGNER,))])
    handle = await serve(simulator, clock=clock.now_ms)
    venue = HyperliquidVenue(
        settings(network="local", port=handle.port, **changes),
        secrets={"signer": Secret(KEY)},
        clock=clock,
    )
    try:
        await venue.markets(NAMES)
        yield World(venue=venue, simulator=simulator, clock=clock)
    finally:
        await venue.close()
        await handle.stop()


def in_a_world(
    story: Callable[[World], Awaitable[None]], *seeds: AccountSeed, **changes: Any
) -> None:
    async def tell() -> None:
        async with a_world(*seeds, **changes) as world:
            await story(world)

    run(tell())
