"""Cancels everything of ours at one venue entry, and looks until nothing can come any more.

It needs no state, no plan and no spec: an order is ours when its client order id carries our tag,
or when it carries none and is on record as ours; any other is never touched. It sends nothing but
cancels, by the venue's own order ids. What it did is recorded where that is possible, once nothing
is left to cancel: no cancel waits for a disk.
"""

import asyncio
from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic, display
from reconciler.errors import Refused, VenueProblem
from reconciler.execution.emergency import Emergency, PanicReport, Places
from reconciler.model.command import Batch, BatchKind, CancelOrder, Prepared
from reconciler.model.order import ClientOrderId, RestingOrder, VenueOrderId
from reconciler.model.outcome import Accepted, Outcome, Rejected, RejectReason
from reconciler.model.snapshot import VenueSnapshot
from reconciler.planner.sequence import cancel_parts

__all__ = ["cancel_all_of_ours"]

ROUNDS_MAX = 600
PAUSE_MS = 1_000
EMPTY_READS_NEEDED = 2
READ_FAILURES_MAX = 5
PATIENCE_MS = 120_000
LEARNING_READS = 8
# A cancel that the venue took is not sent again before a look must show it: in congestion each
# request counts (for-developers/api/rate-limits, checked 2026-08-22).
ANSWERED_MS = 3_000
_NOT_OF_CONTENT = frozenset(
    {
        RejectReason.BUDGET,
        RejectReason.EXPIRED,
        RejectReason.NOT_NOW,
        RejectReason.NOT_SENT,
        RejectReason.ORDER_GONE,
        RejectReason.RATE,
    }
)
SIGNER_REFUSED = "The venue does not accept this signer for this account."
NOT_EVERYWHERE = "It could not be read where else orders of ours may rest."
UNREADABLE = "Its open orders could not be read."
ANOTHER_ACCOUNT = (
    "The key is not that of the last order, and none of our orders on record was seen: it may be "
    "of another account."
)
UNLISTED = "Orders on record are in {}, which the venue does not list; look there by hand."
NOT_GONE = "Orders of ours are still there, or it could not be seen that they are gone."


async def cancel_all_of_ours(emergency: Emergency) -> PanicReport:
    """Cancel, wait past the last open expiry, and look until two reads show nothing of ours.

    Raises `CredentialsProblem` before anything is sent. What the venue does is in the report.
    """
    return await _Panic(emergency).run()


class _Panic:
    """One attempt at one entry; the report is filled while it runs."""

    def __init__(self, emergency: Emergency) -> None:
        self.emergency = emergency
        self.report = PanicReport()
        self.seen: dict[VenueOrderId, RestingOrder] = {}
        self.asked: dict[VenueOrderId, RestingOrder] = {}
        self.listed: set[str] = set()
        self.answered_ms: dict[VenueOrderId, int] = {}
        self.batch_items = emergency.venue.capabilities.batch_items_max
        self.last_nonce = emergency.last_nonce
        self.places = Places(known=emergency.instruments)
        self.quiet_after_ms = -1
        self.skew_ms = 0
        self.unlisted: frozenset[str] = frozenset()
        self.until_ms = emergency.clock.now_ms() + emergency.expires_after_ms + PATIENCE_MS
        self.empty_reads = 0
        self.refusal = ""
        self.recorded: frozenset[ClientOrderId] = frozenset()
        self.recording: asyncio.Future[None] | None = None

    async def run(self) -> PanicReport:
        """Look and cancel by turns; record what is gone, whatever ends it."""
        try:
            return await self._clear()
        finally:
            if self.recording is not None:
                await self.recording
            self._record()
            if self.recording is not None:
                await self.recording

    async def _clear(self) -> PanicReport:
        """Look and cancel by turns, a bounded number of times."""
        failures = 0
        for round_ in range(ROUNDS_MAX):
            if round_:
                await self.emergency.clock.sleep_ms(PAUSE_MS)
            snapshot = await self._look()
            failures = 0 if snapshot is not None else failures + 1
            if snapshot is not None and await self._is_over(snapshot):
                return self._reported(self.refusal or self._doubt())
            if failures == READ_FAILURES_MAX:
                return self._reported(UNREADABLE)
            if self.until_ms < self.emergency.clock.now_ms():
                break
        return self._reported(NOT_GONE)

    def _doubt(self) -> str:
        """Say why what was seen may not be all; empty when it is."""
        gone = sorted(self.unlisted & self.emergency.occupied)
        return UNLISTED.format(", ".join(gone)) if gone else self._account_doubt()

    def _account_doubt(self) -> str:
        """Say why it may have been another account that was looked at; empty when it was ours."""
        emergency, known = self.emergency, self.emergency.known_orders
        if not emergency.signer or not known or known.keys() & self.seen.keys():
            return ""
        return "" if emergency.signer == emergency.venue.signer_address() else ANOTHER_ACCOUNT

    async def _look(self) -> VenueSnapshot | None:
        try:
            snapshot = await self.emergency.venue.snapshot(self._where())
        except VenueProblem:
            self.empty_reads = 0
            self.emergency.progress.note("The venue could not be read; trying again.")
            return None
        for name in sorted(snapshot.unlisted - self.unlisted):
            self.emergency.progress.note(f"The venue does not list {display(name)}.")
        self.unlisted |= snapshot.unlisted
        if snapshot.taken_at_ms:  # half a look may lack the venue's time
            self.skew_ms = snapshot.taken_at_ms - self.emergency.clock.now_ms()
            self.report.looked_until_ms = snapshot.taken_at_ms
            if self.quiet_after_ms < 0:
                self._set_times(snapshot.taken_at_ms)
        return snapshot

    def _where(self) -> frozenset[str]:
        now_ms = self.emergency.clock.now_ms() + self.skew_ms
        is_quiet = 0 <= self.quiet_after_ms < now_ms
        return self.places.next(is_end=is_quiet and not self.report.left)

    def _set_times(self, venue_now_ms: int) -> None:
        """Fix after which venue time nothing that is not listed can appear any more."""
        emergency = self.emergency
        unknown_ms = 0 if emergency.may_know_all else venue_now_ms + emergency.expires_after_ms
        last_ms = max(emergency.open_until_ms, unknown_ms)
        window_ms = emergency.venue.capabilities.close_window_ms
        self.quiet_after_ms = last_ms + window_ms if last_ms else 0
        wait_ms = max(0, self.quiet_after_ms - venue_now_ms)
        self.until_ms = emergency.clock.now_ms() + wait_ms + PATIENCE_MS
        if wait_ms:
            emergency.progress.note(
                f"Requests sent before may still arrive for {-(-wait_ms // 1000)} s; watching."
            )

    async def _is_over(self, snapshot: VenueSnapshot) -> bool:
        """Act on one look; say whether it was the last."""
        ours = [order for order in snapshot.resting if self._is_ours(order)]
        self.seen |= {order.venue_order_id: order for order in ours}
        self.report.left = tuple(ours)
        self.report.foreign = len(snapshot.resting) - len(ours)
        self.places.was_wide |= self.places.is_wide and not snapshot.problems
        if ours:
            self.empty_reads = 0
            self.places.known |= {order.instrument for order in ours}
            await self._cancel(ours)
            await self._widen()
            return bool(self.refusal)
        self._record()
        if self.places.everywhere is None:
            await self._widen()
            if self.places.failures >= READ_FAILURES_MAX:
                self.refusal = NOT_EVERYWHERE
            return bool(self.refusal)
        if snapshot.problems or self.quiet_after_ms < 0:
            self.empty_reads = 0
        elif self.places.is_wide:
            self.empty_reads += snapshot.taken_at_ms > self.quiet_after_ms
        return self.empty_reads >= EMPTY_READS_NEEDED

    async def _widen(self) -> None:
        """Learn where else to look: neither state nor specs need to know all of ours."""
        if self.places.everywhere is not None:
            return
        try:
            self.places.everywhere = await self.emergency.venue.everywhere()
        except VenueProblem:
            self.emergency.progress.note("Where else to look could not be read; trying again.")
            self.places.failures += 1

    def _record(self) -> None:
        """Have recorded, beside the looking, what was cancelled and rests no more."""
        if self.emergency.record is None or (self.recording and not self.recording.done()):
            return
        rests = {order.venue_order_id for order in self.report.left}
        known = self.emergency.known_orders
        gone = {
            order.client_order_id or known[oid]
            for oid, order in self.asked.items()
            if oid not in rests
        }
        if new := gone - self.recorded:
            self.recorded |= new
            self.recording = asyncio.ensure_future(self.emergency.record(frozenset(new)))

    def _is_ours(self, order: RestingOrder) -> bool:
        if order.client_order_id is None:
            return order.venue_order_id in self.emergency.known_orders
        layout = self.emergency.venue.capabilities.id_layout
        parts = layout.decode(order.client_order_id)
        return parts is not None and parts.tag == layout.cut_tag(self.emergency.tag)

    async def _cancel(self, ours: Sequence[RestingOrder]) -> None:
        """Send one round of cancels; what became of them is for the next look to say."""
        late_ms = self.emergency.clock.now_ms() - ANSWERED_MS
        ours = [o for o in ours if self.answered_ms.get(o.venue_order_id, late_ms) <= late_ms]
        was_refused = False
        capabilities = self.emergency.venue.capabilities
        known = await self._listed(ours) if capabilities.cancels_by_listing else ours
        for part in cancel_parts(known, lambda order: order, capabilities, self.batch_items):
            outcomes = await self._send(part)
            was_refused = was_refused or _is_refused_whole(outcomes)
            if self.refusal:
                return
        if was_refused:
            # One order can void a batch: smaller ones find out which.
            self.batch_items = max(1, self.batch_items // 2)

    async def _listed(self, ours: Sequence[RestingOrder]) -> Sequence[RestingOrder]:
        """Return those of instruments whose listing could be read."""
        await self._learn(sorted({order.instrument for order in ours} - self.listed))
        return [order for order in ours if order.instrument in self.listed]

    async def _learn(self, names: Sequence[str], reads: int = LEARNING_READS) -> int:
        """Read what the venue calls instruments; one that is unreadable hides no other.

        By halves, so many reads a round: cancels do not wait for a venue that answers nothing.
        Returns how many reads are left.
        """
        if not names or not reads:
            return reads
        try:
            markets = await self.emergency.venue.markets(frozenset(names))
        except VenueProblem:
            reads -= 1
            middle = len(names) // 2
            for half in (names[:middle], names[middle:]) if middle else ():
                reads = await self._learn(half, reads)
            return reads
        self.listed |= markets.instruments.keys()
        return reads - 1

    async def _send(self, orders: Sequence[RestingOrder]) -> tuple[Outcome, ...]:
        now_ms = self.emergency.clock.now_ms() + self.skew_ms
        self.last_nonce = self.emergency.nonces.at_least(max(now_ms, self.last_nonce + 1))
        prepared = self.emergency.venue.prepare(
            Batch(kind=BatchKind.CANCEL, commands=tuple(_cancel_of(order) for order in orders)),
            nonce=self.last_nonce,
            expires_at_ms=self.last_nonce + self.emergency.expires_after_ms,
        )
        self._check(prepared, orders)
        outcomes = await self.emergency.venue.submit(prepared)
        words = ", ".join(sorted({type(outcome).__name__.lower() for outcome in outcomes}))
        self.emergency.progress.note(f"cancel {len(orders)} of ours: {words}")
        if len(outcomes) != len(orders):
            self.asked |= {order.venue_order_id: order for order in orders}
            return ()
        for order, outcome in zip(orders, outcomes, strict=True):
            if isinstance(outcome, Accepted):
                self.report.cancelled[order.venue_order_id] = order
                self.answered_ms[order.venue_order_id] = self.emergency.clock.now_ms()
            elif isinstance(outcome, Rejected) and outcome.reason is RejectReason.AUTHORITY:
                self.refusal = SIGNER_REFUSED
            if not isinstance(outcome, Rejected) or outcome.reason is RejectReason.ORDER_GONE:
                self.asked[order.venue_order_id] = order
        return outcomes

    def _check(self, prepared: Prepared, orders: Sequence[RestingOrder]) -> None:
        """Refuse bytes that would do anything but cancel these orders of ours."""
        batch = self.emergency.venue.decode(prepared)
        ours = {order.venue_order_id for order in orders}
        targets = [c.target for c in batch.commands if isinstance(c, CancelOrder)]
        if batch.kind is not BatchKind.CANCEL or set(targets) != ours:
            raise Refused(
                Diagnostic(
                    code="last-gate",
                    summary="A cancel differs from the orders it was made for; it was not sent.",
                    next_step="Cancel by hand at the venue, and please report this.",
                )
            )

    def _reported(self, problem: str) -> PanicReport:
        rests = {order.venue_order_id for order in self.report.left}
        self.report.gone = tuple(
            order
            for oid, order in self.seen.items()
            if oid not in rests and oid not in self.report.cancelled
        )
        self.report.problem = problem
        return self.report


def _cancel_of(order: RestingOrder) -> CancelOrder:
    return CancelOrder(
        instrument=order.instrument,
        target=order.venue_order_id,
        client_order_id=order.client_order_id,
    )


def _is_refused_whole(outcomes: Sequence[Outcome]) -> bool:
    """Say whether a request of several was refused for what is in it.

    One that came too many may be sent again as it is; in smaller ones there would be more of them.
    """
    return len(outcomes) > 1 and all(
        isinstance(outcome, Rejected) and outcome.reason not in _NOT_OF_CONTENT
        for outcome in outcomes
    )
