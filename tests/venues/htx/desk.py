"""The simulated HTX behind a transport, and what may be said in its stead.

The simulator answers, and checks every signature as it was received. Beside it stands a script: for
replies that no venue should give, rows that say something else than is true, and things that happen
between two requests.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx

from reconciler.simulator import HtxAccountSeed, HtxSetup, HtxSwitches, Key, Request, Simulator
from reconciler.simulator.htx.jsontext import parse, written
from tests.venues.htx.hand import ACCESS, SECRET

UID = "desk"
MIDS = {"BTC-USD": "90000", "ETH-USD": "3000"}
# Each answers a question of the adapter in the way that is harder for it.
SWITCHES = {"numbers_are_long": True, "order_info_is_all_or_nothing": True}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class After:
    """What a client sees of a request that has been carried out."""

    what: httpx.Response | Exception


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the venue truly has it."""

    id: int
    client_id: int | None
    volume: int
    filled: int
    created_ms: int


@dataclass
class Desk(httpx.AsyncBaseTransport):
    """The venue.

    Attributes:
        now_ms: its clock.
        host: what it takes for the host of a request, None for what was sent.
        faults: what happens to the next requests of a path, one each: a reply or an error instead
            of the truth, or nothing.
        said: what rows about an order, or a stop, say in place of the truth; None for no row.
        after: called when a request of a path has been answered.
        headers: sent with every answer.
        asked: name and body of each request, in order; hosts of the same.
    """

    now_ms: Callable[[], int]
    host: str | None = None
    faults: dict[str, list[Any]] = field(default_factory=dict)
    said: dict[int, Json | None] = field(default_factory=dict)
    after: dict[str, Callable[[], None]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, Json]] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        setup = HtxSetup(
            switches=HtxSwitches().changed(SWITCHES),
            accounts=[HtxAccountSeed(uid=UID, keys=(Key(access=ACCESS, secret=SECRET),))],
        )
        self._simulator = Simulator(htx=setup)
        for name, mid in MIDS.items():
            self.control("set_mid", instrument=name, mid=mid)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        content = b"".join([chunk async for chunk in request.stream])  # type: ignore[union-attr]
        path, _, query = request.url.raw_path.decode().partition("?")
        host = request.headers["host"]
        name = path.rstrip("/").rpartition("/")[2]
        self.asked.append((name, json.loads(content) if content else dict(parse_qsl(query))))
        self.hosts.add(host)
        fault = self.faults[name].pop(0) if self.faults.get(name) else None
        seen = fault
        if fault is None or isinstance(fault, After):
            head = {"host": self.host or host}
            arrived = Request(
                method=request.method, path=path, query=query, headers=head, body=content
            )
            answer = self._answer(arrived)
            seen = answer if fault is None else fault.what
        if isinstance(seen, Exception):
            raise seen
        assert isinstance(seen, httpx.Response), "a fault is a reply or an error"
        self.after.get(name, lambda: None)()
        return seen

    def _answer(self, request: Request) -> httpx.Response:
        response = self._simulator.handle(request, self.now_ms())
        assert not response.is_dropped, "the script says what is lost"
        body = response.body
        if self.said:
            body = written(self._told(parse(body)), are_numbers_long=True).encode()
        headers = httpx.Headers({**response.headers, "content-type": response.content_type})
        headers.update(self.headers)
        return httpx.Response(response.status, content=body, headers=headers)

    def _told(self, value: Any) -> Any:
        """Return a reply with what is said of some orders."""
        if isinstance(value, list):
            kept = [each for each in value if not self._is_unsaid(each)]
            return [self._told(each) for each in kept]
        if not isinstance(value, dict):
            return value
        said = self.said.get(value.get("order_id")) or {}  # type: ignore[arg-type]
        return {name: self._told(each) for name, each in value.items()} | said

    def _is_unsaid(self, value: Any) -> bool:
        oid = value.get("order_id") if isinstance(value, dict) else None
        return oid in self.said and self.said[oid] is None

    # -- what was asked --

    def sent(self, *names: str) -> list[Json]:
        """Return the bodies of requests to some paths."""
        return [body for name, body in self.asked if name in names]

    def trades(self) -> list[str]:
        """Return the names of requests that change something, in order."""
        changing = ("swap_order", "swap_batchorder", "swap_cancel", "swap_tpsl_cancel")
        return [name for name, _ in self.asked if name in changing]

    # -- what is true, and what others do --

    def control(self, verb: str, **arguments: Any) -> Any:
        """Do something behind the adapter's back."""
        return self._simulator.control(verb, {"venue": "htx", **arguments}, self.now_ms())

    def orders(self) -> list[Order]:
        """Return every order there ever was, oldest first."""
        return [_order(each) for each in self._account()["orders"]]

    def live(self) -> list[Order]:
        """Return what rests, oldest first."""
        return [_order(each) for each in self._account()["orders"] if each["is_live"]]

    def stops(self, parent: str) -> list[int]:
        """Return the ids of what hangs on an order, the take-profit first."""
        stops = self._account()["stops"]
        return [each["oid"] for each in stops if str(each["parent"]) == parent]

    def place(self, body: Json, source: str = "api") -> Order:
        """Place an order, as a program of somebody's."""
        named = {} if body.get("client_order_id") is None else {"cloid": body["client_order_id"]}
        made = self.control(
            "place_as_human",
            account=UID,
            instrument=body["contract_code"],
            side=body["direction"],
            price=body["price"],
            quantity=str(body["volume"]),
            time_in_force=body["order_price_type"],
            reduce_only=body["offset"] == "close",
            leverage=body["lever_rate"],
            source=source,
            **named,
        )
        (placed,) = [each for each in self.orders() if each.id == made["oid"]]
        return placed

    def fill(self, order: Order, volume: int | None = None) -> None:
        """Let an order fill, by default all that is left of it."""
        more = {} if volume is None else {"quantity": str(volume)}
        self.control("trade", oid=order.id, **more)

    def end(self, order: Order, *, source: str | None = None) -> None:
        """Let an order be cancelled by somebody else."""
        self.control("cancel_as_venue", oid=order.id, status=source or "")

    def hold(self, *, buy: int = 0, sell: int = 0, leverage: int = 5) -> None:
        """Open a position in BTC-USD."""
        for side, contracts, price in (("buy", buy, "93000"), ("sell", sell, "87000")):
            if contracts:
                self.control(
                    "place_as_human",
                    account=UID,
                    instrument="BTC-USD",
                    side=side,
                    price=price,
                    quantity=str(contracts),
                    time_in_force="ioc",
                    leverage=leverage,
                )

    def _account(self) -> Any:
        (account,) = self.control("state", account=UID)["accounts"]
        return account


def _order(record: Json) -> Order:
    return Order(
        id=record["oid"],
        client_id=record["cloid"],
        volume=int(record["quantity"]),
        filled=int(record["filled"]),
        created_ms=record["placed_at_ms"],
    )
