"""The envelope around an action, and the ways to learn who signed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reconciler.simulator.hl_actions import (
    Action,
    ApproveAgent,
    ApproveBuilderFee,
    Cancel,
    Modify,
    Order,
)
from reconciler.simulator.hl_signing import (
    APPROVE_AGENT,
    APPROVE_AGENT_FIELDS,
    APPROVE_BUILDER_FEE,
    APPROVE_BUILDER_FEE_FIELDS,
    Network,
    SignedPart,
    Unrecoverable,
    recover,
    recover_l1,
    user_digest,
)
from reconciler.simulator.hl_wire import Malformed, parse_action, parse_address, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One body of `/exchange`, parsed.

    Attributes:
        signature: as sent; only who recovers the signer looks into it.
        vault: lower-case address of the vault or sub-account acted for.
        expires_after_ms: absolute time after which the action must not be executed.
    """

    action: Action
    nonce: int
    signature: Any
    vault: str | None
    expires_after_ms: int | None

    @property
    def is_user_signed(self) -> bool:
        """Tell whether only the account itself may sign this."""
        return isinstance(self.action, (ApproveAgent, ApproveBuilderFee))

    @property
    def is_cancel(self) -> bool:
        """Tell whether the larger budget of cancels applies."""
        return isinstance(self.action, Cancel)

    @property
    def cost(self) -> int:
        """Count the requests by address: a batch costs its length."""
        return max(batch_length(self.action), 1)


Recover = Callable[[Envelope, Network], str]
"""Tells the lower-case address which signed an envelope; raises `Unrecoverable`."""


def batch_length(action: Action) -> int:
    """Return how many orders, cancels or modifies an action carries; 0 when it is no batch."""
    if isinstance(action, Order):
        return len(action.orders)
    if isinstance(action, Cancel):
        return len(action.cancels)
    return len(action.modifies) if isinstance(action, Modify) else 0


def parse_envelope(body: Any) -> Envelope:
    """Parse a body of `/exchange`.

    Raises:
        Malformed: it is no envelope.
    """
    if not isinstance(body, dict):
        raise Malformed("an envelope is an object")
    vault = body.get("vaultAddress")
    expires = body.get("expiresAfter")
    if not isinstance(body.get("signature"), dict):
        raise Malformed("an envelope carries a signature")
    return Envelope(
        action=parse_action(body.get("action")),
        nonce=whole(body, "nonce"),
        signature=body["signature"],
        vault=None if vault is None else parse_address(vault),
        expires_after_ms=None if expires is None else whole(body, "expiresAfter"),
    )


def recover_signer(envelope: Envelope, network: Network) -> str:
    """Recover who signed an envelope, from the canonical form of its action.

    Raises:
        Unrecoverable: r, s or v is no part of a signature.
    """
    action = envelope.action
    if isinstance(action, ApproveAgent):
        message = {
            "hyperliquidChain": action.chain,
            "agentAddress": action.agent,
            "agentName": action.name,
            "nonce": action.nonce,
        }
        digest = user_digest(APPROVE_AGENT, APPROVE_AGENT_FIELDS, message, action.chain_id)
        return recover(digest, envelope.signature)
    if isinstance(action, ApproveBuilderFee):
        message = {
            "hyperliquidChain": action.chain,
            "maxFeeRate": action.rate,
            "builder": action.builder,
            "nonce": action.nonce,
        }
        fields = APPROVE_BUILDER_FEE_FIELDS
        digest = user_digest(APPROVE_BUILDER_FEE, fields, message, action.chain_id)
        return recover(digest, envelope.signature)
    part = SignedPart(
        nonce=envelope.nonce, vault=envelope.vault, expires_after_ms=envelope.expires_after_ms
    )
    return recover_l1(action.canonical(), part, envelope.signature, network)


def signer_in_field(envelope: Envelope, network: Network) -> str:
    """Believe `{"signer": "0x..."}` in place of a signature: for simulations in process.

    Raises:
        Unrecoverable: the field is missing.
    """
    assert network, "every venue has a network"
    signer = envelope.signature.get("signer")
    if not isinstance(signer, str):
        raise Unrecoverable("signature has no field signer")
    return signer.lower()
