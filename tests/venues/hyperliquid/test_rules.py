"""What the venue refuses, known before it is sent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import Execution, Side, Terms, TimeInForce, Trigger, TriggerKind
from reconciler.venues.hyperliquid.refusing import CAPABILITIES, RULES
from reconciler.venues.hyperliquid.rules import (
    PerpMarket,
    SpotPair,
    dex_of,
    is_spot,
    perp_instrument,
    spot_instrument,
)

PERP = perp_instrument(
    PerpMarket(
        name="BTC",
        index=0,
        size_decimals=5,
        leverage_max=40,
        is_delisted=False,
        is_isolated_only=False,
    ),
    dex_index=0,
    quote="USDC",
)
SPOT = spot_instrument(SpotPair(name="@107", index=107, base="HYPE", quote="USDC", size_decimals=2))
ORDER = Terms(instrument="BTC", side=Side.SELL, price=Decimal(60000), quantity=Decimal("0.001"))
ON_SPOT = replace(ORDER, instrument="@107", price=Decimal(30), quantity=Decimal(1))
STOP = Trigger(kind=TriggerKind.STOP_LOSS, price=Decimal(60500), execution=Execution.MARKET)
ADDRESS = "0x" + "ab" * 20


def broken(terms, instrument, middle=Decimal(60000)):
    """Return the codes of the rules that an order breaks."""
    return [rule.code for rule in RULES if rule.is_broken(terms, instrument, middle)]


def builder(fee, address=ADDRESS, *more):
    return (("builder.address", address), ("builder.fee_tenth_bps", fee), *more)


@pytest.mark.parametrize(
    ("terms", "instrument"),
    [
        (ORDER, PERP),
        (ON_SPOT, SPOT),
        (replace(ORDER, trigger=STOP, reduce_only=True), PERP),
        (replace(ORDER, trigger=STOP, reduce_only=True, quantity=Decimal(0)), PERP),
        (replace(ORDER, options=builder("100")), PERP),
        (replace(ON_SPOT, options=builder("1000")), SPOT),
        (replace(ORDER, quantity=Decimal("0.0001"), reduce_only=True), PERP),
        (replace(ORDER, trigger=replace(STOP, execution=Execution.LIMIT)), PERP),
        (replace(ORDER, post_only=False, time_in_force=TimeInForce.IOC), PERP),
    ],
)
def test_a_good_order_breaks_no_rule(terms, instrument):
    assert [] == broken(terms, instrument, terms.price)


BROKEN = {
    "instrument-closed": (ORDER, replace(PERP, is_open=False)),
    "price-off-tick": (replace(ORDER, price=Decimal("60000.5")), PERP),
    "quantity-off-lot": (replace(ORDER, quantity=Decimal("0.0010001")), PERP),
    "below-minimum": (replace(ORDER, quantity=Decimal("0.00016")), PERP),
    "too-many-decimals": (
        replace(ORDER, trigger=replace(STOP, price=Decimal("60500.123456789"))),
        PERP,
    ),
    "ioc-post-only": (replace(ORDER, time_in_force=TimeInForce.IOC), PERP),
    "worst-price-inside-trigger": (
        replace(ORDER, trigger=replace(STOP, price=Decimal(59000))),
        PERP,
    ),
    "spot-reduce-only": (replace(ON_SPOT, reduce_only=True), SPOT),
    "spot-trigger": (replace(ON_SPOT, trigger=STOP), SPOT),
    "unknown-option": (replace(ORDER, options=(("leverage", "5"),)), PERP),
    "builder-fee-too-high": (replace(ORDER, options=builder("101")), PERP),
    "builder-on-spot-buy": (replace(ON_SPOT, side=Side.BUY, options=builder("5")), SPOT),
    "price-too-far": (replace(ORDER, price=Decimal(12000)), PERP),
    "value-too-large": (replace(ORDER, quantity=Decimal(5001)), PERP),
}


@pytest.mark.parametrize(("code", "case"), BROKEN.items(), ids=BROKEN)
def test_each_rule_is_broken_alone(code, case):
    terms, instrument = case
    middle = terms.price if instrument is SPOT else Decimal(60000)

    assert [code] == broken(terms, instrument, middle)


def test_every_rule_has_a_case_and_a_dated_source():
    assert list(BROKEN) == [rule.code for rule in RULES]
    assert all(", 20" in rule.source for rule in RULES)


def test_planning_asks_every_rule():
    assert RULES == CAPABILITIES.rules


@pytest.mark.parametrize(
    ("price", "is_refused"),
    [("12000", True), ("12001", False), ("300000", False), ("300001", True)],
)
def test_a_price_may_be_a_fifth_and_five_times_the_market(price, is_refused):
    terms = replace(ORDER, price=Decimal(price))

    assert is_refused == ("price-too-far" in broken(terms, PERP))


def test_no_price_is_too_far_from_no_market():
    assert [] == broken(replace(ORDER, price=Decimal(1000), quantity=Decimal(1)), PERP, None)


@pytest.mark.parametrize(
    ("leverage", "market_max"), [(40, 30_000_000), (20, 5_000_000), (10, 2_000_000), (3, 500_000)]
)
@pytest.mark.parametrize("is_market", [True, False])
def test_the_largest_order_follows_the_largest_leverage(leverage, market_max, is_market):
    perp = replace(PERP, leverage_max=leverage)
    stop = replace(STOP, price=Decimal(100), execution=Execution.MARKET)
    most = market_max if is_market else 10 * market_max
    terms = replace(
        ORDER, price=Decimal(100), quantity=Decimal(most) / 100, trigger=stop if is_market else None
    )

    found = [
        "value-too-large" in broken(each, perp, Decimal(100))
        for each in (terms, replace(terms, quantity=terms.quantity + 1))
    ]

    assert [False, True] == found


@pytest.mark.parametrize(
    "options",
    [
        builder("10", "0x12"),
        builder("-1"),
        builder("much"),
        builder("10", ADDRESS, ("x", "y")),
        (("builder.address", ADDRESS),),
        (("builder.fee_tenth_bps", "10"),),
    ],
)
def test_half_a_builder_is_none(options):
    assert "unknown-option" in broken(replace(ORDER, options=options), PERP)


@pytest.mark.parametrize(
    ("name", "dex", "spot"),
    [
        ("BTC", "", False),
        ("kPEPE", "", False),
        ("PURR/USDC", "", True),
        ("@107", "", True),
        ("xyz:TSLA", "xyz", False),
    ],
)
def test_a_name_says_where_it_is_traded(name, dex, spot):
    assert (dex, spot) == (dex_of(name), is_spot(name))
