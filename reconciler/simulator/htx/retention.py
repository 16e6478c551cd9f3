"""Which orders can still be found: everything is forgotten after a while, and new ones come late.

Source: HTX's documentation (checked 2025-11): client order ids answer for 8 hours from creation,
cancelled orders without a fill for 2, finished ones until the next settlement hour; an order's
detail reads further back when it is told the creation time.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.simulator.htx.accounts import Account
from reconciler.simulator.htx.checks import CLIENT_ID_MS
from reconciler.simulator.htx.orders import CANCELLED, Order, Progress
from reconciler.simulator.htx.world import HOUR_MS, SETTLEMENT_MS, World

UNFILLED_MS = 2 * HOUR_MS
DETAIL_MS = 6 * HOUR_MS


class Eyes:
    """An account as a reader sees it: now, or as it was a moment ago.

    Attributes:
        as_of_ms: the moment looked at; None for the present.
    """

    __slots__ = ("_world", "account", "as_of_ms")

    def __init__(self, world: World, account: Account, as_of_ms: int | None) -> None:
        self._world = world
        self.account = account
        self.as_of_ms = as_of_ms

    def progress(self, order: Order) -> Progress:
        """Return the changing part of an order."""
        return order.progress.at(self.as_of_ms)

    def by_oid(self, oid: int) -> Order | None:
        """Find an order of the account as `swap_order_info` does."""
        order = self.account.by_oid.get(oid)
        return order if order is not None and self._is_kept(order) else None

    def by_client_id(self, client_id: int) -> Order | None:
        """Find the newest order with a client order id."""
        for order in reversed(self.account.by_client_id.get(client_id, ())):
            if self._world.now_ms - order.placed_at_ms < CLIENT_ID_MS and self._is_kept(order):
                return order
        return None

    def detailed(self, oid: int, *, is_dated: bool) -> Order | None:
        """Find an order as `swap_order_detail` does.

        Args:
            is_dated: the request tells when it was created.
        """
        order = self.account.by_oid.get(oid)
        if order is None or not self.is_known(order):
            return None
        return order if self._is_younger(order, DETAIL_MS if is_dated else UNFILLED_MS) else None

    def listed(self) -> Iterator[Order]:
        """Iterate over the orders which may still fill, oldest first."""
        if self.as_of_ms is None:
            orders = list(self.account.live.values())
        else:
            orders = [o for o in self.account.history if self.progress(o).is_live]
        return (order for order in orders if self.is_known(order))

    def recorded(self) -> Iterator[Order]:
        """Iterate over the orders which the history keeps, oldest first."""
        orders = (o for o in self.account.history if self.is_known(o))
        return (order for order in orders if self._is_younger(order, UNFILLED_MS))

    def is_known(self, order: Order) -> bool:
        """Tell whether an order has reached what reads look at."""
        as_of_ms = self._world.now_ms if self.as_of_ms is None else self.as_of_ms
        return order.placed_at_ms + self._world.switches.query_delay_ms <= as_of_ms

    def _is_kept(self, order: Order) -> bool:
        if not self.is_known(order):
            return False
        progress = self.progress(order)
        if progress.is_live:
            return True
        if self._world.switches.purge_finished and progress.updated_at_ms < self._purged_at_ms:
            return False
        return self._is_younger(order, UNFILLED_MS)

    def _is_younger(self, order: Order, age_ms: int) -> bool:
        """Tell whether an order is anything but cancelled without a fill so long ago."""
        progress = self.progress(order)
        if progress.status != CANCELLED:
            return True
        return self._world.now_ms - progress.cancelled_at_ms < age_ms

    @property
    def _purged_at_ms(self) -> int:
        """When finished orders were deleted last: GMT+8 and UTC share hours modulo eight."""
        since_ms = (self._world.now_ms - self._world.switches.purge_hour * HOUR_MS) % SETTLEMENT_MS
        return self._world.now_ms - since_ms
