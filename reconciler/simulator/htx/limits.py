"""Rate limits: windows of three seconds, by account for private requests and by address for others.

Source: HTX's documentation (checked 2025-11): 36 trading and 36 reading requests of an account in
3 s, 120 public ones of an address in 3 s, 800 for market data in 1 s. `ratelimit-reset` is a time,
not a duration (ccxt issue 12645).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WINDOW_MS = 3000
TRADE_MAX = 36
PUBLIC_MAX = 120
MARKET_MAX, MARKET_WINDOW_MS = 800, 1000
LEVERAGE_WINDOW_MS = 3000


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests pass in a window."""

    most: int
    window_ms: int = WINDOW_MS


@dataclass(slots=True)
class _Window:
    began_ms: int
    count: int = 0


def exhausted(at_ms: int) -> Mapping[str, str]:
    """Return what a reply says of a window which has just run out."""
    return _headers(Rate(TRADE_MAX), _Window(at_ms, TRADE_MAX))


def _headers(rate: Rate, window: _Window) -> Mapping[str, str]:
    return {
        "ratelimit-limit": str(rate.most),
        "ratelimit-interval": str(rate.window_ms),
        "ratelimit-remaining": str(rate.most - window.count),
        "ratelimit-reset": str(window.began_ms + rate.window_ms),
    }


class Limiter:
    """The window of each counted party, which begins with its first request."""

    __slots__ = ("_windows",)

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], _Window] = {}

    def admits(self, party: tuple[str, str], rate: Rate, at_ms: int) -> bool:
        """Count a request if the rate allows it."""
        window = self._window(party, rate, at_ms)
        if window.count >= rate.most:
            return False
        window.count += 1
        return True

    def headers(self, party: tuple[str, str], rate: Rate, at_ms: int) -> Mapping[str, str]:
        """Return what a reply says of the limit."""
        return _headers(rate, self._window(party, rate, at_ms))

    def _window(self, party: tuple[str, str], rate: Rate, at_ms: int) -> _Window:
        window = self._windows.get(party)
        if window is None or at_ms >= window.began_ms + rate.window_ms:
            window = self._windows[party] = _Window(at_ms)
        return window
