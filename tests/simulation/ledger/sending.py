"""What is sent, when, and what an answer is taken for."""

from tests.simulation.mutants import Mutant, Patch

__all__ = ["SENDING"]

EXECUTOR = "reconciler/execution/executor.py"
EXCHANGE = "reconciler/venues/hyperliquid/replies/exchange.py"
INTENTS = "reconciler/model/fold_intents.py"

SENDING: tuple[Mutant, ...] = (
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
                "        self.sent: list[tuple[tuple[int, int], IntentItem]] = []\n",
                "        self.sent: list[tuple[tuple[int, int], IntentItem]] = []\n"
                "        self.retried = False\n",
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
            Patch(
                EXCHANGE,
                "        if any(_is_of_another(status, item) for status, item in pairs):\n",
                "        if False:\n",
            ),
        ),
    ),
    Mutant(
        "cancel-not-confirmed",
        "a replacement follows its cancel at once",
        (
            Patch(
                "reconciler/execution/fitting.py",
                "        if self.waits(action, state):\n            return NOT_GONE\n",
                "",
            ),
        ),
    ),
    Mutant(
        "late-fills-ignored-in-a-replacement",
        "what filled while it was cancelled is bought again",
        (
            Patch(
                "reconciler/execution/fitting.py",
                "        quantity = terms.quantity - self._late_fill(action, state)\n",
                "        quantity = terms.quantity\n",
            ),
            Patch(
                "reconciler/execution/fitting.py",
                "            quantity = min(quantity, max(room, held))\n",
                "            del room\n",
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
        "unknown-does-not-stop-the-account",
        "after an unknown outcome the run goes on",
        (
            Patch(
                EXECUTOR,
                'why = "" if await self.record.settle() else "An outcome is unknown."\n',
                'why = "" if await self.record.settle() else ""\n',
            ),
        ),
    ),
    Mutant(
        "nonce-from-the-clock-alone",
        "no two requests are sent in one millisecond",
        (
            Patch(
                EXECUTOR,
                "            nonce=self.entry.nonces.at_least(least),\n",
                "            nonce=least // 60_000 * 60_000,\n",
            ),
        ),
    ),
    Mutant(
        "modify-of-an-order-that-is-gone",
        "what was planned is still there after a read-back (a defect this program had)",
        (
            Patch(
                "reconciler/execution/fitting.py",
                "        if isinstance(action, Modify) and "
                "action.before.client_order_id not in state.placements:\n",
                "        if False:\n",
            ),
        ),
    ),
    Mutant(
        "growth-beyond-the-budget",
        "what a modify adds was there when it was planned (a defect this program had)",
        (
            Patch(
                "reconciler/execution/fitting.py",
                "            quantity = min(quantity, max(room, held))\n",
                "            quantity = quantity if isinstance(action, Modify) "
                "else min(quantity, room)\n",
            ),
        ),
    ),
    Mutant(
        "grown-by-what-the-same-request-gives-up",
        "orders of a request are all changed or none (a defect this program had)",
        (
            Patch(
                "reconciler/execution/fitting.py",
                "+ max(ZERO, after.quantity - held)\n",
                "+ after.quantity - held\n",
            ),
            Patch(
                "reconciler/planner/sequence.py",
                "    return is_of_one and _takes(action) > 0 > _takes(other)\n",
                "    return False\n",
            ),
        ),
    ),
)
