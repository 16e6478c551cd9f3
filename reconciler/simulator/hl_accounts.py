"""Hyperliquid's other actions: leverage, the dead man's switch, agents, sub-accounts, budgets.

Source: pages `exchange-endpoint` and `nonces-and-api-wallets` (checked 2026-08-22).
"""

from __future__ import annotations

import hashlib
import re
from decimal import ROUND_DOWN, Decimal

from reconciler.simulator import engine, hl_actions
from reconciler.simulator import hl_replies as replies
from reconciler.simulator.accounts import Account, Agent, Leverage
from reconciler.simulator.hl_actions import Json
from reconciler.simulator.hl_trading import instrument_of
from reconciler.simulator.ledger import leverage_of
from reconciler.simulator.markets import FIRST_DEX
from reconciler.simulator.nonces import DAY_MS
from reconciler.simulator.numbers import ZERO, canonical
from reconciler.simulator.orders import SCHEDULED_CANCEL
from reconciler.simulator.world import World

SCHEDULE_AHEAD_MS_MIN = 5_000
SCHEDULED_CANCELS_A_DAY_MAX = 10
NAMED_AGENTS_MAX = 3
NAMED_AGENTS_PER_SUB_ACCOUNT = 2
AGENT_NAME_LENGTH_MAX = 16
AGENT_VALIDITY_MS_MAX = 180 * DAY_MS
VALID_UNTIL = re.compile(r"(?P<name>.*) valid_until (?P<ms>[0-9]{1,15})\Z")
ZERO_ADDRESS = "0x" + "0" * 40
REQUEST_PRICE = Decimal("0.0005")
MICRO = Decimal(1_000_000)
BUILDER_RATE = re.compile(r"(?P<percent>[0-9]{1,3}(\.[0-9]{1,8})?)%\Z")
TENTHS_OF_BP_PER_PERCENT = 1000
BUILDERS_MAX = 10


def perform_schedule_cancel(
    world: World, account: Account, action: hl_actions.ScheduleCancel
) -> Json:
    """Set or unset the time at which all orders of the account end."""
    least = world.switches.schedule_cancel_volume_min
    if account.volume < least:
        traded = account.volume.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
        return replies.err(
            "Cannot set scheduled cancel time until enough volume traded. "
            f"Required: ${canonical(least)}. Traded: ${traded}."
        )
    time_ms = action.time_ms
    if time_ms is not None and time_ms < world.now_ms + SCHEDULE_AHEAD_MS_MIN:
        return replies.err("Scheduled cancel time must be at least 5 seconds ahead.")  # (invented)
    account.cancel_at_ms = time_ms
    return replies.ok("default")


def run_scheduled_cancels(world: World, until_ms: int) -> None:
    """End the orders of every account whose scheduled time has come, at that time."""
    due = [
        account
        for account in world.accounts.values()
        if account.cancel_at_ms is not None and account.cancel_at_ms <= until_ms
    ]
    for account in sorted(due, key=lambda each: each.cancel_at_ms or 0):
        assert account.cancel_at_ms is not None
        world.advance(account.cancel_at_ms)
        account.cancel_at_ms = None
        _cancel_all(world, account)


def _cancel_all(world: World, account: Account) -> None:
    day = world.now_ms // DAY_MS
    fired = account.scheduled_cancels.get(day, 0)
    if fired >= SCHEDULED_CANCELS_A_DAY_MAX:
        return
    account.scheduled_cancels[day] = fired + 1
    for order in list(account.live.values()):
        if order.is_live:
            engine.cancel(world, order, SCHEDULED_CANCEL)


def perform_update_leverage(
    world: World, account: Account, action: hl_actions.UpdateLeverage
) -> Json:
    """Set the leverage of one perp."""
    instrument = instrument_of(world, action.asset)
    if instrument.is_spot or not 1 <= action.leverage <= instrument.leverage_max:
        return replies.err("Invalid leverage value")  # (invented)
    if action.is_cross and instrument.is_isolated_only:
        return replies.err("Cross margin is not allowed for this asset.")  # (invented)
    present = leverage_of(account, instrument)
    if instrument.asset in account.positions and present.is_cross != action.is_cross:
        return replies.err("Cannot switch leverage type with open position.")
    account.leverages[instrument.asset] = Leverage(action.leverage, is_cross=action.is_cross)
    return replies.ok("default")


def perform_approve_agent(world: World, account: Account, action: hl_actions.ApproveAgent) -> Json:
    """Approve, replace or revoke an agent."""
    name, valid_until_ms = _agent_name(action.name)
    if len(name) > AGENT_NAME_LENGTH_MAX:
        return replies.err("Agent name is too long.")  # (invented)
    if valid_until_ms is not None and not (
        world.now_ms < valid_until_ms <= world.now_ms + AGENT_VALIDITY_MS_MAX
    ):
        return replies.err("Agent valid_until already expired.")
    same_name = [a for a in world.agents.values() if a.master == account.address and a.name == name]
    is_taken = action.agent in world.agents or action.agent in world.accounts
    if is_taken and action.agent not in [agent.address for agent in same_name]:
        return replies.err("Extra agent already used.")
    most = agents_max(world, account)
    if name and not same_name and _named_agents(world, account) >= most:
        text = "Too many extra agents for cumulative volume traded. Current limit is"
        return replies.err(f"{text} {most}")
    for agent in same_name:
        del world.agents[agent.address]
    if action.agent != ZERO_ADDRESS:
        world.agents[action.agent] = Agent(
            address=action.agent,
            master=account.address,
            name=name,
            valid_until_ms=valid_until_ms,
        )
    return replies.ok("default")


def agents_max(world: World, account: Account) -> int:
    """Return how many named agents an account may have."""
    subs = sum(
        1
        for each in world.accounts.values()
        if each.role == "subAccount" and each.master == account.address
    )
    return NAMED_AGENTS_MAX + NAMED_AGENTS_PER_SUB_ACCOUNT * subs


def perform_approve_builder_fee(account: Account, action: hl_actions.ApproveBuilderFee) -> Json:
    """Approve the highest fee a builder may take."""
    found = BUILDER_RATE.match(action.rate)
    if found is None:
        return replies.err("Invalid builder fee rate.")  # (invented)
    is_new = action.builder not in account.builder_fees
    if is_new and len(account.builder_fees) >= BUILDERS_MAX:
        return replies.err("Too many approved builders.")  # (invented)
    account.builder_fees[action.builder] = int(Decimal(found["percent"]) * TENTHS_OF_BP_PER_PERCENT)
    return replies.ok("default")


def perform_reserve_weight(
    world: World, account: Account, action: hl_actions.ReserveRequestWeight
) -> Json:
    """Buy requests by address from the perp balance."""
    receiver = account
    if action.destination is not None:
        receiver = world.accounts.get(action.destination, account)
    cash = account.cash.get(FIRST_DEX, ZERO)
    price = REQUEST_PRICE * action.weight
    if cash < price:
        return replies.err("Insufficient balance to reserve request weight.")  # (invented)
    world.remember_money(account)
    account.cash[FIRST_DEX] = cash - price
    receiver.reserved_requests += action.weight
    return replies.ok("default")


def perform_create_sub_account(
    world: World, account: Account, action: hl_actions.CreateSubAccount
) -> Json:
    """Create a sub-account whose address follows from its master and its name."""
    digest = hashlib.sha256(f"{account.address}:{action.name}".encode()).hexdigest()
    address = "0x" + digest[:40]
    if address in world.accounts:
        return replies.err("Sub-account name is taken.")  # (invented)
    world.accounts[address] = Account(
        address=address, role="subAccount", master=account.address, name=action.name
    )
    return replies.ok("createSubAccount", address)


def perform_sub_account_transfer(
    world: World, account: Account, action: hl_actions.SubAccountTransfer
) -> Json:
    """Move USDC of the first dex between a master and its sub-account."""
    sub = world.accounts.get(action.sub_account)
    if sub is None or sub.role != "subAccount" or sub.master != account.address:
        return replies.err(f"Invalid sub-account: {action.sub_account}")  # (invented)
    giver, taker = (account, sub) if action.is_deposit else (sub, account)
    amount = Decimal(action.usd) / MICRO
    if giver.cash.get(FIRST_DEX, ZERO) < amount:
        return replies.err("Insufficient balance for transfer.")  # (invented)
    for each, change in ((giver, -amount), (taker, amount)):
        world.remember_money(each)
        each.cash[FIRST_DEX] = each.cash.get(FIRST_DEX, ZERO) + change
    return replies.ok("default")


def _agent_name(text: str) -> tuple[str, int | None]:
    """Split a name from the expiry appended to it."""
    found = VALID_UNTIL.match(text)
    return (found["name"], int(found["ms"])) if found else (text, None)


def _named_agents(world: World, account: Account) -> int:
    return sum(
        1 for agent in world.agents.values() if agent.master == account.address and agent.name
    )
