"""How far back the venue's fills reach."""

import pytest

from reconciler.errors import VenueProblem
from tests.venues.hyperliquid.test_order_replies import FILL
from tests.venues.hyperliquid.test_reads import every, world
from tests.venues.support import run, venue

OLDEST_MS = 50


def history_of(count):
    fills = every(count, start=OLDEST_MS)

    def answer(asked):
        wanted = range(asked["startTime"], asked["endTime"] + 1)
        return [fill for fill in fills if fill["time"] in wanted][:2000]

    return run(venue(world(userFillsByTime=answer))._reads.history(20))


@pytest.mark.parametrize("count", [0, 3, 9_500])
def test_a_history_of_few_fills_reaches_back_to_what_was_asked(count):
    found = history_of(count)

    assert (True, 20, count) == (found.is_complete, found.reaches_ms, len(found.fills))


def test_a_history_as_long_as_the_venue_keeps_reaches_no_further_than_its_oldest_fill():
    found = history_of(9_501)

    assert (False, OLDEST_MS + 1) == (found.is_complete, found.reaches_ms)


def reading(times, newest_first):
    """Return the fills of these times as they are read, and how often the venue was asked."""
    history = [{**FILL, "time": at_ms, "tid": number} for number, at_ms in enumerate(times)]

    def answer(asked):
        low, high = asked["startTime"], asked["endTime"]
        found = [fill for fill in history if low <= fill["time"] <= high]
        return (found[::-1] if newest_first else found)[:2000]

    table = world(userFillsByTime=answer)
    found = run(venue(table)._reads.fills(0, YEAR_MS))
    return [fill.at_ms for fill in found], len(table.asked)


YEAR_MS = 365 * 24 * 3_600_000
BURSTS = [second * 60_000_000 + number // 9 for second in range(5) for number in range(1_900)]


@pytest.mark.parametrize("newest_first", [True, False])
def test_bursts_of_fills_over_a_year_take_a_few_questions(newest_first):
    times, questions = reading(BURSTS, newest_first)

    assert BURSTS == times
    assert questions <= 11


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("at_ms", [0, 7, YEAR_MS])
def test_a_moment_that_fills_a_reply_hides_nothing(newest_first, at_ms):
    times = sorted([at_ms] * 1_999 + [3, 9, 10, 11])

    assert times == reading(times, newest_first)[0]


def test_a_moment_with_more_than_a_reply_is_an_error_at_once():
    crowd = [{**FILL, "time": 5, "tid": number} for number in range(2_000)]
    table = world(userFillsByTime=crowd)

    with pytest.raises(VenueProblem):
        run(venue(table)._reads.fills(5, 5))
    assert 1 == len(table.asked)
