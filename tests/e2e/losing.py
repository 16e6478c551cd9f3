"""What tests of a lost or old state have in common."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.project import Project


def let_requests_die_soon(project: Project) -> None:
    """Let requests live for a second, so that a recovery does not wait long."""
    change(project, "venues", "hl", expires_after_s=1)


def change(project: Project, *path: str, **values: Any) -> None:
    """Change values of the project file."""
    file = project.root / "reconciler.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    part = settings
    for name in path:
        part = part[name]
    part.update(values)
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")


def lose_state(project: Project) -> None:
    shutil.rmtree(project.root / ".reconciler")


def apply(project: Project) -> None:
    applied = project.run("apply", "--auto-approve")
    assert 0 == applied.code, applied.out + applied.err


def recover(project: Project) -> str:
    ran = project.run("state", "init")
    assert 0 == ran.code, ran.err
    return ran.out


def backup(project: Project, folder: Path) -> None:
    shutil.copytree(project.root / ".reconciler", folder, dirs_exist_ok=True)


def roll_back(project: Project, folder: Path) -> None:
    lose_state(project)
    shutil.copytree(folder, project.root / ".reconciler")


def bought(project: Project) -> dict[str, str]:
    """What filled, by price."""
    return {o["price"]: o["filled"] for o in project.orders() if o["filled"] != "0"}


def fill(project: Project, price: str, quantity: str | None = None) -> None:
    (found,) = [o for o in project.live() if o["price"] == price]
    more: dict[str, Any] = {} if quantity is None else {"quantity": quantity}
    project.venue.control("trade", oid=found["oid"], **more)


def has_nothing_to_do(project: Project) -> bool:
    before = len(project.sent())
    planned = project.run("plan", "--detailed-exitcode")
    applied = project.run("apply", "--auto-approve")
    assert (0, 0) == (planned.code, applied.code), planned.out + applied.err
    return len(project.sent()) == before
