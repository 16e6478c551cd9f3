"""What may still be sent once cancels were read back."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.execution.fitting import Fitting
from reconciler.model.order import OrderAddress, RestingOrder, Terms
from reconciler.model.plan import Cancel, Modify, Place, Reason, Replace
from reconciler.model.state import Placement, PlacementPhase, State
from tests.planner.groups import STOP, group, stop
from tests.support.build import instrument, placement, record, shown, state, terms, trigger

PARENT = placement()


def fitting(known: State) -> Fitting:
    return Fitting.of(known, {"BTC": instrument()})


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
    placed_alone = state(PARENT, stop())

    assert frozenset() == fitting(state(PARENT)).unprotected(late(), placed_alone)


def test_a_stop_that_stood_before_the_run_is_none_that_stands_first() -> None:
    """It ends with its parent: the one that is to stand alone has another id."""
    known = state(PARENT, stop())

    assert {STOP} == fitting(known).unprotected(late(), known)


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
    found = fitting(known).fit(changing(rung, terms("94", quantity)), known)
    return found if isinstance(found, str) else found.after


def changing(rung: Placement, after: Terms) -> Modify:
    """Return the modify of a rung of a ladder of 1.6."""
    return Modify(
        address=rung.address,
        holder=OrderAddress("btc.bids"),
        generation=1,
        budget=Decimal("1.6"),
        reason=Reason.LADDER_MOVED,
        before=shown(rung),
        after=after,
        origin=rung.address,
        origin_holder=rung.holder,
        origin_generation=1,
        overfill_bound=Decimal(0),
        source=None,
    )


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


def test_a_modify_that_has_no_room_to_grow_is_not_sent() -> None:
    """It would change nothing but its place in the queue."""
    known = state(*RUNGS, records=[record("btc.bids", {"93": "0.8"}, quantity="1.6")])
    found = fitting(known).fit(changing(RUNGS[1], terms("90", "0.4")), known)

    assert "Other orders keep the quantity that it was to grow by." == found


def test_what_a_request_gives_up_is_not_taken_by_the_same_request() -> None:
    """The order that is to shrink may have filled by the time the request arrives."""
    known = state(*RUNGS, records=[record("btc.bids", {"93": "0.8"}, quantity="1.6")])
    one = fitting(known)
    one.fit(changing(RUNGS[0], terms("91", "0.1")), known)

    found = one.fit(changing(RUNGS[1], terms("94", "0.4")), known)

    assert not isinstance(found, str)
    assert terms("94", "0.2") == found.after


def test_what_filled_since_the_plan_is_not_placed_again() -> None:
    """The plan knew of 0; 0.3 was read when the old order was cancelled."""
    before, after = state(PARENT), state(records=[record(filled_at={"90": "0.3"})])

    found = fitting(before).fit(replacing(shown(PARENT), terms("91")), after)

    assert isinstance(found, Replace)
    assert Decimal("0.7") == found.after.quantity


def test_what_is_fitted_again_is_cut_once() -> None:
    """A request is made anew when the limit of what is open wants another look."""
    fitted = fitting(state(PARENT))
    after = state(records=[record(filled_at={"90": "0.3"})])
    once = fitted.fit(replacing(shown(PARENT), terms("91")), after)
    assert isinstance(once, Replace)

    fitted.begin_request()

    assert once == fitted.fit(once, after)


@pytest.mark.parametrize(("follow", "quantity"), [(True, "0.7"), (False, "1")])
def test_attached_orders_are_cut_with_their_parent_where_they_must_follow_it(
    follow: bool, quantity: str
) -> None:
    fitted = fitting(state(PARENT))
    fitted.attached_follow = follow
    after = state(records=[record(filled_at={"90": "0.3"})])

    found = fitted.fit(replacing(shown(PARENT), terms("91")), after)

    assert isinstance(found, Replace)
    assert {Decimal(quantity)} == {child.terms.quantity for child in found.children}


def test_an_attached_order_does_not_close_again_what_one_like_it_has_closed() -> None:
    """The parent filled 0.3 while it was cancelled, and its take-profit closed 0.2 of that."""
    closed = record("btc.dip.take_profit", {"110": "0.2"}, quantity="1")
    after = state(records=[record(filled_at={"90": "0.3"}), closed])

    found = fitting(state(PARENT)).fit(replacing(shown(PARENT), terms("91")), after)

    assert isinstance(found, Replace)
    assert {Decimal("0.8")} == {child.terms.quantity for child in found.children}


def test_a_trigger_on_the_whole_position_is_cut_by_nothing() -> None:
    whole = terms("70", "0", side="sell", trigger=trigger("80"), post_only=False)
    action = place(whole, budget="0")

    assert action == fitting(state()).fit(action, state(records=[record(filled_at={"90": "9"})]))


def place(wanted: Terms, *, budget: str) -> Place:
    address = OrderAddress("btc.dip")
    return Place(
        address=address,
        holder=address,
        generation=1,
        budget=Decimal(budget),
        reason=Reason.NEW,
        after=wanted,
        source=None,
    )


def test_what_was_sent_and_is_not_seen_counts_in_full() -> None:
    """Another order of the holder is in flight: of a budget of 1.5 it may take 1."""
    sent = placement(incarnation=2, phase=PlacementPhase.SENT, legs=())
    known = state(sent, records=[record(quantity="1.5")])

    found = fitting(known).fit(place(terms(), budget="1.5"), known)

    assert isinstance(found, Place)
    assert Decimal("0.5") == found.after.quantity


@pytest.mark.parametrize(("filled", "expected"), [("0.35", "0.6"), ("0.95", None)])
def test_what_is_left_is_whole_lots_above_the_venue_s_minimum(
    filled: str, expected: str | None
) -> None:
    known = state(records=[record(filled_at={"90": filled})])

    found = fitting(known).fit(place(terms(), budget="1"), known)

    left = None if isinstance(found, str) else str(found.after.quantity)
    assert expected == left


def test_without_a_grid_nothing_is_cut_by_a_guess() -> None:
    known = state(records=[record(filled_at={"90": "0.35"})])

    found = Fitting.of(known, {}).fit(place(terms(), budget="1"), known)

    assert "What it was to place has filled meanwhile." == found
