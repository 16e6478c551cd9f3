"""What the journal explains, and what a scheduled look reports."""

import json
import signal

import pytest

from tests.e2e.project import Project, order
from tests.e2e.test_halt import spawn, until


def words(project: Project, address: str) -> list[str]:
    ran = project.run("history", address, "--format", "json")
    return [event["what"] for event in json.loads(ran.out)["events"]]


def facts(project: Project, what: str) -> list[dict[str, str]]:
    ran = project.run("history", "btc.dip", "--format", "json")
    return [event["facts"] for event in json.loads(ran.out)["events"] if event["what"] == what]


def test_a_history_goes_from_the_intent_to_the_fill(project: Project) -> None:
    project.run("apply", "--auto-approve")
    project.venue.control("set_mid", instrument="BTC", mid="59990")
    project.write_book("btc", instrument="BTC", orders={"new": order("buy", "50000", "0.01")})
    project.run("apply", "--auto-approve")

    found = words(project, "btc.dip")
    assert ["began", "intent", "outcome", "fill", "ended"] == [
        word for word in found if word not in ("approved", "seen", "forgotten")
    ]


def test_an_intent_says_its_terms_its_id_and_its_nonce(project: Project) -> None:
    project.run("apply", "--auto-approve")
    (resting,) = project.live()

    (intent,) = facts(project, "intent")
    assert ("buy", "60000", "0.01", resting["cloid"]) == (
        intent["side"],
        intent["price"],
        intent["quantity"],
        intent["client_order_id"],
    )
    assert project.sent()[0]["nonce"] == int(intent["nonce"])


def test_a_lost_reply_is_told_as_unknown_until_it_was_settled(project: Project) -> None:
    project.venue.control("faults", add={"kind": "lost_reply", "path": "/exchange", "times": 1})
    project.run("apply", "--auto-approve")

    (outcome,), (resolved,) = facts(project, "outcome"), facts(project, "resolved")
    assert ("unknown", "found") == (outcome["outcome"], resolved["verdict"])
    assert resolved["proof"]


def test_a_history_follows_a_rename_back(project: Project) -> None:
    project.run("apply", "--auto-approve")
    moved = [{"from": "btc.dip", "to": "btc.low"}]
    low = {"low": order("buy", "60000", "0.01")}
    project.write_book("btc", instrument="BTC", moved=moved, orders=low)
    assert 0 == project.run("apply", "--auto-approve").code

    assert {"intent", "outcome", "moved"} <= set(words(project, "btc.low"))


def test_a_ladder_covers_its_rungs(project: Project) -> None:
    ladder = {"side": "buy", "from": "60000", "to": "59000", "levels": 3, "quantity": "0.3"}
    project.write_book("btc", instrument="BTC", ladders={"bids": ladder})
    project.run("apply", "--auto-approve")

    assert 3 == words(project, "btc.bids").count("intent")
    assert 1 == words(project, "btc.bids[1]").count("intent")


def test_a_halt_is_part_of_every_history(project: Project) -> None:
    project.run("apply", "--auto-approve")
    project.run("panic")
    project.run("resume", "--auto-approve")

    found = words(project, "btc.dip")
    assert ["halted", "resumed"] == [word for word in found if word in ("halted", "resumed")]


def test_an_address_nobody_knows_has_no_history(project: Project) -> None:
    ran = project.run("history", "btc.nobody")

    assert (0, "Nothing is recorded of btc.nobody.\n") == (ran.code, ran.out)


def test_a_history_is_read_with_a_broken_spec(project: Project) -> None:
    project.run("apply", "--auto-approve")
    (project.root / "specs" / "btc.yaml").write_text("version: [", encoding="utf-8")

    ran = project.run("history", "btc.dip")

    assert 0 == ran.code
    assert "place buy 0.01 BTC at 60000" in ran.out


def test_a_history_shows_no_secret(project: Project) -> None:
    project.run("apply", "--auto-approve")

    texts = [project.run("history", "btc.dip", "--format", form).out for form in ("text", "json")]
    assert not [text for text in texts if "42" * 32 in text or '"r"' in text]


# drift


def test_no_drift_right_after_an_apply(project: Project) -> None:
    project.run("apply", "--auto-approve")

    ran = project.run("drift", "--detailed-exitcode")

    assert (0, "No drift. The venue matches the specification.") == (
        ran.code,
        ran.out.rstrip().split("\n")[-1],
    )


def test_an_order_that_a_person_cancelled_is_drift(project: Project) -> None:
    project.run("apply", "--auto-approve")
    (resting,) = project.live()
    project.venue.control("cancel_as_user", oid=resting["oid"])

    ran = project.run("drift", "--detailed-exitcode")
    quiet = project.run("drift")

    assert (2, 0) == (ran.code, quiet.code)
    assert "btc.dip: missing: desired buy 0.01 BTC at 60,000 (cancelled-by-user)" in ran.out
    assert "Drift: 1 missing." in ran.out


def test_drift_needs_no_key_and_writes_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HL_AGENT_KEY")
    recorded = project.state_bytes()

    ran = project.run("drift", "--detailed-exitcode", "--format", "json")

    assert (2, recorded, []) == (ran.code, project.state_bytes(), project.sent())
    assert ["missing"] == [each["drift"] for each in json.loads(ran.out)["drift"]]


# destroy


def test_destroy_without_a_person_halts_nothing(project: Project) -> None:
    project.run("apply", "--auto-approve")

    assert 1 == project.run("destroy").code
    assert 1 == len(project.live())
    assert 0 == project.run("plan", "--detailed-exitcode").code


def test_destroy_cancels_all_of_ours_and_leaves_the_halt(project: Project) -> None:
    orders = {f"b{n}": order("buy", str(60000 - n * 100), "0.01") for n in range(6)}
    project.write_book("btc", instrument="BTC", orders=orders)
    project.run("apply", "--auto-approve")

    destroyed = project.run("destroy", "--auto-approve")
    applied = project.run("apply", "--auto-approve")

    assert (0, 10, []) == (destroyed.code, applied.code, project.live()), destroyed.err
    assert "reconciler resume" in destroyed.out


def test_what_destroy_sends_is_journalled(project: Project) -> None:
    project.run("apply", "--auto-approve")

    project.run("destroy", "--auto-approve")

    assert ["place", "cancel"] == [intent["operation"] for intent in facts(project, "intent")]


def test_destroy_leaves_what_a_spec_protects(project: Project) -> None:
    orders = {
        "dip": order("buy", "60000", "0.01"),
        "keep": order("buy", "50000", "0.01", prevent_cancel=True),
    }
    project.write_book("btc", instrument="BTC", orders=orders)
    project.run("apply", "--auto-approve")

    project.run("destroy", "--auto-approve")

    assert ["50000"] == [each["price"] for each in project.live()]


def test_after_destroy_and_resume_nothing_is_placed_by_itself(project: Project) -> None:
    project.run("apply", "--auto-approve")
    project.run("destroy", "--auto-approve")
    project.run("resume", "--auto-approve")

    assert 2 == project.run("plan", "--detailed-exitcode").code
    assert [] == project.live()


# the state's own commands


def test_a_journal_that_was_changed_does_not_verify(project: Project) -> None:
    project.run("apply", "--auto-approve")
    good = project.run("state", "verify")
    path = project.root / ".reconciler" / "hl.journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"60000", b"60001", 1))

    assert (0, 1) == (good.code, project.run("state", "verify").code)


def test_a_lock_that_was_left_is_removed_by_its_token(project: Project) -> None:
    project.venue.control(
        "faults", add={"kind": "slow_reply", "path": "/exchange", "delay_ms": 3000}
    )
    running = spawn(project, "apply", "--auto-approve")
    until(lambda: bool(project.sent()))
    running.send_signal(signal.SIGSTOP)
    lease = project.root / ".reconciler" / "hl.lock.json"
    token = json.loads(lease.read_text(encoding="utf-8"))["token"]

    codes = [
        project.run("apply", "--auto-approve").code,
        project.run("state", "unlock", "no-such-token").code,
        project.run("state", "unlock", token).code,
        project.run("apply", "--auto-approve").code,
    ]
    running.kill()
    running.communicate(timeout=30)

    assert [12, 1, 0, 0] == codes
