"""What only HTX can be got wrong by: promises of cancels, forgotten ids, numbers of errors."""

from tests.simulation.mutants import Mutant, Patch

__all__ = ["HTX"]

ADAPTER = "reconciler/venues/htx/adapter.py"
ENCODE = "reconciler/venues/htx/wire/encode.py"
DECODE = "reconciler/venues/htx/wire/decode.py"
ERRORS = "reconciler/venues/htx/replies/errors.py"
FITTING = "reconciler/execution/fitting.py"
LISTS = "reconciler/venues/htx/open_orders.py"
LOOKUPS = "reconciler/venues/htx/lookups.py"
ORDERS = "reconciler/venues/htx/replies/orders.py"
PLACING = "reconciler/venues/htx/replies/placing.py"
RULES = "reconciler/venues/htx/rules.py"


def _mutant(name: str, why: str, *patches: Patch) -> Mutant:
    return Mutant(f"htx-{name}", why, patches, venue="htx")


HTX: tuple[Mutant, ...] = (
    _mutant(
        "cancel-taken-as-done",
        "a cancel that was taken has happened",
        Patch(
            FITTING,
            "        if self.waits(action, state):\n            return NOT_GONE\n",
            "",
        ),
        Patch(
            "reconciler/execution/executor.py",
            "            if waits - waited:\n                await self._read_back()\n",
            "",
        ),
    ),
    _mutant(
        "cancel-waited-for-a-while",
        "after the usual delay a cancel is done",
        Patch(
            FITTING,
            "        if self.waits(action, state):\n            return NOT_GONE\n",
            "",
        ),
    ),
    _mutant(
        "final-fill-not-taken",
        "what filled while it was cancelled is bought again",
        Patch(
            FITTING,
            "        quantity = terms.quantity - self._late_fill(action, state)\n",
            "        quantity = terms.quantity\n",
        ),
        Patch(
            FITTING,
            "            quantity = min(quantity, max(room, held))\n",
            "            del room\n",
        ),
    ),
    _mutant(
        "cancelling-taken-as-cancelled",
        "an order that is being cancelled is gone",
        Patch(
            ORDERS,
            '        orders=tuple(each(whole.get("orders"), "orders", _seen)),\n',
            "        orders=tuple(\n"
            '            s for s in each(whole.get("orders"), "orders", _seen)\n'
            '            if "(11)" not in s.word\n'
            "        ),\n",
        ),
        Patch(
            ORDERS,
            '        total=integer(whole, "total_size"),\n',
            '        total=sum(o["status"] != 11 for o in whole["orders"]),\n',
        ),
        Patch(
            ORDERS,
            "    if status in _RESTING:\n        return OrderPhase.RESTING\n",
            "    if status in _RESTING and status != 11:\n        return OrderPhase.RESTING\n"
            "    if status == 11:\n        return OrderPhase.CANCELLED_BY_USER\n",
        ),
    ),
    _mutant(
        "partly-cancelled-taken-as-unfilled",
        "what was cancelled has not filled",
        Patch(
            ORDERS,
            "            remaining=quantity - filled,\n",
            "            remaining=quantity if status == 5 else quantity - filled,\n",
        ),
    ),
    _mutant(
        "busy-taken-as-refusal",
        "1004 means that nothing was done",
        Patch(
            ERRORS,
            "_UNKNOWN: Final = (1000, 1001, 1002, 1003, 1004, 1046,",
            "_UNKNOWN: Final = (1000, 1001, 1002, 1003, 1046,",
        ),
        Patch(
            ERRORS,
            "    MAINTENANCE, 1015,",
            "    MAINTENANCE, 1004, 1015,",
        ),
    ),
    _mutant(
        "repeated-id-taken-as-refusal",
        "1050 means that nothing was placed",
        Patch(
            ERRORS,
            "    if code == 1050:\n        return Unknown(",
            "    if code == 1050:\n        return Rejected(reason=RejectReason.OTHER, text='')\n"
            "    if code == 1050:\n        return Unknown(",
        ),
    ),
    _mutant(
        "client-order-id-reused",
        "after a while ids may be used again",
        Patch(
            "reconciler/execution/requesting.py",
            "        digest = holder_digest(holder, generation)\n",
            "        digest = holder_digest(holder, generation)\n        incarnation %= 64\n",
        ),
    ),
    _mutant(
        "server-error-taken-as-refusal",
        "5xx means that nothing was done",
        Patch(
            PLACING,
            '        found = _all(batch, Unknown(cause=f"http {status}"))\n',
            '        found = _all(batch, Rejected(reason=RejectReason.NOT_SENT, text=""))\n',
        ),
        Patch(
            PLACING,
            "import Accepted, Outcome, Rejected, Unknown\n",
            "import Accepted, Outcome, Rejected, RejectReason, Unknown\n",
        ),
    ),
    _mutant(
        "lost-reply-taken-as-refusal",
        "a timeout means that nothing was done",
        Patch(
            ADAPTER,
            "        return (Unknown(cause=answer.cause),) * len(batch.items)\n",
            "        refusal = Rejected(reason=RejectReason.NOT_SENT, text='')\n"
            "        return (refusal,) * len(batch.items)\n",
        ),
    ),
    _mutant(
        "absence-in-one-read",
        "an order that is not found once was never placed",
        Patch(
            RULES,
            "        rounds=3,\n        over_ms=10_000,\n        reads_lists=True,\n",
            "        rounds=1,\n        over_ms=0,\n        reads_lists=False,\n",
        ),
    ),
    _mutant(
        "life-of-a-request-ignored",
        "what is not found after some seconds was never placed",
        Patch(
            ADAPTER,
            "            expires_at_ms=max(expires_at_ms, nonce + "
            "self.capabilities.request_life_ms),\n",
            "            expires_at_ms=expires_at_ms,\n",
        ),
    ),
    _mutant(
        "ids-believed-for-ever",
        "after any time an id that finds nothing was never used",
        Patch(
            RULES,
            "        ids_answer_ms=IDS_ANSWER_MS,\n        unfilled_shown_ms=ENDED_SHOWN_MS,\n",
            "        ids_answer_ms=None,\n",
        ),
    ),
    _mutant(
        "order-id-not-used",
        "our id finds an order whenever it is asked for",
        Patch(
            LOOKUPS,
            "    recorded = query.venue_order_id or query.known_as\n    if recorded is not None:\n"
            "        return BY_VENUE, recorded\n",
            "    recorded = query.venue_order_id or query.known_as\n"
            "    if recorded is not None and query.client_order_id is None:\n"
            "        return BY_VENUE, recorded\n",
        ),
    ),
    _mutant(
        "parent-asked-for-by-our-id",
        "our id leads to what hangs on an order (a defect this program had)",
        Patch(
            LOOKUPS,
            "        if query.attached.known_as is not None:\n",
            "        if False:\n",
        ),
    ),
    _mutant(
        "batch-answered-by-position",
        "answers stand in the order of the request",
        Patch(
            PLACING,
            "        index = _index(row, commands)\n        yield index, _taken(",
            "        index = position = position + 1\n        yield index, _taken(",
        ),
        Patch(
            PLACING,
            '    for row in each(data.get("success") or [], "success", lambda row: row):\n',
            "    position = 0\n"
            '    for row in each(data.get("success") or [], "success", lambda row: row):\n',
        ),
        Patch(
            PLACING,
            "    if str(said) != command.client_order_id:\n",
            "    if said is None:\n",
        ),
    ),
    _mutant(
        "missing-answer-taken-as-refusal",
        "an order without an answer in a batch was not taken",
        Patch(
            PLACING,
            "    missing = Unknown(",
            "    missing = Rejected(reason=RejectReason.OTHER, text='')\n    _ = Unknown(",
        ),
        Patch(
            PLACING,
            "import Accepted, Outcome, Rejected, Unknown\n",
            "import Accepted, Outcome, Rejected, RejectReason, Unknown\n",
        ),
    ),
    _mutant(
        "errors-of-a-batch-overlooked",
        "a request that is ok was done",
        Patch(
            PLACING,
            "    for name in sorted(names & refused.keys()):\n        return refused[name]\n",
            "    if names:\n        return Accepted()\n",
        ),
        Patch(
            PLACING,
            '        yield _index(row, commands), of_order(integer(row, "err_code"), text)\n',
            "        yield _index(row, commands), Accepted()\n",
        ),
    ),
    _mutant(
        "shifting-pages-not-noticed",
        "pages that were read one after the other are one list",
        Patch(
            LISTS,
            "    return found if is_one else None\n",
            "    return found if is_one or ids else found\n",
        ),
    ),
    _mutant(
        "foreign-orders-cancelled",
        "whatever rests on the account is ours to cancel",
        Patch(
            "reconciler/planner/strays.py",
            "        if not is_ours(order, context.state, context.capabilities):\n"
            "            continue\n"
            '        address = OrderAddress(f"orphan.{order.client_order_id}")\n'
            '        if "orphans" in context.policy.allow:\n',
            '        address = OrderAddress(f"orphan.{order.venue_order_id}")\n'
            "        if True:\n"
            '            order = replace(order, client_order_id=ClientOrderId("1"))\n',
        ),
        Patch(
            "reconciler/planner/strays.py",
            "from dataclasses import dataclass\n",
            "from dataclasses import dataclass, replace\n"
            "from reconciler.model.order import ClientOrderId\n",
        ),
    ),
    _mutant(
        "offsets-mixed",
        "a sell closes",
        Patch(
            ENCODE,
            '        "offset": "close" if terms.reduce_only else "open",\n',
            '        "offset": "open" if terms.side is Side.BUY else "close",\n',
        ),
        Patch(ENCODE, "    Execution,\n    Terms,", "    Execution,\n    Side,\n    Terms,"),
        Patch(
            DECODE,
            '        reduce_only=offset == "close",\n        options',
            "        reduce_only=False,\n        options",
        ),
    ),
    _mutant(
        "signed-when-sent",
        "the time of a request is that of its sending",
        Patch(
            ADAPTER,
            '                    keys, "POST", self._network.host, request.path, '
            "stamp=request.stamp\n",
            '                    keys, "POST", self._network.host, request.path,\n'
            "                    stamp=timestamp(self._info.clock.now_ms()),\n",
        ),
        Patch(
            ADAPTER,
            "import KeyPair, fingerprint, signed_path\n",
            "import KeyPair, fingerprint, signed_path, timestamp\n",
        ),
    ),
    Mutant(
        "htx-unfilled-ends-believed-for-hours",
        "while ids answer, what is not found was never placed (a defect this program had)",
        (
            Patch(
                "reconciler/execution/closing.py",
                "        times.append(proof.unfilled_shown_ms)\n",
                "        times.append(None)\n",
            ),
            Patch(
                "reconciler/execution/closing.py",
                "        since_ms = max(since_ms, ended.reaches_ms)\n",
                "",
            ),
        ),
        venue="htx",
    ),
)
