"""The intent id of a book: what a reviewer approves, whatever market and state do."""

from collections.abc import Iterator
from hashlib import sha256

from reconciler.model.config import Limits
from reconciler.model.numbers import format_decimal
from reconciler.model.order import DesiredBook, DesiredOrder, Holder, Ladder, Terms

__all__ = ["intent_id_of"]

INTENT_FORMAT = 1


def intent_id_of(book: DesiredBook, *, limits: Limits, network: str, account: str) -> str:
    """Return the digest of a compiled book with the limits and the account it is for.

    Independent of file name, order of keys, defaults written out or not, and positions in the file.
    """
    digest = sha256()
    head = (f"intent {INTENT_FORMAT}", book.name, book.venue, network, account.lower())
    digest.update("\n".join((*head, *_limits(limits))).encode())
    for holder in sorted(book.holders, key=lambda h: h.address):
        digest.update(b"\n")
        digest.update("\n".join(_holder(holder)).encode())
    for order in book.position_protection:
        digest.update(("\nprotection " + "|".join(_order(order))).encode())
    for origin, destination in sorted(book.moved.items()):
        digest.update(f"\nmoved {origin} {destination}".encode())
    return digest.hexdigest()[:32]


def _limits(limits: Limits) -> Iterator[str]:
    yield f"order {format_decimal(limits.max_order_notional)}"
    yield f"open {format_decimal(limits.max_open_notional)}"
    yield f"run {format_decimal(limits.max_new_notional_per_run)}"
    yield f"day {format_decimal(limits.max_new_notional_per_day)}"
    yield f"band {format_decimal(limits.price_band_pct)}"
    for address, band in sorted(limits.price_band_exceptions.items()):
        yield f"band {address} {format_decimal(band)}"
    yield f"cancel {format_decimal(limits.max_cancel_fraction)} actions {limits.max_actions}"


def _holder(holder: Holder) -> Iterator[str]:
    refill = holder.replenish
    yield "|".join(
        (
            holder.address,
            str(holder.generation),
            format_decimal(holder.quantity),
            holder.on_fill,
            holder.on_user_cancel,
            holder.on_venue_cancel,
            str(holder.expires_at_ms),
            str(holder.may_modify),
            str(holder.prevent_cancel),
            f"{refill.refill_below} {refill.total_max} {refill.cooldown_s}" if refill else "",
        )
    )
    if holder.ladder is not None:
        yield _ladder(holder.ladder)
    else:
        for order in holder.orders:
            yield "|".join(_order(order))


def _ladder(ladder: Ladder) -> str:
    weights = " ".join(format_decimal(weight) for weight in ladder.weights)
    ends = f"{format_decimal(ladder.start)} {format_decimal(ladder.end)} {ladder.levels}"
    return f"ladder {ends} {ladder.spacing} {weights}|{'|'.join(_terms(ladder.template))}"


def _order(order: DesiredOrder) -> Iterator[str]:
    yield order.address
    yield from _terms(order.terms)
    for child in order.children:
        yield from _order(child)


def _terms(terms: Terms) -> Iterator[str]:
    yield terms.instrument
    yield terms.side
    yield format_decimal(terms.price)
    yield format_decimal(terms.quantity)
    yield f"{terms.time_in_force} {terms.post_only} {terms.reduce_only}"
    trigger = terms.trigger
    if trigger is not None:
        yield f"{trigger.kind} {format_decimal(trigger.price)} {trigger.execution}"
    for name, value in terms.options:
        yield f"{name}={value}"
