"""Hyperliquid in the battery: its simulator on a socket."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from reconciler.model.command import BatchKind
from reconciler.model.order import ClientOrderId, VenueOrderId
from reconciler.ports import Venue
from reconciler.secret import Secret
from reconciler.simulator.accounts import AccountSeed
from reconciler.simulator.server import serve
from reconciler.simulator.simulator import Simulator
from reconciler.venues.hyperliquid.adapter import HyperliquidVenue
from tests.conformance.harness import Harness
from tests.venues.support import ACCOUNT, KEY, SIGNER, FakeClock, settings

__all__ = ["hyperliquid_harness"]

TYPES = {
    BatchKind.PLACE: ("order",),
    BatchKind.CANCEL: ("cancel", "cancelByCloid"),
    BatchKind.MODIFY: ("batchModify",),
}


class HyperliquidHarness:
    """See `Harness`."""

    instrument = "BTC"
    quantity = Decimal("0.01")
    step = Decimal(10)
    options: tuple[tuple[str, str], ...] = ()

    def __init__(self, venue: HyperliquidVenue, simulator: Simulator, clock: FakeClock) -> None:
        self.venue: Venue = venue
        self.clock, self._simulator = clock, simulator
        mid = Decimal(self._control("markets", instrument="BTC")["mid"])
        self.resting_price = (mid * Decimal("0.8")).quantize(Decimal(10))
        self.crossing_price = (mid * Decimal("1.05")).quantize(Decimal(10))

    def live(self) -> Mapping[VenueOrderId, tuple[ClientOrderId | None, Decimal]]:
        return {
            VenueOrderId(str(order["oid"])): (order["cloid"], Decimal(order["remaining"]))
            for order in self._orders()
            if order["is_live"]
        }

    def filled(self, client_order_id: ClientOrderId) -> Decimal:
        mine = [order for order in self._orders() if order["cloid"] == client_order_id]
        return sum((Decimal(order["filled"]) for order in mine), Decimal(0))

    def fill(self, venue_order_id: VenueOrderId, quantity: Decimal | None = None) -> None:
        more = {} if quantity is None else {"quantity": f"{quantity:f}"}
        self._control("trade", oid=int(venue_order_id), **more)

    def cancel_as_person(self, venue_order_id: VenueOrderId) -> None:
        self._control("cancel_as_user", oid=int(venue_order_id))

    def place_as_person(self, price: Decimal, quantity: Decimal) -> VenueOrderId:
        made = self._control(
            "place_as_human",
            account=ACCOUNT.lower(),
            instrument="BTC",
            side="buy",
            price=f"{price:f}",
            quantity=f"{quantity:f}",
        )
        return VenueOrderId(str(made["oid"]))

    def lose(self, part: str, kind: BatchKind) -> None:
        for type_ in TYPES[kind]:
            self._control("faults", add={"kind": f"lost_{part}", "type": type_})

    def _control(self, verb: str, **arguments: Any) -> Any:
        return self._simulator.control(verb, arguments, self.clock.now_ms())

    def _orders(self) -> list[dict[str, Any]]:
        (account,) = self._control("state", account=ACCOUNT.lower())["accounts"]
        return list(account["orders"])


@asynccontextmanager
async def hyperliquid_harness() -> AsyncIterator[Harness]:
    """Open a fresh account at a fresh simulator."""
    clock = FakeClock()
    simulator = Simulator(accounts=[AccountSeed(address=ACCOUNT, agents=(SIGNER,))])
    handle = await serve(simulator, clock=clock.now_ms)
    venue = HyperliquidVenue(
        settings(network="local", port=handle.port), secrets={"signer": Secret(KEY)}, clock=clock
    )
    try:
        await venue.markets(frozenset({"BTC"}))
        yield HyperliquidHarness(venue, simulator, clock)
    finally:
        await venue.close()
        await handle.stop()
