"""Round trips: plan, apply, plan again, and what rests at the venue afterwards."""

from typing import Any

from tests.e2e.project import ACCOUNT, Project, Ran

BTC = {"instrument": "BTC"}
NO_CHANGES = "No changes. Your orders match the specification."


def trip(project: Project, *flags: str) -> Ran:
    """Plan, apply and plan again: afterwards there is nothing left to do or to say."""
    planned = project.run("plan", "--detailed-exitcode", *flags)
    applied = project.run("apply", "--auto-approve", *flags)
    again = project.run("plan", "--detailed-exitcode")
    assert 2 == planned.code, planned.out + planned.err
    assert 0 == applied.code, applied.out + applied.err
    assert (0, True) == (again.code, NO_CHANGES in again.out), again.out + again.err
    return applied


def said(ran: Ran) -> str:
    """Return what a command said on one line: where it breaks depends on the terminal."""
    return " ".join(ran.out.split())


def is_quiet(project: Project) -> bool:
    """Say whether there is nothing to do, and whether doing it sends nothing."""
    before = len(project.sent())
    planned = project.run("plan", "--detailed-exitcode")
    applied = project.run("apply", "--auto-approve")
    assert 0 == applied.code, applied.out + applied.err
    return planned.code == 0 and before == len(project.sent())


def write(project: Project, **content: Any) -> None:
    """Write the one book of the project."""
    project.write_book("btc", **BTC, **content)


def of(project: Project, price: str) -> dict[str, Any]:
    """Return the live order at a limit price."""
    (found,) = [order for order in project.live() if order["price"] == price]
    return found


def fill(project: Project, price: str, quantity: str | None = None) -> None:
    more = {} if quantity is None else {"quantity": quantity}
    project.venue.control("trade", oid=of(project, price)["oid"], **more)


def cancel_by_hand(project: Project, price: str) -> None:
    project.venue.control("cancel_as_user", oid=of(project, price)["oid"])


def cancel_by_venue(project: Project, price: str, status: str) -> None:
    project.venue.control("cancel_as_venue", oid=of(project, price)["oid"], status=status)


def move(project: Project, mid: str) -> None:
    project.venue.control("set_mid", instrument="BTC", mid=mid)


def switch(project: Project, **switches: Any) -> None:
    project.venue.control("switches", **switches)


def buy_by_hand(project: Project, quantity: str) -> None:
    """Open a position that is none of the project's doing."""
    project.venue.control(
        "place_as_human",
        account=ACCOUNT,
        instrument="BTC",
        side="buy",
        price="70000",
        quantity=quantity,
    )


def position(project: Project) -> str:
    (account,) = project.venue.control("state", account=ACCOUNT)["accounts"]
    found: str = account["positions"].get("BTC", "0")
    return found


def resting(project: Project) -> dict[str, str]:
    """Return what is left of each live order by its limit price."""
    return {order["price"]: order["remaining"] for order in project.live()}


def actions(project: Project) -> list[dict[str, Any]]:
    """Return every action that reached the venue."""
    return [entry["action"] for entry in project.sent()]
