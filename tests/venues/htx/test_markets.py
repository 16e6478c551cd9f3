"""Lists of all contracts, of which only some are asked for, and what a key is told."""

from decimal import Decimal

import httpx
import pytest

from reconciler.diagnostics import Severity
from reconciler.errors import VenueProblem
from reconciler.model.order import Side
from reconciler.model.snapshot import Sides
from tests.venues.htx.desk import Json
from tests.venues.htx.test_adapter import LOST
from tests.venues.htx.world import World
from tests.venues.support import NOW_MS, run

BITCOIN = frozenset({"BTC-USD"})
BTC = {"contract_code": "BTC-USD"}
NEW = {"contract_code": "NEW-USD"}
INFO = {"contract_size": 100, "price_tick": 0.1, "contract_status": 1}
BROKEN: list[tuple[str, Json, Json]] = [
    ("swap_contract_info", BTC | INFO, {"price_tick": None}),
    ("swap_contract_info", BTC | INFO, {"contract_status": "soon"}),
    ("swap_price_limit", BTC | {"high_limit": 9, "low_limit": 1}, {"high_limit": None}),
    ("bbo", BTC | {"bid": [1, 1], "ask": [2, 1]}, {"bid": [None, 1]}),
]
BROKEN_IDS = [f"{name}-{'-'.join(change)}" for name, _, change in BROKEN]
UNPLACEABLE = [
    ("swap_api_state", {"open": 1, "close": 1, "cancel": None}),
    ("swap_order_limit", {"open_limit": None, "close_limit": 1}),
]


def said(world, name, *rows):
    """Let the next list of a name have these rows."""
    body: Json = {"ticks": rows} if name == "bbo" else {"data": rows}
    body = {"data": {"list": rows}} if name == "swap_order_limit" else body
    reply = {"status": "ok", "ts": NOW_MS, **body}
    world.desk.faults[name] = [httpx.Response(200, json=reply)]


def markets(world):
    return run(world.venue.markets(BITCOIN, quotes_of=BITCOIN))


@pytest.mark.parametrize(("name", "row", "change"), BROKEN, ids=BROKEN_IDS)
def test_a_broken_row_of_another_contract_hides_nothing(name, row, change):
    world = World()
    said(world, name, row, row | NEW | change)
    found = markets(world)

    assert (BITCOIN, {}) == (found.instruments.keys(), found.unplaceable)


@pytest.mark.parametrize(("name", "row", "change"), BROKEN, ids=BROKEN_IDS)
def test_a_broken_row_of_a_contract_that_was_asked_for_is_a_problem(name, row, change):
    world = World()
    said(world, name, row | change)

    with pytest.raises(VenueProblem):
        markets(world)


@pytest.mark.parametrize("code", [None, "", 7])
def test_a_row_of_no_contract_may_be_of_any_and_is_a_problem(code):
    world = World()
    said(world, "swap_contract_info", BTC | INFO, INFO | {"contract_code": code})

    with pytest.raises(VenueProblem):
        markets(world)


@pytest.mark.parametrize(("name", "change"), UNPLACEABLE)
def test_a_broken_row_of_another_contract_keeps_nothing_from_being_placed(name, change):
    world = World()
    sound = dict.fromkeys(change, 1)
    said(world, name, BTC | sound, NEW | change)

    assert {} == markets(world).unplaceable


@pytest.mark.parametrize(("name", "change"), UNPLACEABLE)
def test_where_it_cannot_be_read_what_is_taken_nothing_is_placed(name, change):
    world = World()
    said(world, name, BTC | change)
    found = markets(world)

    assert BITCOIN == found.instruments.keys() == found.unplaceable.keys()
    assert f"{name}: unreadable reply" in found.unplaceable["BTC-USD"]


def test_all_that_could_not_be_read_is_said():
    world = World()
    for name, _ in UNPLACEABLE:
        world.desk.faults[name] = [LOST] * 3
    found = markets(world)

    assert {"BTC-USD": "swap_api_state: timeout; swap_order_limit: timeout"} == found.unplaceable
    assert not found.instruments["BTC-USD"].is_open


@pytest.mark.parametrize("side", ["ask", "bid"])
def test_an_empty_side_of_the_book_is_no_side(side):
    world = World()
    said(world, "bbo", BTC | {"ask": [2, 1], "bid": [1, 1]} | {side: []})
    quote = markets(world).quotes["BTC-USD"]

    assert {"ask": 2, "bid": 1} | {side: None} == {"ask": quote.ask, "bid": quote.bid}


def test_a_contract_that_cannot_be_read_is_a_place_to_look_at_all_the_same():
    world = World()
    said(world, "swap_contract_info", BTC | INFO, NEW | {"contract_status": None})

    assert {"BTC-USD", "NEW-USD"} == run(world.venue.everywhere())


def test_a_broken_position_in_another_contract_hides_no_position():
    world = World()
    row = BTC | {"direction": Side.BUY, "volume": 3, "lever_rate": 5}
    said(world, "swap_position_info", row, row | NEW | {"volume": None})
    seen = world.snapshot()

    assert ((), {"BTC-USD": Sides(long=Decimal(3), short=Decimal(0))}) == (
        seen.problems,
        seen.sides,
    )


def test_a_key_that_is_refused_sends_nothing():
    world = World()
    world.desk.host = "another.host"
    (diagnostic,) = run(world.venue.check_account())

    assert Severity.ERROR is diagnostic.severity


@pytest.mark.parametrize("fault", [LOST, {"status": "error", "err_code": 1002, "err_msg": "no"}])
def test_a_key_that_could_not_be_asked_about_keeps_no_cancel_from_going(fault):
    world = World()
    reply = fault if fault is LOST else httpx.Response(200, json=fault)
    world.desk.faults["swap_order_limit"] = [reply] * 3
    (diagnostic,) = run(world.venue.check_account())

    assert (Severity.WARNING, "account-unchecked") == (diagnostic.severity, diagnostic.code)
