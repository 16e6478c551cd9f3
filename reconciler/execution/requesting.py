"""From the actions of one step to the request and its intent. Pure.

An intent names every order it touches, so that whatever happens next, what may be at the venue is
on record.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.model.command import (
    Batch,
    BatchKind,
    CancelOrder,
    Command,
    ModifyOrder,
    PlaceOrder,
    Prepared,
)
from reconciler.model.identity import IdLayout, holder_digest, project_tag
from reconciler.model.order import ClientOrderId, OrderAddress, Terms
from reconciler.model.outcome import Outcome, Unknown
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.model.state import Intent, IntentItem, IntentOperation, State
from reconciler.planner.sequence import Step

__all__ = ["Draft", "Minter", "draft_request", "intent_of"]


@dataclass(slots=True, kw_only=True)
class Minter:
    """Makes client order ids, each incarnation once.

    Attributes:
        next_incarnation: the number the next id carries.
    """

    layout: IdLayout
    tag: int
    next_incarnation: int

    @classmethod
    def of(cls, state: State, layout: IdLayout, next_incarnation: int) -> "Minter":
        """Return a minter for one project and lineage."""
        tag = project_tag(project=state.project, lineage=state.lineage)
        return cls(layout=layout, tag=tag, next_incarnation=next_incarnation)

    def mint(self, holder: OrderAddress, generation: int) -> tuple[ClientOrderId, int]:
        """Return a new id and its incarnation."""
        incarnation = self.next_incarnation
        self.next_incarnation += 1
        digest = holder_digest(holder, generation)
        return self.layout.encode(tag=self.tag, digest=digest, incarnation=incarnation), incarnation


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request before it has a nonce.

    Attributes:
        items: one for each order touched, in the order in which outcomes come back.
    """

    batch: Batch
    items: tuple[IntentItem, ...]

    def one_each(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """Return one outcome an order; a wrong number of them says nothing about any."""
        if len(outcomes) == len(self.items):
            return outcomes
        cause = f"{len(outcomes)} outcomes for {len(self.items)} orders"
        return tuple(Unknown(cause=cause) for _ in self.items)


def draft_request(step: Step, minter: Minter) -> Draft:
    """Return the batch and the items of one step."""
    commands: list[Command] = []
    items: list[IntentItem] = []
    for action in step.actions:
        command, touched = _draft_action(action, step.kind, minter)
        commands.append(command)
        items += touched
    return Draft(batch=Batch(kind=step.kind, commands=tuple(commands)), items=tuple(items))


def intent_of(draft: Draft, prepared: Prepared, *, notional_new: Decimal, signer: str) -> Intent:
    """Return the record that must be durable before the request is sent."""
    return Intent(
        nonce=prepared.nonce,
        expires_at_ms=prepared.expires_at_ms,
        kind=draft.batch.kind,
        items=draft.items,
        body=prepared.body,
        notional_new=notional_new,
        signer=signer,
    )


def _draft_action(
    action: Action, kind: BatchKind, minter: Minter
) -> tuple[Command, list[IntentItem]]:
    match action:
        case Cancel():
            return _draft_cancel(action)
        case Replace() if kind is BatchKind.CANCEL:
            return _draft_cancel(action)
        case Modify():
            return _draft_modify(action, minter)
        case Place() | Replace():
            return _draft_place(action, minter)
        case _:
            raise AssertionError("only actions with a request reach a step")


def _draft_cancel(action: Cancel | Replace) -> tuple[Command, list[IntentItem]]:
    before = action.before
    assert before.client_order_id is not None, "only orders of ours are cancelled"
    command = CancelOrder(
        instrument=before.instrument,
        target=before.venue_order_id,
        client_order_id=before.client_order_id,
    )
    item = IntentItem(
        operation=IntentOperation.CANCEL,
        address=action.address,
        holder=action.address,
        generation=0,
        client_order_id=before.client_order_id,
        incarnation=0,
        target=before.venue_order_id,
        instrument=before.instrument,
    )
    return command, [item]


def _draft_modify(action: Modify, minter: Minter) -> tuple[Command, list[IntentItem]]:
    before = action.before
    assert before.client_order_id is not None, "only orders of ours are modified"
    is_same = (action.origin_holder, action.origin_generation) == (
        action.holder,
        action.generation,
    )
    if is_same:
        client_order_id, incarnation = before.client_order_id, 0
    else:
        client_order_id, incarnation = minter.mint(action.holder, action.generation)
    command = ModifyOrder(
        target=before.venue_order_id, client_order_id=client_order_id, terms=action.after
    )
    item = IntentItem(
        operation=IntentOperation.MODIFY,
        address=action.address,
        holder=action.holder,
        generation=action.generation,
        client_order_id=client_order_id,
        incarnation=incarnation,
        source_client_order_id=None if is_same else before.client_order_id,
        target=before.venue_order_id,
        terms=action.after,
        budget=action.budget,
    )
    return command, [item]


def _draft_place(action: Place | Replace, minter: Minter) -> tuple[PlaceOrder, list[IntentItem]]:
    item = _placed(action.address, action.holder, action.generation, action.after, minter)
    items = [replace(item, budget=action.budget)]
    children = []
    for child in action.children:
        attached = _placed(child.address, child.address, action.generation, child.terms, minter)
        items.append(replace(attached, budget=child.terms.quantity))
        children.append(PlaceOrder(client_order_id=attached.client_order_id, terms=child.terms))
    command = PlaceOrder(
        client_order_id=item.client_order_id, terms=action.after, children=tuple(children)
    )
    return command, items


def _placed(
    address: OrderAddress,
    holder: OrderAddress,
    generation: int,
    terms: Terms,
    minter: Minter,
) -> IntentItem:
    client_order_id, incarnation = minter.mint(holder, generation)
    return IntentItem(
        operation=IntentOperation.PLACE,
        address=address,
        holder=holder,
        generation=generation,
        client_order_id=client_order_id,
        incarnation=incarnation,
        terms=terms,
    )
