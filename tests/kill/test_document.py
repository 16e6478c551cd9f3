"""docs/faults.md promises a test for each fault; the tests it names must be there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(test_\w+)`", DOCUMENT)))
ROWS = re.findall(r"^\| (F\d+) \|.*\| (.*) \|$", DOCUMENT, flags=re.MULTILINE)


def test_every_test_that_is_named_exists() -> None:
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if f"def {name}(" not in (ROOT / "tests" / path).read_text(encoding="utf-8")
    ]

    assert [] == missing


def test_every_fault_of_the_model_has_its_row() -> None:
    assert [f"F{number}" for number in range(1, 33)] == [name for name, _ in ROWS]


def test_every_row_names_a_test() -> None:
    assert [] == [name for name, proof in ROWS if "::test_" not in proof]
