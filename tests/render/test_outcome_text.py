"""What apply did, as text."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.model.outcome import Accepted
from reconciler.render.outcome_text import (
    LeftOver,
    RunText,
    VenueOutcome,
    outcome_summary,
    render_outcome,
)
from tests.render import states

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("width", [80, 120])
def test_a_run_reads_as_reviewed(width: int, golden: Callable[[Path, str], None]) -> None:
    run = RunText(venues=states.mixed_run(), next_command="reconciler plan", width=width)
    golden(GOLDEN / f"outcome_mixed_{width}.txt", render_outcome(run))


def test_failures_stand_first() -> None:
    text = render_outcome(RunText(venues=states.mixed_run()))
    words = re.findall(r"  (unknown|settled|rejected|accepted)  ", text)

    assert ["unknown", "settled", "rejected", "accepted", "accepted"] == words[:5]


def test_of_many_accepted_orders_some_are_shown() -> None:
    lines = render_outcome(RunText(venues=states.good_run(100))).splitlines()

    assert "  … and 60 more, all accepted" in lines
    assert "Apply: 100 done in 3 requests." in lines


def test_a_verbose_run_shows_every_order() -> None:
    text = render_outcome(RunText(venues=states.good_run(100), is_verbose=True))

    assert 100 == text.count("accepted")


def test_what_is_left_is_cut_too() -> None:
    left = tuple(
        LeftOver(address=states.address(f"a.b[{i}]"), kind="place", why="Later.") for i in range(50)
    )
    lines = render_outcome(RunText(venues=(VenueOutcome(venue="hl", left=left),))).splitlines()

    assert "  … and 10 more" in lines
    assert "Nothing was sent; 50 left for the next plan." in lines


def test_a_run_that_found_nothing_to_do_says_so() -> None:
    assert "Nothing was sent.\n" == render_outcome(RunText(venues=(VenueOutcome(venue="hl"),)))


def test_a_run_that_broke_off_does_not_say_that_nothing_was_sent() -> None:
    text = render_outcome(RunText(venues=(), is_broken_off=True))

    assert "It broke off; whatever was sent until then is on record.\n" == text


def test_one_request_is_one() -> None:
    done = (states.done_as("a.b", "cancel", Accepted()),)

    assert "Apply: 1 done in 1 request." == outcome_summary(
        [VenueOutcome(venue="hl", done=done, requests=1)]
    )


def test_a_coloured_run_has_the_same_words() -> None:
    plain = render_outcome(RunText(venues=states.mixed_run()))
    coloured = render_outcome(RunText(venues=states.mixed_run(), is_coloured=True))

    assert plain == re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert coloured != plain
