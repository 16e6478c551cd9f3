"""The whole road against the simulator over sockets: plan, apply, plan."""

import json
from decimal import Decimal

import pytest

from reconciler.cli.clock import RealClock
from tests.e2e.project import ACCOUNT, Project, order

PERPS = [
    "BTC",
    "ETH",
    "SOL",
    "AVAX",
    "BNB",
    "DOGE",
    "XRP",
    "LINK",
    "ADA",
    "LTC",
    "BCH",
    "NEAR",
    "APT",
    "ARB",
    "OP",
    "SUI",
    "SEI",
    "TIA",
    "INJ",
    "AAVE",
]
ORDERS_PER_PERP = 10


def perp_book(project: Project, name: str) -> None:
    """Ten bids under the market of one perp, on its grid."""
    mid = Decimal(project.venue.control("markets", instrument=name)["mid"])
    orders = {}
    for index in range(ORDERS_PER_PERP):
        price = mid * (Decimal(95 - index) / 100)
        text = _five_figures(price)
        quantity = _quantity_worth(Decimal(60), Decimal(text))
        orders[f"b{index}"] = order("buy", text, quantity)
    project.write_book(name.lower(), instrument=name, orders=orders)


def _five_figures(price: Decimal) -> str:
    exponent = max(price.adjusted() - 3, -1 if price > 10 else -3)
    step = Decimal(1).scaleb(exponent)
    return format((price // step) * step, "f")


def _quantity_worth(value: Decimal, price: Decimal) -> str:
    quantity = value / price
    if quantity >= 10:
        return str(int(quantity) + 1)
    if quantity >= 1:
        return str(int(quantity) + 1)
    return format(quantity.quantize(Decimal("0.01")) + Decimal("0.01"), "f")


def test_two_hundred_orders_over_twenty_perps_are_placed_once(project: Project) -> None:
    project.remove_book("btc")
    for name in PERPS:
        perp_book(project, name)

    planned = project.run("plan", "--detailed-exitcode", "--out", "plan.json")
    applied = project.run("apply", "plan.json")
    again = project.run("plan", "--detailed-exitcode")
    requests = len(project.sent())
    approved = project.run("apply", "--auto-approve")
    recorded = project.state_bytes()
    second = project.run("apply", "--auto-approve")

    assert (2, 0, 0) == (planned.code, applied.code, again.code), applied.err
    assert (0, 0) == (approved.code, second.code)
    assert 200 == len(project.live())
    assert "No changes. Your orders match the specification." in again.out
    assert 6 == requests
    assert (requests, recorded) == (len(project.sent()), project.state_bytes())


def test_a_plan_of_two_hundred_orders_forecasts_what_is_sent(project: Project) -> None:
    project.remove_book("btc")
    for name in PERPS:
        perp_book(project, name)

    plan = json.loads(project.run("plan", "--format", "json").out)

    assert [39, 39, 39, 39, 39, 5] == [request["items"] for request in plan["requests"]]
    assert 6 == sum(request["weight"] for request in plan["requests"])


def ladder(first: int, last: int) -> dict[str, object]:
    return {
        "bids": {
            "side": "buy",
            "from": str(first),
            "to": str(last),
            "levels": 50,
            "quantity": "0.5",
        }
    }


def test_a_fifty_rung_ladder_shifted_by_one_rung_sends_one_modify(project: Project) -> None:
    project.write_book("btc", instrument="BTC", ladders=ladder(64900, 60000))
    assert 0 == project.run("apply", "--auto-approve").code
    before = {order["cloid"]: order["price"] for order in project.live()}
    requests = len(project.sent())

    project.write_book("btc", instrument="BTC", ladders=ladder(64800, 59900))
    shifted = project.run("apply", "--auto-approve")

    after = {order["cloid"]: order["price"] for order in project.live()}
    moved = {cloid for cloid in before if before[cloid] != after[cloid]}
    assert 0 == shifted.code, shifted.err
    assert ["batchModify"] == [entry["action"]["type"] for entry in project.sent()[requests:]]
    assert (before.keys(), 1) == (after.keys(), len(moved))
    assert 0 == project.run("plan", "--detailed-exitcode").code


def test_a_filled_order_is_not_placed_again(project: Project) -> None:
    project.run("apply", "--auto-approve")

    project.venue.control("set_mid", instrument="BTC", mid="59990")
    planned = project.run("plan", "--detailed-exitcode")
    applied = project.run("apply", "--auto-approve")

    assert [] == project.live()
    assert (0, 0) == (planned.code, applied.code), planned.out
    assert 1 == len(project.orders())


def test_a_partial_fill_causes_nothing(project: Project) -> None:
    project.run("apply", "--auto-approve")
    (resting,) = project.live()

    project.venue.control("trade", oid=resting["oid"], quantity="0.004")
    planned = project.run("plan", "--detailed-exitcode")
    project.run("apply", "--auto-approve")

    (after,) = project.live()
    assert 0 == planned.code, planned.out
    assert (resting["oid"], "0.006") == (after["oid"], after["remaining"])


def test_an_order_filled_in_part_and_cancelled_is_placed_for_the_rest(project: Project) -> None:
    project.run("apply", "--auto-approve")
    (resting,) = project.live()
    project.venue.control("trade", oid=resting["oid"], quantity="0.004")

    project.venue.control("cancel_as_user", oid=resting["oid"])
    applied = project.run("apply", "--auto-approve")

    (after,) = project.live()
    assert 0 == applied.code, applied.err
    assert "0.006" == after["quantity"]


def test_a_foreign_order_is_untouched(project: Project) -> None:
    foreign = project.venue.control(
        "place_as_human",
        account=ACCOUNT,
        instrument="BTC",
        side="buy",
        price="61234",
        quantity="0.01",
    )
    project.run("apply", "--auto-approve")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "59000", "0.01")})
    project.run("apply", "--auto-approve")

    (untouched,) = [o for o in project.live() if o["oid"] == foreign["oid"]]
    assert ("61234", "0.01") == (untouched["price"], untouched["remaining"])
    assert 2 == len(project.live())


def test_a_removed_order_is_cancelled(project: Project) -> None:
    orders = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}
    project.write_book("btc", instrument="BTC", orders=orders)
    project.run("apply", "--auto-approve")

    del orders["low"]
    project.write_book("btc", instrument="BTC", orders=orders)
    applied = project.run("apply", "--auto-approve")

    assert 0 == applied.code, applied.out
    assert ["60000"] == [order["price"] for order in project.live()]
    assert 0 == project.run("plan", "--detailed-exitcode").code


def test_a_lost_reply_is_settled_and_never_sent_again(project: Project) -> None:
    project.venue.control("faults", add={"kind": "lost_reply", "path": "/exchange", "times": 1})

    applied = project.run("apply", "--auto-approve")
    again = project.run("plan", "--detailed-exitcode")

    assert 1 == len(project.orders())
    assert (0, 0) == (applied.code, again.code), applied.out + applied.err


def test_a_saved_plan_is_usable_once(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    project.run("apply", "plan.json")

    second = project.run("apply", "plan.json")

    assert 11 == second.code
    assert "state serial of hl" in second.err
    assert 1 == len(project.orders())


def test_a_plan_of_another_specification_is_refused(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60001", "0.01")})

    refused = project.run("apply", "plan.json")

    assert 11 == refused.code
    assert "specification of book btc" in refused.err
    assert [] == project.orders()


def test_apply_without_a_state_names_the_command_that_makes_one(project: Project) -> None:
    for path in (project.root / ".reconciler").iterdir():
        path.unlink()
    (project.root / "reconciler.lock").unlink()

    planned = project.run("plan")
    applied = project.run("apply", "--auto-approve")

    assert (0, 1) == (planned.code, applied.code)
    assert "reconciler state init" in applied.err


def test_no_file_or_output_holds_the_key_or_a_signature(project: Project) -> None:
    ran = [project.run("plan", "--out", "plan.json"), project.run("apply", "plan.json")]

    texts = [ran[0].out, ran[1].out, ran[0].err, ran[1].err, project.state_bytes().decode()]
    texts.append((project.root / "plan.json").read_text(encoding="utf-8"))
    assert not [text for text in texts if "42" * 32 in text or '"r"' in text]


def test_a_ladder_that_was_shifted_can_be_removed(project: Project) -> None:
    project.write_book("btc", instrument="BTC", ladders=ladder(64900, 60000))
    project.run("apply", "--auto-approve")
    project.write_book("btc", instrument="BTC", ladders=ladder(64800, 59900))
    project.run("apply", "--auto-approve")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60000", "0.01")})

    removed = project.run("apply", "--auto-approve", "--allow", "cancel-fraction")

    assert 0 == removed.code, removed.err
    assert ["60000"] == [order["price"] for order in project.live()]


@pytest.mark.parametrize("wrong_ms", [-60_000, 60_000, 3_600_000])
def test_a_runner_clock_that_is_wrong_does_not_matter(
    project: Project, monkeypatch: pytest.MonkeyPatch, wrong_ms: int
) -> None:
    class WrongClock(RealClock):
        def now_ms(self) -> int:
            return super().now_ms() + wrong_ms

    monkeypatch.setattr("reconciler.cli.session.RealClock", WrongClock)
    applied = project.run("apply", "--auto-approve")
    again = project.run("plan", "--detailed-exitcode")

    assert (0, 0, 1) == (applied.code, again.code, len(project.live())), applied.err
