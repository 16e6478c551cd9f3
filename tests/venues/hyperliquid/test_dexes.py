"""Builder dexes: looks everywhere, and client order ids that may get lost there."""

from dataclasses import replace

import pytest

from reconciler.errors import VenueProblem
from reconciler.execution.closing import open_items
from reconciler.execution.resolver import ClosingPolicy, close_unknowns
from reconciler.model.order import ClientOrderId, VenueOrderId
from reconciler.model.outcome import Unknown
from reconciler.model.snapshot import Missing, OrderQuery
from reconciler.model.state import IntentOperation
from reconciler.model.transitions import preview
from tests.support.build import state
from tests.support.journal import intent, item
from tests.venues.hyperliquid.test_order_replies import CLOID, LIMIT
from tests.venues.hyperliquid.test_reads import BAD_GATEWAY, ask, by_dex, house, look, world
from tests.venues.hyperliquid.world import LIFE_MS, cloid, in_a_world
from tests.venues.support import recorded, run, venue

TSLA = OrderQuery(instrument="xyz:TSLA", client_order_id=ClientOrderId(CLOID))


def history_of(coin, cloid):
    order = {**LIMIT, "coin": coin, "cloid": cloid}
    return [{"order": order, "status": "filled", "statusTimestamp": 1}]


@pytest.mark.parametrize(
    ("history", "is_kept"),
    [
        ([], False),
        (history_of("xyz:NVDA", None), False),
        (history_of("BTC", CLOID), False),
        (history_of("abc:TSLA", CLOID), False),
        (history_of("xyz:NVDA", CLOID), True),
        (BAD_GATEWAY, False),
    ],
)
def test_a_builder_dex_keeps_our_ids_once_one_was_seen_there(history, is_kept):
    found = ask(world(historicalOrders=history), TSLA)[TSLA]

    assert Missing(as_of_ms=1000, is_id_kept=is_kept) == found


def test_the_first_dex_keeps_our_ids():
    query = OrderQuery(instrument="BTC", client_order_id=ClientOrderId(CLOID))

    assert Missing(as_of_ms=1000) == ask(world(), query)[query]


def test_an_order_asked_for_by_the_venue_s_id_is_missing_whatever_became_of_ours():
    query = OrderQuery(instrument="xyz:TSLA", venue_order_id=VenueOrderId("7"))

    assert Missing(as_of_ms=1000) == ask(world(), query)[query]


def test_an_id_of_ours_that_is_listed_shows_that_the_dex_keeps_them():
    table = world(frontendOpenOrders=by_dex([], [{**LIMIT, "coin": "xyz:NVDA", "cloid": CLOID}]))
    hyperliquid = venue(table, key=None)

    async def story():
        await hyperliquid.snapshot(frozenset({"xyz:TSLA"}))
        return await hyperliquid.lookup([TSLA])

    assert Missing(as_of_ms=1000) == run(story())[TSLA]


def test_the_history_of_ids_is_read_once():
    table = world(historicalOrders=[])
    hyperliquid = venue(table, key=None)

    async def story():
        await hyperliquid.lookup([TSLA])
        await hyperliquid.lookup([TSLA])

    run(story())
    assert 1 == table.kinds().count("historicalOrders")


def test_a_wide_look_reads_the_orders_of_every_dex_once():
    table = world(frontendOpenOrders=by_dex([LIMIT], [{**LIMIT, "coin": "xyz:TSLA", "oid": 8}]))
    hyperliquid = venue(table, key=None)

    async def story():
        return await hyperliquid.snapshot(frozenset({"BTC"}) | await hyperliquid.everywhere())

    seen = run(story())
    asked = [each.get("dex", "") for each in table.asked if each["type"] == "frontendOpenOrders"]

    assert ["", *recorded_dexes()] == sorted(asked)
    assert {"BTC", "xyz:TSLA"} == {order.instrument for order in seen.resting}


def recorded_dexes():
    return sorted(each["name"] for each in recorded("perpDexs")[1:])


def test_where_else_to_look_is_not_guessed():
    with pytest.raises(VenueProblem):
        run(venue(world(perpDexs=BAD_GATEWAY), key=None).everywhere())


# a reply that got lost on a builder dex, through the adapter and the simulator


def closed_after_a_lost_reply(word, instrument):
    """Return which items stay open once everything that may be proven is, and how many orders."""
    left = []

    async def story(world):
        world.control("switches", builder_dex_cloid=word)
        lost = {"kind": "lost_reply", "path": "/exchange", "times": 1}
        world.control("faults", add=lost)
        order = world.buy(1, instrument=instrument)
        [outcome] = await world.send(order)
        assert isinstance(outcome, Unknown)
        placed = item(IntentOperation.PLACE, wanted=order.terms, client_order_id=cloid(1))
        current = intent(state(), placed, nonce=world.nonce)
        current = replace(
            current,
            intents={
                world.nonce: replace(
                    current.intents[world.nonce], expires_at_ms=world.clock.now_ms() + LIFE_MS
                )
            },
        )

        async def record(events):
            nonlocal current
            current = preview(current, events, at_ms=world.clock.now_ms())
            return current

        policy = ClosingPolicy(may_burn=True, wait_ms=60_000)
        current = await close_unknowns(world.venue, current, world.clock, policy, record)
        left.append(len(list(open_items(current))))
        assert 1 == len(await world.resting())

    in_a_world(story)
    return left[0]


@pytest.mark.parametrize(
    ("word", "instrument", "left"),
    [("keep", "xyz:TSLA", 0), ("drop", "BTC", 0), ("drop", "xyz:TSLA", 1)],
)
def test_an_order_that_rests_without_our_id_is_never_proven_absent(word, instrument, left):
    assert left == closed_after_a_lost_reply(word, instrument)


def dead(**changes):
    """Return a venue on which nothing of a builder dex can be read."""

    def first_dex_only(answer):
        return lambda asked: BAD_GATEWAY if asked.get("dex") else answer

    reads = {
        "frontendOpenOrders": first_dex_only([LIMIT]),
        "clearinghouseState": first_dex_only(house()),
        "allMids": first_dex_only({"BTC": "30000.5"}),
    }
    return world(**{**reads, **changes})


def test_a_dex_that_the_venue_does_not_have_is_left_out():
    snapshot = look(dead(), "nope:BAR")

    assert () == snapshot.problems
    assert ["91490942"] == [order.venue_order_id for order in snapshot.resting]


def test_an_instrument_of_a_dex_that_does_not_exist_is_not_listed():
    found = run(venue(world(), key=None).markets(frozenset({"nope:BAR"})))

    assert {} == found.instruments


@pytest.mark.parametrize(
    ("instrument", "changes"),
    [
        ("xyz:TSLA", {}),
        ("nope:BAR", {"perpDexs": BAD_GATEWAY}),
        ("nope:BAR", {"allMids": {"BTC": "30000.5"}}),
    ],
)
def test_a_dex_that_may_exist_and_cannot_be_read_is_a_problem(instrument, changes):
    snapshot = look(dead(**changes), instrument)

    dex = instrument.partition(":")[0]
    assert f"frontendOpenOrders ({dex}): http 502" in snapshot.problems
