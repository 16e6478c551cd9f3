"""What must be true at the venue and on the disk after any number of deaths, in any order.

The venue's own record is the truth: every order it ever had, and every request that arrived. A
violation is a sentence; no sentences means that nothing was done twice, nothing too much, and
nothing without a record.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

from reconciler.model.event import IntentWritten
from reconciler.model.identity import WIDE, holder_digest
from reconciler.model.order import OrderAddress
from reconciler.model.state import Placement, State
from reconciler.model.transitions import fold_all
from reconciler.statefile.disk import RealDisk
from reconciler.statefile.folder import StateFolder

__all__ = ["Budgets", "Venue", "budget_violations", "state_violations", "violations"]

Record = Mapping[str, Any]
FOREVER = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """What the venue knows.

    Attributes:
        orders: every order of the account, as the control API tells it.
        log: every delivery to the order endpoint.
        foreign: venue order ids of orders that were there before us.
    """

    orders: Sequence[Record]
    log: Sequence[Record]
    foreign: Mapping[int, Record] = field(default_factory=dict)

    @property
    def ours(self) -> list[Record]:
        return [order for order in self.orders if order["oid"] not in self.foreign]

    def executed(self, *kinds: str) -> Iterator[Record]:
        for entry in self.log:
            if entry["executed"] and entry["action"]["type"] in kinds:
                yield entry


@dataclass(slots=True)
class Budgets:
    """What was declared of a holder, by the digest its orders carry.

    Attributes:
        most: the largest quantity ever.
        names: of a single order, its address.
        rungs: of a ladder, the address of each price, as declared last.
    """

    most: dict[int, Decimal] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    rungs: dict[int, dict[Decimal, str]] = field(default_factory=dict)

    def declare(self, address: str, quantity: Decimal, *, generation: int) -> None:
        digest = holder_digest(OrderAddress(address), generation)
        self._raise(digest, quantity)
        self.names[digest] = address

    def declare_ladder(
        self, address: str, quantity: Decimal, prices: Sequence[int], *, generation: int
    ) -> None:
        digest = holder_digest(OrderAddress(address), generation)
        self._raise(digest, quantity)
        self.rungs[digest] = {Decimal(p): f"{address}[{n}]" for n, p in enumerate(prices)}

    def _raise(self, digest: int, quantity: Decimal) -> None:
        self.most[digest] = max(quantity, self.most.get(digest, Decimal(0)))


def violations(venue: Venue, budgets: Budgets, root: Path) -> list[str]:
    """Return everything that must never be, at any moment."""
    return [
        *_foreign_violations(venue),
        *_placement_violations(venue),
        *_request_violations(venue),
        *_level_violations(venue, budgets),
        *_journal_violations(venue, root),
        *_label_violations(root),
    ]


def budget_violations(venue: Venue, budgets: Budgets, *, is_moving: bool) -> Iterator[str]:
    """Return holders that bought more than was declared (I2).

    Args:
        is_moving: fills may have come while a modify was on its way; then a holder may exceed its
            budget by what the orders that were modified had filled, which a plan prints as bound.
    """
    modified = {
        item["oid"]
        for entry in venue.executed("batchModify", "modify")
        for item in entry["action"].get("modifies", [entry["action"]])
    }
    for digest, orders in _by_digest(venue).items():
        spent = sum((Decimal(order["filled"]) for order in orders), Decimal(0))
        live = sum((Decimal(o["remaining"]) for o in orders if o["is_live"]), Decimal(0))
        slack = sum((Decimal(o["filled"]) for o in orders if o["oid"] in modified), Decimal(0))
        most = budgets.most.get(digest, Decimal(0)) + (slack if is_moving else 0)
        if spent + live > most:
            yield f"{digest:x} filled {spent} and has {live} live, above {most}"


def state_violations(venue: Venue, budgets: Budgets, root: Path) -> Iterator[str]:
    """Return where the recorded state differs from the venue (I6); after a run that settled.

    What is live is called what the specs call it, and nothing else is (I1).
    """
    state = _state(root)
    called = Counter(placement.address for placement in state.placements.values())
    yield from (f"{count} live orders are called {a}" for a, count in called.items() if count > 1)
    for placement in state.placements.values():
        declared = _declared_address(placement, budgets)
        if placement.address != declared:
            yield f"an order is called {placement.address}, and the specs call it {declared}"
    recorded = {
        int(leg.venue_order_id)
        for placement in state.placements.values()
        for leg in placement.legs[-1:]
    }
    live = {order["oid"] for order in venue.ours if order["is_live"]}
    if recorded != live:
        yield f"recorded are {sorted(recorded)}, live are {sorted(live)}"
    if state.intents:
        yield f"{len(state.intents)} intents are open"


def _foreign_violations(venue: Venue) -> Iterator[str]:
    now = {order["oid"]: order for order in venue.orders}
    for oid, before in venue.foreign.items():
        if now[oid] != before:
            yield f"foreign order {oid} was touched"


def _placement_violations(venue: Venue) -> Iterator[str]:
    """A client order id is placed once; later orders under it come from modifies (I1)."""
    placed = Counter(
        item["c"] for entry in venue.executed("order") for item in entry["action"]["orders"]
    )
    yield from (f"{cloid} was placed {count} times" for cloid, count in placed.items() if count > 1)
    for order in venue.ours:
        parts = WIDE.decode(order["cloid"] or "")
        if parts is None:
            yield f"order {order['oid']} carries no id of ours"


def _request_violations(venue: Venue) -> Iterator[str]:
    """A request is sent once, and executed at most once (I3)."""
    executed = Counter(entry["nonce"] for entry in venue.log if entry["executed"])
    yield from (f"nonce {nonce} ran {n} times" for nonce, n in executed.items() if n > 1)
    sent: Counter[int] = Counter()
    for entry in venue.log:
        if entry["action"]["type"] != "noop":
            sent[entry["nonce"]] += 1 - ("duplicate" in entry["faults"]) / 2  # type: ignore[assignment]
    yield from (f"nonce {nonce} was sent {n} times" for nonce, n in sent.items() if n > 1)


def _level_violations(venue: Venue, budgets: Budgets) -> Iterator[str]:
    """At no time two live orders of one address; a rung is known by its price (I1)."""
    levels: dict[object, list[Record]] = {}
    for digest, orders in _by_digest(venue).items():
        for order in orders:
            is_rung = digest in budgets.rungs
            price = Decimal(order["price"])
            level = (digest, price) if is_rung else budgets.names.get(digest, digest)
            levels.setdefault(level, []).append(order)
    for orders in levels.values():
        for one, other in combinations(orders, 2):
            if one["placed_at_ms"] < _end(other) and other["placed_at_ms"] < _end(one):
                yield f"orders {one['oid']} and {other['oid']} lived at one time"


def _journal_violations(venue: Venue, root: Path) -> Iterator[str]:
    """Whatever arrived had its intent on record before it was sent (I7); the chain holds (I4)."""
    events = _folder(root).events()
    intents = {
        e.event.intent.nonce: e.event.intent.body
        for e in events
        if isinstance(e.event, IntentWritten)
    }
    for entry in venue.log:
        body = intents.get(entry["nonce"])
        if body is None:
            yield f"a request with nonce {entry['nonce']} has no intent"
        elif entry["action"]["type"] != "noop" and json.loads(body)["action"] != entry["action"]:
            yield f"the request with nonce {entry['nonce']} is not the recorded one"


def _label_violations(root: Path) -> Iterator[str]:
    """At no line of the journal two orders of one address are live or on their way (I1).

    An order that is asked to go may be followed by the one that takes its place.
    """
    state: State | None = None
    for stamped in _folder(root).events():
        state = fold_all(state, [stamped])
        staying = [p for p in state.placements.values() if not p.is_cancel_requested]
        called = Counter(placement.address for placement in staying)
        for address, count in called.items():
            if count > 1:
                yield f"{count} live orders are called {address} at serial {state.serial}"


def _declared_address(placement: Placement, budgets: Budgets) -> str | None:
    rungs = budgets.rungs.get(holder_digest(placement.holder, placement.generation))
    if rungs is None:
        return placement.holder
    leg = placement.current_leg
    return rungs.get(leg.price) if leg is not None else None


def _by_digest(venue: Venue) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for order in venue.ours:
        parts = WIDE.decode(order["cloid"] or "")
        if parts is not None:
            found.setdefault(parts.digest, []).append(order)
    return found


def _end(order: Record) -> int:
    return FOREVER if order["is_live"] else int(order["status_at_ms"])


def _folder(root: Path) -> StateFolder:
    return StateFolder(root / ".reconciler", "hl", RealDisk())


def _state(root: Path) -> State:
    state = _folder(root).load()
    assert state is not None, "the project has a state"
    return state
