"""Actions, the requests they become, and a run in the middle of which those are checked."""

from dataclasses import replace
from decimal import Decimal

from reconciler.execution.gate import objections
from reconciler.execution.gate_limits import Standing
from reconciler.execution.requesting import Draft, Minter, draft_request
from reconciler.model.command import Batch, BatchKind
from reconciler.model.config import Limits
from reconciler.model.identity import WIDE
from reconciler.model.order import DesiredOrder, OrderAddress
from reconciler.model.plan import Action, Cancel, Modify, Place, Reason, Replace
from reconciler.planner.sequence import Step
from tests.support.build import (
    MID,
    SPAN,
    WIDE_LIMITS,
    instrument,
    placement,
    shown,
    state,
    terms,
)

__all__ = [
    "BEFORE",
    "CHILD",
    "DIP",
    "GRIDS",
    "STOP",
    "cancel",
    "drafted",
    "modify",
    "place",
    "replacement",
    "said",
    "standing",
]

DIP = OrderAddress("btc.dip")
STOP = OrderAddress("btc.dip.stop_loss")
GRIDS = {"BTC": instrument()}
CHILD = DesiredOrder(address=STOP, terms=terms("80", side="sell"), source=SPAN)
BEFORE = shown(placement())


def place(quantity: str = "1", *children: DesiredOrder) -> Place:
    return Place(
        address=DIP,
        holder=DIP,
        generation=1,
        budget=Decimal(1),
        reason=Reason.NEW,
        after=terms("90", quantity),
        source=SPAN,
        children=children,
    )


def replacement() -> Replace:
    return Replace(
        address=DIP,
        holder=DIP,
        generation=1,
        budget=Decimal(1),
        reason=Reason.PRICE_CHANGED,
        before=BEFORE,
        after=terms("91"),
        source=SPAN,
    )


def modify() -> Modify:
    return Modify(
        address=DIP,
        holder=DIP,
        generation=1,
        budget=Decimal(1),
        reason=Reason.PRICE_CHANGED,
        before=BEFORE,
        after=terms("91"),
        origin=DIP,
        origin_holder=DIP,
        origin_generation=1,
        overfill_bound=Decimal(1),
        source=SPAN,
    )


def cancel() -> Cancel:
    return Cancel(address=DIP, reason=Reason.REMOVED, before=BEFORE)


def drafted(kind: BatchKind, *actions: Action) -> tuple[Step, Draft]:
    step = Step(kind=kind, actions=actions)
    return step, draft_request(step, Minter(layout=WIDE, tag=1, next_incarnation=5))


def standing(limits: Limits = WIDE_LIMITS, **others: object) -> Standing:
    """Return where a run stands that has sent nothing; one order of its own rests."""
    made = Standing(
        limits=limits,
        instruments=GRIDS,
        mids={"BTC": MID},
        record=state(placement()),
        open_most=Decimal(90),
    )
    return replace(made, **others)  # type: ignore[arg-type]


def said(
    step: Step,
    draft: Draft,
    batch: Batch | None = None,
    *,
    limits: Limits = WIDE_LIMITS,
    **others: object,
) -> str:
    return " ".join(objections(batch or draft.batch, step, draft, standing(limits, **others)))
