"""A parent that buys 1 BTC at 90 with a target at 115 and a stop at 80, and what became of them."""

from dataclasses import replace
from decimal import Decimal

from reconciler.model.order import DesiredOrder, OrderAddress, Side, TriggerKind
from reconciler.model.state import EndReason
from tests.support.build import (
    SPAN,
    ending,
    holder,
    placement,
    record,
    shown,
    snapshot,
    state,
    terms,
    trigger,
    words,
)

STOP = "btc.dip.stop_loss"
TAKE = "btc.dip.take_profit"
SELL = terms("70", side="sell", trigger=trigger("80"), post_only=False, reduce_only=True)
GAIN = replace(SELL, price=Decimal(120), trigger=trigger("115", kind=TriggerKind.TAKE_PROFIT))
LONG = {"BTC": Decimal(1)}


def group(wanted=None, stop=SELL, **others):
    children = tuple(
        DesiredOrder(address=OrderAddress(address), terms=t, source=SPAN)
        for address, t in ((TAKE, GAIN), (STOP, stop))
    )
    parent = holder(wanted=wanted or terms(), **others)
    return replace(parent, orders=(replace(parent.orders[0], children=children),))


def stop(**others):
    return placement(STOP, SELL, owner=STOP, incarnation=3, **others)


def take():
    return placement(TAKE, GAIN, owner=TAKE, incarnation=2)


def after_fill(*placed, endings=(), **others):
    """Return a state in which the parent has filled."""
    ended = [ending(EndReason.FILLED), *endings]
    return state(*placed, records=[record(filled_at={"90": "1"})], endings=ended, **others)


def closed(known, quantity="1", leg=TAKE):
    """Return a state in which an attached order has filled so much."""
    own = record(leg, {"70": quantity}, side=Side.SELL)
    return replace(known, records={**known.records, (OrderAddress(leg), 1): own})


def found(known, wanted=None, **others):
    seen = snapshot(*map(shown, known.placements.values()), positions=LONG)
    return words(wanted or group(), known, seen, **others)
