"""What single answers say about an order request of unknown fate. Pure.

"Never placed" needs proof, and there are two: the venue's own time is past the request's expiry and
two reads after that show nothing of it, or the nonce was burned by a request that does nothing.
Anything else leaves it unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.event import Resolved
from reconciler.model.order import VenueOrderId
from reconciler.model.snapshot import Found, Missing, OrderPhase, OrderQuery, OrderStatus
from reconciler.model.state import Intent, IntentItem, IntentOperation, Placement, State
from reconciler.observe import UNSETTLED

__all__ = [
    "ABSENCES_NEEDED",
    "Absences",
    "OpenItem",
    "burned",
    "judge",
    "open_items",
    "query_of",
]

ABSENCES_NEEDED = 2

Absences = Mapping[tuple[int, int], tuple[int, ...]]
"""Venue times past the expiry at which a read showed nothing of an item, by (nonce, index)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """One item of an intent that has no known outcome.

    Attributes:
        index: of the item in the intent, from 0.
        placement: what is recorded under its client order id, or None.
    """

    intent: Intent
    index: int
    placement: Placement | None

    @property
    def item(self) -> IntentItem:
        """The item itself."""
        return self.intent.items[self.index]

    @property
    def key(self) -> tuple[int, int]:
        """Name the item."""
        return (self.intent.nonce, self.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one answer says: it is closed, or nothing of it was seen at a time, or neither."""

    closed: Resolved | None = None
    absent_at_ms: int | None = None


def open_items(state: State) -> Iterator[OpenItem]:
    """Return every item without a known outcome, oldest intent first."""
    for nonce in sorted(state.intents):
        intent = state.intents[nonce]
        for index, item in enumerate(intent.items):
            if item.status in UNSETTLED:
                placement = state.placements.get(item.client_order_id)
                yield OpenItem(intent=intent, index=index, placement=placement)


def query_of(open_item: OpenItem) -> OrderQuery:
    """Return what must be asked: by our id, for a cancel by the venue's."""
    item = open_item.item
    placement = open_item.placement
    terms = item.terms or (placement.terms if placement is not None else None)
    is_cancel = item.operation is IntentOperation.CANCEL and item.target is not None
    return OrderQuery(
        instrument=terms.instrument if terms is not None else "",
        client_order_id=None if is_cancel else item.client_order_id,
        venue_order_id=item.target if is_cancel else None,
        placed_at_ms=open_item.intent.nonce,
    )


def judge(
    open_item: OpenItem,
    status: OrderStatus,
    *,
    as_of_ms: int,
    close_window_ms: int,
    absences: Absences,
) -> Judgement:
    """Say what one answer closes.

    Args:
        as_of_ms: the venue's time, read before the answer.
        close_window_ms: how far past the expiry a read must be to count.
        absences: earlier reads that showed nothing.
    """
    if open_item.item.operation is IntentOperation.CANCEL:
        found = _cancel_done(open_item, status)
    else:
        found = _placed(open_item, status)
    if found is not None:
        return Judgement(closed=found)
    if not _shows_absence(open_item, status):
        return Judgement()
    seen_ms = min(as_of_ms, status.as_of_ms) if isinstance(status, Missing) else as_of_ms
    if seen_ms <= open_item.intent.expires_at_ms + close_window_ms:
        return Judgement()
    earlier = absences.get(open_item.key, ())
    times = (*earlier, seen_ms)
    if len(times) < ABSENCES_NEEDED:
        return Judgement(absent_at_ms=seen_ms)
    return Judgement(closed=_never(open_item, status, times))


def burned(open_item: OpenItem) -> Resolved:
    """Return the closing of an item whose nonce was burned."""
    nonce = open_item.intent.nonce
    return Resolved(
        nonce=nonce,
        index=open_item.index,
        verdict="never-placed",
        proof=f"a request that does nothing was accepted under the same nonce {nonce}",
    )


def _placed(open_item: OpenItem, status: OrderStatus) -> Resolved | None:
    if not isinstance(status, Found):
        return None
    venue_order_id = status.order.venue_order_id
    if venue_order_id in _known_before(open_item):
        return None
    return Resolved(
        nonce=open_item.intent.nonce,
        index=open_item.index,
        verdict="found",
        proof=f"the venue knows order {venue_order_id} under its client id: {status.word}",
        venue_order_id=venue_order_id,
    )


def _cancel_done(open_item: OpenItem, status: OrderStatus) -> Resolved | None:
    if not isinstance(status, Found) or not status.phase.is_terminal:
        return None
    return Resolved(
        nonce=open_item.intent.nonce,
        index=open_item.index,
        verdict="done",
        proof=f"the venue says {status.word} of order {status.order.venue_order_id}",
    )


def _shows_absence(open_item: OpenItem, status: OrderStatus) -> bool:
    """Say whether an answer shows that nothing of the request had happened when it was read."""
    match status:
        case Missing(is_id_kept=is_id_kept):
            return is_id_kept
        case Found(phase=OrderPhase.UNKNOWN):
            return False
        case Found(order=order):
            return order.venue_order_id in _known_before(open_item)
        case _:
            return False


def _never(open_item: OpenItem, status: OrderStatus, times: tuple[int, ...]) -> Resolved:
    expiry = open_item.intent.expires_at_ms
    read_at = ", ".join(str(at_ms) for at_ms in times)
    # A cancel that can no longer be executed is closed either way; whether the order rests is
    # for the next look to say.
    is_gone = isinstance(status, Missing) and open_item.item.operation is IntentOperation.CANCEL
    return Resolved(
        nonce=open_item.intent.nonce,
        index=open_item.index,
        verdict="done" if is_gone else "never-placed",
        proof=f"expired at {expiry}; the venue showed nothing of it at {read_at} (venue time)",
    )


def _known_before(open_item: OpenItem) -> set[VenueOrderId]:
    """Return venue orders that existed before the request: seeing them proves nothing of it."""
    known = {open_item.item.target} if open_item.item.target is not None else set()
    if open_item.placement is not None:
        known |= {leg.venue_order_id for leg in open_item.placement.legs}
    return known
