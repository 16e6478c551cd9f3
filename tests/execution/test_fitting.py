"""What may still be sent once cancels were read back."""

from dataclasses import replace
from decimal import Decimal

from reconciler.execution.fitting import Fitting
from reconciler.model.order import OrderAddress, RestingOrder, Terms
from reconciler.model.plan import Cancel, Modify, Reason, Replace
from reconciler.model.state import PlacementPhase, State
from tests.planner.groups import STOP, group, stop
from tests.support.build import instrument, placement, record, shown, state, terms

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


def moved_rung(known: State, quantity: str) -> Terms | str:
    """Fit the modify that moves the second rung of a ladder of 1.6 to 94, with so much."""
    rung = known.placements[RUNGS[1].client_order_id]
    action = Modify(
        address=OrderAddress("btc.bids[0]"),
        holder=OrderAddress("btc.bids"),
        generation=1,
        budget=Decimal("1.6"),
        reason=Reason.LADDER_MOVED,
        before=shown(rung),
        after=terms("94", quantity),
        origin=rung.address,
        origin_holder=rung.holder,
        origin_generation=1,
        overfill_bound=Decimal(0),
        source=None,
    )
    found = fitting(known).fit(action, known)
    return found if isinstance(found, str) else found.after


RUNGS = (
    placement("btc.bids[2]", terms("91", "0.4"), incarnation=1),
    placement("btc.bids[3]", terms("90", "0.4"), incarnation=2, filled="0.2"),
)


def test_a_modify_does_not_grow_beyond_what_is_left_of_the_budget() -> None:
    """0.8 filled above, 0.2 of this rung, and 0.4 rests beside it: of 1.6 it holds the last 0.2."""
    known = state(*RUNGS, records=[record("btc.bids", {"93": "0.8"}, quantity="1.6")])

    assert terms("94", "0.2") == moved_rung(known, "0.4")


def test_a_modify_grows_into_what_is_left_of_the_budget() -> None:
    known = state(*RUNGS, records=[record("btc.bids", {"93": "0.5"}, quantity="1.6")])

    assert terms("94", "0.4") == moved_rung(known, "0.4")
