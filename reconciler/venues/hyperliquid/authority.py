"""Who may sign for whom, and until when: what roles and agents say about a venue entry.

Pure. Source: for-developers/api/nonces-and-api-wallets and info-endpoint, checked 2026-08-22.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.config import VenueSettings
from reconciler.venues.hyperliquid.replies.account import Agent, Role

__all__ = [
    "agent_of",
    "ending_agent",
    "master_key_refused",
    "master_of",
    "moment",
    "wrong_account",
    "wrong_signer",
]

ROLE_OF_KIND: Final = {"user": "user", "vault": "vault", "sub_account": "subAccount"}
DAY_MS: Final = 24 * 60 * 60 * 1000
# An approval that ends within this time is told: nobody should learn it from a refusal.
SOON_MS: Final = 7 * DAY_MS


def wrong_account(settings: VenueSettings, role: Role) -> Diagnostic | None:
    """Return what is wrong with an account of this role, or None."""
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


def master_of(account: str, role: Role) -> str:
    """Return the account that agents are approved by; empty for a vault: its leader is not told."""
    return {"user": account, "subAccount": role.owner}.get(role.name, "")


def wrong_signer(settings: VenueSettings, role: Role, master: str) -> Diagnostic | None:
    """Return what is wrong with a key whose address has this role, or None."""
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


def agent_of(agents: Sequence[Agent], address: str) -> Agent | None:
    """Return the agent with an address; None for the unnamed one, which the venue does not list."""
    return next((agent for agent in agents if agent.address == address), None)


def ending_agent(settings: VenueSettings, agent: Agent | None, now_ms: int) -> Diagnostic | None:
    """Return the error of an approval that has ended, the warning of one that soon will, or None.

    The venue notices the end late: for some time it takes what such an agent signs.
    """
    until_ms = agent.valid_until_ms if agent is not None else None
    if until_ms is None or until_ms > now_ms + SOON_MS:
        return None
    is_over = until_ms <= now_ms
    name = f" `{agent.name}`" if agent is not None else ""
    return _diagnostic(
        settings,
        code="agent-expired" if is_over else "agent-expires-soon",
        summary="The approval of the agent has ended."
        if is_over
        else "The approval of the agent ends soon.",
        why=f"The agent{name} was approved until {moment(until_ms)}.",
        next_step="Approve an agent anew, with a new key: the address of one that was removed must "
        "never be used again, since what it signed could be replayed.",
        severity=Severity.ERROR if is_over else Severity.WARNING,
    )


def moment(at_ms: int) -> str:
    """Return a time for people; a venue may say any number."""
    try:
        at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)
    except OverflowError:
        return f"{at_ms} ms"
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _diagnostic(
    settings: VenueSettings,
    *,
    code: str,
    summary: str,
    why: str,
    next_step: str,
    severity: Severity = Severity.ERROR,
) -> Diagnostic:
    return Diagnostic(
        code=code,
        summary=summary,
        why=why,
        next_step=next_step,
        span=settings.source,
        severity=severity,
    )
