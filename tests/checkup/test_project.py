"""What is wrong with a project, judged from facts."""

from dataclasses import replace

import pytest

from reconciler.checkup.project import FileFact, ProjectFacts, RepositoryFacts, project_findings
from reconciler.diagnostics import Diagnostic

GUARDED = "* @us\n"
REPOSITORY = RepositoryFacts(
    prefix="",
    codeowners=GUARDED,
    workflows=("apply.yml",),
    tracked=frozenset({"reconciler.yaml", "reconciler.lock", "specs/btc.yaml"}),
)
SOUND = ProjectFacts(
    state_path=".reconciler",
    entries=("hl",),
    books=2,
    pinned=frozenset({"hl"}),
    repository=REPOSITORY,
    private=(
        FileFact(path=".reconciler", mode=0o700, is_folder=True),
        FileFact(path=".reconciler/hl.state.json", mode=0o600),
    ),
    signers={"hl": "0xaa", "sub": "0xbb"},
)


def codes(**changes: object) -> list[str]:
    """Return what is wrong, as `severity code`."""
    facts = replace(SOUND, **changes)  # type: ignore[arg-type]
    problems = [f.problem for f in project_findings(facts) if f.problem is not None]
    return [f"{problem.severity} {problem.code}" for problem in problems]


def repository(**changes: object) -> RepositoryFacts:
    return replace(REPOSITORY, **changes)  # type: ignore[arg-type]


def test_a_sound_project_has_nothing_wrong() -> None:
    assert [] == codes()


def test_broken_specs_are_told_and_the_rest_is_still_looked_at() -> None:
    broken = (Diagnostic(code="x", summary="X."),)

    assert ["error specs-invalid"] == codes(books=broken)


def test_an_entry_without_a_lineage_is_told() -> None:
    assert ["warning no-lineage"] == codes(entries=("hl", "new"))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "/.github/ @us\nreconciler.yaml @us\n",
        "/.github/ @us\nreconciler.lock @us\n",
        "reconciler.* @us\n",
        "* @us\n/.github/workflows/\n",
    ],
)
def test_what_decides_over_money_needs_an_owner(text: str | None) -> None:
    assert ["warning not-guarded"] == codes(repository=repository(codeowners=text))


def test_owners_are_looked_for_where_the_project_is_in_the_repository() -> None:
    text = "/.github/ @us\n/live/reconciler.yaml @us\n/live/reconciler.lock @us\n"

    assert [] == codes(repository=repository(prefix="live/", codeowners=text))
    assert ["warning not-guarded"] == codes(repository=repository(codeowners=text))


def test_without_workflows_the_project_s_own_files_are_enough() -> None:
    text = "reconciler.* @us\n"

    assert [] == codes(repository=repository(codeowners=text, workflows=()))


def test_outside_a_repository_nobody_owns_anything() -> None:
    skipped = [f.subject for f in project_findings(replace(SOUND, repository=None)) if f.is_skipped]

    assert (["owners"], []) == (skipped, codes(repository=None))


def test_a_committed_state_is_an_error() -> None:
    tracked = frozenset({*REPOSITORY.tracked, ".reconciler/hl.journal.jsonl"})

    assert ["error state-committed"] == codes(repository=repository(tracked=tracked))


def test_a_lock_file_that_is_not_committed_is_told() -> None:
    assert ["warning lock-not-committed"] == codes(repository=repository(tracked=frozenset()))


@pytest.mark.parametrize(
    ("path", "mode", "is_folder", "expected"),
    [
        (".reconciler", 0o750, True, "error not-private"),
        (".reconciler", 0o701, True, "error not-private"),
        (".reconciler/hl.state.json", 0o640, False, "warning not-private"),
        ("keys/agent.json", 0o604, False, "error not-private"),
    ],
)
def test_what_others_can_reach_is_told(
    path: str, mode: int, is_folder: bool, expected: str
) -> None:
    wide = FileFact(path=path, mode=mode, is_folder=is_folder)

    assert [expected] == codes(private=(*SOUND.private, wide))


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o000])
def test_a_file_may_be_more_private_than_it_has_to_be(mode: int) -> None:
    assert [] == codes(private=(FileFact(path=".reconciler/x", mode=mode),))


def test_a_mode_is_mended_by_one_command() -> None:
    wide = FileFact(path=".reconciler/hl.state.json", mode=0o644)
    found = [f.problem for f in project_findings(replace(SOUND, private=(wide,))) if f.problem]

    assert ["chmod -R go-rwx .reconciler"] == [each.next_step for each in found]


def test_one_key_for_several_entries_is_told() -> None:
    assert ["warning shared-key"] == codes(signers={"hl": "0xaa", "sub": "0xaa", "b": "0xbb"})
