"""Closes requests of unknown fate: look up, wait, burn the nonce; never send again.

It reads, and at most sends a request that does nothing under the lost request's own nonce. What it
concludes is an event with its proof; what it cannot conclude stays unknown and blocks its address.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from reconciler.execution.closing import OpenItem, burned, judge, open_items, query_of
from reconciler.model.event import Event
from reconciler.model.snapshot import NoAnswer
from reconciler.model.state import State
from reconciler.ports import Clock, Venue

__all__ = ["READ_ONLY", "ClosingPolicy", "close_unknowns"]

ROUNDS_MAX = 120
PAUSE_MS = 400

Record = Callable[[Sequence[Event]], Awaitable[State]]
"""Takes events that were concluded and returns the state with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingPolicy:
    """How far a run goes to close what is unknown.

    Attributes:
        may_burn: whether a key is at hand and may be used.
        wait_ms: how long it may take in all; 0 means reading twice and no waiting.
    """

    may_burn: bool
    wait_ms: int


READ_ONLY = ClosingPolicy(may_burn=False, wait_ms=0)
"""For a run that has no key and must not wait: two reads, nothing else."""


async def close_unknowns(
    venue: Venue, state: State, clock: Clock, policy: ClosingPolicy, record: Record
) -> State:
    """Close what can be closed, and return the state then. Never raises for what the venue does."""
    return await _Closing(venue, clock, policy, record).run(state)


class _Closing:
    """One attempt; absences and used nonces are remembered over its rounds."""

    def __init__(self, venue: Venue, clock: Clock, policy: ClosingPolicy, record: Record) -> None:
        self.venue = venue
        self.clock = clock
        self.policy = policy
        self.record = record
        self.absences: dict[tuple[int, int], tuple[int, ...]] = {}
        self.unburnable: set[int] = set()

    async def run(self, state: State) -> State:
        """Read, burn and wait by turns until nothing is open, or time is up."""
        until_ms = self.clock.now_ms() + self.policy.wait_ms
        for round_ in range(ROUNDS_MAX):
            items = list(open_items(state))
            if not items:
                return state
            if round_ and self.clock.now_ms() >= until_ms and round_ > 1:
                return state
            if round_:
                await self.clock.sleep_ms(PAUSE_MS)
            state = await self._read(items, state)
            state = await self._burn(list(open_items(state)), state)
        return state

    async def _read(self, items: Sequence[OpenItem], state: State) -> State:
        as_of_ms = await self.venue.venue_time_ms()
        if as_of_ms is None:
            return state
        queries = {item.key: query_of(item) for item in items}
        answers = await self.venue.lookup(tuple(dict.fromkeys(queries.values())))
        window_ms = self.venue.capabilities.close_window_ms
        events: list[Event] = []
        for item in items:
            judgement = judge(
                item,
                answers.get(queries[item.key], NoAnswer(cause="no answer")),
                as_of_ms=as_of_ms,
                close_window_ms=window_ms,
                absences=self.absences,
            )
            if judgement.closed is not None:
                events.append(judgement.closed)
            elif judgement.absent_at_ms is not None:
                earlier = self.absences.get(item.key, ())
                self.absences[item.key] = (*earlier, judgement.absent_at_ms)
        return await self.record(events) if events else state

    async def _burn(self, items: Sequence[OpenItem], state: State) -> State:
        if not self.policy.may_burn:
            return state
        now_ms = await self.venue.venue_time_ms() if items else None
        events: list[Event] = []
        for nonce in dict.fromkeys(item.intent.nonce for item in items):
            mine = [item for item in items if item.intent.nonce == nonce]
            is_over = now_ms is None or now_ms > mine[0].intent.expires_at_ms
            if nonce in self.unburnable or is_over:
                continue
            answer = await self.venue.burn(nonce)
            if answer == "burned":
                events += [burned(item) for item in mine]
            elif answer != "no-answer":
                self.unburnable.add(nonce)
        return await self.record(events) if events else state
