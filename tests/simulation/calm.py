"""The calm after the trouble: two runs, and then specification, state and venue must agree (I6)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reconciler.errors import ReconcilerError
from reconciler.execution.executor import EntryReport
from reconciler.execution.looking import Look
from reconciler.model.order import Side, TriggerKind
from reconciler.model.plan import Action, Hold, Keep, Reason
from reconciler.model.state import State
from tests.simulation.book import digest_of
from tests.simulation.runs import Mode, Run

if TYPE_CHECKING:
    from tests.simulation.history import History

__all__ = ["Calm"]

ZERO = Decimal(0)
EVENTS_END_MS = 15_000
RUNS = 2
QUESTIONS_MAX = 4
# What may rightly stand in the way for ever.
LASTING = frozenset(
    {
        Reason.CANCELLED_BY_VENUE,
        Reason.REFUSED_TOO_OFTEN,
        Reason.REFUSED_SHAPE,
        Reason.LOOKS_RENAMED,
        Reason.FOREIGN_TWIN,
        Reason.LIMIT,
        Reason.GROUP_HAS_FILLS,
        # A new generation waits for what protects what the last one filled.
        Reason.UNPROTECTED,
        # A leg that stands alone, where the venue gives it no id.
        Reason.UNSUPPORTED,
        Reason.REDUCE_ONLY_EXCESS,
    }
)


class Calm:
    """Judges the end of a history."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.oracle = history.oracle
        self.bench = history.bench
        self.lifted: frozenset[str] = frozenset()

    def come(self) -> None:
        """Run until nothing is left to do, and compare."""
        history = self.history
        history.loop.run_for(EVENTS_END_MS)
        history.calm_down()
        history.loop.run_for(self.bench.still_ms)
        number = asked = 0  # runs since a person was asked, and how often one was
        while True:
            run = self._run()
            if self.oracle.violations:
                return
            lifted = self.bench.lifts(run.problem, history) - self.lifted
            if lifted:
                self.lifted |= lifted
                continue
            if run.problem is not None or run.look is None or run.report is None:
                why = run.problem.render() if run.problem is not None else "it saw nothing"
                self.oracle.fail(f"I6: a calm run ended: {why}")
                return
            forgotten = [a for a in _left(run.look) if self.bench.has_forgotten(a, history)]
            if forgotten and asked < QUESTIONS_MAX:
                self.bench.settle(history, [action.address for action in forgotten])
                # A person who settles an address frees it, whoever ended what it had.
                history.specs.ended.clear()
                number, asked = 0, asked + 1
            elif number == RUNS or (number and not _left(run.look)):
                self._judge(run.look, run.report)
                return  # it found nothing to do, and so would the next
            else:
                number += 1
            history.loop.run_for(1_000)

    def _run(self) -> Run:
        history = self.history
        run = history.begin(Mode(books=(history.specs.book(),), allow=self.lifted))
        history.finish([run])
        if isinstance(run.problem, ReconcilerError):
            history.note(run.problem.render())
        return run

    def _judge(self, seen: Look, report: EntryReport) -> None:
        if report.applied:
            self.oracle.fail(f"I12: the last run still sent {report.applied}")
        for action in _left(seen):
            self.oracle.fail(f"I6: {type(action).__name__} is left: {action}")
        self._compare_state(seen.settled)
        self._compare_specs(seen)
        self._compare_stops(seen)

    def _compare_state(self, state: State) -> None:
        """The state knows what is live, and every fill."""
        ours = {self.bench.name_of(o): Decimal(o.filled) for o in self._ours()}
        ours |= dict.fromkeys(self.bench.attached(), ZERO)
        recorded = {
            leg.venue_order_id: leg
            for placement in state.placements.values()
            for leg in placement.legs[-1:]
        }
        if set(ours) != set(recorded):
            self.oracle.fail(f"I6: live are {sorted(ours)}, recorded {sorted(recorded)}")
            return
        if state.intents:
            self.oracle.fail(f"I6: {len(state.intents)} intents are open")
        for oid, leg in recorded.items():
            if leg.filled != ours[oid]:
                self.oracle.fail(f"I6: {oid} filled {ours[oid]}, recorded {leg.filled}")
        filled: dict[tuple[str, int], Decimal] = {}
        for (holder, generation), record in state.records.items():
            key = self._key(holder, generation)
            filled[key] = filled.get(key, ZERO) + record.filled
            if record.has_history_gap:
                self.oracle.fail(f"I6: of {key} more may have filled than is recorded, it says")
        for placement in state.placements.values():
            key = self._key(placement.holder, placement.generation)
            filled[key] = filled.get(key, ZERO) + placement.filled
        for key in {*filled, *self.oracle.filled}:
            known, true = filled.get(key, ZERO), self.oracle.filled.get(key, ZERO)
            if known != true:
                self.oracle.fail(f"I6: {key} filled {true}, recorded {known}")

    def _compare_specs(self, seen: Look) -> None:
        """Whatever is declared and not held rests in full, less what filled."""
        holds = [a for a in seen.plan.actions if isinstance(a, Hold)]
        held = {hold.address for hold in holds}
        declared = {each.key: each for each in self.history.specs.standing()}
        untouched = {h.before.venue_order_id for h in holds if h.before is not None}
        left: dict[tuple[str, int], Decimal] = {}
        groups = {each.root for each in declared.values() if each.is_group}
        for order in self._ours():
            allowed = self.oracle.allowed(order)
            assert allowed is not None, "it is ours"
            if allowed.key in declared or self.bench.name_of(order) not in untouched:
                left[allowed.key] = left.get(allowed.key, ZERO) + order.remaining
            else:
                groups.add(allowed.key[0])  # what is attached to it stays with it
        for key in left.keys() - declared.keys():
            if key[0].partition(".")[0] in groups:
                continue  # its orders come and go by rules of their own
            self.oracle.fail(f"I6: {key} is not declared and rests")
        for key, each in declared.items():
            if each.is_group or any(
                a == each.address or a.startswith(f"{each.address}[") for a in held
            ):
                continue
            wanted = each.quantity - self.oracle.filled.get(key, ZERO)
            worth = self.bench.worth(Decimal(each.price), wanted)
            if left.get(key, ZERO) != max(ZERO, wanted) and worth >= self.bench.market.least:
                self.oracle.fail(f"I6: {key} rests {left.get(key, ZERO)}, wanted {wanted}")

    def _compare_stops(self, seen: Look) -> None:
        """What a group opened and did not close has its stop, once its order has ended."""
        market = self.bench.market
        if not market.has_market_stops:
            return  # there a leg never stands alone
        held = {action.address for action in seen.plan.actions if isinstance(action, Hold)}
        left: dict[tuple[str, int], Decimal] = {}
        for order in self._ours():
            allowed = self.oracle.allowed(order)
            assert allowed is not None, "it is ours"
            left[allowed.key] = left.get(allowed.key, ZERO) + order.remaining
        room = seen.snapshot.reducible(market.instrument, Side.SELL)
        filled = self.oracle.filled
        for each in self.history.specs.standing():
            stop, target = (
                (f"{each.root}.{kind}", each.generation)
                for kind in (TriggerKind.STOP_LOSS, TriggerKind.TAKE_PROFIT)
            )
            is_closed = stop in filled or target in filled
            is_told = f"{each.address}.{TriggerKind.STOP_LOSS}" in held
            if not each.is_group or each.key in left or is_closed or is_told:
                continue
            bare = min(filled.get(each.key, ZERO), room) - left.get(stop, ZERO)
            if bare > ZERO:
                self.oracle.fail(f"stop: {bare} of {each.address} has no stop in the end")

    def _ours(self) -> list[Any]:
        live = self.history.account.live.values()
        return [order for order in live if self.bench.own_id(order) is not None]

    def _key(self, holder: str, generation: int) -> tuple[str, int]:
        # What nobody could name when history was read is kept under its digest.
        by_digest = self.history.specs.by_digest
        if holder.startswith("?"):
            return by_digest[self.bench.named(holder, by_digest)].key
        return by_digest[digest_of(holder, generation)].key


def _left(seen: Look) -> list[Action]:
    """Return what a plan still wants, but for what may stand in the way for ever."""
    return [
        action
        for action in seen.plan.actions
        if not isinstance(action, Keep)
        and not (isinstance(action, Hold) and action.reason in LASTING)
    ]
