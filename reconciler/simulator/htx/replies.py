"""What a result is wrapped in, and how a fault bends it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, assert_never

from reconciler.simulator.http import with_length
from reconciler.simulator.htx.endpoints import Envelope
from reconciler.simulator.htx.errors import Refusal
from reconciler.simulator.numbers import canonical

OK_CODE = 200


def wrapped(envelope: Envelope, data: Any, now_ms: int) -> Any:
    """Wrap the result of an endpoint."""
    match envelope:
        case Envelope.BARE:
            return data
        case Envelope.CODE:
            return {"code": OK_CODE, "msg": "ok", "data": data, "ts": now_ms}
        case Envelope.STATUS:
            return {"status": "ok", "data": data, "ts": now_ms}
        case _:
            assert_never(envelope)


def wrapped_error(envelope: Envelope, found: Refusal, now_ms: int) -> Any:
    """Wrap an error; that the envelope with a code carries errors too is (invented)."""
    if envelope is Envelope.CODE:
        return {"code": found.code, "msg": found.text, "data": None, "ts": now_ms}
    return {"status": "error", "err_code": found.code, "err_msg": found.text, "ts": now_ms}


def bent(reply: Any, count: int | None) -> Any:
    """Cut or stretch the successes of a batch; None for a reply which has none."""
    data = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("success"), list) and data["success"]:
        data["success"] = with_length(data["success"], count)
    elif isinstance(data.get("successes"), str) and data["successes"]:
        data["successes"] = ",".join(with_length(data["successes"].split(","), count))
    else:
        return None
    return reply


def plain(value: Any) -> Any:
    """Return a parsed value with its decimals as texts."""
    match value:
        case Decimal():
            return canonical(value)
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case _:
            return value
