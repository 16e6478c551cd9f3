"""What the venue refuses, known before it is sent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import Execution, Side, Terms, TimeInForce, Trigger, TriggerKind
from reconciler.venues.hyperliquid.rules import (
    RULES,
    PerpMarket,
    SpotPair,
    dex_of,
    is_spot,
    perp_instrument,
    refusals,
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
    assert () == refusals(terms, instrument)


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
}


@pytest.mark.parametrize(("code", "case"), BROKEN.items(), ids=BROKEN)
def test_each_rule_is_broken_alone(code, case):
    assert [code] == [rule.code for rule in refusals(*case)]


def test_every_rule_has_a_case_and_a_dated_source():
    assert list(BROKEN) == [rule.code for rule in RULES]
    assert all(", 20" in rule.source for rule in RULES)


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
    assert "unknown-option" in [
        rule.code for rule in refusals(replace(ORDER, options=options), PERP)
    ]


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
