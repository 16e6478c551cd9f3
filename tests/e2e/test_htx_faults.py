"""Every fault of HTX against real processes: nothing twice, and two more runs settle it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.both import Both, ended_together, open_both
from tests.e2e.project import order
from tests.kill.forks import Forks

NAMES = ("a", "b", "c", "d")
KINDS = ("place", "cancel", "replace")
# What is not carried out takes as long to prove as a request may live, so those wait together.
FAULTS: dict[str, dict[str, dict[str, Any]]] = {
    "never or only in part executed": {
        "lost": {"kind": "lost_request"},
        "500": {"kind": "error_before"},
        "busy": {"kind": "error_before", "code": 1004},
        "part": {"kind": "partial_batch"},
        "part-502": {"kind": "partial_batch", "status": 502},
    },
    "executed, and told badly": {
        "lost": {"kind": "lost_reply"},
        "502": {"kind": "error_after"},
        "busy": {"kind": "error_after", "code": 1004},
        "garbled": {"kind": "garbled"},
        "truncated": {"kind": "truncated"},
        "short": {"kind": "wrong_length"},
    },
    "late, twice, or too often": {
        "late": {"kind": "late_execution", "delay_ms": 4_000},
        "near-its-end": {"kind": "late_execution", "delay_ms": 55_000},
        "twice": {"kind": "duplicate"},
        "too-many": {"kind": "rate_limited"},
        "429": {"kind": "rate_limited", "status": 429},
    },
}


def declared(*names: str, price: int = 80_000) -> dict[str, Any]:
    return {name: order("buy", str(price + number), "3") for number, name in enumerate(names)}


@contextmanager
def worlds_of(root: Path, faults: dict[str, dict[str, Any]]) -> Iterator[dict[str, Both]]:
    """Yield a project for each fault and kind of request, just before that is sent and hit."""
    with ExitStack() as stack:
        made = {}
        for name, fault in faults.items():
            for kind in KINDS:
                folder = root / f"{kind}-{name}"
                folder.mkdir()
                world = made[folder.name] = stack.enter_context(open_both(folder))
                prepare(world, kind, fault)
        yield made


def prepare(world: Both, kind: str, fault: dict[str, Any]) -> None:
    world.remove_book("btc")
    world.write_project(max_cancel_fraction="1")
    world.write_coin(**declared(*NAMES))
    if kind == "place":
        world.fault(type_="swap_batchorder", **fault)
        return
    assert 0 == world.apply().code
    world.fault(type_="swap_cancel", **fault)
    if kind == "cancel":
        world.write_coin(d=declared(*NAMES)["d"])
    else:
        world.write_coin(**declared(*NAMES, price=79_000))


EXPECTED = {
    "place": ([80_000, 80_001, 80_002, 80_003], 4),
    "cancel": ([80_003], 4),
    "replace": ([79_000, 79_001, 79_002, 79_003], 8),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_request_does_nothing_twice(
    tmp_path: Path, coins: None, forks: Forks, name: str
) -> None:
    with worlds_of(tmp_path, FAULTS[name]) as worlds:
        for _ in range(3):
            ended_together(forks, worlds)

        assert {each: EXPECTED[each.partition("-")[0]] for each in worlds} == {
            each: (
                sorted(int(price) for price, _ in world.coins()),
                len(world.account()["orders"]),
            )
            for each, world in worlds.items()
        }
        assert dict.fromkeys(worlds, True) == {
            each: world.is_quiet() for each, world in worlds.items()
        }
