"""Who may act for which account, and which nonce has been used.

Source: pages `nonces-and-api-wallets` and `exchange-endpoint` (checked 2026-08-22). Measured on
testnet 2026-09: a strange signer or vault is refused before admission; an admitted action uses its
nonce even when it has expired or every order in it is refused; the expiry of an agent is enforced
late, it worked on 15 minutes after it.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.simulator.accounts import Account
from reconciler.simulator.hl_envelope import Envelope
from reconciler.simulator.limits import budget_refusal, congestion_refusal, daily_refusal
from reconciler.simulator.nonces import NonceSet
from reconciler.simulator.world import World

EXPIRED_COST_FACTOR = 5
AGENT_GRACE_MS = 15 * 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether an action may be executed, and for whom.

    Attributes:
        account: set when the action was admitted to the chain, which used its nonce.
        refusal: text of the whole-action error; None when the action is to be executed.
    """

    account: Account | None = None
    refusal: str | None = None


def admit(world: World, envelope: Envelope, signer: str) -> Admission:
    """Decide about an action signed by its agent or account."""
    master = _master_of(world, signer)
    if master is None:
        return Admission(refusal=f"User or API Wallet {signer} does not exist.")
    account = master if envelope.vault is None else _vault_of(world, master, envelope.vault)
    if account is None:
        return Admission(refusal=f"Vault not registered: {envelope.vault}")
    return _spend(world, envelope, signer, account)


def admit_user_signed(world: World, envelope: Envelope, signer: str) -> Admission:
    """Decide about an action which only the account itself may sign."""
    account = world.accounts.get(signer)
    if account is None:
        text = f"Must deposit before performing actions. User: {signer}"
        return Admission(refusal=text)
    if envelope.expires_after_ms is not None:
        return Admission(refusal="Action does not support expires_after")
    return _spend(world, envelope, signer, account)


def _master_of(world: World, signer: str) -> Account | None:
    account = world.accounts.get(signer)
    if account is not None:
        return account
    agent = world.agents.get(signer)
    if agent is None:
        return None
    if agent.valid_until_ms is not None and world.now_ms > agent.valid_until_ms + AGENT_GRACE_MS:
        return None
    return world.accounts.get(agent.master)


def _vault_of(world: World, master: Account, vault: str) -> Account | None:
    account = world.accounts.get(vault)
    if account is None or account.role == "user" or account.master != master.address:
        return None
    return account


def _spend(world: World, envelope: Envelope, signer: str, account: Account) -> Admission:
    """Use the nonce, then look at expiry and at the account's budget."""
    nonces = world.nonces.setdefault(signer, NonceSet())
    refusal = nonces.refusal(envelope.nonce, world.now_ms)
    if refusal is not None:
        return Admission(refusal=refusal)
    nonces.use(envelope.nonce, world.now_ms)
    expires_ms = envelope.expires_after_ms
    if expires_ms is not None and world.now_ms > expires_ms:
        account.requests += EXPIRED_COST_FACTOR * envelope.cost
        return Admission(account=account, refusal="Action already expired")
    refused = _busy(world, envelope, account)
    if refused is not None:
        return refused
    if world.switches.limit_addresses:
        refusal = budget_refusal(account, envelope.cost, world.now_ms, is_cancel=envelope.is_cancel)
        if refusal is not None:
            return Admission(account=account, refusal=refusal)
    account.requests += envelope.cost
    return Admission(account=account)


def _busy(world: World, envelope: Envelope, account: Account) -> Admission | None:
    """Refuse what an address may not have at the moment, by switch."""
    switches, cost = world.switches, envelope.cost
    if switches.daily_actions_max:
        text = daily_refusal(account, cost, world.now_ms, switches.daily_actions_max)
        if text is not None:
            return Admission(account=account, refusal=text)
    if not switches.congestion_items_max:
        return None
    text = congestion_refusal(account, cost, world.now_ms, switches.congestion_items_max)
    if text is None:
        return None
    if switches.congestion_reply == "expire":
        account.requests += EXPIRED_COST_FACTOR * cost
        text = "Action already expired"
    return Admission(account=account, refusal=text)
