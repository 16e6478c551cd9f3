"""What rounds of reads say about an order request of unknown fate. Pure.

"Never placed" needs proof: the venue's own time is past the request's life and as many reads after
that as the venue's proof wants show nothing of it, or the nonce was burned by a request that does
nothing. Anything else leaves it unknown. Where a venue forgets ids, an item that was not closed in
time is blocked: only a person can settle it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.capabilities import Capabilities
from reconciler.model.event import Resolved
from reconciler.model.order import ClientOrderId, VenueOrderId
from reconciler.model.snapshot import (
    Attached,
    FillHistory,
    Found,
    Missing,
    NoAnswer,
    OrderHistory,
    OrderPhase,
    OrderQuery,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.model.state import (
    Intent,
    IntentItem,
    IntentOperation,
    ItemStatus,
    Placement,
    State,
)
from reconciler.observe import UNSETTLED

__all__ = [
    "Absences",
    "Judgement",
    "Lists",
    "OpenItem",
    "Round",
    "burned",
    "is_past_life",
    "judge",
    "lists_of",
    "open_items",
    "query_of",
]

Absences = Mapping[tuple[int, int], tuple[int, ...]]
"""Venue times past its life at which a read showed nothing of an item, by (nonce, index)."""


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

    @property
    def attached(self) -> Attached | None:
        """What it is attached to: the parent stands before its children in the request."""
        terms = self.item.terms
        if terms is None or terms.trigger is None:
            return None
        for item in reversed(self.intent.items[: self.index]):
            if self.item.address.startswith(f"{item.address}."):
                return Attached(
                    parent=item.client_order_id, kind=terms.trigger.kind, known_as=item.target
                )
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What the lists of open orders, of fills and of ended orders showed in one round.

    Attributes:
        shown: venue orders by our id.
        since_ms: every fill at this venue time or later was read, every open order, and every order
            placed since that ended.
    """

    shown: Mapping[ClientOrderId, frozenset[VenueOrderId]] = field(default_factory=dict)
    since_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of reads showed of one item.

    Attributes:
        status: the answer when it was asked for.
        as_of_ms: the venue's time, read before all of it.
        lists: None where they were not read, or could not be read completely.
    """

    status: OrderStatus
    as_of_ms: int
    lists: Lists | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one round says: it is closed, or nothing of it was seen at a time, or neither.

    Attributes:
        may_change: whether a later round may say more.
    """

    closed: Resolved | None = None
    absent_at_ms: int | None = None
    may_change: bool = True


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
        instrument=terms.instrument if terms is not None else item.instrument,
        client_order_id=None if is_cancel else item.client_order_id,
        venue_order_id=item.target if is_cancel else None,
        placed_at_ms=open_item.intent.nonce,
        attached=open_item.attached,
    )


def lists_of(
    snapshot: VenueSnapshot, history: FillHistory, ended: OrderHistory | None = None
) -> Lists | None:
    """Return what the lists show by our ids; None where not all open orders could be read."""
    if snapshot.problems:
        return None
    pairs = [(order.client_order_id, order.venue_order_id) for order in snapshot.resting]
    pairs += [(fill.client_order_id, fill.venue_order_id) for fill in history.fills]
    since_ms = history.reaches_ms
    if ended is not None:
        pairs += [(each.order.client_order_id, each.order.venue_order_id) for each in ended.orders]
        since_ms = max(since_ms, ended.reaches_ms)
    shown: dict[ClientOrderId, set[VenueOrderId]] = {}
    for client_order_id, venue_order_id in pairs:
        if client_order_id is not None:
            shown.setdefault(client_order_id, set()).add(venue_order_id)
    frozen = {client_order_id: frozenset(ids) for client_order_id, ids in shown.items()}
    return Lists(shown=frozen, since_ms=since_ms)


def is_past_life(open_item: OpenItem, at_ms: int, capabilities: Capabilities) -> bool:
    """Say whether at a venue time the request could not be executed any more."""
    return at_ms > open_item.intent.expires_at_ms + capabilities.close_window_ms


def judge(
    open_item: OpenItem, seen: Round, capabilities: Capabilities, absences: Absences
) -> Judgement:
    """Say what one round closes; `absences` are earlier rounds that showed nothing."""
    is_cancel = open_item.item.operation is IntentOperation.CANCEL
    found = _cancel_done(open_item, seen.status) if is_cancel else _placed(open_item, seen)
    if found is not None:
        return Judgement(closed=found)
    at_ms = _time_of(seen)
    if _is_forgotten(open_item, seen.status, at_ms, capabilities):
        return Judgement(closed=_blocked(open_item, at_ms, capabilities), may_change=False)
    if not is_past_life(open_item, at_ms, capabilities):
        return Judgement()
    if not _shows_absence(open_item, seen, capabilities):
        is_unread = isinstance(seen.status, NoAnswer) or (
            seen.lists is None and capabilities.absence.reads_lists and not is_cancel
        )
        return Judgement(may_change=is_unread)
    times = (*absences.get(open_item.key, ()), at_ms)
    proof = capabilities.absence
    if len(times) < proof.rounds or times[-1] - times[0] < proof.over_ms:
        return Judgement(absent_at_ms=at_ms)
    return Judgement(closed=_never(open_item, seen.status, times, capabilities))


def burned(open_item: OpenItem) -> Resolved:
    """Return the closing of an item whose nonce was burned."""
    nonce = open_item.intent.nonce
    return Resolved(
        nonce=nonce,
        index=open_item.index,
        verdict="never-placed",
        proof=f"a request that does nothing was accepted under the same nonce {nonce}",
    )


def _time_of(seen: Round) -> int:
    status = seen.status
    return min(seen.as_of_ms, status.as_of_ms) if isinstance(status, Missing) else seen.as_of_ms


def _placed(open_item: OpenItem, seen: Round) -> Resolved | None:
    known = _known_before(open_item)
    if isinstance(seen.status, Found):
        venue_order_id = seen.status.order.venue_order_id
        if venue_order_id not in known:
            said = f"the venue knows order {venue_order_id} under its client id"
            return _found(open_item, venue_order_id, f"{said}: {seen.status.word}")
    if seen.lists is not None:
        shown = seen.lists.shown.get(open_item.item.client_order_id, frozenset())
        for venue_order_id in sorted(shown - known):
            said = f"the venue lists order {venue_order_id} under its client id"
            return _found(open_item, venue_order_id, said)
    return None


def _found(open_item: OpenItem, venue_order_id: VenueOrderId, proof: str) -> Resolved:
    return Resolved(
        nonce=open_item.intent.nonce,
        index=open_item.index,
        verdict="found",
        proof=proof,
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


def _is_forgotten(
    open_item: OpenItem, status: OrderStatus, at_ms: int, capabilities: Capabilities
) -> bool:
    """Say whether the venue may have forgotten the order, so that its silence says nothing."""
    shown_ms = _shown_ms(open_item, capabilities)
    if shown_ms is None or not isinstance(status, Missing):
        return False
    return at_ms > open_item.intent.nonce + shown_ms


def _shown_ms(open_item: OpenItem, capabilities: Capabilities) -> int | None:
    """Return how long the venue shows what became of an item; None where it always does."""
    proof = capabilities.absence
    times = [proof.ids_answer_ms]
    if open_item.item.operation is not IntentOperation.CANCEL:
        # A one-shot that found nobody, or an order that a person cancelled, is not sent again.
        times.append(proof.unfilled_shown_ms)
    return min((time for time in times if time is not None), default=None)


def _blocked(open_item: OpenItem, at_ms: int, capabilities: Capabilities) -> Resolved | None:
    """Return that an item is past the time in which it could be closed; None when that is known."""
    if open_item.item.status is ItemStatus.BLOCKED:
        return None
    shown_ms = _shown_ms(open_item, capabilities)
    assert shown_ms is not None, "only a venue that forgets blocks an item"
    return Resolved(
        nonce=open_item.intent.nonce,
        index=open_item.index,
        verdict="blocked",
        proof=f"sent at {open_item.intent.nonce}; the venue shows what became of it for "
        f"{shown_ms // 60_000} min, and does not know it at {at_ms} (venue time)",
    )


def _shows_absence(open_item: OpenItem, seen: Round, capabilities: Capabilities) -> bool:
    """Say whether a round shows that nothing of the request had happened when it was read."""
    proof = capabilities.absence
    if open_item.item.operation is IntentOperation.CANCEL:
        is_enough = proof.missing_ends_cancel or not isinstance(seen.status, Missing)
    else:
        is_enough = not proof.reads_lists or (
            seen.lists is not None and seen.lists.since_ms <= open_item.intent.nonce
        )
    return is_enough and _says_nothing(open_item, seen.status)


def _says_nothing(open_item: OpenItem, status: OrderStatus) -> bool:
    match status:
        case Missing(is_id_kept=is_id_kept):
            return is_id_kept
        case Found(phase=OrderPhase.UNKNOWN):
            return False
        case Found(order=order):
            return order.venue_order_id in _known_before(open_item)
        case _:
            return False


def _never(
    open_item: OpenItem, status: OrderStatus, times: tuple[int, ...], capabilities: Capabilities
) -> Resolved:
    expiry = open_item.intent.expires_at_ms
    read_at = ", ".join(str(at_ms) for at_ms in times)
    is_cancel = open_item.item.operation is IntentOperation.CANCEL
    has_lists = capabilities.absence.reads_lists and not is_cancel
    where = ", asked by its id and in its lists," if has_lists else ""
    # A cancel that can no longer be executed is closed either way; whether the order rests is
    # for the next look to say.
    is_gone = isinstance(status, Missing) and is_cancel
    return Resolved(
        nonce=open_item.intent.nonce,
        index=open_item.index,
        verdict="done" if is_gone else "never-placed",
        proof=f"expired at {expiry}; the venue showed nothing of it{where} at {read_at} "
        "(venue time)",
    )


def _known_before(open_item: OpenItem) -> frozenset[VenueOrderId]:
    """Return venue orders that existed before the request: seeing them proves nothing of it."""
    target, placement = open_item.item.target, open_item.placement
    if placement is not None:
        return placement.legs_until(target)
    return frozenset() if target is None else frozenset({target})
