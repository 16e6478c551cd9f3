"""Take-profits and stop-losses which opening orders carry: waiting, watching, becoming orders.

Source: HTX's documentation of `swap_order`, `swap_relation_tpsl_order`, `swap_tpsl_openorders`
(checked 2025-11). That they begin to watch when their order has ended is (invented), what a partial
fill leaves of them is a switch; that the twin of one which was placed is cancelled is (invented).
"""

from __future__ import annotations

from reconciler.simulator.htx.checks import entry_refusal
from reconciler.simulator.htx.ledger import frozen_volume
from reconciler.simulator.htx.matching import execute
from reconciler.simulator.htx.orders import (
    STOP_CANCELLED,
    STOP_ENDED,
    STOP_FAILED,
    STOP_LIVE,
    STOP_PLACED,
    STOP_WATCHING,
    Order,
    Stop,
    Terms,
)
from reconciler.simulator.htx.prices import price_of_type
from reconciler.simulator.htx.world import World

ROUNDS_MAX = 10_000
NOTHING_TO_CLOSE = 1048
NO_OPPOSITE = 1016


def open_stops(world: World, order: Order) -> None:
    """Register what an order carries."""
    stops = [world.open_stop(order, each) for each in order.terms.attached]
    for stop in stops:
        stop.sibling = next((each for each in stops if each is not stop), None)


def settle(world: World) -> None:
    """Wake what waited for an order that has ended, and fire what the price has reached."""
    rounds = 0
    while True:
        rounds += 1
        assert rounds <= ROUNDS_MAX, "stops come to an end"
        stop = _reached(world)
        if stop is not None:
            _place(world, stop)
        elif not _wake(world):
            return


def cancel_stop(world: World, stop: Stop) -> None:
    """End a take-profit or stop-loss which has not become an order."""
    assert stop.status in STOP_LIVE, "it ends once"
    world.change_stop(stop, status=STOP_CANCELLED)


def _wake(world: World) -> bool:
    """Decide what becomes of stops whose order has ended; tell whether there was one."""
    ended = [stop for stop in world.waiting.values() if not stop.parent.is_live]
    for stop in ended:
        filled = stop.parent.filled
        is_cut = stop.parent.remaining and world.switches.stops_end_with_order
        if filled and not is_cut:
            world.change_stop(stop, status=STOP_WATCHING, volume=filled)
        else:
            world.change_stop(stop, status=STOP_ENDED)
    return bool(ended)


def _reached(world: World) -> Stop | None:
    """Return the oldest stop whose trigger the last price has reached."""
    for code, stops in world.watching.items():
        if stops:
            last = world.book(world.contracts[code]).last
            for stop in stops.values():
                trigger = stop.attached.trigger_price
                if last >= trigger if stop.fires_above else last <= trigger:
                    return stop
    return None


def _place(world: World, stop: Stop) -> None:
    """Let a stop become a closing order, or fail."""
    placed = _closing_order(world, stop)
    if isinstance(placed, int):
        world.change_stop(stop, status=STOP_FAILED, fail_code=placed)
        return
    world.change_stop(stop, status=STOP_PLACED, placed_oid=placed.oid)
    if stop.sibling is not None and stop.sibling.status in STOP_LIVE:
        cancel_stop(world, stop.sibling)
    execute(world, placed)


def _closing_order(world: World, stop: Stop) -> Order | int:
    """Return the order a stop becomes, or the code of what stands in the way."""
    contract, account = stop.parent.terms.contract, stop.parent.account
    attached, is_long = stop.attached, stop.parent.terms.is_long
    wallet = world.wallet(account, contract).value
    free = wallet.volume(is_long=is_long) - frozen_volume(account, contract, is_long=is_long)
    volume = min(stop.progress.value.volume, free)
    if volume <= 0:
        return NOTHING_TO_CLOSE
    price = attached.price
    if attached.price_type != "limit" or price is None:
        price = price_of_type(world, contract, attached.price_type, is_buy=stop.is_buy)
    if price is None:
        return NO_OPPOSITE
    terms = Terms(
        contract=contract,
        is_buy=stop.is_buy,
        is_open=False,
        price=price,
        volume=volume,
        leverage=wallet.leverage,
        price_type=attached.price_type,
        source="tpsl",
    )
    found = entry_refusal(world, account, terms)
    return found.code if found is not None else world.open_order(account, terms)
