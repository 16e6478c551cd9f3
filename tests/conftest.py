"""What every test may use: golden files, and hypothesis without surprises."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, database=None)
# What lands is judged by the same examples each time; other runs look for new ones.
settings.load_profile("ci" if "CI" in os.environ or "SAME_EXAMPLES" in os.environ else "local")

# Whoever runs the tests may say how wide a terminal is, and xdist does: what is printed wraps at
# the width a command takes by itself.
os.environ.pop("COLUMNS", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option which rewrites golden files."""
    parser.addoption(
        "--update-golden", action="store_true", help="write what was found as the golden files"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Return a function which compares a text with its golden file, or rewrites that."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(path: Path, actual: str) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
        assert path.is_file(), f"{path} is missing; run pytest --update-golden and review it"
        expected = path.read_text(encoding="utf-8")

        assert expected == actual

    return compare
