"""The venue's grid: what is legal, and the legal values nearest to any other."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.instrument import (
    Instrument,
    PriceRule,
    SignificantFigures,
    TickSize,
    order_value,
)
from tests.support.build import instrument

PRICES = st.decimals(min_value="0.000001", max_value="10000000", places=6, allow_nan=False)
STEPS = st.sampled_from(["1", "0.5", "0.1", "0.05", "0.025", "0.00001"])
RULES = st.one_of(
    STEPS.map(lambda step: TickSize(step=Decimal(step))),
    st.builds(SignificantFigures, figures=st.just(5), decimals=st.integers(0, 8)),
)


def on(rule: PriceRule) -> Instrument:
    return replace(instrument(), price_rule=rule)


@given(RULES, PRICES)
def test_the_nearest_prices_are_legal_and_on_either_side(rule: PriceRule, price: Decimal) -> None:
    lower, upper = rule.floor(price), rule.ceil(price)

    assert lower <= price <= upper
    assert lower == 0 or on(rule).is_legal_price(lower)
    assert on(rule).is_legal_price(upper)


@given(RULES, PRICES)
def test_a_legal_price_is_its_own_nearest_and_no_other_is(rule: PriceRule, price: Decimal) -> None:
    is_legal = on(rule).is_legal_price(price)

    assert (is_legal, is_legal) == (rule.floor(price) == price, rule.ceil(price) == price)


@pytest.mark.parametrize("price", ["0", "-1"])
@pytest.mark.parametrize(
    "rule", [TickSize(step=Decimal(1)), SignificantFigures(figures=5, decimals=2)]
)
def test_a_price_is_positive(rule: PriceRule, price: str) -> None:
    assert not on(rule).is_legal_price(Decimal(price))


@pytest.mark.parametrize(
    ("quantity", "expected"), [("0", False), ("-0.1", False), ("0.1", True), ("0.15", False)]
)
def test_a_quantity_is_a_positive_number_of_lots(quantity: str, expected: bool) -> None:
    assert expected is instrument(lot="0.1").is_legal_quantity(Decimal(quantity))


@given(PRICES, st.sampled_from(["1", "0.1", "0.00001"]), st.sampled_from([None, "10", "100"]))
def test_the_smallest_order_is_worth_the_minimum_and_one_lot_less_is_not(
    price: Decimal, lot: str, contract: str | None
) -> None:
    grid = replace(
        instrument(lot=lot), contract_value=Decimal(contract) if contract is not None else None
    )

    least = grid.minimum_quantity(price)

    assert grid.is_legal_quantity(least)
    assert order_value(grid, price=price, quantity=least) >= grid.minimum_notional
    less = least - grid.lot_size
    assert less <= 0 or order_value(grid, price=price, quantity=less) < grid.minimum_notional


def test_a_venue_without_a_minimum_takes_one_lot():
    assert Decimal("0.1") == instrument(minimum="0").minimum_quantity(Decimal(90))


@pytest.mark.parametrize(("is_post_only", "most"), [(True, "5"), (False, "9")])
def test_a_post_only_order_may_have_a_maximum_of_its_own(is_post_only: bool, most: str):
    grid = replace(instrument(), quantity_max=Decimal(9), post_only_quantity_max=Decimal(5))

    assert Decimal(most) == grid.largest(is_post_only=is_post_only)


def test_an_instrument_nobody_knows_is_worth_price_times_quantity():
    assert Decimal(180) == order_value(None, price=Decimal(90), quantity=Decimal(2))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (TickSize(step=Decimal("0.10")), "prices are multiples of 0.10"),
        (
            SignificantFigures(figures=5, decimals=1),
            "prices are whole numbers, or have at most 5 significant figures and 1 decimals",
        ),
    ],
)
def test_a_rule_says_itself(rule: PriceRule, text: str):
    assert text == rule.describe()
