"""A status word that is in no table: held, nothing placed again, and it goes on by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.losing import apply, fill, has_nothing_to_do, let_requests_die_soon
from tests.e2e.project import ACCOUNT, Project, order
from tests.e2e.side_by_side import applied_together, worlds_in
from tests.kill.forks import Forks
from tests.kill.worlds import World

WORD = "frozenByWeather"
SAID = f"the status '{WORD}', which is not in the table"
MARKETABLE = {"now": order("buy", "70000", "0.01", post_only=False)}


def say(project: Project, word: str = WORD) -> None:
    """Let the venue say one word of every order, or the truth again."""
    project.venue.control("say_status", account=ACCOUNT, status=word)


def prices(project: Project) -> list[str]:
    """Price of every order that the venue ever had."""
    return sorted(each["price"] for each in project.orders())


# an order that was known


def cancelled(project: Project) -> None:
    project.venue.control("cancel_as_user", oid=project.live()[0]["oid"])


def cancelled_by_the_venue(project: Project) -> None:
    project.venue.control("cancel_as_venue", oid=project.live()[0]["oid"], status="marginCanceled")


def filled(project: Project) -> None:
    fill(project, "60000")


def filled_in_part_and_cancelled(project: Project) -> None:
    fill(project, "60000", "0.004")
    cancelled(project)


ENDINGS = [cancelled, cancelled_by_the_venue, filled, filled_in_part_and_cancelled]


@pytest.fixture
def resting(project: Project) -> Project:
    apply(project)
    return project


@pytest.mark.parametrize("end", ENDINGS)
def test_an_order_that_ended_under_an_unknown_word_is_held(
    resting: Project, end: Callable[[Project], None]
) -> None:
    end(resting)
    say(resting)
    sent = len(resting.sent())

    planned = resting.run("plan", "--detailed-exitcode")
    applied = resting.run("apply", "--auto-approve")
    unattended = resting.run("apply", "--unattended")

    assert (2, 0, 0) == (planned.code, applied.code, unattended.code), planned.out
    assert all(SAID in " ".join(ran.out.split()) for ran in (planned, applied, unattended))
    assert (sent, ["60000"]) == (len(resting.sent()), prices(resting))


@pytest.mark.parametrize(
    ("end", "after"),
    [
        (cancelled, {"60000": "0.01"}),
        (cancelled_by_the_venue, {}),
        (filled, {}),
        (filled_in_part_and_cancelled, {"60000": "0.006"}),
    ],
)
def test_it_goes_on_once_the_venue_gives_a_known_word(
    resting: Project, end: Callable[[Project], None], after: dict[str, str]
) -> None:
    end(resting)
    say(resting)
    apply(resting)
    say(resting, "")

    apply(resting)

    assert after == {each["price"]: each["quantity"] for each in resting.live()}


def test_an_order_that_rests_unlisted_under_an_unknown_word_is_held(resting: Project) -> None:
    (live,) = resting.live()
    resting.venue.control("say_status", oid=live["oid"], status=WORD, is_listed=False)
    sent = len(resting.sent())

    applied = resting.run("apply", "--auto-approve")
    resting.venue.control("say_status", oid=live["oid"], status="")

    assert (0, True) == (applied.code, SAID in " ".join(applied.out.split()))
    assert has_nothing_to_do(resting)
    assert (sent, ["60000"]) == (len(resting.sent()), prices(resting))


def test_an_order_under_an_unknown_word_is_not_cancelled_blindly(resting: Project) -> None:
    (live,) = resting.live()
    resting.venue.control("say_status", oid=live["oid"], status=WORD, is_listed=False)
    resting.write_book("btc", instrument="BTC", orders={})
    sent = len(resting.sent())

    applied = resting.run("apply", "--auto-approve", "--allow", "empty")
    resting.venue.control("say_status", oid=live["oid"], status="")
    again = resting.run("apply", "--auto-approve", "--allow", "empty")

    assert (0, 0, []) == (applied.code, again.code, resting.live())
    assert ["cancel"] == [entry["action"]["type"] for entry in resting.sent()[sent:]]


def test_a_person_may_settle_an_order_under_an_unknown_word(resting: Project) -> None:
    filled(resting)
    say(resting)

    resolved = resting.run("resolve", "btc.dip", "--filled", "0.01", "--auto-approve")

    assert 0 == resolved.code, resolved.err
    assert has_nothing_to_do(resting)


# a request of unknown fate


@pytest.mark.slow
def test_a_place_found_under_an_unknown_word_is_not_placed_again(project: Project) -> None:
    project.write_book("btc", instrument="BTC", orders=MARKETABLE)
    say(project)
    project.venue.control("faults", add={"kind": "lost_reply", "path": "/exchange"})

    first = project.run("apply", "--auto-approve")
    second = project.run("apply", "--auto-approve")
    say(project, "")

    assert (0, 0) == (first.code, second.code), first.err
    assert SAID in " ".join(second.out.split())
    assert has_nothing_to_do(project)
    assert [("70000", "filled")] == [(o["price"], o["status"]) for o in project.orders()]


def test_a_modify_found_beside_an_unknown_word_of_its_old_order_holds_changes(
    resting: Project,
) -> None:
    """Whether the old order filled before it went is what the word does not say."""
    resting.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60001", "0.01")})
    say(resting)
    resting.venue.control("faults", add={"kind": "lost_reply", "path": "/exchange"})
    modified = resting.run("apply", "--auto-approve")
    resting.write_book("btc", instrument="BTC", orders={"dip": order("buy", "60001", "0.02")})
    held = resting.run("apply", "--auto-approve")
    before = prices(resting)
    say(resting, "")
    raised = resting.run("apply", "--auto-approve")

    assert (0, 0, 0) == (modified.code, held.code, raised.code), modified.err
    assert "no final fill yet" in " ".join(held.out.split())
    assert ["60000", "60001"] == before
    assert ["0.02"] == [each["quantity"] for each in resting.live()]


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "place": ("order", {"kind": "lost_request"}),
    "modify": ("batchModify", {"kind": "lost_request"}),
    "cancel": ("cancel", {"kind": "lost_reply"}),
}


def place(world: World) -> None:
    world.add_single()


def reprice(world: World) -> None:
    name = min(world.singles)
    price, quantity = world.singles[name]
    world.singles[name] = (price + 301, quantity)


def remove(world: World) -> None:
    del world.singles[min(world.singles)]


WISHES: dict[str, Callable[[World], None]] = {"place": place, "modify": reprice, "cancel": remove}


@pytest.mark.slow
def test_a_request_stays_unknown_until_the_venue_gives_a_known_word(
    tmp_path: Path, forks: Forks
) -> None:
    """A place that never came is proven by its absence; of the others the word says nothing."""
    with worlds_in(tmp_path, forks, [*CASES]) as worlds:
        before = {}
        for name, world in worlds.items():
            let_requests_die_soon(world.project)
            WISHES[name](world)
            world.write()
            kind, fault = CASES[name]
            say(world.project)
            add = world.project.venue.control
            add("faults", add={**fault, "path": "/exchange", "type": kind})
            add("faults", add={"kind": "lost_request", "path": "/exchange", "type": "noop",
                               "times": None})  # fmt: skip
            before[name] = len(world.project.orders())

        first = applied_together(worlds)
        planned = {n: worlds[n].run("plan", "--detailed-exitcode") for n in ("modify", "cancel")}
        known = {name: len(world.project.orders()) for name, world in worlds.items()}
        sent = [
            entry["action"]["type"]
            for entry in worlds["modify"].project.sent()
            if entry["action"]["type"] == "batchModify"
        ]
        for world in worlds.values():
            say(world.project, "")

        assert {"place": 13, "modify": 14, "cancel": 14} == {n: e.code for n, e in first.items()}
        assert {"modify": 2, "cancel": 2} == {n: e.code for n, e in planned.items()}
        assert (before, ["batchModify"]) == (known, sent)
        assert all("unknown-outcome" in ended.out for ended in planned.values())
        assert [] == [wrong for world in worlds.values() for wrong in world.finish(runs=2)]


def test_a_plan_says_that_a_word_is_unknown_without_a_key(
    resting: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled(resting)
    say(resting, f"\x1b[31m{WORD}\u202e")
    monkeypatch.delenv("HL_AGENT_KEY")

    planned = resting.run("plan")

    assert WORD in planned.out
    assert not {"\x1b", "\u202e"} & set(planned.out)
