"""Signatures of L1 actions: msgpack, keccak-256 and EIP-712 over secp256k1.

Pure, and the only door to eth-account and msgpack. Importing it takes a quarter of a second, so
only what sends imports it, ahead of time in a thread (`warm_up` of the adapter). Deterministic: the
same bytes and key give the same signature, so that none is ever stored. Source:
for-developers/api/signing, checked 2026-08-22.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import msgpack
from eth_account import Account
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey
from eth_utils.exceptions import ValidationError

from reconciler.diagnostics import Diagnostic
from reconciler.errors import CredentialsProblem
from reconciler.secret import Secret

__all__ = [
    "L1Action",
    "Signature",
    "Signer",
    "connection_id",
    "hashed_bytes",
    "recover",
]

# EIP-712 domain {name "Exchange", version "1", chainId 1337, verifyingContract 0}, and the type
# Agent(string source,bytes32 connectionId): both hashed once and for all.
_DOMAIN = bytes.fromhex("d79297fcdf2ffcd4ae223d01edaa2ba214ff8f401d7c9300d995d17c82aa4040")
_TYPE = bytes.fromhex("26f05c2f7239b6983075e58321292d77b3aa173d19b27257ac96ab362570f508")
# keccak-256 of the source letters: "a" on the mainnet, "b" everywhere else.
_MAINNET = bytes.fromhex("3ac225168df54212a25c1c01fd35bebfea408fdac2e31ddd6f80a4bbf9a5f1cb")
_TESTNET = bytes.fromhex("b5553de315e0edf504d9150af82dafa5c4667fa618ed0a6f19c69b41166c5510")

KEY_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class L1Action:
    """What is hashed.

    Attributes:
        action: keys in the venue's order; no floats.
        nonce: in ms.
        vault_address: the vault or sub-account acted for, in lower case.
        expires_at_ms: venue time.
    """

    action: Mapping[str, object]
    nonce: int
    vault_address: str | None = None
    expires_at_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An ECDSA signature with its recovery id, 27 or 28. A bearer token: never stored or shown."""

    r: int
    s: int
    v: int

    def __repr__(self) -> str:
        return "Signature(***)"


def hashed_bytes(payload: L1Action) -> bytes:
    """Return what the connection id is the hash of."""
    parts = [msgpack.packb(payload.action), payload.nonce.to_bytes(8), b"\0"]
    if payload.vault_address is not None:
        parts[-1] = b"\1" + bytes.fromhex(payload.vault_address[2:])
    if payload.expires_at_ms is not None:
        parts.append(b"\0" + payload.expires_at_ms.to_bytes(8))
    return b"".join(parts)


def connection_id(payload: L1Action) -> bytes:
    """Return the hash that names an action."""
    return keccak(hashed_bytes(payload))


def _digest(payload: L1Action, *, is_mainnet: bool) -> bytes:
    source = _MAINNET if is_mainnet else _TESTNET
    return keccak(b"\x19\x01" + _DOMAIN + keccak(_TYPE + source + connection_id(payload)))


class Signer:
    """A key that signs for an account; shows its address and nothing else."""

    __slots__ = ("__key", "address")

    def __init__(self, key: Secret) -> None:
        """Take 64 hex digits, with or without ``0x``; raises `CredentialsProblem`."""
        self.__key = _private_key(key)
        self.address: str = self.__key.public_key.to_address()

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def sign(self, payload: L1Action, *, is_mainnet: bool) -> Signature:
        """Return the signature, valid on one kind of network only."""
        digest = _digest(payload, is_mainnet=is_mainnet)
        signed = Account.unsafe_sign_hash(digest, private_key=self.__key)
        return Signature(r=signed.r, s=signed.s, v=signed.v)

    def signed_body(self, body: str, *, is_mainnet: bool) -> bytes:
        """Return an unsigned request's text with its signature added: exactly what is sent.

        What is signed is read from the text, so that what was recorded is what is signed and sent.
        """
        request = json.loads(body, parse_float=Decimal)
        payload = L1Action(
            action=request["action"],
            nonce=request["nonce"],
            vault_address=request["vaultAddress"],
            expires_at_ms=request["expiresAfter"],
        )
        signature = self.sign(payload, is_mainnet=is_mainnet)
        # Padded to 32 bytes; the venue takes shorter hex too.
        wire = f'{{"r":"0x{signature.r:064x}","s":"0x{signature.s:064x}","v":{signature.v}}}'
        return f'{body[:-1]},"signature":{wire}}}'.encode()


def recover(payload: L1Action, signature: Signature, *, is_mainnet: bool) -> str:
    """Return the address whose key made a signature, in lower case: what the venue does."""
    address: str = Account._recover_hash(
        _digest(payload, is_mainnet=is_mainnet), vrs=(signature.v, signature.r, signature.s)
    )
    return address.lower()


def _private_key(key: Secret) -> PrivateKey:
    digits = key.reveal().strip().removeprefix("0x")
    try:
        if len(digits) != KEY_DIGITS:
            raise ValueError
        private = PrivateKey(bytes.fromhex(digits))
        private.public_key.to_address()
    except (ValueError, ValidationError):
        # The cause would carry the key.
        raise CredentialsProblem(
            Diagnostic(
                code="key-malformed",
                summary="The signing key is not a private key.",
                why="A private key is 64 hex digits, with or without `0x` in front.",
                next_step="Check where `signer` in reconciler.yaml takes it from.",
            )
        ) from None
    return private
