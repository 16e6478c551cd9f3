"""What holds after any history: nothing is lost, nothing is crossed, and a seed repeats it all."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.simulator.orders import Order
from tests.simulator.venue import ALICE, BOB, BTC, HYPE, Desk, desk, limit, trigger

ACCOUNTS = (ALICE, BOB)
Step = Callable[[Desk], Any]

prices = st.integers(59_900, 60_100).map(str)
quantities = st.sampled_from(["0.001", "0.01", "0.05", "2"])
signers = st.sampled_from(ACCOUNTS)
tifs = st.sampled_from(["Gtc", "Alo", "Ioc", "FrontendMarket"])
rules = settings(max_examples=40, deadline=None)


@st.composite
def limits(draw: st.DrawFn) -> Step:
    """Place a limit order."""
    order = limit(
        draw(prices),
        draw(quantities),
        buy=draw(st.booleans()),
        tif=draw(tifs),
        r=draw(st.booleans()),
    )
    signer = draw(signers)
    return lambda venue: venue.order(order, signer=signer)


@st.composite
def spot_limits(draw: st.DrawFn) -> Step:
    """Place a spot order."""
    price = draw(st.sampled_from(["41.8", "41.897", "41.9", "42"]))
    order = limit(price, "3", buy=draw(st.booleans()), tif=draw(tifs), a=HYPE)
    signer = draw(signers)
    return lambda venue: venue.order(order, signer=signer)


@st.composite
def triggers(draw: st.DrawFn) -> Step:
    """Place a trigger order, alone or in a bracket."""
    buy, kind = draw(st.booleans()), draw(st.sampled_from(["tp", "sl"]))
    child = trigger(draw(prices), kind, buy=buy, market=draw(st.booleans()))
    parent = limit(draw(prices), "0.01", buy=not buy, tif=draw(tifs))
    signer, grouped = draw(signers), draw(st.booleans())
    if grouped:
        return lambda venue: venue.order(parent, child, signer=signer, grouping="normalTpsl")
    return lambda venue: venue.order(child, signer=signer)


@st.composite
def changes(draw: st.DrawFn) -> Step:
    """Modify or cancel one of Alice's orders."""
    place, price, cancelled = draw(st.integers(0, 5)), draw(prices), draw(st.booleans())

    def step(venue: Desk) -> None:
        oids = venue.open_oids()
        if not oids:
            return
        oid = oids[place % len(oids)]
        if cancelled:
            venue.cancel(oid)
        else:
            action = {"type": "batchModify", "modifies": [{"oid": oid, "order": limit(price)}]}
            venue.act(action)

    return step


moves = prices.map(lambda price: lambda venue: venue.move(price))
steps = st.lists(
    st.one_of(limits(), limits(), spot_limits(), triggers(), changes(), moves), max_size=25
)


def played(history: list[Step], **switches: Any) -> Desk:
    """Carry out a history on a fresh venue."""
    venue = desk(**switches)
    for step in history:
        venue.at_ms += 10
        step(venue)
    return venue


def orders(venue: Desk) -> list[Order]:
    """Return every order that was ever placed."""
    return list(venue.simulator.world.orders.values())


@given(steps)
@rules
def test_remaining_and_filled_make_the_quantity(history: list[Step]) -> None:
    for order in orders(played(history)):
        assert order.quantity == order.remaining + order.filled
        assert order.remaining >= 0


@given(steps)
@rules
def test_an_orders_fills_add_up(history: list[Step]) -> None:
    venue = played(history)
    for address in ACCOUNTS:
        account = venue.simulator.world.accounts[address]
        sums: dict[int, Decimal] = {}
        for fill in account.fills:
            sums[fill.oid] = sums.get(fill.oid, Decimal(0)) + fill.quantity

        assert {o.oid: o.filled for o in account.history if o.filled} == sums


@given(steps)
@rules
def test_every_execution_has_two_equal_sides(history: list[Step]) -> None:
    """Positions and tokens of all, the market included, add up to what was there at the start."""
    world = played(history, charge_fees=False).simulator.world
    accounts = [*world.accounts.values(), world.background]
    sides: dict[int, list[tuple[bool, Decimal, Decimal]]] = {}
    for account in accounts:
        for fill in account.fills:
            entry = (fill.is_buy, fill.price, fill.quantity)
            sides.setdefault(fill.trade_id, []).append(entry)

    assert Decimal(0) == sum(account.position_size(BTC) for account in accounts)
    assert Decimal(200_000) == sum(a.tokens.get("HYPE", Decimal(0)) for a in accounts)
    assert all(len(pair) == 2 and pair[0][1:] == pair[1][1:] for pair in sides.values())
    assert all({True, False} == {side[0] for side in pair} for pair in sides.values())


@given(steps)
@rules
def test_money_is_only_moved(history: list[Step]) -> None:
    """Cash and the value of positions at any one mark add up to the deposits."""
    world = played(history, charge_fees=False).simulator.world
    accounts = [*world.accounts.values(), world.background]
    cash = sum(account.cash.get("", Decimal(0)) for account in accounts)
    entries = sum(
        position.entry_value
        for account in accounts
        for asset, position in account.positions.items()
        if asset == BTC
    )

    assert abs(Decimal(20_000_000) - (cash - entries)) < Decimal("0.000001")


@given(steps)
@rules
def test_no_book_is_crossed(history: list[Step]) -> None:
    venue = desk()
    for step in history:
        step(venue)
        for book in venue.simulator.world.books.values():
            bid, ask = (book.best(is_buy=side, with_quotes=True) for side in (True, False))
            assert not bid or not ask or bid < ask


@given(steps)
@rules
def test_a_book_holds_exactly_the_resting_orders(history: list[Step]) -> None:
    world = played(history).simulator.world
    resting = {order.oid for order in world.orders.values() if order.is_resting}
    booked = {
        order.oid
        for book in world.books.values()
        for ladder in (book.bids, book.asks)
        for _, level in ladder.levels()
        for order in level
    }
    live = {oid for account in world.accounts.values() for oid in account.live}
    open_words = {o.oid for o in world.orders.values() if o.status in ("open", "triggered")}

    assert resting == booked <= live
    assert live == open_words
    assert not world.events


@given(steps)
@rules
def test_reserved_amounts_are_those_of_the_resting_orders(history: list[Step]) -> None:
    world = played(history).simulator.world
    for account in world.accounts.values():
        plain = [
            order
            for order in account.live.values()
            if order.is_resting and order.terms.instrument.asset == BTC
        ]
        opening = [order for order in plain if not order.terms.is_reduce_only]
        buys = sum(order.remaining for order in opening if order.terms.is_buy)
        sells = sum(order.remaining for order in opening if not order.terms.is_buy)
        exposure = account.exposures.get(BTC)

        assert (buys, sells) == ((exposure.buys, exposure.sells) if exposure else (0, 0))


@given(steps)
@rules
def test_the_past_of_now_is_the_present(history: list[Step]) -> None:
    """Reading with a lag shorter than the time since the last change shows the same."""
    venue = played(history)
    venue.at_ms += 500
    requests = [
        (kind, user)
        for kind in ("frontendOpenOrders", "historicalOrders", "userFills")
        for user in ACCOUNTS
    ]
    present = [venue.info(*request) for request in requests]
    venue.control("faults", add={"kind": "read_lag", "lag_ms": 400, "times": None})

    assert present == [venue.info(*request) for request in requests]


@given(steps, steps)
@rules
def test_a_lag_shows_the_world_as_it_was(before: list[Step], after: list[Step]) -> None:
    venue = played(before)
    venue.at_ms += 10
    requests = [
        (kind, user)
        for kind in ("frontendOpenOrders", "userFills", "spotClearinghouseState")
        for user in ACCOUNTS
    ]
    then = [venue.info(*request) for request in requests]
    then_ms = venue.at_ms
    for step in after:
        venue.at_ms += 10
        step(venue)
    lag_ms = venue.at_ms - then_ms
    if lag_ms == 0:
        return
    venue.control("faults", add={"kind": "read_lag", "lag_ms": lag_ms, "times": None})

    assert then == [venue.info(*request) for request in requests]


@given(steps)
@rules
def test_the_same_history_gives_the_same_world(history: list[Step]) -> None:
    first, second = (played(history).control("state") for _ in range(2))

    assert first == second
