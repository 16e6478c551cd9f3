"""Which books a run may act on: an unattended run only those whose intent a person approved."""

from collections.abc import Sequence

from reconciler.model.order import OrderAddress
from reconciler.model.plan import Action, Cancel, Hold, Modify, Place, Reason, Replace
from reconciler.planner.context import PlanPolicy

__all__ = ["book_of", "guard_approval"]


def book_of(address: OrderAddress) -> str:
    """Return the name of the book an address is in."""
    return address.split(".", 1)[0]


def guard_approval(actions: Sequence[Action], policy: PlanPolicy) -> list[Action]:
    """Hold everything that would touch the venue for a book which is not approved."""
    allowed = policy.approved_books
    if allowed is None:
        return list(actions)
    return [_held(action) if _needs_approval(action, allowed) else action for action in actions]


def _needs_approval(action: Action, allowed: frozenset[str]) -> bool:
    if not isinstance(action, Place | Modify | Replace | Cancel):
        return False
    books = {book_of(action.address)}
    if isinstance(action, Modify):
        books.add(book_of(action.origin))
    return not books <= allowed


def _held(action: Action) -> Hold:
    assert isinstance(action, Place | Modify | Replace | Cancel), "only these touch a venue"
    book = book_of(action.address)
    return Hold(
        address=action.address,
        reason=Reason.NOT_APPROVED,
        why=f"What book {book} says now was not approved by a person.",
        lifted_by="Approve its intent id (`reconciler plan` prints it): "
        "`reconciler apply --approve INTENT_ID`.",
        before=None if isinstance(action, Place) else action.before,
        after=None if isinstance(action, Cancel) else action.after,
        source=action.source,
    )
