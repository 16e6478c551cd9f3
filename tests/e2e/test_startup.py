"""What a command must not import, and the demo from outside, as processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.project import Project

HEAVY = ("httpx", "eth_account", "deepdiff", "rich", "jsonschema", "asyncio")

PROBE = """
import json, sys
from reconciler.cli.main import run
code = run(sys.argv[2:])
sys.stdout = sys.__stdout__
print()
print(json.dumps([code, [name for name in json.loads(sys.argv[1]) if name in sys.modules]]))
"""


def imported(project: Project, *arguments: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-c", PROBE, json.dumps(HEAVY), "-C", str(project.root), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    code, names = json.loads(ran.stdout.strip().split("\n")[-1])
    return code, names


@pytest.mark.parametrize("arguments", [("--help",), ("validate",), ("schema", "spec")])
def test_a_small_command_imports_nothing_heavy(
    project: Project, arguments: tuple[str, ...]
) -> None:
    assert (0, []) == imported(project, *arguments)


def test_plan_imports_neither_the_signing_library_nor_deepdiff(project: Project) -> None:
    code, names = imported(project, "plan")

    assert (0, set()) == (code, {"eth_account", "deepdiff", "jsonschema"} & set(names))


def test_the_demo_ends_without_changes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reconciler", "demo"]
    ran = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60
    )

    assert 0 == ran.returncode, ran.stderr
    assert "No changes. Your orders match the specification." in ran.stdout.rstrip().split("\n")
    assert "0 to place, 1 to modify, 0 to replace, 0 to cancel." in ran.stdout
    assert "unknown" in ran.stderr


def test_a_closed_pipe_is_no_error_message(project: Project) -> None:
    command = f"{sys.executable} -m reconciler -C {project.root} schema spec | head -1"
    ran = subprocess.run(
        command, shell=True, capture_output=True, text=True, check=False, timeout=60
    )

    assert ("{", "") == (ran.stdout.strip()[:1], ran.stderr)
