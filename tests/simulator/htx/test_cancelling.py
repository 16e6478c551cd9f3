"""Cancelling: a promise which is kept a while later, and what may happen until then."""

from typing import Any

import pytest

from tests.simulator.htx.venue import BOB_KEY, HOUR_MS, Desk, desk


@pytest.fixture
def venue() -> Desk:
    """Return a fresh venue."""
    return desk()


def codes(data: Any) -> list[tuple[str, int]]:
    """Return the ids and codes of a cancel's errors."""
    return [(error["order_id"], error["err_code"]) for error in data["errors"]]


def test_an_accepted_cancel_ends_its_order_a_while_later(venue: Desk) -> None:
    oid = venue.place("59000")
    data = venue.cancel(oid)
    early = venue.status(oid)
    venue.at_ms += 39
    just_before = (venue.status(oid), venue.open())
    venue.at_ms += 1

    assert {"errors": [], "successes": str(oid)} == data
    assert (11, (11, [oid])) == (early, just_before)
    assert (7, []) == (venue.status(oid), venue.open())


def test_an_order_may_fill_while_it_is_being_cancelled(venue: Desk) -> None:
    oid = venue.place("59000", 5)
    venue.cancel(oid)
    venue.control("trade", oid=oid)
    venue.at_ms += 100

    assert 6 == venue.status(oid)


def test_an_order_may_fill_in_part_while_it_is_being_cancelled(venue: Desk) -> None:
    oid = venue.place("59000", 5)
    venue.cancel(oid)
    venue.control("trade", oid=oid, quantity="2")
    during = venue.info(oid)
    venue.at_ms += 100
    after = venue.info(oid)

    assert (11, 2) == (during["status"], during["trade_volume"])
    assert (5, 2) == (after["status"], after["trade_volume"])


def test_an_order_may_fill_by_the_market_while_it_is_being_cancelled(venue: Desk) -> None:
    oid = venue.place("59000", 5)
    venue.cancel(oid)
    venue.move("58000")

    assert 6 == venue.status(oid)


@pytest.mark.parametrize(("delay_ms", "status"), [(0, 7), (1000, 11)])
def test_the_delay_is_a_switch(delay_ms: int, status: int) -> None:
    venue = desk(cancel_delay_ms=delay_ms)
    oid = venue.place("59000")
    venue.cancel(oid)
    venue.at_ms += 999

    assert status == venue.status(oid)


def test_the_time_of_the_end_is_the_time_it_was_due(venue: Desk) -> None:
    oid = venue.place("59000")
    placed_ms = venue.at_ms
    venue.cancel(oid)
    venue.at_ms += 5000

    assert placed_ms + 40 == venue.info(oid)["canceled_at"]


def test_each_id_is_answered_on_its_own(venue: Desk) -> None:
    resting, filled, cancelled, pending = (venue.place("59000") for _ in range(4))
    venue.control("trade", oid=filled)
    venue.control("cancel_as_user", oid=cancelled)
    venue.cancel(pending)
    data = venue.cancel(resting, filled, cancelled, pending, 12345)

    assert str(resting) == data["successes"]
    assert [
        (str(filled), 1063),
        (str(cancelled), 1071),
        (str(pending), 1062),
        ("12345", 1061),
    ] == codes(data)


def test_successes_are_one_text_with_commas(venue: Desk) -> None:
    oids = [venue.place("59000") for _ in range(3)]

    assert ",".join(str(oid) for oid in oids) == venue.cancel(*oids)["successes"]


def test_a_cancel_which_fails_in_full_is_ok_all_the_same(venue: Desk) -> None:
    assert {"errors", "successes"} == venue.cancel(1).keys()
    assert "" == venue.cancel(1)["successes"]


def test_an_order_is_cancelled_by_its_client_order_id(venue: Desk) -> None:
    oid = venue.place("59000", client_order_id=7)
    data = venue.data("swap_cancel", client_order_id="7")
    venue.at_ms += 100

    assert ("7", 7) == (data["successes"], venue.status(oid))


def test_the_venue_order_id_wins(venue: Desk) -> None:
    named = venue.place("59000")
    other = venue.place("59000", client_order_id=7)
    venue.data("swap_cancel", order_id=str(named), client_order_id="7")
    venue.at_ms += 100

    assert [other] == venue.open()


@pytest.mark.parametrize("echo", [True, False])
def test_what_an_error_shows_of_a_client_order_id_is_a_switch(echo: bool) -> None:
    venue = desk(cancel_errors_echo_client_id=echo)
    oid = venue.place("59000", client_order_id=7)
    venue.control("trade", oid=oid)
    data = venue.data("swap_cancel", client_order_id="7,8")

    assert [("7" if echo else str(oid), 1063), ("8", 1061)] == codes(data)


@pytest.mark.parametrize("in_both", [True, False])
def test_a_repeated_cancel_may_stand_in_both_lists(in_both: bool) -> None:
    venue = desk(repeated_cancel_is_in_both=in_both)
    oid = venue.place("59000")
    venue.cancel(oid)
    data = venue.cancel(oid)

    assert [(str(oid), 1062)] == codes(data)
    assert (str(oid) if in_both else "") == data["successes"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 1066),
        ({"order_id": ""}, 1066),
        ({"order_id": ",".join(["1"] * 11)}, 1052),
        ({"client_order_id": ",".join(["1"] * 11)}, 1052),
        ({"order_id": "1,x"}, 1067),
        ({"order_id": "1,"}, 1067),
        ({"order_id": 1}, 1067),
        ({"order_id": "1", "contract_code": ""}, 1066),
    ],
    ids=str,
)
def test_an_unsound_cancel_is_refused(venue: Desk, body: dict[str, Any], code: int) -> None:
    assert code == venue.code("swap_cancel", **body)


def test_ten_ids_are_not_too_many(venue: Desk) -> None:
    oids = [venue.place("59000") for _ in range(10)]

    assert 10 == len(venue.cancel(*oids)["successes"].split(","))


def test_a_stranger_cannot_cancel(venue: Desk) -> None:
    oid = venue.place("59000")

    assert [(str(oid), 1061)] == codes(venue.cancel(oid, key=BOB_KEY))
    assert [oid] == venue.open()


def test_an_order_of_another_contract_does_not_exist(venue: Desk) -> None:
    oid = venue.place("1900", contract_code="ETH-USD")

    assert [(str(oid), 1061)] == codes(venue.cancel(oid))


def test_a_client_order_id_is_forgotten_after_eight_hours(venue: Desk) -> None:
    oid = venue.place("59000", client_order_id=7)
    venue.at_ms += 8 * HOUR_MS

    assert [("7", 1061)] == codes(venue.data("swap_cancel", client_order_id="7"))
    assert str(oid) == venue.cancel(oid)["successes"]


def test_a_new_order_may_be_unknown_for_a_while() -> None:
    venue = desk(query_delay_ms=50)
    oid = venue.place("59000", client_order_id=7)
    early = venue.data("swap_cancel", client_order_id="7")
    unseen = venue.call("swap_order_info", client_order_id="7")
    venue.at_ms += 50

    assert [("7", 1061)] == codes(early)
    assert 1017 == unseen["err_code"]
    assert str(oid) == venue.cancel(oid)["successes"]


class TestCancelAll:
    def test_every_order_of_a_contract_ends(self, venue: Desk) -> None:
        venue.place("59000")
        venue.place("61000", buy=False)
        other = venue.place("1900", contract_code="ETH-USD")
        data = venue.data("swap_cancelall")
        venue.at_ms += 100

        assert 2 == len(data["successes"].split(","))
        assert [other] == venue.open(contract_code="")

    @pytest.mark.parametrize(
        ("filters", "left"),
        [
            ({"direction": "buy"}, ["close", "short"]),
            ({"offset": "open"}, ["close"]),
            ({"direction": "sell", "offset": "close"}, ["long", "short"]),
        ],
        ids=str,
    )
    def test_it_may_be_limited(self, venue: Desk, filters: dict[str, str], left: list[str]) -> None:
        venue.buy_position(2)
        oids = {
            "long": venue.place("59000"),
            "short": venue.place("61000", buy=False),
            "close": venue.place("61000", buy=False, offset="close"),
        }
        venue.data("swap_cancelall", **filters)
        venue.at_ms += 100

        assert {oids[name] for name in left} == set(venue.open())

    def test_nothing_to_cancel_is_an_error(self, venue: Desk) -> None:
        assert 1051 == venue.code("swap_cancelall")

    @pytest.mark.parametrize(
        ("filters", "code"), [({"direction": "x"}, 1035), ({"offset": "x"}, 1036)]
    )
    def test_a_wrong_filter_is_refused(
        self, venue: Desk, filters: dict[str, str], code: int
    ) -> None:
        assert code == venue.code("swap_cancelall", **filters)


class TestDeadMansSwitch:
    def test_it_cancels_everything_when_it_is_not_renewed(self, venue: Desk) -> None:
        oids = [venue.place("59000"), venue.place("1900", contract_code="ETH-USD")]
        reply = venue.call("swap-cancel-after", on_off=1, time_out=5000)
        venue.at_ms += 4999
        before = len(venue.open(contract_code=""))
        venue.at_ms += 1
        order = venue.info(oids[0])

        assert (200, venue.at_ms) == (reply["code"], reply["data"]["trigger_time"])
        assert (2, []) == (before, venue.open(contract_code=""))
        assert (7, "timeout-canceled-order") == (order["status"], order["canceled_source"])

    def test_it_can_be_renewed(self, venue: Desk) -> None:
        venue.place("59000")
        venue.call("swap-cancel-after", on_off=1)
        venue.at_ms += 4000
        venue.call("swap-cancel-after", on_off=1)
        venue.at_ms += 4000

        assert 1 == len(venue.open())

    def test_it_can_be_switched_off(self, venue: Desk) -> None:
        venue.place("59000")
        venue.call("swap-cancel-after", on_off=1)
        off = venue.call("swap-cancel-after", on_off=0)
        venue.at_ms += 60_000

        assert (0, 1) == (off["data"]["trigger_time"], len(venue.open()))

    def test_it_has_a_shortest_time(self, venue: Desk) -> None:
        reply = venue.call("swap-cancel-after", on_off=1, time_out=4999)

        assert (1067, None) == (reply["code"], reply["data"])
