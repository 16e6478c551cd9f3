"""A venue to test against, in process, with signatures believed and a clock moved by hand."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from reconciler.simulator import (
    AccountSeed,
    Request,
    Response,
    Simulator,
    Switches,
    signer_in_field,
)

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b2" * 20
AGENT = "0x" + "ee" * 20
NOW = 1_760_000_000_000
MID = "60000"
"""Mid and mark of BTC in these tests: quotes stand at 59999 and 60001."""

BTC, ETH, PURR, HYPE, TESLA = 0, 1, 10_000, 10_107, 110_001
CLOID = "0x" + "0" * 31 + "1"
GONE = "Order was never placed, already canceled, or filled. asset=0"


def cloid(number: int) -> str:
    """Return a client order id by number."""
    return f"0x{number:032x}"


def limit(
    price: str, quantity: str = "0.01", *, buy: bool = True, tif: str = "Gtc", **more: Any
) -> dict[str, Any]:
    """Return a limit order of an action; BTC, and not reduce-only, unless said otherwise."""
    record = {"a": BTC, "b": buy, "p": price, "s": quantity, "r": False}
    record["t"] = {"limit": {"tif": tif}}
    return {**record, **more}


def trigger(
    trigger_price: str,
    kind: str,
    *,
    price: str | None = None,
    quantity: str = "0.01",
    buy: bool = False,
    market: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """Return a reduce-only trigger order of an action; its limit is the trigger by default."""
    order = limit(price or trigger_price, quantity, buy=buy, r=True)
    order["t"] = {"trigger": {"isMarket": market, "triggerPx": trigger_price, "tpsl": kind}}
    return {**order, **more}


@dataclass
class Desk:
    """One simulator and the clients around it."""

    simulator: Simulator
    at_ms: int = NOW
    nonces: int = field(default=NOW)

    def post(self, path: str, body: Any, **more: Any) -> Response:
        """Send a body as JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.simulator.handle(Request(path=path, body=data, **more), self.at_ms)

    def envelope(self, action: Any, signer: str = ALICE, **more: Any) -> dict[str, Any]:
        """Wrap an action under a fresh nonce."""
        self.nonces += 1
        return {
            "action": action,
            "nonce": self.nonces,
            "signature": {"signer": signer},
            "vaultAddress": None,
            "expiresAfter": None,
            **more,
        }

    def act(self, action: Any, signer: str = ALICE, **more: Any) -> Any:
        """Carry out an action and return the parsed reply."""
        return self.post("/exchange", self.envelope(action, signer, **more)).json()

    def statuses(self, action: Any, signer: str = ALICE, **more: Any) -> list[Any]:
        """Carry out a batch and return its statuses."""
        reply = self.act(action, signer, **more)
        assert reply["status"] == "ok", reply
        found: list[Any] = reply["response"]["data"]["statuses"]
        return found

    def order(self, *orders: Any, signer: str = ALICE, grouping: str = "na") -> list[Any]:
        """Place orders and return their statuses."""
        action = {"type": "order", "orders": list(orders), "grouping": grouping}
        return self.statuses(action, signer)

    def rest(self, *args: Any, signer: str = ALICE, **more: Any) -> int:
        """Place one limit order which must rest; returns its venue order id."""
        status = self.order(limit(*args, **more), signer=signer)[0]
        assert "resting" in status, status
        oid: int = status["resting"]["oid"]
        return oid

    def error(self, *args: Any, signer: str = ALICE, **more: Any) -> str:
        """Place one limit order which must be refused; returns the text."""
        status = self.order(limit(*args, **more), signer=signer)[0]
        text: str = status["error"]
        return text

    def buy_position(self, quantity: str, signer: str = ALICE) -> None:
        """Open a long BTC position at the synthetic ask."""
        status = self.order(limit("60001", quantity, tif="Ioc"), signer=signer)[0]
        assert status["filled"]["totalSz"] == quantity, status

    def modify(self, target: Any, order: Any, **more: Any) -> Any:
        """Modify one order by `batchModify`; returns its status."""
        action = {"type": "batchModify", "modifies": [{"oid": target, "order": order}], **more}
        return self.statuses(action)[0]

    def cancel(self, *oids: int, asset: int = BTC) -> list[Any]:
        """Cancel by venue order id."""
        return self.statuses({"type": "cancel", "cancels": [{"a": asset, "o": o} for o in oids]})

    def info(self, kind: str, user: str = ALICE, **more: Any) -> Any:
        """Read."""
        return self.post("/info", {"type": kind, "user": user, **more}).json()

    def control(self, verb: str, **arguments: Any) -> Any:
        """Do something behind the clients' backs."""
        return self.simulator.control(verb, arguments, self.at_ms)

    def move(self, mid: str, instrument: str = "BTC") -> Any:
        """Move the mid price."""
        return self.control("set_mid", instrument=instrument, mid=mid)

    def status(self, target: Any, user: str = ALICE) -> str:
        """Return the status word of an order."""
        record = self.info("orderStatus", user, oid=target)
        word: str = record["order"]["status"] if record["status"] == "order" else record["status"]
        return word

    def open_oids(self, user: str = ALICE) -> list[int]:
        """Return the venue order ids of open orders, oldest first."""
        return sorted(order["oid"] for order in self.info("openOrders", user))

    def position(self, user: str = ALICE) -> Decimal:
        """Return the size of the BTC position."""
        return self.simulator.world.accounts[user].position_size(BTC)


def desk(seed: int = 0, **switches: Any) -> Desk:
    """Return a venue with Alice, her agent and Bob, and BTC at 60000."""
    simulator = Simulator(
        None,
        Switches(**switches),
        seed,
        recover=signer_in_field,
        accounts=[AccountSeed(address=ALICE, agents=(AGENT,)), AccountSeed(address=BOB)],
    )
    made = Desk(simulator)
    made.move(MID)
    return made
