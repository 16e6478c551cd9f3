"""Hyperliquid as the bench of a history."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from functools import cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from reconciler.diagnostics import Span
from reconciler.errors import ReconcilerError
from reconciler.model.config import VenueSettings
from reconciler.model.event import Initialised
from reconciler.model.identity import ID_VERSION
from reconciler.model.order import OrderAddress
from reconciler.model.plan import Action
from reconciler.model.state import Intent, IntentItem
from reconciler.ports import Clock
from reconciler.simulator import AccountSeed, Fault, Request, Simulator, signer_in_field
from reconciler.simulator.faults import FaultKind
from reconciler.simulator.log import LogEntry
from reconciler.simulator.markets import Markets, load_markets
from reconciler.venues.http import Exchange, HttpRequest
from reconciler.venues.hyperliquid.adapter import HyperliquidVenue
from tests.simulation.bench import Asked, Market
from tests.simulation.chance import Chance
from tests.simulation.swarm import drawn_swarm

__all__ = ["HyperliquidBench"]

ACCOUNT = "0x5e9ee1089755c3435139848e47e6635505d5a13a"
AGENT = "0x0000000000000000000000000000000000a9e470"
EXCHANGE = "/exchange"
LEAST = "10"
# What the venue takes. The first are stricter than what a run knows.
USUAL = {"minimum_notional": LEAST, "perp_band_percent": 95}
STRICTER = (
    {"perp_band_percent": 2},
    {"perp_band_percent": 5},
    {"minimum_notional": "600"},
    {"minimum_notional": "200"},
    USUAL,
)
NOOP = b'{"type":"noop"}'
EXPIRY = re.compile(rb'"expiresAfter":(\d+)')
INSIDE: dict[str, FaultKind] = {"partial_batch": "partial_batch", "wrong_length": "wrong_length"}
SETTINGS = VenueSettings(
    name="hl",
    kind="hyperliquid",
    network="local",
    port=1,
    account=ACCOUNT,
    source=Span(path="reconciler.yaml", line=1, column=1),
)
ENTRY = Initialised(
    project="demo",
    venue="hl",
    kind="hyperliquid",
    network="local",
    account=ACCOUNT,
    lineage="00000000-0000-4000-8000-000000000000",
)
OTHERS_TAG = sha256(b"another project").hexdigest()[:8]
TAG = sha256(f"{ENTRY.project}\n{ENTRY.lineage}".encode()).hexdigest()[:8]
# Looked for in this order; the first that happens is the request's fate.
ACTING = (
    "not_connected",
    "lost_request",
    "lost_reply",
    "late",
    "duplicate",
    "error_before",
    "error_after",
    "rate_limited",
    "garbled",
    "truncated",
    "partial_batch",
    "wrong_length",
)
READING = ("lost_request", "error_before", "rate_limited", "garbled", "truncated")


class Signer:
    """Writes its address where a signature would stand."""

    address = AGENT

    def signed_body(self, body: str, *, is_mainnet: bool) -> bytes:
        assert not is_mainnet, "a simulation is no mainnet"
        return f'{body[:-1]},"signature":{{"signer":"{AGENT}"}}}}'.encode()


@cache
def two_markets() -> Markets:
    """Return the recorded catalogue cut to two perps: replies stay small."""
    whole = load_markets()
    kept = whole.perps[""][:2]
    meta = {**whole.metas[""], "universe": whole.metas[""]["universe"][:2]}
    return Markets(
        by_asset={each.asset: each for each in kept},
        by_name={each.name: each for each in kept},
        dexes=("",),
        perps={"": kept},
        spots=(),
        metas={"": meta},
        spot_meta={"universe": [], "tokens": whole.spot_meta["tokens"][:1]},
        tokens=whole.tokens,
        mids={"": {each.name: whole.mids[""][each.name] for each in kept}},
        encoded={**whole.encoded, "meta:": json.dumps(meta).encode()},
    )


class HyperliquidBench:
    """`tests.simulation.bench.Bench`."""

    entry = ENTRY
    market = Market(
        instrument="BTC",
        lot=Decimal("0.001"),
        least=Decimal(LEAST),
        cancel_words=("selfTradeCanceled", "liquidatedCanceled", "marginCanceled"),
    )
    verbs: Mapping[str, str] = MappingProxyType({})
    acting: Sequence[str] = ACTING
    reading: Sequence[str] = READING
    life_ms = 15_000
    closing_wait_ms = 27_000
    still_ms = 120_000
    restored_after_ms = 0
    under_way: AbstractSet[tuple[int, int]] = frozenset()
    long_gaps_ms: Sequence[int] = (30 * 60_000,)
    crossed_within_ms = 0

    def __init__(self, chance: Chance) -> None:
        self.swarm = drawn_swarm(chance)
        self.fail: Callable[[str], None] = lambda text: None
        account = AccountSeed(address=ACCOUNT, agents=(AGENT,))
        self.simulator = Simulator(two_markets(), recover=signer_in_field, accounts=[account])
        self.account = self.simulator.world.accounts[ACCOUNT]

    def venue(self, clock: Clock, exchange: Exchange) -> HyperliquidVenue:
        return HyperliquidVenue(
            SETTINGS, secrets={}, clock=clock, exchange=exchange, signer=Signer()
        )

    def acts(self, request: HttpRequest) -> bool:
        return request.path == EXCHANGE

    def is_empty(self, request: HttpRequest) -> bool:
        return NOOP in request.content

    def left_ms(self, request: HttpRequest, now_ms: int) -> int:
        expires = EXPIRY.search(request.content)
        return int(expires[1]) - now_ms if expires else 0

    def received(self, request: HttpRequest) -> Request:
        return Request(path=request.path, body=request.content)

    def may_repeat(self, request: HttpRequest) -> bool:
        return True

    def fault(self, kind: str, request: HttpRequest) -> Fault | None:
        return Fault(kind=INSIDE[kind], path=EXCHANGE) if kind in INSIDE else None

    def brief(self, request: HttpRequest) -> str:
        body = json.loads(request.content)
        return f"{body['nonce']} {json.dumps(body['action'])[:400]}"

    def written(self, intent: Intent) -> None:
        pass

    def nonce_of(self, request: HttpRequest, entry: LogEntry) -> int:
        return int(entry.nonce)

    def has_acted(self, entry: LogEntry) -> bool:
        return True

    def asked(self, entry: LogEntry, intent: Intent) -> Sequence[Asked]:
        action, reply = entry.action, entry.reply
        wires = action.get("orders") or action.get("cancels") or action.get("modifies") or []
        data = reply.get("response", {}) if isinstance(reply, dict) else {}
        statuses = data.get("data", {}).get("statuses", []) if isinstance(data, dict) else []
        padded = [*statuses, *([None] * len(wires))]
        pairs = zip(wires, intent.items, padded, strict=False)
        return [
            _asked(index, item, wire, is_done=_is_done(status))
            for index, (wire, item, status) in enumerate(pairs)
        ]

    def own_id(self, order: Any) -> str | None:
        cloid: str | None = order.terms.cloid
        return cloid if cloid is not None and cloid[4:12] == TAG else None

    def foreign_id(self, digest: str, number: int) -> Mapping[str, str]:
        return {"cloid": f"0x{ID_VERSION:02x}{OTHERS_TAG}{digest}{number:08x}"}

    def fills(self, since: int) -> Iterator[tuple[str | None, Decimal]]:
        for fill in self.account.fills[since:]:
            is_ours = fill.cloid is not None and fill.cloid[4:12] == TAG
            yield (fill.cloid if is_ours else None), fill.quantity

    def left_nothing(self, intent: Intent, index: int) -> bool:
        return False

    def name_of(self, order: Any) -> str:
        return str(order.oid)

    def attached(self) -> Mapping[str, str]:
        return {}

    def digest_of(self, own_id: str) -> str:
        return own_id[12:26]

    def named(self, stand_in: str, digests: Iterable[str]) -> str:
        return stand_in[1:]

    def opens(self, order: Any) -> bool:
        return True

    def worth(self, price: Decimal, quantity: Decimal) -> Decimal:
        return price * quantity

    def shows_rollback(self, last_sent_ms: int, now_ms: int) -> bool:
        return True

    def is_bare(self, filled: Decimal) -> bool:
        held = sum((each.size for each in self.account.positions.values()), Decimal(0))
        stopped = sum(
            (
                order.remaining
                for order in self.account.live.values()
                if order.terms.is_reduce_only and _is_stop(order)
            ),
            Decimal(0),
        )
        return stopped < min(filled, held)

    def disturbances(self, world: Any) -> Sequence[tuple[float, Callable[[], None]]]:
        def stricter() -> None:
            world.control("switches", **world.chance.among(STRICTER))

        def take_stop() -> None:
            stops = [o for o in self.account.live.values() if o.is_untriggered and self.own_id(o)]
            if stops:
                world.control("cancel_as_user", oid=world.chance.among(stops).oid)

        barer = ((self.swarm.stop_taken, take_stop),) * 3
        return (*((self.swarm.stricter, stricter),) * 2, *barer)

    def has_forgotten(self, action: Action, world: Any) -> bool:
        return False

    def lifts(self, problem: ReconcilerError | None, world: Any) -> frozenset[str]:
        return frozenset()

    def settle(self, world: Any, addresses: Sequence[OrderAddress]) -> None:
        raise AssertionError("Hyperliquid remembers")

    def calm_down(self, control: Callable[..., None]) -> None:
        control("switches", **USUAL)
        for order in self.account.history:
            if order.told_status:
                control("say_status", oid=order.oid, status="")


def _is_stop(order: Any) -> bool:
    return order.terms.trigger is not None and order.terms.trigger.kind == "sl"


def _is_done(status: Any) -> bool:
    return status is not None and not (isinstance(status, dict) and "error" in status)


def _asked(index: int, item: IntentItem, wire: dict[str, Any], *, is_done: bool) -> Asked:
    order = wire.get("order", wire)
    if "p" not in order:
        return Asked(index, item, is_done, target=str(wire["o"]))
    trigger = order["t"].get("trigger")
    return Asked(
        index,
        item,
        is_done,
        price=Decimal(order["p"]),
        quantity=Decimal(order["s"]),
        is_buy=order["b"],
        reduce_only=bool(order["r"]),
        trigger=Decimal(trigger["triggerPx"]) if trigger else None,
        is_post_only=order["t"]["limit"]["tif"] == "Alo" if trigger is None else None,
    )
