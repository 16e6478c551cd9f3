"""Every form of a plain order there and back: plan, apply, plan."""

from decimal import Decimal

import pytest

from tests.e2e.project import ACCOUNT, Project, order
from tests.e2e.trips import (
    actions,
    buy_by_hand,
    cancel_by_hand,
    cancel_by_venue,
    fill,
    is_quiet,
    move,
    of,
    position,
    resting,
    said,
    switch,
    trip,
    write,
)

BUILDER = "0x" + "bb" * 20


def declare(project: Project, **fields: object) -> None:
    write(project, orders={"dip": {**order("buy", "60000", "0.01"), **fields}})


# post-only


def test_a_post_only_order_rests_and_fills(project: Project) -> None:
    trip(project)
    fill(project, "60000", "0.004")
    assert is_quiet(project)
    fill(project, "60000")

    assert is_quiet(project)
    assert ("0.01", []) == (position(project), project.live())


def test_a_post_only_order_that_would_meet_the_market_is_held(project: Project) -> None:
    declare(project, price="67000")

    planned = project.run("plan", "--detailed-exitcode")

    assert 2 == planned.code
    assert "would-cross" in planned.out


def test_a_post_only_order_is_modified_for_what_is_left(project: Project) -> None:
    trip(project)
    fill(project, "60000", "0.004")

    declare(project, price="60500")
    trip(project)

    assert {"60500": "0.006"} == resting(project)
    assert "batchModify" == actions(project)[-1]["type"]


def test_an_order_that_was_modified_and_filled_is_done(project: Project) -> None:
    trip(project)
    fill(project, "60000", "0.004")
    declare(project, price="60500")
    trip(project)
    fill(project, "60500")

    assert is_quiet(project)
    assert "0.01" == position(project)


def test_a_modify_that_is_refused_after_the_old_order_went_is_mended(project: Project) -> None:
    trip(project)
    funds = "9999980"
    project.venue.control("deposit", account=ACCOUNT, amount=f"-{funds}")
    declare(project, price="60500", quantity="0.02")

    refused = project.run("apply", "--auto-approve")
    assert (13, []) == (refused.code, project.live())
    project.venue.control("deposit", account=ACCOUNT, amount=funds)
    trip(project)

    assert {"60500": "0.02"} == resting(project)


def test_a_modify_of_an_order_that_fills_meanwhile_is_dropped(project: Project) -> None:
    trip(project)
    declare(project, price="60500")
    project.run("plan", "--out", "plan.json")
    fill(project, "60000")

    project.run("apply", "plan.json")

    assert ["order"] == [action["type"] for action in actions(project)]
    assert is_quiet(project)


# resting, may take


def test_an_order_that_may_take_rests_where_it_does_not_meet_the_market(project: Project) -> None:
    declare(project, post_only=False)

    trip(project)

    assert "Gtc" == of(project, "60000")["time_in_force"]


def test_an_order_that_takes_fills_at_once(project: Project) -> None:
    declare(project, price="67000", post_only=False)

    trip(project)

    assert ("0.01", []) == (position(project), project.live())


def test_an_order_that_takes_a_part_rests_with_the_remainder(project: Project) -> None:
    switch(project, background_notional="300")
    declare(project, price="67000", post_only=False)

    trip(project)

    (left,) = resting(project).values()
    assert Decimal(0) < Decimal(left) < Decimal("0.01")
    assert Decimal("0.01") == Decimal(left) + Decimal(position(project))


def test_a_modified_order_is_post_only_at_the_venue_and_still_equal(project: Project) -> None:
    declare(project, post_only=False)
    trip(project)

    declare(project, post_only=False, price="60500")
    trip(project)

    assert "Alo" == of(project, "60500")["time_in_force"]
    assert is_quiet(project)


def test_a_change_that_would_take_replaces_the_order(project: Project) -> None:
    declare(project, post_only=False)
    trip(project)

    declare(project, post_only=False, price="67000")
    trip(project)

    assert ["order", "cancel", "order"] == [action["type"] for action in actions(project)]
    assert ("0.01", []) == (position(project), project.live())


# immediate or cancel


def test_a_one_shot_that_fills_is_done(project: Project) -> None:
    declare(project, price="67000", time_in_force="ioc")

    trip(project)
    move(project, "50000")

    assert is_quiet(project)
    assert "0.01" == position(project)


def test_a_one_shot_that_fills_a_part_is_done(project: Project) -> None:
    switch(project, background_notional="300")
    declare(project, price="67000", time_in_force="ioc")

    trip(project)

    assert is_quiet(project)
    assert [] == project.live()
    assert Decimal(0) < Decimal(position(project)) < Decimal("0.01")


def test_a_one_shot_that_meets_nobody_is_done(project: Project) -> None:
    declare(project, time_in_force="ioc")

    applied = project.run("apply", "--auto-approve")

    assert 13 == applied.code
    assert is_quiet(project)
    assert ("0", []) == (position(project), project.live())


# reduce-only


def test_a_reduce_only_order_rests_against_its_position(project: Project) -> None:
    buy_by_hand(project, "0.01")
    write(project, orders={"out": order("sell", "70000", "0.01", reduce_only=True)})

    trip(project)
    fill(project, "70000", "0.004")
    assert is_quiet(project)
    fill(project, "70000")

    assert is_quiet(project)
    assert "0" == position(project)


def test_a_reduce_only_ladder_is_no_larger_than_the_position(project: Project) -> None:
    buy_by_hand(project, "0.02")
    ladder = {"side": "sell", "from": "70000", "to": "72000", "levels": 3, "quantity": "0.03"}
    write(project, ladders={"out": {**ladder, "reduce_only": True}})

    project.run("apply", "--auto-approve")
    planned = project.run("plan", "--detailed-exitcode")

    assert {"70000": "0.01", "71000": "0.01"} == resting(project)
    assert (2, True) == (planned.code, "Nothing to send; 1 held." in planned.out)


def test_a_reduce_only_order_the_venue_cancelled_is_held_with_its_reason(project: Project) -> None:
    buy_by_hand(project, "0.01")
    write(project, orders={"out": order("sell", "70000", "0.01", reduce_only=True)})
    trip(project)

    cancel_by_venue(project, "70000", "reduceOnlyCanceled")
    planned = project.run("plan", "--detailed-exitcode")

    assert 2 == planned.code
    assert "(reduceOnlyCanceled): it would no longer have reduced the position." in said(planned)


# builders


def test_an_order_with_a_builder_makes_the_trip_and_pays(project: Project) -> None:
    project.venue.control("approve_builder", account=ACCOUNT, builder=BUILDER, fee=10)
    declare(
        project,
        options={"builder": {"address": BUILDER.upper().replace("0X", "0x"), "fee_tenth_bps": 10}},
    )

    trip(project)
    fill(project, "60000")

    (account,) = project.venue.control("state", account=ACCOUNT)["accounts"]
    assert {"b": BUILDER, "f": 10} == actions(project)[-1]["builder"]
    assert "0.06" == account["fills"][-1]["builder_fee"]
    assert is_quiet(project)


def test_an_order_with_a_builder_is_replaced_never_modified(project: Project) -> None:
    project.venue.control("approve_builder", account=ACCOUNT, builder=BUILDER, fee=10)
    builder = {"builder": {"address": BUILDER, "fee_tenth_bps": 10}}
    declare(project, options=builder)
    trip(project)

    declare(project, options=builder, price="60500")
    trip(project)

    assert ["order", "cancel", "order"] == [action["type"] for action in actions(project)]
    assert {"b": BUILDER, "f": 10} == actions(project)[-1]["builder"]


@pytest.mark.parametrize(("approved", "fee"), [(0, 1), (9, 10), (1000, 101)])
def test_a_builder_that_may_not_have_so_much_gets_nothing(
    project: Project, approved: int, fee: int
) -> None:
    if approved:
        project.venue.control("approve_builder", account=ACCOUNT, builder=BUILDER, fee=approved)
    declare(project, options={"builder": {"address": BUILDER, "fee_tenth_bps": fee}})

    applied = project.run("apply", "--auto-approve")

    assert (0, []) == (applied.code, actions(project))
    assert "venue-rule" in applied.out


# what the venue would refuse


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"price": "12000"}, "venue-rule"),
        ({"price": "60000.5"}, "price-off-tick"),
        ({"quantity": "0.010001"}, "quantity-off-lot"),
        ({"quantity": "0.0001"}, "below-minimum"),
    ],
)
def test_what_the_venue_would_refuse_is_not_sent(
    project: Project, fields: dict[str, str], word: str
) -> None:
    project.write_project(price_band_pct="95")
    declare(project, **fields)

    ran = project.run("apply", "--auto-approve")

    assert [] == actions(project)
    assert word in ran.out + ran.err


def test_one_order_that_voids_a_batch_is_found_by_sending_one_by_one(project: Project) -> None:
    switch(project, perp_band_percent=30)
    names = {"near": "65000", "nearer": "65500", "far": "45000"}
    write(project, orders={name: order("buy", price, "0.01") for name, price in names.items()})

    first = project.run("apply", "--auto-approve")
    assert (13, []) == (first.code, project.live())
    second = project.run("apply", "--auto-approve")

    assert 13 == second.code
    assert {"65000": "0.01", "65500": "0.01"} == resting(project)
    assert "held" in project.run("plan", "--detailed-exitcode").out


def test_a_run_beyond_the_margin_warns(project: Project) -> None:
    project.venue.control("deposit", account=ACCOUNT, amount="-9999900")
    declare(project, quantity="1")

    planned = project.run("plan")

    assert "Warning (hl): New orders need about" in said(planned)


def test_an_order_a_person_cancelled_is_placed_again_by_a_person(project: Project) -> None:
    trip(project)
    fill(project, "60000", "0.004")
    cancel_by_hand(project, "60000")

    trip(project)

    assert {"60000": "0.006"} == resting(project)


def test_what_only_reduces_is_no_new_value(project: Project) -> None:
    buy_by_hand(project, "0.01")
    project.write_project(max_new_notional_per_run="100", max_new_notional_per_day="100")
    write(project, orders={"out": order("sell", "70000", "0.01", reduce_only=True)})

    trip(project)

    assert {"70000": "0.01"} == resting(project)
