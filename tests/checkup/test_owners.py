"""CODEOWNERS as GitHub reads it."""

import pytest

from reconciler.checkup.owners import owners_of


@pytest.mark.parametrize(
    ("pattern", "path", "is_owned"),
    [
        ("*", "reconciler.yaml", True),
        ("*", "a/b/reconciler.lock", True),
        ("reconciler.yaml", "reconciler.yaml", True),
        ("reconciler.yaml", "live/reconciler.yaml", True),
        ("/reconciler.yaml", "live/reconciler.yaml", False),
        ("reconciler.*", "live/reconciler.lock", True),
        ("*.yaml", "live/reconciler.yaml", True),
        ("*.yaml", "live/reconciler.lock", False),
        ("live/", "live/reconciler.yaml", True),
        ("live/", "a/live/reconciler.yaml", True),
        ("/live/", "a/live/reconciler.yaml", False),
        ("live", "live/deep/reconciler.yaml", True),
        ("/live", "live/reconciler.yaml", True),
        ("live/*", "live/reconciler.yaml", True),
        ("live/*", "live/deep/reconciler.yaml", False),
        ("live/*", "a/live/reconciler.yaml", False),
        ("/.github/", ".github/workflows/apply.yml", True),
        (".github/workflows/*.yml", ".github/workflows/apply.yml", True),
        ("/.github/workflows", ".github/workflows/apply.yml", True),
        ("/.github/", ".githubber/x", False),
        ("**/workflows/", ".github/workflows/apply.yml", True),
        ("/live/**/reconciler.yaml", "live/a/b/reconciler.yaml", True),
        ("/live/**/reconciler.yaml", "live/reconciler.yaml", True),
        ("reconciler?yaml", "reconciler.yaml", True),
        ("reconciler", "reconciler.yaml", False),
    ],
)
def test_a_pattern_stands_for_what_it_does_on_github(
    pattern: str, path: str, is_owned: bool
) -> None:
    assert is_owned == bool(owners_of(f"{pattern} @us", path))


def test_the_last_line_that_matches_decides() -> None:
    text = "* @all\nreconciler.yaml @money\n*.md @writers\n"

    assert ("@money",) == owners_of(text, "reconciler.yaml")
    assert ("@all",) == owners_of(text, "reconciler.lock")


def test_a_line_without_an_owner_takes_a_path_out_again() -> None:
    assert () == owners_of("* @all\nreconciler.yaml\n", "reconciler.yaml")


def test_an_owner_may_be_a_team_or_an_address() -> None:
    text = "* @org/team me@example.test # both of them\n"

    assert ("@org/team", "me@example.test") == owners_of(text, "x")


@pytest.mark.parametrize("text", ["", "\n\n", "# * @us\n", "   # x\n"])
def test_comments_and_nothing_own_nothing(text: str) -> None:
    assert () == owners_of(text, "reconciler.yaml")


@pytest.mark.parametrize("pattern", ["[", "(", "a{1,2}", "\\", "//", "/", "***", "+?^$"])
def test_odd_patterns_raise_nothing(pattern: str) -> None:
    assert owners_of(f"{pattern} @us", "reconciler.yaml") in ((), ("@us",))
