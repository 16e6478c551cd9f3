"""A state made anew from what the venue shows: what is bound, what is booked, what is held."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from reconciler.model.identity import INCARNATION_EPOCH_S, is_unnamed
from reconciler.model.order import ClientOrderId, DesiredBook, Fill, OrderAddress, VenueOrderId
from reconciler.model.snapshot import (
    FillHistory,
    Found,
    Missing,
    NoAnswer,
    OrderHistory,
    OrderPhase,
    OrderStatus,
)
from reconciler.model.state import State
from reconciler.model.transitions import fills_by_holder, preview, utc_day
from reconciler.planner.owners import Owners, earlier_names
from reconciler.planner.recovery import SKIPPED_INCARNATIONS, Evidence, Recovery, recover
from tests.support.build import (
    IN_PLACE,
    NOW,
    book,
    holder,
    instrument,
    ladder,
    only,
    our_id,
    policy,
    resting,
    snapshot,
    state,
    terms,
    words,
)

LAYOUT = IN_PLACE.id_layout
GONE = Missing(as_of_ms=NOW)


def fill(
    oid: str, quantity: str, *, cloid: ClientOrderId | None, price: str = "90", at_ms: int = NOW
) -> Fill:
    return Fill(
        fill_id=f"{at_ms}:{oid}:{quantity}",
        venue_order_id=VenueOrderId(oid),
        client_order_id=cloid,
        instrument="BTC",
        side=terms().side,
        price=Decimal(price),
        quantity=Decimal(quantity),
        at_ms=at_ms,
    )


def ended(oid: str, filled: str, *, price: str = "90", quantity: str = "1") -> Found:
    order = resting(terms(price, quantity), oid=oid, filled=filled)
    return Found(order=order, phase=OrderPhase.CANCELLED_BY_USER, word="canceled", at_ms=NOW)


def recovered(
    books: DesiredBook,
    *orders: Any,
    fills: Sequence[Fill] = (),
    statuses: Mapping[str, OrderStatus] | None = None,
    history: Sequence[Found] = (),
    is_complete: bool = True,
    is_whole: bool = True,
) -> tuple[Recovery, State]:
    """Return a recovery, and the state that it makes."""
    evidence = Evidence(
        snapshot=snapshot(*orders),
        history=FillHistory(fills=tuple(fills), reaches_ms=NOW - 9, is_complete=is_complete),
        orders=OrderHistory(orders=tuple(history), reaches_ms=NOW - 7, is_complete=is_whole),
        statuses={VenueOrderId(key): value for key, value in (statuses or {}).items()},
        instruments={"BTC": instrument()},
        now_ms=NOW + 5,
    )
    found = recover(evidence, Owners([books], LAYOUT), state(), LAYOUT)
    return found, preview(state(), found.events, at_ms=NOW)


def filled(known: State) -> dict[str, Decimal]:
    return {key[0]: total for key, total in fills_by_holder(known).items() if total}


def test_an_open_order_is_bound_with_what_it_filled():
    order = resting(oid="5", cloid=our_id("btc.dip", 8), filled="0.4")
    _, known = recovered(book(holder()), order)
    (placed,) = known.placements.values()

    assert ("btc.dip", 8, "5") == (
        placed.address,
        placed.incarnation,
        placed.legs[0].venue_order_id,
    )
    assert {"btc.dip": Decimal("0.4")} == filled(known)


def test_a_rung_at_another_price_is_bound_under_a_label_no_rung_has():
    order = resting(terms("85"), cloid=our_id("btc.bids", 8))
    found, _ = recovered(book(ladder(["90", "89"])), order)

    assert ["btc.bids[@85]"] == [adopted.address for adopted in found.bound]


def test_a_rung_of_an_earlier_generation_has_no_label_of_the_present_one():
    orders = [
        resting(terms("90"), cloid=our_id("btc.bids", n, generation=generation), oid=str(n))
        for n, generation in ((8, 1), (9, 2))
    ]
    found, _ = recovered(book(ladder(["90"], generation=2)), *orders)

    assert ["btc.bids[@90]", "btc.bids[0]"] == [adopted.address for adopted in found.bound]


def test_two_orders_at_the_price_of_one_rung_are_bound_apart():
    orders = [resting(terms("90"), cloid=our_id("btc.bids", n), oid=str(n)) for n in (8, 9)]
    found, _ = recovered(book(ladder(["90"])), *orders)

    assert ["btc.bids[0]", "btc.bids[@90]"] == [adopted.address for adopted in found.bound]


def test_grids_are_on_record_after_a_recovery():
    _, known = recovered(book(ladder(["90"])))

    assert ["BTC"] == list(known.instruments)


def test_a_foreign_order_is_no_part_of_it():
    found, known = recovered(book(holder()), resting(oid="5"), fills=[fill("6", "1", cloid=None)])

    assert ((), {}, ()) == (found.bound, known.records, found.unnamed)


def test_fills_of_an_ended_order_are_booked_at_its_limit_price():
    fills = [fill("5", "0.3", cloid=our_id("btc.bids", 2), price="88.5")]
    books = book(ladder(["90", "89"]))
    _, known = recovered(books, fills=fills, statuses={"5": ended("5", "0.3", price="89")})

    assert {Decimal(89): Decimal("0.3")} == known.records[OrderAddress("btc.bids"), 1].filled_at


def test_the_larger_of_fills_and_status_counts():
    fills = [fill("5", "0.3", cloid=our_id("btc.dip", 2))]
    _, known = recovered(book(holder()), fills=fills, statuses={"5": ended("5", "0.7")})

    assert {"btc.dip": Decimal("0.7")} == filled(known)


def test_fills_of_an_open_order_count_once():
    cloid = our_id("btc.dip", 2)
    _, known = recovered(
        book(holder()),
        resting(oid="5", cloid=cloid, filled="0.3"),
        fills=[fill("4", "0.1", cloid=cloid), fill("5", "0.3", cloid=cloid)],
        statuses={"4": ended("4", "0.1")},
    )

    assert {"btc.dip": Decimal("0.4")} == filled(known)


def test_an_order_that_is_not_over_though_it_is_not_listed_is_bound():
    cloid = our_id("btc.dip", 2)
    order = resting(oid="5", cloid=cloid, filled="0.3")
    status = Found(order=order, phase=OrderPhase.UNKNOWN, word="odd", at_ms=NOW)
    found, known = recovered(
        book(holder()), fills=[fill("5", "0.3", cloid=cloid)], statuses={"5": status}
    )

    assert [cloid] == [adopted.client_order_id for adopted in found.bound]
    assert {"btc.dip": Decimal("0.3")} == filled(known)


def test_an_earlier_generation_keeps_its_own_record():
    fills = [fill("5", "1", cloid=our_id("btc.dip", 2, generation=1))]
    _, known = recovered(book(holder(generation=3)), fills=fills, statuses={"5": GONE})

    assert [("btc.dip", 1)] == list(known.records)


def test_a_renamed_holder_is_recognised_by_its_earlier_names():
    moved = {"btc.a": "btc.b", "btc.b": "btc.dip"}
    order = resting(oid="5", cloid=our_id("btc.a", 2))
    found, _ = recovered(book(holder(), moved=moved), order)

    assert ["btc.dip"] == [adopted.address for adopted in found.bound]


@pytest.mark.parametrize(("status", "is_held"), [(GONE, False), (NoAnswer(cause="no"), True)])
def test_an_order_of_which_nobody_can_say_more_holds_its_address(status, is_held):
    fills = [fill("5", "0.3", cloid=our_id("btc.dip", 2))]
    found, known = recovered(book(holder()), fills=fills, statuses={"5": status})

    assert is_held == bool(found.held)
    assert {"btc.dip": Decimal("0.3")} == filled(known)


def test_a_fill_at_a_price_nobody_knows_holds_its_ladder():
    fills = [fill("5", "0.3", cloid=our_id("btc.bids", 2))]
    found, _ = recovered(book(ladder(["90", "89"])), fills=fills, statuses={"5": GONE})

    assert (("btc.bids", 1),) == found.held


def test_a_short_history_holds_every_declared_holder():
    books = book(holder(), ladder(["90", "89"]))
    found, known = recovered(books, is_complete=False)

    assert (("btc.bids", 1), ("btc.dip", 1)) == found.held
    assert NOW - 9 == known.unknown_before_ms
    assert ["hold btc.bids[0] history-gap", "hold btc.bids[1] history-gap"] == words(
        book(ladder(["90", "89"])), known
    )


def test_a_whole_history_holds_nothing():
    found, known = recovered(book(holder()))

    assert () == found.held
    assert ["place btc.dip new"] == words(holder(), known)


def test_numbers_that_count_up_are_taken_from_the_venue_and_the_clock():
    by_clock = NOW // 1000 - INCARNATION_EPOCH_S
    _, low = recovered(book(holder()), resting(cloid=our_id("btc.dip", 3)))
    _, high = recovered(book(holder()), resting(cloid=our_id("btc.dip", by_clock + 9)))

    assert by_clock + SKIPPED_INCARNATIONS == low.last_incarnation
    assert by_clock + 9 + SKIPPED_INCARNATIONS == high.last_incarnation
    assert NOW + 5 == low.last_nonce


def test_what_was_sent_today_counts_against_the_day():
    cloid = our_id("btc.dip", 3)
    order = replace(resting(oid="6", cloid=cloid), placed_at_ms=NOW)
    fills = [fill("5", "0.5", cloid=cloid), fill("4", "7", cloid=cloid, at_ms=1)]
    statuses = {"5": GONE, "4": GONE}
    _, known = recovered(book(holder()), order, fills=fills, statuses=statuses)

    assert {utc_day(NOW): Decimal(135)} == known.new_notional_by_day


# What nobody can name.


def lost_holder() -> tuple[Recovery, State]:
    fills = [fill("5", "1", cloid=our_id("btc.dip", 2))]
    return recovered(book(), fills=fills, statuses={"5": ended("5", "1")})


def test_fills_nobody_can_name_are_kept_and_told():
    found, known = lost_holder()
    ((name, _),) = known.records

    assert (our_id("btc.dip", 2),) == found.unnamed
    assert is_unnamed(name)
    assert () == found.held


def test_a_holder_that_is_declared_later_has_its_fills():
    _, known = lost_holder()

    assert ["keep btc.dip filled"] == words(holder(), known)


def test_an_equal_order_under_another_name_looks_renamed():
    _, known = lost_holder()

    renamed = holder("btc.low", generation=0)

    assert ["hold btc.low looks-renamed"] == words(renamed, known)
    assert "moved" not in only(renamed, known).lifted_by


def test_an_unnamed_order_that_rested_holds_its_holder_for_good():
    found, known = recovered(book(), resting(oid="5", cloid=our_id("btc.dip", 2)))

    assert (our_id("btc.dip", 2),) == found.unnamed
    assert ["hold btc.dip history-gap"] == words(holder(), known, snapshot())


# Behind a gap.


def test_a_generation_above_all_on_record_is_armed_anew():
    _, known = recovered(book(holder()), is_complete=False)

    assert ["place btc.dip generation-changed"] == words(holder(generation=2), known)


def test_a_generation_below_one_on_record_is_not_new():
    _, known = recovered(book(holder(generation=3)), is_complete=False)

    assert ["hold btc.dip history-gap"] == words(holder(generation=2), known)


def test_an_address_without_any_record_is_held_until_a_person_allows_it():
    _, known = recovered(book(), is_complete=False)

    assert ["hold btc.dip history-gap"] == words(holder(), known)
    assert ["place btc.dip new"] == words(holder(), known, under=policy(allow={"history-gap"}))


def test_allowing_it_does_not_lift_a_mark():
    _, known = recovered(book(holder()), is_complete=False)

    assert ["hold btc.dip history-gap"] == words(
        holder(), known, under=policy(allow={"history-gap"})
    )


def test_what_is_filled_by_the_record_needs_no_person():
    fills = [fill("5", "1", cloid=our_id("btc.dip", 2))]
    _, known = recovered(
        book(holder()), fills=fills, statuses={"5": ended("5", "1")}, is_complete=False
    )

    assert ["keep btc.dip filled"] == words(holder(), known)


def test_names_that_were_given_back_and_forth_are_each_told_once():
    a, b = OrderAddress("btc.a"), OrderAddress("btc.b")

    assert (b,) == earlier_names(a, {a: b, b: a})
