"""Folding of what history shows: sums, numbers that only rise, a person's word behind a gap."""

from dataclasses import replace
from decimal import Decimal

from reconciler.model.event import (
    Adopted,
    Event,
    HistoryRead,
    Named,
    Observation,
    Observed,
    SettledByPerson,
)
from reconciler.model.identity import holder_digest, unnamed_holder
from reconciler.model.order import OrderAddress
from reconciler.model.state import EndReason, HolderRecord, State
from reconciler.model.transitions import fills_by_holder, preview
from tests.support.build import NOW, ending, our_id, placement, record, resting, state

KEY = (OrderAddress("btc.dip"), 1)
STAND_IN = unnamed_holder(holder_digest(*KEY))


def after(known: State, *events: Event) -> State:
    return preview(known, events, at_ms=NOW)


def read(**others: object) -> HistoryRead:
    made = HistoryRead(records=(), reaches_ms=0, until_ms=NOW)
    return replace(made, **others)  # type: ignore[arg-type]


def said(filled: str) -> SettledByPerson:
    return SettledByPerson(
        address=KEY[0], holder=KEY[0], generation=1, filled=Decimal(filled), by="someone"
    )


def gap(filled_at: dict[str, str] | None = None) -> HolderRecord:
    return replace(record("btc.dip", filled_at), has_history_gap=True)


def test_what_history_shows_is_added_to_the_record():
    known = state(records=[record("btc.dip", {"90": "0.2"})])

    found = after(known, read(records=(record("btc.dip", {"90": "0.1", "89": "1"}),)))

    assert {Decimal(90): Decimal("0.3"), Decimal(89): Decimal(1)} == found.records[KEY].filled_at


def test_numbers_that_count_up_never_go_down():
    known = state(last_incarnation=9, last_nonce=9, synced_at_ms=NOW + 1, unknown_before_ms=9)
    found = after(known, read(last_incarnation=8, last_nonce=8, unknown_before_ms=8))

    assert (9, 9, NOW + 1, 9) == (
        found.last_incarnation,
        found.last_nonce,
        found.synced_at_ms,
        found.unknown_before_ms,
    )


def test_the_end_of_an_order_is_kept_under_its_slot():
    rung = ending(EndReason.BY_VENUE, "btc.bids[3]")

    assert ["btc.bids[@90]"] == list(after(state(), read(endings=(rung,))).endings)


def test_an_order_that_is_bound_afterwards_has_not_ended():
    bound = Adopted(
        client_order_id=our_id("btc.dip", 2),
        address=KEY[0],
        holder=KEY[0],
        generation=1,
        incarnation=2,
        order=resting(),
    )

    assert {} == after(state(), read(endings=(ending(EndReason.BY_USER),)), bound).endings


def test_what_was_sent_today_is_added_to_the_day():
    known = state(new_notional_by_day={"2025-01-31": Decimal(2)})

    found = after(known, read(new_notional_by_day={"2025-01-31": Decimal(3)}))

    assert {"2025-01-31": Decimal(5)} == found.new_notional_by_day


def test_the_fills_of_ended_orders_are_kept_until_the_next_comparison():
    placed = placement(filled="0.4")
    ended = Observation(client_order_id=placed.client_order_id, ending=EndReason.BY_USER, at_ms=NOW)
    known = after(state(placed), Observed(observations=(ended,)))

    assert {"1": Decimal("0.4")} == known.ended_fills
    assert {} == after(known, read()).ended_fills


def test_a_look_is_no_comparison():
    placed = placement()
    leg = replace(placed.legs[0], filled=Decimal("0.4"))
    seen = Observation(client_order_id=placed.client_order_id, legs=(leg,), at_ms=NOW)

    assert 0 == after(state(placed), Observed(observations=(seen,))).synced_at_ms


def test_a_named_holder_takes_what_was_kept_for_it():
    kept = replace(record(STAND_IN, {"90": "1"}), generation=0)
    found = after(state(records=[kept]), Named(origin=STAND_IN, holder=KEY[0], generation=KEY[1]))

    assert [KEY] == list(found.records)
    assert {KEY: Decimal(1)} == fills_by_holder(found)


def test_naming_nothing_changes_nothing():
    known = state()

    assert known == after(known, Named(origin=STAND_IN, holder=KEY[0], generation=1))


def test_a_person_says_all_that_filled_behind_a_gap():
    known = state(placement(filled="0.3"), records=[gap({"90": "0.2"})])
    found = after(known, said("0.9"))

    assert {KEY: Decimal("0.9")} == fills_by_holder(found)
    assert not found.records[KEY].has_history_gap
    assert known.placements == found.placements


def test_a_person_who_says_less_than_was_seen_takes_nothing_back():
    found = after(state(records=[gap({"90": "0.2"})]), said("0.1"))

    assert {KEY: Decimal("0.2")} == fills_by_holder(found)
    assert not found.records[KEY].has_history_gap


def test_a_person_s_word_finds_what_was_kept_without_a_name():
    kept = replace(record(STAND_IN, {"90": "0.2"}), generation=0, has_history_gap=True)
    found = after(state(records=[kept]), said("0.5"))

    assert {KEY: Decimal("0.5")} == fills_by_holder(found)
