"""The closed list of reasons and the page that explains it say the same words."""

import re
from pathlib import Path

import pytest

from reconciler.model.plan import Reason

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reasons.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)


def rows():
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


def test_every_reason_is_explained_once():
    assert sorted(Reason) == sorted(word for word, _, _ in rows())


def test_reasons_stand_in_the_order_of_the_list():
    assert list(Reason) == [word for word, _, _ in rows()]


@pytest.mark.parametrize(("word", "when", "lifts"), rows())
def test_an_explanation_is_a_sentence(word, when, lifts):
    assert (".", ".") == (when[-1], lifts[-1])
