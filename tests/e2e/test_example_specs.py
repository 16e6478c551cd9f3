"""Every example under specs/ plans and applies against the simulator."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.both import Both

SPECS = Path(__file__).parents[2] / "specs"


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_spec_is_planned_applied_and_then_matches(both: Both, path: Path) -> None:
    both.remove_book("btc")
    both.remove_book("coin")
    shutil.copy(path, both.root / "specs" / path.name)
    both.venue.control("set_mid", instrument="BTC", mid="95000")
    both.htx("set_mid", instrument="BTC-USD", mid="95000")
    both.htx("set_mid", instrument="ETH-USD", mid="3000")

    planned = both.run("plan", "--detailed-exitcode")
    applied = both.run("apply", "--auto-approve")
    again = both.run("plan")

    assert (2, 0) == (planned.code, applied.code), planned.err + applied.out + applied.err
    assert " to place" not in again.out
