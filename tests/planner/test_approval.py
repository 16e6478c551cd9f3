"""What a person did not approve is held, and counts for nothing in what is approved."""

from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.model.plan import Hold, Reason
from tests.support.build import (
    IN_PLACE,
    REPLACING,
    actions,
    book,
    holder,
    limited,
    only,
    placement,
    policy,
    state,
    terms,
    words,
)

OLD = placement("alpha.dip", terms("91"))
BOOKS = [book(name="alpha"), book(holder("beta.dip"), name="beta")]


def approving(*names):
    return policy(approved_books=frozenset(names), is_unattended=True)


def test_without_a_list_of_approved_books_every_book_is_acted_on():
    assert ["place btc.dip new"] == words(holder(), under=policy(approved_books=None))


def test_a_place_of_an_approved_book_is_sent():
    assert ["place btc.dip new"] == words(holder(), under=approving("btc"))


def test_a_book_whose_name_only_begins_alike_is_not_approved():
    assert ["hold btc.dip not-approved"] == words(holder(), under=approving("bt"))


@pytest.mark.parametrize(("can", "price"), [(IN_PLACE, "91"), (REPLACING, "91"), (IN_PLACE, None)])
def test_nothing_is_sent_for_a_book_that_is_not_approved(can, price):
    """A modify, a replacement and a cancel."""
    known = state(placement(wanted=terms(price or "90")))
    wanted = holder() if price is not None else book()

    assert ["hold btc.dip not-approved"] == words(wanted, known, can=can, under=approving())


def test_what_needs_no_request_needs_no_approval():
    assert ["keep btc.dip matches"] == words(holder(), state(placement()), under=approving())


def test_a_held_place_says_what_it_would_be():
    found = only(holder(), under=approving())

    assert (None, terms()) == (found.before, found.after)


def test_a_held_cancel_shows_the_order_that_stays():
    found = only(book(), state(placement()), under=approving())

    assert (Decimal(90), None) == (found.before.price, found.after)


def test_a_hold_says_which_book_to_approve():
    found = only(holder(), under=approving())

    assert "What book btc says now was not approved by a person." == found.why


# between books


def test_an_approved_book_lets_its_order_go_though_another_book_could_take_it():
    found = words(BOOKS, state(OLD), under=approving("alpha"))

    assert ["cancel alpha.dip removed", "hold beta.dip not-approved"] == found


def test_an_approved_book_takes_no_order_from_one_that_is_not():
    found = words(BOOKS, state(OLD), under=approving("beta"))

    assert ["hold alpha.dip not-approved", "place beta.dip new"] == found


def test_an_order_goes_from_one_approved_book_to_another():
    found = words(BOOKS, state(OLD), under=approving("alpha", "beta"))

    assert ["modify beta.dip takes-over"] == found


def test_a_cancel_that_is_not_approved_makes_no_room_below_a_limit():
    under = replace(limited(max_open_notional=Decimal(100)), approved_books=frozenset({"beta"}))

    found = {a.address: a for a in actions(BOOKS, state(OLD), can=REPLACING, under=under)}

    assert isinstance(found["beta.dip"], Hold)
    assert Reason.LIMIT is found["beta.dip"].reason


def test_a_cancel_that_is_approved_makes_room_below_a_limit():
    under = replace(
        limited(max_open_notional=Decimal(100)), approved_books=frozenset({"alpha", "beta"})
    )

    found = words(BOOKS, state(OLD), can=REPLACING, under=under)

    assert ["cancel alpha.dip removed", "place beta.dip new"] == found
