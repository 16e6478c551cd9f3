"""The last gate: the bytes about to be sent, read back, against what plan and limits permit.

Pure. It starts from the decoded request, not from the plan, so that a mistake anywhere between the
planner and the encoder is caught here: an order nobody reviewed has no address in the intent, or
differs from its action.
"""

from collections.abc import Iterator, Sequence

from reconciler.execution.gate_limits import Standing, Weighed, limit_objections
from reconciler.execution.requesting import Draft
from reconciler.model.command import Batch, CancelOrder, Command, ModifyOrder, PlaceOrder
from reconciler.model.order import ClientOrderId
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.model.state import IntentItem
from reconciler.planner.intersect import is_within
from reconciler.planner.sequence import Step

__all__ = ["objections", "weighed_of"]


def objections(decoded: Batch, step: Step, draft: Draft, standing: Standing) -> list[str]:
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
    found += limit_objections(decoded, weighed_of(decoded, step, draft), standing)
    return found


def weighed_of(decoded: Batch, step: Step, draft: Draft) -> tuple[Weighed, ...]:
    """Return what a request puts on the venue, each with its action; what has none is left out."""
    items = {item.client_order_id: item for item in draft.items}
    weighed = []
    for command in decoded.commands:
        if isinstance(command, CancelOrder) or command.client_order_id not in items:
            continue
        item = items[command.client_order_id]
        action = _action_of(item, step.actions)
        if isinstance(action, Place | Modify | Replace):
            is_taking = isinstance(command, ModifyOrder)
            source = item.source_client_order_id or item.client_order_id
            weighed.append(
                Weighed(
                    address=item.address,
                    command=command,
                    action=action,
                    source=source if is_taking else None,
                )
            )
    return tuple(weighed)


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
    """Return the action of an item: in one step an address has one."""
    return next((action for action in actions if action.address == item.address), None)


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
