"""Hyperliquid's trading actions: order, cancel, modify, carried out on the engine.

Source: page `exchange-endpoint` and its recorded replies (checked 2026-08-22).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.simulator import engine, hl_actions
from reconciler.simulator import hl_replies as replies
from reconciler.simulator.accounts import Account
from reconciler.simulator.hl_actions import Json, WireOrder
from reconciler.simulator.markets import BUILDER_OFFSET, SPOT_OFFSET, Instrument
from reconciler.simulator.orders import (
    Grouping,
    Order,
    Outcome,
    Refusal,
    Refused,
    Terms,
    TimeInForce,
)
from reconciler.simulator.world import World

EMPTY = Refusal(text="Orders are empty.")
NO_BUILDER = Refusal(text="Builder fee has not been approved")
COSTLY_BUILDER = Refusal(text="Builder fee is too high.")  # (invented)
PERP_BUILDER_FEE_MAX = 100
SPOT_BUILDER_FEE_MAX = 1000
BAD_PRIORITY = Refusal(text="Priority orders must be all IOC or all post-only.")  # (invented)
NOT_FAST = "Fast cancel is not allowed for trigger orders."  # (invented)
OTHER_ORDER = "Cannot modify asset or side of an order"  # (invented)
GROUPINGS: dict[str, Grouping] = {
    "na": "na",
    "normalTpsl": "normalTpsl",
    "positionTpsl": "positionTpsl",
}


class UnknownAsset(Exception):
    """An action names an asset which does not exist: the whole action is refused."""

    def __init__(self, asset: int) -> None:
        kind = "spot" if SPOT_OFFSET <= asset < BUILDER_OFFSET else "perp"
        super().__init__(f"Invalid {kind}")


def too_long(world: World, length: int) -> Json | None:
    """Refuse a batch over the limit as a whole; the limit and the text are guesses."""
    if length <= world.switches.batch_length_max:
        return None
    return replies.err(f"Too many items in batch: {length} > {world.switches.batch_length_max}")


def perform_order(world: World, account: Account, action: hl_actions.Order) -> Json:
    """Place a batch of orders."""
    grouping = GROUPINGS.get(str(action.grouping), "na")
    fee = action.builder[1] if action.builder is not None else 0
    batch = [replace(terms_of(world, order, grouping), builder_fee=fee) for order in action.orders]
    refusal = (
        _order_refusal(world, account, action)
        or _builder_refusal(batch, fee)
        or engine.batch_refusal(world, batch, grouping)
    )
    if refusal is not None:
        return _prevalidated(world, refusal)
    kept = [terms for terms in batch if not _vanishes(world, terms)]
    outcomes = iter(engine.place_batch(world, account, kept, grouping) if kept else ())
    entries = [
        {"resting": {"oid": world.unused_oid()}}
        if _vanishes(world, terms)
        else replies.status_of(next(outcomes))
        for terms in batch
    ]
    return replies.statuses("order", entries)


def perform_cancel(world: World, account: Account, action: hl_actions.Cancel) -> Json:
    """Cancel a batch of orders by venue or client order id."""
    entries: list[Any] = []
    for asset, target in action.cancels:
        order = _live(account, target)
        if order is None or order.terms.instrument.asset != asset:
            text = "Order was never placed, already canceled, or filled."
            entries.append({"error": f"{text} asset={asset}"})
        elif action.is_fast and order.is_untriggered:
            entries.append({"error": f"{NOT_FAST} asset={asset}"})
        else:
            engine.cancel(world, order)
            entries.append("success")
    return replies.statuses("cancel", entries)


def perform_modify(world: World, account: Account, action: hl_actions.Modify) -> Json:
    """Replace orders pair by pair; pre-validation errors leave all of them as they were."""
    pairs = [(target, terms_of(world, order, "na")) for target, order in action.modifies]
    if any(_is_other_order(_live(account, target), terms) for target, terms in pairs):
        return replies.err(OTHER_ORDER)
    refusal = engine.batch_refusal(world, [terms for _, terms in pairs], "na")
    if not pairs:
        refusal = EMPTY
    if refusal is not None:
        return _prevalidated(world, refusal) if action.is_batch else replies.err(refusal.text)
    outcomes = [
        _modify(world, account, _live(account, target), terms, action.is_always_placed)
        for target, terms in pairs
    ]
    if action.is_batch:
        return replies.statuses("order", [replies.status_of(outcome) for outcome in outcomes])
    outcome = outcomes[0]
    if isinstance(outcome, Refused):
        return replies.err(replies.error_text(outcome))
    return replies.ok("default")


def terms_of(world: World, order: WireOrder, grouping: Grouping) -> Terms:
    """Translate one order.

    Raises:
        UnknownAsset: its asset does not exist.
    """
    instrument = instrument_of(world, order.asset)
    time_in_force = order.time_in_force
    if time_in_force is None:
        is_market = order.trigger is not None and order.trigger.is_market
        time_in_force = TimeInForce.IOC if is_market else TimeInForce.GTC
    is_dropped = bool(instrument.dex) and world.switches.builder_dex_cloid == "drop"
    return Terms(
        instrument=instrument,
        is_buy=order.is_buy,
        price=order.price,
        quantity=order.quantity,
        time_in_force=time_in_force,
        is_reduce_only=order.is_reduce_only,
        cloid=None if is_dropped else order.cloid,
        trigger=order.trigger,
        grouping=grouping,
    )


def instrument_of(world: World, asset: int) -> Instrument:
    """Return an instrument by its integer id.

    Raises:
        UnknownAsset: it does not exist.
    """
    instrument = world.markets.by_asset.get(asset)
    if instrument is None:
        raise UnknownAsset(asset)
    return instrument


def shortened(action: hl_actions.Action, length: int) -> hl_actions.Action:
    """Return a batch with its first items only: what a fault lets through."""
    if isinstance(action, hl_actions.Order):
        return replace(action, orders=action.orders[:length])
    if isinstance(action, hl_actions.Cancel):
        return replace(action, cancels=action.cancels[:length])
    if isinstance(action, hl_actions.Modify):
        return replace(action, modifies=action.modifies[:length])
    return action


def _vanishes(world: World, terms: Terms) -> bool:
    """Tell whether an order is acknowledged without ever existing, by switch."""
    is_on_builder_dex = bool(terms.instrument.dex)
    has_cloid = terms.cloid is not None
    return is_on_builder_dex and has_cloid and world.switches.builder_dex_cloid == "vanish"


def _order_refusal(world: World, account: Account, action: hl_actions.Order) -> Refusal | None:
    if not action.orders:
        return EMPTY
    if isinstance(action.grouping, int) and not _may_have_priority(action.orders):
        return BAD_PRIORITY
    if action.builder is not None:
        builder, fee = action.builder
        # The main wallet approves, also for its sub-accounts and vaults.
        wallet = world.accounts.get(account.master or "", account)
        if wallet.builder_fees.get(builder, -1) < fee:
            return NO_BUILDER
    return None


def _builder_refusal(batch: list[Terms], fee: int) -> Refusal | None:
    """Hold the fee against its cap (page `trading/builder-codes`): tenths of a basis point."""
    is_costly = any(
        fee > (SPOT_BUILDER_FEE_MAX if terms.instrument.is_spot else PERP_BUILDER_FEE_MAX)
        for terms in batch
    )
    return COSTLY_BUILDER if is_costly else None


def _may_have_priority(orders: tuple[WireOrder, ...]) -> bool:
    if all(order.time_in_force is TimeInForce.IOC for order in orders):
        return True
    return all(
        order.time_in_force is TimeInForce.POST_ONLY and not order.is_reduce_only
        for order in orders
    )


def _prevalidated(world: World, refusal: Refusal) -> Json:
    """Answer an error which voids the action: one status for all of its orders."""
    if world.switches.prevalidation_is_top_level:
        return replies.err(refusal.text)
    return replies.statuses("order", [{"error": refusal.text}])


def _live(account: Account, target: int | str) -> Order | None:
    if isinstance(target, str):
        return account.open_with_cloid(target)
    return account.live.get(target)


def _is_other_order(order: Order | None, terms: Terms) -> bool:
    """Tell whether a modify would change what cannot be changed."""
    if order is None:
        return False
    return order.terms.instrument is not terms.instrument or order.terms.is_buy != terms.is_buy


def _modify(
    world: World, account: Account, target: Order | None, terms: Terms, is_always_placed: bool
) -> Outcome:
    amendment = engine.Amendment(target=target, terms=terms, is_always_placed=is_always_placed)
    return engine.modify(world, account, amendment)
