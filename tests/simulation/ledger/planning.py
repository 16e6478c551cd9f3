"""What is wanted, what is allowed, and whose an order is."""

from tests.simulation.mutants import Mutant, Patch

__all__ = ["PLANNING"]


PLANNING: tuple[Mutant, ...] = (
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
                "from dataclasses import dataclass\n",
                "from dataclasses import dataclass, replace\n"
                "from reconciler.model.order import ClientOrderId\n",
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
                "reconciler/model/fold_names.py",
                "            draft.records[new_key] = joined(\n"
                "                replace(record, holder=new_key[0]), "
                "draft.records.get(new_key)\n"
                "            )\n",
                "            del new_key\n",
            ),
        ),
    ),
    Mutant(
        "limits-per-request-only",
        "what earlier requests spent does not count",
        (
            Patch(
                "reconciler/execution/gate_limits.py",
                "    if standing.new_run + new > limits.max_new_notional_per_run:\n",
                "    if new > limits.max_new_notional_per_run:\n",
            ),
            Patch(
                "reconciler/execution/gate_limits.py",
                "    if standing.new_day + new > limits.max_new_notional_per_day:\n",
                "    if new > limits.max_new_notional_per_day:\n",
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
        "order-taken-over-not-waited-for",
        "what another takes is gone at once (a defect this program had)",
        (
            Patch(
                "reconciler/planner/waiting.py",
                "if taker != action.holder}\n",
                "if taker is None}\n",
            ),
        ),
    ),
    Mutant(
        "filled-part-left-bare",
        "a group that is cancelled needs no stop for what filled of it",
        (
            Patch(
                "reconciler/planner/planner.py",
                "    actions = protect(actions, holders, context)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "group-placed-beside-its-own",
        "attached orders of an earlier part are none of the new group's business",
        (
            Patch(
                "reconciler/planner/children.py",
                "        left = [child for child in self.want.order.children "
                "if self._is_taken(child)]\n",
                "        left: list[DesiredOrder] = []\n",
            ),
        ),
    ),
    Mutant(
        "filled-group-replaced",
        "an edit of a group is carried out whatever has filled of it",
        (
            Patch(
                "reconciler/planner/decide.py",
                "    if want.order.children and order.filled:\n",
                "    if False:\n",
            ),
        ),
    ),
    Mutant(
        "halt-ignored",
        "a halt is a word for people",
        (
            Patch(
                "reconciler/planner/guards.py",
                '        return Reason.HALT, f"Halted by {halt.by}: {halt.why}", '
                '"reconciler resume"\n',
                "        pass\n",
            ),
            Patch(
                "reconciler/execution/gate_limits.py",
                "    limits, halt = standing.limits, standing.halt\n",
                "    limits, halt = standing.limits, None\n",
            ),
        ),
    ),
    Mutant(
        "approval-ignored",
        "an unattended run may do what the specs say",
        (
            Patch(
                "reconciler/planner/approval.py",
                "    return action if is_approved else _held(action)\n",
                "    return action\n",
            ),
        ),
    ),
    Mutant(
        "terms-not-compared",
        "an action at a reviewed address is reviewed, whatever it or the spec says now",
        (
            Patch(
                "reconciler/planner/staleness.py",
                "        if planned != found:\n"
                '            what = f"specification of book {book}"\n',
                '        if False:\n            what = f"specification of book {book}"\n',
            ),
            Patch(
                "reconciler/planner/intersect.py",
                '    return None if is_within(after, planned) else "It would now be larger or '
                'different."\n',
                "    return None\n",
            ),
        ),
    ),
    Mutant(
        "expired-plan-accepted",
        "a plan is good while the state stands still",
        (
            Patch(
                "reconciler/planner/staleness.py",
                "    if now_ms > saved.expires_at_ms:\n",
                "    if False:\n",
            ),
        ),
    ),
    Mutant(
        "grown-into-what-is-held",
        "what a plan would give back is there, also where that is held (a defect this program had)",
        (
            Patch(
                "reconciler/planner/planner.py",
                "        actions = guard_growing(actions, context)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "far-prices-sent",
        "a price somebody wrote down is a price somebody meant",
        (
            Patch(
                "reconciler/planner/limits.py",
                "        if distance > band:\n",
                "        if distance > 100 * band:\n",
            ),
        ),
    ),
    Mutant(
        "actions-not-counted",
        "a plan may be of any size",
        (
            Patch(
                "reconciler/planner/limits.py",
                "if count > limit else None\n",
                "if count > 100 * limit else None\n",
            ),
            Patch(
                "reconciler/execution/gate_limits.py",
                "    if count > limits.max_actions:\n",
                "    if count > 100 * limits.max_actions:\n",
            ),
        ),
    ),
    Mutant(
        "closed-part-closed-again",
        "attached orders close what the plan said, whatever closed meanwhile "
        "(a defect this program had)",
        (
            Patch(
                "reconciler/execution/fitting.py",
                "max(quantity, child.terms.quantity - closed)\n",
                "max(quantity, child.terms.quantity)\n",
            ),
        ),
    ),
)
