"""What people want, held against what runs send: what was declared, and what is to stay ended.

A plan is made by what is on trial here, so nothing in it is believed: only the specs, the venue's
own orders and how somebody ended one count.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from reconciler.model.config import Limits
from reconciler.model.plan import Place, Replace
from reconciler.model.state import Intent, IntentItem, IntentOperation, State
from tests.simulation.allowed import Allowed, Ended, Slot
from tests.simulation.bench import Asked, Bench
from tests.simulation.book import Specs
from tests.simulation.reviewed import Reviewed

__all__ = ["Wishes"]

ZERO = Decimal(0)
# Reads may be so far behind.
SHOWN_AFTER_MS = 5_000
# Fewer orders may always go.
CANCELS_FROM = 4


@dataclass(kw_only=True)
class Wishes:
    """Holds what is meant to be sent, and what was carried out, against what people want.

    Attributes:
        intents: all that were written, by nonce.
        orders: of ours, by budget and price.
        filled_ms: when something of a slot was first seen to have filled.
        sent: the largest budget that was ever sent for.
        live: how many orders of ours were live, and from when on.
    """

    specs: Specs
    bench: Bench
    limits: Limits
    now_ms: Callable[[], int]
    fail: Callable[[str], None]
    intents: Mapping[int, tuple[Intent, Reviewed]]
    orders: dict[Slot, list[Any]] = field(default_factory=dict)
    filled_ms: dict[Slot, int] = field(default_factory=dict)
    sent: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    live: list[tuple[int, int]] = field(default_factory=list)
    orders_read: int = 0

    # What is meant to be sent

    def intended(self, intent: Intent, reviewed: Reviewed) -> None:
        """Look at what a run is about to send: nothing that somebody ended comes back by itself."""
        for item in intent.items:
            allowed = self._allowed(item.client_order_id)
            if item.operation is IntentOperation.CANCEL or item.terms is None or allowed is None:
                continue
            is_new = item.operation is IntentOperation.PLACE or bool(item.source_client_order_id)
            slot = self.specs.slot(allowed, item.terms.price)
            if is_new or allowed.is_ladder:
                self._is_to_stay_ended(item, slot, reviewed)
            if is_new:
                self._is_another_by_name_only(item, allowed, reviewed)
            self.sent[allowed.key] = max(self.sent.get(allowed.key, ZERO), item.budget)

    def _is_to_stay_ended(self, item: IntentItem, slot: Slot, reviewed: Reviewed) -> None:
        """What the venue ended is held; what a person ended is, while nobody attends."""
        ended = self.specs.ended.pop(slot, None)
        if ended is None or reviewed.looked_at_ms <= ended.at_ms + SHOWN_AFTER_MS:
            return
        if ended.is_by_venue or reviewed.is_unattended:
            who = "the venue" if ended.is_by_venue else "a person"
            self.fail(f"I3: {item.address} comes back by itself, {who} had ended it")

    def _is_another_by_name_only(
        self, item: IntentItem, allowed: Allowed, reviewed: Reviewed
    ) -> None:
        """What filled is not bought again because somebody forgot to say that it is renamed."""
        assert item.terms is not None, "what is new has terms"
        earlier = self.specs.called_before.get(allowed.key)
        if earlier is None or self.specs.is_declared(earlier[0]):
            return
        filled_ms = self.filled_ms.get((*earlier, item.terms.price))
        is_known = filled_ms is not None and reviewed.looked_at_ms > filled_ms + SHOWN_AFTER_MS
        if is_known and self.sent.get(earlier) == item.budget:
            self.fail(f"I2: {item.address} buys again what {earlier} filled, under another name")

    def recorded(self, before: State, after: State) -> None:
        """Evidence of fills only ever grows, also when a read is behind."""
        for client_order_id, placement in before.placements.items():
            now = after.placements.get(client_order_id)
            legs = {leg.venue_order_id: leg.filled for leg in now.legs} if now is not None else {}
            for leg in placement.legs:
                if legs.get(leg.venue_order_id, leg.filled) < leg.filled:
                    self.fail(f"I6: {leg.venue_order_id} had filled {leg.filled} and has less now")

    # What was carried out

    def acted(self, asked: Asked, reviewed: Reviewed) -> None:
        """Look at anything that the venue took."""
        item = asked.item
        if item.operation is IntentOperation.CANCEL:
            self._cancelled(asked, reviewed)
            return
        allowed = self._allowed(item.client_order_id)
        form = (asked.price, asked.is_buy, asked.reduce_only, asked.trigger)
        if allowed is not None and form not in allowed.forms:
            self.fail(f"I3: {item.address} was never declared as {form}")
        if allowed is not None and asked.is_post_only is False:
            self.fail(f"I3: {item.address} may take, and was declared post-only")

    def _cancelled(self, asked: Asked, reviewed: Reviewed) -> None:
        """A run never ends most of what is there, or all of it, for want of a spec."""
        if reviewed.wants_nothing:
            self.fail(f"I9: {asked.item.address} was cancelled, and nothing at all is declared")
        placed = [a for a in reviewed.actions if isinstance(a, Place | Replace)]
        if any(asked.item.address in (a.address, *a.waits_for) for a in placed):
            return
        reviewed.ended.add(asked.target)
        count, most = len(reviewed.ended), self._most_live(reviewed.looked_at_ms - SHOWN_AFTER_MS)
        if count >= CANCELS_FROM and count > self.limits.max_cancel_fraction * most:
            self.fail(f"I9: {count} of {most} orders were cancelled without a successor")

    def _most_live(self, since_ms: int) -> int:
        earlier = [count for at_ms, count in self.live if at_ms < since_ms]
        later = [count for at_ms, count in self.live if at_ms >= since_ms]
        return max([*earlier[-1:], *later], default=0)

    # What the venue shows

    def look(self, live: Mapping[int, Any], slack: Mapping[tuple[str, int], Decimal]) -> None:
        """Look at all orders of ladders: no rung trades more than it was ever declared to."""
        self._read_orders()
        count = sum(self.bench.own_id(order) is not None for order in live.values())
        if not self.live or self.live[-1][1] != count:
            self.live.append((self.now_ms(), count))
        for slot, orders in self.orders.items():
            key, price = slot[:2], slot[2]
            filled = sum((Decimal(order.filled) for order in orders), ZERO)
            if filled:
                self.filled_ms.setdefault(slot, self.now_ms())
            rungs = self.specs.budgets[key].rungs
            if not rungs:
                continue
            left = sum((Decimal(o.remaining) for o in orders if o.oid in live), ZERO)
            most = rungs.get(price, ZERO) + slack.get(key, ZERO)
            if left + filled > most:
                self.fail(f"I2: {key} filled {filled} at {price} and has {left}, above {most}")

    def somebody_ended(self, order: Any, *, is_by_venue: bool) -> None:
        """Remember that an order of ours was ended from outside, if it was and was the newest."""
        own_id = self.bench.own_id(order)
        allowed = self._allowed(own_id) if own_id is not None else None
        if allowed is None or allowed.is_leg or order.oid in self.bench.account.live:
            return
        if self.now_ms() - order.placed_at_ms <= self.bench.crossed_within_ms:
            return
        self._read_orders()
        orders = self.orders.get((*allowed.key, order.terms.price), [])
        if not allowed.is_ladder:
            orders = [
                o for slot, found in self.orders.items() if slot[:2] == allowed.key for o in found
            ]
        name = self.bench.name_of(order)
        is_newest = all(each.oid <= order.oid for each in orders)
        # What we were ending or changing ourselves may count as our own doing.
        is_ours = any(i.target == name for intent, _ in self.intents.values() for i in intent.items)
        slot = self.specs.slot(allowed, order.terms.price)
        # What no run of now wants is forgotten, and may come back with its spec.
        if is_newest and not is_ours and slot in self.specs.slots:
            self.specs.ended[slot] = Ended(at_ms=self.now_ms(), is_by_venue=is_by_venue)

    def _read_orders(self) -> None:
        history = self.bench.account.history
        for order in history[self.orders_read :]:
            own_id = self.bench.own_id(order)
            allowed = self._allowed(own_id) if own_id is not None else None
            if allowed is not None:
                self.orders.setdefault((*allowed.key, order.terms.price), []).append(order)
        self.orders_read = len(history)

    def _allowed(self, own_id: str) -> Allowed | None:
        return self.specs.by_digest.get(self.bench.digest_of(own_id))
