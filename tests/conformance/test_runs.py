"""One battery for every venue, whole runs: what was planned, once, through what goes wrong."""

from decimal import Decimal

import pytest

from reconciler.model.command import BatchKind, Prepared
from reconciler.model.outcome import Rejected
from reconciler.model.plan import Hold, Reason
from tests.conformance.harness import Entrant, Hand
from tests.conformance.runner import Runner, book_of, one
from tests.conformance.venues import tell, those_that

PLACE, CANCEL = BatchKind.PLACE, BatchKind.CANCEL
EMPTY = frozenset({"empty"})


@those_that()
def test_after_an_apply_there_is_nothing_to_do(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        book = book_of(*(one(hand, f"n{number}", number) for number in range(5)))
        report = await run.apply(book)
        written = len(run.store.events)
        again = await run.apply(book)

        assert (5, (), []) == (len(report.applied), report.unknown, report.dropped)
        assert [hand.harness.quantity] * 5 == run.live()
        assert [] == await run.words(book)
        assert (0, written) == (again.requests, len(run.store.events))

    tell(entrant, story)


@those_that()
def test_requests_are_as_few_as_the_venue_allows(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        most = hand.can.batch_items_max
        await run.apply(book_of(*(one(hand, f"n{number}", number) for number in range(25))))
        placed = list(run.venue.requests)
        run.venue.requests.clear()
        await run.apply(book_of(*(one(hand, f"n{number}", number) for number in range(58))))
        run.venue.requests.clear()
        await run.apply(book_of(*(one(hand, f"n{number}", number) for number in range(25))))

        assert [PLACE] * -(-25 // most) == [kind for kind, _ in placed]
        assert [CANCEL] * -(-33 // most) == [kind for kind, _ in run.venue.requests]

    tell(entrant, story)


@those_that()
def test_a_new_price_leaves_one_order_and_never_two(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        await run.apply(book_of(one(hand, "dip")))
        await run.apply(book_of(one(hand, "dip", 7)))
        (seen,) = await hand.resting()

        assert (hand.terms(7).price, 1) == (seen.price, run.peak)
        assert [] == await run.words(book_of(one(hand, "dip", 7)))

    tell(entrant, story)


@those_that()
def test_what_filled_before_a_new_price_is_not_bought_again(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        await run.apply(book_of(one(hand, "dip")))
        (oid,) = hand.harness.live()
        part = hand.harness.quantity / 10
        hand.harness.fill(oid, part)
        await run.apply(book_of(one(hand, "dip", 7)))

        assert [hand.harness.quantity - part] == run.live()
        assert part == run.filled()

    tell(entrant, story)


@those_that(lambda can: not can.can_modify)
def test_what_fills_while_the_old_order_is_cancelled_is_not_bought_again(
    entrant: Entrant,
) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        await run.apply(book_of(one(hand, "dip")))
        (oid,) = hand.harness.live()
        part = hand.harness.quantity / 5

        def fill(prepared: Prepared) -> None:
            if prepared.batch.kind is CANCEL:
                hand.harness.fill(oid, part)

        run.venue.after = fill
        await run.apply(book_of(one(hand, "dip", 7)))

        assert [hand.harness.quantity - part] == run.live()
        assert part == run.filled()

    tell(entrant, story)


@those_that(lambda can: not can.can_modify)
def test_an_order_that_fills_whole_while_it_is_cancelled_is_done(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        await run.apply(book_of(one(hand, "dip")))
        (oid,) = hand.harness.live()

        def fill(prepared: Prepared) -> None:
            if prepared.batch.kind is CANCEL:
                hand.harness.fill(oid)

        run.venue.after = fill
        report = await run.apply(book_of(one(hand, "dip", 7)))

        assert [] == run.live()
        assert ["What it was to place has filled meanwhile."] == [d.why for d in report.dropped]
        assert [] == await run.words(book_of(one(hand, "dip", 7)))

    tell(entrant, story)


@those_that()
def test_a_filled_order_is_never_placed_again(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        book = book_of(one(hand, "dip"))
        await run.apply(book)
        (oid,) = hand.harness.live()
        hand.harness.fill(oid)
        await run.apply(book)
        await run.apply(book)

        assert ([], hand.harness.quantity) == (run.live(), run.filled())
        assert 1 == len(run.venue.requests)

    tell(entrant, story)


@those_that()
def test_a_new_generation_arms_the_budget_anew(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        await run.apply(book_of(one(hand, "dip")))
        (oid,) = hand.harness.live()
        hand.harness.fill(oid)
        await run.apply(book_of(one(hand, "dip", generation=2)))

        assert [hand.harness.quantity] == run.live()

    tell(entrant, story)


@those_that()
def test_an_order_a_person_cancelled_is_held_unattended_and_placed_by_hand(
    entrant: Entrant,
) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        book = book_of(one(hand, "dip"))
        await run.apply(book)
        (oid,) = hand.harness.live()
        hand.harness.cancel_as_person(oid)

        assert ["hold book.dip"] == await run.words(book, is_unattended=True)
        await run.apply(book)
        assert [hand.harness.quantity] == run.live()

    tell(entrant, story)


@those_that()
def test_an_order_of_a_person_is_never_touched(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        theirs = hand.harness.place_as_person(hand.terms(50).price, hand.harness.quantity)
        await run.apply(book_of(one(hand, "a"), one(hand, "b", 1)))
        await run.apply(book_of(one(hand, "a", 9)), allow=frozenset({"cancel-fraction"}))
        await run.apply(book_of(), allow=EMPTY)
        seen = await run.look(book_of(), allow=EMPTY)

        assert [theirs] == list(hand.harness.live())
        assert 1 == seen.plan.foreign_count

    tell(entrant, story)


@those_that()
def test_a_lost_answer_is_settled_and_nothing_is_sent_twice(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        book = book_of(one(hand, "a"), one(hand, "b", 1))
        await run.look(book)
        hand.harness.lose("reply", PLACE)
        report = await run.apply(book)

        assert ((), 1) == (report.unknown, report.requests)
        assert [hand.harness.quantity] * 2 == run.live()
        assert [] == await run.words(book)

    tell(entrant, story)


@those_that()
def test_a_lost_request_is_proven_never_placed_and_placed_by_the_next_run(
    entrant: Entrant,
) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        book = book_of(one(hand, "a"), one(hand, "b", 1))
        await run.look(book)
        hand.harness.lose("request", PLACE)
        report = await run.apply(book)

        assert ["never-placed", "never-placed"] == run.proofs()
        assert [Rejected, Rejected] == [type(applied.outcome) for applied in report.applied]
        assert ([], ()) == (run.live(), report.unknown)
        await run.apply(book)
        assert [hand.harness.quantity] * 2 == run.live()

    tell(entrant, story)


@those_that(lambda can: can.absence.reads_lists)
def test_the_proof_takes_the_whole_life_of_the_request_and_several_rounds(
    entrant: Entrant,
) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        book = book_of(one(hand, "a"))
        await run.look(book)
        sent_ms = hand.harness.clock.now_ms()
        hand.harness.lose("request", PLACE)
        await run.apply(book)
        took_ms = hand.harness.clock.now_ms() - sent_ms

        assert took_ms > hand.can.request_life_ms + hand.can.absence.over_ms
        assert ["never-placed"] == run.proofs()

    tell(entrant, story)


@pytest.mark.parametrize("part", ["reply", "request"])
@those_that()
def test_a_lost_cancel_is_settled_and_done_by_the_next_run_at_the_latest(
    entrant: Entrant, part: str
) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        await run.apply(book_of(one(hand, "a"), one(hand, "b", 1)))
        hand.harness.lose(part, CANCEL)
        wanted = book_of(one(hand, "b", 1))
        report = await run.apply(wanted)
        await run.apply(wanted)

        assert () == report.unknown
        assert [hand.harness.quantity] == run.live()

    tell(entrant, story)


@pytest.mark.parametrize("part", ["reply", "request"])
@those_that()
def test_a_lost_change_of_price_leaves_one_order(entrant: Entrant, part: str) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        await run.apply(book_of(one(hand, "dip")))
        hand.harness.lose(part, BatchKind.MODIFY if hand.can.can_modify else CANCEL)
        wanted = book_of(one(hand, "dip", 7))
        await run.apply(wanted)
        await run.apply(wanted)
        (seen,) = await hand.resting()

        assert (hand.terms(7).price, hand.harness.quantity) == (seen.price, seen.remaining)
        assert 1 == run.peak

    tell(entrant, story)


@those_that()
def test_a_hundred_and_twenty_orders_come_and_go(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        book = book_of(*(one(hand, f"n{number:03}", number) for number in range(120)))
        report = await run.apply(book)
        most = hand.can.batch_items_max

        assert (120, -(-120 // most)) == (len(run.live()), report.requests)
        assert [] == await run.words(book)
        gone = await run.apply(book_of(), allow=EMPTY)
        assert ([], -(-120 // most)) == (run.live(), gone.requests)
        assert {} == run.store.state.placements

    tell(entrant, story)


@those_that()
def test_an_order_that_would_cross_is_held_before_it_is_sent(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        wanted = book_of(one(hand, "dip", price=hand.harness.crossing_price))
        seen = await run.look(wanted)
        (action,) = seen.plan.actions

        assert isinstance(action, Hold)
        assert action.reason in (Reason.WOULD_CROSS, Reason.PRICE_LIMIT)

    tell(entrant, story)


@pytest.mark.parametrize("quantity", ["2", "0.5"])
@those_that()
def test_a_larger_or_smaller_quantity_rests_as_it_is_declared(
    entrant: Entrant, quantity: str
) -> None:
    async def story(hand: Hand) -> None:
        run = Runner(hand)
        await run.apply(book_of(one(hand, "dip")))
        wanted = hand.harness.quantity * Decimal(quantity)
        await run.apply(book_of(one(hand, "dip", quantity=wanted)))

        assert ([wanted], 1) == (run.live(), run.peak)

    tell(entrant, story)
