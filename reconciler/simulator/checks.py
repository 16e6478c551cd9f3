"""Why the venue refuses an order.

Two stages, as measured on testnet 2026-08 and documented on the page `error-responses`: errors of
*shape* void the whole action with one status; errors at *entry* refuse one order, and the venue
then appends ` asset=N`. Texts marked (invented) have no recorded original.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from reconciler.simulator.accounts import Account
from reconciler.simulator.ledger import can_rest, spot_free
from reconciler.simulator.markets import Instrument
from reconciler.simulator.matching import NO_MARGIN, crosses, has_quotes
from reconciler.simulator.numbers import (
    ZERO,
    canonical,
    decimals_of,
    has_too_many_figures,
)
from reconciler.simulator.orders import Refusal, Terms, TimeInForce
from reconciler.simulator.world import World

OPEN_ORDERS_CEILING = 5000
VOLUME_PER_OPEN_ORDER = Decimal(5_000_000)
RESTRICTED_OPEN_ORDERS = 1000
"""From here on reduce-only and trigger orders are refused, whatever the limit."""

LIMIT_VALUE_FACTOR = 10
VALUE_MAX_BY_LEVERAGE = ((25, 30_000_000), (20, 5_000_000), (10, 2_000_000), (0, 500_000))
SPOT_VALUE_MAX = 1_000_000_000_000
"""No limit is documented for spot; this one keeps sums exact."""

OFF_TICK = Refusal(text="Price must be divisible by tick size.", status="tickRejected")
INVALID_TRIGGER = Refusal(text="Invalid TP/SL price.", status="badTriggerPxRejected")


def shape_refusal(world: World, terms: Terms) -> Refusal | None:
    """Return the error which voids a whole action, without a venue order id; None when sound."""
    instrument = terms.instrument
    if terms.quantity == ZERO and not terms.is_whole_position:
        return Refusal(text="Order has zero size.")
    if terms.quantity < ZERO or decimals_of(terms.quantity) > instrument.quantity_decimals:
        return Refusal(text="Order has invalid size.")
    prices = [terms.price] + ([terms.trigger.price] if terms.trigger else [])
    if any(price <= ZERO or has_too_many_figures(price) for price in prices):
        return Refusal(text="Order has invalid price.")
    if instrument.is_spot and terms.trigger is not None:
        return Refusal(text="Placing trigger orders is not enabled on spot trading yet.")
    if instrument.is_spot and terms.is_reduce_only:
        return Refusal(text="Reduce-only is invalid for spot trading.")
    if world.switches.tick_is_prevalidated and is_off_tick(terms):
        return Refusal(text=OFF_TICK.text)
    return _band_refusal(world, terms)


def is_off_tick(terms: Terms) -> bool:
    """Tell whether a price has more decimals than the instrument allows."""
    prices = [terms.price] + ([terms.trigger.price] if terms.trigger else [])
    most = terms.instrument.price_decimals
    return any(price != price.to_integral_value() and decimals_of(price) > most for price in prices)


def entry_refusal(world: World, account: Account, terms: Terms) -> Refusal | None:
    """Return why one order is refused on entry; None when it may work.

    The margin of immediate orders is not looked at here: they fill as far as it allows.
    """
    for check in _ENTRY_CHECKS:
        refusal = check(world, account, terms)
        if refusal is not None:
            return refusal
    return None


def value_max(instrument: Instrument, *, is_market: bool) -> int:
    """Return the largest value of one order in USDC.

    Source: page `trading/contract-specifications`; limit orders may have ten times as much.
    """
    if instrument.is_spot:
        return SPOT_VALUE_MAX
    value = next(most for least, most in VALUE_MAX_BY_LEVERAGE if instrument.leverage_max >= least)
    return value if is_market else value * LIMIT_VALUE_FACTOR


def open_orders_max(world: World, account: Account) -> int:
    """Return how many open orders an account may have (page `rate-limits`)."""
    extra = int(account.volume / VOLUME_PER_OPEN_ORDER)
    most = world.switches.open_orders_max
    return min(most + extra, max(most, OPEN_ORDERS_CEILING))


def _band_refusal(world: World, terms: Terms) -> Refusal | None:
    """Check the distance from the mark: accepted is 0.2 x mark < price <= 5 x mark at 80 %."""
    switches = world.switches
    is_spot = terms.instrument.is_spot
    percent = switches.spot_band_percent if is_spot else switches.perp_band_percent
    kept = Decimal(100 - percent) / 100
    mark = world.book(terms.instrument).mark
    if terms.price > kept * mark and terms.price * kept <= mark:
        return None
    text = f"Order price cannot be more than {percent}% away from the reference price"
    return Refusal(text=text)


def _check_listing(world: World, account: Account, terms: Terms) -> Refusal | None:
    if world.is_delisted(terms.instrument):
        return Refusal(text="Trading is halted.", status="rejected")
    if world.switches.is_post_only and terms.time_in_force is not TimeInForce.POST_ONLY:
        text = "Only post-only orders allowed immediately after a network upgrade"
        return Refusal(text=text, status="rejected")
    return None


def _check_tick(world: World, account: Account, terms: Terms) -> Refusal | None:
    return OFF_TICK if is_off_tick(terms) else None


def _check_cloid(world: World, account: Account, terms: Terms) -> Refusal | None:
    if not world.switches.refuse_open_cloid or terms.cloid is None:
        return None
    if account.open_with_cloid(terms.cloid) is None:
        return None
    return Refusal(text="Duplicate cloid.")  # (invented): no refusal was ever recorded


def _check_open_orders(world: World, account: Account, terms: Terms) -> Refusal | None:
    count = len(account.live)
    is_restricted = terms.is_reduce_only or terms.trigger is not None
    if count < open_orders_max(world, account) and not (
        is_restricted and count >= RESTRICTED_OPEN_ORDERS
    ):
        return None
    return Refusal(text="Too many open orders", status="tooManyOpenOrdersRejected")  # (invented)


def _check_value(world: World, account: Account, terms: Terms) -> Refusal | None:
    instrument = terms.instrument
    if terms.is_whole_position:
        return None
    value = _reference_price(world, terms) * terms.quantity
    if value < world.switches.minimum_notional and not _is_exempt(world, account, terms):
        least = canonical(world.switches.minimum_notional)
        if instrument.is_spot:
            text = f"Order must have minimum value of {least} {instrument.quote}."
            return Refusal(text=text, status="minTradeNtlRejected")
        text = f"Order must have minimum value of ${least}."
        return Refusal(text=text, status="minTradeNtlRejected")
    most = value_max(instrument, is_market=terms.time_in_force is TimeInForce.MARKET)
    if value > most:
        return Refusal(text=f"Order value too large. Max is ${most}.", status="rejected")
    return None


def _reference_price(world: World, terms: Terms) -> Decimal:
    """Return the price which values an order: of a spot IOC the first it crosses."""
    if terms.instrument.is_spot and terms.time_in_force.is_immediate:
        book = world.book(terms.instrument)
        best = book.best(is_buy=not terms.is_buy, with_quotes=has_quotes(world))
        return best or terms.price
    return terms.price


def _is_exempt(world: World, account: Account, terms: Terms) -> bool:
    if not world.switches.exempt_closing_order_from_minimum or not terms.is_reduce_only:
        return False
    if terms.trigger is not None:
        return True
    reducible = account.reducible(terms.instrument.asset, is_buy=terms.is_buy)
    return ZERO < reducible <= terms.quantity


def _check_trigger(world: World, account: Account, terms: Terms) -> Refusal | None:
    """Check the side of a market trigger's limit, and whether the mark has passed the trigger."""
    trigger = terms.trigger
    if trigger is None:
        return None
    if trigger.is_market:
        is_passive = terms.price < trigger.price if terms.is_buy else terms.price > trigger.price
        if is_passive:
            return INVALID_TRIGGER
    mark = world.book(terms.instrument).mark
    is_armed_at_once = terms.grouping != "normalTpsl"
    if is_armed_at_once and world.switches.refuse_crossed_trigger:
        return INVALID_TRIGGER if trigger.is_crossed_by(mark, is_buy=terms.is_buy) else None
    return None


def _check_reduce_only(world: World, account: Account, terms: Terms) -> Refusal | None:
    if not terms.is_reduce_only or terms.trigger is not None:
        return None
    if account.reducible(terms.instrument.asset, is_buy=terms.is_buy) > ZERO:
        return None
    text = "Reduce only order would increase position."
    return Refusal(text=text, status="reduceOnlyRejected")


def _check_funds(world: World, account: Account, terms: Terms) -> Refusal | None:
    if not world.switches.check_margin or terms.trigger is not None or terms.is_reduce_only:
        return None
    if terms.instrument.is_spot:
        return _spot_refusal(account, terms)
    if terms.time_in_force.is_immediate:
        return None
    change = terms.quantity if terms.is_buy else -terms.quantity
    return None if can_rest(world, account, terms.instrument, change) else NO_MARGIN


def _spot_refusal(account: Account, terms: Terms) -> Refusal | None:
    token = terms.instrument.quote if terms.is_buy else terms.instrument.base
    needed = terms.quantity * terms.price if terms.is_buy else terms.quantity
    if needed <= spot_free(account, token):
        return None
    return Refusal(text="Insufficient spot balance", status="insufficientSpotBalanceRejected")


def _check_post_only(world: World, account: Account, terms: Terms) -> Refusal | None:
    if terms.time_in_force is not TimeInForce.POST_ONLY or terms.trigger is not None:
        return None
    if not crosses(world, terms.price, is_buy=terms.is_buy, asset=terms.instrument.asset):
        return None
    book = world.book(terms.instrument)
    bid, ask = (
        canonical(book.best(is_buy=is_buy, with_quotes=has_quotes(world)))
        for is_buy in (True, False)
    )
    text = f"Post only order would have immediately matched, bbo was {bid}@{ask}."
    return Refusal(text=text, status="badAloPxRejected")


_ENTRY_CHECKS: tuple[Callable[[World, Account, Terms], Refusal | None], ...] = (
    _check_listing,
    _check_tick,
    _check_cloid,
    _check_open_orders,
    _check_value,
    _check_trigger,
    _check_reduce_only,
    _check_funds,
    _check_post_only,
)
