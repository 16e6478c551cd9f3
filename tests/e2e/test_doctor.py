"""`doctor` from outside: what a user sees when something is wrong, and that nothing is sent."""

import json
import os
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from reconciler.simulator import AccountSeed, Simulator
from reconciler.simulator.server import run_in_thread
from tests.e2e.losing import change
from tests.e2e.project import ACCOUNT, AGENT, AGENT_KEY, Project, Ran, order

OTHER_KEY = "0x" + "43" * 32
OTHER = Account.from_key(OTHER_KEY).address.lower()
BUILDER = "0x" + "cd" * 20


@pytest.fixture(autouse=True)
def outside_of_any_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


def verdicts(ran: Ran) -> dict[str, str]:
    """Return the code of what is wrong by subject, or the verdict where nothing is."""
    found = json.loads(ran.out)["findings"]
    return {each["subject"]: each.get("code", each["verdict"]) for each in found}


def doctor(project: Project, *arguments: str) -> tuple[int, dict[str, str]]:
    ran = project.run("doctor", "--format", "json", *arguments)
    return ran.code, verdicts(ran)


def wrong(project: Project, *arguments: str) -> tuple[int, list[str]]:
    """Return the exit code, and the codes of everything that is wrong."""
    code, found = doctor(project, *arguments)
    return code, [each for each in found.values() if each not in ("ok", "skipped")]


def seeded(tmp_path: Path, *seeds: AccountSeed, **more: Any) -> Iterator[Project]:
    """Serve a venue with other accounts than usual, and a project with its state on it."""
    with run_in_thread(Simulator(accounts=seeds, **more)) as venue:
        project = Project(tmp_path, venue)
        project.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60000", "0.01")})
        assert 0 == project.run("state", "init").code
        yield project


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HL_AGENT_KEY", AGENT_KEY)


def test_a_sound_project_is_well(project: Project) -> None:
    ran = project.run("doctor")

    assert (0, "", True) == (ran.code, ran.err, ran.out.endswith("All is well.\n")), ran.out
    assert f"{AGENT} is an agent of" in ran.out


def test_nothing_is_sent_and_nothing_written(project: Project) -> None:
    before = project.state_bytes()
    project.run("doctor", "--error", "User or API Wallet 0x" + "11" * 20 + " does not exist.")

    assert ([], before) == (project.sent(), project.state_bytes())


def test_without_a_key_it_says_what_can_be_said(project: Project) -> None:
    os.environ["HL_AGENT_KEY"] = ""

    code, found = doctor(project)

    assert (0, "skipped", "ok") == (code, found["key"], found["account"])


def test_the_text_shows_no_key(project: Project) -> None:
    ran = project.run("doctor")

    assert AGENT_KEY[2:] not in ran.out + ran.err


# the key


def test_a_key_that_is_not_approved_is_an_error(project: Project) -> None:
    os.environ["HL_AGENT_KEY"] = OTHER_KEY

    assert (1, ["agent-not-approved"]) == wrong(project)


def test_a_key_that_is_none_is_an_error(project: Project) -> None:
    os.environ["HL_AGENT_KEY"] = "0x1234"

    assert (1, ["key-malformed"]) == wrong(project)


def test_the_account_s_own_key_is_an_error(key: None, tmp_path: Path) -> None:
    for project in seeded(tmp_path, AccountSeed(address=AGENT)):
        change(project, "venues", "hl", account=AGENT)
        (project.root / ".reconciler" / "hl.journal.jsonl").unlink()
        (project.root / ".reconciler" / "hl.state.json").unlink()

        assert "master-key" in wrong(project)[1]


def test_until_when_an_agent_is_approved_is_shown(project: Project) -> None:
    now_ms = project.venue.control("time")["at_ms"]
    named = {"account": ACCOUNT, "agent": OTHER, "name": "bot"}
    project.venue.control("approve_agent", **named, valid_until_ms=now_ms + 3 * 86_400_000)
    os.environ["HL_AGENT_KEY"] = OTHER_KEY

    ran = project.run("doctor")

    assert (0, True) == (ran.code, "of the agent `bot`, until 20" in ran.out), ran.out
    assert "The approval of the agent ends soon. [agent-expires-soon]" in ran.out


def test_an_agent_that_ends_soon_is_told_when_applying(project: Project) -> None:
    now_ms = project.venue.control("time")["at_ms"]
    named = {"account": ACCOUNT, "agent": OTHER, "name": "bot"}
    project.venue.control("approve_agent", **named, valid_until_ms=now_ms + 60_000)
    os.environ["HL_AGENT_KEY"] = OTHER_KEY

    ran = project.run("apply", "--auto-approve")

    assert (0, True) == (ran.code, "Warning: The approval of the agent ends soon." in ran.err)


# the account


def test_an_account_nobody_knows_is_an_error(key: None, tmp_path: Path) -> None:
    for project in seeded(tmp_path, AccountSeed(address=OTHER, agents=(AGENT,))):
        assert "account-missing" in wrong(project)[1]


@pytest.mark.parametrize(("role", "kind"), [("vault", "vault"), ("subAccount", "sub_account")])
def test_another_kind_of_account_is_an_error(
    key: None, tmp_path: Path, role: Any, kind: str
) -> None:
    master = AccountSeed(address=OTHER, agents=(AGENT,))
    for project in seeded(tmp_path, master, AccountSeed(address=ACCOUNT, role=role, master=OTHER)):
        assert (1, True) == (wrong(project)[0], "account-kind-differs" in wrong(project)[1])
        change(project, "venues", "hl", account_kind=kind)
        assert (0, []) == wrong(project)


def test_a_missing_deposit_is_an_error(key: None, tmp_path: Path) -> None:
    empty = AccountSeed(address=ACCOUNT, agents=(AGENT,), deposit=Decimal(0), spot={})
    for project in seeded(tmp_path, empty):
        assert (1, ["nothing-deposited"]) == wrong(project)


def test_few_requests_left_are_told(project: Project) -> None:
    project.venue.control("spend_requests", account=ACCOUNT, count=9_800)

    assert (0, ["few-requests-left"]) == wrong(project)


def test_a_venue_that_is_not_there_is_an_error(project: Project) -> None:
    change(project, "venues", "hl", port=1)

    code, found = doctor(project)

    assert (1, "venue-unreachable") == (code, found["venue"])


def test_a_venue_whose_clock_is_elsewhere_is_told(project: Project) -> None:
    project.venue.control("time", advance_ms=60_000)

    assert (0, ["clock-skew"]) == wrong(project)


# the specs


def test_a_builder_nobody_approved_is_an_error(project: Project) -> None:
    named = {"builder": {"address": BUILDER, "fee_tenth_bps": 10}}
    project.write_book(
        "btc", instrument="BTC", orders={"dip": order("buy", "60000", "0.01", options=named)}
    )

    assert (1, ["builder-not-approved"]) == wrong(project)


def test_an_instrument_that_is_not_listed_is_an_error(project: Project) -> None:
    project.write_book("btc", instrument="BTCC", orders={"dip": order("buy", "60000", "0.01")})

    assert (1, ["market-unavailable"]) == wrong(project)


def test_broken_specs_do_not_hide_the_rest(project: Project) -> None:
    (project.root / "specs" / "btc.yaml").write_text("version: 9\n", encoding="utf-8")

    code, found = doctor(project)

    assert (1, "specs-invalid", "ok") == (code, found["specs"], found["account"])


# why a signer was refused


def test_a_refusal_on_record_is_explained(key: None, tmp_path: Path) -> None:
    seed = AccountSeed(address=ACCOUNT, agents=(AGENT,))
    for project in seeded(tmp_path, seed, network="mainnet"):
        applied = project.run("apply", "--auto-approve")
        assert (13, True) == (applied.code, "authority" in applied.out), applied.out

        ran = project.run("doctor")

        assert 1 == ran.code
        told = " ".join(ran.out.split())
        assert "It names a stranger." in told
        assert "read as one for the mainnet" in told
        assert "Check `network`" in told


def test_what_was_taken_since_ends_a_refusal(project: Project) -> None:
    project.venue.control("approve_agent", account=ACCOUNT, agent=OTHER)
    project.venue.control("approve_agent", account=ACCOUNT, agent=AGENT)
    project.run("apply", "--auto-approve")

    assert (0, []) == wrong(project)


def test_a_text_that_a_person_saw_is_explained(project: Project) -> None:
    own = project.run("doctor", "--error", f"User or API Wallet {AGENT} does not exist.")
    account = project.run("doctor", "--error", f"Must deposit. User: {ACCOUNT}")
    stranger = project.run("doctor", "--error", f"User or API Wallet {OTHER} does not exist.")

    assert [1, 1, 1] == [own.code, account.code, stranger.code]
    assert "It names the key's own address" in own.out
    assert "It names the account itself" in account.out
    assert "It names a stranger" in stranger.out


# the project


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


@pytest.fixture
def repository(project: Project) -> Project:
    git(project.root, "init", "-q")
    (project.root / ".gitignore").write_text(".reconciler/\n", encoding="utf-8")
    owners = project.root / ".github" / "CODEOWNERS"
    owners.parent.mkdir()
    owners.write_text("* @us\n", encoding="utf-8")
    git(project.root, "add", "-A")
    return project


def test_a_guarded_repository_is_well(repository: Project) -> None:
    assert (0, []) == wrong(repository)


@pytest.mark.parametrize("line", ["reconciler.yaml", "reconciler.lock", "/.github/"])
def test_what_nobody_owns_is_told(repository: Project, line: str) -> None:
    workflows = repository.root / ".github" / "workflows"
    workflows.mkdir()
    (workflows / "apply.yml").write_text("on: push\n", encoding="utf-8")
    owners = repository.root / ".github" / "CODEOWNERS"
    owners.write_text(f"* @us\n{line}\n", encoding="utf-8")

    assert (0, ["not-guarded"]) == wrong(repository)


def test_a_project_in_a_folder_of_a_repository_is_found_there(
    project: Project, tmp_path: Path
) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "CODEOWNERS").write_text(f"/{project.root.name}/ @us\n", encoding="utf-8")

    assert "owners" in doctor(project)[1]


def test_a_committed_state_is_an_error(repository: Project) -> None:
    git(repository.root, "add", "-f", ".reconciler")

    assert (1, ["state-committed"]) == wrong(repository)


def test_a_lock_file_outside_the_repository_is_told(repository: Project) -> None:
    git(repository.root, "rm", "-q", "--cached", "reconciler.lock")

    assert (0, ["lock-not-committed"]) == wrong(repository)


@pytest.mark.parametrize(
    ("name", "mode", "expected"), [("", 0o755, 1), ("hl.journal.jsonl", 0o644, 0)]
)
def test_a_state_that_others_can_read_is_told(
    project: Project, name: str, mode: int, expected: int
) -> None:
    (project.root / ".reconciler" / name).chmod(mode)

    assert (expected, ["not-private"]) == wrong(project)


def test_a_torn_state_is_an_error(project: Project) -> None:
    (project.root / ".reconciler" / "hl.journal.jsonl").write_text("{}\n", encoding="utf-8")
    (project.root / ".reconciler" / "hl.state.json").unlink()

    code, found = doctor(project)

    assert (1, "state-unreadable", "ok") == (code, found["state"], found["account"])


def test_a_halt_is_told(project: Project) -> None:
    project.run("panic")

    assert (0, ["halted"]) == wrong(project)


def test_a_project_file_that_cannot_be_read_is_the_only_thing_told(project: Project) -> None:
    (project.root / "reconciler.yaml").write_text("version: 1\n", encoding="utf-8")

    ran = project.run("doctor")

    assert (1, "") == (ran.code, ran.out)
    assert "error[" in ran.err
