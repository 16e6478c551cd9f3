"""Short ways to write intents, outcomes and looks into a state."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from reconciler.model.event import IntentWritten, OutcomesWritten, Resolved
from reconciler.model.order import ClientOrderId, OrderAddress, Terms, VenueOrderId
from reconciler.model.outcome import Accepted, Outcome
from reconciler.model.snapshot import (
    Found,
    OrderPhase,
    OrderQuery,
    OrderStatus,
    VenueSnapshot,
)
from reconciler.model.state import Intent, IntentItem, IntentOperation, Placement, State
from reconciler.model.transitions import preview
from reconciler.observe import observe, pending_queries
from tests.support.build import NOW, our_id, snapshot

NONCE = 77


def item(
    operation: IntentOperation,
    address: str = "btc.dip",
    wanted: Terms | None = None,
    *,
    incarnation: int = 1,
    owner: str | None = None,
    **others: object,
) -> IntentItem:
    """Return one item; its client order id comes from the holder and the incarnation."""
    owner = owner or address.split("[", 1)[0]
    made = IntentItem(
        operation=operation,
        address=OrderAddress(address),
        holder=OrderAddress(owner),
        generation=1,
        client_order_id=our_id(owner, incarnation),
        incarnation=incarnation,
        terms=wanted,
        budget=wanted.quantity if wanted is not None else 0,  # type: ignore[arg-type]
    )
    return replace(made, **others)  # type: ignore[arg-type]


def cancel_of(placed: Placement) -> IntentItem:
    return IntentItem(
        operation=IntentOperation.CANCEL,
        address=placed.address,
        holder=placed.address,
        generation=0,
        client_order_id=placed.client_order_id,
        incarnation=0,
        target=placed.legs[-1].venue_order_id if placed.legs else None,
    )


def modify_of(placed: Placement, wanted: Terms, address: str | None = None) -> IntentItem:
    """Return a modify within one holder: it repeats the client order id."""
    return IntentItem(
        operation=IntentOperation.MODIFY,
        address=OrderAddress(address or placed.address),
        holder=placed.holder,
        generation=placed.generation,
        client_order_id=placed.client_order_id,
        incarnation=0,
        target=placed.legs[-1].venue_order_id,
        terms=wanted,
        budget=wanted.quantity,
    )


def take_over_of(placed: Placement, wanted: Terms, address: str, incarnation: int) -> IntentItem:
    """Return a modify across holders: it carries the target's next client order id."""
    return item(
        IntentOperation.MODIFY,
        address,
        wanted,
        incarnation=incarnation,
        source_client_order_id=placed.client_order_id,
        target=placed.legs[-1].venue_order_id,
    )


def intent(known: State, *items: IntentItem, nonce: int = NONCE) -> Any:
    """Return the state with an intent written, nothing answered."""
    made = Intent(nonce=nonce, expires_at_ms=NOW + 15_000, kind="place", items=items, body="{}")
    return preview(known, [IntentWritten(intent=made)], at_ms=NOW)


def answered(known: State, *outcomes: Outcome, nonce: int = NONCE) -> Any:
    """Return the state with what the venue answered."""
    return preview(known, [OutcomesWritten(nonce=nonce, outcomes=outcomes)], at_ms=NOW)


def accepted(oid: str | None = None, *, filled: str = "0") -> Accepted:
    return Accepted(
        venue_order_id=VenueOrderId(oid) if oid is not None else None, filled=Decimal(filled)
    )


def resolved(known: State, verdict: str, *, index: int = 0, oid: str | None = None) -> Any:
    event = Resolved(
        nonce=NONCE,
        index=index,
        verdict=verdict,
        proof="read twice",
        venue_order_id=VenueOrderId(oid) if oid is not None else None,
    )
    return preview(known, [event], at_ms=NOW)


def by_our_id(placed: Placement) -> OrderQuery:
    return OrderQuery(
        instrument=placed.terms.instrument,
        client_order_id=placed.client_order_id,
        placed_at_ms=placed.sent_at_ms,
    )


def by_oid(placed: Placement, oid: str) -> OrderQuery:
    return OrderQuery(
        instrument=placed.terms.instrument,
        venue_order_id=VenueOrderId(oid),
        placed_at_ms=placed.sent_at_ms,
    )


def found(
    wanted: Terms,
    phase: OrderPhase,
    *,
    oid: str = "1",
    cloid: ClientOrderId | None = None,
    filled: str = "0",
    word: str = "",
) -> Found:
    from tests.support.build import resting

    order = resting(wanted, oid=oid, cloid=cloid, filled=filled)
    return Found(order=order, phase=phase, word=word or phase, at_ms=NOW)


def looked(
    known: State,
    answers: Mapping[OrderQuery, OrderStatus] | None = None,
    *,
    orders: Sequence[object] = (),
) -> tuple[Any, VenueSnapshot]:
    """Return the state after a look at listed orders and answers, and the snapshot."""
    seen = snapshot(*orders, statuses=answers or {})  # type: ignore[arg-type]
    return preview(known, observe(known, seen), at_ms=NOW), seen


def asked(known: State, seen: VenueSnapshot) -> set[tuple[str | None, str | None]]:
    """Return what is still to be asked, as (our id, their id)."""
    return {(q.client_order_id, q.venue_order_id) for q in pending_queries(known, seen)}
