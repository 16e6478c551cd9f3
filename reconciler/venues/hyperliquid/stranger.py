"""Whose address the venue named when it refused a signer: the key's own, or what a form gives.

Pure. The venue recovers an address from the signature and what it hashed. When it hashed something
else than was signed, a stranger's address comes out, another one each time. Signing is
deterministic, so that the signature of a request on record can be made again, and every form that
the venue may have hashed can be tried until one gives the address it named. Source:
for-developers/api/signing, checked 2026-08-22.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from reconciler.model.numbers import format_decimal
from reconciler.venues.hyperliquid.signing import L1Action, Signer, hashed_bytes, recover

__all__ = ["Form", "named_address", "reproduced"]

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
# Each kind of object with its keys in the order in which the venue hashes them.
_KEY_ORDERS: Final = (
    ("type", "oid", "orders", "order", "cancels", "modifies", "grouping", "builder", "a", "f"),
    ("a", "b", "p", "s", "r", "t", "c"),
    ("isMarket", "triggerPx", "tpsl"),
    ("a", "o"),
    ("asset", "cloid"),
    ("b", "f"),
)
_NUMBERS: Final = frozenset({"p", "s", "triggerPx"})
# Absent when they are false.
_FLAGS: Final = frozenset({"a", "f"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way in which the venue may have read a request.

    Attributes:
        what: what differs from what was signed, a clause.
    """

    what: str
    payload: L1Action
    is_mainnet: bool


def named_address(text: str) -> str | None:
    """Return the address that a refusal names, in lower case."""
    found = _ADDRESS.search(text)
    return found.group().lower() if found else None


def reproduced(
    address: str, body: str, signer: Signer, *, is_mainnet: bool, account: str
) -> str | None:
    """Say in which form the venue must have read a request to name this address, or None.

    Args:
        body: the unsigned request, as it is on record.
        account: the vault or sub-account the venue may have taken it for.
    """
    payload = _payload(body)
    if payload is None:
        return None
    signature = signer.sign(payload, is_mainnet=is_mainnet)
    for form in _forms(payload, is_mainnet, account):
        if recover(form.payload, signature, is_mainnet=form.is_mainnet) == address:
            return form.what
    return None


def _payload(body: str) -> L1Action | None:
    """Return what was signed, or None where the text is not one of our requests."""
    try:
        request = json.loads(body, parse_float=Decimal)
    except ValueError:
        return None
    if not isinstance(request, dict) or not isinstance(request.get("action"), dict):
        return None
    nonce = request.get("nonce")
    vault, expires_at_ms = request.get("vaultAddress"), request.get("expiresAfter")
    if not isinstance(nonce, int) or not isinstance(expires_at_ms, int | None):
        return None
    is_vault = vault is None or (isinstance(vault, str) and _ADDRESS.fullmatch(vault) is not None)
    return (
        L1Action(
            action=request["action"], nonce=nonce, vault_address=vault, expires_at_ms=expires_at_ms
        )
        if is_vault
        else None
    )


def _forms(payload: L1Action, is_mainnet: bool, account: str) -> Iterator[Form]:
    """Yield what may differ, alone first, then together with the network."""
    canonical = replace(payload, action=_canonical(payload.action))
    other = replace(payload, vault_address=None if payload.vault_address else account)
    single = (
        ("in the form that was signed", payload),
        ("with its fields in another order, or a number or id spelt otherwise", canonical),
        ("for another vault or sub-account, or for none", other),
        ("without its expiry", replace(payload, expires_at_ms=None)),
    )
    signed = hashed_bytes(payload)
    for what, each in single:
        if hashed_bytes(each) != signed:
            yield Form(what=what, payload=each, is_mainnet=is_mainnet)
    network = "mainnet" if not is_mainnet else "testnet"
    for what, each in single:
        also = "" if each is payload else f", and {what}"
        yield Form(what=f"as one for the {network}{also}", payload=each, is_mainnet=not is_mainnet)


def _canonical(action: Mapping[str, object]) -> Mapping[str, object]:
    """Return an action as the venue would write it out again before hashing."""
    found = _rewritten(action, "")
    assert isinstance(found, Mapping), "an object stays an object"
    return found


def _rewritten(value: object, key: str) -> object:
    if isinstance(value, Mapping):
        kept = {
            name: item
            for name, item in value.items()
            if item is not None and not (name in _FLAGS and item is False)
        }
        order = next((known for known in _KEY_ORDERS if kept.keys() <= set(known)), tuple(kept))
        return {name: _rewritten(kept[name], name) for name in order if name in kept}
    if isinstance(value, list):
        return [_rewritten(item, key) for item in value]
    return _spelt(value, key) if isinstance(value, str) else value


def _spelt(text: str, key: str) -> str:
    if text.startswith(("0x", "0X")):
        return text.lower()
    if key not in _NUMBERS:
        return text
    try:
        return format_decimal(Decimal(text))
    except InvalidOperation:
        return text
