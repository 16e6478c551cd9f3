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

__all__ = ["approver_of", "check_account"]


async def check_account(
    info: Info, settings: VenueSettings, signer: str | None, now_ms: int
) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the account, and with the signer's address where there is one.

    A role weighs 60 of 1200 a minute, so that none is asked for that follows from another: whoever
    has an agent that signs without naming a vault is a user.
    """
    if signer is not None and signer != info.account and settings.account_kind == "user":
        found = await info.role(signer)
        if isinstance(found, Role) and (found.name, found.owner) == ("agent", info.account):
            return await _ending(info, settings, signer, found.owner, now_ms) or ()
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
    if settings.account_kind == "sub_account":
        ending = await _ending(info, settings, signer, master, now_ms)
        if ending is not None:
            return ending  # a named agent of the master signs for its sub-accounts
    return await _check_signer(info, settings, signer, master, now_ms)


async def approver_of(
    info: Info, settings: VenueSettings, signer: str | None
) -> str | Problem | None:
    """Return whose wallet approves builders: the account's own, or that of whoever it belongs to.

    A vault's leader is told by the agent that signs for it; None without one. Source: trading/
    builder-codes (the user's main wallet has to sign the approval), checked 2026-08-22.
    """
    if settings.account_kind == "user":
        return info.account
    asked = info.account if settings.account_kind == "sub_account" else signer
    if asked is None:
        return None
    role = await info.role(asked)
    if isinstance(role, Problem):
        return role
    if role.name == "user":
        return asked  # the leader's own key
    return role.owner or None


async def _check_signer(
    info: Info, settings: VenueSettings, signer: str, master: str, now_ms: int
) -> tuple[Diagnostic, ...]:
    role = await info.role(signer)
    if isinstance(role, Problem):
        return (_unchecked(settings, role),)
    wrong = wrong_signer(settings, role, master)
    if wrong is not None:
        return (wrong,)
    if role.name != "agent" or role.owner == master:
        return ()
    return await _ending(info, settings, signer, role.owner, now_ms) or ()


async def _ending(
    info: Info, settings: VenueSettings, signer: str, owner: str, now_ms: int
) -> tuple[Diagnostic, ...] | None:
    """Say when the approval of an agent ends; None when the owner's list does not show the agent.

    A list that cannot be read stands in nobody's way.
    """
    agents = await info.agents(owner)
    agent = None if isinstance(agents, Problem) else agent_of(agents, signer)
    if agent is None:
        return None
    found = ending_agent(settings, agent, now_ms)
    return () if found is None else (found,)


def _unchecked(settings: VenueSettings, problem: Problem) -> Diagnostic:
    return Diagnostic(
        code="account-unchecked",
        summary="The account could not be checked.",
        why=f"{problem}.",
        next_step="Try again when the venue answers.",
        span=settings.source,
    )
