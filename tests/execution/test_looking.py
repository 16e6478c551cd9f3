"""A look: what it reads of the markets, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from reconciler.diagnostics import Diagnostic
from reconciler.execution.looking import (
    LOOKUP_ROUNDS_MAX,
    Expander,
    Look,
    Shell,
    look,
    new_grids,
    refresh,
)
from reconciler.model.event import InstrumentsRead, Resolved
from reconciler.model.order import DesiredBook, VenueOrderId
from reconciler.model.plan import action_kind
from reconciler.model.snapshot import FillHistory, Found, OrderPhase, OrderQuery, OrderStatus
from reconciler.model.state import IntentOperation, State
from tests.execution.fakes import FakeClock, FakeVenue, finished
from tests.support.build import (
    IN_PLACE,
    NOW,
    book,
    fill,
    holder,
    instrument,
    our_id,
    placement,
    policy,
    resting,
    shown,
    snapshot,
    state,
    terms,
)
from tests.support.journal import found, intent, item


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


def test_a_grid_that_was_read_by_half_is_not_recorded() -> None:
    grids = {name: replace(instrument(name), is_open=False) for name in ("BTC", "ETH")}
    seen = snapshot(instruments=grids)
    venue = FakeVenue(looks=[seen], unplaceable={"BTC": "order_limit: timeout"})
    found_ = looked(venue, state(serial=-1), book(holder()))

    assert [InstrumentsRead(instruments=(grids["ETH"],))] == [*new_grids(found_)]
    assert ["hold btc.dip status-unknown"] == said(found_)


# what a look decides from


def looked(
    venue: FakeVenue, known: State, *books: DesiredBook, expand: Expander = lambda b, _: (b, ())
) -> Look:
    shell = Shell(clock=venue.clock, expand=expand)
    found: Look = finished(look(venue, known, books, policy(), shell))
    return found


def said(found: Look) -> list[str]:
    return [f"{action_kind(a)} {a.address} {a.reason}" for a in found.plan.actions]


def test_a_fill_that_is_not_on_record_is_not_bought_again() -> None:
    """The order went unseen; the venue's fills still show it."""
    history = FillHistory(
        fills=(fill("5", cloid=our_id("btc.dip", 3)),), reaches_ms=0, is_complete=True
    )
    asked = OrderQuery(instrument="BTC", venue_order_id=VenueOrderId("5"))
    status = found(terms(), OrderPhase.FILLED, oid="5", filled="1", cloid=our_id("btc.dip", 3))
    venue = FakeVenue(histories=[history], answers={asked: status})

    result = looked(venue, state(last_incarnation=4), book(holder()))

    assert ["hold btc.dip history-gap"] == said(result)


def test_what_the_fills_add_is_told_before_what_the_look_adds() -> None:
    """The order on record filled less than the venue's fills say."""
    placed = placement(filled="0.2")
    history = FillHistory(
        fills=(fill("1", cloid=placed.client_order_id, quantity="0.5"),),
        reaches_ms=0,
        is_complete=True,
    )
    order = replace(shown(placed), remaining=Decimal("0.5"))
    asked = OrderQuery(instrument="BTC", venue_order_id=VenueOrderId("1"))
    status = Found(order=order, phase=OrderPhase.RESTING, word="open", at_ms=NOW)
    lagging = snapshot(shown(placed))
    venue = FakeVenue(looks=[lagging], histories=[history], answers={asked: status})

    result = looked(venue, state(placed), book(holder(wanted=terms("91"))))

    (action,) = result.plan.actions
    assert (Decimal("0.5"), Decimal("0.5")) == (
        action.after.quantity,  # type: ignore[union-attr]
        result.settled.placements[placed.client_order_id].filled,
    )


def test_without_an_order_to_send_no_fills_are_read() -> None:
    venue = FakeVenue(looks=[snapshot(shown(placement()))])
    looked(venue, state(placement()), book())

    assert [] == venue.looked_since


def test_an_incomplete_look_reads_no_further() -> None:
    venue = FakeVenue(looks=[snapshot(problems=("too long",))])

    assert ["hold btc.dip status-unknown"] == said(looked(venue, state(), book(holder())))
    assert [] == venue.looked_since


WRONG = Diagnostic(code="price-off-tick", summary="Price is not on the tick grid")


def test_books_that_do_not_fit_the_grid_are_not_planned() -> None:
    venue = FakeVenue()

    result = looked(venue, state(), book(holder()), expand=lambda b, _: (b, (WRONG,)))

    assert (None, (WRONG,), []) == (result.planned, result.diagnostics, venue.looked_since)


def test_a_book_that_does_not_fit_the_grid_on_record_is_put_on_the_venue_s() -> None:
    """The tick changed since; the record alone would refuse the new price."""
    on_record, at_venue = instrument(), replace(instrument(), venue_id="new")
    venue = FakeVenue(looks=[snapshot(instruments={"BTC": at_venue})])

    result = looked(
        venue,
        state(instruments={"BTC": on_record}),
        book(holder()),
        expand=lambda b, grids: (b, () if grids["BTC"] == at_venue else (WRONG,)),
    )

    assert ["place btc.dip new"] == said(result)


def test_a_book_that_fits_the_grid_on_record_and_rests_reads_no_markets() -> None:
    venue = FakeVenue(looks=[snapshot(shown(placement()))])
    known = state(placement(), instruments={"BTC": instrument()})

    assert ["keep btc.dip matches"] == said(looked(venue, known, book(holder())))
    assert [] == venue.listed


def test_best_prices_are_not_asked_for_where_no_middle_price_is_known() -> None:
    placed = placement(wanted=terms(quantity="2"))
    venue = FakeVenue(looks=[snapshot(shown(placed), mids={})])

    assert ["modify btc.dip quantity-changed"] == said(looked(venue, state(placed), book(holder())))
    assert 1 == len(venue.listed)


def test_a_request_nothing_is_said_about_stays_open_without_another_look() -> None:
    known = intent(state(), item(IntentOperation.PLACE, wanted=terms()))
    venue = FakeVenue(times=[None] * 9)

    result = looked(venue, known, book(holder()))

    assert (["hold btc.dip unknown-outcome"], 1) == (said(result), len(venue.looked_at))


def test_a_venue_that_names_another_order_each_time_is_asked_a_few_times() -> None:
    placed = placement()
    venue = Fickle(looks=[snapshot()])

    result = looked(venue, state(placed), book(holder()))

    assert (["hold btc.dip status-unknown"], LOOKUP_ROUNDS_MAX - 1) == (
        said(result),
        venue.lookups,
    )


@dataclass
class Fickle(FakeVenue):
    """A venue that shows another resting order under the same id with every answer."""

    lookups: int = 0
    last_oid: int = 900

    async def lookup(self, queries: Sequence[OrderQuery]) -> Mapping[OrderQuery, OrderStatus]:
        self.lookups += 1
        return {query: self._another() for query in queries}

    def _another(self) -> Found:
        self.last_oid += 1
        order = resting(oid=str(self.last_oid), cloid=placement().client_order_id)
        return Found(order=order, phase=OrderPhase.RESTING, word="open", at_ms=NOW)


def test_a_request_that_proves_dead_in_the_look_is_planned_anew() -> None:
    known = intent(state(), item(IntentOperation.PLACE, wanted=terms()))
    venue = FakeVenue(clock=FakeClock(NOW + 60_000))

    result = looked(venue, known, book(holder()))

    assert ["place btc.dip new"] == said(result)
    assert ["never-placed"] == [e.verdict for e in result.seen if isinstance(e, Resolved)]
    assert 2 == len(venue.looked_at)
