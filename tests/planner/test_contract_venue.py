"""A venue of contracts: two position sides, shared options, requests of one instrument."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from reconciler.model.capabilities import Capabilities, TriggerSupport
from reconciler.model.order import DesiredOrder, Holder, OrderAddress, Side, Terms, TriggerKind
from reconciler.model.plan import Cancel, Hold, Place, PlannedRequest, Reason
from reconciler.model.snapshot import Found, OrderPhase, Quote, Sides, VenueSnapshot
from tests.support import build
from tests.support.build import (
    REPLACING,
    SPAN,
    book,
    holder,
    instrument,
    only,
    placement,
    plan,
    record,
    resting,
    shown,
    snapshot,
    state,
    terms,
    trigger,
    words,
)
from tests.support.journal import by_our_id

CONTRACTS = replace(
    REPLACING,
    places_mix=True,
    cancels_one_instrument=True,
    triggers=TriggerSupport(
        alone="It has no client id there.", market="It has no worst price there.", have_ids=False
    ),
)


def options(value: str) -> tuple[tuple[str, str], ...]:
    return (("leverage", value),)


def held(wanted: Terms, seen: VenueSnapshot | None = None, can: Capabilities = CONTRACTS) -> str:
    """Return the reason why an order is held, or the kind of what is done with it."""
    action = only(holder(wanted=wanted), seen=seen or snapshot(), can=can)
    return str(getattr(action, "reason", ""))


def attached(execution_is_market: bool) -> Holder:
    wanted = terms()
    stop = DesiredOrder(
        address=OrderAddress("btc.dip.stop_loss"),
        terms=terms(
            "79",
            side="sell",
            reduce_only=True,
            post_only=False,
            trigger=trigger("80", market=execution_is_market),
        ),
        source=SPAN,
    )
    parent = DesiredOrder(
        address=OrderAddress("btc.dip"), terms=wanted, source=SPAN, children=(stop,)
    )
    return replace(holder(wanted=wanted), orders=(parent,))


def requests(*found: PlannedRequest) -> list[tuple[str, int]]:
    return [(request.kind.value, request.items) for request in found]


def test_orders_of_any_kind_share_a_request() -> None:
    wanted = [
        holder("btc.a", terms("90", options=options("5"))),
        holder("btc.b", terms("91", name="ETH", options=options("10"))),
        holder("btc.c", terms("92", post_only=False)),
    ]

    assert [("place", 3)] == requests(*plan(book(*wanted), can=CONTRACTS).requests)
    assert 3 == len(plan(book(*wanted), can=REPLACING).requests)


def test_twenty_five_places_are_three_requests() -> None:
    wanted = [holder(f"btc.n{n}", terms(str(60 + n))) for n in range(25)]

    assert [("place", 10), ("place", 10), ("place", 5)] == requests(
        *plan(book(*wanted), can=CONTRACTS).requests
    )


def live(count: int, name: str = "BTC") -> Sequence[object]:
    return [
        placement(f"btc.{name.lower()}{n}", terms(str(50 + n), name=name), incarnation=1 + n)
        for n in range(count)
    ]


def test_thirty_three_cancels_are_four_requests() -> None:
    known = state(*live(33))  # type: ignore[arg-type]
    found = plan(None, known, can=CONTRACTS, under=build.policy(allow=frozenset({"empty"})))

    assert [10, 10, 10, 3] == [request.items for request in found.requests]


def test_a_request_cancels_orders_of_one_instrument() -> None:
    ethers = [
        placement(f"btc.e{n}", terms(str(50 + n), name="ETH"), incarnation=100 + n)
        for n in range(2)
    ]
    known = state(*live(3), *ethers)  # type: ignore[arg-type]
    allowed = build.policy(allow=frozenset({"empty"}))

    assert [("cancel", 3), ("cancel", 2)] == requests(
        *plan(None, known, can=CONTRACTS, under=allowed).requests
    )
    assert [("cancel", 5)] == requests(*plan(None, known, can=REPLACING, under=allowed).requests)


def test_a_trigger_that_stands_alone_is_refused_with_the_venues_reason() -> None:
    wanted = terms("79", side="sell", reduce_only=True, trigger=trigger("80", market=False))
    action = only(holder(wanted=wanted), can=CONTRACTS)

    assert (Reason.UNSUPPORTED, "It has no client id there.") == (action.reason, action.why)


def test_an_attached_market_trigger_is_refused_with_the_venues_reason() -> None:
    action = only(attached(execution_is_market=True), can=CONTRACTS)

    assert (Reason.UNSUPPORTED, "It has no worst price there.") == (action.reason, action.why)


def test_an_attached_limit_trigger_is_placed_with_its_parent() -> None:
    action = only(attached(execution_is_market=False), can=CONTRACTS)

    assert Reason.NEW is action.reason
    assert [TriggerKind.STOP_LOSS] == [child.terms.trigger.kind for child in action.children]


def test_an_attached_order_that_would_close_more_than_its_order_opens_is_refused() -> None:
    wanted = attached(execution_is_market=False)
    known = state(records=[record(filled_at={"90": "0.4"})])
    action = only(wanted, known, can=CONTRACTS)

    assert (Reason.UNSUPPORTED, False) == (action.reason, isinstance(action, Place))
    assert "btc.dip.stop_loss would close 1; attached there, it closes the 0.6" in action.why
    assert isinstance(only(wanted, known, can=REPLACING), Place)


def with_child(*, filled: str = "0") -> tuple[object, VenueSnapshot]:
    parent = placement(wanted=terms(), filled=filled)
    stop = placement(
        "btc.dip.stop_loss",
        terms("79", side="sell", reduce_only=True, trigger=trigger("80", market=False)),
        incarnation=2,
        owner="btc.dip.stop_loss",
    )
    low = placement("btc.low", terms("70"), incarnation=3)
    return state(parent, stop, low), snapshot(shown(parent), shown(stop), shown(low))


@pytest.mark.parametrize("filled", ["0", "0.4"])
@pytest.mark.parametrize("can", [CONTRACTS, REPLACING])
def test_attached_orders_that_end_with_their_parent_need_no_cancel(
    can: Capabilities, filled: str
) -> None:
    known, seen = with_child(filled=filled)
    found = plan(holder("btc.low", terms("70")), known, seen, can=can)

    assert ["btc.dip"] == [a.address for a in found.actions if isinstance(a, Cancel)]
    assert [("cancel", 1)] == requests(*found.requests)


def test_a_parent_with_fills_stays_while_no_stop_could_stand_in_the_place_of_its_own() -> None:
    known, seen = with_child(filled="0.4")
    held_open = replace(seen, positions={"BTC": Decimal("0.4")})
    found = plan(holder("btc.low", terms("70")), known, held_open, can=CONTRACTS)
    reasons = {a.address: a.reason for a in found.actions if isinstance(a, Hold)}

    assert () == found.requests
    assert {"btc.dip": Reason.UNPROTECTED, "btc.dip.stop_loss": Reason.UNSUPPORTED} == reasons


def test_an_option_of_the_position_must_be_the_orders_own() -> None:
    seen = snapshot(shared_options={"BTC": options("10")})
    action = only(holder(wanted=terms(options=options("5"))), seen=seen, can=CONTRACTS)

    assert Reason.OPTION_CONFLICT is action.reason
    assert action.why == (
        "`leverage` is 5 in the spec, and 10 for the position in BTC; the venue takes only that."
    )


@pytest.mark.parametrize("wanted", [options("10"), ()])
def test_an_option_that_agrees_stands_in_no_way(wanted: tuple[tuple[str, str], ...]) -> None:
    seen = snapshot(shared_options={"BTC": options("10"), "ETH": options("3")})

    assert "new" == held(terms(options=wanted), seen)


def closing(side: str, quantity: str = "1") -> Terms:
    return terms("110" if side == "sell" else "90", quantity, side=side, reduce_only=True)


@pytest.mark.parametrize(("side", "most"), [("sell", "3"), ("buy", "2")])
def test_each_position_side_is_closed_by_itself(side: str, most: str) -> None:
    seen = snapshot(
        positions={"BTC": Decimal(1)}, sides={"BTC": Sides(long=Decimal(3), short=Decimal(2))}
    )

    assert "new" == held(closing(side, most), seen)
    assert "reduce-only-excess" == held(closing(side, str(Decimal(most) + 1)), seen)


def test_the_excess_names_the_side_that_is_too_small() -> None:
    seen = snapshot(sides={"BTC": Sides(long=Decimal(3), short=Decimal(2))})
    action = only(holder(wanted=closing("buy", "5")), seen=seen, can=CONTRACTS)

    assert "Reduce-only orders would exceed the position of -2 BTC." == action.why


def test_a_signed_position_has_one_side() -> None:
    seen = snapshot(positions={"BTC": Decimal(-2)})

    assert (Decimal(2), Decimal(0)) == (
        seen.reducible("BTC", Side.BUY),
        seen.reducible("BTC", Side.SELL),
    )


def large(quantity: str, **others: Any) -> str:
    grid = replace(instrument(), quantity_max=Decimal(5), post_only_quantity_max=Decimal(50))
    return held(terms("90", quantity, **others), snapshot(instruments={"BTC": grid}))


def test_an_order_above_the_venues_maximum_is_held() -> None:
    assert "above-maximum" == large("6", post_only=False)
    assert "new" == large("5", post_only=False)


def test_a_post_only_order_has_a_maximum_of_its_own() -> None:
    assert "new" == large("50")
    assert "above-maximum" == large("51")


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (terms("103", post_only=False), "price-limit"),
        (terms("102", post_only=False), "new"),
        (terms("97", side="sell", post_only=False), "price-limit"),
        (terms("98", side="sell", post_only=False), "new"),
    ],
)
def test_a_price_beyond_the_venues_band_is_held(wanted: Terms, reason: str) -> None:
    quote = Quote(bid=Decimal(99), ask=Decimal(101), buy_max=Decimal(102), sell_min=Decimal(98))

    assert reason == held(wanted, snapshot(quotes={"BTC": quote}))


def test_what_a_contract_is_worth_counts_not_its_price() -> None:
    grid = replace(instrument(lot="1"), contract_value=Decimal(100), minimum_notional=Decimal(0))
    foreign = resting(terms("90", "3"), oid="7")
    found = plan(
        holder(wanted=terms("90", "2")),
        seen=snapshot(foreign, instruments={"BTC": grid}),
        can=CONTRACTS,
    )

    assert (Decimal(300), Decimal(500), Decimal(200)) == (
        found.exposure.open_before,
        found.exposure.open_after,
        found.exposure.new_notional,
    )
    assert ["place btc.dip new"] == words(
        holder(wanted=terms("90", "2")),
        seen=snapshot(foreign, instruments={"BTC": grid}),
        can=CONTRACTS,
        under=build.limited(max_order_notional=Decimal(200)),
    )


def test_attached_orders_that_no_list_shows_count_as_open_money() -> None:
    known, seen = with_child(filled="0.4")
    parent, stop, low = seen.resting
    query = by_our_id(known.placements[stop.client_order_id])  # type: ignore[attr-defined]
    status = Found(order=stop, phase=OrderPhase.RESTING, word="waiting (2)", at_ms=build.NOW)
    unlisted = replace(seen, resting=(parent, low), statuses={query: status})
    found = plan(holder("btc.low", terms("70")), known, unlisted, can=CONTRACTS)

    assert (Decimal(203), Decimal(70)) == (
        found.exposure.open_before,
        found.exposure.open_after,
    )


def test_what_a_contract_is_worth_stands_in_the_plan() -> None:
    grid = replace(instrument(lot="1"), contract_value=Decimal(100), minimum_notional=Decimal(0))
    found = plan(
        holder(wanted=terms("90", "2")), seen=snapshot(instruments={"BTC": grid}), can=CONTRACTS
    )

    assert {"BTC": Decimal(100)} == found.contract_values
    assert {} == plan(holder()).contract_values
