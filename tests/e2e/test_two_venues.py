"""One project, two venues: one plan, one apply; a fault on one does not stop the other."""

import pytest

from tests.e2e.both import Both
from tests.e2e.project import order
from tests.venues.htx.hand import ACCESS, SECRET


def test_one_plan_shows_both_and_one_apply_sends_to_both(both: Both) -> None:
    planned = both.run("plan")
    applied = both.apply()

    assert (0, 0) == (planned.code, applied.code), planned.err + applied.err
    assert "Plan: 2 to place" in planned.out
    assert [("80000", 3)] == both.coins()
    assert ["60000"] == [each["price"] for each in both.live()]
    assert "No changes." in both.run("plan", "--detailed-exitcode").out


def test_a_saved_plan_covers_both(both: Both) -> None:
    saved = both.run("plan", "--out", "plan.json")
    applied = both.run("apply", "plan.json")

    assert (0, 0) == (saved.code, applied.code), applied.err
    assert [("80000", 3)] == both.coins()
    assert 1 == len(both.live())


def test_an_apply_with_nothing_new_sends_and_writes_nothing(both: Both) -> None:
    both.apply()
    before, sent = both.state_bytes(), both.kinds()
    applied = both.apply()

    assert 0 == applied.code
    assert (before, sent) == (both.state_bytes(), both.kinds())


def test_a_contract_in_small_letters_is_the_same_contract(both: Both) -> None:
    both.apply()
    both.write_coin(instrument="btc-usd", dip=order("buy", "80000", "3"))

    assert "No changes." in both.run("plan", "--detailed-exitcode").out


def test_what_is_worth_a_hundred_dollars_a_contract_is_shown_and_limited_so(both: Both) -> None:
    both.write_coin(dip=order("buy", "80000", "30"))
    both.write_project(max_order_notional="2999")
    held = both.run("plan", "--target", "coin")
    both.write_project(max_order_notional="3000")
    planned = both.run("plan", "--target", "coin")

    assert "It is worth 3000" in held.out
    assert "1 to place" in planned.out


def test_a_new_price_is_a_cancel_a_final_fill_and_a_new_order(both: Both) -> None:
    both.apply()
    (old,) = both.coin_orders()
    both.fault("fill_during_cancel", "swap_cancel", count=1)
    both.write_coin(dip=order("buy", "79000", "3"))
    applied = both.apply()
    (new,) = both.coin_orders()

    assert 0 == applied.code, applied.err
    assert ["swap_order", "swap_cancel", "swap_order"] == both.kinds()
    assert [("79000", 2)] == both.coins()
    assert old["cloid"] != new["cloid"]


def test_while_one_venue_is_closed_the_other_goes_on(both: Both) -> None:
    both.htx("switches", is_maintained=True)
    applied = both.apply()

    assert 1 == applied.code
    assert "error[venue-closed]: The venue takes nothing at the moment." in applied.err
    assert ["60000"] == [each["price"] for each in both.live()]
    assert [] == both.kinds()


def test_while_the_other_venue_does_not_answer_this_one_goes_on(both: Both) -> None:
    both.venue.control("faults", add={"kind": "error_before", "path": "/info", "times": None})
    applied = both.apply()

    assert 1 == applied.code
    assert [("80000", 3)] == both.coins()
    assert [] == both.live()


def test_settlement_in_the_middle_of_a_run_is_told_and_not_tried_again(both: Both) -> None:
    both.fault("error_before", "swap_order", code=1056)
    applied = both.apply()

    assert 13 == applied.code
    assert "The venue takes nothing at the moment:" in applied.out
    assert "(1056)" in applied.out
    assert ["swap_order"] == both.kinds()
    assert ["60000"] == [each["price"] for each in both.live()]
    assert "1 to place" in both.run("plan").out


def test_a_lost_answer_is_settled_by_reading(both: Both) -> None:
    both.fault("lost_reply", "swap_order")
    applied = both.apply()

    assert 0 == applied.code, applied.err
    assert ["swap_order"] == both.kinds()
    assert [("80000", 3)] == both.coins()


def test_without_its_keys_a_venue_is_not_read_and_the_other_is(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HTX_SECRET_KEY")
    planned = both.run("plan")

    assert 1 == planned.code
    assert "error[key-missing]" in planned.err
    assert "place  btc.dip" in planned.out
    assert [] == both.kinds()


def test_a_position_of_another_leverage_holds_the_order(both: Both) -> None:
    both.hold(3, leverage=10)
    planned = both.run("plan", "--target", "coin")

    assert "option-conflict" in planned.out
    assert "`leverage` is 5 in the spec, and 10 for the position in BTC-USD" in " ".join(
        planned.out.split()
    )


def test_a_trigger_order_of_its_own_is_refused_with_the_reason(both: Both) -> None:
    stop = {"side": "sell", "quantity": "3", "stop_loss": {
        "trigger": "70000", "execution": "limit", "price": "69000"}}  # fmt: skip
    both.hold(3)
    both.write_coin(stop=stop)
    planned = both.run("plan", "--target", "coin")

    assert "unsupported" in planned.out
    assert "no client order id" in " ".join(planned.out.split())


def test_no_key_and_no_signed_address_is_in_anything_that_was_written(both: Both) -> None:
    both.fault("lost_reply", "swap_openorders", times=3)
    ran = [both.run("plan"), both.run("plan", "--out", "plan.json"), both.apply()]
    ran += [both.run("history", "coin.dip"), both.run("state", "show"), both.run("panic")]
    texts = [each.out + each.err for each in ran]
    texts += [
        path.read_text(encoding="utf-8", errors="replace")
        for path in both.root.rglob("*")
        if path.is_file()
    ]

    assert [] == [form for form in (ACCESS, SECRET, "Signature=") for text in texts if form in text]


def test_panic_clears_both(both: Both) -> None:
    both.apply()
    ran = both.run("panic")

    assert 0 == ran.code, ran.out + ran.err
    assert ([], []) == (both.coins(), both.live())


def test_a_look_by_drift_and_a_history_need_only_reading(both: Both) -> None:
    both.apply()
    drift = both.run("drift")
    history = both.run("history", "coin.dip")

    assert (0, 0) == (drift.code, history.code), drift.err + history.err
