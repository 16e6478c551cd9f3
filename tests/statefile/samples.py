"""A small history of one venue entry, and the plain things a store is handed."""

import asyncio
from collections.abc import Coroutine, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from reconciler.model.event import (
    Approved,
    Event,
    Halted,
    HaltLifted,
    Initialised,
    IntentWritten,
    OutcomesWritten,
)
from reconciler.model.order import ClientOrderId, OrderAddress, Side, Terms, VenueOrderId
from reconciler.model.outcome import Accepted
from reconciler.model.state import Intent, IntentItem, IntentOperation, State
from reconciler.ports import LockInfo
from reconciler.statefile.lease import Caller

Result = TypeVar("Result")
AT_MS = 1_736_251_203_000

INITIALISED = Initialised(
    project="treasury",
    venue="hl",
    kind="hyperliquid",
    network="testnet",
    account="0x14791697260e4c9a71f18484c9f997b308e59325",
    lineage="5f" * 16,
)


class StillClock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now_ms: int = AT_MS) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        return self.at_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        assert duration_ms > 0
        self.at_ms += duration_ms
        await asyncio.sleep(0)


class WaitingClock(StillClock):
    """A clock whose sleeps take a real moment, for tests with several processes."""

    async def sleep_ms(self, duration_ms: int) -> None:
        self.at_ms += duration_ms
        await asyncio.sleep(0.001)


def caller(token: str = "a") -> Caller:
    return Caller(owner=f"owner {token}", host="host", token=token)


def empty_state(initialised: Initialised = INITIALISED) -> State:
    """Return the state before its first event."""
    return State(
        project=initialised.project,
        venue=initialised.venue,
        kind=initialised.kind,
        network=initialised.network,
        account=initialised.account,
        lineage=initialised.lineage,
    )


def approved(word: str) -> Approved:
    return Approved(book="btc", intent_id=word, by="someone")


def intent(number: int, items: int = 3) -> tuple[Event, Event]:
    """Return a request for some orders, and its outcomes."""
    nonce = AT_MS + number
    orders = tuple(item(number * 1000 + index) for index in range(items))
    written = Intent(
        nonce=nonce,
        expires_at_ms=nonce + 15_000,
        kind="place",
        items=orders,
        body='{"type":"order"}',
    )
    outcomes = tuple(Accepted(venue_order_id=VenueOrderId(str(o.incarnation))) for o in orders)
    return IntentWritten(intent=written), OutcomesWritten(nonce=nonce, outcomes=outcomes)


def item(number: int) -> IntentItem:
    price = Decimal(80_000) + Decimal(number) / 2
    return IntentItem(
        operation=IntentOperation.PLACE,
        address=OrderAddress(f"btc.bids[{number}]"),
        holder=OrderAddress("btc.bids"),
        generation=0,
        client_order_id=ClientOrderId(f"0x{number:032x}"),
        incarnation=number,
        terms=Terms(instrument="BTC", side=Side.BUY, price=price, quantity=Decimal("0.05")),
        budget=Decimal(500),
    )


# One batch a write: what a short life of a state looks like.
HISTORY: tuple[Sequence[Event], ...] = (
    (INITIALISED,),
    (approved("c0ffee"), intent(1)[0]),
    (intent(1)[1],),
    (Halted(by="someone", why="why \u00fc \u2028 not"),),
    (HaltLifted(by="someone"), *intent(2), approved("beef")),
)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(work)


def lock_info(token: str, *, until_ms: int = AT_MS) -> LockInfo:
    return LockInfo(
        owner="o",
        host="h",
        operation="apply",
        created_at_ms=0,
        lease_until_ms=until_ms,
        token=token,
    )
