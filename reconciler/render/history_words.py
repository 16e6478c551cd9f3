"""Sentences about single events of a journal, and the facts in them by name. Pure."""

from collections.abc import Iterator, Mapping

from reconciler.model.event import (
    Adopted,
    Approved,
    Event,
    Forgotten,
    Halted,
    HaltLifted,
    Initialised,
    Moved,
    Observation,
    Overridden,
    PanicCancelled,
    SettledByPerson,
)
from reconciler.model.numbers import format_decimal
from reconciler.model.order import ClientOrderId, OrderAddress, Terms
from reconciler.model.outcome import Accepted, Outcome, Rejected
from reconciler.model.state import Intent, IntentItem

__all__ = [
    "Said",
    "around_said",
    "intent_said",
    "is_below",
    "label_said",
    "observation_said",
    "outcome_said",
    "panic_said",
    "record_said",
]

Said = tuple[OrderAddress, str, str, Mapping[str, str]]
"""(address, what, sentence, facts)."""
NOWHERE = OrderAddress("")


def intent_said(item: IntentItem, intent: Intent) -> Said:
    """Say what was about to be sent."""
    facts = {
        "operation": item.operation.value,
        "client_order_id": item.client_order_id,
        "nonce": str(intent.nonce),
        "expires_at_ms": str(intent.expires_at_ms),
    }
    if item.target is not None:
        facts["venue_order_id"] = item.target
    said = f" venue order {item.target}" if item.target is not None else ""
    if item.terms is not None:
        facts |= _facts_of(item.terms) | {"generation": str(item.generation)}
        to = " into" if said else ""
        said += f"{to} {_terms(item.terms)}, generation {item.generation}"
    text = (
        f"{item.operation.value}{said}; client order id {item.client_order_id}, "
        f"nonce {intent.nonce}"
    )
    return item.address, "intent", text, facts


def outcome_said(item: IntentItem, outcome: Outcome, nonce: int) -> Said:
    """Say what the venue answered."""
    facts = {"operation": item.operation.value, "nonce": str(nonce)}
    match outcome:
        case Accepted():
            said = "accepted"
            if outcome.venue_order_id is not None:
                facts["venue_order_id"] = outcome.venue_order_id
                said += f", venue order {outcome.venue_order_id}"
            if outcome.filled:
                facts["filled"] = format_decimal(outcome.filled)
                said += f", {facts['filled']} filled at once"
        case Rejected():
            facts |= {"reason": outcome.reason.value, "words": outcome.text}
            said = f"rejected, {outcome.reason.value}: {outcome.text}"
        case _:
            facts["cause"] = outcome.cause
            said = f"unknown, {outcome.cause}: it may be at the venue"
    facts["outcome"] = type(outcome).__name__.lower()
    return item.address, "outcome", f"{item.operation.value} under nonce {nonce}: {said}", facts


def observation_said(owner: OrderAddress, seen: Observation) -> Iterator[Said]:
    """Yield what a look showed: fills, and the end."""
    for leg in seen.legs:
        facts = {
            "venue_order_id": leg.venue_order_id,
            "filled": format_decimal(leg.filled),
            "quantity": format_decimal(leg.quantity),
            "price": format_decimal(leg.price),
            "is_final": "yes" if leg.is_settled else "no",
        }
        final = ", which is final" if leg.is_settled else ""
        text = (
            f"venue order {leg.venue_order_id} had {facts['filled']} of {facts['quantity']} "
            f"filled at {facts['price']}{final}"
        )
        yield owner, "fill" if leg.filled else "seen", text, facts
    if seen.ending is not None:
        facts = {"reason": seen.ending.value, "word": seen.word}
        word = f"; the venue says {seen.word}" if seen.word else ""
        yield owner, "ended", f"{seen.ending.value}{word}", facts


def label_said(
    before: OrderAddress | None,
    label: OrderAddress,
    client_order_id: ClientOrderId,
    name: OrderAddress,
) -> Iterator[Said]:
    """Yield that an order of a ladder is called otherwise from here on; `name` is as before."""
    if before is None or not is_below(before, name):
        return
    text = f"it is called {label} from here on; client order id {client_order_id}"
    facts = {"from": before, "to": label, "client_order_id": client_order_id}
    yield before, "relabelled", text, facts


def panic_said(owner: OrderAddress, client_order_id: ClientOrderId, event: PanicCancelled) -> Said:
    """Say that a panic took an order away."""
    facts = {"client_order_id": client_order_id, "by": event.by}
    return owner, "panic", f"a panic had it cancelled, called by {event.by}", facts


def record_said(
    event: Adopted | Forgotten | Moved | SettledByPerson, name: OrderAddress
) -> Iterator[Said]:
    """Yield what was recorded without asking the venue."""
    match event:
        case Moved() if is_below(name, event.origin) or is_below(event.origin, name):
            text = f"{event.origin} was renamed to {event.destination}"
            facts: dict[str, str] = {"from": event.origin, "to": event.destination}
            yield event.destination, "moved", text, facts
        case Adopted() if is_below(event.address, name):
            order = event.order
            text = (
                f"venue order {order.venue_order_id} was bound to it: {order.side.value} "
                f"{format_decimal(order.quantity)} {order.instrument} at "
                f"{format_decimal(order.price)}, client order id {event.client_order_id}"
            )
            facts = {
                "venue_order_id": order.venue_order_id,
                "client_order_id": event.client_order_id,
            }
            yield event.address, "adopted", text, facts
        case Forgotten() if is_below(event.address, name):
            yield event.address, "forgotten", "it left the specs; its record stays", {}
        case SettledByPerson() if is_below(event.address, name):
            filled = format_decimal(event.filled)
            text = f"{event.by} said that {filled} was filled"
            yield event.address, "settled", text, {"filled": filled, "by": event.by}
        case _:
            pass


def around_said(event: Event, name: OrderAddress) -> Iterator[Said]:
    """Yield what concerned the address without naming it."""
    match event:
        case Initialised():
            yield NOWHERE, "began", f"the state began, lineage {event.lineage}", {}
        case Halted():
            facts = {"by": event.by, "why": event.why}
            yield NOWHERE, "halted", f"{event.by} halted everything: {event.why}", facts
        case HaltLifted():
            yield NOWHERE, "resumed", f"{event.by} lifted the halt", {"by": event.by}
        case Approved() if is_below(name, OrderAddress(event.book)):
            facts = {"book": event.book, "intent_id": event.intent_id, "by": event.by}
            text = f"{event.by} approved book {event.book} as {event.intent_id}"
            yield NOWHERE, "approved", text, facts
        case Overridden():
            facts = {"rule": event.rule, "plan_id": event.plan_id, "by": event.by}
            text = f"{event.by} set the rule {event.rule} aside for plan {event.plan_id[:12]}"
            yield NOWHERE, "override", text, facts
        case _:
            pass


def _terms(terms: Terms) -> str:
    flags = [name for name in ("post_only", "reduce_only") if getattr(terms, name)]
    extra = f" ({', '.join(flags)})" if flags else ""
    trigger = f", trigger {format_decimal(terms.trigger.price)}" if terms.trigger else ""
    return (
        f"{terms.side.value} {format_decimal(terms.quantity)} {terms.instrument} at "
        f"{format_decimal(terms.price)}{trigger}{extra}"
    )


def _facts_of(terms: Terms) -> dict[str, str]:
    return {
        "instrument": terms.instrument,
        "side": terms.side.value,
        "price": format_decimal(terms.price),
        "quantity": format_decimal(terms.quantity),
    }


def is_below(address: OrderAddress, name: OrderAddress) -> bool:
    """Say whether an address is the other, a rung of it, or attached to it."""
    return address == name or address.startswith((f"{name}[", f"{name}."))
