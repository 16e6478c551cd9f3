"""The unmodified ccxt client against the simulator, over a real socket, really signed.

Every address of the client is told to be the simulator's, so that no call can leave the machine.
"""

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from reconciler.simulator import Simulator
from reconciler.simulator.htx import HtxAccountSeed, HtxSetup, Key
from reconciler.simulator.server import ThreadHandle, run_in_thread

ACCESS, SECRET = "an-invented-access-key", "an-invented-secret"
BTC = "BTC/USD:BTC"
OPEN = {"offset": "open", "lever_rate": 5}
INVERSE = {"defaultType": "swap", "defaultSubType": "inverse"}


@pytest.fixture
def running() -> Iterator[ThreadHandle]:
    """Serve one venue with an account and its key."""
    seed = HtxAccountSeed(uid="alice", keys=(Key(access=ACCESS, secret=SECRET),))
    with run_in_thread(Simulator(htx=HtxSetup(accounts=[seed]))) as handle:
        handle.control("set_mid", venue="htx", instrument="BTC-USD", mid="60000")
        yield handle


def connected(running: ThreadHandle, secret: str = SECRET) -> Any:
    """Return a client which is told the address, and that only inverse swaps matter."""
    here = f"127.0.0.1:{running.port}"
    client = ccxt.htx(
        {
            "apiKey": ACCESS,
            "secret": secret,
            "enableRateLimit": False,
            "urls": {
                "hostnames": {"contract": here, "spot": here},
                "api": dict.fromkeys(
                    ("contract", "spot", "public", "private"), "http://{hostname}"
                ),
            },
            "options": {
                **INVERSE,
                "fetchMarkets": {"types": {"spot": False, "linear": False, "inverse": True}},
            },
        }
    )
    client.has["fetchCurrencies"] = False
    return client


@pytest.fixture
def client(running: ThreadHandle) -> Iterator[Any]:
    """Return a client with the right key."""
    made = connected(running)
    yield made
    made.session.close()


def placed(client: Any, price: float = 59000, amount: int = 2, **more: Any) -> str:
    """Place an opening buy and return its id."""
    oid: str = client.create_order(BTC, "limit", "buy", amount, price, {**OPEN, **more})["id"]
    return oid


def test_markets_are_loaded(client: Any) -> None:
    market = client.load_markets()[BTC]

    assert (100, 0.1, True) == (
        market["contractSize"],
        market["precision"]["price"],
        market["inverse"],
    )


def test_an_order_is_placed_listed_and_cancelled(client: Any, running: ThreadHandle) -> None:
    oid = placed(client, clientOrderId=77)
    listed = client.fetch_open_orders(BTC)
    cancelled = client.cancel_order(oid, BTC)
    running.control("time", advance_ms=100)

    assert [(oid, "77", 59000, 2, "open")] == [
        (o["id"], o["clientOrderId"], o["price"], o["amount"], o["status"]) for o in listed
    ]
    assert oid == cancelled["id"]
    assert [] == client.fetch_open_orders(BTC)
    assert "canceled" == client.fetch_order(oid, BTC)["status"]


def test_an_order_is_cancelled_by_its_client_order_id(client: Any, running: ThreadHandle) -> None:
    placed(client, clientOrderId=77)
    client.cancel_order(None, BTC, {"clientOrderId": "77"})
    running.control("time", advance_ms=100)

    assert [] == client.fetch_open_orders(BTC)


def test_orders_are_placed_in_a_batch_and_all_cancelled(client: Any, running: ThreadHandle) -> None:
    orders = [
        {"symbol": BTC, "type": "limit", "side": "buy", "amount": 1, "price": price, "params": OPEN}
        for price in (59000, 58999, 58998)
    ]
    made = client.create_orders(orders)
    listed = client.fetch_open_orders(BTC)
    client.cancel_all_orders(BTC)
    running.control("time", advance_ms=100)

    assert {order["id"] for order in made} == {order["id"] for order in listed}
    assert [] == client.fetch_open_orders(BTC)


def test_a_post_only_order_which_would_match_is_cancelled(client: Any) -> None:
    oid = placed(client, 60100, postOnly=True)

    assert "canceled" == client.fetch_order(oid, BTC)["status"]


def test_a_fill_becomes_a_trade_and_a_position(client: Any) -> None:
    oid = placed(client, 60100)
    order = client.fetch_order(oid, BTC)
    trade = client.fetch_my_trades(BTC)[0]
    position = client.fetch_positions([BTC])[0]

    assert ("closed", 2, 60000.1) == (order["status"], order["filled"], order["average"])
    assert (oid, 60000.1, "taker") == (trade["order"], trade["price"], trade["takerOrMaker"])
    assert ("long", 2, 5) == (position["side"], position["contracts"], position["leverage"])


def test_history_and_prices_are_read(client: Any) -> None:
    oid = placed(client, 60100)

    assert [oid] == [order["id"] for order in client.fetch_closed_orders(BTC)]
    assert (59999.9, 60000.1) == tuple(client.fetch_ticker(BTC)[name] for name in ("bid", "ask"))
    assert [59999.9, 10_000] == client.fetch_order_book(BTC)["bids"][0]
    assert client.fetch_balance()["BTC"]["free"] > 100


def test_a_wrong_secret_is_an_error_of_authentication(running: ThreadHandle) -> None:
    stranger = connected(running, secret="another")
    with pytest.raises(ccxt.AuthenticationError):
        stranger.fetch_open_orders(BTC)
    stranger.session.close()


def test_errors_are_understood(client: Any) -> None:
    placed(client, clientOrderId=77)

    with pytest.raises(ccxt.InvalidOrder):
        placed(client, 99_999)
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order("5", BTC)
    with pytest.raises(ccxt.ExchangeError, match="1050"):
        placed(client, clientOrderId=77)


def test_a_busy_venue_is_told(client: Any, running: ThreadHandle) -> None:
    client.load_markets()
    running.control("faults", add={"kind": "error_after", "code": 1004, "venue": "htx"})
    with pytest.raises(ccxt.ExchangeError, match="1004"):
        placed(client)

    assert 1 == len(client.fetch_open_orders(BTC))


def test_maintenance_is_no_answer(client: Any, running: ThreadHandle) -> None:
    client.load_markets()
    running.control("switches", venue="htx", is_maintained=True)
    orders = client.contractPrivatePostSwapApiV1SwapOpenorders({"contract_code": "BTC-USD"})

    assert {"status": "maintain"} == orders
