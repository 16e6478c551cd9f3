"""Makes sure, before anything is sent, that the key acts for the account whose state this is.

Where a venue names the account of a key, its adapter compares. Where only the key says (HTX), the
state remembers the key of its last accepted request: another key has to show that it knows an order
of ours, or a person has to say that it is of the same account.
"""

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.errors import CredentialsProblem
from reconciler.execution.looking import Look
from reconciler.model.command import BatchKind
from reconciler.model.snapshot import Found
from reconciler.planner.sequence import Step
from reconciler.ports import Progress, Venue

__all__ = ["RULE", "check_account"]

RULE = "new-key"


async def check_account(
    venue: Venue, progress: Progress, look: Look, steps: Sequence[Step]
) -> None:
    """Raise `CredentialsProblem` when the key is wrong, or not shown to be of this account."""
    found = await venue.check_account()
    if any(diagnostic.severity is Severity.ERROR for diagnostic in found):
        raise CredentialsProblem(*found)
    for warning in found:
        progress.note(f"Warning: {warning.summary} {warning.why}")
    # A cancel names an order: another account has none by that name.
    if any(step.kind is not BatchKind.CANCEL for step in steps):
        _refuse_another_account(venue, look)


def _refuse_another_account(venue: Venue, look: Look) -> None:
    known, signer = look.settled.signer, venue.signer_address()
    if not venue.capabilities.account_is_key or known in ("", signer):
        return
    assert look.planned is not None, "only a planned look is carried out"
    if RULE in look.planned.context.policy.allow or _shows_ours(look):
        return
    raise CredentialsProblem(
        Diagnostic(
            code="account-unproven",
            summary="The key is a new one, and nothing shows that it is of the same account.",
            where=f"venue entry {look.settled.venue}",
            why=f"The last order was placed with {known}, this key is {signer}, and it shows no "
            "order of ours. Nothing was sent.",
            next_step="If the key is of the same account, say so once:\n"
            f"reconciler apply --allow {RULE}",
        )
    )


def _shows_ours(look: Look) -> bool:
    """Say whether the account that was read has an order that is on record."""
    recorded = {
        (placement.client_order_id, leg.venue_order_id)
        for placement in look.stored.placements.values()
        for leg in placement.legs
    }
    found = [each.order for each in look.snapshot.statuses.values() if isinstance(each, Found)]
    orders = (*look.snapshot.resting, *found)
    return any((order.client_order_id, order.venue_order_id) in recorded for order in orders)
