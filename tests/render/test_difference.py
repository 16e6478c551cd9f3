"""What differs between two plans or states, and any record as JSON."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from reconciler.model.plan import Cancel, Place, Reason
from reconciler.render.difference import render_difference
from reconciler.render.json import render_json
from tests.render import plans, states

GOLDEN = Path(__file__).parent / "golden"


def test_what_differs_reads_as_reviewed(golden: Callable[[Path, str], None]) -> None:
    old = plans.treasury()
    hl, htx = old.venues
    actions = list(hl.actions)
    at = next(i for i, action in enumerate(actions) if isinstance(action, Place))
    place = actions[at]
    assert isinstance(place, Place)
    actions[at] = replace(place, after=replace(place.after, price=Decimal("90000.5")))
    gone = next(action for action in actions if isinstance(action, Cancel))
    actions.remove(gone)
    actions.append(
        Cancel(address=states.address("btc.new"), reason=Reason.REMOVED, before=gone.before)
    )
    new = replace(
        old,
        commit="feedbeef",
        venues=(replace(hl, serial=13, actions=tuple(actions), budget_left=None), htx),
    )

    golden(GOLDEN / "difference.txt", render_difference(old, new))


def test_equal_plans_do_not_differ() -> None:
    assert "" == render_difference(plans.treasury(), plans.treasury())


def test_equal_numbers_in_other_words_do_not_differ() -> None:
    (venue,) = plans.quiet().venues
    old = plans.plan(replace(venue, mids={"BTC": Decimal("91204.5")}))
    new = plans.plan(replace(venue, mids={"BTC": Decimal("91204.50")}))

    assert "" == render_difference(old, new)


def test_states_are_compared_too() -> None:
    text = render_difference(states.bare(), states.busy())

    assert "~ serial: 1 -> 41\n" in text
    assert "+ refusals.btc.dip: 7 values\n" in text


def test_a_long_difference_is_cut() -> None:
    text = render_difference(plans.large(3), plans.large(60), limit=5)

    assert 6 == len(text.splitlines())
    assert "more differences" in text


def test_two_actions_of_one_address_are_both_compared() -> None:
    order = plans.resting(plans.BUY, "90000", "1")
    one = Cancel(address=states.address("a.b"), reason=Reason.REMOVED, before=order)
    old, new = plans.plan(plans.venue([one])), plans.plan(plans.venue([one, one]))

    assert "venues.hl.actions.a.b'" in render_difference(old, new)


def test_text_of_a_venue_is_escaped() -> None:
    text = render_difference(plans.quiet(), plans.hostile())

    assert text.replace("\n", "").isprintable()


def test_a_record_as_json_has_every_field() -> None:
    text = render_json(states.bare())

    assert text.endswith("}\n")
    assert {} == json.loads(text)["placements"]
