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
from reconciler.model.event import Event, Resolved
from reconciler.model.snapshot import Found, VenueSnapshot
from reconciler.model.state import State
from reconciler.planner.sequence import Step
from reconciler.ports import Progress, Venue

__all__ = ["RULE", "check_account", "refuse_another_account", "rests_on_the_key"]

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
    assert look.planned is not None, "only a planned look is carried out"
    # A cancel names an order: another account has none by that name.
    places = any(step.kind is not BatchKind.CANCEL for step in steps)
    is_allowed = RULE in look.planned.context.policy.allow
    if (places or rests_on_the_key(venue, look.seen)) and not is_allowed:
        refuse_another_account(venue, look.stored, look.snapshot)


def rests_on_the_key(venue: Venue, events: Sequence[Event]) -> bool:
    """Say whether it was concluded from something not being there, where only the key says where.

    That nothing is there proves something only of the account to which it was sent.
    """
    return venue.capabilities.account_is_key and any(
        isinstance(event, Resolved) and event.verdict != "found" for event in events
    )


def refuse_another_account(
    venue: Venue, stored: State, snapshot: VenueSnapshot, *, command: str = "apply"
) -> None:
    """Raise `CredentialsProblem` when the key is a new one and knows no order on record."""
    if not venue.capabilities.account_is_key:
        return
    signer = venue.signer_address()
    keys = {stored.signer, *(intent.signer for intent in stored.intents.values())} - {"", signer}
    if not keys or _shows_ours(stored, snapshot):
        return
    raise CredentialsProblem(
        Diagnostic(
            code="account-unproven",
            summary="The key is a new one, and nothing shows that it is of the same account.",
            where=f"venue entry {stored.venue}",
            why=f"The last order was placed with {', '.join(sorted(keys))}, this key is {signer}, "
            "and it shows no order of ours. Nothing was sent.",
            next_step="If the key is of the same account, say so once:\n"
            f"reconciler {command} --allow {RULE}",
        )
    )


def _shows_ours(stored: State, snapshot: VenueSnapshot) -> bool:
    """Say whether the account that was read has an order that is on record."""
    recorded = {
        (placement.client_order_id, leg.venue_order_id)
        for placement in stored.placements.values()
        for leg in placement.legs
    }
    found = [each.order for each in snapshot.statuses.values() if isinstance(each, Found)]
    orders = (*snapshot.resting, *found)
    return any((order.client_order_id, order.venue_order_id) in recorded for order in orders)
