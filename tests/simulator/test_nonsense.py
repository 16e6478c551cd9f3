"""Whatever arrives is answered: no body, however odd, breaks the venue."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.simulator import AccountSeed, Request, Simulator
from tests.simulator.venue import ALICE, CLOID, NOW, desk, limit, trigger

SIGNATURE = {"r": "0x1", "s": "0x1", "v": 27}
STATUSES = {200, 400, 422, 500}

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(2**63, 2**66),
    st.text(),
    st.sampled_from(["-0", "0", "1e5", "99999999999999999999.99999999", "\ud800", ALICE, CLOID]),
    st.just([]),
    st.just({}),
)
ACTIONS: list[dict[str, Any]] = [
    {"type": "order", "orders": [limit("50000", c=CLOID)], "grouping": "na"},
    {"type": "order", "orders": [limit("50000"), trigger("60000", "tp")], "grouping": "normalTpsl"},
    {"type": "order", "orders": [limit("0.1", "1000", a=10_000)], "grouping": {"p": 1}},
    {"type": "cancel", "cancels": [{"a": 0, "o": 1}], "f": True},
    {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": CLOID}]},
    {"type": "modify", "oid": CLOID, "order": limit("50000"), "a": True},
    {"type": "batchModify", "modifies": [{"oid": 1, "order": limit("50000")}]},
    {"type": "scheduleCancel", "time": NOW},
    {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 5},
    {"type": "reserveRequestWeight", "weight": 1},
    {"type": "createSubAccount", "name": "x"},
    {
        "type": "approveAgent",
        "hyperliquidChain": "Testnet",
        "signatureChainId": "0x66eee",
        "agentAddress": ALICE,
        "agentName": "x valid_until 1",
        "nonce": NOW,
    },
]
READS: list[dict[str, Any]] = [
    {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 2},
    {"type": "orderStatus", "user": ALICE, "oid": 1},
    {"type": "userFillsByTime", "user": ALICE, "startTime": 1, "endTime": 2},
    {"type": "frontendOpenOrders", "user": ALICE, "dex": ""},
    {"type": "maxBuilderFee", "user": ALICE, "builder": ALICE},
]
VERBS: list[tuple[str, dict[str, Any]]] = [
    ("set_mid", {"instrument": "BTC", "mid": "60000", "mark": "60000"}),
    ("trade", {"instrument": "BTC", "side": "buy", "price": "60001", "quantity": "1"}),
    ("place_as_human", {"account": ALICE, "instrument": "BTC", "side": "buy", "price": "1"}),
    ("deposit", {"account": ALICE, "amount": "1", "token": "HYPE"}),
    ("add_account", {"address": CLOID, "agents": [], "spot": {}, "master": ALICE}),
    ("approve_agent", {"account": ALICE, "agent": "0x" + "12" * 20, "valid_until_ms": 5}),
    ("faults", {"add": {"kind": "lost_reply"}}),
    ("time", {"advance_ms": 1}),
    ("log", {"since": 0}),
    ("state", {"account": ALICE}),
    ("cancel_as_venue", {"oid": 1, "status": "marginCanceled"}),
]


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of a JSON value."""
    found = [prefix] if prefix else []
    if isinstance(value, dict):
        inside = list(value.items())
    else:
        inside = list(enumerate(value)) if isinstance(value, list) else []
    for key, item in inside:
        found += paths(item, (*prefix, key))
    return found


@st.composite
def bent(draw: st.DrawFn, value: Any) -> Any:
    """Replace or remove one place of a JSON value."""
    copy = json.loads(json.dumps(value))
    path = draw(st.sampled_from(paths(copy)))
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    if draw(st.booleans()) or not isinstance(holder, dict):
        holder[path[-1]] = draw(odd)
    else:
        del holder[path[-1]]
    return copy


@given(st.sampled_from(ACTIONS).flatmap(bent), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_bent_action_is_answered(action: Any, believed: bool) -> None:
    venue = desk(check_margin=False)
    if not believed:
        venue.simulator = Simulator(accounts=[AccountSeed(address=ALICE)])
    signature = {"signer": ALICE} if believed else SIGNATURE
    response = venue.post("/exchange", venue.envelope(action, signature=signature))
    venue.move("70000")
    venue.move("40000")

    assert response.status in STATUSES


@given(bent({"action": ACTIONS[0], "nonce": NOW, "signature": SIGNATURE, "vaultAddress": ALICE}))
@settings(max_examples=150, deadline=None)
def test_a_bent_envelope_is_answered(envelope: Any) -> None:
    simulator = Simulator(accounts=[AccountSeed(address=ALICE)])
    request = Request(path="/exchange", body=json.dumps(envelope).encode())

    assert simulator.handle(request, NOW).status in STATUSES


@given(st.sampled_from(READS).flatmap(bent))
@settings(max_examples=150, deadline=None)
def test_a_bent_read_is_answered(body: Any) -> None:
    assert desk().post("/info", body).status in STATUSES


@given(st.sampled_from(VERBS), st.data())
@settings(max_examples=150, deadline=None)
def test_a_bent_control_request_is_answered(verb: tuple[str, Any], data: st.DataObject) -> None:
    body = data.draw(bent(verb[1]))

    assert desk().post(f"/control/{verb[0]}", body).status in STATUSES
