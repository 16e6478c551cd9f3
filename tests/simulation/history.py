"""One seeded history: people edit specs, runs plan and apply, the market and the faults do theirs.

A few rounds of trouble, then a calm in which two runs must bring specification, state and venue
together. Everything is drawn from one tape, so a history can be told again and shrunk.
"""

import traceback
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.execution.halting import halt_state, lift_state
from reconciler.model.event import Halted
from reconciler.model.state import State
from reconciler.simulator.arguments import ControlError
from reconciler.statefile.lease import Caller
from reconciler.statefile.local import LocalStore
from tests.simulation.bench import MID, Bench
from tests.simulation.book import Specs
from tests.simulation.calm import Calm
from tests.simulation.chance import Chance
from tests.simulation.disk import Machine, ProcessDisk
from tests.simulation.hyperliquid import HyperliquidBench
from tests.simulation.loop import CURRENT, Killed, Process, VirtualLoop
from tests.simulation.network import Network
from tests.simulation.oracle import Oracle
from tests.simulation.outside import Outside
from tests.simulation.runs import FOLDER, Mode, Run, Shared, SkewedClock
from tests.simulation.spending import drawn_limits

__all__ = ["History", "Told", "tell"]

START_MS = 1_790_000_000_000
ROUNDS_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A history that is over.

    Attributes:
        violation: what was wrong first, or empty.
        tape: every draw it was made of.
    """

    violation: str
    tape: tuple[float, ...]
    steps: int
    trace: tuple[str, ...] = ()


def tell(
    seed: int = 0,
    recorded: Sequence[float] | None = None,
    *,
    bench: Callable[[Chance], Bench] = HyperliquidBench,
) -> Told:
    """Tell the history of a seed, or of a recorded tape, at a venue."""
    history = History(Chance(seed, recorded), bench)
    try:
        history.unfold()
    except AssertionError:
        history.oracle.fail(f"assertion: {traceback.format_exc()}")
    finally:
        history.bury()
    found = [*history.oracle.violations, *(f"loop: {p}" for p in history.loop.problems)]
    return Told(
        violation=found[0] if found else "",
        tape=tuple(history.chance.tape),
        steps=history.loop.steps,
        trace=tuple(history.trace),
    )


class History:
    """The world of one history."""

    def __init__(self, chance: Chance, bench: Callable[[Chance], Bench] = HyperliquidBench) -> None:
        self.chance = chance
        self.trace: list[str] = []
        self.loop = VirtualLoop(START_MS)
        self.began_ms = START_MS
        self.bench = bench(chance)
        self.swarm = self.bench.swarm
        self.limits = drawn_limits(chance, self.swarm)
        self.simulator = self.bench.simulator
        self.account = self.bench.account
        self.market = self.bench.market
        self.journal = FOLDER / f"{self.bench.entry.venue}.journal.jsonl"
        self.checkpoint = FOLDER / f"{self.bench.entry.venue}.state.json"
        self.specs = Specs(self.market, self.bench.entry.venue)
        self.oracle = Oracle(
            specs=self.specs,
            bench=self.bench,
            limits=self.limits,
            now_ms=lambda: self.loop.now_ms,
        )
        self.oracle.spending.mids.append(Decimal(MID))
        self.network = Network(self.loop, chance, self.bench, self.oracle)
        self.network.note = self.note
        self.outside = Outside(self)
        self.network.looking = self.outside.look_at_fills
        self.network.filling = self.outside.fill_one_of
        self.machine = Machine()
        self.shared = Shared(
            loop=self.loop,
            bench=self.bench,
            network=self.network,
            machine=self.machine,
            oracle=self.oracle,
            limits=self.limits,
        )
        self.runs: list[Run] = []
        self.copies: list[bytes] = []
        self.saved: list[Run] = []
        self.people: list[Process] = []
        self.is_halted = False
        self.has_rolled_back = False
        self.rolled_back: tuple[bytes, int] | None = None

    def note(self, text: str) -> None:
        self.trace.append(f"{(self.loop.now_ms - START_MS) / 1000:9.3f} {text}")

    def unfold(self) -> None:
        """Live through all rounds and the calm."""
        self.specs.fill(self.chance)
        self.initialise()
        self.network.swarm = self.swarm
        self.machine.before = self.before_disk
        self.machine.cut = lambda size: self.chance.between(0, size)
        self.machine.after = self.after_disk
        for _ in range(self.chance.between(1, ROUNDS_MAX)):
            self._round()
            if self.oracle.violations:
                return
        self.network.swarm = type(self.swarm)()
        Calm(self).come()

    def calm_down(self) -> None:
        """End what people and the market did; the halt may stand whatever became of its writer."""
        self.is_halted = True
        self.halt()
        self.set_mid(MID)
        self.bench.calm_down(self.control)

    def bury(self) -> None:
        for process in [*(run.process for run in self.runs), *self.people]:
            process.kill()
            process.bury()

    # Rounds

    def _round(self) -> None:
        chance, swarm = self.chance, self.swarm
        if chance.happens(swarm.edit):
            self.specs.edit(chance, swarm)
        if chance.happens(swarm.rollback):
            self._roll_back()
        else:
            self.copies.append(self.machine.read(self.journal) or b"")
        self.outside.disturb()
        running = [self.begin(self._mode())]
        if chance.happens(swarm.second_runner):
            self.loop.run_for(chance.between(0, 20_000))
            running.append(self.begin(self._mode()))
        self.finish(running)
        if any(run.process.is_dead for run in running) and chance.happens(swarm.power_cut):
            self.note("power cut")
            self.machine.cut_power()
        self.restore()
        longest_ms = 60_000
        if chance.happens(swarm.long_gap):
            longest = self.bench.long_gaps_ms
            longest_ms = chance.among(longest) if len(longest) > 1 else longest[0]
        self.loop.run_for(chance.between(1_000, longest_ms))

    def begin(self, mode: Mode) -> Run:
        """Start a run."""
        number = len(self.runs) + 1
        run = Run(self.shared, number, mode, Process(f"run {number}"))
        self.runs.append(run)
        self.note(f"run {number} starts: {_described(mode)}")
        self.loop.start(run.process, run.go())
        return run

    def finish(self, running: Sequence[Run]) -> None:
        """Let runs end, or die."""
        self.loop.run_until(
            lambda: bool(self.oracle.violations) or all(run.has_ended for run in running)
        )
        for run in running:
            self.note(_ended(run))
            if run.plan is not None and run.reviewed is not None:
                self.saved.append(run)
            run.process.exit()
            run.process.bury()

    def _mode(self) -> Mode:
        chance, swarm = self.chance, self.swarm
        books = (self.specs.book(),)
        mode = Mode(
            books=books,
            has_lock=not chance.happens(swarm.no_lock),
            may_burn=not chance.happens(swarm.no_key),
            skew_ms=chance.among((3_500, 3_900, -4_000, 900, 0)) if swarm.skew else 0,
        )
        if self.saved and chance.happens(swarm.saved_plan):
            run = self.saved[-1]
            if chance.happens(swarm.stale_plan):
                run = self.saved[chance.between(0, len(self.saved) - 1)]
            assert run.plan is not None
            assert run.reviewed is not None
            return replace(mode, saved=(run.plan, run.reviewed), skew_ms=run.mode.skew_ms)
        if chance.happens(swarm.saved_plan):
            return replace(mode, plans_only=True)
        if chance.happens(swarm.unattended):
            return replace(mode, is_unattended=True)
        if chance.happens(swarm.thinks):
            mode = replace(mode, thinks_ms=chance.between(500, 60_000))
        if chance.happens(swarm.stop_signal):
            at_ms = self.loop.now_ms + chance.between(100, 4_000)
            mode = replace(mode, stops=lambda: "signal" if self.loop.now_ms >= at_ms else None)
        return mode

    # What people do

    def control(self, verb: str, **arguments: object) -> None:
        """Do something to the venue, if it can be done now."""
        # A race with a run is no mistake: what it was about may be gone.
        with suppress(ControlError):
            self.simulator.control(verb, {**self.bench.verbs, **arguments}, self.loop.now_ms)
            self.note(f"{verb} {arguments}")
        self.oracle.look()

    def set_mid(self, mid: str) -> None:
        """Move the market to a middle price."""
        self.oracle.spending.mids.append(Decimal(mid))
        self.control("set_mid", instrument=self.market.instrument, mid=mid)

    def ours(self) -> list[Any]:
        """Return our orders that rest, oldest first."""
        live = self.account.live.values()
        return [o for o in live if o.is_resting and self.bench.own_id(o) is not None]

    def halt(self) -> None:
        """Halt, or lift the halt: another process, which dies with nobody."""
        lifts = self.is_halted
        self.is_halted = not lifts
        self.note("resume" if lifts else "halt")
        process = Process("person")
        self.people.append(process)
        store = self.store(process)
        clock = SkewedClock(self.loop, 0)
        work = (
            lift_state(store, clock, by="person")
            if lifts
            else halt_state(store, clock, Halted(by="person", why="a drill"))
        )
        self.loop.start(process, _swallowed(work))

    # The machine

    def initialise(self) -> None:
        """Make the state, as `state init` does."""
        process = Process("init")
        store = self.store(process)
        entry = self.bench.entry
        empty = State(
            project=entry.project,
            venue=entry.venue,
            kind=entry.kind,
            network=entry.network,
            account=entry.account,
            lineage=entry.lineage,
        )
        task = self.loop.start(process, store.append(empty, [entry], self.loop.now_ms))
        self.loop.run_until(task.done)
        task.result()
        process.exit()
        self.loop.run_for(1_000)

    def store(self, process: Process) -> LocalStore:
        """Open the state for a process; it lets go of it when that ends."""
        disk = ProcessDisk(self.machine)
        disk.belong_to(process)
        clock = SkewedClock(self.loop, 0)
        caller = Caller(owner="person", host="runner", token=f"p{len(self.people)}")
        return LocalStore(FOLDER, self.bench.entry, clock=clock, caller=caller, disk=disk)

    def _roll_back(self) -> None:
        """Put an older copy of the state back, as a careless restore does."""
        newest = self.machine.read(self.journal)
        if not self.copies or newest is None:
            return
        old = self.chance.among(self.copies)
        if not newest.startswith(old) or newest == old:
            return
        last_ms = max(self.oracle.by_nonce, default=0)
        if not self.bench.shows_rollback(last_ms, self.loop.now_ms):
            return
        if self.bench.restored_after_ms:
            self.loop.run_for(self.bench.restored_after_ms)
        self.has_rolled_back = True
        self.specs.ended.clear()  # an older state may not know of what ended
        self.note(f"state rolled back from {len(newest)} to {len(old)} bytes")
        self.rolled_back = (newest, len(self.oracle.by_nonce))
        self.machine.write(self.journal, old)
        self.machine.remove(self.checkpoint)

    def restore(self) -> None:
        """Put the newest state back when the runs refused the older one, as they say."""
        if self.rolled_back is None:
            return
        newest, intents = self.rolled_back
        self.rolled_back = None
        if len(self.oracle.by_nonce) == intents:
            self.note("newest state restored")
            self.machine.write(self.journal, newest)
            self.machine.remove(self.checkpoint)

    def before_disk(self, call: str) -> None:
        process = CURRENT.get()
        if process is None:
            return
        if self.network.is_deadly():
            self.note(f"{process.name} dies in {call}")
            process.kill()
            raise Killed
        if call == "write of several" and self.chance.happens(self.network.swarm.torn_write):
            raise OSError(28, "No space left on device")
        if self.chance.happens(self.network.swarm.disk_error):
            raise OSError(28, "No space left on device")

    def after_disk(self, call: str) -> None:
        process = CURRENT.get()
        if process is None:
            return
        if self.chance.happens(self.network.swarm.disk_ambiguity):
            raise OSError(5, "Input/output error")
        if self.network.is_deadly():
            self.note(f"{process.name} dies after {call}")
            process.kill()
            raise Killed


async def _swallowed(work: Coroutine[object, object, object]) -> None:
    """Let a person's command fail: the file may be busy, or broken by a fault."""
    with suppress(ReconcilerError):
        await work


def _described(mode: Mode) -> str:
    words = [
        "" if mode.has_lock else "no lock",
        f"skew {mode.skew_ms}" if mode.skew_ms else "",
        "saved plan" if mode.saved else "",
        f"thinks {mode.thinks_ms}" if mode.thinks_ms else "",
        "plan only" if mode.plans_only else "",
    ]
    return ", ".join(word for word in words if word) or "plain"


def _ended(run: Run) -> str:
    if run.process.is_dead:
        return f"{run.process.name} is dead"
    if run.problem is not None:
        why = run.problem.diagnostics[0].code if run.problem.diagnostics else ""
        return f"{run.process.name} ended: {type(run.problem).__name__} {why}"
    if run.report is None:
        return f"{run.process.name} ended without a report"
    done = [f"{a.kind} {a.address} {type(a.outcome).__name__}" for a in run.report.applied]
    return f"{run.process.name} did {done} {run.report.stopped} unknown {run.report.unknown}"
