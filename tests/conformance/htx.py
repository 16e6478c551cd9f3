"""HTX in the battery: its simulator on a socket, which checks each signature as received."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from typing import Any

from reconciler.model.command import BatchKind
from reconciler.model.order import ClientOrderId, VenueOrderId
from reconciler.ports import Venue
from reconciler.simulator import HtxAccountSeed, HtxSetup, HtxSwitches, Key, Simulator
from reconciler.simulator.server import serve
from reconciler.venues.htx.adapter import HtxVenue
from tests.conformance.harness import Harness
from tests.venues.htx.hand import ACCESS, SECRET, asked_by_hand
from tests.venues.htx.world import KEYS, settings
from tests.venues.support import FakeClock

__all__ = ["HtxHarness", "htx_harness", "otherwise_harness"]

UID = "battery"
# What takes long enough to be seen, and to fill in the middle of.
CANCEL_DELAY_MS = 2_000
TYPES = {
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

    def __init__(self, venue: HtxVenue, simulator: Simulator, clock: FakeClock) -> None:
        self.venue: Venue = venue
        self.clock, self._simulator = clock, simulator
        self.move("90000")

    def live(self) -> Mapping[VenueOrderId, tuple[ClientOrderId | None, Decimal]]:
        return {
            VenueOrderId(str(order["oid"])): (_ours(order), Decimal(order["remaining"]))
            for order in self.orders()
            if order["is_live"]
        }

    def filled(self, client_order_id: ClientOrderId) -> Decimal:
        mine = [order for order in self.orders() if _ours(order) == client_order_id]
        return sum((Decimal(order["filled"]) for order in mine), Decimal(0))

    def fill(self, venue_order_id: VenueOrderId, quantity: Decimal | None = None) -> None:
        more = {} if quantity is None else {"quantity": f"{quantity:f}"}
        self.control("trade", oid=venue_order_id, **more)

    def cancel_as_person(self, venue_order_id: VenueOrderId) -> None:
        self.clock.time_ms += 5_000  # nobody is as quick as the venue's own checks
        self.control("cancel_as_user", oid=venue_order_id)

    def place_as_person(self, price: Decimal, quantity: Decimal, **more: Any) -> VenueOrderId:
        made = self.control(
            "place_as_human",
            **{
                "account": UID,
                "instrument": self.instrument,
                "side": "buy",
                "price": f"{price:f}",
                "quantity": f"{quantity:f}",
                **more,
            },
        )
        return VenueOrderId(str(made["oid"]))

    def lose(self, part: str, kind: BatchKind) -> None:
        self.fault(f"lost_{part}", *TYPES[kind])

    def fault(self, kind: str, *types: str, **more: Any) -> None:
        """Let the next request of some types go wrong."""
        for each in types:
            self.control("faults", add={"kind": kind, "venue": "htx", "type": each, **more})

    def move(self, mid: str) -> None:
        """Move the middle price."""
        self.control("set_mid", instrument=self.instrument, mid=mid)

    def account(self) -> dict[str, Any]:
        """Return everything that ever happened on the account."""
        (account,) = self.control("state", account=UID)["accounts"]
        return dict(account)

    def orders(self) -> list[dict[str, Any]]:
        """Return every order there ever was."""
        return list(self.account()["orders"])

    def trades(self) -> list[str]:
        """Return the kinds of requests that were to change something, in order."""
        return [entry["action"]["type"] for entry in self.control("log")]

    def ask(self, name: str, **body: Any) -> Any:
        """Send a signed request as a person; return the reply's data."""
        request = asked_by_hand(name, {"contract_code": self.instrument, **body}, self.now_ms())
        reply = self._simulator.handle(request, self.clock.now_ms()).json()
        assert "ok" == reply["status"], reply
        return reply["data"]

    def now_ms(self) -> int:
        """Return the venue's time."""
        return self.clock.now_ms() + self._simulator.offset_ms

    def control(self, verb: str, **arguments: Any) -> Any:
        """Do something behind the adapter's back."""
        arguments["venue"] = "htx"
        return self._simulator.control(verb, arguments, self.clock.now_ms())


def _ours(order: Mapping[str, Any]) -> ClientOrderId | None:
    return None if order["cloid"] is None else ClientOrderId(str(order["cloid"]))


# What the venue's pages leave open, each answered the other way than by default.
OTHERWISE: dict[str, Any] = {
    "clock_tolerance_ms": 60_000,
    "trade_requests_max": 72,
    "read_requests_max": 72,
    "is_limited_by_429": True,
    "batch_orders_max": 10,
    "batch_answers_are_reversed": True,
    "refuse_unknown_fields": True,
    "order_info_is_all_or_nothing": True,
    "openorders_needs_contract": True,
    "empty_list_has_one_page": True,
    "cancel_errors_echo_client_id": True,
    "repeated_cancel_is_in_both": True,
    "purge_hour": 0,
    "numbers_are_long": True,
}


def otherwise_harness() -> AbstractAsyncContextManager[Harness]:
    """Open an account at a venue that does otherwise where its pages leave it open."""
    return htx_harness(**OTHERWISE)


@asynccontextmanager
async def htx_harness(**switches: Any) -> AsyncIterator[Harness]:
    """Open a fresh account at a fresh simulator."""
    clock = FakeClock()
    wanted = {"cancel_delay_ms": CANCEL_DELAY_MS, **switches}
    setup = HtxSetup(
        switches=HtxSwitches().changed(wanted),
        accounts=[HtxAccountSeed(uid=UID, keys=(Key(access=ACCESS, secret=SECRET),))],
    )
    simulator = Simulator(htx=setup)
    handle = await serve(simulator, clock=clock.now_ms)
    venue = HtxVenue(settings(network="local", port=handle.port), secrets=KEYS, clock=clock)
    try:
        await venue.markets(frozenset({HtxHarness.instrument}))
        yield HtxHarness(venue, simulator, clock)
    finally:
        await venue.close()
        await handle.stop()
