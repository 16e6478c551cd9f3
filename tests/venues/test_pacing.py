"""What was spent of a quota, and how long to wait for more."""

import pytest

from reconciler.venues.pacing import REFUSED_PAUSES_MS, Pace, Paces, Quota
from tests.venues.support import NOW_MS, FakeClock, run

MINUTE = Quota(weight=10, window_ms=60_000)
GUARDED = Quota(weight=10, window_ms=60_000, reserve=4)


def pace(*spent: int, quota: Quota = MINUTE) -> tuple[Pace, FakeClock]:
    """Return a pace of which so much was spent, a second apart."""
    clock = FakeClock()
    made = Pace(clock, quota)
    for weight in spent:
        made.note(weight)
        clock.time_ms += 1_000
    return made, clock


@pytest.mark.parametrize(
    ("spent", "weight", "wait_ms"),
    [
        ((), 10, 0),
        ((9,), 1, 0),
        ((10,), 1, 59_000),
        ((5, 5), 5, 58_000),
        ((5, 5), 6, 59_000),
        ((5, 5), 99, 59_000),
        ((), 99, 0),
    ],
)
def test_the_wait_is_until_enough_has_left_the_window(
    spent: tuple[int, ...], weight: int, wait_ms: int
) -> None:
    made, _ = pace(*spent)

    assert wait_ms == made.wait_ms(weight)


def test_asking_how_long_spends_nothing() -> None:
    made, _ = pace()

    assert [0] * 20 == [made.wait_ms(10) for _ in range(20)]


@pytest.mark.parametrize(("is_urgent", "wait_ms"), [(True, 0), (False, 59_000)])
def test_the_reserve_is_for_what_is_urgent(is_urgent: bool, wait_ms: int) -> None:
    made, _ = pace(6, quota=GUARDED)

    assert wait_ms == made.wait_ms(1, is_urgent=is_urgent)


def test_the_whole_quota_is_the_most_for_what_is_urgent() -> None:
    made, _ = pace(10, quota=GUARDED)

    assert 59_000 == made.wait_ms(1, is_urgent=True)


def test_spending_waits_for_room() -> None:
    made, clock = pace(10)
    run(made.spend(10))

    assert (NOW_MS + 60_000, 60_000) == (clock.now_ms(), made.wait_ms(1))


def test_a_refusal_closes_for_a_while_whatever_is_left() -> None:
    made, _ = pace()
    made.note_refused()

    assert [REFUSED_PAUSES_MS[0]] * 2 == [made.wait_ms(1), made.wait_ms(1, is_urgent=True)]


def test_refusals_in_a_row_close_longer_each_time() -> None:
    made, clock = pace()
    waits = []
    for _ in range(len(REFUSED_PAUSES_MS) + 1):
        made.note_refused()
        waits.append(made.wait_ms(1))
        clock.time_ms += waits[-1]

    assert [*REFUSED_PAUSES_MS, REFUSED_PAUSES_MS[-1]] == waits
    assert sum(REFUSED_PAUSES_MS) > MINUTE.window_ms


def test_refusals_of_what_was_under_way_together_count_once() -> None:
    made, _ = pace()
    for _ in range(8):
        made.note_refused()

    assert REFUSED_PAUSES_MS[0] == made.wait_ms(1)


def test_an_answer_ends_the_row() -> None:
    made, clock = pace()
    made.note_refused()
    clock.time_ms += REFUSED_PAUSES_MS[0]
    made.note_taken()
    made.note_refused()

    assert REFUSED_PAUSES_MS[0] == made.wait_ms(1)


def test_one_host_and_scope_has_one_pace() -> None:
    paces, clock = Paces(), FakeClock()
    paces.of("a", "ip", MINUTE, clock).note(10)

    assert 60_000 == paces.of("a", "ip", MINUTE, clock).wait_ms(1)
    assert [0, 0] == [
        paces.of("b", "ip", MINUTE, clock).wait_ms(1),
        paces.of("a", "other", MINUTE, clock).wait_ms(1),
    ]


def test_another_process_has_paces_of_its_own() -> None:
    clock = FakeClock()
    Paces().of("a", "ip", MINUTE, clock).note(10)

    assert 0 == Paces().of("a", "ip", MINUTE, clock).wait_ms(1)
