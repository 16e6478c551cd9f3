"""Signatures against published and generated known answers."""

import json
import subprocess
import sys

import pytest
from hyperliquid.utils.signing import float_to_wire

from reconciler.errors import CredentialsProblem
from reconciler.secret import Secret
from reconciler.venues.hyperliquid.signing import (
    L1Action,
    Signature,
    Signer,
    connection_id,
    hashed_bytes,
    recover,
)
from reconciler.venues.hyperliquid.wire.encode import body_of
from tests.venues.support import DATA, KEY, SIGNER

VECTORS = json.loads((DATA / "hyperliquid_signing_vectors.json").read_text(encoding="utf-8"))
L1 = VECTORS["l1_vectors"]
NEGATIVE = VECTORS["negative_vectors"]
NETWORKS = ("mainnet", "testnet")


def payload_of(source) -> L1Action:
    return L1Action(
        action=source["action"],
        nonce=source["nonce"],
        vault_address=source["vaultAddress"],
        expires_at_ms=source["expiresAfter"],
    )


def signature_of(source) -> Signature:
    return Signature(r=int(source["r"], 16), s=int(source["s"], 16), v=source["v"])


def named(vectors):
    return pytest.mark.parametrize("vector", vectors, ids=[vector["id"] for vector in vectors])


def test_there_are_all_the_vectors():
    assert 45 == len(L1)
    assert 10 == len(NEGATIVE)


@named(L1)
def test_the_hashed_bytes_are_the_known_ones(vector):
    expected = vector["msgpack_hex"] + vector["hash_suffix_hex"]

    assert expected == hashed_bytes(payload_of(vector)).hex()


@named(L1)
def test_the_connection_id_is_the_known_one(vector):
    assert vector["connectionId"] == "0x" + connection_id(payload_of(vector)).hex()


@named(L1)
@pytest.mark.parametrize("network", NETWORKS)
def test_the_signature_is_the_known_one(vector, network):
    signer = Signer(Secret(vector["private_key"]))
    signature = signer.sign(payload_of(vector), is_mainnet=network == "mainnet")

    assert vector["signer"] == signer.address
    assert signature_of(vector["signature"][network]) == signature


@named(L1)
@pytest.mark.parametrize("network", NETWORKS)
def test_the_signer_is_recovered(vector, network):
    signature = signature_of(vector["signature"][network])

    assert vector["signer"] == recover(
        payload_of(vector), signature, is_mainnet=network == "mainnet"
    )


@named(NEGATIVE)
def test_a_wrong_form_signs_for_a_stranger(vector):
    hashed = vector["canonical_as_hashed_by_server"]
    found = recover(
        payload_of(hashed),
        signature_of(vector["signature"]),
        is_mainnet=hashed["network"] == "mainnet",
    )

    assert vector["recovered"] == found
    assert vector["true_signer"] != found


@named(NEGATIVE)
def test_the_canonical_form_signs_for_the_signer(vector):
    hashed = vector["canonical_as_hashed_by_server"]
    is_mainnet = hashed["network"] == "mainnet"
    signer = Signer(Secret(KEY))
    signature = signer.sign(payload_of(hashed), is_mainnet=is_mainnet)

    assert vector["true_signer"] == recover(payload_of(hashed), signature, is_mainnet=is_mainnet)
    assert signature_of(vector["signature"]) != signature


@named(L1)
def test_what_is_sent_is_the_recorded_text_with_its_signature(vector):
    body = body_of(
        vector["action"],
        nonce=vector["nonce"],
        expires_at_ms=vector["expiresAfter"],
        vault_address=vector["vaultAddress"],
    )
    sent = Signer(Secret(vector["private_key"])).signed_body(body, is_mainnet=True)
    wire = json.loads(sent)

    assert sent.startswith(body[:-1].encode())
    assert signature_of(vector["signature"]["mainnet"]) == signature_of(wire["signature"])
    assert [66, 66] == [len(wire["signature"][part]) for part in "rs"]
    assert json.loads(body) == {key: value for key, value in wire.items() if key != "signature"}


def test_a_fraction_is_never_hashed():
    body = body_of({"type": "order", "p": 0.5}, nonce=1, expires_at_ms=2, vault_address=None)

    with pytest.raises(TypeError):
        Signer(Secret(KEY)).signed_body(body, is_mainnet=True)


@pytest.mark.parametrize("text", [KEY, KEY[2:], f" {KEY}\n", KEY.upper().replace("X", "x")])
def test_a_key_may_be_written_in_several_ways(text):
    assert SIGNER == Signer(Secret(text)).address


BAD_KEYS = {
    "empty": "",
    "short": KEY[:-1],
    "long": KEY + "0",
    "not hex": "0x" + "g" * 64,
    "spaced": "0x" + "ab " * 21 + "a",
    "zero": "0x" + "0" * 64,
    "beyond the curve": "0x" + "f" * 64,
    "full-width": "\uff10" * 64,
}


@pytest.mark.parametrize("text", BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_malformed_key_is_refused_without_being_shown(text):
    with pytest.raises(CredentialsProblem) as raised:
        Signer(Secret(text))

    assert "key-malformed" == raised.value.diagnostics[0].code
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert not text or text not in raised.value.render()


def test_a_signer_shows_its_address_alone():
    signer = Signer(Secret(KEY))

    assert f"Signer({SIGNER})" == repr(signer)
    assert not hasattr(signer, "__dict__")


def test_a_signature_does_not_show():
    assert "Signature(***)" == repr(Signature(r=1, s=2, v=27))


def test_signatures_of_the_same_are_the_same():
    payload = payload_of(L1[0])
    signer = Signer(Secret(KEY))

    assert signer.sign(payload, is_mainnet=True) == signer.sign(payload, is_mainnet=True)


def test_the_fast_backend_signs():
    from eth_keys.backends import get_backend

    assert "CoinCurveECCBackend" == type(get_backend()).__name__


def test_the_sdk_agrees_on_how_numbers_are_written():
    from decimal import Decimal

    from reconciler.model.numbers import format_decimal

    for case in VECTORS["float_to_wire"]:
        if "out" in case and not case["in"].startswith("-"):
            number = round(Decimal(case["in"]), 8)

            assert case["out"] == format_decimal(number)
            assert case["out"] == float_to_wire(float(case["in"]))


def test_nothing_heavy_is_imported_before_it_is_used():
    code = (
        "import sys\n"
        "from reconciler.venues import registry\n"
        "from reconciler.venues.hyperliquid import factory\n"
        "from reconciler.venues.hyperliquid.adapter import HyperliquidVenue\n"
        "heavy = {'httpx', 'eth_account', 'eth_keys', 'msgpack', 'anyio'}\n"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
