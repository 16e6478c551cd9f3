"""Which nonces a signer has used.

Rules from Hyperliquid's page `nonces-and-api-wallets` (checked 2026-08-22): the 100 highest are
kept, a new one exceeds the smallest kept and lies in (T - 2 days, T + 1 day). Measured on testnet
2026-09: duplicates are known beyond the 100.
"""

from __future__ import annotations

from bisect import insort

NONCES_KEPT = 100
DAY_MS = 86_400_000
PAST_MS_MAX = 2 * DAY_MS
FUTURE_MS_MAX = DAY_MS


class NonceSet:
    """The nonces of one signer."""

    __slots__ = ("_highest", "_seen")

    def __init__(self) -> None:
        self._highest: list[int] = []
        self._seen: set[int] = set()

    def refusal(self, nonce: int, at_ms: int) -> str | None:
        """Return why a nonce cannot be used at a time; None when it can."""
        if nonce in self._seen:
            return f"Invalid nonce: duplicate nonce {nonce}"
        lowest = at_ms - PAST_MS_MAX
        if len(self._highest) >= NONCES_KEPT:
            lowest = max(lowest, self._highest[0])
        if nonce <= lowest:
            return f"Invalid nonce: nonce too low {nonce} < {lowest}"
        highest = at_ms + FUTURE_MS_MAX
        if nonce >= highest:
            return f"Invalid nonce: nonce too high {nonce} > {highest}"
        return None

    def use(self, nonce: int, at_ms: int) -> None:
        """Remember a nonce, and forget those the window has passed."""
        self._seen.add(nonce)
        insort(self._highest, nonce)
        del self._highest[:-NONCES_KEPT]
        if len(self._seen) > 2 * NONCES_KEPT and len(self._seen) % NONCES_KEPT == 0:
            self._seen = {each for each in self._seen if each > at_ms - PAST_MS_MAX}
