"""Single orders of a book: each one a holder of its own budget."""

from collections.abc import Mapping
from typing import Any

from reconciler.diagnostics import Span
from reconciler.model.numbers import ZERO
from reconciler.model.order import (
    DesiredOrder,
    FillPolicy,
    Holder,
    Side,
    Terms,
    TimeInForce,
    TriggerKind,
)
from reconciler.spec.context import BookContext, amount
from reconciler.spec.places import Path
from reconciler.spec.policies import options_of, policies_of
from reconciler.spec.triggers import KINDS, attached_orders, trigger_terms

__all__ = ["compile_order", "is_post_only"]

_SIDES = {side.value: side for side in Side}


def compile_order(
    context: BookContext, name: str, entry: Mapping[str, Any], source: Span
) -> Holder:
    """Return the holder of one order of the book."""
    path: Path = ("orders", name)
    terms, children = _terms(context, entry, path)
    address = context.address(name)
    policies = policies_of(context, entry, path, terms.quantity)
    if policies["on_fill"] is FillPolicy.REPLENISH:
        _check_can_refill(context, entry, path, terms)
        if children:
            _refuse_refilled_group(context, entry, path)
    order = DesiredOrder(address=address, terms=terms, source=source, children=children)
    return Holder(
        address=address,
        instrument=terms.instrument,
        side=terms.side,
        quantity=terms.quantity,
        source=source,
        orders=(order,),
        **policies,
    )


def is_post_only(
    context: BookContext, entry: Mapping[str, Any], path: Path, time_in_force: TimeInForce
) -> bool:
    """Return whether an order is post-only: by default when it may rest.

    A default gives way to an order's own `ioc`; what contradicts itself at one place is a problem.
    """
    is_wanted: bool = context.settings(entry).get("post_only", "true") == "true"
    if time_in_force is TimeInForce.GTC:
        return is_wanted
    is_own = "post_only" in entry or "time_in_force" not in entry
    if is_wanted and is_own and "post_only" in context.settings(entry):
        context.problem(
            "post-only-with-ioc",
            "An order cannot be post-only and ioc.",
            context.place_of(path, entry, "post_only"),
            why="ioc takes what matches at once, post-only refuses to match at once.",
            do="Write `post_only: false`, or `time_in_force: gtc`.",
        )
    return False


def _terms(
    context: BookContext, entry: Mapping[str, Any], path: Path
) -> tuple[Terms, tuple[DesiredOrder, ...]]:
    if "price" not in entry:
        return _standalone_trigger(context, entry, path), ()
    settings = context.settings(entry)
    time_in_force = TimeInForce.IOC if settings.get("time_in_force") == "ioc" else TimeInForce.GTC
    terms = Terms(
        instrument=context.instrument_of(entry, path),
        side=_SIDES[entry["side"]],
        price=amount(entry["price"]),
        quantity=amount(entry["quantity"]),
        time_in_force=time_in_force,
        post_only=is_post_only(context, entry, path, time_in_force),
        reduce_only=settings.get("reduce_only") == "true",
        options=options_of(settings),
    )
    if "take_profit" not in entry and "stop_loss" not in entry:
        return terms, ()
    if terms.reduce_only:
        context.problem_at(
            "attached-to-reduce-only",
            "A reduce-only order cannot carry a take profit or a stop loss.",
            context.places.key(path),
            why="They close what the order opens, and a reduce-only order opens nothing.",
            do="Write a trigger order of its own: the same without `price`.",
        )
    return terms, attached_orders(context, entry, path, terms)


def _standalone_trigger(context: BookContext, entry: Mapping[str, Any], path: Path) -> Terms:
    settings = context.settings(entry)
    base = Terms(
        instrument=context.instrument_of(entry, path),
        side=_SIDES[entry["side"]],
        price=ZERO,
        quantity=amount(entry["quantity"]),
        # One that opens a position has to say so itself: a default for the book is no such word.
        reduce_only=entry.get("reduce_only", "true") == "true",
        options=options_of(settings),
    )
    kinds = [kind for kind in KINDS if kind.value in entry]
    if len(kinds) != 1:
        _unclear_kind(context, path, kinds)
        return base
    for key, wanted, why in _TRIGGER_RULES:
        if entry.get(key, wanted) != wanted:
            context.problem(
                "not-with-a-trigger",
                "This does not go with a trigger order.",
                (*path, key),
                why=why,
                do=f"Remove `{key}`.",
            )
    return trigger_terms(context, kinds[0], (*path, kinds[0].value), base)


_TRIGGER_RULES = (
    ("post_only", "false", "A trigger order sends its order when the market moves against it."),
    ("time_in_force", "gtc", "A trigger order waits until it fires."),
)


def _unclear_kind(context: BookContext, path: Path, kinds: list[TriggerKind]) -> None:
    context.problem_at(
        "order-without-price",
        "An order has no price.",
        context.places.key(path),
        label="`price` is missing" if not kinds else "it has two triggers",
        why="Without a price an order is itself a trigger: a take_profit or a stop_loss.",
        do="Add `price`." if not kinds else "Add `price`, or write one order for each trigger.",
    )


def _refuse_refilled_group(context: BookContext, entry: Mapping[str, Any], path: Path) -> None:
    context.problem(
        "replenish-of-group",
        "An order with attached orders cannot be refilled.",
        context.place_of(path, entry, "on_fill"),
        why="Its take profit and stop loss rest on after it has filled, each once.",
        do="Write `on_fill: done`, or protect the position with `position_protection`.",
    )


def _check_can_refill(
    context: BookContext, entry: Mapping[str, Any], path: Path, terms: Terms
) -> None:
    if terms.trigger is None and terms.time_in_force is TimeInForce.GTC:
        return
    context.problem(
        "replenish-of-one-shot",
        "An order that is sent once cannot be refilled.",
        context.place_of(path, entry, "on_fill"),
        why="An ioc order and a trigger are done when they have matched.",
        do="Write `on_fill: done`.",
    )
