"""What a journal says about one address, oldest first: events to sentences. Pure.

An address is followed back through renames, and covers what is below it: the rungs of a ladder, the
attached orders of a parent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.model.event import (
    Adopted,
    Event,
    Forgotten,
    IntentWritten,
    Moved,
    Observed,
    OutcomesWritten,
    PanicCancelled,
    Resolved,
    SettledByPerson,
)
from reconciler.model.order import ClientOrderId, OrderAddress
from reconciler.model.state import Intent, IntentOperation
from reconciler.model.transitions import Stamped
from reconciler.render.history_words import (
    Said,
    around_said,
    intent_said,
    is_below,
    observation_said,
    outcome_said,
    panic_said,
    record_said,
)

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
        if isinstance(event, Moved) and is_below(address, event.destination):
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
                    if is_below(owner, event.origin):
                        renamed = OrderAddress(event.destination + owner[len(event.origin) :])
                        self.owners[client_order_id] = renamed
            case _:
                pass

    def _said(self, event: Event, name: OrderAddress) -> Iterator[Said]:
        match event:
            case IntentWritten(intent=intent):
                yield from (
                    intent_said(i, intent) for i in intent.items if is_below(i.address, name)
                )
            case OutcomesWritten():
                yield from self._outcomes(event, name)
            case Resolved():
                yield from self._resolved(event, name)
            case Observed():
                for observation in event.observations:
                    owner = self.owners.get(observation.client_order_id)
                    if owner is not None and is_below(owner, name):
                        yield from observation_said(owner, observation)
            case PanicCancelled():
                yield from self._panicked(event, name)
            case Adopted() | Forgotten() | Moved() | SettledByPerson():
                yield from record_said(event, name)
            case _:
                yield from around_said(event, name)

    def _panicked(self, event: PanicCancelled, name: OrderAddress) -> Iterator[Said]:
        for client_order_id in event.client_order_ids:
            owner = self.owners.get(client_order_id)
            if owner is not None and is_below(owner, name):
                yield panic_said(owner, client_order_id, event)

    def _outcomes(self, event: OutcomesWritten, name: OrderAddress) -> Iterator[Said]:
        intent = self.intents.get(event.nonce)
        items = intent.items if intent is not None else ()
        for item, outcome in zip(items, event.outcomes, strict=False):
            if is_below(item.address, name):
                yield outcome_said(item, outcome, event.nonce)

    def _resolved(self, event: Resolved, name: OrderAddress) -> Iterator[Said]:
        intent = self.intents.get(event.nonce)
        if intent is None or not event.index < len(intent.items):
            return
        item = intent.items[event.index]
        if is_below(item.address, name):
            text = f"{item.operation.value} under nonce {event.nonce} is {event.verdict}: "
            facts = {"nonce": str(event.nonce), "verdict": event.verdict, "proof": event.proof}
            yield item.address, "resolved", text + event.proof, facts
