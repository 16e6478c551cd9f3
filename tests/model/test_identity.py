"""Ids of both widths: what they say, and what can never be taken for one of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.identity import (
    INCARNATION_EPOCH_S,
    NARROW,
    WIDE,
    IdLayout,
    IdParts,
    next_incarnation,
)

TAGS = st.integers(0, 2**32 - 1)
DIGESTS = st.integers(0, 2**56 - 1)
INCARNATIONS = st.integers(0, 2**31 - 1)


@given(tag=TAGS, digest=DIGESTS, incarnation=INCARNATIONS)
@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_an_id_says_what_it_was_made_of(
    layout: IdLayout, tag: int, digest: int, incarnation: int
) -> None:
    text = layout.encode(tag=tag, digest=digest, incarnation=incarnation)

    assert layout.decode(text) == IdParts(
        tag=layout.cut_tag(tag), digest=layout.cut_digest(digest), incarnation=incarnation
    )


@given(tag=TAGS, digest=DIGESTS, incarnation=INCARNATIONS)
def test_a_narrow_id_is_a_positive_integer_of_63_bits(
    tag: int, digest: int, incarnation: int
) -> None:
    text = NARROW.encode(tag=tag, digest=digest, incarnation=incarnation)

    assert text == str(int(text))
    assert 0 < int(text) < 2**63


@pytest.mark.parametrize(
    "text", ["1", "42", "1760000000000", str(2**47 - 1), "0", "-5", "", "0x10", str(2**63), "1e9"]
)
def test_small_numbers_and_times_in_milliseconds_are_never_ours(text: str) -> None:
    parts = NARROW.decode(text)

    assert parts is None or parts.tag != NARROW.cut_tag(0)


def test_the_tag_of_a_wide_id_is_kept_as_it_is() -> None:
    assert 0 == WIDE.cut_tag(0)


def test_an_incarnation_is_above_the_last_one_and_near_the_venues_clock() -> None:
    later_ms = (INCARNATION_EPOCH_S + 77) * 1000

    assert 77 == next_incarnation(last=5, venue_time_ms=later_ms)
    assert 101 == next_incarnation(last=100, venue_time_ms=later_ms)
