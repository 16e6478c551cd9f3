"""Between runs and the venue: requests take time, get lost, late, doubled, and come back broken.

What was sent goes its way whether or not the process that sent it still lives.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reconciler.simulator import Fault, Response
from reconciler.venues.http import Answer, HttpRequest, NoReply, NotSent, Reply
from tests.simulation.bench import Bench
from tests.simulation.chance import Chance
from tests.simulation.loop import CURRENT, VirtualLoop
from tests.simulation.swarm import Swarm

__all__ = ["USUAL", "Fate", "Network", "Witness"]

LATENCY_MS_MAX = 300
LATE_MS_MAX = 90_000
LAG_MS_MAX = 1_000
EDGE = -1
TOO_MANY = 429
SHORT_REPLY = 200
ABOUT_FILLS = (b'"userFillsByTime"', b'"orderStatus"')
GIVEN_UP_MS = (20_000, 1_000, 50)


class Witness(Protocol):
    """Who watches what reaches the venue."""

    def arrived(self, request: HttpRequest, deliver: Callable[[], Response]) -> Response:
        """Let a request that acts be carried out, and look at what it did."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one request."""

    kind: str
    delay_ms: int = 0
    lag_ms: int = 0
    given_up_ms: int = 0
    status: int = 0


USUAL = Fate("")


class Network:
    """Every run's way to the venue, and the moments at which one may die.

    Attributes:
        seen: told of each request whether it acts.
        forced: fates by the number of the request: what the exhaustive loops choose.
        next_action: the fate of the next request that acts.
        looking: called when a run asks for fills, or for one order.
        filling: called when what a request is about fills while it is on its way.
        meanwhile: what happens while the next request that acts is on its way.
        dies_at: numbers of the points at which the process that passes dies.
    """

    def __init__(self, loop: VirtualLoop, chance: Chance, bench: Bench, witness: Witness) -> None:
        self.loop = loop
        self.chance = chance
        self.bench = bench
        self.simulator = bench.simulator
        self.witness = witness
        self.swarm = type(bench.swarm)()
        self.requests = 0
        self.note: Callable[[str], None] = lambda text: None
        self.forced: dict[int, Fate] = {}
        self.next_action: Fate | None = None
        self.looking: Callable[[], None] = lambda: None
        self.filling: Callable[[bytes], None] = lambda content: None
        self.meanwhile: Sequence[Callable[[], None]] = ()
        self.seen: Callable[[bool], object] = lambda is_action: None
        self.points = 0
        self.dies_at: frozenset[int] = frozenset()

    async def exchange(self, request: HttpRequest, is_wanted: Callable[[], bool]) -> Answer:
        """Make one request: `reconciler.venues.http.Exchange`."""
        await self.point()
        if not is_wanted():
            return NotSent(cause="too late to send")
        fate = self._fate(request)
        if fate.kind == "not_connected":
            await self.loop.sleep(fate.given_up_ms)
            return NotSent(cause="connection refused")
        answer = self.loop.create_future()
        latency_ms = self.chance.between(2, LATENCY_MS_MAX)
        if any(word in request.content for word in ABOUT_FILLS):
            self.looking()
        acts = self.bench.acts(request)
        if acts:
            brief = self.bench.brief(request)
            self.note(f"sent {fate.kind or 'well'} {fate.delay_ms or ''} {brief}")
            if self.chance.happens(self.swarm.fill_in_flight):
                self.loop.after_ms(1, self.filling, request.content)
            for happens in self.meanwhile:
                self.loop.after_ms(1, happens)
            self.meanwhile = ()
        self.loop.after_ms(latency_ms, self._arrive, request, fate, answer)
        result: Answer = await answer
        await self.point(self.swarm.sent_and_dead if acts else 0)
        return result

    async def point(self, probability: float = 0) -> None:
        """Be a moment at which a process may be paused, or die: as often as usual, and more."""
        process, swarm = CURRENT.get(), self.swarm
        if process is None:
            return
        process.check()
        if self.chance.happens(swarm.pause):
            await self.loop.sleep(self.chance.between(10_000, 90_000))
        if self.is_deadly() or self.chance.happens(probability):
            self.note(f"{process.name} dies")
            process.kill()
            await self.loop.create_future()

    def is_deadly(self) -> bool:
        """Count a point, and say whether the process that passes it dies."""
        index, self.points = self.points, self.points + 1
        return index in self.dies_at or self.chance.happens(self.swarm.crash)

    def _fate(self, request: HttpRequest) -> Fate:
        index, self.requests = self.requests, self.requests + 1
        acts = self.bench.acts(request)
        self.seen(acts)
        if acts and self.next_action is not None:
            fate, self.next_action = self.next_action, None
            return fate
        if index in self.forced:
            return self.forced[index]
        swarm, chance = self.swarm, self.chance
        if not acts:
            return self._read_fate(swarm)
        if self.bench.is_empty(request):
            # Closing by a burned nonce hides whether closing by time is right: often it fails.
            is_lost = chance.happens(swarm.noop_lost)
            return self._drawn(chance.among(("error_before", "lost_request"))) if is_lost else USUAL
        for kind in self.bench.acting:
            if chance.happens(getattr(swarm, kind)):
                return self._drawn(kind, request)
        return USUAL

    def _read_fate(self, swarm: Swarm) -> Fate:
        chance = self.chance
        if chance.happens(swarm.read_error):
            return self._drawn(chance.among(self.bench.reading))
        if chance.happens(swarm.read_lag):
            return Fate("", lag_ms=chance.between(1, LAG_MS_MAX))
        return USUAL

    def _drawn(self, kind: str, request: HttpRequest | None = None) -> Fate:
        delay_ms = 0
        if request is not None and kind in ("late", "duplicate"):
            delay_ms = self._delay_ms(request)
        status = TOO_MANY
        if kind.startswith("error"):
            status = self.chance.among((408, 500, 502, 504))
        elif kind == "partial_batch":
            status = self.chance.among((SHORT_REPLY, 0))
        given_up_ms = self.chance.among(GIVEN_UP_MS)
        return Fate(kind, delay_ms=delay_ms, given_up_ms=given_up_ms, status=status)

    def _delay_ms(self, request: HttpRequest) -> int:
        """Return how late a request is: any time, or as late as it may be."""
        most = self.chance.among((LATE_MS_MAX, 18_000, EDGE, EDGE, 4_000))
        if most is not EDGE:
            return self.chance.between(1, most)
        left_ms = self.bench.left_ms(request, self.loop.now_ms)
        return max(1, left_ms - self.chance.between(0, self.chance.among((2_500, 500, 500))))

    def _arrive(self, request: HttpRequest, fate: Fate, answer: object) -> None:
        """Be the moment at which a request reaches the venue, or would have."""
        reply = self._reply(request, fate)
        is_silent = isinstance(reply, NoReply)
        wait_ms = fate.given_up_ms if is_silent else self.chance.between(2, LATENCY_MS_MAX)
        self.loop.after_ms(wait_ms, _resolve, answer, reply)

    def _reply(self, request: HttpRequest, fate: Fate) -> Answer:
        lost = NoReply(cause="connection lost")
        match fate.kind:
            case "lost_request":
                return lost
            case "error_before" | "rate_limited":
                return Reply(status=fate.status, body=b"null")
            case "late":
                self.loop.after_ms(fate.delay_ms, self._deliver, request, fate)
                return lost
            case "duplicate":
                self.loop.after_ms(fate.delay_ms, self._copy, request, fate)
            case "answered_twice":
                self._deliver(request, fate)
        response = self._deliver(request, fate)
        body = response.body
        match fate.kind:
            case "lost_reply":
                return lost
            case "partial_batch":
                # The venue's own short reply, or none; a read has no other than its own.
                if fate.status != SHORT_REPLY:
                    return lost
                if self.bench.acts(request):
                    said = self.simulator.log.entries[-1].reply
                    return Reply(status=200, body=json.dumps(said).encode()) if said else lost
                return Reply(status=response.status, body=body)
            case "error_after":
                return Reply(status=fate.status, body=b"null")
            case "truncated":
                return Reply(status=response.status, body=body[: len(body) // 2])
            case "garbled":
                return Reply(status=response.status, body=body.replace(b'"', b"'"))
            case _:
                return Reply(status=response.status, body=body, headers=response.headers)

    def _copy(self, request: HttpRequest, fate: Fate) -> None:
        if self.bench.may_repeat(request):
            self._deliver(request, fate)

    def _deliver(self, request: HttpRequest, fate: Fate) -> Response:
        """Let the venue see a request."""
        rule = self.bench.fault(fate.kind, request)
        if rule is None and fate.lag_ms:
            rule = Fault(kind="read_lag", lag_ms=fate.lag_ms)
        if rule is not None:
            self.simulator.faults.add(rule)
        asked = self.bench.received(request)

        def deliver() -> Response:
            return self.simulator.handle(asked, self.loop.now_ms)

        is_action = self.bench.acts(request)
        response = self.witness.arrived(request, deliver) if is_action else deliver()
        if is_action:
            self.note(f"arrived: {response.body.decode()[:300]}")
        if rule is not None:
            self.simulator.faults.clear()
        return response


def _resolve(answer: object, reply: Answer) -> None:
    future = answer
    if not future.done():  # type: ignore[attr-defined]
        future.set_result(reply)  # type: ignore[attr-defined]
