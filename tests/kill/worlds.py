"""A project on a venue whose specs change, whose orders fill, and whose runs are killed.

All chance comes from one seed; how a real process meets the venue's replies does not, so a seed
repeats what was asked for, not always what happened.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from reconciler.simulator.arguments import ControlError
from tests.e2e.project import ACCOUNT, AGENT_KEY, Project, order
from tests.e2e.project import project as open_project
from tests.kill.forks import Child, Ended, Forks
from tests.kill.seams import NOWHERE, Seam
from tests.kill.truth import (
    Budgets,
    Venue,
    budget_violations,
    state_violations,
    violations,
)

__all__ = ["CHANGES", "World", "open_world"]

RUNS_TO_FINISH = 8
PAST_EXPIRY_MS = 20_000
RUNGS = 8
STEP = 50
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "lost_reply"},
    {"kind": "lost_request"},
    {"kind": "late_execution", "delay_ms": 400},
    {"kind": "late_execution", "delay_ms": 4000},
    {"kind": "error_before"},
    {"kind": "error_after"},
    {"kind": "duplicate"},
    {"kind": "partial_batch"},
    {"kind": "wrong_length"},
    {"kind": "truncated"},
    {"kind": "garbled"},
    {"kind": "rate_limited"},
)


class World:
    """One project, its venue, and what its specs ever allowed."""

    def __init__(self, project: Project, forks: Forks, chance: random.Random) -> None:
        self.project = project
        self.forks = forks
        self.chance = chance
        self.budgets = Budgets()
        self.first = 64_000
        self.generation = 1
        self.singles: dict[str, tuple[int, Decimal]] = {}
        self.generations: dict[str, int] = {}
        self.names = 0
        self.kills = 0
        self.counts = {"write": 20, "socket": 30, "disk": 60}
        self.is_moving = False
        project.write_project(max_cancel_fraction="1")
        placed = project.venue.control(
            "place_as_human",
            account=ACCOUNT,
            instrument="BTC",
            side="buy",
            price="61234",
            quantity="0.01",
        )
        (foreign,) = [o for o in project.orders() if o["oid"] == placed["oid"]]
        self.foreign = {placed["oid"]: foreign}
        for _ in range(3):
            self.add_single()
        self.write()

    def add_single(self) -> None:
        self.names += 1
        self.singles[f"s{self.names}"] = (50_000 + 10 * self.names, Decimal("0.01"))

    def remove_single(self) -> None:
        if len(self.singles) > 2:
            del self.singles[self.chance.choice(sorted(self.singles))]

    def reprice_single(self) -> None:
        name = self.chance.choice(sorted(self.singles))
        price, quantity = self.singles[name]
        self.singles[name] = (price + self.chance.choice((-301, 303, 507)), quantity)

    def raise_single(self) -> None:
        name = self.chance.choice(sorted(self.singles))
        price, quantity = self.singles[name]
        self.singles[name] = (price, quantity + Decimal("0.003"))

    def shift(self) -> None:
        """Move the ladder by a few rungs, up or down."""
        rungs = self.chance.choice((-3, -2, -1, 1, 2, 3))
        self.first = min(64_500, max(63_000, self.first + rungs * STEP))

    def new_generation(self) -> None:
        self.generation += 1

    def arm_anew(self) -> None:
        """Give two single orders a new generation, and one of them another price."""
        for name in self.chance.sample(sorted(self.singles), 2):
            self.generations[name] = self.generations.get(name, 0) + 1
        price, quantity = self.singles[name]
        self.singles[name] = (price + self.chance.choice((-211, 209)), quantity)

    def write(self) -> None:
        """Write the specs, and remember what they allow."""
        for name, (_, quantity) in self.singles.items():
            generation = self.generations.get(name, 0)
            self.budgets.declare(f"btc.{name}", quantity, generation=generation)
        quantity = Decimal("0.08")
        rungs = [self.first - n * STEP for n in range(RUNGS)]
        self.budgets.declare_ladder("btc.bids", quantity, rungs, generation=self.generation)
        bids = {
            "side": "buy",
            "from": str(self.first),
            "to": str(rungs[-1]),
            "levels": RUNGS,
            "quantity": str(quantity),
            "generation": self.generation,
        }
        orders = {
            name: order("buy", str(price), str(quantity), generation=self.generations.get(name, 0))
            for name, (price, quantity) in self.singles.items()
        }
        self.project.write_book("btc", instrument="BTC", orders=orders, ladders={"bids": bids})

    def fill_some(self) -> None:
        """Let somebody trade against one of our orders, in part or in whole."""
        live = [o for o in self.project.live() if o["oid"] not in self.foreign]
        if not live:
            return
        hit = self.chance.choice(live)
        share = self.chance.choice((Decimal("0.002"), Decimal("0.001"), Decimal(hit["remaining"])))
        quantity = str(min(share, Decimal(hit["remaining"])))
        with suppress(ControlError):  # a run may have moved it meanwhile
            self.project.venue.control("trade", oid=hit["oid"], quantity=quantity)

    def dip(self) -> None:
        """Let the market fall through the first rungs and come back."""
        control = self.project.venue.control
        mid = control("markets", instrument="BTC")["mid"]
        control("set_mid", instrument="BTC", mid=str(self.first - STEP))
        control("set_mid", instrument="BTC", mid=mid)

    def add_faults(self) -> None:
        for _ in range(self.chance.randint(1, 2)):
            fault = dict(self.chance.choice(FAULTS))
            self.project.venue.control(
                "faults", add={**fault, "path": "/exchange", "skip": self.chance.randint(0, 2)}
            )

    def start(self, *argv: str, seam: Seam = NOWHERE) -> Child:
        return self.forks.start(self.project.root, *argv, seam=seam, HL_AGENT_KEY=AGENT_KEY)

    def run(self, *argv: str, seam: Seam = NOWHERE) -> Ended:
        return self.start(*argv, seam=seam).ended()

    def apply(self, seam: Seam = NOWHERE) -> Ended:
        """Apply, and count the death if there was one."""
        ended = self.run("apply", "--auto-approve", seam=seam)
        self.note(ended)
        return ended

    def note(self, ended: Ended) -> None:
        if ended.is_killed:
            self.kills += 1
        elif ended.counts:
            self.counts = ended.counts

    def unlock(self) -> None:
        """Take the courtesy lock away, whoever holds it."""
        (self.project.root / ".reconciler" / "hl.lock.json").unlink(missing_ok=True)

    def advance(self) -> None:
        """Let the venue's time pass the expiry of everything that was sent."""
        self.project.venue.control("time", advance_ms=PAST_EXPIRY_MS)

    def finish(self, *, runs: int = RUNS_TO_FINISH) -> list[str]:
        """Take the faults away and apply until it is done; return what is wrong then."""
        self.project.venue.control("faults", clear=True)
        tried: list[Ended] = []
        while not tried or tried[-1].code:
            if len(tried) == runs:
                codes, last = [ended.code for ended in tried], tried[-1]
                return [f"it was not done after runs that ended in {codes}: {last.out}{last.err}"]
            tried.append(self.apply())
        planned = self.run("plan", "--detailed-exitcode")
        found = [] if planned.code == 0 else [f"a plan is left: {planned.out}{planned.err}"]
        recorded = state_violations(self.venue(), self.budgets, self.project.root)
        return [*found, *self.found_wrong(), *recorded]

    def found_wrong(self) -> list[str]:
        venue = self.venue()
        return [
            *violations(venue, self.budgets, self.project.root),
            *budget_violations(venue, self.budgets, is_moving=self.is_moving),
        ]

    def venue(self) -> Venue:
        return Venue(orders=self.project.orders(), log=self.project.sent(), foreign=self.foreign)


def fresh(world: World) -> None:
    """A new ladder and new orders; those of before stay."""
    world.new_generation()
    world.add_single()
    world.add_single()
    world.remove_single()


def shifted(world: World) -> None:
    """The ladder moves, and the prices of orders: modifies."""
    world.shift()
    world.reprice_single()
    world.reprice_single()


def mended(world: World) -> None:
    """Orders fill in part, are removed, repriced and raised."""
    world.fill_some()
    world.remove_single()
    world.add_single()
    world.reprice_single()
    world.raise_single()
    world.fill_some()
    if world.chance.random() < 0.5:
        world.new_generation()
    else:
        world.arm_anew()


def moving(world: World) -> None:
    """The same and the ladder, while the market trades with what rests."""
    world.is_moving = True
    world.chance.choice((world.fill_some, world.dip))()
    shifted(world)
    world.add_single()
    if world.chance.random() < 0.6:
        world.new_generation()
    if world.chance.random() < 0.5:
        world.arm_anew()


CHANGES: dict[str, Callable[[World], None]] = {
    "fresh": fresh,
    "shifted": shifted,
    "mended": mended,
    "moving": moving,
}


@contextmanager
def open_world(root: Path, forks: Forks, seed: int) -> Iterator[World]:
    """A world with its state made and nothing placed yet."""
    with open_project(root) as project:
        yield World(project, forks, random.Random(seed))
