"""What is taken for proof."""

from tests.simulation.mutants import Mutant, Patch

__all__ = ["EVIDENCE"]

OBSERVE = "reconciler/observe.py"
EXCHANGE = "reconciler/venues/hyperliquid/replies/exchange.py"
CLOSING = "reconciler/execution/closing.py"
RESOLVER = "reconciler/execution/resolver.py"

EVIDENCE: tuple[Mutant, ...] = (
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
                "    return min(seen.as_of_ms, status.as_of_ms) "
                "if isinstance(status, Missing) else seen.as_of_ms\n",
                "    return seen.as_of_ms\n",
            ),
        ),
    ),
    Mutant(
        "read-lag-ignored",
        "an absence at the expiry is an absence for good",
        (
            Patch(
                CLOSING,
                "    return at_ms > open_item.intent.expires_at_ms + "
                "capabilities.close_window_ms\n",
                "    return at_ms > open_item.intent.expires_at_ms - 1_500\n",
            ),
        ),
    ),
    Mutant(
        "absence-without-a-barrier",
        "two absences prove it, whenever",
        (
            Patch(
                CLOSING,
                "    if not is_past_life(open_item, at_ms, capabilities):\n"
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
        "new-word-taken-as-cancelled",
        "a status word in no table means gone",
        (
            Patch(
                "reconciler/venues/hyperliquid/replies/words.py",
                "    return PHASES.get(word, OrderPhase.UNKNOWN)\n",
                "    return PHASES.get(word, OrderPhase.CANCELLED_BY_USER)\n",
            ),
        ),
    ),
    Mutant(
        "rolled-back-state-believed",
        "the state that is there is the newest",
        (
            Patch(
                "reconciler/execution/looking.py",
                "    refuse_newer_orders(state, refreshed.snapshot, "
                "venue.capabilities.id_layout)\n",
                "",
            ),
            Patch(
                "reconciler/execution/comparing.py",
                "    _refuse(state, newer_ids(state, layout, "
                "[fill.client_order_id for fill in history.fills]))\n",
                "",
            ),
        ),
    ),
    Mutant(
        "fills-while-reading-forgotten",
        "a comparison with the venue's fills settles all that ended (a defect this program had)",
        (
            Patch(
                "reconciler/model/fold_history.py",
                "    kept = {x: draft.ended_fills[x] for x in event.unshown "
                "if x in draft.ended_fills}\n",
                "    kept: dict[VenueOrderId, Decimal] = {}\n",
            ),
            Patch(
                "reconciler/model/fold_history.py",
                "from dataclasses import replace\n",
                "from __future__ import annotations\n\nfrom dataclasses import replace\n",
            ),
        ),
    ),
    Mutant(
        "order-on-record-proves-nothing",
        "what was on record before a place was closed is older than it (a defect this program had)",
        (
            Patch(
                "reconciler/model/state.py",
                "        before = ids[: ids.index(target)] if target in ids else []\n",
                "        before = ids\n",
            ),
        ),
    ),
    Mutant(
        "ending-without-its-leg",
        "an order and its end are seen in one piece (a defect this program had)",
        (
            Patch(
                "reconciler/planner/rollback.py",
                "    legs += [leg for each in observations if each.client_order_id in ended "
                "for leg in each.legs]\n",
                "    legs += [leg for each in observations if each.ending for leg in each.legs]\n",
            ),
        ),
    ),
)
