"""Rate limits: 1200 weight a minute by client address, and a budget of actions by account.

Numbers and weights from the page `rate-limits-and-user-limits` (checked 2026-08-22); that refused
requests are not counted was measured on testnet 2026-10. Both limits are off unless switched on.
"""

from __future__ import annotations

from collections import deque
from decimal import ROUND_DOWN, Decimal

from reconciler.simulator.accounts import Account

IP_WEIGHT_MAX = 1200
IP_WINDOW_MS = 60_000
BATCH_PER_WEIGHT = 40
ITEMS_PER_WEIGHT = 20
ADDRESS_BUDGET = 10_000
CANCEL_BONUS = 100_000
OVER_BUDGET_PAUSE_MS = 10_000
CONGESTION_WINDOW_MS = 10_000
DAY_MS = 86_400_000
LIGHT_WEIGHT = 2
ROLE_WEIGHT = 60
OTHER_WEIGHT = 20
LIGHT_READS = frozenset(
    {
        "l2Book",
        "allMids",
        "clearinghouseState",
        "orderStatus",
        "spotClearinghouseState",
        "exchangeStatus",
    }
)
LISTS = frozenset({"historicalOrders", "userFills", "userFillsByTime"})


class IpLimiter:
    """Weight used by each client address within the last minute."""

    __slots__ = ("_spent",)

    def __init__(self) -> None:
        self._spent: dict[str, deque[tuple[int, int]]] = {}

    def admits(self, client_ip: str, weight: int, at_ms: int) -> bool:
        """Spend a weight if the limit allows it; a refused request costs nothing."""
        if self.spent(client_ip, at_ms) + weight > IP_WEIGHT_MAX:
            return False
        self._spent[client_ip].append((at_ms, weight))
        return True

    def spent(self, client_ip: str, at_ms: int) -> int:
        """Return the weight that a client address used within the last minute."""
        spent = self._spent.setdefault(client_ip, deque())
        while spent and spent[0][0] <= at_ms - IP_WINDOW_MS:
            spent.popleft()
        return sum(each for _, each in spent)

    def charge(self, client_ip: str, weight: int, at_ms: int) -> None:
        """Spend weight that is known only afterwards: what a long list costs."""
        self._spent.setdefault(client_ip, deque()).append((at_ms, weight))


def read_weight(kind: str) -> int:
    """Return the weight of a read, before its items are counted."""
    if kind == "userRole":
        return ROLE_WEIGHT
    return LIGHT_WEIGHT if kind in LIGHT_READS else OTHER_WEIGHT


def items_weight(kind: str, count: int) -> int:
    """Return the weight of the items a list endpoint returned."""
    return count // ITEMS_PER_WEIGHT if kind in LISTS else 0


def action_weight(batch_length: int) -> int:
    """Return the weight of an action by client address."""
    return 1 + batch_length // BATCH_PER_WEIGHT


def budget_of(account: Account) -> int:
    """Return the budget of an account, without what it bought: 10 000, and one per USDC traded."""
    return ADDRESS_BUDGET + int(account.volume)


def budget_refusal(account: Account, cost: int, at_ms: int, *, is_cancel: bool) -> str | None:
    """Return why an account's budget refuses an action; None when it may go on.

    What was bought is used first. When the budget is used up one request in ten seconds still
    passes, and cancels have more.
    """
    budget = budget_of(account)
    if is_cancel:
        budget = min(budget + CANCEL_BONUS, 2 * budget)
    most = budget + account.reserved_requests
    if account.requests + cost <= most:
        return None
    last_ms = account.last_over_budget_at_ms
    if last_ms is None or at_ms - last_ms >= OVER_BUDGET_PAUSE_MS:
        account.last_over_budget_at_ms = at_ms
        return None
    traded = account.volume.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    return (
        f"Too many cumulative requests sent ({account.requests + cost} > {most}) for cumulative "
        f"volume traded ${traded}. Place taker orders to free up 1 request per USDC traded."
    )


def congestion_refusal(account: Account, cost: int, at_ms: int, most: int) -> str | None:
    """Return why an address gets no more while traffic is high; None when it may go on.

    More than it may have passes when it sent nothing else of late.
    """
    recent = account.recent
    while recent and recent[0][0] <= at_ms - CONGESTION_WINDOW_MS:
        recent.popleft()
    spent = sum(each for _, each in recent)
    if spent and spent + cost > most:
        return f"Too many requests ({spent + cost} > {most}) while traffic is high"  # (invented)
    recent.append((at_ms, cost))
    return None


def daily_refusal(account: Account, cost: int, at_ms: int, most: int) -> str | None:
    """Return why an account may send no more today; None when it may go on."""
    day = at_ms // DAY_MS
    sent = account.actions_by_day.get(day, 0) + cost
    if sent > most:
        return f"Too many requests ({sent} > {most}) in one day"  # (invented)
    account.actions_by_day[day] = sent
    return None
