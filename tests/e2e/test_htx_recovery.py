"""A lost state of HTX: made anew as far as the venue tells, and held where it does not."""

import shutil
from typing import Any

import pytest

from tests.e2e.both import Both
from tests.e2e.project import order
from tests.kill.forks import Ended, Forks

HOUR_MS = 60 * 60 * 1000
NAMES = {"rests": "80000", "filled": "80001", "venue": "80002", "part": "80003", "person": "80004"}


@pytest.fixture
def ended(both: Both) -> Both:
    """Orders of which one rests, one filled, and three ended in different ways."""
    both.remove_book("btc")
    orders: dict[str, Any] = {name: order("buy", price, "3") for name, price in NAMES.items()}
    both.write_coin(**orders)
    assert 0 == both.apply().code
    oids = {each["price"]: each["oid"] for each in both.coin_orders()}
    both.htx("trade", oid=oids[NAMES["filled"]])
    both.htx("trade", oid=oids[NAMES["part"]], quantity="1")
    both.venue.control("time", advance_ms=30_000)
    both.htx("cancel_as_venue", oid=oids[NAMES["venue"]], status="prevent-self-dealing")
    both.htx("cancel_as_user", oid=oids[NAMES["part"]])
    both.htx("cancel_as_user", oid=oids[NAMES["person"]])
    return both


def recovered(both: Both, forks: Forks, *, hours: int = 0) -> Ended:
    """Lose the state and make it anew, so many hours later."""
    both.venue.control("time", advance_ms=hours * HOUR_MS)
    shutil.rmtree(both.root / ".reconciler")
    found = both.ended(both.start(forks, "state", "init"))
    assert 0 == found.code, found.err
    return found


def test_what_ended_within_two_hours_is_known_as_it_ended(ended: Both, forks: Forks) -> None:
    said = recovered(ended, forks).out
    unattended = ended.run("apply", "--auto-approve", "--unattended")
    attended = ended.apply()

    assert "coin.venue ended unfilled or in part: cancelled (7): prevent-self-dealing" in said
    assert "Held, since" not in said
    assert "place  coin.venue" not in unattended.out
    # A person who applies brings back what a person cancelled, less what filled; nothing else.
    assert 0 == attended.code, attended.err
    assert [("80000", 3), ("80003", 2), ("80004", 3)] == sorted(ended.coins())


def test_what_ended_longer_ago_is_held_until_a_person_says(ended: Both, forks: Forks) -> None:
    said = recovered(ended, forks, hours=3).out
    before = len(ended.trades())
    applied = ended.apply()

    assert "coin.filled filled 3 at generation 0." in said
    assert all(f"resolve coin.{name} --filled Q" in said for name in ("venue", "part", "person"))
    assert (0, before) == (applied.code, len(ended.trades()))
    assert [("80000", 3)] == ended.coins()


def test_what_a_person_says_goes_on_from_there(ended: Both, forks: Forks) -> None:
    recovered(ended, forks, hours=3)
    settled = ended.run("resolve", "coin.part", "--filled", "1", "--auto-approve")
    applied = ended.apply()

    assert (0, 0) == (settled.code, applied.code), settled.err + applied.err
    assert [("80000", 3), ("80003", 2)] == sorted(ended.coins())


def test_an_order_older_than_its_id_is_bound_again(ended: Both, forks: Forks) -> None:
    said = recovered(ended, forks, hours=30).out

    assert "1 open order is bound again." in said
    assert [("80000", 3)] == ended.coins()
