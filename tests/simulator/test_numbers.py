"""Decimals on the wire and the price grid, row by row of the venue's table."""

from decimal import Decimal

import pytest

from reconciler.simulator.numbers import (
    canonical,
    cut,
    decimals_of,
    has_too_many_figures,
    padded,
    price_above,
    price_below,
    tick_size_at,
)


@pytest.mark.parametrize(
    ("value", "wire", "read"),
    [
        ("60000", "60000", "60000.0"),
        ("60000.0", "60000", "60000.0"),
        ("0.00015", "0.00015", "0.00015"),
        ("1E-8", "0.00000001", "0.00000001"),
        ("5.10", "5.1", "5.1"),
    ],
)
def test_a_number_is_written_bare_and_read_back_padded(value: str, wire: str, read: str) -> None:
    number = Decimal(value)

    assert (wire, read) == (canonical(number), padded(number))


@pytest.mark.parametrize(
    ("price", "decimals", "valid"),
    [
        ("1234.5", 6, True),
        ("1234.56", 6, False),
        ("0.001234", 6, True),
        ("0.0012345", 6, False),
        ("0.01234", 5, True),
        ("0.012345", 5, False),
        ("123456", 1, True),
        ("12345.6", 1, False),
        ("117365.5", 1, False),
        ("117365", 1, True),
        ("0.0001234", 8, True),
        ("0.0001234", 7, True),
        ("0.0001234", 6, False),
        ("0.0001234", 5, False),
    ],
)
def test_the_price_grid_is_the_documented_one(price: str, decimals: int, valid: bool) -> None:
    value = Decimal(price)
    is_integer = value == value.to_integral_value()
    actual = is_integer or (not has_too_many_figures(value) and decimals_of(value) <= decimals)

    assert valid == actual


@pytest.mark.parametrize(
    ("price", "decimals", "below", "above"),
    [
        ("66371.5", 1, "66371", "66372"),
        ("9999.9", 2, "9999.8", "10000"),
        ("10000", 2, "9999.9", "10001"),
        ("123456", 1, "123455", "123457"),
        ("0.00000001", 8, "0", "0.00000002"),
        ("0.003665", 6, "0.003664", "0.003666"),
    ],
)
def test_neighbours_of_a_price_are_one_tick_away(
    price: str, decimals: int, below: str, above: str
) -> None:
    value = Decimal(price)
    actual = (price_below(value, decimals), price_above(value, decimals))

    assert (Decimal(below), Decimal(above)) == actual


def test_the_tick_never_exceeds_one() -> None:
    assert Decimal(1) == tick_size_at(Decimal(1_234_567), 6)


def test_cutting_goes_towards_zero() -> None:
    assert Decimal("-1.23") == cut(Decimal("-1.239"), 2)
