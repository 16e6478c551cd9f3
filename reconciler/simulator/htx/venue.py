"""HTX's HTTP protocol: a request in, a response out, deterministic.

Business errors come with HTTP 200 and a code in the body; replies of private endpoints call
themselves `text/plain` (ccxt issues 19238, 25459).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.simulator.delivery import Answer, Decoded, Delivery, Performed
from reconciler.simulator.faults import Fault, VenueName
from reconciler.simulator.http import Request, Response, json_response, text_response
from reconciler.simulator.htx import engine
from reconciler.simulator.htx.context import Context
from reconciler.simulator.htx.contracts import load_contracts
from reconciler.simulator.htx.endpoints import ENDPOINTS, Access, Endpoint, Envelope
from reconciler.simulator.htx.errors import Refusal, Refused, refusal
from reconciler.simulator.htx.jsontext import NotJson, parse, written
from reconciler.simulator.htx.limits import (
    MARKET_MAX,
    MARKET_WINDOW_MS,
    PUBLIC_MAX,
    Limiter,
    Rate,
    exhausted,
)
from reconciler.simulator.htx.replies import OK_CODE, bent, plain, wrapped, wrapped_error
from reconciler.simulator.htx.setup import HtxSetup, add_account
from reconciler.simulator.htx.signing import SIGNATURE, Caller, authenticate, parameters
from reconciler.simulator.htx.world import World

PRIVATE_TYPE = "text/plain;charset=UTF-8"
PUBLIC_TYPE = "application/json;charset=UTF-8"
NOT_FOUND = text_response("Not Found", status=404)
WRONG_METHOD = text_response("Method Not Allowed", status=405)
MAINTAINED = b'{"status":"maintain"}'
BUSY_EDGE, ERROR_AFTER = 500, 502
BANNED = 1084
TOO_MANY = 1032
HEARTBEAT = "/heartbeat/"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What an endpoint found, before it is written."""

    value: Any
    caller: Caller | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_executed: bool = False


class Htx:
    """One HTX: its world, its limits."""

    __slots__ = ("_limiter", "_verify", "name", "world")

    def __init__(self, setup: HtxSetup) -> None:
        self.name: VenueName = "htx"
        self.world = World(setup.contracts or load_contracts(), setup.switches)
        self._verify = setup.verify
        self._limiter = Limiter()
        for seed in setup.accounts:
            add_account(self.world, seed)

    @property
    def now_ms(self) -> int:
        """The venue's time."""
        return self.world.now_ms

    @property
    def read_lag_ms_max(self) -> int:
        """How far every read may trail, by switch."""
        return self.world.switches.read_lag_ms_max

    def run_until(self, until_ms: int) -> None:
        """Move the time forward and end what was to end on the way."""
        engine.run_until(self.world, until_ms)

    def decode(self, request: Request) -> Decoded | Response:
        """Find the endpoint and parse the body; one which is not JSON becomes None."""
        endpoint = ENDPOINTS.get(request.path)
        if endpoint is None:
            return NOT_FOUND
        if request.method != endpoint.method:
            return WRONG_METHOD
        body: Any = {}
        if endpoint.method == "POST":
            try:
                body = parse(request.body)
            except NotJson:
                body = None
        kind = request.path.rstrip("/").rpartition("/")[2]
        return Decoded(
            request=request, body=body, kind=kind, is_read=endpoint.access is not Access.TRADE
        )

    def answer(self, decoded: Decoded, delivery: Delivery) -> Answer:
        """Answer a request at the world's present time."""
        endpoint = ENDPOINTS[decoded.path]
        if self.world.switches.is_maintained and decoded.path != HEARTBEAT:
            result = _Result(value={"status": "maintain"})
        elif endpoint.access.is_private:
            result = self._private(endpoint, decoded, delivery)
        else:
            result = self._public(endpoint, decoded, delivery)
        return self._written(endpoint, result)

    def asked(self, decoded: Decoded) -> tuple[Any, Any]:
        """Return what was asked for, never the signature, and the time it was asked under."""
        body = decoded.body if isinstance(decoded.body, dict) else {}
        body = {name: value for name, value in body.items() if name != SIGNATURE}
        stamp = dict(parameters(decoded.request.query)).get("Timestamp")
        return {"type": decoded.kind, **plain(body)}, stamp

    def failure(self, fault: Fault) -> Response:
        """Return the error which a fault has the client see."""
        if fault.kind == "maintenance":
            return Response(status=fault.status or OK_CODE, body=MAINTAINED)
        code = fault.code
        if fault.kind == "rate_limited" and code is None:
            code = TOO_MANY
        if code is not None:
            return Response(
                status=fault.status or OK_CODE,
                content_type=PRIVATE_TYPE,
                headers=exhausted(self.world.now_ms) if code == TOO_MANY else {},
                body=self._text(self._refused(refusal(code))),
            )
        status = BUSY_EDGE if fault.kind == "error_before" else ERROR_AFTER
        return json_response(None, status=fault.status or status)

    def batch_length(self, decoded: Decoded) -> int:
        """Return how many orders or cancels a request carries."""
        body = decoded.body if isinstance(decoded.body, dict) else {}
        if decoded.kind == "swap_batchorder":
            items = body.get("orders_data")
            return len(items) if isinstance(items, list) else 0
        ids = body.get("order_id") or body.get("client_order_id")
        is_list = decoded.kind == "swap_cancel" and isinstance(ids, str)
        return len(ids.split(",")) if is_list and isinstance(ids, str) else 0

    def with_length(self, response: Response, count: int | None) -> Response:
        """Cut or stretch the successes of a batch; other replies stay as they are."""
        try:
            reply = bent(parse(response.body), count)
        except NotJson:
            return response
        return response if reply is None else replace(response, body=self._text(reply))

    def _private(self, endpoint: Endpoint, decoded: Decoded, delivery: Delivery) -> _Result:
        try:
            caller = authenticate(self.world, decoded.request, self._verify)
        except Refused as error:
            return _Result(value=self._refused(error.refusal))
        party = (caller.account.uid, endpoint.access.value)
        switches = self.world.switches
        is_trade = endpoint.access is Access.TRADE
        rate = Rate(switches.trade_requests_max if is_trade else switches.read_requests_max)
        is_admitted = self._limiter.admits(party, rate, self.world.now_ms)
        headers = self._limiter.headers(party, rate, self.world.now_ms)
        if not is_admitted and switches.limit_requests:
            return self._too_many(headers, caller)
        if is_trade and not caller.key.may_trade:
            found = refusal(1110)
        elif not isinstance(self._record(endpoint, decoded), dict):
            found = refusal(1030)
        else:
            return self._called(endpoint, decoded, delivery, caller, headers)
        value = self._refused(found, endpoint.envelope)
        return _Result(value=value, caller=caller, headers=headers)

    def _called(
        self,
        endpoint: Endpoint,
        decoded: Decoded,
        delivery: Delivery,
        caller: Caller,
        headers: Mapping[str, str],
    ) -> _Result:
        context = Context(
            world=self.world,
            record=self._record(endpoint, decoded),
            delivery=delivery,
            account=caller.account,
        )
        try:
            value = self._wrapped(endpoint, context)
        except Refused as error:
            value = self._refused(error.refusal, endpoint.envelope)
            if error.refusal.code == BANNED:
                headers = {**headers, "recovery-time": str(caller.account.banned_until_ms)}
        return _Result(value=value, caller=caller, headers=headers, is_executed=True)

    def _public(self, endpoint: Endpoint, decoded: Decoded, delivery: Delivery) -> _Result:
        is_market = endpoint.access is Access.MARKET
        rate = Rate(MARKET_MAX, MARKET_WINDOW_MS) if is_market else Rate(PUBLIC_MAX)
        party = (decoded.client_ip, endpoint.access.value)
        is_admitted = self._limiter.admits(party, rate, self.world.now_ms)
        if not is_admitted and self.world.switches.limit_requests:
            return self._too_many({}, None)
        context = Context(
            world=self.world,
            record=self._record(endpoint, decoded),
            delivery=delivery,
            account=self.world.background,
        )
        try:
            value = self._wrapped(endpoint, context)
        except Refused as error:
            value = self._refused(error.refusal)
        return _Result(value=value)

    def _too_many(self, headers: Mapping[str, str], caller: Caller | None) -> _Result:
        return _Result(
            value=self._refused(refusal(TOO_MANY)),
            caller=caller,
            status=429 if self.world.switches.is_limited_by_429 else OK_CODE,
            headers=headers,
        )

    @staticmethod
    def _record(endpoint: Endpoint, decoded: Decoded) -> Any:
        if endpoint.method == "POST":
            return decoded.body
        return dict(parameters(decoded.request.query))

    def _wrapped(self, endpoint: Endpoint, context: Context) -> Any:
        data = endpoint.call(context)
        return wrapped(endpoint.envelope, data, self.world.now_ms)

    def _refused(self, found: Refusal, envelope: Envelope = Envelope.STATUS) -> Any:
        return wrapped_error(envelope, found, self.world.now_ms)

    def _text(self, value: Any) -> bytes:
        return written(value, are_numbers_long=self.world.switches.numbers_are_long).encode()

    def _written(self, endpoint: Endpoint, result: _Result) -> Answer:
        response = Response(
            status=result.status,
            content_type=PRIVATE_TYPE if endpoint.access.is_private else PUBLIC_TYPE,
            headers=result.headers,
            body=self._text(result.value),
            may_be_compressed=True,
        )
        if endpoint.access is not Access.TRADE:
            return Answer(response=response)
        performed = Performed(
            reply=result.value,
            signer=result.caller.key.access if result.caller else None,
            account=result.caller.account.uid if result.caller else None,
            is_executed=result.is_executed,
        )
        return Answer(response=response, performed=performed)
