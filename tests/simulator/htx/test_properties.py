"""What holds after any history on HTX: nothing is lost, nothing is crossed, a seed repeats it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.simulator.htx.accounts import VALUE_DEFAULT, Account
from reconciler.simulator.htx.ledger import frozen_volume, rounded
from reconciler.simulator.htx.orders import Order
from tests.simulator.htx.venue import ALICE_KEY, BOB_KEY, SWAP_3, Desk, desk, limit

KEYS = (ALICE_KEY, BOB_KEY)
Step = Callable[[Desk], Any]
STEP_MS = 30

prices = st.integers(599_000, 601_000).map(lambda tenths: f"{tenths / 10:.1f}")
volumes = st.sampled_from([1, 3, 10, 200, 5000])
keys = st.sampled_from(KEYS)
types = st.sampled_from(["limit", "limit", "post_only", "ioc", "fok"])
rules = settings(max_examples=40, deadline=None)


@st.composite
def orders(draw: st.DrawFn) -> Step:
    """Place an order, opening or closing, perhaps with a stop."""
    price, buy = draw(prices), draw(st.booleans())
    body = limit(price, draw(volumes), buy=buy, order_price_type=draw(types))
    body["offset"] = draw(st.sampled_from(["open", "open", "close"]))
    body["self_match_prevent"] = draw(st.sampled_from([0, 1]))
    if draw(st.booleans()):
        away = -50 if buy else 50
        body["sl_trigger_price"] = f"{float(price) + away:.1f}"
        body["sl_order_price"] = f"{float(price) + 2 * away:.1f}"
    key = draw(keys)
    return lambda venue: venue.call("swap_order", key, **body)


@st.composite
def cancels(draw: st.DrawFn) -> Step:
    """Cancel an open order, or try to cancel one of long ago."""
    place, key, is_any = draw(st.integers(0, 9)), draw(keys), draw(st.booleans())

    def step(venue: Desk) -> None:
        known = venue.open(key)
        if is_any:
            known = list(venue.simulator.htx.world.orders)
        if known:
            venue.cancel(known[place % len(known)], key=key)

    return step


moves = prices.map(lambda price: lambda venue: venue.move(price))
steps = st.lists(st.one_of(orders(), orders(), orders(), cancels(), moves), max_size=25)


def played(history: list[Step], **switches: Any) -> Desk:
    """Carry out a history on a fresh venue."""
    venue = desk(**switches)
    for step in history:
        venue.at_ms += STEP_MS
        step(venue)
    return venue


def every(venue: Desk) -> list[Order]:
    """Return every order that was ever placed."""
    return list(venue.simulator.htx.world.orders.values())


def accounts(venue: Desk) -> list[Account]:
    """Return Alice and Bob."""
    return list(venue.simulator.htx.world.accounts.values())


@given(steps)
@rules
def test_an_orders_fills_add_up(history: list[Step]) -> None:
    venue = played(history)
    for account in accounts(venue):
        for order in account.history:
            fills = [fill.volume for fill in account.fills if fill.order is order]

            assert sum(fills) == order.filled
            assert 0 <= order.remaining <= order.terms.volume


@given(steps)
@rules
def test_a_status_says_what_filled(history: list[Step]) -> None:
    for order in every(played(history)):
        expected = {
            3: order.filled == 0,
            4: 0 < order.filled < order.terms.volume,
            5: 0 < order.filled < order.terms.volume,
            6: order.remaining == 0,
            7: order.filled == 0,
            11: order.remaining > 0,
        }

        assert expected[order.status]


@given(steps)
@rules
def test_what_is_live_rests_in_its_book(history: list[Step]) -> None:
    venue = played(history)
    resting = {
        order.oid
        for book in venue.simulator.htx.world.books.values()
        for side in (book.bids, book.asks)
        for _, level in side.levels()
        for order in level
    }
    live = {order.oid for order in every(venue) if order.is_live}

    assert live == resting == {oid for account in accounts(venue) for oid in account.live}


@given(steps)
@rules
def test_the_book_is_never_crossed_by_two_accounts(history: list[Step]) -> None:
    venue = played(history)
    for book in venue.simulator.htx.world.books.values():
        bid, ask = book.bids.best(), book.asks.best()

        assert bid is None or ask is None or bid.terms.price < ask.terms.price


@given(steps)
@rules
def test_positions_are_what_was_filled(history: list[Step]) -> None:
    venue = played(history)
    for account in accounts(venue):
        wallet = account.wallets["BTC-USD"].value
        for is_long in (True, False):
            signed = [
                fill.volume if fill.order.terms.is_open else -fill.volume
                for fill in account.fills
                if fill.order.terms.is_long == is_long
            ]

            assert sum(signed) == wallet.volume(is_long=is_long)


@given(steps)
@rules
def test_closing_orders_never_reserve_more_than_is_held(history: list[Step]) -> None:
    venue = played(history)
    contract = venue.simulator.htx.world.contracts["BTC-USD"]
    for account in accounts(venue):
        for is_long in (True, False):
            held = account.wallets["BTC-USD"].value.volume(is_long=is_long)

            assert frozen_volume(account, contract, is_long=is_long) <= held


@given(steps)
@rules
def test_coins_are_the_deposit_with_profits_and_fees(history: list[Step]) -> None:
    venue = played(history)
    mid = venue.simulator.htx.world.contracts["BTC-USD"].mid
    for account in accounts(venue):
        change = sum((fill.profit + fill.fee for fill in account.fills), Decimal(0))

        assert rounded(VALUE_DEFAULT / mid) + change == account.wallets["BTC-USD"].value.static


@given(steps)
@rules
def test_no_client_sees_another_ones_orders(history: list[Step]) -> None:
    venue = played(history)
    seen = [set(venue.open(key, page_size=50)) for key in KEYS]
    owned = [set(account.live) for account in accounts(venue)]

    assert owned == seen


@given(steps)
@rules
def test_a_cancel_ends_in_time(history: list[Step]) -> None:
    venue = played(history)
    pending = [order for order in every(venue) if order.status == 11]
    venue.at_ms += 40
    venue.open()

    assert {5, 7} >= {order.status for order in pending}


@given(steps, st.integers(0, 25))
@rules
def test_a_lagging_read_shows_what_was(history: list[Step], at: int) -> None:
    """What a reader saw at a moment is what a read which trails so far sees later."""
    seen: list[Any] = []

    def look(venue: Desk) -> Any:
        found = [
            venue.data("swap_openorders", page_size=50),
            venue.data("swap_position_info"),
            venue.data("swap_account_info"),
            venue.post(f"{SWAP_3}swap_matchresults", {"contract": "BTC-USD"}).json()["data"],
        ]
        return [_without_prices(each) for each in found]

    venue = desk()
    for index, step in enumerate([*history, *[lambda _: None] * 2]):
        venue.at_ms += STEP_MS
        if index == min(at, len(history)):
            seen = [venue.at_ms - 1, look(venue)]
        step(venue)
    lag_ms = venue.at_ms - seen[0]
    venue.fault("read_lag", lag_ms=lag_ms, times=None)

    assert seen[1] == look(venue)


def _without_prices(value: Any) -> Any:
    """Leave out what follows the present market, which a lagging read shows too."""
    if isinstance(value, list):
        return [_without_prices(each) for each in value]
    if not isinstance(value, dict):
        return value
    present = {"last_price", "position_margin", "margin_position", "margin_balance"}
    present |= {"profit", "profit_unreal", "profit_rate", "risk_rate"}
    present |= {"margin_available", "withdraw_available"}
    return {name: _without_prices(each) for name, each in value.items() if name not in present}


@given(steps)
@rules
def test_the_same_history_gives_the_same_world(history: list[Step]) -> None:
    first, second = (played(history).control("state") for _ in range(2))

    assert first == second
