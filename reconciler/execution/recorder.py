"""A run's record: what the journal holds, and what reading back adds to it."""

from collections.abc import Callable, Sequence

from reconciler.execution.looking import Shell, refresh
from reconciler.execution.resolver import close_unknowns
from reconciler.model.event import Event, Observed, Resolved
from reconciler.model.order import ClientOrderId, RestingOrder, TimeInForce
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason
from reconciler.model.state import EndReason, IntentItem, State
from reconciler.observe import Sight, sight_of, unsettled_addresses
from reconciler.ports import Store, Venue

__all__ = ["Recorder"]

READ_BACK_PAUSE_MS = 300
QUICK_TRIES = 6
READ_BACK_TRIES_MAX = 40


class Recorder:
    """The state of one run at one venue entry: always what the journal holds.

    Attributes:
        state: as recorded.
        never_placed: items of intents, by (nonce, index), proven never to have been executed.
        refused: what the venue took and then refused, with its word, by client order id.
        foreign: open orders that are not on record, as last seen.
    """

    def __init__(
        self,
        venue: Venue,
        store: Store,
        shell: Shell,
        state: State,
        venue_time_ms: Callable[[], int],
    ) -> None:
        self.state = state
        self.never_placed: set[tuple[int, int]] = set()
        self.refused: dict[ClientOrderId, str] = {}
        self.foreign: Sequence[RestingOrder] = ()
        self._venue = venue
        self._store = store
        self._shell = shell
        self._venue_time_ms = venue_time_ms
        self._blocked_before: frozenset[ClientOrderId] = frozenset()

    async def append(self, events: Sequence[Event]) -> State:
        """Write events, if any, and return the state with them. Raises what the store raises."""
        if events:
            self.state = await self._store.append(self.state, events, self._venue_time_ms())
            self.never_placed |= {
                (event.nonce, event.index)
                for event in events
                if isinstance(event, Resolved) and event.verdict == "never-placed"
            }
            self.refused |= {
                seen.client_order_id: seen.word
                for event in events
                if isinstance(event, Observed)
                for seen in event.observations
                if seen.ending is EndReason.REJECTED
            }
        return self.state

    def settled(self, key: tuple[int, int], item: IntentItem, outcome: Outcome) -> Outcome:
        """Return an outcome of an item, by (nonce, index), with what was seen meanwhile.

        Never placed is not done, and neither is what was taken and then refused by the book. A
        one-shot that found nobody to trade with is done.
        """
        if key in self.never_placed:
            return Rejected(reason=RejectReason.NOT_SENT, text="It never reached the venue.")
        may_rest = item.terms is not None and item.terms.time_in_force is not TimeInForce.IOC
        word = self.refused.get(item.client_order_id) if may_rest else None
        if word is None or not isinstance(outcome, Accepted):
            return outcome
        return Rejected(reason=RejectReason.OTHER, text=word)

    async def checkpoint(self) -> None:
        """Write the fold of the journal."""
        await self._store.checkpoint(self.state)

    def expect_blocked(self, client_order_ids: frozenset[ClientOrderId]) -> None:
        """Say which placements were unclear before the run: reading back does not wait for them."""
        self._blocked_before = client_order_ids

    async def read_back(self) -> None:
        """Take what the venue shows as true; wait a little for what was just sent."""
        clock = self._shell.clock
        left_ms = self._venue.capabilities.settle_ms
        for attempt in range(READ_BACK_TRIES_MAX):
            if attempt:
                if left_ms <= 0:
                    return
                pause_ms = READ_BACK_PAUSE_MS * max(1, attempt - QUICK_TRIES + 2)
                await clock.sleep_ms(pause_ms)
                left_ms -= pause_ms
            refreshed = await refresh(self._venue, self.state, frozenset(), clock)
            if refreshed.snapshot.problems:
                continue
            await self.append(refreshed.seen)
            sight = sight_of(self.state, refreshed.snapshot)
            self.foreign = sight.foreign
            if not self._is_waiting(sight):
                return

    async def settle(self) -> bool:
        """Read back and close what has no outcome; say whether all is known then."""
        await self.read_back()
        if unsettled_addresses(self.state):
            shell = self._shell
            await close_unknowns(self._venue, self.state, shell.clock, shell.closing, self.append)
            await self.read_back()
        return not unsettled_addresses(self.state)

    def _is_waiting(self, sight: Sight) -> bool:
        is_cancelling = any(
            placement.is_cancel_requested
            for placement in self.state.placements.values()
            if placement.client_order_id in sight.resting
        )
        return is_cancelling or bool(sight.blocked.keys() - self._blocked_before)
