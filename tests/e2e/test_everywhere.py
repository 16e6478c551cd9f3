"""Orders at a place of the venue that nothing on this machine names any more."""

from decimal import Decimal

import pytest

from tests.e2e.losing import apply, let_requests_die_soon, lose_state, recover
from tests.e2e.project import Project, order

FAR = "xyz:TSLA"


@pytest.fixture
def scattered(project: Project) -> Project:
    """A project with an order on the first dex, and one on a builder's."""
    let_requests_die_soon(project)
    mid = Decimal(project.venue.control("markets", instrument=FAR)["mid"])
    far = order("buy", str(int(mid * Decimal("0.9"))), "1", instrument=FAR)
    dip = order("buy", "60000", "0.01")
    project.write_book("btc", instrument="BTC", orders={"dip": dip, "far": far})
    apply(project)
    assert 2 == len(project.live())
    return project


def test_a_panic_without_state_and_specs_looks_everywhere(scattered: Project) -> None:
    lose_state(scattered)
    (scattered.root / "specs" / "btc.yaml").write_text("version: [", encoding="utf-8")

    ran = scattered.run("panic")

    assert (0, []) == (ran.code, scattered.live()), ran.out
    assert "hl: 2 cancelled." in ran.out


def test_a_panic_that_cannot_look_everywhere_does_not_say_that_nothing_rests(
    scattered: Project,
) -> None:
    lose_state(scattered)
    (scattered.root / "specs" / "btc.yaml").write_text("version: [", encoding="utf-8")
    fault = {"kind": "error_before", "path": "/info", "type": "perpDexs", "times": None}
    scattered.venue.control("faults", add={**fault, "status": 404})

    ran = scattered.run("panic")

    assert (1, [FAR]) == (ran.code, [each["instrument"] for each in scattered.live()])
    assert "Nothing of ours rests" not in ran.out
    assert "hl: 1 cancelled." in ran.out


def test_a_recovery_names_what_rests_where_no_spec_leads(scattered: Project) -> None:
    (far,) = [each for each in scattered.live() if each["instrument"] == FAR]
    scattered.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60000", "0.01")})
    lose_state(scattered)

    assert far["cloid"] in recover(scattered)
