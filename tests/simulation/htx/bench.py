"""HTX coin-margined swaps as the bench of a history: the real adapter against our own HTX."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from reconciler.diagnostics import Span
from reconciler.errors import ReconcilerError
from reconciler.model.config import VenueSettings
from reconciler.model.event import Initialised
from reconciler.model.order import OrderAddress, TriggerKind
from reconciler.model.plan import Action, Hold, Reason
from reconciler.model.state import Intent, IntentOperation
from reconciler.ports import Clock
from reconciler.secret import Secret
from reconciler.simulator import Fault, Request, Simulator
from reconciler.simulator.htx import (
    HtxAccountSeed,
    HtxSetup,
    Key,
    load_contracts,
    signature_believed,
)
from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.orders import CANCELLED, STOP_LIVE, Order, Stop
from reconciler.simulator.log import LogEntry
from reconciler.venues.http import Exchange, HttpRequest
from reconciler.venues.htx.adapter import ACCESS_KEY, SECRET_KEY
from tests.simulation.bench import Asked, Market
from tests.simulation.chance import Chance
from tests.simulation.htx.asked import (
    asked_of,
    done_in,
    expires_ms,
    items_in,
    pending_in,
    text_of,
)
from tests.simulation.htx.fates import ACTING, FAULTS, READING
from tests.simulation.htx.others import Others
from tests.simulation.htx.person import settle
from tests.simulation.htx.swarm import drawn_htx_swarm, drawn_switches
from tests.simulation.htx.watched import WatchedVenue
from tests.simulation.swarm import Swarm

__all__ = ["HtxBench"]

ACCOUNT = "trader"
OURS = Key(access="access-ours", secret="secret-ours")
ROBOT = "access-robot"
CODE = "BTC-USD"
# Our ids are forgotten after eight hours; a run that looks may take some of the last.
IDS_SHOWN_MS = 7 * 60 * 60_000
CONTRACT_WORTH = Decimal(100)
WINDOW_S = 300
TRADING = ("swap_order", "swap_batchorder", "swap_cancel", "swap_tpsl_cancel")
EARLIER_MS = 1_789_990_000_000
HISTORY_GAP = "history-gap"
IDS_ANSWER_MS = 8 * 60 * 60_000
# What is asked of a person is asked a little before the venue forgets, two hours after.
FORGETS_MS = 110 * 60_000
SUFFIXES = {TriggerKind.TAKE_PROFIT: "tp", TriggerKind.STOP_LOSS: "sl"}
UNSEEN = (Reason.UNKNOWN_OUTCOME, Reason.STATUS_UNKNOWN, Reason.HISTORY_GAP)
SETTINGS = VenueSettings(
    name="htx",
    kind="htx-coin-swap",
    network="local",
    port=1,
    signature_window_s=WINDOW_S,
    source=Span(path="reconciler.yaml", line=1, column=1),
)
ENTRY = Initialised(
    project="demo",
    venue="htx",
    kind="htx-coin-swap",
    network="local",
    account=ACCOUNT,
    lineage="00000000-0000-4000-8000-000000000000",
)
# The upper 16 of the 63 bits of an id of ours.
TAG = int(sha256(f"{ENTRY.project}\n{ENTRY.lineage}".encode()).hexdigest()[:4], 16) or 1


def one_contract() -> Mapping[str, Contract]:
    """Return the recorded contracts cut to two: replies stay small."""
    return {code: each for code, each in load_contracts().items() if code in (CODE, "ETH-USD")}


class HtxBench:
    """`tests.simulation.bench.Bench`."""

    entry = ENTRY
    market = Market(
        instrument=CODE,
        lot=Decimal(1),
        least=CONTRACT_WORTH,
        cancel_words=("timeout-canceled-order", "prevent-self-dealing"),
        options=(("leverage", "5"),),
        has_market_stops=False,
        takes_closing=True,
    )
    verbs: Mapping[str, str] = {"venue": "htx"}
    acting: Sequence[str] = ACTING
    reading: Sequence[str] = READING
    life_ms = 15_000
    closing_wait_ms = WINDOW_S * 1000 + 22_000
    still_ms = WINDOW_S * 1000 + 120_000
    # An older state cannot know of what is still under way, and nothing else shows it.
    restored_after_ms = WINDOW_S * 1000 + 2_000
    long_gaps_ms: Sequence[int] = (12 * 60 * 60_000, 2 * 60 * 60_000)
    # HTX takes a post-only order that would match, and cancels it: a person's cancel looks alike.
    crossed_within_ms = 1_000

    def __init__(self, chance: Chance) -> None:
        self.further = drawn_htx_swarm(chance)
        self.swarm: Swarm = self.further
        self.switches = drawn_switches(chance)
        robot = replace(OURS, access=ROBOT)
        self.simulator = Simulator(
            htx=HtxSetup(
                contracts=one_contract(),
                switches=self.switches,
                accounts=[HtxAccountSeed(uid=ACCOUNT, keys=(OURS, robot))],
                verify=signature_believed,
            )
        )
        self.world = self.simulator.htx.world
        self.account = self.world.accounts[ACCOUNT]
        self.nonces: dict[str, list[int]] = {}
        self.arrived: set[int] = set()
        self.done_whole: set[str] = set()
        self.digests: dict[str, str] = {}
        self.under_way: AbstractSet[tuple[int, int]] = frozenset()
        self.fail: Callable[[str], None] = lambda text: None
        if chance.happens(self.further.crowded):
            self._crowd(chance.between(45, 52))
        if chance.happens(self.further.holding):
            self._hold(chance.between(5, 60))

    def venue(self, clock: Clock, exchange: Exchange) -> WatchedVenue:
        secrets = {ACCESS_KEY: Secret(OURS.access), SECRET_KEY: Secret(OURS.secret)}
        return WatchedVenue(
            SETTINGS,
            secrets=secrets,
            clock=clock,
            exchange=exchange,
            world=self.world,
            account=self.account,
            fail=self.fail,
        )

    def _crowd(self, count: int) -> None:
        """Let so many orders of others rest that the list of all has two pages."""
        for number in range(count):
            self._human(side="buy", price=str(40_000 + 10 * number), quantity="1")

    def _hold(self, contracts: int) -> None:
        """Let somebody have bought what orders may close."""
        self._human(side="buy", price="67000", quantity=str(contracts))

    def _human(self, **order: str) -> None:
        named = {**self.verbs, "account": ACCOUNT, "instrument": CODE, "leverage": 5}
        self.simulator.control("place_as_human", {**named, **order}, EARLIER_MS)

    # The way there

    def acts(self, request: HttpRequest) -> bool:
        return request.path.partition("?")[0].rpartition("/")[2] in TRADING

    def is_empty(self, request: HttpRequest) -> bool:
        return False

    def left_ms(self, request: HttpRequest, now_ms: int) -> int:
        return expires_ms(request, self.switches.clock_tolerance_ms) - now_ms

    def received(self, request: HttpRequest) -> Request:
        path, _, query = request.path.partition("?")
        headers = {"host": "127.0.0.1:1", "content-type": "application/json"}
        return Request(
            method=request.method, path=path, query=query, headers=headers, body=request.content
        )

    def may_repeat(self, request: HttpRequest) -> bool:
        """A copy of what was refused might be taken later: there is no nonce, and no help.

        Nobody between us and the venue repeats a request it has an answer to.
        """
        return text_of(request) in self.done_whole

    def fault(self, kind: str, request: HttpRequest) -> Fault | None:
        return FAULTS.get(kind)

    def brief(self, request: HttpRequest) -> str:
        return text_of(request)[:400]

    # The truth there

    def written(self, intent: Intent) -> None:
        self.nonces.setdefault(intent.body, []).append(intent.nonce)
        parent = ""
        for item in intent.items:
            if item.operation is not IntentOperation.PLACE or item.terms is None:
                continue
            digest = sha256(f"{item.holder}\n{item.generation}".encode()).hexdigest()[:14]
            self.digests.setdefault(item.client_order_id, digest)
            if item.terms.trigger is None:
                parent = item.client_order_id
            else:  # it has no id of its own there
                self.digests[f"{parent}/{SUFFIXES[item.terms.trigger.kind]}"] = digest

    def nonce_of(self, request: HttpRequest, entry: LogEntry) -> int:
        """Two runs may cancel the same in one second: then the text is that of both."""
        known = self.nonces.get(text_of(request), [])
        fresh = [nonce for nonce in known if nonce not in self.arrived]
        nonce = (fresh or known or [0])[0]
        done = done_in(entry)
        if done:
            self.arrived.add(nonce)
        self.under_way |= {(nonce, index) for index in pending_in(entry)}
        if len(done) == items_in(entry):
            self.done_whole.add(text_of(request))
        return nonce

    def has_acted(self, entry: LogEntry) -> bool:
        return bool(done_in(entry))

    def asked(self, entry: LogEntry, intent: Intent) -> Sequence[Asked]:
        found = asked_of(entry, intent)
        if entry.action["type"] != "swap_tpsl_cancel":
            return found
        stops = self.world.stops
        return [replace(each, target=_known_as(stops[int(each.target)])) for each in found]

    def own_id(self, order: Any) -> str | None:
        number: int | None = order.terms.client_id
        if number is None and order.terms.source == "tpsl":
            stop = self._stop_of(order)
            parent = self.own_id(stop.parent)
            return f"{parent}/{stop.attached.kind}" if parent is not None else None
        return str(number) if number is not None and number >> 47 == TAG else None

    def left_nothing(self, intent: Intent, index: int) -> bool:
        """What is attached to an order that was cancelled without a fill came and went with it."""
        items = intent.items[: index + 1]
        if items[-1].terms is None or items[-1].terms.trigger is None:
            return False
        places = [i for i in items if i.terms is not None and i.terms.trigger is None]
        orders = self.account.by_client_id.get(int(places[-1].client_order_id), ())
        return all(order.status == CANCELLED for order in orders)

    def name_of(self, order: Any) -> str:
        if order.terms.source == "tpsl":
            return _known_as(self._stop_of(order))
        return str(order.oid)

    def attached(self) -> Mapping[str, str]:
        return {
            _known_as(stop): f"{own_id}/{stop.attached.kind}"
            for stop in self.account.stops
            if stop.status in STOP_LIVE and (own_id := self.own_id(stop.parent)) is not None
        }

    def _stop_of(self, order: Any) -> Stop:
        """Return what fired as this order."""
        stops = self.account.stops
        return next(s for s in reversed(stops) if s.progress.value.placed_oid == order.oid)

    def foreign_id(self, digest: str, number: int) -> Mapping[str, str]:
        return {}  # another program's ids are drawn where it trades

    def fills(self, since: int) -> Iterator[tuple[str | None, Decimal]]:
        for fill in self.account.fills[since:]:
            yield self.own_id(fill.order), Decimal(fill.volume)

    def digest_of(self, own_id: str) -> str:
        """The id has room for a hint only: whose it is was written before it was sent."""
        digest = self.digests.get(own_id, "")
        is_own = "/" not in own_id and bool(digest)
        assert not is_own or int(own_id) >> 31 & 0xFFFF == int(digest[:4], 16), "the hint is right"
        return digest

    def named(self, stand_in: str, digests: Iterable[str]) -> str:
        hint = f"{int(stand_in[1:], 16):04x}"
        return next(digest for digest in digests if digest.startswith(hint))

    def opens(self, order: Any) -> bool:
        return bool(order.terms.is_open)

    def worth(self, price: Decimal, quantity: Decimal) -> Decimal:
        return quantity * CONTRACT_WORTH

    def shows_rollback(self, last_sent_ms: int, now_ms: int) -> bool:
        return self.switches.shows_old_client_ids or now_ms - last_sent_ms < IDS_SHOWN_MS

    def is_bare(self, filled: Decimal) -> bool:
        held = Decimal(self.account.wallets[CODE].value.volume(is_long=True))
        stops = [s for s in self.account.stops if s.status in STOP_LIVE and s.attached.kind == "sl"]
        return sum(stop.progress.value.volume for stop in stops) < min(filled, held)

    # What else happens

    def disturbances(self, world: Any) -> Sequence[tuple[float, Callable[[], None]]]:
        swarm, others = self.further, self.others(world)
        return (
            (swarm.robot, others.trade),
            (swarm.closed, others.close),
            (swarm.barred, others.bar),
        )

    def others(self, world: Any) -> Others:
        """Return who else acts on the account."""
        return Others(world, access=ROBOT, code=CODE)

    def has_forgotten(self, action: Action, world: Any) -> bool:
        """Orders that ended without a fill are forgotten after two hours, ids after eight.

        What rests, and what filled, is found by the venue's id for ever.
        """
        is_old = world.loop.now_ms - world.began_ms > FORGETS_MS
        if not isinstance(action, Hold) or action.reason not in UNSEEN:
            return False
        if action.reason is Reason.HISTORY_GAP and world.has_rolled_back:
            return True  # what ended unseen meanwhile is in no list
        if not is_old:
            return False
        if action.reason is not Reason.STATUS_UNKNOWN:
            return True
        placed = world.runs[-1].look.settled.placements.values()
        names = {
            leg.venue_order_id
            for placement in placed
            if placement.address == action.address
            for leg in placement.legs
        }
        return all(
            order.status == CANCELLED
            for order in self.account.history
            if self.own_id(order) is not None and self.name_of(order) in names
        )

    def lifts(self, problem: ReconcilerError | None, world: Any) -> frozenset[str]:
        """Old fills of orders that show no id may be ours: a person has to say they are known."""
        is_old = world.loop.now_ms - world.began_ms > IDS_ANSWER_MS
        if problem is None or not problem.diagnostics:
            return frozenset()
        is_gap = is_old and problem.diagnostics[0].code == HISTORY_GAP
        return frozenset({HISTORY_GAP}) if is_gap else frozenset()

    def settle(self, world: Any, addresses: Sequence[OrderAddress]) -> None:
        settle(self, world, addresses)

    def is_of(self, order: Order, client_order_id: str) -> bool:
        """Say whether an order was placed under an id of ours, or by a stop that was."""
        own_id = self.own_id(order)
        if own_id is None or order.terms.source != "tpsl":
            return own_id == client_order_id
        return self.digests.get(own_id) == self.digests.get(client_order_id)

    def stops_of(self, client_order_id: str) -> Sequence[int]:
        """Return the venue's ids of stops that were sent under an id of ours and stand."""
        digest = self.digests.get(client_order_id)
        return [
            stop.oid
            for stop in self.account.stops
            if stop.status in STOP_LIVE
            and (own_id := self.own_id(stop.parent)) is not None
            and self.digests.get(f"{own_id}/{stop.attached.kind}") == digest
        ]

    def calm_down(self, control: Callable[..., None]) -> None:
        control("switches", is_maintained=False, settlement_window_ms=0)


def _known_as(stop: Stop) -> str:
    """Return what the program calls a stop."""
    return f"{stop.parent.oid}/{stop.attached.kind}"
