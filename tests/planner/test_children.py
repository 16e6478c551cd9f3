"""Attached take-profit and stop-loss: they live and end with their parent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import DesiredOrder, OrderAddress, Side, TriggerKind
from reconciler.model.outcome import RejectReason
from reconciler.model.state import EndReason, Refusal
from tests.support.build import (
    SPAN,
    actions,
    ending,
    holder,
    placement,
    policy,
    record,
    resting,
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


def found(known, wanted=None, **others):
    seen = snapshot(*map(shown, known.placements.values()), positions=LONG)
    return words(wanted or group(), known, seen, **others)


def test_a_group_is_placed_as_one():
    assert ["place btc.dip new"] == words(group())


def test_a_group_that_is_equal_is_kept():
    assert ["keep"] * 3 == [w.split()[0] for w in found(state(placement(), take(), stop()))]


def test_a_group_without_fills_is_replaced_when_a_child_changes():
    changed = group(stop=replace(SELL, trigger=trigger("81")))

    assert ["replace btc.dip terms-changed"] == found(state(placement(), take(), stop()), changed)


def test_a_group_without_fills_is_replaced_when_its_price_changes():
    known = state(placement(wanted=terms("91")), take(), stop())

    assert ["replace btc.dip price-changed"] == found(known)


def test_a_group_with_fills_waits():
    known = state(placement(wanted=terms("91"), filled="0.4"), take(), stop())

    assert "hold btc.dip group-has-fills" in found(known)


def test_a_changed_child_of_a_group_with_fills_waits():
    changed = group(stop=replace(SELL, trigger=trigger("81")))
    known = state(placement(filled="0.4"), take(), stop())

    assert f"hold {STOP} group-has-fills" in found(known, changed)


def test_children_rest_on_after_their_parent_filled():
    assert ["keep btc.dip filled", f"keep {STOP} matches", f"keep {TAKE} matches"] == found(
        after_fill(take(), stop())
    )


def test_a_missing_child_is_placed_alone_once_its_parent_filled():
    assert f"place {STOP} new" in found(after_fill(take()))


def test_a_child_whose_sibling_filled_is_done():
    gone = [ending(EndReason.SIBLING_FILLED, STOP, SELL), ending(EndReason.FILLED, TAKE, GAIN)]
    gone = [replace(e, holder=e.address) for e in gone]

    assert ["keep"] * 3 == [w.split()[0] for w in found(after_fill(endings=gone))]


def test_a_child_that_partly_filled_is_placed_for_the_rest():
    known = after_fill(take())
    own = record(STOP, {"70": "0.4"}, side=Side.SELL)
    known = replace(known, records={**known.records, (OrderAddress(STOP), 1): own})

    (place,) = [
        a
        for a in actions(group(), known, snapshot(shown(take()), positions=LONG))
        if a.address == STOP
    ]

    assert Decimal("0.6") == place.after.quantity


@pytest.mark.parametrize(
    ("reason", "is_unattended"), [(EndReason.BY_VENUE, False), (EndReason.BY_USER, True)]
)
def test_a_cancelled_child_is_held_as_any_order_is(reason, is_unattended):
    gone = replace(ending(reason, STOP, SELL), holder=OrderAddress(STOP))

    known = after_fill(take(), endings=[gone])

    assert f"hold {STOP} {reason}" in found(known, under=policy(is_unattended=is_unattended))


def test_a_child_refused_for_its_shape_is_held():
    refusal = Refusal(
        address=OrderAddress(STOP),
        generation=1,
        count=1,
        reason=RejectReason.SHAPE,
        text="tick",
        is_transient=False,
        terms=SELL,
    )

    assert f"hold {STOP} refused-shape" in found(after_fill(take(), refusals={STOP: refusal}))


def test_the_end_of_a_child_says_nothing_about_the_next_generation():
    gone = replace(ending(EndReason.FILLED, STOP, SELL), holder=OrderAddress(STOP))
    known = after_fill(endings=[gone])
    again = record(filled_at={"90": "1"}, generation=2)
    known = replace(known, records={**known.records, (OrderAddress("btc.dip"), 2): again})

    assert f"place {STOP} new" in found(known, group(generation=2))


def test_a_fired_child_is_kept():
    placed = stop()
    fired = resting(replace(SELL, trigger=None), oid="3", cloid=placed.client_order_id)

    seen = snapshot(fired, shown(take()), positions=LONG)

    assert f"keep {STOP} trigger-fired" in words(group(), after_fill(take(), placed), seen)


def test_a_plain_order_is_no_fired_trigger_of_the_spec_that_follows_it():
    placed = stop(terms=replace(SELL, trigger=None))

    seen = snapshot(shown(placed), shown(take()), positions=LONG)

    assert f"keep {STOP} trigger-fired" not in words(group(), after_fill(take(), placed), seen)


def test_a_child_nothing_is_known_of_is_held():
    seen = snapshot(shown(take()), positions=LONG)

    assert f"hold {STOP} status-unknown" in words(group(), after_fill(take(), stop()), seen)


def test_a_removed_group_cancels_its_orders():
    known = state(placement(), take(), stop())
    other = holder("btc.z", terms("110", side="sell"))

    cancelled = [w for w in found(known, other) if w.startswith("cancel")]

    assert [f"cancel {a} removed" for a in ("btc.dip", STOP, TAKE)] == cancelled
