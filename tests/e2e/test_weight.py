"""What a run weighs of the venue's 1200 a minute, as the simulated venue counts it."""

import pytest

from tests.e2e.project import Project, order
from tests.e2e.test_accounts import KINDS, Accounts, accounts

__all__ = ["accounts"]

QUIET_WEIGHT_MAX = 40


def weight(project: Project) -> int:
    spent: int = project.venue.control("weight")["weight"]
    return spent


@pytest.mark.parametrize(
    ("instrument", "price", "quantity"),
    [("BTC", "60000", "0.01"), ("PURR/USDC", "0.12", "1000"), ("@107", "40", "2")],
)
def test_a_run_with_nothing_to_do_is_light(
    project: Project, instrument: str, price: str, quantity: str
) -> None:
    project.write_book("btc", instrument=instrument, orders={"dip": order("buy", price, quantity)})
    applied = project.run("apply", "--auto-approve")
    assert 0 == applied.code, applied.out + applied.err
    project.venue.control("switches", limit_ips=True)
    quiet = project.run("apply", "--auto-approve")

    assert (0, True) == (quiet.code, 0 < weight(project) <= QUIET_WEIGHT_MAX), weight(project)


def test_orders_at_four_accounts_need_no_second_minute(accounts: Accounts) -> None:
    """Three of them share a key: what it is, is asked for once."""
    accounts.venue.control("switches", limit_ips=True)
    accounts.use(*KINDS)
    ran = accounts.run("apply", "--auto-approve")

    assert (0, True) == (ran.code, weight(accounts) < 750), weight(accounts)
