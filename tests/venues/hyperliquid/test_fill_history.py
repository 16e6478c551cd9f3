"""How far back the venue's fills reach."""

import pytest

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
