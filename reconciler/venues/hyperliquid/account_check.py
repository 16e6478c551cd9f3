"""Whether the account and the key of a venue entry are what the project file says they are.

An agent's address in place of the account's reads as an account without orders, and a key of
another network or account is refused only when something is sent: so ask first. Source: `userRole`,
for-developers/api/info-endpoint and nonces-and-api-wallets, checked 2026-08-22.
"""

from reconciler.diagnostics import Diagnostic
from reconciler.model.config import VenueSettings
from reconciler.venues.asking import Problem
from reconciler.venues.hyperliquid.authority import (
    agent_of,
    ending_agent,
    master_key_refused,
    master_of,
    wrong_account,
    wrong_signer,
)
from reconciler.venues.hyperliquid.info import Info
from reconciler.venues.hyperliquid.replies.account import Role

__all__ = ["check_account"]


async def check_account(
    info: Info, settings: VenueSettings, signer: str | None, now_ms: int
) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the account, and with the signer's address where there is one."""
    role = await info.role(info.account)
    if isinstance(role, Problem):
        return (_unchecked(settings, role),)
    wrong = wrong_account(settings, role)
    if wrong is not None:
        return (wrong,)
    if signer is None:
        return ()
    master = master_of(info.account, role)
    if signer == master:
        return () if settings.allow_master else (master_key_refused(settings),)
    signer_role = await info.role(signer)
    if isinstance(signer_role, Problem):
        return (_unchecked(settings, signer_role),)
    wrong = wrong_signer(settings, signer_role, master)
    if wrong is not None:
        return (wrong,)
    return await _ending(info, settings, signer, signer_role, now_ms)


async def _ending(
    info: Info, settings: VenueSettings, signer: str, role: Role, now_ms: int
) -> tuple[Diagnostic, ...]:
    """Say when the approval of an agent ends; a list that cannot be read stands in nobody's way."""
    if role.name != "agent":
        return ()
    agents = await info.agents(role.owner)
    if isinstance(agents, Problem):
        return ()
    found = ending_agent(settings, agent_of(agents, signer), now_ms)
    return () if found is None else (found,)


def _unchecked(settings: VenueSettings, problem: Problem) -> Diagnostic:
    return Diagnostic(
        code="account-unchecked",
        summary="The account could not be checked.",
        why=f"{problem}.",
        next_step="Try again when the venue answers.",
        span=settings.source,
    )
