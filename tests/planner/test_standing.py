"""What protects a whole position rests while the position does, and for every position anew."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.identity import holder_digest
from reconciler.model.order import DesiredOrder, OrderAddress
from reconciler.model.outcome import RejectReason
from reconciler.model.plan import Place, Replace
from reconciler.model.state import EndReason, PlacementPhase, Refusal
from reconciler.planner.owners import Owners
from tests.planner.groups import GAIN, LONG, SELL
from tests.support.build import (
    IN_PLACE,
    SPAN,
    actions,
    book,
    ending,
    holder,
    placement,
    plan,
    policy,
    shown,
    snapshot,
    state,
    terms,
    trigger,
    words,
)

STOP = "btc.position_protection.stop_loss"
TAKE = "btc.position_protection.take_profit"
SOLD = replace(SELL, quantity=Decimal(0))
TAKEN = replace(GAIN, quantity=Decimal(0))
ENDS = replace(IN_PLACE, ends_with_position=frozenset({"reduceOnlyCanceled"}))


def protecting(stop=SOLD, take=TAKEN, name="btc"):
    wanted = ((f"{name}.position_protection.take_profit", take), (STOP.replace("btc", name), stop))
    orders = [
        DesiredOrder(address=OrderAddress(address), terms=each, source=SPAN)
        for address, each in wanted
        if each is not None
    ]
    return replace(book(name=name), position_protection=tuple(orders))


def placed(address=STOP, wanted=SOLD, incarnation=1, **others):
    return placement(
        address, wanted, owner=address, incarnation=incarnation, generation=0, **others
    )


def rests(placement_):
    return replace(shown(placement_), is_position_sized=True)


def look(*placements, positions=None, **others):
    return snapshot(*map(rests, placements), positions=positions or LONG, **others)


def test_a_position_is_protected_by_both_legs():
    assert [f"place {a} protects-position" for a in (STOP, TAKE)] == words(
        protecting(), seen=look()
    )


def test_both_legs_are_one_request():
    (request,) = plan(protecting(), seen=look()).requests

    assert (STOP, TAKE) == request.addresses


def test_what_protects_a_position_shares_no_request_with_other_orders():
    books = [protecting(), book(holder("eth.dip"), name="eth")]

    requests = plan(books, seen=look()).requests

    assert {("eth.dip",), (STOP, TAKE)} == {r.addresses for r in requests}


def test_what_protects_a_position_has_no_quantity():
    (first, _) = actions(protecting(), seen=look())

    assert (Decimal(0), Decimal(0)) == (first.after.quantity, first.budget)


@pytest.mark.parametrize("size", ["0", "-1"])
def test_without_a_position_on_its_side_there_is_nothing_to_do(size):
    found = words(protecting(), seen=look(positions={"BTC": Decimal(size)}))

    assert [f"keep {a} no-position" for a in (STOP, TAKE)] == found


def test_it_is_kept_while_it_rests():
    both = placed(), placed(TAKE, TAKEN, 2)

    found = words(protecting(), state(*both), look(*both))

    assert [f"keep {a} matches" for a in (STOP, TAKE)] == found


def test_it_is_kept_whatever_quantity_the_venue_shows():
    grown = replace(rests(placed()), quantity=Decimal(3), remaining=Decimal(3))

    found = words(
        protecting(take=None), state(placed()), snapshot(grown, positions={"BTC": Decimal(3)})
    )

    assert [f"keep {STOP} matches"] == found


def test_an_order_of_a_fixed_quantity_at_its_address_is_replaced():
    fixed = placed(wanted=SELL)

    (found,) = actions(protecting(take=None), state(fixed), snapshot(shown(fixed), positions=LONG))

    assert (Replace, Decimal(0)) == (type(found), found.after.quantity)


def test_a_changed_trigger_is_replaced():
    wanted = protecting(stop=replace(SOLD, trigger=trigger("81")), take=None)

    assert [f"replace {STOP} terms-changed"] == words(wanted, state(placed()), look(placed()))


def test_the_protection_of_another_instrument_replaces_it():
    wanted = protecting(stop=replace(SOLD, instrument="ETH"), take=None)
    positions = {**LONG, "ETH": Decimal(1)}

    found = words(wanted, state(placed()), look(placed(), positions=positions))

    assert [f"replace {STOP} terms-changed"] == found


def test_a_fired_leg_is_kept():
    fired = replace(shown(placed()), trigger=None)

    found = words(protecting(take=None), state(placed()), snapshot(fired, positions=LONG))

    assert [f"keep {STOP} trigger-fired"] == found


@pytest.mark.parametrize("reason", [EndReason.FILLED, EndReason.SIBLING_FILLED])
def test_the_next_position_is_protected_anew(reason):
    known = state(
        endings=[replace(ending(reason, STOP, SOLD, generation=0), holder=OrderAddress(STOP))]
    )

    assert [f"place {STOP} protects-position"] == words(protecting(take=None), known, look())


def ended(reason, word):
    gone = replace(ending(reason, STOP, SOLD, generation=0, word=word), holder=OrderAddress(STOP))
    return state(endings=[gone])


def test_what_ended_with_its_position_protects_the_next_one():
    known = ended(EndReason.BY_VENUE, "reduceOnlyCanceled")

    found = words(protecting(take=None), known, look(), can=ENDS)

    assert [f"place {STOP} protects-position"] == found


def test_what_the_venue_cancelled_otherwise_is_held():
    known = ended(EndReason.BY_VENUE, "marginCanceled")

    found = words(protecting(take=None), known, look(), can=ENDS)

    assert [f"hold {STOP} cancelled-by-venue"] == found


def test_what_a_person_cancelled_is_held_where_nobody_attends():
    known = ended(EndReason.BY_USER, "canceled")

    found = words(protecting(take=None), known, look(), under=policy(is_unattended=True))

    assert [f"hold {STOP} cancelled-by-user"] == found


def test_what_a_person_cancelled_is_placed_again_by_a_person():
    assert [f"place {STOP} protects-position"] == words(
        protecting(take=None), ended(EndReason.BY_USER, "canceled"), look()
    )


def test_what_the_venue_refuses_as_it_is_is_held():
    refusal = Refusal(
        address=OrderAddress(STOP),
        generation=0,
        count=1,
        reason=RejectReason.SHAPE,
        text="tick",
        is_transient=False,
        terms=SOLD,
    )

    assert [f"hold {STOP} refused-shape"] == words(
        protecting(take=None), state(refusals={STOP: refusal}), look()
    )


def test_a_leg_nothing_is_known_of_is_held():
    found = words(protecting(take=None), state(placed()), snapshot(positions=LONG))

    assert [f"hold {STOP} status-unknown"] == found


def test_a_leg_that_was_sent_and_not_answered_is_held():
    sent = placed(phase=PlacementPhase.SENT, legs=())

    found = words(protecting(take=None), state(sent), look())

    assert [f"hold {STOP} status-unknown"] == found


def test_a_trigger_the_price_has_passed_is_held():
    seen = look(mids={"BTC": Decimal(79)})

    assert [f"hold {STOP} trigger-crossed"] == words(protecting(take=None), seen=seen)


def test_one_position_is_protected_once():
    found = words([protecting(), protecting(name="alt")], seen=look())

    assert [word for word in found if word.startswith("hold")] == [
        f"hold {STOP} ambiguous",
        f"hold {TAKE} ambiguous",
    ]


def test_a_second_order_of_one_leg_is_cancelled():
    both = placed(), placed(incarnation=2)

    found = words(protecting(take=None), state(*both), look(*both))

    assert [f"cancel {STOP} superseded", f"keep {STOP} matches"] == found


def test_protection_that_left_the_spec_is_cancelled():
    found = words(book(holder("btc.z")), state(placed()), look(placed()))

    assert f"cancel {STOP} removed" in found


def test_protection_alone_is_not_nothing():
    low = placement("btc.low", terms("80"), incarnation=5)

    found = words(protecting(), state(low), snapshot(shown(low), positions=LONG))

    assert "cancel btc.low removed" in found


def test_protection_whose_record_was_lost_is_bound_again():
    found = words(protecting(take=None), state(), look(placed()))

    assert [f"adopt {STOP} state-lost-it", f"keep {STOP} matches"] == found


def test_protection_is_no_new_name_of_a_finished_order():
    known = ended(EndReason.FILLED, "filled")

    kinds = [type(a) for a in actions(protecting(take=None), known, look())]

    assert [Place] == kinds


def test_ids_of_protection_say_whose_they_are():
    owner = Owners([protecting()], IN_PLACE.id_layout).of(holder_digest(OrderAddress(STOP), 0))

    assert owner is not None
    assert STOP == owner.address


def test_protection_has_no_budget_to_lose():
    owners = Owners([protecting()], IN_PLACE.id_layout)

    assert [] == list(owners.declared())


def test_an_earlier_stop_nothing_is_known_of_is_not_cancelled():
    older, newer = placed(incarnation=1, phase=PlacementPhase.SENT, legs=()), placed(incarnation=2)
    seen = snapshot(rests(newer), positions=LONG)

    found = words(protecting(take=None), state(older, newer), seen)

    assert [f"hold {STOP} status-unknown"] == found
