"""Folding of new names: all that is recorded under the old one, and nothing else."""

from decimal import Decimal

from reconciler.model.event import Moved
from reconciler.model.order import OrderAddress
from reconciler.model.outcome import Unknown
from reconciler.model.state import EndReason, IntentOperation, Refusal
from reconciler.model.transitions import preview
from reconciler.observe import unsettled_addresses
from tests.support.build import NOW, ending, placement, record, state, terms
from tests.support.journal import answered, intent, item

DIP = OrderAddress("btc.dip")


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
