"""Requests as small values: answered, not answered, never sent."""

import asyncio
import logging
import socket
import ssl
from contextlib import suppress

import httpx
import pytest

from reconciler.venues.http import (
    READ_PAUSES_MS,
    REPLY_BYTES_MAX,
    HttpClient,
    HttpRequest,
    NoReply,
    NotSent,
    Reply,
    answer_to,
)
from reconciler.venues.pacing import REFUSED_PAUSES_MS, Paces, Quota
from tests.venues.support import NOW_MS, FakeClock, run

PATH = "/exchange?Signature=secret"
REQUEST = HttpRequest(path=PATH, content=b'{"signature":"secret"}')
HOST = "https://venue.test"


class Script(httpx.AsyncBaseTransport):
    """Gives one answer after the other; the last one again and again."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    async def handle_async_request(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer(request) if callable(answer) else answer


def client(*answers, clock=None, quotas=None, paces=None):
    transport = Script(*answers)
    http = HttpClient(HOST, clock or FakeClock(), quotas or {}, paces=paces, transport=transport)
    return http, transport


def send(*answers, **more):
    http, transport = client(*answers)
    return run(http.send(REQUEST, **more)), transport


def read(*answers, clock=None, quotas=None):
    http, transport = client(*answers, clock=clock, quotas=quotas)
    return run(http.read(REQUEST)), transport


def ok(text="{}"):
    return lambda request: httpx.Response(200, text=text)


def status(code):
    return lambda request: httpx.Response(code, text="null")


def every_exception():
    return [
        found
        for found in vars(httpx).values()
        if isinstance(found, type) and issubclass(found, Exception)
    ]


def made(kind):
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("POST", HOST)
        return kind("x", request=request, response=httpx.Response(500, request=request))
    if kind in (httpx.StreamConsumed, httpx.ResponseNotRead, httpx.RequestNotRead):
        return kind()
    return kind() if kind is httpx.StreamClosed else kind("x")


PROVEN = {"ConnectError", "ConnectTimeout", "InvalidURL", "PoolTimeout", "UnsupportedProtocol"}


@pytest.mark.parametrize("kind", every_exception(), ids=lambda kind: kind.__name__)
def test_every_exception_of_httpx_is_an_answer(kind):
    answer = answer_to(made(kind))

    assert (kind.__name__ in PROVEN) == isinstance(answer, NotSent)
    assert answer is not None
    assert answer.cause


@pytest.mark.parametrize("kind", every_exception(), ids=lambda kind: kind.__name__)
def test_every_exception_of_httpx_is_named(kind):
    from reconciler.venues.http import _FAILURES

    assert kind.__name__ in _FAILURES


def test_the_table_names_nothing_else():
    from reconciler.venues.http import _FAILURES

    assert {kind.__name__ for kind in every_exception()} == _FAILURES.keys()


def test_a_new_kind_of_exception_is_its_parent():
    class LaterTimeout(httpx.ReadTimeout):
        """A class of next year."""

    assert NoReply(cause="timeout") == answer_to(LaterTimeout("x"))


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(5, "x"), "connection failed"),
        (TimeoutError("x"), "timeout"),
        (ssl.SSLError("x"), "connection failed"),
    ],
)
def test_an_error_of_the_system_is_no_proof(error, cause):
    assert NoReply(cause=cause) == answer_to(error)


def test_a_fault_of_ours_is_not_swallowed():
    http, _ = client(ZeroDivisionError("ours"))

    with pytest.raises(ZeroDivisionError):
        run(http.send(REQUEST))


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (socket.gaierror(-2, "x"), "host name not found"),
        (ConnectionRefusedError(111, "x"), "connection refused"),
        (ssl.SSLCertVerificationError("x"), "TLS certificate not trusted"),
        (ssl.SSLError("x"), "TLS failed"),
        (OSError(113, "x"), "no connection"),
        (None, "no connection"),
    ],
)
def test_why_there_was_no_connection_is_said(cause, text):
    error = httpx.ConnectError("https://venue.test?secret")
    error.__cause__ = cause

    assert NotSent(cause=text) == answer_to(error)


def test_a_long_chain_of_causes_is_not_followed_for_ever():
    error = httpx.ConnectError("x")
    error.__cause__ = error

    assert NotSent(cause="no connection") == answer_to(error)


def test_a_reply_is_status_and_body():
    answer, _ = send(lambda request: httpx.Response(418, text="tea"))

    assert Reply(status=418, body=b"tea") == answer


def test_what_is_sent_is_what_was_given():
    _, transport = send(ok())
    [request] = transport.requests

    assert ("POST", f"{HOST}{PATH}") == (request.method, str(request.url))
    assert b'{"signature":"secret"}' == request.content
    assert "application/json" == request.headers["content-type"]
    assert "identity" == request.headers["accept-encoding"]


def test_headers_may_be_added():
    http, transport = client(ok())
    run(http.send(HttpRequest(path="/", headers={"X-Key": "1"}, method="GET")))

    assert ("GET", "1") == (transport.requests[0].method, transport.requests[0].headers["x-key"])


def test_a_request_does_not_show():
    assert "HttpRequest(POST)" == repr(REQUEST)


@pytest.mark.parametrize(
    "answer",
    [httpx.ReadTimeout("x"), httpx.ConnectError("x"), status(502), status(429), status(307)],
)
def test_what_was_sent_is_not_sent_again(answer):
    _, transport = send(answer)

    assert 1 == len(transport.requests)


def test_a_redirect_is_a_reply():
    answer, transport = send(
        lambda request: httpx.Response(307, headers={"location": "https://other.test/"})
    )

    assert 307 == answer.status
    assert ["venue.test"] == [request.url.host for request in transport.requests]


@pytest.mark.parametrize("failure", [status(429), status(500), status(503)])
def test_a_read_is_tried_again(failure):
    clock = FakeClock()
    answer, transport = read(failure, httpx.ReadTimeout("x"), ok("[]"), clock=clock)

    assert Reply(status=200, body=b"[]") == answer
    assert 3 == len(transport.requests)
    assert list(READ_PAUSES_MS) == clock.slept


def test_a_read_that_came_too_often_waits_for_the_pace():
    clock = FakeClock()
    quotas = {"ip": Quota(weight=100, window_ms=60_000)}
    answer, _ = read(*[status(429)] * 6, ok("[]"), clock=clock, quotas=quotas)

    assert Reply(status=200, body=b"[]") == answer
    assert list(REFUSED_PAUSES_MS) == clock.slept


def test_a_read_that_always_comes_too_often_is_given_up():
    quotas = {"ip": Quota(weight=100, window_ms=60_000)}
    answer, transport = read(status(429), clock=FakeClock(), quotas=quotas)

    assert 429 == answer.status
    assert len(REFUSED_PAUSES_MS) + len(READ_PAUSES_MS) + 1 == len(transport.requests)


def test_after_a_refusal_another_client_of_the_host_waits():
    clock, paces = FakeClock(), Paces()
    quotas = {"ip": Quota(weight=100, window_ms=60_000)}
    first, _ = client(status(429), clock=clock, quotas=quotas, paces=paces)
    second, _ = client(ok(), clock=clock, quotas=quotas, paces=paces)
    run(first.send(REQUEST))

    assert REFUSED_PAUSES_MS[0] == second.wait_ms("ip", 1)
    run(second.send(REQUEST))
    assert [REFUSED_PAUSES_MS[0]] == clock.slept


def test_a_read_is_given_up_after_a_few_tries():
    answer, transport = read(httpx.ConnectError("x"))

    assert NotSent(cause="no connection") == answer
    assert len(READ_PAUSES_MS) + 1 == len(transport.requests)


@pytest.mark.parametrize("code", [200, 400, 404, 422])
def test_a_definite_answer_to_a_read_is_taken(code):
    answer, transport = read(status(code))

    assert code == answer.status
    assert 1 == len(transport.requests)


class Endless(httpx.AsyncByteStream):
    async def __aiter__(self):
        while True:
            yield b"x" * 1024 * 1024


def test_a_reply_without_end_is_cut():
    answer, _ = send(lambda request: httpx.Response(200, stream=Endless()))

    assert NoReply(cause="reply too large") == answer
    assert REPLY_BYTES_MAX < 64 * 1024 * 1024


class Torn(httpx.AsyncByteStream):
    async def __aiter__(self):
        yield b"{"
        raise httpx.RemoteProtocolError("peer closed connection https://venue.test?secret")


def test_a_reply_that_breaks_off_is_no_reply():
    answer, _ = send(lambda request: httpx.Response(200, stream=Torn()))

    assert NoReply(cause="connection lost") == answer


def test_a_compressed_reply_is_no_reply():
    answer, _ = send(
        lambda request: httpx.Response(200, headers={"content-encoding": "br"}, stream=Endless())
    )

    assert NoReply(cause="compressed reply") == answer


def test_a_reply_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr("reconciler.venues.http.TOTAL_TIMEOUT_S", 0)

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self):
            while True:
                await asyncio.sleep(0)
                yield b"x"

    answer, _ = send(lambda request: httpx.Response(200, stream=Slow()))

    assert NoReply(cause="timeout") == answer


def test_what_is_not_wanted_any_more_is_not_sent():
    answer, transport = send(ok(), is_wanted=lambda: False)

    assert NotSent(cause="too late to send") == answer
    assert [] == transport.requests


def test_no_answer_names_where_it_came_from():
    answers = [send(made(kind))[0] for kind in every_exception()]

    assert all("secret" not in repr(answer) and "venue" not in repr(answer) for answer in answers)


# Over real sockets.


def over_socket(handle, *, scheme="http", **more):
    """Send one request to a server whose side of each connection is closed at the end."""
    done = []

    async def closing(reader, writer):
        try:
            await handle(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            done.append(writer)

    async def talk():
        server = await asyncio.start_server(closing, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        http = HttpClient(f"{scheme}://127.0.0.1:{port}", FakeClock(), {})
        async with server:
            answer = await http.send(REQUEST, **more)
            await http.close()
            while not done:
                await asyncio.sleep(0)
        return answer

    return run(talk())


async def _answer(reader, writer):
    await reader.readuntil(b"secret")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    await writer.drain()


def test_a_real_server_answers():
    assert Reply(status=200, body=b"{}") == over_socket(_answer)


def test_nothing_is_logged_about_a_request(caplog):
    with caplog.at_level(logging.DEBUG):
        over_socket(_answer)

    assert [] == [each for each in caplog.records if each.name.startswith("http")]


def test_a_server_that_hangs_up_may_have_executed_it():
    async def hang_up(reader, writer):
        await reader.readuntil(b"secret")

    assert NoReply(cause="connection lost") == over_socket(hang_up)


def test_a_request_is_dropped_when_it_became_late_while_connecting():
    """The last question comes after the connection stands and before the first byte."""
    seen = []

    async def listen(reader, writer):
        seen.append(await reader.read())

    answers = iter([True, False])

    assert NotSent(cause="too late to send") == over_socket(listen, is_wanted=lambda: next(answers))
    assert [b""] == seen


def test_a_refused_connection_proves_that_nothing_was_sent():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    http = HttpClient(f"http://127.0.0.1:{port}", FakeClock(), {})

    assert NotSent(cause="connection refused") == run(http.send(REQUEST))


def test_a_server_that_speaks_no_tls_proves_that_nothing_was_sent():
    async def babble(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    assert isinstance(over_socket(babble, scheme="https"), NotSent)


def test_the_environment_is_ignored(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert Reply(status=200, body=b"{}") == over_socket(_answer)


def test_a_closed_client_opens_again():
    http, transport = client(ok())

    async def talk():
        await http.close()
        await http.send(REQUEST)
        await http.close()
        return await http.send(REQUEST)

    assert Reply(status=200, body=b"{}") == run(talk())
    assert 2 == len(transport.requests)


# Quotas.


def spend(*weights, quota=10):
    clock = FakeClock()
    http, transport = client(
        ok(), clock=clock, quotas={"ip": Quota(weight=quota, window_ms=60_000)}
    )

    async def talk():
        for weight in weights:
            await http.send(HttpRequest(path="/", weight=weight))

    run(talk())
    return clock, http, transport


def test_a_quota_that_is_not_spent_does_not_wait():
    clock, _, _ = spend(4, 4, 2)

    assert [] == clock.slept


def test_a_spent_quota_waits_until_the_oldest_leaves_the_window():
    clock, _, transport = spend(4, 4, 2, 1)

    assert [60_000] == clock.slept
    assert 4 == len(transport.requests)


def test_a_request_above_the_whole_quota_goes_alone():
    clock, _, transport = spend(1, 50)

    assert [60_000] == clock.slept
    assert 2 == len(transport.requests)


def test_weight_may_be_counted_afterwards():
    clock, http, _ = spend(1)
    http.note_weight("ip", 9)
    http.note_weight("other", 9)
    run(http.send(HttpRequest(path="/", weight=1)))

    assert [60_000] == clock.slept
    assert NOW_MS + 60_000 == clock.now_ms()


def test_another_scope_has_another_quota():
    clock, http, _ = spend(10)
    run(http.send(HttpRequest(path="/", weight=10, scope="other")))

    assert [] == clock.slept


def test_headers_about_limits_are_kept_and_others_are_not():
    headers = {"Ratelimit-Remaining": "3", "Recovery-Time": "77", "Set-Cookie": "secret"}
    answer, _ = send(lambda request: httpx.Response(200, text="{}", headers=headers))

    assert {"ratelimit-remaining": "3", "recovery-time": "77"} == answer.headers
    assert "3" not in repr(answer)
