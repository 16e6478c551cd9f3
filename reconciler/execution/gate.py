"""The last gate: the bytes about to be sent, read back, against what the plan permits.

Pure. It starts from the decoded request, not from the plan, so that a mistake anywhere between the
planner and the encoder is caught here: an order nobody reviewed has no address in the intent, or
differs from its action.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from reconciler.execution.requesting import Draft
from reconciler.model.command import Batch, CancelOrder, Command, ModifyOrder, PlaceOrder
from reconciler.model.config import Limits
from reconciler.model.instrument import Instrument, order_value
from reconciler.model.order import ClientOrderId
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.model.state import IntentItem
from reconciler.planner.intersect import is_within
from reconciler.planner.sequence import Step

__all__ = ["limit_objections", "objections"]


def objections(
    decoded: Batch,
    step: Step,
    draft: Draft,
    limits: Limits,
    instruments: dict[str, Instrument],
) -> list[str]:
    """Return every reason why these bytes must not be sent; empty means they may."""
    found: list[str] = []
    if decoded.kind is not step.kind:
        found.append(f"The request is a {decoded.kind}, the step a {step.kind}.")
    if len(decoded.commands) != len(step.actions):
        found.append(
            f"The request has {len(decoded.commands)} orders, the step {len(step.actions)}."
        )
    items = {item.client_order_id: item for item in draft.items}
    seen: set[ClientOrderId] = set()
    for command in decoded.commands:
        found += _command_objections(command, items, step.actions, seen)
        replaced = _value_replaced(command, items, step.actions, instruments)
        found += _order_limit_objections(command, replaced, limits, instruments)
    return found


def limit_objections(
    new: Decimal, spent_run: Decimal, spent_day: Decimal, limits: Limits
) -> list[str]:
    """Return which money limits a request of value `new` would break, in quote currency."""
    found = []
    if new and spent_run + new > limits.max_new_notional_per_run:
        found.append("The run would be above `max_new_notional_per_run`.")
    if new and spent_day + new > limits.max_new_notional_per_day:
        found.append("The day would be above `max_new_notional_per_day`.")
    return found


def _command_objections(
    command: Command,
    items: dict[ClientOrderId, IntentItem],
    actions: Sequence[Action],
    seen: set[ClientOrderId],
) -> Iterator[str]:
    if isinstance(command, CancelOrder):
        yield from _cancel_objections(command, actions)
        return
    item = items.get(command.client_order_id)
    if item is None:
        yield f"Client order id {command.client_order_id} is not in the intent."
        return
    if command.client_order_id in seen:
        yield f"Client order id {command.client_order_id} is in the request twice."
    seen.add(command.client_order_id)
    action = _action_of(item, actions)
    if isinstance(command, PlaceOrder):
        yield from _place_objections(command, action, item)
    else:
        yield from _modify_objections(command, action, item)


def _action_of(item: IntentItem, actions: Sequence[Action]) -> Action | None:
    """Return the action of an item; two rungs may carry one label, so a target decides first."""
    alike = [action for action in actions if action.address == item.address]
    for action in alike:
        if isinstance(action, Modify) and action.before.venue_order_id == item.target:
            return action
    return alike[0] if alike else None


def _cancel_objections(command: CancelOrder, actions: Sequence[Action]) -> Iterator[str]:
    for action in actions:
        if isinstance(action, Cancel | Replace) and (
            command.target == action.before.venue_order_id
            or (command.target is None and command.client_order_id == action.before.client_order_id)
        ):
            return
    yield f"Venue order {command.target or command.client_order_id} is not one the plan cancels."


def _place_objections(
    command: PlaceOrder, action: Action | None, item: IntentItem
) -> Iterator[str]:
    if not isinstance(action, Place | Replace):
        yield f"The plan does not place {item.address}."
        return
    if not is_within(command.terms, action.after):
        yield f"{item.address} differs from the plan."
    if tuple(c.terms for c in command.children) != tuple(c.terms for c in action.children):
        yield f"The attached orders of {item.address} differ from the plan."


def _modify_objections(
    command: ModifyOrder, action: Action | None, item: IntentItem
) -> Iterator[str]:
    if not isinstance(action, Modify):
        yield f"The plan does not modify {item.address}."
        return
    if command.target != action.before.venue_order_id:
        yield f"{item.address} would modify venue order {command.target}, not the one planned."
    if not is_within(command.terms, action.after):
        yield f"{item.address} differs from the plan."


def _value_replaced(
    command: Command,
    items: dict[ClientOrderId, IntentItem],
    actions: Sequence[Action],
    instruments: dict[str, Instrument],
) -> Decimal:
    """Return the value of the order that a place takes the place of; zero when it is of none."""
    item = items.get(command.client_order_id) if isinstance(command, PlaceOrder) else None
    action = _action_of(item, actions) if item is not None else None
    if not isinstance(action, Replace):
        return Decimal(0)
    before = action.before
    instrument = instruments.get(before.instrument)
    return order_value(instrument, price=before.price, quantity=before.remaining)


def _order_limit_objections(
    command: Command, replaced: Decimal, limits: Limits, instruments: dict[str, Instrument]
) -> Iterator[str]:
    if isinstance(command, CancelOrder):
        return
    terms = command.terms
    value = order_value(
        instruments.get(terms.instrument), price=terms.price, quantity=terms.quantity
    )
    is_smaller = isinstance(command, ModifyOrder) or value <= replaced
    is_reduction = terms.reduce_only or is_smaller
    if value > limits.max_order_notional and not is_reduction:
        yield f"An order is worth {value:f}, above `max_order_notional`."
