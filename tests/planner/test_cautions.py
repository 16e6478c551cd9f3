"""What a plan tells beforehand and holds nothing for."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.build import (
    IN_PLACE,
    book,
    holder,
    instrument,
    placement,
    plan,
    shown,
    snapshot,
    state,
    terms,
)

ALONE = replace(instrument("BTC"), is_isolated_only=True)


def isolated(*orders):
    return snapshot(*orders, instruments={"BTC": ALONE, "ETH": instrument("ETH")})


def test_orders_where_margin_is_only_isolated_are_told_once():
    [text] = plan(book(holder(), holder("btc.low", terms("80"))), seen=isolated()).warnings

    assert text.startswith("BTC has only isolated margin:")


def test_a_modify_there_is_told_as_well():
    placed = placement("btc.dip", terms("80"))

    assert 1 == len(plan(holder(), state(placed), isolated(shown(placed))).warnings)


def test_nothing_is_told_of_an_order_that_only_reduces():
    selling = terms("110", side="sell", reduce_only=True)
    seen = replace(isolated(), positions={"BTC": Decimal(1)})

    assert () == plan(holder("btc.target", selling), seen=seen).warnings


def test_nothing_is_told_of_orders_that_are_kept():
    placed = placement()

    assert () == plan(holder(), state(placed), isolated(shown(placed))).warnings


@pytest.mark.parametrize(
    ("placed", "now", "said"),
    [
        ("5", "10", ("1 order rests with leverage 5, and the specs say leverage 10 now: ",)),
        ("5", "", ("1 order rests with leverage 5, and the specs say no leverage now: ",)),
        ("5", "5", ()),
        ("", "10", ()),
    ],
)
def test_what_an_order_keeps_of_an_option_that_was_edited_is_told(placed, now, said):
    def with_leverage(value):
        return terms(options=(("leverage", value),) if value else ())

    rests = placement(wanted=with_leverage(placed))
    found = plan(holder(wanted=with_leverage(now)), state(rests), snapshot(shown(rests))).warnings

    assert said == tuple(text.split("that is for")[0] for text in found)


@pytest.mark.parametrize(
    ("per_minute", "said"),
    [(0, ()), (3, ()), (2, ("1 minute",)), (1, ("2 minutes",))],
)
def test_a_plan_tells_how_many_minutes_the_rate_limit_makes_of_it(per_minute, said):
    """Three requests of weight 1."""
    can = replace(IN_PLACE, batch_items_max=1, weight_per_minute=per_minute)
    wanted = book(*(holder(f"btc.o{n}", terms(str(90 - n))) for n in range(3)))

    assert (
        tuple(
            f"Its requests weigh 3, and {per_minute} may be spent in a minute: sending them takes "
            f"about {minutes}."
            for minutes in said
        )
        == plan(wanted, can=can).warnings
    )
