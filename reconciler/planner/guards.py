"""What stands in the way of an action: the grid, the market, the position, a halt, an expiry."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from reconciler.model.instrument import Instrument
from reconciler.model.numbers import ZERO, divide, format_decimal
from reconciler.model.order import Holder, OrderAddress, Side, Terms
from reconciler.model.plan import Action, Cancel, Hold, Modify, Place, Reason, Replace
from reconciler.planner.context import Context

__all__ = [
    "EXPIRY_MARGIN_MS",
    "Sending",
    "guard_each",
    "guard_reduce_only",
    "held",
    "price_distance_pct",
]

EXPIRY_MARGIN_MS = 60_000

Sending = Place | Modify | Replace
"""Actions that put an order on the venue."""


def held(action: Sending, reason: Reason, why: str, lifted_by: str) -> tuple[Action, ...]:
    """Return what an action becomes when something stands in its way.

    An order that would have been taken over is cancelled instead: nobody wants it any more, and a
    cancel always passes.
    """
    hold = Hold(
        address=action.address,
        reason=reason,
        why=why,
        lifted_by=lifted_by,
        before=None if isinstance(action, Place) else action.before,
        after=action.after,
        source=action.source,
    )
    if isinstance(action, Modify) and action.reason in (Reason.TAKES_OVER, Reason.LADDER_MOVED):
        is_removed = action.reason is Reason.TAKES_OVER
        cancel = Cancel(
            address=action.origin,
            reason=Reason.REMOVED if is_removed else Reason.SUPERSEDED,
            before=action.before,
            source=action.source,
        )
        return (cancel, hold)
    return (hold,)


def guard_each(
    actions: Sequence[Action], holders: Mapping[OrderAddress, Holder], context: Context
) -> list[Action]:
    """Return the actions with those held that cannot go to the venue as they are."""
    guarded: list[Action] = []
    for action in actions:
        holder = _holder_of(action, holders)
        if isinstance(action, Place | Modify | Replace):
            obstacle = _obstacle(action, holder, context)
            guarded += held(action, *obstacle) if obstacle is not None else (action,)
        elif isinstance(action, Cancel) and holder is not None and holder.prevent_cancel:
            guarded.append(_prevented(action))
        else:
            guarded.append(action)
    return guarded


def guard_reduce_only(actions: Sequence[Action], context: Context) -> list[Action]:
    """Hold the reduce-only orders beyond the position; those nearest the market that fit are sent.

    The venue takes a second reduce-only order beyond the position and cancels the first: a book
    larger than the position would be placed again for ever. Source: fact sheet 12, measured on
    testnet 2026-09-07.
    """
    groups: dict[tuple[str, Side], list[Sending]] = defaultdict(list)
    for action in actions:
        if isinstance(action, Place | Modify | Replace) and _is_plain_reduction(action.after):
            groups[(action.after.instrument, action.after.side)].append(action)
    refused: dict[int, tuple[Action, ...]] = {}
    for (instrument, side), sending in groups.items():
        room = _room(instrument, side, actions, sending, context)
        for action in sorted(sending, key=lambda a: (_market_rank(a.after), a.address)):
            if action.after.quantity <= room:
                room -= action.after.quantity
            else:
                refused[id(action)] = held(action, *_beyond_position(instrument, context))
    return [part for action in actions for part in refused.get(id(action), (action,))]


def price_distance_pct(price: Decimal, mid: Decimal) -> Decimal:
    """Return how far a price is from the middle price, in percent of it."""
    return divide(abs(price - mid) * 100, mid)


def _holder_of(action: Action, holders: Mapping[OrderAddress, Holder]) -> Holder | None:
    if isinstance(action, Place | Modify | Replace):
        return holders.get(action.holder)
    address = action.address.split("[", 1)[0]
    return holders.get(OrderAddress(address))


def _prevented(action: Cancel) -> Hold:
    return Hold(
        address=action.address,
        reason=Reason.PREVENT_CANCEL,
        why="The spec says `prevent_cancel: true`, and this would cancel it.",
        lifted_by="Take `prevent_cancel` out of the spec first.",
        before=action.before,
        source=action.source,
    )


Obstacle = tuple[Reason, str, str]


def _obstacle(action: Sending, holder: Holder | None, context: Context) -> Obstacle | None:
    halt = context.state.halt
    if halt is not None:
        return Reason.HALT, f"Halted by {halt.by}: {halt.why}", "reconciler resume"
    if holder is not None and holder.prevent_cancel and isinstance(action, Replace):
        return (
            Reason.PREVENT_CANCEL,
            "The spec says `prevent_cancel: true`, and this would cancel it.",
            "Take `prevent_cancel` out of the spec first.",
        )
    if holder is not None and holder.expires_at_ms is not None:
        left_ms = holder.expires_at_ms - context.snapshot.taken_at_ms
        if left_ms < EXPIRY_MARGIN_MS:
            why = f"It expires in {max(0, left_ms // 1000)} s; nothing is sent within 60 s of that."
            return Reason.EXPIRES_SOON, why, "Write a later `expires_at`."
    for order in _orders_of(action):
        obstacle = _venue_obstacle(order, context)
        if obstacle is not None:
            return obstacle
    return _crossing(action.after, context)


def _orders_of(action: Sending) -> Iterable[Terms]:
    yield action.after
    if isinstance(action, Place | Replace):
        yield from (child.terms for child in action.children)


def _venue_obstacle(terms: Terms, context: Context) -> Obstacle | None:
    instrument = context.instrument(terms.instrument)
    if instrument is None:
        return None
    if not instrument.is_open:
        why = f"{terms.instrument} takes no new orders at the venue."
        return Reason.INSTRUMENT_CLOSED, why, "Remove the order from its spec."
    if not instrument.is_legal_price(terms.price):
        return Reason.OFF_GRID, _off_grid_price(terms, instrument), "Correct the price in the spec."
    if terms.trigger is not None:
        return None
    if not instrument.is_legal_quantity(terms.quantity):
        lot = format_decimal(instrument.lot_size)
        why = f"Quantities of {terms.instrument} are multiples of {lot}."
        return Reason.OFF_GRID, why, "Correct the quantity in the spec."
    if terms.quantity < instrument.minimum_quantity(terms.price) and not terms.reduce_only:
        value = format_decimal(instrument.notional(price=terms.price, quantity=terms.quantity))
        least = format_decimal(instrument.minimum_notional)
        why = f"It is worth {value} {instrument.quote}; the venue's minimum is {least}."
        return Reason.BELOW_MINIMUM, why, "Raise the quantity in the spec."
    return None


def _off_grid_price(terms: Terms, instrument: Instrument) -> str:
    rule = instrument.price_rule.describe()
    return f"{format_decimal(terms.price)} is not a price of {terms.instrument}: {rule}."


def _crossing(terms: Terms, context: Context) -> Obstacle | None:
    if not terms.post_only or terms.trigger is not None:
        return None
    quote = context.snapshot.quotes.get(terms.instrument)
    if quote is None:
        return None
    touch = quote.ask if terms.side is Side.BUY else quote.bid
    if touch is None or (terms.price - touch) * terms.side.sign < 0:
        return None
    name = "ask" if terms.side is Side.BUY else "bid"
    why = (
        f"A post-only {terms.side} at {format_decimal(terms.price)} would meet the best {name} "
        f"{format_decimal(touch)}."
    )
    return (
        Reason.WOULD_CROSS,
        why,
        "Wait for the market, change the price, or set `post_only: false`.",
    )


def _is_plain_reduction(terms: Terms) -> bool:
    return terms.reduce_only and terms.trigger is None


def _market_rank(terms: Terms) -> Decimal:
    """Return a number that is smaller the nearer the market the order is."""
    return -terms.price * terms.side.sign


def _room(
    instrument: str,
    side: Side,
    actions: Sequence[Action],
    sending: Sequence[Sending],
    context: Context,
) -> Decimal:
    """Return how much more may be reduced: the position less what already rests against it."""
    position = context.snapshot.positions.get(instrument, ZERO)
    room = max(ZERO, -position * side.sign)
    leaving = {
        action.before.venue_order_id
        for action in (*sending, *actions)
        if isinstance(action, Modify | Replace | Cancel)
    }
    kept = sum(
        (
            order.remaining
            for order in context.snapshot.resting
            if order.instrument == instrument
            and order.side is side
            and order.reduce_only
            and order.trigger is None
            and order.venue_order_id not in leaving
        ),
        ZERO,
    )
    return room - kept


def _beyond_position(instrument: str, context: Context) -> Obstacle:
    position = format_decimal(context.snapshot.positions.get(instrument, ZERO))
    why = f"Reduce-only orders would exceed the position of {position} {instrument}."
    return Reason.REDUCE_ONLY_EXCESS, why, "It is sent once the position is large enough."
