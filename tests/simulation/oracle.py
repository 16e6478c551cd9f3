"""What must be true at the venue after every change there, whatever the runs believe.

The oracle knows what people declared and reviewed, and what the venue did; it reads client order
ids by itself and asks nothing of the planner. A violation ends the history.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from typing import Any

from reconciler.model.config import Limits
from reconciler.model.event import Event, IntentWritten, OutcomesWritten, Resolved
from reconciler.model.order import Terms
from reconciler.model.outcome import Accepted, Rejected, RejectReason
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.model.state import Intent, IntentItem, IntentOperation, ItemStatus, State
from reconciler.simulator import Response
from reconciler.simulator.log import LogEntry
from reconciler.venues.http import HttpRequest
from tests.simulation.allowed import Allowed
from tests.simulation.bench import Asked, Bench
from tests.simulation.book import Specs
from tests.simulation.reviewed import Reviewed
from tests.simulation.spending import Spending
from tests.simulation.wishes import Wishes

__all__ = ["Oracle"]

ZERO = Decimal(0)
UNSETTLED = (ItemStatus.OPEN, ItemStatus.UNKNOWN, ItemStatus.BLOCKED)


@dataclass
class Oracle:
    """The witness of one history."""

    specs: Specs
    bench: Bench
    limits: InitVar[Limits]
    now_ms: Callable[[], int]
    violations: list[str] = field(default_factory=list)
    by_nonce: dict[int, tuple[Intent, Reviewed]] = field(default_factory=dict)
    never: dict[tuple[int, int], str] = field(default_factory=dict)
    executed: Counter[int] = field(default_factory=Counter)
    placed: Counter[str] = field(default_factory=Counter)
    slack: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    filled: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    fills_read: int = 0
    accepted: set[tuple[int, int]] = field(default_factory=set)
    is_recovering: bool = False

    def __post_init__(self, limits: Limits) -> None:
        self.account = self.bench.account
        self.spending = Spending(
            bench=self.bench, limits=limits, now_ms=self.now_ms, fail=self.fail
        )
        self.wishes = Wishes(
            specs=self.specs,
            bench=self.bench,
            limits=limits,
            now_ms=self.now_ms,
            fail=self.fail,
            intents=self.by_nonce,
        )
        self.bench.fail = self.fail

    def fail(self, text: str) -> None:
        self.violations.append(text)

    # What runs write

    def wrote(self, before: State, events: tuple[Event, ...], reviewed: Reviewed | None) -> None:
        """Look at what a run is making durable, or just has."""
        for event in events:
            if isinstance(event, IntentWritten):
                self._intended(before, event.intent, reviewed)
            elif isinstance(event, Resolved) and event.verdict == "never-placed":
                self._concluded(event)
            elif isinstance(event, Resolved) and event.verdict in ("found", "done"):
                self._happened(event)
            elif isinstance(event, OutcomesWritten):
                self._answered(event)

    def _intended(self, before: State, intent: Intent, reviewed: Reviewed | None) -> None:
        if reviewed is None:
            self.fail(f"I3: intent {intent.nonce} of a run that reviewed nothing")
            return
        if intent.nonce in self.by_nonce:
            self.fail(f"I7: nonce {intent.nonce} was used for two intents")
        for nonce, earlier in before.intents.items():
            is_own = nonce in self.by_nonce and self.by_nonce[nonce][1] is reviewed
            if is_own and any(item.status in UNSETTLED for item in earlier.items):
                self.fail(f"unknown: {intent.nonce} follows {nonce} of the same run, unsettled")
        self.by_nonce[intent.nonce] = (intent, reviewed)
        self.bench.written(intent)
        self.wishes.intended(intent, reviewed)
        doubtful = {
            item.client_order_id
            for earlier in before.intents.values()
            for item in earlier.items
            if item.status in UNSETTLED
        }
        addresses = {
            item.address
            for earlier in before.intents.values()
            for item in earlier.items
            if item.status in UNSETTLED and "[" not in item.address
        }
        for item in intent.items:
            if item.operation is IntentOperation.CANCEL:
                continue
            if before.halt is not None:
                self.fail(f"halt: {item.operation} of {item.address} was meant to be sent")
            if item.address in addresses or item.client_order_id in doubtful:
                self.fail(f"I14: {item.address} got an order while one of its is unknown")

    def _concluded(self, event: Resolved) -> None:
        if not event.proof:
            self.fail(f"I8: never-placed of {event.nonce} without a proof")
        key = (event.nonce, event.index)
        self.never[key] = event.proof
        intent = self.by_nonce[event.nonce][0] if event.nonce in self.by_nonce else None
        left_nothing = intent is not None and self.bench.left_nothing(intent, event.index)
        if key in self.accepted and not left_nothing:
            self.fail(f"I8: {key} counts as never placed, and was executed: {event.proof}")

    def _happened(self, event: Resolved) -> None:
        """What counts as done was done, and what counts as ended has ended (I8)."""
        key = (event.nonce, event.index)
        is_taken = self._was_taken(key) or self._was_refused(event.venue_order_id)
        if event.verdict == "found" and not is_taken:
            self.fail(f"I8: {key} counts as taken, and was not executed: {event.proof}")
        if event.verdict == "found" or event.nonce not in self.by_nonce:
            return
        target = self.by_nonce[event.nonce][0].items[event.index].target
        if any(self.bench.name_of(order) == target for order in self.account.live.values()):
            self.fail(f"I8: {key} counts as done, and order {target} is live: {event.proof}")

    def _answered(self, event: OutcomesWritten) -> None:
        """What counts as taken was taken, and what counts as refused was not (I8)."""
        for index, outcome in enumerate(event.outcomes):
            key = (event.nonce, index)
            if isinstance(outcome, Rejected) and outcome.reason is not RejectReason.ORDER_GONE:
                self.never[key] = f"refused: {outcome.text}"
                if key in self.accepted:
                    self.fail(f"I8: {key} counts as refused, and was executed: {outcome.text}")
            elif isinstance(outcome, Accepted) and not self._was_taken(key):
                self.fail(f"I8: {key} counts as taken, and was not executed")

    def _was_taken(self, key: tuple[int, int]) -> bool:
        return key in self.accepted or key in self.bench.under_way

    def _was_refused(self, venue_order_id: str | None) -> bool:
        """Say whether it is an order that the venue keeps though it never took it."""
        history = reversed(self.account.history)
        order = next((o for o in history if self.bench.name_of(o) == venue_order_id), None)
        return order is not None and str(order.status).lower().endswith("rejected")

    # What reaches the venue

    def arrived(self, request: HttpRequest, deliver: Callable[[], Response]) -> Response:
        """Let a request be carried out, and compare the venue before and after."""
        # What was to happen until now is not what the request does.
        self.bench.simulator.wake(self.now_ms())
        foreign = self._foreign()
        live = {oid: (order.filled, order.remaining) for oid, order in self.account.live.items()}
        worth = self.spending.open_worth()
        response = deliver()
        entry = self.bench.simulator.log.entries[-1]
        if entry.action is None:
            return response
        nonce = self.bench.nonce_of(request, entry)
        if entry.action["type"] != "noop":
            self._sent(nonce)
        if entry.executed:
            if self.bench.has_acted(entry):
                self._executed(nonce, entry, live)
            if self._foreign() != foreign:
                self.fail(f"I5: request {nonce} touched a foreign order")
            found = self.by_nonce.get(nonce)
            if found is not None:
                self.spending.opened(worth, found[1])
            self.look()
        return response

    def look(self) -> None:
        """Check what must be true of all orders at any moment."""
        self._read_fills()
        self.wishes.look(self.account.live, self.slack)
        seen: Counter[object] = Counter()
        left: dict[tuple[str, int], Decimal] = {}
        for order in self.account.live.values():
            allowed = self.allowed(order)
            if allowed is None:
                continue
            seen[_slot(order, allowed)] += 1
            left[allowed.key] = left.get(allowed.key, ZERO) + order.remaining
        seen.update(self.bench.digest_of(own_id) for own_id in self.bench.attached().values())
        for slot, count in seen.items():
            if count > 1:
                self.fail(f"I1: {count} live orders of {slot}")
        for key in {*left, *self.filled}:
            total = left.get(key, ZERO) + self.filled.get(key, ZERO)
            most = self.specs.budgets[key].most + self.slack.get(key, ZERO)
            if total > most:
                filled = self.filled.get(key, ZERO)
                self.fail(f"I2: {key} filled {filled} and has {left.get(key, ZERO)}, above {most}")

    def _sent(self, nonce: int) -> None:
        if nonce not in self.by_nonce:
            self.fail(f"I7: request {nonce} was sent before its intent was durable")

    def _executed(
        self, nonce: int, entry: LogEntry, live: dict[int, tuple[Decimal, Decimal]]
    ) -> None:
        self.executed[nonce] += 1
        if self.executed[nonce] > 1:
            self.fail(f"I3: nonce {nonce} was executed twice")
        if entry.action["type"] == "noop" or nonce not in self.by_nonce:
            return
        intent, reviewed = self.by_nonce[nonce]
        for asked in self.bench.asked(entry, intent):
            if not asked.is_done:
                continue
            item, key = asked.item, (nonce, asked.index)
            self.accepted.add(key)
            if key in self.never:
                self.fail(f"I8: {nonce} was executed after: {self.never[key]}")
            self._permitted(asked, item, reviewed)
            self.spending.acted(asked, reviewed)
            self.wishes.acted(asked, reviewed)
            if item.operation is IntentOperation.PLACE:
                self._count_place(item, reviewed)
            elif item.operation is IntentOperation.MODIFY:
                self._count_overfill(item, reviewed, live)
                self.spending.placed(item, reviewed)
            else:
                self._check_stop(item, reviewed)

    def _permitted(self, asked: Asked, item: IntentItem, reviewed: Reviewed) -> None:
        """Every order that came to be is one somebody reviewed, once (I3)."""
        kinds: dict[IntentOperation, tuple[type, ...]] = {
            IntentOperation.PLACE: (Place, Replace, Modify),
            IntentOperation.MODIFY: (Modify,),
            IntentOperation.CANCEL: (Cancel, Replace),
        }
        fitting = [
            action
            for action in reviewed.plan.actions
            if action.address == item.address and isinstance(action, kinds[item.operation])
        ]
        if item.operation is not IntentOperation.CANCEL:
            fitting = [a for a in fitting if _is_no_more(asked, item, a)]
            if item.operation is IntentOperation.MODIFY:
                changed = item.source_client_order_id or item.client_order_id
                fitting = [a for a in fitting if _is_of(a, changed)]
            fitting += [a for a in reviewed.plan.actions if _is_attached(asked, item, a)]
        else:
            fitting = [a for a in fitting if _is_of(a, item.client_order_id)]
            fitting = [a for a in fitting if asked.target == str(item.target)]
        if not fitting:
            self.fail(f"I3: {item.operation} of {item.address} was not reviewed: {asked}")
            return
        name = (item.operation, str(item.target or item.client_order_id))
        reviewed.used[name] += 1
        address = (f"{item.operation} at", item.address)
        reviewed.used[address] += 1
        if reviewed.used[name] > 1 or reviewed.used[address] > len(fitting):
            self.fail(f"I3: {item.operation} of {item.address} was executed twice for one review")

    def _count_place(self, item: IntentItem, reviewed: Reviewed) -> None:
        cloid = item.client_order_id
        self.placed[cloid] += 1
        if self.placed[cloid] > 1:
            self.fail(f"I1: {cloid} was placed twice")
        self.spending.placed(item, reviewed)

    def _count_overfill(
        self, item: IntentItem, reviewed: Reviewed, live: dict[int, tuple[Decimal, Decimal]]
    ) -> None:
        """Allow a modify what it may overfill by: fills since the run saw its order, no more."""
        target = int(item.target or 0)
        action = next(
            a
            for a in reviewed.actions
            if isinstance(a, Modify) and a.before.venue_order_id == item.target
        )
        if target not in live:
            self.fail(f"I3: {item.address} was placed by a modify of an order that is gone")
            return
        late = max(ZERO, live[target][0] - action.before.filled)
        if late > action.overfill_bound:
            self.fail(f"I2: a modify of {item.address} overfills by {late}, beyond its bound")
        allowed = self.specs.by_digest.get(self.bench.digest_of(item.client_order_id))
        source = self.account.by_cloid.get(item.source_client_order_id or item.client_order_id)
        owner = self.allowed(source[-1]) if source else None
        if allowed is not None and owner is allowed:
            self.slack[allowed.key] = self.slack.get(allowed.key, ZERO) + late

    def _check_stop(self, item: IntentItem, reviewed: Reviewed) -> None:
        """What a run saw filled of a group that it cancels has a stop of its own (section 3)."""
        ended = next(
            (
                action.before
                for action in reviewed.actions
                if isinstance(action, Cancel | Replace)
                and action.before.venue_order_id == item.target
            ),
            None,
        )
        if ended is None or ended.client_order_id is None:
            return
        allowed = self.specs.by_digest.get(self.bench.digest_of(ended.client_order_id))
        if (
            allowed is not None
            and allowed.is_group
            and self.bench.is_bare(min(ended.filled, reviewed.held))
        ):
            self.fail(f"stop: {item.address} was cancelled, and {ended.filled} of it stands bare")

    # What the venue knows

    def allowed(self, order: Any) -> Allowed | None:
        """Return what was ever declared of whose order it is; None for a foreign one."""
        own_id = self.bench.own_id(order)
        if own_id is None:
            return None
        allowed = self.specs.by_digest.get(self.bench.digest_of(own_id))
        if allowed is None:
            self.fail(f"I3: order {order.oid} is of nothing that was ever declared")
        return allowed

    def _read_fills(self) -> None:
        for own_id, quantity in self.bench.fills(self.fills_read):
            self.fills_read += 1
            if own_id is None:
                continue
            allowed = self.specs.by_digest.get(self.bench.digest_of(own_id))
            if allowed is not None:
                key = allowed.key
                self.filled[key] = self.filled.get(key, ZERO) + quantity

    def _foreign(self) -> list[tuple[int, Decimal]]:
        return [
            (oid, order.remaining)
            for oid, order in self.account.live.items()
            if self.bench.own_id(order) is None
        ]


def _slot(order: Any, allowed: Allowed) -> object:
    """Return what at most one live order may be of: an address, for a rung budget and price."""
    if allowed.is_ladder:
        return (*allowed.key, order.terms.price)
    return allowed.key[0]


def _is_no_more(asked: Asked, item: IntentItem, action: Action) -> bool:
    """Say whether what was sent is what was reviewed, or less of it."""
    assert isinstance(action, Place | Replace | Modify)
    is_same = (action.holder, action.generation) == (item.holder, item.generation)
    return is_same and _says(asked, action.after)


def _is_of(action: Action, client_order_id: str) -> bool:
    """Say whether the order that was to go, or to change, in what was reviewed is this one."""
    assert isinstance(action, Cancel | Modify | Replace), "it speaks of an order that rests"
    return action.before.client_order_id in (None, client_order_id)


def _is_attached(asked: Asked, item: IntentItem, action: Action) -> bool:
    """Say whether what was sent was reviewed as attached to another order."""
    if not isinstance(action, Place | Replace) or item.operation is not IntentOperation.PLACE:
        return False
    return any(c.address == item.address and _says(asked, c.terms) for c in action.children)


def _says(asked: Asked, after: Terms) -> bool:
    """Say whether an order on the wire is of these terms, or smaller."""
    return (
        asked.price == after.price
        and asked.quantity <= after.quantity
        and asked.is_buy == (after.side.sign > 0)
        and asked.reduce_only == after.reduce_only
        and asked.trigger == (after.trigger.price if after.trigger is not None else None)
    )
