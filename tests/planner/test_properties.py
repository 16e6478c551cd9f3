"""Claims about every plan, tried on random desires, states and venues."""

import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.command import BatchKind
from reconciler.model.plan import Cancel, Hold, Keep, Modify, Place, Replace
from reconciler.model.snapshot import Found, Missing, NoAnswer, OrderPhase
from reconciler.model.state import State
from reconciler.planner.pairing import pair_by_price
from reconciler.planner.planner import plan_venue
from tests.support.build import IN_PLACE, planned, policy, shown, snapshot, state
from tests.support.ideal import IdealVenue
from tests.support.journal import by_our_id
from tests.support.worlds import (
    HAPPENINGS,
    STEPS,
    VENUES,
    budgets,
    desires,
    happen,
    spent,
    venue,
)

ALLOWED = policy(allow=frozenset({"empty", "looks-renamed"}))


def history(can, steps) -> tuple[State, IdealVenue]:
    """Return the state and the venue after some specs were applied, with fills in between."""
    known, market = state(), venue(can)
    for wanted, happenings in steps:
        known, seen = market.look(known)
        known = market.carry_out(known, planned(wanted, known, seen, can=can, under=ALLOWED))
        happen(market, happenings)
    return known, market


def shuffled(mapping, chance):
    pairs = list(mapping.items())
    chance.shuffle(pairs)
    return dict(pairs)


def in_another_order(wanted, known, seen, chance):
    """Return the same inputs with everything that has no order put in another one."""
    holders = list(wanted.holders)
    chance.shuffle(holders)
    orders = list(seen.resting)
    chance.shuffle(orders)
    known = replace(
        known,
        placements=shuffled(known.placements, chance),
        records=shuffled(known.records, chance),
        endings=shuffled(known.endings, chance),
        refusals=shuffled(known.refusals, chance),
    )
    seen = replace(
        seen,
        resting=tuple(orders),
        mids=shuffled(seen.mids, chance),
        instruments=shuffled(seen.instruments, chance),
        statuses=shuffled(seen.statuses, chance),
    )
    books = [
        replace(wanted, holders=tuple(holders[::2])),
        replace(wanted, name="z", holders=tuple(holders[1::2])),
    ]
    chance.shuffle(books)
    return books, known, seen


@settings(max_examples=150)
@given(VENUES, STEPS, desires(), st.integers())
def test_a_plan_does_not_depend_on_the_order_of_anything(can, steps, wanted, seed):
    known, seen = (after := history(can, steps))[1].look(after[0])
    books, known_2, seen_2 = in_another_order(wanted, known, seen, random.Random(seed))

    first = planned(wanted, known, seen, can=can, under=ALLOWED)
    second = plan_venue(books, known_2, seen_2, can, ALLOWED)

    assert repr(first) == repr(second)


@settings(max_examples=150)
@given(VENUES, STEPS, desires())
def test_a_foreign_order_is_never_touched(can, steps, wanted):
    known, seen = (after := history(can, steps))[1].look(after[0])

    found = planned(wanted, known, seen, can=can, under=ALLOWED).plan.actions

    touched = {a.before.client_order_id for a in found if isinstance(a, Modify | Replace | Cancel)}
    assert touched <= set(known.placements)


@settings(max_examples=300)
@given(VENUES, STEPS, desires())
def test_after_an_apply_there_is_nothing_left_to_send(can, steps, wanted):
    known, market = history(can, steps)
    known, seen = market.look(known)
    known = market.carry_out(known, planned(wanted, known, seen, can=can, under=ALLOWED))

    again = planned(wanted, *market.look(known), can=can, under=ALLOWED)

    assert ((), ()) == (again.plan.requests, again.events)


@settings(max_examples=150)
@given(VENUES, STEPS, desires())
def test_after_an_apply_every_order_is_kept_or_held(can, steps, wanted):
    known, market = history(can, steps)
    known, seen = market.look(known)
    known = market.carry_out(known, planned(wanted, known, seen, can=can, under=ALLOWED))

    again = planned(wanted, *market.look(known), can=can, under=ALLOWED).plan.actions

    assert {type(a) for a in again} <= {Keep, Hold}


@settings(max_examples=300)
@given(VENUES, STEPS)
def test_fills_and_live_orders_never_exceed_the_largest_budget(can, steps):
    known, market = state(), venue(can)
    largest: dict[object, Decimal] = {}
    for wanted, happenings in steps:
        for key, quantity in budgets(wanted).items():
            largest[key] = max(largest.get(key, quantity), quantity)
        known, seen = market.look(known)
        known = market.carry_out(known, planned(wanted, known, seen, can=can, under=ALLOWED))
        happen(market, happenings)
        known, _ = market.look(known)

        assert {} == {k: v for k, v in spent(known, market).items() if v > largest[k]}


@settings(max_examples=200)
@given(VENUES, STEPS)
def test_an_address_has_one_live_order(can, steps):
    known, market = history(can, steps)
    known, _ = market.look(known)

    slots = Counter((p.holder, p.terms.price) for p in known.placements.values())

    assert {1} >= set(slots.values())


ANSWERS = st.sampled_from((None, Missing(as_of_ms=1), NoAnswer(cause="reset"), "unknown word"))


@settings(max_examples=200)
@given(VENUES, STEPS, HAPPENINGS, desires(), st.lists(ANSWERS, min_size=30, max_size=30))
def test_an_order_nothing_is_known_of_is_never_placed_again(
    can, steps, happenings, wanted, answers
):
    known, market = history(can, steps)
    known, _ = market.look(known)
    happen(market, happenings)
    lost = sorted(known.placements)[::2]
    seen = market.snapshot()
    statuses = {}
    for cloid, answer in zip(lost, answers, strict=False):
        placed = known.placements[cloid]
        if answer == "unknown word":
            unknown = Found(order=shown(placed), phase=OrderPhase.UNKNOWN, word="new", at_ms=1)
            statuses[by_our_id(placed)] = unknown
        elif answer is not None:
            statuses[by_our_id(placed)] = answer
    resting = tuple(o for o in seen.resting if o.client_order_id not in lost)
    seen = replace(seen, resting=resting, statuses=statuses)

    found = planned(wanted, known, seen, can=can, under=ALLOWED).plan.actions

    hidden = {(known.placements[c].holder, known.placements[c].terms.price) for c in lost}
    alone = {h.address for h in wanted.holders if h.ladder is None}
    sent = {(a.holder, a.after.price) for a in found if isinstance(a, Place | Modify | Replace)}
    sent_alone = {holder for holder, _ in sent} & alone
    assert (set(), set()) == (sent & hidden, sent_alone & {holder for holder, _ in hidden})


@settings(max_examples=150)
@given(VENUES, STEPS, desires(), st.lists(st.booleans(), min_size=12, max_size=12))
def test_an_address_with_a_request_of_unknown_fate_receives_nothing(can, steps, wanted, coins):
    known, market = history(can, steps)
    known, seen = market.look(known)
    first = planned(wanted, known, seen, can=can, under=ALLOWED)
    known, doubted = market.doubt(known, first, coins)

    found = planned(wanted, *market.look(known), can=can, under=ALLOWED).plan.actions

    sent = {a.address for a in found if isinstance(a, Place | Modify | Replace)}
    assert set() == sent & doubted


def taken_by(action: Modify) -> Decimal:
    """Return what an action takes of a holder's budget that its order did not have."""
    is_own = action.origin_holder == action.holder
    had = action.before.remaining if is_own else Decimal(0)
    return action.after.quantity - had


def turn_of(action: Modify, modifies: list[Modify], depth: int = 8) -> int:
    """Return after how many requests what it counts on is done; a circle ends somewhere."""
    first = [
        other
        for other in modifies
        if (other.origin_holder != other.holder and other.origin in action.waits_for)
        or (other.holder == action.holder and taken_by(other) < 0 < taken_by(action))
    ]
    return max((1 + turn_of(x, modifies, depth - 1) for x in first), default=0) if depth else 0


@settings(max_examples=150)
@given(VENUES, STEPS, desires())
def test_requests_are_as_few_as_can_be(can, steps, wanted):
    known, seen = (after := history(can, steps))[1].look(after[0])

    found = planned(wanted, known, seen, can=can, under=ALLOWED).plan

    classes: Counter[object] = Counter()
    modifies = [a for a in found.actions if isinstance(a, Modify)]
    for action in found.actions:
        if isinstance(action, Cancel | Replace):
            classes[BatchKind.CANCEL] += 1
        if isinstance(action, Modify):
            # What needs what another modify takes or gives up goes after that one.
            classes[BatchKind.MODIFY, turn_of(action, modifies)] += 1
        if isinstance(action, Place | Replace):
            classes[action.after.post_only] += 1
    least = sum(ceil(count / can.batch_items_max) for count in classes.values())
    assert least == len(found.requests)


@settings(max_examples=100)
@given(VENUES, STEPS, desires())
def test_no_prefix_of_a_run_is_worth_more_than_its_worst_case(can, steps, wanted):
    known, market = history(can, steps)
    known, seen = market.look(known)
    first = planned(wanted, known, seen, can=can, under=ALLOWED)

    peak = market.peak_of(known, first)

    assert peak <= first.plan.exposure.open_worst


PRICE_LISTS = st.lists(st.integers(0, 30).map(Decimal), max_size=6).map(sorted)


@given(PRICE_LISTS, PRICE_LISTS)
def test_pairs_are_as_many_and_as_near_as_can_be(left, right):
    pairs = pair_by_price(left, right)
    count = min(len(left), len(right))

    short, long = sorted((left, right), key=len)
    best = min(
        sum((abs(x - y) for x, y in zip(short, chosen, strict=True)), Decimal(0))
        for chosen in combinations(long, count)
    )
    total = sum((abs(left[i] - right[j]) for i, j in pairs), Decimal(0))
    assert (count, best) == (len(pairs), total)


@given(PRICE_LISTS, PRICE_LISTS)
def test_nothing_is_paired_twice(left, right):
    pairs = pair_by_price(left, right)

    assert (len(pairs), len(pairs)) == (len({i for i, _ in pairs}), len({j for _, j in pairs}))


def test_many_prices_are_paired_in_order():
    many = [Decimal(n) for n in range(2000)]

    assert tuple((n, n) for n in range(1000)) == pair_by_price(many[:1000], many)


def test_one_more_rung_among_many_moves_only_that_one():
    many = [Decimal(n) for n in range(3000)]

    pairs = pair_by_price(many, [Decimal(-5), *many])

    assert {Decimal(0)} == {many[i] - [Decimal(-5), *many][j] for i, j in pairs}


def test_a_plan_of_nothing_is_empty():
    assert () == plan_venue((), state(), snapshot(), IN_PLACE, policy()).plan.actions
