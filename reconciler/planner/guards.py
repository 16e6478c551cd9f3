"""What stands in the way of an action: the grid, the market, the position, a halt, an expiry."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from reconciler.model.instrument import Instrument
from reconciler.model.numbers import ZERO, divide, format_decimal
from reconciler.model.order import Execution, Holder, OrderAddress, Side, Terms, TriggerKind
from reconciler.model.plan import Action, Cancel, Hold, Modify, Place, Reason, Replace
from reconciler.planner.context import Context

__all__ = [
    "EXPIRY_MARGIN_MS",
    "Obstacle",
    "Sending",
    "guard_each",
    "guard_prevented",
    "held",
    "held_cancel",
    "price_distance_pct",
]

EXPIRY_MARGIN_MS = 60_000

Sending = Place | Modify | Replace
"""Actions that put an order on the venue."""

Obstacle = tuple[Reason, str, str]
"""The reason of a hold, why, and what lifts it."""


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
    is_moving = action.reason in (Reason.TAKES_OVER, Reason.LADDER_MOVED)
    if is_moving and not isinstance(action, Place):
        cancel = Cancel(
            address=action.origin if isinstance(action, Modify) else action.address,
            reason=_reason_to_cancel(action),
            before=action.before,
            source=action.source,
        )
        return (cancel, hold)
    return (hold,)


def _reason_to_cancel(action: Modify | Replace) -> Reason:
    if isinstance(action, Replace):
        return Reason.SUPERSEDED
    if action.origin_holder != action.holder:
        return Reason.REMOVED
    is_older = action.origin_generation != action.generation
    return Reason.GENERATION_CHANGED if is_older else Reason.SUPERSEDED


def guard_each(
    actions: Sequence[Action], holders: Mapping[OrderAddress, Holder], context: Context
) -> list[Action]:
    """Return the actions with those held that cannot go to the venue as they are."""
    if context.snapshot.problems:
        return [_held_in_the_dark(action, context) for action in actions]
    guarded: list[Action] = []
    for action in actions:
        if isinstance(action, Place | Modify | Replace):
            obstacle = _obstacle(action, holders.get(action.holder), context)
            guarded += held(action, *obstacle) if obstacle is not None else (action,)
        else:
            guarded.append(action)
    return guarded


def guard_prevented(
    actions: Sequence[Action], holders: Mapping[OrderAddress, Holder]
) -> list[Action]:
    """Return the actions with those cancels held that a spec forbids."""
    return [
        held_cancel(
            action,
            Reason.PREVENT_CANCEL,
            "The spec says `prevent_cancel: true`, and this would cancel it.",
            "Take `prevent_cancel` out of the spec first.",
        )
        if isinstance(action, Cancel) and _is_protected(action, holders)
        else action
        for action in actions
    ]


def price_distance_pct(price: Decimal, mid: Decimal) -> Decimal:
    """Return how far a price is from the middle price, in percent of it."""
    return divide(abs(price - mid) * 100, mid)


def held_cancel(action: Cancel, reason: Reason, why: str, lifted_by: str) -> Hold:
    """Return what a cancel becomes when something stands in its way."""
    return Hold(
        address=action.address,
        reason=reason,
        why=why,
        lifted_by=lifted_by,
        before=action.before,
        source=action.source,
    )


def _is_protected(action: Cancel, holders: Mapping[OrderAddress, Holder]) -> bool:
    holder = holders.get(OrderAddress(action.address.split("[", 1)[0]))
    return holder is not None and holder.prevent_cancel


def _obstacle(action: Sending, holder: Holder | None, context: Context) -> Obstacle | None:
    halt = context.state.halt or context.policy.halt
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
    unsupported = _unsupported(action, context)
    if unsupported is not None:
        return unsupported
    for order in _orders_of(action):
        obstacle = _venue_obstacle(order, context) or _rule_obstacle(order, context)
        if obstacle is not None:
            return obstacle
    return _crossing(action.after, context) or _early_trigger(action, context)


def _held_in_the_dark(action: Action, context: Context) -> Action:
    """Hold whatever would be sent: the look it was decided from is incomplete."""
    if not isinstance(action, Place | Modify | Replace | Cancel):
        return action
    return Hold(
        address=action.address,
        reason=Reason.STATUS_UNKNOWN,
        why=f"The look at the venue is incomplete: {'; '.join(context.snapshot.problems)}",
        lifted_by="The next run looks again.",
        before=None if isinstance(action, Place) else action.before,
        after=None if isinstance(action, Cancel) else action.after,
        source=action.source,
    )


def _orders_of(action: Sending) -> Iterable[Terms]:
    yield action.after
    if isinstance(action, Place | Replace):
        yield from (child.terms for child in action.children)


def _venue_obstacle(terms: Terms, context: Context) -> Obstacle | None:
    unread = context.snapshot.unplaceable.get(terms.instrument)
    if unread is not None:
        why = f"What {terms.instrument} takes now could not be read: {unread}."
        return Reason.STATUS_UNKNOWN, why, "The next run looks again."
    instrument = context.instrument(terms.instrument)
    if instrument is None:
        why = f"The venue does not say what the grid of {terms.instrument} is."
        return Reason.INSTRUMENT_CLOSED, why, "Correct the instrument, or remove the order."
    if not instrument.is_open:
        why = f"{terms.instrument} takes no new orders at the venue."
        return Reason.INSTRUMENT_CLOSED, why, "Remove the order from its spec."
    for price in _prices_of(terms):
        if not instrument.is_legal_price(price):
            why = _off_grid_price(price, terms, instrument)
            return Reason.OFF_GRID, why, "Correct the price in the spec."
    conflict = _option_conflict(terms, context)
    if conflict is not None:
        return conflict
    is_whole_position = terms.trigger is not None and terms.quantity == ZERO
    if not is_whole_position and not instrument.is_legal_quantity(terms.quantity):
        lot = format_decimal(instrument.lot_size)
        why = f"Quantities of {terms.instrument} are multiples of {lot}."
        return Reason.OFF_GRID, why, "Correct the quantity in the spec."
    largest = instrument.largest(is_post_only=terms.post_only)
    if largest is not None and terms.quantity > largest:
        why = f"One order of {terms.instrument} has at most {format_decimal(largest)}."
        return Reason.ABOVE_MAXIMUM, why, "Lower the quantity, or declare a ladder."
    if terms.trigger is not None or _closes_position(terms, context):
        return None
    if terms.quantity < instrument.minimum_quantity(terms.price):
        value = format_decimal(instrument.notional(price=terms.price, quantity=terms.quantity))
        least = format_decimal(instrument.minimum_notional)
        why = f"It is worth {value} {instrument.quote}; the venue's minimum is {least}."
        return Reason.BELOW_MINIMUM, why, "Raise the quantity in the spec."
    return None


def _unsupported(action: Sending, context: Context) -> Obstacle | None:
    """Say which part of an order the venue has no safe form for."""
    support = context.capabilities.triggers
    if action.after.trigger is not None and support.alone:
        return Reason.UNSUPPORTED, support.alone, "Attach it to the order it closes, or remove it."
    if not support.have_ids and isinstance(action, Place | Replace):
        uneven = [c for c in action.children if c.terms.quantity != action.after.quantity]
        if uneven:
            why = (
                f"{uneven[0].address} would close {format_decimal(uneven[0].terms.quantity)}; "
                f"attached there, it closes the {format_decimal(action.after.quantity)} of its "
                "order and no more."
            )
            return Reason.UNSUPPORTED, why, "Give the order a new generation, or remove it."
    triggers = [terms.trigger for terms in _orders_of(action) if terms.trigger is not None]
    if support.market and any(trigger.execution is Execution.MARKET for trigger in triggers):
        return Reason.UNSUPPORTED, support.market, "Write `execution: limit` with a `price`."
    return None


def _option_conflict(terms: Terms, context: Context) -> Obstacle | None:
    wanted = dict(terms.options)
    for name, held_now in context.snapshot.shared_options.get(terms.instrument, ()):
        if wanted.get(name, held_now) != held_now:
            why = (
                f"`{name}` is {wanted[name]} in the spec, and {held_now} for the position in "
                f"{terms.instrument}; the venue takes only that."
            )
            step = f"Write `{name}: {held_now}`, or change it at the venue."
            return Reason.OPTION_CONFLICT, why, step
    return None


def _rule_obstacle(terms: Terms, context: Context) -> Obstacle | None:
    """Say what else the venue is known to refuse: one such order can void a whole batch."""
    instrument = context.instrument(terms.instrument)
    assert instrument is not None, "an order of no known instrument is held before"
    middle = context.snapshot.mids.get(terms.instrument)
    for rule in context.capabilities.rules:
        if rule.is_broken(terms, instrument, middle):
            why = f"The venue would refuse it: {rule.text} ({rule.source})."
            return Reason.VENUE_RULE, why, "Change the order in its spec."
    for options, why in context.snapshot.refused_options:
        if options == terms.options:
            return Reason.VENUE_RULE, why, "Approve it at the venue, or change the options."
    return None


def _closes_position(terms: Terms, context: Context) -> bool:
    """Say whether an order closes all there is: the venue may take that below its minimum.

    Source: fact sheet 3.3, which has a report of either; where the venue says no it is held.
    """
    room = context.snapshot.reducible(terms.instrument, terms.side)
    return terms.reduce_only and terms.quantity >= room


def _prices_of(terms: Terms) -> tuple[Decimal, ...]:
    return (terms.price,) if terms.trigger is None else (terms.price, terms.trigger.price)


def _off_grid_price(price: Decimal, terms: Terms, instrument: Instrument) -> str:
    rule = instrument.price_rule.describe()
    return f"{format_decimal(price)} is not a price of {terms.instrument}: {rule}."


def _crossing(terms: Terms, context: Context) -> Obstacle | None:
    quote = context.snapshot.quotes.get(terms.instrument)
    if quote is None or terms.trigger is not None:
        return None
    bound = quote.buy_max if terms.side is Side.BUY else quote.sell_min
    if bound is not None and (terms.price - bound) * terms.side.sign > 0:
        word = "above" if terms.side is Side.BUY else "below"
        why = f"The venue takes no {terms.side} {word} {format_decimal(bound)} at the moment."
        return Reason.PRICE_LIMIT, why, "Wait for the market, or change the price."
    if not terms.post_only:
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


def _early_trigger(action: Sending, context: Context) -> Obstacle | None:
    """Hold triggers that the price has passed already: they would fire at once, or be refused.

    Those of a parent that waits in the book are armed when it has filled, at a price of then.
    """
    terms = action.after
    armed = [terms]
    if not isinstance(action, Modify) and not terms.post_only:
        armed += [child.terms for child in action.children]
    mid = context.snapshot.mids.get(terms.instrument)
    for each in armed:
        trigger = each.trigger
        if trigger is None or mid is None:
            continue
        is_above = (each.side is Side.BUY) == (trigger.kind is TriggerKind.STOP_LOSS)
        if mid < trigger.price if is_above else mid > trigger.price:
            continue
        way = "above" if is_above else "below"
        why = (
            f"The {trigger.kind} fires at or {way} {format_decimal(trigger.price)}, and the middle "
            f"price is {format_decimal(mid)}: it would fire at once."
        )
        return Reason.TRIGGER_CROSSED, why, "Wait for the market, or change the trigger."
    return None
