"""Ids with room for a short digest: it may be that of several holders, and is never guessed."""

from decimal import Decimal
from itertools import count

from reconciler.model.identity import NARROW, holder_digest, project_tag
from reconciler.model.order import ClientOrderId, OrderAddress, VenueOrderId
from reconciler.model.plan import Hold, Reason
from reconciler.model.snapshot import FillHistory, Found, OrderHistory, OrderPhase
from reconciler.model.transitions import preview
from reconciler.planner.owners import Owners
from reconciler.planner.recovery import Evidence, recover
from reconciler.planner.rollback import LookedAt, compared, unexplained
from tests.support.build import (
    NOW,
    REPLACING,
    actions,
    book,
    fill,
    holder,
    resting,
    snapshot,
    state,
    terms,
)


def twins() -> tuple[str, str]:
    """Return two addresses whose ids carry the same digest."""
    seen: dict[int, str] = {}
    for number in count():
        address = f"btc.n{number}"
        digest = NARROW.cut_digest(holder_digest(OrderAddress(address), 1))
        if digest in seen:
            return seen[digest], address
        seen[digest] = address
    raise AssertionError("there are only so many digests")


FIRST, SECOND = twins()
BOOK = book(holder(FIRST, terms("90")), holder(SECOND, terms("80")))
OURS = ClientOrderId(
    NARROW.encode(
        tag=project_tag(project="treasury", lineage="line"),
        digest=holder_digest(OrderAddress(FIRST), 1),
        incarnation=5,
    )
)


def test_one_digest_has_two_candidates_and_no_owner() -> None:
    owners = Owners([BOOK], NARROW)
    digest = NARROW.cut_digest(holder_digest(OrderAddress(FIRST), 1))

    assert owners.of(digest) is None
    assert {FIRST, SECOND} == {owner.address for owner in owners.candidates(digest)}


def evidence(*orders: object, filled: bool = False) -> Evidence:
    order = resting(terms("90"), oid="7", cloid=OURS, filled="1")
    status = Found(order=order, phase=OrderPhase.FILLED, word="filled (6)", at_ms=NOW)
    return Evidence(
        snapshot=snapshot(*orders),  # type: ignore[arg-type]
        history=FillHistory(
            fills=(fill("7", cloid=OURS),) if filled else (), reaches_ms=0, is_complete=True
        ),
        orders=OrderHistory(orders=(), reaches_ms=0, is_complete=True),
        statuses={VenueOrderId("7"): status} if filled else {},
        instruments={},
        now_ms=NOW,
    )


def test_after_a_loss_everybody_is_held_whose_fill_it_may_have_been() -> None:
    found = recover(evidence(filled=True), Owners([BOOK], NARROW), state(), NARROW)
    known = preview(state(), found.events, at_ms=NOW)
    held = actions(BOOK, known, snapshot(), can=REPLACING)

    assert {FIRST, SECOND} == {action.address for action in held}
    assert [Reason.HISTORY_GAP] * 2 == [a.reason for a in held if isinstance(a, Hold)]


def test_after_a_loss_everybody_is_held_whose_open_order_it_may_be() -> None:
    order = resting(terms("90"), oid="7", cloid=OURS)
    found = recover(evidence(order), Owners([BOOK], NARROW), state(), NARROW)

    assert {FIRST, SECOND} == {holder for holder, _ in found.held}
    assert (OURS,) == found.unnamed


def test_a_fill_that_nothing_explains_holds_everybody_whose_it_may_be() -> None:
    known = state(last_incarnation=9, synced_at_ms=NOW - 5)
    history = FillHistory(fills=(fill("7", cloid=OURS),), reaches_ms=0, is_complete=True)
    looked = LookedAt(state=known, seen=(), snapshot=snapshot(), history=history, layout=NARROW)
    marked = unexplained(looked, compared(looked), Owners([BOOK], NARROW))

    assert {FIRST, SECOND} == {record.holder for record in marked}
    assert all(record.has_history_gap for record in marked)
    assert [Decimal(0)] * 2 == [record.filled for record in marked]


def test_an_open_order_of_either_is_not_adopted_by_one() -> None:
    order = resting(terms("90"), oid="7", cloid=OURS)
    found = actions(BOOK, state(last_incarnation=9), snapshot(order), can=REPLACING)

    assert ["orphan"] == [action.reason for action in found if action.address.startswith("orphan")]
