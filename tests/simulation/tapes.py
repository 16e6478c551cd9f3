"""Recorded histories: what was wrong once, with everything harmless taken out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.benches import BENCHES
from tests.simulation.history import tell
from tests.simulation.shrink import dense, kind_of, shrunk, sparse

__all__ = ["FOLDER", "Tape", "load", "save", "shrink_seed"]

FOLDER = Path(__file__).with_name("recorded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """One recorded history.

    Attributes:
        violation: what it showed when it was recorded.
        mutant: the wrong protocol it was recorded with; empty for a violation of the real one.
        venue: whose history it is.
    """

    violation: str
    tape: tuple[float, ...]
    mutant: str = ""
    venue: str = "hyperliquid"


def load(path: Path) -> Tape:
    """Read a tape."""
    record = json.loads(path.read_text(encoding="utf-8"))
    return Tape(
        violation=record["violation"],
        tape=dense(record["draws"]),
        mutant=record.get("mutant", ""),
        venue=record.get("venue", "hyperliquid"),
    )


def save(
    violation: str, tape: Sequence[float], *, seed: int, venue: str, mutant: str | None = None
) -> Path:
    """Write a tape; return its path."""
    FOLDER.mkdir(exist_ok=True)
    name = mutant or f"{venue}-{kind_of(violation).lower()}-{seed}"
    path = FOLDER / f"{name}.json"
    record = {
        "venue": venue,
        "mutant": mutant or "",
        "violation": violation[:400],
        "draws": sparse(tape),
    }
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return path


def shrink_seed(seed: int, venue: str) -> tuple[str, tuple[float, ...]]:
    """Return the violation of a seed's history, and the smallest tape that shows the same kind."""
    bench = BENCHES[venue]
    told = tell(seed, bench=bench)
    kind = kind_of(told.violation)

    def is_bad(tape: Sequence[float]) -> bool:
        return kind_of(tell(recorded=tape, bench=bench).violation) == kind

    tape = shrunk(told.tape, is_bad)
    return tell(recorded=tape, bench=bench).violation, tape
