"""How a fault changes the response which the client sees."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from reconciler.simulator.faults import Fault
from reconciler.simulator.http import Response, json_response
from reconciler.simulator.hyperliquid import Decoded

ERROR_BEFORE = 500
ERROR_AFTER = 502
TOO_MANY = 429
BATCH_KEYS = ("orders", "cancels", "modifies")


def refused_before(fault: Fault) -> Response | None:
    """Return what a request is answered that never reaches the venue; None when it does."""
    if fault.kind == "lost_request":
        return Response(is_dropped=True)
    if fault.kind == "error_before":
        return json_response(None, status=fault.status or ERROR_BEFORE)
    if fault.kind == "rate_limited":
        return json_response(None, status=TOO_MANY)
    return None


def item_limit(fault: Fault | None, decoded: Decoded) -> int | None:
    """Return how many items of a batch a partial execution carries out; None for all."""
    if fault is None or fault.kind != "partial_batch":
        return None
    return _batch_length(decoded) // 2 if fault.count is None else fault.count


def disrupted(fault: Fault, response: Response) -> Response:
    """Return what the client sees of a reply to a request which was carried out."""
    match fault.kind:
        case "error_after":
            return json_response(None, status=fault.status or ERROR_AFTER)
        case "partial_batch" if fault.status is not None:
            return json_response(None, status=fault.status)
        case "lost_reply" | "late_execution" | "partial_batch":
            return response.dropped()
        case "garbled":
            return replace(response, body=response.body.replace(b'"', b"'"))
        case "truncated":
            return replace(response, body=response.body[: len(response.body) // 2])
        case "wrong_length":
            return _with_length(response, fault.count)
        case "slow_reply":
            return replace(response, delay_ms=fault.delay_ms)
        case _:
            return response


def _batch_length(decoded: Decoded) -> int:
    action = decoded.body.get("action") if isinstance(decoded.body, dict) else None
    if not isinstance(action, dict):
        return 0
    items = next((action[key] for key in BATCH_KEYS if key in action), None)
    return len(items) if isinstance(items, list) else 0


def _with_length(response: Response, count: int | None) -> Response:
    """Cut or stretch `statuses`; a reply without them stays as it is."""
    reply = json.loads(response.body)
    statuses: Any = None
    if isinstance(reply, dict) and isinstance(reply.get("response"), dict):
        statuses = reply["response"].get("data", {}).get("statuses")
    if not statuses:
        return response
    length = len(statuses) - 1 if count is None else count
    changed = statuses[:length] + [statuses[-1]] * max(0, length - len(statuses))
    reply["response"]["data"]["statuses"] = changed
    return json_response(reply, status=response.status)
