"""`state show` of one address: what is recorded of it, and what when nothing is."""

import pytest

from tests.e2e.project import Project, order


@pytest.fixture
def resting(project: Project) -> Project:
    project.write_book(
        "btc",
        instrument="BTC",
        orders={"dip": order("buy", "60000", "0.01"), "dips": order("buy", "50000", "0.01")},
    )
    assert 0 == project.run("apply", "--auto-approve").code
    return project


def test_an_address_is_shown_with_what_is_recorded_of_it(resting: Project) -> None:
    ran = resting.run("state", "show", "btc.dip")

    assert 0 == ran.code
    assert "buy 0.01 BTC at 60,000" in ran.out


def test_an_address_nobody_knows_is_an_error_with_the_near_ones(resting: Project) -> None:
    ran = resting.run("state", "show", "btc.dop")

    assert (1, "") == (ran.code, ran.out)
    assert "error[no-such-address]" in ran.err
    assert "Near it: btc.dip, btc.dips." in ran.err
    assert "reconciler state list" in ran.err


def test_an_address_like_no_other_is_an_error_without_guesses(resting: Project) -> None:
    ran = resting.run("state", "show", "\x1b[31mNOPE")

    assert 1 == ran.code
    assert "Near it" not in ran.err
    assert "\x1b" not in ran.err


def test_an_address_that_is_declared_and_not_sent_is_no_error(resting: Project) -> None:
    resting.write_book("eth", instrument="ETH", orders={"new": order("buy", "2000", "0.1")})

    ran = resting.run("state", "show", "eth.new")

    assert (0, True) == (ran.code, "Nothing is recorded of eth.new." in ran.out)


def test_an_order_that_ended_is_still_known(resting: Project) -> None:
    resting.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60000", "0.01")})
    assert 0 == resting.run("apply", "--auto-approve").code

    assert 0 == resting.run("state", "show", "btc.dips").code
