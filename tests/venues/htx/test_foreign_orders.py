"""Orders of others that look like none of ours: they stand in the list, and are nobody we know."""

import json

import httpx
import pytest

from tests.venues.htx.test_adapter import body
from tests.venues.htx.test_reads import SHOWN
from tests.venues.htx.world import World, our
from tests.venues.support import NOW_MS


@pytest.mark.parametrize(
    "written", ["web-1", "", "-1", " 7", "7.5", "9" * 40, -1, 0, 2.5, True, 2**63, [7], {}]
)
def test_an_order_under_an_id_as_ours_cannot_be_is_foreign(written):
    world = World()
    order = world.desk.place(body(1))
    world.desk.said[order.id] = {"client_order_id": written}
    seen = world.snapshot()

    assert () == seen.problems
    assert [(str(order.id), None)] == [
        (each.venue_order_id, each.client_order_id) for each in seen.resting
    ]


@pytest.mark.parametrize("write", ["%s", '"%s"', "%s.000"])
def test_an_id_of_ours_is_one_however_it_is_written(write):
    world = World()
    page = {"orders": ["ORDER"], "total_page": 1, "current_page": 1, "total_size": 1}
    order = json.dumps(SHOWN | {"client_order_id": "ID"}).replace('"ID"', write % our(1))
    text = json.dumps({"status": "ok", "data": page, "ts": NOW_MS}).replace('"ORDER"', order)
    world.desk.faults["swap_openorders"] = [httpx.Response(200, text=text)]

    assert [our(1)] == world.resting()


def test_the_largest_id_there_is_may_be_ours():
    world = World()
    order = world.desk.place(body(1))
    world.desk.said[order.id] = {"client_order_id": 2**63 - 1}

    assert [str(2**63 - 1)] == world.resting()


@pytest.mark.parametrize("written", [None, 2.5, "many"])
def test_the_leverage_of_an_order_may_be_unknown(written):
    world = World()
    order = world.desk.place(body(1))
    world.desk.said[order.id] = {"lever_rate": written}

    assert [our(1)] == world.resting()
