"""Each folder of `tests/golden/diagnostics` is a project with something wrong, as it is told."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.diagnostics import render_all
from reconciler.errors import InvalidInput
from reconciler.spec.expand import expand_book
from reconciler.spec.load import load_project
from tests.spec.grids import GOLDEN, INSTRUMENTS, PROJECT

CASES = sorted(path.name for path in (GOLDEN / "diagnostics").iterdir())


def told(case: Path, root: Path) -> str:
    """Load a case from a folder of its own; return everything that is wrong with it."""
    (root / "reconciler.yaml").write_text(PROJECT, encoding="utf-8")
    for path in sorted(case.glob("*.yaml")):
        target = root if path.name == "reconciler.yaml" else root / "specs"
        target.mkdir(exist_ok=True)
        shutil.copy(path, target)
    try:
        loaded = load_project(root)
    except InvalidInput as problem:
        return problem.render()
    problems = list(loaded.diagnostics)
    for book in loaded.books:
        problems += expand_book(book, INSTRUMENTS, sources=loaded.sources)[1]
    return render_all(problems, loaded.sources)


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_told(
    name: str, tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    case = GOLDEN / "diagnostics" / name

    golden(case / "diagnostics.txt", told(case, tmp_path) + "\n")


@pytest.mark.parametrize("name", CASES)
def test_every_case_tells_something_but_no_secret(name: str) -> None:
    text = (GOLDEN / "diagnostics" / name / "diagnostics.txt").read_text(encoding="utf-8")

    assert text.startswith(("error[", "warning["))
    assert not any(secret in text for secret in ("4c0883a6", "1a2b3c4d", "hunter2"))
