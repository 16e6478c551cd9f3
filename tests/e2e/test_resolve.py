"""A person's word: taken only where no venue can say, and counted once."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from reconciler.cli.halting import open_settings
from reconciler.cli.output import Options, Output
from reconciler.model.command import BatchKind
from reconciler.model.event import Event, IntentWritten, OutcomesWritten
from reconciler.model.identity import WIDE, holder_digest, project_tag
from reconciler.model.order import OrderAddress, Side, Terms, VenueOrderId
from reconciler.model.outcome import Accepted, Outcome, Unknown
from reconciler.model.state import Intent, IntentItem, IntentOperation, State
from tests.e2e.project import Project, order

DIP = OrderAddress("btc.dip")
TERMS = Terms(instrument="BTC", side=Side.BUY, price=Decimal(60000), quantity=Decimal("0.01"))
GONE = Accepted(venue_order_id=VenueOrderId("4242424242"))
LOST = Unknown(cause="timeout")
HOUR_MS = 3_600_000


def record(project: Project, outcome: Outcome, *, age_ms: int = HOUR_MS) -> None:
    """Write to the journal that an order was placed, though the venue never saw it."""
    session = open_settings(Options(output=Output(), folder=str(project.root)))

    async def write() -> None:
        store = session.store("hl")
        state = await store.load()
        assert state is not None
        now_ms = int(time.time() * 1000)
        nonce = max(now_ms - age_ms, state.last_nonce + 1)
        await store.append(state, _events(state, outcome, nonce), now_ms)

    asyncio.run(write())


def _events(state: State, outcome: Outcome, nonce: int) -> Sequence[Event]:
    incarnation = state.last_incarnation + 1
    item = IntentItem(
        operation=IntentOperation.PLACE,
        address=DIP,
        holder=DIP,
        generation=0,
        client_order_id=WIDE.encode(
            tag=project_tag(project=state.project, lineage=state.lineage),
            digest=holder_digest(DIP, 0),
            incarnation=incarnation,
        ),
        incarnation=incarnation,
        terms=TERMS,
        budget=TERMS.quantity,
    )
    intent = Intent(
        nonce=nonce, expires_at_ms=nonce + 15_000, kind=BatchKind.PLACE, items=(item,), body="{}"
    )
    return [IntentWritten(intent=intent), OutcomesWritten(nonce=nonce, outcomes=(outcome,))]


def no_answers(project: Project) -> None:
    fault = {"kind": "error_before", "path": "/info", "type": "orderStatus", "times": None}
    project.venue.control("faults", add={**fault, "status": 404})


def resolve(project: Project, filled: str, *more: str) -> int:
    return project.run("resolve", "btc.dip", "--filled", filled, "--auto-approve", *more).code


@pytest.fixture
def doubtful(project: Project) -> Project:
    """A project whose order is on record as resting, and that the venue does not know."""
    record(project, GONE)
    return project


def test_an_order_that_the_venue_does_not_know_blocks_its_address(doubtful: Project) -> None:
    doubtful.run("apply", "--auto-approve")

    assert [] == doubtful.sent()
    assert "reconciler resolve" in " ".join(doubtful.run("plan").out.split())


def test_after_a_persons_word_the_rest_is_placed(doubtful: Project) -> None:
    assert 0 == resolve(doubtful, "0.004")

    assert 0 == doubtful.run("apply", "--auto-approve").code
    assert ["0.006"] == [each["quantity"] for each in doubtful.live()]


def test_what_a_person_says_was_filled_is_not_placed_again(doubtful: Project) -> None:
    assert 0 == resolve(doubtful, "0.01")

    assert 0 == doubtful.run("apply", "--auto-approve").code
    assert [] == doubtful.orders()


def test_a_persons_word_is_part_of_the_history(doubtful: Project) -> None:
    resolve(doubtful, "0.004")

    assert "said that 0.004 was filled" in doubtful.run("history", "btc.dip").out


def test_a_persons_word_leaves_a_state_that_verifies(doubtful: Project) -> None:
    resolve(doubtful, "0.004")

    assert 0 == doubtful.run("state", "verify").code


def test_a_request_without_any_answer_is_settled_by_a_person(project: Project) -> None:
    record(project, LOST)
    no_answers(project)

    assert 0 == resolve(project, "0")
    assert 0 == project.run("apply", "--auto-approve").code
    assert 1 == len(project.live())


def test_a_venue_that_is_only_silent_is_pointed_out(project: Project) -> None:
    record(project, LOST)
    no_answers(project)

    silent = project.run("resolve", "btc.dip", "--filled", "0", "--auto-approve")

    assert "warning[venue-silent]" in silent.err
    assert "may yet do so" in silent.err


def test_an_order_that_the_venue_says_it_does_not_know_is_settled_without_a_warning(
    doubtful: Project,
) -> None:
    ran = doubtful.run("resolve", "btc.dip", "--filled", "0", "--auto-approve")

    assert (0, "") == (ran.code, ran.err)


def test_a_request_that_can_still_arrive_is_not_settled(project: Project) -> None:
    record(project, LOST, age_ms=0)
    no_answers(project)

    ran = project.run("resolve", "btc.dip", "--filled", "0", "--auto-approve")

    assert 10 == ran.code
    assert "may still be executed" in ran.err


def test_a_request_that_the_venue_can_speak_of_is_not_settled(project: Project) -> None:
    record(project, LOST)
    recorded = project.state_bytes()

    assert 10 == resolve(project, "0")
    assert recorded == project.state_bytes()


def test_an_order_that_rests_is_not_settled(project: Project) -> None:
    project.run("apply", "--auto-approve")

    ran = project.run("resolve", "btc.dip", "--filled", "0", "--auto-approve")

    assert (10, 1) == (ran.code, len(project.live()))
    assert "rests as recorded" in ran.err


def test_an_address_nobody_knows_is_not_settled(project: Project) -> None:
    assert 10 == resolve(project, "0")


@pytest.mark.parametrize("filled", ["1e-3", "-1", "+0.004", "0,004", "NaN", "\u0660", "", "0.004 "])
def test_a_quantity_of_another_grammar_is_refused(doubtful: Project, filled: str) -> None:
    recorded = doubtful.state_bytes()

    assert 1 == doubtful.run("resolve", "btc.dip", f"--filled={filled}", "--auto-approve").code
    assert recorded == doubtful.state_bytes()


def test_more_than_was_sent_for_is_refused(doubtful: Project) -> None:
    ran = doubtful.run("resolve", "btc.dip", "--filled", "0.011", "--auto-approve")

    assert 10 == ran.code
    assert "Only 0.01 was ever sent for" in ran.err


def test_less_than_is_proven_is_refused(project: Project) -> None:
    record(project, replace(GONE, filled=Decimal("0.004")))

    ran = project.run("resolve", "btc.dip", "--filled", "0.003", "--auto-approve")

    assert 10 == ran.code
    assert "0.004 is already proven" in ran.err


def test_proven_fills_are_counted_once(project: Project) -> None:
    record(project, replace(GONE, filled=Decimal("0.004")))

    assert 0 == resolve(project, "0.007")
    assert 0 == project.run("apply", "--auto-approve").code
    assert ["0.003"] == [each["quantity"] for each in project.live()]


def test_without_a_person_nothing_is_settled(doubtful: Project) -> None:
    recorded = doubtful.state_bytes()

    assert 1 == doubtful.run("resolve", "btc.dip", "--filled", "0").code
    assert recorded == doubtful.state_bytes()


def test_a_venue_that_cannot_be_read_settles_nothing(doubtful: Project) -> None:
    fault = {"kind": "error_before", "path": "/info", "type": "frontendOpenOrders", "times": None}
    doubtful.venue.control("faults", add={**fault, "status": 404})
    recorded = doubtful.state_bytes()

    assert 1 == resolve(doubtful, "0")
    assert recorded == doubtful.state_bytes()


def test_a_venue_entry_that_does_not_exist_is_named(doubtful: Project) -> None:
    ran = doubtful.run("resolve", "btc.dip", "--filled", "0", "--venue", "htx", "--auto-approve")

    assert 1 == ran.code
    assert "error[no-such-venue]" in ran.err


def test_resolve_works_with_a_broken_spec(doubtful: Project) -> None:
    (doubtful.root / "specs" / "btc.yaml").write_text("version: [", encoding="utf-8")

    assert 0 == resolve(doubtful, "0.004")


def test_resolve_needs_no_key(doubtful: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HL_AGENT_KEY")

    assert 0 == resolve(doubtful, "0.004", "--venue", "hl")


def test_other_addresses_go_on_while_one_is_blocked(doubtful: Project) -> None:
    orders = {"dip": order("buy", "60000", "0.01"), "low": order("buy", "50000", "0.01")}
    doubtful.write_book("btc", instrument="BTC", orders=orders)

    doubtful.run("apply", "--auto-approve")

    assert ["50000"] == [each["price"] for each in doubtful.live()]
