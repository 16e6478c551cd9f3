"""One action as one row of a plan: what it does to which order, where that lies, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from reconciler.diagnostics import Span, display
from reconciler.model.numbers import ZERO
from reconciler.model.order import (
    Execution,
    RestingOrder,
    Side,
    Terms,
    TimeInForce,
    Trigger,
    TriggerKind,
    parent_of,
)
from reconciler.model.plan import (
    Action,
    Adopt,
    Cancel,
    Forget,
    Hold,
    Keep,
    Modify,
    Place,
    Replace,
    action_kind,
)
from reconciler.render.figures import grouped

__all__ = [
    "SIGNS",
    "Order",
    "Row",
    "after_of",
    "before_of",
    "instrument_of",
    "row_of",
    "wake_price",
]

ADDRESS_CHARACTERS_MAX = 60
SENTENCE_CHARACTERS_MAX = 400
SIGNS = {
    "place": "+",
    "modify": "~",
    "replace": "±",
    "cancel": "-",
    "keep": " ",
    "adopt": "<",
    "forget": ".",
    "hold": "!",
}
_TRIGGER_WORDS = {TriggerKind.TAKE_PROFIT: "take-profit", TriggerKind.STOP_LOSS: "stop-loss"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order a row is about: as it will be, or as it is where nothing of it will change.

    Attributes:
        price: where it lies on the ladder.
    """

    side: Side
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One action for reading; untrusted text in it is already escaped.

    Attributes:
        order: None where there is none: an order that is done, a forgotten address.
        source: ``specs/btc.yaml:14``, or empty.
        details: further lines, each a sentence or a clause.
    """

    kind: str
    address: str
    order: Order | None
    reason: str
    source: str
    details: tuple[str, ...] = ()


def row_of(action: Action) -> Row:
    """Return the row of an action."""
    source = None if isinstance(action, Forget) else action.source
    return Row(
        kind=action_kind(action),
        address=display(action.address, limit=ADDRESS_CHARACTERS_MAX),
        order=_order(action),
        reason=action.reason.value,
        source=_place(source),
        details=tuple(_details(action)),
    )


def before_of(action: Action) -> RestingOrder | None:
    """Return the order as seen."""
    return None if isinstance(action, Place | Forget) else action.before


def after_of(action: Action) -> Terms | None:
    """Return the order as it is to be."""
    return action.after if isinstance(action, Place | Modify | Replace | Hold) else None


def instrument_of(action: Action) -> str:
    """Return the instrument an action is about; empty when no order tells."""
    order = after_of(action) or before_of(action)
    return order.instrument if order else ""


def wake_price(order: Terms | RestingOrder) -> Decimal:
    """Return where an order lies on the ladder: its trigger if it sleeps, else its limit price."""
    return order.trigger.price if order.trigger else order.price


def _order(action: Action) -> Order | None:
    after, before = after_of(action), before_of(action)
    if after is not None:
        return Order(side=after.side, price=wake_price(after), quantity=after.quantity)
    if before is not None:
        return Order(side=before.side, price=wake_price(before), quantity=before.remaining)
    return None


def _place(source: Span | None) -> str:
    limit = ADDRESS_CHARACTERS_MAX
    return display(f"{source.path}:{source.line}", limit=limit) if source else ""


def _details(action: Action) -> Iterator[str]:
    match action:
        case Place():
            yield from _place_details(action)
        case Modify():
            yield from _modify_details(action)
        case Replace():
            yield from _changes(action.before, action.after)
            yield "cancelled first; what its final fill leaves is then placed"
            yield from _standing_alone(action)
            yield from _children(action)
            yield from _waits(action)
        case Hold():
            yield display(action.why, limit=SENTENCE_CHARACTERS_MAX)
            yield f"To lift it: {display(action.lifted_by, limit=SENTENCE_CHARACTERS_MAX)}"
        case Cancel():
            yield from _filled(action.before)
            if action.waits_for:
                names = ", ".join(display(address) for address in action.waits_for)
                yield f"sent once {names} rests by itself"
        case Keep():
            yield from _filled(action.before)
        case Adopt():
            yield from _adopt_details(action)
        case Forget():
            yield "its record stays in the state"
        case _:
            assert_never(action)


def _place_details(action: Place) -> Iterator[str]:
    terms = action.after
    if terms.trigger is not None:
        yield _trigger(terms.trigger, terms.price)
    words = ", ".join(_flags(terms))
    if words:
        yield words
    if action.holder == action.address and terms.quantity < action.budget:
        done = grouped(action.budget - terms.quantity)
        yield f"{done} of {grouped(action.budget)} is filled; this is the rest"
    yield from _standing_alone(action)
    yield from _children(action)
    yield from _waits(action)


def _waits(action: Place | Modify | Replace) -> Iterator[str]:
    if action.waits_for:
        names = ", ".join(display(address) for address in action.waits_for)
        yield f"sent once the other order of {names} is confirmed gone"


def _flags(terms: Terms) -> Iterator[str]:
    if terms.time_in_force is TimeInForce.IOC:
        yield "immediate or cancel"
    elif not terms.post_only and terms.trigger is None:
        yield "not post-only: it may take"
    if terms.reduce_only:
        yield "reduce-only"
    elif terms.trigger is not None:
        yield "not reduce-only: it may enter a position"
    yield from (f"{display(name)} {display(value)}" for name, value in terms.options)


def _standing_alone(action: Place | Replace) -> Iterator[str]:
    if parent_of(action.address) is not None:
        yield "alone: no longer one-cancels-other with the rest of its group"


def _children(action: Place | Replace) -> Iterator[str]:
    for child in action.children:
        trigger = child.terms.trigger
        what = _trigger(trigger, child.terms.price) if trigger else grouped(child.terms.price)
        yield f"with {display(child.address)}: {what}"


def _modify_details(action: Modify) -> Iterator[str]:
    is_own_rung = (action.origin_holder, action.origin_generation) == (
        action.holder,
        action.generation,
    )
    if action.origin != action.address and not is_own_rung:
        yield f"takes over the order of {display(action.origin)}"
    yield from _changes(action.before, action.after)
    if action.overfill_bound > ZERO:
        bound = grouped(action.overfill_bound)
        yield f"a fill in flight may add at most {bound} beyond the quantity"
    yield from _waits(action)


def _adopt_details(action: Adopt) -> Iterator[str]:
    if action.origin is not None:
        yield f"renamed from {display(action.origin)}; the venue is left alone"
    elif action.before is not None:
        yield f"venue order {display(action.before.venue_order_id)} is bound to this address"


def _changes(before: RestingOrder, after: Terms) -> Iterator[str]:
    """Yield ``price 91,000 -> 91,050, quantity 0.05 -> 0.03``: what rests, before and after."""
    changed = [
        f"{name} {old} -> {new}"
        for name, old, new in (
            ("instrument", display(before.instrument), display(after.instrument)),
            ("side", before.side.value, after.side.value),
            ("trigger", _trigger_price(before.trigger), _trigger_price(after.trigger)),
            ("price", grouped(before.price), grouped(after.price)),
            ("quantity", grouped(before.remaining), grouped(after.quantity)),
            ("reduce-only", _yes(before), _yes(after)),
        )
        if old != new
    ]
    if changed:
        yield ", ".join(changed)
    yield from _filled(before)


def _filled(order: RestingOrder | None) -> Iterator[str]:
    if order is not None and order.filled > ZERO:
        yield f"{grouped(order.filled)} of {grouped(order.quantity)} is filled"


def _trigger(trigger: Trigger, price: Decimal) -> str:
    word = _TRIGGER_WORDS[trigger.kind]
    then = "market, worst price" if trigger.execution is Execution.MARKET else "limit"
    return f"{word} at {grouped(trigger.price)}, then {then} {grouped(price)}"


def _trigger_price(trigger: Trigger | None) -> str:
    return grouped(trigger.price) if trigger else "none"


def _yes(order: RestingOrder | Terms) -> str:
    return "yes" if order.reduce_only else "no"
