"""An adapter that talks to a small HTX, and short ways to say things to both."""

from decimal import Decimal
from typing import Any

from reconciler.diagnostics import Span
from reconciler.model.command import Batch, BatchKind, CancelOrder, PlaceOrder, Prepared
from reconciler.model.config import VenueSettings
from reconciler.model.identity import NARROW
from reconciler.model.order import ClientOrderId, Side, Terms, VenueOrderId
from reconciler.model.snapshot import OrderQuery
from reconciler.secret import Secret
from reconciler.venues.htx.adapter import ACCESS_KEY, SECRET_KEY, HtxVenue
from tests.venues.htx.desk import Desk
from tests.venues.htx.hand import ACCESS, SECRET
from tests.venues.support import FakeClock, run

LIFE_MS = 360_000
KEYS = {ACCESS_KEY: Secret(ACCESS), SECRET_KEY: Secret(SECRET)}
LEVERAGE = (("leverage", "5"),)


def settings(**changes: Any) -> VenueSettings:
    values: dict[str, Any] = {
        "name": "htx",
        "kind": "htx-coin-swap",
        "network": "mainnet",
        "source": Span(path="reconciler.yaml", line=9, column=3),
    }
    return VenueSettings(**{**values, **changes})


def our(number: int) -> ClientOrderId:
    """Return a client order id as this program makes them."""
    return NARROW.encode(tag=0xABCD0000, digest=0x1234 << 40, incarnation=number)


def terms(
    price: str | int = 80_000,
    quantity: int = 3,
    *,
    side: str = "buy",
    name: str = "BTC-USD",
    **more: Any,
) -> Terms:
    return Terms(
        instrument=name,
        side=Side(side),
        price=Decimal(price),
        quantity=Decimal(quantity),
        options=more.pop("options", LEVERAGE),
        **more,
    )


def place(number: int, wanted: Terms | None = None, *children: PlaceOrder) -> PlaceOrder:
    return PlaceOrder(client_order_id=our(number), terms=wanted or terms(), children=children)


def cancel(target: str | None, number: int | None = None, name: str = "BTC-USD") -> CancelOrder:
    return CancelOrder(
        instrument=name,
        target=VenueOrderId(target) if target is not None else None,
        client_order_id=our(number) if number is not None else None,
    )


def batch(*commands: Any) -> Batch:
    is_cancel = isinstance(commands[0], CancelOrder)
    return Batch(kind=BatchKind.CANCEL if is_cancel else BatchKind.PLACE, commands=commands)


class World:
    """A venue, an adapter that talks to it, and the clock of both."""

    def __init__(self, *, keys: bool = True, transport: Any = None, **changes: Any) -> None:
        self.clock = FakeClock()
        self.desk = Desk(self.clock.now_ms)
        self.venue = HtxVenue(
            settings(**changes),
            secrets=KEYS if keys else {},
            clock=self.clock,
            transport=transport or self.desk,
        )
        self.nonce = 0

    def prepare(self, *commands: Any) -> Prepared:
        """Prepare a request and pass it through the last gate."""
        self.nonce = max(self.nonce + 1, self.clock.now_ms())
        prepared = self.venue.prepare(
            batch(*commands), nonce=self.nonce, expires_at_ms=self.clock.now_ms() + LIFE_MS
        )
        assert prepared.batch == self.venue.decode(prepared)
        return prepared

    def send(self, *commands: Any) -> tuple[Any, ...]:
        return run(self.venue.submit(self.prepare(*commands)))

    def snapshot(self, *names: str) -> Any:
        return run(self.venue.snapshot(frozenset(names or ("BTC-USD",))))

    def resting(self, *names: str) -> list[str | None]:
        return [order.client_order_id for order in self.snapshot(*names).resting]

    def ask(self, **query: Any) -> Any:
        made = OrderQuery(**{"instrument": "BTC-USD", **query})
        return run(self.venue.lookup([made]))[made]
