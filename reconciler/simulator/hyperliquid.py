"""Hyperliquid's HTTP protocol: a decoded request in, a response out, deterministic.

Errors below the protocol as measured on testnet 2026-09: 415 without the content type, 400 when the
body is not JSON, 422 when it is not a known request, 429 over the limit, 500 for a bad argument.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.simulator.delivery import Answer, Decoded, Delivery
from reconciler.simulator.faults import Fault, FaultKind, VenueName
from reconciler.simulator.hl_accounts import run_scheduled_cancels
from reconciler.simulator.hl_envelope import batch_length, parse_envelope
from reconciler.simulator.hl_exchange import Gate, perform
from reconciler.simulator.hl_info import BadArgument, Reader, read
from reconciler.simulator.hl_wire import Malformed
from reconciler.simulator.http import (
    JSON_CONTENT_TYPE,
    Request,
    Response,
    json_response,
    text_response,
    with_length,
)
from reconciler.simulator.limits import IpLimiter, action_weight, items_weight, read_weight
from reconciler.simulator.world import World

EXCHANGE = "/exchange"
INFO = "/info"
BATCH_KEYS = ("orders", "cancels", "modifies")
ERROR_AFTER = 502
STATUSES: Mapping[FaultKind, int] = {
    "error_before": 500,
    "error_after": ERROR_AFTER,
    "rate_limited": 429,
    "maintenance": 503,
}
NOT_JSON = text_response("Failed to parse the request body as JSON", status=400)
NO_CONTENT_TYPE = text_response(
    f"Expected request with `Content-Type: {JSON_CONTENT_TYPE}`", status=415
)
NOT_DESERIALISED = text_response(
    "Failed to deserialize the JSON body into the target type", status=422
)
NOT_FOUND = text_response("Not Found", status=404)
WRONG_METHOD = text_response("Method Not Allowed", status=405)


@dataclass(slots=True, kw_only=True)
class Hyperliquid:
    """One Hyperliquid: its world, its gate, its limits."""

    world: World
    gate: Gate
    limiter: IpLimiter = field(default_factory=IpLimiter)
    name: VenueName = "hyperliquid"

    @property
    def now_ms(self) -> int:
        """The venue's time."""
        return self.world.now_ms

    @property
    def read_lag_ms_max(self) -> int:
        """How far every read may trail, by switch."""
        return self.world.switches.read_lag_ms_max

    def run_until(self, until_ms: int) -> None:
        """Move the time forward and end what was scheduled to end on the way."""
        run_scheduled_cancels(self.world, until_ms)
        self.world.advance(until_ms)

    def decode(self, request: Request) -> Decoded | Response:
        """Parse a request as far as its JSON, or return the error below the protocol."""
        if request.path not in (EXCHANGE, INFO):
            return NOT_FOUND
        body = parsed_json(request)
        if isinstance(body, Response):
            return body
        kind = _kind(request.path, body)
        return Decoded(request=request, body=body, kind=kind, is_read=request.path == INFO)

    def answer(self, decoded: Decoded, delivery: Delivery) -> Answer:
        """Answer a request at the world's present time."""
        try:
            if decoded.path == EXCHANGE:
                return self._exchange(decoded, delivery.batch_limit)
            return Answer(response=self._info(decoded, delivery.as_of_ms))
        except Malformed:
            return Answer(response=NOT_DESERIALISED)

    def asked(self, decoded: Decoded) -> tuple[Any, Any]:
        """Return action and nonce as they were sent."""
        body = decoded.body if isinstance(decoded.body, dict) else {}
        return body.get("action"), body.get("nonce")

    def failure(self, fault: Fault) -> Response:
        """Return an error of the edge: a status and the body `null`."""
        return json_response(None, status=fault.status or STATUSES.get(fault.kind, ERROR_AFTER))

    def batch_length(self, decoded: Decoded) -> int:
        """Return how many orders, cancels or modifies an action carries."""
        action = decoded.body.get("action") if isinstance(decoded.body, dict) else None
        if not isinstance(action, dict):
            return 0
        items = next((action[key] for key in BATCH_KEYS if key in action), None)
        return len(items) if isinstance(items, list) else 0

    def with_length(self, response: Response, count: int | None) -> Response:
        """Cut or stretch `statuses`; a reply without them stays as it is."""
        try:
            reply = json.loads(response.body)
        except ValueError:
            return response
        statuses: Any = None
        if isinstance(reply, dict) and isinstance(reply.get("response"), dict):
            statuses = reply["response"].get("data", {}).get("statuses")
        if not statuses:
            return response
        reply["response"]["data"]["statuses"] = with_length(statuses, count)
        return json_response(reply, status=response.status)

    def _exchange(self, decoded: Decoded, batch_limit: int | None) -> Answer:
        envelope = parse_envelope(decoded.body)
        if not self._admits(decoded, action_weight(batch_length(envelope.action))):
            return Answer(response=json_response(None, status=429))
        performed = perform(self.world, self.gate, envelope, batch_limit=batch_limit)
        return Answer(response=json_response(performed.reply), performed=performed)

    def _info(self, decoded: Decoded, as_of_ms: int | None) -> Response:
        kind = decoded.kind or ""
        if not self._admits(decoded, read_weight(kind)):
            return json_response(None, status=429)
        try:
            value = read(Reader(self.world, as_of_ms), decoded.body)
        except BadArgument:
            return json_response(None, status=500)
        if isinstance(value, bytes):
            return Response(body=value)
        if isinstance(value, list) and self.world.switches.limit_ips:
            weight = items_weight(kind, len(value))
            self.limiter.charge(decoded.client_ip, weight, self.world.now_ms)
        return json_response(value)

    def _admits(self, decoded: Decoded, weight: int) -> bool:
        if not self.world.switches.limit_ips:
            return True
        return self.limiter.admits(decoded.client_ip, weight, self.world.now_ms)


def parsed_json(request: Request) -> Any:
    """Return the JSON value of a POST request, or the error below the protocol.

    The content type is required: a web page may post a form to loopback, but not this type
    without asking first.
    """
    if request.method != "POST":
        return WRONG_METHOD
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != JSON_CONTENT_TYPE:
        return NO_CONTENT_TYPE
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return NOT_JSON


def _kind(path: str, body: Any) -> str | None:
    holder = body.get("action") if path == EXCHANGE and isinstance(body, dict) else body
    kind = holder.get("type") if isinstance(holder, dict) else None
    return kind if isinstance(kind, str) else None
