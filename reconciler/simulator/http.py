"""Requests and responses as values, so that sockets and in-process callers share one simulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

JSON_CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, read in full.

    Attributes:
        query: what stood behind the question mark, as it was sent.
        headers: lower-case names to values; of a repeated header the last counts.
        client_ip: whom the limits by address of the network are counted against.
    """

    method: str = "POST"
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": JSON_CONTENT_TYPE})
    body: bytes = b""
    client_ip: str = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One HTTP response, or its absence.

    Attributes:
        headers: lower-case names to values, beside the content type and the length.
        is_dropped: the connection closes without a reply; `status` and `body` are then what was
            withheld and must not be shown to the client.
        may_be_compressed: a server compresses the body for a client which accepts that.
        delay_ms: how long a server waits before it answers; in-process callers may ignore it.
    """

    status: int = 200
    content_type: str = JSON_CONTENT_TYPE
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_dropped: bool = False
    may_be_compressed: bool = False
    delay_ms: int = 0

    def json(self) -> Any:
        """Parse the body; raises `ValueError` when it is not JSON."""
        return json.loads(self.body)

    def dropped(self) -> Response:
        """Return the same response, withheld from the client."""
        return replace(self, is_dropped=True)


def json_response(value: Any, *, status: int = 200) -> Response:
    """Build a response with a compact JSON body."""
    return Response(status=status, body=json.dumps(value, separators=(",", ":")).encode())


def text_response(text: str, *, status: int) -> Response:
    """Build a plain text response, the form of errors below the protocol."""
    return Response(status=status, content_type="text/plain; charset=utf-8", body=text.encode())


def with_length(items: list[Any], count: int | None) -> list[Any]:
    """Cut a list, or stretch it by its last item; by default it loses one."""
    length = len(items) - 1 if count is None else count
    return items[:length] + [items[-1]] * max(0, length - len(items))
