"""Signatures of HTX: HMAC-SHA256 over method, host, path and query.

Pure. The body of a POST is not part of it, so that a signed address lets whoever has it send any
order until its time has passed: it is built at the last moment, and never shown. Source: HTX open
platform, swap_order page 5d519ef5 and its signature chapter, checked 2025-11-26; proven by known
answers (`tests/data/htx_signing_vectors.json`).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from reconciler.secret import Secret

__all__ = ["KeyPair", "canonical_text", "fingerprint", "signature", "signed_path", "timestamp"]

FINGERPRINT_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """The two halves of an API key; the first one is sent, the second one never."""

    access: Secret
    secret: Secret


def timestamp(at_ms: int) -> str:
    """Return a venue time as the venue wants it: UTC to the second, no zone, cut off."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=at_ms // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def canonical_text(method: str, host: str, path: str, query: Mapping[str, str]) -> str:
    """Return the text that is signed; `query` is everything in the address but the signature.

    `host` has the port where the request's Host header has one.
    """
    assert method.isupper(), "the method is in upper case"
    assert path.startswith("/"), "a path begins with a slash"
    assert not path.startswith("//"), "a path begins with one slash"
    return "\n".join((method, host.lower(), path, _encoded(query)))


def signature(secret: Secret, text: str) -> str:
    """Return the signature of a canonical text: base64 of the 32 bytes themselves."""
    digest = hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def signed_path(
    keys: KeyPair, method: str, host: str, path: str, *, stamp: str, **more: str
) -> str:
    """Return path and query of a signed request. Never show, log or store it.

    Args:
        stamp: of `timestamp`.
        more: business parameters, of a GET alone.
    """
    query = {
        "AccessKeyId": keys.access.reveal(),
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        "Timestamp": stamp,
        **more,
    }
    signed = signature(keys.secret, canonical_text(method, host, path, query))
    return f"{path}?{_encoded(query)}&Signature={_escaped(signed)}"


def fingerprint(keys: KeyPair) -> str:
    """Return a public name of a key pair, from which the key cannot be told."""
    digest = hashlib.sha256(keys.access.reveal().encode()).hexdigest()
    return f"key-{digest[:FINGERPRINT_DIGITS]}"


def _encoded(query: Mapping[str, str]) -> str:
    return "&".join(f"{_escaped(name)}={_escaped(query[name])}" for name in sorted(query))


def _escaped(text: str) -> str:
    # RFC 3986: upper-case hex, a space is %20, only unreserved characters stay.
    return quote(text, safe="-_.~")
