"""Folding of what was seen: fills that only grow, ends, adoptions, a person's word."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.event import (
    Adopted,
    Approved,
    Forgotten,
    Halted,
    HaltLifted,
    Initialised,
    InstrumentsRead,
    Observation,
    Observed,
    Overridden,
    PanicCancelled,
    SettledByPerson,
)
from reconciler.model.fold_orders import merge_legs
from reconciler.model.order import OrderAddress, TimeInForce
from reconciler.model.outcome import Unknown
from reconciler.model.state import EndReason, IntentOperation, Leg, Refusal
from reconciler.model.transitions import Stamped, fills_by_holder, fold_all, preview
from reconciler.observe import unsettled_addresses
from tests.support.build import (
    NOW,
    ending,
    instrument,
    our_id,
    placement,
    record,
    resting,
    state,
    terms,
)
from tests.support.journal import answered, intent, item

DIP = OrderAddress("btc.dip")
OURS = our_id("btc.dip", 1)
KEY = ("btc.dip", 1)


def leg(oid="1", filled="0", *, settled=False, price="90", quantity="1"):
    return Leg(
        venue_order_id=oid,
        price=Decimal(price),
        quantity=Decimal(quantity),
        filled=Decimal(filled),
        is_settled=settled,
    )


def saw(known, *legs, reason=None, word="", cloid=OURS, at_ms=NOW):
    observation = Observation(
        client_order_id=cloid, legs=legs, ending=reason, word=word, at_ms=at_ms
    )
    return preview(known, [Observed(observations=(observation,))], at_ms=NOW)


def told(known, *events):
    return preview(known, events, at_ms=NOW)


# legs


def test_the_largest_fill_ever_seen_counts():
    assert (leg(filled="0.7"),) == merge_legs((leg(filled="0.7"),), (leg(filled="0.3"),))


def test_a_settled_order_stays_settled():
    assert merge_legs((leg(settled=True),), (leg(),))[0].is_settled


LEGS = st.lists(
    st.builds(
        leg,
        st.sampled_from("1234"),
        st.integers(0, 9).map(str),
        settled=st.booleans(),
        quantity=st.just("9"),
    ),
    max_size=5,
).map(tuple)


def as_map(legs):
    return {x.venue_order_id: (x.filled, x.is_settled) for x in legs}


@given(LEGS, LEGS)
def test_evidence_joins_in_any_order(one, two):
    assert as_map(merge_legs(merge_legs((), one), two)) == as_map(
        merge_legs(merge_legs((), two), one)
    )


@given(LEGS)
def test_evidence_seen_twice_counts_once(legs):
    once = merge_legs((), legs)

    assert once == merge_legs(once, legs)


@given(LEGS, LEGS)
def test_evidence_never_shrinks(one, two):
    before, after = as_map(merge_legs((), one)), as_map(merge_legs(merge_legs((), one), two))

    assert all(after[oid] >= before[oid] for oid in before)


# looks


def test_a_fill_seen_counts_for_the_holder():
    after = saw(state(placement()), leg(filled="0.4"))

    assert {KEY: Decimal("0.4")} == fills_by_holder(after)


def test_an_ended_placement_leaves_its_fills_in_the_record():
    after = saw(state(placement()), leg(filled="1", settled=True), reason=EndReason.FILLED)

    assert {Decimal(90): Decimal(1)} == after.records[KEY].filled_at


def test_ending_a_placement_changes_no_total():
    live = saw(state(placement()), leg(filled="0.4"))

    assert fills_by_holder(live) == fills_by_holder(saw(live, reason=EndReason.BY_USER))


def test_fills_of_a_moved_rung_are_booked_at_each_price():
    known = saw(
        state(placement("btc.bids[0]", filled="0.3")),
        leg("2", "0.2", price="95"),
        cloid=our_id("btc.bids", 1),
    )

    after = saw(known, reason=EndReason.OWN_CANCEL, cloid=our_id("btc.bids", 1))

    assert {Decimal(90): Decimal("0.3"), Decimal(95): Decimal("0.2")} == (
        after.records[("btc.bids", 1)].filled_at
    )


def test_how_an_order_ended_is_kept_under_its_address():
    after = saw(state(placement()), reason=EndReason.BY_VENUE, word="marginCanceled")

    assert (EndReason.BY_VENUE, "marginCanceled") == (
        after.endings["btc.dip"].reason,
        after.endings["btc.dip"].word,
    )


def test_how_a_rung_ended_is_kept_under_its_price():
    known = state(placement("btc.bids[4]"))

    after = saw(known, reason=EndReason.FILLED, cloid=our_id("btc.bids", 1))

    assert ["btc.bids[@90]"] == list(after.endings)


def test_the_end_of_an_older_order_says_nothing_about_a_newer_one():
    known = state(placement(incarnation=1), placement(incarnation=2))

    assert {} == saw(known, reason=EndReason.OWN_CANCEL).endings


def test_the_end_of_a_rung_is_kept_beside_a_newer_rung_of_the_same_label():
    known = state(
        placement("btc.bids[0]", terms("90"), incarnation=1),
        placement("btc.bids[0]", terms("89"), incarnation=2),
    )

    after = saw(known, reason=EndReason.BY_VENUE, cloid=our_id("btc.bids", 1))

    assert ["btc.bids[@90]"] == list(after.endings)


def test_a_look_at_an_unknown_placement_changes_nothing():
    known = state(placement())

    assert known == saw(known, leg("9", "1"), cloid=our_id("btc.x", 4))


def test_a_fill_moves_the_time_of_the_last_fill():
    after = saw(state(placement()), leg(filled="0.4"), at_ms=NOW + 5)

    assert NOW + 5 == after.records[KEY].last_fill_at_ms


def test_a_look_without_a_fill_leaves_the_time_of_the_last_fill():
    after = saw(state(placement()), leg(settled=True), at_ms=NOW + 5)

    assert 0 == after.records[KEY].last_fill_at_ms


def test_a_refusal_that_only_a_lookup_shows_is_counted():
    after = saw(state(placement()), reason=EndReason.REJECTED, word="perpMarginRejected")

    assert (1, True) == (after.refusals["btc.dip"].count, after.refusals["btc.dip"].is_transient)


def test_an_unmatched_one_shot_is_no_refusal():
    known = state(placement(wanted=terms(time_in_force=TimeInForce.IOC, post_only=False)))

    assert {} == saw(known, reason=EndReason.REJECTED, word="iocCancelRejected").refusals


def test_a_filled_order_sets_its_refusals_aside():
    refusal = Refusal(
        address=DIP,
        generation=1,
        count=1,
        reason="margin",
        text="",
        is_transient=True,
        terms=terms(),
    )
    known = state(placement(), refusals={"btc.dip": refusal})

    assert {} == saw(known, reason=EndReason.FILLED).refusals


def test_the_end_of_a_rung_we_cancelled_ourselves_is_not_kept():
    known = state(placement("btc.bids[4]"))

    assert {} == saw(known, reason=EndReason.OWN_CANCEL, cloid=our_id("btc.bids", 1)).endings


# adoption


def adopted(**others):
    order = resting(cloid=OURS, oid="7", **others)
    return Adopted(
        client_order_id=OURS,
        address=DIP,
        holder=DIP,
        generation=1,
        incarnation=1,
        order=order,
        budget=Decimal(1),
    )


def test_an_adopted_order_is_live_with_its_fills():
    assert {KEY: Decimal("0.4")} == fills_by_holder(told(state(), adopted(filled="0.4")))


def test_an_earlier_generation_that_ends_last_does_not_hide_how_the_later_one_ended():
    old = placement("btc.bids[0]", incarnation=1, generation=1, is_cancel_requested=True)
    new = placement("btc.bids[0]", incarnation=2, generation=2)
    ended = saw(state(old, new), reason=EndReason.BY_VENUE, cloid=new.client_order_id)

    after = saw(ended, reason=EndReason.OWN_CANCEL, cloid=old.client_order_id)

    assert [(2, EndReason.BY_VENUE)] == [(e.generation, e.reason) for e in after.endings.values()]


def test_an_adopted_order_ends_what_was_known_of_its_address():
    known = state(endings=[ending(EndReason.BY_USER)])

    assert {} == told(known, adopted()).endings


# lately ended


def test_an_order_the_venue_showed_to_have_ended_is_remembered_for_a_while():
    after = saw(state(placement()), leg(filled="1", settled=True), reason=EndReason.FILLED)
    other = placement("btc.low", oid="2")
    later = saw(
        state(other, lately_ended=after.lately_ended),
        leg("2", settled=True),
        reason=EndReason.BY_USER,
        cloid=other.client_order_id,
        at_ms=NOW + 90_000,
    )

    assert ({"1": NOW}, {"2": NOW + 90_000}) == (after.lately_ended, later.lately_ended)


def test_an_order_only_a_person_says_has_ended_is_not_remembered():
    """It may rest, and has to be found then."""
    assert {} == settled(state(placement())).lately_ended


# a person's word


def settled(known, filled="0", address="btc.dip", holder=None):
    event = SettledByPerson(
        address=address,
        holder=holder or address,
        generation=1,
        filled=Decimal(filled),
        by="ann",
    )
    return told(known, event)


UNSURE = answered(
    intent(state(), item(IntentOperation.PLACE, wanted=terms())), Unknown(cause="timeout")
)


def test_a_persons_word_frees_the_address():
    assert frozenset() == unsettled_addresses(settled(UNSURE))


def test_a_persons_word_counts_as_filled():
    assert {KEY: Decimal("0.4")} == fills_by_holder(settled(UNSURE, "0.4"))


def test_a_persons_word_is_booked_at_the_price_of_the_order():
    assert {Decimal(90): Decimal("0.4")} == settled(UNSURE, "0.4").records[KEY].filled_at


def test_a_persons_word_is_a_fill_of_now() -> None:
    known = state(placement(), records=[record()])

    assert 0 < settled(known, "0.4").records[KEY].last_fill_at_ms


def test_fills_on_record_are_counted_once_under_a_persons_word() -> None:
    known = state(placement(filled="0.4"), records=[record(filled_at={"91": "0.1"})])

    assert {KEY: Decimal("0.8")} == fills_by_holder(settled(known, "0.7"))


def test_a_persons_word_never_lowers_what_was_seen():
    assert {KEY: Decimal("0.6")} == fills_by_holder(settled(state(placement(filled="0.6")), "0.4"))


def test_a_persons_word_leaves_another_rung_of_the_same_label_alone():
    known = state(placement("btc.bids[0]", terms("90"), incarnation=1))
    doubtful = item(IntentOperation.PLACE, "btc.bids[0]", terms("91"), incarnation=2)
    known = answered(intent(known, doubtful), Unknown(cause="timeout"))

    after = settled(known, address="btc.bids[0]", holder="btc.bids")

    assert [our_id("btc.bids", 1)] == list(after.placements)


# the rest


def test_forgetting_an_address_keeps_its_record():
    known = state(records=[record()], endings=[ending(EndReason.FILLED)])

    after = told(known, Forgotten(address=DIP))

    assert ({}, [KEY]) == (after.endings, list(after.records))


def test_an_approval_is_kept_by_book():
    after = told(state(), Approved(book="btc", intent_id="a1", by="ann"))

    assert "a1" == after.approvals["btc"].intent_id


def test_a_halt_holds_until_it_is_lifted():
    halted = told(state(), Halted(by="ann", why="drill"))

    assert ("drill", None) == (halted.halt.why, told(halted, HaltLifted(by="ann")).halt)


def test_grids_are_kept_by_name():
    after = told(state(), InstrumentsRead(instruments=(instrument(),)))

    assert {"BTC": instrument()} == after.instruments


def test_an_override_changes_nothing_but_the_journal():
    assert state() == told(state(), Overridden(rule="empty", plan_id="p", by="ann"))


FIRST = Stamped(
    event=Initialised(
        project="treasury", venue="hl", kind="k", network="local", account="0xabc", lineage="line"
    ),
    at_ms=NOW,
    serial=1,
    digest="d1",
)


def test_a_journal_starts_with_its_identity():
    assert ("treasury", 1, "d1") == (
        (made := fold_all(None, [FIRST])).project,
        made.serial,
        made.digest,
    )


@pytest.mark.parametrize(
    "events", [[], [Stamped(event=HaltLifted(by="x"), at_ms=1, serial=1, digest="d")]]
)
def test_a_journal_without_its_identity_is_refused(events):
    with pytest.raises(ValueError, match="starts with"):
        fold_all(None, events)


def test_a_journal_is_initialised_once():
    with pytest.raises(ValueError, match="once"):
        fold_all(fold_all(None, [FIRST]), [FIRST])


def test_nothing_to_fold_changes_nothing():
    known = state(placement())

    assert known is fold_all(known, [])


def test_each_event_counts_in_the_serial():
    second = Stamped(event=Halted(by="a", why="b"), at_ms=NOW, serial=2, digest="d2")

    assert (2, "d2") == ((made := fold_all(None, [FIRST, second])).serial, made.digest)


def test_a_preview_keeps_the_serial():
    known = state()

    assert known.serial == told(known, Halted(by="a", why="b")).serial


def test_a_persons_word_for_one_address_leaves_the_rest_of_its_request_open():
    known = answered(
        intent(
            state(),
            item(IntentOperation.PLACE, wanted=terms()),
            item(IntentOperation.PLACE, "btc.low", terms()),
        ),
        Unknown(cause="timeout"),
        Unknown(cause="timeout"),
    )
    word = SettledByPerson(address=DIP, holder=DIP, generation=1, filled=Decimal(0), by="ada")

    after = preview(known, [word], at_ms=NOW)

    assert {"btc.low"} == unsettled_addresses(after)


def test_a_persons_word_settles_a_request_that_was_sent_under_an_earlier_label():
    rung = placement("btc.low[@90]", holder="btc.low")
    cancel = item(
        IntentOperation.CANCEL, "btc.low[0]", client_order_id=rung.client_order_id, target="7"
    )
    known = answered(intent(state(rung), cancel), Unknown(cause="timeout"))

    after = settled(known, address="btc.low[@90]", holder="btc.low")

    assert {} == after.intents


def test_a_panic_marks_the_orders_on_record_and_no_other():
    placed = placement()
    event = PanicCancelled(
        by="ada", client_order_ids=(our_id("btc.gone", 7), placed.client_order_id)
    )

    after = preview(state(placed), [event], at_ms=NOW)

    assert [(placed.client_order_id, True)] == [
        (p.client_order_id, p.is_cancel_requested) for p in after.placements.values()
    ]


@pytest.mark.parametrize(("wanted", "left"), [(terms("90"), []), (terms("91"), [DIP])])
def test_forgetting_an_end_sets_aside_the_refusals_of_that_order_only(wanted, left):
    refused = Refusal(
        address=DIP, generation=1, count=2, reason="", text="", is_transient=True, terms=wanted
    )
    known = state(endings=[ending(EndReason.REJECTED)], refusals={DIP: refused})

    after = preview(known, [Forgotten(address=DIP)], at_ms=NOW)

    assert (left, {}) == ([*after.refusals], after.endings)


def test_forgetting_an_address_without_an_end_sets_its_refusals_aside():
    refused = Refusal(
        address=DIP, generation=1, count=2, reason="", text="", is_transient=True, terms=terms()
    )

    after = preview(state(refusals={DIP: refused}), [Forgotten(address=DIP)], at_ms=NOW)

    assert {} == after.refusals
