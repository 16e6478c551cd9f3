"""Figures, rows and the ladder: the small parts a plan's text is made of."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.order import TimeInForce
from reconciler.model.plan import Action, Adopt, Modify, Place
from reconciler.render.figures import amount, distance, duration, grouped, moment, short_id
from reconciler.render.ladder import picture
from reconciler.render.page import text_of
from reconciler.render.rows import row_of
from tests.render import plans, states


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("0", 0, "0"),
        ("1234567.5", 0, "1,234,567.5"),
        ("1234.5", 3, "1,234.500"),
        ("-0.25", 0, "-0.25"),
        ("-1234", 1, "-1,234.0"),
        ("1E+3", 0, "1,000"),
    ],
)
def test_an_exact_number_keeps_its_digits(value: str, places: int, text: str) -> None:
    assert text == grouped(Decimal(value), places=places)


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0"), ("12", "12"), ("12.345", "12.34"), ("99.999", "100.00"), ("123456.7", "123,457")],
)
def test_money_is_rounded_for_reading(value: str, text: str) -> None:
    assert text == amount(Decimal(value))


@pytest.mark.parametrize(
    ("price", "mid", "text"),
    [
        ("101", "100", "+100 bp"),
        ("99.5", "100", "-50 bp"),
        ("100.001", "100", "0 bp"),
        ("50", "100", "-50.0 %"),
        ("100", "0", ""),
    ],
)
def test_a_distance_is_in_basis_points_or_percent(price: str, mid: str, text: str) -> None:
    assert text == distance(Decimal(price), Decimal(mid))


def test_there_is_no_distance_without_a_middle() -> None:
    assert "" == distance(Decimal(1), None)


@pytest.mark.parametrize(
    ("duration_ms", "text"),
    [(0, "0 s"), (-5, "0 s"), (90_000, "90 s"), (900_000, "15 min"), (7_200_000, "2 h"),
     (86_400_000, "1 d")],
)  # fmt: skip
def test_a_length_of_time_is_in_its_largest_whole_unit(duration_ms: int, text: str) -> None:
    assert text == duration(duration_ms)


def test_a_time_beyond_any_calendar_is_shown_as_it_is() -> None:
    assert f"{10**18} ms" == moment(10**18)


def test_a_long_identity_is_cut_in_its_middle() -> None:
    assert "0x1479…9325" == short_id("0x14791697260e4c9a71f18484c9f997b308e59325")
    assert "123456" == short_id("123456")


def details_of(action: Place | Modify | Adopt) -> tuple[str, ...]:
    return row_of(action).details


def test_what_is_special_about_an_order_is_told() -> None:
    terms = plans.terms(plans.BUY, "90000", "1", post_only=False, options=(("leverage", "5"),))
    place = plans.place("btc.a", terms, 1)
    ioc = replace(place, after=replace(terms, time_in_force=TimeInForce.IOC))

    assert ("not post-only: it may take, leverage 5",) == details_of(place)
    assert ("immediate or cancel, leverage 5",) == details_of(ioc)


def test_what_a_place_waits_for_is_told() -> None:
    terms = plans.terms(plans.BUY, "90000", "1")
    place = plans.place("btc.a", terms, 1, waits_for=(states.address("btc.b"),))

    assert ("sent once the other order of btc.b is confirmed gone",) == details_of(place)


def test_a_child_without_a_trigger_is_told_by_its_price() -> None:
    terms = plans.terms(plans.BUY, "90000", "1")
    child = plans.child("btc.a.take_profit", plans.terms(plans.SELL, "99000", "1"))

    assert ("with btc.a.take_profit: 99,000",) == details_of(
        plans.place("btc.a", terms, 1, children=(child,))
    )


def test_a_modify_that_changes_nothing_to_see_tells_its_bound_alone() -> None:
    order = plans.resting(plans.BUY, "90000", "1")
    modify = plans.modify("btc.bids[0]", order, plans.terms(plans.BUY, "90000", "1"), 1)

    assert ("a fill in flight may add at most 1 beyond the quantity",) == details_of(modify)
    assert () == details_of(replace(modify, overfill_bound=Decimal(0)))


def test_a_renamed_address_names_its_old_one() -> None:
    adopt = next(a for a in plans.treasury().venues[0].actions if isinstance(a, Adopt))
    renamed = replace(adopt, before=None, origin=states.address("btc.old"))

    assert ("renamed from btc.old; the venue is left alone",) == details_of(renamed)
    assert () == details_of(replace(adopt, before=None))


def test_an_order_on_a_whole_position_has_a_bar_of_nothing() -> None:
    stop = plans.terms(plans.SELL, quantity="0", **plans.stop("84000", worst="75600"))  # type: ignore[arg-type]
    other = plans.terms(plans.SELL, quantity="0", **plans.stop("83000", worst="75600"))  # type: ignore[arg-type]
    drawn = picture(
        [plans.place("a.b", stop, 1), plans.place("a.c", other, 1)], None, indent=0, width=80
    )

    assert ["84,000  +  0  stop-loss", "83,000  +  0  stop-loss", "─" * 10] == [
        text_of(line) for line in drawn
    ]


def test_one_level_is_too_little_to_draw() -> None:
    place = plans.place("a.b", plans.terms(plans.BUY, "1", "1"), 1)

    assert [] == picture([place], None, indent=0, width=80)


def test_orders_at_one_price_are_one_bar() -> None:
    actions: list[Action] = [
        plans.keep("a.b", plans.resting(plans.BUY, "90", "1")),
        plans.place("a.c", plans.terms(plans.BUY, "90", "2"), 1),
        plans.place("a.d", plans.terms(plans.BUY, "80", "1"), 1),
    ]
    lines = [text_of(line) for line in picture(actions, Decimal(100), indent=0, width=80)]

    assert ["90", "+", "3"] == [lines[1].split()[0], *lines[1].split()[2:]]
