"""Whether the account and the key of a venue entry are what the project file says they are.

An agent's address in place of the account's reads as an account without orders, and a key of
another network or account is refused only when something is sent: so ask first. Source: `userRole`,
for-developers/api/info-endpoint and nonces-and-api-wallets, checked 2026-08-22.
"""

from typing import Final

from reconciler.diagnostics import Diagnostic
from reconciler.model.config import VenueSettings
from reconciler.venues.asking import Problem
from reconciler.venues.hyperliquid.info import Info
from reconciler.venues.hyperliquid.replies.account import Role

__all__ = ["check_account", "master_key_refused"]

ROLE_OF_KIND: Final = {"user": "user", "vault": "vault", "sub_account": "subAccount"}


async def check_account(
    info: Info, settings: VenueSettings, signer: str | None
) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the account, and with the signer's address where there is one."""
    role = await info.role(info.account)
    if isinstance(role, Problem):
        return (_unchecked(settings, role),)
    wrong = _wrong_account(settings, role)
    if wrong is not None:
        return (wrong,)
    if signer is None:
        return ()
    # The account that agents are approved by; a vault does not say who leads it.
    master = {"user": info.account, "subAccount": role.owner}.get(role.name, "")
    if signer == master:
        return () if settings.allow_master else (master_key_refused(settings),)
    signer_role = await info.role(signer)
    if isinstance(signer_role, Problem):
        return (_unchecked(settings, signer_role),)
    wrong = _wrong_signer(settings, signer_role, master)
    return () if wrong is None else (wrong,)


def master_key_refused(settings: VenueSettings) -> Diagnostic:
    """Return the error of a key that could also withdraw."""
    return _diagnostic(
        settings,
        code="master-key",
        summary="The signing key is the account's own.",
        why="That key can withdraw everything; an agent's key can only trade.",
        next_step="Approve an agent wallet for the account and use its key, "
        "or set `signer.allow_master: true`.",
    )


def _wrong_account(settings: VenueSettings, role: Role) -> Diagnostic | None:
    if role.name == ROLE_OF_KIND.get(settings.account_kind):
        return None
    if role.name == "agent":
        return _diagnostic(
            settings,
            code="account-is-agent",
            summary="The account is an agent's address.",
            why="An agent has no orders of its own: every read would be empty. "
            f"It acts for {role.owner}.",
            next_step="Write the address it acts for as `account`.",
        )
    if role.name == "missing":
        return _diagnostic(
            settings,
            code="account-missing",
            summary="The venue does not know the account.",
            why=f"Nothing was ever deposited to it on {settings.network}.",
            next_step="Check the address and the network.",
        )
    return _diagnostic(
        settings,
        code="account-kind-differs",
        summary="The account is of another kind.",
        why=f"`account_kind` is `{settings.account_kind}`, and the venue says otherwise.",
        next_step="Set `account_kind` to `user`, `vault` or `sub_account`, whichever it is.",
    )


def _wrong_signer(settings: VenueSettings, role: Role, master: str) -> Diagnostic | None:
    if role.name == "agent" and master in ("", role.owner):
        return None
    if role.name == "agent":
        return _diagnostic(
            settings,
            code="agent-of-another",
            summary="The signing key belongs to another account's agent.",
            why=f"It acts for {role.owner}.",
            next_step="Approve an agent for this account and use its key.",
        )
    if role.name == "missing":
        return _diagnostic(
            settings,
            code="agent-not-approved",
            summary="The signing key's address is not an approved agent.",
            why=f"It was never approved on {settings.network}, or its approval has ended.",
            next_step="Approve it as an agent of the account, or check the network and the key.",
        )
    if settings.allow_master and master == "":
        return None
    return master_key_refused(settings)


def _unchecked(settings: VenueSettings, problem: Problem) -> Diagnostic:
    return _diagnostic(
        settings,
        code="account-unchecked",
        summary="The account could not be checked.",
        why=f"{problem}.",
        next_step="Try again when the venue answers.",
    )


def _diagnostic(
    settings: VenueSettings, *, code: str, summary: str, why: str, next_step: str
) -> Diagnostic:
    return Diagnostic(
        code=code, summary=summary, why=why, next_step=next_step, span=settings.source
    )
