"""The venue's grid applied: totals exact, prices never more aggressive, nothing copied in vain."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic
from reconciler.model.instrument import Instrument
from reconciler.model.order import DesiredBook, Holder, Ladder, Side, Spacing, Terms
from reconciler.spec.expand import expand_book, ladder_prices, share_lots
from tests.spec.grids import HEAD, INSTRUMENTS, book_of, perpetual

BTC = INSTRUMENTS["BTC"]
PLACE = book_of(f"{HEAD}orders:\n  a: {{side: buy, price: 1, quantity: 1}}\n").holders[0].source


def ladder(
    start: str, end: str, levels: int, spacing: Spacing = Spacing.LINEAR, side: Side = Side.BUY
) -> Ladder:
    """Return a ladder with equal weights."""
    return Ladder(
        start=Decimal(start),
        end=Decimal(end),
        levels=levels,
        spacing=spacing,
        weights=(Decimal(1),) * levels,
        template=Terms(instrument="BTC", side=side, price=Decimal(0), quantity=Decimal(0)),
    )


def expanded(declared: Ladder, quantity: Decimal, instrument: Instrument) -> Holder:
    """Return one ladder on a grid, or without rungs."""
    holder = Holder(
        address=PLACE.path,  # type: ignore[arg-type]
        generation=0,
        instrument="BTC",
        side=declared.template.side,
        quantity=quantity,
        source=PLACE,
        ladder=declared,
    )
    book = DesiredBook(name="btc", venue="hl", path="specs/btc.yaml", holders=(holder,))
    return expand_book(book, {"BTC": instrument})[0].holders[0]


def told(text: str) -> list[Diagnostic]:
    """Return what the grid refuses of one spec."""
    return list(expand_book(book_of(text), INSTRUMENTS, sources={"specs/btc.yaml": text})[1])


def test_a_geometric_ladder_meets_prices_on_the_grid_exactly() -> None:
    prices = list(ladder_prices(ladder("100", "400", 3, Spacing.GEOMETRIC)))

    assert [Decimal(100), Decimal(200), Decimal(400)] == prices


def test_a_linear_ladder_has_equal_differences() -> None:
    prices = list(ladder_prices(ladder("87000", "80000", 8)))

    assert [Decimal(87000 - 1000 * i) for i in range(8)] == prices


@pytest.mark.parametrize("spacing", list(Spacing))
@pytest.mark.parametrize("levels", [1, 2, 3, 10_000])
def test_both_ends_are_exact(spacing: Spacing, levels: int) -> None:
    end = "87000" if levels == 1 else "0.00000123"
    prices = list(ladder_prices(ladder("87000", end, levels, spacing)))

    assert (levels, Decimal(87000), Decimal(end)) == (len(prices), prices[0], prices[-1])


@given(st.integers(2, 60), st.integers(2, 40))
def test_powers_come_out_whole(base: int, levels: int) -> None:
    assume(base ** (levels - 1) < 10**18)
    declared = ladder("1", str(base ** (levels - 1)), levels, Spacing.GEOMETRIC)

    assert [Decimal(base**i) for i in range(levels)] == list(ladder_prices(declared))


WEIGHTS = st.lists(
    st.decimals(min_value="0.001", max_value="1000", places=3, allow_nan=False),
    min_size=1,
    max_size=60,
)


@given(st.integers(0, 10**12), WEIGHTS)
def test_lots_sum_to_the_total(total: int, weights: list[Decimal]) -> None:
    assert total == sum(share_lots(total, tuple(weights)))


@given(st.integers(0, 10**6), WEIGHTS)
def test_no_rung_is_a_lot_from_its_share(total: int, weights: list[Decimal]) -> None:
    whole = sum(weights)

    for count, weight in zip(share_lots(total, tuple(weights)), weights, strict=True):
        assert abs(count * whole - total * weight) < whole


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (10, "1 1 1", [4, 3, 3]),
        (11, "1 1 1", [4, 4, 3]),
        (10, "1 2 4", [1, 3, 6]),
        (1, "1 1", [1, 0]),
        (0, "1 1", [0, 0]),
        (7, "0.5 1.25", [2, 5]),
    ],
)
def test_leftover_lots_go_to_the_largest_remainder(
    total: int, weights: str, expected: list[int]
) -> None:
    assert expected == share_lots(total, tuple(Decimal(w) for w in weights.split()))


PRICES = st.decimals(min_value="0.01", max_value="200000", places=6, allow_nan=False)


@given(
    ends=st.tuples(PRICES, PRICES),
    levels=st.integers(2, 40),
    spacing=st.sampled_from(Spacing),
    side=st.sampled_from(Side),
    decimals=st.integers(0, 5),
    lots=st.integers(1, 10**9),
)
@example(
    ends=(Decimal("9999.96"), Decimal("10000.04")), levels=2, spacing=Spacing.LINEAR,
    side=Side.SELL, decimals=2, lots=100,
)  # fmt: skip
def test_rungs_are_never_more_aggressive_or_more(
    ends: tuple[Decimal, Decimal],
    levels: int,
    spacing: Spacing,
    side: Side,
    decimals: int,
    lots: int,
) -> None:
    assume(ends[0] != ends[1])
    instrument = replace(perpetual("BTC", decimals), minimum_notional=Decimal(0))
    declared = ladder(str(ends[0]), str(ends[1]), levels, spacing, side)
    quantity = lots * instrument.lot_size
    rungs = expanded(declared, quantity, instrument).orders

    assert not rungs or quantity == sum(rung.terms.quantity for rung in rungs)
    for rung, exact in zip(rungs, ladder_prices(declared), strict=bool(rungs)):
        assert instrument.is_legal_price(rung.terms.price)
        assert instrument.is_legal_quantity(rung.terms.quantity)
        assert (exact - rung.terms.price) * side.sign >= 0


def test_ten_thousand_rungs_are_one_ladder() -> None:
    declared = ladder("90000", "80001", 10_000)
    rungs = expanded(declared, Decimal(1000), BTC).orders

    assert 10_000 == len({rung.address for rung in rungs})
    assert Decimal(1000) == sum(rung.terms.quantity for rung in rungs)


def test_a_book_without_ladders_is_not_copied() -> None:
    book = book_of(f"{HEAD}orders:\n  dip: {{side: buy, price: 88000, quantity: 0.05}}\n")
    after, problems = expand_book(book, INSTRUMENTS)

    assert after is book
    assert () == problems


@pytest.mark.parametrize(
    ("side", "trigger", "worst"),
    [("sell", "0.12347", "0.111123"), ("buy", "0.12347", "0.13581"), ("sell", "99", "89.1")],
)
def test_a_default_worst_price_is_rounded_towards_the_trigger(
    side: str, trigger: str, worst: str
) -> None:
    instrument = perpetual("BTC", 0)
    line = f"side: {side}, quantity: 1000, stop_loss: {{trigger: {trigger}, execution: market}}"
    book, problems = expand_book(book_of(f"{HEAD}orders:\n  s: {{{line}}}\n"), {"BTC": instrument})

    expected = Decimal(worst).quantize(Decimal("0.00001")) if side == "sell" else Decimal(worst)
    assert () == problems
    assert instrument.is_legal_price(book.holders[0].orders[0].terms.price)
    assert abs(expected - book.holders[0].orders[0].terms.price) <= Decimal("0.00001")
    beyond = (book.holders[0].orders[0].terms.price - Decimal(trigger)) * Side(side).sign
    assert 0 <= beyond <= Decimal(trigger) / 10


def test_the_worst_price_of_an_attached_order_is_rounded_too() -> None:
    text = (
        f"{HEAD}orders:\n  s: {{side: buy, price: 88000, quantity: 0.05,"
        " stop_loss: {trigger: 84001, execution: market}}\n"
    )
    book, problems = expand_book(book_of(text), INSTRUMENTS)

    assert () == problems
    assert Decimal(75601) == book.holders[0].orders[0].children[0].terms.price


def test_protection_is_put_on_the_grid() -> None:
    stop = "stop_loss: {trigger: 84001, execution: market}"
    text = f"{HEAD}position_protection: {{side: sell, {stop}}}\n"
    book, problems = expand_book(book_of(text), INSTRUMENTS)

    assert () == problems
    assert Decimal(75601) == book.position_protection[0].terms.price


def test_protection_off_the_grid_is_told_at_its_place() -> None:
    stop = "stop_loss: {trigger: 84000.5, execution: market}"
    text = f"{HEAD}position_protection:\n  side: sell\n  {stop}\n"

    assert ["specs/btc.yaml:7:24"] == [str(problem.span) for problem in told(text)]


def test_an_unknown_instrument_of_protection_is_told_at_its_place() -> None:
    stop = "stop_loss: {trigger: 84000, execution: market}"
    text = f"{HEAD}position_protection: {{side: sell, instrument: ETHX, {stop}}}\n"

    assert [("unknown-instrument", "specs/btc.yaml:5:47")] == [
        (problem.code, str(problem.span)) for problem in told(text)
    ]


def test_without_the_text_a_problem_is_told_at_the_order() -> None:
    book = book_of(f"{HEAD}orders:\n  dip: {{side: buy, price: 88000.5, quantity: 0.05}}\n")
    after, problems = expand_book(book, INSTRUMENTS, sources={})

    assert after is book
    assert ["specs/btc.yaml:6:3"] == [str(problem.span) for problem in problems]


def test_a_text_that_no_longer_reads_costs_only_the_place() -> None:
    book = book_of(f"{HEAD}orders:\n  dip: {{side: buy, price: 88000.5, quantity: 0.05}}\n")

    for text in ("a: [", HEAD, f"{HEAD}orders:\n  dip: {{}}\n"):
        _, problems = expand_book(book, INSTRUMENTS, sources={"specs/btc.yaml": text})
        assert ["specs/btc.yaml:6:3"] == [str(problem.span) for problem in problems]


def test_a_problem_names_the_address_it_is_about() -> None:
    text = f"{HEAD}orders:\n  dip: {{side: buy, price: 88000.5, quantity: 0.05}}\n"

    assert ["btc.dip"] == [problem.where for problem in told(text)]


def test_a_refused_ladder_has_no_rungs() -> None:
    text = f"{HEAD}ladders:\n  b: {{side: buy, from: 2, to: 1, levels: 2, quantity: 0.001}}\n"
    book, problems = expand_book(book_of(text), INSTRUMENTS)

    assert ((), 2) == (book.holders[0].orders, len(problems))


def test_a_rung_at_nothing_is_refused() -> None:
    text = f"{HEAD}ladders:\n  b: {{side: buy, from: 2, to: 0.01, levels: 2, quantity: 10}}\n"

    assert ["below-minimum", "price-off-tick"] == sorted(problem.code for problem in told(text))


def test_a_price_below_the_first_tick_has_one_neighbour() -> None:
    text = f"{HEAD}orders:\n  a: {{side: buy, price: 0.01, quantity: 10000}}\n"

    assert "Write 0.1." == told(text)[0].next_step


def test_reduce_only_may_be_below_the_minimum() -> None:
    order = "a: {side: sell, price: 88000, quantity: 0.00001, reduce_only: true}"
    rungs = (
        "b: {side: sell, from: 87000, to: 88000, levels: 2, quantity: 0.00002, reduce_only: true}"
    )

    assert [] == told(f"{HEAD}orders:\n  {order}\nladders:\n  {rungs}\n")


def test_a_rung_without_a_lot_is_refused_even_when_reduce_only() -> None:
    rungs = (
        "b: {side: sell, from: 87000, to: 88000, levels: 2, quantity: 0.00001, reduce_only: true}"
    )

    assert ["below-minimum"] == [problem.code for problem in told(f"{HEAD}ladders:\n  {rungs}\n")]


def test_problems_of_one_ladder_are_told_up_to_a_limit() -> None:
    rungs = "b: {side: buy, from: 87001, to: 87000, levels: 100, quantity: 100}"

    assert 5 == len(told(f"{HEAD}ladders:\n  {rungs}\n"))
