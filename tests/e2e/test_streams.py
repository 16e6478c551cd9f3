"""Nobody reads what a command says: that is no reason to leave its work half done."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.losing import let_requests_die_soon
from tests.e2e.project import AGENT_KEY, Project, order

ORDERS = {f"b{n}": order("buy", str(60000 - 10 * n), "0.01") for n in range(90)}
WAYS = {
    "a pipe that nobody reads": "2> pipe",
    "a full disk": "2> /dev/full",
    "closed": "2>&-",
    "all closed": "<&- 2>&-",
}


@pytest.fixture(params=WAYS)
def unheard(project: Project, request: pytest.FixtureRequest) -> tuple[Project, str]:
    """A project of ninety orders, and how the shell leads stderr away."""
    let_requests_die_soon(project)
    project.write_book("btc", instrument="BTC", orders=ORDERS)
    return project, WAYS[request.param]


def run(project: Project, way: str, *argv: str) -> int:
    """Run a command in a shell that leads its streams away; the reader of a pipe goes at once."""
    pipe = project.root / "pipe"
    if "pipe" in way:
        os.mkfifo(pipe)
    command = shlex.join([sys.executable, "-m", "reconciler", "-C", str(project.root), *argv])
    env = {**os.environ, "HL_AGENT_KEY": AGENT_KEY, "PYTHONPATH": str(Path.cwd())}
    env.pop("PYTHONUNBUFFERED", None)  # what a stream still holds is written when the process ends
    with subprocess.Popen(
        f"exec {command} {way}", shell=True, cwd=project.root, env=env, stdout=subprocess.DEVNULL
    ) as process:
        if "pipe" in way:
            pipe.open("rb").close()
            pipe.unlink()
        return process.wait(timeout=60)


def test_a_panic_that_nobody_hears_cancels_everything(unheard: tuple[Project, str]) -> None:
    project, way = unheard
    assert 0 == project.run("apply", "--auto-approve").code

    code = run(project, way, "panic")

    assert (0, []) == (code, project.live())


def test_an_apply_that_nobody_hears_is_carried_out(unheard: tuple[Project, str]) -> None:
    project, way = unheard

    code = run(project, way, "apply", "--auto-approve")

    assert (0, 90) == (code, len(project.live()))
    assert 0 == project.run("state", "verify").code


@pytest.mark.parametrize("way", [">&-", "> /dev/full"])
def test_a_panic_that_cannot_report_cancels_everything(project: Project, way: str) -> None:
    project.write_book("btc", instrument="BTC", orders=ORDERS)
    assert 0 == project.run("apply", "--auto-approve").code

    run(project, f"{way} 2>&-", "panic")

    assert [] == project.live()
