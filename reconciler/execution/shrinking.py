"""What may still be placed after the order it replaces filled a little more."""

from dataclasses import replace
from decimal import Decimal

from reconciler.model.instrument import Instrument
from reconciler.model.numbers import ZERO
from reconciler.model.order import Terms
from reconciler.model.state import HolderKey, State

__all__ = ["filled_at_limit", "shrunk"]


def filled_at_limit(state: State, key: HolderKey, price: Decimal) -> Decimal:
    """Return what has executed under a holder's generation at one limit price."""
    record = state.records.get(key)
    filled = record.filled_at.get(price, ZERO) if record is not None else ZERO
    for placement in state.placements.values():
        if placement.key == key:
            filled += sum((leg.filled for leg in placement.legs if leg.price == price), ZERO)
    return filled


def shrunk(terms: Terms, late_fill: Decimal, instrument: Instrument | None) -> Terms | None:
    """Return the terms less a late fill, or None when too little is left."""
    if late_fill <= ZERO:
        return terms
    quantity = terms.quantity - late_fill
    if quantity <= ZERO:
        return None
    if instrument is not None and quantity < instrument.minimum_quantity(terms.price):
        return None
    return replace(terms, quantity=quantity)
