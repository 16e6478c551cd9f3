"""The known word that somebody probably meant."""

from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest", "several_near"]

LIKENESS_MIN = 0.6

# What people write who come from another tool -> our word.
_OTHER_WORDS = {
    "account_address": "account",
    "amount": "quantity",
    "ask": "sell",
    "bid": "buy",
    "coin": "instrument",
    "count": "levels",
    "exchange": "venue",
    "limit_px": "price",
    "long": "buy",
    "market": "instrument",
    "pair": "instrument",
    "px": "price",
    "qty": "quantity",
    "short": "sell",
    "size": "quantity",
    "sl": "stop_loss",
    "symbol": "instrument",
    "sz": "quantity",
    "tif": "time_in_force",
    "tp": "take_profit",
    "trigger_price": "trigger",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word nearest to one that is not known, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is wrong

    words = sorted(known)
    lower = word.lower()
    if _OTHER_WORDS.get(lower) in words:
        return _OTHER_WORDS[lower]
    for spelling in (lower, lower.replace("-", "_")):
        if close := get_close_matches(spelling, words, n=1, cutoff=LIKENESS_MIN):
            return close[0]
    return ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the question with the nearest word, or nothing."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else ""


def several_near(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known words that somebody may have meant, the likeliest first."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is wrong

    return get_close_matches(word, sorted(known), n=most, cutoff=LIKENESS_MIN)
