"""What follows from a fill or an ending: groups, reduce-only orders, triggers.

Rules of Hyperliquid's pages `trading/take-profit-and-stop-loss-orders-tp-sl` and `order-types`
(checked 2026-08-22); the oldest-first rule for reduce-only orders was measured on testnet 2026-09.
Everything happens at once; the venue does it at block boundaries.

Where the pages are silent: a lone reduce-only order larger than the position stays (its fills are
capped), several are cut down oldest first; without a position all of that side end. Orders of
`positionTpsl` end with the position. An order beside a sibling ends it as soon as it has ended with
any fill.
"""

from __future__ import annotations

from decimal import Decimal

from reconciler.simulator.accounts import Account
from reconciler.simulator.matching import execute
from reconciler.simulator.numbers import ZERO
from reconciler.simulator.orders import (
    CANCELED,
    FILLED,
    MARGIN_CANCELED,
    REDUCE_ONLY_CANCELED,
    SIBLING_FILLED_CANCELED,
    TRIGGERED,
    Order,
    Phase,
)
from reconciler.simulator.world import Finished, PositionChanged, World

SETTLEMENT_STEPS_MAX = 100_000


def settle(world: World) -> None:
    """Work off all events, and those which that causes."""
    steps = 0
    while world.events:
        steps += 1
        assert steps <= SETTLEMENT_STEPS_MAX, "settlement comes to an end"
        event = world.events.popleft()
        if isinstance(event, Finished):
            _tell_relatives(world, event.order)
        else:
            _fit_to_position(world, event)


def fire_triggers(world: World, asset: int) -> None:
    """Fire every armed order of an instrument which its mark price has reached, oldest first."""
    for order in list(world.armed.get(asset, {}).values()):
        if order.phase is Phase.ARMED:
            fire_if_crossed(world, order)
            settle(world)


def fire_if_crossed(world: World, order: Order) -> None:
    """Let an armed order work when the mark price has reached its trigger."""
    trigger = order.terms.trigger
    assert trigger is not None
    assert order.phase is Phase.ARMED
    mark = world.book(order.terms.instrument).mark
    if not trigger.is_crossed_by(mark, is_buy=order.terms.is_buy):
        return
    quantity = order.quantity
    if order.terms.is_reduce_only:
        asset, is_buy = order.terms.instrument.asset, order.terms.is_buy
        reducible = order.account.reducible(asset, is_buy=is_buy)
        if not reducible:
            world.finish(order, REDUCE_ONLY_CANCELED)
            return
        quantity = reducible if order.terms.is_whole_position else quantity
    world.release(order, quantity=quantity, status=TRIGGERED)
    execute(world, order)


def trim_reduce_only(world: World, account: Account, asset: int) -> None:
    """Cancel the oldest reduce-only orders of an account until the rest fits its position."""
    for is_buy in (True, False):
        orders = [
            order
            for order in account.reducing.get(asset, {}).values()
            if order.terms.is_buy == is_buy
        ]
        _trim_side(world, orders, account.reducible(asset, is_buy=is_buy))


def _trim_side(world: World, orders: list[Order], reducible: Decimal) -> None:
    total = sum((order.remaining for order in orders), ZERO)
    for index, order in enumerate(orders):
        is_last = index == len(orders) - 1
        if total <= reducible or (is_last and reducible):
            return
        total -= order.remaining
        world.finish(order, REDUCE_ONLY_CANCELED)


def _fit_to_position(world: World, event: PositionChanged) -> None:
    account, asset = event.account, event.asset
    if account.is_background:
        return
    if account.reducing.get(asset):
        trim_reduce_only(world, account, asset)
    if not world.switches.end_position_orders:
        return
    for order in list(world.armed.get(asset, {}).values()):
        if order.account is not account or order.terms.grouping != "positionTpsl":
            continue
        if not account.reducible(asset, is_buy=order.terms.is_buy):
            world.finish(order, REDUCE_ONLY_CANCELED)


def _tell_relatives(world: World, order: Order) -> None:
    if order.filled and order.siblings:
        for sibling in order.siblings:
            if sibling.is_live:
                world.finish(sibling, SIBLING_FILLED_CANCELED)
    for child in order.children:
        if child.phase is Phase.WAITING:
            _decide_child(world, order, child)


def _decide_child(world: World, parent: Order, child: Order) -> None:
    """Arm a child if its parent filled in full, or in part until margin ran out; else end it."""
    ran_out = parent.filled and (parent.status == MARGIN_CANCELED or parent.was_short_of_margin)
    is_cut = parent.filled and parent.terms.time_in_force.is_immediate
    is_armed_when_cut = is_cut and world.switches.arm_children_of_cut_parent
    if parent.status == FILLED or ran_out or is_armed_when_cut:
        world.arm(child)
        fire_if_crossed(world, child)
    else:
        world.finish(child, CANCELED)
