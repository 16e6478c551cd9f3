"""Sockets: loopback, kept-alive connections, drops, and an end that comes by itself."""

import asyncio
import http.client
import json
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.simulator import AccountSeed, Simulator, server, signer_in_field
from reconciler.simulator.server import ThreadHandle, run_in_thread
from tests.simulator.venue import ALICE, NOW

HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def running() -> Iterator[ThreadHandle]:
    """Serve one venue at a fixed time."""
    simulator = Simulator(recover=signer_in_field, accounts=[AccountSeed(address=ALICE)])
    with run_in_thread(simulator, clock=lambda: NOW) as handle:
        yield handle


@pytest.fixture
def client(running: ThreadHandle) -> Iterator[http.client.HTTPConnection]:
    """Hold one connection open."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    yield connection
    connection.close()


def post(client: http.client.HTTPConnection, path: str, body: Any) -> tuple[int, Any]:
    """Send JSON and return status and parsed reply."""
    client.request("POST", path, json.dumps(body), HEADERS)
    response = client.getresponse()
    return response.status, json.loads(response.read())


def test_requests_share_a_connection(client: http.client.HTTPConnection) -> None:
    first = post(client, "/info", {"type": "exchangeStatus"})
    used = client.sock
    second = post(client, "/info", {"type": "exchangeStatus"})

    assert (200, NOW) == (first[0], first[1]["time"])
    assert first == second
    assert client.sock is used


def test_a_query_is_no_part_of_the_path(client: http.client.HTTPConnection) -> None:
    assert 200 == post(client, "/info?x=1", {"type": "exchangeStatus"})[0]


def test_control_works_over_the_same_socket(
    running: ThreadHandle, client: http.client.HTTPConnection
) -> None:
    status, reply = post(client, "/control/set_mid", {"instrument": "BTC", "mid": "60000"})

    assert (200, True) == (status, reply["ok"])
    assert "60000.0" == post(client, "/info", {"type": "allMids"})[1]["BTC"]
    assert "60000" == running.control("markets", instrument="BTC")["mid"]


def test_a_lost_reply_drops_the_connection(
    running: ThreadHandle, client: http.client.HTTPConnection
) -> None:
    running.control("faults", add={"kind": "lost_reply"})
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        post(client, "/info", {"type": "meta"})
    client.close()

    assert 200 == post(client, "/info", {"type": "meta"})[0]


def test_a_slow_reply_comes_in_the_end(
    running: ThreadHandle, client: http.client.HTTPConnection
) -> None:
    running.control("faults", add={"kind": "slow_reply", "delay_ms": 1})

    assert 200 == post(client, "/info", {"type": "meta"})[0]


def test_several_clients_are_served_at_once(running: ThreadHandle) -> None:
    clients = [http.client.HTTPConnection("127.0.0.1", running.port) for _ in range(5)]
    replies = [post(each, "/info", {"type": "exchangeStatus"})[0] for each in clients]
    for each in clients:
        each.close()

    assert [200] * 5 == replies


def test_a_client_which_asks_to_close_is_closed(client: http.client.HTTPConnection) -> None:
    client.request("POST", "/info", '{"type":"meta"}', {**HEADERS, "Connection": "close"})
    response = client.getresponse()

    assert (200, "close") == (response.status, response.getheader("connection"))


def test_a_client_may_wait_before_it_sends_its_body(running: ThreadHandle) -> None:
    body = b'{"type":"exchangeStatus"}'
    head = (
        b"POST /info HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(body)
    )
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as raw:
        raw.sendall(head)
        first = raw.recv(1000)
        raw.sendall(body)
        second = raw.recv(1000)

    assert (b"HTTP/1.1 100", b"HTTP/1.1 200") == (first[:12], second[:12])


@pytest.mark.parametrize("junk", [b"junk\r\n\r\n", b"POST /info HTTP/1.1\r\n"])
def test_junk_closes_the_connection(running: ThreadHandle, junk: bytes) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as raw:
        raw.sendall(junk)
        raw.shutdown(socket.SHUT_WR)

        assert b"" == raw.recv(1000)


def test_a_body_over_the_limit_closes_the_connection(
    running: ThreadHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "BODY_BYTES_MAX", 10)
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as raw:
        raw.sendall(b"POST /info HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n" + b"x" * 50)

        assert b"" == raw.recv(1000)


def test_it_listens_on_loopback_only(running: ThreadHandle) -> None:
    assert running.url == f"http://127.0.0.1:{running.port}"


def test_the_server_stops_though_clients_are_connected() -> None:
    with run_in_thread(Simulator()) as handle:
        client = http.client.HTTPConnection("127.0.0.1", handle.port, timeout=10)
        post(client, "/info", {"type": "meta"})
        raw = client.sock
    assert b"" == raw.recv(1000)
    client.close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", handle.port), timeout=1).close()


def test_a_taken_port_is_an_error() -> None:
    async def twice() -> None:
        first = await server.serve(Simulator())
        try:
            await server.serve(Simulator(), port=first.port)
        finally:
            await first.stop()

    with pytest.raises(OSError):
        asyncio.run(twice())


def test_the_command_says_where_it_listens_and_stops_on_a_signal() -> None:
    lines: list[str] = []

    def report(line: str) -> None:
        lines.append(line)
        signal.raise_signal(signal.SIGTERM)

    server.main(0, accounts=[AccountSeed(address=ALICE)], report=report)

    assert lines[0].startswith("The simulator listens on http://127.0.0.1:")


def test_the_wall_clock_counts_milliseconds() -> None:
    assert server.wall_clock_ms() > NOW
