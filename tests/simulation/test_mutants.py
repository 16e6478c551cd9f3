"""The ledger of wrong protocols: each still applies, some are hunted here."""

import ast

import pytest

from tests.simulation.ledger import LEDGER
from tests.simulation.mutants import Mutant, NotFound, Patch, patched_sources
from tests.simulation.table import PATH, SEEDS_MAX, hunted

# Noticed within a few histories; the others are hunted by `make mutants`.
QUICK = (
    "retry-with-a-new-nonce",
    "written-after-sending",
    "stale-plan-accepted",
    "foreign-touched",
    "htx-cancel-taken-as-done",
    "htx-life-of-a-request-ignored",
)
QUICK_SEEDS = 200


@pytest.mark.parametrize("mutant", LEDGER, ids=lambda mutant: mutant.name)
def test_a_mutant_still_changes_the_sources(mutant: Mutant) -> None:
    for source in patched_sources(mutant).values():
        ast.parse(source)


def test_a_text_that_is_not_there_is_told() -> None:
    gone = Mutant("gone", "", (Patch("reconciler/errors.py", "no such text", ""),))

    with pytest.raises(NotFound, match=r"gone: .* has 0 times"):
        patched_sources(gone)


def test_the_names_are_each_there_once() -> None:
    assert len(LEDGER) == len({mutant.name for mutant in LEDGER})


def test_the_table_says_of_each_after_how_many_histories_it_was_noticed() -> None:
    rows = [line.split(" | ") for line in PATH.read_text(encoding="utf-8").splitlines()]
    counts = {row[0].removeprefix("| "): row[2] for row in rows if len(row) == 4}
    del counts["mutant"]

    assert [mutant.name for mutant in LEDGER] == [*counts]
    assert all(0 < int(count.replace(",", "")) <= SEEDS_MAX for count in counts.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_a_wrong_protocol_is_noticed(name: str) -> None:
    assert 1 == hunted(name, QUICK_SEEDS)["violations"]
