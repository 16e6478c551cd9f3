"""Every fault of HTX against real processes: nothing twice, and two more runs settle it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.both import ENVIRONMENT, Both, ended_together, open_both
from tests.e2e.project import order
from tests.kill.forks import Forks

NAMES = ("a", "b", "c")
FAULTS: dict[str, dict[str, Any]] = {
    "lost request": {"kind": "lost_request"},
    "lost reply": {"kind": "lost_reply"},
    "late": {"kind": "late_execution", "delay_ms": 4_000},
    "late, near the end of its life": {"kind": "late_execution", "delay_ms": 55_000},
    "twice": {"kind": "duplicate"},
    "500 before": {"kind": "error_before"},
    "502 after": {"kind": "error_after"},
    "busy before": {"kind": "error_before", "code": 1004},
    "busy after": {"kind": "error_after", "code": 1004},
    "too many": {"kind": "rate_limited"},
    "429": {"kind": "rate_limited", "status": 429},
    "garbled": {"kind": "garbled"},
    "truncated": {"kind": "truncated"},
    "a part of it": {"kind": "partial_batch"},
    "a part of it, 502": {"kind": "partial_batch", "status": 502},
    "one answer too few": {"kind": "wrong_length"},
}


def declared(*names: str, price: int = 80_000) -> dict[str, Any]:
    return {name: order("buy", str(price + number), "3") for number, name in enumerate(names)}


@pytest.fixture
def worlds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Both]]:
    """Three projects: orders to come, to go, to be replaced."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        made = {}
        for name in ("place", "cancel", "replace"):
            folder = tmp_path / name
            folder.mkdir()
            made[name] = stack.enter_context(open_both(folder))
            made[name].remove_book("btc")
            made[name].write_project(max_cancel_fraction="1")
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_request_does_nothing_twice(
    worlds: dict[str, Both], forks: Forks, name: str
) -> None:
    fault = FAULTS[name]
    for kind in ("cancel", "replace"):
        worlds[kind].write_coin(**declared(*NAMES, "d"))
        assert 0 == worlds[kind].apply().code
        worlds[kind].fault(type_="swap_cancel", **fault)
    worlds["place"].write_coin(**declared(*NAMES, "d"))
    worlds["place"].fault(type_="swap_batchorder", **fault)
    worlds["cancel"].write_coin(d=declared(*NAMES, "d")["d"])
    worlds["replace"].write_coin(**declared(*NAMES, "d", price=79_000))
    for _ in range(3):
        ended_together(forks, worlds)

    assert {
        "place": [80_000, 80_001, 80_002, 80_003],
        "cancel": [80_003],
        "replace": [79_000, 79_001, 79_002, 79_003],
    } == {kind: sorted(int(price) for price, _ in w.coins()) for kind, w in worlds.items()}
    assert {kind: 4 if kind != "replace" else 8 for kind in worlds} == {
        kind: len(w.account()["orders"]) for kind, w in worlds.items()
    }
    assert {kind: True for kind in worlds} == {kind: w.is_quiet() for kind, w in worlds.items()}
