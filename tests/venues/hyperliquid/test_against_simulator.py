"""The adapter against the simulator over sockets: two programs that share no code."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.command import CancelOrder, ModifyOrder, PlaceOrder
from reconciler.model.instrument import InstrumentKind
from reconciler.model.order import (
    Execution,
    Side,
    Terms,
    TimeInForce,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.model.outcome import Accepted, Rejected, RejectReason
from reconciler.model.snapshot import Found, Missing, OrderPhase, OrderQuery
from reconciler.secret import Secret
from reconciler.simulator.accounts import AccountSeed
from reconciler.venues.hyperliquid.adapter import HyperliquidVenue
from tests.venues.hyperliquid.world import LIFE_MS, NAMES, USER, VAULT, batch_of, cloid, in_a_world
from tests.venues.support import ACCOUNT, SIGNER


def test_markets_are_read():
    async def story(world):
        markets = await world.venue.markets(NAMES, quotes_of=frozenset({"BTC", "PURR/USDC"}))

        assert NAMES == markets.instruments.keys()
        assert InstrumentKind.SPOT is markets.instruments["PURR/USDC"].kind
        assert "110001" == markets.instruments["xyz:TSLA"].venue_id
        assert {"BTC", "PURR/USDC"} == markets.quotes.keys()
        assert markets.budget is not None
        assert markets.budget.left > 0

    in_a_world(story)


@pytest.mark.parametrize("instrument", sorted(NAMES))
def test_an_order_is_placed_and_seen(instrument):
    async def story(world):
        order = world.buy(1, instrument=instrument)
        [outcome] = await world.send(order)
        [seen] = await world.resting()

        assert isinstance(outcome, Accepted)
        assert outcome.venue_order_id == seen.venue_order_id
        assert (cloid(1), instrument) == (seen.client_order_id, seen.instrument)
        assert (order.terms.price, order.terms.quantity) == (seen.price, seen.remaining)
        assert "Alo" == seen.venue_time_in_force

    in_a_world(story)


def test_a_look_tells_the_venue_s_time_and_prices():
    async def story(world):
        snapshot = await world.venue.snapshot(frozenset({"BTC"}))

        assert world.clock.now_ms() == snapshot.taken_at_ms == await world.venue.venue_time_ms()
        assert Decimal(world.control("markets", instrument="BTC")["mid"]) == snapshot.mids["BTC"]

    in_a_world(story)


def test_a_batch_of_39_is_placed_at_once():
    async def story(world):
        outcomes = await world.send(*(world.buy(number) for number in range(1, 40)))

        assert 39 == len(await world.resting())
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert 1 == len(world.control("log"))

    in_a_world(story)


@pytest.mark.parametrize("by_ours", [True, False])
def test_an_order_is_modified_under_a_new_venue_id(by_ours):
    async def story(world):
        order = world.buy(1)
        await world.send(order)
        [before] = await world.resting()
        price = world.venue._instruments["BTC"].price_rule.floor(order.terms.price * Decimal("0.9"))
        modify = ModifyOrder(
            target=VenueOrderId(cloid(1)) if by_ours else before.venue_order_id,
            client_order_id=cloid(2),
            terms=replace(order.terms, price=price),
        )
        [outcome] = await world.send(modify)
        [after] = await world.resting()

        assert outcome == Accepted(venue_order_id=after.venue_order_id)
        assert before.venue_order_id != after.venue_order_id
        assert (cloid(2), price) == (after.client_order_id, after.price)

    in_a_world(story)


def test_a_modify_that_crosses_has_lost_the_order():
    async def story(world):
        await world.send(world.buy(1))
        [before] = await world.resting()
        ask = Decimal(world.control("markets", instrument="BTC")["ask"])
        crossing = ModifyOrder(
            target=before.venue_order_id,
            client_order_id=cloid(1),
            terms=replace(world.buy(1).terms, price=ask.to_integral_value() + 100),
        )
        [outcome] = await world.send(crossing)

        assert isinstance(outcome, Rejected)
        assert RejectReason.MODIFY_LOST_ORDER is outcome.reason
        assert () == await world.resting()

    in_a_world(story)


@pytest.mark.parametrize("by_ours", [True, False])
def test_an_order_is_cancelled(by_ours):
    async def story(world):
        await world.send(world.buy(1))
        [seen] = await world.resting()
        cancel = CancelOrder(
            instrument="BTC",
            target=None if by_ours else seen.venue_order_id,
            client_order_id=cloid(1),
        )

        assert (Accepted(),) == await world.send(cancel)
        assert () == await world.resting()
        found = await world.ask(1)
        assert isinstance(found, Found)
        assert OrderPhase.CANCELLED_BY_USER is found.phase
        [outcome] = await world.send(cancel)
        assert isinstance(outcome, Rejected)
        assert RejectReason.ORDER_GONE is outcome.reason

    in_a_world(story)


def test_an_order_that_was_never_placed_is_missing():
    async def story(world):
        assert Missing(as_of_ms=world.clock.now_ms()) == await world.ask(9)

    in_a_world(story)


def test_one_order_that_crosses_is_refused_alone():
    async def story(world):
        ask = Decimal(world.control("markets", instrument="BTC")["ask"])
        crossing = world.buy(2, price=ask.to_integral_value() + 100)
        first, second = await world.send(world.buy(1), crossing)

        assert isinstance(first, Accepted)
        assert isinstance(second, Rejected)
        assert RejectReason.POST_ONLY_CROSSED is second.reason
        assert 1 == len(await world.resting())

    in_a_world(story)


def test_one_order_that_is_no_order_voids_the_batch():
    """The venue looks at the whole batch first and answers once."""

    async def story(world):
        broken = world.buy(2)
        broken = replace(broken, terms=replace(broken.terms, price=Decimal("1.5")))
        outcomes = await world.send(world.buy(1), broken)

        assert [RejectReason.VOIDED] * 2 == [
            outcome.reason for outcome in outcomes if isinstance(outcome, Rejected)
        ]
        assert () == await world.resting()

    in_a_world(story)


def test_an_immediate_order_fills_and_its_fill_is_read():
    async def story(world):
        ask = Decimal(world.control("markets", instrument="BTC")["ask"])
        taking = world.buy(
            1,
            price=ask.to_integral_value() + 100,
            time_in_force=TimeInForce.IOC,
            post_only=False,
        )
        [outcome] = await world.send(taking)
        now_ms = world.clock.now_ms()
        fills = (await world.venue.fills(now_ms - 1000)).fills
        snapshot = await world.venue.snapshot(frozenset({"BTC"}))

        assert isinstance(outcome, Accepted)
        assert taking.terms.quantity == outcome.filled
        assert taking.terms.quantity == sum(fill.quantity for fill in fills)
        assert {cloid(1)} == {fill.client_order_id for fill in fills}
        assert taking.terms.quantity == snapshot.positions["BTC"]

    in_a_world(story)


def trigger(kind: TriggerKind, price: Decimal, execution=Execution.MARKET) -> Trigger:
    return Trigger(kind=kind, price=price, execution=execution)


def protection(world, parent: Terms, quantity: Decimal) -> list[PlaceOrder]:
    """Return a take-profit and a stop-loss of a buy."""
    grid = world.venue._instruments["BTC"].price_rule
    above = grid.floor(parent.price * Decimal("1.5"))
    below = grid.floor(parent.price * Decimal("0.8"))
    child = replace(parent, side=Side.SELL, reduce_only=True, quantity=quantity, post_only=False)
    return [
        PlaceOrder(
            client_order_id=cloid(2),
            terms=replace(
                child,
                price=above,
                trigger=trigger(TriggerKind.TAKE_PROFIT, above, Execution.LIMIT),
            ),
        ),
        PlaceOrder(
            client_order_id=cloid(3),
            terms=replace(
                child,
                price=grid.floor(below * Decimal("0.9")),
                trigger=trigger(TriggerKind.STOP_LOSS, below),
            ),
        ),
    ]


def test_a_group_rests_with_its_children_once_each():
    async def story(world):
        parent = world.buy(1)
        children = protection(world, parent.terms, parent.terms.quantity)
        outcomes = await world.send(replace(parent, children=tuple(children)))
        seen = {order.client_order_id: order for order in await world.resting()}

        assert isinstance(outcomes[0], Accepted)
        assert outcomes[0].venue_order_id is not None
        assert (Accepted(), Accepted()) == outcomes[1:]
        assert {cloid(1), cloid(2), cloid(3)} == seen.keys()
        for child in children:
            order = seen[child.client_order_id]
            assert (child.terms.trigger, True) == (order.trigger, order.reduce_only)
            assert child.terms.price == order.price

    in_a_world(story)


def test_protection_of_a_position_rests():
    async def story(world):
        ask = Decimal(world.control("markets", instrument="BTC")["ask"])
        taking = world.buy(
            1,
            price=ask.to_integral_value() + 100,
            time_in_force=TimeInForce.IOC,
            post_only=False,
        )
        await world.send(taking)
        plain = replace(taking.terms, time_in_force=TimeInForce.GTC)
        outcomes = await world.send(*protection(world, plain, Decimal(0)))
        seen = await world.resting()

        assert [Accepted, Accepted] == [type(outcome) for outcome in outcomes]
        assert [True, True] == [order.is_position_sized for order in seen]

    in_a_world(story)


MASTER = AccountSeed(address=ACCOUNT, agents=(SIGNER,))


@pytest.mark.parametrize(
    ("kind", "acted_for"),
    [
        ("vault", AccountSeed(address=VAULT, role="vault", master=ACCOUNT)),
        ("sub_account", AccountSeed(address=VAULT, role="subAccount", master=ACCOUNT)),
    ],
)
def test_another_s_account_is_acted_for(kind, acted_for):
    async def story(world):
        [outcome] = await world.send(world.buy(1))

        assert () == await world.venue.check_account()
        assert isinstance(outcome, Accepted)
        assert 1 == len(await world.resting())

    in_a_world(story, MASTER, acted_for, account=VAULT, account_kind=kind)


def test_an_approved_agent_passes_the_check():
    async def story(world):
        assert () == await world.venue.check_account()

    in_a_world(story)


def test_a_signer_that_is_no_agent_is_refused():
    async def story(world):
        stranger = HyperliquidVenue(
            world.venue._settings,
            secrets={"signer": Secret("0x" + "22" * 32)},
            clock=world.clock,
        )
        await stranger.markets(NAMES)
        [outcome] = await stranger.submit(
            stranger.prepare(
                batch_of(world.buy(1)),
                nonce=world.clock.now_ms(),
                expires_at_ms=world.clock.now_ms() + LIFE_MS,
            )
        )
        [diagnostic] = await stranger.check_account()
        await stranger.close()

        assert isinstance(outcome, Rejected)
        assert RejectReason.AUTHORITY is outcome.reason
        assert stranger.signer_address() in outcome.text
        assert "agent-not-approved" == diagnostic.code

    in_a_world(story)


def test_an_order_cancelled_by_the_venue_says_so():
    async def story(world):
        await world.send(world.buy(1))
        world.control("cancel_as_venue", account=USER, cloid=cloid(1), status="marginCanceled")
        found = await world.ask(1)

        assert isinstance(found, Found)
        assert (OrderPhase.CANCELLED_BY_VENUE, "marginCanceled") == (found.phase, found.word)

    in_a_world(story)


def test_a_person_s_order_is_seen_without_an_id_of_ours():
    async def story(world):
        world.control(
            "place_as_human",
            account=USER,
            instrument="BTC",
            side="buy",
            price=str(world.price_of("BTC")),
            quantity="0.01",
        )
        [seen] = await world.resting()

        assert seen.client_order_id is None
        assert "Gtc" == seen.venue_time_in_force

    in_a_world(story)


def test_the_venue_id_of_a_resting_order_answers_a_question():
    async def story(world):
        [outcome] = await world.send(world.buy(1))
        assert isinstance(outcome, Accepted)
        query = OrderQuery(
            instrument="BTC", venue_order_id=VenueOrderId(outcome.venue_order_id or "")
        )
        found = (await world.venue.lookup([query]))[query]

        assert isinstance(found, Found)
        assert cloid(1) == found.order.client_order_id

    in_a_world(story)
