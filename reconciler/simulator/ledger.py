"""What a fill does to positions and balances, and how much an account can afford.

Sources: Hyperliquid's pages `trading/fees`, `trading/margining` (initial margin is
size x mark price / leverage), checked 2026-08-22. Isolated margin is counted like cross margin.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from reconciler.simulator.accounts import LEVERAGE_DEFAULT, Account, Leverage, Position
from reconciler.simulator.markets import Instrument
from reconciler.simulator.numbers import ZERO, cut
from reconciler.simulator.orders import Fill, Order
from reconciler.simulator.world import PositionChanged, World

PERP_TAKER_FEE = Decimal("0.00045")
PERP_MAKER_FEE = Decimal("0.00015")
SPOT_TAKER_FEE = Decimal("0.0007")
SPOT_MAKER_FEE = Decimal("0.0004")
TENTH_OF_BP = Decimal("0.00001")
FEE_STEP = Decimal("0.000001")
SPOT_FEE_STEP = Decimal("0.00000001")
TRADE_ID_BITS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Two orders met.

    Attributes:
        price: of the resting order, in quote currency.
        quantity: in base units.
    """

    price: Decimal
    quantity: Decimal
    trade_id: int


def trade_id_of(maker: Order, taker: Order) -> int:
    """Return the venue's id of a trade: a 50-bit hash of both venue order ids."""
    text = f"{maker.oid}:{taker.oid}:{maker.filled}".encode()
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - TRADE_ID_BITS)


def record_fill(world: World, order: Order, execution: Execution, *, is_crossing: bool) -> None:
    """Change one side's balances by an execution and append its fill."""
    account, instrument = order.account, order.terms.instrument
    world.remember_money(account)
    start = _base_size(account, instrument)
    notional = execution.price * execution.quantity
    fee, fee_token = _fee(world, order, execution, is_crossing=is_crossing)
    builder_fee = _builder_fee(world, order, notional)
    fee += builder_fee
    if instrument.is_spot:
        closed = ZERO
        _move_tokens(account, order, execution)
        account.tokens[fee_token] = account.tokens.get(fee_token, ZERO) - fee
    else:
        closed = _move_position(account, order, execution)
        cash = account.cash.get(instrument.dex, ZERO)
        account.cash[instrument.dex] = cash + closed - fee
        world.events.append(PositionChanged(account, instrument.asset))
    account.volume += notional
    account.fills.append(
        Fill(
            at_ms=world.now_ms,
            instrument=instrument,
            oid=order.oid,
            cloid=order.terms.cloid,
            is_buy=order.terms.is_buy,
            price=execution.price,
            quantity=execution.quantity,
            is_crossing=is_crossing,
            fee=fee,
            fee_token=fee_token,
            start_position=start,
            direction=_direction(order, start, execution.quantity),
            closed_pnl=closed,
            trade_id=execution.trade_id,
            builder_fee=builder_fee,
        )
    )


def leverage_of(account: Account, instrument: Instrument) -> Leverage:
    """Return the leverage of an account in a perp, or what a fresh account has."""
    chosen = account.leverages.get(instrument.asset)
    if chosen is not None:
        return chosen
    value = min(LEVERAGE_DEFAULT, instrument.leverage_max)
    return Leverage(value, is_cross=not instrument.is_isolated_only)


def account_value(world: World, account: Account, dex: str) -> Decimal:
    """Return cash and unrealised profit in one dex, in USDC."""
    value = account.cash.get(dex, ZERO)
    for asset, position in account.positions.items():
        instrument = world.markets.by_asset[asset]
        if instrument.dex == dex:
            value += position.size * world.book(instrument).mark - position.entry_value
    return value


def position_margin(world: World, account: Account, instrument: Instrument) -> Decimal:
    """Return the margin one position uses, in USDC."""
    size = abs(account.position_size(instrument.asset))
    return _margin(world, account, instrument, size)


def margin_required(world: World, account: Account, dex: str) -> Decimal:
    """Return the initial margin of positions and resting orders in one dex, in USDC.

    In each instrument the side counts on which the position would be larger if all filled.
    """
    required = ZERO
    for asset in account.positions.keys() | account.exposures.keys():
        instrument = world.markets.by_asset[asset]
        if instrument.dex == dex:
            largest = _largest_position(account, asset)
            required += _margin(world, account, instrument, largest)
    return required


def free_margin(world: World, account: Account, dex: str) -> Decimal:
    """Return what new orders may use in one dex, in USDC; may be negative."""
    return account_value(world, account, dex) - margin_required(world, account, dex)


def can_rest(world: World, order_account: Account, instrument: Instrument, change: Decimal) -> bool:
    """Tell whether margin allows another resting order of a signed base quantity."""
    account = order_account
    exposure = account.exposures.get(instrument.asset)
    size = account.position_size(instrument.asset)
    buys = (exposure.buys if exposure else ZERO) + max(change, ZERO)
    sells = (exposure.sells if exposure else ZERO) - min(change, ZERO)
    before = _largest_position(account, instrument.asset)
    after = max(abs(size), abs(size + buys), abs(size - sells))
    if after <= before:
        return True
    extra = _margin(world, account, instrument, after - before)
    return extra <= free_margin(world, account, instrument.dex)


def affordable(world: World, account: Account, instrument: Instrument, is_buy: bool) -> Decimal:
    """Return the base quantity an immediate order may take, cut to the lot size."""
    leverage = Decimal(leverage_of(account, instrument).value)
    free = max(free_margin(world, account, instrument.dex), ZERO)
    opening = free * leverage / world.book(instrument).mark
    closing = 2 * account.reducible(instrument.asset, is_buy=is_buy)
    return cut(opening + closing, instrument.quantity_decimals)


def can_fill(world: World, order: Order, quantity: Decimal) -> bool:
    """Tell whether margin allows a resting order to fill; looked at again at every match."""
    account, instrument = order.account, order.terms.instrument
    change = quantity if order.terms.is_buy else -quantity
    size = account.position_size(instrument.asset)
    if abs(size + change) <= abs(size):
        return True
    required = sum(
        (
            position_margin(world, account, world.markets.by_asset[asset])
            for asset in account.positions
            if asset != instrument.asset and world.markets.by_asset[asset].dex == instrument.dex
        ),
        _margin(world, account, instrument, abs(size + change)),
    )
    return required <= account_value(world, account, instrument.dex)


def spot_free(account: Account, token: str) -> Decimal:
    """Return the part of a spot balance which no order holds."""
    return account.tokens.get(token, ZERO) - account.held.get(token, ZERO)


def _margin(world: World, account: Account, instrument: Instrument, size: Decimal) -> Decimal:
    return size * world.book(instrument).mark / leverage_of(account, instrument).value


def _largest_position(account: Account, asset: int) -> Decimal:
    size = account.position_size(asset)
    exposure = account.exposures.get(asset)
    if exposure is None:
        return abs(size)
    return max(abs(size), abs(size + exposure.buys), abs(size - exposure.sells))


def _base_size(account: Account, instrument: Instrument) -> Decimal:
    if instrument.is_spot:
        return account.tokens.get(instrument.base, ZERO)
    return account.position_size(instrument.asset)


def _fee(
    world: World, order: Order, execution: Execution, *, is_crossing: bool
) -> tuple[Decimal, str]:
    """Return the fee and its token: USDC on perps, on spot what the side receives."""
    instrument = order.terms.instrument
    is_free = order.account.is_background or not world.switches.charge_fees
    if not instrument.is_spot:
        rate = PERP_TAKER_FEE if is_crossing else PERP_MAKER_FEE
        fee = ZERO if is_free else execution.price * execution.quantity * rate
        return fee.quantize(FEE_STEP, rounding=ROUND_HALF_UP), "USDC"
    rate = SPOT_TAKER_FEE if is_crossing else SPOT_MAKER_FEE
    received = execution.quantity
    if not order.terms.is_buy:
        received *= execution.price
    fee = ZERO if is_free else received * rate
    token = instrument.base if order.terms.is_buy else instrument.quote
    return fee.quantize(SPOT_FEE_STEP, rounding=ROUND_HALF_UP), token


def _builder_fee(world: World, order: Order, notional: Decimal) -> Decimal:
    """Return what goes to the builder: nothing on the buying side of spot.

    Source: page `trading/builder-codes` (checked 2026-08-22).
    """
    terms = order.terms
    is_free = order.account.is_background or not world.switches.charge_fees
    if is_free or (terms.instrument.is_spot and terms.is_buy):
        return ZERO
    fee = notional * terms.builder_fee * TENTH_OF_BP
    return fee.quantize(FEE_STEP, rounding=ROUND_HALF_UP)


def _move_tokens(account: Account, order: Order, execution: Execution) -> None:
    instrument = order.terms.instrument
    sign = 1 if order.terms.is_buy else -1
    base = account.tokens.get(instrument.base, ZERO)
    quote = account.tokens.get(instrument.quote, ZERO)
    account.tokens[instrument.base] = base + sign * execution.quantity
    account.tokens[instrument.quote] = quote - sign * execution.quantity * execution.price


def _move_position(account: Account, order: Order, execution: Execution) -> Decimal:
    """Change the position and return the profit which this realised, before fees."""
    asset = order.terms.instrument.asset
    change = execution.quantity if order.terms.is_buy else -execution.quantity
    old = account.positions.get(asset)
    if old is None or (old.size > ZERO) == (change > ZERO):
        size = (old.size if old else ZERO) + change
        entry_value = (old.entry_value if old else ZERO) + change * execution.price
        account.positions[asset] = Position(size, entry_value)
        return ZERO
    closing = min(abs(old.size), abs(change)) * (1 if old.size > ZERO else -1)
    released = old.entry_value if closing == old.size else old.entry_price * closing
    size = old.size + change
    if size == ZERO:
        del account.positions[asset]
    elif abs(change) < abs(old.size):
        account.positions[asset] = Position(size, old.entry_value - released)
    else:
        account.positions[asset] = Position(size, size * execution.price)
    return closing * execution.price - released


def _direction(order: Order, start: Decimal, quantity: Decimal) -> str:
    """Say what a fill did, in the venue's words."""
    is_buy = order.terms.is_buy
    if order.terms.instrument.is_spot:
        return "Buy" if is_buy else "Sell"
    if start == ZERO or (start > ZERO) == is_buy:
        return "Open Long" if is_buy else "Open Short"
    if quantity <= abs(start):
        return "Close Short" if is_buy else "Close Long"
    return "Short > Long" if is_buy else "Long > Short"
