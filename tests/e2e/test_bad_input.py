"""Whatever is wrong in a file: a diagnostic, exit 1, nothing sent, never a traceback."""

import os
from pathlib import Path

import pytest

from tests.e2e.project import Project, order

HEAD = "version: 1\nbook: btc\nvenue: hl\ninstrument: BTC\n"

BAD = {
    "duplicate keys": HEAD
    + "orders:\n  a: {side: buy, price: 60000, price: 60001, quantity: 0.01}\n",
    "not a number": HEAD + "orders:\n  a: {side: buy, price: NaN, quantity: 0.01}\n",
    "an exponent": HEAD + "orders:\n  a: {side: buy, price: 1e5, quantity: 0.01}\n",
    "a leading zero": HEAD + "orders:\n  a: {side: buy, price: 010, quantity: 0.01}\n",
    "an underscore": HEAD + "orders:\n  a: {side: buy, price: 60_000, quantity: 0.01}\n",
    "a sexagesimal": HEAD + "orders:\n  a: {side: buy, price: 1:30, quantity: 0.01}\n",
    "an anchor": HEAD + "orders:\n  a: &x {side: buy, price: 60000, quantity: 0.01}\n  b: *x\n",
    "a tag": HEAD + "orders:\n  a: {side: buy, price: !!float 60000, quantity: 0.01}\n",
    "a python tag": HEAD + "orders: !!python/object/apply:os.system ['true']\n",
    "an unknown key": HEAD + "orders:\n  a: {sise: buy, price: 60000, quantity: 0.01}\n",
    "an off-tick price": HEAD + "orders:\n  a: {side: buy, price: 60000.5, quantity: 0.01}\n",
    "an unknown instrument": HEAD.replace("BTC", "BTCC")
    + "orders:\n  a: {side: buy, price: 60000, quantity: 0.01}\n",
    "an empty file": "",
    "a comment only": "# nothing\n",
    "two documents": HEAD + "orders: {}\n---\nversion: 1\n",
    "bidirectional characters": HEAD
    + "# \u202e\norders:\n  a: {side: buy, price: 60000, quantity: 0.01}\n",
    "a tab": HEAD + "orders:\n\ta: {side: buy, price: 60000, quantity: 0.01}\n",
    "a list": "- 1\n- 2\n",
    "binary": "\x00\x01\x02",
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve")])
def test_a_bad_spec_sends_nothing_and_says_where(
    project: Project, name: str, command: tuple[str, ...]
) -> None:
    (project.root / "specs" / "btc.yaml").write_bytes(BAD[name].encode())
    recorded = project.state_bytes()

    ran = project.run(*command)

    assert 1 == ran.code
    assert "error[" in ran.err
    assert "specs/btc.yaml" in ran.err
    assert "Traceback" not in ran.out + ran.err
    assert "error[defect]" not in ran.err
    assert "\u202e" not in ran.out + ran.err
    assert ([], recorded) == (project.sent(), project.state_bytes())


def test_an_unknown_key_names_the_nearest_one(project: Project) -> None:
    (project.root / "specs" / "btc.yaml").write_text(BAD["an unknown key"], encoding="utf-8")

    assert "side" in project.run("validate").err


def test_an_off_tick_price_names_the_two_nearest(project: Project) -> None:
    (project.root / "specs" / "btc.yaml").write_text(BAD["an off-tick price"], encoding="utf-8")

    said = project.run("validate", "--online").err
    assert ("60000" in said, "60001" in said) == (True, True)


def test_no_spec_files_is_an_error_and_cancels_nothing(project: Project) -> None:
    project.run("apply", "--auto-approve")
    project.remove_book("btc")

    ran = project.run("apply", "--auto-approve")

    assert 1 == ran.code
    assert 1 == len(project.live())


def test_one_broken_file_stops_all_of_them(project: Project) -> None:
    project.run("apply", "--auto-approve")
    project.write_book("eth", instrument="ETH", orders={"a": order("buy", "nonsense", "1")})

    ran = project.run("apply", "--auto-approve")

    assert 1 == ran.code
    assert 1 == len(project.sent())


def test_a_file_of_twenty_megabytes_is_refused_unread(project: Project) -> None:
    with (project.root / "specs" / "btc.yaml").open("w", encoding="utf-8") as file:
        file.write(HEAD + "orders:\n")
        row = "  o{}: {{side: buy, price: 60000, quantity: 0.01}}\n"
        file.writelines(row.format(i) for i in range(400_000))

    ran = project.run("plan")

    assert 1 == ran.code
    assert "specs/btc.yaml" in ran.err


def test_a_link_out_of_the_project_is_refused(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "btc.yaml"
    outside.write_text(HEAD + "orders:\n  a: {side: buy, price: 60000, quantity: 0.01}\n")
    link = project.root / "specs" / "btc.yaml"
    link.unlink()
    link.symlink_to(outside)

    assert 1 == project.run("plan").code


def test_a_project_file_with_a_literal_key_never_shows_it(project: Project) -> None:
    path = project.root / "reconciler.yaml"
    key = "0x" + "ab" * 32
    path.write_text(path.read_text().replace("env: HL_AGENT_KEY", f"env: '{key}'"))

    ran = project.run("plan")

    assert 1 == ran.code
    assert "ab" * 16 not in ran.out + ran.err


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format_version": 1}', b"\xff\xfe", b"null"]
)
def test_a_plan_file_that_is_none_is_refused(project: Project, content: bytes) -> None:
    (project.root / "plan.json").write_bytes(content)

    ran = project.run("apply", "plan.json")

    assert (1, []) == (ran.code, project.sent())
    assert "error[" in ran.err
    assert "defect" not in ran.err


def test_wrong_usage_is_exit_one(project: Project) -> None:
    codes = [project.run(*words).code for words in (("plam",), ("plan", "--nope"), ("apply", "x"))]

    assert [1, 1, 1] == codes


def test_a_missing_key_is_named_and_nothing_is_sent(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HL_AGENT_KEY")

    ran = project.run("apply", "--auto-approve")

    assert (1, []) == (ran.code, project.sent())
    assert "HL_AGENT_KEY" in ran.err


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, project: Project) -> None:
    ran = project.run("-C", str(tmp_path / "nowhere"), "plan")

    assert 1 == ran.code
    assert "error[no-folder]" in ran.err


@pytest.mark.parametrize("command", ["plan", "doctor"])
def test_a_child_process_is_not_handed_the_key(
    command: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.root / "bin"
    folder.mkdir()
    git = folder / "git"
    git.write_text(f"#!/bin/sh\nenv > {project.root}/seen\n", encoding="utf-8")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    project.run(command)

    seen = (project.root / "seen").read_text(encoding="utf-8")
    assert "PATH=" in seen
    assert "42" * 32 not in seen
