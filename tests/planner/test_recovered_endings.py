"""Ends read from a venue's history: whose they are, which one counts, what stays in doubt."""

from dataclasses import replace

import pytest

from reconciler.model.order import OrderAddress, TimeInForce
from reconciler.model.snapshot import Found, OrderPhase
from reconciler.model.state import EndReason
from reconciler.planner.endings import newest_of_each
from tests.planner.test_recovery import ended, fill, recovered
from tests.support.build import (
    NOW,
    SPAN,
    actions,
    book,
    ending,
    holder,
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

UNATTENDED = policy(is_unattended=True)
BY_VENUE = OrderPhase.CANCELLED_BY_VENUE


def over(
    incarnation=8,
    wanted=None,
    phase=BY_VENUE,
    *,
    owner="btc.dip",
    generation=1,
    filled="0",
    oid=None,
    age_ms=0,
):
    """Return an order of ours as the history shows it."""
    order = resting(
        wanted or terms(),
        oid=oid or str(incarnation),
        cloid=our_id(owner, incarnation, generation=generation),
        filled=filled,
    )
    placed = replace(order, placed_at_ms=NOW - 60_000 - age_ms)
    return Found(order=placed, phase=phase, word=f"word {phase}", at_ms=NOW - age_ms)


def endings(known):
    return {slot: ending.reason for slot, ending in known.endings.items()}


def planned(wanted, known, **more):
    return words(wanted, known, snapshot(), **more)


def test_what_the_venue_cancelled_is_held():
    _, known = recovered(book(holder()), history=[over()])

    assert ["hold btc.dip cancelled-by-venue"] == planned(holder(), known)


def test_what_was_cancelled_by_somebody_is_placed_again_when_a_person_applies():
    _, known = recovered(book(holder()), history=[over(phase=OrderPhase.CANCELLED_BY_USER)])

    assert ["place btc.dip cancelled-by-user"] == planned(holder(), known)


def test_what_was_cancelled_by_somebody_is_held_when_nobody_attends():
    _, known = recovered(book(holder()), history=[over(phase=OrderPhase.CANCELLED_BY_USER)])

    hold = only(holder(), known, snapshot(), under=UNATTENDED)

    assert "by a person or by this program, and nobody attends" in hold.why


def test_the_sibling_of_what_filled_is_done():
    _, known = recovered(book(holder()), history=[over(phase=OrderPhase.SIBLING_FILLED)])

    assert ["keep btc.dip filled"] == planned(holder(), known)


def test_a_one_shot_that_was_not_matched_is_done():
    shot = holder(wanted=terms(time_in_force=TimeInForce.IOC, post_only=False))
    _, known = recovered(book(shot), history=[over(phase=OrderPhase.REJECTED)])

    assert ["keep btc.dip filled"] == planned(shot, known)


def test_a_one_shot_nobody_ever_sent_is_sent():
    shot = holder(wanted=terms(time_in_force=TimeInForce.IOC, post_only=False))
    _, known = recovered(book(shot))

    assert ["place btc.dip new"] == planned(shot, known)


def test_what_rests_has_not_ended():
    history = [over(), over(9, phase=OrderPhase.RESTING)]
    found, known = recovered(book(holder()), history[1].order, history=history)

    assert ({}, 1) == (endings(known), len(found.bound))


def test_an_order_whose_last_modify_the_history_does_not_show_yet_has_not_ended():
    old = over(8, terms("91"), OrderPhase.CANCELLED_BY_USER, oid="11")
    rests = resting(oid="12", cloid=our_id("btc.dip", 8))
    _, known = recovered(book(holder()), rests, history=[old])

    assert ({}, ["keep btc.dip matches"]) == (endings(known), words(holder(), known))


def test_an_order_that_is_not_over_though_it_is_not_listed_is_bound():
    found, known = recovered(book(holder()), history=[over(phase=OrderPhase.RESTING)])

    assert ["btc.dip"] == [adopted.address for adopted in found.bound]
    assert ["hold btc.dip status-unknown"] == planned(holder(), known)


def test_a_status_word_that_is_not_in_the_table_is_no_end():
    _, known = recovered(book(holder()), history=[over(phase=OrderPhase.UNKNOWN)])

    assert ["hold btc.dip status-unknown"] == planned(holder(), known)


def test_the_last_order_of_an_address_counts():
    history = [over(9), over(8, phase=OrderPhase.CANCELLED_BY_USER, age_ms=-5)]
    _, known = recovered(book(holder()), history=history)

    assert {"btc.dip": EndReason.BY_VENUE} == endings(known)


@pytest.mark.parametrize("generation", [1, 3])
def test_an_order_of_another_generation_has_no_end_for_this_one(generation):
    _, known = recovered(book(holder(generation=2)), history=[over(generation=generation)])

    assert {} == endings(known)


def test_a_rung_is_known_by_its_price():
    history = [over(8, terms("89"), owner="btc.bids"), over(9, terms("80"), owner="btc.bids")]
    _, known = recovered(book(ladder(["90", "89"])), history=history)

    assert {"btc.bids[@89]": EndReason.BY_VENUE} == endings(known)


def test_ends_of_what_is_not_declared_are_no_change():
    history = [over(owner="btc.other"), over(9, terms("80"), owner="btc.bids")]
    _, known = recovered(book(ladder(["90"])), history=history)

    assert ["place btc.bids[0] new"] == planned(ladder(["90"]), known)


def test_a_foreign_order_has_no_end_of_ours():
    foreign = over()
    foreign = replace(foreign, order=replace(foreign.order, client_order_id=None))
    _, known = recovered(book(holder()), history=[foreign])

    assert {} == endings(known)


def test_the_old_order_of_a_modify_is_no_end():
    old = over(8, terms("91"), OrderPhase.CANCELLED_BY_USER, oid="11", age_ms=9)
    new = over(8, terms("90"), oid="12")

    assert [new] == list(newest_of_each([new, old]))
    assert [new] == list(newest_of_each([old, new]))


def test_of_two_orders_of_one_moment_the_later_id_is_the_newer():
    old, new = over(oid="99"), over(oid="100")

    assert [new] == list(newest_of_each([old, new]))


def test_ids_that_only_the_history_shows_are_not_used_again():
    far = 4_000_000_000
    _, known = recovered(book(holder()), history=[over(far)])

    assert known.last_incarnation > far


def test_what_was_placed_and_cancelled_today_counts_against_the_day():
    _, known = recovered(book(holder()), history=[over(filled="0.4")])

    assert [54] == [int(value) for value in known.new_notional_by_day.values()]


# Where the history of orders is short.


def doubtful(wanted, *orders, **more):
    found, known = recovered(book(wanted), *orders, is_whole=False, **more)
    return found, [w for w in words(wanted, known) if "history-gap" in w]


def test_an_order_nothing_is_known_of_is_held():
    found, held = doubtful(holder())

    assert ([("btc.dip", 1)], ["hold btc.dip history-gap"]) == ([*found.held], held)


def test_an_order_that_rests_is_not_held():
    found, _ = doubtful(holder(), resting(oid="5", cloid=our_id("btc.dip", 8)))

    assert () == found.held


def test_an_order_whose_end_is_known_is_not_held_for_a_gap():
    found, _ = doubtful(holder(), history=[over()])

    assert () == found.held


def test_a_budget_that_is_spent_is_not_held():
    fills = [fill("5", "1", cloid=our_id("btc.dip", 8))]
    statuses = {"5": ended("5", "1")}
    found, held = doubtful(holder(), fills=fills, statuses=statuses)

    assert ((), []) == (found.held, held)


def test_a_budget_that_is_not_spent_is_held():
    fills = [fill("5", "0.4", cloid=our_id("btc.dip", 8))]
    _, held = doubtful(holder(), fills=fills, statuses={"5": ended("5", "0.4")})

    assert ["hold btc.dip history-gap"] == held


def test_one_rung_nothing_is_known_of_holds_its_ladder():
    rung = resting(terms("90"), oid="5", cloid=our_id("btc.bids", 8))
    found, held = doubtful(ladder(["90", "89"]), rung)

    assert ([("btc.bids", 1)], ["hold btc.bids[1] history-gap"]) == ([*found.held], held)


def test_a_rung_of_an_earlier_generation_says_nothing_of_this_one():
    old = resting(terms("90"), oid="5", cloid=our_id("btc.bids", 8, generation=1))
    found, _ = recovered(book(ladder(["90"], generation=2)), old, is_whole=False)

    assert (("btc.bids", 2),) == found.held


def test_an_address_declared_later_is_held_until_a_person_allows_it():
    _, known = recovered(book(holder()), is_whole=False)
    late = holder("btc.late")
    allowed = policy(allow=frozenset({"history-gap"}))

    assert "hold btc.late history-gap" in planned(book(holder(), late), known)
    assert "place btc.late new" in planned(book(holder(), late), known, under=allowed)


def test_the_later_of_two_gaps_is_where_knowledge_begins():
    _, known = recovered(book(holder()), is_complete=False, is_whole=False)

    assert NOW - 7 == known.unknown_before_ms


def test_an_attached_order_is_bound_or_held_with_its_parent():
    stop = holder().orders[0]
    child = replace(stop, address=OrderAddress("btc.dip.stop_loss"), source=SPAN)
    group = holder(orders=(replace(stop, children=(child,)),))
    _, known = recovered(book(group), is_whole=False)

    assert ["hold"] == [type(a).__name__.lower() for a in actions(group, known, snapshot())][:1]


def test_an_address_of_which_the_last_end_is_known_has_no_gap():
    """Fills before some time may be missing; how this one ended was read all the same."""
    known = state(endings=[ending(EndReason.OWN_CANCEL)], unknown_before_ms=5)

    assert ["hold btc.dip history-gap"] == words(holder(), state(unknown_before_ms=5))
    assert ["place btc.dip new"] == words(holder(), known)
