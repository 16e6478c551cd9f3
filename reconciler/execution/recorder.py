"""A run's record: what the journal holds, and what reading back adds to it."""

from collections.abc import Callable, Sequence

from reconciler.execution.looking import Shell, refresh
from reconciler.execution.resolver import close_unknowns
from reconciler.model.event import Event, Resolved
from reconciler.model.order import ClientOrderId, RestingOrder
from reconciler.model.state import State
from reconciler.observe import Sight, sight_of, unsettled_addresses
from reconciler.ports import Store, Venue

__all__ = ["Recorder"]

READ_BACK_TRIES_MAX = 6
READ_BACK_PAUSE_MS = 300


class Recorder:
    """The state of one run at one venue entry: always what the journal holds.

    Attributes:
        state: as recorded.
        never_placed: items of intents, by (nonce, index), proven never to have been executed.
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
        return self.state

    async def checkpoint(self) -> None:
        """Write the fold of the journal."""
        await self._store.checkpoint(self.state)

    def expect_blocked(self, client_order_ids: frozenset[ClientOrderId]) -> None:
        """Say which placements were unclear before the run: reading back does not wait for them."""
        self._blocked_before = client_order_ids

    async def read_back(self) -> None:
        """Take what the venue shows as true; wait a little for what was just sent."""
        clock = self._shell.clock
        for attempt in range(READ_BACK_TRIES_MAX):
            if attempt:
                await clock.sleep_ms(READ_BACK_PAUSE_MS)
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
