"""The answer to an action as outcomes: accepted, rejected, or no proof either way.

Pure. Only an explicit status accepts, only an explicit refusal rejects; all else is `Unknown`.
Texts are matched by their beginning, since the venue appends `` asset=N`` and names prices. Source:
for-developers/api/error-responses and exchange-endpoint, checked 2026-08-22; texts that are not on
those pages were recorded live.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from reconciler.model.command import BatchKind, CancelOrder, Command, PlaceOrder
from reconciler.model.order import VenueOrderId
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason, Unknown
from reconciler.venues.shape import (
    Malformed,
    Record,
    identifier,
    number,
    parsed,
    record,
    words,
)

__all__ = ["REASONS", "burned", "outcomes", "reason_of"]

# Refused before anything was executed: not JSON, wrong content type, unknown shape of an action.
_REFUSED_STATUSES: Final = frozenset({400, 415, 422})
_ACCEPTED_WAITING: Final = ("waitingForFill", "waitingForTrigger")

REASONS: Final = (
    ("Post only order would have immediately matched", RejectReason.POST_ONLY_CROSSED),
    ("Insufficient margin", RejectReason.MARGIN),
    ("Insufficient spot balance", RejectReason.MARGIN),
    ("Order would cause position to exceed margin tier limit", RejectReason.MARGIN),
    ("Order would increase open interest", RejectReason.OPEN_INTEREST_CAP),
    ("Order rejected due to price more aggressive than oracle", RejectReason.OPEN_INTEREST_CAP),
    ("Too many cumulative requests", RejectReason.BUDGET),
    # Its status is documented, its text is not.
    ("Too many open orders", RejectReason.RATE),
    # The venue takes no such orders for some minutes.
    ("Only post-only orders allowed", RejectReason.PAUSED),
    ("Trading is halted", RejectReason.PAUSED),
    ("Error placing new order during modify", RejectReason.MODIFY_LOST_ORDER),
    ("Cannot modify canceled or filled order", RejectReason.ORDER_GONE),
    ("Order was never placed, already canceled, or filled", RejectReason.ORDER_GONE),
    ("Action already expired", RejectReason.EXPIRED),
    ("User or API Wallet", RejectReason.AUTHORITY),
    ("Must deposit before performing actions", RejectReason.AUTHORITY),
    ("Unable to recover signer", RejectReason.AUTHORITY),
    ("User has pending agent removal", RejectReason.AUTHORITY),
    ("Vault not registered", RejectReason.AUTHORITY),
    ("Vault may not perform this action", RejectReason.AUTHORITY),
    ("Action disabled when unified account is active", RejectReason.AUTHORITY),
    ("Builder fee has not been approved", RejectReason.AUTHORITY),
    # Our clock is ahead: it was not admitted, as if it had never been sent.
    ("Invalid nonce: nonce too high", RejectReason.NOT_SENT),
    ("Price must be divisible by tick size", RejectReason.SHAPE),
    ("Order must have minimum value of", RejectReason.SHAPE),
    ("Order has zero size", RejectReason.SHAPE),
    ("Order has invalid size", RejectReason.SHAPE),
    ("Order has invalid price", RejectReason.SHAPE),
    ("Order value too large", RejectReason.SHAPE),
    ("Orders are empty", RejectReason.SHAPE),
    ("Invalid TP/SL price", RejectReason.SHAPE),
    ("Invalid spot", RejectReason.SHAPE),
    ("Main order cannot be trigger order", RejectReason.SHAPE),
    ("Unexpected number of trigger orders", RejectReason.SHAPE),
    ("Placing trigger orders is not enabled on spot", RejectReason.SHAPE),
    ("Reduce-only is invalid for spot", RejectReason.SHAPE),
    ("Reduce only order would increase position", RejectReason.OTHER),
    ("Order could not immediately match", RejectReason.OTHER),
    ("No liquidity available for market order", RejectReason.OTHER),
    ("Order price too far from oracle", RejectReason.OTHER),
    ("Price too far from oracle", RejectReason.OTHER),
    ("Order price cannot be more than", RejectReason.OTHER),
)
"""The venue's texts by their beginning. A text not among them is still a refusal: `OTHER`."""

_NOT_NOW: Final = ("congest", "high traffic", "overload", "rate limit", "too many requests")
"""Words of texts that nobody recorded: what the venue says while it limits an address, by the pages
`rate-limits-and-user-limits` and `account-abstraction-modes` (checked 2026-08-22). It is then asked
again later, and no order is at fault."""

# These prove nothing about a request that was sent once: something used its nonce, or may have.
_NO_PROOF: Final = ("Invalid nonce: duplicate nonce", "Invalid nonce: nonce too low")
# These are the fault of one order, and void all that came with it.
_OF_AN_ORDER: Final = frozenset(
    {RejectReason.SHAPE, RejectReason.OTHER, RejectReason.POST_ONLY_CROSSED, RejectReason.MARGIN}
)
# These speak of one order, so one of them cannot answer for a whole batch.
_OF_ONE_ORDER: Final = frozenset({RejectReason.MODIFY_LOST_ORDER, RejectReason.ORDER_GONE})


def reason_of(text: str) -> RejectReason:
    """Return why the venue said no."""
    # Older replies begin so.
    text = text.removeprefix("L1 error: ")
    known = next((reason for start, reason in REASONS if text.startswith(start)), None)
    if known is not None:
        return known
    said = text.lower()
    is_busy = any(words in said for words in _NOT_NOW)
    return RejectReason.NOT_NOW if is_busy else RejectReason.OTHER


def outcomes(
    status: int,
    body: bytes,
    kind: BatchKind,
    items: Sequence[Command],
    *,
    redact: Callable[[str], str],
) -> tuple[Outcome, ...]:
    """Return one outcome for each item of a batch, in its order. Never raises.

    Args:
        redact: takes keys and signatures out of what the venue says.
    """
    found = _read(status, body, kind, items)
    return tuple(
        replace(each, text=words(each.text, redact)) if isinstance(each, Rejected) else each
        for each in found
    )


def _read(
    status: int, body: bytes, kind: BatchKind, items: Sequence[Command]
) -> tuple[Outcome, ...]:
    """Return one outcome for each item; the venue's words are as it said them."""
    if status in _REFUSED_STATUSES:
        text = body.decode(errors="replace")
        return _all(items, Rejected(reason=RejectReason.SHAPE, text=text))
    if status != 200:
        return _all(items, Unknown(cause=f"http {status}"))
    try:
        reply = record(parsed(body), "reply")
        if reply.get("status") == "err":
            return _for_all(items, _refusal(reply.get("response")))
        return _read_statuses(_statuses(reply), kind, items)
    except Malformed as problem:
        return _all(items, Unknown(cause=f"unreadable reply: {problem}"))


def burned(status: int, body: bytes) -> str:
    """Return what the answer to a noop with a lost request's nonce says: see `Venue.burn`."""
    try:
        reply = record(parsed(body), "reply")
    except Malformed:
        return "no-answer"
    response = reply.get("response")
    if status != 200:
        return "no-answer"
    if reply.get("status") == "ok" and response == {"type": "default"}:
        return "burned"
    text = response if reply.get("status") == "err" and isinstance(response, str) else ""
    return "used" if text.startswith("Invalid nonce: duplicate nonce") else "no-answer"


def _all(items: Sequence[Command], outcome: Outcome) -> tuple[Outcome, ...]:
    return (outcome,) * len(items)


def _for_all(items: Sequence[Command], outcome: Outcome) -> tuple[Outcome, ...]:
    """Return one refusal for every item, unless it can only speak of one of them."""
    if isinstance(outcome, Rejected) and len(items) > 1:
        if outcome.reason in _OF_ONE_ORDER:
            outcome = Unknown(cause="unreadable reply: one order's error for all")
        elif outcome.reason in _OF_AN_ORDER and not _is_one(items):
            outcome = Rejected(reason=RejectReason.VOIDED, text=outcome.text)
    return _all(items, outcome)


def _is_one(items: Sequence[Command]) -> bool:
    """Say whether all of them are one order with what is attached to it, or are no orders."""
    first = items[0]
    if isinstance(first, CancelOrder):
        return True
    return isinstance(first, PlaceOrder) and len(items) == 1 + len(first.children)


def _refusal(text: object) -> Outcome:
    if not isinstance(text, str) or not text:
        return Unknown(cause="unreadable reply: an error without a text")
    if text.startswith(_NO_PROOF):
        return Unknown(cause="the nonce was used before")
    return Rejected(reason=reason_of(text), text=text)


def _statuses(reply: Record) -> list[object]:
    if reply.get("status") != "ok":
        raise Malformed("status is neither ok nor err")
    # The type is "order", "cancel", "batchModify" …; a list of statuses is what counts.
    response = record(reply.get("response"), "response")
    if response == {"type": "default"}:
        # So a single `modify` is answered: done, and the new order has to be looked up.
        raise Malformed("it names no order")
    data = record(response.get("data"), "data")
    statuses = data.get("statuses")
    if not isinstance(statuses, list):
        raise Malformed("statuses is not a list")
    return statuses


def _read_statuses(
    statuses: list[object], kind: BatchKind, items: Sequence[Command]
) -> tuple[Outcome, ...]:
    if len(statuses) == len(items):
        pairs = list(zip(statuses, items, strict=True))
        if any(_is_of_another(status, item) for status, item in pairs):
            return _all(items, Unknown(cause="unreadable reply: client order ids do not match"))
        return tuple(_outcome(status, kind) for status, _ in pairs)
    if len(statuses) == 1:
        # An error found before execution voids the whole action and comes as one status.
        outcome = _outcome(statuses[0], kind)
        if isinstance(outcome, Rejected):
            return _for_all(items, outcome)
    return _all(items, Unknown(cause="unreadable reply: another number of statuses"))


def _is_of_another(status: object, item: Command) -> bool:
    """Say whether a status names a client order id that is not the item's."""
    if isinstance(item, CancelOrder) or not isinstance(status, dict):
        return False
    inner = next(iter(status.values()), None)
    cloid = inner.get("cloid") if isinstance(inner, dict) else None
    return cloid is not None and str(cloid).lower() != item.client_order_id


def _outcome(status: object, kind: BatchKind) -> Outcome:
    if isinstance(status, str):
        return _outcome_of_word(status, kind)
    if not isinstance(status, dict) or len(status) != 1:
        return Unknown(cause="unreadable status")
    [(word, inner)] = status.items()
    if word == "error":
        return _refusal(inner)
    if kind is BatchKind.CANCEL or word not in ("resting", "filled"):
        return Unknown(cause="unexpected status")
    try:
        return _accepted(word, record(inner, word))
    except Malformed as problem:
        return Unknown(cause=f"unreadable status: {problem}")


def _outcome_of_word(word: str, kind: BatchKind) -> Outcome:
    if kind is BatchKind.CANCEL and word == "success":
        return Accepted()
    if kind is BatchKind.PLACE and word in _ACCEPTED_WAITING:
        return Accepted()
    return Unknown(cause="unexpected status")


def _accepted(word: str, inner: Record) -> Accepted:
    venue_order_id = VenueOrderId(identifier(inner, "oid"))
    if word == "resting":
        return Accepted(venue_order_id=venue_order_id)
    return Accepted(venue_order_id=venue_order_id, filled=number(inner, "totalSz"))
