"""Positions, balances, roles and budgets."""

from decimal import Decimal

import pytest

from reconciler.model.snapshot import RequestBudget
from reconciler.venues.hyperliquid.replies.account import (
    Agent,
    Balance,
    Role,
    clearinghouse,
    extra_agents,
    request_budget,
    spot_balances,
    user_role,
)
from reconciler.venues.shape import Malformed
from tests.venues.support import recorded

USER = "0xAbCd000000000000000000000000000000000001"


def holding(coin, szi, type_="oneWay"):
    return {"type": type_, "position": {"coin": coin, "szi": szi}}


def state(*positions, **changes):
    return {"assetPositions": list(positions), "time": 5, **changes}


def test_recorded_positions_are_read():
    """The recording is older than the venue's time in it."""
    found = clearinghouse({**recorded("clearinghouseState"), "time": 5})

    assert 5 == found.at_ms
    assert Decimal("-0.00785") == found.positions["BTC"]
    assert Decimal("0.1334") == found.positions["ETH"]


def test_a_flat_position_is_no_position():
    assert {"ETH": Decimal(1)} == clearinghouse(
        state(holding("BTC", "0.0"), holding("SOL", "-0.0"), holding("ETH", "1.0"))
    ).positions


@pytest.mark.parametrize(
    "reply",
    [
        None,
        {},
        recorded("clearinghouseState"),
        state(time="5"),
        state(holding("BTC", "1.0"), holding("BTC", "2.0")),
        state(holding("BTC", "1.0", "twoWay")),
        state(holding("BTC", "--1")),
        state(holding("BTC", 1.0)),
        state({"type": "oneWay"}),
        {"time": 5},
    ],
)
def test_a_malformed_state_is_not_a_flat_account(reply):
    with pytest.raises(Malformed):
        clearinghouse(reply)


def test_what_new_orders_may_use_is_read():
    found = clearinghouse(state(holding("BTC", "1.0"), withdrawable="12.5"))

    assert Decimal("12.5") == found.free


def test_what_new_orders_may_use_may_be_unsaid():
    assert clearinghouse(state()).free is None


def test_the_leverage_of_a_position_is_read():
    position = {"coin": "BTC", "szi": "1.0", "leverage": {"type": "cross", "value": 20}}

    found = clearinghouse(state({"type": "oneWay", "position": position}, holding("ETH", "1.0")))

    assert {"BTC": 20} == found.leverages


def balance(coin, total, hold="0.0"):
    return {"coin": coin, "token": 1, "total": total, "hold": hold, "entryNtl": "0.0"}


def test_balances_are_read():
    rows = [balance("USDC", "14.6", "4.5"), balance("PURR", "2000.0"), balance("X", "0.0")]

    assert {
        "USDC": Balance(total=Decimal("14.6"), free=Decimal("10.1")),
        "PURR": Balance(total=Decimal(2000), free=Decimal(2000)),
    } == spot_balances({"balances": rows})


def test_a_balance_that_says_nothing_of_holds_is_free():
    row = {"coin": "PURR", "total": "5.0"}

    assert Decimal(5) == spot_balances({"balances": [row]})["PURR"].free


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"balances": {}},
        {"balances": [{}]},
        {"balances": [balance("PURR", "1.0"), balance("PURR", "2.0")]},
    ],
)
def test_malformed_balances_are_not_empty_ones(reply):
    with pytest.raises(Malformed):
        spot_balances(reply)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (recorded("userRole"), Role(name="vault")),
        ({"role": "missing"}, Role(name="missing")),
        ({"role": "agent", "data": {"user": USER}}, Role(name="agent", owner=USER.lower())),
        (
            {"role": "subAccount", "data": {"master": USER}},
            Role(name="subAccount", owner=USER.lower()),
        ),
        ({"role": "next year's"}, Role(name="next year's")),
    ],
)
def test_a_role_is_read(reply, expected):
    assert expected == user_role(reply)


@pytest.mark.parametrize("reply", [None, {}, {"role": "agent"}, {"role": "subAccount", "data": {}}])
def test_a_malformed_role_is_no_role(reply):
    with pytest.raises(Malformed):
        user_role(reply)


def test_the_recorded_budget_is_read():
    expected = RequestBudget(
        used=36589831368,
        cap=170043731737,
        cancel_cap=170043731737 + 100_000,
        open_max=5_000,
        protective_open_max=1_000,
    )

    assert expected == request_budget(recorded("userRateLimit"))


def test_what_was_reserved_adds_to_the_budget():
    reply = {"cumVlm": "0.0", "nRequestsUsed": 0, "nRequestsCap": 10000, "nRequestsSurplus": 500}

    assert 10500 == request_budget(reply).left
    assert 20500 == request_budget(reply).cancels_left


@pytest.mark.parametrize(
    ("used", "cap", "left", "cancels"),
    [
        (0, 10_000, 10_000, 20_000),
        (10_000, 10_000, 0, 10_000),
        (20_001, 10_000, 0, 0),
        (0, 100_000, 100_000, 200_000),
        (0, 100_001, 100_001, 200_001),
        (0, 500_000, 500_000, 600_000),
    ],
)
def test_cancels_have_an_allowance_of_their_own(used, cap, left, cancels):
    budget = request_budget({"nRequestsUsed": used, "nRequestsCap": cap})

    assert (left, cancels) == (budget.left, budget.cancels_left)


@pytest.mark.parametrize(
    ("volume", "orders"),
    [
        ("0.0", 1_000),
        ("4999999.99", 1_000),
        ("5000000.0", 1_001),
        ("19999999999.0", 4_999),
        ("20000000000.0", 5_000),
        ("99999999999.0", 5_000),
    ],
)
def test_what_was_traded_adds_to_the_orders_that_may_be_open(volume, orders):
    reply = {"cumVlm": volume, "nRequestsUsed": 0, "nRequestsCap": 10000}

    assert (orders, 1_000) == (
        request_budget(reply).open_max,
        request_budget(reply).protective_open_max,
    )


@pytest.mark.parametrize(
    "reply", [None, {}, {"nRequestsUsed": "1", "nRequestsCap": 2}, {"nRequestsUsed": 1}]
)
def test_a_malformed_budget_is_no_budget(reply):
    with pytest.raises(Malformed):
        request_budget(reply)


def test_recorded_agents_are_read():
    ok, new = extra_agents(recorded("extraAgents"))

    assert (
        Agent(
            name="ok",
            address="0x286edfa08c04f6899dab3bfdecf2dd133f9733b9",
            valid_until_ms=1767776120478,
        )
        == ok
    )
    assert ("new", 1771174068515) == (new.name, new.valid_until_ms)


def test_an_agent_may_have_no_end():
    reply = [{"name": "a", "address": "0x" + "AB" * 20, "validUntil": None}]

    assert (Agent(name="a", address="0x" + "ab" * 20),) == extra_agents(reply)


@pytest.mark.parametrize("reply", [None, [{}], [{"name": "a", "address": "0x", "validUntil": "x"}]])
def test_malformed_agents_are_no_agents(reply):
    with pytest.raises(Malformed):
        extra_agents(reply)
