"""The last gate: one wrong thing at a time in a request, and the gate says which."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.model.command import BatchKind, CancelOrder, ModifyOrder, PlaceOrder
from reconciler.model.order import ClientOrderId, VenueOrderId
from reconciler.model.plan import Action
from reconciler.planner.sequence import Step
from tests.execution.requests import (
    BEFORE,
    CHILD,
    cancel,
    drafted,
    modify,
    place,
    replacement,
    said,
)
from tests.support.build import (
    terms,
)


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        (BatchKind.PLACE, place()),
        (BatchKind.PLACE, place("1", CHILD)),
        (BatchKind.PLACE, replacement()),
        (BatchKind.MODIFY, modify()),
        (BatchKind.CANCEL, cancel()),
        (BatchKind.CANCEL, replacement()),
    ],
)
def test_what_the_plan_says_passes(kind: BatchKind, action: Action) -> None:
    assert "" == said(*drafted(kind, action))


def test_a_smaller_order_than_planned_passes() -> None:
    step, draft = drafted(BatchKind.PLACE, place())
    (command,) = draft.batch.commands
    assert isinstance(command, PlaceOrder)
    smaller = replace(command, terms=terms("90", "0.4"))

    assert "" == said(step, draft, replace(draft.batch, commands=(smaller,)))


def test_a_request_of_another_kind_is_stopped() -> None:
    step, draft = drafted(BatchKind.PLACE, place())

    assert "The request is a cancel, the step a place." == said(
        step, draft, replace(draft.batch, kind=BatchKind.CANCEL)
    )


def test_an_order_that_went_missing_is_noticed() -> None:
    step, draft = drafted(BatchKind.PLACE, place())

    assert "The request has 0 orders, the step 1." == said(
        step, draft, replace(draft.batch, commands=())
    )


def test_an_order_in_the_request_twice_is_stopped() -> None:
    step, draft = drafted(BatchKind.PLACE, place())
    twice = replace(draft.batch, commands=draft.batch.commands * 2)

    assert "is in the request twice" in said(step, draft, twice)


def changed_place(**changes: object) -> Callable[[PlaceOrder], PlaceOrder]:
    return lambda command: replace(command, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (changed_place(client_order_id=ClientOrderId("0x99")), "is not in the intent"),
        (changed_place(terms=terms("90", "1.1")), "btc.dip differs from the plan."),
        (changed_place(terms=terms("90.1")), "btc.dip differs from the plan."),
        (changed_place(terms=terms("90", side="sell")), "btc.dip differs from the plan."),
        (changed_place(terms=terms("90", name="ETH")), "btc.dip differs from the plan."),
        (changed_place(terms=terms("90", reduce_only=True)), "btc.dip differs from the plan."),
        (changed_place(terms=terms("90", post_only=False)), "btc.dip differs from the plan."),
        (changed_place(children=()), "The attached orders of btc.dip differ"),
    ],
)
def test_an_order_that_differs_from_the_plan_is_stopped(
    change: Callable[[PlaceOrder], PlaceOrder], why: str
) -> None:
    action = place("1", CHILD)
    planned = replace(action, after=replace(action.after, post_only=True))
    step, draft = drafted(BatchKind.PLACE, planned)
    (command,) = draft.batch.commands
    assert isinstance(command, PlaceOrder)

    assert why in said(step, draft, replace(draft.batch, commands=(change(command),)))


def test_a_place_where_the_plan_cancels_is_stopped() -> None:
    _, draft = drafted(BatchKind.PLACE, place())
    step = Step(kind=BatchKind.PLACE, actions=(cancel(),))

    assert "The plan does not place btc.dip." == said(step, draft)


def test_a_modify_where_the_plan_places_is_stopped() -> None:
    _, draft = drafted(BatchKind.MODIFY, modify())
    step = Step(kind=BatchKind.MODIFY, actions=(place(),))

    assert "The plan does not modify btc.dip." == said(step, draft)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"target": VenueOrderId("7")}, "btc.dip would modify venue order 7, not the one planned."),
        ({"terms": terms("92")}, "btc.dip differs from the plan."),
        ({"terms": terms("91", "2")}, "btc.dip differs from the plan."),
    ],
)
def test_another_modify_than_the_planned_one_is_stopped(
    changes: dict[str, object], why: str
) -> None:
    step, draft = drafted(BatchKind.MODIFY, modify())
    (command,) = draft.batch.commands
    assert isinstance(command, ModifyOrder)
    other = replace(command, **changes)  # type: ignore[arg-type]

    assert why == said(step, draft, replace(draft.batch, commands=(other,)))


@pytest.mark.parametrize(
    "command",
    [
        CancelOrder(instrument="BTC", target=VenueOrderId("7"), client_order_id=None),
        CancelOrder(instrument="BTC", target=None, client_order_id=ClientOrderId("0x99")),
        CancelOrder(
            instrument="BTC", target=VenueOrderId("7"), client_order_id=BEFORE.client_order_id
        ),
    ],
)
def test_a_cancel_of_another_order_is_stopped(command: CancelOrder) -> None:
    step, draft = drafted(BatchKind.CANCEL, cancel())

    assert "is not one the plan cancels." in said(
        step, draft, replace(draft.batch, commands=(command,))
    )


def test_a_cancel_by_our_id_alone_passes() -> None:
    step, draft = drafted(BatchKind.CANCEL, cancel())
    by_id = CancelOrder(instrument="BTC", target=None, client_order_id=BEFORE.client_order_id)

    assert "" == said(step, draft, replace(draft.batch, commands=(by_id,)))


def test_a_cancel_where_the_plan_places_is_stopped() -> None:
    _, draft = drafted(BatchKind.CANCEL, cancel())
    step = Step(kind=BatchKind.CANCEL, actions=(place(),))

    assert "Venue order 1 is not one the plan cancels." == said(step, draft)
