"""Whether the account can pay for a run: an estimate, told as a warning and never a reason to hold.

Perps need initial margin for the position they would lead to if everything on one side filled; spot
orders need what they give away. Source: trading/margining (size x mark price / leverage), checked
2026-08-22. The middle price stands in for the mark price, and where the leverage of an instrument
is not known the venue's largest does, so that the estimate is on the low side.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from reconciler.model.numbers import ZERO, divide
from reconciler.model.order import RestingOrder, Side, Terms
from reconciler.model.plan import Action, Cancel, Modify, Place, Replace
from reconciler.planner.context import Context

__all__ = ["funding_warnings"]

Resting = dict[tuple[str, Side], Decimal]


def funding_warnings(actions: Sequence[Action], context: Context) -> tuple[str, ...]:
    """Return a sentence for each purse that the run would ask too much of."""
    change = _change(actions)
    margin = _margin_warnings(change, context) if change else ()
    return (*margin, *(_wallet_warnings(actions, context) if context.snapshot.wallets else ()))


def _change(actions: Sequence[Action]) -> Resting:
    """Return by how much the run changes what rests and may open a position, by side."""
    change: Resting = defaultdict(lambda: ZERO)
    for action in actions:
        if isinstance(action, Cancel | Modify | Replace) and not action.before.reduce_only:
            change[(action.before.instrument, action.before.side)] -= action.before.remaining
        if isinstance(action, Place | Modify | Replace) and not action.after.reduce_only:
            change[(action.after.instrument, action.after.side)] += action.after.quantity
    return {key: quantity for key, quantity in change.items() if quantity}


def _margin_warnings(change: Resting, context: Context) -> Iterator[str]:
    snapshot = context.snapshot
    resting = _opening(snapshot.resting)
    needed: dict[str, Decimal] = defaultdict(lambda: ZERO)
    free: dict[str, Decimal] = {}
    for name in sorted({name for name, _ in change}):
        margin = snapshot.margins.get(name)
        middle = snapshot.mids.get(name)
        leverage = margin.leverage if margin is not None else None
        instrument = context.instrument(name)
        if leverage is None and instrument is not None:
            leverage = instrument.leverage_max
        if margin is None or middle is None or not leverage:
            continue
        free[margin.name] = margin.free
        position = snapshot.positions.get(name, ZERO)
        after = {side: resting.get((name, side), ZERO) for side in Side}
        before = _largest(position, after)
        after = {side: after[side] + change.get((name, side), ZERO) for side in Side}
        more = _largest(position, after) - before
        needed[margin.name] += divide(more * middle, Decimal(leverage))
    for purse, amount in sorted(needed.items()):
        if amount > free[purse]:
            yield (
                f"New orders need about {amount:,.2f} of margin on {purse}, and "
                f"{free[purse]:,.2f} is free: the venue may refuse some, or cut them short."
            )


def _largest(position: Decimal, resting: Mapping[Side, Decimal]) -> Decimal:
    """Return the largest position if everything on one side filled."""
    return max(abs(position), abs(position + resting[Side.BUY]), abs(position - resting[Side.SELL]))


def _opening(orders: Sequence[RestingOrder]) -> Resting:
    """Return what rests and may open a position."""
    found: Resting = defaultdict(lambda: ZERO)
    for order in orders:
        if not order.reduce_only and order.trigger is None:
            found[(order.instrument, order.side)] += order.remaining
    return found


def _wallet_warnings(actions: Sequence[Action], context: Context) -> Iterator[str]:
    needed: dict[str, Decimal] = defaultdict(lambda: ZERO)
    free: dict[str, Decimal] = {}
    for order, quantity, sign in _paid(actions):
        wallet = context.snapshot.wallets.get(order.instrument)
        if wallet is None:
            continue
        free |= {wallet.base: wallet.base_free, wallet.quote: wallet.quote_free}
        if order.side is Side.BUY:
            needed[wallet.quote] += sign * order.price * quantity
        else:
            needed[wallet.base] += sign * quantity
    for token, amount in sorted(needed.items()):
        if amount > free[token]:
            yield (
                f"New orders need {amount:,.2f} {token}, and {free[token]:,.2f} is free: the venue "
                "will refuse some."
            )


def _paid(actions: Sequence[Action]) -> Iterator[tuple[Terms | RestingOrder, Decimal, int]]:
    """Yield orders with what rests of each, and whether it is added or taken away."""
    for action in actions:
        if isinstance(action, Cancel | Modify | Replace):
            yield action.before, action.before.remaining, -1
        if isinstance(action, Place | Modify | Replace):
            yield action.after, action.after.quantity, 1
