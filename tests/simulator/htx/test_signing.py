"""Known-answer vectors: who signed a request, exactly as it was received."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.simulator import Request, Simulator
from reconciler.simulator.htx import HtxAccountSeed, HtxSetup, Key
from reconciler.simulator.htx.errors import Refused
from reconciler.simulator.htx.signing import (
    _parsed,
    authenticate,
    canonical_text,
    hmac_signature,
)
from tests.simulator.htx.venue import ALICE, ALICE_KEY, NOW, SWAP, desk, limit

PATH = Path(__file__).parents[2] / "data" / "htx_signing_vectors.json"
FILE = json.loads(PATH.read_text(encoding="utf-8"))
KEY = Key(access=FILE["access_key_id"], secret=FILE["secret"])
VECTORS = FILE["vectors"]
REFUSED = FILE["must_be_rejected"]
PLAIN = next(vector for vector in VECTORS if vector["name"] == "post_swap_order")


def named(vector: Any) -> str:
    """Return the name of a vector."""
    return str(vector["name"])


def world(at_ms: int, **switches: Any) -> Any:
    """Return a world in which the vectors' key acts for Alice."""
    seed = HtxAccountSeed(uid=ALICE, keys=(KEY,))
    simulator = Simulator(htx=HtxSetup(accounts=[seed]))
    simulator.htx.world.switches = simulator.htx.world.switches.changed(switches)
    simulator.wake(at_ms)
    return simulator.htx.world


def at_ms_of(vector: Any) -> int:
    """Return the moment a vector was signed for."""
    found = _parsed(vector["timestamp"])
    assert found is not None
    return found


def sent(vector: Any, signature: str | None = None, query: str | None = None) -> Request:
    """Return the request of a vector as it arrives."""
    encoded = vector["signature_urlencoded"] if signature is None else signature
    return Request(
        method=vector["method"],
        path=vector["path"],
        query=f"{query or vector['query_without_signature']}&Signature={encoded}",
        headers={"host": vector["host"]},
    )


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_the_text_to_sign_is_rebuilt_from_the_request(vector: Any) -> None:
    assert vector["canonical"] == canonical_text(sent(vector))


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_the_owner_of_the_key_is_told(vector: Any) -> None:
    caller = authenticate(world(at_ms_of(vector)), sent(vector), hmac_signature)

    assert (ALICE, KEY) == (caller.account.uid, caller.key)


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_the_order_of_the_parameters_is_free(vector: Any) -> None:
    request = sent(vector)
    backwards = replace(request, query="&".join(reversed(request.query.split("&"))))

    assert ALICE == authenticate(world(at_ms_of(vector)), backwards, hmac_signature).account.uid


def refusal_code(request: Request, at_ms: int, **switches: Any) -> int:
    """Authenticate a request which must be refused; return the code."""
    with pytest.raises(Refused) as caught:
        authenticate(world(at_ms, **switches), request, hmac_signature)
    return caught.value.refusal.code


@pytest.mark.parametrize("vector", REFUSED, ids=named)
def test_a_text_signed_wrongly_does_not_verify(vector: Any) -> None:
    encoded = vector["signature"].replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")

    assert 403 == refusal_code(sent(PLAIN, encoded), at_ms_of(PLAIN))


@pytest.mark.parametrize("vector", REFUSED[:2], ids=named)
def test_it_does_not_verify_either_when_it_is_sent_as_it_was_signed(vector: Any) -> None:
    query = vector["canonical_used"].split("\n")[3]
    encoded = vector["signature"].replace("+", "%2B").replace("=", "%3D")

    assert 403 == refusal_code(sent(PLAIN, encoded, query), at_ms_of(PLAIN))


@pytest.mark.parametrize("vector", VECTORS, ids=named)
@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": "/swap-api/v1/other"},
        {"headers": {"host": "api.example.com"}},
        {"headers": {}},
    ],
    ids=str,
)
def test_a_changed_request_does_not_verify(vector: Any, change: dict[str, Any]) -> None:
    assert 403 == refusal_code(replace(sent(vector), **change), at_ms_of(vector))


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_a_parameter_more_does_not_verify(vector: Any) -> None:
    request = sent(vector)

    assert 403 == refusal_code(
        replace(request, query=request.query + "&contract_code=X"), at_ms_of(vector)
    )


def test_a_raw_plus_in_the_url_reads_as_a_space() -> None:
    vector = VECTORS[-1]
    assert "+" in vector["signature"]

    assert 403 == refusal_code(sent(vector, vector["signature"]), at_ms_of(vector))


def test_the_host_may_be_written_in_capitals() -> None:
    request = replace(sent(PLAIN), headers={"host": PLAIN["host"].upper()})

    assert ALICE == authenticate(world(at_ms_of(PLAIN)), request, hmac_signature).account.uid


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (FILE["access_key_id"], "somebody", 403),
        ("AccessKeyId=", "Other=", 12007),
        ("HmacSHA256", "Ed25519", 12003),
        ("SignatureVersion=2", "SignatureVersion=1", 12002),
        ("Timestamp=", "Other=", 12006),
        ("2017-05-11T15%3A19%3A30", "2017-05-11", 12001),
        ("2017-05-11T15%3A19%3A30", "2017-13-11T15%3A19%3A30", 12001),
        ("2017-05-11T15%3A19%3A30", "2017-05-11T15%3A19%3A30Z", 12001),
        ("Signature=", "Other=", 12008),
    ],
)
def test_what_is_wrong_about_a_query_is_told(old: str, new: str, code: int) -> None:
    request = sent(PLAIN)
    assert old in request.query

    assert code == refusal_code(
        replace(request, query=request.query.replace(old, new)), at_ms_of(PLAIN)
    )


@pytest.mark.parametrize("off_ms", [-300_000, 300_000])
def test_a_timestamp_may_be_five_minutes_off(off_ms: int) -> None:
    found = authenticate(world(at_ms_of(PLAIN) + off_ms), sent(PLAIN), hmac_signature)

    assert ALICE == found.account.uid


@pytest.mark.parametrize("off_ms", [-300_001, 300_001])
@pytest.mark.parametrize(("is_12001", "code"), [(False, 403), (True, 12001)])
def test_a_timestamp_may_not_be_further_off(off_ms: int, is_12001: bool, code: int) -> None:
    at_ms = at_ms_of(PLAIN) + off_ms

    assert code == refusal_code(sent(PLAIN), at_ms, stale_stamp_is_12001=is_12001)


def test_the_tolerance_can_be_a_minute() -> None:
    late_ms = at_ms_of(PLAIN) + 60_001

    assert 403 == refusal_code(sent(PLAIN), late_ms, clock_tolerance_ms=60_000)


def test_a_believed_signature_still_needs_a_known_key() -> None:
    venue = desk()

    assert 403 == venue.code("swap_openorders", key="nobody")
    assert [] == venue.open(key=ALICE_KEY)


def test_a_real_signature_is_checked_by_default() -> None:
    seed = HtxAccountSeed(uid=ALICE, keys=(KEY,))
    simulator = Simulator(htx=HtxSetup(accounts=[seed]))
    at_ms = at_ms_of(PLAIN)
    body = json.dumps(limit("60000")).encode()
    good = simulator.handle(replace(sent(PLAIN), body=body), at_ms)
    bad = simulator.handle(replace(sent(PLAIN, "x"), body=body), at_ms)

    assert ("ok", 403) == (good.json()["status"], bad.json()["err_code"])


def test_the_body_is_not_signed() -> None:
    """So the same signature carries any body: transport security is all that protects it."""
    vector = PLAIN
    plain = sent(vector)

    assert canonical_text(plain) == canonical_text(replace(plain, body=b'{"volume":9}'))


def test_a_key_that_only_reads_may_not_trade() -> None:
    venue = desk()

    assert 1110 == venue.refused("59000", key="alice-reader")
    assert [] == venue.open(key="alice-reader")


def test_a_get_on_a_post_endpoint_is_refused_below_the_protocol() -> None:
    request = replace(desk().request("swap_order", b"{}"), method="GET")

    assert 405 == desk().simulator.handle(request, NOW).status


def test_an_unknown_path_is_not_found() -> None:
    request = desk().request(SWAP + "swap_unheard_of", b"{}")

    assert 404 == desk().simulator.handle(request, NOW).status
