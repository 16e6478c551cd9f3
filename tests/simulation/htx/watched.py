"""The real adapter, whose lists are compared with what is open: half a list is no list (I13)."""

from collections.abc import Callable
from typing import Any

from reconciler.model.snapshot import VenueSnapshot
from reconciler.simulator.htx.accounts import Account
from reconciler.simulator.htx.world import World
from reconciler.venues.htx.adapter import HtxVenue

__all__ = ["WatchedVenue"]

Fail = Callable[[str], None]
# By then an order shows in any read, however late that one looks.
SHOWN_AFTER_MS = 5_000


class WatchedVenue(HtxVenue):
    """Complains of a list without problems that lacks an order which was open all the while."""

    def __init__(
        self, *arguments: Any, world: World, account: Account, fail: Fail, **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self._world = world
        self._truth = account
        self._fail = fail

    async def snapshot(self, instruments: frozenset[str]) -> VenueSnapshot:
        latest_ms = self._world.now_ms - SHOWN_AFTER_MS
        before = [o for o in self._truth.live.values() if o.placed_at_ms < latest_ms]
        seen = await super().snapshot(instruments)
        if not seen.problems:
            listed = {order.venue_order_id for order in seen.resting}
            for order in before:
                is_named = order.terms.contract.code in instruments
                if is_named and order.is_live and str(order.oid) not in listed:
                    self._fail(f"I13: a whole list lacks order {order.oid}")
        return seen
