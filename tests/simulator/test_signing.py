"""Known-answer vectors of three SDKs: whose signature the venue thinks it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.simulator.hl_actions import ApproveAgent, ApproveBuilderFee
from reconciler.simulator.hl_envelope import parse_envelope, recover_signer, signer_in_field
from reconciler.simulator.hl_signing import (
    Network,
    SignedPart,
    Unrecoverable,
    chain_name,
    connection_id,
    l1_digest,
    recover,
    recover_l1,
    user_digest,
)
from reconciler.simulator.hl_wire import parse_action

PATH = Path(__file__).parent.parent / "data" / "hyperliquid_signing_vectors.json"
VECTORS = json.loads(PATH.read_text(encoding="utf-8"))
NETWORKS: tuple[Network, ...] = ("mainnet", "testnet")

# Actions the simulator does not know; and orders which the Rust SDK hashes with "2000.0" on
# purpose, where the venue hashes "2000".
UNKNOWN = {"py-dummy", "py-dummy-vault", "rust-claimRewards"}
UNNORMALISED = {
    "rust-order-ioc",
    "rust-order-ioc-cloid",
    "rust-order-trigger-tp",
    "rust-order-trigger-sl",
}
CANONICAL = [
    vector for vector in VECTORS["l1_vectors"] if vector["id"] not in UNKNOWN | UNNORMALISED
]


def named(vector: dict[str, Any]) -> str:
    """Return the id of a vector as the name of its test."""
    name: str = vector["id"]
    return name


def part_of(vector: dict[str, Any]) -> SignedPart:
    """Return what the envelope adds."""
    return SignedPart(
        nonce=vector["nonce"],
        vault=vector["vaultAddress"],
        expires_after_ms=vector["expiresAfter"],
    )


def envelope_of(vector: dict[str, Any], signature: Any) -> dict[str, Any]:
    """Return the body of a request as a client would send it."""
    kept = {key: vector[key] for key in ("action", "nonce", "vaultAddress", "expiresAfter")}
    return {**kept, "signature": signature}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("vector", VECTORS["l1_vectors"], ids=named)
def test_every_hashed_form_recovers_its_signer(vector: dict[str, Any], network: Network) -> None:
    signature = vector["signature"][network]
    actual = recover_l1(vector["action"], part_of(vector), signature, network)

    assert vector["signer"] == actual


@pytest.mark.parametrize("vector", VECTORS["l1_vectors"], ids=named)
def test_an_action_hashes_to_the_published_value(vector: dict[str, Any]) -> None:
    actual = "0x" + connection_id(vector["action"], part_of(vector)).hex()

    assert vector["connectionId"] == actual


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("vector", CANONICAL, ids=named)
def test_a_canonical_request_recovers_its_signer(vector: dict[str, Any], network: Network) -> None:
    envelope = parse_envelope(envelope_of(vector, vector["signature"][network]))

    assert vector["signer"] == recover_signer(envelope, network)


@pytest.mark.parametrize("vector", CANONICAL, ids=named)
def test_parsing_and_writing_an_action_gives_the_signed_bytes(vector: dict[str, Any]) -> None:
    action = parse_action(vector["action"])
    assert not isinstance(action, (ApproveAgent, ApproveBuilderFee))

    assert json.dumps(vector["action"]) == json.dumps(action.canonical())


@pytest.mark.parametrize("network", NETWORKS)
def test_unnormalised_numbers_recover_a_stranger(network: Network) -> None:
    vectors = [each for each in VECTORS["l1_vectors"] if each["id"] in UNNORMALISED]
    recovered = [
        recover_signer(parse_envelope(envelope_of(each, each["signature"][network])), network)
        for each in vectors
    ]

    assert 4 == len(recovered)
    assert not {each["signer"] for each in vectors} & set(recovered)


@pytest.mark.parametrize("vector", VECTORS["negative_vectors"], ids=named)
def test_a_wrong_form_recovers_the_named_stranger(vector: dict[str, Any]) -> None:
    """What is sent is the signed action in the envelope which the venue hashes."""
    venue = vector["canonical_as_hashed_by_server"]
    sent = {**venue, "action": vector["signed"]["action"]}
    envelope = parse_envelope(envelope_of(sent, vector["signature"]))

    assert vector["recovered"] == recover_signer(envelope, venue["network"])


@pytest.mark.parametrize("vector", VECTORS["user_signed_vectors"], ids=named)
def test_a_user_signed_action_recovers_its_signer(vector: dict[str, Any]) -> None:
    fields = [(each["name"], each["type"]) for each in vector["types"]]
    digest = user_digest(vector["primaryType"], fields, vector["message"], vector["chainId"])

    assert vector["signer"] == recover(digest, vector["signature"])


@pytest.mark.parametrize("vector", VECTORS["phantom_agent_vectors"], ids=named)
def test_a_phantom_agent_recovers_its_signer(vector: dict[str, Any]) -> None:
    digest = l1_digest(bytes.fromhex(vector["connectionId"][2:]), vector["source_letter"])

    assert vector["signer"] == recover(digest, vector["signature"])


@pytest.mark.parametrize("kind", ["approveAgent", "approveBuilderFee"])
def test_an_approval_in_an_envelope_recovers_its_signer(kind: str) -> None:
    vector = next(
        each
        for each in VECTORS["user_signed_vectors"]
        if each["primaryType"].lower().endswith(kind.lower())
    )
    action = {**vector["message"], "type": kind}
    body = {"action": action, "nonce": action["nonce"], "signature": vector["signature"]}

    assert vector["signer"] == recover_signer(parse_envelope(body), "mainnet")


def test_hexadecimal_without_leading_zeros_is_accepted() -> None:
    """The official Python SDK does not pad r; this published one has 62 digits."""
    vector = next(each for each in VECTORS["l1_vectors"] if each["id"] == "py-dummy-vault")
    signature = vector["signature"]["mainnet"]
    short = {**signature, "r": hex(int(signature["r"], 16))}

    assert len(short["r"]) < len(signature["r"])
    assert vector["signer"] == recover_l1(vector["action"], part_of(vector), short, "mainnet")


@pytest.mark.parametrize(
    "signature",
    [
        {},
        {"r": "0x1", "s": "0x1"},
        {"r": "zz", "s": "0x1", "v": 27},
        {"r": "0x0", "s": "0x0", "v": 27},
        {"r": "0x1", "s": "0x1", "v": 99},
        {"r": 1, "s": 2, "v": 27},
        {"r": "0x" + "f" * 64, "s": "0x1", "v": 27},
    ],
)
def test_what_is_no_signature_cannot_be_recovered(signature: dict[str, Any]) -> None:
    with pytest.raises(Unrecoverable):
        recover(bytes(32), signature)


@pytest.mark.parametrize(
    ("network", "chain"), [("local", "Testnet"), ("testnet", "Testnet"), ("mainnet", "Mainnet")]
)
def test_a_local_venue_is_signed_for_like_the_testnet(network: Network, chain: str) -> None:
    assert chain == chain_name(network)


def test_a_signer_in_a_field_must_be_there() -> None:
    body = {"action": {"type": "noop"}, "nonce": 1, "signature": {}}

    with pytest.raises(Unrecoverable):
        signer_in_field(parse_envelope(body), "local")
