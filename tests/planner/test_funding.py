"""Whether the account can pay for a run: told, and never a reason to hold."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.instrument import InstrumentKind
from reconciler.model.snapshot import Margin, Wallet
from tests.support.build import (
    REPLACING,
    book,
    holder,
    instrument,
    placement,
    plan,
    resting,
    shown,
    snapshot,
    state,
    terms,
)


def margin(free, leverage=10, *, orders=(), position="0", mid="100"):
    return snapshot(
        *orders,
        margins={
            name: Margin(name="perps", free=Decimal(free), leverage=leverage)
            for name in ("BTC", "ETH")
        },
        positions={"BTC": Decimal(position)},
        mids={"BTC": Decimal(mid), "ETH": Decimal(mid)},
    )


def warned(books, seen, known=None):
    return len(plan(books, known, seen).warnings)


@pytest.mark.parametrize(("free", "warnings"), [("10", 0), ("9.99", 1)])
def test_the_margin_of_new_orders_is_held_against_what_is_free(free, warnings):
    """1 BTC at a middle price of 100 and 10 times leverage needs 10."""
    assert warnings == warned(holder(), margin(free))


def test_a_warning_says_both_figures():
    (text,) = plan(holder(), seen=margin("3")).warnings

    assert (
        "New orders need about 10.00 of margin on perps, and 3.00 is free: the venue may refuse "
        "some, or cut them short."
    ) == text


def test_orders_without_margin_are_placed_all_the_same():
    assert ["place"] == [r.kind for r in plan(holder(), seen=margin("0")).requests]


def test_instruments_of_one_account_share_its_margin():
    wanted = book(holder(), holder("btc.eth", terms(name="ETH")))

    assert 1 == warned(wanted, margin("19"))


def test_an_order_that_closes_needs_no_margin():
    wanted = holder(wanted=terms("110", side="sell"))

    assert 0 == warned(wanted, margin("0", position="1"))


def test_an_order_that_turns_a_position_needs_margin_for_what_is_beyond_it():
    wanted = holder(wanted=terms("110", "3", side="sell"))

    assert [0, 1] == [warned(wanted, margin(free, position="1")) for free in ("10", "9")]


def test_both_sides_of_a_market_are_not_added_up():
    wanted = book(holder(), holder("btc.high", terms("110", side="sell")))

    assert 0 == warned(wanted, margin("10"))


def test_what_rests_already_counts_on_its_side():
    foreign = resting(terms("80", "5"), oid="9")

    assert [0, 1] == [
        warned(holder(wanted=terms("110", "6", side="sell")), margin(free, orders=[foreign]))
        for free in ("10", "9")
    ]


def test_reduce_only_orders_need_no_margin():
    wanted = holder(wanted=terms("110", side="sell", reduce_only=True))

    assert 0 == warned(wanted, margin("0", position="1"))


def test_an_order_that_only_moves_needs_no_margin():
    placed = placement(wanted=terms("91"))

    assert 0 == warned(holder(), margin("0", orders=[shown(placed)]), state(placed))


def test_an_order_that_grows_needs_margin_for_the_rest():
    placed = placement(wanted=terms("91"))
    wanted = holder(wanted=terms("91", "2"))

    assert [0, 1] == [
        warned(wanted, margin(free, orders=[shown(placed)]), state(placed)) for free in ("10", "9")
    ]


def test_a_cancel_alone_is_no_reason_for_a_warning():
    placed = placement()
    other = placement("btc.z", terms("80"), incarnation=2)
    known = state(placed, other)
    seen = margin("0", orders=[shown(placed), shown(other)])

    assert 0 == warned(holder("btc.z", terms("80")), seen, known)


def test_leverage_that_was_not_read_is_taken_to_be_the_largest():
    seen = replace(margin("2", None), instruments={"BTC": replace(instrument(), leverage_max=50)})

    assert 0 == warned(holder(), seen)


def test_without_any_leverage_nothing_is_estimated():
    assert 0 == warned(holder(), margin("0", None))


def test_without_a_margin_account_nothing_is_estimated():
    assert 0 == warned(holder(), snapshot())


# spot


def wallet(base="0", quote="0"):
    paid = Wallet(base="HYPE", quote="USDC", base_free=Decimal(base), quote_free=Decimal(quote))
    spot = replace(instrument(), kind=InstrumentKind.SPOT)
    return snapshot(wallets={"BTC": paid}, instruments={"BTC": spot})


@pytest.mark.parametrize(("quote", "warnings"), [("90", 0), ("89", 1)])
def test_a_spot_buy_needs_its_value_in_the_quote_token(quote, warnings):
    assert warnings == warned(holder(), wallet(quote=quote))


@pytest.mark.parametrize(("base", "warnings"), [("1", 0), ("0.9", 1)])
def test_a_spot_sell_needs_its_quantity_of_the_base_token(base, warnings):
    assert warnings == warned(holder(wanted=terms("110", side="sell")), wallet(base=base))


def test_a_spot_order_that_moves_needs_the_difference():
    placed = placement(wanted=terms("80"))

    seen = replace(wallet(quote="9"), resting=(shown(placed),))

    assert 1 == warned(holder(), seen, state(placed))
    assert 0 == warned(holder(), replace(seen, wallets=wallet(quote="10").wallets), state(placed))


def test_what_a_cancel_gives_back_pays_for_what_is_placed():
    """A buy of 90 goes, one of 80 comes; 5 is free."""
    old = placement("btc.old")
    seen = replace(wallet(quote="5"), resting=(shown(old),))

    assert 0 == len(plan(holder(wanted=terms("80")), state(old), seen, can=REPLACING).warnings)


def test_what_is_kept_needs_nothing_more():
    kept, fresh = placement("btc.old", terms("50")), holder("btc.new", terms("40"))
    seen = replace(wallet(quote="40"), resting=(shown(kept),))

    assert 0 == warned(book(holder("btc.old", terms("50")), fresh), seen, state(kept))


def test_a_market_without_a_wallet_takes_nothing_out_of_one():
    perp = holder("btc.perp", terms("50", name="ETH"))
    seen = wallet(quote="90")
    seen = replace(seen, instruments={**seen.instruments, "ETH": instrument("ETH")})

    assert 0 == warned(book(holder(), perp), seen)
