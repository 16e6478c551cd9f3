"""Runs at HTX that are killed anywhere: the next ones finish them, and nothing is there twice."""

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.both import Both, ended_together, open_both
from tests.e2e.project import order
from tests.kill.forks import Forks
from tests.kill.seams import Seam

SOCKETS = (4, 8, 12, 16, 20, 24)
WRITES = (1, 3, 5, 7, 9, 11, 13, 15)
FILLED = 1


def book(price: int, count: int) -> dict[str, Any]:
    return {f"n{n:02}": order("buy", str(price + n), "3") for n in range(count)}


def opened(root: Path, stack: ExitStack) -> Both:
    """Return a project whose next run cancels three orders, of which one fills, and places 14."""
    root.mkdir()
    world = stack.enter_context(open_both(root))
    world.remove_book("btc")
    world.write_project(max_cancel_fraction="1")
    world.write_coin(**book(80_000, 3))
    assert 0 == world.apply().code
    world.write_coin(**book(79_000, 14))
    world.fault("fill_during_cancel", "swap_cancel", count=FILLED)
    return world


def wrong(world: Both) -> list[str]:
    """Return what is not as it was declared, whatever happened in between."""
    orders = world.account()["orders"]
    ids = [each["cloid"] for each in orders]
    bought = sum(Decimal(each["filled"]) for each in orders)
    found = [] if len(ids) == len(set(ids)) else ["an id was used twice"]
    if bought + sum(left for _, left in world.coins()) != 3 * 14:
        found.append(f"{bought} bought, {world.coins()} rest")
    if sorted(price for price, _ in world.coins()) != [str(79_000 + n) for n in range(14)]:
        found.append(f"{world.coins()} rest")
    return found if world.is_quiet() else [*found, "something is left to do"]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "calls"), [("socket", SOCKETS), ("write", WRITES)])
def test_a_killed_run_is_finished_by_the_next(
    tmp_path: Path, coins: None, forks: Forks, kind: str, calls: tuple[int, ...]
) -> None:
    with ExitStack() as stack:
        worlds = {str(n): opened(tmp_path / str(n), stack) for n in calls}
        seams = {str(n): Seam(kind=kind, nth=n, moment="after") for n in calls}
        killed = ended_together(forks, worlds, seams)
        for _ in range(2):
            ended_together(forks, worlds)

        assert dict.fromkeys(worlds, True) == {n: ended.is_killed for n, ended in killed.items()}
        assert {n: [] for n in worlds} == {n: wrong(world) for n, world in worlds.items()}
