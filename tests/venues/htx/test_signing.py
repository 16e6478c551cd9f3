"""Known answers of HTX signatures, those that a verifier must refuse among them."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from reconciler.secret import Secret
from reconciler.venues.htx.signing import (
    KeyPair,
    canonical_text,
    fingerprint,
    signature,
    signed_path,
    timestamp,
)

FILE = Path(__file__).resolve().parents[2] / "data" / "htx_signing_vectors.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))
KEYS = KeyPair(access=Secret(VECTORS["access_key_id"]), secret=Secret(VECTORS["secret"]))
GOOD = [pytest.param(v, id=v["name"]) for v in VECTORS["vectors"]]
BAD = [pytest.param(v, id=v["name"]) for v in VECTORS["must_be_rejected"]]


def query_of(vector):
    return {
        "AccessKeyId": VECTORS["access_key_id"],
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        "Timestamp": vector["timestamp"],
        **vector["extra_query"],
    }


def path_of(vector):
    return signed_path(
        KEYS,
        vector["method"],
        vector["host"],
        vector["path"],
        stamp=vector["timestamp"],
        **vector["extra_query"],
    )


def test_all_vectors_are_there():
    assert (17, 6) == (len(GOOD), len(BAD))


@pytest.mark.parametrize("vector", GOOD)
def test_the_canonical_text_is_the_known_one(vector):
    text = canonical_text(vector["method"], vector["host"], vector["path"], query_of(vector))

    assert vector["canonical"] == text


@pytest.mark.parametrize("vector", GOOD)
def test_the_signature_is_the_known_one(vector):
    assert vector["signature"] == signature(KEYS.secret, vector["canonical"])


@pytest.mark.parametrize("vector", GOOD)
def test_the_address_is_the_known_one(vector):
    assert vector["url"] == f"https://{vector['host']}{path_of(vector)}"


@pytest.mark.parametrize("vector", GOOD)
def test_the_order_of_parameters_and_the_case_of_the_host_do_not_matter(vector):
    shuffled = dict(reversed(query_of(vector).items()))
    text = canonical_text(vector["method"], vector["host"].upper(), vector["path"], shuffled)

    assert vector["canonical"] == text


def verifies(path, method, host):
    """Check an address as a venue would: re-sort what was received but for the signature."""
    split = urlsplit(path)
    received = dict(parse_qsl(split.query, keep_blank_values=True))
    said = received.pop("Signature")
    text = canonical_text(method, host, split.path, received)
    return hmac.compare_digest(said, signature(KEYS.secret, text))


@pytest.mark.parametrize("vector", GOOD)
def test_what_is_signed_verifies_as_received(vector):
    assert verifies(path_of(vector), vector["method"], vector["host"])


@pytest.mark.parametrize("vector", BAD)
def test_a_signature_to_be_refused_is_never_made(vector):
    order = next(v for v in VECTORS["vectors"] if v["name"] == "post_swap_order")

    assert vector["canonical_used"] != order["canonical"] or "hex" in vector["name"]
    assert vector["signature"] not in path_of(order)


@pytest.mark.parametrize("vector", BAD)
def test_a_signature_to_be_refused_does_not_verify(vector):
    order = next(v for v in VECTORS["vectors"] if v["name"] == "post_swap_order")
    genuine = path_of(order)
    forged = (
        genuine.split("&Signature=")[0]
        + "&Signature="
        + (vector["signature"].replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"))
    )

    assert verifies(genuine, "POST", "api.hbdm.com")
    assert not verifies(forged, "POST", "api.hbdm.com")


def test_base64_of_the_hex_text_is_what_the_last_refused_vector_is():
    order = next(v for v in VECTORS["vectors"] if v["name"] == "post_swap_order")
    raw = hmac.new(VECTORS["secret"].encode(), order["canonical"].encode(), hashlib.sha256)
    (vector,) = [v for v in VECTORS["must_be_rejected"] if v["name"] == "base64_of_hex_digest"]

    assert vector["signature"] == base64.b64encode(raw.hexdigest().encode()).decode()


@pytest.mark.parametrize(
    ("method", "path"), [("post", "/swap-api/v1/x"), ("POST", "//swap-api/v1/x"), ("POST", "x")]
)
def test_a_malformed_request_is_not_signed(method, path):
    with pytest.raises(AssertionError):
        canonical_text(method, "api.hbdm.com", path, {})


@pytest.mark.parametrize(
    ("at_ms", "stamp"),
    [(0, "1970-01-01T00:00:00"), (1_494_515_970_999, "2017-05-11T15:19:30")],
)
def test_a_time_is_told_to_the_second(at_ms, stamp):
    assert stamp == timestamp(at_ms)


def test_a_key_pair_shows_neither_half():
    shown = f"{KEYS!r} {KEYS}"

    assert "e2xxxxxx" not in shown
    assert "b0xxxxxx" not in shown


def test_the_public_name_of_a_key_is_not_the_key():
    name = fingerprint(KEYS)

    assert name.startswith("key-")
    assert "e2xx" not in name
    assert name != fingerprint(KeyPair(access=Secret("other"), secret=KEYS.secret))
