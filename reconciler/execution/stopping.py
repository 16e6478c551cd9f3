"""What answers to one request say about the next: a refusal that would meet it as well ends a run.

Pure. What comes next would be refused too, and may cost as much as an order that is taken, or count
against its order; the next run tries again, with what is most urgent first.
"""

from collections.abc import Sequence

from reconciler.diagnostics import display
from reconciler.model.outcome import Outcome, Rejected, RejectReason

__all__ = ["leaves_orders", "refusal_of_all"]

_BUSY = frozenset({RejectReason.NOT_NOW, RejectReason.EXPIRED})


def refusal_of_all(outcomes: Sequence[Outcome]) -> str:
    """Return why nothing more should be sent at the account, empty when it may go on."""
    rejected = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
    for outcome in rejected:
        if outcome.reason is RejectReason.AUTHORITY:
            return f"The venue does not let this key do it: {display(outcome.text)}"
    busy = [outcome for outcome in rejected if outcome.reason in _BUSY]
    if busy and len(busy) == len(outcomes):
        return f"The venue takes nothing at the moment: {display(busy[0].text)}"
    if any(outcome.reason is RejectReason.BUDGET for outcome in rejected):
        return "The account has no requests left at the venue."
    return ""


def leaves_orders(outcomes: Sequence[Outcome]) -> bool:
    """Say whether orders that were to be cancelled still rest: refused, and not for being gone."""
    return any(
        isinstance(outcome, Rejected) and outcome.reason is not RejectReason.ORDER_GONE
        for outcome in outcomes
    )
