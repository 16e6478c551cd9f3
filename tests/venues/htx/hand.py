"""A person at HTX who signs by hand: requests of the account that are none of the program's.

Signed apart from the adapter, by the venue's pages alone.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import quote

from reconciler.simulator import Request

__all__ = ["ACCESS", "SECRET", "asked_by_hand"]

ACCESS = "access-0123456789abcdef"
SECRET = "secret-fedcba9876543210"
HOST = "by.hand"


def asked_by_hand(name: str, body: dict[str, Any], at_ms: int) -> Request:
    """Return a signed request to a private path."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_ms // 1000))
    query = (
        f"AccessKeyId={ACCESS}&SignatureMethod=HmacSHA256&SignatureVersion=2"
        f"&Timestamp={quote(stamp, safe='')}"
    )
    path = f"/swap-api/v1/{name}"
    digest = hmac.new(SECRET.encode(), f"POST\n{HOST}\n{path}\n{query}".encode(), hashlib.sha256)
    signature = quote(base64.b64encode(digest.digest()).decode(), safe="")
    return Request(
        path=path,
        query=f"{query}&Signature={signature}",
        headers={"host": HOST},
        body=json.dumps(body).encode(),
    )
