"""Who sent a request: HMAC over method, host, path and query exactly as they were received.

Source: HTX's documentation, "Steps for Signature" (checked 2025-11). The parameters of the URL are
decoded, sorted and encoded again, so their order is free and their encoding is not: a text which
was signed with `%3a` or with a bare colon does not verify.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus

from reconciler.simulator.http import Request
from reconciler.simulator.htx.accounts import Account, Key
from reconciler.simulator.htx.errors import refused
from reconciler.simulator.htx.world import World

SIGNATURE = "Signature"
METHOD, VERSION = "HmacSHA256", "2"
STALE = 403
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
STAMP_FORMAT = "%Y-%m-%dT%H:%M:%S"
MS_PER_S = 1000

Verify = Callable[[str, str, str], bool]
"""Tells whether a signature fits a secret and a canonical text, in this order: secret, text, it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request acts for."""

    account: Account
    key: Key


def hmac_signature(secret: str, text: str, signature: str) -> bool:
    """Tell whether a signature is the base64 of HMAC-SHA256 over its 32 bytes."""
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    wanted = base64.b64encode(digest)
    return hmac.compare_digest(wanted, signature.encode("utf-8", "surrogatepass"))


def signature_believed(secret: str, text: str, signature: str) -> bool:
    """Believe any signature; the access key alone tells the account."""
    return bool(signature)


def parameters(query: str) -> list[tuple[str, str]]:
    """Return the parameters of a query, decoded; a raw `+` reads as a space."""
    pairs = (each.partition("=") for each in query.split("&") if each)
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]


def canonical_text(request: Request) -> str:
    """Return the text which has to be signed for a request as it was received."""
    pairs = sorted(pair for pair in parameters(request.query) if pair[0] != SIGNATURE)
    query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)
    host = request.headers.get("host", "").lower()
    return "\n".join((request.method.upper(), host, request.path, query))


def authenticate(world: World, request: Request, verify: Verify) -> Caller:
    """Tell who signed a request.

    Raises:
        Refused: nobody known did, or not now.
    """
    sent = dict(parameters(request.query))
    found = world.keys.get(_required(sent, "AccessKeyId", 12007))
    if found is None:
        raise refused(403, "access key")
    if sent.get("SignatureMethod") != METHOD:
        raise refused(12003)
    if sent.get("SignatureVersion") != VERSION:
        raise refused(12002)
    _check_stamp(world, _required(sent, "Timestamp", 12006))
    account, key = found
    signature = _required(sent, SIGNATURE, 12008)
    if not verify(key.secret, canonical_text(request), signature):
        raise refused(403, "verification failure")
    return Caller(account, key)


def _required(sent: Mapping[str, str], name: str, code: int) -> str:
    value = sent.get(name)
    if not value:
        raise refused(code, name)
    return value


def _check_stamp(world: World, stamp: str) -> None:
    at_ms = _parsed(stamp)
    if at_ms is None:
        raise refused(12001, "YYYY-MM-DDThh:mm:ss in UTC")
    if abs(world.now_ms - at_ms) > world.switches.clock_tolerance_ms:
        raise refused(12001 if world.switches.stale_stamp_is_12001 else STALE, "timestamp")


def _parsed(stamp: str) -> int | None:
    if not STAMP.fullmatch(stamp):
        return None
    try:
        return calendar.timegm(time.strptime(stamp, STAMP_FORMAT)) * MS_PER_S
    except ValueError:
        return None


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~", encoding="utf-8", errors="surrogatepass")
