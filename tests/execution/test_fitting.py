"""What may still be sent once cancels were read back."""

from dataclasses import replace
from decimal import Decimal

from reconciler.execution.fitting import Fitting
from reconciler.model.order import OrderAddress, RestingOrder, Terms
from reconciler.model.plan import Cancel, Reason, Replace
from reconciler.model.state import PlacementPhase, State
from tests.planner.groups import STOP, group, stop
from tests.support.build import instrument, placement, shown, state, terms

PARENT = placement()


def fitting(known: State) -> Fitting:
    return Fitting.of([], known, {"BTC": instrument()})


def late() -> Cancel:
    address = OrderAddress("btc.dip")
    waits_for = (OrderAddress(STOP),)
    return Cancel(address=address, reason=Reason.REMOVED, before=shown(PARENT), waits_for=waits_for)


def replacing(before: RestingOrder, after: Terms) -> Replace:
    parent = group()
    return Replace(
        address=parent.address,
        holder=parent.address,
        generation=1,
        budget=Decimal(1),
        reason=Reason.PRICE_CHANGED,
        before=before,
        after=after,
        source=None,
        children=parent.orders[0].children,
    )


def test_a_cancel_that_waits_for_nothing_is_sent() -> None:
    known = state(PARENT)

    assert frozenset() == fitting(known).unprotected(replace(late(), waits_for=()), known)


def test_a_cancel_is_sent_once_the_stop_rests() -> None:
    known = state(PARENT, stop())

    assert frozenset() == fitting(known).unprotected(late(), known)


def test_the_stop_that_is_to_make_way_is_none_that_stands() -> None:
    """Its cancel was lost: it would end with its parent."""
    known = state(PARENT, stop())
    making_way = Fitting.of([replacing(shown(stop()), terms())], known, {"BTC": instrument()})

    assert {STOP} == making_way.unprotected(late(), known)


def test_a_cancel_waits_for_a_stop_that_was_refused() -> None:
    known = state(PARENT)

    assert {STOP} == fitting(known).unprotected(late(), known)


def test_a_cancel_waits_for_a_stop_of_unknown_fate() -> None:
    known = state(PARENT, stop(phase=PlacementPhase.SENT, legs=()))

    assert {STOP} == fitting(known).unprotected(late(), known)


def test_a_group_is_placed_once_its_old_orders_are_all_gone() -> None:
    known = state()
    action = replacing(shown(PARENT), terms("91"))

    assert action == fitting(known).fit(action, known)


def test_a_group_is_not_placed_while_an_old_child_may_rest() -> None:
    known = state(stop())

    found = fitting(known).fit(replacing(shown(PARENT), terms("91")), known)

    assert "The order it waits for is not confirmed gone." == found
