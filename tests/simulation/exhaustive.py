"""Every crash and every single fault, one by one, in fixed scenarios: nothing is left to chance.

A scenario makes a world, and then one run is watched: it dies at each of its points in turn, each
of its requests meets each fate in turn, and both together. Afterwards the calm judges, as it does
in seeded histories. `python -m tests.simulation.exhaustive` counts them all; tests take a share.
"""

import argparse
import gc
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from reconciler.model.order import Side
from tests.simulation.bench import MID
from tests.simulation.book import LOT
from tests.simulation.calm import Calm
from tests.simulation.chance import Chance
from tests.simulation.declared import Declared
from tests.simulation.history import History
from tests.simulation.network import USUAL, Fate
from tests.simulation.runs import Mode

__all__ = ["SCENARIOS", "Case", "Scripted", "cases", "played", "span_of", "undisturbed"]

BASE = (
    Declared("a", "a", Side.BUY, 60_000, LOT * 10),
    Declared("b", "b", Side.BUY, 61_000, LOT * 12),
    Declared("c", "c", Side.SELL, 70_000, LOT * 8),
)
GROUP = Declared("g", "g", Side.BUY, 64_000, LOT * 8, is_group=True)
LADDER = Declared("l", "l", Side.BUY, 64_000, LOT * 16, levels=4)
ACTION_FATES = (
    Fate("lost_request", given_up_ms=50),
    Fate("lost_reply", given_up_ms=50),
    Fate("late", delay_ms=5_000, given_up_ms=50),
    Fate("late", delay_ms=30_000, given_up_ms=50),
    Fate("duplicate", delay_ms=2_000),
    Fate("error_before", status=500),
    Fate("error_after", status=502),
    Fate("partial_batch", status=200),
)
READ_FATES = (
    Fate("lost_request", given_up_ms=50),
    Fate("error_before", status=502),
    Fate("truncated"),
    Fate("", lag_ms=1_000),
)

COLLECT_EVERY = 64


class Scripted(History):
    """A history without chance."""

    def __init__(self) -> None:
        super().__init__(Chance(recorded=()))
        self.first_request = 0
        self.first_point = 0

    def declare(self, *declared: Declared) -> None:
        self.specs.declared.clear()
        for each in declared:
            self.specs._put(each)

    def apply(self, **mode: object) -> None:
        """Run once, undisturbed."""
        self.finish([self.begin(self.mode(**mode))])
        self.loop.run_for(2_000)

    def mode(self, **mode: object) -> Mode:
        return replace(Mode(books=(self.specs.book(),)), **mode)  # type: ignore[arg-type]

    def order_of(self, root: str, index: int = 0) -> int:
        """Return the venue order id of what rests of one budget."""
        return [
            order.oid
            for order in self.ours()
            if (allowed := self.oracle.allowed(order)) is not None and allowed.key[0] == root
        ][index]

    def trade(self, root: str, lots: int, *, is_in_flight: bool = False) -> None:
        """Let some of an order fill, now or while the next request is on its way."""

        def happen() -> None:
            found = [o for o in self.ours() if o.oid == oid]
            if found:
                quantity = min(LOT * lots, found[0].remaining)
                self.control("trade", oid=oid, quantity=str(quantity))

        oid = self.order_of(root)
        if is_in_flight:
            self.network.meanwhile = (happen,)
        else:
            happen()


def place_three(world: Scripted) -> None:
    world.declare(*BASE)


def change_a_price(world: Scripted) -> None:
    place_three(world)
    world.apply()
    world.declare(replace(BASE[0], price=60_500), *BASE[1:])


def change_a_price_while_it_fills(world: Scripted) -> None:
    change_a_price(world)
    world.trade("a", 4, is_in_flight=True)


def go_on_after_a_fill(world: Scripted) -> None:
    place_three(world)
    world.apply()
    world.trade("a", 4)
    world.declare(replace(BASE[0], quantity=LOT * 20), *BASE[1:])


def remove_one(world: Scripted) -> None:
    place_three(world)
    world.apply()
    world.declare(*BASE[1:])


def replace_while_it_fills(world: Scripted) -> None:
    declared = tuple(replace(each, may_modify=False) for each in BASE)
    world.declare(*declared)
    world.apply()
    world.trade("b", 5, is_in_flight=True)
    world.declare(declared[0], replace(declared[1], price=61_500), declared[2])


def after_a_cancel_by_the_venue(world: Scripted) -> None:
    place_three(world)
    world.apply()
    world.control("cancel_as_venue", oid=world.order_of("b"), status="marginCanceled")
    world.declare(replace(BASE[0], price=60_500), *BASE[1:])


def shift_a_ladder(world: Scripted) -> None:
    world.declare(*BASE[:1], LADDER)
    world.apply()
    world.trade("l", 4)
    world.declare(*BASE[:1], replace(LADDER, price=LADDER.price + 100))


def arm_again(world: Scripted) -> None:
    world.declare(*BASE[:2], LADDER)
    world.apply()
    world.trade("l", 2)
    world.trade("a", 10)
    world.declare(
        replace(BASE[0], generation=2), BASE[1], replace(LADDER, generation=2, price=64_100)
    )


def take_over(world: Scripted) -> None:
    place_three(world)
    world.apply()
    world.declare(replace(BASE[0], root="d", name="d", price=60_200), *BASE[1:])


def another_run_at_once(world: Scripted) -> None:
    change_a_price(world)
    world.loop.after_ms(300, lambda: world.begin(world.mode(has_lock=False)))


def settle_what_a_dead_run_left(world: Scripted) -> None:
    _die_with(world, Fate("lost_reply", given_up_ms=20_000))


def settle_what_never_arrived(world: Scripted) -> None:
    _die_with(world, Fate("lost_request", given_up_ms=20_000))


def settle_what_arrives_late(world: Scripted) -> None:
    _die_with(world, Fate("late", delay_ms=9_000, given_up_ms=20_000))


def place_a_group(world: Scripted) -> None:
    world.declare(BASE[0], GROUP)


def change_a_group(world: Scripted) -> None:
    place_a_group(world)
    world.apply()
    world.declare(BASE[0], replace(GROUP, price=63_800))


def change_a_group_while_it_fills(world: Scripted) -> None:
    change_a_group(world)
    world.trade("g", 4, is_in_flight=True)


def arm_a_group_again_after_its_stop(world: Scripted) -> None:
    place_a_group(world)
    world.apply()
    world.trade("g", 8)
    world.set_mid("62500")
    world.loop.run_for(2_000)
    world.set_mid(MID)
    world.declare(BASE[0], replace(GROUP, generation=2))


def _die_with(world: Scripted, fate: Fate) -> None:
    """Let a run die with its first request on the way."""
    place_three(world)
    world.network.next_action = fate
    run = world.begin(world.mode())
    world.loop.run_until(lambda: bool(world.oracle.by_nonce))
    world.loop.run_for(20)
    run.process.kill()
    world.finish([run])


SCENARIOS: dict[str, Callable[[Scripted], None]] = {
    each.__name__: each
    for each in (
        place_three,
        change_a_price,
        change_a_price_while_it_fills,
        go_on_after_a_fill,
        remove_one,
        replace_while_it_fills,
        after_a_cancel_by_the_venue,
        shift_a_ladder,
        arm_again,
        take_over,
        another_run_at_once,
        settle_what_a_dead_run_left,
        settle_what_never_arrived,
        settle_what_arrives_late,
        place_a_group,
        change_a_group,
        change_a_group_while_it_fills,
        arm_a_group_again_after_its_stop,
    )
}


@dataclass(frozen=True, slots=True)
class Case:
    """One telling of a scenario.

    Attributes:
        dies_at: points of the watched run, from 0; none for a run that lives.
        fate: of the request with the number `hit`, from 0.
    """

    scenario: str
    dies_at: tuple[int, ...] = ()
    hit: int = -1
    fate: Fate = USUAL


@dataclass(frozen=True, slots=True)
class Span:
    """How much there is to try in a scenario.

    Attributes:
        requests: of the watched run, each with whether it acts.
    """

    points: int
    requests: tuple[bool, ...]


def played(case: Case) -> str:
    """Play one case; return the violation, or nothing."""
    world = _world(case.scenario)
    try:
        _watch(world, case)
        Calm(world).come()
    except AssertionError as problem:
        world.oracle.fail(f"assertion: {problem}")
    finally:
        world.bury()
    found = [*world.oracle.violations, *(f"loop: {p}" for p in world.loop.problems)]
    return found[0] if found else ""


def undisturbed(scenario: str) -> list[str]:
    """Return the trace of a scenario in which nothing goes wrong."""
    world = _world(scenario)
    _watch(world, Case(scenario))
    world.bury()
    return world.trace


def span_of(scenario: str) -> Span:
    """Return what there is to try."""
    world = _world(scenario)
    acts: list[bool] = []
    world.network.seen = acts.append
    _watch(world, Case(scenario))
    world.bury()
    return Span(points=world.network.points - world.first_point, requests=tuple(acts))


def cases(scenario: str, *, are_double: bool = False) -> Iterator[Case]:
    """Yield each crash, each fault, and each crash with each fault; or each two crashes."""
    span = span_of(scenario)
    points = range(span.points)
    yield from (Case(scenario, dies_at=(point,)) for point in points)
    faults = [
        (hit, fate)
        for hit, acts in enumerate(span.requests)
        for fate in (ACTION_FATES if acts else READ_FATES)
    ]
    yield from (Case(scenario, hit=hit, fate=fate) for hit, fate in faults)
    yield from (Case(scenario, (p,), hit, fate) for p in points for hit, fate in faults)
    if are_double:
        yield from (Case(scenario, (p, q)) for p in points for q in range(p + 1, p + 61))


def _world(scenario: str) -> Scripted:
    world = Scripted()
    world.initialise()
    world.machine.before = world.before_disk
    world.machine.after = world.after_disk
    SCENARIOS[scenario](world)
    world.loop.run_for(0)
    return world


def _watch(world: Scripted, case: Case) -> None:
    """Let the watched run go, and one after it when the first dies."""
    network = world.network
    world.first_point = network.points
    network.dies_at = frozenset(world.first_point + point for point in case.dies_at)
    if case.hit >= 0:
        network.forced[network.requests + case.hit] = case.fate
    for _ in range(1 + len(case.dies_at)):
        running = [world.begin(world.mode())]
        world.finish(running)
        others = [run for run in world.runs if not run.has_ended]
        world.finish(others)
        if not any(run.process.is_dead for run in running):
            break
    network.dies_at = frozenset()
    network.forced = {}


def tried(scenario: str, share: int, are_double: bool) -> tuple[int, list[tuple[Case, str]]]:
    """Play every n-th case of a scenario; return how many, and what was wrong."""
    gc.disable()
    count, found = 0, []
    for index, case in enumerate(cases(scenario, are_double=are_double)):
        if index % share:
            continue
        count += 1
        violation = played(case)
        if violation:
            found.append((case, violation))
        if count % COLLECT_EVERY == 0:
            gc.collect()
    return count, found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.exhaustive")
    parser.add_argument("--double", action="store_true", help="two crashes as well")
    parser.add_argument("--share", type=int, default=1, help="only every n-th case")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    names = [options.scenario] if options.scenario else list(SCENARIOS)
    total, bad = 0, 0
    with ProcessPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(tried, name, options.share, options.double) for name in names]
        for name, future in zip(names, futures, strict=True):
            count, found = future.result()
            total, bad = total + count, bad + len(found)
            lines = [f"{name}: {count} cases", *(f"{case}\n  {what}" for case, what in found)]
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
    sys.stdout.write(f"{total} cases, {bad} violations\n")
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
