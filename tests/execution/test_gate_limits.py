"""The limits at the last gate: what a request adds to what a run has done, and what is open."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from reconciler.execution.gate import weighed_of
from reconciler.execution.gate_limits import action_count, open_now
from reconciler.model.command import BatchKind, PlaceOrder
from reconciler.model.order import ClientOrderId, OrderAddress
from reconciler.model.plan import Action, Modify, Replace
from reconciler.model.state import Halt, PlacementPhase
from tests.execution.requests import (
    CHILD,
    DIP,
    GRIDS,
    STOP,
    cancel,
    drafted,
    modify,
    place,
    replacement,
    said,
)
from tests.support.build import MID, WIDE_LIMITS, placement, resting, state, terms

LOW = replace(WIDE_LIMITS, max_order_notional=Decimal(50))


def test_an_order_above_the_limit_is_stopped() -> None:
    assert "An order is worth 90, above `max_order_notional`." == said(
        *drafted(BatchKind.PLACE, place()), limits=LOW
    )


def test_the_value_of_an_order_on_an_unknown_grid_is_price_times_quantity() -> None:
    step, draft = drafted(BatchKind.PLACE, place())

    assert "An order is worth 90, above `max_order_notional`." == said(
        step, draft, limits=LOW, instruments={}
    )


def enlarging() -> Modify:
    return replace(modify(), after=terms("91", "2"))


def smaller(action: Modify | Replace) -> Modify | Replace:
    return replace(action, after=terms("90", "0.5"))


NO_NEW_RISK = [
    (BatchKind.CANCEL, cancel()),
    (BatchKind.CANCEL, replacement()),
    (BatchKind.PLACE, replace(place(), after=terms("90", reduce_only=True))),
    (BatchKind.MODIFY, smaller(modify())),
    (BatchKind.PLACE, smaller(replacement())),
]
NOTHING_MORE = replace(
    WIDE_LIMITS,
    max_order_notional=Decimal(1),
    max_open_notional=Decimal(1),
    max_new_notional_per_run=Decimal(1),
    max_new_notional_per_day=Decimal(1),
    max_actions=0,
)


@pytest.mark.parametrize(("kind", "action"), NO_NEW_RISK)
def test_limits_do_not_stop_what_is_no_new_risk(kind: BatchKind, action: Action) -> None:
    assert "" == said(*drafted(kind, action), limits=NOTHING_MORE, actions=9, new_run=MID)


RAISING = [
    (BatchKind.PLACE, place()),
    (BatchKind.PLACE, replace(replacement(), after=terms("91", "2"))),
    (BatchKind.MODIFY, enlarging()),
]


@pytest.mark.parametrize(("kind", "action"), RAISING)
@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ({"max_order_notional": Decimal(50)}, "`max_order_notional`"),
        ({"max_open_notional": Decimal(90)}, "`max_open_notional`"),
        ({"max_new_notional_per_run": Decimal(50)}, "`max_new_notional_per_run`"),
        ({"max_new_notional_per_day": Decimal(50)}, "`max_new_notional_per_day`"),
        ({"max_actions": 2}, "`max_actions`"),
        ({"price_band_pct": Decimal(5)}, "`price_band_pct`"),
    ],
)
def test_every_limit_stops_what_raises_its_figure(
    kind: BatchKind, action: Action, limits: Any, name: str
) -> None:
    found = said(*drafted(kind, action), limits=replace(WIDE_LIMITS, **limits), actions=3)

    assert name in found


# what is newly placed


def spent(limit: str, action: Action, **others: Any) -> str:
    kind = BatchKind.MODIFY if isinstance(action, Modify) else BatchKind.PLACE
    figure: Any = {limit: Decimal(100)}
    limits = replace(WIDE_LIMITS, **figure)
    return said(*drafted(kind, action), limits=limits, **others)


@pytest.mark.parametrize(("run", "found"), [("10", False), ("10.1", True)])
def test_what_is_new_counts_with_what_the_run_has_placed(run: str, found: bool) -> None:
    why = spent("max_new_notional_per_run", place(), new_run=Decimal(run))

    assert found == ("The run would be above" in why)


@pytest.mark.parametrize(("day", "found"), [("10", False), ("10.1", True)])
def test_what_is_new_counts_with_what_the_day_has_placed(day: str, found: bool) -> None:
    why = spent("max_new_notional_per_day", place(), new_day=Decimal(day))

    assert found == ("The day would be above" in why)


def test_of_a_modify_only_what_it_adds_is_new() -> None:
    # A unit at 90 becomes two at 91.
    assert "" == spent("max_new_notional_per_run", enlarging(), new_run=Decimal(8))
    assert "" != spent("max_new_notional_per_run", enlarging(), new_run=Decimal("8.1"))


def test_what_is_new_is_read_from_the_bytes() -> None:
    step, draft = drafted(BatchKind.PLACE, place())
    (command,) = draft.batch.commands
    assert isinstance(command, PlaceOrder)
    larger = replace(draft.batch, commands=(replace(command, terms=terms("90", "2")),))
    limits = replace(WIDE_LIMITS, max_new_notional_per_run=Decimal(100))

    assert "The run would be above" in said(step, draft, larger, limits=limits)


# what is open


def opened(limit: str, *actions: Action, **others: Any) -> str:
    kind = BatchKind.MODIFY if isinstance(actions[0], Modify) else BatchKind.PLACE
    limits = replace(WIDE_LIMITS, max_open_notional=Decimal(limit))
    return said(*drafted(kind, *actions), limits=limits, **others)


@pytest.mark.parametrize(("limit", "found"), [("180", False), ("179.9", True)])
def test_a_place_counts_beside_everything_that_is_open(limit: str, found: bool) -> None:
    assert found == ("Open orders could be worth 180;" in opened(limit, place()))


@pytest.mark.parametrize(("limit", "found"), [("170", False), ("169.9", True)])
def test_attached_orders_count_as_open(limit: str, found: bool) -> None:
    why = opened(limit, place("1", CHILD), open_most=Decimal(0))

    assert found == ("Open orders could be worth 170;" in why)


@pytest.mark.parametrize(("limit", "found"), [("182", False), ("181.9", True)])
def test_a_modify_counts_at_the_larger_of_its_forms(limit: str, found: bool) -> None:
    # The unit at 90 that rests becomes two at 91.
    assert found == ("Open orders could be worth 182;" in opened(limit, enlarging()))


def test_a_modify_of_an_order_that_filled_meanwhile_adds_more() -> None:
    record = state(placement(filled="0.5"))

    assert "could be worth 227;" in opened("1", enlarging(), record=record)


def test_all_orders_of_a_request_count_together() -> None:
    other = replace(place(), address=OrderAddress("btc.low"), holder=OrderAddress("btc.low"))

    assert "could be worth 270;" in opened("269", place(), other)


def test_what_is_open_is_all_that_is_on_record_and_all_that_is_not() -> None:
    sent = replace(placement("btc.sent"), legs=(), phase=PlacementPhase.SENT)
    known = state(placement(filled="0.4"), replace(sent, client_order_id=ClientOrderId("0x2")))

    assert Decimal("184.0") == open_now(known, [resting(terms("80", "0.5"))], GRIDS)


# how many


@pytest.mark.parametrize(("sent", "found"), [(3, False), (4, True)])
def test_actions_count_with_what_the_run_has_sent(sent: int, found: bool) -> None:
    limits = replace(WIDE_LIMITS, max_actions=4)

    why = said(*drafted(BatchKind.PLACE, place()), limits=limits, actions=sent)

    assert found == ("above `max_actions`" in why)


def counted(kind: BatchKind, *actions: Action) -> int:
    step, draft = drafted(kind, *actions)
    return action_count(draft.batch, weighed_of(draft.batch, step, draft))


def test_a_replacement_is_one_action() -> None:
    assert (1, 0) == (
        counted(BatchKind.CANCEL, replacement()),
        counted(BatchKind.PLACE, replacement()),
    )


def test_an_order_with_attached_ones_is_one_action() -> None:
    assert 1 == counted(BatchKind.PLACE, place("1", CHILD))


# how far from the market


@pytest.mark.parametrize(("band", "found"), [("10", False), ("9.9", True)])
def test_a_price_outside_the_band_is_stopped(band: str, found: bool) -> None:
    limits = replace(WIDE_LIMITS, price_band_pct=Decimal(band))

    why = said(*drafted(BatchKind.PLACE, place()), limits=limits)

    assert found == ("btc.dip: 90 is 10.0 % from the middle price 100" in why)


def test_the_price_of_an_attached_order_is_held_against_the_band() -> None:
    limits = replace(WIDE_LIMITS, price_band_pct=Decimal(15))

    assert "btc.dip.stop_loss: 80 is 20.0 %" in said(
        *drafted(BatchKind.PLACE, place("1", CHILD)), limits=limits
    )


def test_an_address_may_have_a_wider_band() -> None:
    wider = {str(DIP): Decimal(10), str(STOP): Decimal(20)}
    limits = replace(WIDE_LIMITS, price_band_pct=Decimal(1), price_band_exceptions=wider)

    assert "" == said(*drafted(BatchKind.PLACE, place("1", CHILD)), limits=limits)


def test_without_a_middle_price_nothing_is_sent() -> None:
    assert "There is no middle price of BTC" in said(*drafted(BatchKind.PLACE, place()), mids={})


def test_an_order_that_only_shrinks_needs_no_middle_price() -> None:
    assert "" == said(*drafted(BatchKind.MODIFY, smaller(modify())), mids={})


def test_an_order_that_grows_where_it_is_needs_one() -> None:
    growing = replace(modify(), after=terms("90", "1.5"))

    assert "There is no middle price of BTC" in said(*drafted(BatchKind.MODIFY, growing), mids={})


# a halt

HALT = Halt(by="someone", why="stop", at_ms=0)


@pytest.mark.parametrize(("kind", "action"), [*RAISING, *NO_NEW_RISK[2:]])
def test_under_a_halt_nothing_is_placed_or_modified(kind: BatchKind, action: Action) -> None:
    assert "someone halted everything: stop" in said(*drafted(kind, action), halt=HALT)


@pytest.mark.parametrize(("kind", "action"), NO_NEW_RISK[:2])
def test_under_a_halt_cancels_pass(kind: BatchKind, action: Action) -> None:
    assert "" == said(*drafted(kind, action), halt=HALT)


def test_an_order_among_cancels_does_not_pass_a_halt() -> None:
    step, draft = drafted(BatchKind.CANCEL, cancel())
    _, placing = drafted(BatchKind.PLACE, place())
    mixed = replace(draft.batch, commands=(*draft.batch.commands, *placing.batch.commands))

    assert "halted everything" in said(step, draft, mixed, halt=HALT)


def test_a_replacement_counts_as_new_only_for_what_it_adds() -> None:
    limits = replace(WIDE_LIMITS, max_new_notional_per_run=Decimal(50))

    assert "" == said(*drafted(BatchKind.PLACE, replacement()), limits=limits)
