"""A small HTX behind a transport: it checks signatures, keeps orders, and answers as the pages say.

Written from the venue's pages alone, sharing no code with the adapter. It knows no matching: tests
fill, cancel and lose what they want.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx

ACCESS = "access-0123456789abcdef"
SECRET = "secret-fedcba9876543210"
HOST = "api.hbdm.com"
DELAY_MS = 40
EPOCH_MS = 1_420_041_600_000
LIVE = (1, 2, 3, 4, 11)
EIGHT_HOURS_MS = 8 * 60 * 60 * 1000

CONTRACTS = {"BTC-USD": ("100", "0.1"), "ETH-USD": ("10", "0.01")}
MIDS = {"BTC-USD": Decimal(90_000), "ETH-USD": Decimal(3_000)}

Json = dict[str, Any]


class Refused(Exception):
    """A request is answered with an error number."""

    def __init__(self, code: int, text: str = "refused") -> None:
        super().__init__(code)
        self.code, self.text = code, text


@dataclass
class Order:
    """One order; `ends_at_ms` is when a cancel that was taken takes effect."""

    id: int
    body: Json
    created_ms: int
    status: int = 3
    filled: int = 0
    canceled_ms: int = 0
    ends_at_ms: int | None = None
    source: str = "api"
    canceled_source: str | None = None

    @property
    def code(self) -> str:
        return str(self.body["contract_code"])

    @property
    def volume(self) -> int:
        return int(self.body["volume"])

    @property
    def client_id(self) -> int | None:
        return self.body.get("client_order_id")

    def shown(self) -> Json:
        return {
            "symbol": self.code.partition("-")[0],
            "contract_code": self.code,
            "volume": Raw(f"{self.volume}.000000000000000000"),
            "price": Raw(str(self.body["price"])),
            "order_price_type": self.body["order_price_type"],
            "order_type": 1,
            "direction": self.body["direction"],
            "offset": self.body["offset"],
            "lever_rate": self.body["lever_rate"],
            "order_id": self.id,
            "order_id_str": str(self.id),
            "client_order_id": self.client_id,
            "created_at": self.created_ms,
            "trade_volume": Raw(f"{self.filled}E0") if self.filled else Raw("0E-18"),
            "status": self.status,
            "order_source": self.source,
            "canceled_at": self.canceled_ms,
            "liquidation_type": "0",
            "canceled_source": self.canceled_source,
        }


def Raw(text: str) -> str:  # noqa: N802  # it stands for a value
    """Return a number that is spelled as it is, exponents and long fractions too."""
    return f"<<{text}>>"


@dataclass
class Desk(httpx.AsyncBaseTransport):
    """The venue.

    Attributes:
        now_ms: its clock.
        faults: what happens to the next requests of a path instead of, or after, the doing.
        cancel_delay_ms: from taking a cancel to doing it.
        late_fill: contracts that fill of an order while it is being cancelled.
        between_pages: called after each page of open orders.
        forgotten: ids that `swap_order_info` has let go.
        headers: sent with every private answer.
    """

    now_ms: Callable[[], int]
    host: str = HOST
    orders: list[Order] = field(default_factory=list)
    matches: list[Json] = field(default_factory=list)
    positions: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    mids: dict[str, Decimal] = field(default_factory=lambda: dict(MIDS))
    hanging: dict[int, list[Json]] = field(default_factory=dict)
    faults: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[tuple[str, Json]] = field(default_factory=list)
    cancel_delay_ms: int = DELAY_MS
    late_fill: int = 0
    between_pages: Callable[[], None] = lambda: None
    forgotten: set[int] = field(default_factory=set)
    headers: dict[str, str] = field(default_factory=dict)
    last_id: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = b"".join([chunk async for chunk in request.stream])  # type: ignore[union-attr]
        target = request.url.raw_path.decode()
        return self.answer(request.method, target, content, request.headers["host"])

    def answer(self, method: str, target: str, content: bytes, host: str) -> httpx.Response:
        """Answer one request as it came in."""
        path, _, query = target.partition("?")
        name = path.rstrip("/").rpartition("/")[2]
        body: Json = json.loads(content) if content else dict(parse_qsl(query))
        self.asked.append((name, body))
        fault = self.faults.get(name, []).pop(0) if self.faults.get(name) else None
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, httpx.Response):
            return fault
        answer = self._answer(name, method, path, query, (host, body))
        if isinstance(fault, After):
            if isinstance(fault.what, Exception):
                raise fault.what
            return fault.what
        text = re.sub(r'"<<([^>"]*)>>"', r"\1", json.dumps(answer))
        kind = {"content-type": "text/plain;charset=UTF-8"}
        return httpx.Response(200, content=text.encode(), headers={**kind, **self.headers})

    def sent(self, *names: str) -> list[Json]:
        """Return the bodies of requests to some paths."""
        return [body for name, body in self.asked if name in names]

    def trades(self) -> list[str]:
        """Return the names of requests that change something, in order."""
        changing = ("swap_order", "swap_batchorder", "swap_cancel", "swap_tpsl_cancel")
        return [name for name, _ in self.asked if name in changing]

    def live(self) -> list[Order]:
        self._pass()
        return [order for order in self.orders if order.status in LIVE]

    def fill(self, order: Order, volume: int | None = None) -> None:
        """Let an order fill, by default all that is left of it."""
        volume = order.volume - order.filled if volume is None else volume
        order.filled += volume
        order.status = 6 if order.filled == order.volume else 4
        number = len(self.matches) + 1
        self.matches.append(
            {
                "query_id": number,
                "id": f"{number}-{order.id}-1",
                "match_id": number,
                "order_id": order.id,
                "order_id_str": str(order.id),
                "symbol": order.code.partition("-")[0],
                "contract_code": order.code,
                "direction": order.body["direction"],
                "offset": order.body["offset"],
                "trade_volume": Raw(f"{volume}.0"),
                "trade_price": Raw(str(order.body["price"])),
                "trade_fee": Raw("-0.000000030000000000"),
                "create_date": self.now_ms(),
                "role": "Maker",
                "order_source": order.source,
            }
        )

    def end(self, order: Order, *, source: str | None = None) -> None:
        """Let an order be cancelled by somebody else."""
        order.status = 5 if order.filled else 7
        order.canceled_ms, order.canceled_source = self.now_ms(), source

    def place(self, body: Json, source: str = "api") -> Order:
        """Take an order as it is."""
        self.last_id = max(self.last_id + 1, (self.now_ms() - EPOCH_MS) << 22)
        order = Order(self.last_id, dict(body), self.now_ms(), source=source)
        self.orders.append(order)
        self._hang(order)
        return order

    def _answer(
        self, name: str, method: str, path: str, query: str, asked: tuple[str, Json]
    ) -> Json:
        self._pass()
        host, body = asked
        stamp = {"ts": self.now_ms()}
        newer = "/v3/" in path
        try:
            if method == "POST":
                self._verify(method, host, path, query)
            data = getattr(self, f"_on_{name}")(body)
        except Refused as refused:
            if newer:
                return {"code": refused.code, "msg": refused.text, **stamp}
            error = {"err_code": refused.code, "err_msg": refused.text}
            return {"status": "error", **error, **stamp}
        if name == "bbo":
            return {"status": "ok", "ticks": data, **stamp}
        head = {"code": 200, "msg": ""} if newer else {"status": "ok"}
        return {**head, "data": data, **stamp}

    def _verify(self, method: str, host: str, path: str, query: str) -> None:
        received = dict(parse_qsl(query, keep_blank_values=True))
        said = received.pop("Signature", "")
        pairs = sorted(received.items())
        encoded = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)
        text = f"{method}\n{host.lower()}\n{path}\n{encoded}"
        digest = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
        if received.get("AccessKeyId") != ACCESS:
            raise Refused(403, "Incorrect Access key [Access key error]")
        if base64.b64encode(digest).decode() != said or host != self.host:
            raise Refused(403, "Verification failure [verification failed]")

    def _pass(self) -> None:
        for order in self.orders:
            if order.ends_at_ms is not None and order.ends_at_ms <= self.now_ms():
                order.ends_at_ms = None
                if order.status == 11:
                    order.status = 3 if not order.filled else 4
                    late = min(self.late_fill, order.volume - order.filled)
                    if late:
                        self.fill(order, late)
                    if order.status != 6:
                        self.end(order)
                        self._end_hanging(order)

    # -- public --

    def _on_timestamp(self, body: Json) -> None:
        return None

    def _on_swap_contract_info(self, body: Json) -> list[Json]:
        return [
            {
                "symbol": code.partition("-")[0],
                "contract_code": code,
                "contract_size": Raw(f"{size}.000000000000000000"),
                "price_tick": Raw(tick),
                "contract_status": 1,
            }
            for code, (size, tick) in CONTRACTS.items()
        ]

    def _on_swap_api_state(self, body: Json) -> list[Json]:
        return [{"contract_code": c, "open": 1, "close": 1, "cancel": 1} for c in CONTRACTS]

    def _on_swap_price_limit(self, body: Json) -> list[Json]:
        return [
            {
                "contract_code": code,
                "high_limit": Raw(str(mid * Decimal("1.02"))),
                "low_limit": Raw(str(mid * Decimal("0.98"))),
            }
            for code, mid in self.mids.items()
        ]

    def _on_swap_index(self, body: Json) -> list[Json]:
        return [{"contract_code": code, "index_price": Raw(str(mid))} for code, mid in MIDS.items()]

    def _on_bbo(self, body: Json) -> list[Json]:
        return [
            {
                "contract_code": code,
                "bid": [Raw(str(mid - Decimal("0.5"))), 10],
                "ask": [Raw(str(mid + Decimal("0.5"))), 10],
            }
            for code, mid in self.mids.items()
        ]

    def _on_heartbeat(self, body: Json) -> Json:
        return {"swap_heartbeat": 1, "swap_estimated_recovery_time": None}

    # -- trading --

    def _on_swap_order(self, body: Json) -> Json:
        order = self._take(body)
        return self._named(order)

    def _on_swap_batchorder(self, body: Json) -> Json:
        success, errors = [], []
        for index, each in enumerate(body["orders_data"], 1):
            try:
                success.append({"index": index, **self._named(self._take(each))})
            except Refused as refused:
                error = {"err_code": refused.code, "err_msg": refused.text}
                errors.append({"index": index, **error})
        return {"errors": errors, "success": success}

    def _take(self, body: Json) -> Order:
        number = body.get("client_order_id")
        if not isinstance(number, int) or not isinstance(body["volume"], int):
            raise Refused(1067, "client_order_id or volume is invalid")
        if any(order.client_id == number for order in self.orders):
            raise Refused(1050, "Customers order number is repeated.")
        price = Decimal(str(body["price"]))
        if price % Decimal(CONTRACTS[body["contract_code"]][1]):
            raise Refused(1038, "Insufficient precision.")
        order = self.place(body)
        sign = 1 if body["direction"] == "buy" else -1
        if (price - self.mids[body["contract_code"]]) * sign >= 0:
            if body["order_price_type"] == "post_only":
                self.end(order)
            else:
                self.fill(order)
        elif body["order_price_type"] == "ioc":
            self.end(order)
        return order

    def _named(self, order: Order) -> Json:
        named = {"order_id": order.id, "order_id_str": str(order.id)}
        return named | ({"client_order_id": order.client_id} if order.client_id else {})

    def _on_swap_cancel(self, body: Json) -> Json:
        key = "order_id" if "order_id" in body else "client_order_id"
        ids = body[key].split(",")
        if len(ids) > 10:
            raise Refused(1052, "Too many")
        done, errors = [], []
        for each in ids:
            try:
                self._cancel(self._find(body["contract_code"], key, each, 1061))
                done.append(each)
            except Refused as refused:
                errors.append(
                    {
                        "order_id": each,
                        "err_code": refused.code,
                        "err_msg": refused.text,
                    }
                )
        return {"errors": errors, "successes": ",".join(done)}

    def _cancel(self, order: Order) -> None:
        if order.status == 11:
            raise Refused(1062, "It is cancelling, please be patient.")
        if order.status not in LIVE:
            raise Refused(1063 if order.status == 6 else 1071, "It has ended.")
        order.status, order.ends_at_ms = 11, self.now_ms() + self.cancel_delay_ms

    def _find(self, code: str, key: str, value: str, missing: int) -> Order:
        for order in self.orders:
            if order.code != code.upper():
                continue
            is_old = self.now_ms() - order.created_ms > EIGHT_HOURS_MS
            named = str(order.id) if key == "order_id" else str(order.client_id)
            if named == value and not (key == "client_order_id" and is_old):
                return order
        raise Refused(missing, "This order doesnt exist.")

    # -- reading an account --

    def _on_swap_openorders(self, body: Json) -> Json:
        found = [o for o in self.live() if o.code == body["contract_code"].upper()]
        found.sort(key=lambda order: -order.id)
        size, page = body["page_size"], body["page_index"]
        answer = {
            "orders": [order.shown() for order in found[(page - 1) * size : page * size]],
            "total_page": -(-len(found) // size),
            "current_page": page,
            "total_size": len(found),
        }
        self.between_pages()
        return answer

    def _on_swap_order_info(self, body: Json) -> list[Json]:
        key = "order_id" if "order_id" in body else "client_order_id"
        ids = body[key].split(",")
        assert len(ids) <= 50
        found = [self._find(body["contract_code"], key, each, 1017) for each in ids]
        if any(order.id in self.forgotten for order in found):
            raise Refused(1017, "Order doesnt exist.")
        return [order.shown() for order in found]

    def _on_swap_order_detail(self, body: Json) -> Json:
        assert isinstance(body["order_id"], int)
        assert body["created_at"] > 0
        return {
            **self._find(body["contract_code"], "order_id", str(body["order_id"]), 1017).shown()
        }

    def _on_swap_position_info(self, body: Json) -> list[Json]:
        return [
            {
                "contract_code": code,
                "direction": side,
                "volume": Raw(f"{volume}.000000000000000000"),
                "available": volume,
                "lever_rate": lever,
            }
            for (code, side), (volume, lever) in self.positions.items()
            if code == body["contract_code"]
        ]

    def _on_swap_order_limit(self, body: Json) -> Json:
        rows = [{"contract_code": c, "open_limit": 6000, "close_limit": 12000} for c in CONTRACTS]
        return {"order_price_type": body["order_price_type"], "list": rows}

    def _on_swap_matchresults(self, body: Json) -> list[Json]:
        assert body["end_time"] - body["start_time"] <= 48 * 60 * 60 * 1000
        return [
            match
            for match in self.matches
            if match["contract_code"] == body["contract"]
            and body["start_time"] <= match["create_date"] <= body["end_time"]
            and match["query_id"] > body.get("from_id", 0)
        ][:20]

    # -- attached orders --

    def _hang(self, order: Order) -> None:
        rows = []
        for kind in ("tp", "sl"):
            if f"{kind}_trigger_price" in order.body:
                self.last_id += 1
                rows.append(
                    {
                        "tpsl_order_type": kind,
                        "order_id_str": str(self.last_id),
                        "direction": "sell" if order.body["direction"] == "buy" else "buy",
                        "volume": order.volume,
                        "trigger_price": Raw(str(order.body[f"{kind}_trigger_price"])),
                        "order_price": Raw(str(order.body[f"{kind}_order_price"])),
                        "order_price_type": order.body[f"{kind}_order_price_type"],
                        "created_at": order.created_ms,
                        "status": 1,
                        "canceled_at": 0,
                        "relation_order_id": "-1",
                    }
                )
        if rows:
            self.hanging[order.id] = rows

    def _end_hanging(self, order: Order) -> None:
        for row in self.hanging.get(order.id, []):
            row["status"], row["canceled_at"] = 12, self.now_ms()

    def _on_swap_relation_tpsl_order(self, body: Json) -> Json:
        order = self._find(body["contract_code"], "order_id", str(body["order_id"]), 1017)
        return {**order.shown(), "tpsl_order_info": self.hanging.get(order.id, [])}

    def _on_swap_tpsl_cancel(self, body: Json) -> Json:
        ids = set(body["order_id"].split(","))
        rows = [row for each in self.hanging.values() for row in each]
        for row in rows:
            if row["order_id_str"] in ids:
                row["status"], row["canceled_at"] = 6, self.now_ms()
        return {"errors": [], "successes": ",".join(sorted(ids))}


@dataclass
class After:
    """A fault that comes once the request has been done."""

    what: Any
