"""Rungs that stay when their ladder shifts: one order a name, and the name the specs have now."""

import asyncio
import json
import time
from collections.abc import Sequence
from decimal import Decimal

import pytest

from reconciler.cli.halting import open_settings
from reconciler.cli.output import Options, Output
from reconciler.model.command import BatchKind
from reconciler.model.event import Event, IntentWritten, OutcomesWritten
from reconciler.model.identity import WIDE, holder_digest, project_tag
from reconciler.model.order import OrderAddress, Side, Terms, VenueOrderId
from reconciler.model.outcome import Accepted
from reconciler.model.state import Intent, IntentItem, IntentOperation, State
from tests.e2e.project import Project

BIDS = OrderAddress("btc.bids")
STEP = 100
EACH = Decimal("0.01")


def write_ladder(project: Project, first: int, last: int) -> None:
    """A ladder of equal rungs in steps of a hundred, from `first` to `last`."""
    levels = abs(first - last) // STEP + 1
    bids = {
        "side": "buy",
        "from": str(first),
        "to": str(last),
        "levels": levels,
        "quantity": str(EACH * levels),
    }
    project.write_book("btc", instrument="BTC", ladders={"bids": bids})


def apply(project: Project) -> None:
    ran = project.run("apply", "--auto-approve")

    assert 0 == ran.code, ran.err


@pytest.fixture
def bids(project: Project) -> Project:
    """Four rungs that rest, from 60,000 down to 59,700."""
    write_ladder(project, 60_000, 59_700)
    apply(project)
    return project


def listed(project: Project) -> list[str]:
    return [line.split()[-1] for line in project.run("state", "list").out.splitlines()]


def shown(project: Project, label: str) -> str:
    return project.run("state", "show", label).out


def labels(count: int) -> list[str]:
    return [f"btc.bids[{n}]" for n in range(count)]


def forget_the_venue(project: Project, label: str, price: int) -> None:
    """Record a rung as resting that the venue never saw, as a version without labels did it."""
    session = open_settings(Options(output=Output(), folder=str(project.root)))

    async def write() -> None:
        store = session.store("hl")
        state = await store.load()
        assert state is not None
        await store.append(state, _placed(state, label, price), int(time.time() * 1000))

    asyncio.run(write())


def _placed(state: State, label: str, price: int) -> Sequence[Event]:
    incarnation = state.last_incarnation + 1
    tag = project_tag(project=state.project, lineage=state.lineage)
    digest = holder_digest(BIDS, 0)
    item = IntentItem(
        operation=IntentOperation.PLACE,
        address=OrderAddress(label),
        holder=BIDS,
        generation=0,
        client_order_id=WIDE.encode(tag=tag, digest=digest, incarnation=incarnation),
        incarnation=incarnation,
        terms=Terms(instrument="BTC", side=Side.BUY, price=Decimal(price), quantity=EACH),
        budget=EACH,
    )
    nonce = state.last_nonce + 1
    intent = Intent(nonce=nonce, expires_at_ms=nonce, kind=BatchKind.PLACE, items=(item,), body="")
    gone = Accepted(venue_order_id=VenueOrderId("4242424242"))
    return [IntentWritten(intent=intent), OutcomesWritten(nonce=nonce, outcomes=(gone,))]


def test_after_a_shift_every_rung_has_one_name(bids: Project) -> None:
    write_ladder(bids, 60_200, 59_900)
    apply(bids)

    assert labels(4) == listed(bids)


def test_after_a_shift_a_rung_is_called_by_the_index_of_its_price(bids: Project) -> None:
    write_ladder(bids, 60_200, 59_900)
    apply(bids)

    assert "at 60,000" in shown(bids, "btc.bids[2]")


def test_a_plan_alone_shows_the_new_names(bids: Project) -> None:
    write_ladder(bids, 60_100, 59_800)
    recorded = bids.state_bytes()
    planned = json.loads(bids.run("plan", "--format", "json").out)

    assert labels(4) == [action["address"] for action in planned["actions"]]
    assert recorded == bids.state_bytes()


def test_names_alone_are_nothing_to_send(bids: Project) -> None:
    write_ladder(bids, 59_700, 60_000)
    sent = len(bids.sent())
    ran = bids.run("plan", "--detailed-exitcode")
    apply(bids)

    assert (0, sent) == (ran.code, len(bids.sent()))


def test_names_are_recorded_with_whatever_else_is(bids: Project) -> None:
    # The approval of what the book says now is written, and nothing is sent.
    write_ladder(bids, 59_700, 60_000)
    apply(bids)

    assert "at 59,700" in shown(bids, "btc.bids[0]")


def test_a_run_after_that_writes_nothing(bids: Project) -> None:
    write_ladder(bids, 59_700, 60_000)
    apply(bids)
    recorded = bids.state_bytes()
    apply(bids)

    assert recorded == bids.state_bytes()


def test_the_history_of_a_rung_goes_back_through_its_names(bids: Project) -> None:
    write_ladder(bids, 60_200, 59_900)
    apply(bids)
    told = bids.run("history", "btc.bids[2]").out

    assert "it is called btc.bids[2] from here on" in " ".join(told.split())
    assert "0.01 BTC at 60000" in " ".join(told.split())


def test_a_journal_with_new_names_verifies(bids: Project) -> None:
    write_ladder(bids, 60_200, 59_900)
    apply(bids)

    assert 0 == bids.run("state", "verify").code


@pytest.fixture
def doubtful(bids: Project) -> Project:
    """An old journal: two rungs are called `btc.bids[0]`, and nobody knows what became of one."""
    forget_the_venue(bids, "btc.bids[0]", 60_100)
    write_ladder(bids, 60_200, 59_700)
    return bids


def test_only_the_rung_in_doubt_is_held(doubtful: Project) -> None:
    doubtful.run("apply", "--auto-approve")

    held = [line.split()[2] for line in doubtful.run("plan").out.splitlines() if "! hold" in line]

    assert ["btc.bids[1]"] == held
    assert ["59700", "59800", "59900", "60000", "60200"] == sorted(
        each["price"] for each in doubtful.live()
    )


def test_an_old_journal_has_one_name_an_order_after_the_next_run_that_writes(
    doubtful: Project,
) -> None:
    doubtful.run("apply", "--auto-approve")

    assert labels(6) == listed(doubtful)


def test_a_person_settles_the_rung_that_the_plan_names(doubtful: Project) -> None:
    # Nothing was written since the ladder was moved: the state has the old names.
    ran = doubtful.run("resolve", "btc.bids[1]", "--filled", "0", "--auto-approve")
    apply(doubtful)

    assert (0, True) == (ran.code, "at 60100" in ran.out)
    assert ["59700", "59800", "59900", "60000", "60100", "60200"] == sorted(
        each["price"] for each in doubtful.live()
    )


def test_a_person_does_not_settle_a_rung_by_the_name_it_had(doubtful: Project) -> None:
    recorded = doubtful.state_bytes()
    ran = doubtful.run("resolve", "btc.bids[0]", "--filled", "0", "--auto-approve")

    assert (10, recorded) == (ran.code, doubtful.state_bytes())


def test_without_specs_nobody_knows_which_rung_is_meant(doubtful: Project) -> None:
    (doubtful.root / "specs" / "btc.yaml").write_text("version: [", encoding="utf-8")
    recorded = doubtful.state_bytes()

    assert 1 == doubtful.run("resolve", "btc.bids[1]", "--filled", "0", "--auto-approve").code
    assert recorded == doubtful.state_bytes()
