"""An address that the venue named, against the key and against every form it may have hashed."""

import json

import pytest

from reconciler.secret import Secret
from reconciler.venues.hyperliquid.signing import Signer, recover
from reconciler.venues.hyperliquid.stranger import named_address, reproduced
from tests.venues.hyperliquid.test_signing import NEGATIVE, payload_of
from tests.venues.support import KEY, SIGNER

VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
SPELLING = "with its fields in another order, or a number or id spelt otherwise"
NETWORK = "as one for the mainnet"
# Two cannot come from a request on record: what is sent is the text that is signed.
EXPLAINED = {
    "neg-trailing-zero": SPELLING,
    "neg-key-order": SPELLING,
    "neg-order-key-order": SPELLING,
    "neg-trigger-key-order": SPELLING,
    "neg-uppercase-cloid": SPELLING,
    "neg-wrong-network": NETWORK,
    "neg-vault-omitted-from-hash": "for another vault or sub-account, or for none",
    "neg-modify-a-false": SPELLING,
    "neg-nonce-mismatch": None,
    "neg-expires-omitted-from-hash": None,
}


def body_of(signed):
    envelope = {
        "action": signed["action"],
        "nonce": signed["nonce"],
        "expiresAfter": signed["expiresAfter"],
        "vaultAddress": signed["vaultAddress"],
    }
    return json.dumps(envelope, separators=(",", ":"))


@pytest.mark.parametrize("vector", NEGATIVE, ids=[vector["id"] for vector in NEGATIVE])
def test_the_known_wrong_forms_are_told_by_the_address_they_give(vector):
    found = reproduced(
        vector["recovered"],
        body_of(vector["signed"]),
        Signer(Secret(KEY)),
        is_mainnet=vector["signed"]["network"] == "mainnet",
        account=VAULT,
    )

    assert EXPLAINED[vector["id"]] == found


def order(**envelope):
    action = {
        "type": "order",
        "orders": [
            {
                "a": 0,
                "b": True,
                "p": "60000",
                "s": "0.001",
                "r": False,
                "t": {"limit": {"tif": "Alo"}},
                "c": "0x1234567890abcdef1234567890abcdef",
            }
        ],
        "grouping": "na",
    }
    request = {"action": action, "nonce": 1_760_000_000_000, "vaultAddress": None}
    return {**request, "expiresAfter": 1_760_000_015_000, **envelope}


def named_when_read(signed, read, *, is_mainnet=False):
    """Return what is found of an address that comes out when another request was read."""
    signer = Signer(Secret(KEY))
    payload = payload_of(signed)
    signature = signer.sign(payload, is_mainnet=False)
    address = recover(payload_of(read), signature, is_mainnet=is_mainnet)
    return reproduced(address, body_of(signed), signer, is_mainnet=False, account=VAULT)


def test_a_request_read_without_its_expiry_is_told():
    assert "without its expiry" == named_when_read(order(), order(expiresAfter=None))


def test_a_request_read_for_nobody_else_is_told():
    signed = order(vaultAddress=VAULT)

    assert EXPLAINED["neg-vault-omitted-from-hash"] == named_when_read(
        signed, order(vaultAddress=None)
    )


def test_a_request_read_on_the_other_network_is_told():
    assert NETWORK == named_when_read(order(), order(), is_mainnet=True)


def test_two_differences_are_told_when_one_is_the_network():
    found = named_when_read(order(), order(expiresAfter=None), is_mainnet=True)

    assert f"{NETWORK}, and without its expiry" == found


def test_an_address_that_no_form_gives_is_not_explained():
    body = body_of(order())
    found = reproduced("0x" + "11" * 20, body, Signer(Secret(KEY)), is_mainnet=False, account=VAULT)

    assert found is None


def test_the_key_s_own_address_is_no_form():
    found = reproduced(
        SIGNER, body_of(order()), Signer(Secret(KEY)), is_mainnet=False, account=VAULT
    )

    assert found is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (f"User or API Wallet {SIGNER} does not exist.", SIGNER),
        (
            f"L1 error: User or API Wallet {SIGNER.upper().replace('X', 'x')} does not exist.",
            SIGNER,
        ),
        (f"Must deposit before performing actions. User: {SIGNER}", SIGNER),
        ("Unable to recover signer.", None),
        ("", None),
    ],
)
def test_the_address_is_read_from_the_text(text, address):
    assert address == named_address(text)
