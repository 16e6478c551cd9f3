"""The README against the program: its commands, and the demo it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What differs from one run to the next.
VARIABLE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\b[0-9a-f]{32}\b|\d[\d,]* more now, \d[\d,]* after\."
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines of a demo as they are printed into a file."""
    command = [sys.executable, "-m", "reconciler", "--no-color", "demo"]
    folder = tmp_path_factory.mktemp("demo")
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        check=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "100"},
    )
    return _lines(ran.stdout)


def _lines(text: str) -> list[str]:
    found = [VARIABLE.sub("", line).rstrip() for line in text.split("\n")]
    return [line for line in found if line]


def _shown() -> list[str]:
    (block,) = re.findall(r"<!-- demo -->\s*```\n(.*?)```\s*<!-- /demo -->", README, re.DOTALL)
    return _lines(block)


def test_the_readme_shows_lines_of_the_demo_in_their_order(demo: list[str]) -> None:
    rest = iter(demo)

    assert [] == [line for line in _shown() if line not in rest]


def test_the_readme_leaves_out_no_command_step_or_summary_of_the_demo(demo: list[str]) -> None:
    telling = re.compile(r"\$ |\d\. |Plan: |Apply: |No changes\.|  [-+~] ")

    assert [line for line in demo if telling.match(line)] == [
        line for line in _shown() if telling.match(line)
    ]


def test_the_readme_lists_every_command_once() -> None:
    table = README.split("## Commands")[1].split("\n## ")[0]

    assert sorted(COMMANDS) == sorted(re.findall(r"^\| `([a-z]+)", table, re.MULTILINE))


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"])
def test_documents_name_only_commands_there_are(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    assert set() == set(re.findall(r"(?:`|^ *)reconciler ([a-z]+)", text, re.MULTILINE)) - set(
        COMMANDS
    )


def test_the_map_of_the_architecture_names_only_files_there_are() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = (ROOT, ROOT / "reconciler", ROOT / "reconciler" / "model")

    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", text))
    assert set() == {n for n in named if not any((folder / n).exists() for folder in folders)}
