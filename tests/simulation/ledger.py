"""The ledger of mutants: protocols somebody might think are good enough.

Those that others lost money with come first (reliability notes: timeouts taken as failures, fresh
nonces on retries, filled orders bought again).
"""

from tests.simulation.mutants import Mutant, Patch

__all__ = ["LEDGER"]

EXECUTOR = "reconciler/execution/executor.py"
FOLDER = "reconciler/statefile/folder.py"
OBSERVE = "reconciler/observe.py"
EXCHANGE = "reconciler/venues/hyperliquid/replies/exchange.py"
CLOSING = "reconciler/execution/closing.py"
RESOLVER = "reconciler/execution/resolver.py"
INTENTS = "reconciler/model/fold_intents.py"

LEDGER: tuple[Mutant, ...] = (
    Mutant(
        "retry-with-a-new-nonce",
        "a lost answer is a reason to send again",
        (
            Patch(
                EXECUTOR,
                "        self._note(prepared.nonce, draft.items, outcomes)\n",
                "        if all(isinstance(o, Unknown) for o in outcomes) and not self.retried:\n"
                "            self.retried = True\n"
                "            return await self._step(step)\n"
                "        self._note(prepared.nonce, draft.items, outcomes)\n",
            ),
            Patch(
                EXECUTOR,
                "        self.new_notional = ZERO\n",
                "        self.new_notional = ZERO\n        self.retried = False\n",
            ),
        ),
    ),
    Mutant(
        "server-error-taken-as-refusal",
        "5xx means that nothing was done",
        (
            Patch(
                EXCHANGE,
                "    if status != 200:\n"
                '        return _all(items, Unknown(cause=f"http {status}"))\n'
                "    try:\n        reply",
                "    if status != 200:\n        return _all(items, Rejected("
                'reason=RejectReason.NOT_SENT, text=""))\n    try:\n        reply',
            ),
        ),
    ),
    Mutant(
        "lost-reply-taken-as-refusal",
        "a timeout means that nothing was done",
        (
            Patch(
                "reconciler/venues/hyperliquid/adapter.py",
                "        return (Unknown(cause=answer.cause),) * len(items)\n",
                '        return (Rejected(reason=RejectReason.NOT_SENT, text=""),) * len(items)\n',
            ),
        ),
    ),
    Mutant(
        "lost-reply-taken-as-done",
        "a timeout means that all was done",
        (
            Patch(
                INTENTS,
                "            return replace(item, status=ItemStatus.UNKNOWN)\n",
                "            return replace(item, status=ItemStatus.ACCEPTED)\n",
            ),
        ),
    ),
    Mutant(
        "written-after-sending",
        "the intent is recorded with its outcome",
        (
            Patch(
                EXECUTOR,
                "        await self.record.append([IntentWritten(intent=intent)])\n",
                "",
            ),
            Patch(
                EXECUTOR,
                "        await self.record.append([OutcomesWritten(",
                "        await self.record.append([IntentWritten(intent=intent)])\n"
                "        await self.record.append([OutcomesWritten(",
            ),
        ),
    ),
    Mutant(
        "no-expiry",
        "requests live as long as the network likes",
        (
            Patch(
                "reconciler/venues/hyperliquid/wire/encode.py",
                '        "expiresAfter": expires_at_ms,\n',
                '        "expiresAfter": expires_at_ms and expires_at_ms + 3_600_000,\n',
            ),
            Patch(
                "reconciler/venues/hyperliquid/wire/decode.py",
                "        expires_at_ms=_integer(expires),\n",
                "        expires_at_ms=_integer(expires) - 3_600_000,\n",
            ),
        ),
    ),
    Mutant(
        "local-clock-for-the-barrier",
        "the runner's clock says when a request is dead",
        (
            Patch(
                RESOLVER,
                "        as_of_ms = await self.venue.venue_time_ms()\n        if",
                "        as_of_ms = self.clock.now_ms()\n        if",
            ),
            Patch(
                CLOSING,
                "    seen_ms = min(as_of_ms, status.as_of_ms) "
                "if isinstance(status, Missing) else as_of_ms\n",
                "    seen_ms = as_of_ms\n",
            ),
        ),
    ),
    Mutant(
        "local-clock-for-the-expiry",
        "the runner's clock dates requests",
        (
            Patch(
                EXECUTOR,
                "        return self.entry.shell.clock.now_ms() + self.look.skew_ms\n",
                "        return self.entry.shell.clock.now_ms()\n",
            ),
        ),
    ),
    Mutant(
        "read-lag-ignored",
        "an absence at the expiry is an absence for good",
        (
            Patch(
                CLOSING,
                "    if seen_ms <= open_item.intent.expires_at_ms + close_window_ms:\n",
                "    if seen_ms <= open_item.intent.expires_at_ms - 1_500:\n",
            ),
        ),
    ),
    Mutant(
        "absence-without-a-barrier",
        "two absences prove it, whenever",
        (
            Patch(
                CLOSING,
                "    if seen_ms <= open_item.intent.expires_at_ms + close_window_ms:\n"
                "        return Judgement()\n",
                "",
            ),
        ),
    ),
    Mutant(
        "used-nonce-taken-as-burned",
        "a duplicate nonce proves that the order never was",
        (
            Patch(
                EXCHANGE,
                '    return "used" if text',
                '    return "burned" if text',
            ),
        ),
    ),
    Mutant(
        "filled-bought-again",
        "fills do not count against the budget",
        (
            Patch(
                "reconciler/planner/wants.py",
                "    filled = context.filled.get(holder_key(holder), ZERO)\n",
                "    filled = ZERO\n",
            ),
        ),
    ),
    Mutant(
        "ladder-fills-bought-again",
        "fills of a rung do not count",
        (
            Patch(
                "reconciler/planner/wants.py",
                "    filled_at = filled_at_price(holder, context)\n    targets",
                "    filled_at: dict[Decimal, Decimal] = {}\n    targets",
            ),
        ),
    ),
    Mutant(
        "partial-fills-forgotten",
        "only what filled to the end counts",
        (
            Patch(
                "reconciler/model/draft.py",
                "        if not placement.filled:\n            return\n",
                "        if placement.filled < placement.terms.quantity:\n            return\n",
            ),
        ),
    ),
    Mutant(
        "old-leg-forgotten",
        "what filled before a modify does not count",
        (
            Patch(
                "reconciler/model/fold_orders.py",
                "    merged = {leg.venue_order_id: leg for leg in known}\n",
                "    merged = {leg.venue_order_id: leg for leg in known[-1:]}\n",
            ),
        ),
    ),
    Mutant(
        "no-compare-and-swap",
        "the lock is safety enough",
        (
            Patch(
                FOLDER,
                "            if not _is_at(end, state):\n"
                "                raise _lost(self.journal, end, state)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "all-or-nothing-batches",
        "one error in a reply speaks for all of it",
        (
            Patch(
                EXCHANGE,
                "        return tuple(_outcome(status, kind) for status, _ in pairs)\n",
                "        said = tuple(_outcome(status, kind) for status, _ in pairs)\n"
                "        bad = next((o for o in said if isinstance(o, Rejected)), None)\n"
                "        return said if bad is None else _all(items, bad)\n",
            ),
        ),
    ),
    Mutant(
        "short-reply-padded",
        "statuses that are missing were good",
        (
            Patch(
                EXCHANGE,
                "    if len(statuses) == len(items):\n",
                "    if 0 < len(statuses) < len(items):\n"
                "        statuses = [*statuses, *[statuses[-1]] * (len(items) - len(statuses))]\n"
                "    if len(statuses) == len(items):\n",
            ),
        ),
    ),
    Mutant(
        "cancel-not-confirmed",
        "a replacement follows its cancel at once",
        (
            Patch(
                "reconciler/execution/fitting.py",
                "        if self._is_waiting(action, state):\n",
                "        if False:\n",
            ),
        ),
    ),
    Mutant(
        "late-fills-ignored-in-a-replacement",
        "what filled while it was cancelled is bought again",
        (
            Patch(
                "reconciler/execution/fitting.py",
                "        quantity = min(terms.quantity - self._late_fill(action, state), room)\n",
                "        quantity = terms.quantity\n",
            ),
        ),
    ),
    Mutant(
        "foreign-touched",
        "every order of the account is ours to cancel",
        (
            Patch(
                "reconciler/planner/strays.py",
                "        if not is_ours(order, context.state, context.capabilities):\n"
                "            continue\n"
                '        address = OrderAddress(f"orphan.{order.client_order_id}")\n'
                '        if "orphans" in context.policy.allow:\n',
                '        address = OrderAddress(f"orphan.{order.venue_order_id}")\n'
                "        if True:\n"
                '            order = replace(order, client_order_id=ClientOrderId("0x0"))\n',
            ),
            Patch(
                "reconciler/planner/strays.py",
                "from reconciler.model.order import DesiredBook, Holder, OrderAddress, "
                "RestingOrder\n",
                "from dataclasses import replace\n"
                "from reconciler.model.order import ClientOrderId, DesiredBook, Holder, "
                "OrderAddress, RestingOrder\n",
            ),
        ),
    ),
    Mutant(
        "client-order-id-reused",
        "an id names an address, not a placement",
        (
            Patch(
                "reconciler/execution/requesting.py",
                "        digest = holder_digest(holder, generation)\n",
                "        digest = holder_digest(holder, generation)\n"
                "        incarnation = int(sha256(holder.encode()).hexdigest()[:7], 16)\n",
            ),
            Patch(
                "reconciler/execution/requesting.py",
                "from decimal import Decimal\n",
                "from decimal import Decimal\nfrom hashlib import sha256\n",
            ),
        ),
    ),
    Mutant(
        "missing-taken-as-cancelled",
        "what the venue does not know is gone",
        (
            Patch(
                OBSERVE,
                "    if orders or not isinstance(status, Found) or not status.phase.is_terminal:\n",
                "    if isinstance(status, Missing) and not orders:\n"
                "        return EndReason.BY_USER, '', snapshot.taken_at_ms\n"
                "    if orders or not isinstance(status, Found) or not status.phase.is_terminal:\n",
            ),
            Patch(
                OBSERVE,
                "        if any(_is_in_flight(placement, e[2]) for e, c in "
                "zip(items, closed, strict=True) if not c):\n",
                "        if False:\n",
            ),
        ),
    ),
    Mutant(
        "unlisted-taken-as-cancelled",
        "what is not in the list of open orders is gone",
        (
            Patch(
                OBSERVE,
                "    if orders or not isinstance(status, Found) or not status.phase.is_terminal:\n",
                "    if not orders and placement.legs:\n"
                "        return EndReason.BY_USER, '', snapshot.taken_at_ms\n"
                "    if orders or not isinstance(status, Found) or not status.phase.is_terminal:\n",
            ),
        ),
    ),
    Mutant(
        "half-a-look-taken-for-a-whole",
        "a read that failed showed nothing",
        (
            Patch(
                "reconciler/venues/hyperliquid/reads.py",
                "            problems=tuple(str(problem) for problem in draft.problems),\n",
                "            problems=(),\n",
            ),
        ),
    ),
    Mutant(
        "forget-drops-the-record",
        "what left the specs never was",
        (
            Patch(
                "reconciler/model/transitions.py",
                "            ending = draft.endings.pop(event.address, None)\n",
                "            ending = draft.endings.pop(event.address, None)\n"
                "            for key in [k for k in draft.records if k[0] == event.address]:\n"
                "                del draft.records[key]\n",
            ),
        ),
    ),
    Mutant(
        "rename-forgets-the-record",
        "another name is another budget",
        (
            Patch(
                "reconciler/model/fold_orders.py",
                "            draft.records[new_key] = joined(\n"
                "                replace(record, holder=new_key[0]), draft.records.get(new_key)\n"
                "            )\n",
                "            new_key = new_key\n",
            ),
        ),
    ),
    Mutant(
        "limits-per-request-only",
        "what earlier requests spent does not count",
        (
            Patch(
                EXECUTOR,
                "        found += limit_objections(intent.notional_new, self.new_notional, "
                "spent_day, limits)\n",
                "        found += limit_objections(intent.notional_new, ZERO, ZERO, limits)\n",
            ),
            Patch(
                "reconciler/planner/limits.py",
                "    spent = context.state.new_notional_by_day.get(day, ZERO)\n",
                "    spent = ZERO\n",
            ),
        ),
    ),
    Mutant(
        "limits-of-orders-not-counted-together",
        "each order by itself is within the open limit",
        (
            Patch(
                "reconciler/planner/limits.py",
                "    worst = exposure.open_worst\n",
                "    worst = exposure.new_notional\n",
            ),
        ),
    ),
    Mutant(
        "stale-plan-accepted",
        "a plan is good for ever",
        (
            Patch(
                "reconciler/planner/staleness.py",
                "    return tuple(found)\n",
                "    return ()\n",
            ),
        ),
    ),
    Mutant(
        "serial-not-compared",
        "a plan may be carried out twice",
        (
            Patch(
                "reconciler/planner/staleness.py",
                '        ("state serial", str(saved.serial), str(now.serial)),\n'
                '        ("state digest", saved.state_digest[:16], now.state_digest[:16]),\n',
                "",
            ),
        ),
    ),
    Mutant(
        "more-than-was-reviewed",
        "what the venue wants now is done, whatever was shown",
        (
            Patch(
                "reconciler/execution/permitting.py",
                "    if not common.dropped:\n        return common.actions, ()\n",
                "    if True:\n        return look.plan.actions, ()\n",
            ),
        ),
    ),
    Mutant(
        "open-intents-ignored",
        "what an earlier run left open is over",
        (
            Patch(
                "reconciler/execution/looking.py",
                "    if refreshed.settled.intents and not refreshed.snapshot.problems:\n",
                "    if False:\n",
            ),
            Patch(
                OBSERVE,
                "    if has_open_item:\n"
                '        return UNKNOWN_OUTCOME, "A request for this order has no known outcome '
                'yet."\n',
                "",
            ),
        ),
    ),
    Mutant(
        "unknown-does-not-stop-the-account",
        "after an unknown outcome the run goes on",
        (
            Patch(
                EXECUTOR,
                '            self.report.stopped = "An outcome is unknown."\n'
                "            return False\n",
                "            return True\n",
            ),
            Patch(
                "reconciler/planner/holders.py",
                "    if blocked or want.order.address in context.unsettled:\n",
                "    if False:\n",
            ),
        ),
    ),
    Mutant(
        "nonce-from-the-clock-alone",
        "no two requests are sent in one millisecond",
        (
            Patch(
                EXECUTOR,
                "            nonce=max(self._venue_time_ms(), self.record.state.last_nonce + 1),\n",
                "            nonce=self._venue_time_ms() // 60_000 * 60_000,\n",
            ),
        ),
    ),
    Mutant(
        "journal-not-synced",
        "what was written is on the disk",
        (
            Patch(
                FOLDER,
                "        self._disk.sync(fd)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "failed-write-taken-as-written",
        "an error of the disk is passed over",
        (
            Patch(
                FOLDER,
                "            except OSError as problem:\n"
                "                raise _unwritable(self.journal, problem, is_maybe_written=True) "
                "from None\n\n    def save",
                "            except OSError:\n                pass\n\n    def save",
            ),
        ),
    ),
    Mutant(
        "checkpoint-taken-for-the-truth",
        "the checkpoint is always the newest",
        (
            Patch(
                FOLDER,
                "        return replay(at, lines)\n\n    def _replay",
                "        return at\n\n    def _replay",
            ),
        ),
    ),
    Mutant(
        "two-rungs-at-one-price",
        "a rung is its label",
        (
            Patch(
                "reconciler/planner/holders.py",
                "        elif price in live and want.target > ZERO:\n",
                "        elif price in live and want.target > ZERO and price % 100:\n",
            ),
        ),
    ),
    Mutant(
        "fills-in-flight-not-deducted",
        "an order found after a lost answer is new",
        (
            Patch(
                OBSERVE,
                "        if before is None or leg.is_settled or leg.filled > before.filled:\n",
                "        if before is None:\n",
            ),
        ),
    ),
)
