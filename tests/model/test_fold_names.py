"""Folding of new names: all that is recorded under the old one, and nothing else."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.event import Moved, Observation, Observed, Relabelled
from reconciler.model.order import OrderAddress
from reconciler.model.outcome import Unknown
from reconciler.model.state import EndReason, IntentOperation, Refusal
from reconciler.model.transitions import preview
from reconciler.observe import unsettled_addresses
from tests.support.build import NOW, ending, placement, record, state, terms
from tests.support.journal import accepted, answered, cancel_of, intent, item, modify_of

DIP = OrderAddress("btc.dip")
RUNG = placement("btc.bids[3]")


def moved(known, origin="btc.dip", destination="btc.low"):
    return preview(known, [Moved(origin=origin, destination=destination)], at_ms=NOW)


def test_a_rename_moves_the_record():
    after = moved(state(records=[record(filled_at={"90": "1"})]))

    assert [("btc.low", 1)] == list(after.records)


def test_a_rename_moves_every_generation():
    after = moved(state(records=[record(), record(generation=2)]))

    assert [("btc.low", 1), ("btc.low", 2)] == sorted(after.records)


def test_a_rename_onto_a_record_adds_the_fills():
    known = state(
        records=[record(filled_at={"90": "1"}), record("btc.low", {"90": "0.5", "80": "1"})]
    )

    assert {Decimal(90): Decimal("1.5"), Decimal(80): Decimal(1)} == (
        moved(known).records[("btc.low", 1)].filled_at
    )


def test_a_rename_moves_the_live_order():
    after = moved(state(placement()))

    assert [("btc.low", "btc.low")] == [(p.address, p.holder) for p in after.placements.values()]


def test_a_rename_of_a_ladder_moves_its_rungs():
    after = moved(state(placement("btc.bids[3]")), "btc.bids", "btc.grid")

    assert [("btc.grid[3]", "btc.grid")] == [
        (p.address, p.holder) for p in after.placements.values()
    ]


def test_a_rename_of_a_ladder_moves_the_ends_of_its_rungs():
    known = state(endings=[ending(EndReason.FILLED, "btc.bids[3]")])

    assert ["btc.grid[@90]"] == list(moved(known, "btc.bids", "btc.grid").endings)


def test_a_rename_moves_attached_orders():
    known = state(
        placement("btc.dip.stop_loss", terms("80", side="sell"), owner="btc.dip.stop_loss")
    )

    assert [("btc.low.stop_loss", 1)] == list(moved(known).records)


def test_a_rename_moves_the_count_of_refusals():
    refusal = Refusal(
        address=DIP, generation=1, count=2, reason="", text="", is_transient=True, terms=terms()
    )

    after = moved(state(records=[record()], refusals={DIP: refusal}))

    assert ["btc.low"] == [r.address for r in after.refusals.values()]


def test_a_rename_keeps_the_new_address_blocked():
    known = answered(
        intent(state(), item(IntentOperation.PLACE, wanted=terms())), Unknown(cause="timeout")
    )

    assert {"btc.low"} == unsettled_addresses(moved(known))


def test_a_rename_leaves_other_addresses_alone():
    known = state(placement("btc.dipper"))

    assert known == moved(known)


# labels of rungs


def called(known, label, placed=RUNG):
    event = Relabelled(labels={placed.client_order_id: OrderAddress(label)})
    return preview(known, [event], at_ms=NOW)


def test_a_new_label_changes_nothing_but_the_address():
    known = state(RUNG)

    (after,) = called(known, "btc.bids[4]").placements.values()

    assert replace(RUNG, address=OrderAddress("btc.bids[4]")) == after


def test_a_new_label_is_that_of_what_is_open_for_the_order():
    known = intent(state(RUNG), cancel_of(RUNG))

    assert {"btc.bids[4]"} == unsettled_addresses(called(known, "btc.bids[4]"))


def test_a_new_label_leaves_other_orders_of_the_same_request_alone():
    other = placement("btc.bids[5]", incarnation=2)
    known = intent(state(RUNG, other), cancel_of(RUNG), cancel_of(other))

    assert {"btc.bids[4]", "btc.bids[5]"} == unsettled_addresses(called(known, "btc.bids[4]"))


def test_a_cancel_sent_for_another_rung_keeps_that_rung_s_label():
    room = replace(cancel_of(RUNG), address=OrderAddress("btc.bids[9]"))
    known = intent(state(RUNG), room)

    assert {"btc.bids[9]"} == unsettled_addresses(called(known, "btc.bids[4]"))


def test_an_outcome_after_a_new_label_finds_its_order():
    known = intent(state(RUNG), modify_of(RUNG, terms("91")))

    after = answered(called(known, "btc.bids[4]"), accepted("77"))

    assert ("btc.bids[4]", "77") == (
        after.placements[RUNG.client_order_id].address,
        after.placements[RUNG.client_order_id].legs[-1].venue_order_id,
    )


def test_an_order_that_has_ended_since_is_not_called_anything():
    assert state() == called(state(), "btc.bids[4]")


def test_an_order_that_was_relabelled_ends_at_its_price():
    seen = Observation(client_order_id=RUNG.client_order_id, ending=EndReason.BY_VENUE)

    after = preview(called(state(RUNG), "btc.bids[4]"), [Observed(observations=(seen,))], at_ms=NOW)

    assert {"btc.bids[@90]": "btc.bids[4]"} == {k: e.address for k, e in after.endings.items()}


def test_a_label_of_another_holder_does_not_fit():
    with pytest.raises(ValueError, match="no name of an order"):
        called(state(RUNG), "btc.asks[4]")


def test_a_rename_leaves_all_that_is_recorded_of_other_addresses_alone():
    other = OrderAddress("btc.dipper")
    refused = Refusal(
        address=other, generation=1, count=2, reason="", text="", is_transient=True, terms=terms()
    )
    known = intent(
        state(
            records=[record("btc.dipper")],
            endings=[ending(EndReason.FILLED, "btc.dip2")],
            refusals={other: refused},
        ),
        item(IntentOperation.PLACE, "btc.dipper", terms()),
    )

    assert known == moved(known)


def test_of_one_request_only_what_is_below_the_renamed_address_is_renamed():
    known = answered(
        intent(
            state(),
            item(IntentOperation.PLACE, wanted=terms()),
            item(IntentOperation.PLACE, "btc.other", terms()),
        ),
        Unknown(cause="timeout"),
        Unknown(cause="timeout"),
    )

    assert {"btc.low", "btc.other"} == unsettled_addresses(moved(known))
