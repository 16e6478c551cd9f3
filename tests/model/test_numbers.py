"""Exact decimals: what is rounded is never on the wrong side, and text is one with its number."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.numbers import (
    ceil_to_step,
    decimal_places,
    floor_to_step,
    format_decimal,
    parse_decimal,
    significant_figures,
)

# All that a file or a venue can say: at most 18 digits on either side of the point.
MONEY = st.builds(
    lambda whole, part: Decimal(f"{whole}.{part:018}"),
    st.integers(0, 10**18 - 1),
    st.integers(0, 10**18 - 1),
)
SMALL = st.builds(
    lambda n, places: Decimal(n).scaleb(-places), st.integers(1, 10**6), st.integers(0, 18)
)


@given(MONEY, SMALL)
@example(Decimal("999999999999999999.999999999999999999"), Decimal("0.000000000000000007"))
def test_the_floor_is_the_largest_multiple_that_is_not_above(value: Decimal, step: Decimal) -> None:
    floor = floor_to_step(value, step)

    assert (0, True, True) == (
        exact_remainder(floor, step),
        floor <= value,
        exact(value) - exact(floor) < exact(step),
    )


@given(MONEY, SMALL)
def test_the_ceiling_is_the_smallest_multiple_that_is_not_below(
    value: Decimal, step: Decimal
) -> None:
    ceiling = ceil_to_step(value, step)

    assert (0, True, True) == (
        exact_remainder(ceiling, step),
        ceiling >= value,
        exact(ceiling) - exact(value) < exact(step),
    )


@given(MONEY, SMALL)
def test_a_multiple_is_rounded_to_itself(count: Decimal, step: Decimal) -> None:
    value = floor_to_step(count, step)

    assert (value, value) == (floor_to_step(value, step), ceil_to_step(value, step))


@given(MONEY)
def test_what_is_written_is_read_back_the_same(value: Decimal) -> None:
    assert value == parse_decimal(format_decimal(value))


@given(MONEY)
def test_a_number_has_one_text(value: Decimal) -> None:
    other = value.normalize() if significant_figures(value) <= 28 else value

    assert format_decimal(value) == format_decimal(other)


@given(st.text(max_size=12))
def test_whatever_is_read_is_a_number_that_is_not_negative(text: str) -> None:
    found = parse_decimal(text)

    assert found is None or (found.is_finite() and found >= 0 and text.isascii())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "1e3",
        "1_000",
        " 1",
        "1 ",
        "01",
        ".5",
        "5.",
        "NaN",
        "Infinity",
        "\uff11",
        "1\n",
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert None is parse_decimal(text)


@pytest.mark.parametrize(
    ("text", "figures", "places"),
    [("100", 1, 0), ("100.50", 4, 1), ("0.00120", 2, 4), ("123456", 6, 0), ("0", 1, 0)],
)
def test_trailing_zeros_count_for_nothing(text: str, figures: int, places: int) -> None:
    assert (figures, places) == (
        significant_figures(Decimal(text)),
        decimal_places(Decimal(text)),
    )


def exact(value: Decimal) -> int:
    """Return the value in units of 10 to the minus 18, as an integer that nothing rounds."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    whole = int("".join(map(str, digits)))
    return (-whole if sign else whole) * 10 ** (18 + exponent)


def exact_remainder(value: Decimal, step: Decimal) -> int:
    return exact(value) % exact(step)
