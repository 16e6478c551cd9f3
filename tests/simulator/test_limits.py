"""Rate limits by client address and by account."""

import pytest

from reconciler.simulator.limits import action_weight, items_weight, read_weight
from tests.simulator.venue import ALICE, NOW, Desk, cloid, desk, limit

NOOP = {"type": "noop"}


def spent(venue: Desk, requests: int) -> None:
    """Pretend that Alice has sent so many requests."""
    venue.simulator.world.accounts[ALICE].requests = requests


@pytest.mark.parametrize(
    ("kind", "weight"),
    [
        ("l2Book", 2),
        ("allMids", 2),
        ("clearinghouseState", 2),
        ("orderStatus", 2),
        ("spotClearinghouseState", 2),
        ("exchangeStatus", 2),
        ("userRole", 60),
        ("frontendOpenOrders", 20),
        ("meta", 20),
    ],
)
def test_a_read_has_the_documented_weight(kind: str, weight: int) -> None:
    assert weight == read_weight(kind)


@pytest.mark.parametrize(("length", "weight"), [(0, 1), (39, 1), (40, 2), (79, 2), (80, 3)])
def test_an_action_weighs_one_and_one_per_forty_items(length: int, weight: int) -> None:
    assert weight == action_weight(length)


def test_lists_cost_one_more_per_twenty_items() -> None:
    assert (2, 0) == (items_weight("userFills", 59), items_weight("openOrders", 59))


def test_over_the_limit_a_client_is_answered_429_with_null() -> None:
    venue = desk(limit_ips=True)
    codes = [venue.post("/info", {"type": "meta"}).status for _ in range(61)]
    refused = venue.post("/info", {"type": "meta"})

    assert [200] * 60 + [429] == codes
    assert (429, b"null") == (refused.status, refused.body)


def test_a_refused_action_is_not_executed() -> None:
    venue = desk(limit_ips=True)
    for _ in range(60):
        venue.post("/info", {"type": "meta"})

    assert 429 == venue.post("/exchange", venue.envelope(NOOP, nonce=NOW)).status
    venue.at_ms += 60_000
    assert 200 == venue.post("/exchange", venue.envelope(NOOP, nonce=NOW)).status


def test_clients_are_counted_apart() -> None:
    venue = desk(limit_ips=True)
    for _ in range(60):
        venue.post("/info", {"type": "meta"})

    assert 200 == venue.post("/info", {"type": "meta"}, client_ip="10.0.0.2").status


def test_items_of_a_list_are_charged_afterwards() -> None:
    venue = desk(limit_ips=True)
    for number in range(40):
        venue.rest("50000", c=cloid(number + 1))
    statuses = [
        venue.post("/info", {"type": "historicalOrders", "user": ALICE}).status for _ in range(54)
    ]

    assert (200, 429) == (statuses[51], statuses[53])


def test_the_budget_counts_the_items_of_a_batch() -> None:
    venue = desk()
    venue.order(limit("50000"), limit("50001"))
    venue.act(NOOP)
    used = venue.info("userRateLimit")

    assert (3, 10_000, 0) == (
        used["nRequestsUsed"],
        used["nRequestsCap"],
        used["nRequestsSurplus"],
    )


def test_traded_volume_adds_to_the_budget() -> None:
    venue = desk()
    venue.buy_position("0.1")

    assert 16_000 == venue.info("userRateLimit")["nRequestsCap"]


def test_without_budget_one_request_in_ten_seconds_passes() -> None:
    venue = desk(limit_addresses=True)
    spent(venue, 10_000)
    first, second = venue.act(NOOP), venue.act(NOOP)
    venue.at_ms += 10_000
    third = venue.act(NOOP)
    text = (
        "Too many cumulative requests sent (10002 > 10000) for cumulative volume traded $0.00. "
        "Place taker orders to free up 1 request per USDC traded."
    )

    assert ["ok", "err", "ok"] == [each["status"] for each in (first, second, third)]
    assert text == second["response"]


def test_refused_requests_are_not_charged() -> None:
    venue = desk(limit_addresses=True)
    spent(venue, 10_000)
    for _ in range(5):
        venue.act(NOOP)

    assert 10_001 == venue.info("userRateLimit")["nRequestsUsed"]


def test_cancels_have_a_larger_budget() -> None:
    venue = desk(limit_addresses=True)
    oids = [venue.rest("50000"), venue.rest("50000")]
    spent(venue, 15_000)
    venue.act(NOOP)

    assert ["success"] * 2 == venue.cancel(*oids)


def budget(venue: Desk, user: str = ALICE) -> tuple[int, int, int]:
    """Return what was used, the cap, and what is left of what was bought."""
    told = venue.info("userRateLimit", user)
    return told["nRequestsUsed"], told["nRequestsCap"], told["nRequestsSurplus"]


def test_requests_can_be_bought() -> None:
    venue = desk()
    venue.act({"type": "reserveRequestWeight", "weight": 1000})
    value = venue.info("clearinghouseState")["marginSummary"]["accountValue"]

    assert ((0, 10_000, 999), "9999999.5") == (budget(venue), value)


def test_what_was_bought_is_used_first() -> None:
    venue = desk()
    venue.act({"type": "reserveRequestWeight", "weight": 1000})
    spent(venue, 1005)

    assert (5, 10_000, 0) == budget(venue)


@pytest.mark.parametrize(("used", "status"), [(10_999, "ok"), (11_000, "err")])
def test_what_was_bought_adds_to_the_budget(used: int, status: str) -> None:
    venue = desk(limit_addresses=True)
    venue.act({"type": "reserveRequestWeight", "weight": 1000})
    venue.simulator.world.accounts[ALICE].last_over_budget_at_ms = NOW
    spent(venue, used)

    assert status == venue.act(NOOP)["status"]


def test_requests_can_be_bought_for_another() -> None:
    venue = desk()
    bob = "0x" + "b2" * 20
    venue.act({"type": "reserveRequestWeight", "weight": 1000, "destination": bob})

    assert (0, 10_000, 1000) == budget(venue, bob)


def test_requests_cannot_be_bought_on_credit() -> None:
    action = {"type": "reserveRequestWeight", "weight": 10**12}

    assert "err" == desk().act(action)["status"]


def test_requests_can_be_spent_without_sending_them() -> None:
    venue = desk()
    venue.control("spend_requests", account=ALICE, count=7)

    assert (7, 10_000, 0) == budget(venue)


def test_the_weight_of_the_last_minute_is_told() -> None:
    venue = desk(limit_ips=True)
    venue.info("allMids")
    venue.act(NOOP)
    spent_now = venue.control("weight", client_ip="127.0.0.1")
    venue.at_ms = NOW + 60_000

    assert [3, 0] == [spent_now["weight"], venue.control("weight")["weight"]]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("refuse", "Too many requests (4 > 3) while traffic is high"),
        ("expire", "Action already expired"),
    ],
)
def test_while_traffic_is_high_an_address_gets_so_much_in_ten_seconds(
    reply: str, text: str
) -> None:
    venue = desk(congestion_items_max=3, congestion_reply=reply)
    said = [venue.act(NOOP)["response"] for _ in range(4)]
    venue.at_ms += 10_000

    assert text == said[3]
    assert "ok" == venue.act(NOOP)["status"]


def test_a_large_batch_passes_when_nothing_else_did_of_late() -> None:
    venue = desk(congestion_items_max=1)

    assert 2 == len(venue.order(limit("59000", "0.01"), limit("58000", "0.01")))


def test_an_address_may_have_so_many_actions_a_day() -> None:
    venue = desk(daily_actions_max=2)
    said = [venue.act(NOOP)["status"] for _ in range(3)]
    venue.at_ms += 86_400_000

    assert ["ok", "ok", "err", "ok"] == [*said, venue.act(NOOP)["status"]]
