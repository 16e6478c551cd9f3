"""Seeded histories, recorded tapes, and every single fault: nothing is done twice, or too much."""

import gc
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.benches import BENCHES
from tests.simulation.exhaustive import SCENARIOS, cases, played, undisturbed
from tests.simulation.history import tell
from tests.simulation.shrink import dense, kind_of, shrunk, sparse
from tests.simulation.tapes import FOLDER, load

ROOT = Path(__file__).resolve().parent.parent.parent
TAPES = sorted(FOLDER.glob("*.json"))
CHUNK = 125
CHUNKS = 16
# The whole of it takes a quarter of an hour: `make simulate-exhaustive`.
SHARE = 40


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, CHUNK * CHUNKS, CHUNK))
def test_no_history_violates_anything(first: int) -> None:
    found = {}
    for seed in range(first, first + CHUNK):
        told = tell(seed)
        if told.violation:
            found[seed] = told.violation
    gc.collect()

    assert {} == found, "python -m tests.simulation --seed N tells it"


@pytest.mark.parametrize("tape", TAPES, ids=lambda path: path.stem)
def test_a_history_that_was_wrong_once_is_right_now(tape: Path) -> None:
    recorded = load(tape)

    assert tell(recorded=recorded.tape, bench=BENCHES[recorded.venue]).violation == ""


@pytest.mark.slow
@pytest.mark.parametrize("tape", TAPES, ids=lambda path: path.stem)
def test_a_recorded_history_still_shows_what_was_wrong(tape: Path) -> None:
    """A tape of a history that has changed its course proves nothing: record it anew."""
    command = [
        sys.executable,
        "-m",
        "tests.simulation.hunt",
        load(tape).mutant,
        "--tape",
        str(tape),
    ]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert kind_of(load(tape).violation) == kind_of(json.loads(said.stdout)["saw"])


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_crash_or_single_fault_violates_anything(scenario: str) -> None:
    chosen = [case for index, case in enumerate(cases(scenario)) if index % SHARE == 0]
    found = {case: violation for case in chosen if (violation := played(case))}

    assert {} == found
    assert len(chosen) > 5


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name.endswith("it_fills")])
def test_the_fill_of_a_scenario_meets_the_request(scenario: str) -> None:
    words = [line.split()[1] for line in undisturbed(scenario)]
    traded = words.index("trade")

    assert ["sent", "trade", "arrived:"] == words[traded - 1 : traded + 2]


def test_a_seed_tells_the_same_history_again() -> None:
    first, second = tell(17), tell(17)

    assert (first.trace, first.tape) == (second.trace, second.tape)


def test_a_tape_tells_the_history_of_its_seed() -> None:
    first = tell(18)
    again = tell(recorded=dense(sparse(first.tape)))

    assert first.trace == again.trace


@pytest.mark.slow
def test_a_history_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "import hashlib; from tests.simulation.history import tell; "
        "print(hashlib.sha256(repr([tell(s).trace for s in range(20)]).encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    here = repr([tell(s).trace for s in range(20)]).encode()

    assert {hashlib.sha256(here).hexdigest()} == said


def test_a_tape_shrinks_to_the_draws_that_matter() -> None:
    tape = [0.5] * 40

    def is_bad(tried: object) -> bool:
        assert isinstance(tried, list)
        return tried[7] == 0.5 and tried[21] == 0.5

    assert [[7, 0.5], [21, 0.5]] == sparse(shrunk(tape, is_bad))
