"""A state that is lost is made anew from what the venue shows: nothing is bought twice."""

import json
from dataclasses import replace

import pytest

from reconciler.simulator import hl_info
from reconciler.venues.hyperliquid import reads
from tests.e2e.losing import (
    apply,
    bought,
    change,
    fill,
    has_nothing_to_do,
    let_requests_die_soon,
    lose_state,
    recover,
)
from tests.e2e.project import ACCOUNT, Project, order

SHOWN_MAX = 300
BIDS = {"side": "buy", "from": "60000", "to": "58000", "levels": 3, "quantity": "0.03"}


@pytest.fixture(autouse=True)
def short_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the venue show fewer fills: all that it would show weigh more than a minute's reads."""
    monkeypatch.setattr(hl_info, "FILLS_REACHABLE", SHOWN_MAX)
    monkeypatch.setattr(reads, "FILLS_SURE_MAX", SHOWN_MAX - 50)


@pytest.fixture(autouse=True)
def short_lives(project: Project) -> None:
    let_requests_die_soon(project)


def test_the_lock_file_says_when_each_lineage_began(project: Project) -> None:
    lock = json.loads((project.root / "reconciler.lock").read_text(encoding="utf-8"))

    assert lock["venues"]["hl"]["born_at_ms"] > 1_700_000_000_000


def test_a_lost_state_is_recovered_under_its_old_lineage(project: Project) -> None:
    apply(project)
    lock = (project.root / "reconciler.lock").read_bytes()
    lose_state(project)

    told = recover(project)

    assert "1 open order is bound again" in told
    assert lock == (project.root / "reconciler.lock").read_bytes()
    assert has_nothing_to_do(project)
    assert 1 == len(project.orders())


def test_a_recovery_says_that_a_halt_is_lost_too(project: Project) -> None:
    apply(project)
    project.run("panic")
    lose_state(project)

    assert "A halt that stood is lost" in recover(project)


def test_rungs_are_bound_again_by_price(project: Project) -> None:
    project.write_book("btc", instrument="BTC", ladders={"bids": BIDS})
    apply(project)
    lose_state(project)

    assert "3 open orders are bound again" in recover(project)

    assert has_nothing_to_do(project)
    assert 3 == len(project.orders())


def test_what_filled_before_the_loss_is_not_bought_again(project: Project) -> None:
    orders = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}
    project.write_book(
        "btc", instrument="BTC", orders=orders, ladders={"bids": BIDS | {"from": "59000"}}
    )
    apply(project)
    fill(project, "60000")
    fill(project, "58500")
    fill(project, "58000", "0.004")
    lose_state(project)

    told = recover(project)

    assert "btc.dip filled 0.01 at generation 0" in told
    assert "btc.bids filled 0.014 at generation 0" in told
    assert has_nothing_to_do(project)
    assert {"60000": "0.01", "58500": "0.01", "58000": "0.004"} == bought(project)


def test_fills_of_an_order_before_its_modify_are_counted(project: Project) -> None:
    apply(project)
    fill(project, "60000", "0.004")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "59000", "0.01")})
    apply(project)
    fill(project, "59000")
    lose_state(project)

    assert "btc.dip filled 0.01" in recover(project)

    assert has_nothing_to_do(project)
    assert {"60000": "0.004", "59000": "0.006"} == bought(project)


def test_an_order_that_was_moved_in_the_specs_while_the_state_was_lost_is_moved(
    project: Project,
) -> None:
    project.write_book("btc", instrument="BTC", ladders={"bids": BIDS})
    apply(project)
    fill(project, "60000")
    lose_state(project)
    project.write_book(
        "btc", instrument="BTC", ladders={"bids": BIDS | {"from": "59000", "to": "57000"}}
    )
    recover(project)

    apply(project)

    live = sorted((o["price"], o["remaining"]) for o in project.live())
    assert [("58000", "0.01"), ("59000", "0.01")] == live


def test_a_new_generation_leaves_no_order_of_the_old_one(project: Project) -> None:
    apply(project)
    lose_state(project)
    armed = order("buy", "60000", "0.01", generation=1)
    project.write_book("btc", instrument="BTC", orders={"dip": armed})
    recover(project)

    apply(project)

    assert [("60000", "0.01")] == [(o["price"], o["remaining"]) for o in project.live()]
    assert has_nothing_to_do(project)


def test_a_holder_that_is_declared_again_after_a_recovery_is_not_bought_again(
    project: Project,
) -> None:
    apply(project)
    fill(project, "60000")
    project.write_book("btc", instrument="BTC", orders={"low": order("buy", "50000", "0.01")})
    apply(project)
    lose_state(project)

    assert "no spec declares whose they are" in recover(project)
    apply(project)
    both = {"low": order("buy", "50000", "0.01"), "dip": order("buy", "60000", "0.01")}
    project.write_book("btc", instrument="BTC", orders=both)

    assert has_nothing_to_do(project)
    assert {"60000": "0.01"} == bought(project)


def test_an_unnamed_order_that_filled_after_the_recovery_is_held_when_declared_again(
    project: Project,
) -> None:
    apply(project)
    lose_state(project)
    project.write_book("btc", instrument="BTC", orders={"low": order("buy", "50000", "0.01")})
    recover(project)
    fill(project, "60000")
    both = {"low": order("buy", "50000", "0.01"), "dip": order("buy", "60000", "0.01")}
    project.write_book("btc", instrument="BTC", orders=both)

    applied = project.run("apply", "--auto-approve")

    assert "history-gap" in applied.out
    assert {"50000": "0", "60000": "0.01"} == {o["price"]: o["filled"] for o in project.orders()}


def test_a_one_shot_is_not_sent_again_after_a_recovery(project: Project) -> None:
    shot = order("buy", "60000", "0.01", time_in_force="ioc")
    project.write_book("btc", instrument="BTC", orders={"dip": shot})
    project.run("apply", "--auto-approve")
    sent = len(project.sent())
    lose_state(project)
    recover(project)

    applied = project.run("apply", "--auto-approve")

    assert "No changes." in applied.out
    assert sent == len(project.sent())


def test_a_history_that_does_not_reach_back_holds_until_a_person_says(project: Project) -> None:
    apply(project)
    fill(project, "60000")
    crowd_out(project)
    lose_state(project)
    told = recover(project)
    held = project.run("apply", "--auto-approve")
    sent = len(project.sent())

    resolved = project.run("resolve", "btc.dip", "--filled", "0.01", "--auto-approve")

    assert "reconciler resolve btc.dip --filled Q" in told
    assert "history-gap" in held.out
    assert 0 == resolved.code, resolved.err
    assert has_nothing_to_do(project)
    assert sent == len(project.sent())


def test_a_new_generation_lifts_a_gap(project: Project) -> None:
    apply(project)
    fill(project, "60000")
    crowd_out(project)
    lose_state(project)
    recover(project)
    armed = order("buy", "59990", "0.01", generation=1)
    project.write_book("btc", instrument="BTC", orders={"dip": armed})

    apply(project)

    assert ["59990"] == [o["price"] for o in project.live()]


def test_a_new_address_behind_a_gap_needs_a_word(project: Project) -> None:
    apply(project)
    crowd_out(project)
    lose_state(project)
    recover(project)
    fresh = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}
    project.write_book("btc", instrument="BTC", orders=fresh)

    held = project.run("apply", "--auto-approve")
    allowed = project.run("apply", "--auto-approve", "--allow", "history-gap")

    assert "--allow history-gap" in held.out
    assert 0 == allowed.code, allowed.err
    assert ["50000", "60000"] == sorted(o["price"] for o in project.live())


def crowd_out(project: Project) -> None:
    """Let somebody trade so much that the venue forgets what filled before."""
    bid = {"instrument": "BTC", "side": "buy", "price": "70000", "quantity": "0.01"}
    project.venue.control("place_as_human", account=ACCOUNT, time_in_force="Ioc", **bid)
    fills = project.venue.simulator.world.accounts[ACCOUNT].fills
    newest = fills[-1]
    fills += [
        replace(newest, at_ms=newest.at_ms + number, trade_id=newest.trade_id + number + 1)
        for number in range(SHOWN_MAX)
    ]


def test_a_recovery_that_cannot_read_writes_nothing(project: Project) -> None:
    apply(project)
    lose_state(project)
    project.venue.control(
        "faults", add={"kind": "error_before", "type": "userFillsByTime", "times": 99}
    )

    refused = project.run("state", "init")

    assert 1 == refused.code
    assert not (project.root / ".reconciler" / "hl.journal.jsonl").exists()


def test_apply_without_the_state_names_the_command_that_recovers_it(project: Project) -> None:
    apply(project)
    sent = len(project.sent())
    lose_state(project)

    planned = project.run("plan", "--detailed-exitcode")
    applied = project.run("apply", "--auto-approve")

    assert (0, 1) == (planned.code, applied.code), planned.out
    assert "nothing is recorded" in planned.err
    assert "reconciler state init" in applied.err
    assert sent == len(project.sent())


def test_a_lost_state_s_plan_does_not_buy_again(project: Project) -> None:
    apply(project)
    fill(project, "60000")
    lose_state(project)

    planned = project.run("plan", "--detailed-exitcode")

    assert 0 == planned.code, planned.out
    assert not (project.root / ".reconciler").exists()


def test_a_spec_off_the_grid_stops_a_recovery(project: Project) -> None:
    apply(project)
    lose_state(project)
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60000.55", "0.01")})

    refused = project.run("state", "init")

    assert 1 == refused.code
    assert "60000.55" in refused.err
    assert not (project.root / ".reconciler" / "hl.journal.jsonl").exists()


def test_what_rests_under_a_name_that_is_gone_is_not_placed_beside_itself(
    project: Project,
) -> None:
    apply(project)
    project.write_book("btc", instrument="BTC", orders={"low": order("buy", "60000", "0.01")})
    lose_state(project)
    recover(project)

    held = project.run("apply", "--auto-approve")
    moved = [{"from": "btc.dip", "to": "btc.low"}]
    project.write_book(
        "btc", instrument="BTC", moved=moved, orders={"low": order("buy", "60000", "0.01")}
    )
    apply(project)

    assert (0, True) == (held.code, "looks-renamed" in held.out)
    assert has_nothing_to_do(project)
    assert 1 == len(project.orders())


def test_attached_orders_are_bound_again(project: Project) -> None:
    swing = order("buy", "60000", "0.01")
    swing["stop_loss"] = {"trigger": "50000", "execution": "market"}
    swing["take_profit"] = {"trigger": "99000", "execution": "limit", "price": "98900"}
    project.write_book("btc", instrument="BTC", orders={"swing": swing})
    apply(project)
    fill(project, "60000")
    lose_state(project)

    assert "2 open orders are bound again" in recover(project)

    assert has_nothing_to_do(project)
    assert 2 == len(project.live())


def test_an_order_placed_under_an_earlier_name_is_bound_under_its_new_one(
    project: Project,
) -> None:
    apply(project)
    fill(project, "60000", "0.004")
    renamed = {"orders": {"low": order("buy", "60000", "0.01")}}
    moved = [{"from": "btc.dip", "to": "btc.low"}]
    project.write_book("btc", instrument="BTC", moved=moved, **renamed)
    apply(project)
    lose_state(project)

    assert "btc.low filled 0.004" in recover(project)

    assert has_nothing_to_do(project)
    assert 1 == len(project.orders())


def test_two_losses_in_a_row_are_both_recovered(project: Project) -> None:
    apply(project)
    fill(project, "60000", "0.004")
    lose_state(project)
    recover(project)
    fill(project, "60000")
    lose_state(project)
    recover(project)

    assert has_nothing_to_do(project)
    assert {"60000": "0.01"} == bought(project)


def test_the_day_s_limit_counts_what_was_sent_before_the_loss(project: Project) -> None:
    apply(project)
    lose_state(project)
    recover(project)
    change(project, "limits", max_new_notional_per_day="1000")
    more = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}
    project.write_book("btc", instrument="BTC", orders=more)

    applied = project.run("apply", "--auto-approve")

    assert 10 == applied.code, applied.out
    assert ["60000"] == [o["price"] for o in project.live()]


def test_foreign_orders_are_no_part_of_a_recovery(project: Project) -> None:
    bid = {"instrument": "BTC", "side": "buy", "price": "61000", "quantity": "0.01"}
    project.venue.control("place_as_human", account=ACCOUNT, **bid)
    apply(project)
    lose_state(project)

    told = recover(project)

    assert "1 open order is bound again" in told
    assert "no spec declares" not in told
    assert has_nothing_to_do(project)
    assert 2 == len(project.live())
