"""HTX in the battery.

`htx_harness` is the one place where its simulator is plugged in: make the account there, and let
`HtxHarness` use its control verbs. Until then a small stand-in (`tests/venues/htx/desk.py`) answers
as the venue's pages say, cancels late, and knows no matching.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx

from reconciler.model.command import BatchKind
from reconciler.model.order import ClientOrderId, VenueOrderId
from reconciler.ports import Venue
from reconciler.venues.htx.adapter import HtxVenue
from tests.conformance.harness import Harness
from tests.venues.htx.desk import After, Desk, Order
from tests.venues.htx.world import KEYS, settings
from tests.venues.support import FakeClock

__all__ = ["htx_harness"]

CANCEL_DELAY_MS = 2_000
PATHS = {
    BatchKind.PLACE: ("swap_order", "swap_batchorder"),
    BatchKind.CANCEL: ("swap_cancel",),
}


class HtxHarness:
    """See `Harness`."""

    instrument = "BTC-USD"
    resting_price = Decimal(72_000)
    crossing_price = Decimal(91_000)
    step = Decimal(10)
    quantity = Decimal(10)
    options: tuple[tuple[str, str], ...] = (("leverage", "5"),)

    def __init__(self, venue: HtxVenue, desk: Desk, clock: FakeClock) -> None:
        self.venue: Venue = venue
        self.clock, self._desk = clock, desk

    def live(self) -> Mapping[VenueOrderId, tuple[ClientOrderId | None, Decimal]]:
        return {
            VenueOrderId(str(order.id)): (_ours(order), Decimal(order.volume - order.filled))
            for order in self._desk.live()
        }

    def filled(self, client_order_id: ClientOrderId) -> Decimal:
        mine = [order for order in self._desk.orders if _ours(order) == client_order_id]
        return sum((Decimal(order.filled) for order in mine), Decimal(0))

    def fill(self, venue_order_id: VenueOrderId, quantity: Decimal | None = None) -> None:
        self._desk.fill(self._order(venue_order_id), None if quantity is None else int(quantity))

    def cancel_as_person(self, venue_order_id: VenueOrderId) -> None:
        self.clock.time_ms += 5_000  # nobody is as quick as the venue's own checks
        self._desk.end(self._order(venue_order_id))

    def place_as_person(self, price: Decimal, quantity: Decimal) -> VenueOrderId:
        body = {
            "contract_code": self.instrument,
            "price": f"{price:f}",
            "volume": int(quantity),
            "direction": "buy",
            "offset": "open",
            "lever_rate": 5,
            "order_price_type": "limit",
        }
        return VenueOrderId(str(self._desk.place(body, source="web").id))

    def lose(self, part: str, kind: BatchKind) -> None:
        gone = httpx.ReadTimeout("lost")
        for path in PATHS[kind]:
            self._desk.faults[path] = [gone if part == "request" else After(gone)]

    def _order(self, venue_order_id: VenueOrderId) -> Order:
        (found,) = [each for each in self._desk.orders if str(each.id) == venue_order_id]
        return found


def _ours(order: Order) -> ClientOrderId | None:
    return None if order.client_id is None else ClientOrderId(str(order.client_id))


@asynccontextmanager
async def htx_harness() -> AsyncIterator[Harness]:
    """Open a fresh account at a fresh venue."""
    clock = FakeClock()
    desk = Desk(clock.now_ms, cancel_delay_ms=CANCEL_DELAY_MS)
    venue = HtxVenue(settings(), secrets=KEYS, clock=clock, transport=desk)
    try:
        await venue.markets(frozenset({HtxHarness.instrument}))
        yield HtxHarness(venue, desk, clock)
    finally:
        await venue.close()
