"""The gateway of one venue: faults, late requests and the log stand here, before the protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.simulator.delivery import Answer, Decoded, Delivery, Venue
from reconciler.simulator.faults import READ_LAG_MS_MAX, Effects, Fault, FaultPlan, Target
from reconciler.simulator.http import Request, Response
from reconciler.simulator.log import Log

PENDING_MAX = 10_000
"""Late requests waiting for their time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Late:
    due_ms: int
    decoded: Decoded
    effects: Effects


class Gateway:
    """What every request passes on its way to a venue."""

    __slots__ = ("_faults", "_late", "_log", "venue")

    def __init__(self, venue: Venue, faults: FaultPlan, log: Log) -> None:
        self.venue = venue
        self._faults = faults
        self._log = log
        self._late: list[_Late] = []

    def handle(self, request: Request) -> Response:
        """Answer a request at the venue's present time."""
        decoded = self.venue.decode(request)
        if isinstance(decoded, Response):
            return self._below_protocol(request, decoded)
        effects = self._effects(decoded)
        fault = effects.disruption
        if fault is None:
            return self._deliver(decoded, effects).response
        return self._deliver_badly(decoded, effects, fault)

    def run_until(self, until_ms: int) -> None:
        """Move the venue's time forward, delivering on the way what comes late."""
        for each in self._take_due(until_ms) if self._late else ():
            self.venue.run_until(each.due_ms)
            self._deliver(each.decoded, each.effects)
        self.venue.run_until(until_ms)

    def _take_due(self, until_ms: int) -> list[_Late]:
        due = sorted((e for e in self._late if e.due_ms <= until_ms), key=lambda e: e.due_ms)
        self._late = [e for e in self._late if e.due_ms > until_ms]
        return due

    def _effects(self, decoded: Decoded) -> Effects:
        target = Target(self.venue.name, decoded.path, decoded.kind, is_read=decoded.is_read)
        most = self.venue.read_lag_ms_max if decoded.is_read else 0
        return self._faults.effects(target, lag_ms_max=most)

    def _deliver(self, decoded: Decoded, effects: Effects) -> Answer:
        """Let a request arrive at the venue."""
        as_of_ms = None
        if effects.lag_ms:
            as_of_ms = self.venue.now_ms - min(effects.lag_ms, READ_LAG_MS_MAX)
        fault = effects.disruption
        limit = self._item_limit(fault, decoded)
        delivery = Delivery(as_of_ms=as_of_ms, batch_limit=limit, fault=fault)
        answer = self.venue.answer(decoded, delivery)
        self._record(decoded, answer, effects)
        return answer

    def _deliver_badly(self, decoded: Decoded, effects: Effects, fault: Fault) -> Response:
        refused = self._refused_before(fault)
        if refused is not None:
            self._record(decoded, None, effects)
            return refused
        if fault.kind == "late_execution":
            assert len(self._late) < PENDING_MAX, "late requests are few"
            due_ms = self.venue.now_ms + fault.delay_ms
            self._late.append(_Late(due_ms=due_ms, decoded=decoded, effects=effects))
            return Response(is_dropped=True)
        answer = self._deliver(decoded, effects)
        if fault.kind == "duplicate":
            self._deliver(decoded, effects)
        return self._disrupted(fault, answer.response)

    def _record(self, decoded: Decoded, answer: Answer | None, effects: Effects) -> None:
        if decoded.is_read:
            return
        self._log.record(
            answer,
            venue=self.venue.name,
            asked=self.venue.asked(decoded),
            at_ms=self.venue.now_ms,
            faults=effects.kinds,
        )

    def _below_protocol(self, request: Request, response: Response) -> Response:
        """Answer what is no request of the venue; faults may hit it all the same."""
        target = Target(self.venue.name, request.path, None, is_read=False)
        fault = self._faults.effects(target).disruption
        if fault is None:
            return response
        return self._refused_before(fault) or self._disrupted(fault, response)

    def _refused_before(self, fault: Fault) -> Response | None:
        """Return what a request is answered that never reaches the venue; None when it does."""
        if fault.kind == "lost_request":
            return Response(is_dropped=True)
        if fault.kind in ("error_before", "rate_limited", "maintenance"):
            return self.venue.failure(fault)
        return None

    def _item_limit(self, fault: Fault | None, decoded: Decoded) -> int | None:
        """Return how many items of a batch a partial execution carries out; None for all."""
        if fault is None or fault.kind != "partial_batch":
            return None
        return self.venue.batch_length(decoded) // 2 if fault.count is None else fault.count

    def _disrupted(self, fault: Fault, response: Response) -> Response:
        """Return what the client sees of a reply to a request which was carried out."""
        match fault.kind:
            case "error_after":
                return self.venue.failure(fault)
            case "partial_batch" if fault.status is not None or fault.code is not None:
                return self.venue.failure(fault)
            case "lost_reply" | "late_execution" | "partial_batch":
                return response.dropped()
            case "garbled":
                return replace(response, body=response.body.replace(b'"', b"'"))
            case "truncated":
                return replace(response, body=response.body[: len(response.body) // 2])
            case "wrong_length":
                return self.venue.with_length(response, fault.count)
            case "slow_reply":
                return replace(response, delay_ms=fault.delay_ms)
            case _:
                return response
