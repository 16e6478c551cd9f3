"""What is wanted, against what people declared, and what somebody else ended.

None of these was noticed while orders were compared with plans only, or while what they are about
never came to be.
"""

from tests.simulation.mutants import Mutant, Patch

__all__ = ["WISHING"]

CHILDREN = "reconciler/planner/children.py"
DECIDE = "reconciler/planner/decide.py"
GATE = "reconciler/execution/gate_limits.py"
LIMITS = "reconciler/planner/limits.py"

WISHING: tuple[Mutant, ...] = (
    Mutant(
        "post-only-lost",
        "what rests was never meant to take, whatever is sent",
        (
            Patch(
                DECIDE,
                "    return terms if terms.quantity == want.target else "
                "replace(terms, quantity=want.target)\n",
                "    return replace(terms, quantity=want.target, post_only=False)\n",
            ),
        ),
    ),
    Mutant(
        "rung-bought-twice",
        "a rung that filled is filled up, and the last ones pay for it",
        (
            Patch(
                "reconciler/planner/wants.py",
                "        max(ZERO, order.terms.quantity - "
                "filled_at.get(order.terms.price, ZERO))\n",
                "        order.terms.quantity\n",
            ),
        ),
    ),
    Mutant(
        "fills-booked-at-the-newest-price",
        "what filled before a modify filled where the order was last",
        (
            Patch(
                "reconciler/model/draft.py",
                "                filled_at[leg.price] = "
                "filled_at.get(leg.price, ZERO) + leg.filled\n",
                "                price = placement.terms.price\n"
                "                filled_at[price] = filled_at.get(price, ZERO) + leg.filled\n",
            ),
        ),
    ),
    Mutant(
        "silent-rename-bought-again",
        "another name is another order, whatever the old one filled",
        (
            Patch(
                "reconciler/planner/twins.py",
                "    if found is None or place.generation > found[1]:\n        return None\n",
                "    return None\n",
            ),
        ),
    ),
    Mutant(
        "ids-of-others-taken-for-ours",
        "whatever has an id of our kind is ours",
        (
            Patch(
                "reconciler/planner/strays.py",
                "    if parts.tag != tag:\n        return None\n",
                "",
            ),
        ),
    ),
    Mutant(
        "placed-again-against-the-venue",
        "what the venue cancelled is missing, and so it is placed",
        (
            Patch(
                DECIDE,
                "    if ending.reason is EndReason.BY_VENUE:\n        if want",
                "    if ending.reason is EndReason.BY_VENUE:\n        return None\n        if want",
            ),
        ),
    ),
    Mutant(
        "placed-again-while-nobody-attends",
        "what a person cancelled is missing, and so it is placed",
        (
            Patch(
                DECIDE,
                "    if ending.reason is EndReason.BY_USER and context.policy.is_unattended:\n"
                "        if",
                "    if False:\n        if",
            ),
        ),
    ),
    Mutant(
        "most-orders-cancelled-at-once",
        "what no spec declares may go, however much it is",
        (
            Patch(
                LIMITS,
                "        and len(bare) > fraction * live\n",
                "        and len(bare) > 100 * fraction * live\n",
            ),
        ),
    ),
    Mutant(
        "empty-specs-believed",
        "where nothing is declared nothing is to rest",
        (
            Patch(
                LIMITS,
                '    if is_empty and "empty" not in context.policy.allow:\n',
                "    if is_empty and live > 10_000:\n",
            ),
        ),
    ),
    Mutant(
        "growth-above-the-order-limit",
        "only a new order can be too large",
        (
            Patch(
                LIMITS,
                "    if value > limits.max_order_notional and raises(action, context):\n",
                "    if value > limits.max_order_notional and isinstance(action, Place):\n",
            ),
            Patch(
                GATE,
                "    if value > limits.max_order_notional and order.raises(standing):\n",
                "    if value > limits.max_order_notional and isinstance(order.action, Place):\n",
            ),
        ),
    ),
    Mutant(
        "growth-is-nothing-new",
        "only a new order spends",
        (
            Patch(
                "reconciler/planner/exposure.py",
                "            new += ZERO if action.after.reduce_only else max(ZERO, wanted - old)\n"
                "    worst",
                "    worst",
            ),
            Patch(
                GATE,
                "        if order.command.terms.reduce_only:\n            continue\n",
                "        if order.command.terms.reduce_only or isinstance(order.action, Modify):\n"
                "            continue\n",
            ),
        ),
    ),
    Mutant(
        "lost-stop-not-placed-again",
        "a stop that is gone went with its parent",
        (
            Patch(
                CHILDREN,
                "        if not placements:\n            return [self._missing(child)]\n",
                "        if not placements:\n"
                "            return [_done(child, Reason.ENDED_WITH_PARENT)]\n",
            ),
        ),
    ),
    Mutant(
        "attached-for-the-rest-only",
        "what is attached closes what is placed with it, and nothing that filled before",
        (
            Patch(
                CHILDREN,
                "        quantity = self.to_close + self.want.target\n",
                "        quantity = self.want.target\n",
            ),
        ),
    ),
    Mutant(
        "cancel-done-when-found",
        "a cancel is over once its order can be looked up",
        (
            Patch(
                "reconciler/execution/closing.py",
                "    if not isinstance(status, Found) or not status.phase.is_terminal:\n"
                "        return None\n    return Resolved(",
                "    if not isinstance(status, Found):\n        return None\n    return Resolved(",
            ),
        ),
    ),
    Mutant(
        "old-order-proves-a-modify",
        "an order under our id proves the request that names it",
        (
            Patch(
                "reconciler/execution/closing.py",
                "    target, placement = open_item.item.target, open_item.placement\n",
                "    target, placement = None, None\n",
            ),
            Patch(
                "reconciler/model/state.py",
                "        return frozenset(before) | "
                "(frozenset() if target is None else {target})\n",
                "        return frozenset()\n",
            ),
        ),
    ),
)
