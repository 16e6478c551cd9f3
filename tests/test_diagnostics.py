"""How problems read: with their place, on printable lines, in an order that depends on nothing."""

import random
from unicodedata import category

from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, Severity, Span, display, render_all, render_one

SPANS = st.builds(
    Span,
    path=st.text(max_size=30),
    line=st.integers(1, 12),
    column=st.integers(1, 300),
    length=st.integers(1, 300),
)
SENTENCES = st.text(alphabet=st.characters(codec="ascii", categories=("L", "N", "Zs")), max_size=40)
DIAGNOSTICS = st.builds(
    Diagnostic,
    code=st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8})?", fullmatch=True),
    summary=SENTENCES,
    severity=st.sampled_from(Severity),
    span=st.none() | SPANS,
    label=SENTENCES,
    why=SENTENCES,
    next_step=SENTENCES,
    where=st.text(max_size=30),
)


def test_a_place_in_a_file_is_shown_with_its_line() -> None:
    problem = Diagnostic(
        code="price-off-tick",
        summary="Price is not on the tick grid",
        span=Span(path="specs/btc.yaml", line=2, column=8, length=5),
        label="between 64250.1 and 64250.2",
        next_step="Write 64250.1.",
    )

    assert (
        "error[price-off-tick]: Price is not on the tick grid\n"
        "  --> specs/btc.yaml:2:8\n"
        "  |\n"
        "2 | price: 64250\n"
        "  |        ^^^^^ between 64250.1 and 64250.2\n"
        "Write 64250.1."
    ) == render_all([problem], {"specs/btc.yaml": "dip:\nprice: 64250\n"})


@given(st.text(max_size=300))
def test_what_is_displayed_is_one_printable_line(text: str) -> None:
    shown = display(text)

    assert len(shown.splitlines()) <= 1
    assert [] == [c for c in shown if c not in " …" and category(c)[0] in "CZ"]


@given(st.text(min_size=1, max_size=60))
def test_nothing_that_differs_is_displayed_alike(text: str) -> None:
    other = text[:-1] + ("a" if text[-1] != "a" else "b")

    assert display(text) != display(other)


@given(DIAGNOSTICS, st.none() | st.text(max_size=400))
def test_any_problem_can_be_shown_on_any_line(problem: Diagnostic, line: str | None) -> None:
    shown = render_one(problem, line)

    assert f"{problem.severity}[{problem.code}]: {problem.summary}" == shown.split("\n")[0]
    assert "\x1b" not in shown
    if problem.span is not None:
        assert display(str(problem.span)) in shown


@given(st.lists(DIAGNOSTICS, max_size=6), st.integers(0, 1000))
def test_problems_are_shown_in_an_order_of_their_own(found: list[Diagnostic], seed: int) -> None:
    places = {problem.sort_key(): problem for problem in found}
    shuffled = list(places.values())
    random.Random(seed).shuffle(shuffled)

    assert render_all(places.values()) == render_all(shuffled)


@given(st.lists(DIAGNOSTICS, min_size=1, max_size=4))
def test_every_problem_is_shown(found: list[Diagnostic]) -> None:
    shown = render_all(found)

    assert [] == [problem.code for problem in found if f"[{problem.code}]: " not in shown]
