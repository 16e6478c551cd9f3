"""What a run may do: what was reviewed, as far as the venue still wants it. Pure."""

from reconciler.execution.looking import Look
from reconciler.model.plan import Action, Cancel, Hold, VenuePlan
from reconciler.planner.intersect import Dropped, intersect
from reconciler.planner.limits import guard_limits
from reconciler.planner.protecting import guard_first

__all__ = ["permitted"]


def permitted(reviewed: VenuePlan, look: Look) -> tuple[tuple[Action, ...], tuple[Dropped, ...]]:
    """Return what is in both plans and, taken by itself, within the limits; and what is not."""
    assert look.planned is not None, "only a planned look is carried out"
    common = intersect(reviewed, look.plan)
    if not common.dropped:
        return common.actions, ()
    limited = guard_limits(common.actions, look.planned.context, is_empty=False)
    # A cancel that a hold brings is not in the plan; and what stands first goes with its cancel.
    checked = guard_first([a for a in limited if not isinstance(a, Cancel) or a in common.actions])
    held = {a.address for a in common.actions if isinstance(a, Hold)}
    refused = tuple(
        Dropped(address=action.address, kind="hold", why=action.why)
        for action in checked
        if isinstance(action, Hold) and action.address not in held
    )
    return tuple(checked), (*common.dropped, *refused)
