"""The lock file against the project file: no history is left behind without a word."""

import json
from typing import Any

import pytest
import yaml

from tests.e2e.losing import apply, fill, has_nothing_to_do, lose_state, recover
from tests.e2e.project import Project

OTHER = "0x" + "c3" * 20


def rename_entry(project: Project, name: str, **changes: Any) -> None:
    """Give the venue entry another name, in the project file and in the book."""
    settings = project.root / "reconciler.yaml"
    document = yaml.safe_load(settings.read_text(encoding="utf-8"))
    document["venues"] = {name: {**document["venues"]["hl"], **changes}}
    settings.write_text(yaml.safe_dump(document), encoding="utf-8")
    book = project.root / "specs" / "btc.yaml"
    text = book.read_text(encoding="utf-8").replace("venue: hl", f"venue: {name}")
    book.write_text(text, encoding="utf-8")


def lineages(project: Project) -> dict[str, str]:
    lock = json.loads((project.root / "reconciler.lock").read_text(encoding="utf-8"))
    return {name: each["lineage"] for name, each in lock["venues"].items()}


@pytest.fixture
def filled(project: Project) -> Project:
    """A project whose only order has filled."""
    apply(project)
    fill(project, "60000")
    apply(project)
    return project


def test_a_renamed_venue_entry_does_not_start_a_history_of_its_own(filled: Project) -> None:
    """What has filled under the old name would be bought again under the new one."""
    before = lineages(filled)
    rename_entry(filled, "hyperliquid")

    made = filled.run("state", "init")
    applied = filled.run("apply", "--auto-approve")

    assert (1, 1, 1) == (made.code, applied.code, len(filled.orders()))
    assert "error[venue-entry-renamed]" in made.err
    assert before == lineages(filled)


def test_an_account_of_another_name_and_address_may_begin(filled: Project) -> None:
    filled.venue.control("add_account", address=OTHER)
    rename_entry(filled, "second", account=OTHER)

    made = filled.run("state", "init")

    assert 0 == made.code, made.err
    assert {"hl", "second"} == lineages(filled).keys()


@pytest.mark.parametrize("command", ["plan", "panic"])
def test_an_entry_that_left_the_project_file_is_pointed_out(filled: Project, command: str) -> None:
    filled.venue.control("add_account", address=OTHER)
    rename_entry(filled, "second", account=OTHER, expires_after_s=1)

    ran = filled.run(command)

    assert "warning[venue-entry-gone]" in ran.err
    assert "`hl`" in ran.err


def test_a_state_without_its_lock_file_is_pointed_out(filled: Project) -> None:
    (filled.root / "reconciler.lock").unlink()

    planned = filled.run("plan")

    assert 0 == planned.code
    assert "warning[not-pinned]" in planned.err
    assert "reconciler state init" in planned.err


def test_state_init_writes_a_lost_lock_file_anew(filled: Project) -> None:
    before = lineages(filled)
    (filled.root / "reconciler.lock").unlink()

    made = filled.run("state", "init")

    assert (0, before) == (made.code, lineages(filled))
    assert "commit it" in made.out


def test_what_filled_is_not_bought_again_after_both_were_lost_in_turn(filled: Project) -> None:
    (filled.root / "reconciler.lock").unlink()
    filled.run("state", "init")
    lose_state(filled)

    recover(filled)

    assert has_nothing_to_do(filled)
    assert 1 == len(filled.orders())


def test_a_lock_file_that_is_complete_is_not_written_again(filled: Project) -> None:
    path = filled.root / "reconciler.lock"
    before = path.stat().st_mtime_ns

    made = filled.run("state", "init")

    assert (0, before) == (made.code, path.stat().st_mtime_ns)
