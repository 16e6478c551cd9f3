"""`simulator` as a process: whom it funds, where it listens, what it refuses to be told."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

COMMAND = [sys.executable, "-m", "reconciler", "simulator"]
ACCESS, SECRET = "my-access", "my-secret"
ADDRESS = "0x" + "ab" * 20


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """Return the address of a running simulator, and the lines before it."""
    flags = ["--port", "0", "--account", ADDRESS, "--htx-key", f"{ACCESS}:{SECRET}"]
    process = subprocess.Popen(
        [*COMMAND, *flags, "--htx-read-key", "reader:other-secret"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            yield found[0], lines
            break
    process.terminate()
    assert 0 == process.wait(timeout=30)
    process.stdout.close()


def call(url: str, path: str, body: Any, access: str = ACCESS, secret: str = SECRET) -> Any:
    """Call a private endpoint of HTX, signed by hand."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    query = (
        f"AccessKeyId={access}&SignatureMethod=HmacSHA256&SignatureVersion=2"
        f"&Timestamp={quote(stamp, safe='')}"
    )
    text = f"POST\n{url.removeprefix('http://')}\n{path}\n{query}"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    query += f"&Signature={quote(base64.b64encode(digest).decode(), safe='')}"
    return send(url, f"{path}?{query}", body)


def send(url: str, target: str, body: Any) -> Any:
    """Post JSON and return the parsed reply."""
    client = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    client.request("POST", target, json.dumps(body), {"Content-Type": "application/json"})
    reply = json.loads(client.getresponse().read())
    client.close()
    return reply


def test_both_venues_are_served(served: tuple[str, list[str]]) -> None:
    url, _ = served
    orders = call(url, "/swap-api/v1/swap_openorders", {"contract_code": "BTC-USD"})
    other = send(url, "/info", {"type": "openOrders", "user": ADDRESS})

    assert (0, []) == (orders["data"]["total_size"], other)


def test_control_reaches_both(served: tuple[str, list[str]]) -> None:
    url, _ = served
    found = [
        send(url, "/control/markets", arguments)["result"]["instrument"]
        for arguments in ({"instrument": "BTC"}, {"instrument": "BTC-USD", "venue": "htx"})
    ]

    assert ["BTC", "BTC-USD"] == found


def test_a_wrong_secret_is_refused(served: tuple[str, list[str]]) -> None:
    reply = call(served[0], "/swap-api/v1/swap_openorders", {}, secret="guessed")

    assert 403 == reply["err_code"]


def test_a_key_which_only_reads_may_not_trade(served: tuple[str, list[str]]) -> None:
    reply = call(served[0], "/swap-api/v1/swap_order", {}, "reader", "other-secret")

    assert 1110 == reply["err_code"]


def test_it_says_whom_it_funds_and_no_secret(served: tuple[str, list[str]]) -> None:
    text = "".join(served[1])

    assert f"Funded HTX account htx, access keys {ACCESS}, reader." in text
    assert ADDRESS in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "flags",
    [
        ["--htx-key", "a-secret-alone"],
        ["--htx-key", "a:secret:more"],
        ["--htx-key", "a:secret="],
        ["--htx-key", "a:secret", "--htx-read-key", "a:secret"],
    ],
    ids=str,
)
def test_a_pair_which_is_none_is_refused_without_being_shown(flags: list[str]) -> None:
    ran = subprocess.run(
        [*COMMAND, *flags],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "NO_COLOR": "1"},
    )

    assert (1, "") == (ran.returncode, ran.stdout)
    assert "HTX keys" in ran.stderr
    assert "secret" not in ran.stderr
