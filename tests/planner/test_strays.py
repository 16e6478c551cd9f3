"""What no spec claims: twins, renames, lost and forgotten addresses."""

from decimal import Decimal

import pytest

from reconciler.model.event import Adopted, Forgotten, Moved
from reconciler.model.order import OrderAddress
from reconciler.model.plan import Adopt, Cancel, Hold, Keep, Modify, Place
from reconciler.model.state import EndReason
from tests.planner.groups import STOP, TAKE, group, stop, take
from tests.support.build import (
    REPLACING,
    actions,
    book,
    ending,
    holder,
    ladder,
    our_id,
    placement,
    plan,
    planned,
    policy,
    record,
    resting,
    shown,
    snapshot,
    state,
    terms,
    words,
)

# twins


def test_a_place_equal_to_a_foreign_order_is_held():
    seen = snapshot(resting(oid="9"))

    assert ["hold btc.dip foreign-twin"] == words(holder(), seen=seen)


def test_a_twin_may_be_allowed():
    seen = snapshot(resting(oid="9"))

    assert ["place btc.dip new"] == words(holder(), seen=seen, under=policy(allow={"foreign-twin"}))


@pytest.mark.parametrize(
    "other", [terms("89"), terms(quantity="2"), terms(side="sell"), terms(name="ETH")]
)
def test_a_foreign_order_that_differs_is_no_twin(other):
    seen = snapshot(resting(other, oid="9"))

    assert ["place btc.dip new"] == words(holder(), seen=seen)


def test_the_twin_that_is_named_does_not_depend_on_the_order_of_the_reply():
    one, two = resting(oid="1"), resting(oid="2")

    assert plan(holder(), seen=snapshot(one, two)) == plan(holder(), seen=snapshot(two, one))


def orphan(wanted=None, filled="0"):
    """An order of this project under an address that nobody declares."""
    return resting(wanted or terms(), oid="9", cloid=our_id("btc.old", 3), filled=filled)


@pytest.mark.parametrize("filled", ["0", "0.4"])
def test_a_place_equal_to_an_order_of_ours_that_nobody_declares_is_held(filled):
    """A state was lost and the spec renamed: it would be placed a second time beside itself."""
    found = words(holder(), seen=snapshot(orphan(filled=filled)))

    assert "hold btc.dip looks-renamed" in found
    assert not [word for word in found if word.startswith("place")]


def test_a_place_equal_to_what_is_left_of_an_orphan_is_held():
    seen = snapshot(orphan(terms(quantity="1.4"), filled="0.4"))

    assert "hold btc.dip looks-renamed" in words(holder(), seen=seen)


def test_an_order_placed_under_an_earlier_name_is_bound_under_its_new_one():
    renamed = book(holder("btc.dip"), moved={OrderAddress("btc.old"): OrderAddress("btc.dip")})

    assert ["adopt btc.dip state-lost-it", "keep btc.dip matches"] == words(
        renamed, seen=snapshot(orphan())
    )


def test_an_orphan_that_differs_holds_nothing_else():
    assert "place btc.dip new" in words(holder(), seen=snapshot(orphan(terms("89"))))


def test_a_place_beside_an_equal_orphan_may_be_allowed():
    found = words(holder(), seen=snapshot(orphan()), under=policy(allow={"looks-renamed"}))

    assert "place btc.dip new" in found


# renames


def test_a_place_equal_to_a_vanished_record_looks_renamed():
    known = state(records=[record("btc.old", {"90": "1"})])

    assert ["hold btc.new looks-renamed"] == words(holder("btc.new"), known)


def test_a_new_generation_is_no_rename():
    known = state(records=[record("btc.old", {"90": "1"})])

    assert ["place btc.new new"] == words(holder("btc.new", generation=2), known)


def test_a_rename_may_be_allowed():
    known = state(records=[record("btc.old", {"90": "1"})])

    assert ["place btc.new new"] == words(
        holder("btc.new"), known, under=policy(allow={"looks-renamed"})
    )


@pytest.mark.parametrize("other", [terms("89"), terms(quantity="2"), terms(name="ETH")])
def test_a_place_that_differs_from_a_vanished_record_is_no_rename(other):
    known = state(records=[record("btc.old", {"90": "1"})])

    assert ["place btc.new new"] == words(holder("btc.new", other), known)


def test_a_record_that_never_filled_is_no_rename():
    known = state(records=[record("btc.old")])

    assert ["place btc.new new"] == words(holder("btc.new"), known)


def test_a_record_that_is_still_declared_is_no_rename():
    known = state(records=[record("btc.old", {"90": "1"})])
    wanted = book(holder("btc.old"), holder("btc.new"))

    assert ["place btc.new new", "keep btc.old filled"] == words(wanted, known)


def test_an_order_that_partly_filled_and_still_rests_looks_renamed():
    known = state(placement("btc.old", filled="0.4"))

    assert ["hold btc.new looks-renamed", "cancel btc.old removed"] == words(
        holder("btc.new"), known
    )


def test_a_moved_address_keeps_its_order():
    known = state(placement("btc.old"))

    found = actions(book(holder("btc.new"), moved={"btc.old": "btc.new"}), known)

    assert [Adopt, Keep] == [type(a) for a in found]


def test_a_moved_address_keeps_its_fills():
    known = state(records=[record("btc.old", {"90": "1"})])

    found = words(book(holder("btc.new"), moved={"btc.old": "btc.new"}), known)

    assert ["adopt btc.new moved", "keep btc.new filled"] == found


def test_a_move_is_written_as_an_event():
    known = state(placement("btc.old"))

    found = planned(book(holder("btc.new"), moved={"btc.old": "btc.new"}), known)

    assert (
        Moved(origin=OrderAddress("btc.old"), destination=OrderAddress("btc.new")),
    ) == found.events


def test_a_move_done_is_done():
    known = state(placement("btc.new"))

    assert ["keep btc.new matches"] == words(
        book(holder("btc.new"), moved={"btc.old": "btc.new"}), known
    )


def test_a_chain_of_moves_touches_nothing_at_the_venue():
    known = state(placement("btc.a", incarnation=1), placement("btc.b", incarnation=2))
    wanted = book(holder("btc.b"), holder("btc.c"), moved={"btc.a": "btc.b", "btc.b": "btc.c"})

    assert () == plan(wanted, known).requests


def test_a_move_of_an_address_that_is_still_declared_is_not_made():
    known = state(placement("btc.old"))
    wanted = book(holder("btc.old"), holder("btc.new", terms("80")), moved={"btc.old": "btc.new"})

    assert ["place btc.new new", "keep btc.old matches"] == words(wanted, known)


def test_a_moved_ladder_keeps_its_rungs():
    known = state(placement("btc.bids[0]", terms("90")), records=[record("btc.bids", quantity="1")])
    wanted = book(ladder(["90"], address="btc.grid"), moved={"btc.bids": "btc.grid"})

    assert () == plan(wanted, known).requests


# adoption


def test_an_adopted_order_brings_its_fills():
    seen = snapshot(resting(filled="0.4", cloid=our_id("btc.dip", 5)))

    found = words(holder(), state(), seen)

    assert ["adopt btc.dip state-lost-it", "keep btc.dip partly-filled"] == found


def test_a_group_whose_record_was_lost_is_bound_again():
    orders = [shown(p) for p in (placement(), take(), stop())]

    found = words(group(), state(), snapshot(*orders))

    assert [f"adopt {a} state-lost-it" for a in ("btc.dip", STOP, TAKE)] == [
        word for word in found if word.startswith("adopt")
    ]


def test_an_adoption_is_written_as_an_event():
    seen = snapshot(resting(cloid=our_id("btc.dip", 5)))

    (event,) = planned(holder(), state(), seen).events

    assert isinstance(event, Adopted)
    assert ("btc.dip", 5) == (event.address, event.incarnation)


def test_a_rung_is_adopted_by_its_price():
    seen = snapshot(resting(terms("89"), cloid=our_id("btc.bids", 5)))

    found = words(ladder(["90", "89"]), state(), seen)

    assert "adopt btc.bids[1] state-lost-it" in found


def test_two_orders_at_the_price_of_one_rung_stay_orphans():
    seen = snapshot(
        *(resting(terms("89"), oid=str(n), cloid=our_id("btc.bids", n)) for n in (1, 2))
    )

    found = words(ladder(["90", "89"]), state(), seen)

    assert 2 == sum(w.endswith(" orphan") for w in found)


def test_an_order_of_another_side_is_not_adopted():
    seen = snapshot(resting(terms(side="sell"), cloid=our_id("btc.dip", 5)))

    assert ["place btc.dip new", f"hold orphan.{our_id('btc.dip', 5)} orphan"] == words(
        holder(), state(), seen
    )


def test_an_order_whose_short_digest_fits_two_holders_stays_an_orphan():
    # The narrow layout keeps 16 bits of the digest: among these some pair is sure to share them.
    holders = [holder(f"btc.h{n}", terms(str(50 + n % 40))) for n in range(2000)]
    by_digest: dict[int, list[str]] = {}
    for one in holders:
        parts = REPLACING.id_layout.decode(our_id(one.address, 1, can=REPLACING))
        assert parts is not None
        by_digest.setdefault(parts.digest, []).append(one.address)
    shared = next(addresses for addresses in by_digest.values() if len(addresses) > 1)
    seen = snapshot(resting(cloid=our_id(shared[0], 1, can=REPLACING)))
    wanted = book(*(one for one in holders if one.address in shared))

    found = words(wanted, state(), seen, can=REPLACING)

    assert "adopt" not in {w.split()[0] for w in found}


def test_an_excluded_address_is_not_adopted():
    seen = snapshot(resting(cloid=our_id("btc.dip", 5)))

    found = planned(holder(), state(), seen, under=policy(excludes=("btc.dip",)))

    assert ((), ()) == (found.events, found.plan.actions)


def test_an_excluded_address_is_no_orphan_to_cancel():
    seen = snapshot(resting(cloid=our_id("btc.dip", 5)))
    under = policy(excludes=("btc.dip",), allow={"orphans"})

    assert () == actions(holder(), state(), seen, under=under)


def test_a_moved_address_is_moved_even_outside_the_target():
    known = state(placement("btc.bids[0]", terms("90")), records=[record("btc.bids", quantity="1")])
    wanted = book(ladder(["90"], address="btc.grid"), moved={"btc.bids": "btc.grid"})

    found = planned(wanted, known, under=policy(targets=("btc.grid[0]",)))

    assert [Moved] == [type(e) for e in found.events]


# forget


def test_forgetting_is_written_as_an_event():
    known = state(records=[record()], endings=[ending(EndReason.FILLED)])

    assert (Forgotten(address=OrderAddress("btc.dip")),) == planned(None, known).events


def test_an_address_that_is_still_declared_is_not_forgotten():
    known = state(records=[record(filled_at={"90": "1"})], endings=[ending(EndReason.FILLED)])

    assert ["keep btc.dip filled"] == words(holder(), known)


def test_a_rung_that_left_the_ladder_is_forgotten_by_its_price():
    known = state(
        records=[record("btc.bids", {"88": "1"}, quantity="2")],
        endings=[ending(EndReason.FILLED, "btc.bids[0]", terms("88"))],
    )

    assert "forget btc.bids[@88] gone" in words(ladder(["90"]), known)


def test_a_rung_under_a_new_label_is_not_forgotten():
    known = state(
        records=[record("btc.bids", {"90": "1"}, quantity="2")],
        endings=[ending(EndReason.FILLED, "btc.bids[5]", terms("90"))],
    )

    assert ["keep btc.bids[0] filled"] == words(ladder(["90"]), known)


def test_an_order_added_again_resumes_its_budget():
    known = state(records=[record(filled_at={"90": "0.4"})])

    (place,) = actions(holder(), known)

    assert (Place, Decimal("0.6")) == (type(place), place.after.quantity)


# ours and foreign


def test_a_foreign_order_is_counted():
    seen = snapshot(resting(terms("50"), oid="9"), resting(cloid=our_id("btc.x", 1)))

    assert 1 == plan(None, seen=seen).foreign_count


def test_a_foreign_order_with_one_of_our_prices_is_not_taken_over():
    foreign = resting(terms("91"), oid="9")
    known = state(placement("btc.old", terms("95")))
    seen = snapshot(foreign, *map(shown, known.placements.values()))

    (modify,) = actions(holder("btc.new"), known, seen)

    assert (Modify, "1") == (type(modify), modify.before.venue_order_id)


def test_an_orphan_is_not_taken_over():
    seen = snapshot(resting(terms("91"), cloid=our_id("btc.gone", 3)))

    assert [Place, Hold] == [type(a) for a in actions(holder("btc.new"), state(), seen)]


def test_an_allowed_orphan_is_cancelled_beside_a_place():
    seen = snapshot(resting(terms("91"), cloid=our_id("btc.gone", 3)))

    found = actions(holder("btc.new"), state(), seen, under=policy(allow={"orphans"}))

    assert [Place, Cancel] == [type(a) for a in found]
