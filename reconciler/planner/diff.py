"""Which fields of what should rest differ from what does: it runs for every order.

The time in force is never compared: a venue may change it when an order is modified. What is
compared of a fired trigger is nothing: it has become a plain order, by design of the venue.
"""

from decimal import Decimal

from reconciler.model.order import RestingOrder, Terms

__all__ = ["differing_fields", "has_fired"]


def differing_fields(terms: Terms, target: Decimal, order: RestingOrder) -> tuple[str, ...]:
    """Return the names of differing fields, in a fixed order; empty when none does."""
    if (
        terms.price == order.price
        and target == order.remaining
        and terms.side is order.side
        and terms.reduce_only == order.reduce_only
        and terms.trigger == order.trigger
    ):
        return ()
    differing = [
        name
        for name, wanted, found in (
            ("side", terms.side, order.side),
            ("price", terms.price, order.price),
            ("quantity", target, order.remaining),
            ("reduce_only", terms.reduce_only, order.reduce_only),
            ("trigger", terms.trigger, order.trigger),
        )
        if wanted != found
    ]
    return tuple(differing)


def has_fired(sent: Terms, order: RestingOrder) -> bool:
    """Say whether a trigger order has fired: it reads back without its trigger.

    Args:
        sent: the terms it was placed with, not those that are wanted now.
    """
    return order.trigger is None and (sent.trigger is not None or order.has_fired)
