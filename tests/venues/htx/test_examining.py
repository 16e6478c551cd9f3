"""What `doctor` is told of an HTX entry: it only reads, and one problem does not hide another."""

import httpx
import pytest

from reconciler.model.examination import Examination
from reconciler.ports import Examinable
from tests.venues.htx.hand import ACCESS, SECRET
from tests.venues.htx.test_adapter import LOST
from tests.venues.htx.world import World
from tests.venues.support import NOW_MS, run

FIVE = frozenset({(("leverage", "5"),)})
WANTED = Examination(instruments=frozenset({"BTC-USD", "eth-usd"}), options=FIVE)
READS = {
    "timestamp",
    "swap_order_limit",
    "swap_contract_info",
    "swap_api_state",
    "swap_position_info",
}


def examined(world, wanted=WANTED):
    return run(world.venue.examine(wanted))


def codes(found):
    return [each.problem.code for each in found if each.problem is not None]


def said(found, subject):
    return next(each.said for each in found if each.subject == subject)


def test_an_adapter_can_be_examined():
    assert isinstance(World().venue, Examinable)


def test_a_sound_entry_has_nothing_wrong():
    found = examined(World())

    assert (["clock", "key", "contracts"], []) == ([each.subject for each in found], codes(found))


def test_an_examination_only_reads():
    world = World()
    examined(world)

    assert READS == {name for name, _ in world.desk.asked}


def test_a_wrong_key_does_not_hide_the_contracts():
    world = World()
    world.desk.host = "another.host"
    found = examined(world)

    assert ["account-unchecked"] == codes(found)
    assert "2 of 2 in the specs take orders" == said(found, "contracts")


def test_without_a_key_what_is_public_is_examined():
    found = examined(World(keys=False))

    assert ([], True) == (codes(found), found[1].is_skipped)
    assert "2 of 2 in the specs take orders" == said(found, "contracts")


@pytest.mark.parametrize(("ahead_ms", "wrong"), [(5_000, []), (5_001, ["clock-skew"])])
def test_a_clock_that_is_seconds_off_is_told(ahead_ms, wrong):
    world = World()
    world.desk.now_ms = lambda: world.clock.now_ms() + ahead_ms

    assert wrong == codes(examined(world))


def test_a_contract_that_takes_no_orders_is_told():
    world = World()
    world.desk.control("set_contract", instrument="BTC-USD", status=3)
    names = frozenset({"BTC-USD", "ETH-USD", "NO-USD"})
    found = examined(world, Examination(instruments=names, options=FIVE))
    (problem,) = [each.problem for each in found if each.problem is not None]

    assert "HTX says: NO-USD not listed; BTC-USD closed to orders." == problem.why
    assert "1 of 3 in the specs take orders" == said(found, "contracts")


@pytest.mark.parametrize(("leverage", "wrong"), [(5, []), (10, ["option-conflict"])])
def test_a_position_of_another_leverage_is_told(leverage, wrong):
    world = World()
    world.desk.hold(buy=7, sell=3, leverage=leverage)
    found = examined(world)

    assert wrong == codes(found)
    assert f"7 long, 3 short at leverage {leverage}" == said(found, "BTC-USD")


def test_a_closed_venue_is_said_once():
    world = World()
    world.desk.faults["timestamp"] = [httpx.Response(200, json={"status": "maintain"})]

    assert ["venue-closed"] == codes(examined(world))


@pytest.mark.parametrize("name", ["swap_contract_info", "swap_position_info"])
def test_a_question_without_an_answer_is_a_finding(name):
    world = World()
    world.desk.faults[name] = [LOST] * 6
    found = examined(world)

    assert any("could not be read" in each.said or "timeout" in each.said for each in found)


def test_nothing_secret_is_in_what_is_found():
    world = World()
    words = f"no {ACCESS} {SECRET}"
    reply = {"status": "error", "err_code": 403, "err_msg": words, "ts": NOW_MS}
    world.desk.faults["swap_order_limit"] = [httpx.Response(200, json=reply)] * 2
    shown = repr(examined(world))

    assert [] == [key for key in (ACCESS, SECRET) if key in shown]
