"""What a fill does to positions and coins, and how much margin an account has left.

Formulas: HTX's documentation, each checked against its samples; fees are its sample rates. The
price of margins and unrealised profit is the last price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from reconciler.simulator.htx.accounts import Account, Position, Wallet
from reconciler.simulator.htx.contracts import Contract
from reconciler.simulator.htx.orders import Fill, Order
from reconciler.simulator.htx.world import World
from reconciler.simulator.numbers import ZERO

MAKER_FEE = Decimal("0.0002")
TAKER_FEE = Decimal("0.0005")
COIN_STEP = Decimal(1).scaleb(-18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Two orders met.

    Attributes:
        price: of the resting order.
        volume: contracts.
    """

    price: Decimal
    volume: int
    match_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The margin account of one contract, in the coin."""

    static: Decimal
    position: Decimal
    frozen: Decimal
    unrealised: Decimal

    @property
    def balance(self) -> Decimal:
        """Equity."""
        return self.static + self.unrealised

    @property
    def available(self) -> Decimal:
        """What new orders may use; may be negative."""
        return self.balance - self.position - self.frozen


def record_fill(world: World, order: Order, execution: Execution, *, is_taker: bool) -> None:
    """Change one side's position, coins and order by an execution, and append its fill."""
    account, terms = order.account, order.terms
    if not account.is_background:
        fee = _fee(world, terms.contract, execution, is_taker=is_taker)
        profit = _move_position(world, order, execution)
        wallet = world.wallet(account, terms.contract)
        wallet.change(
            replace(wallet.value, static=wallet.value.static + profit + fee), world.now_ms
        )
        progress = order.progress.value
        world.change(order, fee=progress.fee + fee, profit=progress.profit + profit)
        account.fills.append(
            Fill(
                number=world.new_fill(),
                at_ms=world.now_ms,
                order=order,
                price=execution.price,
                volume=execution.volume,
                is_taker=is_taker,
                fee=fee,
                profit=profit,
                match_id=execution.match_id,
            )
        )
    world.fill(order, price=execution.price, volume=execution.volume)


def profit_of(contract: Contract, position: Position, price: Decimal, *, is_long: bool) -> Decimal:
    """Return the profit of a position at a price, in the coin."""
    gain = position.coins - contract.coins(position.volume, price)
    return rounded(gain if is_long else -gain)


def average_price(contract: Contract, volume: int, coins: Decimal) -> Decimal:
    """Return the mean price of contracts which are worth so many coins."""
    return rounded(volume * contract.size / coins)


def frozen_margin(order: Order, remaining: int) -> Decimal:
    """Return the margin which the rest of an order reserves; closing orders reserve none."""
    terms = order.terms
    if not terms.is_open:
        return ZERO
    return rounded(terms.contract.coins(remaining, terms.price) / terms.leverage)


def margin(
    world: World, contract: Contract, wallet: Wallet, live: Iterable[tuple[Order, int]]
) -> Margin:
    """Return the margin account of a contract.

    Args:
        live: resting orders of the contract, each with what remains of it.
    """
    last = world.book(contract).last
    used = unrealised = ZERO
    for is_long in (True, False):
        position = wallet.position(is_long=is_long)
        if position is not None:
            used += position_margin(contract, position, last, wallet.leverage)
            unrealised += profit_of(contract, position, last, is_long=is_long)
    frozen = sum((frozen_margin(order, remaining) for order, remaining in live), ZERO)
    return Margin(static=wallet.static, position=used, frozen=frozen, unrealised=unrealised)


def position_margin(
    contract: Contract, position: Position, last: Decimal, leverage: int
) -> Decimal:
    """Return the margin which a position uses."""
    return rounded(contract.coins(position.volume, last) / leverage)


def frozen_volume(account: Account, contract: Contract, *, is_long: bool) -> int:
    """Return the contracts of a position which resting closing orders reserve."""
    return sum(
        order.remaining
        for order in account.live.values()
        if order.terms.contract is contract
        and not order.terms.is_open
        and order.terms.is_long == is_long
    )


def live_in(account: Account, contract: Contract) -> list[tuple[Order, int]]:
    """Return the live orders of a contract, each with what remains of it."""
    return [(o, o.remaining) for o in account.live.values() if o.terms.contract is contract]


def rounded(value: Decimal) -> Decimal:
    """Round to the 18 decimals the venue prints."""
    return value.quantize(COIN_STEP)


def _fee(world: World, contract: Contract, execution: Execution, *, is_taker: bool) -> Decimal:
    if not world.switches.charge_fees:
        return ZERO
    rate = TAKER_FEE if is_taker else MAKER_FEE
    return -rounded(contract.coins(execution.volume, execution.price) * rate)


def _move_position(world: World, order: Order, execution: Execution) -> Decimal:
    """Change a position and return the profit which this realised, before fees."""
    terms, contract = order.terms, order.terms.contract
    wallet = world.wallet(order.account, contract)
    old = wallet.value.position(is_long=terms.is_long)
    volume, coins = (old.volume, old.coins) if old else (0, ZERO)
    profit = ZERO
    if terms.is_open:
        volume += execution.volume
        coins += contract.coins(execution.volume, execution.price)
    else:
        assert execution.volume <= volume, "a position is closed as far as it goes"
        released = coins * execution.volume / volume
        closed = Position(execution.volume, released)
        profit = profit_of(contract, closed, execution.price, is_long=terms.is_long)
        volume -= execution.volume
        coins -= released
    now = Position(volume, coins) if volume else None
    held = wallet.value
    held = replace(held, long=now) if terms.is_long else replace(held, short=now)
    wallet.change(held, world.now_ms)
    return profit
