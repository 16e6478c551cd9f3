"""An HTX to test against, in process, with signatures believed and a clock moved by hand."""

import json
import time
from dataclasses import dataclass
from typing import Any

from reconciler.simulator import Request, Response, Simulator
from reconciler.simulator.htx import (
    HtxAccountSeed,
    HtxSetup,
    HtxSwitches,
    Key,
    signature_believed,
)
from reconciler.simulator.htx.signing import STAMP_FORMAT

ALICE, BOB = "alice", "bob"
ALICE_KEY, ALICE_READER, BOB_KEY = "alice-key", "alice-reader", "bob-key"
SECRET = "an-invented-secret"
NOW = 1_760_000_000_000
MID = "60000"
"""Mid, index and last price of BTC-USD in these tests: quotes stand at 59999.9 and 60000.1."""

HOUR_MS = 3_600_000
SWAP, SWAP_3 = "/swap-api/v1/", "/swap-api/v3/"


def stamp(at_ms: int) -> str:
    """Return a time as requests carry it."""
    return time.strftime(STAMP_FORMAT, time.gmtime(at_ms // 1000))


def limit(price: str, volume: int = 1, *, buy: bool = True, **more: Any) -> dict[str, Any]:
    """Return an order's body: BTC-USD, opening, five times leverage, unless said otherwise."""
    return {
        "contract_code": "BTC-USD",
        "price": price,
        "volume": volume,
        "direction": "buy" if buy else "sell",
        "offset": "open",
        "lever_rate": 5,
        "order_price_type": "limit",
        **more,
    }


@dataclass
class Desk:
    """One simulator and the clients around it."""

    simulator: Simulator
    at_ms: int = NOW

    def post(self, path: str, body: Any, key: str = ALICE_KEY) -> Response:
        """Send a body as JSON, or bytes as they are, to a private endpoint."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.simulator.handle(self.request(path, data, key), self.at_ms)

    def request(self, path: str, body: bytes, key: str = ALICE_KEY) -> Request:
        """Return a request of a key, with a signature nobody checks."""
        query = (
            f"AccessKeyId={key}&SignatureMethod=HmacSHA256&SignatureVersion=2"
            f"&Timestamp={stamp(self.at_ms).replace(':', '%3A')}&Signature=believed"
        )
        return Request(path=_path(path), query=query, body=body)

    def get(self, path: str, query: str = "") -> Any:
        """Read from a public endpoint."""
        request = Request(method="GET", path=_path(path), query=query)
        return self.simulator.handle(request, self.at_ms).json()

    def call(self, path: str, key: str = ALICE_KEY, **body: Any) -> Any:
        """Call a private endpoint and return the parsed reply."""
        return self.post(path, {"contract_code": "BTC-USD", **body}, key).json()

    def data(self, path: str, key: str = ALICE_KEY, **body: Any) -> Any:
        """Call a private endpoint which must succeed; return what it found."""
        reply = self.call(path, key, **body)
        assert "ok" == reply["status"], reply
        return reply["data"]

    def code(self, path: str, key: str = ALICE_KEY, **body: Any) -> int:
        """Call a private endpoint which must be refused; return the code."""
        reply = self.call(path, key, **body)
        assert "error" == reply["status"], reply
        code: int = reply["err_code"]
        return code

    def place(self, *args: Any, key: str = ALICE_KEY, **more: Any) -> int:
        """Place one order which must be accepted; return its venue order id."""
        data = self.data("swap_order", key, **limit(*args, **more))
        assert str(data["order_id"]) == data["order_id_str"]
        oid: int = data["order_id"]
        return oid

    def refused(self, *args: Any, key: str = ALICE_KEY, **more: Any) -> int:
        """Place one order which must be refused; return the code."""
        return self.code("swap_order", key, **limit(*args, **more))

    def buy_position(self, volume: int, key: str = ALICE_KEY) -> None:
        """Open a long BTC-USD position at the synthetic ask."""
        oid = self.place("60000.1", volume, key=key, order_price_type="ioc")
        assert (6, volume) == (self.info(oid, key)["status"], self.info(oid, key)["trade_volume"])

    def info(self, oid: int, key: str = ALICE_KEY) -> Any:
        """Return an order by its venue order id."""
        return self.data("swap_order_info", key, order_id=str(oid))[0]

    def status(self, oid: int, key: str = ALICE_KEY) -> int:
        """Return the status of an order."""
        status: int = self.info(oid, key)["status"]
        return status

    def open(self, key: str = ALICE_KEY, **body: Any) -> list[int]:
        """Return the venue order ids of one page of open orders."""
        return [o["order_id"] for o in self.data("swap_openorders", key, **body)["orders"]]

    def cancel(self, *oids: int, key: str = ALICE_KEY) -> Any:
        """Cancel by venue order ids."""
        return self.data("swap_cancel", key, order_id=",".join(str(oid) for oid in oids))

    def wallet(self, key: str = ALICE_KEY) -> Any:
        """Return the BTC-USD margin account."""
        return self.data("swap_account_info", key)[0]

    def positions(self, key: str = ALICE_KEY) -> list[tuple[str, int, int]]:
        """Return side, contracts and closable contracts of each BTC-USD position."""
        rows = self.data("swap_position_info", key)
        return [(row["direction"], row["volume"], row["available"]) for row in rows]

    def control(self, verb: str, **arguments: Any) -> Any:
        """Do something behind the clients' backs."""
        return self.simulator.control(verb, {"venue": "htx", **arguments}, self.at_ms)

    def fault(self, kind: str, **fields: Any) -> None:
        """Add a fault rule."""
        self.control("faults", add={"kind": kind, "venue": "htx", **fields})

    def move(self, mid: str, instrument: str = "BTC-USD") -> Any:
        """Move the mid price."""
        return self.control("set_mid", instrument=instrument, mid=mid)


def _path(path: str) -> str:
    return path if path.startswith("/") else SWAP + path


def seeds() -> list[HtxAccountSeed]:
    """Return Alice, who has a second key that only reads, and Bob."""
    reader = Key(access=ALICE_READER, secret=SECRET, may_trade=False)
    alice = (Key(access=ALICE_KEY, secret=SECRET), reader)
    bob = (Key(access=BOB_KEY, secret=SECRET),)
    return [HtxAccountSeed(uid=ALICE, keys=alice), HtxAccountSeed(uid=BOB, keys=bob)]


def desk(seed: int = 0, **switches: Any) -> Desk:
    """Return a venue with Alice and Bob, without limits of rates, and BTC-USD at 60000."""
    setup = HtxSetup(
        switches=HtxSwitches().changed({"limit_requests": False, **switches}),
        accounts=seeds(),
        verify=signature_believed,
    )
    made = Desk(Simulator(seed=seed, htx=setup))
    made.move(MID)
    return made
