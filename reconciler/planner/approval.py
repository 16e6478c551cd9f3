"""Which books a run may act on: an unattended run only those whose intent a person approved."""

from collections.abc import Sequence

from reconciler.model.plan import Action, Cancel, Hold, Modify, Place, Reason, Replace
from reconciler.planner.context import PlanPolicy, book_of

__all__ = ["guard_approval"]


def guard_approval(actions: Sequence[Action], policy: PlanPolicy) -> list[Action]:
    """Hold everything that would touch the venue for a book which is not approved."""
    return [_guarded(action, policy) for action in actions]


def _guarded(action: Action, policy: PlanPolicy) -> Action:
    if not isinstance(action, Place | Modify | Replace | Cancel):
        return action
    is_approved = policy.approves(action.address)
    if isinstance(action, Modify):
        is_approved = is_approved and policy.approves(action.origin)
    return action if is_approved else _held(action)


def _held(action: Place | Modify | Replace | Cancel) -> Hold:
    return Hold(
        address=action.address,
        reason=Reason.NOT_APPROVED,
        why=f"What book {book_of(action.address)} says now was not approved by a person.",
        lifted_by="Approve its intent id (`reconciler plan` prints it): "
        "`reconciler apply --approve INTENT_ID`.",
        before=None if isinstance(action, Place) else action.before,
        after=None if isinstance(action, Cancel) else action.after,
        source=action.source,
    )
