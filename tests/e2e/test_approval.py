"""Who approved what: by yes, by plan, by intent id, by an earlier approval on record."""

import json
from hashlib import sha256

import pytest
import yaml

from reconciler.records import canonical_json
from tests.e2e.project import Project, order
from tests.e2e.terminal import at_terminal

BID = order("buy", "1800", "0.1")
TWO = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}


def intents(project: Project) -> dict[str, str]:
    return dict(json.loads(project.run("plan", "--format", "json").out)["intents"])


def test_an_unattended_run_sends_nothing_for_a_book_nobody_approved(project: Project) -> None:
    ran = project.run("apply", "--unattended")

    assert (11, []) == (ran.code, project.sent())
    assert "not-approved" in ran.out


def test_an_approved_intent_id_lets_its_book_be_sent(project: Project) -> None:
    ran = project.run("apply", "--approve", intents(project)["btc"])

    assert (0, 1) == (ran.code, len(project.live())), ran.err


def test_an_approval_of_another_intent_is_refused(project: Project) -> None:
    approved = intents(project)["btc"]
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60001", "0.01")})

    ran = project.run("apply", "--approve", approved)

    assert (11, []) == (ran.code, project.sent())
    assert intents(project)["btc"] in ran.err


def test_a_book_that_was_not_named_is_left_alone(project: Project) -> None:
    project.write_book("eth", instrument="ETH", orders={"a": order("buy", "1800", "0.1")})

    ran = project.run("apply", "--approve", intents(project)["btc"])

    assert 11 == ran.code
    assert ["BTC"] == [order["instrument"] for order in project.live()]


def test_an_unattended_run_repairs_an_approved_book(project: Project) -> None:
    project.run("apply", "--auto-approve")
    orders = {"dip": order("buy", "60000", "0.01", on_venue_cancel="place_again")}
    project.write_book("btc", instrument="BTC", orders=orders)
    project.run("apply", "--approve", intents(project)["btc"])
    (resting,) = project.live()
    project.venue.control("cancel_as_venue", oid=resting["oid"], status="marginCanceled")

    ran = project.run("apply", "--unattended")

    assert 0 == ran.code, ran.out
    assert ["60000"] == [order["price"] for order in project.live()]


def test_an_unattended_run_holds_what_a_person_cancelled(project: Project) -> None:
    project.run("apply", "--auto-approve")
    (resting,) = project.live()
    project.venue.control("cancel_as_user", oid=resting["oid"])

    ran = project.run("apply", "--unattended")

    assert (0, []) == (ran.code, project.live())
    assert "cancelled-by-user" in ran.out


def test_an_attended_run_places_again_what_a_person_cancelled(project: Project) -> None:
    project.run("apply", "--auto-approve")
    (resting,) = project.live()
    project.venue.control("cancel_as_user", oid=resting["oid"])

    ran = project.run("apply", "--auto-approve")

    assert (0, 1) == (ran.code, len(project.live()))


def test_a_changed_book_is_not_sent_unattended(project: Project) -> None:
    project.run("apply", "--auto-approve")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "59000", "0.01")})

    ran = project.run("apply", "--unattended")

    assert 11 == ran.code
    assert ["60000"] == [order["price"] for order in project.live()]


def test_a_removed_book_is_not_cancelled_unattended(project: Project) -> None:
    project.write_book("eth", instrument="ETH", orders={"a": order("buy", "1800", "0.1")})
    project.run("apply", "--auto-approve")
    project.remove_book("eth")

    ran = project.run("apply", "--unattended")

    assert (11, 2) == (ran.code, len(project.live()))


def test_changed_limits_need_a_new_approval(project: Project) -> None:
    orders = {"dip": order("buy", "60000", "0.01", on_user_cancel="place_again")}
    project.write_book("btc", instrument="BTC", orders=orders)
    project.run("apply", "--auto-approve")
    project.write_project(max_order_notional="999999")
    (resting,) = project.live()
    project.venue.control("cancel_as_user", oid=resting["oid"])

    ran = project.run("apply", "--unattended")

    assert (11, []) == (ran.code, project.live())


def test_a_narrowed_run_approves_no_whole_book(project: Project) -> None:
    project.run("apply", "--auto-approve", "--target", "btc.dip")

    assert 0 == project.run("apply", "--unattended").code
    project.write_book(
        "btc",
        instrument="BTC",
        orders={"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")},
    )
    project.run("apply", "--auto-approve", "--target", "btc.dip")

    ran = project.run("apply", "--unattended")

    assert (11, 1) == (ran.code, len(project.live()))


def test_an_approval_is_not_called_stale_where_an_entry_cannot_be_opened(project: Project) -> None:
    other = "0x" + "c3" * 20
    project.venue.control("add_account", address=other)
    settings = project.root / "reconciler.yaml"
    document = yaml.safe_load(settings.read_text(encoding="utf-8"))
    entry = {**document["venues"]["hl"], "account": other, "signer": {"env": "NO_SUCH_KEY"}}
    document["venues"]["second"] = entry
    settings.write_text(yaml.safe_dump(document), encoding="utf-8")
    project.write_book("eth", venue="second", instrument="ETH", orders={"a": BID})
    project.run("state", "init")
    found = intents(project)

    ran = project.run("apply", "--approve", found["btc"], "--approve", found["eth"])

    assert (1, ["60000"]) == (ran.code, [each["price"] for each in project.live()]), ran.err
    assert "NO_SUCH_KEY" in ran.err
    assert "not-approved" not in ran.err


def test_a_saved_plan_permits_its_own_actions_and_approves_no_book(project: Project) -> None:
    project.write_book("btc", instrument="BTC", orders=TWO)
    project.run("plan", "--target", "btc.dip", "--out", "plan.json")
    applied = project.run("apply", "plan.json")

    unattended = project.run("apply", "--unattended")

    assert (0, 11) == (applied.code, unattended.code), unattended.out
    assert ["60000"] == [each["price"] for each in project.live()]


def test_a_yes_sends_what_was_shown(project: Project) -> None:
    ran = at_terminal(project, "apply", answer="yes")

    assert (0, ["60000"]) == (ran.code, [each["price"] for each in project.live()]), ran.out


def test_a_yes_approves_the_books_that_were_shown(project: Project) -> None:
    orders = {"dip": order("buy", "60000", "0.01", on_user_cancel="place_again")}
    project.write_book("btc", instrument="BTC", orders=orders)
    at_terminal(project, "apply", answer="yes")
    project.venue.control("cancel_as_user", oid=project.live()[0]["oid"])

    assert 0 == project.run("apply", "--unattended").code
    assert ["60000"] == [each["price"] for each in project.live()]


@pytest.mark.parametrize("answer", ["", "no", "y", "YES", "yes please"])
def test_any_other_answer_sends_nothing(project: Project, answer: str) -> None:
    recorded = project.state_bytes()

    ran = at_terminal(project, "apply", answer=answer)

    assert (1, []) == (ran.code, project.sent()), ran.out
    assert recorded == project.state_bytes()


def test_where_nothing_was_asked_nothing_is_approved(project: Project) -> None:
    """What was held and shown is no more approved than what was not."""
    control = project.venue.control
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60000", "0.01")})
    control("set_mid", instrument="BTC", mid="59000")
    at_terminal(project, "apply")
    control("set_mid", instrument="BTC", mid="61000")

    unattended = project.run("apply", "--unattended")

    assert (11, []) == (unattended.code, project.sent()), unattended.out


def test_specs_that_change_while_the_question_stands_are_not_sent(project: Project) -> None:
    def change() -> None:
        project.write_book("btc", instrument="BTC", orders=TWO)

    ran = at_terminal(project, "apply", answer="yes", meanwhile=change)

    assert (0, ["60000"]) == (ran.code, [each["price"] for each in project.live()]), ran.out


def test_what_fills_while_the_question_stands_is_not_bought_again(project: Project) -> None:
    project.run("apply", "--auto-approve")
    project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60001", "0.01")})
    (oid,) = [each["oid"] for each in project.live()]

    ran = at_terminal(
        project,
        "apply",
        answer="yes",
        meanwhile=lambda: project.venue.control("trade", oid=oid),
    )

    assert (0, []) == (ran.code, project.live()), ran.out
    assert 1 == len(project.orders())


@pytest.mark.parametrize(
    "words",
    [
        ("--unattended", "--auto-approve"),
        ("--unattended", "--allow", "empty"),
        ("--approve", "x", "--unattended"),
        ("plan.json", "--auto-approve"),
    ],
)
def test_ways_to_approve_do_not_mix(project: Project, words: tuple[str, ...]) -> None:
    project.run("plan", "--out", "plan.json")

    ran = project.run("apply", *words)

    assert (1, []) == (ran.code, project.sent())


def test_without_a_terminal_apply_fails_and_does_not_hang(project: Project) -> None:
    ran = project.run("apply", "--no-input")

    assert (1, []) == (ran.code, project.sent())
    assert "error[no-approval]" in ran.err


def test_plan_prints_the_intent_id_that_approves(project: Project) -> None:
    assert intents(project)["btc"] in project.run("plan").out


def test_a_saved_plan_sends_at_most_what_it_says(project: Project) -> None:
    project.write_book(
        "btc",
        instrument="BTC",
        orders={"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")},
    )
    project.run("apply", "--auto-approve", "--target", "btc.low")
    project.run("plan", "--out", "plan.json", "--target", "btc.dip")
    (low,) = project.live()
    project.venue.control("cancel_as_user", oid=low["oid"])

    ran = project.run("apply", "plan.json")

    assert 0 == ran.code, ran.err
    assert ["60000"] == [order["price"] for order in project.live()]
    assert "The plan does not change this address." in ran.out


def resealed(project: Project, **changes: object) -> None:
    """Change a saved plan as someone would who knows how it is sealed."""
    path = project.root / "plan.json"
    plan = json.loads(path.read_text(encoding="utf-8"))
    del plan["plan_id"]
    plan.update(changes)
    body = canonical_json(plan)
    plan["plan_id"] = sha256(body.encode()).hexdigest()
    path.write_text(canonical_json(plan) + "\n", encoding="utf-8")


def test_a_plan_cannot_claim_a_longer_life(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    created = json.loads((project.root / "plan.json").read_text(encoding="utf-8"))["created_at_ms"]
    resealed(project, expires_at_ms=created + 10**10)

    ran = project.run("apply", "plan.json")

    assert (11, []) == (ran.code, project.sent()), ran.err
    assert "lifetime" in ran.err
