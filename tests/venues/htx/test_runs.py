"""Whole runs at HTX: what no other venue does, and what it may do in the middle of one."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from reconciler.model.command import BatchKind, Prepared
from reconciler.model.event import SettledByPerson
from reconciler.model.order import (
    DesiredOrder,
    Execution,
    Holder,
    OrderAddress,
    Side,
    Terms,
    Trigger,
    TriggerKind,
    VenueOrderId,
)
from reconciler.model.outcome import Accepted, Rejected, Unknown
from reconciler.model.plan import Hold, Reason
from reconciler.model.state import ItemStatus
from tests.conformance.harness import Hand
from tests.conformance.htx import HtxHarness, htx_harness
from tests.conformance.runner import Runner, book_of, one
from tests.support.build import SPAN

HOUR_MS = 60 * 60 * 1000
Story = Callable[[Runner, HtxHarness], Awaitable[None]]


def tell(story: Story, **switches: Any) -> None:
    async def told() -> None:
        async with htx_harness(**switches) as harness:
            assert isinstance(harness, HtxHarness)
            await story(Runner(Hand(harness)), harness)

    asyncio.run(told())


def dip(run: Runner, steps: int = 0, **more: object) -> Holder:
    return one(run.hand, "dip", steps, **more)


def guarded(run: Runner, *, stop: str = "60000", quantity: int = 10) -> Holder:
    """Return an order with a stop-loss attached."""
    parent = one(run.hand, "swing", quantity=Decimal(quantity))
    wanted = Terms(
        instrument="BTC-USD",
        side=Side.SELL,
        price=Decimal(59_000),
        quantity=Decimal(quantity),
        post_only=False,
        reduce_only=True,
        trigger=Trigger(kind=TriggerKind.STOP_LOSS, price=Decimal(stop), execution=Execution.LIMIT),
        options=parent.orders[0].terms.options,
    )
    child = DesiredOrder(address=OrderAddress("book.swing.stop_loss"), terms=wanted, source=SPAN)
    (order,) = parent.orders
    made = DesiredOrder(address=order.address, terms=order.terms, source=SPAN, children=(child,))
    return Holder(
        address=parent.address,
        generation=1,
        instrument="BTC-USD",
        side=Side.BUY,
        quantity=Decimal(quantity),
        source=SPAN,
        orders=(made,),
    )


def test_an_order_the_book_refuses_after_taking_it_is_told_as_refused():
    async def story(run: Runner, htx: HtxHarness) -> None:
        def fall(prepared):
            htx.move("71000")

        run.venue.before = fall
        report = await run.apply(book_of(dip(run)))
        (applied,) = report.applied

        assert isinstance(applied.outcome, Rejected)
        assert "post-only, would have crossed" in applied.outcome.text
        assert ([], Decimal(0)) == (run.live(), run.filled())

    tell(story)


def test_an_order_the_book_keeps_refusing_is_held():
    async def story(run: Runner, htx: HtxHarness) -> None:
        run.venue.before = lambda prepared: htx.move("71000")
        for _ in range(3):
            htx.move("90000")
            await run.apply(book_of(dip(run)))
        htx.move("90000")
        (action,) = (await run.look(book_of(dip(run)))).plan.actions

        assert isinstance(action, Hold)
        assert Reason.REFUSED_TOO_OFTEN is action.reason

    tell(story)


def test_an_order_that_rests_for_days_is_still_ours():
    async def story(run: Runner, htx: HtxHarness) -> None:
        await run.apply(book_of(dip(run)))
        run.hand.harness.clock.time_ms += 72 * HOUR_MS
        (oid,) = htx.live()
        htx.fill(oid, Decimal(4))

        assert [] == await run.words(book_of(dip(run)))
        await run.apply(book_of(dip(run, 3)))
        assert ([Decimal(6)], Decimal(4)) == (run.live(), run.filled())

    tell(story)


def test_an_order_that_filled_and_was_let_go_is_found_in_the_database():
    async def story(run: Runner, htx: HtxHarness) -> None:
        await run.apply(book_of(dip(run)))
        (oid,) = htx.live()
        htx.fill(oid)
        run.hand.harness.clock.time_ms += 20 * HOUR_MS
        await run.apply(book_of(dip(run)))

        assert ([], Decimal(10)) == (run.live(), run.filled())
        assert 1 == len(run.venue.requests)

    tell(story)


def test_an_order_that_nobody_can_tell_of_is_held_and_never_placed_again():
    async def story(run: Runner, htx: HtxHarness) -> None:
        await run.apply(book_of(dip(run)))
        (oid,) = htx.live()
        htx.cancel_as_person(oid)
        run.hand.harness.clock.time_ms += 7 * HOUR_MS
        (action,) = (await run.look(book_of(dip(run)))).plan.actions

        assert isinstance(action, Hold)
        assert Reason.STATUS_UNKNOWN is action.reason

    tell(story)


async def lose_for_good(run: Runner, htx: HtxHarness, *, hours: int = 8) -> None:
    """Lose a request, let the run end at once, and come back after eight hours."""
    await run.look(book_of(dip(run)))
    htx.lose("request", BatchKind.PLACE)
    run.is_patient = False
    report = await run.apply(book_of(dip(run)))
    assert ("book.dip",) == report.unknown
    run.hand.harness.clock.time_ms += hours * HOUR_MS + 60_000


def test_past_eight_hours_an_unknown_order_is_blocked_until_a_person_says():
    async def story(run: Runner, htx: HtxHarness) -> None:
        await lose_for_good(run, htx)
        await run.apply(book_of(dip(run)))
        await run.apply(book_of(dip(run)))
        (intent,) = run.store.state.intents.values()

        assert (["blocked"], [ItemStatus.BLOCKED]) == (
            run.proofs(),
            [item.status for item in intent.items],
        )
        assert ["hold book.dip"] == await run.words(book_of(dip(run)))
        await say_nothing_filled(run)
        await run.apply(book_of(dip(run)))
        assert [Decimal(10)] == run.live()

    tell(story)


async def say_nothing_filled(run: Runner) -> None:
    said = SettledByPerson(
        address=OrderAddress("book.dip"),
        holder=OrderAddress("book.dip"),
        generation=1,
        filled=Decimal(0),
        by="somebody",
    )
    await run.store.append(run.store.state, [said], run.hand.harness.clock.now_ms())


@pytest.mark.parametrize(("hours", "proof"), [(1, "never-placed"), (3, "blocked"), (7, "blocked")])
def test_for_less_than_two_hours_the_next_run_proves_that_it_was_never_placed(hours, proof):
    """Later nobody can tell it from one that ended without a fill."""

    async def story(run: Runner, htx: HtxHarness) -> None:
        await lose_for_good(run, htx, hours=hours)
        await run.apply(book_of(dip(run)))

        assert [proof] == run.proofs()
        assert ([Decimal(10)] if hours < 2 else []) == run.live()

    tell(story)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(("minutes", "proof"), [(5, "found"), (60, "found"), (180, "blocked")])
def test_an_order_of_a_dead_run_that_a_person_cancelled_is_not_placed_again(minutes, proof):
    """Lookups forget it at the next settlement, the list of past orders after two hours."""

    async def story(run: Runner, htx: HtxHarness) -> None:
        clock = run.hand.harness.clock
        clock.time_ms += 8 * HOUR_MS - (clock.time_ms - 4 * HOUR_MS) % (8 * HOUR_MS) - HOUR_MS // 2
        run.venue.after = die
        with suppress(Killed):
            await run.apply(book_of(dip(run)))
        clock.time_ms += 3_000
        (oid,) = run.hand.harness.live()
        run.hand.harness.cancel_as_person(oid)
        clock.time_ms += minutes * 60_000
        run.venue.after = lambda prepared: None
        await run.apply(book_of(dip(run)), is_unattended=True)

        assert [proof] == run.proofs()
        assert (1, []) == (len(htx.orders()), run.live())

    tell(story)


def die(prepared: Prepared) -> None:
    raise Killed


@pytest.mark.parametrize("part", ["request", "reply", None])
def test_an_order_that_shows_seconds_later_is_placed_once(part):
    async def story(run: Runner, htx: HtxHarness) -> None:
        book = book_of(dip(run), one(run.hand, "b", 1))
        await run.look(book)
        if part is not None:
            htx.fault(f"lost_{part}", "swap_batchorder")
        await run.apply(book)
        await run.apply(book)
        await run.apply(book_of(dip(run, 7), one(run.hand, "b", 1)))

        assert ([Decimal(10)] * 2, 2) == (run.live(), run.peak)
        assert [] == await run.words(book_of(dip(run, 7), one(run.hand, "b", 1)))

    tell(story, query_delay_ms=4_000)


@pytest.mark.parametrize("code", [1004, 1000, 1108])
@pytest.mark.parametrize("has_effect", [True, False])
def test_a_busy_venue_is_looked_at_before_anything_else(code, has_effect):
    async def story(run: Runner, htx: HtxHarness) -> None:
        await run.look(book_of(dip(run)))
        htx.fault("error_after" if has_effect else "error_before", "swap_order", code=code)
        report = await run.apply(book_of(dip(run)))
        await run.apply(book_of(dip(run)))

        assert () == report.unknown
        assert ["found" if has_effect else "never-placed"] == run.proofs()
        assert [Decimal(10)] == run.live()
        assert (1 if has_effect else 2) == len(run.venue.requests)

    tell(story)


def test_an_id_the_venue_calls_repeated_is_our_own_order():
    async def story(run: Runner, htx: HtxHarness) -> None:
        await run.look(book_of(dip(run)))
        htx.fault("error_after", "swap_order", code=1050)
        report = await run.apply(book_of(dip(run)))

        assert (["found"], ()) == (run.proofs(), report.unknown)
        assert [Decimal(10)] == run.live()

    tell(story)


def test_people_who_use_small_numbers_as_ids_are_left_alone():
    async def story(run: Runner, htx: HtxHarness) -> None:
        for number in (1, 42, 1_760_000_000_000):
            htx.place_as_person(Decimal(60_000), Decimal(1), cloid=number)
        await run.apply(book_of(dip(run)))
        await run.apply(book_of(), allow=frozenset({"empty"}))

        assert [1, 42, 1_760_000_000_000] == [
            order["cloid"] for order in htx.orders() if order["is_live"]
        ]

    tell(story)


def stops_of(htx: HtxHarness, parent: VenueOrderId) -> list[dict[str, Any]]:
    """Return what truly hangs on an order."""
    return [stop for stop in htx.account()["stops"] if str(stop["parent"]) == parent]


def test_an_attached_order_lives_and_ends_with_its_parent():
    async def story(run: Runner, htx: HtxHarness) -> None:
        book = book_of(guarded(run))
        report = await run.apply(book)

        assert [Accepted, Accepted] == [type(applied.outcome) for applied in report.applied]
        assert [] == await run.words(book)
        await run.apply(book_of(), allow=frozenset({"empty"}))
        assert ["swap_order", "swap_cancel"] == htx.trades()
        assert {} == run.store.state.placements

    tell(story)


def test_a_new_trigger_replaces_the_pair():
    async def story(run: Runner, htx: HtxHarness) -> None:
        await run.apply(book_of(guarded(run)))
        await run.apply(book_of(guarded(run, stop="61000")))
        (oid,) = htx.live()
        (stop,) = stops_of(htx, oid)

        assert "61000" == stop["trigger"]
        assert [] == await run.words(book_of(guarded(run, stop="61000")))

    tell(story)


def test_a_pair_that_filled_in_part_while_it_was_cancelled_leaves_its_stop_to_what_filled():
    async def story(run: Runner, htx: HtxHarness) -> None:
        await run.apply(book_of(guarded(run)))
        htx.fault("fill_during_cancel", "swap_cancel", count=4)
        await run.apply(book_of(guarded(run, stop="61000")))
        (stop,) = htx.account()["stops"]
        (parent, _) = (await run.look(book_of(guarded(run, stop="61000")))).plan.actions

        assert ("4", "60000", {}) == (stop["quantity"], stop["trigger"], htx.live())
        assert isinstance(parent, Hold)
        assert Reason.GROUP_HAS_FILLS is parent.reason

    tell(story)


def test_where_its_stop_ends_too_the_rest_is_placed_once_and_what_is_bare_is_told():
    async def story(run: Runner, htx: HtxHarness) -> None:
        await run.apply(book_of(guarded(run)))
        htx.fault("fill_during_cancel", "swap_cancel", count=4)
        await run.apply(book_of(guarded(run, stop="61000")))
        await run.apply(book_of(guarded(run, stop="61000")))
        ((oid, (_, left)),) = htx.live().items()
        (stop,) = stops_of(htx, oid)
        held = (await run.look(book_of(guarded(run, stop="61000")))).plan.actions[0]

        assert (Decimal(6), "6", Decimal(4)) == (left, stop["quantity"], run.filled())
        assert isinstance(held, Hold)
        assert "closes the 6 of its order and no more" in held.why

    tell(story, stops_end_with_order=True)


@pytest.mark.parametrize("has_effect", [True, False])
def test_a_pair_of_unknown_fate_is_closed_together(has_effect):
    async def story(run: Runner, htx: HtxHarness) -> None:
        book = book_of(guarded(run))
        await run.look(book)
        htx.lose("reply" if has_effect else "request", BatchKind.PLACE)
        report = await run.apply(book)
        await run.apply(book)

        assert ["found" if has_effect else "never-placed"] * 2 == run.proofs()
        assert () == report.unknown
        assert 1 == len(htx.live())
        assert [] == await run.words(book)

    tell(story)


def test_an_attached_order_that_is_gone_is_not_placed_alone():
    async def story(run: Runner, htx: HtxHarness) -> None:
        book = book_of(guarded(run))
        await run.apply(book)
        (oid,) = htx.live()
        htx.fill(oid)
        (stop,) = stops_of(htx, oid)
        htx.ask("swap_tpsl_cancel", order_id=str(stop["oid"]))
        seen = await run.look(book)
        held = [action for action in seen.plan.actions if isinstance(action, Hold)]

        assert [Reason.UNSUPPORTED] == [action.reason for action in held]

    tell(story)


def test_a_stop_that_fired_has_done_its_work():
    async def story(run: Runner, htx: HtxHarness) -> None:
        book = book_of(guarded(run))
        await run.apply(book)
        (oid,) = htx.live()
        htx.fill(oid)
        htx.move("58000")
        (fired,) = htx.live()

        assert [] == await run.words(book)
        htx.fill(fired)
        await run.apply(book)
        assert [] == await run.words(book)
        assert {} == run.store.state.placements

    tell(story)


def test_a_cancel_that_cannot_be_told_of_stops_what_comes_after_it():
    async def story(run: Runner, htx: HtxHarness) -> None:
        await run.apply(book_of(dip(run)))
        htx.fault("error_before", "swap_cancel", code=1004)
        run.is_patient = False
        report = await run.apply(book_of(dip(run, 7)))

        assert [Unknown] == [type(applied.outcome) for applied in report.applied]
        assert (["swap_order", "swap_cancel"], "An outcome is unknown.") == (
            htx.trades(),
            report.stopped,
        )
        assert 1 == len(htx.live())

    tell(story)
