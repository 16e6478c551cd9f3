"""What a run may do of what was reviewed: what is in both plans, within the limits by itself."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from reconciler.execution.looking import Look
from reconciler.execution.permitting import permitted
from reconciler.model.order import DesiredBook
from reconciler.model.snapshot import RequestBudget
from reconciler.model.state import State
from reconciler.planner.context import PlanPolicy
from tests.planner.groups import stop, take
from tests.support.build import (
    IN_PLACE,
    REPLACING,
    book,
    holder,
    limited,
    placement,
    planned,
    policy,
    shown,
    snapshot,
    state,
    terms,
)

ROOM = limited(max_open_notional=Decimal(200))


def look(
    books: DesiredBook,
    known: State,
    under: PlanPolicy | None = None,
    *,
    can: Any = REPLACING,
    **seen_too: Any,
) -> Look:
    seen = snapshot(*map(shown, known.placements.values()), **seen_too)
    return Look(
        stored=known,
        settled=known,
        snapshot=seen,
        seen=(),
        books=(books,),
        planned=planned(books, known, seen, can=can, under=under or policy()),
        skew_ms=0,
    )


def words(found: Sequence[Any]) -> list[str]:
    return [f"{type(action).__name__.lower()} {action.address}" for action in found]


def test_the_plan_that_was_reviewed_is_permitted() -> None:
    seen = look(book(holder()), state())

    assert (seen.plan.actions, ()) == permitted(seen.plan, seen)


def test_what_was_not_reviewed_is_left() -> None:
    seen = look(book(holder()), state())
    actions, dropped = permitted(look(book(), state()).plan, seen)

    assert ([], ["btc.dip"]) == (words(actions), [d.address for d in dropped])


LOW, HIGH = placement("btc.low", terms("80"), incarnation=1), placement("btc.high", incarnation=2)
WANTED = holder("btc.new", terms("85"))
KEPT = holder("btc.low", terms("80"))


def test_a_place_is_left_when_the_cancel_that_made_room_for_it_is() -> None:
    """80 and 90 rest, 85 comes: within 200 only once the 90 has gone."""
    known = state(LOW, HIGH)
    fresh = look(book(KEPT, WANTED), known, ROOM)
    reviewed = look(book(KEPT, WANTED), state(LOW), ROOM).plan
    actions, dropped = permitted(reviewed, fresh)

    assert ["hold btc.new", "keep btc.low"] == sorted(words(actions))
    assert [("btc.high", "cancel"), ("btc.new", "hold")] == [(d.address, d.kind) for d in dropped]


def test_a_place_is_sent_when_the_cancel_that_makes_room_for_it_is() -> None:
    known = state(LOW, HIGH)
    fresh = look(book(KEPT, WANTED), known, ROOM)
    actions, dropped = permitted(fresh.plan, fresh)

    assert ["cancel btc.high", "keep btc.low", "place btc.new"] == sorted(words(actions))
    assert () == dropped


def test_what_the_fresh_plan_holds_is_not_listed_as_left() -> None:
    """It stands in the plan; listed is what the reviewed plan would have sent."""
    halted = holder("btc.held", terms("89.99"))
    known = state(LOW)
    reviewed = look(book(KEPT), known).plan
    actions, dropped = permitted(reviewed, look(book(KEPT, halted, WANTED), known))

    assert ["hold btc.held", "keep btc.low"] == sorted(words(actions))
    assert ["btc.new"] == [d.address for d in dropped]


def test_a_reviewed_plan_of_an_instrument_that_became_another_sends_nothing() -> None:
    seen = look(book(holder()), state())
    reviewed = replace(seen.plan, instruments={"BTC": "another"})
    actions, dropped = permitted(reviewed, seen)

    assert ([], ["btc.dip"]) == (words(actions), [d.address for d in dropped])


def test_a_cancel_that_only_a_limit_brings_is_not_permitted() -> None:
    """Without the room of the one that stays, what takes over the old order is too much."""
    sold = placement("btc.x", terms("110", side="sell"), incarnation=9)
    known = state(sold, placement("btc.old", terms("60"), incarnation=8))
    under = replace(limited(max_open_notional=Decimal(170)), allow=frozenset({"cancel-fraction"}))
    fresh = look(book(holder()), known, under, can=IN_PLACE)
    shorter = tuple(action for action in fresh.plan.actions if action.address != "btc.x")
    actions, _ = permitted(replace(fresh.plan, actions=shorter), fresh)

    assert ["modify btc.dip"] == words(shorter)
    assert ["hold btc.dip"] == words(actions)


def test_a_parent_stays_when_the_stop_that_is_to_stand_first_is_held() -> None:
    """Without the cancel that was not reviewed there are too many others for a stop."""
    further = placement("btc.x", terms("60"), incarnation=9, oid="77")
    known = state(placement(filled="0.4"), take(), stop(), further)
    budget = RequestBudget(used=0, cap=10_000, open_max=9, protective_open_max=3)
    seen: dict[str, Any] = {"positions": {"BTC": Decimal("0.4")}, "budget": budget}
    fresh = look(book(holder("btc.z", terms("110", side="sell"))), known, can=IN_PLACE, **seen)
    left = ("btc.x", "btc.z")
    shorter = tuple(action for action in fresh.plan.actions if action.address not in left)
    actions, _ = permitted(replace(fresh.plan, actions=shorter), fresh)

    assert {"cancel btc.dip", "replace btc.dip.stop_loss"} <= {*words(shorter)}
    assert {"hold"} == {word.split()[0] for word in words(actions)} - {"forget"}
