"""The order of sending, in fewest requests."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.command import BatchKind
from reconciler.model.order import DesiredOrder, OrderAddress
from reconciler.model.outcome import RejectReason
from reconciler.model.plan import Modify, Place, Reason
from reconciler.model.state import EndReason, Refusal
from reconciler.planner.sequence import steps_of
from tests.planner.groups import STOP, stop, take
from tests.support.build import (
    IN_PLACE,
    REPLACING,
    SPAN,
    book,
    ending,
    holder,
    ladder,
    placement,
    plan,
    policy,
    record,
    shown,
    snapshot,
    state,
    terms,
    trigger,
)


def many(count, **others):
    return book(*(holder(f"btc.h{n:04}", terms(**others)) for n in range(count)))


def kinds(found):
    return [(r.kind, r.items) for r in found.requests]


@pytest.mark.parametrize(("items", "weight"), [(1, 1), (39, 1), (40, 2), (79, 2), (80, 3)])
def test_an_action_weighs_one_and_a_fortieth_of_its_items(items, weight):
    assert weight == IN_PLACE.weight(items)


@pytest.mark.parametrize(
    ("orders", "requests"), [(1, [1]), (39, [39]), (40, [39, 1]), (100, [39, 39, 22])]
)
def test_places_go_in_batches_of_39(orders, requests):
    assert requests == [r.items for r in plan(many(orders)).requests]


def test_batches_of_39_weigh_one_each():
    assert [1, 1, 1] == [r.weight for r in plan(many(100)).requests]


def test_another_venue_takes_ten():
    assert [10, 10, 5] == [r.items for r in plan(many(25), can=REPLACING).requests]


def test_a_replacement_is_cancelled_and_placed():
    known = state(placement(wanted=terms("91")))

    assert [(BatchKind.CANCEL, 1), (BatchKind.PLACE, 1)] == kinds(
        plan(holder(), known, can=REPLACING)
    )


def test_cancels_go_before_modifies_and_places():
    known = state(
        placement("btc.gone", terms("110", side="sell"), incarnation=1),
        placement("btc.a", terms("91"), incarnation=2),
    )
    wanted = book(holder("btc.a"), holder("eth.b", terms(name="ETH")))

    assert [BatchKind.CANCEL, BatchKind.MODIFY, BatchKind.PLACE] == [
        r.kind for r in plan(wanted, known).requests
    ]


def test_shrinking_modifies_go_before_growing_ones():
    known = state(
        placement("btc.a", terms("90", "1"), incarnation=1),
        placement("btc.b", terms("90", "5"), incarnation=2),
    )
    wanted = book(holder("btc.a", terms("90", "2")), holder("btc.b", terms("90", "1")))

    (request,) = plan(wanted, known).requests

    assert ("btc.b", "btc.a") == request.addresses


def test_what_grows_by_what_its_own_ladder_gives_up_is_sent_after_that():
    """The rung that is to shrink may have filled instead; then nothing is left to grow into."""
    known = state(
        placement("btc.bids[0]", terms("90", "12"), incarnation=1),
        placement("btc.bids[1]", terms("89", "7"), incarnation=2),
        records=[record("btc.bids", {"91": "5"}, quantity="24")],
    )

    found = plan(ladder(["91", "88", "87"], each="8"), known)

    assert [("btc.bids[0]",), ("btc.bids[1]",), ("btc.bids[2]",)] == [
        request.addresses for request in found.requests
    ]
    after = [a.after.quantity for a in found.actions if isinstance(a, Place | Modify)]
    assert [Decimal(3), Decimal(8), Decimal(8)] == after


def test_modifies_that_wait_for_each_other_are_all_in_some_request():
    def taking(address: str, other: str, incarnation: int) -> Modify:
        return Modify(
            address=OrderAddress(address),
            holder=OrderAddress(address),
            generation=1,
            budget=Decimal(1),
            reason=Reason.TAKES_OVER,
            before=shown(placement(other, incarnation=incarnation)),
            after=terms(),
            origin=OrderAddress(other),
            origin_holder=OrderAddress(other),
            origin_generation=1,
            overfill_bound=Decimal(0),
            source=None,
            waits_for=(OrderAddress(address),),
        )

    circle = [taking("btc.a", "btc.b", 1), taking("btc.b", "btc.a", 2)]

    sent = [a.address for step in steps_of(circle, IN_PLACE) for a in step.actions]

    assert ["btc.a", "btc.b"] == sorted(sent)


def test_protective_places_go_before_others():
    seen = snapshot(positions={"BTC": 5})
    wanted = book(
        holder("btc.a", terms("90")), holder("btc.z", terms("110", side="sell", reduce_only=True))
    )

    (request,) = plan(wanted, seen=seen).requests

    assert ("btc.z", "btc.a") == request.addresses


def test_post_only_places_are_batched_apart():
    wanted = book(holder("btc.a"), holder("btc.b", terms("89", post_only=False)))

    assert [("btc.b",), ("btc.a",)] == [r.addresses for r in plan(wanted).requests]


def test_a_group_is_one_request_with_all_its_items():
    children = tuple(
        DesiredOrder(
            address=OrderAddress(f"btc.dip.{name}"),
            terms=terms("80", side="sell", trigger=trigger(), reduce_only=True, post_only=False),
            source=SPAN,
        )
        for name in ("take_profit", "stop_loss")
    )
    one = holder()
    one = replace(one, orders=(replace(one.orders[0], children=children),))

    found = plan(book(one, holder("btc.low", terms("80"))))

    group = ("btc.dip", "btc.dip.take_profit", "btc.dip.stop_loss")
    assert [("btc.low",), group] == [r.addresses for r in found.requests]


def test_an_idle_plan_has_no_steps():
    assert () == steps_of(plan(holder(), state(placement())).actions, IN_PLACE)


def test_modifies_go_in_batches_too():
    known = state(*(placement(f"btc.h{n:04}", terms("91"), incarnation=n) for n in range(50)))

    found = plan(many(50), known)

    assert ([(BatchKind.MODIFY, 39), (BatchKind.MODIFY, 11)], {Modify}) == (
        kinds(found),
        {type(a) for a in found.actions},
    )


def test_a_cancel_that_waits_for_a_stop_is_sent_last():
    known = state(placement(filled="0.4"), take(), stop())
    orders = [shown(p) for p in known.placements.values()]
    seen = snapshot(*orders, positions={"BTC": Decimal("0.4")})

    found = plan(holder("btc.z", terms("110", side="sell")), known, seen)

    assert [
        ("cancel", (STOP,)),
        ("place", (STOP,)),
        ("place", ("btc.z",)),
        ("cancel", ("btc.dip",)),
    ] == [(request.kind, request.addresses) for request in found.requests]


def test_a_late_cancel_is_open_beside_what_it_waits_for():
    known = state(placement(filled="0.4"), stop())
    orders = [shown(p) for p in known.placements.values()]
    seen = snapshot(*orders, positions={"BTC": Decimal("0.4")})

    exposure = plan(book(), known, seen, under=policy(allow={"empty"})).exposure

    # 0.6 at 90 and 1 at 70 before; 0.4 at 70 for a moment beside the 0.6; 0.4 at 70 after.
    assert (Decimal(124), Decimal(124), Decimal(28)) == (
        exposure.open_before,
        exposure.open_worst,
        exposure.open_after,
    )


def voided(*addresses):
    """Return a state in which one request of these orders was refused as a whole."""
    gone = [ending(EndReason.REJECTED, address) for address in addresses]
    refusals = {
        OrderAddress(address): Refusal(
            address=OrderAddress(address),
            generation=1,
            count=1,
            reason=RejectReason.VOIDED,
            text="Order has zero size.",
            is_transient=True,
            terms=terms(),
        )
        for address in addresses
    }
    return state(endings=gone, refusals=refusals)


def test_orders_of_a_request_that_was_refused_as_a_whole_go_one_by_one():
    names = ["btc.a", "btc.b"]

    found = plan(book(*map(holder, names)), voided(*names))

    assert [("place", ("btc.a",)), ("place", ("btc.b",))] == [
        (request.kind, request.addresses) for request in found.requests
    ]
    assert {"voided-before"} == {action.reason for action in found.actions}


def test_modifies_of_a_request_that_was_refused_as_a_whole_go_one_by_one():
    names = ["btc.a", "btc.b"]
    known = state(
        *(placement(name, terms("91"), incarnation=n) for n, name in enumerate(names, 1)),
        refusals=voided(*names).refusals,
    )

    found = plan(book(*map(holder, names)), known)

    assert [("modify", 1), ("modify", 1)] == kinds(found)


def test_what_was_refused_as_a_whole_three_times_is_held():
    often = voided("btc.a")
    refusals = {a: replace(refusal, count=3) for a, refusal in often.refusals.items()}

    (held,) = plan(holder("btc.a"), replace(often, refusals=refusals)).actions

    assert "refused-too-often" == held.reason


def test_what_ends_with_a_cancelled_parent_is_open_no_more():
    known = state(placement(), take(), stop())

    exposure = plan(book(), known, under=policy(allow={"empty"})).exposure

    assert (Decimal(280), Decimal(0)) == (exposure.open_before, exposure.open_after)
