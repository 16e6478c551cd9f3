"""Entries that share a key never use the same nonce."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.nonces import NonceLane


@pytest.mark.parametrize(
    ("index", "expected"), [(0, [9, 9, 9, 12]), (1, [7, 10, 10, 10]), (2, [8, 8, 11, 11])]
)
def test_a_lane_has_every_third_number_of_three_entries(index: int, expected: list[int]) -> None:
    lane = NonceLane(index=index, count=3)

    assert expected == [lane.at_least(number) for number in (7, 8, 9, 10)]


def test_a_single_entry_uses_every_number() -> None:
    assert [7, 8, 9] == [NonceLane().at_least(number) for number in (7, 8, 9)]


@given(
    count=st.integers(2, 20),
    picks=st.tuples(st.integers(0, 19), st.integers(0, 19)),
    times=st.tuples(st.integers(1, 10**13), st.integers(1, 10**13)),
)
def test_two_entries_never_meet(count: int, picks: tuple[int, int], times: tuple[int, int]) -> None:
    first, second = (NonceLane(index=pick % count, count=count) for pick in picks)

    assert first == second or first.at_least(times[0]) != second.at_least(times[1])


@given(count=st.integers(1, 20), index=st.integers(0, 19), number=st.integers(1, 10**13))
def test_a_nonce_is_less_than_one_round_late(count: int, index: int, number: int) -> None:
    found = NonceLane(index=index % count, count=count).at_least(number)

    assert 0 <= found - number < count
