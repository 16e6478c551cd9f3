"""How orders ended before a state was lost: what the venue shows of it holds as it did before."""

import pytest

from reconciler.simulator import hl_info
from reconciler.venues.hyperliquid import reads
from tests.e2e.losing import (
    apply,
    fill,
    has_nothing_to_do,
    let_requests_die_soon,
    lose_state,
    recover,
)
from tests.e2e.project import ACCOUNT, Project, order

ORDERS_SHOWN_MAX = 40
BIDS = {"side": "buy", "from": "60000", "to": "58000", "levels": 3, "quantity": "0.03"}


@pytest.fixture(autouse=True)
def short_lives(project: Project) -> None:
    let_requests_die_soon(project)


@pytest.fixture
def short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the venue show fewer orders, so that few of others push ours out."""
    monkeypatch.setattr(hl_info, "LIST_MAX", ORDERS_SHOWN_MAX)
    monkeypatch.setattr(reads, "ORDERS_PER_REPLY", ORDERS_SHOWN_MAX)


def cancel_as_venue(project: Project, price: str, status: str = "marginCanceled") -> None:
    (found,) = [each for each in project.live() if each["price"] == price]
    project.venue.control("cancel_as_venue", oid=found["oid"], status=status)


def cancel_as_user(project: Project, price: str) -> None:
    (found,) = [each for each in project.live() if each["price"] == price]
    project.venue.control("cancel_as_user", oid=found["oid"])


def crowd_out(project: Project) -> None:
    """Let a person place and cancel so many orders that the venue forgets earlier ones."""
    bid = {"instrument": "BTC", "side": "buy", "price": "40000", "quantity": "0.01"}
    for _ in range(ORDERS_SHOWN_MAX + 1):
        placed = project.venue.control("place_as_human", account=ACCOUNT, **bid)
        project.venue.control("cancel_as_user", oid=placed["oid"])


def applied_with_nothing_sent(project: Project) -> str:
    sent = len(project.sent())
    ran = project.run("apply", "--auto-approve")

    assert (0, sent) == (ran.code, len(project.sent())), ran.out + ran.err
    return ran.out


def prices(project: Project) -> list[str]:
    return sorted(each["price"] for each in project.live())


def test_what_the_venue_cancelled_before_the_loss_is_held(project: Project) -> None:
    apply(project)
    cancel_as_venue(project, "60000")
    lose_state(project)
    told = recover(project)

    assert "btc.dip ended unfilled or in part: marginCanceled." in told
    assert "cancelled-by-venue" in applied_with_nothing_sent(project)


def test_a_plan_of_a_lost_state_holds_it_too(project: Project) -> None:
    apply(project)
    cancel_as_venue(project, "60000")
    lose_state(project)

    assert "cancelled-by-venue" in project.run("plan").out


def test_what_the_venue_cancelled_is_placed_again_where_the_spec_says_so(project: Project) -> None:
    dip = order("buy", "60000", "0.01", on_venue_cancel="place_again")
    project.write_book("btc", instrument="BTC", orders={"dip": dip})
    apply(project)
    cancel_as_venue(project, "60000")
    lose_state(project)
    recover(project)
    apply(project)

    assert ["60000"] == prices(project)


def test_what_filled_in_part_before_the_venue_cancelled_it_is_held(project: Project) -> None:
    apply(project)
    fill(project, "60000", "0.004")
    cancel_as_venue(project, "60000")
    lose_state(project)
    recover(project)

    assert "cancelled-by-venue" in applied_with_nothing_sent(project)


def test_what_a_person_cancelled_is_planned_again_by_a_person(project: Project) -> None:
    apply(project)
    cancel_as_user(project, "60000")
    lose_state(project)
    recover(project)

    assert "cancelled-by-user" in project.run("plan").out


def test_a_rung_the_venue_cancelled_stays_away(project: Project) -> None:
    project.write_book("btc", instrument="BTC", ladders={"bids": BIDS})
    apply(project)
    cancel_as_venue(project, "59000")
    lose_state(project)
    recover(project)
    applied_with_nothing_sent(project)

    assert ["58000", "60000"] == prices(project)


def test_an_order_that_was_modified_before_is_no_end(project: Project) -> None:
    apply(project)
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "59000", "0.01")})
    apply(project)
    lose_state(project)
    recover(project)

    assert has_nothing_to_do(project)


def test_a_modified_order_that_the_venue_cancelled_is_held(project: Project) -> None:
    apply(project)
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "59000", "0.01")})
    apply(project)
    cancel_as_venue(project, "59000")
    lose_state(project)
    recover(project)

    assert "cancelled-by-venue" in applied_with_nothing_sent(project)


def test_the_sibling_of_what_filled_is_not_placed_again(project: Project) -> None:
    swing = order(
        "buy",
        "60000",
        "0.01",
        take_profit={"trigger": "70000", "execution": "limit", "price": "70000"},
        stop_loss={"trigger": "55000", "execution": "market"},
    )
    project.write_book("btc", instrument="BTC", orders={"swing": swing})
    apply(project)
    fill(project, "60000")
    project.venue.control("set_mid", instrument="BTC", mid="71000")
    assert [] == project.live()
    lose_state(project)
    recover(project)

    assert has_nothing_to_do(project)


def test_an_order_nobody_ever_placed_is_placed_after_a_recovery(project: Project) -> None:
    apply(project)
    lose_state(project)
    orders = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}
    project.write_book("btc", instrument="BTC", orders=orders)
    recover(project)
    apply(project)

    assert ["50000", "60000"] == prices(project)


def test_a_recovery_that_cannot_read_the_history_of_orders_writes_nothing(
    project: Project,
) -> None:
    apply(project)
    lose_state(project)
    fault = {"kind": "error_before", "type": "historicalOrders", "times": 99}
    project.venue.control("faults", add=fault)

    assert 1 == project.run("state", "init").code
    assert not (project.root / ".reconciler" / "hl.journal.jsonl").exists()


@pytest.mark.usefixtures("short_history")
def test_what_may_have_been_cancelled_before_history_begins_is_held(project: Project) -> None:
    apply(project)
    cancel_as_venue(project, "60000")
    crowd_out(project)
    lose_state(project)
    told = recover(project)

    assert "reconciler resolve btc.dip --filled Q" in told
    assert "history-gap" in applied_with_nothing_sent(project)


@pytest.mark.usefixtures("short_history")
def test_a_person_s_word_lifts_that(project: Project) -> None:
    apply(project)
    cancel_as_venue(project, "60000")
    crowd_out(project)
    lose_state(project)
    recover(project)
    resolved = project.run("resolve", "btc.dip", "--filled", "0", "--auto-approve")
    apply(project)

    assert (0, ["60000"]) == (resolved.code, prices(project))


@pytest.mark.usefixtures("short_history")
def test_a_short_history_holds_nothing_that_rests(project: Project) -> None:
    project.write_book("btc", instrument="BTC", ladders={"bids": BIDS})
    apply(project)
    crowd_out(project)
    lose_state(project)
    told = recover(project)

    assert "reconciler resolve" not in told
    assert has_nothing_to_do(project)


@pytest.mark.usefixtures("short_history")
def test_a_short_history_holds_nothing_that_is_filled(project: Project) -> None:
    apply(project)
    fill(project, "60000")
    crowd_out(project)
    lose_state(project)
    told = recover(project)

    assert "reconciler resolve" not in told
    assert has_nothing_to_do(project)


@pytest.mark.usefixtures("short_history")
def test_an_end_that_a_short_history_still_shows_is_known(project: Project) -> None:
    apply(project)
    crowd_out(project)
    cancel_as_venue(project, "60000")
    lose_state(project)
    recover(project)

    assert "cancelled-by-venue" in applied_with_nothing_sent(project)


@pytest.mark.usefixtures("short_history")
def test_an_address_declared_after_a_short_history_needs_a_word(project: Project) -> None:
    apply(project)
    crowd_out(project)
    lose_state(project)
    recover(project)
    orders = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}
    project.write_book("btc", instrument="BTC", orders=orders)
    held = applied_with_nothing_sent(project)
    allowed = project.run("apply", "--auto-approve", "--allow", "history-gap")

    assert "history-gap" in held
    assert (0, ["50000", "60000"]) == (allowed.code, prices(project))
