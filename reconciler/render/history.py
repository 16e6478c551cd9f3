"""What a journal says about one address, oldest first: events to sentences. Pure.

An address is followed back through renames and, for a rung, through the labels its order had. It
covers what is below it: the rungs of a ladder, the attached orders of a parent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.model.event import (
    Adopted,
    Event,
    Forgotten,
    IntentWritten,
    Moved,
    Observed,
    OutcomesWritten,
    PanicCancelled,
    Relabelled,
    Resolved,
    SettledByPerson,
)
from reconciler.model.order import ClientOrderId, OrderAddress
from reconciler.model.state import Intent, IntentItem, IntentOperation
from reconciler.model.transitions import Stamped
from reconciler.render.history_words import (
    Said,
    around_said,
    intent_said,
    is_below,
    label_said,
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
    earlier = list(_earlier_labels(journal))
    names = []
    for stamped, labels in zip(reversed(journal), reversed(earlier), strict=True):
        event = stamped.event
        if isinstance(event, Moved) and is_below(address, event.destination):
            address = OrderAddress(event.origin + address[len(event.destination) :])
        address = labels.get(address, address)
        names.append(address)
    names.reverse()
    return names


def _earlier_labels(
    journal: Sequence[Stamped],
) -> Iterator[Mapping[OrderAddress, OrderAddress]]:
    """Yield, for each event, what orders were called before it, by the name it gives them."""
    reader = _Reader()
    for stamped in journal:
        yield {
            label: reader.owners[client_order_id]
            for client_order_id, label in _labels_given(stamped.event)
            if client_order_id in reader.owners
        }
        reader.remember(stamped.event)


def _labels_given(event: Event) -> Iterator[tuple[ClientOrderId, OrderAddress]]:
    if isinstance(event, Relabelled):
        yield from event.labels.items()
    elif isinstance(event, IntentWritten):
        for item in event.intent.items:
            if item.operation is IntentOperation.MODIFY:
                yield item.client_order_id, item.address


@dataclass(slots=True)
class _Reader:
    """What must be remembered while a journal is read forward."""

    intents: dict[int, Intent] = field(default_factory=dict)
    owners: dict[ClientOrderId, OrderAddress] = field(default_factory=dict)
    making_room: set[tuple[int, ClientOrderId]] = field(default_factory=set)

    def read(self, stamped: Stamped, name: OrderAddress) -> Iterator[HistoryLine]:
        """Yield the lines of one event; `name` is the address as it was called then."""
        event = stamped.event
        said = list(self._said(event, name))
        self.remember(event)
        for address, what, text, facts in said:
            yield HistoryLine(
                at_ms=stamped.at_ms,
                serial=stamped.serial,
                what=what,
                address=address,
                text=text,
                facts=tuple(facts.items()),
            )

    def remember(self, event: Event) -> None:
        """Take what later events refer to."""
        match event:
            case IntentWritten(intent=intent):
                self.intents[intent.nonce] = intent
                for item in intent.items:
                    self._remember_item(item, intent.nonce)
            case Adopted():
                self.owners[event.client_order_id] = event.address
            case Moved():
                for client_order_id, owner in self.owners.items():
                    if is_below(owner, event.origin):
                        renamed = OrderAddress(event.destination + owner[len(event.origin) :])
                        self.owners[client_order_id] = renamed
            case Relabelled():
                self.owners |= event.labels
            case _:
                pass

    def _remember_item(self, item: IntentItem, nonce: int) -> None:
        if item.operation is not IntentOperation.CANCEL:
            self.owners[item.client_order_id] = item.address
        elif self.owners.get(item.client_order_id) != item.address:
            self.making_room.add((nonce, item.client_order_id))

    def _as_called_now(self, item: IntentItem, nonce: int) -> IntentItem:
        """Return an item under the label its order has by now.

        A cancel that makes room for another rung stays that rung's.
        """
        label = self.owners.get(item.client_order_id)
        if label is None or (nonce, item.client_order_id) in self.making_room:
            return item
        return replace(item, address=label)

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
            case Relabelled():
                for client_order_id, label in sorted(event.labels.items()):
                    before = self.owners.get(client_order_id)
                    yield from label_said(before, label, client_order_id, name)
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
        for sent, outcome in zip(items, event.outcomes, strict=False):
            item = self._as_called_now(sent, event.nonce)
            if is_below(item.address, name):
                yield outcome_said(item, outcome, event.nonce)

    def _resolved(self, event: Resolved, name: OrderAddress) -> Iterator[Said]:
        intent = self.intents.get(event.nonce)
        if intent is None or not event.index < len(intent.items):
            return
        item = self._as_called_now(intent.items[event.index], event.nonce)
        if is_below(item.address, name):
            text = f"{item.operation.value} under nonce {event.nonce} is {event.verdict}: "
            facts = {"nonce": str(event.nonce), "verdict": event.verdict, "proof": event.proof}
            yield item.address, "resolved", text + event.proof, facts
