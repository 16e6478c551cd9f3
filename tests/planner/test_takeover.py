"""A cancel of one holder and a place of another become one modify, at least cost."""

from reconciler.model.plan import Cancel, Hold, Modify, Place
from tests.support.build import (
    REPLACING,
    actions,
    book,
    holder,
    ladder,
    placement,
    plan,
    policy,
    record,
    state,
    terms,
    trigger,
    words,
)


def pairs(found):
    return [(a.origin, a.address) for a in found if isinstance(a, Modify)]


def test_an_order_nobody_wants_becomes_one_that_is_wanted():
    known = state(placement("btc.old", terms("91")))

    assert ["modify btc.new takes-over"] == words(holder("btc.new"), known)


def test_the_new_order_has_the_whole_budget_of_its_holder():
    known = state(placement("btc.old", terms("91"), filled="0.4"))

    (modify,) = actions(holder("btc.new"), known)

    assert (terms(), "0.6") == (modify.after, str(modify.overfill_bound))


def test_the_nearest_pairs_are_chosen():
    known = state(
        placement("btc.a", terms("80"), incarnation=1),
        placement("btc.b", terms("95"), incarnation=2),
    )
    wanted = book(holder("btc.x", terms("94")), holder("btc.y", terms("81")))

    assert [("btc.b", "btc.x"), ("btc.a", "btc.y")] == pairs(actions(wanted, known))


def test_the_order_too_many_is_cancelled():
    known = state(
        placement("btc.a", terms("80"), incarnation=1),
        placement("btc.b", terms("95"), incarnation=2),
    )

    found = words(holder("btc.x", terms("94")), known)

    assert ["cancel btc.a removed", "modify btc.x takes-over"] == found


def test_orders_of_another_side_are_not_paired():
    known = state(placement("btc.a", terms("110", side="sell")))

    assert [Cancel, Place] == [type(a) for a in actions(holder("btc.x"), known)]


def test_orders_of_another_instrument_are_not_paired():
    known = state(placement("btc.a", terms(name="ETH")))

    assert [Cancel, Place] == [type(a) for a in actions(holder("btc.x"), known)]


def test_triggers_are_not_paired():
    known = state(placement("btc.a", terms(trigger=trigger())))

    assert [Cancel, Place] == [type(a) for a in actions(holder("btc.x"), known)]


def test_a_venue_without_modify_cancels_and_places():
    known = state(placement("btc.a"))

    assert [Cancel, Place] == [type(a) for a in actions(holder("btc.x"), known, can=REPLACING)]


def test_a_holder_that_wants_replacement_does_not_stand_in_the_way_of_a_pair():
    known = state(placement("btc.a", terms("90")))
    wanted = book(holder("btc.x", terms("90"), may_modify=False), holder("btc.y", terms("85")))

    assert [("btc.a", "btc.y")] == pairs(actions(wanted, known))


def test_a_place_that_would_take_does_not_stand_in_the_way_of_a_pair():
    known = state(placement("btc.a", terms("99")))
    wanted = book(holder("btc.x", terms("101", post_only=False)), holder("btc.y", terms("85")))

    assert [("btc.a", "btc.y")] == pairs(actions(wanted, known))


def test_a_ladder_gives_what_it_has_too_much():
    known = state(
        placement("btc.bids[0]", terms("90"), incarnation=1),
        placement("btc.bids[1]", terms("89"), incarnation=2),
        records=[record("btc.bids", quantity="2")],
    )
    wanted = book(ladder(["90"]), holder("btc.x", terms("88")))

    assert [("btc.bids[1]", "btc.x")] == pairs(actions(wanted, known))


def test_an_order_becomes_the_next_generation_of_its_own_holder_first():
    known = state(
        placement("btc.a", terms("89"), incarnation=1),
        placement("btc.b", terms("92"), incarnation=2),
    )
    wanted = book(
        holder("btc.a", terms("91"), generation=2), holder("btc.b", terms("90"), generation=2)
    )

    assert [("btc.a", "btc.a"), ("btc.b", "btc.b")] == pairs(actions(wanted, known))


def test_a_holder_whose_order_another_may_take_takes_none():
    known = state(
        placement("btc.a", terms("89", name="ETH"), incarnation=1),
        placement("btc.old", terms("91"), incarnation=2),
    )
    wanted = book(
        holder("btc.a", terms("91"), generation=2), holder("btc.new", terms("90", name="ETH"))
    )

    assert [("btc.a", "btc.new")] == pairs(actions(wanted, known))


def test_a_holder_whose_order_nobody_can_take_may_take_another():
    known = state(
        placement("btc.a", terms("89", name="ETH"), incarnation=1),
        placement("btc.old", terms("91"), incarnation=2),
    )

    found = actions(holder("btc.a", terms("91"), generation=2), known)

    assert [("btc.old", "btc.a")] == pairs(found)


def test_a_place_waits_for_the_order_that_another_holder_takes():
    known = state(placement("btc.a", terms("89", name="ETH")))
    wanted = book(
        holder("btc.a", terms("91"), generation=2), holder("btc.new", terms("90", name="ETH"))
    )

    found = actions(wanted, known)

    assert [("btc.a",)] == [a.waits_for for a in found if isinstance(a, Place)]


def test_an_order_of_a_holder_that_prevents_cancels_is_not_taken():
    known = state(
        placement("btc.bids[0]", terms("90"), incarnation=1),
        placement("btc.bids[1]", terms("89"), incarnation=2),
        records=[record("btc.bids", quantity="2")],
    )
    wanted = book(ladder(["90"], prevent_cancel=True), holder("btc.x", terms("88")))

    found = actions(wanted, known)

    assert ([], [Hold, Place]) == (pairs(found), [type(a) for a in found][1:])


def test_a_place_outside_the_target_takes_nothing():
    known = state(placement("btc.old"))
    under = policy(targets=("btc.old",))

    assert ["cancel btc.old removed"] == words(holder("btc.new"), known, under=under)


def test_an_order_outside_the_target_is_not_taken():
    known = state(placement("btc.old"))

    assert ["place btc.new new"] == words(
        holder("btc.new"), known, under=policy(targets=("btc.new",))
    )


def test_an_excluded_address_is_left_alone():
    known = state(placement("btc.old"))

    assert [] == words(holder("btc.new"), known, under=policy(excludes=("btc.old", "btc.new")))


def test_a_target_names_everything_below_it():
    assert 2 == len(words(ladder(["90", "89"]), under=policy(targets=("btc.bids",))))


def test_a_target_may_be_one_rung():
    assert ["place btc.bids[1] new"] == words(
        ladder(["90", "89"]), under=policy(targets=("btc.bids[1]",))
    )


def test_a_rung_outside_the_target_is_not_moved():
    known = state(placement("btc.bids[1]", terms("80")), records=[record("btc.bids", quantity="1")])

    assert [] == words(ladder(["90"]), known, under=policy(targets=("btc.bids[0]",)))


def test_a_pair_is_one_item():
    known = state(placement("btc.old", terms("91")))

    assert [("modify", 1)] == [(r.kind, r.items) for r in plan(holder("btc.new"), known).requests]


def test_what_a_holder_adds_waits_for_its_order_that_another_takes():
    known = state(placement("btc.a", terms("90"), generation=1))
    again = holder("btc.a", terms("80"), generation=2, may_modify=False)

    found = actions(book(again, holder("btc.new", terms("91"))), known)

    assert [("btc.a", "btc.new")] == pairs(found)
    assert [("btc.a",)] == [a.waits_for for a in found if isinstance(a, Place)]


def test_a_holder_with_orders_of_its_own_takes_no_others():
    known = state(
        placement("btc.a", terms("90"), generation=1, incarnation=1),
        placement("btc.old", terms("81"), incarnation=2),
    )
    wanted = book(holder("btc.a", terms("82"), generation=2))

    assert [("btc.a", "btc.a")] == pairs(actions(wanted, known))
