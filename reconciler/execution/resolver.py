"""Closes requests of unknown fate: look up, wait, burn the nonce; never send again.

It reads, and at most sends a request that does nothing under the lost request's own nonce. What it
concludes is an event with its proof; what it cannot conclude stays unknown and blocks its address.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import VenueProblem
from reconciler.execution.closing import (
    Lists,
    OpenItem,
    Round,
    burned,
    is_past_life,
    judge,
    lists_of,
    open_items,
    query_of,
)
from reconciler.model.event import Event
from reconciler.model.snapshot import Missing, NoAnswer, OrderQuery, OrderStatus
from reconciler.model.state import IntentOperation, State
from reconciler.ports import Clock, Venue

__all__ = ["READ_ONLY", "ClosingPolicy", "close_unknowns"]

ROUNDS_MIN = 2
ROUNDS_MAX = 120
PAUSE_MS = 400
# A lost reply is found by the first rounds; what lasts longer is waited for with less haste.
QUICK_ROUNDS = 6
# The venue's clock stamps fills, and a request may be stamped a little ahead of it.
OVERLAP_MS = 60_000

Record = Callable[[Sequence[Event]], Awaitable[State]]
"""Takes events that were concluded and returns the state with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingPolicy:
    """How far a run goes to close what is unknown.

    Attributes:
        may_burn: whether a key is at hand and may be used.
        wait_ms: how long it may wait for a request to die; 0 means not at all, and only what is
            dead already is closed.
    """

    may_burn: bool
    wait_ms: int


READ_ONLY = ClosingPolicy(may_burn=False, wait_ms=0)
"""For a run that has no key and must not wait: as many reads as a proof takes, nothing else."""


async def close_unknowns(
    venue: Venue, state: State, clock: Clock, policy: ClosingPolicy, record: Record
) -> State:
    """Close what can be closed, and return the state then. Never raises for what the venue does."""
    return await _Closing(venue, clock, policy, record).run(state)


class _Closing:
    """One attempt; absences and used nonces are remembered over its rounds."""

    def __init__(self, venue: Venue, clock: Clock, policy: ClosingPolicy, record: Record) -> None:
        self.venue = venue
        self.capabilities = venue.capabilities
        self.clock = clock
        self.policy = policy
        self.record = record
        self.absences: dict[tuple[int, int], tuple[int, ...]] = {}
        self.unburnable: set[int] = set()
        self.may_change = True

    async def run(self, state: State) -> State:
        """Read, burn and wait by turns until nothing is open, or time is up.

        A proof that has begun is not given up for want of a few more rounds.
        """
        until_ms = self.clock.now_ms() + self.policy.wait_ms
        further = self.capabilities.absence.rounds
        for round_ in range(ROUNDS_MAX):
            items = list(open_items(state))
            if not items:
                return state
            if round_ >= ROUNDS_MIN and not self.may_change:
                return state
            if round_ >= ROUNDS_MIN and self.clock.now_ms() >= until_ms:
                if not further or not self.absences:
                    return state
                further -= 1
            if round_:
                await self.clock.sleep_ms(self._pause_ms(round_))
            state = await self._read(items, state)
            state = await self._burn(list(open_items(state)), state)
        return state

    def _pause_ms(self, round_: int) -> int:
        proof = self.capabilities.absence
        apart_ms = -(-proof.over_ms // max(1, proof.rounds - 1))
        is_quick = round_ < QUICK_ROUNDS and not self.absences
        return PAUSE_MS if is_quick else max(PAUSE_MS, apart_ms)

    async def _read(self, items: Sequence[OpenItem], state: State) -> State:
        as_of_ms = await self.venue.venue_time_ms()
        if as_of_ms is None:
            self.may_change = True
            return state
        queries = {item.key: query_of(item) for item in items}
        answers = await self.venue.lookup(tuple(dict.fromkeys(queries.values())))
        lists = await self._lists(items, queries, answers, as_of_ms)
        events: list[Event] = []
        self.may_change = False
        for item in items:
            status = answers.get(queries[item.key], NoAnswer(cause="no answer"))
            seen = Round(status=status, as_of_ms=as_of_ms, lists=lists)
            judgement = judge(item, seen, self.capabilities, self.absences)
            self.may_change = self.may_change or judgement.may_change
            if judgement.closed is not None:
                events.append(judgement.closed)
                self.absences.pop(item.key, None)
            elif judgement.absent_at_ms is not None:
                earlier = self.absences.get(item.key, ())
                self.absences[item.key] = (*earlier, judgement.absent_at_ms)
        return await self.record(events) if events else state

    async def _lists(
        self,
        items: Sequence[OpenItem],
        queries: Mapping[tuple[int, int], OrderQuery],
        answers: Mapping[OrderQuery, OrderStatus],
        as_of_ms: int,
    ) -> Lists | None:
        """Read what lists show, where the proof of an order that is missing wants them."""
        if not self.capabilities.absence.reads_lists:
            return None
        missing = [
            item
            for item in items
            if item.item.operation is not IntentOperation.CANCEL
            and isinstance(answers.get(queries[item.key]), Missing)
            and is_past_life(item, as_of_ms, self.capabilities)
        ]
        if not missing:
            return None
        names = frozenset(queries[item.key].instrument for item in missing)
        since_ms = min(item.intent.nonce for item in missing) - OVERLAP_MS
        try:
            snapshot = await self.venue.snapshot(names)
            history = await self.venue.fills(since_ms)
            if self.capabilities.absence.unfilled_shown_ms is None:
                return lists_of(snapshot, history)
            # What ended without a fill leaves the lookups before it leaves this list.
            return lists_of(snapshot, history, await self.venue.order_history(since_ms))
        except VenueProblem:
            return None

    async def _burn(self, items: Sequence[OpenItem], state: State) -> State:
        if not self.policy.may_burn:
            return state
        now_ms = await self.venue.venue_time_ms() if items else None
        events: list[Event] = []
        for nonce in dict.fromkeys(item.intent.nonce for item in items):
            mine = [item for item in items if item.intent.nonce == nonce]
            is_over = now_ms is None or now_ms > mine[0].intent.expires_at_ms
            # Each key has nonces of its own: another key's noop proves nothing of this request.
            is_own = mine[0].intent.signer in ("", self.venue.signer_address())
            if nonce in self.unburnable or is_over or not is_own:
                continue
            answer = await self.venue.burn(nonce)
            if answer == "burned":
                events += [burned(item) for item in mine]
            elif answer != "no-answer":
                self.unburnable.add(nonce)
        return await self.record(events) if events else state
