"""A look: what it reads of the markets, and when."""

from dataclasses import replace

import pytest

from reconciler.execution.looking import Shell, look, refresh
from tests.execution.fakes import FakeVenue, finished
from tests.support.build import (
    IN_PLACE,
    book,
    holder,
    instrument,
    policy,
    resting,
    snapshot,
    state,
    terms,
)


@pytest.mark.parametrize(("counts_contracts", "named"), [(True, {"BTC", "ETH"}), (False, {"BTC"})])
def test_the_worth_of_foreign_contracts_is_read_where_it_is_no_price_times_quantity(
    counts_contracts: bool, named: set[str]
) -> None:
    foreign = snapshot(resting(terms("5", name="ETH"), oid="7"))
    venue = FakeVenue(
        looks=[foreign], capabilities=replace(IN_PLACE, counts_contracts=counts_contracts)
    )
    shell = Shell(clock=venue.clock, expand=lambda found, _: (found, ()))
    finished(look(venue, state(serial=-1), [book(holder())], policy(), shell))

    assert [frozenset(named)] == venue.listed[:1]


@pytest.mark.parametrize(("lists_by_instrument", "asked"), [(True, {"BTC", "ETH"}), (False, set())])
def test_what_was_once_traded_is_looked_at_where_orders_are_listed_by_instrument(
    lists_by_instrument: bool, asked: set[str]
) -> None:
    can = replace(IN_PLACE, lists_by_instrument=lists_by_instrument)
    venue = FakeVenue(looks=[snapshot()], capabilities=can)
    known = state(instruments={name: instrument(name) for name in ("BTC", "ETH")})
    finished(refresh(venue, known, frozenset(), venue.clock))

    assert [frozenset(asked)] == venue.looked_at
