"""What became of orders, as far back as the venue shows them."""

import pytest

from reconciler.errors import VenueProblem
from reconciler.model.snapshot import OrderPhase
from reconciler.venues.hyperliquid.replies.orders import order_history
from reconciler.venues.shape import Malformed
from tests.venues.hyperliquid.test_order_replies import LIMIT
from tests.venues.hyperliquid.test_reads import BAD_GATEWAY, world
from tests.venues.support import recorded, run, venue

SINCE_MS = 20


def entry(oid, *, at_ms=100, status="canceled", placed_ms=90):
    order = {**LIMIT, "oid": oid, "timestamp": placed_ms}
    return {"order": order, "status": status, "statusTimestamp": at_ms}


def history(*entries):
    return run(venue(world(historicalOrders=list(entries)))._reads.order_history(SINCE_MS))


def phases(*entries):
    return {int(o.order.venue_order_id): o.phase for o in history(*entries).orders}


def test_recorded_orders_are_read():
    whole = list(recorded("historicalOrders"))

    assert len(whole) == len(order_history(whole))


def test_a_word_becomes_what_it_means():
    found = phases(
        entry(1, status="marginCanceled"), entry(2, status="open"), entry(3, status="news")
    )

    assert {
        1: OrderPhase.CANCELLED_BY_VENUE,
        2: OrderPhase.RESTING,
        3: OrderPhase.UNKNOWN,
    } == found


@pytest.mark.parametrize("is_newest_first", [True, False])
def test_the_newest_of_several_entries_of_an_order_counts(is_newest_first):
    entries = [entry(1, status="open", at_ms=90), entry(1, status="filled", at_ms=95)]
    if is_newest_first:
        entries.reverse()

    assert {1: OrderPhase.FILLED} == phases(*entries)


@pytest.mark.parametrize("is_newest_first", [True, False])
def test_of_two_entries_of_one_moment_the_end_counts(is_newest_first):
    entries = [entry(1, status="open"), entry(1, status="canceled")]
    if is_newest_first:
        entries.reverse()

    assert {1: OrderPhase.CANCELLED_BY_USER} == phases(*entries)


@pytest.mark.parametrize("count", [0, 3, 1999])
def test_few_orders_reach_back_to_what_was_asked(count):
    found = history(*(entry(n + 1) for n in range(count)))

    assert (True, SINCE_MS, count) == (found.is_complete, found.reaches_ms, len(found.orders))


def test_as_many_as_the_venue_shows_reach_no_further_than_the_oldest_status():
    found = history(*(entry(n + 1, at_ms=100 + n) for n in range(2000)))

    assert (False, 101) == (found.is_complete, found.reaches_ms)


def test_as_many_as_the_venue_shows_may_still_reach_back_far_enough():
    found = history(*(entry(n + 1, at_ms=SINCE_MS - 1 + n) for n in range(2000)))

    assert (True, SINCE_MS) == (found.is_complete, found.reaches_ms)


def test_a_failed_read_is_an_error():
    with pytest.raises(VenueProblem):
        run(venue(world(historicalOrders=BAD_GATEWAY))._reads.order_history(SINCE_MS))


@pytest.mark.parametrize(
    "reply", [None, {}, [None], [{}], [{"order": LIMIT, "status": "open"}], [LIMIT]]
)
def test_a_malformed_history_is_no_history(reply):
    with pytest.raises(Malformed):
        order_history(reply)
