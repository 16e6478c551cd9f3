"""What happens below the protocol: bodies which are not JSON, not requests, or not precise."""

from typing import Any

import pytest

from reconciler.simulator import Request
from reconciler.simulator.hl_wire import Malformed, parse_action
from tests.simulator.venue import ALICE, CLOID, NOW, desk, limit, trigger

BAD_JSON = b"Failed to parse the request body as JSON"
BAD_SHAPE = b"Failed to deserialize the JSON body into the target type"
BAD_TYPE = b"Expected request with `Content-Type: application/json`"
AGENT_APPROVAL = {
    "type": "approveAgent",
    "hyperliquidChain": "Testnet",
    "signatureChainId": "0x66eee",
    "agentAddress": ALICE,
    "nonce": NOW,
}


@pytest.mark.parametrize("path", ["/info", "/exchange", "/control/state"])
def test_a_body_which_is_not_json_is_400(path: str) -> None:
    response = desk().post(path, b"{")

    assert (400, BAD_JSON) == (response.status, response.body)


@pytest.mark.parametrize("path", ["/info", "/exchange", "/control/state"])
@pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}])
def test_another_content_type_is_415(path: str, headers: dict[str, str]) -> None:
    response = desk().post(path, {"type": "meta"}, headers=headers)

    assert (415, BAD_TYPE) == (response.status, response.body)


def test_a_content_type_may_have_parameters() -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    assert 200 == desk().post("/info", {"type": "meta"}, headers=headers).status


def test_only_post_is_allowed() -> None:
    assert 405 == desk().simulator.handle(Request(method="GET", path="/info"), NOW).status


def test_another_path_is_404() -> None:
    assert 404 == desk().post("/ws", {}).status


def test_a_body_nested_too_deep_is_no_json() -> None:
    assert 400 == desk().post("/info", b"[" * 100_000).status


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"type": 1},
        {"type": "unheardOf"},
        {"type": "openOrders"},
        {"type": "openOrders", "user": "0x12"},
        {"type": "openOrders", "user": ALICE, "dex": 1},
        {"type": "orderStatus", "user": ALICE},
        {"type": "orderStatus", "user": ALICE, "oid": "0x12"},
        {"type": "userFillsByTime", "user": ALICE},
        {"type": "l2Book"},
    ],
)
def test_a_read_of_the_wrong_shape_is_422(body: Any) -> None:
    response = desk().post("/info", body)

    assert (422, BAD_SHAPE) == (response.status, response.body)


@pytest.mark.parametrize(
    "change",
    [
        {"action": None},
        {"action": {"type": "unheardOf"}},
        {"action": {"type": ["order"]}},
        {"nonce": None},
        {"nonce": "1"},
        {"nonce": -1},
        {"nonce": True},
        {"nonce": 2**64},
        {"signature": None},
        {"vaultAddress": "0x1"},
        {"expiresAfter": "soon"},
    ],
)
def test_an_envelope_of_the_wrong_shape_is_422(change: dict[str, Any]) -> None:
    venue = desk()
    body = {**venue.envelope({"type": "noop"}), **change}

    assert 422 == venue.post("/exchange", body).status


def test_an_envelope_is_an_object() -> None:
    assert 422 == desk().post("/exchange", []).status


def test_a_malformed_action_uses_no_nonce() -> None:
    venue = desk()
    venue.post("/exchange", venue.envelope({"type": "order"}, nonce=NOW))

    assert "ok" == venue.act({"type": "noop"}, nonce=NOW)["status"]


def with_type(kind: Any) -> dict[str, Any]:
    """Return an order with another `t`."""
    return {**limit("1"), "t": kind}


@pytest.mark.parametrize(
    "action",
    [
        {"type": "order"},
        {"type": "order", "orders": {}},
        {"type": "order", "orders": [1]},
        {"type": "order", "orders": [limit("1", a="0")]},
        {"type": "order", "orders": [limit("1", b=1)]},
        {"type": "order", "orders": [limit("1", b=None)]},
        {"type": "order", "orders": [limit("1", p=1)]},
        {"type": "order", "orders": [limit("1", p=None)]},
        {"type": "order", "orders": [limit("1e3")]},
        {"type": "order", "orders": [limit(".5")]},
        {"type": "order", "orders": [limit("nan")]},
        {"type": "order", "orders": [limit("0.123456789")]},
        {"type": "order", "orders": [limit("1", "0.000000001")]},
        {"type": "order", "orders": [limit("1", c="0x12")]},
        {"type": "order", "orders": [limit("1", c=1)]},
        {"type": "order", "orders": [limit("1", tif="Fok")]},
        {"type": "order", "orders": [with_type(None)]},
        {"type": "order", "orders": [with_type({})]},
        {"type": "order", "orders": [with_type({"limit": {}})]},
        {"type": "order", "orders": [with_type({"trigger": {"tpsl": "xx"}})]},
        {"type": "order", "orders": [], "grouping": "all"},
        {"type": "order", "orders": [], "grouping": {"p": "1"}},
        {"type": "order", "orders": [], "builder": {"b": "0x1", "f": 1}},
        {"type": "order", "orders": [], "builder": []},
        {"type": "cancel", "cancels": [{"asset": 0, "cloid": CLOID}]},
        {"type": "cancel", "cancels": [{"a": 0, "o": 1}], "f": 1},
        {"type": "cancelByCloid", "cancels": [{"a": 0, "o": 1}]},
        {"type": "modify", "oid": None, "order": limit("1")},
        {"type": "modify", "oid": 1},
        {"type": "batchModify", "modifies": [1]},
        {"type": "scheduleCancel", "time": "now"},
        {"type": "updateLeverage", "asset": 0, "leverage": 1},
        {"type": "reserveRequestWeight", "weight": 1, "destination": 7},
        {"type": "createSubAccount"},
        {"type": "createSubAccount", "name": "\ud800"},
        {"type": "subAccountTransfer", "subAccountUser": ALICE, "isDeposit": True},
        {**AGENT_APPROVAL, "signatureChainId": "zz"},
        {**AGENT_APPROVAL, "signatureChainId": "0x" + "f" * 65},
        {**AGENT_APPROVAL, "agentAddress": "zz"},
    ],
)
def test_an_action_of_the_wrong_shape_is_malformed(action: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parse_action(action)


def canonical(action: dict[str, Any]) -> Any:
    """Return the canonical form of an action."""
    parsed: Any = parse_action(action)
    return parsed.canonical()


def test_keys_numbers_and_hex_are_made_canonical() -> None:
    order = {
        "c": CLOID.upper().replace("X", "x"),
        "t": {"trigger": {"tpsl": "sl", "triggerPx": "55000.00", "isMarket": True}},
        "s": "0.0100",
        "p": "60000.0",
        "unknown": 1,
        "b": False,
        "a": 0,
    }
    action = {"orders": [order], "more": 2, "type": "order"}
    plain = trigger("55000", "sl", price="60000", r=False, c=CLOID)
    expected = {"type": "order", "orders": [plain], "grouping": "na"}

    assert list(expected) == list(canonical(action))
    assert expected == canonical(action)
    assert list(plain["t"]["trigger"]) == list(canonical(action)["orders"][0]["t"]["trigger"])


def test_a_client_order_id_without_prefix_gets_one() -> None:
    action = {"type": "order", "orders": [limit("1", c=CLOID[2:])]}

    assert CLOID == canonical(action)["orders"][0]["c"]


@pytest.mark.parametrize(
    "action",
    [
        {"type": "cancel", "cancels": [], "f": False},
        {"type": "modify", "oid": 1, "order": limit("1"), "a": False},
        {"type": "batchModify", "modifies": [], "a": None},
        {"type": "scheduleCancel", "time": None},
        {"type": "reserveRequestWeight", "weight": 1, "destination": None},
    ],
)
def test_a_default_is_absent_from_the_canonical_form(action: dict[str, Any]) -> None:
    assert not {"f", "a", "time", "destination"} & set(canonical(action))


def test_an_action_may_be_nested_with_a_destination() -> None:
    action = {"type": "reserveRequestWeight", "weight": 1, "destination": ALICE.upper()}
    action["destination"] = "0x" + ALICE[2:].upper()

    assert ALICE == canonical(action)["destination"]


def test_a_number_with_many_zeros_is_not_too_precise() -> None:
    assert (
        "60000"
        == canonical({"type": "order", "orders": [limit("60000.000000000")]})["orders"][0]["p"]
    )
