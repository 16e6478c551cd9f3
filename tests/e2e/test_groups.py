"""A parent with its take profit and stop loss, through its whole life at the venue."""

from typing import Any

import pytest

from tests.e2e.losing import let_requests_die_soon, lose_state, recover
from tests.e2e.project import Project, order
from tests.e2e.trips import (
    actions,
    cancel_by_hand,
    cancel_by_venue,
    fill,
    is_quiet,
    move,
    position,
    resting,
    said,
    switch,
    trip,
    write,
)

SWING = {
    "side": "buy",
    "price": "61000",
    "quantity": "0.02",
    "take_profit": {"trigger": "75000", "execution": "limit", "price": "74900"},
    "stop_loss": {"trigger": "59000", "execution": "market"},
}
BASE = {"base": order("buy", "50000", "0.01")}
GROUP = {"61000": "0.02", "74900": "0.02", "53100": "0.02"}
CHILDREN = {"74900": "0.02", "53100": "0.02"}


def swing(project: Project, **changes: Any) -> None:
    """Declare the group and an order that has nothing to do with it."""
    fields = {name: value for name, value in {**SWING, **changes}.items() if value is not None}
    write(project, orders={"swing": fields, **BASE})


def rests(project: Project) -> dict[str, str]:
    found = resting(project)
    assert "0.01" == found.pop("50000")
    return found


@pytest.fixture
def group(project: Project) -> Project:
    """A project whose group rests."""
    swing(project)
    trip(project)
    return project


# together


def test_a_group_is_one_action_and_its_children_are_listed_once(group: Project) -> None:
    assert ("normalTpsl", 3) == (actions(group)[-1]["grouping"], len(actions(group)[-1]["orders"]))
    assert GROUP == rests(group)


def test_a_group_whose_price_changed_is_replaced_as_a_whole(group: Project) -> None:
    swing(group, price="61500")
    trip(group)

    assert {"61500": "0.02", **CHILDREN} == rests(group)


def test_a_group_whose_stop_changed_is_replaced_as_a_whole(group: Project) -> None:
    swing(group, stop_loss={"trigger": "58000", "execution": "market"})
    trip(group)

    assert {"61000": "0.02", "74900": "0.02", "52200": "0.02"} == rests(group)


def test_a_child_a_person_cancelled_brings_the_group_back(group: Project) -> None:
    cancel_by_hand(group, "53100")

    trip(group)

    assert GROUP == rests(group)
    assert {"canceled"} == {o["status"] for o in group.orders() if not o["is_live"]}


def test_a_child_the_venue_cancelled_is_held(group: Project) -> None:
    cancel_by_venue(group, "53100", "marginCanceled")

    planned = group.run("plan", "--detailed-exitcode")

    assert (2, True) == (planned.code, "cancelled-by-venue" in planned.out)


def test_a_removed_group_goes_with_one_cancel(group: Project) -> None:
    write(group, orders=BASE)
    trip(group)

    assert {} == rests(group)
    assert 1 == len(actions(group)[-1]["cancels"])


def test_a_target_that_left_the_spec_is_cancelled_alone(group: Project) -> None:
    swing(group, take_profit=None)
    trip(group)

    assert {"61000": "0.02", "53100": "0.02"} == rests(group)


def test_a_target_that_joined_the_spec_replaces_the_group(project: Project) -> None:
    swing(project, take_profit=None)
    trip(project)

    swing(project)
    trip(project)

    assert GROUP == rests(project)


def test_a_parent_a_person_cancelled_comes_back_with_its_children(group: Project) -> None:
    cancel_by_hand(group, "61000")

    trip(group)

    assert GROUP == rests(group)


def test_a_group_that_fills_at_once_leaves_its_children(project: Project) -> None:
    swing(project, price="67000", post_only=False)

    trip(project)

    assert CHILDREN == rests(project)


def test_a_one_shot_with_children_that_meets_nobody_is_done(project: Project) -> None:
    swing(project, time_in_force="ioc")

    project.run("apply", "--auto-approve")

    assert is_quiet(project)
    assert {} == rests(project)


@pytest.mark.parametrize("is_armed", [True, False])
def test_what_a_one_shot_bought_gets_its_children(project: Project, is_armed: bool) -> None:
    """Whether the venue arms the children of what it cut short is not known."""
    switch(project, background_notional="300", arm_children_of_cut_parent=is_armed)
    swing(project, price="67000", time_in_force="ioc")
    project.run("apply", "--auto-approve")
    bought = position(project)

    switch(project, background_notional="1000000")
    project.run("apply", "--auto-approve")

    size = "0.02" if is_armed else bought
    assert {"74900": size, "53100": size} == rests(project)
    assert is_quiet(project)


# while the parent fills


def test_a_partial_fill_of_the_parent_causes_nothing(group: Project) -> None:
    fill(group, "61000", "0.008")

    assert is_quiet(group)
    assert {"61000": "0.012", **CHILDREN} == rests(group)


def test_edits_wait_while_the_parent_fills(group: Project) -> None:
    fill(group, "61000", "0.008")
    swing(group, price="61500", stop_loss={"trigger": "58000", "execution": "market"})

    ran = group.run("apply", "--auto-approve")

    assert {"61000": "0.012", **CHILDREN} == rests(group)
    assert 2 == ran.out.count("group-has-fills")


def test_an_edit_of_a_child_is_made_once_the_parent_has_filled(group: Project) -> None:
    fill(group, "61000", "0.008")
    swing(group, stop_loss={"trigger": "58000", "execution": "market"})
    group.run("apply", "--auto-approve")
    fill(group, "61000")

    trip(group)

    assert {"74900": "0.02", "52200": "0.02"} == rests(group)


def test_a_child_gone_while_the_parent_fills_is_placed_once_it_has_filled(group: Project) -> None:
    fill(group, "61000", "0.008")
    cancel_by_hand(group, "53100")
    held = group.run("plan", "--detailed-exitcode")
    fill(group, "61000")

    trip(group)

    assert (2, True) == (held.code, "group-has-fills" in held.out)
    assert CHILDREN == rests(group)


def test_a_parent_cancelled_with_fills_comes_back_for_the_rest(group: Project) -> None:
    fill(group, "61000", "0.008")
    cancel_by_hand(group, "61000")
    assert {} == rests(group)

    trip(group)

    assert {"61000": "0.012", **CHILDREN} == rests(group)
    fill(group, "61000")
    assert ("0.02", CHILDREN) == (position(group), rests(group))
    assert is_quiet(group)


def test_what_filled_of_a_parent_the_venue_cancelled_gets_its_children(group: Project) -> None:
    fill(group, "61000", "0.008")
    cancel_by_venue(group, "61000", "selfTradeCanceled")

    group.run("apply", "--auto-approve")

    assert {"74900": "0.008", "53100": "0.008"} == rests(group)


def test_children_that_lived_on_when_margin_ran_out_are_kept(group: Project) -> None:
    """They keep their size; a fill can only reduce."""
    fill(group, "61000", "0.008")
    cancel_by_venue(group, "61000", "marginCanceled")

    planned = group.run("plan", "--detailed-exitcode")

    assert CHILDREN == rests(group)
    assert "hold      1" not in planned.out
    assert "Nothing to send; 1 held." in planned.out


# cancelling what has filled in part


def test_a_removed_group_with_fills_leaves_a_stop_for_what_filled(group: Project) -> None:
    fill(group, "61000", "0.008")
    write(group, orders=BASE)

    group.run("apply", "--auto-approve")

    assert {"53100": "0.008"} == rests(group)
    assert ["cancel", "order", "cancel"] == [action["type"] for action in actions(group)[-3:]]


def test_that_stop_stays_until_a_person_lets_it_go(group: Project) -> None:
    fill(group, "61000", "0.008")
    write(group, orders=BASE)
    group.run("apply", "--auto-approve")

    kept = group.run("plan", "--detailed-exitcode")
    trip(group, "--allow", "unprotect")

    assert (2, True) == (kept.code, "unprotected" in kept.out)
    assert {} == rests(group)


def test_that_stop_goes_with_its_position(group: Project) -> None:
    fill(group, "61000", "0.008")
    write(group, orders=BASE)
    group.run("apply", "--auto-approve")

    move(group, "58900")

    assert ("0", {}) == (position(group), rests(group))
    assert is_quiet(group) or is_quiet(group)


def test_a_person_may_leave_what_filled_without_a_stop(group: Project) -> None:
    fill(group, "61000", "0.008")
    write(group, orders=BASE)

    trip(group, "--allow", "unprotect")

    assert {} == rests(group)


def test_a_group_without_a_stop_is_not_cancelled_with_fills(project: Project) -> None:
    swing(project, stop_loss=None)
    trip(project)
    fill(project, "61000", "0.008")
    write(project, orders=BASE)

    ran = project.run("apply", "--auto-approve")

    assert {"61000": "0.012", "74900": "0.02"} == rests(project)
    assert "unprotected" in ran.out


def test_a_quantity_lowered_to_what_filled_leaves_both_legs(group: Project) -> None:
    fill(group, "61000", "0.008")
    swing(group, quantity="0.008")

    trip(group)

    assert {"74900": "0.008", "53100": "0.008"} == rests(group)


def test_a_lost_answer_to_the_stop_keeps_the_parent(group: Project) -> None:
    fill(group, "61000", "0.008")
    write(group, orders=BASE)
    group.venue.control(
        "faults", add={"kind": "lost_request", "path": "/exchange", "times": 1, "skip": 1}
    )

    group.run("apply", "--auto-approve")
    assert {"61000": "0.012", "74900": "0.02"} == rests(group)
    group.run("apply", "--auto-approve")

    assert {"53100": "0.008"} == rests(group)


# once the parent has filled


def test_the_target_ends_the_stop(group: Project) -> None:
    fill(group, "61000")
    assert is_quiet(group)

    move(group, "75100")

    assert ("0", {}) == (position(group), rests(group))
    assert is_quiet(group)


def test_the_stop_ends_the_target(group: Project) -> None:
    fill(group, "61000")

    move(group, "58900")

    assert ("0", {}) == (position(group), rests(group))
    assert is_quiet(group)


def test_a_child_a_person_cancelled_is_placed_alone(group: Project) -> None:
    fill(group, "61000")
    cancel_by_hand(group, "53100")

    applied = trip(group)

    assert CHILDREN == rests(group)
    assert "alone: no longer one-cancels-other" in said(applied)


def test_the_other_leg_of_a_child_that_stands_alone_is_cancelled_later(group: Project) -> None:
    fill(group, "61000")
    cancel_by_hand(group, "53100")
    trip(group)

    move(group, "75100")
    assert {"53100": "0.02"} == rests(group)
    trip(group)

    assert {} == rests(group)
    assert is_quiet(group)


def test_a_stop_that_fired_first_leaves_nothing_of_the_target(group: Project) -> None:
    fill(group, "61000")
    cancel_by_hand(group, "74900")
    trip(group)

    move(group, "58900")
    trip(group)

    assert ("0", {}) == (position(group), rests(group))


def test_children_go_with_their_position(group: Project) -> None:
    """The person closes by hand: there is nothing left to protect."""
    fill(group, "61000")
    group.venue.control(
        "place_as_human",
        account=group.orders()[0]["account"],
        instrument="BTC",
        side="sell",
        price="60000",
        quantity="0.02",
    )
    for price in list(rests(group)):
        cancel_by_hand(group, price)

    assert is_quiet(group)


def test_a_fired_target_that_rests_is_kept(group: Project) -> None:
    swing(group, take_profit={"trigger": "75000", "execution": "limit", "price": "76000"})
    trip(group)
    fill(group, "61000")
    move(group, "75100")

    assert {"76000": "0.02", "53100": "0.02"} == rests(group)
    assert is_quiet(group)
    fill(group, "76000", "0.008")
    assert is_quiet(group)


def test_the_children_of_a_filled_parent_stay_when_it_leaves_the_specs(group: Project) -> None:
    fill(group, "61000")
    write(group, orders=BASE)

    ran = group.run("apply", "--auto-approve")

    assert CHILDREN == rests(group)
    assert 2 == ran.out.count("unprotected")
    trip(group, "--allow", "unprotect")
    assert {} == rests(group)


def test_a_new_generation_waits_for_the_protection_of_the_old_one(group: Project) -> None:
    fill(group, "61000")
    swing(group, generation=1)

    ran = group.run("apply", "--auto-approve")
    assert CHILDREN == rests(group)
    move(group, "75100")
    move(group, "66000")
    group.run("apply", "--auto-approve")

    assert 3 == ran.out.count("unprotected")
    assert GROUP == rests(group)


def test_more_of_a_group_waits_until_its_children_have_ended(group: Project) -> None:
    fill(group, "61000")
    swing(group, quantity="0.03")

    held = group.run("apply", "--auto-approve")
    assert CHILDREN == rests(group)
    move(group, "75100")
    move(group, "66000")
    trip(group)

    assert "group-has-fills" in held.out
    assert {"61000": "0.01", "74900": "0.01", "53100": "0.01"} == rests(group)


# when the state is lost


@pytest.mark.parametrize("filled", ["", "0.008", "0.02"])
def test_a_group_is_bound_again_when_the_state_was_lost(group: Project, filled: str) -> None:
    if filled:
        fill(group, "61000", filled)
    let_requests_die_soon(group)
    before = rests(group)

    lose_state(group)
    recover(group)

    assert is_quiet(group)
    assert before == rests(group)
