"""Every example under specs/ plans and applies against the simulator."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.project import Project

SPECS = Path(__file__).parents[2] / "specs"


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_spec_is_planned_applied_and_then_matches(project: Project, path: Path) -> None:
    project.remove_book("btc")
    shutil.copy(path, project.root / "specs" / path.name)
    project.venue.control("set_mid", instrument="BTC", mid="95000")

    planned = project.run("plan", "--detailed-exitcode")
    applied = project.run("apply", "--auto-approve")
    again = project.run("plan")

    assert (2, 0) == (planned.code, applied.code), planned.err + applied.out + applied.err
    assert " to place" not in again.out
