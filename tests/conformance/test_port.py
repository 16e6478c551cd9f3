"""One battery for every venue, at its port: what is sent is done once, and told as it is."""

from decimal import Decimal
from typing import Any

import pytest

from reconciler.model.command import Batch, BatchKind, CancelOrder, ModifyOrder
from reconciler.model.order import TimeInForce
from reconciler.model.outcome import Accepted, Rejected, RejectReason, Unknown
from reconciler.model.snapshot import Found, Missing, OrderPhase
from tests.conformance.harness import Attended, Entrant, Hand, our_id
from tests.conformance.venues import tell, those_that

PLACE, CANCEL, MODIFY = BatchKind.PLACE, BatchKind.CANCEL, BatchKind.MODIFY


async def placed(hand: Hand, *numbers: int):
    """Place orders, one request; return what the venue calls them."""
    outcomes = await hand.send(PLACE, *(hand.place(number) for number in numbers))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes
    ids = {client_order_id: oid for oid, (client_order_id, _) in hand.harness.live().items()}
    return [ids[our_id(hand.can, number)] for number in numbers]


def cancel_of(hand: Hand, target, number: int | None = None) -> CancelOrder:
    return CancelOrder(
        instrument=hand.harness.instrument,
        target=target,
        client_order_id=None if number is None else our_id(hand.can, number),
    )


@those_that()
def test_an_order_that_was_taken_rests_as_it_was_sent(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        (oid,) = await placed(hand, 1)
        wanted = hand.terms(1)
        (seen,) = await hand.resting()

        assert (oid, our_id(hand.can, 1), wanted.side, wanted.price, wanted.quantity) == (
            seen.venue_order_id,
            seen.client_order_id,
            seen.side,
            seen.price,
            seen.remaining,
        )
        assert (wanted.instrument, False, None) == (
            seen.instrument,
            seen.reduce_only,
            seen.trigger,
        )

    tell(entrant, story)


@those_that()
def test_an_order_is_found_by_our_id(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        (oid,) = await placed(hand, 1)
        found = await hand.ask(1)

        assert isinstance(found, Found)
        assert (oid, OrderPhase.RESTING) == (found.order.venue_order_id, found.phase)

    tell(entrant, story)


@those_that()
def test_an_order_that_was_never_sent_is_missing(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        await hand.resting()
        found = await hand.ask(9)

        assert isinstance(found, Missing)
        assert 0 < found.as_of_ms <= hand.harness.clock.now_ms()

    tell(entrant, story)


@those_that()
def test_the_orders_of_a_batch_have_their_outcomes_in_order(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        numbers = range(1, 8)
        outcomes = await hand.send(PLACE, *(hand.place(number) for number in numbers))
        known = hand.harness.live()

        assert [our_id(hand.can, number) for number in numbers] == [
            known[outcome.venue_order_id][0] for outcome in outcomes
        ]

    tell(entrant, story)


@those_that()
def test_a_request_that_was_read_back_is_the_request(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        now_ms = hand.harness.clock.now_ms()
        prepared = hand.harness.venue.prepare(
            Batch(kind=PLACE, commands=(hand.place(1), hand.place(2))),
            nonce=now_ms,
            expires_at_ms=now_ms + hand.can.request_life_ms,
        )

        assert prepared.batch == hand.harness.venue.decode(prepared)
        assert "ignature" not in prepared.body.replace("SignatureMethod", "")

    tell(entrant, story)


@those_that()
def test_a_cancelled_order_ends_with_its_final_fill(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        (oid,) = await placed(hand, 1)
        part = hand.harness.quantity / 10
        hand.harness.fill(oid, part)
        (outcome,) = await hand.send(CANCEL, cancel_of(hand, oid, 1))
        status = await hand.settled(1)

        assert Accepted() == outcome
        assert isinstance(status, Found)
        assert (OrderPhase.CANCELLED_BY_USER, part) == (status.phase, status.order.filled)
        assert {} == hand.harness.live()

    tell(entrant, story)


@those_that()
def test_a_cancel_of_a_filled_order_is_told_and_changes_nothing(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        (oid,) = await placed(hand, 1)
        hand.harness.fill(oid)
        (outcome,) = await hand.send(CANCEL, cancel_of(hand, oid, 1))
        status = await hand.ask(1)

        assert isinstance(outcome, Rejected)
        assert RejectReason.ORDER_GONE is outcome.reason
        assert OrderPhase.FILLED is status.phase  # type: ignore[union-attr]

    tell(entrant, story)


@those_that()
def test_a_cancel_may_go_by_our_id(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        await placed(hand, 1)
        await hand.send(CANCEL, cancel_of(hand, None, 1))
        await hand.settled(1)

        assert {} == hand.harness.live()

    tell(entrant, story)


@those_that()
def test_a_partial_fill_is_seen_the_same_wherever_it_is_asked_for(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        (oid,) = await placed(hand, 1)
        part = hand.harness.quantity / 10
        hand.harness.fill(oid, part)
        (seen,) = await hand.resting()
        status = await hand.ask(1)
        history = await hand.harness.venue.fills(hand.harness.clock.now_ms() - 60_000)

        assert (part, part) == (seen.filled, status.order.filled)  # type: ignore[union-attr]
        assert [(our_id(hand.can, 1), part)] == [
            (fill.client_order_id, fill.quantity) for fill in history.fills
        ]
        assert history.is_complete

    tell(entrant, story)


@those_that()
def test_a_post_only_order_never_takes(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        crossing = hand.terms(price=hand.harness.crossing_price)
        (outcome,) = await hand.send(PLACE, hand.place(1, crossing))
        status = await hand.settled(1)
        is_refused = isinstance(outcome, Rejected) or (
            isinstance(status, Found) and status.phase is OrderPhase.REJECTED
        )

        assert is_refused
        assert Decimal(0) == hand.harness.filled(our_id(hand.can, 1))
        assert {} == hand.harness.live()

    tell(entrant, story)


@those_that()
def test_an_immediate_order_fills_or_ends(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        one_shot: dict[str, Any] = {"post_only": False, "time_in_force": TimeInForce.IOC}
        taking = hand.terms(price=hand.harness.crossing_price, **one_shot)
        missing = hand.terms(**one_shot)
        await hand.send(PLACE, hand.place(1, taking), hand.place(2, missing))
        await hand.settled(1)
        await hand.settled(2)

        assert (hand.harness.quantity, Decimal(0)) == (
            hand.harness.filled(our_id(hand.can, 1)),
            hand.harness.filled(our_id(hand.can, 2)),
        )
        assert {} == hand.harness.live()

    tell(entrant, story)


@those_that()
def test_an_order_of_a_person_carries_no_id_of_ours_and_is_left_alone(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        theirs = hand.harness.place_as_person(hand.harness.resting_price, hand.harness.quantity)
        (oid,) = await placed(hand, 1)
        seen = {order.venue_order_id: order.client_order_id for order in await hand.resting()}
        await hand.send(CANCEL, cancel_of(hand, oid, 1))
        await hand.settled(1)

        assert {theirs: None, oid: our_id(hand.can, 1)} == seen
        assert [theirs] == list(hand.harness.live())

    tell(entrant, story)


@those_that()
def test_an_order_that_a_person_cancelled_was_cancelled_by_a_user(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        (oid,) = await placed(hand, 1)
        hand.harness.cancel_as_person(oid)
        status = await hand.settled(1)

        assert OrderPhase.CANCELLED_BY_USER is status.phase  # type: ignore[union-attr]

    tell(entrant, story)


@those_that()
def test_a_request_that_never_arrived_did_nothing(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        await hand.resting()
        hand.harness.lose("request", PLACE)
        (outcome,) = await hand.send(PLACE, hand.place(1))

        assert isinstance(outcome, Unknown)
        assert {} == hand.harness.live()
        assert isinstance(await hand.ask(1), Missing)

    tell(entrant, story)


@those_that()
def test_a_request_whose_answer_was_lost_is_unknown_and_done_once(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        hand.harness.lose("reply", PLACE)
        (outcome,) = await hand.send(PLACE, hand.place(1))

        assert isinstance(outcome, Unknown)
        assert [our_id(hand.can, 1)] == [ours for ours, _ in hand.harness.live().values()]
        assert isinstance(await hand.ask(1), Found)

    tell(entrant, story)


@those_that()
def test_a_cancel_whose_answer_was_lost_is_unknown_and_done(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        (oid,) = await placed(hand, 1)
        hand.harness.lose("reply", CANCEL)
        (outcome,) = await hand.send(CANCEL, cancel_of(hand, oid, 1))
        status = await hand.settled(1)

        assert isinstance(outcome, Unknown)
        assert OrderPhase.CANCELLED_BY_USER is status.phase  # type: ignore[union-attr]

    tell(entrant, story)


@those_that()
def test_one_order_off_the_grid_never_rests(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        await hand.resting()
        odd = hand.terms(price=hand.harness.resting_price + Decimal("0.05"))
        first, second = await hand.send(PLACE, hand.place(1), hand.place(2, odd))

        assert isinstance(second, Rejected)
        assert isinstance(first, Accepted | Rejected)
        assert our_id(hand.can, 2) not in [ours for ours, _ in hand.harness.live().values()]

    tell(entrant, story)


@those_that()
def test_a_long_list_is_read_whole(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        most = hand.can.batch_items_max
        for start in range(0, 120, most):
            await placed(hand, *range(start + 1, min(start + most, 120) + 1))
        seen = await hand.resting()

        assert {our_id(hand.can, number) for number in range(1, 121)} == {
            order.client_order_id for order in seen
        }
        assert 120 == len(seen)

    tell(entrant, story)


@those_that(lambda can: can.can_modify)
def test_a_modified_order_keeps_its_id(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        (oid,) = await placed(hand, 1)
        modify = ModifyOrder(target=oid, client_order_id=our_id(hand.can, 1), terms=hand.terms(5))
        (outcome,) = await hand.send(MODIFY, modify)
        (seen,) = await hand.resting()

        assert isinstance(outcome, Accepted)
        assert (our_id(hand.can, 1), hand.terms(5).price) == (seen.client_order_id, seen.price)

    tell(entrant, story)


@those_that(lambda can: can.settle_ms > 1_500)
def test_a_cancel_that_was_taken_has_not_ended_the_order_yet(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        (oid,) = await placed(hand, 1)
        (outcome,) = await hand.send(CANCEL, cancel_of(hand, oid, 1))
        status = await hand.ask(1)
        hand.harness.fill(oid, hand.harness.quantity / 10)
        final = await hand.settled(1)

        assert Accepted() == outcome
        assert OrderPhase.RESTING is status.phase  # type: ignore[union-attr]
        assert hand.harness.quantity / 10 == final.order.filled  # type: ignore[union-attr]

    tell(entrant, story)


@those_that(lambda can: not can.can_modify)
def test_an_id_that_was_used_does_not_make_a_second_order(entrant: Entrant) -> None:
    async def story(hand: Hand) -> None:
        await placed(hand, 1)
        (outcome,) = await hand.send(PLACE, hand.place(1))

        assert isinstance(outcome, Unknown | Rejected)
        assert 1 == len(hand.harness.live())

    tell(entrant, story)


@pytest.mark.parametrize(("count", "kind"), [(25, PLACE), (33, CANCEL)])
@those_that()
def test_a_request_carries_as_much_as_it_may(entrant: Entrant, count: int, kind: BatchKind) -> None:
    async def story(hand: Hand) -> None:
        most = hand.can.batch_items_max
        hand.harness.venue = attended = Attended(hand.harness.venue)
        for start in range(0, count, most):
            await placed(hand, *range(start + 1, min(start + most, count) + 1))
        if kind is CANCEL:
            attended.requests.clear()
            targets = list(hand.harness.live())
            for start in range(0, count, most):
                part = targets[start : start + most]
                await hand.send(CANCEL, *(cancel_of(hand, oid) for oid in part))

        assert [kind] * -(-count // most) == [found for found, _ in attended.requests]

    tell(entrant, story)
