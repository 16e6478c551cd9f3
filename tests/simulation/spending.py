"""What a run may place, and whether it kept to that (I9)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from reconciler.model.config import Limits
from reconciler.model.plan import Modify, Replace
from reconciler.model.state import IntentItem
from tests.simulation.bench import Asked, Bench
from tests.simulation.chance import Chance
from tests.simulation.reviewed import Reviewed
from tests.simulation.swarm import Swarm

__all__ = ["Spending", "drawn_limits"]

ZERO = Decimal(0)
DAY_MS = 86_400_000
# Reads may be so far behind.
SHOWN_AFTER_MS = 5_000


@dataclass(kw_only=True)
class Spending:
    """Holds what is carried out against the limits.

    Attributes:
        mids: every middle price the market ever had.
    """

    bench: Bench
    limits: Limits
    now_ms: Callable[[], int]
    fail: Callable[[str], None]
    mids: list[Decimal] = field(default_factory=list)
    new_by_day: dict[int, Decimal] = field(default_factory=dict)
    foreign_changes: int = 0
    foreign_changed_ms: int = 0

    def acted(self, asked: Asked, reviewed: Reviewed) -> None:
        """Look at anything that was carried out: no price is far away."""
        reviewed.changed.add(".".join(asked.item.address.split(".")[:2]))
        if not asked.price or asked.reduce_only:
            return
        band = self.limits.price_band_pct / 100
        if not any(abs(asked.price - mid) <= band * mid for mid in self.mids):
            self.fail(f"I9: {asked.item.address} was sent at {asked.price}, far from any market")

    def placed(self, item: IntentItem, reviewed: Reviewed) -> None:
        """Count an order that is new, or what one is larger by than it was."""
        assert item.terms is not None, "a place has terms"
        if item.terms.reduce_only:
            return
        worth = self.bench.worth(item.terms.price, item.terms.quantity)
        replaced = self._value_replaced(item, reviewed)
        if worth > max(self.limits.max_order_notional, replaced):
            self.fail(f"I9: an order worth {worth} was sent")
        worth = max(ZERO, worth - replaced)
        if worth and len(reviewed.changed) > self.limits.max_actions:
            # What only takes the place of something may go, however much of it there is.
            self.fail(f"I9: a run that places more acts at {len(reviewed.changed)} addresses")
        reviewed.new_notional += worth
        if reviewed.new_notional > self.limits.max_new_notional_per_run:
            self.fail(f"I9: {reviewed.new_notional} new in one run")
        day = self.now_ms() // DAY_MS
        self.new_by_day[day] = self.new_by_day.get(day, ZERO) + worth
        if self.new_by_day[day] > self.limits.max_new_notional_per_day:
            self.fail(f"I9: {self.new_by_day[day]} new in one day")

    def opened(self, before: Decimal, reviewed: Reviewed) -> None:
        """Look at all open orders after a request, which were worth so much before it."""
        worth = self.open_worth()
        if worth <= before or worth <= self.limits.max_open_notional:
            return
        if reviewed.looked_at_ms > self.foreign_changed_ms + SHOWN_AFTER_MS:
            self.fail(f"I9: open orders are worth {worth}, before {before}")

    def others_did(self) -> None:
        """Take note that somebody else changes orders of the account."""
        self.foreign_changes += 1
        self.foreign_changed_ms = self.now_ms()

    def open_worth(self) -> Decimal:
        """Return what all open orders of the account are worth."""
        orders = filter(self.bench.opens, self.bench.account.live.values())
        worth = self.bench.worth
        return sum((worth(order.terms.price, order.remaining) for order in orders), ZERO)

    def _value_replaced(self, item: IntentItem, reviewed: Reviewed) -> Decimal:
        """Return the value of the order that another takes the place of; zero when it is new."""
        return sum(
            (
                self.bench.worth(action.before.price, action.before.remaining)
                for action in reviewed.actions
                if isinstance(action, Replace | Modify) and action.address == item.address
            ),
            ZERO,
        )


def drawn_limits(chance: Chance, swarm: Swarm) -> Limits:
    """Draw what a history may spend: anything, or little, or few things at once."""
    wide = Decimal(10_000_000)
    limits = Limits(
        max_order_notional=wide,
        max_open_notional=wide,
        max_new_notional_per_run=wide,
        max_new_notional_per_day=wide,
        price_band_pct=Decimal(60),
        max_cancel_fraction=Decimal(1),
        max_actions=500,
    )
    if swarm.few_at_once:
        limits = replace(
            limits,
            price_band_pct=Decimal(chance.among((15, 60, 60))),
            max_cancel_fraction=Decimal(chance.among(("0.25", "0.5", "1"))),
            max_actions=chance.among((3, 6, 12, 500)),
        )
    if not swarm.tight_limits:
        return limits
    return replace(
        limits,
        max_open_notional=Decimal(chance.between(4_000, 12_000)),
        max_new_notional_per_run=Decimal(chance.between(2_000, 6_000)),
        max_new_notional_per_day=Decimal(chance.between(2_500, 20_000)),
        max_order_notional=Decimal(chance.between(900, 2_000)),
    )
