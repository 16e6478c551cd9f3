"""The unmodified official Python SDK against the simulator, over a real socket, really signed."""

from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.error import ClientError, ServerError
from hyperliquid.utils.signing import OrderType
from hyperliquid.utils.types import Cloid

from reconciler.simulator import AccountSeed, Simulator
from reconciler.simulator.server import ThreadHandle, run_in_thread

MASTER = Account.from_key("0x" + "01" * 32)
AGENT = Account.from_key("0x" + "02" * 32)
VAULT = "0x" + "77" * 20
USER = MASTER.address
GTC: OrderType = {"limit": {"tif": "Gtc"}}
ALO: OrderType = {"limit": {"tif": "Alo"}}
CLOID = Cloid.from_int(7)


@pytest.fixture
def running() -> Iterator[ThreadHandle]:
    """Serve one venue with an account, its agent and its vault."""
    accounts = [
        AccountSeed(address=USER, agents=(AGENT.address,)),
        AccountSeed(address=VAULT, role="vault", master=USER),
    ]
    with run_in_thread(Simulator(accounts=accounts)) as handle:
        handle.control("set_mid", instrument="BTC", mid="60000")
        yield handle


@pytest.fixture
def info(running: ThreadHandle) -> Iterator[Info]:
    """Return the SDK's reader."""
    reader = Info(running.url, skip_ws=True, perp_dexs=["", "xyz"])
    yield reader
    reader.session.close()


@pytest.fixture
def exchange(running: ThreadHandle) -> Iterator[Exchange]:
    """Return the SDK's writer, signing with the agent."""
    writer = Exchange(AGENT, running.url, account_address=USER, perp_dexs=["", "xyz"], timeout=10)
    yield writer
    writer.info.session.close()
    writer.session.close()


def placed(reply: Any) -> int:
    """Return the venue order id of an order which rests."""
    oid: int = reply["response"]["data"]["statuses"][0]["resting"]["oid"]
    return oid


def test_an_order_is_placed_listed_and_cancelled(exchange: Exchange, info: Info) -> None:
    oid = placed(exchange.order("BTC", True, 0.01, 50000, GTC))
    listed = info.frontend_open_orders(USER)
    cancelled = exchange.cancel("BTC", oid)

    assert [oid] == [order["oid"] for order in listed]
    assert ["success"] == cancelled["response"]["data"]["statuses"]
    assert [] == info.open_orders(USER)


def test_an_order_is_cancelled_by_its_client_order_id(exchange: Exchange, info: Info) -> None:
    exchange.order("BTC", True, 0.01, 50000, GTC, cloid=CLOID)
    exchange.cancel_by_cloid("BTC", CLOID)

    assert "canceled" == info.query_order_by_cloid(USER, CLOID)["order"]["status"]


def test_an_order_is_modified(exchange: Exchange, info: Info) -> None:
    oid = placed(exchange.order("BTC", True, 0.01, 50000, ALO, cloid=CLOID))
    newer = placed(exchange.modify_order(oid, "BTC", True, 0.02, 50500, ALO, cloid=CLOID))
    newest = placed(exchange.modify_order(CLOID, "BTC", True, 0.03, 50600, ALO, cloid=CLOID))

    assert oid < newer < newest
    assert ["50600.0"] == [order["limitPx"] for order in info.open_orders(USER)]


def test_orders_are_modified_in_bulk(exchange: Exchange, info: Info) -> None:
    oids = [placed(exchange.order("BTC", True, 0.01, price, ALO)) for price in (50000, 50001)]
    wanted: Any = [
        {
            "oid": oid,
            "order": {
                "coin": "BTC",
                "is_buy": True,
                "sz": 0.01,
                "limit_px": 51000 + place,
                "order_type": ALO,
                "reduce_only": False,
            },
        }
        for place, oid in enumerate(oids)
    ]
    exchange.bulk_modify_orders_new(wanted)

    assert {"51000.0", "51001.0"} == {order["limitPx"] for order in info.open_orders(USER)}


def test_orders_are_placed_and_cancelled_in_bulk(exchange: Exchange, info: Info) -> None:
    orders: Any = [
        {
            "coin": coin,
            "is_buy": True,
            "sz": size,
            "limit_px": price,
            "order_type": GTC,
            "reduce_only": False,
        }
        for coin, size, price in (("BTC", 0.01, 50000), ("HYPE/USDC", 1, 40), ("xyz:TSLA", 1, 300))
    ]
    statuses = exchange.bulk_orders(orders)["response"]["data"]["statuses"]
    cancels: Any = [
        {"coin": order["coin"], "oid": status["resting"]["oid"]}
        for order, status in zip(orders, statuses, strict=True)
    ]
    cancelled = exchange.bulk_cancel(cancels)

    assert ["success"] * 3 == cancelled["response"]["data"]["statuses"]
    assert [] == info.open_orders(USER) + info.open_orders(USER, dex="xyz")


def test_a_fill_changes_the_user_state(
    exchange: Exchange, info: Info, running: ThreadHandle
) -> None:
    oid = placed(exchange.order("BTC", True, 0.01, 59000, GTC))
    running.control("trade", oid=oid, quantity="0.004")
    position = info.user_state(USER)["assetPositions"][0]["position"]

    assert ("0.004", "59000.0") == (position["szi"], position["entryPx"])
    assert ["0.004"] == [fill["sz"] for fill in info.user_fills(USER)]
    assert "0.006" == info.open_orders(USER)[0]["sz"]


def test_a_market_order_opens_and_closes(exchange: Exchange, info: Info) -> None:
    opened = exchange.market_open("BTC", True, 0.01)
    closed = exchange.market_close("BTC")

    assert "60001.0" == opened["response"]["data"]["statuses"][0]["filled"]["avgPx"]
    assert "0.01" == closed["response"]["data"]["statuses"][0]["filled"]["totalSz"]
    assert [] == info.user_state(USER)["assetPositions"]


def test_a_bad_order_is_an_error_in_its_status(exchange: Exchange) -> None:
    statuses = exchange.order("BTC", True, 0.01, 60001, ALO)["response"]["data"]["statuses"]
    text = "Post only order would have immediately matched, bbo was 59999@60001. asset=0"

    assert [{"error": text}] == statuses


def test_metadata_are_read(info: Info) -> None:
    assert "PURR/USDC" == info.spot_meta()["universe"][0]["name"]
    assert 10107 == info.name_to_asset("HYPE/USDC")
    assert 110001 == info.name_to_asset("xyz:TSLA")
    assert "60000.0" == info.all_mids()["BTC"]
    assert 2 == len(info.l2_snapshot("BTC")["levels"])
    assert "10000000.0" == info.spot_user_state(USER)["balances"][0]["total"]
    assert {"role": "user"} == info.user_role(USER)


def test_leverage_and_other_actions_are_accepted(exchange: Exchange) -> None:
    assert "ok" == exchange.update_leverage(5, "BTC")["status"]
    assert "ok" == exchange.noop(1 + exchange_time(exchange))["status"]
    assert "err" == exchange.schedule_cancel(None)["status"]


def exchange_time(exchange: Exchange) -> int:
    """Return the venue's time."""
    time_ms: int = exchange.info.post("/info", {"type": "exchangeStatus"})["time"]
    return time_ms


def test_an_expired_action_is_refused(exchange: Exchange) -> None:
    exchange.set_expires_after(exchange_time(exchange) - 1)

    assert "Action already expired" == exchange.order("BTC", True, 0.01, 50000, GTC)["response"]


def test_a_vault_is_traded_for(running: ThreadHandle, info: Info) -> None:
    writer = Exchange(AGENT, running.url, vault_address=VAULT)
    writer.order("BTC", True, 0.01, 50000, GTC)
    for session in (writer.session, writer.info.session):
        session.close()

    assert (0, 1) == (len(info.open_orders(USER)), len(info.open_orders(VAULT)))


def test_an_agent_is_approved_and_works(running: ThreadHandle, info: Info) -> None:
    writer = Exchange(MASTER, running.url)
    reply, key = writer.approve_agent("desk")
    second = Exchange(Account.from_key(key), running.url, account_address=USER)
    oid = placed(second.order("BTC", True, 0.01, 50000, GTC))
    for each in (writer, second):
        each.session.close()
        each.info.session.close()

    assert ("ok", [oid]) == (reply["status"], [order["oid"] for order in info.open_orders(USER)])
    assert ["desk"] == [agent["name"] for agent in info.extra_agents(USER)]


def test_a_stranger_is_named_in_the_error(running: ThreadHandle) -> None:
    stranger = Account.from_key("0x" + "03" * 32)
    writer = Exchange(stranger, running.url)
    reply = writer.order("BTC", True, 0.01, 50000, GTC)
    writer.session.close()
    writer.info.session.close()
    text = f"User or API Wallet {stranger.address.lower()} does not exist."

    assert {"status": "err", "response": text} == reply


@pytest.mark.parametrize(
    ("kind", "error"), [("rate_limited", ClientError), ("error_after", ServerError)]
)
def test_the_sdk_sees_faults_as_its_own_errors(
    running: ThreadHandle, exchange: Exchange, kind: str, error: type[Exception]
) -> None:
    running.control("faults", add={"kind": kind, "type": "order"})

    with pytest.raises(error):
        exchange.order("BTC", True, 0.01, 50000, GTC)


def test_a_spoilt_reply_is_an_error_value_of_the_sdk(
    running: ThreadHandle, exchange: Exchange
) -> None:
    running.control("faults", add={"kind": "truncated", "type": "order"})

    assert "error" in exchange.order("BTC", True, 0.01, 50000, GTC)
