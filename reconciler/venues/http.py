"""HTTP as a few small values: an answer, no answer, or never sent.

The only user of httpx. One client a venue, made at the first request: environment ignored (proxies,
certificates, netrc), no redirects, TLS always verified, HTTP/1.1, every wait limited. What was sent
is never sent again by itself; only `read` tries again. Messages name no URL, header or body: those
may carry a signature.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from reconciler import __version__
from reconciler.ports import Clock
from reconciler.venues.pacing import REFUSED_PAUSES_MS, Paces, Quota

if TYPE_CHECKING:
    import httpx

__all__ = [
    "Answer",
    "Exchange",
    "HttpClient",
    "HttpRequest",
    "NoReply",
    "NotSent",
    "Reply",
    "answer_to",
]

CONNECT_TIMEOUT_S: Final = 5
READ_TIMEOUT_S: Final = 20
WRITE_TIMEOUT_S: Final = 10
TOTAL_TIMEOUT_S: Final = 30
CONNECTIONS_MAX: Final = 10
REPLY_BYTES_MAX: Final = 32 * 1024 * 1024
# The longest that a venue's own limits keep a request waiting.
PAUSE_MAX_MS: Final = 30_000
NOTED_HEADERS: Final = ("ratelimit-", "recovery-time", "retry-after")
# Waits before the second and the third try of a read.
READ_PAUSES_MS: Final = (300, 1500)
TOO_MANY: Final = 429
_TRY_AGAIN_STATUSES: Final = frozenset({TOO_MANY, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The venue answered, whatever it said.

    Attributes:
        headers: those that speak of limits and times, by name in lower case.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Proven: not one byte of the request left this machine."""

    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReply:
    """The request, or a part of it, may have arrived; no complete reply did."""

    cause: str


Answer = Reply | NotSent | NoReply


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request.

    Attributes:
        path: with its query; it is never shown.
        weight: what it costs of the quota named by `scope`, and of those in `also`.
        is_urgent: it may spend what the quota keeps in reserve.
    """

    path: str
    content: bytes = b""
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    weight: int = 1
    scope: str = "ip"
    also: tuple[str, ...] = ()
    is_urgent: bool = False

    def __repr__(self) -> str:
        return f"HttpRequest({self.method})"


Exchange = Callable[[HttpRequest, Callable[[], bool]], Awaitable[Answer]]
"""Makes one request, unless the second argument says at the last moment that it is not wanted."""


class HttpClient:
    """Requests to one host. A constructor opens nothing.

    `paces` are shared with other clients of the process. In tests `transport` stands in for
    sockets, and `exchange` for httpx altogether.
    """

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        quotas: Mapping[str, Quota],
        *,
        paces: Paces | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
        exchange: Exchange | None = None,
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        shared = paces or Paces()
        self._paces = {
            scope: shared.of(base_url, scope, quota, clock) for scope, quota in quotas.items()
        }
        self._transport = transport
        self._make_request = exchange or self._exchange
        self._client: httpx.AsyncClient | None = None

    async def send(
        self, request: HttpRequest, *, is_wanted: Callable[[], bool] = lambda: True
    ) -> Answer:
        """Send once, and never again.

        `is_wanted` is asked last after the connection stands and before the first byte goes out;
        when it says no, nothing is sent.
        """
        for scope in (request.scope, *request.also):
            pace = self._paces.get(scope)
            if pace is not None:
                await pace.spend(request.weight, is_urgent=request.is_urgent)
        if not is_wanted():
            return _UNWANTED
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                reply = await self._make_request(request, is_wanted)
            self._note_status(request.scope, reply)
            return reply
        except _Unwanted:
            return _UNWANTED
        except Exception as error:
            answer = answer_to(error)
            if answer is None:
                raise
            return answer

    async def read(self, request: HttpRequest) -> Answer:
        """Send something that changes nothing, a few times if need be.

        After a refusal for asking too often the pace says how long to wait; those are not counted
        among the few.
        """
        pauses = list(READ_PAUSES_MS)
        refusals_left = len(REFUSED_PAUSES_MS) if request.scope in self._paces else 0
        while True:
            answer = await self.send(request)
            status = answer.status if isinstance(answer, Reply) else None
            if status == TOO_MANY and refusals_left:
                refusals_left -= 1
            elif pauses and (status is None or status in _TRY_AGAIN_STATUSES):
                await self._clock.sleep_ms(pauses.pop(0))
            else:
                return answer

    def note_weight(self, scope: str, weight: int) -> None:
        """Count weight that is known only after a reply, such as of long lists."""
        if scope in self._paces:
            self._paces[scope].note(weight)

    def note_refused(self, scope: str) -> None:
        """Wait longer before the next request of a scope: the venue said that it was too many."""
        if scope in self._paces:
            self._paces[scope].note_refused()

    def wait_ms(self, scope: str, weight: int, *, is_urgent: bool = False) -> int:
        """Return how long a request would wait for its pace before it is sent."""
        pace = self._paces.get(scope)
        return 0 if pace is None else pace.wait_ms(weight, is_urgent=is_urgent)

    def _note_status(self, scope: str, reply: Answer) -> None:
        pace = self._paces.get(scope)
        if pace is None or not isinstance(reply, Reply):
            return
        if reply.status == TOO_MANY:
            pace.note_refused()
        else:
            pace.note_taken()

    def pause(self, scope: str, until_ms: int) -> None:
        """Send nothing of a scope before a time of our clock: the venue said that it is used up.

        A wrong header must not stop a run for long, so the wait is limited.
        """
        if scope in self._paces:
            self._paces[scope].pause(min(until_ms, self._clock.now_ms() + PAUSE_MAX_MS))

    async def close(self) -> None:
        """Close connections; a later request opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _exchange(self, request: HttpRequest, is_wanted: Callable[[], bool]) -> Answer:
        async def before_first_byte(event: str, info: object) -> None:
            if event == "http11.send_request_headers.started" and not is_wanted():
                raise _Unwanted

        client = self._opened()
        async with client.stream(
            request.method,
            self._base_url + request.path,
            content=request.content,
            headers=dict(request.headers),
            extensions={"trace": before_first_byte},
        ) as response:
            # Without compression what arrives is what counts against the limit.
            if response.headers.get("content-encoding", "identity") != "identity":
                return NoReply(cause="compressed reply")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > REPLY_BYTES_MAX:
                    return NoReply(cause="reply too large")
            headers = {
                name.lower(): value
                for name, value in response.headers.items()
                if name.lower().startswith(NOTED_HEADERS)
            }
            return Reply(status=response.status_code, body=bytes(body), headers=headers)

    def _opened(self) -> "httpx.AsyncClient":
        if self._client is None:
            import httpx  # noqa: PLC0415  # a tenth of a second, only for who talks

            # They would log addresses, which may be signed, and headers.
            for name in ("httpx", "httpcore"):
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
            # Without TLS an empty context saves reading the certificates.
            is_tls = self._base_url.startswith("https://")
            self._client = httpx.AsyncClient(
                verify=True if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
                trust_env=False,
                follow_redirects=False,
                http1=True,
                http2=False,
                timeout=httpx.Timeout(
                    connect=CONNECT_TIMEOUT_S,
                    read=READ_TIMEOUT_S,
                    write=WRITE_TIMEOUT_S,
                    pool=CONNECT_TIMEOUT_S,
                ),
                limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
                headers={
                    "Accept-Encoding": "identity",
                    "Content-Type": "application/json",
                    "User-Agent": f"reconciler/{__version__}",
                },
                transport=self._transport,
            )
        return self._client


class _Unwanted(Exception):
    """It became too late while the connection was made."""


_UNWANTED: Final = NotSent(cause="too late to send")


# Every exception of httpx by name, so that importing this needs no httpx; a test compares. Only
# what can happen before the first byte alone is proof that nothing was sent.
_FAILURES: Final[Mapping[str, NotSent | NoReply]] = {
    "ConnectError": NotSent(cause="no connection"),
    "ConnectTimeout": NotSent(cause="connecting took too long"),
    "InvalidURL": NotSent(cause="invalid address"),
    "PoolTimeout": NotSent(cause="no free connection"),
    "UnsupportedProtocol": NotSent(cause="invalid address"),
    "CloseError": NoReply(cause="connection lost"),
    "CookieConflict": NoReply(cause="unreadable reply"),
    "DecodingError": NoReply(cause="unreadable reply"),
    "HTTPError": NoReply(cause="connection failed"),
    "HTTPStatusError": NoReply(cause="unreadable reply"),
    "LocalProtocolError": NoReply(cause="protocol error"),
    "NetworkError": NoReply(cause="connection lost"),
    "ProtocolError": NoReply(cause="protocol error"),
    "ProxyError": NoReply(cause="connection failed"),
    "ReadError": NoReply(cause="connection lost"),
    "ReadTimeout": NoReply(cause="timeout"),
    "RemoteProtocolError": NoReply(cause="connection lost"),
    "RequestError": NoReply(cause="connection failed"),
    "RequestNotRead": NoReply(cause="connection failed"),
    "ResponseNotRead": NoReply(cause="unreadable reply"),
    "StreamClosed": NoReply(cause="connection lost"),
    "StreamConsumed": NoReply(cause="unreadable reply"),
    "StreamError": NoReply(cause="unreadable reply"),
    "TimeoutException": NoReply(cause="timeout"),
    "TooManyRedirects": NoReply(cause="unreadable reply"),
    "TransportError": NoReply(cause="connection failed"),
    "WriteError": NoReply(cause="connection lost"),
    "WriteTimeout": NoReply(cause="timeout"),
}
# What made a connection fail, more exactly; the first that fits.
_CONNECT_CAUSES: Final = (
    (socket.gaierror, "host name not found"),
    (ConnectionRefusedError, "connection refused"),
    (ssl.SSLCertVerificationError, "TLS certificate not trusted"),
    (ssl.SSLError, "TLS failed"),
)
CAUSES_DEEP_MAX: Final = 8


def answer_to(error: Exception) -> NotSent | NoReply | None:
    """Return what an exception means; None when it is not the network's."""
    for kind in type(error).__mro__:
        if kind.__module__ == "httpx" and kind.__name__ in _FAILURES:
            is_connect = kind.__name__ == "ConnectError"
            return NotSent(cause=_connect_cause(error)) if is_connect else _FAILURES[kind.__name__]
    if isinstance(error, TimeoutError):
        return NoReply(cause="timeout")
    return NoReply(cause="connection failed") if isinstance(error, OSError) else None


def _connect_cause(error: BaseException) -> str:
    found: BaseException | None = error
    for _ in range(CAUSES_DEEP_MAX):
        if found is None:
            break
        for kind, cause in _CONNECT_CAUSES:
            if isinstance(found, kind):
                return cause
        found = found.__cause__ or found.__context__
    return "no connection"
