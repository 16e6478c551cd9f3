"""Contracts that the venue does not have: typed wrongly, or gone since an order was there."""

import httpx
import pytest

from tests.venues.htx.test_adapter import LOST, body
from tests.venues.htx.world import World, our
from tests.venues.support import NOW_MS, run

REFUSED = {"status": "error", "err_code": 1014, "err_msg": "no such contract", "ts": NOW_MS}
NOBODY = "swap_openorders: refused: no such contract (1014)"


def refuse(world, *names, code=1014):
    """Let the next questions of a name be refused for the contract."""
    for name in names:
        world.desk.faults[name] = [httpx.Response(200, json=REFUSED | {"err_code": code})]


def listing(world, *rows):
    reply = {"status": "ok", "ts": NOW_MS, "data": rows}
    world.desk.faults["swap_contract_info"] = [httpx.Response(200, json=reply)]


def test_a_contract_that_is_not_there_hides_nothing_of_the_others():
    world = World()
    world.desk.place(body(1))
    seen = world.snapshot("BTC-USD", "BTX-USD")

    assert ((), frozenset({"BTX-USD"})) == (seen.problems, seen.unlisted)
    assert [our(1)] == [order.client_order_id for order in seen.resting]


@pytest.mark.parametrize("code", [1013, 1014])
def test_a_contract_is_unlisted_by_either_refusal(code):
    world = World()
    listing(world)
    refuse(world, "swap_openorders", "swap_position_info", code=code)
    seen = world.snapshot()

    assert (frozenset({"BTC-USD"}), ()) == (seen.unlisted, seen.problems)


def test_it_is_called_as_it_was_asked_for():
    assert frozenset({"btx-usd"}) == World().snapshot("btc-usd", "btx-usd").unlisted


def test_what_there_is_is_asked_once_for_all_that_are_doubted():
    world = World()
    world.snapshot("BTC-USD", "BTX-USD", "ETX-USD")

    assert 1 == len(world.desk.sent("swap_contract_info"))


def test_a_look_without_a_refusal_does_not_ask_what_there_is():
    world = World()
    world.snapshot("BTC-USD", "ETH-USD")

    assert [] == world.desk.sent("swap_contract_info")


def test_while_it_cannot_be_read_what_there_is_the_look_is_incomplete():
    world = World()
    world.desk.faults["swap_contract_info"] = [LOST] * 3
    seen = world.snapshot("BTC-USD", "BTX-USD")

    assert frozenset() == seen.unlisted
    assert "The contract does not exist. (1014)" in seen.problems[0]


def test_a_contract_that_the_venue_lists_is_there_whatever_it_answers():
    world = World()
    refuse(world, "swap_openorders", "swap_position_info")
    seen = world.snapshot("BTC-USD", "ETH-USD")

    assert frozenset() == seen.unlisted
    assert NOBODY in seen.problems


@pytest.mark.parametrize(
    ("status", "unlisted"), [(0, True), (2, True), (1, False), (3, False), (8, False), ("?", False)]
)
def test_what_is_not_traded_yet_or_any_more_counts_as_unlisted(status, unlisted):
    world = World()
    listing(world, {"contract_code": "BTC-USD", "contract_status": status})
    refuse(world, "swap_openorders", "swap_position_info")

    assert unlisted == ("BTC-USD" in world.snapshot().unlisted)


def test_a_contract_with_an_order_is_never_left_out():
    world = World()
    world.desk.place(body(1))
    listing(world)
    refuse(world, "swap_position_info")
    seen = world.snapshot()

    assert (frozenset(), [our(1)]) == (seen.unlisted, [o.client_order_id for o in seen.resting])
    assert "swap_position_info: refused: no such contract (1014)" in seen.problems


def test_a_contract_with_a_position_is_never_left_out():
    world = World()
    world.desk.hold(buy=3)
    listing(world)
    refuse(world, "swap_openorders")
    seen = world.snapshot()

    assert (frozenset(), ["BTC-USD"]) == (seen.unlisted, [*seen.positions])
    assert (NOBODY,) == seen.problems


def test_the_past_of_a_contract_that_is_not_there_is_not_asked_for():
    world = World()
    world.snapshot("BTC-USD", "BTX-USD")
    run(world.venue.fills(NOW_MS - 1_000))

    assert ["BTC-USD"] == [asked["contract"] for asked in world.desk.sent("swap_matchresults")]


def test_the_past_of_a_contract_that_has_come_is_asked_for_again():
    world = World()
    listing(world)
    refuse(world, "swap_openorders", "swap_position_info")
    world.snapshot()
    world.snapshot()
    run(world.venue.fills(NOW_MS - 1_000))

    assert ["BTC-USD"] == [asked["contract"] for asked in world.desk.sent("swap_matchresults")]
