"""What a journal says about one address, oldest first: events to sentences. Pure.

An address is followed back through renames, and covers what is below it: the rungs of a ladder, the
attached orders of a parent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.event import (
    Adopted,
    Approved,
    Event,
    Forgotten,
    Halted,
    HaltLifted,
    Initialised,
    IntentWritten,
    Moved,
    Observation,
    Observed,
    OutcomesWritten,
    Overridden,
    Resolved,
    SettledByPerson,
)
from reconciler.model.numbers import format_decimal
from reconciler.model.order import ClientOrderId, OrderAddress, Terms
from reconciler.model.outcome import Accepted, Outcome, Rejected
from reconciler.model.state import Intent, IntentItem, IntentOperation
from reconciler.model.transitions import Stamped

__all__ = ["HistoryLine", "history_of"]

Fact = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One thing that happened.

    Attributes:
        what: one word: ``intent``, ``outcome``, ``fill``, ``ended``, ``halted`` …
        address: as it was called then; empty for what concerns every address.
        text: a sentence, with untrusted words in it.
        facts: the same by name, for machines.
    """

    at_ms: int
    serial: int
    what: str
    address: OrderAddress
    text: str
    facts: tuple[Fact, ...] = ()


def history_of(journal: Sequence[Stamped], address: OrderAddress) -> tuple[HistoryLine, ...]:
    """Return what happened to an address, and the halts and approvals that concerned it."""
    reader = _Reader()
    lines: list[HistoryLine] = []
    for stamped, name in zip(journal, _names(journal, address), strict=True):
        lines += reader.read(stamped, name)
    is_known = any(line.address for line in lines)
    return tuple(lines) if is_known else ()


def _names(journal: Sequence[Stamped], address: OrderAddress) -> list[OrderAddress]:
    """Return how the address was called before each event."""
    names = []
    for stamped in reversed(journal):
        event = stamped.event
        if isinstance(event, Moved) and _is_below(address, event.destination):
            address = OrderAddress(event.origin + address[len(event.destination) :])
        names.append(address)
    names.reverse()
    return names


@dataclass(slots=True)
class _Reader:
    """What must be remembered while a journal is read forward."""

    intents: dict[int, Intent] = field(default_factory=dict)
    owners: dict[ClientOrderId, OrderAddress] = field(default_factory=dict)

    def read(self, stamped: Stamped, name: OrderAddress) -> Iterator[HistoryLine]:
        """Yield the lines of one event; `name` is the address as it was called then."""
        event = stamped.event
        self._remember(event)
        for address, what, text, facts in self._said(event, name):
            yield HistoryLine(
                at_ms=stamped.at_ms,
                serial=stamped.serial,
                what=what,
                address=address,
                text=text,
                facts=tuple(facts.items()),
            )

    def _remember(self, event: Event) -> None:
        match event:
            case IntentWritten(intent=intent):
                self.intents[intent.nonce] = intent
                for item in intent.items:
                    if item.operation is not IntentOperation.CANCEL:
                        self.owners[item.client_order_id] = item.address
            case Adopted():
                self.owners[event.client_order_id] = event.address
            case Moved():
                for client_order_id, owner in self.owners.items():
                    if _is_below(owner, event.origin):
                        renamed = OrderAddress(event.destination + owner[len(event.origin) :])
                        self.owners[client_order_id] = renamed
            case _:
                pass

    def _said(self, event: Event, name: OrderAddress) -> Iterator["_Said"]:
        match event:
            case IntentWritten(intent=intent):
                yield from (_intent(i, intent) for i in intent.items if _is_below(i.address, name))
            case OutcomesWritten():
                yield from self._outcomes(event, name)
            case Resolved():
                yield from self._resolved(event, name)
            case Observed():
                for observation in event.observations:
                    owner = self.owners.get(observation.client_order_id)
                    if owner is not None and _is_below(owner, name):
                        yield from _observed(owner, observation)
            case Adopted() | Forgotten() | Moved() | SettledByPerson():
                yield from _recorded(event, name)
            case _:
                yield from _around(event, name)

    def _outcomes(self, event: OutcomesWritten, name: OrderAddress) -> Iterator["_Said"]:
        intent = self.intents.get(event.nonce)
        items = intent.items if intent is not None else ()
        for item, outcome in zip(items, event.outcomes, strict=False):
            if _is_below(item.address, name):
                yield _outcome(item, outcome, event.nonce)

    def _resolved(self, event: Resolved, name: OrderAddress) -> Iterator["_Said"]:
        intent = self.intents.get(event.nonce)
        if intent is None or not event.index < len(intent.items):
            return
        item = intent.items[event.index]
        if _is_below(item.address, name):
            text = f"{item.operation.value} under nonce {event.nonce} is {event.verdict}: "
            facts = {"nonce": str(event.nonce), "verdict": event.verdict, "proof": event.proof}
            yield item.address, "resolved", text + event.proof, facts


_Said = tuple[OrderAddress, str, str, Mapping[str, str]]
"""(address, what, sentence, facts)."""
NOWHERE = OrderAddress("")


def _intent(item: IntentItem, intent: Intent) -> _Said:
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


def _outcome(item: IntentItem, outcome: Outcome, nonce: int) -> _Said:
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


def _observed(owner: OrderAddress, seen: Observation) -> Iterator[_Said]:
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


def _recorded(
    event: Adopted | Forgotten | Moved | SettledByPerson, name: OrderAddress
) -> Iterator[_Said]:
    match event:
        case Moved() if _is_below(name, event.origin) or _is_below(event.origin, name):
            text = f"{event.origin} was renamed to {event.destination}"
            facts: dict[str, str] = {"from": event.origin, "to": event.destination}
            yield event.destination, "moved", text, facts
        case Adopted() if _is_below(event.address, name):
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
        case Forgotten() if _is_below(event.address, name):
            yield event.address, "forgotten", "it left the specs; its record stays", {}
        case SettledByPerson() if _is_below(event.address, name):
            filled = format_decimal(event.filled)
            text = f"{event.by} said that {filled} was filled"
            yield event.address, "settled", text, {"filled": filled, "by": event.by}
        case _:
            pass


def _around(event: Event, name: OrderAddress) -> Iterator[_Said]:
    """Yield what concerned the address without naming it."""
    match event:
        case Initialised():
            yield NOWHERE, "began", f"the state began, lineage {event.lineage}", {}
        case Halted():
            facts = {"by": event.by, "why": event.why}
            yield NOWHERE, "halted", f"{event.by} halted everything: {event.why}", facts
        case HaltLifted():
            yield NOWHERE, "resumed", f"{event.by} lifted the halt", {"by": event.by}
        case Approved() if _is_below(name, OrderAddress(event.book)):
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


def _is_below(address: OrderAddress, name: OrderAddress) -> bool:
    return address == name or address.startswith((f"{name}[", f"{name}."))
