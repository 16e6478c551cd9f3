"""Whose signature is it: the hash of an action, and the address which signed it.

Written from the page `signing` and proven by the published vectors of three SDKs; it shares nothing
with the code that signs. Elliptic curves are imported on first use, because in-process simulations
never need them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgpack

Network = Literal["local", "testnet", "mainnet"]

L1_DOMAIN_SEPARATOR = bytes.fromhex(
    "d79297fcdf2ffcd4ae223d01edaa2ba214ff8f401d7c9300d995d17c82aa4040"
)
AGENT_TYPE_HASH = bytes.fromhex("26f05c2f7239b6983075e58321292d77b3aa173d19b27257ac96ab362570f508")
DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
USER_DOMAIN_NAME = b"HyperliquidSignTransaction"
WORD_BYTES = 32
RECOVERY_OFFSET = 27

APPROVE_AGENT = "HyperliquidTransaction:ApproveAgent"
APPROVE_AGENT_FIELDS = (
    ("hyperliquidChain", "string"),
    ("agentAddress", "address"),
    ("agentName", "string"),
    ("nonce", "uint64"),
)
APPROVE_BUILDER_FEE = "HyperliquidTransaction:ApproveBuilderFee"
APPROVE_BUILDER_FEE_FIELDS = (
    ("hyperliquidChain", "string"),
    ("maxFeeRate", "string"),
    ("builder", "address"),
    ("nonce", "uint64"),
)


class Unrecoverable(Exception):
    """The signature is no point of the curve, or not a signature at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPart:
    """What an envelope adds to its action before hashing.

    Attributes:
        vault: lower case address.
        expires_after_ms: absolute time; None when absent.
    """

    nonce: int
    vault: str | None = None
    expires_after_ms: int | None = None


def source_letter(network: Network) -> str:
    """Return the letter of the phantom agent; a local venue is signed for like the testnet."""
    return "a" if network == "mainnet" else "b"


def chain_name(network: Network) -> str:
    """Return what user-signed actions name the network."""
    return "Mainnet" if network == "mainnet" else "Testnet"


def connection_id(action: Mapping[str, Any], part: SignedPart) -> bytes:
    """Hash an action, in the order of its keys, with what its envelope adds."""
    data: bytes = msgpack.packb(action)
    data += part.nonce.to_bytes(8, "big")
    data += b"\x00" if part.vault is None else b"\x01" + bytes.fromhex(part.vault[2:])
    if part.expires_after_ms is not None:
        data += b"\x00" + part.expires_after_ms.to_bytes(8, "big")
    return keccak(data)


def l1_digest(connection: bytes, letter: str) -> bytes:
    """Return the EIP-712 digest of the phantom agent which stands for an action."""
    agent = keccak(AGENT_TYPE_HASH + keccak(letter.encode()) + connection)
    return keccak(b"\x19\x01" + L1_DOMAIN_SEPARATOR + agent)


def recover_l1(
    action: Mapping[str, Any], part: SignedPart, signature: Any, network: Network
) -> str:
    """Return the lower-case address which signed a canonical action.

    Raises:
        Unrecoverable: r, s or v is no part of a signature.
    """
    digest = l1_digest(connection_id(action, part), source_letter(network))
    return recover(digest, signature)


def user_digest(
    primary_type: str,
    fields: Sequence[tuple[str, str]],
    message: Mapping[str, Any],
    chain_id: int,
) -> bytes:
    """Return the EIP-712 digest of a user-signed action.

    Args:
        fields: name and type in order; types are string, address, bool and unsigned integers.
    """
    listed = ",".join(f"{kind} {name}" for name, kind in fields)
    encoded = keccak(f"{primary_type}({listed})".encode())
    encoded += b"".join(_word(message[name], kind) for name, kind in fields)
    domain = keccak(
        keccak(DOMAIN_TYPE)
        + keccak(USER_DOMAIN_NAME)
        + keccak(b"1")
        + chain_id.to_bytes(WORD_BYTES, "big")
        + bytes(WORD_BYTES)
    )
    return keccak(b"\x19\x01" + domain + keccak(encoded))


def recover(digest: bytes, signature: Any) -> str:
    """Return the lower-case address which signed a digest.

    Accepts `r` and `s` without leading zeros, as the official Python SDK writes them.

    Raises:
        Unrecoverable: r, s or v is no part of a signature.
    """
    from eth_keys.datatypes import Signature  # noqa: PLC0415 - slow to import, often unused
    from eth_keys.exceptions import BadSignature  # noqa: PLC0415
    from eth_utils.exceptions import ValidationError  # noqa: PLC0415

    try:
        r, s, v = int(signature["r"], 16), int(signature["s"], 16), signature["v"]
        parsed = Signature(vrs=(v - RECOVERY_OFFSET, r, s))
        return parsed.recover_public_key_from_msg_hash(digest).to_address()
    except (BadSignature, ValidationError, ValueError, TypeError, KeyError) as error:
        raise Unrecoverable("r, s or v is no part of a signature") from error


def keccak(data: bytes) -> bytes:
    """Hash with Keccak-256."""
    from eth_utils.crypto import keccak as hash_bytes  # noqa: PLC0415 - as above

    return bytes(hash_bytes(data))


def _word(value: Any, kind: str) -> bytes:
    """Encode one field of a user-signed message as a 32-byte word."""
    if kind == "string":
        return keccak(str(value).encode())
    if kind == "address":
        return bytes.fromhex(str(value)[2:]).rjust(WORD_BYTES, b"\x00")
    return int(value).to_bytes(WORD_BYTES, "big")
