"""Faults on reads and writes: what the client sees, and what really happened."""

from typing import Any

import pytest

from reconciler.simulator import Fault, Response
from reconciler.simulator.faults import FaultKind, FaultPlan, fault_from
from tests.simulator.venue import ALICE, BTC, NOW, Desk, desk, limit

NULL = b"null"


def place(venue: Desk, count: int = 1) -> Response:
    """Send a batch of orders and return the raw response."""
    orders = [limit(str(50_000 + number)) for number in range(count)]
    action = {"type": "order", "orders": orders, "grouping": "na"}
    return venue.post("/exchange", venue.envelope(action))


def faulty(kind: str, **fields: Any) -> Desk:
    """Return a venue with one fault for the next order."""
    venue = desk()
    venue.control("faults", add={"kind": kind, "type": "order", **fields})
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
        ("rate_limited", {}, False, 429, 0),
        ("maintenance", {}, False, 503, 0),
        ("partial_batch", {}, True, None, 0),
        ("duplicate", {}, False, 200, 1),
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
    assert executed == len(venue.open_oids())


@pytest.mark.parametrize("kind", ["error_before", "error_after", "rate_limited", "maintenance"])
def test_an_error_has_the_body_null(kind: str) -> None:
    assert NULL == place(faulty(kind)).body


@pytest.mark.parametrize("kind", ["garbled", "truncated"])
def test_a_spoilt_body_is_not_json_though_the_order_stands(kind: str) -> None:
    venue = faulty(kind)
    response = place(venue)

    with pytest.raises(ValueError):
        response.json()
    assert (200, 1) == (response.status, len(venue.open_oids()))


def test_a_late_request_is_executed_at_its_time() -> None:
    venue = faulty("late_execution", delay_ms=500)
    place(venue)
    venue.at_ms += 499
    before = venue.open_oids()
    venue.at_ms += 1000
    order = venue.info("openOrders")[0]

    assert ([], NOW + 500) == (before, order["timestamp"])


def test_late_requests_arrive_in_the_order_of_their_times() -> None:
    venue = desk()
    for delay_ms in (900, 300):
        venue.simulator.faults.add(Fault(kind="late_execution", delay_ms=delay_ms))
    for _ in range(2):
        place(venue)
    venue.at_ms += 1000
    times = [order["timestamp"] for order in venue.info("openOrders")]

    assert [NOW + 900, NOW + 300] == times


def test_a_late_request_may_have_expired() -> None:
    venue = faulty("late_execution", delay_ms=500)
    action = {"type": "order", "orders": [limit("50000")], "grouping": "na"}
    venue.post("/exchange", venue.envelope(action, expiresAfter=NOW + 100))
    venue.at_ms += 1000

    assert [] == venue.open_oids()
    assert "Action already expired" == venue.control("log")[-1]["reply"]["response"]


def test_a_duplicate_delivery_is_refused_by_its_nonce() -> None:
    venue = faulty("duplicate")
    response = place(venue).json()
    first, second = venue.control("log")

    assert "ok" == response["status"]
    assert (True, False) == (first["executed"], second["executed"])
    assert "duplicate nonce" in second["reply"]["response"]


@pytest.mark.parametrize(("fields", "done"), [({}, 2), ({"count": 3}, 3), ({"count": 0}, 0)])
def test_a_partial_batch_carries_out_its_first_items(fields: dict[str, int], done: int) -> None:
    venue = faulty("partial_batch", **fields)

    assert place(venue, count=4).is_dropped
    assert done == len(venue.open_oids())


def test_a_partial_batch_may_answer_with_an_error() -> None:
    response = place(faulty("partial_batch", status=502, count=1), count=4)

    assert (502, NULL, False) == (response.status, response.body, response.is_dropped)


def test_a_partial_batch_of_cancels_and_modifies() -> None:
    venue = desk()
    oids = [venue.rest("50000") for _ in range(4)]
    for _ in range(2):
        venue.simulator.faults.add(Fault(kind="partial_batch"))
    cancels = [{"a": BTC, "o": oid} for oid in oids[:2]]
    pairs = [{"oid": oid, "order": limit("50500")} for oid in oids[2:]]
    venue.post("/exchange", venue.envelope({"type": "cancel", "cancels": cancels}))
    venue.post("/exchange", venue.envelope({"type": "batchModify", "modifies": pairs}))

    assert [*oids[1:2], oids[3], oids[3] + 1] == venue.open_oids()


@pytest.mark.parametrize("body", [[], {"action": 1}, {"action": {"type": "order", "orders": 1}}])
def test_a_partial_batch_of_nonsense_is_nonsense(body: Any) -> None:
    venue = desk()
    venue.control("faults", add={"kind": "partial_batch"})

    assert venue.post("/exchange", body).is_dropped


def test_a_partial_noop_is_whole() -> None:
    venue = desk()
    venue.control("faults", add={"kind": "partial_batch"})
    venue.post("/exchange", venue.envelope({"type": "noop"}))

    assert venue.control("log")[0]["executed"]


@pytest.mark.parametrize(("fields", "length"), [({}, 2), ({"count": 5}, 5), ({"count": 0}, 0)])
def test_statuses_may_have_the_wrong_length(fields: dict[str, int], length: int) -> None:
    venue = faulty("wrong_length", **fields)
    statuses = place(venue, count=3).json()["response"]["data"]["statuses"]

    assert (length, 3) == (len(statuses), len(venue.open_oids()))


@pytest.mark.parametrize(
    ("path", "body"),
    [("/info", {"type": "meta"}), ("/info", {"type": "perpDexs"}), ("/exchange", None)],
)
def test_a_reply_without_statuses_keeps_its_length(path: str, body: Any) -> None:
    venue = desk()
    plain = venue.post(path, body or venue.envelope({"type": "noop"}, nonce=NOW))
    venue = desk()
    venue.control("faults", add={"kind": "wrong_length"})
    bent = venue.post(path, body or venue.envelope({"type": "noop"}, nonce=NOW))

    assert plain.json() == bent.json()


def test_a_slow_reply_says_how_long_the_server_waits() -> None:
    assert 300 == place(faulty("slow_reply", delay_ms=300)).delay_ms


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply"])
def test_a_read_may_be_lost(kind: str) -> None:
    venue = desk()
    venue.control("faults", add={"kind": kind, "path": "/info"})

    assert venue.post("/info", {"type": "meta"}).is_dropped
    assert not venue.post("/info", {"type": "meta"}).is_dropped
    assert [] == venue.control("log")


def test_a_read_may_be_garbled() -> None:
    venue = desk()
    venue.control("faults", add={"kind": "garbled", "type": "openOrders"})
    venue.rest("50000")

    with pytest.raises(ValueError):
        venue.info("openOrders")


def test_a_request_below_the_protocol_may_be_hit_too() -> None:
    venue = desk()
    kinds: tuple[FaultKind, ...] = ("lost_request", "error_after")
    for kind in kinds:
        venue.simulator.faults.add(Fault(kind=kind))

    assert venue.post("/info", b"{").is_dropped
    assert 502 == venue.post("/info", b"{").status


class TestRules:
    def test_a_rule_hits_once_unless_told_otherwise(self) -> None:
        venue = faulty("rate_limited")

        assert [429, 200] == [place(venue).status for _ in range(2)]

    def test_some_requests_pass_first(self) -> None:
        venue = faulty("rate_limited", skip=1, times=2)

        assert [200, 429, 429, 200] == [place(venue).status for _ in range(4)]

    def test_a_rule_without_times_hits_for_ever(self) -> None:
        venue = faulty("rate_limited", times=None)

        assert [429] * 3 == [place(venue).status for _ in range(3)]

    def test_a_rule_concerns_its_path_and_type(self) -> None:
        venue = faulty("rate_limited", path="/exchange")

        assert 200 == venue.post("/info", {"type": "openOrders", "user": ALICE}).status
        assert 200 == venue.post("/exchange", venue.envelope({"type": "noop"})).status
        assert 429 == place(venue).status

    def test_the_first_rule_that_hits_decides(self) -> None:
        venue = faulty("rate_limited")
        venue.control("faults", add={"kind": "error_before"})

        assert [429, 500, 200] == [place(venue).status for _ in range(3)]

    def test_rules_can_be_listed_and_cleared(self) -> None:
        venue = faulty("rate_limited")
        place(venue)
        rule = venue.control("faults")[0]
        venue.control("faults", clear=True)

        assert (1, "rate_limited", 1, 1) == (rule["id"], rule["kind"], rule["seen"], rule["hit"])
        assert [] == venue.control("faults")

    def test_chance_comes_from_the_seed(self) -> None:
        def walk(seed: int) -> list[int]:
            venue = desk(seed)
            venue.control("faults", add={"kind": "rate_limited", "percent": 50, "times": None})
            return [place(venue).status for _ in range(40)]

        assert walk(1) == walk(1)
        assert walk(1) != walk(2)
        assert {200, 429} == set(walk(1))

    def test_rules_are_limited(self) -> None:
        plan = FaultPlan(0)
        for _ in range(1000):
            plan.add(Fault(kind="lost_reply"))
        with pytest.raises(ValueError):
            plan.add(Fault(kind="lost_reply"))

    @pytest.mark.parametrize(
        "record",
        [
            None,
            {},
            {"kind": "unheard_of"},
            {"kind": "lost_reply", "unknown": 1},
            {"kind": "lost_reply", "skip": "1"},
            {"kind": "lost_reply", "skip": None},
            {"kind": "lost_reply", "path": 1},
        ],
    )
    def test_a_rule_of_the_wrong_shape_is_refused(self, record: Any) -> None:
        with pytest.raises(ValueError):
            fault_from(record)

    def test_optional_fields_may_be_null(self) -> None:
        record = {"kind": "lost_reply", "path": None, "times": None, "status": None}

        assert Fault(kind="lost_reply", times=None) == fault_from(record)


class TestReadLag:
    def test_a_new_order_is_unknown_for_a_while(self) -> None:
        venue = desk()
        venue.control("faults", add={"kind": "read_lag", "lag_ms": 800, "times": None})
        venue.at_ms += 10_000
        oid = venue.rest("50000")
        venue.at_ms += 799
        early = (venue.status(oid), venue.open_oids())
        venue.at_ms += 1

        assert ("unknownOid", []) == early
        assert ("open", [oid]) == (venue.status(oid), venue.open_oids())

    def test_a_cancelled_order_is_still_listed_for_a_while(self) -> None:
        venue = desk()
        oid = venue.rest("50000")
        venue.at_ms += 1000
        venue.cancel(oid)
        venue.control("faults", add={"kind": "read_lag", "lag_ms": 500, "times": None})

        assert ("open", [oid]) == (venue.status(oid), venue.open_oids())
        venue.at_ms += 500
        assert ("canceled", []) == (venue.status(oid), venue.open_oids())

    def test_fills_positions_and_balances_trail_together(self) -> None:
        venue = desk()
        oid = venue.rest("59000", "0.03")
        spot = venue.rest("40", "2", a=10_107)
        venue.at_ms += 1000
        venue.control("trade", oid=oid, quantity="0.01")
        venue.at_ms += 100
        venue.control("trade", oid=oid, quantity="0.01")
        venue.control("trade", oid=spot)
        venue.control("faults", add={"kind": "read_lag", "lag_ms": 100, "times": None})
        order = venue.info("openOrders")[-1]
        position = venue.info("clearinghouseState")["assetPositions"][0]["position"]
        balances = {b["coin"]: b for b in venue.info("spotClearinghouseState")["balances"]}

        assert ("0.02", "0.01") == (order["sz"], position["szi"])
        assert 1 == len(venue.info("userFills"))
        assert ("10000000.0", "80.0") == (balances["USDC"]["total"], balances["USDC"]["hold"])
        assert "100000.0" == balances["HYPE"]["total"]

    def test_the_past_is_found_by_client_order_id(self) -> None:
        venue = desk()
        venue.rest("50000", c="0x" + "0" * 31 + "1")
        venue.at_ms += 1000
        venue.control("faults", add={"kind": "read_lag", "lag_ms": 100, "times": None})

        assert "open" == venue.status("0x" + "0" * 31 + "1")

    def test_a_lag_by_switch_is_random_within_its_limit(self) -> None:
        def misses(seed: int) -> list[bool]:
            venue = desk(seed, read_lag_ms_max=1000)
            venue.at_ms += 10_000
            oid = venue.rest("50000")
            venue.at_ms += 500
            return [venue.status(oid) == "unknownOid" for _ in range(30)]

        assert misses(3) == misses(3)
        assert {True, False} == set(misses(3))

    def test_a_lag_by_rule_is_random_when_not_given(self) -> None:
        venue = desk()
        venue.control("faults", add={"kind": "read_lag", "times": None})
        venue.at_ms += 10_000
        oid = venue.rest("50000")
        venue.at_ms += 500

        assert 2 == len({venue.status(oid) for _ in range(30)})

    def test_writes_never_lag(self) -> None:
        venue = desk()
        venue.control("faults", add={"kind": "read_lag", "lag_ms": 800, "times": None})
        oid = venue.rest("50000")

        assert ["success"] == venue.cancel(oid)

    def test_a_lag_joins_another_fault(self) -> None:
        venue = desk()
        oid = venue.rest("50000")
        venue.at_ms += 1000
        venue.cancel(oid)
        for fault in (Fault(kind="read_lag", lag_ms=500), Fault(kind="slow_reply", delay_ms=9)):
            venue.simulator.faults.add(fault)
        response = venue.post("/info", {"type": "openOrders", "user": ALICE})

        assert (1, 9) == (len(response.json()), response.delay_ms)

    def test_the_venue_forgets_the_distant_past(self) -> None:
        venue = desk()
        venue.rest("50000")
        venue.control("trade", oid=venue.rest("50000"))
        venue.at_ms += 60_000
        venue.info("openOrders")

        assert 0 == len(venue.simulator.world.journal)


class TestClockSkew:
    def test_the_venues_clock_is_ahead(self) -> None:
        venue = desk()
        venue.control("faults", add={"kind": "clock_skew", "skew_ms": 5000})

        assert NOW + 5000 == venue.info("exchangeStatus")["time"]
        assert "Action already expired" == venue.act({"type": "noop"}, expiresAfter=NOW)["response"]

    def test_a_clock_never_goes_back(self) -> None:
        venue = desk()
        venue.control("faults", add={"kind": "clock_skew", "skew_ms": -5000})
        venue.at_ms += 4000
        stopped = venue.info("exchangeStatus")["time"]
        venue.at_ms += 2000

        assert (NOW, NOW + 1000) == (stopped, venue.info("exchangeStatus")["time"])
