"""The venue's words for what became of an order: what each means to us, and to people.

Pure. Source: for-developers/api/info-endpoint, order statuses, checked 2026-08-22; three words
(`internalCancel`, `outcomeSettledCanceled`, `tooManyOpenOrdersRejected`) are in a client's measured
table only. The venue adds words, and a new one is unknown, not gone.
"""

from typing import Final

from reconciler.model.snapshot import OrderPhase

__all__ = ["MEANINGS", "PHASES", "phase_of"]

_BY_VENUE: Final = {
    "delistedCanceled": "the instrument was delisted",
    "internalCancel": "the venue took it off for reasons of its own",
    "liquidatedCanceled": "the position was liquidated",
    "marginCanceled": "there was not enough margin when it was about to fill",
    "openInterestCapCanceled": "it was too aggressive while open interest was capped",
    "outcomeSettledCanceled": "the market was settled",
    "reduceOnlyCanceled": "it would no longer have reduced the position",
    "scheduledCancel": "a scheduled cancel of all orders came due",
    "selfTradeCanceled": "it would have met an order of the same account",
    "vaultWithdrawalCanceled": "money was taken out of the vault",
}
_REFUSED: Final = {
    "badAloPxRejected": "post-only, and it would have matched at once",
    "badTriggerPxRejected": "the trigger was on the wrong side",
    "insufficientSpotBalanceRejected": "the spot balance was too small",
    "iocCancelRejected": "immediate-or-cancel, and nothing matched",
    "marketOrderNoLiquidityRejected": "there was nothing to match with",
    "minTradeNtlRejected": "it was worth less than the venue takes",
    "openInterestIncreaseRejected": "it would have raised open interest too quickly",
    "oracleRejected": "the price was too far from the oracle",
    "perpMarginRejected": "there was not enough margin",
    "perpMaxPositionRejected": "the position would have been too large for its margin tier",
    "positionFlipAtOpenInterestCapRejected": "open interest is capped",
    "positionIncreaseAtOpenInterestCapRejected": "open interest is capped",
    "reduceOnlyRejected": "reduce-only, and it would have increased the position",
    "rejected": "the venue refused it",
    "tickRejected": "the price was off the tick grid",
    "tooAggressiveAtOpenInterestCapRejected": "open interest is capped",
    "tooManyOpenOrdersRejected": "the account has too many open orders",
}
_OTHERS: Final = {
    "open": (OrderPhase.RESTING, "it rests"),
    "triggered": (OrderPhase.RESTING, "its trigger has fired and it works now"),
    "filled": (OrderPhase.FILLED, "it filled"),
    # Also the old order of a modify, and one attached to an order that was cancelled.
    "canceled": (OrderPhase.CANCELLED_BY_USER, "somebody with a key cancelled it"),
    "siblingFilledCanceled": (OrderPhase.SIBLING_FILLED, "the other leg filled"),
}

PHASES: Final = {
    **{word: phase for word, (phase, _) in _OTHERS.items()},
    **dict.fromkeys(_BY_VENUE, OrderPhase.CANCELLED_BY_VENUE),
    **dict.fromkeys(_REFUSED, OrderPhase.REJECTED),
}

MEANINGS: Final = {
    **{word: meaning for word, (_, meaning) in _OTHERS.items()},
    **_BY_VENUE,
    **_REFUSED,
}
"""Why, for people: a clause."""


def phase_of(word: str) -> OrderPhase:
    """Return what a status word means; one that is not in the table is unknown."""
    return PHASES.get(word, OrderPhase.UNKNOWN)
