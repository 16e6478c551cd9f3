"""Faults on HTX: what the client sees, and what really happened."""

from typing import Any

import pytest

from reconciler.simulator import ControlError, Fault, Response
from tests.simulator.htx.venue import NOW, SWAP, Desk, desk, limit

MAINTAINED = {"status": "maintain"}


def place(venue: Desk, count: int = 1, **more: Any) -> Response:
    """Send a batch of orders and return the raw response."""
    orders = [limit("59000", **more) for _ in range(count)]
    return venue.post("swap_batchorder", {"orders_data": orders})


def faulty(kind: str, **fields: Any) -> Desk:
    """Return a venue with one fault for the next batch."""
    venue = desk()
    venue.fault(kind, type="swap_batchorder", **fields)
    return venue


@pytest.mark.parametrize(
    ("kind", "fields", "dropped", "status", "executed"),
    [
        ("lost_request", {}, True, None, 0),
        ("lost_reply", {}, True, None, 1),
        ("late_execution", {"delay_ms": 500}, True, None, 0),
        ("error_before", {}, False, 500, 0),
        ("error_before", {"status": 503}, False, 503, 0),
        ("error_after", {}, False, 502, 1),
        ("error_after", {"status": 504}, False, 504, 1),
        ("error_before", {"code": 1004}, False, 200, 0),
        ("error_after", {"code": 1004}, False, 200, 1),
        ("rate_limited", {}, False, 200, 0),
        ("rate_limited", {"status": 429}, False, 429, 0),
        ("maintenance", {}, False, 200, 0),
        ("maintenance", {"status": 503}, False, 503, 0),
        ("partial_batch", {}, True, None, 0),
        ("duplicate", {}, False, 200, 2),
        ("slow_reply", {"delay_ms": 300}, False, 200, 1),
    ],
)
def test_a_fault_decides_what_is_seen_and_what_is_done(
    kind: str, fields: dict[str, Any], dropped: bool, status: int | None, executed: int
) -> None:
    venue = faulty(kind, **fields)
    response = place(venue)

    assert dropped == response.is_dropped
    assert status is None or status == response.status
    assert executed == len(venue.open())


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("error_before", {"code": 1004}, 1004),
        ("error_after", {"code": 1004}, 1004),
        ("rate_limited", {}, 1032),
        ("error_before", {"code": 1056}, 1056),
        ("partial_batch", {"code": 1004}, 1004),
    ],
)
def test_an_error_of_the_venue_has_its_envelope(
    kind: str, fields: dict[str, Any], code: int
) -> None:
    reply = place(faulty(kind, **fields)).json()

    assert ("error", code, NOW) == (reply["status"], reply["err_code"], reply["ts"])


def test_a_rate_limit_says_when_it_ends() -> None:
    headers = place(faulty("rate_limited")).headers

    assert ("0", str(NOW + 3000)) == (headers["ratelimit-remaining"], headers["ratelimit-reset"])


@pytest.mark.parametrize("kind", ["error_before", "error_after"])
def test_an_error_of_the_edge_has_the_body_null(kind: str) -> None:
    assert b"null" == place(faulty(kind)).body


def test_maintenance_is_one_word() -> None:
    assert MAINTAINED == place(faulty("maintenance")).json()


@pytest.mark.parametrize("kind", ["garbled", "truncated"])
def test_a_spoilt_body_is_not_json_though_the_order_stands(kind: str) -> None:
    venue = faulty(kind)
    response = place(venue)

    with pytest.raises(ValueError):
        response.json()
    assert 1 == len(venue.open())


def test_a_late_request_is_executed_at_its_time() -> None:
    venue = faulty("late_execution", delay_ms=500)
    place(venue)
    venue.at_ms += 499
    before = venue.open()
    venue.at_ms += 1
    order = venue.data("swap_openorders")["orders"][0]

    assert ([], NOW + 500) == (before, order["created_at"])


def test_a_late_request_may_come_too_late_for_its_timestamp() -> None:
    venue = faulty("late_execution", delay_ms=300_001)
    place(venue)
    venue.at_ms += 400_000

    assert [] == venue.open()
    assert 403 == venue.control("log")[0]["reply"]["err_code"]


def test_a_duplicate_is_stopped_by_its_client_order_ids_alone() -> None:
    venue = faulty("duplicate")
    place(venue, client_order_id=7)
    first, second = venue.control("log")

    assert 1 == len(venue.open())
    assert ([], [1050]) == tuple(
        [error["err_code"] for error in entry["reply"]["data"]["errors"]]
        for entry in (first, second)
    )


@pytest.mark.parametrize(("fields", "done"), [({}, 2), ({"count": 3}, 3), ({"count": 0}, 0)])
def test_a_partial_batch_carries_out_its_first_items(fields: dict[str, int], done: int) -> None:
    venue = faulty("partial_batch", **fields)

    assert place(venue, count=4).is_dropped
    assert done == len(venue.open())


@pytest.mark.parametrize("name", ["order_id", "client_order_id"])
def test_a_partial_cancel_carries_out_its_first_items(name: str) -> None:
    venue = desk(cancel_delay_ms=0)
    oids = [venue.place("59000", client_order_id=number) for number in (1, 2, 3, 4)]
    venue.fault("partial_batch", type="swap_cancel")
    ids = oids if name == "order_id" else [1, 2, 3, 4]
    venue.post(
        "swap_cancel", {"contract_code": "BTC-USD", name: ",".join(str(each) for each in ids)}
    )

    assert set(oids[2:]) == set(venue.open())


@pytest.mark.parametrize("body", [[], {"orders_data": 1}, {}])
def test_a_partial_batch_of_nonsense_is_nonsense(body: Any) -> None:
    venue = faulty("partial_batch")

    assert venue.post("swap_batchorder", body).is_dropped


@pytest.mark.parametrize(("fields", "length"), [({}, 2), ({"count": 5}, 5), ({"count": 0}, 0)])
def test_a_list_of_successes_may_have_the_wrong_length(fields: dict[str, int], length: int) -> None:
    venue = faulty("wrong_length", **fields)
    data = place(venue, count=3).json()["data"]

    assert (length, 3) == (len(data["success"]), len(venue.open()))


def test_a_text_of_successes_may_have_the_wrong_length() -> None:
    venue = desk()
    oids = [venue.place("59000") for _ in range(3)]
    venue.fault("wrong_length", type="swap_cancel")
    venue_ids = ",".join(str(oid) for oid in oids[:2])

    assert venue_ids == venue.cancel(*oids)["successes"]


@pytest.mark.parametrize("path", ["swap_openorders", "swap_position_info", "swap_order"])
def test_a_reply_without_successes_keeps_its_length(path: str) -> None:
    venue = desk()
    plain = venue.call(path)
    venue.fault("wrong_length")

    assert plain == venue.call(path)


@pytest.mark.parametrize("path", ["/swap-api/v1/swap_unheard_of", "/unheard_of"])
def test_a_reply_which_is_not_json_keeps_its_length(path: str) -> None:
    venue = desk()
    venue.simulator.faults.add(Fault(kind="wrong_length", times=None))

    assert (404, b"Not Found") == (venue.post(path, {}).status, venue.post(path, {}).body)


def test_a_cancel_without_successes_keeps_its_length() -> None:
    venue = desk()
    venue.fault("wrong_length", type="swap_cancel")

    assert "" == venue.cancel(5)["successes"]


class TestFillDuringCancel:
    @pytest.mark.parametrize(
        ("fields", "status", "filled"), [({}, 6, 5), ({"count": 2}, 5, 2), ({"count": 9}, 6, 5)]
    )
    def test_an_order_fills_before_it_ends(
        self, fields: dict[str, int], status: int, filled: int
    ) -> None:
        venue = desk()
        oid = venue.place("59000", 5)
        venue.fault("fill_during_cancel", type="swap_cancel", **fields)
        data = venue.cancel(oid)
        venue.at_ms += 100
        order = venue.info(oid)

        assert str(oid) == data["successes"]
        assert (status, filled) == (order["status"], order["trade_volume"])

    def test_it_concerns_a_cancel_of_everything_too(self) -> None:
        venue = desk()
        oids = [venue.place("59000", 5) for _ in range(2)]
        venue.fault("fill_during_cancel")
        venue.data("swap_cancelall")

        assert [6, 6] == [venue.status(oid) for oid in oids]


class TestPageShift:
    def test_an_order_on_the_page_fills_behind_its_back(self) -> None:
        venue = desk()
        oids = [venue.place("59000") for _ in range(4)]
        venue.fault("page_shift", type="swap_openorders")
        pages = [venue.open(page_size=2, page_index=index) for index in (1, 2)]

        assert ([oids[3], oids[2]], [oids[0]]) == tuple(pages)
        assert [oids[2], oids[1], oids[0]] == venue.open()

    def test_one_which_has_ended_already_is_left_alone(self) -> None:
        venue = desk(cancel_delay_ms=0)
        oid = venue.place("59000")
        venue.at_ms += 1000
        venue.cancel(oid)
        venue.fault("page_shift")
        venue.fault("read_lag", lag_ms=500)

        assert [oid] == venue.open()
        assert 7 == venue.status(oid)

    def test_several_may(self) -> None:
        venue = desk()
        oids = [venue.place("59000") for _ in range(3)]
        venue.fault("page_shift", count=2)
        venue.open()

        assert oids[:1] == venue.open()


class TestReads:
    def test_reads_trail_by_a_rule(self) -> None:
        venue = desk()
        venue.fault("read_lag", lag_ms=800, times=None)
        oid = venue.place("59000")
        venue.at_ms += 799
        early = (venue.open(), venue.call("swap_order_info", order_id=str(oid))["status"])
        venue.at_ms += 1

        assert ([], "error") == early
        assert ([oid], 3) == (venue.open(), venue.status(oid))

    def test_a_cancelled_order_is_still_listed_for_a_while(self) -> None:
        venue = desk(cancel_delay_ms=0)
        oid = venue.place("59000")
        venue.at_ms += 1000
        venue.cancel(oid)
        venue.fault("read_lag", lag_ms=500, times=None)
        early = (venue.open(), venue.status(oid))
        venue.at_ms += 500

        assert ([oid], 3) == early
        assert ([], 7) == (venue.open(), venue.status(oid))

    def test_fills_positions_and_margins_trail_together(self) -> None:
        venue = desk()
        oid = venue.place("59000", 5)
        before = venue.wallet()
        venue.at_ms += 1000
        venue.control("trade", oid=oid, quantity="2")
        venue.fault("read_lag", lag_ms=500, times=None)
        early = (
            venue.positions(),
            venue.data("swap_order_detail", order_id=oid)["trades"],
            venue.wallet()["margin_static"],
        )
        venue.at_ms += 500

        assert ([], [], before["margin_static"]) == early
        assert [("buy", 2, 2)] == venue.positions()
        assert 1 == len(venue.data("swap_order_detail", order_id=oid)["trades"])

    def test_a_lag_by_switch_is_random_within_its_limit(self) -> None:
        def seen(seed: int) -> list[int]:
            venue = desk(seed, read_lag_ms_max=1000)
            venue.place("59000")
            venue.at_ms += 500
            return [len(venue.open()) for _ in range(30)]

        assert seen(3) == seen(3)
        assert {0, 1} == set(seen(3))

    def test_cancels_never_lag(self) -> None:
        venue = desk()
        venue.fault("read_lag", lag_ms=800, times=None)
        oid = venue.place("59000")

        assert str(oid) == venue.cancel(oid)["successes"]

    def test_the_venue_forgets_the_distant_past(self) -> None:
        venue = desk()
        oid = venue.place("59000", 5)
        for _ in range(2):
            venue.control("trade", oid=oid, quantity="1")
            venue.at_ms += 60_000
        venue.control("trade", oid=oid, quantity="1")

        assert len(venue.simulator.htx.world.orders[oid].progress._before) < 5

    def test_a_read_is_not_in_the_log(self) -> None:
        venue = desk()
        venue.open()

        assert [] == venue.control("log")


class TestRules:
    def test_a_rule_for_another_venue_does_not_hit(self) -> None:
        venue = desk()
        venue.simulator.faults.add(Fault(kind="lost_request", venue="hyperliquid"))

        assert not place(venue).is_dropped

    def test_a_rule_may_name_a_path(self) -> None:
        venue = desk()
        venue.fault("lost_request", path=f"{SWAP}swap_openorders")

        assert not place(venue).is_dropped
        assert venue.post("swap_openorders", {}).is_dropped

    def test_what_is_no_request_of_the_venue_may_be_hit(self) -> None:
        venue = desk()
        venue.fault("lost_request")

        assert venue.post("swap_unheard_of", {}).is_dropped

    def test_a_clock_may_be_ahead(self) -> None:
        venue = desk()
        venue.fault("clock_skew", skew_ms=300_001)

        assert 403 == venue.code("swap_openorders")
        assert NOW + 300_001 == venue.get("/api/v1/timestamp")["ts"]

    def test_a_rule_of_an_unknown_venue_is_refused(self) -> None:
        with pytest.raises(ControlError, match="venue is one of"):
            desk().control("faults", add={"kind": "lost_reply", "venue": "other"})


class TestLog:
    def test_it_shows_what_was_asked_and_by_whom(self) -> None:
        venue = desk()
        venue.place("59000.5", 1, client_order_id=7)
        entry = venue.control("log")[0]

        assert ("htx", "alice-key", "alice", True, 200) == (
            entry["venue"],
            entry["signer"],
            entry["account"],
            entry["executed"],
            entry["status"],
        )
        assert ("swap_order", 7, "2025-10-09T08:53:20") == (
            entry["action"]["type"],
            entry["action"]["client_order_id"],
            entry["nonce"],
        )

    def test_it_never_shows_a_signature(self) -> None:
        venue = desk()
        venue.place("59000.5", Signature="believed")

        assert "believed" not in str(venue.control("log"))

    def test_a_request_which_never_arrived_is_there(self) -> None:
        venue = desk()
        venue.fault("lost_request")
        venue.post("swap_order", {"price": 59000.5, "list": [1.5]})
        entry = venue.control("log")[0]

        assert (None, False, ("lost_request",)) == (
            entry["status"],
            entry["executed"],
            entry["faults"],
        )
        assert {"type": "swap_order", "price": "59000.5", "list": ["1.5"]} == entry["action"]

    def test_a_stranger_is_there(self) -> None:
        venue = desk()
        venue.code("swap_order", key="nobody")
        entry = venue.control("log")[0]

        assert (None, None, False) == (entry["signer"], entry["account"], entry["executed"])
