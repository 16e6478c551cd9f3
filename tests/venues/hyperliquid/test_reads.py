"""Snapshots, markets and single orders over a wire that is a table."""

import json
import re
from decimal import Decimal

import httpx
import pytest

from reconciler.errors import VenueProblem
from reconciler.model.order import ClientOrderId, VenueOrderId
from reconciler.model.snapshot import Found, Missing, NoAnswer, OrderPhase, OrderQuery, Quote
from tests.venues.hyperliquid.test_order_replies import CLOID, FILL, LIMIT, STOP, known
from tests.venues.support import ACCOUNT, FakeClock, Table, Turn, recorded, run, venue

USER = ACCOUNT.lower()
BAD_GATEWAY = httpx.Response(502, text="<html>")
NONE: frozenset[str] = frozenset()


def house(time=1000, **positions):
    held = [
        {"type": "oneWay", "position": {"coin": coin, "szi": szi}}
        for coin, szi in positions.items()
    ]
    return {"assetPositions": held, "time": time}


def world(**changes):
    answers = {
        "frontendOpenOrders": [LIMIT, STOP],
        "clearinghouseState": house(BTC="-0.5"),
        "allMids": {"BTC": "30000.5", "ETH": "2000.25", "SOL": "20.0", "PURR/USDC": "0.25"},
        "spotClearinghouseState": {
            "balances": [{"coin": "PURR", "total": "2000.0"}, {"coin": "USDC", "total": "5.0"}]
        },
        "spotMeta": recorded("spotMeta"),
        "meta": recorded("meta"),
        "perpDexs": recorded("perpDexs"),
        "userRateLimit": recorded("userRateLimit"),
        "l2Book": lambda asked: {**recorded("l2Book"), "coin": asked["coin"]},
        "orderStatus": {"status": "unknownOid"},
    }
    return Table({**answers, **changes})


def look(table, *instruments, **more):
    return run(venue(table, key=None, **more).snapshot(frozenset(instruments)))


def test_a_look_at_one_account_asks_three_questions():
    """They weigh 24 of the 1200 a minute."""
    table = world()
    look(table, "BTC")

    assert ["allMids", "clearinghouseState", "frontendOpenOrders"] == sorted(table.kinds())
    assert {"/info"} == {request.url.path for request in table.requests}


def test_a_look_needs_no_key_and_signs_nothing():
    table = world()
    look(table, "BTC")

    assert all("signature" not in asked for asked in table.asked)


def test_the_account_is_asked_about_in_lower_case():
    table = world()
    look(table, "BTC")

    assert {USER} == {asked["user"] for asked in table.asked if "user" in asked}


def test_a_look_sees_orders_positions_and_middle_prices():
    snapshot = look(world(), "ETH")

    assert ("hl", USER, 1000) == (snapshot.venue, snapshot.account, snapshot.taken_at_ms)
    assert ["91490942", "91490943"] == [order.venue_order_id for order in snapshot.resting]
    assert {"BTC": Decimal("-0.5")} == snapshot.positions
    assert {"BTC": Decimal("30000.5"), "ETH": Decimal("2000.25")} == snapshot.mids
    assert () == snapshot.problems


def test_the_network_decides_the_host():
    hosts = {}
    for network, port in (("mainnet", None), ("testnet", None), ("local", 3001)):
        table = world()
        look(table, network=network, port=port)
        hosts[network] = {
            f"{request.url.scheme}://{request.url.netloc.decode()}" for request in table.requests
        }

    assert {
        "mainnet": {"https://api.hyperliquid.xyz"},
        "testnet": {"https://api.hyperliquid-testnet.xyz"},
        "local": {"http://127.0.0.1:3001"},
    } == hosts


XYZ = {**LIMIT, "coin": "xyz:TSLA", "oid": 7}


def by_dex(first, second):
    return lambda asked: second if asked.get("dex") == "xyz" else first


def test_a_builder_dex_is_read_when_an_instrument_of_it_is_named():
    table = world(
        frontendOpenOrders=by_dex([LIMIT], [XYZ]),
        clearinghouseState=by_dex(house(1000, BTC="1.0"), house(900, **{"xyz:TSLA": "2.0"})),
        allMids=by_dex({"BTC": "30000.5"}, {"xyz:TSLA": "430.5"}),
    )
    snapshot = look(table, "BTC", "xyz:TSLA")

    assert 6 == len(table.asked)
    assert 900 == snapshot.taken_at_ms
    assert {"BTC": Decimal(1), "xyz:TSLA": Decimal(2)} == snapshot.positions
    assert {"BTC": Decimal("30000.5"), "xyz:TSLA": Decimal("430.5")} == snapshot.mids
    assert ["7", "91490942"] == [order.venue_order_id for order in snapshot.resting]


def test_one_order_on_two_dexes_in_two_ways_is_a_problem():
    table = world(frontendOpenOrders=by_dex([LIMIT], [{**LIMIT, "sz": "1.0"}]))
    snapshot = look(table, "xyz:TSLA")

    assert ("frontendOpenOrders: one order is shown in two ways",) == snapshot.problems


@pytest.mark.parametrize("kind", ["frontendOpenOrders", "clearinghouseState", "allMids"])
@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (BAD_GATEWAY, "http 502"),
        (httpx.Response(422, text="no"), "http 422"),
        (httpx.ReadTimeout("x"), "timeout"),
        (httpx.ConnectError("x"), "no connection"),
        (None, "unreadable reply"),
        (httpx.Response(200, text="{"), "unreadable reply: it is not JSON"),
    ],
)
def test_a_failed_read_is_a_problem_and_not_an_empty_list(kind, answer, cause):
    snapshot = look(world(**{kind: answer}), "BTC")
    [problem] = snapshot.problems

    assert problem.startswith(f"{kind}: {cause}")


def test_one_malformed_order_is_a_problem_of_the_whole_look():
    snapshot = look(world(frontendOpenOrders=[LIMIT, {**STOP, "sz": "?"}]))

    assert () == snapshot.resting
    assert (
        "frontendOpenOrders: unreadable reply: frontendOpenOrders[1]: sz is not a number",
    ) == snapshot.problems


def test_a_malformed_price_of_something_held_is_a_problem():
    snapshot = look(world(allMids={"BTC": "much", "ETH": None}))

    assert ("allMids: unreadable reply: BTC is not a number",) == snapshot.problems


def test_a_problem_names_the_dex():
    table = world(frontendOpenOrders=by_dex([], BAD_GATEWAY))

    assert ("frontendOpenOrders (xyz): http 502",) == look(table, "xyz:TSLA").problems


def test_a_venue_that_says_nothing_at_all_is_an_error():
    down = httpx.ConnectError("x")
    table = Table(dict.fromkeys(("frontendOpenOrders", "clearinghouseState", "allMids"), down))

    with pytest.raises(VenueProblem) as raised:
        look(table)

    [diagnostic] = raised.value.diagnostics
    assert "venue-unreadable" == diagnostic.code
    assert "frontendOpenOrders: no connection" in diagnostic.why


def test_a_look_is_tried_again_before_it_is_a_problem():
    clock = FakeClock()
    table = world(allMids=[Turn(BAD_GATEWAY), Turn({"BTC": "1.0"})])
    snapshot = look(table, "BTC", clock=clock)

    assert () == snapshot.problems
    assert [300] == clock.slept


def test_deep_nesting_is_a_problem():
    deep = {**STOP}
    for _ in range(400):
        deep = {**STOP, "children": [deep]}
    snapshot = look(world(frontendOpenOrders=[deep]))

    assert ("frontendOpenOrders: unreadable reply: nested too deep",) == snapshot.problems


# Markets.


def markets(table, *names, quotes_of=NONE):
    return run(venue(table).markets(frozenset(names), quotes_of=frozenset(quotes_of)))


def test_perps_need_one_list_and_the_budget():
    table = world()
    found = markets(table, "BTC", "ETH", "NOTHING")

    assert ["meta", "userRateLimit"] == sorted(table.kinds())
    assert {"BTC", "ETH"} == found.instruments.keys()
    assert found.budget is not None
    assert "USDC" == found.instruments["BTC"].quote


def test_spot_pairs_need_the_spot_list():
    table = world()
    found = markets(table, "PURR/USDC", "@107")

    assert ["spotClearinghouseState", "spotMeta", "userRateLimit"] == sorted(table.kinds())
    assert {"10000", "10107"} == {each.venue_id for each in found.instruments.values()}


def test_builder_perps_need_the_number_of_their_dex():
    xyz = recorded("metaAndAssetCtxs.dex-xyz")[0]
    table = world(meta=by_dex(recorded("meta"), xyz))
    found = markets(table, "BTC", "xyz:TSLA", "nowhere:TSLA")

    assert ["meta", "meta", "perpDexs", "userRateLimit"] == sorted(table.kinds())
    assert {"BTC": "0", "xyz:TSLA": "110001"} == {
        name: each.venue_id for name, each in found.instruments.items()
    }


def test_a_builder_dex_may_be_quoted_in_another_token():
    meta = {**recorded("metaAndAssetCtxs.dex-xyz")[0], "collateralToken": 1}
    found = markets(world(meta=meta), "xyz:TSLA")

    assert "PURR" == found.instruments["xyz:TSLA"].quote


def test_best_prices_are_read_of_those_asked_for():
    table = world(l2Book=by_coin)
    found = markets(table, quotes_of={"DYDX", "NOTHING"})

    assert {"DYDX"} == found.quotes.keys()
    assert isinstance(found.quotes["DYDX"], Quote)
    assert {"l2Book"} == set(table.kinds())


def by_coin(asked):
    return recorded("l2Book") if asked["coin"] == "DYDX" else httpx.Response(200, text="null")


XYZ_META = {**recorded("metaAndAssetCtxs.dex-xyz")[0], "collateralToken": 1}


@pytest.mark.parametrize(
    ("broken", "names", "quotes"),
    [
        ("meta", {"BTC"}, NONE),
        ("spotMeta", {"@107"}, NONE),
        ("perpDexs", {"xyz:TSLA"}, NONE),
        ("l2Book", NONE, {"BTC"}),
        ("spotMeta", {"xyz:TSLA"}, NONE),
    ],
)
def test_markets_that_cannot_be_read_are_an_error(broken, names, quotes):
    table = world(meta=XYZ_META) if "xyz:TSLA" in names else world()
    table.answers[broken] = BAD_GATEWAY

    with pytest.raises(VenueProblem, match="could not be read") as raised:
        markets(table, *names, quotes_of=quotes)
    assert f"{broken}" in raised.value.diagnostics[0].why


def test_a_token_that_is_not_listed_is_an_error():
    with pytest.raises(VenueProblem) as raised:
        markets(world(meta={**XYZ_META, "collateralToken": 10**6}), "xyz:TSLA")
    assert "collateral" in raised.value.diagnostics[0].why


# Single orders.

BY_ID = OrderQuery(instrument="BTC", venue_order_id=VenueOrderId("91490942"))
BY_OURS = OrderQuery(instrument="BTC", client_order_id=ClientOrderId(CLOID))


def ask(table, *queries):
    return run(venue(table, key=None).lookup(queries))


def test_an_order_is_found_by_its_venue_id():
    table = world(orderStatus=known(status="filled"))
    [found] = ask(table, BY_ID).values()

    assert isinstance(found, Found)
    assert (OrderPhase.FILLED, "filled", 1681247412600) == (found.phase, found.word, found.at_ms)
    assert {"type": "orderStatus", "user": USER, "oid": 91490942} == table.asked[-1]


def test_an_order_is_found_by_our_id():
    table = world(orderStatus=known({**LIMIT, "cloid": CLOID}))
    [found] = ask(table, BY_OURS).values()

    assert isinstance(found, Found)
    assert OrderPhase.RESTING is found.phase
    assert CLOID == table.asked[-1]["oid"]


def test_the_venue_id_is_asked_for_where_both_are_known():
    table = world(orderStatus=known())
    both = OrderQuery(
        instrument="BTC", venue_order_id=BY_ID.venue_order_id, client_order_id=ClientOrderId(CLOID)
    )
    ask(table, both)

    assert 91490942 == table.asked[-1]["oid"]


def test_an_unknown_word_is_an_unknown_phase():
    [found] = ask(world(orderStatus=known(status="paused")), BY_ID).values()

    assert isinstance(found, Found)
    assert (OrderPhase.UNKNOWN, "paused") == (found.phase, found.word)


def test_a_missing_order_was_missing_after_the_time_that_was_read_before():
    table = world()
    found = ask(table, BY_ID, BY_OURS)

    assert {BY_ID: Missing(as_of_ms=1000), BY_OURS: Missing(as_of_ms=1000)} == found
    assert ["clearinghouseState", "orderStatus", "orderStatus"] == table.kinds()


def test_without_the_venue_s_time_nothing_is_missing():
    found = ask(world(clearinghouseState=BAD_GATEWAY), BY_ID)

    assert {
        BY_ID: NoAnswer(cause="not known to the venue, but clearinghouseState: http 502")
    } == found


def test_without_the_venue_s_time_an_order_is_still_found():
    [found] = ask(world(clearinghouseState=BAD_GATEWAY, orderStatus=known()), BY_ID).values()

    assert isinstance(found, Found)


def test_a_failed_question_has_no_answer():
    assert {BY_ID: NoAnswer(cause="orderStatus: http 502")} == ask(
        world(orderStatus=BAD_GATEWAY), BY_ID
    )


@pytest.mark.parametrize(
    ("record", "query"),
    [
        ({**LIMIT, "oid": 5}, BY_ID),
        ({**LIMIT, "coin": "ETH"}, BY_ID),
        ({**LIMIT, "cloid": "0x" + "0" * 32}, BY_OURS),
        (LIMIT, BY_OURS),
    ],
)
def test_an_answer_about_another_order_is_no_answer(record, query):
    assert {query: NoAnswer(cause="orderStatus: the reply is about another order")} == ask(
        world(orderStatus=known(record)), query
    )


@pytest.mark.parametrize(
    "body",
    [
        '{"status":"unknownOid","x":1e9999999999999999999999}',
        '{"status":' + "9" * 5000 + "}",
        json.dumps(known(LIMIT | {"oid": 0})),
        json.dumps(known(LIMIT | {"timestamp": 10**18})),
    ],
)
def test_a_number_beyond_all_bounds_is_no_answer(body):
    table = world(orderStatus=httpx.Response(200, text=body))

    assert [NoAnswer] == [type(answer) for answer in ask(table, BY_ID).values()]


def test_every_question_is_asked_once():
    table = world()

    assert 1 == len(ask(table, BY_ID, BY_ID))
    assert 1 == table.kinds().count("orderStatus")


def test_no_questions_ask_nothing():
    table = world()

    assert {} == ask(table)
    assert [] == table.asked


def test_many_orders_are_asked_for_a_few_at_a_time():
    waiting: list[int] = []
    most: list[int] = []

    class Slow(Table):
        async def handle_async_request(self, request):
            waiting.append(1)
            most.append(len(waiting))
            await FakeClock().sleep_ms(1)
            await FakeClock().sleep_ms(1)
            answer = await super().handle_async_request(request)
            waiting.pop()
            return answer

    queries = [
        OrderQuery(instrument="BTC", venue_order_id=VenueOrderId(str(oid))) for oid in range(50)
    ]
    ask(Slow(world().answers), *queries)

    assert 8 == max(most)


def test_a_question_without_an_id_is_a_fault_of_ours():
    with pytest.raises(AssertionError):
        ask(world(), OrderQuery(instrument="BTC"))


# Time and fills.


def test_the_venue_s_time_is_read():
    assert 1000 == run(venue(world()).venue_time_ms())
    assert run(venue(world(clearinghouseState=BAD_GATEWAY)).venue_time_ms()) is None


def every(count, start=0):
    return [{**FILL, "time": start + number, "tid": number} for number in range(count)]


def fills(table, since=0, until=9999):
    return run(venue(table)._reads.fills(since, until))


def test_fills_are_read_between_two_times():
    table = world(userFillsByTime=every(3))

    assert 3 == len(fills(table))
    assert (0, 9999) == (table.asked[0]["startTime"], table.asked[0]["endTime"])


def served(limit, newest_first):
    history = every(5000)

    def answer(asked):
        found = [fill for fill in history if asked["startTime"] <= fill["time"] <= asked["endTime"]]
        return (found[::-1] if newest_first else found)[:limit]

    return answer


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_long_history_is_read_in_parts_whatever_its_order(newest_first):
    found = fills(world(userFillsByTime=served(2000, newest_first)))

    assert list(range(5000)) == [fill.at_ms for fill in found]


def test_a_moment_with_too_many_fills_is_an_error():
    crowd = [{**FILL, "time": 5, "tid": number} for number in range(2000)]

    with pytest.raises(VenueProblem, match=re.escape("could not be read")):
        fills(world(userFillsByTime=crowd), 5, 5)


def test_a_history_without_end_is_an_error():
    with pytest.raises(VenueProblem):
        fills(world(userFillsByTime=every(2000)), 0, 2**60)


def test_failed_fills_are_an_error():
    with pytest.raises(VenueProblem):
        fills(world(userFillsByTime=BAD_GATEWAY))
