"""What a new user meets first: `init`, the words of `plan`, files and terminals of all kinds."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.planfile import load_plan, save_plan
from tests.e2e.project import ACCOUNT, AGENT_KEY, Project, order


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reconciler", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=60,
        env={**os.environ, "COLUMNS": "100", **environment},
    )


@pytest.mark.parametrize("name", ["project", "My Project", "123 go", "日本", "x: y"])
def test_init_works_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()

    made = run(folder, "init", "--account", ACCOUNT, "--network", "local")

    assert (0, "") == (made.returncode, made.stderr)
    assert 0 == run(folder, "validate").returncode


@pytest.mark.parametrize(
    "arguments",
    [
        ("--account", "0xYOUR_ACCOUNT"),
        ("--account", ACCOUNT + '"\n    port: 1\n    x: "'),
        ("--account", ACCOUNT, "--project", "x: y"),
        ("--account", ACCOUNT, "--project", ""),
    ],
)
def test_init_writes_nothing_when_what_it_is_given_is_wrong(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    made = run(tmp_path, "init", *arguments)

    assert 1 == made.returncode
    assert "error[usage]" in made.stderr
    assert [] == list(tmp_path.iterdir())


def test_init_names_what_it_wrote_and_what_to_ignore(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.pyc\n", encoding="utf-8")

    made = run(tmp_path, "init", "--account", ACCOUNT)

    assert "Wrote schemas/spec.schema.json" in made.stdout
    assert "Wrote .gitignore" not in made.stdout
    assert "Add to .gitignore, which was there already: .reconciler/ plan.json" in made.stdout
    assert "*.pyc\n" == (tmp_path / ".gitignore").read_text(encoding="utf-8")


def test_the_first_project_has_something_to_send_to_the_simulator(
    project: Project, tmp_path: Path
) -> None:
    folder = tmp_path / "first"
    folder.mkdir()
    port = str(project.venue.port)
    run(folder, "init", "--account", ACCOUNT, "--network", "local", "--port", port)

    planned = run(folder, "plan")

    assert "Plan: 5 to place, 0 to modify, 0 to replace, 0 to cancel." in planned.stdout


def test_no_command_at_all_shows_the_help(tmp_path: Path) -> None:
    ran = run(tmp_path)

    assert 1 == ran.returncode
    assert ran.stderr.startswith("Usage: reconciler")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_unicode_shows_the_whole_plan(project: Project, encoding: str) -> None:
    prices = {"a": "60000", "b": "59000", "c": "58000"}
    orders = {name: order("buy", price, "0.01") for name, price in prices.items()}
    project.write_book("btc", instrument="BTC", orders=orders)

    ran = run(project.root, "plan", PYTHONIOENCODING=encoding)

    assert (0, "") == (ran.returncode, ran.stderr)
    assert "####" in ran.stdout
    assert "Plan: 3 to place, 0 to modify, 0 to replace, 0 to cancel." in ran.stdout


def test_an_apply_is_reported_whatever_the_locale(project: Project) -> None:
    ran = run(
        project.root,
        *("apply", "--auto-approve"),
        PYTHONIOENCODING="ascii:strict",
        HL_AGENT_KEY=AGENT_KEY,
    )

    assert (0, True) == (ran.returncode, "Apply: 1 done in 1 request." in ran.stdout), ran.stderr


def test_the_next_command_can_be_typed_from_the_same_place(project: Project) -> None:
    folder, elsewhere = str(project.root), project.root.parent
    saved = run(elsewhere, "-C", folder, "plan", "--out", f"{folder}/my plan.json")
    shown = run(elsewhere, "-C", folder, "show", f"{folder}/my plan.json")
    narrowed = project.run("plan", "--target", "btc.dip", "--allow", "orphans")

    command = f"  reconciler -C {folder} apply '{folder}/my plan.json'\n"
    assert command in saved.stdout
    assert command in shown.stdout
    assert "  reconciler apply --target btc.dip --allow orphans\n" in narrowed.out


def test_only_a_saved_plan_has_a_time_until_which_it_may_be_applied(project: Project) -> None:
    assert "may be applied until" not in project.run("plan").out
    assert "may be applied until" in project.run("plan", "--out", "plan.json").out


def test_an_address_that_no_spec_knows_is_pointed_out(project: Project) -> None:
    for command in ("plan", "drift"):
        known = [project.run(command, flag, "btc") for flag in ("--target", "--exclude")]
        unknown = project.run(command, "--target", "btc.dib")

        assert ["", ""] == [ran.err for ran in known]
        assert "warning[no-such-address]" in unknown.err
        assert "btc.dib" in unknown.err


def test_a_plan_says_how_many_of_the_kept_orders_are_filled(project: Project) -> None:
    project.run("apply", "--auto-approve")
    project.venue.control("set_mid", instrument="BTC", mid="59990")

    assert "1 kept where nothing changes (1 filled)" in project.run("plan").out


@pytest.mark.parametrize("name", ["missing/plan.json", "specs"])
def test_a_plan_that_cannot_be_written_is_an_error_with_its_name(
    project: Project, name: str
) -> None:
    ran = project.run("plan", "--out", name)

    assert 1 == ran.code
    assert f"--> {name}\n" in ran.err
    assert [] == [path for path in project.root.rglob(".*") if "plan" in path.name]


def test_a_plan_into_a_pipe_leaves_the_pipe_where_it_is(project: Project) -> None:
    os.mkfifo(project.root / "pipe")
    with subprocess.Popen(["cat", "pipe"], cwd=project.root, stdout=subprocess.PIPE) as reader:
        ran = project.run("plan", "--json-into", "pipe")
        content, _ = reader.communicate(timeout=30)

    assert (0, True) == (ran.code, (project.root / "pipe").is_fifo())
    assert content.startswith(b'{"actions":')


def test_a_plan_file_is_private_from_its_first_byte(project: Project) -> None:
    project.run("plan", "--out", "plan.json")

    assert 0o600 == (project.root / "plan.json").stat().st_mode & 0o777


def test_a_hostile_plan_file_cannot_steer_the_terminal(project: Project) -> None:
    project.run("plan", "--out", "plan.json")
    path = project.root / "plan.json"
    plan = load_plan(path.read_bytes(), path="plan.json")
    path.write_bytes(save_plan(replace(plan, project="\x1b[31mred\u202e")))

    refused = project.run("apply", "plan.json")

    assert 11 == refused.code
    assert not {"\x1b", "\u202e"} & set(refused.out + refused.err)


@pytest.mark.parametrize("columns", [60, 72, 80, 120])
def test_a_plan_fits_the_terminal(project: Project, columns: int) -> None:
    ladder = {"side": "buy", "from": "60000", "to": "56000", "levels": 5, "quantity": "0.05"}
    project.write_book("btc", instrument="BTC", ladders={"bids": ladder})
    project.run("apply", "--auto-approve")
    moved = {**ladder, "from": "59500", "to": "55500"}
    project.write_book(
        "btc", instrument="BTC", ladders={"bids": moved}, orders={"x": order("buy", "50000", "1")}
    )

    ran = run(project.root, "plan", "--out", "plan.json", COLUMNS=str(columns))

    assert "ladder-moved" in ran.stdout
    assert [] == [line for line in ran.stdout.split("\n") if len(line) > columns]
