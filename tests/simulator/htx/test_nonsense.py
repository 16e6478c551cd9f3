"""Whatever arrives is answered: no body, however odd, breaks the venue."""

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.simulator import ControlError, Request, Simulator
from reconciler.simulator.htx import HtxSetup
from reconciler.simulator.htx.endpoints import ENDPOINTS
from tests.simulator.htx.venue import ALICE_KEY, NOW, SECRET, desk, limit

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(2**63, 2**66),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.sampled_from(["-0", "0", "1e5", "1e999999", "0" * 30, "1,2", "\\ud800", "BTC-USD"]),
    st.just([]),
    st.just({}),
)
PRIVATE = sorted(path for path, each in ENDPOINTS.items() if each.method == "POST")
PUBLIC = sorted(path for path, each in ENDPOINTS.items() if each.method == "GET")
NAMES = [
    *limit("59000"),
    *("client_order_id", "order_id", "page_index", "page_size", "sort_by", "trade_type", "status"),
    *("tp_trigger_price", "tp_order_price", "sl_trigger_price", "sl_order_price_type", "contract"),
    *("self_match_prevent", "created_at", "order_type", "start_time", "end_time", "direct"),
    *("from_id", "type", "create_date", "on_off", "time_out", "orders_data"),
]
bodies = st.dictionaries(st.sampled_from(NAMES), odd, max_size=4)


@settings(max_examples=300)
@given(st.sampled_from(PRIVATE), bodies)
def test_an_odd_field_is_an_answer(path: str, change: dict[str, Any]) -> None:
    venue = desk()
    venue.place("59000", client_order_id=7)
    response = venue.post(path, {**limit("58000"), "contract": "BTC-USD", **change})

    assert 200 == response.status
    assert {"status", "code"} & response.json().keys()


@settings(max_examples=200)
@given(bodies, bodies)
def test_an_odd_item_is_an_answer(first: dict[str, Any], second: dict[str, Any]) -> None:
    items = [{**limit("58000"), **first}, {**limit("57000"), **second}, 5]
    data = desk().data("swap_batchorder", orders_data=items)

    assert 3 == len(data["errors"]) + len(data["success"])


@settings(max_examples=100)
@given(st.sampled_from(PRIVATE), st.one_of(st.binary(), odd.map(json.dumps).map(str.encode)))
def test_an_odd_body_is_an_answer(path: str, body: bytes) -> None:
    assert 200 == desk().post(path, body).status


@settings(max_examples=200)
@given(st.sampled_from(PUBLIC), st.text(st.characters(max_codepoint=127)))
def test_an_odd_query_is_an_answer(path: str, query: str) -> None:
    request = Request(method="GET", path=path, query=query)

    assert 200 == desk().simulator.handle(request, NOW).status


@settings(max_examples=200)
@given(st.sampled_from(PRIVATE), st.text(st.characters(max_codepoint=127)))
def test_an_odd_signature_is_refused(path: str, query: str) -> None:
    simulator = Simulator(htx=HtxSetup())
    reply = simulator.handle(Request(path=path, query=query, body=b"{}"), NOW).json()

    assert "error" == reply["status"]
    assert SECRET not in str(reply)


VERBS: list[tuple[str, dict[str, Any]]] = [
    ("set_mid", {"instrument": "BTC-USD", "mid": "60000", "mark": "60000"}),
    ("trade", {"instrument": "BTC-USD", "side": "buy", "price": "60001", "quantity": "1"}),
    ("place_as_human", {"account": "alice", "instrument": "BTC-USD", "side": "buy", "price": "1"}),
    ("deposit", {"account": "alice", "instrument": "BTC-USD", "amount": "1"}),
    ("add_account", {"account": "carol", "deposit": "1"}),
    ("add_key", {"account": "alice", "access_key": ALICE_KEY, "secret_key": "x"}),
    ("set_contract", {"instrument": "BTC-USD", "status": 1, "open": True}),
    ("ban", {"account": "alice", "for_ms": 5}),
    ("state", {"account": "alice"}),
    ("cancel_as_venue", {"oid": 1, "status": "x"}),
]


@settings(max_examples=200)
@given(st.sampled_from(VERBS), st.data())
def test_an_odd_argument_is_an_answer(verb: tuple[str, dict[str, Any]], data: Any) -> None:
    name, arguments = verb
    place = data.draw(st.sampled_from(sorted(arguments)))
    venue = desk()
    with contextlib.suppress(ControlError):
        venue.control(name, **{**arguments, place: data.draw(odd)})
    venue.move("61000")

    assert [] == venue.open()
