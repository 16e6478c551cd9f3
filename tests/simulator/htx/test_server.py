"""HTX over sockets: the query and the host as they were sent, headers, compressed bodies."""

import gzip
import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.simulator import HtxSetup, Simulator, signature_believed
from reconciler.simulator.server import ThreadHandle, run_in_thread
from tests.simulator.htx.venue import ALICE_KEY, NOW, SWAP, limit, seeds, stamp

QUERY = (
    f"AccessKeyId={ALICE_KEY}&SignatureMethod=HmacSHA256&SignatureVersion=2"
    f"&Timestamp={stamp(NOW)}&Signature=believed"
)


@pytest.fixture
def running() -> Iterator[ThreadHandle]:
    """Serve one venue at a fixed time."""
    simulator = Simulator(htx=HtxSetup(accounts=seeds(), verify=signature_believed))
    with run_in_thread(simulator, clock=lambda: NOW) as handle:
        handle.control("set_mid", venue="htx", instrument="BTC-USD", mid="60000")
        yield handle


@pytest.fixture
def client(running: ThreadHandle) -> Iterator[http.client.HTTPConnection]:
    """Hold one connection open."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    yield connection
    connection.close()


def post(
    client: http.client.HTTPConnection, path: str, body: Any, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send JSON to a private endpoint and return the response with its body."""
    client.request("POST", f"{SWAP}{path}?{QUERY}", json.dumps(body), headers)
    response = client.getresponse()
    return response, response.read()


def test_the_query_tells_who_asks(client: http.client.HTTPConnection) -> None:
    _, body = post(client, "swap_order", limit("59000"))

    assert "ok" == json.loads(body)["status"]


def test_headers_are_sent(client: http.client.HTTPConnection) -> None:
    response, _ = post(client, "swap_openorders", {})

    assert ("35", str(NOW + 3000)) == (
        response.getheader("ratelimit-remaining"),
        response.getheader("ratelimit-reset"),
    )
    assert "text/plain;charset=UTF-8" == response.getheader("content-type")


def test_a_body_is_compressed_for_a_client_which_accepts_that(
    client: http.client.HTTPConnection,
) -> None:
    response, body = post(client, "swap_openorders", {}, **{"Accept-Encoding": "gzip, deflate"})

    assert "gzip" == response.getheader("content-encoding")
    assert [] == json.loads(gzip.decompress(body))["data"]["orders"]


def test_a_body_is_plain_for_another(client: http.client.HTTPConnection) -> None:
    response, body = post(client, "swap_openorders", {}, **{"Accept-Encoding": "identity"})

    assert response.getheader("content-encoding") is None
    assert [] == json.loads(body)["data"]["orders"]


def test_the_other_venue_is_never_compressed(client: http.client.HTTPConnection) -> None:
    headers = {"Accept-Encoding": "gzip", "Content-Type": "application/json"}
    client.request("POST", "/info", '{"type":"exchangeStatus"}', headers)
    response = client.getresponse()

    assert response.getheader("content-encoding") is None
    assert NOW == json.loads(response.read())["time"]
